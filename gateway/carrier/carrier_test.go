package carrier_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tincay/hotline/gateway/carrier"
)

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
