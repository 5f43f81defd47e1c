package twiml

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, doc string
		want      []Element
		code      int
	}{
		{"empty", `<Response/>`, nil, 0},
		{"declaration, comments and space", "<?xml version=\"1.0\"?>\n<!-- a -->\n<Response>\n <!-- b -->\n</Response>\n", nil, 0},
		{"nested", `<Response><Gather numDigits="1">a<Say>b</Say>c</Gather></Response>`, []Element{{
			Name: "Gather", Attrs: map[string]string{"numDigits": "1"}, Text: "ac",
			Children: []Element{{Name: "Say", Attrs: map[string]string{}, Text: "b"}},
		}}, 0},
		{"CDATA", `<Response><Message><![CDATA[a<b]]></Message></Response>`,
			[]Element{{Name: "Message", Attrs: map[string]string{}, Text: "a<b"}}, 0},
		{"nothing", ``, nil, 12100},
		{"another root", `<Respond/>`, nil, 12100},
		{"lower case", `<response/>`, nil, 12100},
		{"two roots", `<Response/><Response/>`, nil, 12100},
		{"text after the root", `<Response/>x`, nil, 12100},
		{"text before the root", `x<Response/>`, nil, 12100},
		{"text in the root", `<Response>x</Response>`, nil, 12200},
		{"not closed", `<Response><Message>`, nil, 12100},
		{"closed crosswise", `<Response><A><B></A></B></Response>`, nil, 12100},
		{"attribute twice", `<Response><A b="1" b="2"/></Response>`, nil, 12100},
		{"unknown entity", `<Response>&nbsp;</Response>`, nil, 12100},
		{"not UTF-8", "<Response>\xff</Response>", nil, 12100},
		{"nested too deep", "<Response>" + strings.Repeat("<A>", 16) + strings.Repeat("</A>", 16) + "</Response>", nil, 12100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(test.doc))
			bad, _ := errors.AsType[*Error](err)
			if (err != nil) != (test.code != 0) || bad != nil && bad.Code != test.code {
				t.Fatalf("Parse(%q): %v, want code %d", test.doc, err, test.code)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", test.doc, diff)
			}
		})
	}
}

func FuzzReplies(f *testing.F) {
	for _, seed := range [][2]string{
		{"text/xml", `<Response/>`},
		{"text/xml", `<?xml version="1.0" encoding="UTF-8"?><Response><Message to="+84900000002">a<Body>b</Body></Message></Response>`},
		{"application/xml; charset=utf-8", `<Response><Say>a</Say></Response>`},
		{"text/plain", "words"},
		{"", ""},
	} {
		f.Add(seed[0], []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, contentType string, doc []byte) {
		replies, err := Replies(contentType, doc)
		if err != nil {
			bad, ok := errors.AsType[*Error](err)
			if !ok || bad.Code == 0 || bad.Detail == "" {
				t.Errorf("Replies(%q, %q): %v, want an error with Twilio's code and a reason", contentType, doc, err)
			}
			if replies != nil {
				t.Errorf("Replies(%q, %q) = %v beside an error", contentType, doc, replies)
			}
		}
		for _, r := range replies {
			if strings.TrimSpace(r.Body) == "" {
				t.Errorf("Replies(%q, %q) = a reply without words", contentType, doc)
			}
		}
	})
}
