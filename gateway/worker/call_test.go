package worker_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/routing"
)

func TestCall_PlacedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.putCall("case1", 0)
		synctest.Wait()
		b.wantCalls(1, 0, "accepted CA1")
		want := carrier.Call{From: b.line.Numbers[0].Number, To: number(t, "+84905000000"), Ring: 25 * time.Second, Ref: "ward/case1.x.c1"}
		if diff := cmp.Diff(want, b.carrier.placings()[0].c, cmp.Comparer(func(a, b phone.Number) bool { return a == b })); diff != "" {
			t.Errorf("call asked for (-want +got):\n%s", diff)
		}
		settle(time.Hour)
		b.wantCalls(1, 0, "accepted CA1")
	})
}

func TestCall_RefusedIsNotTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.place = func(context.Context, int) (string, error) { return "", fail(carrier.Refuse, carrier.CauseBadNumber) }
		b.putCall("case1", 0)
		settle(time.Hour)
		b.wantCalls(1, 0, "refused")
		if got := b.logs.String(); !strings.Contains(got, "carrier did not do what was asked about a call") || strings.Contains(got, "905000000") {
			t.Errorf("log of a refused call, want the refusal in it and no number:\n%s", got)
		}
	})
}

func TestCall_RetriesWithBackoff(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		const failing = 6
		b.carrier.place = func(_ context.Context, n int) (string, error) {
			if n <= failing {
				return "", fail(carrier.Retry, carrier.CauseOther)
			}
			return "CA7", nil
		}
		b.putCall("case1", 0)
		settle(time.Minute)
		b.wantCalls(failing+1, 0, "accepted CA7") // what certainly did not go is not looked for
		all := b.carrier.placings()
		for i, p := range all[1:] {
			// A call lives for seconds: tries are at most 3 s apart, and no faster than the account allows.
			if gap := p.at.Sub(all[i].at); gap < time.Second || gap > 4700*time.Millisecond {
				t.Errorf("attempt %d came %v after the one before, want 1 s to 4.7 s", i+2, gap)
			}
		}
	})
}

func TestCall_UnknownOutcomeIsLookedUp(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.place = func(context.Context, int) (string, error) { return "", fail(carrier.Unknown, carrier.CauseOther) }
		b.carrier.findCalls = func(context.Context, int) ([]string, error) { return []string{"CAthere"}, nil }
		b.putCall("case1", 0)
		settle(time.Minute)
		b.wantCalls(1, 1, "accepted CAthere")
		if since, tried := b.carrier.searches()[0], b.carrier.placings()[0].at; since.After(tried) || tried.Sub(since) > time.Second {
			t.Errorf("looked for calls since %v, want since it was asked for, %v", since, tried)
		}
	})
}

func TestCall_UnknownAndNotThereIsPlacedAgain(t *testing.T) {
	for _, how := range []string{"a carrier's error", "any other error", "no answer at all"} {
		t.Run(how, func(t *testing.T) {
			inBubble(t, func(_ *testing.T, b *bench) {
				b.line.CallRate = 100 // a call that waits for its slot is looked for each time
				b.carrier.place = func(ctx context.Context, n int) (string, error) {
					switch {
					case n > 1:
						return "CA2", nil
					case how == "a carrier's error":
						return "", fail(carrier.Unknown, carrier.CauseOther)
					case how == "any other error":
						return "", errors.New("no error of the carrier's")
					}
					<-ctx.Done() // the worker's limit, or this would be for ever
					return "", ctx.Err()
				}
				b.putCall("case1", 0)
				settle(time.Minute)
				b.wantCalls(2, 1, "accepted CA2")
			})
		})
	}
}

func TestCall_UnreadableListPlacesNothing(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		var readable atomic.Bool
		b.carrier.place = func(context.Context, int) (string, error) { return "", fail(carrier.Unknown, carrier.CauseOther) }
		b.carrier.findCalls = func(context.Context, int) ([]string, error) {
			if !readable.Load() {
				return nil, fail(carrier.Retry, carrier.CauseOther)
			}
			return []string{"CA1"}, nil
		}
		b.putCall("case1", 0)
		settle(20 * time.Second)
		if placed, searched := len(b.carrier.placings()), len(b.carrier.searches()); placed != 1 || searched < 3 {
			b.t.Errorf("with the list unreadable the call was asked for %d times, the list %d times; want once, and again and again", placed, searched)
		}
		readable.Store(true)
		settle(10 * time.Second)
		b.wantCalls(1, len(b.carrier.searches()), "accepted CA1")
	})
}

// TestCall_AnotherCallsIDIsNotThisOnes: the list of calls to one number may hold those of other cases.
func TestCall_AnotherCallsIDIsNotThisOnes(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		b.line.CallRate = 100
		b.carrier.place = func(_ context.Context, n int) (string, error) {
			switch n {
			case 1:
				return "CAfirst", nil
			case 2:
				return "", fail(carrier.Unknown, carrier.CauseOther)
			}
			return "CAsecond", nil
		}
		b.carrier.findCalls = func(context.Context, int) ([]string, error) { return []string{"CAfirst"}, nil }
		b.putCall("case1", 0)
		settle(10 * time.Second)
		b.putCall("case2", 0)
		settle(time.Minute)
		b.wantCalls(3, 1, "accepted CAfirst", "accepted CAsecond")
	})
}

// TestCall_CrashAfterPlacing: the call was placed and nobody could be told. It is found, not placed again.
func TestCall_CrashAfterPlacing(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		b.rules.finish = func(n int) error {
			if n == 1 {
				return errors.New("storage is away")
			}
			return nil
		}
		b.carrier.findCalls = func(context.Context, int) ([]string, error) { return []string{"CA1"}, nil }
		b.putCall("case1", 0)
		settle(time.Minute)
		b.wantCalls(1, 1, "accepted CA1", "accepted CA1")
	})
}

func TestCall_ContactOnTheTelephoneWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		talk := b.caseOf("case1", routing.Person{}, routing.Leg{ID: "case1.x.c1", Contact: contact(0), State: routing.LegJoined, Call: "CAtalk"})
		b.putCall("case2", 0)
		b.putCall("case3", 1) // another contact's telephone is free
		settle(20 * time.Second)
		b.wantCalls(1, 0, "accepted CA1")
		if got := b.carrier.placings()[0].c.To; got != number(t, "+84905000001") {
			t.Errorf("%v was called, want the contact who is not on the telephone", got)
		}
		b.changeCase(talk, func(c *routing.Case) { c.Legs = nil })
		over := time.Now()
		settle(time.Minute)
		b.wantCalls(2, 0, "accepted CA1", "accepted CA2")
		if took := b.carrier.placings()[1].at.Sub(over); took > 600*time.Millisecond {
			t.Errorf("called %v after they hung up, want within half a second or so", took)
		}
	})
}

func TestCall_NotKnownWhoIsOnTheTelephone(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		var away atomic.Bool
		away.Store(true)
		b.agenda.onPhoneErr = func() error {
			if away.Load() {
				return errors.New("storage is away")
			}
			return nil
		}
		b.putCall("case1", 0)
		settle(10 * time.Second)
		b.wantCalls(0, 0)
		away.Store(false)
		settle(time.Second)
		b.wantCalls(1, 0, "accepted CA1")
	})
}

// TestCall_NoFasterThanTheAccountAllows: calls wait for their slot, the most urgent first, and are not
// looked for at the carrier meanwhile.
func TestCall_NoFasterThanTheAccountAllows(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		for i, id := range []routing.CaseID{"case0", "case1", "case2"} {
			b.putCall(id, i, func(s *routing.Send) { s.Rank = routing.PriorityNormal })
			synctest.Wait() // they ask in this order
		}
		b.putCall("case3", 3, func(s *routing.Send) { s.Rank = routing.PriorityDanger })
		settle(time.Minute)
		b.wantCalls(4, 0, "accepted CA1", "accepted CA2", "accepted CA3", "accepted CA4")
		all := b.carrier.placings()
		for i, p := range all[1:] {
			if gap := p.at.Sub(all[i].at); gap < time.Second || gap > 1600*time.Millisecond {
				t.Errorf("call %d was placed %v after the one before, want 1 s or a little more: the account may place one a second", i+2, gap)
			}
		}
		var order []string
		for _, p := range all {
			order = append(order, strings.TrimSuffix(strings.TrimPrefix(p.c.Ref, "ward/"), ".x.c1"))
		}
		if diff := cmp.Diff([]string{"case0", "case3", "case1", "case2"}, order); diff != "" {
			t.Errorf("order of calls (-want +got):\n%s", diff)
		}
	})
}

func TestCall_AsFastAsTheLineSays(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.line.CallRate = 10
		for i, id := range []routing.CaseID{"case0", "case1", "case2", "case3"} {
			b.putCall(id, i)
		}
		settle(time.Minute)
		b.wantCalls(4, 0, "accepted CA1", "accepted CA2", "accepted CA3", "accepted CA4")
		all := b.carrier.placings()
		if took := all[3].at.Sub(all[0].at); took < 300*time.Millisecond || took > 450*time.Millisecond {
			t.Errorf("four calls took %v at ten a second, want 300 ms or a little more", took)
		}
	})
}

func TestCall_PaceThatCannotBeKept(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		var away atomic.Bool
		away.Store(true)
		b.agenda.paceErr = func() error {
			if away.Load() {
				return errors.New("storage is away")
			}
			return nil
		}
		b.putCall("case1", 0)
		settle(5 * time.Second)
		b.wantCalls(0, 0)
		if !strings.Contains(b.logs.String(), "call not placed yet") {
			t.Errorf("nothing was logged of a call that is not placed:\n%s", b.logs)
		}
		away.Store(false)
		settle(time.Second)
		b.wantCalls(1, 0, "accepted CA1")
	})
}

// ofPerson calls the person of a case back.
func (b *bench) ofPerson(p routing.Person, change ...func(*routing.Case, *routing.Send)) {
	b.t.Helper()
	c := b.caseOf("case1", p, routing.Leg{ID: "case1.x.c1", Ask: routing.AskTalk, State: routing.LegPlacing})
	s := routing.Send{
		ID: "case1.x.c1", Case: "case1", Person: c.Person, Via: b.line.Numbers[0].Number, Purpose: routing.PurposeCall,
		Priority: routing.PriorityCall, At: time.Now(), Leg: "case1.x.c1", Ring: 15 * time.Second,
	}
	for _, ch := range change {
		after := *c
		ch(&after, &s)
		b.changeCase(c, func(c *routing.Case) { *c = after })
	}
	b.put(s)
}

func TestCall_PersonIsCalledBack(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.ofPerson(routing.Person{})
		synctest.Wait()
		b.wantCalls(1, 0, "accepted CA1")
		if c := b.carrier.placings()[0].c; c.To != number(t, "+84935111222") || c.From != b.line.Numbers[0].Number || c.Ring != 15*time.Second {
			t.Errorf("call of %v from %v for %v, want the person's number from the line's for 15 s", c.To, c.From, c.Ring)
		}
	})
}

func TestCall_NotPlaced(t *testing.T) {
	number := func(*routing.Case, *routing.Send) {}
	tests := []struct {
		name   string
		person routing.Person
		change func(*routing.Case, *routing.Send)
		want   string
	}{
		{"whose number is withheld", routing.Person{Withheld: true}, number, "unwanted"},
		{"who hides", routing.Person{Hiding: true}, number, "unwanted"},
		{"who takes no texts", routing.Person{NoTexts: true}, number, "unwanted"},
		{"who asked not to be called", routing.Person{}, func(c *routing.Case, _ *routing.Send) { c.NoCalls = true }, "unwanted"},
		{"whose case is closed", routing.Person{}, func(c *routing.Case, _ *routing.Send) { c.State, c.Deadlines = routing.Closed, nil }, "unwanted"},
		{"whose leg is gone", routing.Person{}, func(c *routing.Case, _ *routing.Send) { c.Legs = nil }, "unwanted"},
		{"who rings already", routing.Person{}, func(c *routing.Case, _ *routing.Send) {
			c.Legs = []routing.Leg{{ID: "case1.x.c1", Ask: routing.AskTalk, State: routing.LegRinging, Call: "CA9"}}
		}, "unwanted"},
		{"too late", routing.Person{}, func(_ *routing.Case, s *routing.Send) { s.NotAfter = time.Now().Add(-time.Millisecond) }, "expired"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(_ *testing.T, b *bench) {
				b.ofPerson(tt.person, tt.change)
				settle(time.Hour)
				b.wantCalls(0, 0, tt.want)
			})
		})
	}
}

// TestCall_NoNumberToCallFrom: the line's numbers do not call any more.
func TestCall_NoNumberToCallFrom(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		b.line.Numbers[0].Voice = false
		b.ofPerson(routing.Person{})
		settle(time.Hour)
		b.wantCalls(0, 0, "unwanted")
	})
}
