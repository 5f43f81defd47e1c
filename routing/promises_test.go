package routing_test

import (
	"reflect"
	"slices"
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

	open     map[alertKey]int  // alerts that are out
	declined map[alertKey]bool // in the round that runs
	asked    map[alertKey]bool // to join whoever has the case
	barred   map[alertKey]bool // lost the case because the person asked for somebody else
	auto     map[phone.Key]time.Time
	once     map[onceKey]bool
	muted    map[phone.Key]bool // hides or asked not to be written to
	stopped  map[phone.Key]bool // wrote NGUNG and nothing since
	heard    map[phone.Key]time.Time
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
		t: t, ward: w, open: map[alertKey]int{}, declined: map[alertKey]bool{},
		asked: map[alertKey]bool{}, barred: map[alertKey]bool{},
		auto: map[phone.Key]time.Time{}, once: map[onceKey]bool{},
		muted: map[phone.Key]bool{}, stopped: map[phone.Key]bool{}, heard: map[phone.Key]time.Time{},
	}
}

// decision looks at one decision, after it was stored and before anything of it is sent.
func (k *checker) decision(p routingtest.Played) {
	k.pure(p)
	k.hear(p)
	for _, ch := range p.Decision.Cases {
		k.change(p, ch)
		k.holder(p, ch)
		k.helpers(p, ch)
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
	k.cannotReach(p)
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

// asPerson reports whether a decision took its text for one of a person at risk.
func asPerson(p routingtest.Played) bool {
	return slices.Contains([]routing.Reason{
		routing.ReasonOpened, routing.ReasonAdded, routing.ReasonRaised, routing.ReasonChosen,
		routing.ReasonSomebodyElse, routing.ReasonMuted,
	}, p.Decision.Reason)
}

// hear remembers what a person said of their phone and when they last wrote.
func (k *checker) hear(p routingtest.Played) {
	if e, ok := p.Event.(routing.Called); ok {
		if p.World.Now.After(k.heard[e.Key]) {
			k.heard[e.Key] = p.World.Now
		}
		if slices.ContainsFunc(p.Decision.Sends, func(s routing.Send) bool { return s.Person != "" && s.Text != texts.NobodyK }) {
			k.t.Fatalf("somebody rang, and a text goes to their phone")
		}
	}
	e, ok := p.Event.(routing.Text)
	if !ok {
		return
	}
	if _, contact := p.World.Line.Directory.ByPhone(e.Key); !contact && !asPerson(p) {
		k.t.Fatalf("a text of a person at risk led to %s", p.Decision.Reason)
	}
	if !asPerson(p) {
		return
	}
	v := p.World.Line.Triage.Classify(e.Body.Reveal())
	k.muted[e.Key] = k.muted[e.Key] || v.Hiding || v.NoTexts
	k.stopped[e.Key] = p.Decision.Reason == routing.ReasonMuted
	if e.At.After(k.heard[e.Key]) {
		k.heard[e.Key] = e.At
	}
}

// change: there is always a next step with a time on it, and an urgency that never falls.
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
		ok = ok && steps == 1 && silence == 0 && kinds[routing.BesideEnds] == 0
	case routing.Claimed:
		ok = ok && steps == 0 && silence >= 1 && kinds[routing.AskHolder] <= 1 && kinds[routing.TakeBack] <= 1 && kinds[routing.BesideEnds] <= 1
	case routing.Closed:
		ok = !ok && len(c.Deadlines) == 0
	}
	if !ok {
		k.t.Fatalf("case %s after %s (%s) is %s, held by %q, with deadlines %v", c.Code, p.Event.Name(), p.Decision.Reason, c.State, c.Holder, c.Deadlines)
	}
	if c.Open() && next.At.Before(p.World.Now) && ch.Before == nil {
		k.t.Fatalf("new case %s has a deadline in the past", c.Code)
	}
	for _, a := range c.Alerts {
		waits := c.State == routing.Alerting && a.Run == c.Run || c.State == routing.Claimed && a.Beside && kinds[routing.BesideEnds] == 1
		if a.State == routing.AlertOut && !waits {
			k.t.Fatalf("alert of %s to %s is out in run %d, but the case is %s in run %d with deadlines %v", c.Code, a.Contact, a.Run, c.State, c.Run, c.Deadlines)
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

// author is the contact who wrote the text of an event; the zero Contact for any other.
func author(p routingtest.Played) (contacts.Contact, routing.Command) {
	e, ok := p.Event.(routing.Text)
	if !ok {
		return contacts.Contact{}, routing.Command{}
	}
	sender, _ := p.World.Line.Directory.ByPhone(e.Key)
	return sender, routing.ParseCommand(e.Body.Reveal())
}

// holder: only a contact's own text makes them a holder, and only a 1 if they were no helper before; or
// they had joined and the holder before them is out of it.
func (k *checker) holder(p routingtest.Played, ch routing.Change) {
	c, b := ch.After, &routing.Case{State: routing.Alerting}
	if ch.Before != nil {
		b = ch.Before
	}
	sender, cmd := author(p)
	taken := c.Holder != "" && (c.Holder != b.Holder || b.State == routing.Alerting && c.State == routing.Claimed)
	follows := b.State == routing.Claimed && slices.Contains(b.Joined, c.Holder) && !slices.Contains(c.Helpers(), b.Holder)
	switch {
	case c.State == routing.Claimed && c.Holder == "":
		k.t.Fatalf("case %s is claimed by nobody", c.Code)
	case !taken:
	case p.World.Line.Directory.MayHold(c.Holder, c.Person) != contacts.Allowed:
		k.t.Fatalf("%s took case %s of a person kept apart from them", c.Holder, c.Code)
	case follows:
	case sender.ID != c.Holder:
		k.t.Fatalf("%s has case %s after %s, want only their own text to lead to that", c.Holder, c.Code, p.Event.Name())
	case b.State != routing.Alerting:
		k.t.Fatalf("%s took case %s from %s, who had it", c.Holder, c.Code, b.Holder)
	case !slices.Contains(b.Helpers(), c.Holder) && cmd.Verb != routing.VerbTake:
		k.t.Fatalf("%s took case %s by the verb %q", c.Holder, c.Code, cmd.Verb)
	}
	_, ordered := p.Event.(routing.CloseOrdered)
	mayClose := ordered || cmd.Verb == routing.VerbClose &&
		(slices.Contains(b.Helpers(), sender.ID) || sender.Kind == contacts.Supervisor && cmd.Code == c.Code)
	if c.State == routing.Closed && b.State != routing.Closed && !mayClose {
		k.t.Fatalf("case %s held by %q was closed by %s of %q", c.Code, b.Holder, p.Event.Name(), sender.ID)
	}
}

// helpers: nobody is one twice; who joins was asked to and said 1, or had the case and fell silent; who
// lost it because the person wanted somebody else never comes back; who is set apart does not stay.
func (k *checker) helpers(p routingtest.Played, ch routing.Change) {
	c, b := ch.After, &routing.Case{}
	if ch.Before != nil {
		b = ch.Before
	}
	sender, cmd := author(p)
	if p.Decision.Reason == routing.ReasonSomebodyElse && b.Holder != "" {
		k.barred[alertKey{c.ID, b.Holder}] = true
	}
	helpers := c.Helpers()
	for i, id := range helpers {
		key := alertKey{c.ID, id}
		joined := slices.Contains(c.Joined, id) && !slices.Contains(b.Helpers(), id)
		switch {
		case slices.Contains(helpers[:i], id):
			k.t.Fatalf("%s helps twice in case %s: %v", id, c.Code, helpers)
		case k.barred[key] && c.Open():
			k.t.Fatalf("%s has case %s again, whose person asked for somebody else", id, c.Code)
		case joined && (sender.ID != id || cmd.Verb != routing.VerbTake || !k.asked[key] || b.State != routing.Claimed):
			k.t.Fatalf("%s joined case %s by %s (verb %q of %q), want them asked and their own 1", id, c.Code, p.Event.Name(), cmd.Verb, sender.ID)
		}
	}
	_, deadline := p.Event.(routing.DeadlineReached)
	_, changed := p.Event.(routing.LineChanged)
	person := slices.Contains([]routing.Reason{routing.ReasonAdded, routing.ReasonRaised, routing.ReasonChosen}, p.Decision.Reason)
	if c.Open() && (deadline && p.Decision.Reason != routing.ReasonNotDue || changed || person) {
		for _, id := range helpers {
			if p.World.Line.Directory.MayHold(id, c.Person) != contacts.Allowed {
				k.t.Fatalf("%s still has case %s of a person kept apart from them after %s", id, c.Code, p.Event.Name())
			}
		}
	}
}

// mayAsk reports whether a decision may ask contacts to join whoever has a case: a helper's THEM, the
// person's own 1 or 2, or graver words of theirs.
func mayAsk(p routingtest.Played) bool {
	_, cmd := author(p)
	switch p.Decision.Reason {
	case routing.ReasonInvited:
		return cmd.Verb == routing.VerbBringPolice || cmd.Verb == routing.VerbBringHealth
	case routing.ReasonChosen, routing.ReasonRaised:
		return true
	}
	return false
}

// alerts: every alert ends once, and who declined is left alone until the policy starts over.
func (k *checker) alerts(p routingtest.Played) {
	sender, _ := author(p)
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
			// From somebody set apart it was taken: they declined nothing.
			if n.Contact == sender.ID && p.World.Line.Directory.MayHold(n.Contact, after(p, n.Case).Person) == contacts.Allowed {
				given = key
				k.declined[key] = true
			}
		case routing.NoteStep, routing.NoteStepEmpty:
			if n.Step == 1 {
				for other := range k.declined {
					if other.c == n.Case && other != given {
						delete(k.declined, other)
					}
				}
			}
		case routing.NoteAlerted:
			k.alerted(p, key)
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

// alerted looks at one alert a decision sends.
func (k *checker) alerted(p routingtest.Played, key alertKey) {
	c := after(p, key.c)
	k.open[key]++
	switch {
	case k.open[key] != 1:
		k.t.Fatalf("%s was alerted about a case while an alert of it is out", key.id)
	case k.declined[key]:
		k.t.Fatalf("%s was alerted in the round in which they declined (%s)", key.id, p.Decision.Reason)
	case slices.Contains(c.Helpers(), key.id):
		k.t.Fatalf("%s was alerted about case %s, in which they help", key.id, c.Code)
	case k.barred[key]:
		k.t.Fatalf("%s was alerted about case %s, whose person asked for somebody else", key.id, c.Code)
	case c.State == routing.Claimed && !mayAsk(p):
		k.t.Fatalf("%s was asked to join case %s by %s (%s)", key.id, c.Code, p.Event.Name(), p.Decision.Reason)
	case c.State == routing.Claimed:
		k.asked[key] = true
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
