package twilio_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/twilio"
	"github.com/tincay/hotline/gateway/twilio/twiliotest"
)

const (
	recordingSID = "RE00000000000000000000000000000001"
	audioAt      = resources + "/Recordings/" + recordingSID + ".mp3"
	recordingAt  = resources + "/Recordings/" + recordingSID + ".json"
)

func audio(w http.ResponseWriter, file []byte) {
	w.Header().Set("Content-Type", "audio/mpeg")
	_, _ = w.Write(file)
}

func TestRecording(t *testing.T) {
	t.Parallel()
	want := []byte("ID3 tiếng nói")
	c := checked(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != audioAt {
			t.Errorf("request %s %s, want GET %s", r.Method, r.URL.Path, audioAt)
		}
		audio(w, want)
	})
	got, err := c.Recording(t.Context(), recordingSID)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("Recording = %q, %v, want %q", got, err, want)
	}
}

// TestRecording_RedirectGetsNoCredentials: the file may be stored elsewhere; who stores it must not learn
// the account's token.
func TestRecording_RedirectGetsNoCredentials(t *testing.T) {
	t.Parallel()
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, _, ok := r.BasicAuth(); ok || r.Header.Get("Referer") != "" {
			t.Errorf("the store was sent %v", r.Header)
		}
		if r.URL.Path == "/gone" {
			answer(w, 404, ``)
			return
		}
		if r.URL.Path == "/expired" {
			answer(w, 403, `{"code":20003}`)
			return
		}
		audio(w, []byte("mp3"))
	}))
	t.Cleanup(store.Close)
	for _, tt := range []struct {
		name, location string
		want           *carrier.Error // nil: the file
		under          error
	}{
		{"elsewhere", store.URL + "/file?Signature=x", nil, nil},
		{"here", "/file", nil, nil},
		{"nowhere", "", &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Status: 302}, nil},
		{"to a file", "file:///etc/passwd", &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Status: 302}, twilio.ErrBadRedirect},
		{"with somebody's password", "http://a:b@h.example/", &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Status: 302}, twilio.ErrBadRedirect},
		{"round and round", audioAt, &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Status: 302}, twilio.ErrBadRedirect},
		{"no longer valid", store.URL + "/expired", &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 403}, nil},
		{"to what is not there yet", store.URL + "/gone", &carrier.Error{Class: carrier.Retry, Cause: carrier.CauseOther, Status: 404}, carrier.ErrNotReady},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			steps := 0
			c := server(t, nil, func(w http.ResponseWriter, r *http.Request) {
				_, _, authorized := r.BasicAuth()
				switch r.URL.Path {
				case "/file":
					if authorized {
						t.Error("credentials were sent with a redirect")
					}
					audio(w, []byte("mp3"))
				case recordingAt:
					answer(w, 200, `{"status":"completed"}`)
				default:
					if steps++; authorized != (steps == 1) {
						t.Errorf("step %d authorized = %v", steps, authorized)
					}
					w.Header().Set("Location", tt.location)
					w.WriteHeader(http.StatusFound)
				}
			})
			got, err := c.Recording(t.Context(), recordingSID)
			if tt.want == nil {
				if err != nil || string(got) != "mp3" {
					t.Errorf("Recording = %q, %v, want the file", got, err)
				}
				return
			}
			wantError(t, "Recording", err, *tt.want)
			if tt.under != nil && !errors.Is(err, tt.under) {
				t.Errorf("Recording = %v, want %v under it", err, tt.under)
			}
		})
	}
}

// TestRecording_NeverLeavesHTTPS: from Twilio's own address nothing in the clear is followed.
func TestRecording_NeverLeavesHTTPS(t *testing.T) {
	t.Parallel()
	asked := 0
	c := newClient(t, "", func(o *twilio.Options) {
		o.Transport = twiliotest.Check(t, answering(func(r *http.Request) *http.Response {
			asked++
			return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"http://store.example/f"}}, Body: http.NoBody, Request: r}
		}))
	})
	_, err := c.Recording(t.Context(), recordingSID)
	wantError(t, "Recording", err, carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Status: 302})
	if !errors.Is(err, twilio.ErrBadRedirect) || asked != 1 {
		t.Errorf("Recording = %v after %d requests, want a bad redirect after one", err, asked)
	}
}

type answering func(*http.Request) *http.Response

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) { return a(r), nil }

func TestRecording_NotThere(t *testing.T) {
	t.Parallel()
	retry := carrier.Error{Class: carrier.Retry, Cause: carrier.CauseOther, Code: 20404, Status: 404}
	refuse := carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Code: 20404, Status: 404}
	for _, tt := range []struct {
		name         string
		status, code int // of what is said about the recording; 404 by code 20404
		word         string
		want         carrier.Error
		notReady     bool
	}{
		{"worked on", 200, 0, "processing", retry, true},
		{"still recorded", 200, 0, "in-progress", retry, true},
		{"complete, and the file late", 200, 0, "completed", retry, true},
		{"silence", 200, 0, "absent", refuse, false},
		{"deleted", 200, 0, "deleted", refuse, false},
		{"unknown", 404, 20404, "", refuse, false},
		{"not known", 503, 0, "", carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 503}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := checked(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path == audioAt:
					answer(w, 404, `{"code":20404}`)
				case tt.status == 404:
					answer(w, 404, `{"code":20404}`)
				default:
					answer(w, tt.status, `{"status":"`+tt.word+`"}`)
				}
			})
			_, err := c.Recording(t.Context(), recordingSID)
			wantError(t, "Recording", err, tt.want)
			if got := errors.Is(err, carrier.ErrNotReady); got != tt.notReady {
				t.Errorf("Recording = %v, not ready %v, want %v", err, got, tt.notReady)
			}
		})
	}
}

func TestRecording_Answers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		serve http.HandlerFunc
		want  carrier.Error
		under error
	}{
		{"can be had in a moment", func(w http.ResponseWriter, _ *http.Request) { answer(w, 400, `{"code":21501}`) },
			carrier.Error{Class: carrier.Retry, Cause: carrier.CauseOther, Code: 21501, Status: 400}, carrier.ErrNotReady},
		{"too large", func(w http.ResponseWriter, _ *http.Request) { audio(w, make([]byte, 4<<20+1)) },
			carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseOther, Status: 200}, twilio.ErrTooLarge},
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(helper))
		}, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}, twilio.ErrUnreadable},
		{"empty", func(w http.ResponseWriter, _ *http.Request) { audio(w, nil) },
			carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}, twilio.ErrUnreadable},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			audio(w, []byte("mp3"))
		}, carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 200}, nil},
		{"credentials", func(w http.ResponseWriter, _ *http.Request) { answer(w, 401, `{"code":20003}`) },
			carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Code: 20003, Status: 401}, nil},
		{"broken", func(w http.ResponseWriter, _ *http.Request) { answer(w, 500, ``) },
			carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 500}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := server(t, nil, tt.serve).Recording(t.Context(), recordingSID)
			wantError(t, "Recording", err, tt.want)
			if tt.under != nil && !errors.Is(err, tt.under) {
				t.Errorf("Recording = %v, want %v under it", err, tt.under)
			}
		})
	}
}

func TestDeleteRecording(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		want   *carrier.Error
	}{
		{204, nil},
		{404, nil},
		{500, &carrier.Error{Class: carrier.Unknown, Cause: carrier.CauseOther, Status: 500}},
		{403, &carrier.Error{Class: carrier.Refuse, Cause: carrier.CauseAccount, Status: 403}},
	} {
		c := checked(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodDelete || r.URL.Path != recordingAt {
				t.Errorf("request %s %s, want DELETE %s", r.Method, r.URL.Path, recordingAt)
			}
			w.WriteHeader(tt.status)
		})
		err := c.DeleteRecording(t.Context(), recordingSID)
		if tt.want != nil {
			wantError(t, "DeleteRecording", err, *tt.want)
		} else if err != nil {
			t.Errorf("DeleteRecording answered %d = %v, want nil", tt.status, err)
		}
	}
}
