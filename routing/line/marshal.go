package line

import (
	"strconv"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/roster"
)

// Marshal writes the file in a fixed form. Revealed, it is what [Parse] reads back to an equal File,
// without the contacts that are retired. Not revealed, numbers are masked, also within the line's own
// wording; names and code words are marks, and who is kept apart from whom is left out, so that it can be
// shown to anyone who may see the roster; it cannot be read back.
func (f *File) Marshal(reveal bool) []byte {
	return writer{reveal: reveal}.file(f)
}

// MarshalStored writes everything, retired contacts too, for [ParseStored]. It holds personal data in
// plain form: seal it before it is stored.
func (f *File) MarshalStored() []byte {
	return writer{reveal: true, stored: true}.file(f)
}

// entry is one element of a section in its final form. The entries of a file are also what [Diff]
// compares.
type entry struct{ section, id, yaml string }

type writer struct{ reveal, stored bool }

func (w writer) file(f *File) []byte {
	var b strings.Builder
	section := ""
	for _, e := range w.entries(f) {
		if e.id == "" {
			b.WriteString(e.section + ": " + e.yaml + "\n")
			continue
		}
		if e.section != section {
			section = e.section
			b.WriteString(section + ":\n")
		}
		b.WriteString(e.yaml)
	}
	return []byte(b.String())
}

func (w writer) entries(f *File) []entry {
	var es []entry
	setting := func(section, yaml string) { es = append(es, entry{section: section, yaml: yaml}) }
	element := func(section, id, yaml string) { es = append(es, entry{section, id, yaml}) }

	setting("line", document.Quote(string(f.ID)))
	setting("tag", document.Quote(f.Tag))
	setting("name", document.Quote(f.Name))
	setting("timezone", document.Quote(f.Zone.String()))
	setting("language", string(f.Language))
	if f.Generation != 0 {
		setting("generation", strconv.FormatInt(f.Generation, 10))
	}
	for _, n := range f.Numbers {
		element("numbers", n.Number.Masked(), "  - {number: "+w.number(n.Number)+
			", sms: "+strconv.FormatBool(n.SMS)+", voice: "+strconv.FormatBool(n.Voice)+"}\n")
	}
	for _, c := range f.Contacts {
		if !c.Retired || w.stored {
			element("contacts", string(c.ID), w.contact(c))
		}
	}
	for _, s := range f.Shifts {
		element("shifts", string(s.Contact), shift(s))
	}
	for _, id := range f.Always {
		element("always", string(id), "  - "+document.Quote(string(id))+"\n")
	}
	for _, a := range f.Areas {
		element("areas", a.Name, "  - {name: "+document.Quote(a.Name)+", words: "+quotes(a.Words)+"}\n")
	}
	for _, list := range []struct {
		name  string
		words []string
	}{{"urgent", f.CodeWords.Urgent}, {"immediate_danger", f.CodeWords.ImmediateDanger}} {
		if len(list.words) > 0 {
			element("code_words", list.name, "  "+list.name+": "+quotes(w.private(list.words...))+"\n")
		}
	}
	for _, k := range coverage.Keys(f.Policy) {
		element("policy", coverage.KeyName(k), steps(k, f.Policy.Steps[k]))
	}
	for _, u := range coverage.Urgencies() {
		if d, ok := f.Policy.AfterClaim[u]; ok {
			element("after_claim", string(u), "  "+string(u)+": "+document.Short(d)+"\n")
		}
	}
	for _, of := range targetFields(&f.Targets) {
		if *of.target != (routing.Target{}) {
			element("targets", of.key, "  "+of.key+": "+target(*of.target)+"\n")
		}
	}
	for _, key := range f.textKeys() {
		element("texts", string(key), "  "+string(key)+": "+w.wording(f.Texts[key])+"\n")
	}
	for _, r := range []struct {
		key  string
		rate float64
	}{{"send_rate", f.Later.SendRate}, {"call_rate", f.Calls.Rate}} {
		if r.rate != 0 {
			setting(r.key, strconv.FormatFloat(r.rate, 'g', -1, 64))
		}
	}
	// In quotes: to readers of YAML 1.1 a bare off is false.
	for _, t := range []struct{ key, word string }{{"voicemail", string(f.Calls.Voicemail)}, {"missed_call_text", string(f.Calls.MissedCall)}} {
		if t.word != "" {
			setting(t.key, document.Quote(t.word))
		}
	}
	return es
}

func (w writer) contact(c contacts.Contact) string {
	var b strings.Builder
	lead := "  - "
	line := func(key, yaml string) {
		b.WriteString(lead + key + ": " + yaml + "\n")
		lead = "    "
	}
	line("id", document.Quote(string(c.ID)))
	line("name", document.Quote(w.private(c.Name.Reveal())[0]))
	line("kind", string(c.Kind))
	line("phone", w.number(c.Phone))
	line("channels", "["+document.Join(c.Channels)+"]")
	if c.Area != "" {
		line("area", document.Quote(c.Area))
	}
	if c.Gender != "" {
		line("gender", c.Gender)
	}
	if len(c.Languages) > 0 {
		line("languages", quotes(c.Languages))
	}
	if len(c.KeepApart) > 0 && w.reveal {
		var numbers []string
		for _, n := range c.KeepApart {
			numbers = append(numbers, w.number(n))
		}
		line("keep_apart", "["+strings.Join(numbers, ", ")+"]")
	}
	if c.Retired {
		line("retired", "true")
	}
	return b.String()
}

func shift(s roster.Shift) string {
	var days []string
	for _, d := range s.Days {
		days = append(days, dayName(d))
	}
	return "  - {contact: " + document.Quote(string(s.Contact)) + ", days: [" + strings.Join(days, ", ") +
		`], from: "` + s.From.String() + `", to: "` + s.To.String() + "\"}\n"
}

func dayName(d time.Weekday) string { return dayNames()[(int(d)+6)%7] }

func steps(k routing.PolicyKey, list []routing.Step) string {
	var b strings.Builder
	b.WriteString("  " + coverage.KeyName(k) + ":\n")
	for _, s := range list {
		b.WriteString("    - {notify: [" + document.Join(s.Notify) + "]")
		if s.AtOnce > 0 {
			b.WriteString(", at_once: " + strconv.Itoa(s.AtOnce))
		}
		b.WriteString(", wait: " + document.Short(s.Wait) + "}\n")
	}
	return b.String()
}

func (w writer) number(n phone.Number) string {
	if !w.reveal {
		return document.Quote(n.Masked())
	}
	return document.Quote(n.E164())
}

// private returns texts that only a revealed file shows.
func (w writer) private(list ...string) []string {
	if w.reveal {
		return list
	}
	marks := make([]string, len(list))
	for i, s := range list {
		marks[i] = contacts.Conceal(s).String()
	}
	return marks
}

func quotes(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = document.Quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
