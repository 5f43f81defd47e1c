package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestCreate_AnswersWithTheWholeResource(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		status, got, err := w.do(t.Context(), http.MethodPost, "Messages.json", textForm(lan, "Xin chào"))
		if err != nil || status != http.StatusCreated {
			t.Fatalf("POST Messages.json = %d, %v, want 201", status, err)
		}
		sid, _ := got["sid"].(string)
		if !regexp.MustCompile(`^SM[0-9a-f]{32}$`).MatchString(sid) {
			t.Errorf("sid = %q, want SM and 32 hexadecimal digits", sid)
		}
		uri := "/2010-04-01/Accounts/" + account + "/Messages/" + sid
		want := map[string]any{
			"sid": sid, "account_sid": account, "api_version": "2010-04-01",
			"from": line, "to": lan, "body": "Xin chào",
			"direction": "outbound-api", "status": "queued",
			"num_segments": "1", "num_media": "0",
			"date_created": "Sat, 01 Jan 2000 00:00:00 +0000", // a bubble's first instant
			"date_updated": "Sat, 01 Jan 2000 00:00:00 +0000",
			"date_sent":    nil,
			"error_code":   nil, "error_message": nil,
			"price": nil, "price_unit": "USD", "messaging_service_sid": nil,
			"uri":              uri + ".json",
			"subresource_uris": map[string]any{"media": uri + "/Media.json"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("POST Messages.json (-want +got):\n%s", diff)
		}

		synctest.Wait()
		_, got, err = w.do(t.Context(), http.MethodGet, "Messages/"+sid+".json", nil)
		if err != nil || got["status"] != "delivered" || got["date_sent"] != "Sat, 01 Jan 2000 00:00:00 +0000" {
			t.Errorf("GET Messages/%s.json = status %v, date_sent %v, %v, want delivered at once", sid, got["status"], got["date_sent"], err)
		}
	})
}

func TestCreate_RefusesWhatTwilioRefuses(t *testing.T) {
	long := strings.Repeat("ă", 1600)
	tests := []struct {
		name   string
		change func(url.Values)
		want   float64
	}{
		{"no To", func(f url.Values) { f.Del("To") }, 21604},
		{"To with spaces", func(f url.Values) { f.Set("To", "+84 900 000 001") }, 21211},
		{"To without country", func(f url.Values) { f.Set("To", "0900000001") }, 21211},
		{"To too long", func(f url.Values) { f.Set("To", "+1234567890123456") }, 21211},
		{"no From", func(f url.Values) { f.Del("From") }, 21603},
		{"From is no sender", func(f url.Values) { f.Set("From", "+0") }, 21212},
		{"From of another account", func(f url.Values) { f.Set("From", "+84900000199") }, 21606},
		{"From is a word not registered", func(f url.Values) { f.Set("From", "HOTLINE") }, 21606},
		{"messaging service", func(f url.Values) { f.Set("MessagingServiceSid", "MG1") }, 21701},
		{"To is From", func(f url.Values) { f.Set("To", line) }, 21266},
		{"no Body", func(f url.Values) { f.Del("Body") }, 21602},
		{"Body of 1600 characters", func(f url.Values) { f.Set("Body", long) }, 0},
		{"Body of 1601 characters", func(f url.Values) { f.Set("Body", long+"a") }, 21617},
		{"StatusCallback without host", func(f url.Values) { f.Set("StatusCallback", "/status") }, 21609},
		{"StatusCallback of another scheme", func(f url.Values) { f.Set("StatusCallback", "ftp://a/b") }, 21609},
		{"ValidityPeriod of 0", func(f url.Values) { f.Set("ValidityPeriod", "0") }, 30045},
		{"ValidityPeriod of 1", func(f url.Values) { f.Set("ValidityPeriod", "1") }, 0},
		{"ValidityPeriod of 36000", func(f url.Values) { f.Set("ValidityPeriod", "36000") }, 0},
		{"ValidityPeriod of 36001", func(f url.Values) { f.Set("ValidityPeriod", "36001") }, 30045},
		{"ValidityPeriod with unit", func(f url.Values) { f.Set("ValidityPeriod", "60s") }, 30045},
		{"landline", func(f url.Values) { f.Set("To", clinic) }, 21614},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, w *world) {
				form := textForm(lan, "words")
				test.change(form)
				status, got, err := w.do(t.Context(), http.MethodPost, "Messages.json", form)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if test.want == 0 {
					if status != http.StatusCreated || len(w.Sent()) != 1 {
						t.Errorf("POST Messages.json = %d %v, want 201", status, got)
					}
					return
				}
				if status != http.StatusBadRequest || got["code"] != test.want || got["status"] != 400.0 ||
					got["message"] == "" || !strings.HasPrefix(got["more_info"].(string), "https://") {
					t.Errorf("POST Messages.json = %d %v, want 400 with code %v", status, got, test.want)
				}
				if len(w.Sent()) != 0 || len(w.Phone(lan).Inbox()) != 0 {
					t.Error("a refused message was sent all the same")
				}
				if r := w.Requests()[0]; r.Status != 400 || r.Code != int(test.want) || r.SID != "" {
					t.Errorf("Requests()[0] = status %d, code %d, SID %q, want 400, %v and none", r.Status, r.Code, r.SID, test.want)
				}
			})
		})
	}
}

func TestServeHTTP_Routes(t *testing.T) {
	t.Parallel()
	c := simulator.New(simulator.Options{AccountSID: account, AuthToken: token})
	t.Cleanup(c.Close)
	base := "/2010-04-01/Accounts/" + account
	tests := []struct {
		name, method, path, user, password string
		status                             int
		code                               string
	}{
		{"no credentials", "GET", base + "/Messages.json", "", "", 401, "20003"},
		{"wrong token", "GET", base + "/Messages.json", account, "guess", 401, "20003"},
		{"wrong account", "GET", base + "/Messages.json", "AC2", token, 401, "20003"},
		{"list", "GET", base + "/Messages.json", account, token, 200, ""},
		{"another account's list", "GET", "/2010-04-01/Accounts/AC2/Messages.json", account, token, 404, "20404"},
		{"another version", "GET", "/2008-08-01/Accounts/" + account + "/Messages.json", account, token, 404, "20404"},
		{"XML", "GET", base + "/Messages", account, token, 404, "20404"},
		{"another resource", "GET", base + "/Queues.json", account, token, 404, "20404"},
		{"unknown message", "GET", base + "/Messages/SM1.json", account, token, 404, "20404"},
		{"delete the list", "DELETE", base + "/Messages.json", account, token, 405, "20004"},
		{"put a message", "PUT", base + "/Messages/SM1.json", account, token, 405, "20004"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(test.method, test.path, nil)
			if test.user != "" {
				r.SetBasicAuth(test.user, test.password)
			}
			rec := httptest.NewRecorder()
			c.ServeHTTP(rec, r)
			if rec.Code != test.status || test.code != "" && !strings.Contains(rec.Body.String(), `"code":`+test.code) {
				t.Errorf("%s %s = %d %s, want %d with code %s", test.method, test.path, rec.Code, rec.Body, test.status, test.code)
			}
			if (rec.Header().Get("WWW-Authenticate") != "") != (test.status == 401) {
				t.Errorf("%s %s: WWW-Authenticate = %q", test.method, test.path, rec.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

func TestNew_PanicsWithoutAccount(t *testing.T) {
	t.Parallel()
	for _, opts := range []simulator.Options{{AccountSID: account}, {AuthToken: token}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New(%+v) did not panic", opts)
				}
			}()
			simulator.New(opts).Close()
		}()
	}
}

func TestDelete_OnlyWhatHasEnded(t *testing.T) {
	slow := func(o *simulator.Options) { o.Latency.Deliver = time.Minute }
	bubble(t, slow, func(t *testing.T, w *world) {
		path := "Messages/" + w.send(lan, "words") + ".json"
		if status, v, err := w.do(t.Context(), http.MethodDelete, path, nil); status != 409 || v["code"] != 20009.0 {
			t.Errorf("DELETE of a message under way = %d %v, %v, want 409 with 20009", status, v, err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if status, _, err := w.do(t.Context(), http.MethodDelete, path, nil); status != 204 {
			t.Errorf("DELETE of a delivered message = %d, %v, want 204", status, err)
		}
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			if status, _, err := w.do(t.Context(), method, path, nil); status != 404 {
				t.Errorf("%s of a deleted message = %d, %v, want 404", method, status, err)
			}
		}
		if _, v, _ := w.do(t.Context(), http.MethodGet, "Messages.json", nil); len(v["messages"].([]any)) != 0 {
			t.Errorf("the list still has a deleted message: %v", v)
		}
		if got := bodies(w.Phone(lan).Inbox()); len(got) != 1 {
			t.Errorf("Inbox() = %q: a phone shows what the carrier has forgotten", got)
		}
	})
}

func TestRequests_TellWhatTheGatewayAsked(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		sid := w.send(lan, "words", "ValidityPeriod", "60", "StatusCallback", hooks+"/s?id=7#rc=3&rp=all")
		got := w.Requests()
		want := []simulator.Request{{
			At: time.Now().UTC(), To: lan, From: line, Body: "words", ValidityPeriod: time.Minute,
			StatusCallback: hooks + "/s?id=7#rc=3&rp=all",
			Form:           textForm(lan, "words", "ValidityPeriod", "60", "StatusCallback", hooks+"/s?id=7#rc=3&rp=all"),
			SID:            sid, Status: 201,
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Requests() (-want +got):\n%s", diff)
		}
		synctest.Wait()
		w.noAlerts()
	})
}

func TestCreate_UnknownParameterIsAnAlert(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		w.send(lan, "words", "ValidityPeriode", "60")
		if got := w.Alerts(); len(got) != 1 || !strings.Contains(got[0].Detail, "ValidityPeriode") {
			t.Errorf("Alerts() = %+v, want one that names ValidityPeriode", got)
		}
	})
}
