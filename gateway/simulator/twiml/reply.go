package twiml

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
)

// Reply is a message that an answer to a text asks for.
type Reply struct {
	To, From       string // empty: back to the phone, from the number
	Body           string
	StatusCallback string // as written: it may be relative
}

// Replies reads the answer to an inbound text: TwiML in which only <Message>
// may stand, plain text for one reply, or nothing. An error is an *Error.
func Replies(contentType string, doc []byte) ([]Reply, error) {
	if len(doc) > MaxSize {
		return nil, &Error{11750, "the document is larger than 64 KB"}
	}
	if len(bytes.TrimSpace(doc)) == 0 {
		return nil, nil
	}
	media, err := mediaType(contentType)
	if err != nil {
		return nil, err
	}
	switch media {
	case "text/plain":
		return []Reply{{Body: string(doc)}}, nil
	case "text/xml", "application/xml":
	default:
		return nil, &Error{12300, "the Content-Type is " + media}
	}
	verbs, err := Parse(doc)
	if err != nil {
		return nil, err
	}
	var replies []Reply
	for _, verb := range verbs {
		if verb.Name != "Message" {
			return nil, &Error{12200, fmt.Sprintf("<%s> in the answer to a text", verb.Name)}
		}
		r, err := message(verb)
		if err != nil {
			return nil, err
		}
		replies = append(replies, r)
	}
	return replies, nil
}

func mediaType(contentType string) (string, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", &Error{12300, "the Content-Type cannot be read"}
	}
	return media, nil
}

// message reads a <Message>, whose words stand in it or in a <Body>.
func message(verb Element) (Reply, error) {
	var r Reply
	for name, value := range verb.Attrs {
		switch name {
		case "to":
			r.To = value
		case "from":
			r.From = value
		case "statusCallback":
			r.StatusCallback = value
		default:
			return Reply{}, &Error{12200, fmt.Sprintf("attribute %s of <Message>", name)}
		}
	}
	r.Body = verb.Text
	for _, noun := range verb.Children {
		if noun.Name != "Body" || len(noun.Children) > 0 {
			return Reply{}, &Error{12200, fmt.Sprintf("<%s> in <Message>", noun.Name)}
		}
		r.Body += noun.Text
	}
	r.Body = strings.TrimSpace(r.Body)
	if r.Body == "" {
		return Reply{}, &Error{14103, "<Message> without words"}
	}
	return r, nil
}
