// Package twiml reads TwiML, the documents in which a gateway tells the
// carrier what to do with a text or a call.
//
// It is strict where Twilio is lenient: a verb, an attribute or a nesting that
// Twilio does not publish makes the whole document fail with Twilio's code
// 12200, where Twilio files a warning and skips what it does not know. What is
// skipped so is something that was meant.
//
// It promises that a document it accepts can be carried out: attributes that
// are numbers or choices hold one, and what must have words or an address has
// them. It refuses to carry anything out: package simulator does that.
package twiml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// MaxSize is the largest document, in bytes, that Twilio takes.
const MaxSize = 64 << 10

// Error is a document that cannot be carried out, with Twilio's code.
type Error struct {
	Code   int    // of twilio.com/docs/api/errors
	Detail string // for people
}

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }

// Element is a TwiML element: a verb, or a noun inside one.
type Element struct {
	Name     string
	Attrs    map[string]string
	Text     string // all character data directly inside, in order
	Children []Element
}

// Attr returns an attribute, or fallback if it is not given. One that is given
// and empty is empty.
func (e Element) Attr(name, fallback string) string {
	if value, given := e.Attrs[name]; given {
		return value
	}
	return fallback
}

// Int returns an attribute that is a whole number, or fallback if it is not
// given or is no number.
func (e Element) Int(name string, fallback int) int {
	n, err := strconv.Atoi(e.Attrs[name])
	if err != nil {
		return fallback
	}
	return n
}

// Seconds returns an attribute that counts seconds, or fallback as Int does.
func (e Element) Seconds(name string, fallback time.Duration) time.Duration {
	n, err := strconv.Atoi(e.Attrs[name])
	if err != nil {
		return fallback
	}
	return time.Duration(n) * time.Second
}

// Bool returns an attribute that is true or false, or fallback if it is
// neither.
func (e Element) Bool(name string, fallback bool) bool {
	switch e.Attrs[name] {
	case "true":
		return true
	case "false":
		return false
	}
	return fallback
}

// Words returns the element's text with each run of white space made one
// space, as it is spoken.
func (e Element) Words() string { return strings.Join(strings.Fields(e.Text), " ") }

// maxDepth is how deep elements may nest: TwiML needs four levels at most.
const maxDepth = 16

// Parse reads a document and returns its verbs. It knows no verb: what a verb
// may be depends on what asked. An error is an *Error.
func Parse(doc []byte) ([]Element, error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var root *Element
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, &Error{12100, err.Error()}
		}
		switch token := token.(type) {
		case xml.StartElement:
			if root != nil {
				return nil, &Error{12100, "more than one root element"}
			}
			e, err := parseElement(d, token, 1)
			if err != nil {
				return nil, &Error{12100, err.Error()}
			}
			root = &e
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return nil, &Error{12100, "text outside the root element"}
			}
		}
	}
	switch {
	case root == nil:
		return nil, &Error{12100, "no root element"}
	case root.Name != "Response":
		return nil, &Error{12100, fmt.Sprintf("the root element is <%s>, not <Response>", root.Name)}
	case strings.TrimSpace(root.Text) != "":
		return nil, &Error{12200, "text directly inside <Response>"}
	case len(root.Attrs) > 0:
		return nil, &Error{12200, "an attribute of <Response>"}
	}
	return root.Children, nil
}

// parseElement reads up to the end of the element that start begins.
func parseElement(d *xml.Decoder, start xml.StartElement, depth int) (Element, error) {
	if depth > maxDepth {
		return Element{}, errors.New("elements nest too deep")
	}
	e := Element{Name: start.Name.Local, Attrs: make(map[string]string, len(start.Attr))}
	for _, a := range start.Attr {
		if _, twice := e.Attrs[a.Name.Local]; twice {
			return Element{}, fmt.Errorf("attribute %s of <%s> is given twice", a.Name.Local, e.Name)
		}
		e.Attrs[a.Name.Local] = a.Value
	}
	var text strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return Element{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := parseElement(d, token, depth+1)
			if err != nil {
				return Element{}, err
			}
			e.Children = append(e.Children, child)
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			e.Text = text.String()
			return e, nil
		}
	}
}
