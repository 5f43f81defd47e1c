package triage

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// texts draws anything, or labelled messages cut up and joined, which come
// nearer to the rules' edges.
func texts(t *testing.T) *rapid.Generator[string] {
	t.Helper()
	var all []string
	for _, path := range []string{"testdata/triage-dev.tsv", "testdata/triage-more.tsv"} {
		for _, l := range readLabelled(t, path) {
			all = append(all, l.text)
		}
	}
	whole := rapid.SampledFrom(all)
	mixed := rapid.Custom(func(t *rapid.T) string {
		a, b := strings.Fields(whole.Draw(t, "a")), strings.Fields(whole.Draw(t, "b"))
		i := rapid.IntRange(0, len(a)).Draw(t, "i")
		j := rapid.IntRange(0, len(b)).Draw(t, "j")
		return strings.Join(append(slices.Clone(a[:i]), b[j:]...), " ")
	})
	return rapid.OneOf(whole, mixed, rapid.String())
}

func check(t rapid.TB, text string, v Verdict, all []Reason) {
	t.Helper()
	if !slices.Contains(urgencies(), v.Urgency) || !slices.Contains(needs(), v.Need) || len(v.Reasons) == 0 {
		t.Fatalf("Classify(%q) = %+v, want values of the closed sets", text, v)
	}
	for _, r := range v.Reasons {
		if !slices.Contains(all, r) {
			t.Fatalf("Classify(%q) gives reason %q, which Reasons() does not list", text, r)
		}
	}
}

func TestAlwaysInTheClosedSets(t *testing.T) {
	t.Parallel()
	c, all := New(CodeWords{}), Reasons()
	gen := texts(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(gen, rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		check(t, text, c.Classify(text), all)
	})
}

func TestSameVerdictHoweverEncoded(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{Urgent: []string{"hoa cúc"}})
	var all []string
	for _, path := range []string{"testdata/triage-dev.tsv", "testdata/triage-more.tsv"} {
		for _, l := range readLabelled(t, path) {
			all = append(all, l.text)
		}
	}
	for _, text := range all {
		want := c.Classify(text)
		for name, form := range map[string]string{
			"NFC": norm.NFC.String(text), "NFD": norm.NFD.String(text),
			"upper": strings.ToUpper(text), "lower": strings.ToLower(text),
			"upper NFD": norm.NFD.String(strings.ToUpper(text)),
		} {
			// A web address and a price are read from the text as it is.
			if diff := cmp.Diff(want, c.Classify(form)); diff != "" {
				t.Errorf("Classify(%q) in %s (-want +got):\n%s", text, name, diff)
			}
		}
	}
}

// TestCryNeverLowers: whatever stands before it, a cry makes a message no less
// urgent, and at least urgent.
func TestCryNeverLowers(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{Urgent: []string{"hoa sen"}, ImmediateDanger: []string{"hoa sen trắng"}})
	gen := texts(t)
	rapid.Check(t, func(t *rapid.T) {
		text := gen.Draw(t, "text")
		before := c.Classify(text)
		for _, cry := range []string{"cứu em với", "cuu em voi", "help me", "SOS", "hoa sen trắng"} {
			after := c.Classify(text + ". " + cry)
			if least := max(before.Urgency.Severity(), Urgent.Severity()); after.Urgency.Severity() < least {
				t.Fatalf("Classify(%q + %q) = %v (%v), want no less than before (%v) and than urgent", text, cry, after.Urgency, after.Reasons, before.Urgency)
			}
		}
	})
}

// TestUnaccentedDangerIsNeverSetAside: a phone that cannot type accents, or a
// thumb that leaves some out, must not turn danger into an advertisement.
func TestUnaccentedDangerIsNeverSetAside(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{})
	var dangers []string
	for _, path := range []string{"testdata/triage-dev.tsv", "testdata/triage-more.tsv"} {
		for _, l := range readLabelled(t, path) {
			if c.Classify(l.text).Urgency == ImmediateDanger {
				dangers = append(dangers, l.text)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(dangers).Draw(t, "text")
		all := rapid.Bool().Draw(t, "all")
		bare := unaccented(text, func() bool { return all || rapid.Bool().Draw(t, "drop") })
		if v := c.Classify(bare); v.Urgency.Severity() < Urgent.Severity() {
			t.Fatalf("Classify(%q) = %v (%v), but danger with its accents", bare, v.Urgency, v.Reasons)
		}
	})
}

// unaccented drops the accents that drop says and nothing else.
func unaccented(text string, drop func() bool) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(text) {
		switch {
		case r >= 0x300 && r <= 0x36f && drop():
		case r == 'đ' && drop():
			b.WriteByte('d')
		case r == 'Đ' && drop():
			b.WriteByte('D')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func FuzzClassify(f *testing.F) {
	for _, l := range readLabelled(f, "testdata/triage-dev.tsv") {
		f.Add(l.text)
	}
	f.Add("\xff\xfe")
	f.Add("\u0300\u031b")
	f.Add(strings.Repeat("cứu ", 500))
	c, all := New(CodeWords{Urgent: []string{"hoa cúc"}}), Reasons()
	f.Fuzz(func(t *testing.T, text string) {
		v := c.Classify(text)
		if !slices.Contains(urgencies(), v.Urgency) || !slices.Contains(needs(), v.Need) || len(v.Reasons) == 0 {
			t.Fatalf("Classify(%q) = %+v, want values of the closed sets", text, v)
		}
		for _, r := range v.Reasons {
			if !slices.Contains(all, r) {
				t.Fatalf("Classify(%q) gives reason %q, which Reasons() does not list", text, r)
			}
		}
		if folded := FoldPlain(text); FoldPlain(folded) != folded {
			t.Fatalf("FoldPlain(FoldPlain(%q)) = %q, want %q", text, FoldPlain(folded), folded)
		}
		var out bytes.Buffer
		if err := WriteTSV(strings.NewReader(text), &out, c); err != nil {
			t.Fatalf("WriteTSV(%q) = %v, want no error", text, err)
		}
	})
}
