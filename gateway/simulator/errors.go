package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// apiError is a refusal as the REST interface words it.
type apiError struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
}

// refusal returns the error with Twilio's text for the code and an HTTP
// status.
func refusal(status, code int) *apiError {
	return &apiError{
		Code:     code,
		Message:  errorText(code),
		MoreInfo: "https://www.twilio.com/docs/errors/" + strconv.Itoa(code),
		Status:   status,
	}
}

// httpRefusal returns the error for a bare HTTP status. Twilio numbers these
// 20000 + status, with 20003 for 401 and 20004 for 405.
func httpRefusal(status int) *apiError {
	code := 20000 + status
	switch status {
	case http.StatusUnauthorized:
		code = 20003
	case http.StatusMethodNotAllowed:
		code = 20004
	}
	return refusal(status, code)
}

func (e *apiError) write(w http.ResponseWriter) {
	if e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
	}
	writeJSON(w, e.Status, e)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// The client may be gone, which is its own affair.
	_ = json.NewEncoder(w).Encode(v)
}

// errorText is what an error code means: the titles of twilio.com/docs/api/errors.
// Codes that a test makes up get a text that says so.
func errorText(code int) string {
	switch code {
	case 11200:
		return "HTTP retrieval failure"
	case 11205:
		return "HTTP connection failure"
	case 11100:
		return "Invalid URL format"
	case 11750:
		return "TwiML response body too large"
	case 12100:
		return "Document parse failure"
	case 12200:
		return "Schema validation warning"
	case 12300:
		return "Invalid Content-Type"
	case 13201:
		return "Dial: Cannot Dial out from a Dial Call Segment"
	case 13214:
		return "Dial: Invalid callerId value"
	case 13220:
		return "Dial->Conference: Invalid conference name"
	case 13223:
		return "Dial: Invalid phone number format"
	case 13234:
		return "Dial->Conference: Invalid waitUrl TwiML verb"
	case 13520:
		return "Say: Invalid text"
	case 14101:
		return "Invalid \"To\" attribute"
	case 14102:
		return "Invalid \"From\" attribute"
	case 14103:
		return "Message: Invalid Body"
	case 20001:
		return "Invalid parameter"
	case 20003:
		return "Authenticate"
	case 20004:
		return "Method not allowed"
	case 20009:
		return "Cannot delete this resource before it is complete"
	case 20404:
		return "The requested resource was not found"
	case 20429:
		return "Too Many Requests"
	case 20500:
		return "Internal Server Error"
	case 20503:
		return "Service Unavailable"
	case 21201:
		return "No 'To' number specified"
	case 21203:
		return "Invalid URL method"
	case 21205:
		return "Invalid URL"
	case 21210:
		return "'From' phone number not verified"
	case 21211:
		return "Invalid 'To' Phone Number"
	case 21212:
		return "Invalid 'From' Number"
	case 21213:
		return "'From' phone number is required"
	case 21220:
		return "Call is not in-progress. Cannot redirect."
	case 21266:
		return "'To' and 'From' number cannot be the same"
	case 21502:
		return "Invalid callback URL"
	case 21603:
		return "A 'From' phone number is required"
	case 21604:
		return "A 'To' phone number is required"
	case 21602:
		return "Message body is required"
	case 21606:
		return "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination"
	case 21609:
		return "Invalid 'StatusCallback' URL"
	case 21610:
		return "Attempt to send to unsubscribed recipient"
	case 21611:
		return "This 'From' number has exceeded the maximum number of queued messages"
	case 21614:
		return "'To' number is not a valid mobile number"
	case 21617:
		return "The concatenated message body exceeds the 1600 character limit"
	case 21626:
		return "Invalid 'StatusCallbackEvent'"
	case 21701:
		return "The Messaging Service does not exist"
	case 30003:
		return "Unreachable destination handset"
	case 30004:
		return "Message blocked"
	case 30005:
		return "Unknown destination handset"
	case 30006:
		return "Landline or unreachable carrier"
	case 30007:
		return "Message filtered"
	case 30008:
		return "Unknown error"
	case 30036:
		return "Validity Period Expired"
	case 30045:
		return "Validity Period is less than zero or greater than maximum allowed"
	}
	return fmt.Sprintf("Error %d", code)
}
