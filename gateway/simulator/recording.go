package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/gateway/simulator/twiml"
)

// RecordingStatus is how far a recording has come, in Twilio's words.
type RecordingStatus string

// The statuses of a recording.
const (
	RecordingInProgress RecordingStatus = "in-progress"
	RecordingProcessing RecordingStatus = "processing" // it is over, and cannot be had yet
	RecordingCompleted  RecordingStatus = "completed"
	RecordingAbsent     RecordingStatus = "absent" // there was nothing to record
)

// Recording is what was recorded on a call. It is a copy.
type Recording struct {
	SID, CallSID string
	Conference   string // the SID of the conference, if that was recorded
	Source       string // RecordVerb, DialVerb, Conference or OutboundAPI
	Status       RecordingStatus
	StartedAt    time.Time
	Duration     time.Duration
	Words        string // everything said, in order
	Deleted      bool   // DELETE removed it
}

// Media returns the bytes that REST gives for the recording: an MP3 that players can open, of silence as long as the
// recording but for 5 minutes at most. What was said is in it as a text, as its transcript.
func (r Recording) Media() []byte { return silentMP3(r.Duration, r.Words) }

// take is a recording while it lives. Its fields are guarded by Carrier.mu.
type take struct {
	seq      int
	rec      Recording
	call     *Call
	finish   string // keys that end it
	words    []string
	endedBy  string
	done     chan struct{} // closed at its end
	callback delivery      // told when it can be had
	events   []string
}

// startRecording begins a recording. The caller holds c.mu.
func (c *Carrier) startRecording(l *Call, source string) *take {
	t := &take{
		seq: len(c.recordings), call: l, done: make(chan struct{}),
		rec: Recording{SID: newSID("RE"), CallSID: l.SID, Source: source, Status: RecordingInProgress, StartedAt: time.Now().UTC()},
	}
	c.recordings = append(c.recordings, t)
	return t
}

// finishRecording ends a recording, once. The caller holds c.mu.
func (c *Carrier) finishRecording(t *take, by string) {
	if t.rec.Status != RecordingInProgress {
		return
	}
	t.endedBy = by
	t.rec.Duration = time.Since(t.rec.StartedAt)
	t.rec.Words = strings.Join(t.words, " ")
	t.rec.Status = RecordingProcessing
	if t.call.recording == t {
		t.call.recording = nil
	}
	close(t.done)
	status := RecordingCompleted
	if len(t.words) == 0 && t.rec.Source == "RecordVerb" {
		status = RecordingAbsent
	}
	c.later(c.opts.Latency.Record, func() {
		t.rec.Status = status
		if !slices.Contains(t.events, string(status)) {
			return
		}
		t.callback.form = c.recordingForm(t)
		c.dispatch(&t.call.callbacks, t.callback)
	})
}

// recordingForm is what a recordingStatusCallback says. The caller holds c.mu.
func (c *Carrier) recordingForm(t *take) url.Values {
	return url.Values{
		"AccountSid":         {c.opts.AccountSID},
		"CallSid":            {t.call.SID},
		"RecordingSid":       {t.rec.SID},
		"RecordingUrl":       {c.recordingURL(t)},
		"RecordingStatus":    {string(t.rec.Status)},
		"RecordingDuration":  {strconv.Itoa(int(t.rec.Duration / time.Second))},
		"RecordingChannels":  {"1"},
		"RecordingStartTime": {rfc2822(t.rec.StartedAt)},
		"RecordingSource":    {t.rec.Source},
		"ErrorCode":          {"0"},
	}
}

// recordingURL is where the sound of a recording is. The host is Twilio's own,
// as in what Twilio posts, whatever address this carrier is served at.
func (c *Carrier) recordingURL(t *take) string {
	return "https://api.twilio.com/" + apiVersion + "/Accounts/" + c.opts.AccountSID + "/Recordings/" + t.rec.SID
}

// Recordings returns every recording there ever was, oldest first. A test
// that nothing was recorded finds none.
func (c *Carrier) Recordings() []Recording {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Recording
	for _, t := range c.recordings {
		out = append(out, t.rec)
	}
	return out
}

// record carries out a <Record>: it ends by a key, at maxLength, after so much
// silence, or when the caller hangs up, which is told to the action all the
// same. If nothing was said there is no action.
func (r *run) record(e twiml.Element) (next *source, done bool) {
	if e.Bool("playBeep", true) && !r.sound("[tone]", 0) {
		return nil, true
	}
	l := r.call
	r.mu.Lock()
	if r.ctx.Err() != nil {
		r.mu.Unlock()
		return nil, true
	}
	t := r.startRecording(l, "RecordVerb")
	t.finish = e.Attr("finishOnKey", "1234567890*#")
	t.events = strings.Fields(e.Attr("recordingStatusCallbackEvent", "completed"))
	if callback, ok := resolve(r.base, e.Attrs["recordingStatusCallback"]); ok && e.Attrs["recordingStatusCallback"] != "" {
		t.callback = delivery{kind: RecordingWebhook, url: callback, sid: t.rec.SID,
			method: e.Attr("recordingStatusCallbackMethod", http.MethodPost)}
	}
	l.recording = t
	l.silentFor = time.Now().UTC()
	r.mu.Unlock()

	r.tape(t, e.Seconds("timeout", 5*time.Second), e.Seconds("maxLength", time.Hour))

	r.mu.Lock()
	defer r.mu.Unlock()
	r.finishRecording(t, "") // if it was interrupted
	params := url.Values{
		"RecordingUrl": {r.recordingURL(t)}, "RecordingSid": {t.rec.SID},
		"RecordingDuration": {strconv.Itoa(int(t.rec.Duration / time.Second))}, "Digits": {t.endedBy},
	}
	method := e.Attr("method", http.MethodPost)
	switch {
	case t.endedBy == "hangup":
		if len(t.words) > 0 {
			r.notify(e.Attr("action", r.base), method, params)
		}
		return nil, true
	case r.ctx.Err() != nil:
		return nil, true
	case len(t.words) == 0:
		return nil, false
	}
	r.mu.Unlock()
	next = r.action(e.Attrs["action"], method, params)
	r.mu.Lock()
	return next, true
}

// tape waits until a recording has come to its end.
func (r *run) tape(t *take, silence, most time.Duration) {
	end := time.NewTimer(most)
	defer end.Stop()
	for {
		r.mu.Lock()
		quiet := time.Until(t.call.silentFor.Add(silence))
		r.mu.Unlock()
		if quiet <= 0 {
			return
		}
		timer := time.NewTimer(quiet)
		select {
		case <-timer.C: // there may have been words meanwhile
		case <-end.C:
			timer.Stop()
			return
		case <-t.done:
			timer.Stop()
			return
		case <-r.ctx.Done():
			timer.Stop()
			return
		}
	}
}
