package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// recordingResource is a recording as REST shows it.
func (c *Carrier) recordingResource(t *take) map[string]any {
	base := "/" + apiVersion + "/Accounts/" + c.opts.AccountSID + "/Recordings/" + t.rec.SID
	v := map[string]any{
		"sid": t.rec.SID, "account_sid": c.opts.AccountSID, "api_version": apiVersion, "call_sid": t.rec.CallSID,
		"conference_sid": nil, "date_created": rfc2822(t.rec.StartedAt), "date_updated": rfc2822(t.rec.StartedAt),
		"start_time": rfc2822(t.rec.StartedAt), "duration": nil, "price": nil, "price_unit": "USD",
		"status": t.rec.Status, "channels": 1, "source": t.rec.Source, "error_code": nil, "uri": base + ".json",
		"media_url": c.recordingURL(t), "encryption_details": nil, "subresource_uris": map[string]string{},
	}
	if t.rec.Conference != "" {
		v["conference_sid"] = t.rec.Conference
	}
	if t.rec.Status != RecordingInProgress {
		v["duration"] = strconv.Itoa(int(t.rec.Duration / time.Second))
	}
	return v
}

// listRecordings is GET Recordings.json: newest first, filtered by CallSid and
// ConferenceSid, in pages.
func (c *Carrier) listRecordings(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var rows []row
	c.mu.Lock()
	for _, t := range slices.Backward(c.recordings) {
		if !t.rec.Deleted && (query.Get("CallSid") == "" || query.Get("CallSid") == t.rec.CallSID) &&
			(query.Get("ConferenceSid") == "" || query.Get("ConferenceSid") == t.rec.Conference) {
			rows = append(rows, row{t.seq, t.rec.SID, c.recordingResource(t)})
		}
	}
	c.mu.Unlock()
	writePage(w, r, "recordings", rows, func(sid string) (int, bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.IndexFunc(c.recordings, func(t *take) bool { return t.rec.SID == sid })
		return i, i >= 0
	})
}

// serveRecording is GET of a recording, its sound with .mp3, .wav or no
// ending, or its resource with .json; and DELETE. It reports whether the path
// is one of its own.
func (c *Carrier) serveRecording(w http.ResponseWriter, r *http.Request, path string) bool {
	name, ok := strings.CutPrefix(path, "Recordings/")
	if !ok || strings.Contains(name, "/") {
		return false
	}
	sid, ending, _ := strings.Cut(name, ".")
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.recordings, func(t *take) bool { return t.rec.SID == sid && !t.rec.Deleted })
	sound := map[string]string{"mp3": "audio/mpeg", "wav": "audio/x-wav", "": "audio/x-wav"}[ending]
	switch {
	case i < 0 || ending != "json" && sound == "":
		httpRefusal(http.StatusNotFound).write(w)
	case r.Method == http.MethodDelete:
		c.recordings[i].rec.Deleted = true
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet:
		httpRefusal(http.StatusMethodNotAllowed).write(w)
	case ending == "json":
		writeJSON(w, http.StatusOK, c.recordingResource(c.recordings[i]))
	case c.recordings[i].rec.Status != RecordingCompleted:
		httpRefusal(http.StatusNotFound).write(w)
	default:
		w.Header().Set("Content-Type", sound)
		_, _ = w.Write(c.recordings[i].rec.Media()) // the client may be gone
	}
	return true
}
