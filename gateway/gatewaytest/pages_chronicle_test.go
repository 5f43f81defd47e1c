package gatewaytest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/gateway/gatewaytest"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/ops/supervisor"
	"github.com/tincay/hotline/routing"
)

// chronicle tells what happened in the busy ward, in a bubble, with the test's own clock.
type chronicle struct {
	t      *testing.T
	w      *gatewaytest.World
	reader *supervisor.Reader
	random *rand.Rand
	people int
	cases  []routing.CaseID // closed ones, oldest first
}

// somebody is a phone that has not written before.
func (c *chronicle) somebody() string {
	c.people++
	return fmt.Sprintf("+8493520%04d", c.people)
}

// newest is the open case that came last.
func (c *chronicle) newest() *routing.Case {
	c.t.Helper()
	time.Sleep(time.Second)
	synctest.Wait()
	open, err := c.reader.OpenCases(context.Background(), busyLine)
	if err != nil || len(open) == 0 {
		c.t.Fatalf("OpenCases() = %v, %v, want some", open, err)
	}
	last := open[0]
	for _, o := range open {
		if o.ArrivedAt.After(last.ArrivedAt) {
			last = o
		}
	}
	return last
}

// text lets a phone write; afterwards everything it leads to has happened.
func (c *chronicle) text(from, body string) {
	c.t.Helper()
	c.w.Text(from, body)
	time.Sleep(time.Second)
	synctest.Wait()
}

// asked is the phone of somebody who is asked about the case and has not answered; empty if nobody is.
func (c *chronicle) asked(of *routing.Case) string {
	c.t.Helper()
	cases, err := c.reader.Cases(context.Background(), busyLine, of.ID)
	if err != nil || len(cases) != 1 {
		c.t.Fatalf("Cases() = %v, %v, want one", cases, err)
	}
	for _, a := range cases[0].Alerts {
		if a.State == routing.AlertOut {
			return map[contacts.ID]string{
				"lan": gatewaytest.Lan, "hoa": gatewaytest.Hoa, "ca-phuong": gatewaytest.Police, "tram-y-te": clinic, "van-phong": gatewaytest.Office,
			}[a.Contact]
		}
	}
	return ""
}

// taken has somebody who is asked take the case.
func (c *chronicle) taken(of *routing.Case) (by string) {
	c.t.Helper()
	if by = c.asked(of); by == "" {
		c.t.Fatalf("nobody is asked about case %s", of.Code)
	}
	c.text(by, "1 "+string(of.Code))
	return by
}

// wrote has somebody write; it returns their case.
func (c *chronicle) wrote(words ...string) *routing.Case {
	c.t.Helper()
	c.w.Text(c.somebody(), words[c.random.IntN(len(words))])
	return c.newest()
}

// What people write, by how urgent it is.
const (
	inDanger = "Chồng em cầm dao đang đập cửa, cứu em với, tổ 1"
	injured  = "bị đánh chảy máu đầu, cần bác sĩ, em ở tổ 1"
	beaten   = "chồng em hay đánh em, em ở tổ 1"
	afraid   = "em sợ quá, anh ấy dọa đánh, nhà ở đông nam"
	talks    = "em muốn nói chuyện với ai đó"
	asks     = "cho em hỏi địa chỉ tin cậy ở đâu ạ"
	papers   = "anh ta lấy hết tiền với giấy tờ của em"
)

// past is one case of the past weeks, from beginning to end.
func (c *chronicle) past() {
	c.t.Helper()
	var done *routing.Case
	closes := gatewaytest.Office
	switch n := c.random.IntN(20); {
	case n < 16:
		done = c.wrote(inDanger, injured, beaten, afraid, talks, asks, papers)
		time.Sleep(time.Duration(5+c.random.IntN(80)) * time.Second)
		for c.asked(done) == "" { // between two rounds
			time.Sleep(10 * time.Second)
		}
		closes = c.taken(done)
	case n == 16: // a full round, and nobody
		done = c.wrote(inDanger, injured, beaten)
		time.Sleep(5 * time.Minute)
	case n == 17: // hangs up before anybody is there
		call := c.w.Dial(c.somebody())
		done = c.newest()
		time.Sleep(time.Duration(5+c.random.IntN(30)) * time.Second)
		call.HangUp()
	default:
		call := c.w.Dial(c.somebody())
		done = c.newest()
		rings := c.w.Carrier.Phone(gatewaytest.Hoa).Ringing()
		if len(rings) != 1 {
			c.t.Fatalf("%d calls ring at a contact's phone, want one", len(rings))
		}
		ring := rings[0]
		c.w.Hears(call, greeting)
		c.w.Press(call, "4")
		c.w.Answer(ring)
		c.w.Hears(ring, asksLan)
		c.w.Press(ring, "1")
		c.w.Talk(call, gatewaytest.Hoa)
		time.Sleep(4 * time.Minute)
		call.HangUp()
		closes = gatewaytest.Hoa
	}
	time.Sleep(time.Duration(60+c.random.IntN(400)) * time.Second)
	c.text(closes, "XONG "+string(done.Code))
	c.cases = append(c.cases, done.ID)
	if len(c.cases)%8 != 0 {
		return
	}
	// What a contact was asked about is forgotten a day later, when they write again.
	for _, contact := range []string{gatewaytest.Lan, gatewaytest.Hoa, gatewaytest.Police, clinic, gatewaytest.Office} {
		c.text(contact, "?")
	}
}

// audited records what the desk did in these weeks.
func (c *chronicle) audited(log *audit.Log) {
	c.t.Helper()
	for n, id := range c.cases {
		e := audit.Entry{Actor: "mai", Line: string(busyLine), Case: string(id)}
		switch n % 5 {
		case 0:
			e.Action, e.Reason = audit.RevealWords, contacts.Conceal("chỉ đường cho công an phường tới nhà, người gọi không nói rõ địa chỉ")
		case 1:
			e.Action, e.Detail = audit.Order, "alert"
		case 2:
			e.Actor, e.Action = "quoc.binh", audit.Note
		case 3:
			e.Action, e.Detail, e.Case = audit.Export, "response_times/week 2026-10-01 2026-10-31", ""
		default:
			e = audit.Entry{Actor: "quoc.binh", Action: audit.SignInRefused, Detail: "code"}
		}
		if err := log.Record(context.Background(), e); err != nil {
			c.t.Fatalf("Record(%+v) = %v", e, err)
		}
	}
}

// tonight is the last hour.
func (c *chronicle) tonight(now time.Time) {
	c.t.Helper()
	// Who holds a case and is silent for long loses it again: after two hours those who asked for something, after half
	// an hour those who are pressed.
	for range 11 {
		c.taken(c.wrote(asks))
	}
	time.Sleep(time.Until(now.Add(-17 * time.Minute)))
	for range 9 {
		c.taken(c.wrote(beaten, afraid, talks))
	}
	c.text(gatewaytest.Hoa, "NGHI")
	time.Sleep(time.Until(now.Add(-9 * time.Minute)))
	c.wrote(inDanger)
	c.wrote(afraid)
	c.text(gatewaytest.Hoa, "TRUC")
	time.Sleep(time.Until(now.Add(-6 * time.Minute)))
	c.long()
	time.Sleep(time.Until(now.Add(-100 * time.Second)))
	c.wrote(asks)
	time.Sleep(time.Until(now.Add(-50 * time.Second)))
	c.wrote(beaten)
	time.Sleep(time.Until(now.Add(-12 * time.Second)))
	call := c.w.Dial(c.somebody())
	c.w.Hears(call, greeting)
	c.w.Press(call, "4")
	time.Sleep(time.Until(now))
	synctest.Wait()
}

// long is a case in which much has happened.
func (c *chronicle) long() {
	c.t.Helper()
	person := c.somebody()
	c.w.Text(person, injured)
	of := c.newest()
	c.text(gatewaytest.Lan, "0 "+string(of.Code))
	time.Sleep(65 * time.Second)
	c.text(person, "cứu em với")
	helper := c.taken(of)
	code := string(of.Code) + " "
	for n := range 7 {
		c.text(helper, code+[]string{"Em đang ở đâu?", "Có khóa cửa được không?"}[n%2])
		c.text(person, strings.Repeat("em đang trốn trong bếp, ", n)+"anh ấy còn ở ngoài sân")
		time.Sleep(20 * time.Second)
	}
	c.text(helper, "THEM CA "+string(of.Code))
	c.text(gatewaytest.Police, "1 "+string(of.Code))
	c.text(gatewaytest.Police, code+"Công an đang tới, em đừng mở cửa")
	c.text(person, "dạ")
	c.text(gatewaytest.Police, code+"Tới nơi rồi")
}
