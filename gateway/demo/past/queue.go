package past

import (
	"container/heap"
	"context"
	"time"
)

// happening is something that will happen.
type happening struct {
	at  time.Time
	seq int // those of one instant happen in the order in which they were planned
	do  func(context.Context) error
}

// queue is what will happen, soonest first.
type queue []happening

// Len is for package heap, as are the others.
func (q queue) Len() int { return len(q) }

// Less orders by time, then by when it was planned.
func (q queue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].seq < q[j].seq
	}
	return q[i].at.Before(q[j].at)
}

// Swap exchanges two.
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push adds one.
func (q *queue) Push(x any) { *q = append(*q, x.(happening)) }

// Pop takes the last.
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// plan adds something to what will happen.
func (q *queue) plan(at time.Time, seq int, do func(context.Context) error) {
	heap.Push(q, happening{at, seq, do})
}

// next takes what happens soonest.
func (q *queue) next() happening { return heap.Pop(q).(happening) }
