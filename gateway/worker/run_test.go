package worker_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/worker"
	"github.com/tincay/hotline/routing"
)

// dueCase puts a deadline on the agenda.
func (b *bench) dueCase(id string, at time.Time) {
	b.t.Helper()
	z := redis.Z{Score: float64(at.UnixMilli()), Member: "ward/" + id}
	if err := b.rdb.ZAdd(b.ctx, string(b.shard)+":deadlines", z).Err(); err != nil {
		b.t.Fatal(err)
	}
	b.worker.Wake(b.shard)
}

func TestDeadline_ActedOnWhenDue(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		at := time.Now().Add(40 * time.Minute).Truncate(time.Millisecond)
		b.rules.deadline = func(int) (routing.Decision, error) {
			b.rdb.ZRem(b.ctx, string(b.shard)+":deadlines", "ward/case-1")
			return routing.Decision{Reason: routing.ReasonStepEnded}, nil
		}
		b.dueCase("case-1", at)
		settle(2 * time.Hour)
		if n := len(b.rules.deadlines); n != 1 {
			t.Fatalf("deadline acted on %d times, want once", n)
		}
		if late := b.rules.deadlines[0].Sub(at); late < 0 || late > 100*time.Millisecond {
			t.Errorf("acted on %v after it was due, want at most 100 ms", late)
		}
		if len(b.rules.lags) != 1 || b.rules.lags[0] < 0 || b.rules.lags[0] > 100*time.Millisecond {
			t.Errorf("lag told: %v, want one of at most 100 ms", b.rules.lags)
		}
	})
}

func TestDeadline_FailedComesDueAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.rules.deadline = func(n int) (routing.Decision, error) {
			if n <= 3 {
				return routing.Decision{}, errors.New("storage is away")
			}
			return routing.Decision{Reason: routing.ReasonCaseClosed}, nil
		}
		b.dueCase("case-1", time.Now())
		settle(time.Minute)
		if n := len(b.rules.deadlines); n != 4 {
			t.Errorf("deadline acted on %d times, want 4: until it succeeded", n)
		}
		if n := b.rdb.ZCard(b.ctx, string(b.shard)+":deadlines").Val(); n != 0 {
			t.Errorf("%d deadlines left of a case that is closed, want none", n)
		}
		if n := strings.Count(b.logs.String(), "level=ERROR"); n != 3 {
			t.Errorf("%d errors logged for 3 failures, want 3:\n%s", n, b.logs)
		}
		if len(b.rules.lags) != 0 {
			t.Errorf("lag told of a deadline nothing was done for: %v", b.rules.lags)
		}
	})
}

func TestDeadline_OfANonsenseMember(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.rules.deadline = func(int) (routing.Decision, error) {
			return routing.Decision{Reason: routing.ReasonNoCase}, nil
		}
		b.rdb.ZAdd(b.ctx, string(b.shard)+":deadlines", redis.Z{Score: 1, Member: "nonsense"})
		b.dueCase("case-1", time.Now())
		b.put(b.notice(0, 1))
		settle(time.Second)
		b.want(1, 0, "accepted SM1")
		if n := b.rdb.ZScore(b.ctx, string(b.shard)+":deadlines", "ward/case-1"); !errors.Is(n.Err(), redis.Nil) {
			t.Errorf("the deadline beside a nonsense one was not acted on")
		}
	})
}

func TestRun_OneRecipientInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		const recipients, each = 8, 25
		var mu sync.Mutex
		inHand, got := map[string]int{}, map[string][]string{}
		b.carrier.send = func(_ context.Context, n int, m carrier.Message) (string, error) {
			to := m.To.E164()
			mu.Lock()
			if inHand[to]++; inHand[to] > 1 {
				t.Errorf("two messages to one recipient in hand at once")
			}
			mu.Unlock()
			time.Sleep(rand.N(300 * time.Millisecond))
			mu.Lock()
			defer mu.Unlock()
			inHand[to]--
			if rand.IntN(4) == 0 {
				return "", fail(carrier.Retry, carrier.CauseOther)
			}
			got[to] = append(got[to], m.Ref)
			return fmt.Sprintf("SM%d", n), nil
		}
		for n := range each {
			for i := range recipients {
				b.put(b.notice(i, n+10))
			}
		}
		settle(30 * time.Minute)
		for to, refs := range got {
			if len(refs) != each {
				t.Errorf("…%s got %d messages, want %d", to[len(to)-3:], len(refs), each)
			}
			for i := range refs[1:] {
				if refs[i] >= refs[i+1] {
					t.Errorf("…%s got %s before %s", to[len(to)-3:], refs[i], refs[i+1])
				}
			}
		}
		if len(got) != recipients {
			t.Errorf("%d recipients got messages, want %d", len(got), recipients)
		}
	})
}

func TestRun_BoundsWhatIsInHandAndLetsDangerThrough(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		var inHand, most atomic.Int64
		b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
			now := inHand.Add(1)
			defer inHand.Add(-1)
			for seen := most.Load(); now > seen; seen = most.Load() {
				most.CompareAndSwap(seen, now)
			}
			time.Sleep(3 * time.Second)
			return fmt.Sprintf("SM%d", n), nil
		}
		var all []routing.Send
		for i := range 199 {
			all = append(all, b.notice(i, 1))
		}
		b.put(all...)
		settle(time.Second) // the carrier is slow with all that
		danger := b.notice(199, 1)
		danger.Priority = routing.PriorityDanger
		asked := time.Now()
		b.put(danger)
		settle(time.Minute)
		if n := most.Load(); n > 193 || n < 192 {
			t.Errorf("%d messages in hand at once, want 192, and one of danger", n)
		}
		if n := len(b.rules.outcomes()); n != len(all)+1 {
			t.Errorf("%d messages went out, want %d", n, len(all)+1)
		}
		for _, a := range b.carrier.attempts() {
			if wait := a.at.Sub(asked); a.m.Ref == "ward/none.199.n1" && wait > 100*time.Millisecond {
				t.Errorf("a message about danger waited %v behind others", wait)
			}
		}
	})
}

func TestRun_StopFinishesWhatIsInHand(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
			time.Sleep(2 * time.Second)
			return fmt.Sprintf("SM%d", n), nil
		}
		b.put(b.notice(0, 1), b.notice(0, 2))
		settle(time.Second)
		b.stop()
		<-b.done
		b.want(1, 0, "accepted SM1")
		if _, ok, err := b.agenda.Entry(b.ctx, ward, "none.0.n2"); err != nil || !ok {
			t.Errorf("the message that was not in hand: %v, %v; want it on the agenda", ok, err)
		}

		b.carrier.send = nil
		b.run()
		settle(time.Second)
		b.want(2, 0, "accepted SM1", "accepted SM2") // never handed over before: nothing to look for
	})
}

func TestRun_StopDoesNotWaitForever(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.carrier.send = func(ctx context.Context, _ int, _ carrier.Message) (string, error) {
			<-ctx.Done()
			return "", fail(carrier.Unknown, carrier.CauseOther)
		}
		b.put(b.notice(0, 1))
		settle(time.Millisecond)
		began := time.Now()
		b.stop()
		<-b.done
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("stopping took %v, want at most 5 s", took)
		}
		b.want(1, 0)
		b.carrier.send, b.carrier.find = nil, func(context.Context, int, time.Time) ([]string, error) { return []string{"SM1"}, nil }
		b.run()
		settle(time.Minute)
		b.want(1, 1, "accepted SM1")
	})
}

func TestRun_ShortOutageOfTheAgenda(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.stop()
		<-b.done
		var away atomic.Bool
		away.Store(true)
		b.agenda.takeErr = func() error {
			if away.Load() {
				return errors.New("storage is away")
			}
			return nil
		}
		b.worker = worker.New(worker.Options{
			Agenda: b.agenda, Handler: b.rules, Lines: b, Carrier: b.carrier, Logger: b.logger, Lag: b.rules.lag,
		})
		b.put(b.notice(0, 1))
		b.run()
		settle(10 * time.Second)
		b.want(0, 0)
		away.Store(false)
		settle(2 * worker.DefaultPoll)
		b.want(1, 0, "accepted SM1")
		shards := len(b.agenda.Shards())
		if down, up := strings.Count(b.logs.String(), "cannot be read"), strings.Count(b.logs.String(), "can be read again"); down != shards || up != shards {
			t.Errorf("logged the outage %d times and its end %d times, want %d each: once a shard", down, up, shards)
		}
	})
}

func TestRun_AnotherReplicasCommitIsFoundByLooking(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		b.stop()
		<-b.done
		b.worker = worker.New(worker.Options{
			Agenda: b.agenda, Handler: b.rules, Lines: b, Carrier: b.carrier, Logger: b.logger, Lag: b.rules.lag,
		})
		b.run()
		settle(time.Minute)
		put := time.Now()
		b.commit("", routing.Decision{Sends: []routing.Send{b.notice(0, 1)}})
		settle(time.Second)
		b.want(1, 0, "accepted SM1")
		if waited := b.carrier.attempts()[0].at.Sub(put); waited > worker.DefaultPoll+10*time.Millisecond {
			t.Errorf("sent %v after another replica committed it, want at most %v", waited, worker.DefaultPoll)
		}
	})
}

func TestRun_TwoWorkersSendOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bench) {
		second := worker.New(worker.Options{
			Agenda: b.agenda, Handler: b.rules, Lines: b, Carrier: b.carrier, Logger: b.logger, Lag: b.rules.lag,
		})
		ctx, stop := context.WithCancel(b.ctx)
		var running sync.WaitGroup
		running.Go(func() { second.Run(ctx) })
		b.carrier.send = func(_ context.Context, n int, _ carrier.Message) (string, error) {
			time.Sleep(rand.N(time.Second))
			return fmt.Sprintf("SM%d", n), nil
		}
		var all []routing.Send
		for i := range 100 {
			all = append(all, b.notice(i%30, i+100))
		}
		b.put(all...)
		second.Wake(b.shard)
		settle(2 * time.Minute)
		stop()
		running.Wait()
		times := map[string]int{}
		for _, a := range b.carrier.attempts() {
			times[a.m.Ref]++
		}
		for _, s := range all {
			if n := times["ward/"+string(s.ID)]; n != 1 {
				t.Errorf("%s was sent %d times, want once", s.ID, n)
			}
		}
		synctest.Wait()
	})
}
