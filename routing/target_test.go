package routing

import (
	"testing"
	"time"
)

func TestTargets_OrDefault(t *testing.T) {
	t.Parallel()
	const sec = time.Second
	for _, tt := range []struct {
		name        string
		given, want Targets
	}{
		{"nothing given", Targets{}, Targets{Talk: Target{15 * sec, 90}, Danger: Target{180 * sec, 100}}},
		{"a time alone", Targets{Talk: Target{Within: 20 * sec}}, Targets{Talk: Target{20 * sec, 90}, Danger: Target{180 * sec, 100}}},
		{"a share alone", Targets{Danger: Target{Share: 95}}, Targets{Talk: Target{15 * sec, 90}, Danger: Target{180 * sec, 95}}},
		{
			"everything given",
			Targets{Alert: Target{sec, 1}, Claim: Target{2 * sec, 2}, Danger: Target{3 * sec, 3}, Talk: Target{4 * sec, 4}, Close: Target{5 * sec, 5}},
			Targets{Alert: Target{sec, 1}, Claim: Target{2 * sec, 2}, Danger: Target{3 * sec, 3}, Talk: Target{4 * sec, 4}, Close: Target{5 * sec, 5}},
		},
	} {
		if got := tt.given.OrDefault(); got != tt.want {
			t.Errorf("%s: OrDefault() = %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
