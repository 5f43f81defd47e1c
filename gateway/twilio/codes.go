package twilio

import (
	"net/http"

	"github.com/tincay/hotline/gateway/carrier"
)

// Meaning is what an error code of Twilio comes to for us.
type Meaning struct {
	Class carrier.Class // of a request answered with it; a delivery report has none
	Cause carrier.Cause
}

// codeNotAvailable is the answer about a recording that can be had in some seconds.
const codeNotAvailable = 21501

// Codes returns the error codes we tell apart, as documented at twilio.com/docs/api/errors. All others go
// by the HTTP status. A code is an answer to a request, or comes with a delivery report, or both.
func Codes() map[int]Meaning {
	return map[int]Meaning{
		20429: {carrier.Retry, carrier.CauseOther}, // too many requests: not processed

		21610: {carrier.Refuse, carrier.CauseOptedOut}, // the recipient wrote STOP or the like

		21211: {carrier.Refuse, carrier.CauseBadNumber}, // To is not a number
		21214: {carrier.Refuse, carrier.CauseBadNumber}, // To cannot be reached
		21217: {carrier.Refuse, carrier.CauseBadNumber}, // not a number
		21614: {carrier.Refuse, carrier.CauseBadNumber}, // To is not a mobile number
		21635: {carrier.Refuse, carrier.CauseBadNumber}, // To is a landline
		13223: {carrier.Refuse, carrier.CauseBadNumber}, // dialled leg: not a number
		13224: {carrier.Refuse, carrier.CauseBadNumber}, // dialled leg: no such number, or none that can be called
		13226: {carrier.Refuse, carrier.CauseBadNumber}, // dialled leg: no such country
		21202: {carrier.Refuse, carrier.CauseBadNumber}, // To is a premium number, which is not called
		30005: {carrier.Refuse, carrier.CauseBadNumber}, // unknown handset
		30006: {carrier.Refuse, carrier.CauseBadNumber}, // landline or unreachable carrier

		10001: {carrier.Refuse, carrier.CauseAccount}, // account not active
		10002: {carrier.Refuse, carrier.CauseAccount}, // not for trial accounts
		20003: {carrier.Refuse, carrier.CauseAccount}, // credentials
		20005: {carrier.Refuse, carrier.CauseAccount}, // account not active
		30002: {carrier.Refuse, carrier.CauseAccount}, // account suspended
		21408: {carrier.Refuse, carrier.CauseAccount}, // no permission for the country, texts
		21203: {carrier.Refuse, carrier.CauseAccount}, // no calls abroad
		21205: {carrier.Refuse, carrier.CauseAccount}, // our public URL is none that Twilio would call
		21215: {carrier.Refuse, carrier.CauseAccount}, // no permission for the country, calls
		21219: {carrier.Refuse, carrier.CauseAccount}, // To is not verified, as a trial account needs it
		13227: {carrier.Refuse, carrier.CauseAccount}, // no permission for the country, dialled leg
		10004: {carrier.Retry, carrier.CauseAccount},  // too many calls at once
		22005: {carrier.Retry, carrier.CauseAccount},  // call queue full
		11200: {carrier.Refuse, carrier.CauseAccount}, // our webhook did not answer
		12100: {carrier.Refuse, carrier.CauseAccount}, // our TwiML could not be parsed
		12300: {carrier.Refuse, carrier.CauseAccount}, // our webhook's content type was wrong

		21210: {carrier.Refuse, carrier.CauseSender}, // From is not ours
		21212: {carrier.Refuse, carrier.CauseSender}, // From is not a number
		21213: {carrier.Refuse, carrier.CauseSender}, // no From
		21606: {carrier.Refuse, carrier.CauseSender}, // From cannot send this
		21612: {carrier.Refuse, carrier.CauseSender}, // no route from From to To
		21611: {carrier.Retry, carrier.CauseSender},  // From's queue is full
		30001: {carrier.Retry, carrier.CauseSender},  // queue overflow
		30410: {carrier.Retry, carrier.CauseSender},  // the provider did not answer in time

		21220: {carrier.Refuse, carrier.CauseOver}, // the call is not in a state in which this can be done

		codeNotAvailable: {carrier.Retry, carrier.CauseOther}, // a recording is being worked on

		13225: {carrier.Refuse, carrier.CauseOther}, // dialled leg: Twilio calls this number for nobody
		21201: {carrier.Refuse, carrier.CauseOther}, // no To
		21216: {carrier.Refuse, carrier.CauseOther}, // Twilio calls this number for nobody

		30003: {carrier.Retry, carrier.CauseOther},  // handset off or out of reach
		30004: {carrier.Refuse, carrier.CauseOther}, // blocked by the recipient or the network
		30007: {carrier.Refuse, carrier.CauseOther}, // taken for spam by the network
	}
}

// causeOf returns the cause that an error code stands for.
func causeOf(code int) carrier.Cause {
	if m, ok := Codes()[code]; ok {
		return m.Cause
	}
	return carrier.CauseOther
}

// refused makes the error for an answer with an error code, or without one (0). Two statuses go before
// the code: after a 5xx the outcome is unknown whatever else is said, and a 429 was never processed.
func refused(code, status int) *carrier.Error {
	m, known := Codes()[code]
	if !known {
		m = Meaning{carrier.Refuse, carrier.CauseOther}
	}
	switch {
	case status == http.StatusTooManyRequests:
		m.Class = carrier.Retry
	case status >= 500:
		m.Class = carrier.Unknown
	case known:
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		m.Cause = carrier.CauseAccount
	case status == http.StatusRequestTimeout:
		m.Class = carrier.Unknown // some servers say so after they began to process
	case status >= 300 && status < 400:
		m.Cause = carrier.CauseAccount // redirects are not followed: the API URL is wrong
	}
	return carrier.Fail(m.Class, m.Cause, code, status, nil)
}

// StatusOf maps Twilio's word for the state of a message of ours; false for a word we do not know, which
// says nothing that could be acted on. The words are those of Twilio's OpenAPI document.
func StatusOf(word string) (carrier.Status, bool) {
	switch word {
	case "accepted", "scheduled", "queued", "sending", "sent", "partially_delivered":
		return carrier.StatusOnTheWay, true
	case "delivered", "read":
		return carrier.StatusDelivered, true
	case "undelivered", "failed", "canceled":
		return carrier.StatusFailed, true
	}
	return "", false
}

// CallStatusOf maps Twilio's word for how far a call has come; false for a word we do not know, which says
// nothing that could be acted on. "initiated", which only callbacks use, means that Twilio has begun to
// dial; nothing rings yet.
func CallStatusOf(word string) (carrier.CallStatus, bool) {
	switch word {
	case "queued", "initiated":
		return carrier.CallQueued, true
	case "ringing":
		return carrier.CallRinging, true
	case "in-progress":
		return carrier.CallInProgress, true
	case "completed":
		return carrier.CallCompleted, true
	case "busy":
		return carrier.CallBusy, true
	case "no-answer":
		return carrier.CallNoAnswer, true
	case "failed":
		return carrier.CallFailed, true
	case "canceled":
		return carrier.CallCanceled, true
	}
	return "", false
}
