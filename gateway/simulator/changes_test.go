package simulator_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tincay/hotline/gateway/simulator"
)

func TestChanges_MissNothing(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var live []simulator.Change
		done := make(chan struct{})
		go func() {
			defer close(done)
			for change := range w.Changes(ctx, 0) {
				live = append(live, change)
				time.Sleep(time.Minute) // a slow reader
			}
		}()
		if _, err := w.Phone(lan).Text(t.Context(), line, "in"); err != nil {
			t.Fatal(err)
		}
		w.send(lan, "out")
		synctest.Wait()
		w.Phone(lan).SwitchOff()
		w.send(lan, "late", "ValidityPeriod", "1")
		time.Sleep(time.Hour)
		w.Phone(lan).SwitchOn()
		time.Sleep(time.Hour)
		synctest.Wait()
		cancel()
		<-done

		var got []string
		for i, change := range live {
			if change.Seq != i+1 || change.Phone != lan || change.At.IsZero() {
				t.Errorf("change %d = %+v", i, change)
			}
			got = append(got, strings.TrimSpace(string(change.Kind)+" "+change.Message.Body))
		}
		want := []string{"wrote in", "shown out", "switched off", "lost late", "switched on"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Changes (-want +got):\n%s", diff)
		}

		// A reader that goes on from where it was, and one that stops.
		for change := range w.Changes(t.Context(), 3) {
			if diff := cmp.Diff(live[3], change); diff != "" {
				t.Errorf("Changes after 3 (-want +got):\n%s", diff)
			}
			break
		}
		go func() {
			time.Sleep(time.Second)
			w.Close()
		}()
		for change := range w.Changes(t.Context(), 99) {
			t.Errorf("Changes from the future: %+v", change)
		}
	})
}

func TestAwait_Errors(t *testing.T) {
	bubble(t, nil, func(t *testing.T, w *world) {
		if _, err := w.Await(t.Context(), "SM1"); err == nil {
			t.Error("Await of an unknown message: no error")
		}
		w.Inject(held(time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if m, err := w.Await(ctx, w.send(lan, "words")); !errors.Is(err, context.DeadlineExceeded) || m.Status != simulator.Queued {
			t.Errorf("Await = %v, %v, want it queued and a deadline exceeded", m.Status, err)
		}
	})
}
