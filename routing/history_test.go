package routing_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/triage"
)

// history is a ward to which anything may happen, and what is known of it without asking the rules.
type history struct {
	*routingtest.Ward
	check      *checker
	generation int64
	apart      map[contacts.ID][]phone.Number
	retired    map[contacts.ID]bool
	onCall     []contacts.ID
	shortSteps bool
	texts      []routing.Text
	nonce      int
}

func TestHistory_KeepsEveryPromise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := &history{
			generation: 1, apart: map[contacts.ID][]phone.Number{}, retired: map[contacts.ID]bool{},
			onCall: []contacts.ID{lan, hung, mai, station, officer, duty},
		}
		h.Ward = routingtest.NewWard(t, h.line(t))
		h.check = newChecker(t, h.Ward)
		h.Decided, h.Carried = h.check.decision, h.check.message
		t.Repeat(map[string]func(*rapid.T){
			"a person writes":       h.personWrites,
			"a person writes again": h.personWrites,
			"a contact answers":     h.contactAnswers,
			"a contact answers too": h.contactAnswers,
			"a helper speaks":       h.helperSpeaks,
			"somebody rang":         h.somebodyRang,
			"the desk closes":       h.deskCloses,
			"time passes":           h.timePasses,
			"the next deadline":     h.nextDeadline,
			"the clock jumps":       h.clockJumps,
			"the carrier":           h.carrierChanges,
			"the carrier stalls":    func(*rapid.T) { h.Hold = true },
			"the carrier goes on":   func(*rapid.T) { h.Hold = false; h.Carry() },
			"a report":              h.report,
			"a repeated webhook":    h.repeat,
			"the line file":         h.lineChanges,
			"":                      func(*rapid.T) { h.check.state() },
		})
		h.oneWillingContactIsEnough(t)
	})
}

func (h *history) people() []phone.Number {
	return []phone.Number{an(), binh(), routingtest.Kin()}
}

func (h *history) ids() []contacts.ID {
	return []contacts.ID{lan, hung, mai, station, officer, duty, lead}
}

// line makes the line as it stands in the history.
func (h *history) line(t *rapid.T) *routing.Line {
	options := []routingtest.Option{routingtest.OnCall(h.onCall...), routingtest.Generation(h.generation)}
	for _, id := range h.ids() {
		options = append(options, routingtest.KeepApart(id, h.apart[id]...))
		if h.retired[id] {
			options = append(options, routingtest.Retire(id))
		}
	}
	if h.shortSteps {
		options = append(options,
			routingtest.WithSteps(routing.PolicyKey{Urgency: triage.ImmediateDanger}, routing.Step{Notify: []contacts.Kind{contacts.Police}, Wait: time.Minute}),
			routingtest.WithSteps(routing.PolicyKey{Urgency: triage.Information}))
	}
	return routingtest.Line(t, options...)
}

func (h *history) play(t *rapid.T, from phone.Number, body string) {
	e := h.NewText(from, body)
	if rapid.IntRange(0, 9).Draw(t, "late") == 0 {
		e.At = e.At.Add(-time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds late")) * time.Second)
	}
	h.texts = append(h.texts, e)
	h.Handle(e)
}

func (h *history) personWrites(t *rapid.T) {
	from := rapid.SampledFrom(h.people()).Draw(t, "person")
	body := rapid.SampledFrom([]string{
		danger, bleeding, hiding, urgent, urgent, question, question, muted, somehow, "", "1", "1", "2", "3", "4 nhe", "0", "0", "khác",
		"NGUNG", "stop", "xong", "nghi", "toi o to 1", "o to 2 nha",
	}).Draw(t, "text")
	if body != "" && rapid.Bool().Draw(t, "marked") {
		h.nonce++
		body += fmt.Sprintf(" %s%d", marker, h.nonce) // so that it is known where the words went
	}
	h.play(t, from, body)
}

func (h *history) contactAnswers(t *rapid.T) {
	id, _ := h.involved(t)
	h.contactWrites(t, id, []string{
		"1", "1", "1", "0", "0", "tra", "xong", "chị tới đây", "bạn ơi, bạn ở đâu", danger, somehow, "",
		"them ca", "THÊM Y TẾ", "nghi", "truc", "tro giup", "??", "sos", "NGUNG",
	})
}

// helperSpeaks is a text of somebody who helps in a case, with the words only they use.
func (h *history) helperSpeaks(t *rapid.T) {
	var helpers []contacts.ID
	for _, c := range h.openCases() {
		helpers = append(helpers, c.Helpers()...)
	}
	if len(helpers) == 0 {
		t.Skip("nobody helps")
	}
	h.contactWrites(t, rapid.SampledFrom(helpers).Draw(t, "helper"), []string{
		"chị tới đây", "ra cổng sau", "them ca", "them yt", "them cong an nha", "0", "1", "xong",
	})
}

func (h *history) contactWrites(t *rapid.T, id contacts.ID, bodies []string) {
	body := rapid.SampledFrom(bodies).Draw(t, "text")
	if cases := h.Cases(); len(cases) > 0 && rapid.Bool().Draw(t, "with a code") {
		code := string(pick(t, cases).Code)
		if rapid.Bool().Draw(t, "code first") {
			body = code + " " + body
		} else {
			body += " " + code
		}
	}
	h.play(t, h.Phone(id), body)
}

// somebodyRang is the carrier's notice that a person called.
func (h *history) somebodyRang(t *rapid.T) {
	from := rapid.SampledFrom(h.people()).Draw(t, "person")
	h.nonce++
	h.Handle(routing.Called{SID: routing.EventID(fmt.Sprintf("CA%d", h.nonce)), From: from, Key: routingtest.PhoneKey(from), To: routingtest.LineNumber()})
}

func (h *history) deskCloses(t *rapid.T) {
	open := h.openCases()
	if len(open) == 0 || rapid.IntRange(0, 3).Draw(t, "rarely") != 0 {
		t.Skip("nothing to close")
	}
	h.Handle(routing.CloseOrdered{Order: routing.Order{Case: pick(t, open).ID}, Why: contacts.Conceal("nhầm")})
}

// oneWillingContactIsEnough: whatever has happened, once the line is in order and one supervisor answers
// every alert, each case that waits has a human within the pause and one round of its policy.
func (h *history) oneWillingContactIsEnough(t *rapid.T) {
	h.Hold, h.Refuses, h.shortSteps = false, nil, false
	h.apart, h.retired, h.onCall = map[contacts.ID][]phone.Number{}, map[contacts.ID]bool{}, h.ids()
	h.generation++
	h.SetLine(h.line(t))
	h.Carry()
	h.From(willing, "truc")
	var waiting []routing.CaseID
	longest := time.Duration(0)
	for _, c := range h.openCases() {
		own := c.Person == routingtest.PhoneKey(h.Phone(willing))
		if c.State == routing.Alerting && !own && !slices.Contains(c.Helpers(), willing) && !slices.Contains(c.Barred, willing) {
			waiting = append(waiting, c.ID)
			longest = max(longest, sumOfWaits(h.Ward, c))
		}
	}
	until := h.Now().Add(longest + maxPause + longest) // the round that runs, in which they may have declined; the next
	for seen := len(h.Messages()); ; {
		for ; seen < len(h.Messages()); seen++ {
			m := h.Messages()[seen]
			if c := h.Case(m.Case); m.Contact == willing && m.Purpose == routing.PurposeAlert && c.State == routing.Alerting {
				h.From(willing, "1 "+string(c.Code))
			}
		}
		waiting = slices.DeleteFunc(waiting, func(id routing.CaseID) bool { return h.Case(id).State != routing.Alerting })
		if len(waiting) == 0 {
			return
		}
		next := h.Now().Add(maxPause)
		for _, c := range h.openCases() {
			if due, _ := c.NextDeadline(); due.At.Before(next) {
				next = due.At
			}
		}
		if next.After(until) {
			t.Fatalf("%d cases wait although %s is on call and willing; the first: %+v", len(waiting), willing, *h.Case(waiting[0]))
		}
		h.Advance(max(0, next.Sub(h.Now())))
	}
}

const (
	willing  = duty
	maxPause = 15 * time.Minute
)

// sumOfWaits is how long one round of a case's policy lasts.
func sumOfWaits(w *routingtest.Ward, c *routing.Case) time.Duration {
	line, _ := w.Line(c.Line)
	sum := time.Duration(0)
	for _, s := range line.Policy.For(c.Urgency, c.Need) {
		sum += s.Wait
	}
	return sum
}

// involved draws a contact and a person: mostly a contact who knows of an open case, first its holder.
func (h *history) involved(t *rapid.T) (contacts.ID, phone.Number) {
	id, person := rapid.SampledFrom(h.ids()).Draw(t, "contact"), rapid.SampledFrom(h.people()).Draw(t, "of")
	open := h.openCases()
	if len(open) == 0 || rapid.IntRange(0, 3).Draw(t, "anybody") == 0 {
		return id, person
	}
	c := pick(t, open)
	for _, n := range h.people() {
		if routingtest.PhoneKey(n) == c.Person {
			person = n
		}
	}
	if c.Holder != "" && rapid.Bool().Draw(t, "holder") {
		return c.Holder, person
	}
	if known := c.Knows(); len(known) > 0 {
		id = rapid.SampledFrom(known).Draw(t, "of those who know")
	}
	return id, person
}

// pick draws a case by its place, so that a failure prints a number and not the case.
func pick(t *rapid.T, cases []*routing.Case) *routing.Case {
	return cases[rapid.IntRange(0, len(cases)-1).Draw(t, "case")]
}

func (h *history) openCases() []*routing.Case {
	return slices.DeleteFunc(h.Cases(), func(c *routing.Case) bool { return !c.Open() })
}

func (h *history) timePasses(t *rapid.T) {
	h.Advance(rapid.SampledFrom([]time.Duration{
		0, time.Millisecond, 10 * time.Second, time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour,
	}).Draw(t, "how long"))
}

func (h *history) nextDeadline(t *rapid.T) {
	open := h.openCases()
	if len(open) == 0 {
		t.Skip("no case is open")
	}
	next, _ := pick(t, open).NextDeadline()
	h.Advance(max(0, next.At.Sub(h.Now())))
}

func (h *history) clockJumps(t *rapid.T) {
	h.Jump(rapid.SampledFrom([]time.Duration{-5 * time.Minute, -time.Second, time.Second, time.Minute, 30 * time.Minute, 3 * time.Hour, 25 * time.Hour}).Draw(t, "by"))
}

func (h *history) carrierChanges(t *rapid.T) {
	if h.Refuses != nil {
		h.Refuses = nil
		return
	}
	unlucky, _ := h.involved(t)
	h.Refuses = func(s routing.Send) bool { return s.Contact == unlucky || s.Person == routingtest.PhoneKey(an()) }
}

func (h *history) report(t *rapid.T) {
	if len(h.Messages()) == 0 {
		t.Skip("nothing was sent")
	}
	h.Fail(h.Messages()[rapid.IntRange(0, len(h.Messages())-1).Draw(t, "message")], rapid.Bool().Draw(t, "opted out"))
}

func (h *history) repeat(t *rapid.T) {
	if len(h.texts) == 0 {
		t.Skip("nobody wrote")
	}
	e := rapid.SampledFrom(h.texts).Draw(t, "text")
	if h.Now().Sub(e.At) > 24*time.Hour {
		t.Skip("too long ago to be remembered")
	}
	if d := h.Handle(e); !reflect.DeepEqual(d, routing.Decision{}) {
		t.Fatalf("Handle(the same text again) led to %+v, want nothing", d)
	}
}

func (h *history) lineChanges(t *rapid.T) {
	id, person := h.involved(t)
	switch rapid.SampledFrom([]string{"apart", "apart", "together", "retired", "back", "duty", "policy"}).Draw(t, "change") {
	case "apart":
		h.apart[id] = append(slices.Clone(h.apart[id]), person)
	case "together":
		h.apart[id] = nil
	case "retired":
		h.retired[id] = true
	case "back":
		h.retired[id] = false
	case "duty":
		h.onCall = rapid.SliceOfNDistinct(rapid.SampledFrom(h.ids()), 0, 7, rapid.ID).Draw(t, "on call")
	case "policy":
		h.shortSteps = !h.shortSteps
	}
	h.generation++
	h.SetLine(h.line(t))
	if rapid.Bool().Draw(t, "looked at at once") { // as the program does, unless it stops in between
		for _, c := range h.openCases() {
			h.Handle(routing.LineChanged{Case: c.ID})
		}
	}
}
