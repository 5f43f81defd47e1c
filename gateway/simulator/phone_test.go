package simulator_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestText_PostsTheFullParameterSet(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		r, err := w.Phone(lan).Text(t.Context(), line, " Cứu em với! & = + ")
		if err != nil || r.Status != 200 || r.Tries != 1 || r.Fallback || len(r.Replies) != 0 {
			t.Fatalf("Text = %+v, %v, want 200 at the first try", r, err)
		}
		h := w.gateway.got()[0]
		want := map[string][]string{
			"MessageSid": {r.SID}, "SmsSid": {r.SID}, "SmsMessageSid": {r.SID}, "AccountSid": {account},
			"From": {lan}, "To": {line}, "Body": {" Cứu em với! & = + "},
			"NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
			"FromCity": {""}, "FromState": {""}, "FromZip": {""}, "FromCountry": {"VN"},
			"ToCity": {""}, "ToState": {""}, "ToZip": {""}, "ToCountry": {"VN"},
		}
		if diff := cmp.Diff(want, map[string][]string(h.form)); diff != "" {
			t.Errorf("webhook (-want +got):\n%s", diff)
		}
		if got, want := h.header.Get("X-Twilio-Signature"), simulator.Sign(token, hooks+"/twilio/sms", h.form); got != want {
			t.Errorf("X-Twilio-Signature = %q, want %q", got, want)
		}
		_, v, err := w.do(t.Context(), http.MethodGet, "Messages/"+r.SID+".json", nil)
		if err != nil || v["direction"] != "inbound" || v["status"] != "received" || v["date_sent"] == nil {
			t.Errorf("GET of the text = %v, %v, want an inbound message with a date", v, err)
		}
		if got := w.Phone(lan).Outbox(); len(got) != 1 || got[0].SID != r.SID {
			t.Errorf("Outbox() = %v, want the text", got)
		}
		if len(w.Sent()) != 0 || len(w.Messages()) != 1 {
			t.Errorf("Sent() and Messages() have %d and %d messages, want 0 and 1", len(w.Sent()), len(w.Messages()))
		}
		w.noAlerts()
	})
}

func TestText_CountriesOfSenders(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		for from, want := range map[string]string{"+14155550100": "US", "VIETTEL": "", "191": ""} {
			if _, err := w.Phone(from).Text(t.Context(), line, "words"); err != nil {
				t.Fatal(err)
			}
			got := w.gateway.got()
			if h := got[len(got)-1]; h.form.Get("From") != from || h.form.Get("FromCountry") != want {
				t.Errorf("text from %s: From %q, FromCountry %q, want %q", from, h.form.Get("From"), h.form.Get("FromCountry"), want)
			}
		}
	})
}

func TestText_ToANumberNotOurs(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		if _, err := w.Phone(lan).Text(t.Context(), minh, "words"); err == nil {
			t.Error("Text to another phone: no error")
		}
		w.Configure(simulator.Number{E164: minh}) // owned, without webhook
		if r, err := w.Phone(lan).Text(t.Context(), minh, "words"); err != nil || r.Status != 0 {
			t.Errorf("Text to a number without webhook = %+v, %v, want it recorded", r, err)
		}
		if got := len(w.gateway.got()); got != 0 {
			t.Errorf("%d webhooks, want none", got)
		}
	})
}

func TestText_EndsWithItsContext(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.gateway.answers(func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		w.Configure(simulator.Number{E164: line, SMSURL: hooks + "/twilio/sms", SMSFallbackURL: hooks + "/fallback"})
		r, err := w.Phone(lan).Text(ctx, line, "words")
		if !errors.Is(err, context.DeadlineExceeded) || r.Fallback {
			t.Errorf("Text = %+v, %v, want a deadline exceeded and no fallback", r, err)
		}
		w.noAlerts()
		if took := time.Since(start); took != time.Second {
			t.Errorf("Text took %v, want a second", took)
		}
	})
}

func TestResend_RepeatsTheWebhook(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		phone := w.Phone(lan)
		r, err := phone.Text(t.Context(), line, "words")
		if err != nil {
			t.Fatal(err)
		}
		var posts sync.WaitGroup
		for range 20 {
			posts.Go(func() {
				if again, err := phone.Resend(t.Context(), r.SID); err != nil || again.SID != r.SID {
					t.Errorf("Resend = %+v, %v", again, err)
				}
			})
		}
		posts.Wait()
		got := w.gateway.got()
		if len(got) != 21 {
			t.Errorf("%d webhooks, want 21", len(got))
		}
		for _, h := range got {
			if diff := cmp.Diff(got[0].form, h.form); diff != "" {
				t.Errorf("repeated webhook (-first +again):\n%s", diff)
			}
		}
		if len(phone.Outbox()) != 1 || len(w.Messages()) != 1 {
			t.Errorf("Outbox() and Messages() have %d and %d texts, want one", len(phone.Outbox()), len(w.Messages()))
		}
		if _, err := w.Phone(minh).Resend(t.Context(), r.SID); err == nil {
			t.Error("Resend of another phone's text: no error")
		}
		if _, err := phone.Resend(t.Context(), w.send(lan, "out")); err == nil {
			t.Error("Resend of a text that came: no error")
		}
	})
}

func TestFault_LoseWebhook(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.Inject(simulator.Fault{Kind: simulator.LoseWebhook, Phone: lan, Times: 1})
		for i, want := range []int{0, 1} {
			if _, err := w.Phone(lan).Text(t.Context(), line, "words"); err != nil {
				t.Fatal(err)
			}
			if got := len(w.gateway.got()); got != want {
				t.Errorf("%d webhooks after text %d, want %d", got, i+1, want)
			}
		}
		if _, page, _ := w.do(t.Context(), http.MethodGet, "Messages.json", nil); len(listed(page)) != 2 {
			t.Errorf("list = %q, want both texts", listed(page))
		}
	})
}

func TestNext_WaitsAndMarksRead(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		phone := w.Phone(lan)
		go func() {
			time.Sleep(time.Minute)
			w.send(lan, "1")
			w.send(lan, "2")
		}()
		for _, want := range []string{"1", "2"} {
			if m, err := phone.Next(t.Context()); err != nil || m.Body != want || m.Status != simulator.Delivered {
				t.Errorf("Next = %q %v, %v, want %q delivered", m.Body, m.Status, err, want)
			}
		}
		w.send(lan, "3")
		synctest.Wait()
		if diff := cmp.Diff([]string{"3"}, bodies(phone.Unread())); diff != "" {
			t.Errorf("Unread() (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"1", "2", "3"}, bodies(phone.Inbox())); diff != "" {
			t.Errorf("Inbox() (-want +got):\n%s", diff)
		}
		if _, err := phone.Next(t.Context()); err != nil {
			t.Errorf("Next: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := phone.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next with nothing to come: %v, want a deadline exceeded", err)
		}
		go func() {
			time.Sleep(time.Second)
			w.Close()
		}()
		if _, err := phone.Next(t.Context()); err == nil {
			t.Error("Next on a closed carrier: no error")
		}
	})
}
