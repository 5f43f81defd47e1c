package routing_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

// marker begins words that people at risk alone write.
const marker = "zq"

// checker compares every decision and every message with what the contract promises. What it needs to
// remember it works out from events and texts, not from the rules' own bookkeeping.
type checker struct {
	t    routingtest.TB
	ward *routingtest.Ward

	early    map[texts.Key]*regexp.Regexp
	open     map[alertKey]int  // alerts that are out
	declined map[alertKey]bool // in the round that runs
	first    map[phone.Key]time.Time
	once     map[onceKey]bool
	muted    map[phone.Key]bool
	heard    map[routing.CaseID]time.Time // the person's own last text
}

type alertKey struct {
	c  routing.CaseID
	id contacts.ID
}

type onceKey struct {
	c   routing.CaseID
	key texts.Key
}

func newChecker(t routingtest.TB, w *routingtest.Ward) *checker {
	return &checker{
		t: t, ward: w, early: early(), open: map[alertKey]int{}, declined: map[alertKey]bool{},
		first: map[phone.Key]time.Time{}, once: map[onceKey]bool{},
		muted: map[phone.Key]bool{}, heard: map[routing.CaseID]time.Time{},
	}
}

// decision looks at one decision, after it was stored and before anything of it is sent.
func (k *checker) decision(p routingtest.Played) {
	k.pure(p)
	k.hear(p)
	for _, ch := range p.Decision.Cases {
		k.change(p, ch)
	}
	k.alerts(p)
	for _, s := range p.Decision.Sends {
		switch {
		case s.Contact != "" && s.Person == "":
			k.toContact(p, s)
		case s.Person != "" && s.Contact == "":
			k.toPerson(p, s)
		default:
			k.t.Fatalf("message %s goes to %q and %q, want one recipient", s.ID, s.Contact, s.Person)
		}
	}
}

// pure: the same again gives the same, and nothing it was given has changed.
func (k *checker) pure(p routingtest.Played) {
	given := routingtest.CopyState(p.State)
	again := routing.Decide(given, p.Event, p.World)
	if !reflect.DeepEqual(again, p.Decision) {
		k.t.Fatalf("Decide(%s) again = %+v, want %+v", p.Event.Name(), again, p.Decision)
	}
	if !reflect.DeepEqual(given, p.State) {
		k.t.Fatalf("Decide(%s) changed its state to %+v, want it left as %+v", p.Event.Name(), given, p.State)
	}
	if p.Decision.Reason == "" {
		k.t.Fatalf("Decide(%s) has no reason", p.Event.Name())
	}
}

// change: there is always a next step with a time on it, one holder, and an urgency that never falls.
func (k *checker) change(p routingtest.Played, ch routing.Change) {
	c := ch.After
	kinds := map[routing.DeadlineKind]int{}
	for _, d := range c.Deadlines {
		kinds[d.Kind]++
	}
	next, ok := c.NextDeadline()
	steps, silence := kinds[routing.StepEnds]+kinds[routing.RoundStarts], kinds[routing.AskHolder]+kinds[routing.TakeBack]
	switch c.State {
	case routing.Alerting:
		ok = ok && steps == 1 && silence == 0
	case routing.Claimed:
		ok = ok && steps == 0 && silence >= 1 && kinds[routing.AskHolder] <= 1 && kinds[routing.TakeBack] <= 1 && c.Holder != ""
	case routing.Closed:
		ok = !ok && len(c.Deadlines) == 0
	}
	if !ok {
		k.t.Fatalf("case %s after %s (%s) is %s, held by %q, with deadlines %v", c.Code, p.Event.Name(), p.Decision.Reason, c.State, c.Holder, c.Deadlines)
	}
	if c.Open() && next.At.Before(p.World.Now) && ch.Before == nil {
		k.t.Fatalf("new case %s has a deadline in the past", c.Code)
	}
	k.holder(p, ch)
	for _, a := range c.Alerts {
		if a.State == routing.AlertOut && (c.State != routing.Alerting || a.Run != c.Run) {
			k.t.Fatalf("alert of %s to %s is out in run %d, but the case is %s in run %d", c.Code, a.Contact, a.Run, c.State, c.Run)
		}
	}
	if ch.Before == nil {
		return
	}
	b := ch.Before
	if c.Urgency.Severity() < b.Urgency.Severity() || c.Said < b.Said || c.Run < b.Run || c.HeardAt.Before(b.HeardAt) {
		k.t.Fatalf("case %s went from %s, %d texts to %s, %d texts", c.Code, b.Urgency, b.Said, c.Urgency, c.Said)
	}
	if c.ID != b.ID || c.Code != b.Code || c.Person != b.Person || c.Version != b.Version || !b.Open() && c.Open() {
		k.t.Fatalf("case %s became %s, or was opened again", b.Code, c.Code)
	}
}

// holder: only a contact's own text makes them a holder, and only a 1 if they were not it before.
func (k *checker) holder(p routingtest.Played, ch routing.Change) {
	c, before, was := ch.After, contacts.ID(""), routing.Alerting
	if ch.Before != nil {
		before, was = ch.Before.Holder, ch.Before.State
	}
	e, isText := p.Event.(routing.Text)
	sender, _ := p.World.Line.Directory.ByPhone(e.Key)
	taken := c.Holder != "" && (c.Holder != before || was == routing.Alerting && c.State == routing.Claimed)
	switch {
	case !taken:
	case !isText || sender.ID != c.Holder:
		k.t.Fatalf("%s has case %s after %s, want only their own text to lead to that", c.Holder, c.Code, p.Event.Name())
	case c.Holder != before && routing.ParseCommand(e.Body.Reveal()).Verb != routing.VerbTake:
		k.t.Fatalf("%s took case %s by %q", c.Holder, c.Code, e.Body.Reveal())
	case c.Holder != before && was != routing.Alerting:
		k.t.Fatalf("%s took case %s from %s, who had it", c.Holder, c.Code, before)
	case p.World.Line.Directory.MayHold(c.Holder, c.Person) != contacts.Allowed:
		k.t.Fatalf("%s took case %s of a person kept apart from them", c.Holder, c.Code)
	}
	_, isDeadline := p.Event.(routing.DeadlineReached)
	if apart := p.World.Line.Directory.MayHold(c.Holder, c.Person) != contacts.Allowed; apart && c.Open() && c.Holder != "" && (isDeadline || e.Key == c.Person) {
		k.t.Fatalf("%s still has case %s of a person kept apart from them after %s", c.Holder, c.Code, p.Event.Name())
	}
	if c.State == routing.Closed && was != routing.Closed && (!isText || sender.ID != before) {
		k.t.Fatalf("case %s held by %q was closed by %s of %q", c.Code, before, p.Event.Name(), sender.ID)
	}
}

// alerts: every alert ends once, and who declined is left alone until the policy starts over.
func (k *checker) alerts(p routingtest.Played) {
	e, _ := p.Event.(routing.Text)
	sender, _ := p.World.Line.Directory.ByPhone(e.Key)
	if p.Decision.Reason == routing.ReasonDeclined {
		for _, ch := range p.Decision.Cases {
			k.declined[alertKey{ch.After.ID, sender.ID}] = true
		}
	}
	given := alertKey{}
	for _, n := range p.Decision.Notes {
		key := alertKey{n.Case, n.Contact}
		switch n.Kind {
		case routing.NoteGivenBack:
			if n.Contact == sender.ID {
				given = key
			}
			k.declined[key] = true
		case routing.NoteStep, routing.NoteStepEmpty:
			if n.Step == 1 {
				for other := range k.declined {
					if other.c == n.Case && other != given {
						delete(k.declined, other)
					}
				}
			}
		case routing.NoteAlerted:
			if k.open[key]++; k.open[key] != 1 {
				k.t.Fatalf("%s was alerted about a case while an alert of it is out", n.Contact)
			}
			if k.declined[key] {
				k.t.Fatalf("%s was alerted in the round in which they declined (%s)", n.Contact, p.Decision.Reason)
			}
		case routing.NoteAlertOver:
			if k.open[key]--; k.open[key] != 0 {
				k.t.Fatalf("an alert to %s ended (%s) that was not out", n.Contact, n.Result)
			}
		}
	}
	for _, ch := range p.Decision.Cases {
		out := map[contacts.ID]int{}
		for _, a := range ch.After.Alerts {
			if a.State == routing.AlertOut {
				out[a.Contact]++
			}
		}
		for key, n := range k.open {
			if key.c == ch.After.ID && n != out[key.id] {
				k.t.Fatalf("%d alerts of %s to %s are noted as out, %d are", n, ch.After.Code, key.id, out[key.id])
			}
		}
	}
}

// early are the texts that somebody who has not taken a case may get, and all that may stand in them.
func early() map[texts.Key]*regexp.Regexp {
	const code = `[A-Z0-9]{2,6}`
	one := func(rest string) *regexp.Regexp { return regexp.MustCompile(`^PT ` + code + rest + `$`) }
	return map[texts.Key]*regexp.Regexp{
		texts.Alert:        one(`: (khan|can tra loi)\. Tra loi 1 nhan, 0 tu choi\. Nhieu ca cho: 1 ` + code + `\.`),
		texts.AlertDanger:  one(`: NGUY HIEM\. Tra loi 1 nhan, 0 tu choi\.`),
		texts.AlreadyTaken: one(` da co nguoi nhan\. Cam on ban\.`),
		texts.Declined:     one(`(, ` + code + `)*: da ghi nhan, dang bao nguoi khac\.`),
		texts.Unanswered:   one(`: [1-9][0-9]* phut chua co nguoi nhan\. Xin xem bang truc\.`),
		texts.WhichCase:    regexp.MustCompile(`^Ban dang giu ` + code + `(, ` + code + `)*\. Nhan lai kem ma, vi du: ` + code + ` noi dung\.$`),
		texts.BadCmd:       regexp.MustCompile(`^Chua ro\. 1 nhan, 0 tu choi, XONG dong ca, NGHI nghi truc, TRUC truc lai, TRO GIUP xem huong dan\.$`),
	}
}

// toContact: nothing about the person before the case is taken, and nothing at all to who is kept apart.
func (k *checker) toContact(p routingtest.Played, s routing.Send) {
	e, _ := p.Event.(routing.Text)
	sender, _ := p.World.Line.Directory.ByPhone(e.Key)
	c := after(p, s.Case)
	switch {
	case s.Case == "" && s.Contact != sender.ID:
		k.t.Fatalf("message %s (%s) to %s belongs to no case and answers nothing", s.ID, s.Text, s.Contact)
	case s.Case != "" && p.World.Line.Directory.MayHold(s.Contact, c.Person) != contacts.Allowed:
		k.t.Fatalf("message %s (%s) to %s, who is kept apart from the person", s.ID, s.Text, s.Contact)
	case s.Purpose == routing.PurposeAlert && p.World.Line.Directory.MayBeTold(s.Contact, c.Person) != contacts.Allowed:
		k.t.Fatalf("%s was alerted, who may not be told", s.Contact)
	}
	body := k.ward.Body(s)
	if c != nil && c.Holder == s.Contact {
		return
	}
	allowed := k.early[s.Text]
	if allowed == nil || !allowed.MatchString(body) || s.Words != "" || strings.Contains(body, marker) {
		k.t.Fatalf("%s, who has not taken the case, gets %s (%s): %q", s.Contact, s.Text, s.Purpose, body)
	}
}

// toPerson: a helper's words come from the holder; what the program says itself is true and empty.
func (k *checker) toPerson(p routingtest.Played, s routing.Send) {
	c := after(p, s.Case)
	if s.Purpose == routing.PurposeRelayToPerson {
		e, _ := p.Event.(routing.Text)
		if sender, ok := p.World.Line.Directory.ByPhone(e.Key); !ok || sender.ID != c.Holder {
			k.t.Fatalf("words of %q go to the person of case %s, which %q holds", sender.ID, c.Code, c.Holder)
		}
		return
	}
	if s.Purpose != routing.PurposeAutomatic || s.Words != "" || len(s.Values) != 0 {
		k.t.Fatalf("message %s to a person is %s with %d values", s.ID, s.Purpose, len(s.Values))
	}
	key := s.Text
	switch key {
	case texts.FirstReplyK:
		if last, ok := k.first[s.Person]; ok && p.World.Now.Sub(last) < 10*time.Minute {
			k.t.Fatalf("two automatic texts to one phone within %v", p.World.Now.Sub(last))
		}
		k.first[s.Person] = p.World.Now
		return
	case texts.DangerAckK:
		key = texts.MatchedK
	case texts.MatchedK, texts.NobodyK:
	default:
		k.t.Fatalf("the program itself says %s to a person", s.Text)
	}
	if k.once[onceKey{s.Case, key}] {
		k.t.Fatalf("%s a second time in case %s", s.Text, c.Code)
	}
	k.once[onceKey{s.Case, key}] = true
}

// after is a case as a decision leaves it; nil for none.
func after(p routingtest.Played, id routing.CaseID) *routing.Case {
	for _, ch := range p.Decision.Cases {
		if ch.After.ID == id {
			return ch.After
		}
	}
	for _, c := range p.State.Cases {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// message looks at what the carrier takes, and when: between a decision and this moment anything may have
// happened.
func (k *checker) message(m *routingtest.Message) {
	line, _ := k.ward.Line("phuong-thu")
	c := k.ward.Case(m.Case)
	switch {
	case !m.NotAfter.IsZero() && m.Taken.After(m.NotAfter):
		k.t.Fatalf("%s (%s) went out too late", m.ID, m.Text)
	case c != nil && m.Contact != "" && line.Directory.MayHold(m.Contact, c.Person) != contacts.Allowed:
		k.t.Fatalf("%s (%s) went to %s, who is kept apart", m.ID, m.Text, m.Contact)
	case m.Purpose == routing.PurposeAlert && (c.State != routing.Alerting || k.open[alertKey{c.ID, m.Contact}] != 1):
		k.t.Fatalf("an alert of %s case %s went to %s", c.State, c.Code, m.Contact)
	case m.Purpose == routing.PurposeRelayToHelper && (c.Holder != m.Contact || !c.Open()):
		k.t.Fatalf("words of the person of case %s went to %s; %q holds it", c.Code, m.Contact, c.Holder)
	case m.Purpose != routing.PurposeAutomatic:
		return
	}
	switch heard := k.heard[c.ID]; {
	case k.muted[c.Person]:
		k.t.Fatalf("%s went to a person who hides or asked not to be written to", m.Text)
	case m.Text == texts.NobodyK && c.State != routing.Alerting:
		k.t.Fatalf("the person of %s case %s is told that nobody is there", c.State, c.Code)
	case m.Text != texts.NobodyK && m.Text != texts.FirstReplyK && c.State != routing.Claimed:
		k.t.Fatalf("the person of %s case %s is told that somebody is there", c.State, c.Code)
	case m.Text != texts.NobodyK && m.Taken.Sub(heard) > time.Minute:
		k.t.Fatalf("%s went out %v after the person's own last text", m.Text, m.Taken.Sub(heard))
	}
}

// hear remembers what a person said of their phone and when they last wrote.
func (k *checker) hear(p routingtest.Played) {
	e, ok := p.Event.(routing.Text)
	if !ok || !slices.Contains([]routing.Reason{routing.ReasonOpened, routing.ReasonAdded, routing.ReasonRaised}, p.Decision.Reason) {
		return
	}
	v := p.World.Line.Triage.Classify(e.Body.Reveal())
	k.muted[e.Key] = k.muted[e.Key] || v.Hiding || v.NoTexts
	if c := p.Decision.Cases[0].After; e.At.After(k.heard[c.ID]) {
		k.heard[c.ID] = e.At
	}
}

// state looks at what is stored.
func (k *checker) state() {
	open := map[phone.Key]bool{}
	for _, c := range k.ward.Cases() {
		if _, ok := c.NextDeadline(); ok != c.Open() {
			k.t.Fatalf("case %s is %s and has a deadline = %v", c.Code, c.State, ok)
		}
		if c.Open() && open[c.Person] {
			k.t.Fatalf("a person has two open cases")
		}
		open[c.Person] = open[c.Person] || c.Open()
	}
}
