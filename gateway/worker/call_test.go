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
	"github.com/tincay/hotline/gateway/worker"
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

// steering is an entry about a call that is under way.
func (b *bench) steering(p routing.Purpose) routing.Send {
	return routing.Send{
		ID: "case1.y.z1", Case: "case1", Via: b.line.Numbers[0].Number, Purpose: p, Priority: routing.PriorityCall, At: time.Now(),
		Leg: "case1.x.c1", Call: "CAx", Turn: 7, Recording: "REx", NotAfter: time.Now().Add(30 * time.Second),
	}
}

func TestSteer(t *testing.T) {
	tests := []struct {
		purpose routing.Purpose
		want    string // asked of the carrier
	}{
		{routing.PurposePush, "push CAx ward/case1.x.c1 7"},
		{routing.PurposeCancel, "cancel CAx"},
		{routing.PurposeKeep, "keep case-case1 CAx"},
		{routing.PurposeErase, "delete REx"},
	}
	for _, tt := range tests {
		answers := []struct {
			name     string
			steer    func(context.Context, int) error
			asked    int
			outcomes []string
		}{
			{"done", nil, 1, []string{"accepted"}},
			{"the call is over", func(context.Context, int) error { return fail(carrier.Refuse, carrier.CauseOver) }, 1, []string{"refused"}},
			{"the carrier is busy", first(fail(carrier.Retry, carrier.CauseOther)), 2, []string{"accepted"}},
			{"no answer", func(ctx context.Context, n int) error {
				if n == 1 {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			}, 2, []string{"accepted"}},
		}
		for _, a := range answers {
			t.Run(string(tt.purpose)+"/"+a.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T, b *bench) {
					b.carrier.steer = a.steer
					b.caseOf("case1", routing.Person{}, routing.Leg{ID: "case1.x.c1", Contact: contact(0), State: routing.LegRinging, Call: "CAx"})
					b.put(b.steering(tt.purpose))
					settle(time.Minute)
					var want []string
					for range a.asked {
						want = append(want, tt.want)
					}
					if diff := cmp.Diff(want, b.carrier.did()); diff != "" {
						t.Errorf("carrier was asked (-want +got):\n%s", diff)
					}
					b.wantCalls(0, 0, a.outcomes...) // nothing to look for: it can be asked for twice
				})
			})
		}
	}
}

// first fails once.
func first(err error) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		if n == 1 {
			return err
		}
		return nil
	}
}

// TestSteer_NotWanted: what is to be done with a call that is over, or was picked up, is not done.
func TestSteer_NotWanted(t *testing.T) {
	tests := []struct {
		name    string
		purpose routing.Purpose
		legs    []routing.Leg
	}{
		{"push of a call that is over", routing.PurposePush, nil},
		{"cancel of a call that is over", routing.PurposeCancel, nil},
		{"cancel of a call that was picked up", routing.PurposeCancel, []routing.Leg{{ID: "case1.x.c1", Call: "CAx", AnsweredAt: time.UnixMilli(1)}}},
		{"keep without the call", routing.PurposeKeep, nil},
		{"a look where nobody calls", routing.PurposeLook, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.caseOf("case1", routing.Person{}, tt.legs...)
				b.put(b.steering(tt.purpose))
				settle(time.Minute)
				b.wantCalls(0, 0, "unwanted")
				if got := b.carrier.did(); len(got) > 0 {
					t.Errorf("carrier was asked %v, want nothing", got)
				}
			})
		})
	}
}

func TestLook_BecomesWhatWasSeen(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.inside = func(int) ([]string, error) { return []string{"CAup", "CAstranger"}, nil }
		b.carrier.status = func(id string) (carrier.CallStatus, error) {
			return map[string]carrier.CallStatus{"CAup": carrier.CallInProgress, "CArings": carrier.CallRinging}[id], nil
		}
		b.caseOf("case1", routing.Person{},
			routing.Leg{ID: "case1.a.incoming1", State: routing.LegJoined, Call: "CAup"},
			routing.Leg{ID: "case1.b.c1", Contact: contact(0), State: routing.LegRinging, Call: "CArings"},
			routing.Leg{ID: "case1.c.c1", Contact: contact(1), State: routing.LegPlacing}) // not known to the carrier
		look := b.steering(routing.PurposeLook)
		look.Leg, look.Call = "", ""
		b.put(look)
		settle(time.Minute)
		b.wantCalls(0, 0)
		seen, _ := b.rules.known()
		if len(seen) != 1 {
			t.Fatalf("the rules were told %d times what the carrier knows, want once", len(seen))
		}
		want := map[routing.CallID]routing.CallStatus{"CAup": routing.CallUp, "CArings": routing.CallQueued}
		if diff := cmp.Diff(want, seen[0].Calls); diff != "" {
			t.Errorf("Calls (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[routing.CallID]bool{"CAup": true, "CAstranger": true}, seen[0].Inside); diff != "" {
			t.Errorf("Inside (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"inside case-case1"}, b.carrier.did()); diff != "" {
			t.Errorf("carrier was asked (-want +got):\n%s", diff)
		}
	})
}

// TestLook_HalfOfItIsNothing: a carrier that answers some of the questions has not said that the other
// calls are over.
func TestLook_HalfOfItIsNothing(t *testing.T) {
	for _, what := range []string{"the conference", "a call"} {
		t.Run(what, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				var answers atomic.Bool
				b.carrier.inside = func(int) ([]string, error) {
					if what == "the conference" && !answers.Load() {
						return nil, fail(carrier.Retry, carrier.CauseOther)
					}
					return nil, nil
				}
				b.carrier.status = func(id string) (carrier.CallStatus, error) {
					if id == "CA2" && what == "a call" && !answers.Load() {
						return "", fail(carrier.Unknown, carrier.CauseOther)
					}
					return carrier.CallCompleted, nil
				}
				b.caseOf("case1", routing.Person{},
					routing.Leg{ID: "case1.a.c1", Contact: contact(0), State: routing.LegAsked, Call: "CA1"},
					routing.Leg{ID: "case1.b.c1", Contact: contact(1), State: routing.LegAsked, Call: "CA2"})
				b.put(b.steering(routing.PurposeLook))
				settle(5 * time.Second)
				if seen, _ := b.rules.known(); len(seen) > 0 {
					t.Errorf("the rules were told %v although %s could not be read", seen, what)
				}
				answers.Store(true)
				settle(10 * time.Second)
				seen, _ := b.rules.known()
				if len(seen) != 1 || len(seen[0].Calls) != 2 {
					t.Errorf("once it can be read the rules were told %v, want both calls, once", seen)
				}
				b.wantCalls(0, 0)
			})
		})
	}
}

func TestFetch_WaitsUntilTheRecordingIsReady(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.recording = func(n int) ([]byte, error) {
			if n <= 2 {
				return nil, carrier.ErrNotReady
			}
			return []byte("ID3 what was said"), nil
		}
		b.caseOf("case1", routing.Person{})
		b.put(b.steering(routing.PurposeFetch))
		settle(time.Minute)
		b.wantCalls(0, 0)
		if diff := cmp.Diff([]string{"fetch REx", "fetch REx", "fetch REx"}, b.carrier.did()); diff != "" {
			t.Errorf("carrier was asked (-want +got):\n%s", diff)
		}
		_, fetched := b.rules.known()
		if len(fetched) != 1 || fetched[0].Audio.Reveal() != "ID3 what was said" || fetched[0].Send.Recording != "REx" {
			t.Fatalf("the rules were given %d recordings, want the one that was made", len(fetched))
		}
		if strings.Contains(b.logs.String(), "what was said") {
			t.Errorf("what was said is in the log:\n%s", b.logs)
		}
		if strings.Contains(b.logs.String(), "level=WARN") {
			t.Errorf("waiting for a recording was logged as if something had gone wrong:\n%s", b.logs)
		}
	})
}

func TestFetch_Failing(t *testing.T) {
	tests := []struct {
		name     string
		err      error
		outcomes []string
		fetched  int
	}{
		{"gone at the carrier", fail(carrier.Refuse, carrier.CauseOther), []string{"refused"}, 0},
		{"busy", fail(carrier.Retry, carrier.CauseOther), nil, 1},
		{"no answer", fail(carrier.Unknown, carrier.CauseOther), nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.carrier.recording = func(n int) ([]byte, error) {
					if n == 1 {
						return nil, tt.err
					}
					return []byte("audio"), nil
				}
				b.caseOf("case1", routing.Person{})
				b.put(b.steering(routing.PurposeFetch))
				settle(time.Minute)
				b.wantCalls(0, 0, tt.outcomes...)
				if _, fetched := b.rules.known(); len(fetched) != tt.fetched {
					t.Errorf("the rules were given %d recordings, want %d", len(fetched), tt.fetched)
				}
			})
		})
	}
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	want := map[carrier.CallStatus]routing.CallStatus{
		carrier.CallQueued: routing.CallQueued, carrier.CallRinging: routing.CallQueued, carrier.CallInProgress: routing.CallUp,
		carrier.CallCompleted: routing.CallOver, carrier.CallBusy: routing.CallBusy, carrier.CallNoAnswer: routing.CallNoAnswer,
		carrier.CallFailed: routing.CallFailed, carrier.CallCanceled: routing.CallCanceled, carrier.CallGone: routing.CallOver,
	}
	for status, want := range want {
		if got := worker.StatusOf(status); got != want || got.Over() != status.Final() {
			t.Errorf("StatusOf(%s) = %s, over %v; want %s, %v", status, got, got.Over(), want, status.Final())
		}
	}
}
