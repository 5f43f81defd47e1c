package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Direction says who began a message, in Twilio's words.
type Direction string

// The directions of a message.
const (
	Inbound       Direction = "inbound"        // a phone wrote to the account's number
	OutboundAPI   Direction = "outbound-api"   // created through REST
	OutboundReply Direction = "outbound-reply" // from TwiML, or Twilio's own answer to STOP
)

// Status is how far a message has come, in Twilio's words.
type Status string

// The statuses a message passes through. The last four are final.
const (
	Queued      Status = "queued"
	Sending     Status = "sending"
	Sent        Status = "sent"
	Delivered   Status = "delivered"
	Undelivered Status = "undelivered"
	Failed      Status = "failed"
	Received    Status = "received" // of inbound messages, from the start
)

// Final reports whether a message in this status goes no further.
func (s Status) Final() bool {
	return s == Delivered || s == Undelivered || s == Failed || s == Received
}

// Message is a text on its way or at its end. It is a copy; nothing in it
// changes afterwards.
type Message struct {
	SID       string
	From, To  string
	Body      string
	Direction Direction
	Status    Status
	ErrorCode int // why it was not delivered; 0 if nothing went wrong
	Segments  int

	CreatedAt time.Time
	SentAt    time.Time // zero until it left Twilio
	UpdatedAt time.Time

	ValidityPeriod time.Duration // zero if the request gave none
	StatusCallback string        // with its fragment; empty if none
}

// message is a Message while it lives. Its fields are guarded by Carrier.mu.
type message struct {
	Message
	seq     int
	deleted bool
	plan    plan         // what faults have in mind for it
	pending []url.Values // status callbacks not posted yet
	posting bool         // a goroutine is posting them
	form    url.Values   // inbound only: the webhook as it was first posted
}

// Request is an attempt to create a message, as it reached the carrier.
type Request struct {
	At             time.Time
	To, From, Body string
	ValidityPeriod time.Duration // zero if absent or unreadable
	StatusCallback string        // as given, with its fragment
	Form           url.Values    // all of it

	SID    string // of the message, if it was accepted
	Status int    // of the HTTP answer; 0 if the client gave up before one
	Code   int    // Twilio's error code; 0 if it was accepted
}

// defaultValidity is how long Twilio keeps trying to send a message that names
// no ValidityPeriod: ten hours, also the longest allowed.
const defaultValidity = 36000 * time.Second

// newSID returns a fresh identifier: the kind's two letters and 32 hexadecimal
// digits.
func newSID(kind string) string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return kind + hex.EncodeToString(b[:])
}

// add gives m its place in the account. The caller holds c.mu.
func (c *Carrier) add(m *message) {
	m.SID = newSID("SM")
	m.Segments = Segments(m.Body)
	m.CreatedAt = time.Now().UTC()
	m.UpdatedAt = m.CreatedAt
	m.seq = len(c.messages)
	c.messages = append(c.messages, m)
	c.bySID[m.SID] = m
}

// resource is a message as REST shows it. The names and their order are those
// of Twilio's Message resource; numbers are strings where Twilio's are.
type resource struct {
	Body                string            `json:"body"`
	NumSegments         string            `json:"num_segments"`
	Direction           Direction         `json:"direction"`
	From                string            `json:"from"`
	To                  string            `json:"to"`
	DateUpdated         string            `json:"date_updated"`
	Price               *string           `json:"price"`
	ErrorMessage        *string           `json:"error_message"`
	URI                 string            `json:"uri"`
	AccountSID          string            `json:"account_sid"`
	NumMedia            string            `json:"num_media"`
	Status              Status            `json:"status"`
	MessagingServiceSID *string           `json:"messaging_service_sid"`
	SID                 string            `json:"sid"`
	DateSent            *string           `json:"date_sent"`
	DateCreated         string            `json:"date_created"`
	ErrorCode           *int              `json:"error_code"`
	PriceUnit           string            `json:"price_unit"`
	APIVersion          string            `json:"api_version"`
	SubresourceURIs     map[string]string `json:"subresource_uris"`
}

func (c *Carrier) resource(m Message) resource {
	base := "/" + apiVersion + "/Accounts/" + c.opts.AccountSID + "/Messages/" + m.SID
	r := resource{
		Body:            m.Body,
		NumSegments:     strconv.Itoa(m.Segments),
		Direction:       m.Direction,
		From:            m.From,
		To:              m.To,
		DateUpdated:     rfc2822(m.UpdatedAt),
		URI:             base + ".json",
		AccountSID:      c.opts.AccountSID,
		NumMedia:        "0",
		Status:          m.Status,
		SID:             m.SID,
		DateCreated:     rfc2822(m.CreatedAt),
		PriceUnit:       "USD",
		APIVersion:      apiVersion,
		SubresourceURIs: map[string]string{"media": base + "/Media.json"},
	}
	if !m.SentAt.IsZero() {
		r.DateSent = new(rfc2822(m.SentAt))
	}
	if m.ErrorCode != 0 {
		r.ErrorCode = new(m.ErrorCode)
		r.ErrorMessage = new(errorText(m.ErrorCode))
	}
	return r
}

// rfc2822 formats an instant as the 2010 API does.
func rfc2822(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }

// createParameters are those Twilio's OpenAPI document lists for creating a
// message. Twilio ignores any other in silence; we file an alert, because a
// misspelt ValidityPeriod is a text that arrives after the incident.
var createParameters = []string{
	"AddressRetention", "ApplicationSid", "Attempt", "Body", "ContentRetention", "ContentSid",
	"ContentVariables", "FallbackFrom", "ForceDelivery", "From", "MaxPrice", "MediaUrl",
	"MessagingServiceSid", "PersistentAction", "ProvideFeedback", "RiskCheck", "ScheduleType",
	"SendAsMms", "SendAt", "ShortenUrls", "SmartEncoded", "StatusCallback", "To", "TrafficType",
	"ValidityPeriod",
}

// unknownParameters returns the names in form that are not known, sorted.
func unknownParameters(form url.Values, known []string) []string {
	var unknown []string
	for name := range form {
		if !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}
