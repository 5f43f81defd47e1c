package line

import (
	"strconv"
	"time"

	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line/document"
)

// Limits on targets. Nobody who asks for help is to wait for longer than a day, whatever the ward aims at; help may
// take weeks, but a case that is open for longer than a month is forgotten rather than worked on.
const (
	maxAnswer = 24 * time.Hour
	maxClose  = 30 * 24 * time.Hour
)

// targetField is one of the targets of a file.
type targetField struct {
	key    string
	target *routing.Target
	most   time.Duration
}

// targetFields lists the targets in the order in which they are written.
func targetFields(t *routing.Targets) []targetField {
	return []targetField{
		{"talk", &t.Talk, maxAnswer}, {"danger", &t.Danger, maxAnswer}, {"alert", &t.Alert, maxAnswer}, {"claim", &t.Claim, maxAnswer}, {"close", &t.Close, maxClose},
	}
}

// targets reads how fast people are to be answered. What a file leaves out of a target that has a default is that
// default's; a target without one needs both its parts.
func (r *reader) targets(f document.Field) {
	if f.Absent() {
		return
	}
	byDefault := routing.DefaultTargets()
	given, defaults := targetFields(&r.file.Targets), targetFields(&byDefault)
	keys := make([]string, len(given))
	for i, of := range given {
		keys[i] = of.key
	}
	t, ok := f.Table(keys...)
	if !ok {
		return
	}
	for i, of := range given {
		v := t.Get(of.key)
		if v.Absent() {
			continue
		}
		part, ok := v.Table("within", "share")
		if !ok {
			continue
		}
		read := part.Get
		if defaults[i].target.Within == 0 {
			read = part.Need
		}
		*of.target = routing.Target{Within: read("within").Duration(of.most), Share: read("share").Percent()}
	}
}

// target writes what is given of a target.
func target(t routing.Target) string {
	yaml := ""
	if t.Within != 0 {
		yaml = "within: " + document.Short(t.Within)
	}
	if t.Share != 0 {
		if yaml != "" {
			yaml += ", "
		}
		yaml += "share: " + strconv.Itoa(t.Share) + "%"
	}
	return "{" + yaml + "}"
}
