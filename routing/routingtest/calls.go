package routingtest

import (
	"fmt"
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// Call is a call as the carrier of a [Ward] knows it. What its phone does is up to the test.
type Call struct {
	ID     routing.CallID
	Leg    routing.EntryID // empty until known, for calls that came in
	Phone  phone.Number    // the other side
	Came   bool            // they called us
	Status routing.CallStatus
	Inside bool // in the conference
	Turn   int  // under which it asks next
	Ring   int  // seconds it rings, for calls that we placed
	Pushed bool // must ask now
}

// Calls are all calls there were, oldest first.
func (w *Ward) Calls() []*Call { return w.calls }

// carryCall does what an entry about calls asks for.
func (w *Ward) carryCall(s routing.Send, e *routing.SendFinished) {
	w.t.Helper()
	e.Result = routing.SendAccepted
	switch s.Purpose {
	case routing.PurposeCall:
		if w.Refuses != nil && w.Refuses(s) {
			e.Result = routing.SendRefused
			return
		}
		w.sids++
		id := routing.CallID(fmt.Sprintf("CA%032x", w.sids))
		e.SID = string(id)
		w.calls = append(w.calls, &Call{ID: id, Leg: s.ID, Phone: w.recipient(s), Status: routing.CallQueued, Ring: int(s.Ring.Seconds())})
	case routing.PurposePush:
		if c := w.call(s.Call); c.Status.Over() {
			e.Result = routing.SendRefused
		} else if !w.LosesPushes {
			c.Turn, c.Pushed, c.Inside = s.Turn, true, false
		}
	case routing.PurposeCancel:
		if c := w.call(s.Call); c.Status != routing.CallQueued {
			e.Result = routing.SendRefused
		} else if !w.LosesPushes {
			w.Hang(c.ID, routing.CallCanceled)
		}
	case routing.PurposeLook:
		e.Result = ""
		seen := routing.CallsSeen{Send: s, Calls: map[routing.CallID]routing.CallStatus{}, Inside: map[routing.CallID]bool{}}
		for _, l := range w.memory.cases[s.Case].Legs {
			if l.Call != "" {
				c := w.call(l.Call)
				seen.Calls[l.Call], seen.Inside[l.Call] = c.Status, c.Inside
			}
		}
		held := w.Hold
		w.Hold = true
		w.Handle(seen)
		w.Hold = held
	case routing.PurposeFetch:
		e.Result = ""
		held := w.Hold
		w.Hold = true
		w.Handle(routing.RecordingFetched{Send: s, Audio: contacts.Conceal("audio of " + s.Recording)})
		w.Hold = held
	}
}

func (w *Ward) call(id routing.CallID) *Call {
	w.t.Helper()
	i := slices.IndexFunc(w.calls, func(c *Call) bool { return c.ID == id })
	if i < 0 {
		w.t.Fatalf("call %s: there is none", id)
	}
	return w.calls[i]
}

// Dial plays a call from a phone; the zero Number withholds it. It rings.
func (w *Ward) Dial(from phone.Number) *Call {
	w.t.Helper()
	w.sids++
	c := &Call{ID: routing.CallID(fmt.Sprintf("CA%032x", w.sids)), Phone: from, Came: true, Status: routing.CallQueued}
	w.calls = append(w.calls, c)
	key := PhoneKey(from)
	if from.IsZero() {
		key = phone.Key("call-" + string(c.ID))
	}
	w.Handle(routing.CallCame{Call: c.ID, From: from, Key: key, To: LineNumber(), At: w.now})
	if _, l := w.LegOf(c.ID); l != nil {
		c.Leg, c.Turn = l.ID, l.Turn
	}
	return c
}

// Ask lets a call come back for its next document, with a key or none. It returns the leg as it is then;
// nil if the call is known no more.
func (w *Ward) Ask(id routing.CallID, key string) *routing.Leg {
	w.t.Helper()
	c := w.call(id)
	c.Status, c.Pushed = routing.CallUp, false
	left := c.Inside
	c.Inside = false
	w.Handle(routing.CallTurn{Leg: c.Leg, Call: id, Turn: c.Turn, Key: key, Left: left})
	_, l := w.LegOf(id)
	if l == nil {
		c.Status = routing.CallOver
		return nil
	}
	c.Leg, c.Turn = l.ID, l.Turn
	switch l.State {
	case routing.LegEnding:
		// Hangs up when the last sentence is said.
		w.Hang(id, routing.CallOver)
	case routing.LegJoined:
		c.Inside = !l.Back
	}
	return l
}

// Hang ends a call.
func (w *Ward) Hang(id routing.CallID, status routing.CallStatus) {
	w.t.Helper()
	c := w.call(id)
	if c.Status.Over() {
		return
	}
	inside := c.Inside
	c.Status, c.Inside = status, false
	e := routing.CallChanged{Leg: c.Leg, Call: id, Status: status, At: w.now}
	if c.Came {
		e.Leg, e.Incoming, e.From, e.Key, e.To = "", true, c.Phone, PhoneKey(c.Phone), LineNumber()
		if c.Phone.IsZero() {
			e.Key = phone.Key("call-" + string(id))
		}
	}
	held := w.Hold
	w.Hold = true
	w.Handle(e)
	w.Hold = held
	if inside {
		w.ends(c)
	}
	if !w.Hold {
		w.Carry()
	}
}

// ends lets the others out of a conference that ends because a call left it whose leaving ends it: the
// person's, or the only helper's.
func (w *Ward) ends(gone *Call) {
	var others []*Call
	for _, c := range w.calls {
		if c.Inside && c.Leg.Case() == gone.Leg.Case() {
			others = append(others, c)
		}
	}
	if len(others) == 1 || gone.Came && !w.isContact(gone.Phone) {
		for _, c := range others {
			w.Ask(c.ID, "")
		}
	}
}

func (w *Ward) isContact(n phone.Number) bool {
	_, ok := w.line.Directory.ByPhone(PhoneKey(n))
	return ok
}

// Ringing is the call that rings at a contact's phone, or has been picked up there; nil if none is.
func (w *Ward) Ringing(id contacts.ID) *Call {
	w.t.Helper()
	for _, c := range slices.Backward(w.calls) {
		if !c.Came && c.Phone == w.Phone(id) && !c.Status.Over() {
			return c
		}
	}
	return nil
}

// Pushed lets every call ask that was pushed and has not asked yet.
func (w *Ward) Pushed() {
	for range maxDeadlines {
		i := slices.IndexFunc(w.calls, func(c *Call) bool { return c.Pushed && !c.Status.Over() })
		if i < 0 {
			return
		}
		w.Ask(w.calls[i].ID, "")
	}
	w.t.Fatalf("Pushed: more than %d pushes", maxDeadlines)
}

// LegOf is a copy of the case and leg of a call; nil if it is known no more.
func (w *Ward) LegOf(id routing.CallID) (*routing.Case, *routing.Leg) {
	for _, c := range w.Cases() {
		for i := range c.Legs {
			if c.Legs[i].Call == id {
				return c, &c.Legs[i]
			}
		}
	}
	return nil, nil
}

// Hears are the prompts that a call hears now.
func (w *Ward) Hears(id routing.CallID) []texts.Prompt {
	_, l := w.LegOf(id)
	if l == nil {
		return nil
	}
	return l.Say
}
