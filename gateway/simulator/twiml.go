package simulator

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
)

// twimlError is a document that cannot be carried out, with Twilio's code.
type twimlError struct {
	code   int
	detail string
}

func (e *twimlError) Error() string { return e.detail }

// element is a TwiML element: a verb, or a noun inside one.
type element struct {
	name     string
	attrs    map[string]string
	text     string // all character data directly inside, in order
	children []element
}

// maxDepth is how deep elements may nest: TwiML needs four levels at most.
const maxDepth = 16

// parseTwiML reads a document and returns its verbs. It knows no verb: what a
// verb may be depends on what asked.
func parseTwiML(doc []byte) ([]element, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var root *element
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &twimlError{12100, err.Error()}
		}
		switch token := token.(type) {
		case xml.StartElement:
			if root != nil {
				return nil, &twimlError{12100, "more than one root element"}
			}
			e, err := parseElement(d, token, 1)
			if err != nil {
				return nil, &twimlError{12100, err.Error()}
			}
			root = &e
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return nil, &twimlError{12100, "text outside the root element"}
			}
		}
	}
	switch {
	case root == nil:
		return nil, &twimlError{12100, "no root element"}
	case root.name != "Response":
		return nil, &twimlError{12100, fmt.Sprintf("the root element is <%s>, not <Response>", root.name)}
	case strings.TrimSpace(root.text) != "":
		return nil, &twimlError{12200, "text directly inside <Response>"}
	}
	return root.children, nil
}

// parseElement reads up to the end of the element that start begins.
func parseElement(d *xml.Decoder, start xml.StartElement, depth int) (element, error) {
	if depth > maxDepth {
		return element{}, errors.New("elements nest too deep")
	}
	e := element{name: start.Name.Local, attrs: make(map[string]string, len(start.Attr))}
	for _, a := range start.Attr {
		if _, twice := e.attrs[a.Name.Local]; twice {
			return element{}, fmt.Errorf("attribute %s of <%s> is given twice", a.Name.Local, e.name)
		}
		e.attrs[a.Name.Local] = a.Value
	}
	var text strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return element{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := parseElement(d, token, depth+1)
			if err != nil {
				return element{}, err
			}
			e.children = append(e.children, child)
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			e.text = text.String()
			return e, nil
		}
	}
}

// reply is a message that an answer to a text asks for.
type reply struct {
	to, from       string // empty: back to the phone, from the number
	body           string
	statusCallback string
}

// parseReplies reads the answer to an inbound text: TwiML in which only
// <Message> may stand, plain text for one reply, or nothing.
func parseReplies(contentType string, doc []byte) ([]reply, error) {
	if len(doc) > maxTwiML {
		return nil, &twimlError{11750, "the document is larger than 64 KB"}
	}
	if len(bytes.TrimSpace(doc)) == 0 {
		return nil, nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, &twimlError{12300, "the Content-Type cannot be read"}
	}
	switch media {
	case "text/plain":
		return []reply{{body: string(doc)}}, nil
	case "text/xml", "application/xml":
	default:
		return nil, &twimlError{12300, "the Content-Type is " + media}
	}
	verbs, err := parseTwiML(doc)
	if err != nil {
		return nil, err
	}
	var replies []reply
	for _, verb := range verbs {
		if verb.name != "Message" {
			return nil, &twimlError{12200, fmt.Sprintf("<%s> in the answer to a text", verb.name)}
		}
		r, err := messageVerb(verb)
		if err != nil {
			return nil, err
		}
		replies = append(replies, r)
	}
	return replies, nil
}

// messageVerb reads a <Message>, whose words stand in it or in a <Body>.
func messageVerb(verb element) (reply, error) {
	var r reply
	for name, value := range verb.attrs {
		switch name {
		case "to":
			r.to = value
		case "from":
			r.from = value
		case "statusCallback":
			r.statusCallback = value
		default:
			return reply{}, &twimlError{12200, fmt.Sprintf("attribute %s of <Message>", name)}
		}
	}
	r.body = verb.text
	for _, noun := range verb.children {
		if noun.name != "Body" || len(noun.children) > 0 {
			return reply{}, &twimlError{12200, fmt.Sprintf("<%s> in <Message>", noun.name)}
		}
		r.body += noun.text
	}
	r.body = strings.TrimSpace(r.body)
	if r.body == "" {
		return reply{}, &twimlError{14103, "<Message> without words"}
	}
	return r, nil
}
