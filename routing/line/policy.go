package line

import (
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/triage"
)

// Limits on times in a policy: more than a day between steps, or three days of silence, is a slip of
// the unit rather than a wish.
const (
	maxWait       = 24 * time.Hour
	maxAfterClaim = 72 * time.Hour
	maxAtOnce     = 1000
)

func (r *reader) policy(f document.Field) {
	p := &r.file.Policy
	p.Steps = make(map[routing.PolicyKey][]routing.Step)
	r.file.at.policy = make(map[routing.PolicyKey]document.Position)
	if f.Absent() {
		return
	}
	entries, ok := f.Entries()
	if !ok {
		return
	}
	for _, e := range entries {
		if key, ok := policyKey(e); ok {
			r.file.at.policy[key] = e.KeyAt()
			p.Steps[key] = r.steps(e)
		}
	}
	for _, u := range coverage.Urgencies() {
		if _, ok := p.Steps[routing.PolicyKey{Urgency: u}]; !ok {
			f.FailKey("policy thiếu "+string(u), "policy lacks "+string(u))
		}
	}
}

// policyKey reads an urgency, or urgency/need.
func policyKey(f document.Field) (routing.PolicyKey, bool) {
	urgency, need, exception := strings.Cut(f.Key, "/")
	key := routing.PolicyKey{Urgency: triage.Urgency(urgency), Need: triage.Need(need)}
	if all := coverage.Urgencies(); !slices.Contains(all, key.Urgency) {
		f.FailKey("mức khẩn phải là một trong: "+document.Join(all), "the urgency must be one of: "+document.Join(all))
		return key, false
	}
	if all := coverage.Needs(); exception && !slices.Contains(all, key.Need) {
		f.FailKey("nhu cầu sau dấu / phải là một trong: "+document.Join(all), "the need after / must be one of: "+document.Join(all))
		return key, false
	}
	return key, true
}

func (r *reader) steps(f document.Field) []routing.Step {
	if f.Absent() {
		f.FailKey("không có bước nào", "there are no steps")
		return nil
	}
	f.NeedEntries()
	var steps []routing.Step
	for _, e := range f.List() {
		t, ok := e.Table("notify", "at_once", "wait")
		if !ok {
			continue
		}
		notify := t.Need("notify")
		notify.NeedEntries()
		steps = append(steps, routing.Step{
			Notify: document.Each(notify, r.notified),
			AtOnce: atOnce(t.Get("at_once")),
			Wait:   t.Need("wait").Duration(maxWait),
		})
	}
	return steps
}

// notified reads a kind of contact to alert, and warns if nobody is of that kind.
func (r *reader) notified(f document.Field) contacts.Kind {
	k := document.OneOf(f, contacts.Kinds())
	ofKind := func(c contacts.Contact) bool { return c.Kind == k && !c.Retired }
	if k != "" && !slices.ContainsFunc(r.file.Contacts, ofKind) {
		f.Warn("không có người liên hệ nào thuộc loại "+string(k), "no contact is of kind "+string(k))
	}
	return k
}

func atOnce(f document.Field) int {
	n := f.Whole()
	if n > maxAtOnce {
		f.Fail("at_once quá lớn; bỏ khóa này để báo tất cả", "at_once is too large; leave it out to alert everyone")
		return 0
	}
	return int(n)
}

// afterClaim reads how long whoever took a case may be silent. What a file leaves out is 2 minutes for
// immediate danger, 15 for urgent and an hour for information (contract §4).
func (r *reader) afterClaim(f document.Field) {
	silence := map[triage.Urgency]time.Duration{
		triage.ImmediateDanger: 2 * time.Minute,
		triage.Urgent:          15 * time.Minute,
		triage.Information:     time.Hour,
	}
	r.file.Policy.AfterClaim = silence
	if f.Absent() {
		return
	}
	t, ok := f.Table(string(triage.ImmediateDanger), string(triage.Urgent), string(triage.Information))
	if !ok {
		return
	}
	for u := range silence {
		if v := t.Get(string(u)); !v.Absent() {
			silence[u] = v.Duration(maxAfterClaim)
		}
	}
}
