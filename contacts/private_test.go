package contacts

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tincay/hotline/contacts/phone"
)

// marker is the private text of these tests. It is ASCII so that no encoding can hide it by escaping.
const marker = "Nguyen Thi Marker"

type privateHolder struct {
	text    Private
	pointer *Private
	list    []Private
	byName  map[string]Private
	byText  map[Private]string
	any     any
	inner   struct{ text Private }
	contact Contact
	Public  Private
	Map     map[Private]Private
}

type privateFailure struct{ about Private }

func (f privateFailure) Error() string { return fmt.Sprintf("cannot write to %v", f.about) }

func TestPrivate_NeverPrinted(t *testing.T) {
	t.Parallel()
	p := Conceal(marker)
	c := Contact{ID: "a", Name: p, Area: "Tổ 1"}
	h := privateHolder{
		text: p, pointer: &p, list: []Private{p}, byName: map[string]Private{"a": p},
		byText: map[Private]string{p: "a"}, any: p, inner: struct{ text Private }{p},
		contact: c, Public: p, Map: map[Private]Private{p: p},
	}
	values := map[string]any{
		"private": p, "pointer": &p, "slice": []Private{p}, "array": [1]Private{p},
		"map value": map[string]Private{"a": p}, "map key": map[Private]int{p: 1},
		"struct": h, "pointer to struct": &h, "contact": c, "contacts": []Contact{c},
		"directory": NewDirectory([]Contact{c}, testKey),
		"error":     privateFailure{p}, "wrapped error": fmt.Errorf("relay: %w", privateFailure{p}),
		"joined errors": errors.Join(privateFailure{p}, privateFailure{p}),
	}
	hexMarker := fmt.Sprintf("%x", marker)
	check := func(how, out string) {
		t.Helper()
		if strings.Contains(out, "Marker") || strings.Contains(strings.ToLower(out), hexMarker) {
			t.Errorf("%s shows the text: %s", how, out)
		}
	}
	for name, v := range values {
		for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
			for _, flags := range []string{"", "+", "#", "-20", "020"} {
				format := "%" + flags + string(verb)
				check(name+" by "+format, fmt.Sprintf(format, v))
			}
		}
		check(name+" by Sprint", fmt.Sprint(v, v))
		var text, structured bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("message", slog.Any("value", v))
		slog.New(slog.NewJSONHandler(&structured, nil)).Info("message", slog.Any("value", v))
		if text.Len() == 0 || structured.Len() == 0 {
			t.Fatalf("slog wrote nothing for %s", name)
		}
		check(name+" by slog text", text.String())
		check(name+" by slog JSON", structured.String())
		for how, marshal := range map[string]func(any) ([]byte, error){"json": json.Marshal, "xml": xml.Marshal} {
			out, err := marshal(v)
			check(name+" by "+how, fmt.Sprint(string(out), err))
		}
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(v)
		check(name+" by gob", fmt.Sprint(b.String(), err))
	}
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		p      Private
		reveal string
		empty  bool
	}{
		{"zero", Private{}, "", true},
		{"empty text", Conceal(""), "", true},
		{"text", Conceal(marker), marker, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.p.Reveal(); got != tt.reveal {
				t.Errorf("Reveal() = %q, want %q", got, tt.reveal)
			}
			if got := tt.p.Empty(); got != tt.empty {
				t.Errorf("Empty() = %v, want %v", got, tt.empty)
			}
			if got, err := json.Marshal(tt.p); err != nil || string(got) != `"[private]"` {
				t.Errorf("json.Marshal = %s, %v, want [private]", got, err)
			}
		})
	}
	one, same, other := Conceal(marker), Conceal(strings.Clone(marker)), Conceal("other")
	if one != same || one == other {
		t.Error("== on Private does not compare the texts")
	}
}

// testKey stands for the keyed look-up hash of a line.
func testKey(n phone.Number) phone.Key { return phone.Key("key of " + n.E164()) }
