package simulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/simulator"
)

const accountPath = "/2010-04-01/Accounts/" + account

func TestAccount(t *testing.T) {
	t.Parallel()
	for status, change := range map[string]func(*simulator.Options){
		"active Full":     nil,
		"suspended Trial": func(o *simulator.Options) { o.AccountStatus, o.AccountType = "suspended", "Trial" },
	} {
		bubble(t, change, func(t *testing.T, w *world) {
			code, got, err := w.do(t.Context(), http.MethodGet, accountPath+".json", nil)
			if err != nil || code != http.StatusOK || got["sid"] != account || fmt.Sprint(got["status"], " ", got["type"]) != status {
				t.Errorf("GET of the account = %d %v, %v, want it %s", code, got, err, status)
			}
			if _, shown := got["auth_token"]; shown {
				t.Error("the account shows its token")
			}
		})
	}
	bubble(t, nil, func(t *testing.T, w *world) {
		for path, want := range map[string]int{
			"/2010-04-01/Accounts/AC2.json": http.StatusNotFound, accountPath: http.StatusNotFound, accountPath + "2.json": http.StatusNotFound,
			"/Messages.json": http.StatusNotFound, "/IncomingPhoneNumbers.json": http.StatusNotFound,
		} {
			if code, _, err := w.do(t.Context(), http.MethodGet, path, nil); err != nil || code != want {
				t.Errorf("GET %s = %d, %v, want %d", path, code, err, want)
			}
		}
		for _, path := range []string{accountPath + ".json", accountPath + "/IncomingPhoneNumbers.json"} {
			if code, _, err := w.do(t.Context(), http.MethodPost, path, url.Values{}); err != nil || code != http.StatusMethodNotAllowed {
				t.Errorf("POST %s = %d, %v, want 405", path, code, err)
			}
		}
	})
}

func TestNumbers_ShowHowTheyAreConfigured(t *testing.T) {
	t.Parallel()
	bubble(t, func(o *simulator.Options) {
		o.Numbers = []simulator.Number{{E164: line, SMSURL: hooks + "/twilio/sms#rc=3&rp=all", SMSFallbackURL: "https://other.example/f",
			VoiceURL: hooks + "/twilio/voice", VoiceFallbackURL: "https://other.example/v", StatusCallback: hooks + "/twilio/voice/status"}}
	}, func(t *testing.T, w *world) {
		_, got, err := w.do(t.Context(), http.MethodGet, "IncomingPhoneNumbers.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		numbers, _ := got["incoming_phone_numbers"].([]any)
		if len(numbers) != 1 {
			t.Fatalf("GET IncomingPhoneNumbers.json = %v, want one number", got)
		}
		n := numbers[0].(map[string]any)
		want := map[string]any{
			"phone_number": line, "account_sid": account, "capabilities": map[string]any{"sms": true, "mms": false, "voice": true, "fax": false},
			"sms_url": hooks + "/twilio/sms#rc=3&rp=all", "sms_method": "POST", "sms_fallback_url": "https://other.example/f", "sms_application_sid": nil,
			"voice_url": hooks + "/twilio/voice", "voice_method": "POST", "voice_fallback_url": "https://other.example/v",
			"voice_application_sid": nil, "trunk_sid": nil, "status_callback": hooks + "/twilio/voice/status", "status_callback_method": "POST",
		}
		for name := range n {
			if _, wanted := want[name]; !wanted {
				delete(n, name)
			}
		}
		if diff := cmp.Diff(want, n); diff != "" {
			t.Errorf("number (-want +got):\n%s", diff)
		}
		w.Configure(simulator.Number{E164: line, SMSMethod: "GET", NoSMS: true, SMSApplicationSID: "AP1", TrunkSID: "TK1", VoiceApplicationSID: "AP2"})
		_, got, _ = w.do(t.Context(), http.MethodGet, "IncomingPhoneNumbers.json", nil)
		n = got["incoming_phone_numbers"].([]any)[0].(map[string]any)
		if n["sms_method"] != "GET" || n["sms_application_sid"] != "AP1" || n["trunk_sid"] != "TK1" || n["voice_application_sid"] != "AP2" || n["capabilities"].(map[string]any)["sms"] != false {
			t.Errorf("number configured anew = %v", n)
		}
	})
}

func TestNumbers_FilterAndPages(t *testing.T) {
	t.Parallel()
	bubble(t, func(o *simulator.Options) {
		o.Numbers = nil
		for i := range 5 {
			o.Numbers = append(o.Numbers, simulator.Number{E164: fmt.Sprintf("+8490000010%d", i)})
		}
		o.Numbers = append(o.Numbers, simulator.Number{E164: "+849000001004"})
	}, func(t *testing.T, w *world) {
		list := func(path string) (numbers []string, next string) {
			code, got, err := w.do(t.Context(), http.MethodGet, path, nil)
			if err != nil || code != http.StatusOK {
				t.Fatalf("GET %s = %d %v, %v", path, code, got, err)
			}
			for _, n := range got["incoming_phone_numbers"].([]any) {
				numbers = append(numbers, n.(map[string]any)["phone_number"].(string))
			}
			next, _ = got["next_page_uri"].(string)
			return numbers, next
		}
		for filter, want := range map[string]int{"": 6, "+84900000100": 2, "900000101": 1, "+8490000010*": 6, "+8400": 0, "(": 0} {
			if got, _ := list("IncomingPhoneNumbers.json?PhoneNumber=" + url.QueryEscape(filter)); len(got) != want {
				t.Errorf("PhoneNumber=%s finds %v, want %d of them", filter, got, want)
			}
		}
		var all []string
		pages := 0
		for path := "IncomingPhoneNumbers.json?PageSize=4"; path != ""; pages++ {
			var numbers []string
			numbers, path = list(path)
			all = append(all, numbers...)
		}
		if len(all) != 6 || pages != 2 {
			t.Errorf("pages of 4: %d numbers on %d pages, want 6 on 2", len(all), pages)
		}
		for _, query := range []string{"PageSize=0", "PageSize=x", "Page=-1"} {
			if code, got, err := w.do(t.Context(), http.MethodGet, "IncomingPhoneNumbers.json?"+query, nil); err != nil || code != http.StatusBadRequest || got["code"] != 20001.0 {
				t.Errorf("GET IncomingPhoneNumbers.json?%s = %d %v, %v, want 400 with 20001", query, code, got, err)
			}
		}
	})
}

// What spoils reading messages spoils reading these too.
func TestNumbers_Faults(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, w *world) {
		w.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, On: simulator.Reading, Status: http.StatusServiceUnavailable, Times: 2})
		for _, path := range []string{accountPath + ".json", "IncomingPhoneNumbers.json"} {
			if code, _, err := w.do(t.Context(), http.MethodGet, path, nil); err != nil || code != http.StatusServiceUnavailable {
				t.Errorf("GET %s = %d, %v, want 503", path, code, err)
			}
		}
	})
}
