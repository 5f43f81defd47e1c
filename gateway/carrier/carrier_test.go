package carrier_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tincay/hotline/gateway/carrier"
)

func TestStatus_Supersedes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		now, old carrier.Status
		want     bool
	}{
		{"first report", carrier.StatusOnTheWay, "", true},
		{"the same again", carrier.StatusOnTheWay, carrier.StatusOnTheWay, false},
		{"arrival", carrier.StatusDelivered, carrier.StatusOnTheWay, true},
		{"failure", carrier.StatusFailed, carrier.StatusOnTheWay, true},
		{"failure without an earlier report", carrier.StatusFailed, "", true},
		{"a late report", carrier.StatusOnTheWay, carrier.StatusDelivered, false},
		{"failure after arrival", carrier.StatusFailed, carrier.StatusDelivered, false},
		{"arrival after failure", carrier.StatusDelivered, carrier.StatusFailed, false},
		{"nothing", "", carrier.StatusOnTheWay, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.now.Supersedes(tt.old); got != tt.want {
				t.Errorf("%q.Supersedes(%q) = %v, want %v", tt.now, tt.old, got, tt.want)
			}
		})
	}
}

func TestClassOf(t *testing.T) {
	t.Parallel()
	refused := carrier.Fail(carrier.Refuse, carrier.CauseBadNumber, 21211, 400, nil)
	for _, tt := range []struct {
		name string
		err  error
		want carrier.Class
	}{
		{"an error of a carrier", refused, carrier.Refuse},
		{"wrapped", fmt.Errorf("send: %w", refused), carrier.Refuse},
		{"any other error", errors.New("broken"), carrier.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := carrier.ClassOf(tt.err); got != tt.want {
				t.Errorf("ClassOf(%v) = %s, want %s", tt.err, got, tt.want)
			}
		})
	}
	if got, want := refused.Error(), "carrier: refuse (bad_number) code 21211 status 400"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if refused.Retryable() {
		t.Errorf("Retryable() of %v = true, want false", refused)
	}
}
