package supervisor

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/account"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
)

// auditPageSize is how many entries a page has.
const auditPageSize = 50

// AuditLog is where the board reads what was recorded; ops/audit implements it.
type AuditLog interface {
	// Newest returns up to n of the entries that are wanted, newest first, from the one that precedes the
	// place before; empty is the end. The second result is where to go on, empty if there is no more.
	Newest(ctx context.Context, before string, n int, want func(audit.Record) bool) ([]audit.Record, string, error)
	// Verify walks the whole chain. Heads that were noted before must still be in it.
	Verify(ctx context.Context, known ...audit.Head) (audit.Report, error)
}

// auditPage is who saw and did what.
type auditPage struct {
	frame
	Lines, Actions []option
	Chain          chainView
	Rows           []auditRow
	Older          string // path of the entries before these; empty if there are none
	First          string // path of the newest, if these are not
	Through        bool   // entries were looked through without finding a whole page
	MayReveal      bool   // there are reasons here that can be shown
	Reasons        bool   // they are
	Ask            auditAsk
}

// auditAsk is which entries are asked for.
type auditAsk struct{ Line, Action, Before string }

// butSignIns asks for all entries but those about signing in and out, which bury the others.
const butSignIns = "but_sign_ins"

// wants reports whether an entry is asked for.
func (a auditAsk) wants(r audit.Record) bool {
	switch {
	case a.Line != "" && r.Line != a.Line:
		return false
	case a.Action == butSignIns:
		return !aboutSigningIn(r.Action) && r.Action != audit.SignOut
	}
	return a.Action == "" || r.Action == audit.Action(a.Action)
}

// aboutSigningIn reports whether the reason of an entry is no reason, but where from somebody signed in.
func aboutSigningIn(a audit.Action) bool { return a == audit.SignIn || a == audit.SignInRefused }

type auditRow struct {
	At, When       string // in words, and for machines
	Number         int64
	Who, What      string
	Line           string
	Code, CasePath string
	Closed         bool
	Detail         string
	Reason         string // or that there is one
	Shown          bool   // it is what was written
	Address        bool   // it is where from somebody signed in
	Unreadable     bool
}

// auditActions lists what can be asked for, in the order in which it is named.
func auditActions() []audit.Action {
	return []audit.Action{
		audit.RevealWords, audit.Order, audit.OrderNotDone, audit.Note, audit.CloseCase, audit.Export, audit.SignIn, audit.SignInRefused, audit.SignOut,
		audit.UserAdd, audit.UserDisable, audit.UserEnable, audit.UserReset, audit.UserLink, audit.RevealLine, audit.RemoveLine, audit.RevealReasons,
	}
}

// place is an entry's place in the log as it stands in an address.
var placeInLog = regexp.MustCompile(`^[0-9]{1,19}-[0-9]{1,19}$`)

// showAudit shows the audit log of the lines of which somebody may read it, without the reasons.
func (b *Board) showAudit(w http.ResponseWriter, q *query) error {
	given, err := q.params()
	if err != nil {
		return err
	}
	return b.auditPage(w, q, auditAsk{given["line"], given["action"], given["before"]}, false)
}

// showReasons shows the same page with the reasons, which may name people. That is recorded first.
func (b *Board) showReasons(w http.ResponseWriter, q *query) error {
	if err := q.ParseForm(); err != nil {
		return badForm(err)
	}
	ask := auditAsk{q.PostForm.Get("line"), q.PostForm.Get("action"), q.PostForm.Get("before")}
	if ask.Line != "" {
		if _, err := b.lineFor(q, contacts.LineID(ask.Line), account.RevealWords); err != nil {
			return err
		}
	}
	return b.auditPage(w, q, ask, true)
}

// recordReasons records that the reasons of entries are shown, for each line that they are of: who answers for one
// line sees what is about it.
func (b *Board) recordReasons(q *query, ask auditAsk, records []audit.Record) error {
	var done []string
	for _, r := range records {
		if r.Reason.Empty() || !b.revealsReason(q, r) || slices.Contains(done, r.Line) {
			continue
		}
		entry := audit.Entry{Actor: q.who.Name, Action: audit.RevealReasons, Line: r.Line, Detail: ask.Action}
		if err := b.o.Audit.Record(q.Context(), entry); err != nil {
			return b.notAudited(err)
		}
		done = append(done, r.Line)
	}
	return nil
}

// revealsReason reports whether somebody may read the reason of an entry; what is about no line is for who answers for
// all of them.
func (b *Board) revealsReason(q *query, r audit.Record) bool {
	if r.Line == "" {
		return q.who.Lines.All && len(b.linesFor(q, account.RevealWords)) > 0
	}
	return q.may(account.RevealWords, contacts.LineID(r.Line))
}

// check refuses what no page of ours asks for.
func (a auditAsk) check() error {
	if a.Action != "" && a.Action != butSignIns && !slices.Contains(auditActions(), audit.Action(a.Action)) || a.Before != "" && !placeInLog.MatchString(a.Before) {
		return errBadForm
	}
	return nil
}

// path is where the entries are.
func (a auditAsk) path() string {
	v := url.Values{}
	for _, p := range [][2]string{{"line", a.Line}, {"action", a.Action}, {"before", a.Before}} {
		if p[1] != "" {
			v.Set(p[0], p[1])
		}
	}
	if len(v) == 0 {
		return "/audit"
	}
	return "/audit?" + v.Encode()
}

func (b *Board) auditPage(w http.ResponseWriter, q *query, ask auditAsk, reasons bool) error {
	if err := ask.check(); err != nil {
		return err
	}
	if ask.Line != "" {
		if _, err := b.lineFor(q, contacts.LineID(ask.Line), account.SeeAudit); err != nil {
			return err
		}
	} else if len(b.linesFor(q, account.SeeAudit)) == 0 {
		return errForbidden
	}
	all := q.who.Lines.All // accounts are about no line: who came in is for those who answer for all of them
	var unknown error
	records, next, err := b.o.AuditLog.Newest(q.Context(), ask.Before, auditPageSize+1, func(r audit.Record) bool {
		line := contacts.LineID(r.Line)
		switch {
		case !ask.wants(r):
			return false
		case r.Line == "":
			return all
		case !q.may(account.SeeAudit, line):
			return false
		}
		if id := routing.CaseID(r.Case); id != "" && q.linked() {
			if _, err := b.o.Lines.Line(line); err != nil {
				return false // taken out of service: nobody knows any more who was kept apart from whom
			}
			unknown = errors.Join(unknown, b.people.learn(q.Context(), line, []routing.CaseID{id}))
			return b.people.mayKnow(q.who, change{line, id})
		}
		return true
	})
	if err = errors.Join(err, unknown); err != nil {
		return err
	}
	if len(records) > auditPageSize { // one more than is shown: there are older ones, and they can be shown, too
		records = records[:auditPageSize]
		next = records[auditPageSize-1].ID
	}
	if reasons {
		if err := b.recordReasons(q, ask, records); err != nil {
			return err
		}
	}
	cases, err := b.casesOf(q.Context(), q, records)
	if err != nil {
		return err
	}
	p := auditPage{
		Lines: b.lineOptions(q, account.SeeAudit, contacts.LineID(ask.Line)), Chain: b.chain.view(q),
		Through: len(records) < auditPageSize && next != "", Ask: ask, Reasons: reasons,
	}
	for _, a := range append([]audit.Action{butSignIns}, auditActions()...) {
		p.Actions = append(p.Actions, option{string(a), q.say("audit." + string(a)), string(a) == ask.Action})
	}
	for _, r := range records {
		p.MayReveal = p.MayReveal || !r.Reason.Empty() && b.revealsReason(q, r)
		if q.linked() {
			r.Number = 0 // a number left out would give away that there is an entry
		}
		p.Rows = append(p.Rows, b.auditRow(q, r, cases, reasons))
	}
	if next != "" {
		p.Older = auditAsk{ask.Line, ask.Action, next}.path()
	}
	if ask.Before != "" {
		p.First = auditAsk{Line: ask.Line, Action: ask.Action}.path()
	}
	return b.render(w, q, http.StatusOK, "audit", func(f frame) any {
		p.frame = f
		return p
	})
}

// casesOf reads the cases that entries are about, of lines that may be seen.
func (b *Board) casesOf(ctx context.Context, q *query, records []audit.Record) (map[routing.CaseID]*routing.Case, error) {
	ids := map[contacts.LineID][]routing.CaseID{}
	for _, r := range records {
		line, id := contacts.LineID(r.Line), routing.CaseID(r.Case)
		if id != "" && q.may(account.SeeCase, line) && !slices.Contains(ids[line], id) {
			ids[line] = append(ids[line], id)
		}
	}
	cases := map[routing.CaseID]*routing.Case{}
	for line, list := range ids {
		if _, err := b.o.Lines.Line(line); err != nil {
			continue // taken out of service; its cases have gone with it
		}
		found, err := b.o.Cases.Cases(ctx, line, list...)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			cases[c.ID] = c
		}
	}
	return cases, nil
}

func (b *Board) auditRow(q *query, r audit.Record, cases map[routing.CaseID]*routing.Case, reasons bool) auditRow {
	zone, lineName := b.auditZone(q), r.Line
	if l, err := b.o.Lines.Line(contacts.LineID(r.Line)); r.Line != "" && err == nil {
		zone, lineName = l.Roster.Zone, l.Name
	}
	row := auditRow{
		At: q.instant(r.At, zone), When: r.At.Format(time.RFC3339), Number: r.Number,
		Who: r.Actor, What: q.known("audit.", string(r.Action)), Line: lineName, Detail: q.detail(r),
		Unreadable: r.Unreadable, Address: aboutSigningIn(r.Action),
	}
	row.Shown = reasons && !r.Reason.Empty() && b.revealsReason(q, r)
	switch {
	case row.Shown && row.Address:
		row.Reason = q.say("audit.address", "address", r.Reason.Reveal())
	case row.Shown:
		row.Reason = r.Reason.Reveal()
	case !r.Reason.Empty() && row.Address:
		row.Reason = q.say("audit.address_given")
	case !r.Reason.Empty():
		row.Reason = q.say("audit.reason_given")
	case r.Action == audit.CloseCase: // it was demanded, and names people: it stands with their words
		row.Reason = q.say("audit.reason_in_case")
	}
	if c := cases[routing.CaseID(r.Case)]; c != nil {
		row.CasePath, row.Closed, row.Code = casePath(c), !c.Open(), string(c.Code)
	}
	return row
}

// detail puts into words what the program noted on an entry.
func (q *query) detail(r audit.Record) string {
	if table, period, ok := strings.Cut(r.Detail, " "); ok && r.Action == audit.Export {
		_, table, _ = strings.Cut(table, "/")
		return q.say("audit.detail.times", "table", q.known("audit.table.", table), "period", strings.ReplaceAll(period, " ", "–"))
	}
	switch r.Action {
	case audit.Note, audit.CloseCase, audit.RevealWords:
		return "" // says nothing that the action does not
	case audit.UserAdd, audit.UserDisable, audit.UserEnable, audit.UserReset, audit.UserLink:
		return r.Detail // a login
	case audit.RevealReasons:
		return q.known("audit.", r.Detail)
	case audit.OrderNotDone:
		order, why, _ := strings.Cut(r.Detail, " ")
		text, _ := q.outcome(routing.Reason(why))
		return q.known("audit.detail.", order) + ". " + text
	}
	return q.known("audit.detail.", r.Detail)
}

// auditZone is in which zone times are shown of what is about no line: that of the reader's first one.
func (b *Board) auditZone(q *query) *time.Location {
	if may := b.linesFor(q, account.SeeAudit); len(may) > 0 {
		return may[0].Roster.Zone
	}
	return time.UTC
}
