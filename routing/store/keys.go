package store

import (
	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// Every key begins with the hash tag of the line's shard. None holds anything personal: people are
// keyed hashes, and contacts have keys too, because their ids are chosen by people.

type shard = contactstore.Shard

// probeKey: string, expires a minute after a readiness probe wrote it.
func probeKey() string { return "hotline:probe" }

// caseKey: hash, kept after the case is closed. Fields: v (version, integer), open (0 or 1), due (unix
// ms of the earliest deadline; empty when closed), d (the record, sealed with the keyset).
func caseKey(s shard, line contacts.LineID, id routing.CaseID) string {
	return string(s) + ":case:" + string(line) + ":" + string(id)
}

// personKey: hash, until the person is erased. Fields: v (version, integer), k (the person's own key,
// wrapped by the keyset), d (the record, sealed with the person's key).
func personKey(s shard, line contacts.LineID, p phone.Key) string {
	return string(s) + ":person:" + string(line) + ":" + string(p)
}

// openByPhoneKey: hash from person (keyed hash) to the id of their open case. At most one each.
func openByPhoneKey(s shard, line contacts.LineID) string {
	return string(s) + ":open_by_phone:" + string(line)
}

// contactCasesKey: hash from case id to person (keyed hash), of the cases a contact was asked about or
// holds, open or recent. contact is the key that stands for the contact (contacts/seal).
func contactCasesKey(s shard, line contacts.LineID, contact string) string {
	return string(s) + ":contact_cases:" + string(line) + ":" + contact
}

// openCasesKey: hash from the id of an open case to its state as counted: alerting, claimed, unanswered.
func openCasesKey(s shard, line contacts.LineID) string {
	return string(s) + ":open_cases:" + string(line)
}

// unclaimedKey: sorted set of the ids of open cases of an urgency that nobody has, scored with since when the person has
// waited in unix ms.
func unclaimedKey(s shard, line contacts.LineID, u triage.Urgency) string {
	return string(s) + ":unclaimed:" + string(line) + ":" + string(u)
}

// codeKey: string, the id of the case that has the code; expires codeRest after the case is closed.
func codeKey(s shard, line contacts.LineID, code routing.Code) string {
	return string(s) + ":code:" + string(line) + ":" + string(code)
}

// wokenKey: hash from contact (the key that stands for them) to the unix ms at which they were last alerted.
func wokenKey(s shard, line contacts.LineID) string {
	return string(s) + ":woken:" + string(line)
}

// dutyKey: hash from contact (the key that stands for them) to what they said about being on call: "on" or
// "off", a space, and until which unix ms it holds. What no longer holds stays until they speak again.
func dutyKey(s shard, line contacts.LineID) string {
	return string(s) + ":duty:" + string(line)
}

// wordsKey: string, one text sealed with the person's key; expires wordsKept after the case is closed.
func wordsKey(s shard, line contacts.LineID, id routing.CaseID, ref routing.WordsRef) string {
	return string(s) + ":words:" + string(line) + ":" + string(id) + ":" + string(ref)
}

// noticeKey: string, a text of a sender that is nobody at risk (letters, a short code, our own line),
// sealed with the keyset; expires noticesKept after it came.
func noticeKey(s shard, line contacts.LineID, id routing.EventID) string {
	return string(s) + ":notice:" + string(line) + ":" + string(id)
}

// noticesKey: sorted set of the ids of such texts, scored with when they came in unix ms.
func noticesKey(s shard, line contacts.LineID) string {
	return string(s) + ":notices:" + string(line)
}

// seenKey: string, expires after seenKept. The event of this id has had its effect.
func seenKey(s shard, line contacts.LineID, id routing.EventID) string {
	return string(s) + ":seen:" + string(line) + ":" + string(id)
}

// callKey: string, expires seenKept after it was last written. The leg of ours that a call of the carrier is.
func callKey(s shard, line contacts.LineID, call routing.CallID) string {
	return string(s) + ":call:" + string(line) + ":" + string(call)
}

// callsKey: hash of the calls under way, from leg id to the key that stands for the contact, or "person"; of a
// contact who asks for help themselves "person", a space and their key.
// A call that waits to be placed is not among them.
func callsKey(s shard, line contacts.LineID) string {
	return string(s) + ":calls:" + string(line)
}

// journalKey: stream of what happened to the lines of a shard, one entry a commit.
func journalKey(s shard) string { return string(s) + ":journal" }

// traceKey: list of the ids of the journal entries that tell of a case, oldest first; kept as long as the case.
func traceKey(s shard, line contacts.LineID, id routing.CaseID) string {
	return string(s) + ":trace:" + string(line) + ":" + string(id)
}

// deadlinesKey: sorted set of "<line>/<case>", scored with the case's earliest deadline in unix ms or,
// while a worker has taken it, with the end of its lease.
func deadlinesKey(s shard) string { return string(s) + ":deadlines" }

// lanesKey: sorted set of lanes (one a recipient and case) that have something to send, scored with when the
// first of it is due in unix ms or, while a worker has taken it, with the end of its lease.
func lanesKey(s shard, p routing.Priority) string { return string(s) + ":lanes:" + p.String() }

// queuesKey: sorted set of "<lane> <place> <entry id>", all scored 0 and so in the order in which the
// entries of each lane are to go. The place is 16 digits.
func queuesKey(s shard, p routing.Priority) string { return string(s) + ":queues:" + p.String() }

// waitingKey: sorted set of entry ids, scored with when they were put on the agenda in unix ms.
func waitingKey(s shard, p routing.Priority) string { return string(s) + ":waiting:" + p.String() }

// sequenceKey: string, the last place given in any queue of the shard; only grows.
func sequenceKey(s shard) string { return string(s) + ":sequence" }

// entriesKey: hash. Field "<id>" is the entry's place and the entry, sealed with the keyset; field "<id>:tried" the unix ms at
// which it was first handed to a worker without the outcome being known.
func entriesKey(s shard) string { return string(s) + ":entries" }

// callsTag is the hash tag of the keys below. Calls are paced for the whole account, whichever shard their
// line lives on.
const callsTag = "{calls}"

// callsSlotKey: hash, expires paceKept after the slot is over. Fields: at (unix µs at which the last call
// got its slot), gap (µs until the next may be given).
func callsSlotKey() string { return callsTag + ":slot" }

// callsWaitingKey: sorted set of entry ids that wait for a slot, scored with priority * 10^13 + the unix ms
// at which they first asked; expires paceKept after the last one asked.
func callsWaitingKey() string { return callsTag + ":waiting" }

// callsUntilKey: sorted set of the same ids, scored with the unix µs at which they are forgotten unless they
// have asked again; expires with callsWaitingKey.
func callsUntilKey() string { return callsTag + ":until" }
