package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/worker"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/texts"
)

// settle lets so much time pass and everything that is due in it happen.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (b *bench) want(sends, looks int, outcomes ...string) {
	b.t.Helper()
	if got := len(b.carrier.attempts()); got != sends {
		b.t.Errorf("carrier was handed the message %d times, want %d", got, sends)
	}
	if got := len(b.carrier.looks()); got != looks {
		b.t.Errorf("carrier's list was read %d times, want %d", got, looks)
	}
	if outcomes == nil {
		outcomes = []string{}
	}
	if diff := cmp.Diff(outcomes, b.rules.outcomes()); diff != "" {
		b.t.Errorf("what the rules were told (-want +got):\n%s", diff)
	}
	if b.t.Failed() {
		b.t.Fatalf("log of the worker:\n%s", b.logs)
	}
}

func TestSend_HandsOverAndReports(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.put(b.notice(0, 1))
		synctest.Wait()
		b.want(1, 0, "accepted SM1")
		m := b.carrier.attempts()[0].m
		if m.To != number(t, "+84905000000") || m.From != b.line.Numbers[0].Number || m.Ref != "ward/none.0.n1" || m.Validity != time.Minute || !strings.Contains(m.Body, "PM K1") {
			t.Errorf("message handed over with ref %q, validity %v; want the contact's, from the line's number", m.Ref, m.Validity)
		}
		settle(time.Hour)
		b.want(1, 0, "accepted SM1")
	})
}

func TestSend_InTheLinesOwnWording(t *testing.T) {
	own, faults := texts.NewCatalog(map[texts.Key]map[texts.Language]texts.Wording{
		texts.Closed: {texts.Vietnamese: {Accented: "{the} {ma} xong rồi, cảm ơn."}},
	})
	if len(faults) > 0 {
		t.Fatalf("NewCatalog = %v, want no faults", faults)
	}
	inBubble(t, func(t *testing.T, b *bench) {
		b.line.Texts = own
		b.put(b.notice(0, 1))
		synctest.Wait()
		b.want(1, 0, "accepted SM1")
		if got, want := b.carrier.attempts()[0].m.Body, "PM K1 xong roi, cam on."; got != want {
			t.Errorf("message handed over = %q, want %q", got, want)
		}
	})
}

func TestSend_RetriesWithBackoff(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		const failing = 12
		b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
			if n <= failing {
				return "", fail(carrier.Retry, carrier.CauseOther)
			}
			return "SM1", nil
		}
		b.put(b.notice(0, 1))
		settle(10 * time.Minute)
		b.want(failing+1, 0, "accepted SM1") // what certainly did not go is not looked for
		sends := b.carrier.attempts()
		for i, s := range sends[1:] {
			gap, age := s.at.Sub(sends[i].at), sends[i].at.Sub(sends[0].at)
			low, high := max(age/2, 500*time.Millisecond)*8/10, min(max(age/2, 500*time.Millisecond), 30*time.Second)*12/10+10*time.Millisecond
			if gap < min(low, 24*time.Second) || gap > high {
				t.Errorf("attempt %d came %v after the one before, want %v to %v", i+2, gap, low, high)
			}
		}
	})
}

func TestSend_UnknownOutcomeIsLookedUp(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.send = func(context.Context, int, carrier.Message) (string, error) {
			return "", fail(carrier.Unknown, carrier.CauseOther)
		}
		b.carrier.find = func(context.Context, int, time.Time) ([]string, error) { return []string{"SMthere"}, nil }
		b.put(b.notice(0, 1))
		settle(time.Minute)
		b.want(1, 1, "accepted SMthere")
		if since, tried := b.carrier.looks()[0], b.carrier.attempts()[0].at; since.After(tried) || tried.Sub(since) > time.Second {
			t.Errorf("looked for messages since %v, want since it was handed over, %v", since, tried)
		}
	})
}

func TestSend_ForeignErrorIsUnknown(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
			if n == 1 {
				return "", errors.New("no error of the carrier's")
			}
			return "SM2", nil
		}
		b.put(b.notice(0, 1))
		settle(time.Minute)
		b.want(2, 1, "accepted SM2") // looked for, not there, sent again
	})
}

func TestSend_AnotherMessagesIDIsNotThisOnes(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
			if n == 2 {
				return "", fail(carrier.Unknown, carrier.CauseOther)
			}
			return fmt.Sprintf("SM%d", n), nil
		}
		b.carrier.find = func(context.Context, int, time.Time) ([]string, error) { return []string{"SM1"}, nil }
		b.put(b.notice(0, 1), b.notice(0, 2)) // the same contact, and the carrier's list may not tell them apart
		settle(time.Minute)
		b.want(3, 1, "accepted SM1", "accepted SM3")
	})
}

// An attempt that certainly failed says nothing about the one before it.
func TestSend_UnknownThenRefusedForNowIsStillLookedFor(t *testing.T) {
	for _, second := range []string{"carrier busy", "storage fails"} {
		t.Run(second, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
					if n == 1 {
						return "", fail(carrier.Unknown, carrier.CauseOther)
					}
					return "", fail(carrier.Retry, carrier.CauseOther)
				}
				var listed atomic.Bool
				b.carrier.find = func(context.Context, int, time.Time) ([]string, error) {
					if listed.Load() {
						return []string{"SM1"}, nil
					}
					return nil, nil // not listed yet
				}
				var loads atomic.Int64
				b.agenda.loadCaseErr = func() error {
					if n := loads.Add(1); second == "storage fails" && n == 2 {
						return errors.New("storage is away for a moment")
					}
					return nil
				}
				b.put(b.notice(0, 1))
				for len(b.carrier.attempts()) < 2 && loads.Load() < 2 {
					settle(100 * time.Millisecond)
				}
				listed.Store(true)
				settle(2 * time.Minute)
				if got := b.rules.outcomes(); !slices.Equal(got, []string{"accepted SM1"}) {
					t.Errorf("outcomes %v after %d attempts and %d looks, want the first attempt found", got, len(b.carrier.attempts()), len(b.carrier.looks()))
				}
				if len(b.carrier.attempts()) > 2 {
					t.Errorf("handed over %d times although the first attempt was on the carrier's list", len(b.carrier.attempts()))
				}
			})
		})
	}
}

// The report of an attempt comes while its message is being looked for: by then its id is attributed, to
// this very message.
func TestSend_ReportedWhileLookedFor(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		s := b.notice(0, 1)
		b.carrier.send = func(context.Context, int, carrier.Message) (string, error) {
			return "", fail(carrier.Unknown, carrier.CauseOther)
		}
		b.carrier.find = func(context.Context, int, time.Time) ([]string, error) {
			b.commit(routing.SentID("SM1"), routing.Decision{Done: &s})
			return []string{"SM1"}, nil
		}
		b.put(s)
		settle(time.Minute)
		b.want(1, 1)
	})
}

func TestSend_WaitsUntilTheListCanBeRead(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
			return fmt.Sprintf("SM%d", n), map[int]error{1: fail(carrier.Unknown, carrier.CauseOther)}[n]
		}
		b.carrier.find = func(_ context.Context, n int, _ time.Time) ([]string, error) {
			if n <= 3 {
				return nil, fail(carrier.Unknown, carrier.CauseOther)
			}
			return nil, nil
		}
		b.put(b.notice(0, 1))
		settle(5 * time.Minute)
		b.want(2, 4, "accepted SM2")
	})
}

func TestSend_Refusals(t *testing.T) {
	tests := []struct {
		cause               carrier.Cause
		optedOut, badNumber bool
		retried             bool
	}{
		{cause: carrier.CauseOptedOut, optedOut: true},
		{cause: carrier.CauseBadNumber, badNumber: true},
		{cause: carrier.CauseOther},
		{cause: carrier.CauseSender},
		{cause: carrier.CauseAccount, retried: true},
	}
	for _, tt := range tests {
		t.Run(string(tt.cause), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
					if n <= 3 {
						return "", fail(carrier.Refuse, tt.cause)
					}
					return "SM4", nil
				}
				b.put(b.notice(0, 1))
				settle(time.Minute)
				if tt.retried {
					b.want(4, 0, "accepted SM4") // an operator mended the account
					return
				}
				b.want(1, 0, "refused")
				if e := b.rules.finished[0]; e.OptedOut != tt.optedOut || e.BadNumber != tt.badNumber {
					t.Errorf("refused with opted out %v, bad number %v; want %v, %v", e.OptedOut, e.BadNumber, tt.optedOut, tt.badNumber)
				}
			})
		})
	}
}

func TestSend_ValidityShrinksAndEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.send = func(context.Context, int, carrier.Message) (string, error) {
			return "", fail(carrier.Retry, carrier.CauseOther)
		}
		s := b.notice(0, 1)
		s.NotAfter = time.Now().Add(40 * time.Second).Truncate(time.Millisecond)
		b.put(s)
		settle(10 * time.Minute)
		attempts := b.carrier.attempts()
		for _, a := range attempts {
			if end := a.at.Add(a.m.Validity); a.m.Validity <= 0 || end.After(s.NotAfter.Add(10*time.Millisecond)) {
				t.Errorf("handed over at %v with validity %v, which ends %v after its time", a.at, a.m.Validity, end.Sub(s.NotAfter))
			}
		}
		if len(attempts) < 3 {
			t.Errorf("%d attempts within 40 s, want several", len(attempts))
		}
		b.want(len(attempts), 0, "expired")
	})
}

func TestSend_ExactlyAtItsEnd(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		s := b.notice(0, 1)
		s.NotAfter = time.Now().Truncate(time.Millisecond)
		b.put(s)
		settle(time.Second)
		b.want(0, 0, "expired")
	})
}

func TestSend_ASlowLookCountsAgainstValidity(t *testing.T) {
	for left, want := range map[time.Duration]int{10 * time.Second: 2, 3 * time.Second: 1} {
		t.Run(left.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bench) {
				b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
					return fmt.Sprintf("SM%d", n), map[int]error{1: fail(carrier.Unknown, carrier.CauseOther)}[n]
				}
				b.carrier.find = func(context.Context, int, time.Time) ([]string, error) {
					time.Sleep(3 * time.Second)
					return nil, nil
				}
				s := b.notice(0, 1)
				s.NotAfter = time.Now().Add(left).Truncate(time.Millisecond)
				b.put(s)
				settle(time.Minute)
				attempts := b.carrier.attempts()
				if len(attempts) != want {
					t.Fatalf("%d attempts, want %d", len(attempts), want)
				}
				last := attempts[len(attempts)-1]
				if end := last.at.Add(last.m.Validity); end.After(s.NotAfter.Add(10 * time.Millisecond)) {
					t.Errorf("validity ends %v after the message's time", end.Sub(s.NotAfter))
				}
			})
		})
	}
}

func TestSend_UnwantedIsNotSent(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		gone := b.notice(0, 1)
		gone.Contact = "nobody"
		b.put(gone)
		settle(time.Second)
		b.want(0, 0, "unwanted")
	})
}

func TestSend_StorageFailsForAMoment(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		var loads atomic.Int64
		b.agenda.loadCaseErr = func() error {
			if loads.Add(1) == 1 {
				return errors.New("away")
			}
			return nil
		}
		b.put(b.notice(0, 1))
		settle(2 * time.Second)
		b.want(1, 0, "accepted SM1")
	})
}

func TestSend_UnreadableWaitsAndHoldsUpNobodyElse(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		entries := string(b.shard) + ":entries"
		b.commit("", routing.Decision{Sends: []routing.Send{b.notice(0, 1), b.notice(1, 1)}})
		sealed := b.rdb.HGet(b.ctx, entries, "none.0.n1").Val()
		b.rdb.HSet(b.ctx, entries, "none.0.n1", sealed[:len(sealed)-1])
		b.worker.Wake(b.shard)
		settle(10 * time.Second)
		b.want(1, 0, "accepted SM1")
		b.rdb.HSet(b.ctx, entries, "none.0.n1", sealed) // as if the replica had been given the right keyset
		settle(time.Minute)
		b.want(2, 0, "accepted SM1", "accepted SM2")
	})
}

func TestSend_OutcomeNotStoredIsFoundOut(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		b.rules.finish = func(n int) error { return map[int]error{1: errors.New("storage is away")}[n] }
		b.carrier.find = func(context.Context, int, time.Time) ([]string, error) { return []string{"SM1"}, nil }
		b.put(b.notice(0, 1))
		settle(time.Minute)
		b.want(1, 1, "accepted SM1", "accepted SM1")
	})
}

func TestSend_PanicEndsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.send = func(_ context.Context, n int, m carrier.Message) (string, error) {
			if n == 1 {
				panic("words of " + m.Body)
			}
			return fmt.Sprintf("SM%d", n), nil
		}
		b.put(b.notice(0, 1))
		settle(time.Minute)
		b.want(2, 1, "accepted SM2")
		if log := b.logs.String(); !strings.Contains(log, "panic") || strings.Contains(log, "K1") {
			t.Errorf("log says %q, want that there was a panic and nothing of the message", log)
		}
	})
}

func TestSend_CarrierNeverAnswers(t *testing.T) {
	inBubble(t, func(_ *testing.T, b *bench) {
		b.carrier.send = func(ctx context.Context, n int, _ carrier.Message) (string, error) {
			if n == 1 {
				<-ctx.Done()
				return "", fail(carrier.Unknown, carrier.CauseOther)
			}
			return "SM2", nil
		}
		b.put(b.notice(0, 1))
		settle(worker.SendTimeout - time.Millisecond)
		b.want(1, 0)
		settle(time.Minute)
		b.want(2, 1, "accepted SM2")
	})
}
