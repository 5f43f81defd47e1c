package phone

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
)

// Whoever holds a number holds it like this sooner or later: in unexported fields, behind pointers, in
// collections and in errors.
type holder struct {
	number  Number
	pointer *Number
	list    []Number
	byName  map[string]Number
	byNum   map[Number]string
	any     any
	inner   struct{ number Number }
	Public  Number
	Pointer *Number
	Map     map[Number]Number
}

type failure struct{ to Number }

func (f failure) Error() string { return fmt.Sprintf("could not reach %v", f.to) }

func TestNumber_NeverPrinted(t *testing.T) {
	t.Parallel()
	// Any five digits in a row of the number are a leak: more than its masked form has.
	const marker = "+84905123498"
	n, err := ParseE164(marker)
	if err != nil {
		t.Fatal(err)
	}
	h := holder{
		number: n, pointer: &n, list: []Number{n}, byName: map[string]Number{"a": n},
		byNum: map[Number]string{n: "a"}, any: n, inner: struct{ number Number }{n},
		Public: n, Pointer: &n, Map: map[Number]Number{n: n},
	}
	values := map[string]any{
		"number": n, "pointer": &n, "slice": []Number{n}, "array": [1]Number{n},
		"map value": map[string]Number{"a": n}, "map key": map[Number]int{n: 1},
		"struct": h, "pointer to struct": &h, "slice of structs": []holder{h},
		"error": failure{n}, "wrapped error": fmt.Errorf("alert: %w", failure{n}),
		"joined errors": errors.Join(failure{n}, failure{n}),
	}
	check := func(how, out string) {
		t.Helper()
		digits := strings.TrimPrefix(marker, "+")
		for i := 0; i+5 <= len(digits); i++ {
			if strings.Contains(out, digits[i:i+5]) {
				t.Errorf("%s shows the number: %s", how, out)
				return
			}
		}
	}
	for name, v := range values {
		for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
			for _, flags := range []string{"", "+", "#", "-20", "020", ".3"} {
				format := "%" + flags + string(verb)
				check(name+" by "+format, fmt.Sprintf(format, v))
			}
		}
		check(name+" by Sprint", fmt.Sprint(v, v))
		for kind, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"slog JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(handler(&b)).Info("message", slog.Any("value", v), slog.Group("group", slog.Any("value", v)))
			if b.Len() == 0 {
				t.Fatalf("%s wrote nothing", kind)
			}
			check(name+" by "+kind, b.String())
		}
		if out, err := json.Marshal(v); err == nil {
			check(name+" by json", string(out))
		} else {
			check(name+" by json's error", err.Error())
		}
		if out, err := xml.Marshal(v); err == nil {
			check(name+" by xml", string(out))
		} else {
			check(name+" by xml's error", err.Error())
		}
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(v); err != nil {
			check(name+" by gob's error", err.Error())
		}
		check(name+" by gob", b.String())
	}
}

func TestNumber_MaskedFormIsShownEverywhere(t *testing.T) {
	t.Parallel()
	n, err := ParseE164("+84905123498")
	if err != nil {
		t.Fatal(err)
	}
	const want = "+…98"
	for how, got := range map[string]string{
		"Masked": n.Masked(), "String": n.String(), "%v": fmt.Sprintf("%v", n), "%#v": fmt.Sprintf("%#v", n),
		"LogValue": n.LogValue().String(),
	} {
		if got != want {
			t.Errorf("%s = %q, want %q", how, got, want)
		}
	}
	if got, err := json.Marshal(n); err != nil || string(got) != `"+…98"` {
		t.Errorf("json.Marshal(number) = %s, %v, want %q", got, err, want)
	}
	if got := (Number{}).String(); got != "[no number]" {
		t.Errorf("zero Number prints %q, want [no number]", got)
	}
	if got := (Number{}).E164(); got != "" {
		t.Errorf("zero Number reveals %q, want nothing", got)
	}
}

func TestErrors_NeverHoldTheNumber(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"09051234981", "+849051234", "0905123498 Lan", "1900123498", "113"} {
		_, err := Parse(in)
		if err == nil {
			t.Fatalf("Parse(%q) succeeded, want an error", in)
		}
		if strings.Contains(err.Error(), in) || strings.Contains(err.Error(), "12349") {
			t.Errorf("Parse(%q) error text holds the number: %v", in, err)
		}
	}
}
