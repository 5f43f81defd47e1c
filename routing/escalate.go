package routing

import (
	"slices"
	"strconv"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
	"github.com/tincay/hotline/routing/triage"
)

// Pauses between rounds (contract §4).
const (
	dangerPause = time.Minute
	maxPause    = 15 * time.Minute
)

// remindFrom is the least wait of a step at half of which its contacts are reminded (messages.md, remind).
const remindFrom = 2 * time.Minute

// startRound runs the policy from its first step. Who declined in the round before is asked again, but
// for who has just given the case back; without is empty if nobody has.
func (d *decider) startRound(c *Case, without contacts.ID) {
	d.endAlerts(c, AlertNoAnswer)
	for i := range c.Alerts {
		c.Alerts[i].Declined, c.Alerts[i].Beside = c.Alerts[i].Contact == without, false
	}
	d.runStep(c, 0)
}

// runStep runs the first step from index i on that has somebody to alert; with none left, the round is
// over. Steps come from the policy as it is now: a step that runs keeps its wait when the line file
// changes, the next one is the new policy's.
func (d *decider) runStep(c *Case, i int) {
	c.clearDeadline(StepEnds, Remind, RoundStarts)
	plan := d.world.Line.Policy.key(c.Urgency, c.Need)
	if plan != c.Plan {
		// What the person needs has become known: the steps for that have not been run yet.
		c.Plan, i = plan, 0
	}
	steps := d.world.Line.Policy.Steps[plan]
	for ; i < len(steps); i++ {
		c.Step, c.Run = i, c.Run+1
		ids := d.candidates(c, steps[i])
		if len(ids) == 0 {
			d.note(c, NoteStepEmpty, func(n *Note) { n.Step = i + 1 })
			continue
		}
		c.setDeadline(StepEnds, d.world.Now.Add(steps[i].Wait))
		if steps[i].Wait >= remindFrom {
			c.setDeadline(Remind, d.world.Now.Add(steps[i].Wait/2))
		}
		d.note(c, NoteStep, func(n *Note) { n.Step = i + 1 })
		d.alertNext(c, steps[i], ids)
		return
	}
	d.endRound(c)
}

// remind asks those of the running step once more who have not answered.
func (d *decider) remind(c *Case) {
	for _, a := range c.Alerts {
		if a.State == AlertOut {
			d.tell(c, a.Contact, texts.Remind)
		}
	}
}

// endStep counts those who have not answered and goes on to the next step.
func (d *decider) endStep(c *Case) {
	d.endAlerts(c, AlertNoAnswer)
	d.runStep(c, c.Step+1)
}

// candidates are the contacts a step may alert: of its kinds, on call at this moment, allowed to know,
// within reach, and not having declined in this round. The order is the step's kinds, then the line
// file's; with AtOnce, nearest by area first, then least recently woken.
func (d *decider) candidates(c *Case, s Step) []contacts.ID {
	onCall := d.onCall()
	var found []contacts.Contact
	for _, kind := range s.Notify {
		for _, contact := range d.world.Line.Directory.All() {
			if contact.Kind == kind && onCall(contact.ID) && d.mayAlert(c, contact) {
				found = append(found, contact)
			}
		}
	}
	if s.AtOnce > 0 {
		slices.SortStableFunc(found, func(a, b contacts.Contact) int {
			if near := distance(c, a) - distance(c, b); near != 0 {
				return near
			}
			return d.world.Woken[a.ID].Compare(d.world.Woken[b.ID])
		})
	}
	ids := make([]contacts.ID, len(found))
	for i, contact := range found {
		ids[i] = contact.ID
	}
	return ids
}

// distance is 0 for a contact in the area the person named, else 1.
func distance(c *Case, contact contacts.Contact) int {
	if c.Area != "" && contact.Area == c.Area {
		return 0
	}
	return 1
}

// mayAlert says whether a contact may be asked to take a case now.
func (d *decider) mayAlert(c *Case, contact contacts.Contact) bool {
	if !d.mayHear(c, contact.ID) || !d.world.Line.Reaches(contact) || c.helps(contact.ID) {
		return false
	}
	a := c.alert(contact.ID)
	return a == nil || !a.Declined
}

// alertNext alerts as many of ids as the step allows at once.
func (d *decider) alertNext(c *Case, s Step, ids []contacts.ID) {
	for _, id := range ids {
		if s.AtOnce > 0 && c.outstanding(s.Notify...) >= s.AtOnce {
			return
		}
		d.alertContact(c, id, alertText(c))
	}
}

// alertText is the text that asks a contact to take a case.
func alertText(c *Case) texts.Key {
	if c.Urgency == triage.ImmediateDanger {
		return texts.AlertDanger
	}
	return texts.Alert
}

// alertContact asks one contact to take the case, or to join whoever has it: tag, code, how urgent, how
// to answer, nothing else. The alert lives as long as its step.
func (d *decider) alertContact(c *Case, id contacts.ID, key texts.Key) {
	values := d.caseValues(c)
	s := d.toContact(c, id, PurposeAlert, key, values)
	if key != texts.AlertDanger { // which says it itself
		values["muc"] = texts.Urgency(s.Language, s.Accented, string(c.Urgency))
	}
	for _, due := range c.Deadlines {
		if due.Kind == StepEnds || due.Kind == RoundStarts || due.Kind == BesideEnds {
			s.NotAfter, s.Validity = due.At, due.At.Sub(d.world.Now)
		}
	}
	entry := s.ID
	leg := d.ring(c, id, AskTake)
	channel := contacts.SMS
	if contact, _ := d.world.Line.Directory.Contact(id); leg != "" && (entry == "" || contact.Channels[0] == contacts.Voice) {
		channel = contacts.Voice
	}
	a := c.alert(id)
	if a == nil {
		c.Alerts = append(c.Alerts, Alert{Contact: id})
		a = &c.Alerts[len(c.Alerts)-1]
	}
	*a = Alert{
		Contact: id, Kind: d.kindOf(id), Channel: channel, Entry: entry, Leg: leg, At: d.world.Now,
		Step: c.Step, Run: c.Run, State: AlertOut, Beside: c.State == Claimed,
	}
	d.note(c, NoteAlerted, func(n *Note) {
		n.Contact, n.Role, n.Channel, n.Step = id, a.Kind, a.Channel, c.Step+1
	})
}

// outstanding counts the alerts that are not answered yet: those to contacts of some kinds, or all if none
// is given. Who was asked besides what the step names takes nobody's place in it.
func (c *Case) outstanding(kinds ...contacts.Kind) int {
	n := 0
	for _, a := range c.Alerts {
		if a.State == AlertOut && (len(kinds) == 0 || slices.Contains(kinds, a.Kind)) {
			n++
		}
	}
	return n
}

// refill replaces those of the running step who declined or cannot be reached: by the next the step
// names who has not been tried in it or, when nobody is left to answer, by the next step at once.
func (d *decider) refill(c *Case) {
	if !slices.ContainsFunc(c.Deadlines, func(due Deadline) bool { return due.Kind == StepEnds }) {
		return // asked beside a holder, or while a round pauses: no step waits for them
	}
	steps := d.world.Line.Policy.Steps[c.Plan] // those of the running step
	if c.Step < len(steps) {
		untried := slices.DeleteFunc(d.candidates(c, steps[c.Step]), func(id contacts.ID) bool {
			a := c.alert(id)
			return a != nil && a.Run == c.Run
		})
		d.alertNext(c, steps[c.Step], untried)
	}
	if c.outstanding() == 0 {
		d.runStep(c, c.Step+1)
	}
}

// endAlerts makes every outstanding alert final.
func (d *decider) endAlerts(c *Case, state AlertState) {
	for i := range c.Alerts {
		if c.Alerts[i].State == AlertOut {
			d.endAlert(c, &c.Alerts[i], state)
		}
	}
}

// endAlert makes one outstanding alert final; each alert counts once, here.
func (d *decider) endAlert(c *Case, a *Alert, state AlertState) {
	a.State = state
	d.note(c, NoteAlertOver, func(n *Note) {
		n.Contact, n.Role, n.Channel, n.Result, n.Step = a.Contact, a.Kind, a.Channel, state, a.Step+1
	})
}

// endRound pauses before the policy starts over: a minute in danger, else as many minutes as rounds so
// far, at most fifteen. From the first full round the case is unanswered: every supervisor who may be
// told is told, on call or not, and the person is told once that waiting is no use.
func (d *decider) endRound(c *Case) {
	c.Rounds++
	pause := min(time.Duration(c.Rounds)*time.Minute, maxPause)
	if c.Urgency == triage.ImmediateDanger {
		pause = dangerPause
	}
	c.setDeadline(RoundStarts, d.world.Now.Add(pause))
	d.note(c, NoteRoundOver, nil)
	if c.Unanswered {
		return
	}
	c.Unanswered = true
	d.note(c, NoteUnanswered, nil)
	for _, contact := range d.world.Line.Directory.All() {
		if contact.Kind == contacts.Supervisor && d.world.Line.Reaches(contact) && d.mayHear(c, contact.ID) && !c.helps(contact.ID) {
			d.tellUnanswered(c, contact.ID)
		}
	}
	d.automatic(c, texts.NobodyK)
}

// tellUnanswered tells a supervisor that nobody has taken a case; they may take it themselves.
func (d *decider) tellUnanswered(c *Case, id contacts.ID) {
	minutes := max(1, int(d.world.Now.Sub(c.AlertingSince).Round(time.Minute)/time.Minute))
	s := d.tell(c, id, texts.Unanswered)
	if s.Values != nil {
		s.Values["phut"] = strconv.Itoa(minutes)
	}
	told := Alert{
		Contact: id, Kind: contacts.Supervisor, Channel: contacts.SMS, Entry: s.ID, At: d.world.Now,
		Step: -1, State: AlertTold,
	}
	if s.ID == "" { // takes no texts
		told.Channel, told.Leg = contacts.Voice, d.ring(c, id, AskTake)
	}
	switch a := c.alert(id); {
	case a == nil:
		c.Alerts = append(c.Alerts, told)
	case a.At.Before(c.AlertingSince): // asked before it was taken the last time
		told.Declined = a.Declined
		*a = told
	}
}

// listenForHolder gives the holder, just heard from, the time of after_claim to be heard from again.
func (d *decider) listenForHolder(c *Case) {
	c.clearDeadline(StepEnds, Remind, RoundStarts, AskHolder, TakeBack) // not BesideEnds: that step runs beside
	c.setDeadline(AskHolder, d.world.Now.Add(d.afterClaim(c)))
}

// hurryHolder shortens the silence a holder is allowed, after the case has become graver.
func (d *decider) hurryHolder(c *Case) {
	at := d.world.Now.Add(d.afterClaim(c))
	sooner := func(due Deadline) bool { return due.Kind != BesideEnds && due.At.Before(at) }
	if !slices.ContainsFunc(c.Deadlines, sooner) {
		c.clearDeadline(AskHolder)
		c.setDeadline(AskHolder, at)
	}
}

// dropHolder takes a case from helpers who may no longer have it, because the line file now keeps them
// apart from the person or has dropped them. Nothing is said to them: it would show that there is a case.
// It reports whether the holder was among them.
func (d *decider) dropHolder(c *Case) bool {
	d.dropJoined(c)
	if c.Holder == "" || !c.Open() || d.world.Line.Directory.MayHold(c.Holder, c.Person) == contacts.Allowed {
		return false
	}
	d.lost(c, c.Holder)
	d.note(c, NoteGivenBack, d.by(c.Holder))
	d.withoutHolder(c, "")
	return true
}

// dropJoined is dropHolder for who joined besides.
func (d *decider) dropJoined(c *Case) {
	c.Joined = slices.DeleteFunc(c.Joined, func(id contacts.ID) bool {
		mayNot := d.world.Line.Directory.MayHold(id, c.Person) != contacts.Allowed
		if mayNot {
			d.lost(c, id)
		}
		return mayNot
	})
}

// lost notes when a helper ceased to be one, because what they write for a day after is still read as
// being about the case.
func (d *decider) lost(c *Case, id contacts.ID) *Alert {
	a := c.alert(id)
	if a == nil {
		c.Alerts = append(c.Alerts, Alert{Contact: id, Kind: d.kindOf(id), Channel: contacts.SMS, At: d.world.Now, State: AlertTaken})
		a = &c.Alerts[len(c.Alerts)-1]
	}
	a.LostAt = d.world.Now
	d.stopOf(c, id, "")
	return a
}

// lineChanged takes a case from helpers whom the new line file keeps apart from the person.
func (d *decider) lineChanged(e LineChanged) {
	d.out.Reason = ReasonNothingToDo
	c := d.find(e.Case)
	if c == nil || !c.Open() || !slices.ContainsFunc(c.Helpers(), func(id contacts.ID) bool {
		return d.world.Line.Directory.MayHold(id, c.Person) != contacts.Allowed
	}) {
		return
	}
	d.out.Reason = ReasonTakenBack
	d.dropHolder(d.edit(c))
}

// withoutHolder goes on with a case whose holder is out of it: who joined first takes their place, or the
// case is alerted again; see startRound for without.
func (d *decider) withoutHolder(c *Case, without contacts.ID) {
	c.Holder = ""
	d.dropJoined(c)
	switch {
	case c.State != Claimed: // being alerted already
	case len(c.Joined) > 0:
		c.Holder, c.Joined = c.Joined[0], c.Joined[1:]
		d.listenForHolder(c)
	default:
		d.alertAgain(c, without)
	}
}

func (d *decider) afterClaim(c *Case) time.Duration {
	if t := d.world.Line.Policy.AfterClaim[c.Urgency]; t > 0 {
		return t
	}
	return defaultAfterClaim(c.Urgency)
}

// askHolder asks a silent holder once whether they are still on it.
func (d *decider) askHolder(c *Case) {
	if l := c.leg(func(l *Leg) bool { return l.Contact == c.Holder && l.State == LegJoined }); l != nil {
		c.setDeadline(AskHolder, d.world.Now.Add(d.afterClaim(c))) // they are talking with the person right now
		return
	}
	if holder, _ := d.world.Line.Directory.Contact(c.Holder); !holder.Reachable(contacts.SMS) {
		d.ring(c, c.Holder, AskStillOn)
	}
	d.tell(c, c.Holder, texts.AskWord)
	d.note(c, NoteHolderAsked, d.by(c.Holder))
	c.setDeadline(TakeBack, d.world.Now.Add(d.afterClaim(c)))
}

// takeBack alerts a case again whose holder stayed silent. It stays open to them.
func (d *decider) takeBack(c *Case) {
	d.tell(c, c.Holder, texts.GoneBack)
	d.note(c, NoteTakenBack, d.by(c.Holder))
	d.alertAgain(c, "")
}

// alertAgain sends a case that was taken back into alerting; see startRound for without.
func (d *decider) alertAgain(c *Case, without contacts.ID) {
	c.State, c.AlertingSince, c.Unanswered, c.Rounds = Alerting, d.world.Now, false, 0
	c.clearDeadline(AskHolder, TakeBack, BesideEnds, RingOthers)
	c.BesideStep = 0
	d.startRound(c, without)
}
