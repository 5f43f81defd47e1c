// Package routing is the hotline's rules: what happens to a case when a text comes in, a contact
// answers, a deadline is reached or the carrier reports something.
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
//   - no automatic text reaches a person outside the restraint of [mayWrite].
//
// Where to look: every word and what it does, words.go, and how a text is read as one, command.go; a text
// from a person, person.go; from a contact, contact.go; several helpers on one case, join.go; on and off
// call, duty.go; closing, close.go; a carrier's notice of a call, called.go; who is alerted when, escalate.go;
// restraint, restraint.go; what became of a message and whether one that waits is still wanted, outcome.go.
package routing
