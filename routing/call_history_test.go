package routing_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
)

// callHistory is a ward to which anything may happen on the telephone, texts among it.
type callHistory struct {
	*routingtest.Ward
	t       *rapid.T
	pressed map[routing.CallID]bool // has pressed 1 in answer to a question
	asked   map[phone.Key]time.Time // asked to be called
	apart   []phone.Number          // kept apart from lan
}

func TestCallHistory_KeepsEveryPromise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := &callHistory{t: t, pressed: map[routing.CallID]bool{}, asked: map[phone.Key]time.Time{}, apart: []phone.Number{binh()}}
		options := []routingtest.Option{
			routingtest.WithCalls(), routingtest.OnCall(lan, hung, mai, station, officer, duty), routingtest.KeepApart(lan, h.apart...),
			routingtest.With(func(l *routing.Line) { l.MissedCallText = true }),
		}
		for _, id := range []contacts.ID{lan, hung, mai, station, officer} {
			switch rapid.IntRange(0, 3).Draw(t, "channels of "+string(id)) {
			case 0:
				options = append(options, routingtest.Change(id, onlyCalls))
			case 1:
				options = append(options, routingtest.Change(id, onlyTexts))
			}
		}
		h.Ward = routingtest.NewWard(t, routingtest.Line(t, options...))
		h.Decided = h.decision
		t.Repeat(map[string]func(*rapid.T){
			"a person calls":         h.personCalls,
			"a person calls again":   h.personCalls,
			"a contact calls":        h.contactCalls,
			"a call asks":            h.callAsks,
			"a call asks again":      h.callAsks,
			"a phone is answered":    h.phoneAnswered,
			"a phone is answered 1":  h.phoneSaysOne,
			"a call ends":            h.callEnds,
			"a call ends unreported": h.callEndsUnreported,
			"pushes arrive":          func(*rapid.T) { h.Pushed() },
			"pushes get lost":        func(*rapid.T) { h.LosesPushes = !h.LosesPushes },
			"a turn is repeated":     h.turnRepeated,
			"a person writes":        h.personWrites,
			"a contact writes":       h.contactWrites,
			"the desk closes":        h.deskCloses,
			"time passes":            h.timePasses,
			"":                       func(*rapid.T) { h.state() },
		})
	})
}

func (h *callHistory) personCalls(t *rapid.T) {
	from := rapid.SampledFrom([]phone.Number{an(), binh(), chi(), {}}).Draw(t, "person")
	for _, c := range h.Calls() {
		if c.Came && c.Phone == from && !c.Status.Over() && !from.IsZero() {
			t.Skip("is on the phone")
		}
	}
	h.Dial(from)
}

func (h *callHistory) contactCalls(t *rapid.T) {
	id := rapid.SampledFrom([]contacts.ID{lan, hung, mai, officer}).Draw(t, "contact")
	h.Dial(h.Phone(id))
}

// live draws a call that is not over.
func (h *callHistory) live(t *rapid.T, which func(*routingtest.Call) bool) *routingtest.Call {
	var live []*routingtest.Call
	for _, c := range h.Calls() {
		if !c.Status.Over() && (which == nil || which(c)) {
			live = append(live, c)
		}
	}
	if len(live) == 0 {
		t.Skip("no such call")
	}
	return live[rapid.IntRange(0, len(live)-1).Draw(t, "call")]
}

// ask lets a call come back with a key.
func (h *callHistory) ask(call *routingtest.Call, key string) {
	if _, l := h.LegOf(call.ID); l != nil && key == "1" && (l.State == routing.LegAsked || l.Sounding()) {
		h.pressed[call.ID] = true
	}
	h.Ask(call.ID, key)
}

func (h *callHistory) callAsks(t *rapid.T) {
	call := h.live(t, func(c *routingtest.Call) bool { return c.Status == routing.CallUp || c.Came })
	h.ask(call, rapid.SampledFrom([]string{"", "", "", "1", "2", "3", "4", "0", "5", "6", "9", "#"}).Draw(t, "key"))
}

func (h *callHistory) phoneAnswered(t *rapid.T) {
	h.ask(h.live(t, func(c *routingtest.Call) bool { return c.Status == routing.CallQueued && !c.Came }), "")
}

func (h *callHistory) phoneSaysOne(t *rapid.T) {
	call := h.live(t, func(c *routingtest.Call) bool { return !c.Came })
	h.ask(call, "")
	if !call.Status.Over() {
		h.ask(call, "1")
	}
}

func (h *callHistory) callEnds(t *rapid.T) {
	call := h.live(t, nil)
	h.Hang(call.ID, rapid.SampledFrom([]routing.CallStatus{routing.CallOver, routing.CallBusy, routing.CallNoAnswer, routing.CallFailed}).Draw(t, "status"))
}

func (h *callHistory) callEndsUnreported(t *rapid.T) {
	call := h.live(t, nil)
	call.Status, call.Inside = routing.CallOver, false
}

func (h *callHistory) turnRepeated(t *rapid.T) {
	call := h.live(t, func(c *routingtest.Call) bool { return c.Turn > 0 })
	d := h.Handle(routing.CallTurn{Leg: call.Leg, Call: call.ID, Turn: call.Turn - 1, Key: rapid.SampledFrom([]string{"", "0", "1"}).Draw(t, "key")})
	if len(d.Cases) > 0 {
		t.Fatalf("an older turn led to %s", d.Reason)
	}
}

func (h *callHistory) personWrites(t *rapid.T) {
	from := rapid.SampledFrom([]phone.Number{an(), binh()}).Draw(t, "person")
	body := rapid.SampledFrom([]string{danger, urgent, hiding, "1", "0", "6", "gọi lại cho em", "NGUNG"}).Draw(t, "text")
	if body == "6" || body == "gọi lại cho em" {
		h.asked[routingtest.PhoneKey(from)] = h.Now()
	}
	h.Text(from, body)
}

func (h *callHistory) contactWrites(t *rapid.T) {
	id := rapid.SampledFrom([]contacts.ID{lan, hung, mai, officer, duty}).Draw(t, "contact")
	h.From(id, rapid.SampledFrom([]string{"1", "1", "0", "goi", "them ca", "xong", "chị tới đây"}).Draw(t, "text"))
}

func (h *callHistory) deskCloses(t *rapid.T) {
	open := slices.DeleteFunc(h.Cases(), func(c *routing.Case) bool { return !c.Open() })
	if len(open) == 0 || rapid.IntRange(0, 3).Draw(t, "rarely") != 0 {
		t.Skip("nothing to close")
	}
	h.Handle(routing.CloseOrdered{Order: routing.Order{Case: pick(t, open).ID}})
}

func (h *callHistory) timePasses(t *rapid.T) {
	h.Advance(rapid.SampledFrom([]time.Duration{0, time.Second, 10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}).Draw(t, "how long"))
}

// decision looks at every decision before anything of it is carried out.
func (h *callHistory) decision(p routingtest.Played) {
	given := routingtest.CopyState(p.State)
	if again := routing.Decide(given, p.Event, p.World); !reflect.DeepEqual(again, p.Decision) || !reflect.DeepEqual(given, p.State) {
		h.t.Fatalf("Decide(%s) is not pure", p.Event.Name())
	}
	if p.Decision.Reason == "" {
		h.t.Fatalf("Decide(%s) has no reason", p.Event.Name())
	}
	for _, s := range p.Decision.Sends {
		h.send(p, s)
	}
	for _, ch := range p.Decision.Cases {
		h.change(p, ch)
	}
}

// send: who is called was to be called.
func (h *callHistory) send(p routingtest.Played, s routing.Send) {
	c := after(p, s.Case)
	switch {
	case s.Person != "" && p.State.Persons[s.Person].Withheld:
		h.t.Fatalf("%s %s goes to a caller without a number", s.Purpose, s.Text)
	case s.Purpose == routing.PurposeCall && s.Person != "":
		asked, rang := h.asked[s.Person], 0
		for _, call := range h.Calls() {
			if call.Came && routingtest.PhoneKey(call.Phone) == s.Person {
				rang++
			}
		}
		if rang < 2 && (asked.IsZero() || h.Now().Sub(asked) > time.Hour) {
			h.t.Fatal("a person is called who did not ask for it")
		}
	case s.Purpose == routing.PurposeCall:
		if p.World.Line.Directory.MayHold(s.Contact, c.Person) != contacts.Allowed || slices.Contains(c.Barred, s.Contact) {
			h.t.Fatalf("%s is called about a case that they may not know of", s.Contact)
		}
		if contact, _ := p.World.Line.Directory.Contact(s.Contact); !contact.Reachable(contacts.Voice) {
			h.t.Fatalf("%s is called and takes no calls", s.Contact)
		}
	}
}

// change: a caller who holds is never left with nothing to come, and nobody is joined who did not press 1.
func (h *callHistory) change(p routingtest.Played, ch routing.Change) {
	c := ch.After
	due, ok := c.NextDeadline()
	if c.Open() != ok {
		h.t.Fatalf("case %s is %s and has a deadline %v after %s (%s)", c.Code, c.State, due, p.Event.Name(), p.Decision.Reason)
	}
	has := func(kind routing.DeadlineKind) bool {
		return slices.ContainsFunc(c.Deadlines, func(d routing.Deadline) bool { return d.Kind == kind })
	}
	if c.Open() && len(c.Legs) > 0 && !has(routing.LookAtCalls) {
		h.t.Fatalf("case %s has calls, and nobody will look at them: next %v", c.Code, due)
	}
	person := c.PersonLeg()
	if person != nil && person.State == routing.LegWaiting && c.Open() {
		if c.State == routing.Alerting && !has(routing.StepEnds) && !has(routing.RoundStarts) {
			h.t.Fatalf("a caller holds in case %s and no step comes", c.Code)
		}
		if c.State == routing.Claimed && !has(routing.RingOthers) {
			h.t.Fatalf("a caller holds in case %s, which %s has, and nobody else will be rung (%s, %s)", c.Code, c.Holder, p.Event.Name(), p.Decision.Reason)
		}
	}
	talking := 0
	phones := map[contacts.ID]int{}
	for _, l := range c.Legs {
		if l.State == routing.LegJoined && !l.Person() {
			talking++
			if !h.pressed[l.Call] {
				h.t.Fatalf("%s is joined without having pressed 1 (%s, %s)", l.Contact, p.Event.Name(), p.Decision.Reason)
			}
		}
		if l.Ask == routing.AskTalk && l.State == routing.LegJoined {
			h.t.Fatal("a person who was called is joined without having pressed 1")
		}
		if !l.Person() && l.Sounding() {
			if phones[l.Contact]++; phones[l.Contact] > 1 {
				h.t.Fatalf("%s is rung twice about case %s", l.Contact, c.Code)
			}
		}
	}
	if c.Open() && person != nil && person.State == routing.LegJoined && !person.Back && talking == 0 {
		h.t.Fatalf("a person is alone in the conference (%s, %s)", p.Event.Name(), p.Decision.Reason)
	}
}

// state looks at what is stored: a call is in one case only.
func (h *callHistory) state() {
	seen := map[routing.CallID]bool{}
	for _, c := range h.Cases() {
		for _, l := range c.Legs {
			if l.Call != "" && seen[l.Call] {
				h.t.Fatalf("a call is in two cases")
			}
			seen[l.Call] = true
		}
	}
}
