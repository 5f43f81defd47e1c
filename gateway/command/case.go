package command

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
)

// errNoOpenCase says that no open case has the code that was given.
var errNoOpenCase = errors.New("không có ca nào đang mở với mã này | no open case has this code")

// caseList prints the open cases of a line.
func caseList(ctx context.Context, std IO, args []string) error {
	rest, err := parse(flag.NewFlagSet("case list", flag.ContinueOnError), args, 1)
	if err != nil {
		return err
	}
	return withStorage(ctx, std, func(ctx context.Context, st *storage) error {
		return st.listCases(ctx, std.Stdout, contacts.LineID(rest[0]))
	})
}

// caseShow prints what is known of one case but words and numbers.
func caseShow(ctx context.Context, std IO, args []string) error {
	rest, err := parse(flag.NewFlagSet("case show", flag.ContinueOnError), args, 2)
	if err != nil {
		return err
	}
	code, err := caseCode(rest[1])
	if err != nil {
		return err
	}
	return withStorage(ctx, std, func(ctx context.Context, st *storage) error {
		return st.showCase(ctx, std.Stdout, contacts.LineID(rest[0]), code)
	})
}

// caseClose closes a case from a desk.
func caseClose(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("case close", flag.ContinueOnError)
	reason := flags.String("reason", "", "")
	outcome := flags.String("outcome", "", "")
	rest, err := parse(flags, args, 2)
	if err != nil {
		return err
	}
	code, err := caseCode(rest[1])
	if err != nil {
		return err
	}
	if strings.TrimSpace(*reason) == "" {
		return usageError{"Cần --reason: vì sao đóng ca | --reason is needed: why the case is closed"}
	}
	order := routing.CloseOrdered{Why: contacts.Conceal(strings.TrimSpace(*reason)), Outcome: routing.Outcome(*outcome)}
	if order.Outcome != "" && !slices.Contains(routing.Outcomes(), order.Outcome) {
		var all []string
		for _, o := range routing.Outcomes() {
			all = append(all, string(o))
		}
		return usageError{"--outcome là một trong | is one of " + strings.Join(all, ", ")}
	}
	return withStorage(ctx, std, func(ctx context.Context, st *storage) error {
		return st.closeCase(ctx, std.Stdout, contacts.LineID(rest[0]), code, order)
	})
}

// caseCode reads a code as people write it. What cannot be one is not looked for: it might be anything.
func caseCode(s string) (routing.Code, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if !regexp.MustCompile(`^[A-Z0-9]{2,8}$`).MatchString(s) {
		return "", usageError{"Mã ca như K7 | a case code is like K7"}
	}
	return routing.Code(s), nil
}

// line returns a line as it is stored now, or errNoLine.
func (st *storage) line(ctx context.Context, id contacts.LineID) (*routing.Line, error) {
	refreshed := st.lines.Refresh(ctx, id)
	l, err := st.lines.Line(id)
	switch {
	case refreshed != nil:
		return nil, refreshed
	case errors.Is(err, routing.ErrUnknownLine):
		return nil, errNoLine
	}
	return l, err
}

func (st *storage) listCases(ctx context.Context, out io.Writer, id contacts.LineID) error {
	l, err := st.line(ctx, id)
	if err != nil {
		return err
	}
	labels, err := st.cases.OpenCases(ctx, id)
	if err != nil {
		return err
	}
	cases, err := st.cases.Cases(ctx, id, slices.Sorted(maps.Keys(labels)))
	if err != nil {
		return err
	}
	now, err := st.cases.Now(ctx, id)
	if err != nil {
		return err
	}
	// One that was closed between the two reads is not open any more.
	cases = slices.DeleteFunc(cases, func(c *routing.Case) bool { return !c.Open() })
	slices.SortStableFunc(cases, func(a, b *routing.Case) int {
		return cmp.Or(b.Urgency.Severity()-a.Urgency.Severity(), a.ArrivedAt.Compare(b.ArrivedAt))
	})
	if len(cases) == 0 {
		fmt.Fprintln(out, "Không có ca nào đang mở | no open case")
	}
	for _, c := range cases {
		holder := cmp.Or(string(c.Holder), "-")
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.Code, stateName(c), urgencyName(c.Urgency), needName(c.Need),
			age(now.Sub(c.ArrivedAt)), holder, nextDeadline(c, now, l.Roster.Zone))
	}
	return nil
}

func (st *storage) showCase(ctx context.Context, out io.Writer, id contacts.LineID, code routing.Code) error {
	l, err := st.line(ctx, id)
	if err != nil {
		return err
	}
	c, err := st.cases.CaseByCode(ctx, id, code)
	if err != nil {
		return err
	}
	if c == nil {
		return errors.New("không có ca nào với mã này | no case has this code")
	}
	now, err := st.cases.Now(ctx, id)
	if err != nil {
		return err
	}
	happened, err := st.cases.Timeline(ctx, c)
	if err != nil {
		return err
	}
	zone := l.Roster.Zone
	fmt.Fprintf(out, "Ca | case %s: %s\n", c.Code, stateName(c))
	fmt.Fprintf(out, "  mức khẩn | urgency: %s\n", urgencyName(c.Urgency))
	fmt.Fprintf(out, "  nhu cầu | need: %s\n", needName(c.Need))
	fmt.Fprintf(out, "  tới lúc | arrived: %s\n", instant(c.ArrivedAt, zone))
	fmt.Fprintf(out, "  người giữ | helpers: %s\n", cmp.Or(idList(c.Helpers()), "-"))
	fmt.Fprintf(out, "  số tin đã nhận | messages taken in: %d\n", c.Said)
	if c.Open() {
		fmt.Fprintf(out, "  hạn kế tiếp | next deadline: %s\n", nextDeadline(c, now, zone))
	} else {
		fmt.Fprintf(out, "  đóng lúc | closed: %s\n", instant(c.ClosedAt, zone))
		if c.Outcome != "" {
			fmt.Fprintf(out, "  kết quả | outcome: %s\n", outcomeName(c.Outcome))
		}
	}
	fmt.Fprintln(out, "Diễn biến | timeline:")
	for _, h := range happened {
		fmt.Fprintf(out, "  %s\t%s\n", instant(h.At, zone), noteLine(h.Note))
	}
	return nil
}

func (st *storage) closeCase(ctx context.Context, out io.Writer, id contacts.LineID, code routing.Code, order routing.CloseOrdered) error {
	if _, err := st.line(ctx, id); err != nil {
		return err
	}
	c, err := st.cases.CaseByCode(ctx, id, code)
	if err != nil {
		return err
	}
	if c == nil || !c.Open() {
		return errNoOpenCase
	}
	order.Case, order.By = c.ID, routing.Desk(actor())
	return st.closeFound(ctx, out, c, order)
}

// closeFound closes a case that was open a moment ago.
func (st *storage) closeFound(ctx context.Context, out io.Writer, c *routing.Case, order routing.CloseOrdered) error {
	// Recorded first: what was not recorded is not done.
	entry := audit.Entry{Actor: actor(), Action: audit.CloseCase, Line: string(c.Line), Case: string(c.ID)}
	if err := st.audit.Record(ctx, entry); err != nil {
		return err
	}
	service := st.service()
	d, err := service.Handle(ctx, c.Line, order)
	if err != nil {
		return err
	}
	closed := slices.ContainsFunc(d.Cases, func(ch routing.Change) bool { return ch.After.ID == c.ID && !ch.After.Open() })
	if !closed {
		return errNoOpenCase // somebody else closed it meanwhile
	}
	fmt.Fprintf(out, "Đã đóng ca %s | closed case %s\n", c.Code, c.Code)
	return nil
}

func idList(ids []contacts.ID) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return strings.Join(list, ", ")
}

func instant(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("2006-01-02 15:04:05")
}

// age writes how long ago something was, in the two largest units.
func age(d time.Duration) string {
	d = max(d, 0)
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd%02dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh%02dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm%02ds", minutes, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%ds", int(d.Seconds()))
}

// nextDeadline says what happens to a case next, and when. Who looks must see what is late.
func nextDeadline(c *routing.Case, now time.Time, zone *time.Location) string {
	next, ok := c.NextDeadline()
	if !ok {
		return "-"
	}
	s := instant(next.At, zone) + " " + deadlineName(next.Kind)
	if late := now.Sub(next.At); late > 0 {
		s += " (trễ | late " + age(late) + ")"
	}
	return s
}
