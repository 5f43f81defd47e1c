package doctor

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/line"
)

// storedLines looks whether every line can be read, and whether each would find somebody.
func (e *examination) storedLines(ctx context.Context, files *contactstore.Store, keyset *seal.Keyset) {
	const subject = "đường dây | lines"
	generations, err := files.Generations(ctx)
	if err != nil {
		e.report(Failed, subject, "không đọc được", err.Error())
		return
	}
	if len(generations) == 0 {
		e.report(Failed, subject, "chưa có đường dây nào; dùng line apply", "there is none yet; use line apply")
	}
	for _, id := range slices.Sorted(maps.Keys(generations)) {
		content, generation, err := files.Get(ctx, id)
		switch {
		case errors.Is(err, contactstore.ErrNotFound): // removed meanwhile
			continue
		case errors.Is(err, seal.ErrSealed):
			e.report(Failed, string(id), "không mở được bằng HOTLINE_KEYSET", "HOTLINE_KEYSET does not open it")
			continue
		case err != nil:
			e.report(Failed, string(id), "không đọc được", err.Error())
			continue
		}
		file, _ := line.ParseStored(content)
		if file == nil {
			e.report(Failed, string(id), "phiên bản này không dùng được tệp đã lưu", "this version cannot use the stored file")
			continue
		}
		e.report(OK, string(id), "mở được bằng HOTLINE_KEYSET", "HOTLINE_KEYSET opens it")
		l := file.Line(func(n phone.Number) phone.Key { return keyset.PhoneKey(id, n) }, generation)
		e.lines = append(e.lines, l)
		e.roster(l)
		e.kinds(l)
	}
}

// roster looks for hours in which a case would begin by alerting nobody.
func (e *examination) roster(l *routing.Line) {
	subject := string(l.ID) + ": lịch trực | roster"
	gaps := coverage.Summarize(coverage.Week(l, e.now), l.Roster.Zone)
	for _, s := range gaps {
		e.report(Failed, subject, "bước đầu của "+s.Names()+" không báo được ai: "+s.VI, "the first step of "+s.Names()+" alerts nobody: "+s.EN)
	}
	if len(gaps) == 0 {
		e.report(OK, subject, "7 ngày tới lúc nào cũng có người", "no gap in the next 7 days")
	}
}

// kinds looks for kinds of contact that the policy names and nobody can alert, by text or by call. A step
// that names nobody else does nothing at any hour.
func (e *examination) kinds(l *routing.Line) {
	subject := string(l.ID) + ": người liên hệ | contacts"
	calls := slices.ContainsFunc(l.Numbers, func(n routing.SupportNumber) bool { return n.Voice }) // it takes a number to call from
	reachable := map[contacts.Kind]bool{}
	for _, c := range l.Directory.All() {
		if !c.Retired && (c.Reachable(contacts.SMS) || calls && c.Reachable(contacts.Voice)) {
			reachable[c.Kind] = true
		}
	}
	var missing []contacts.Kind
	idle := map[string]bool{} // policies with a step that alerts nobody
	for key, steps := range l.Policy.Steps {
		for _, step := range steps {
			if !slices.ContainsFunc(step.Notify, func(k contacts.Kind) bool { return reachable[k] }) {
				idle[coverage.KeyName(key)] = true
			}
			for _, k := range step.Notify {
				if !reachable[k] && !slices.Contains(missing, k) {
					missing = append(missing, k)
				}
			}
		}
	}
	slices.Sort(missing)
	for _, k := range missing {
		e.report(Warning, subject, "không ai thuộc loại "+string(k)+" nhắn hay gọi được", "nobody of kind "+string(k)+" can be texted or called")
	}
	for _, key := range slices.Sorted(maps.Keys(idle)) {
		e.report(Failed, subject, "có bước của "+key+" không bao giờ báo được ai", "a step of "+key+" can never alert anybody")
	}
	if !reachable[contacts.Supervisor] {
		e.report(Warning, subject, "không có supervisor nhắn hay gọi được: không ai hay khi một ca mãi chưa có người nhận",
			"no supervisor can be texted or called: nobody is told when a case stays unanswered")
	}
	if len(missing) == 0 && len(idle) == 0 && reachable[contacts.Supervisor] {
		e.report(OK, subject, "loại nào cũng có người nhắn hay gọi được", "somebody of every kind can be texted or called")
	}
}
