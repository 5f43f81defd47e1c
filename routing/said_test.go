package routing_test

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/texts"
)

// strangers are the texts that somebody who has not taken a case may get, and all that may stand in them.
func strangers() map[texts.Key]*regexp.Regexp {
	const code = `[A-Z0-9]{2,6}`
	one := func(rest string) *regexp.Regexp { return regexp.MustCompile(`^PT ` + code + rest + `$`) }
	all := func(whole string) *regexp.Regexp { return regexp.MustCompile(`^` + whole + `$`) }
	return map[texts.Key]*regexp.Regexp{
		texts.Alert:        one(`: (khan|can tra loi)\. Tra loi 1 nhan, 0 tu choi\. Nhieu ca cho: 1 ` + code + `\.`),
		texts.AlertDanger:  one(`: NGUY HIEM\. Tra loi 1 nhan, 0 tu choi\.`),
		texts.BroughtIn:    one(`: (NGUY HIEM|khan|can tra loi)\. Nguoi dang giup moi ban cung tham gia\. Tra loi 1 nhan, 0 tu choi\.`),
		texts.Remind:       one(` chua co nguoi nhan\. Tra loi 1 nhan, 0 tu choi\.`),
		texts.AlreadyTaken: one(` da co nguoi nhan\. Cam on ban\.`),
		texts.Declined:     one(`(, ` + code + `)*: da ghi nhan, dang bao nguoi khac\.`),
		texts.Unanswered:   one(`: [1-9][0-9]* phut chua co nguoi nhan\. Xin xem bang truc\.`),
		texts.LostCase:     one(` da chuyen\. Ban khong con nhan tin cua ca nay\.`),
		texts.Closed:       one(` da dong\. Xin xoa cac tin cua ca nay trong may ban\.`),
		texts.WhichCase:    all(`Ban dang giu ` + code + `(, ` + code + `)*\. Nhan lai kem ma, vi du: ` + code + ` noi dung\.`),
		texts.BadCmd:       all(`Chua ro\. 1 nhan, 0 tu choi, XONG dong ca, NGHI nghi truc, TRUC truc lai, TRO GIUP xem huong dan\.`),
		texts.Help:         all(`1 nhan, 0 tu choi hoac tra ca, XONG dong ca, .* Nhieu ca: kem ma\.`),
		texts.DutyOff:      all(`Ban da nghi truc\. Truc lai: TRUC\.`),
		texts.DutyOn:       all(`Ban dang truc toi \d\d:\d\d \d\d/\d\d\. Nghi: NGHI\.`),
		texts.KindEmpty:    all(`PT: khong con [a-z ]+ nao truc\. Xin xem bang truc\.`),
	}
}

// toContact: nothing about the person before the case is taken, and nothing at all to who is kept apart
// or lost the case because the person asked for somebody else.
func (k *checker) toContact(p routingtest.Played, s routing.Send) {
	sender, _ := author(p)
	c := after(p, s.Case)
	switch {
	case s.Case == "" && s.Contact != sender.ID && s.Text != texts.KindEmpty:
		k.t.Fatalf("message %s (%s) to %s belongs to no case and answers nothing", s.ID, s.Text, s.Contact)
	case s.Case != "" && p.World.Line.Directory.MayHold(s.Contact, c.Person) != contacts.Allowed:
		k.t.Fatalf("message %s (%s) to %s, who is kept apart from the person", s.ID, s.Text, s.Contact)
	case s.Purpose == routing.PurposeAlert && p.World.Line.Directory.MayBeTold(s.Contact, c.Person) != contacts.Allowed:
		k.t.Fatalf("%s was alerted, who may not be told", s.Contact)
	case k.barred[alertKey{s.Case, s.Contact}] && (s.Text != texts.LostCase || p.Decision.Reason != routing.ReasonSomebodyElse):
		k.t.Fatalf("message %s (%s) to %s, whom the person of case %s did not want", s.ID, s.Text, s.Contact, c.Code)
	}
	body := k.ward.Body(s)
	if strings.Contains(body, "900000") {
		k.t.Fatalf("%s gets a number: %q", s.Contact, body)
	}
	if c != nil && slices.Contains(c.Helpers(), s.Contact) {
		return
	}
	allowed := strangers()[s.Text]
	if allowed == nil || !allowed.MatchString(body) || s.Words != "" || strings.Contains(body, marker) {
		k.t.Fatalf("%s, who has not taken the case, gets %s (%s): %q", s.Contact, s.Text, s.Purpose, body)
	}
}

// toPerson: a helper's words come from a helper of this very case; what the program says itself is true
// and empty.
func (k *checker) toPerson(p routingtest.Played, s routing.Send) {
	c := after(p, s.Case)
	if s.Purpose == routing.PurposeRelayToPerson {
		k.relayed(p, c)
		return
	}
	if s.Purpose != routing.PurposeAutomatic || s.Words != "" || len(s.Values) != 0 {
		k.t.Fatalf("message %s to a person is %s with %d values", s.ID, s.Purpose, len(s.Values))
	}
	e, _ := p.Event.(routing.Text)
	key := s.Text
	switch key {
	case texts.StopOK:
		if p.Decision.Reason != routing.ReasonMuted || e.Key != s.Person {
			k.t.Fatalf("stop_ok after %s", p.Decision.Reason)
		}
		return
	case texts.FirstReplyK, texts.ChoiceAckK:
		if last, ok := k.auto[s.Person]; ok && p.World.Now.Sub(last) < 10*time.Minute {
			k.t.Fatalf("two automatic texts to one phone within %v", p.World.Now.Sub(last))
		}
		k.auto[s.Person] = p.World.Now
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

// relayed: words go to the person of the case they are for, and only from a helper of it.
func (k *checker) relayed(p routingtest.Played, c *routing.Case) {
	e, _ := p.Event.(routing.Text)
	sender, cmd := author(p)
	if sender.ID == "" || !slices.Contains(c.Helpers(), sender.ID) {
		k.t.Fatalf("words of %q go to the person of case %s, in which %v help", sender.ID, c.Code, c.Helpers())
	}
	if cmd.Verb != routing.VerbNone {
		k.t.Fatalf("the command %s goes to the person of case %s", cmd.Verb, c.Code)
	}
	held := 0
	for _, mine := range p.State.Cases {
		allowed := p.World.Line.Directory.MayHold(sender.ID, mine.Person) == contacts.Allowed
		if mine.Open() && allowed && slices.Contains(mine.Helpers(), sender.ID) {
			held++
		}
	}
	words := strings.Fields(strings.ToUpper(e.Body.Reveal()))
	begins := func(code routing.Code) bool { return strings.Trim(words[0], ":,.") == string(code) }
	ends := func(code routing.Code) bool { return strings.Trim(words[len(words)-1], ":,.") == string(code) }
	if held > 1 && !begins(c.Code) && !ends(c.Code) {
		k.t.Fatalf("words without a code went to the person of case %s, one of %d", c.Code, held)
	}
	for _, mine := range p.State.Cases {
		forgotten := !mine.Open() && p.World.Now.Sub(mine.ClosedAt) > 24*time.Hour
		if mine.ID != c.ID && !forgotten && begins(mine.Code) {
			k.t.Fatalf("words for case %s went to the person of case %s", mine.Code, c.Code)
		}
	}
}

// cannotReach: helpers are told when a person stops all texts, and when words of theirs do not arrive.
func (k *checker) cannotReach(p routingtest.Played) {
	var c *routing.Case
	switch e := p.Event.(type) {
	case routing.Text:
		if p.Decision.Reason == routing.ReasonMuted && p.State.Own != nil {
			c = after(p, p.State.Own.ID)
		}
	case routing.SendFinished:
		if e.Send.Purpose == routing.PurposeRelayToPerson && e.Result != routing.SendAccepted {
			c = after(p, e.Send.Case)
		}
	}
	if c == nil || !c.Open() {
		return
	}
	for _, id := range c.Helpers() {
		told := slices.ContainsFunc(p.Decision.Sends, func(s routing.Send) bool { return s.Contact == id && s.Text == texts.CannotReach })
		if allowed := p.World.Line.Directory.MayHold(id, c.Person) == contacts.Allowed; told != allowed {
			k.t.Fatalf("%s, who helps in case %s, was told that words do not arrive = %v, want %v", id, c.Code, told, allowed)
		}
	}
}

// after is a case as a decision leaves it; nil for none.
func after(p routingtest.Played, id routing.CaseID) *routing.Case {
	for _, ch := range p.Decision.Cases {
		if ch.After.ID == id {
			return ch.After
		}
	}
	for _, c := range append(slices.Clone(p.State.Cases), p.State.Own, p.State.Coded) {
		if c != nil && c.ID == id {
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
	case k.barred[alertKey{m.Case, m.Contact}] && m.Text != texts.LostCase:
		k.t.Fatalf("%s (%s) went to %s, whom the person did not want", m.ID, m.Text, m.Contact)
	case m.Purpose == routing.PurposeAlert && (!c.Open() || k.open[alertKey{c.ID, m.Contact}] != 1):
		k.t.Fatalf("an alert of %s case %s went to %s", c.State, c.Code, m.Contact)
	case m.Purpose == routing.PurposeRelayToHelper && (!slices.Contains(c.Helpers(), m.Contact) || !c.Open()):
		k.t.Fatalf("words of the person of case %s went to %s; %v help", c.Code, m.Contact, c.Helpers())
	case m.Person != "" && k.stopped[m.Person] && m.Text != texts.StopOK:
		k.t.Fatalf("%s (%s) went to a phone that asked for nothing more", m.Text, m.Purpose)
	}
	if m.Purpose == routing.PurposeAutomatic {
		k.automatic(m, c)
	}
}

func (k *checker) automatic(m *routingtest.Message, c *routing.Case) {
	switch late := m.Taken.Sub(k.heard[m.Person]); {
	case k.muted[m.Person]:
		k.t.Fatalf("%s went to a person who hides or asked not to be written to", m.Text)
	case m.Text == texts.NobodyK && c.State != routing.Alerting:
		k.t.Fatalf("the person of %s case %s is told that nobody is there", c.State, c.Code)
	case (m.Text == texts.MatchedK || m.Text == texts.DangerAckK) && c.State != routing.Claimed:
		k.t.Fatalf("the person of %s case %s is told that somebody is there", c.State, c.Code)
	case m.Text != texts.NobodyK && late > time.Minute:
		k.t.Fatalf("%s went out %v after the person's own last text", m.Text, late)
	}
}
