package twilio

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Paths under the public URL that the carrier asks for, or reports to, about calls.
const (
	voicePath    = "/twilio/voice"
	callPath     = voicePath + "/status/"
	turnPath     = voicePath + "/turn/"
	recordedPath = voicePath + "/recorded/"
	soundPath    = voicePath + "/sounds/"
	messagePath  = voicePath + "/message/"
)

// URLs makes the URLs about calls that are handed to the carrier, in requests and in documents. A
// reference is that of a leg, "<line>/<leg>", of characters that stand in a URL as they are; [Client]
// checks it before a call is placed or pushed. No URL holds a number, a name or words.
type URLs struct {
	base     string
	fragment string // with its "#", or empty
}

// NewURLs makes URLs under publicURL. The fragment, which may be given without its "#", holds connection
// overrides; none are set if it is empty or [NoFragment]. [Client.URLs] has those of a client.
func NewURLs(publicURL, fragment string) (URLs, error) {
	base, err := baseURL(publicURL)
	if err != nil {
		return URLs{}, fmt.Errorf("twilio URLs: public URL: %w", err)
	}
	return URLs{base: base.String(), fragment: hashed(fragment)}, nil
}

// hashed returns a fragment with its "#"; nothing if there is none.
func hashed(fragment string) string {
	if fragment == "" || fragment == NoFragment {
		return ""
	}
	return "#" + strings.TrimPrefix(fragment, "#")
}

// Turn is where a call asks what it is to hear at a turn: [RouteTurn].
func (u URLs) Turn(ref string, turn int) string {
	return u.base + turnPath + ref + "/" + strconv.Itoa(turn) + u.fragment
}

// Status is where the changes of a call that we placed are reported: [RouteLegStatus].
func (u URLs) Status(ref string) string { return u.base + callPath + ref + u.fragment }

// Recorded is where it is reported that what was recorded at a turn is complete, the
// recordingStatusCallback of a document: [RouteRecorded].
func (u URLs) Recorded(ref string, turn int) string {
	return u.base + recordedPath + ref + "/" + strconv.Itoa(turn) + u.fragment
}

// Sound is where a recorded prompt, "<language>/<file>", is fetched, with GET: [RouteSound]. It has no fragment, like [URLs.Message]:
// connection overrides are documented for webhooks only, and the carrier keeps sounds by their URL.
func (u URLs) Sound(name string) string {
	return u.base + soundPath + (&url.URL{Path: name}).EscapedPath()
}

// Message is where the message of a person is fetched, with GET, by whoever has the token: [RouteMessage].
func (u URLs) Message(ref, token string) string {
	return u.base + messagePath + ref + "/" + url.PathEscape(token)
}

// again is the turn URL with what the request that could not be answered said, in words of a closed set:
// the carrier says each of them once.
func (u URLs) again(ref string, turn int, said said) string {
	asked := u.base + turnPath + ref + "/" + strconv.Itoa(turn)
	if query := said.encode(); query != "" {
		asked += "?" + query
	}
	return asked + u.fragment
}

// isLegRef reports whether a reference is "<line>/<leg>" and can stand in a URL.
func isLegRef(ref string) bool { return strings.Count(ref, "/") == 1 && isRef(ref) }

// mostTurns bounds the number of a turn, far above what a call of four hours can reach.
const mostTurns = 1_000_000_000

// parseTurn reads the number of a turn, written as [URLs.Turn] writes it and in no other way.
func parseTurn(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n >= mostTurns || strconv.Itoa(n) != s {
		return 0, false
	}
	return n, true
}
