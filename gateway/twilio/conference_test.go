package twilio_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/carrier"
)

const (
	conferenceSID  = "CF00000000000000000000000000000001"
	conferencesAt  = resources + "/Conferences.json"
	participantsAt = resources + "/Conferences/" + conferenceSID + "/Participants.json"
	participantAt  = resources + "/Conferences/" + conferenceSID + "/Participants/" + callSID + ".json"
)

// meeting answers for one conference that is in progress, and for others whose names a server that does
// not filter would list.
func meeting(t *testing.T, others map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if serve, ok := others[r.Method+" "+r.URL.Path]; ok {
			serve(w, r)
			return
		}
		if r.Method != http.MethodGet || r.URL.Path != conferencesAt {
			t.Errorf("request %s %s", r.Method, r.URL.Path)
		}
		want := url.Values{"FriendlyName": {"case-7"}, "Status": {"in-progress"}, "PageSize": {"20"}}
		if diff := cmp.Diff(want, r.URL.Query()); diff != "" {
			t.Errorf("filter (-want +got):\n%s", diff)
		}
		answer(w, 200, `{"conferences":[
			{"sid":"CF00000000000000000000000000000008","friendly_name":"case-71","status":"in-progress"},
			{"sid":"CF00000000000000000000000000000009","friendly_name":"case-7","status":"completed"},
			{"sid":"`+conferenceSID+`","friendly_name":"case-7","status":"in-progress"}]}`)
	}
}

func TestParticipants(t *testing.T) {
	t.Parallel()
	c := checked(t, meeting(t, map[string]http.HandlerFunc{"GET " + participantsAt: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("Page") == "" {
			answer(w, 200, `{"participants":[{"call_sid":"CA1","status":"connected"},{"call_sid":"CA2","status":"ringing"}],
				"next_page_uri":"`+participantsAt+`?PageSize=200&Page=1"}`)
			return
		}
		answer(w, 200, `{"participants":[{"call_sid":"CA1","status":"connected"},{"call_sid":"CA3"},{"call_sid":"CA4","status":"complete"}]}`)
	}}))
	got, err := c.Participants(t.Context(), "case-7")
	if diff := cmp.Diff([]string{"CA1", "CA3"}, got); err != nil || diff != "" {
		t.Errorf("Participants = %v (-want +got):\n%s", err, diff)
	}
}

func TestKeepConference(t *testing.T) {
	t.Parallel()
	var forms []url.Values
	c := checked(t, meeting(t, map[string]http.HandlerFunc{"POST " + participantAt: func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		forms = append(forms, r.PostForm)
		answer(w, 200, `{"call_sid":"`+callSID+`","hold":"no"}`) // of another type than Twilio's
	}}))
	if err := c.KeepConference(t.Context(), "case-7", callSID); err != nil {
		t.Errorf("KeepConference = %v", err)
	}
	if diff := cmp.Diff([]url.Values{{"EndConferenceOnExit": {"false"}}}, forms); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
}

func TestConference_NotThere(t *testing.T) {
	t.Parallel()
	missing := func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, `{"code":20404}`) }
	for name, serve := range map[string]http.HandlerFunc{
		"no conference": func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"conferences":[]}`) },
		"it ended meanwhile": meeting(t, map[string]http.HandlerFunc{
			"GET " + participantsAt: missing, "POST " + participantAt: missing,
		}),
	} {
		c := checked(t, serve)
		if got, err := c.Participants(t.Context(), "case-7"); len(got) != 0 || err != nil {
			t.Errorf("Participants, %s = %v, %v, want none", name, got, err)
		}
		err := c.KeepConference(t.Context(), "case-7", callSID)
		want := carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOver, Status: 200}
		if name == "it ended meanwhile" {
			want.Status = 404
		}
		wantError(t, "KeepConference, "+name, err, want)
	}
}

func TestConference_Errors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		body   string
		want   carrier.Error
	}{
		{500, ``, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 500}},
		{200, `<html>` + helper, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
		{200, `{"conferences":[{"sid":"../x","friendly_name":"case-7","status":"in-progress"}]}`, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}},
		{401, `{"code":20003}`, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 20003, Status: 401}},
	} {
		broken := func(w http.ResponseWriter, _ *http.Request) { answer(w, tt.status, tt.body) }
		c := server(t, nil, broken)
		_, err := c.Participants(t.Context(), "case-7")
		wantError(t, "Participants", err, tt.want)
		wantError(t, "KeepConference", c.KeepConference(t.Context(), "case-7", callSID), tt.want)
		if tt.status == 200 {
			continue
		}
		c = server(t, nil, meeting(t, map[string]http.HandlerFunc{"GET " + participantsAt: broken, "POST " + participantAt: broken}))
		_, err = c.Participants(t.Context(), "case-7")
		wantError(t, "Participants of the conference", err, tt.want)
		wantError(t, "KeepConference of the conference", c.KeepConference(t.Context(), "case-7", callSID), tt.want)
	}
}
