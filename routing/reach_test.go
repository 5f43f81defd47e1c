package routing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/routingtest"
	"github.com/tincay/hotline/routing/triage"
)

// TestReach_OneWillingContactIsEnough: whatever the policy and whatever everybody else does, a contact
// whom some step names without a limit has the case within the sum of the waits.
func TestReach_OneWillingContactIsEnough(t *testing.T) {
	t.Parallel()
	kinds := []contacts.Kind{contacts.TrustedAddress, contacts.HealthStation, contacts.Police, contacts.Supervisor}
	waits := []time.Duration{10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute}
	rapid.Check(t, func(t *rapid.T) {
		list := routingtest.ManyContacts(rapid.IntRange(9, 20).Draw(t, "contacts"))
		willing := rapid.SampledFrom(list).Draw(t, "willing")
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) routing.Step {
			return routing.Step{
				Notify: rapid.SliceOfNDistinct(rapid.SampledFrom(kinds), 1, 3, rapid.ID).Draw(t, "notify"),
				AtOnce: rapid.IntRange(0, 2).Draw(t, "at once"), Wait: rapid.SampledFrom(waits).Draw(t, "wait"),
			}
		}), 1, 4).Draw(t, "steps")
		sure := rapid.IntRange(0, len(steps)-1).Draw(t, "the step that names them")
		steps[sure].AtOnce = 0
		if !slices.Contains(steps[sure].Notify, willing.Kind) {
			steps[sure].Notify = append(steps[sure].Notify, willing.Kind)
		}
		total := time.Duration(0)
		for _, s := range steps {
			total += s.Wait
		}
		w := routingtest.NewWard(t, routingtest.Line(t, routingtest.WithContacts(list...),
			routingtest.WithSteps(routing.PolicyKey{Urgency: triage.Urgent}, steps...)))
		others := map[contacts.ID]string{}
		for _, c := range list {
			others[c.ID] = rapid.SampledFrom([]string{"silent", "declines", "refused", "fails", "away"}).Draw(t, string(c.ID))
		}
		others[willing.ID] = "willing"
		w.Refuses = func(s routing.Send) bool { return others[s.Contact] == "refused" }

		w.Text(an(), urgent)
		begun := w.Now()
		for !w.Now().After(begun.Add(total)) {
			for seen := 0; seen < len(w.Messages()); seen++ {
				m := w.Messages()[seen]
				if m.Purpose != routing.PurposeAlert || m.Taken != w.Now() {
					continue
				}
				switch others[m.Contact] {
				case "willing":
					w.From(m.Contact, "1")
				case "declines":
					w.From(m.Contact, "0")
				case "fails":
					w.Fail(m, false)
				}
			}
			c := w.CaseOf(an())
			if c.State == routing.Claimed && c.Holder == willing.ID {
				return
			}
			next, _ := c.NextDeadline()
			if next.At.After(begun.Add(total)) {
				break
			}
			w.Advance(next.At.Sub(w.Now()))
		}
		t.Fatalf("after %v nobody has the case, want %s (%s) to; steps %+v", w.Now().Sub(begun), willing.ID, willing.Kind, steps)
	})
}

// TestAlert_SaysNothingOfThePerson: what contacts get before anybody has taken a case depends on its
// urgency and its code alone.
func TestAlert_SaysNothingOfThePerson(t *testing.T) {
	t.Parallel()
	groups := map[string][]string{
		"danger":      {danger, bleeding, hiding, "no sap giet toi, o to 2", "CỨU, tổ 1"},
		"urgent":      {urgent, somehow, "", "toi o to 1", "Chị ơi em cần nói chuyện, tổ 2", "Chồng đánh em hoài", "3", "4"},
		"information": {question, "test", "0", "khuyen mai 50% hom nay", "Cho hỏi thủ tục ly hôn ở đâu?"},
	}
	for name, bodies := range groups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var first []string
			for i, body := range bodies {
				w := story(t)
				w.Text(routingtest.Person(i), body)
				c := w.CaseOf(routingtest.Person(i))
				w.Advance(time.Hour)
				var got []string
				for _, m := range w.Messages() {
					if m.Contact != "" {
						got = append(got, strings.ReplaceAll(m.Body, string(c.Code), "K7"))
					}
				}
				slices.Sort(got)
				got = slices.Compact(got)
				got = slices.DeleteFunc(got, func(s string) bool { return strings.Contains(s, " phut ") }) // counts minutes
				if i == 0 {
					first = got
				}
				wantList(t, "texts to contacts for "+body, got, first...)
			}
			alerts := slices.DeleteFunc(slices.Clone(first), func(s string) bool {
				return s == "PT K7 chua co nguoi nhan. Tra loi 1 nhan, 0 tu choi." // the reminder of a long step
			})
			if len(alerts) != 1 {
				t.Errorf("contacts got %q, want one and the same alert", alerts)
			}
		})
	}
}
