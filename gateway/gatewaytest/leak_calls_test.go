package gatewaytest_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/routing/routingtest"
)

// TestLeak_NothingOfCallsLeavesTheSeal tells a story of calls in which much goes wrong, and looks at
// everything it left in Redis, logs, metrics, URLs and documents: who called, who was called, what they said
// on the line and in a message, and which keys they pressed. Only the carrier may know.
func TestLeak_NothingOfCallsLeavesTheSeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rdb, memory := routingtest.NewRedis(t)
		c := &collector{t: t, places: map[string]string{}}
		ward := strings.ReplaceAll(markedWard, "channels: [sms]", "channels: [sms, voice]") + "call_rate: 20\n"
		c.w = gatewaytest.New(t, gatewaytest.Options{Redis: rdb, LineFile: ward, Poll: time.Hour, Called: c.called})
		c.app = append(c.app, c.w.Start())
		w := c.w

		// Calls to contacts wait on the agenda at first, so that they can be seen there.
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Status: 429, On: simulator.Anything})
		caller := w.Dial(markedPerson)
		after(time.Second)
		c.collect()
		w.Carrier.Clear()
		// Then one is placed without an answer and has to be looked for, one is refused, one is busy.
		w.Carrier.Inject(
			simulator.Fault{Kind: simulator.HangAccepted, On: simulator.Calling, Phone: markedLan, Times: 1},
			simulator.Fault{Kind: simulator.NoCallbacks, On: simulator.Calling, Phone: markedLan, Times: 1},
			simulator.Fault{Kind: simulator.RefuseHTTP, Status: 500, On: simulator.Reading, Times: 1},
			simulator.Fault{Kind: simulator.RefuseCode, Code: 21211, On: simulator.Calling, Phone: markedPolice, Times: 1},
		)
		w.Carrier.Phone(markedOffice).SetAnswering(simulator.Busy())
		w.Hears(caller, greeting)
		w.Press(caller, "1") // the police
		after(8 * time.Second)
		c.collect()
		hoa := w.Ring(markedHoa)
		w.Answer(hoa)
		w.Hears(hoa, "Bấm 1 để nhận")
		c.collect()
		w.Press(hoa, "1")
		w.Talk(caller, markedHoa)
		for _, side := range []*simulator.Call{caller, hoa} {
			if err := side.Speak("qzloi tren may, so cua em la 0935 486 279"); err != nil {
				t.Fatal(err)
			}
		}
		c.collect()
		// Redis fails while they talk: a helper leaves, and the caller's turn cannot be answered.
		memory.SetError("ERR out of order")
		hoa.HangUp()
		after(3 * time.Second)
		memory.SetError("")
		w.Hears(caller, another)
		w.Press(caller, "0")
		after(2 * time.Second)
		c.collect()
		caller.HangUp()
		after(time.Second)

		// Another caller; nobody comes, and they leave a message, which the carrier does not give at once.
		for _, phone := range []string{markedLan, markedHoa, markedPolice} {
			w.Carrier.Phone(phone).SetAnswering(simulator.DeclineAfter(5 * time.Second))
		}
		other := w.Dial(markedOther)
		w.Hears(other, greeting)
		after(2 * time.Minute) // says nothing: in danger, and the round is over
		w.Carrier.Inject(simulator.Fault{Kind: simulator.RefuseHTTP, Status: 500, On: simulator.Reading, Times: 2})
		w.Press(other, "6")
		w.Hears(other, "Sau tiếng bíp")
		w.Hears(other, "[tone]")
		if err := other.Speak("qzloi nhan, em o qzxom, 0977 395 168"); err != nil {
			t.Fatal(err)
		}
		after(2 * time.Second)
		other.HangUp()
		after(time.Second)
		c.collect()
		after(time.Minute)

		// A contact rings back, takes the case and hears the message.
		lan := w.Dial(markedLan)
		w.Hears(lan, "Bấm 1 để nhận")
		w.Press(lan, "1")
		w.Hears(lan, "[play https://hotline.example.vn/twilio/voice/message/")
		c.collect()
		lan.HangUp()
		after(time.Second)
		c.callBack()
		c.strangers()
		memory.SetError("ERR out of order")
		down, err := w.Carrier.Phone(markedPerson).Dial(t.Context(), gatewaytest.Support)
		if err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		down.HangUp()
		memory.SetError("")
		after(2 * time.Minute)
		c.collect()

		for place, found := range findings(c.places) {
			t.Errorf("%s holds %q", place, found)
		}
		c.checkKeys()
		c.checkCallStory()
	})
}

// callBack lets a person ask in words to be called, and the helper call them.
func (c *collector) callBack() {
	c.t.Helper()
	w := c.w
	person := w.Carrier.Phone(markedOther)
	w.Text(markedOther, "qzloi goi lai cho em")
	after(time.Second)
	code := ""
	for _, m := range w.Carrier.Phone(markedLan).Inbox() {
		if _, rest, ok := strings.Cut(m.Body, "ban da nhan"); ok && rest != "" {
			code = strings.Fields(strings.TrimSuffix(m.Body, rest))[1]
		}
	}
	w.Text(markedLan, "GOI "+strings.TrimSuffix(code, ":"))
	ring := w.Ring(person.Number())
	c.collect()
	w.Answer(ring)
	w.Hears(ring, "gọi lại cuộc gọi nhỡ")
	w.Press(ring, "1")
	w.Hears(ring, hold)
	c.collect()
	ring.HangUp()
	after(time.Second)
}

// strangers posts what no carrier should, and what nobody signed.
func (c *collector) strangers() {
	form := func(more ...string) url.Values {
		v := url.Values{
			"AccountSid": {gatewaytest.AccountSID}, "CallSid": {"CA00000000000000000000000000000a01"}, "From": {markedPerson}, "To": {markedOther}, "Caller": {markedPerson},
			"CallerName": {"Qztenlan"}, "SpeechResult": {"qzloi"}, "CallStatus": {"ringing"}, "Direction": {"inbound"},
		}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	paths := []string{
		"/twilio/voice", "/twilio/voice/status", "/twilio/voice/status/cam-thanh/none.x.c1", "/twilio/voice/turn/cam-thanh/none.x.c1/3",
		"/twilio/voice/recorded/cam-thanh/none.x.c1/3", "/twilio/voice/nowhere",
	}
	for _, path := range paths {
		for _, how := range []simulator.Signature{simulator.Signed, simulator.Unsigned} {
			c.w.Carrier.Post(c.t.Context(), gatewaytest.PublicURL+path, form(), how)
			c.w.Carrier.Post(c.t.Context(), gatewaytest.PublicURL+path, form("Digits", "qzloi", "To", gatewaytest.Support, "CallStatus", "completed"), how)
		}
	}
	// A number that is none, from a carrier that is one.
	c.w.Carrier.Post(c.t.Context(), gatewaytest.PublicURL+"/twilio/voice", form("From", "Qztenlan", "To", gatewaytest.Support, "CallSid", "CA00000000000000000000000000000a02"), simulator.Signed)
}

// checkKeys makes sure that no key that was pressed is told anywhere: which one somebody pressed says what
// happened to them.
func (c *collector) checkKeys() {
	c.t.Helper()
	for line := range strings.Lines(c.places["log"]) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			continue
		}
		for name, value := range entry {
			if text, ok := value.(string); ok && len(text) == 1 || name == "key" || name == "keys" {
				c.t.Errorf("a log line holds %s=%v, which may be a key that was pressed: %s", name, value, line)
			}
		}
	}
	for _, place := range []string{"log", "metrics", "URL called", "URL handed out", "key name"} {
		for _, name := range []string{"digits", "key="} {
			if strings.Contains(strings.ToLower(c.places[place]), name) {
				c.t.Errorf("%s holds %q", place, name)
			}
		}
	}
}

// checkCallStory makes sure that the story came to what it is about.
func (c *collector) checkCallStory() {
	c.t.Helper()
	w := c.w
	called := map[string]bool{}
	for _, r := range w.Carrier.CallRequests() {
		called[r.Form.Get("To")] = true
	}
	for _, phone := range []string{markedLan, markedHoa, markedPolice, markedOffice, markedOther} {
		if !called[phone] {
			c.t.Errorf("nobody called …%s in the story", phone[len(phone)-3:])
		}
	}
	recordings := w.Carrier.Recordings()
	if len(recordings) != 1 || !strings.Contains(recordings[0].Words, "qzloi nhan") || !recordings[0].Deleted {
		c.t.Errorf("recordings = %+v, want the one message, which the carrier has no more", recordings)
	}
	for _, want := range []string{"carrier did not do what was asked about a call", "carrier's list cannot be read", "webhook not taken in", "event handled"} {
		if len(w.Logs.Lines(want)) == 0 {
			c.t.Errorf("the story never logged %q", want)
		}
	}
	for _, place := range []string{"parameter of a call Url", "parameter of a call StatusCallback", "URL answered", "answer", "metrics"} {
		if c.places[place] == "" {
			c.t.Errorf("nothing was collected of: %s", place)
		}
	}
	for _, want := range []string{"/twilio/voice/turn/", "/twilio/voice/recorded/", "/twilio/voice/message/", "/twilio/voice/status/"} {
		if !strings.Contains(c.places["URL answered"], want) {
			c.t.Errorf("the carrier never asked for %s", want)
		}
	}
	stored := false
	for place := range c.places {
		stored = stored || strings.HasPrefix(place, "value of ") && strings.HasSuffix(place, ":v1")
	}
	if !stored {
		c.t.Error("the message of the story was never seen in storage")
	}
	for _, want := range []string{"\nhotline_talk_seconds_count 1\n", `hotline_calls{line="cam-thanh",with="person"} 1`, `hotline_calls_abandoned_total{waited=`} {
		if !strings.Contains(c.places["metrics"], want) {
			c.t.Errorf("the story never came to %s", strings.TrimSpace(want))
		}
	}
}
