package routing

import (
	"cmp"
	"time"
)

// Target is how fast something is to happen: within a time, for so many in a hundred.
type Target struct {
	Within time.Duration // zero: there is no target
	Share  int           // of how many, in percent: 1 to 100
}

// Targets are how fast a line wants people to be answered. No rule depends on them: response times are judged by
// them, and the board raises an alarm by the one for danger.
type Targets struct {
	Alert  Target // from arrival until the carrier accepted the first alert
	Claim  Target // from arrival until a contact took the case
	Danger Target // likewise, of immediate danger
	Talk   Target // from a person's first call until they talked with a human
	Close  Target // from arrival until the case was closed
}

// DefaultTargets are those of a line that sets none. Callers are joined with a human within 15 s, 90 in a hundred of
// them: what NENA-STA-020.1-2020 asks of emergency lines. Immediate danger is taken within 3 min (domain.md §2,
// default accept clocks), each case of it. For the rest there is none.
func DefaultTargets() Targets {
	return Targets{
		Talk:   Target{Within: 15 * time.Second, Share: 90},
		Danger: Target{Within: 3 * time.Minute, Share: 100},
	}
}

// OrDefault returns the targets with what is not given, zero, filled in from [DefaultTargets].
func (t Targets) OrDefault() Targets {
	d := DefaultTargets()
	return Targets{
		Alert: t.Alert.or(d.Alert), Claim: t.Claim.or(d.Claim), Danger: t.Danger.or(d.Danger), Talk: t.Talk.or(d.Talk), Close: t.Close.or(d.Close),
	}
}

func (t Target) or(d Target) Target {
	return Target{Within: cmp.Or(t.Within, d.Within), Share: cmp.Or(t.Share, d.Share)}
}
