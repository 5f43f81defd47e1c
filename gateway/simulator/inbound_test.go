package simulator_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestText_CarriesOutTheAnswer(t *testing.T) {
	tests := []struct {
		name, contentType, answer string
		want                      []string // on lan's phone
		code                      int      // of the error
	}{
		{"empty response", "text/xml", `<Response/>`, nil, 0},
		{"nothing", "", ``, nil, 0},
		{"message", "text/xml; charset=utf-8", `<Response><Message>Da nhan tin.</Message></Response>`, []string{"Da nhan tin."}, 0},
		{"body", "application/xml", `<Response><Message><Body>Đã nhận &amp; hiểu</Body></Message></Response>`, []string{"Đã nhận & hiểu"}, 0},
		{"two messages", "text/xml", `<Response><Message>1</Message><!-- c --><Message>2</Message></Response>`, []string{"1", "2"}, 0},
		{"plain text", "text/plain", `words`, []string{"words"}, 0},
		{"voice verb", "text/xml", `<Response><Say>hello</Say></Response>`, nil, 12200},
		{"message before a voice verb", "text/xml", `<Response><Message>1</Message><Say>hello</Say></Response>`, nil, 12200},
		{"media", "text/xml", `<Response><Message>1<Media>https://a/b</Media></Message></Response>`, nil, 12200},
		{"unknown attribute", "text/xml", `<Response><Message too="+84900000002">1</Message></Response>`, nil, 12200},
		{"no words", "text/xml", `<Response><Message> </Message></Response>`, nil, 14103},
		{"cut off", "text/xml", `<Response><Message>1</Message>`, nil, 12100},
		{"not XML", "text/xml", `ok`, nil, 12100},
		{"JSON", "application/json", `{}`, nil, 12300},
		{"HTML", "text/html", `<html/>`, nil, 12300},
		{"too large", "text/xml", `<Response>` + strings.Repeat(" ", 64<<10) + `</Response>`, nil, 11750},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				w.gateway.answers(func(_ int, rw http.ResponseWriter, _ *http.Request) {
					rw.Header().Set("Content-Type", test.contentType)
					_, _ = io.WriteString(rw, test.answer)
				})
				r, err := w.Phone(lan).Text(t.Context(), line, "words")
				synctest.Wait()
				if got := bodies(w.Phone(lan).Inbox()); !cmp.Equal(got, append([]string{}, test.want...)) {
					t.Errorf("Inbox() = %q, want %q", got, test.want)
				}
				if len(r.Replies) != len(test.want) {
					t.Errorf("Text = %d replies, want %d", len(r.Replies), len(test.want))
				}
				if test.code == 0 {
					if err != nil {
						t.Errorf("Text: %v", err)
					}
					w.noAlerts()
					return
				}
				failed, ok := errors.AsType[*simulator.WebhookError](err)
				if !ok || failed.Code != test.code || failed.Status != 200 {
					t.Errorf("Text: %v, want error %d after a 200", err, test.code)
				}
				if a := w.Alerts(); len(a) != 1 || a[0].Code != test.code || a[0].SID != r.SID {
					t.Errorf("Alerts() = %+v, want one with %d", a, test.code)
				}
			})
		})
	}
}

func TestText_ReplyAttributes(t *testing.T) {
	tests := []struct {
		name, message string
		phone         string // that shows it; empty for none
		code          int    // of the alert
	}{
		{"to another phone", `to="+84900000002"`, minh, 0},
		{"from the line", `from="+84900000100"`, lan, 0},
		{"relative callback", `statusCallback="status?e=1"`, lan, 0},
		{"absolute callback", `statusCallback="https://hotline.example.vn/twilio/status?e=1"`, lan, 0},
		{"callback of another scheme", `statusCallback="mailto:a@b"`, "", 21609},
		{"to nobody", `to="me"`, "", 14101},
		{"from nobody", `from="+84900000199"`, "", 14102},
		{"to a landline", `to="` + clinic + `"`, "", 21614},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				w.gateway.answers(func(n int, rw http.ResponseWriter, r *http.Request) {
					if n == 1 {
						twiml(rw, `<Response><Message `+test.message+`>words</Message></Response>`)
					} else if r.RequestURI != "/twilio/status?e=1" {
						t.Errorf("callback to %s, want /twilio/status?e=1", r.RequestURI)
					}
				})
				if _, err := w.Phone(lan).Text(t.Context(), line, "words"); err != nil {
					t.Errorf("Text: %v", err)
				}
				synctest.Wait()
				for _, phone := range []string{lan, minh} {
					if got, want := len(w.Phone(phone).Inbox()) == 1, phone == test.phone; got != want {
						t.Errorf("phone %s shows it: %v, want %v", phone, got, want)
					}
				}
				if strings.Contains(test.message, "?e=1") && len(w.gateway.statuses()) != 3 {
					t.Errorf("callbacks = %q, want three", w.gateway.statuses())
				}
				if test.code == 0 {
					w.noAlerts()
				} else if a := w.Alerts(); len(a) != 1 || a[0].Code != test.code {
					t.Errorf("Alerts() = %+v, want one with %d", a, test.code)
				}
			})
		})
	}
}

func TestText_FallsBack(t *testing.T) {
	configure := func(o *simulator.Options) {
		o.Numbers = []simulator.Number{{
			E164: line, SMSURL: hooks + "/twilio/sms#rc=2&rp=all", SMSFallbackURL: hooks + "/fallback#rc=0",
		}}
	}
	t.Run("first address fails", func(t *testing.T) {
		bubble(t, configure, func(t *testing.T, w *world) {
			w.gateway.answers(func(_ int, rw http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/fallback" {
					rw.WriteHeader(503)
					return
				}
				twiml(rw, `<Response><Message>113</Message></Response>`)
			})
			r, err := w.Phone(lan).Text(t.Context(), line, "words")
			if err != nil || !r.Fallback || r.Status != 200 || r.Tries != 1 || len(r.Replies) != 1 {
				t.Errorf("Text = %+v, %v, want the fallback's answer", r, err)
			}
			got := w.gateway.got()
			if len(got) != 4 {
				t.Fatalf("%d webhooks, want three tries and the fallback", len(got))
			}
			f := got[3].form
			if f.Get("ErrorCode") != "11200" || f.Get("ErrorUrl") != hooks+"/twilio/sms" || f.Get("MessageSid") != r.SID {
				t.Errorf("fallback = %v, want ErrorCode, ErrorUrl and the message", f)
			}
			if got[0].form.Has("ErrorCode") {
				t.Errorf("first webhook = %v, want no ErrorCode", got[0].form)
			}
		})
	})
	t.Run("first answer cannot be read", func(t *testing.T) {
		bubble(t, configure, func(t *testing.T, w *world) {
			w.gateway.answers(func(n int, rw http.ResponseWriter, _ *http.Request) {
				if n == 1 {
					twiml(rw, "oops")
				}
			})
			if r, err := w.Phone(lan).Text(t.Context(), line, "words"); err != nil || !r.Fallback {
				t.Errorf("Text = %+v, %v, want the fallback's answer", r, err)
			}
			if got := w.gateway.got(); len(got) != 2 || got[1].form.Get("ErrorCode") != "12100" {
				t.Errorf("webhooks = %v, want a fallback with ErrorCode 12100", got)
			}
		})
	})
	t.Run("both fail", func(t *testing.T) {
		bubble(t, configure, func(t *testing.T, w *world) {
			w.gateway.answers(func(_ int, rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) })
			r, err := w.Phone(lan).Text(t.Context(), line, "words")
			failed, ok := errors.AsType[*simulator.WebhookError](err)
			if !ok || failed.URL != hooks+"/fallback" || failed.Status != 500 || r.SID == "" {
				t.Errorf("Text = %+v, %v, want the fallback's error and the SID", r, err)
			}
			if _, page, _ := w.do(t.Context(), http.MethodGet, "Messages.json", nil); len(listed(page)) != 1 {
				t.Error("the text is not in the list")
			}
		})
	})
}

func TestOptOut(t *testing.T) {
	texts := func(t *testing.T, w *world, words ...string) {
		t.Helper()
		for _, word := range words {
			if _, err := w.Phone(lan).Text(t.Context(), line, word); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
	}
	post := func(t *testing.T, w *world, to string) float64 {
		t.Helper()
		_, v, err := w.do(t.Context(), http.MethodPost, "Messages.json", textForm(to, "words"))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		code, _ := v["code"].(float64)
		return code
	}
	t.Run("off", func(t *testing.T) {
		bubble(t, nil, func(t *testing.T, w *world) {
			texts(t, w, "STOP")
			if code := post(t, w, lan); code != 0 {
				t.Errorf("POST after STOP = code %v, want it sent", code)
			}
		})
	})
	t.Run("on", func(t *testing.T) {
		bubble(t, func(o *simulator.Options) { o.OptOut = true }, func(t *testing.T, w *world) {
			texts(t, w, "STOP it please", "help")
			if code := post(t, w, lan); code != 0 {
				t.Errorf("POST before STOP = code %v, want it sent", code)
			}
			texts(t, w, " stop\n", "STOPALL") // the second says nothing new
			if code := post(t, w, lan); code != 21610 {
				t.Errorf("POST after STOP = code %v, want 21610", code)
			}
			if code := post(t, w, minh); code != 0 {
				t.Errorf("POST to another phone = code %v, want it sent", code)
			}
			w.gateway.answers(func(_ int, rw http.ResponseWriter, _ *http.Request) {
				twiml(rw, `<Response><Message>reply</Message></Response>`)
			})
			texts(t, w, "hello")
			if a := w.Alerts(); len(a) != 1 || a[0].Code != 21610 {
				t.Errorf("Alerts() after a reply = %+v, want one with 21610", a)
			}
			texts(t, w, "Start")
			if code := post(t, w, lan); code != 0 {
				t.Errorf("POST after START = code %v, want it sent", code)
			}
			if got := len(w.gateway.got()); got != 6 {
				t.Errorf("%d webhooks, want one for each text, STOP or not", got)
			}
			var kinds []string
			for _, m := range w.Phone(lan).Inbox() {
				kinds = append(kinds, string(m.Direction)+": "+strings.Fields(m.Body)[0])
			}
			want := []string{
				"outbound-reply: Reply", "outbound-api: words", "outbound-reply: You",
				"outbound-reply: You", "outbound-reply: reply", "outbound-api: words",
			}
			if diff := cmp.Diff(want, kinds); diff != "" {
				t.Errorf("Inbox() (-want +got):\n%s", diff)
			}
		})
	})
}
