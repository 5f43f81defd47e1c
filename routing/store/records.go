package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// recordFormat is written into every record. Readers accept this and the previous format, so that
// replicas of two releases can run beside each other. There has been one so far.
const recordFormat = 1

// millis is an instant in unix milliseconds; 0 is none.
type millis int64

func toMillis(t time.Time) millis {
	if t.IsZero() {
		return 0
	}
	return millis(t.UnixMilli())
}

func (m millis) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// caseRecord is a case as stored. Id, line, person and version are the key's and the hash's.
type caseRecord struct {
	Format        int              `json:"f"`
	Code          string           `json:"code"`
	Person        string           `json:"person"`
	Channel       string           `json:"channel"`
	Via           string           `json:"via"`
	Arrived       millis           `json:"arrived_unix_ms"`
	Opened        millis           `json:"opened_unix_ms"`
	Heard         millis           `json:"heard_unix_ms"`
	Closed        millis           `json:"closed_unix_ms,omitempty"`
	Outcome       string           `json:"outcome,omitempty"`
	Urgency       string           `json:"urgency"`
	Need          string           `json:"need"`
	Area          string           `json:"area,omitempty"`
	NoCalls       bool             `json:"no_calls,omitempty"`
	Accented      bool             `json:"accented,omitempty"`
	Said          int              `json:"said"`
	State         string           `json:"state"`
	Holder        string           `json:"holder,omitempty"`
	Joined        []contacts.ID    `json:"joined,omitempty"`
	Barred        []contacts.ID    `json:"barred,omitempty"`
	Taken         millis           `json:"taken_unix_ms,omitempty"`
	HolderHeard   millis           `json:"holder_heard_unix_ms,omitempty"`
	AlertingSince millis           `json:"alerting_since_unix_ms,omitempty"`
	FirstAlert    millis           `json:"first_alert_unix_ms,omitempty"`
	PlanUrgency   string           `json:"plan_urgency"`
	PlanNeed      string           `json:"plan_need,omitempty"`
	Step          int              `json:"step"`
	Run           int              `json:"run"`
	Rounds        int              `json:"rounds,omitempty"`
	Unanswered    bool             `json:"unanswered,omitempty"`
	Alerts        []alertRecord    `json:"alerts,omitempty"`
	Deadlines     []deadlineRecord `json:"deadlines,omitempty"`
	NobodySent    bool             `json:"nobody_sent,omitempty"`
	MatchedSent   bool             `json:"matched_sent,omitempty"`
	Legs          []legRecord      `json:"legs,omitempty"`
	BesideStep    int              `json:"beside_step,omitempty"`
	Rings         []millis         `json:"rings_unix_ms,omitempty"`
	AskedCall     millis           `json:"asked_call_unix_ms,omitempty"`
	Talked        millis           `json:"talked_unix_ms,omitempty"`
	Voicemails    int              `json:"voicemails,omitempty"`
}

// legRecord is a call of a case that is under way.
type legRecord struct {
	ID         string         `json:"id"`
	Call       string         `json:"call,omitempty"`
	Contact    string         `json:"contact,omitempty"`
	Incoming   bool           `json:"incoming,omitempty"`
	Ask        string         `json:"ask"`
	State      string         `json:"state"`
	Rank       int            `json:"rank,omitempty"`
	Language   string         `json:"language,omitempty"`
	Say        []texts.Prompt `json:"say,omitempty"`
	Tone       bool           `json:"tone,omitempty"`
	Pause      bool           `json:"pause,omitempty"`
	Voicemail  string         `json:"voicemail,omitempty"`
	Turn       int            `json:"turn,omitempty"`
	Asked      int            `json:"asked,omitempty"`
	At         millis         `json:"at_unix_ms"`
	Answered   millis         `json:"answered_unix_ms,omitempty"`
	Heard      millis         `json:"heard_unix_ms,omitempty"`
	Held       millis         `json:"held_unix_ms,omitempty"`
	Pushed     millis         `json:"pushed_unix_ms,omitempty"`
	WaitsFrom  millis         `json:"waits_from_unix_ms,omitempty"`
	Joined     millis         `json:"joined_unix_ms,omitempty"`
	Quiet      bool           `json:"quiet,omitempty"`
	ToldRounds int            `json:"told_rounds,omitempty"`
	Back       bool           `json:"back,omitempty"`
}

func encodeLegs(legs []routing.Leg) []legRecord {
	var r []legRecord
	for _, l := range legs {
		r = append(r, legRecord{
			ID: string(l.ID), Call: string(l.Call), Contact: string(l.Contact), Incoming: l.Incoming, Ask: string(l.Ask), State: string(l.State), Rank: int(l.Rank),
			Language: l.Language, Say: l.Say, Tone: l.Tone, Pause: l.Pause, Voicemail: string(l.Voicemail), Turn: l.Turn, Asked: l.Asked,
			At: toMillis(l.At), Answered: toMillis(l.AnsweredAt), Heard: toMillis(l.HeardAt), Held: toMillis(l.HeldAt), Pushed: toMillis(l.PushedAt),
			WaitsFrom: toMillis(l.WaitsFrom), Joined: toMillis(l.JoinedAt), Quiet: l.Quiet, ToldRounds: l.ToldRounds, Back: l.Back,
		})
	}
	return r
}

func decodeLegs(r []legRecord) []routing.Leg {
	var legs []routing.Leg
	for _, l := range r {
		legs = append(legs, routing.Leg{
			ID: routing.EntryID(l.ID), Call: routing.CallID(l.Call), Contact: contacts.ID(l.Contact), Incoming: l.Incoming,
			Ask: routing.Ask(l.Ask), State: routing.LegState(l.State), Rank: routing.Priority(l.Rank), Language: l.Language, Say: l.Say, Tone: l.Tone, Pause: l.Pause,
			Voicemail: routing.WordsRef(l.Voicemail), Turn: l.Turn, Asked: l.Asked,
			At: l.At.time(), AnsweredAt: l.Answered.time(), HeardAt: l.Heard.time(), HeldAt: l.Held.time(), PushedAt: l.Pushed.time(),
			WaitsFrom: l.WaitsFrom.time(), JoinedAt: l.Joined.time(), Quiet: l.Quiet, ToldRounds: l.ToldRounds, Back: l.Back,
		})
	}
	return legs
}

type alertRecord struct {
	Contact    string `json:"contact"`
	Kind       string `json:"kind"`
	Channel    string `json:"channel"`
	Entry      string `json:"entry,omitempty"`
	Leg        string `json:"leg,omitempty"`
	TextFailed bool   `json:"text_failed,omitempty"`
	CallFailed bool   `json:"call_failed,omitempty"`
	At         millis `json:"at_unix_ms"`
	Step       int    `json:"step"`
	Run        int    `json:"run"`
	State      string `json:"state"`
	Declined   bool   `json:"declined,omitempty"`
	Lost       millis `json:"lost_unix_ms,omitempty"`
	Beside     bool   `json:"beside,omitempty"`
}

type deadlineRecord struct {
	Kind string `json:"kind"`
	At   millis `json:"at_unix_ms"`
}

func encodeCase(c *routing.Case) ([]byte, error) {
	r := caseRecord{
		Format: recordFormat, Code: string(c.Code), Person: string(c.Person), Channel: string(c.Channel), Via: c.Via.E164(),
		Arrived: toMillis(c.ArrivedAt), Opened: toMillis(c.OpenedAt), Heard: toMillis(c.HeardAt), Closed: toMillis(c.ClosedAt),
		Urgency: string(c.Urgency), Need: string(c.Need), Area: c.Area, NoCalls: c.NoCalls, Accented: c.Accented, Said: c.Said,
		State: string(c.State), Holder: string(c.Holder), Joined: c.Joined, Barred: c.Barred, Taken: toMillis(c.TakenAt), HolderHeard: toMillis(c.HolderHeardAt),
		AlertingSince: toMillis(c.AlertingSince), FirstAlert: toMillis(c.FirstAlertAt),
		PlanUrgency: string(c.Plan.Urgency), PlanNeed: string(c.Plan.Need),
		Step: c.Step, Run: c.Run, Rounds: c.Rounds, Unanswered: c.Unanswered,
		NobodySent: c.NobodySent, MatchedSent: c.MatchedSent,
		Legs: encodeLegs(c.Legs), Outcome: string(c.Outcome), BesideStep: c.BesideStep, AskedCall: toMillis(c.AskedCall), Talked: toMillis(c.TalkedAt), Voicemails: c.Voicemails,
	}
	for _, at := range c.Rings {
		r.Rings = append(r.Rings, toMillis(at))
	}
	for _, a := range c.Alerts {
		r.Alerts = append(r.Alerts, alertRecord{
			Contact: string(a.Contact), Kind: string(a.Kind), Channel: string(a.Channel), Entry: string(a.Entry),
			At: toMillis(a.At), Step: a.Step, Run: a.Run, State: string(a.State), Declined: a.Declined, Lost: toMillis(a.LostAt), Beside: a.Beside,
			Leg: string(a.Leg), TextFailed: a.TextFailed, CallFailed: a.CallFailed,
		})
	}
	for _, d := range c.Deadlines {
		r.Deadlines = append(r.Deadlines, deadlineRecord{string(d.Kind), toMillis(d.At)})
	}
	return json.Marshal(r)
}

func decodeCase(line contacts.LineID, id routing.CaseID, version int64, data []byte) (*routing.Case, error) {
	var r caseRecord
	if err := unmarshal(data, &r, &r.Format); err != nil {
		return nil, fmt.Errorf("case %s: %w", id, err)
	}
	via, err := phone.ParseE164(r.Via)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", id, err)
	}
	c := &routing.Case{
		ID: id, Line: line, Code: routing.Code(r.Code), Version: version, Person: phone.Key(r.Person), Channel: contacts.Channel(r.Channel), Via: via,
		ArrivedAt: r.Arrived.time(), OpenedAt: r.Opened.time(), HeardAt: r.Heard.time(), ClosedAt: r.Closed.time(),
		Urgency: triage.Urgency(r.Urgency), Need: triage.Need(r.Need), Area: r.Area, NoCalls: r.NoCalls, Accented: r.Accented, Said: r.Said,
		State: routing.CaseState(r.State), Holder: contacts.ID(r.Holder), Joined: r.Joined, Barred: r.Barred, TakenAt: r.Taken.time(), HolderHeardAt: r.HolderHeard.time(),
		AlertingSince: r.AlertingSince.time(), FirstAlertAt: r.FirstAlert.time(),
		Plan: routing.PolicyKey{Urgency: triage.Urgency(r.PlanUrgency), Need: triage.Need(r.PlanNeed)},
		Step: r.Step, Run: r.Run, Rounds: r.Rounds, Unanswered: r.Unanswered,
		NobodySent: r.NobodySent, MatchedSent: r.MatchedSent,
		Legs: decodeLegs(r.Legs), Outcome: routing.Outcome(r.Outcome), BesideStep: r.BesideStep, AskedCall: r.AskedCall.time(), TalkedAt: r.Talked.time(), Voicemails: r.Voicemails,
	}
	for _, at := range r.Rings {
		c.Rings = append(c.Rings, at.time())
	}
	for _, a := range r.Alerts {
		c.Alerts = append(c.Alerts, routing.Alert{
			Contact: contacts.ID(a.Contact), Kind: contacts.Kind(a.Kind), Channel: contacts.Channel(a.Channel), Entry: routing.EntryID(a.Entry),
			At: a.At.time(), Step: a.Step, Run: a.Run, State: routing.AlertState(a.State), Declined: a.Declined, LostAt: a.Lost.time(), Beside: a.Beside,
			Leg: routing.EntryID(a.Leg), TextFailed: a.TextFailed, CallFailed: a.CallFailed,
		})
	}
	for _, d := range r.Deadlines {
		c.Deadlines = append(c.Deadlines, routing.Deadline{Kind: routing.DeadlineKind(d.Kind), At: d.At.time()})
	}
	return c, nil
}

// personRecord is what is kept of a phone, sealed with the person's key.
type personRecord struct {
	Format       int    `json:"f"`
	Number       string `json:"number"`
	Hiding       bool   `json:"hiding,omitempty"`
	NoTexts      bool   `json:"no_texts,omitempty"`
	Muted        bool   `json:"muted,omitempty"`
	Unreachable  bool   `json:"unreachable,omitempty"`
	LastAutoText millis `json:"last_auto_text_unix_ms,omitempty"`
	Withheld     bool   `json:"withheld,omitempty"`
	MissedText   millis `json:"missed_text_unix_ms,omitempty"`
}

func encodePerson(p routing.Person) ([]byte, error) {
	return json.Marshal(personRecord{
		Format: recordFormat, Number: p.Number.E164(), Hiding: p.Hiding, NoTexts: p.NoTexts, Muted: p.Muted,
		Unreachable: p.Unreachable, LastAutoText: toMillis(p.LastAutoText), Withheld: p.Withheld, MissedText: toMillis(p.MissedTextAt),
	})
}

func decodePerson(key phone.Key, version int64, wrapped, data []byte) (routing.Person, error) {
	var r personRecord
	if err := unmarshal(data, &r, &r.Format); err != nil {
		return routing.Person{}, fmt.Errorf("person: %w", err)
	}
	number, err := phone.ParseE164(r.Number)
	if err != nil && (!r.Withheld || r.Number != "") {
		return routing.Person{}, fmt.Errorf("person: %w", err)
	}
	return routing.Person{
		Key: key, Version: version, Number: number, WrappedKey: wrapped,
		Hiding: r.Hiding, NoTexts: r.NoTexts, Muted: r.Muted, Unreachable: r.Unreachable, LastAutoText: r.LastAutoText.time(),
		Withheld: r.Withheld, MissedTextAt: r.MissedText.time(),
	}, nil
}

// sendRecord is an entry of the agenda.
type sendRecord struct {
	Format     int               `json:"f"`
	Case       string            `json:"case,omitempty"`
	Contact    string            `json:"contact,omitempty"`
	Person     string            `json:"person,omitempty"`
	Via        string            `json:"via"`
	Purpose    string            `json:"purpose"`
	Text       string            `json:"text,omitempty"`
	Values     map[string]string `json:"values,omitempty"`
	Words      string            `json:"words,omitempty"`
	Language   string            `json:"language,omitempty"`
	Accented   bool              `json:"accented,omitempty"`
	Priority   int               `json:"priority"`
	At         millis            `json:"at_unix_ms"`
	NotAfter   millis            `json:"not_after_unix_ms,omitempty"`
	ValidityMS int64             `json:"validity_ms"`
	Rank       int               `json:"rank,omitempty"`
	Leg        string            `json:"leg,omitempty"`
	Call       string            `json:"call,omitempty"`
	Turn       int               `json:"turn,omitempty"`
	RingMS     int64             `json:"ring_ms,omitempty"`
	Recording  string            `json:"recording,omitempty"`
}

func encodeSend(s routing.Send) ([]byte, error) {
	return json.Marshal(sendRecord{
		Format: recordFormat, Case: string(s.Case), Contact: string(s.Contact), Person: string(s.Person), Via: s.Via.E164(),
		Purpose: string(s.Purpose), Text: string(s.Text), Values: s.Values, Words: string(s.Words),
		Language: string(s.Language), Accented: s.Accented, Priority: int(s.Priority),
		At: toMillis(s.At), NotAfter: toMillis(s.NotAfter), ValidityMS: s.Validity.Milliseconds(),
		Rank: int(s.Rank), Leg: string(s.Leg), Call: string(s.Call), Turn: s.Turn, RingMS: s.Ring.Milliseconds(), Recording: s.Recording,
	})
}

func decodeSend(id routing.EntryID, data []byte) (routing.Send, error) {
	var r sendRecord
	if err := unmarshal(data, &r, &r.Format); err != nil {
		return routing.Send{}, fmt.Errorf("entry %s: %w", id, err)
	}
	via, err := phone.ParseE164(r.Via)
	if err != nil {
		return routing.Send{}, fmt.Errorf("entry %s: %w", id, err)
	}
	return routing.Send{
		ID: id, Case: routing.CaseID(r.Case), Contact: contacts.ID(r.Contact), Person: phone.Key(r.Person), Via: via,
		Purpose: routing.Purpose(r.Purpose), Text: texts.Key(r.Text), Values: r.Values, Words: routing.WordsRef(r.Words),
		Language: texts.Language(r.Language), Accented: r.Accented, Priority: routing.Priority(r.Priority),
		At: r.At.time(), NotAfter: r.NotAfter.time(), Validity: time.Duration(r.ValidityMS) * time.Millisecond,
		Rank: routing.Priority(r.Rank), Leg: routing.EntryID(r.Leg), Call: routing.CallID(r.Call), Turn: r.Turn,
		Ring: time.Duration(r.RingMS) * time.Millisecond, Recording: r.Recording,
	}, nil
}

// unmarshal reads a record of a format this program knows. Its errors hold nothing of the record.
func unmarshal(data []byte, into any, format *int) error {
	if err := json.Unmarshal(data, into); err != nil {
		return errBadRecord
	}
	if *format != recordFormat {
		return fmt.Errorf("%w: format %d, this program knows %d", errBadRecord, *format, recordFormat)
	}
	return nil
}
