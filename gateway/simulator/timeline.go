package simulator

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// timeline runs what is due, one after the other, by time and then in the
// order it was asked for. With a timer of its own for each message, two that
// are due at once would run in any order, and no test could say which text a
// phone shows first.
type timeline struct {
	mu   sync.Mutex
	due  events
	next uint64
	wake chan struct{} // holds one token: something earlier was added
}

// event is a thing to do at a time. It must not wait for anything.
type event struct {
	at  time.Time
	seq uint64
	do  func()
}

func newTimeline() *timeline {
	return &timeline{wake: make(chan struct{}, 1)}
}

// after has do run once d has passed.
func (t *timeline) after(d time.Duration, do func()) {
	t.mu.Lock()
	heap.Push(&t.due, event{at: time.Now().Add(d), seq: t.next, do: do})
	t.next++
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// run carries out what is due until ctx ends.
func (t *timeline) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		do, wait := t.take(time.Now())
		if do != nil {
			do()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-t.wake:
		case <-ctx.Done():
		}
	}
}

// take removes and returns what is due at now, or says how long to wait.
func (t *timeline) take(now time.Time) (do func(), wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.due) == 0 {
		return nil, time.Hour // after wakes the loop long before
	}
	if wait = t.due[0].at.Sub(now); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&t.due).(event).do, 0
}

// events is a heap, earliest first.
type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	if e[i].at.Equal(e[j].at) {
		return e[i].seq < e[j].seq
	}
	return e[i].at.Before(e[j].at)
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = event{} // let go of the closure
	*e = (*e)[:last]
	return x
}
