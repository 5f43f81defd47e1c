// Package routing is the hotline's rules: what happens to a case when a text or a call comes in, a contact
// answers, a key is pressed, a deadline is reached or the carrier reports something.
//
// [Decide] is the whole of it: a pure function from what is known ([State], [World]) and what happened
// ([Event]) to what changes and what is to be sent ([Decision]). It reads no clock, does no I/O and rolls
// no dice, so that every rule can be read in one sitting and tested without Redis. [Service] is the loop
// around it: load, decide, commit; when somebody else was quicker, load and decide again.
//
// It guarantees:
//   - every case that is not closed has a deadline ([Case.NextDeadline]), until a human has taken it and after;
//   - a case has at most one holder, however many answer at the same instant, and besides them only who was
//     asked to join;
//   - nothing about a person reaches a contact who has not taken the case, and nothing at all reaches a
//     contact who is kept apart from the person or whom the person did not want;
//   - no automatic text reaches a person outside the restraint of [mayWrite];
//   - nobody is called back who has not asked for it ([Case.AskedCall]), and nobody is joined with a person
//     before they have pressed 1;
//   - every call that is under way asks again within seconds what it is to hear, and as long as a case has
//     calls it has a deadline at which they are compared with what the carrier knows ([LookAtCalls]). A
//     request, push or report that is lost or comes twice costs time and nothing else.
//
// Where to look: every word and what it does, words.go, and how a text is read as one, command.go; a text
// from a person, person.go; from a contact, contact.go; taking a case, claim.go; what is passed on to the
// person, relay.go; several helpers on one case, join.go; on and off call, duty.go; closing, close.go; a
// carrier's notice of a call, called.go; who is alerted when, escalate.go; who may hear of
// a case or see it, consent.go; orders from a desk, desk.go;
// restraint, restraint.go; what became of a message and whether one that waits is still wanted, outcome.go.
//
// Of calls: what a call of a case is ([Leg]), leg.go; what can happen to one, call_event.go; the person's own
// call, its keys and what they hear while they hold, call.go; a call with a contact, its questions and keys,
// call_contact.go; who is rung, joined, pushed and stopped, call_leg.go; the end of a call, reports, looks at
// the carrier and messages that were left, call_watch.go; calling a person who asked for it (GOI), callback.go.
// What is said is named here and worded in routing/texts; how it becomes a document is gateway/voice's.
package routing
