package worker_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/worker"
	"github.com/tincay/hotline/routing"
)

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
