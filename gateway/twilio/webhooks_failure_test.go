package twilio_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/twilio"
)

func TestWebhooks_FailureAsksForAnotherTry(t *testing.T) {
	t.Parallel()
	for path, form := range map[string]url.Values{"/twilio/sms": inboundForm(), statusPath: reportForm("sent")} {
		broken := errors.New("store away: " + helper)
		d := desk{err: broken}
		res := serve(mux(t, d.options(t)), signed(path, form))
		if got := text(t, res); res.StatusCode != 503 || strings.Contains(got, helper) {
			t.Errorf("%s: answer = %d %q, want 503 and no cause", path, res.StatusCode, got)
		}
		if diff := cmp.Diff([]error{broken}, d.failed, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("%s: failed (-want +got):\n%s", path, diff)
		}
	}
}

func TestWebhooks_PanicIsA503WithoutItsText(t *testing.T) {
	t.Parallel()
	var d desk
	o := d.options(t)
	o.Receive = func(_ context.Context, in carrier.Inbound) error { panic("cannot store " + in.Body) }
	if res := serve(mux(t, o), signed("/twilio/sms", inboundForm())); res.StatusCode != 503 {
		t.Errorf("answer = %d, want 503", res.StatusCode)
	}
	if len(d.failed) != 1 {
		t.Fatalf("failed = %v, want one error", d.failed)
	}
	thrown, ok := errors.AsType[*twilio.PanicError](d.failed[0])
	if !ok || thrown.Type != "string" || !strings.Contains(string(thrown.Stack), "TestWebhooks_Panic") {
		t.Fatalf("failed = %v, want the type and stack of the panic", d.failed[0])
	}
	if all := thrown.Error() + string(thrown.Stack); strings.Contains(all, "Cứu em") {
		t.Errorf("panic error holds the message: %s", all)
	}
}

// TestWebhooks_AnswerInTime: the answer goes out within 900 ms even if nothing behind it listens to its
// context, and what arrived goes on being stored when the carrier has hung up.
func TestWebhooks_AnswerInTime(t *testing.T) {
	t.Parallel()
	for path, form := range map[string]url.Values{"/twilio/sms": inboundForm(), statusPath: reportForm("sent")} {
		t.Run("deaf "+path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d desk
				o := d.options(t)
				stored := false
				deaf := func() error { time.Sleep(5 * time.Second); stored = true; return nil }
				o.Receive = func(context.Context, carrier.Inbound) error { return deaf() }
				o.Report = func(context.Context, carrier.Report) error { return deaf() }
				begun := time.Now()
				res := serve(mux(t, o), signed(path, form))
				if took := time.Since(begun); res.StatusCode != 503 || took > 900*time.Millisecond {
					t.Errorf("answer = %d after %v, want 503 within 900ms", res.StatusCode, took)
				}
				if diff := cmp.Diff([]error{twilio.ErrTooLate}, d.failed, cmpopts.EquateErrors()); diff != "" {
					t.Errorf("failed (-want +got):\n%s", diff)
				}
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if !stored {
					t.Error("the work was given up with the answer, want it done")
				}
			})
		})
		t.Run("obedient "+path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d desk
				o := d.options(t)
				wait := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
				o.Receive = func(ctx context.Context, _ carrier.Inbound) error { return wait(ctx) }
				o.Report = func(ctx context.Context, _ carrier.Report) error { return wait(ctx) }
				hungUp, cancel := context.WithCancel(t.Context())
				cancel()
				begun := time.Now()
				res := serve(mux(t, o), signed(path, form).WithContext(hungUp))
				if took := time.Since(begun); res.StatusCode != 503 || took != 800*time.Millisecond {
					t.Errorf("answer = %d after %v, want 503 after 800ms", res.StatusCode, took)
				}
				if diff := cmp.Diff([]error{context.DeadlineExceeded}, d.failed, cmpopts.EquateErrors()); diff != "" {
					t.Errorf("failed (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestWebhooks_SlowBody: a sender that never finishes its body is answered in time as well. It needs a
// real connection, whose read deadline is what ends the wait.
func TestWebhooks_SlowBody(t *testing.T) {
	t.Parallel()
	var d desk
	s := httptest.NewServer(mux(t, d.options(t)))
	t.Cleanup(s.Close)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	begun := time.Now()
	if err := conn.SetDeadline(begun.Add(5 * time.Second)); err != nil {
		t.Fatalf("set deadline: %v", err)
	}
	if _, err := io.WriteString(conn, "POST /twilio/sms HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: x\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nBody="); err != nil {
		t.Fatalf("send: %v", err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	// A second over the promise for a machine under load; without the deadline there is no answer at all.
	if took := time.Since(begun); res.StatusCode != 400 || took > 1900*time.Millisecond {
		t.Errorf("answer = %d after %v, want 400 within 900ms", res.StatusCode, took)
	}
}

// TestWebhooks_KeepAlive: over a real connection, where read deadlines are in force, several texts in a
// row are taken in.
func TestWebhooks_KeepAlive(t *testing.T) {
	t.Parallel()
	var d desk
	o := d.options(t)
	o.Receive = func(ctx context.Context, _ carrier.Inbound) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		default:
			return nil
		}
	}
	s := httptest.NewServer(mux(t, o))
	t.Cleanup(s.Close)
	for i := range 3 {
		r := signed("/twilio/sms", inboundForm())
		r.RequestURI = ""
		r.URL, _ = url.Parse(s.URL + "/twilio/sms")
		res, err := s.Client().Do(r)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		_ = text(t, res)
		_ = res.Body.Close()
		if res.StatusCode != 200 {
			t.Errorf("request %d: answer = %d, want 200", i, res.StatusCode)
		}
	}
}
