// Package twiliotest checks in tests that what we send is what Twilio takes.
//
// It holds a description of exactly the requests that package twilio makes (twilio.yaml), written from
// Twilio's documentation and stricter than Twilio where Twilio is silent about a mistake: a misspelt
// field, a word of no event, an address that is no number. It promises that no request passes which the
// description does not allow. It never changes a request or an answer, and knows nothing of answers.
package twiliotest

import (
	"bytes"
	"context"
	_ "embed" // for the description
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed twilio.yaml
var description []byte

const (
	version  = "/2010-04-01/" // begins the path of every request; before it is the base of another server
	formType = "application/x-www-form-urlencoded"
)

// Check returns a transport that checks every request to the REST API before next carries it. A request
// that Twilio would refuse, or would not understand as it was meant, is an error of the test, and is
// carried all the same. The text of the error holds no value that was sent.
func Check(t testing.TB, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	router, err := load()
	if err != nil {
		t.Fatalf("twiliotest: %v", err)
	}
	return &checker{t: t, next: next, router: router}
}

func load() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		return nil, fmt.Errorf("read description: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("validate description: %w", err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route description: %w", err)
	}
	return router, nil
}

type checker struct {
	t      testing.TB
	next   http.RoundTripper
	router routers.Router
}

// RoundTrip checks a request and carries it.
func (c *checker) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		body, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("twiliotest: read request: %w", err)
		}
	}
	if err := c.check(withBody(r, body), body); err != nil {
		c.t.Errorf("twiliotest: %s %s: %v", r.Method, pattern(r.URL.Path), err)
	}
	if r.Body == nil {
		return c.next.RoundTrip(r)
	}
	return c.next.RoundTrip(withBody(r, body))
}

// withBody copies a request: a transport must not change the one it was given.
func withBody(r *http.Request, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return r
}

// pattern is a path without what comes before the version, and without the account.
func pattern(path string) string {
	_, after, _ := strings.Cut(path, version)
	if parts := strings.SplitN(after, "/", 3); len(parts) == 3 {
		return "…/" + parts[2]
	}
	return "…"
}

// check returns everything that is wrong with a request.
func (c *checker) check(r *http.Request, body []byte) error {
	before, _, ok := strings.Cut(r.URL.Path, version)
	if !ok {
		return errors.New("no request of this version")
	}
	r.URL.Path, r.URL.RawPath = strings.TrimPrefix(r.URL.Path, before), ""
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		return errors.New("no such request is described")
	}
	form, err := readForm(r, body)
	if err != nil {
		return err
	}
	faults := []error{
		credentials(r, params["AccountSid"]),
		queryFaults(r.URL.Query(), route),
		formFaults(form, route),
		together(r.Method, route.Path, form),
	}
	err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{MultiError: true},
	})
	return errors.Join(append(faults, withoutValues(err, "body")...)...)
}

// credentials checks that the account whose resource is asked for is the one that asks.
func credentials(r *http.Request, account string) error {
	if user, password, ok := r.BasicAuth(); !ok || user != account || password == "" {
		return errors.New("not with the credentials of the account")
	}
	return nil
}

func readForm(r *http.Request, body []byte) (url.Values, error) {
	if r.Method != http.MethodPost {
		if len(body) > 0 {
			return nil, errors.New("a body that Twilio does not read")
		}
		return nil, nil
	}
	if r.Header.Get("Content-Type") != formType {
		return nil, errors.New("not sent as a form")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("form cannot be read")
	}
	return form, nil
}

// queryFaults finds parameters that are not described, which Twilio ignores, and repeated ones.
func queryFaults(query url.Values, route *routers.Route) error {
	var faults []error
	for name, values := range query {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			faults = append(faults, fmt.Errorf("%s: no such parameter", name))
		} else if len(values) != 1 {
			faults = append(faults, fmt.Errorf("%s: given more than once", name))
		}
	}
	return errors.Join(faults...)
}

// formFaults finds fields that are not described, which kin-openapi does not see in a form, and repeated
// ones.
func formFaults(form url.Values, route *routers.Route) error {
	if route.Operation.RequestBody == nil {
		return nil
	}
	fields := route.Operation.RequestBody.Value.Content.Get(formType).Schema.Value.Properties
	var faults []error
	for name, values := range form {
		field, ok := fields[name]
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("%s: no such field", name))
		case len(values) != 1 && !field.Value.Type.Is("array"):
			faults = append(faults, fmt.Errorf("%s: given more than once", name))
		case slices.Contains(values, ""):
			faults = append(faults, fmt.Errorf("%s: empty", name))
		}
	}
	return errors.Join(faults...)
}

// together checks what goes only with something else.
func together(method, path string, form url.Values) error {
	switch {
	case method == http.MethodPost && strings.HasSuffix(path, "/Calls/{Sid}.json") && form.Has("Url") == form.Has("Status"):
		return errors.New("want either Url or Status")
	case form.Has("Method") && !form.Has("Url"):
		return errors.New("want no Method without Url")
	case !form.Has("StatusCallback") && (form.Has("StatusCallbackEvent") || form.Has("StatusCallbackMethod")):
		return errors.New("want no StatusCallbackEvent or StatusCallbackMethod without StatusCallback")
	}
	return nil
}

// withoutValues takes what was sent out of kin-openapi's errors; about is the parameter they are in.
func withoutValues(err error, about string) []error {
	if err == nil {
		return nil
	}
	if in, ok := err.(*openapi3filter.RequestError); ok { //nolint:errorlint // level by level: each may hold several
		if in.Parameter != nil {
			about = in.Parameter.Name
		}
		if in.Err != nil {
			return withoutValues(in.Err, about)
		}
	}
	if all, ok := err.(openapi3.MultiError); ok { //nolint:errorlint // as above
		var faults []error
		for _, one := range all {
			faults = append(faults, withoutValues(one, about)...)
		}
		return faults
	}
	if at, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		return []error{fmt.Errorf("%s %s: %s", about, strings.Join(at.JSONPointer(), "."), at.SchemaField)}
	}
	return []error{fmt.Errorf("%s: not as described", about)}
}
