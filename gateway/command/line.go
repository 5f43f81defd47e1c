package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/lines"
	"github.com/tincay/hotline/routing/store"
)

// storageTimeout bounds a command that works on Redis.
const storageTimeout = 15 * time.Second

// lineCheck validates a file and touches nothing.
func lineCheck(_ context.Context, std IO, args []string) error {
	rest, err := parse(flag.NewFlagSet("line check", flag.ContinueOnError), args, 1)
	if err != nil {
		return err
	}
	_, err = checkFile(std, rest[0])
	if err == nil {
		fmt.Fprintln(std.Stdout, "Tệp dùng được | the file can be used")
	}
	return err
}

// checkFile reads a line file and prints its faults; with an error among them it returns errFaults.
func checkFile(std IO, path string) (*line.File, error) {
	content, err := readFile(std, path)
	if err != nil {
		return nil, err
	}
	file, faults := line.Check(content, time.Now())
	for _, f := range faults {
		fmt.Fprintf(std.Stderr, "%s:%s\n", path, f)
	}
	if faults.HasErrors() {
		return nil, errFaults
	}
	return file, nil
}

// readFile reads a file, or standard input for "-".
func readFile(std IO, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(std.Stdin)
	}
	return os.ReadFile(path)
}

// storage is what commands work on beside a running gateway.
type storage struct {
	files *contactstore.Store
	cases *store.Store
	lines *lines.Cache
	audit *audit.Log
	close func() error
}

func openStorage(ctx context.Context, std IO) (*storage, error) {
	cfg, err := config.LoadStorage(std.Getenv)
	if err != nil {
		return nil, err
	}
	shards, err := contactstore.CheckShards(ctx, cfg.Redis, cfg.Shards)
	if err != nil {
		return nil, errors.Join(err, cfg.Redis.Close())
	}
	files := contactstore.New(cfg.Redis, shards, cfg.Keyset)
	return &storage{
		files: files, cases: store.New(cfg.Redis, shards, cfg.Keyset), audit: audit.NewLog(cfg.Redis, cfg.Keyset),
		lines: lines.NewCache(files, cfg.Keyset.PhoneKey, slog.New(slog.DiscardHandler)), close: cfg.Redis.Close,
	}, nil
}

// withStorage runs a command on the storage, for at most storageTimeout.
func withStorage(ctx context.Context, std IO, run func(context.Context, *storage) error) error {
	ctx, cancel := context.WithTimeout(ctx, storageTimeout)
	defer cancel()
	st, err := openStorage(ctx, std)
	if err != nil {
		return err
	}
	return errors.Join(run(ctx, st), st.close())
}

// lineApply makes Redis match a file.
func lineApply(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("line apply", flag.ContinueOnError)
	force := flags.Bool("force", false, "")
	rest, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	file, err := checkFile(std, rest[0])
	if err != nil {
		return err
	}
	if faults := line.RefusedForApply(file); len(faults) > 0 {
		for _, f := range faults {
			fmt.Fprintf(std.Stderr, "%s:%s\n", rest[0], f)
		}
		return errFaults
	}
	return withStorage(ctx, std, func(ctx context.Context, st *storage) error {
		return st.apply(ctx, std, file, *force)
	})
}

// errChangedSince is what --force overrides.
var errChangedSince = errors.New("đường dây đã được đổi ở nơi khác sau khi tệp này được in ra; xem lại bằng line show, hoặc dùng --force | the line was changed elsewhere since this file was shown; look at it with line show, or use --force")

func (st *storage) apply(ctx context.Context, std IO, file *line.File, force bool) error {
	if err := st.lines.RefreshAll(ctx); err != nil {
		return err
	}
	for _, n := range file.Numbers {
		if l, ok := st.lines.ByNumber(n.Number); ok && l.ID != file.ID {
			return fmt.Errorf("số %s thuộc đường dây %s | number %s belongs to line %s", n.Number, l.ID, n.Number, l.ID)
		}
	}
	old, generation, err := st.stored(ctx, file.ID)
	if err != nil {
		return err
	}
	if file.Generation != 0 && file.Generation != generation && !force {
		return errChangedSince
	}
	retired, err := st.retire(ctx, old, file)
	if err != nil {
		return err
	}
	changes := line.Diff(old, file)
	if len(changes) == 0 && old != nil && slices.Equal(retiredIDs(old.Contacts), retiredIDs(retired)) {
		fmt.Fprintln(std.Stdout, "Không có gì đổi | nothing changed")
		return nil
	}
	file.Contacts = append(file.Contacts, retired...)
	if generation, err = st.files.Put(ctx, file.ID, generation, file.MarshalStored()); err != nil {
		return err
	}
	// A contact may have taken a case between the look and the change. From now on every commit sees the
	// new file, so that a second look finds all who did.
	late, err := st.retire(ctx, old, file)
	if err != nil {
		return err
	}
	if len(late) > 0 {
		file.Contacts, retired = append(file.Contacts, late...), append(retired, late...)
		if _, err := st.files.Put(ctx, file.ID, generation, file.MarshalStored()); err != nil {
			return err
		}
	}
	if err := st.review(ctx, file.ID); err != nil {
		return err
	}
	for _, c := range changes {
		fmt.Fprintln(std.Stdout, c)
	}
	for _, c := range retired {
		fmt.Fprintf(std.Stdout, "contacts %s: giữ tới khi ca đóng | kept until the case they hold is closed\n", c.ID)
	}
	fmt.Fprintf(std.Stdout, "Đã áp dụng %s | applied %s\n", file.ID, file.ID)
	return nil
}

// review lets the rules look at every open case under the new file: who may no longer hold one is out of
// it now, not when the person writes again. What that leads to is sent by a running gateway.
func (st *storage) review(ctx context.Context, id contacts.LineID) error {
	if err := st.lines.Refresh(ctx, id); err != nil {
		return err
	}
	open, err := st.cases.OpenCases(ctx, id)
	if err != nil {
		return err
	}
	service := st.service()
	for c := range open {
		if _, err := service.Handle(ctx, id, routing.LineChanged{Case: c}); err != nil {
			return err
		}
	}
	return nil
}

// service runs the rules on the storage beside a running gateway.
func (st *storage) service() *routing.Service {
	return routing.NewService(routing.Options{Store: st.cases, Lines: st.lines, Random: rand.IntN})
}

// stored returns the stored file of a line and its generation; nil and 0 if there is none.
func (st *storage) stored(ctx context.Context, id contacts.LineID) (*line.File, int64, error) {
	content, generation, err := st.files.Get(ctx, id)
	if errors.Is(err, contactstore.ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	file, _ := line.ParseStored(content)
	if file == nil {
		return nil, 0, lines.ErrUnusable
	}
	return file, generation, nil
}

// retire returns the contacts of the old file who are not in the new one but hold a case: they keep it
// until it is closed.
func (st *storage) retire(ctx context.Context, old, next *line.File) ([]contacts.Contact, error) {
	if old == nil {
		return nil, nil
	}
	open, err := st.cases.OpenCases(ctx, old.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]routing.CaseID, 0, len(open))
	for id := range open {
		ids = append(ids, id)
	}
	cases, err := st.cases.Cases(ctx, old.ID, ids)
	if err != nil {
		return nil, err
	}
	holders := map[contacts.ID]bool{}
	for _, c := range cases {
		for _, id := range c.Helpers() {
			holders[id] = true
		}
	}
	for _, c := range next.Contacts {
		delete(holders, c.ID)
	}
	var retired []contacts.Contact
	for _, c := range old.Contacts {
		if holders[c.ID] {
			c.Retired = true
			retired = append(retired, c)
		}
	}
	return retired, nil
}

// retiredIDs are the ids of the retired among contacts.
func retiredIDs(list []contacts.Contact) []contacts.ID {
	var ids []contacts.ID
	for _, c := range list {
		if c.Retired {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// lineShow prints a line; with --reveal a file that apply accepts.
func lineShow(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("line show", flag.ContinueOnError)
	reveal := flags.Bool("reveal", false, "")
	rest, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	return withStorage(ctx, std, func(ctx context.Context, st *storage) error {
		return st.show(ctx, std, contacts.LineID(rest[0]), *reveal)
	})
}

// errNoLine says that a line does not exist.
var errNoLine = errors.New("không có đường dây này | no such line")

func (st *storage) show(ctx context.Context, std IO, id contacts.LineID, reveal bool) error {
	file, generation, err := st.stored(ctx, id)
	if err != nil {
		return err
	}
	if file == nil {
		return errNoLine
	}
	if reveal {
		// Recorded first: what was not recorded is not shown.
		if err := st.audit.Record(ctx, audit.Entry{Actor: actor(), Action: audit.RevealLine, Line: string(id)}); err != nil {
			return err
		}
	}
	file.Generation = generation
	_, err = std.Stdout.Write(file.Marshal(reveal))
	return err
}

// actor is the account that runs the command.
func actor() string {
	name := "uid " + fmt.Sprint(os.Getuid())
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if sudo := os.Getenv("SUDO_USER"); sudo != "" {
		name += " (sudo: " + sudo + ")"
	}
	return name
}

// onCall says who answers, and in which hours nobody would be alerted at first.
func onCall(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("oncall", flag.ContinueOnError)
	atText := flags.String("at", "", "")
	rest, err := parse(flags, args, 1)
	if err != nil {
		return err
	}
	return withStorage(ctx, std, func(ctx context.Context, st *storage) error {
		return st.onCall(ctx, std, contacts.LineID(rest[0]), *atText)
	})
}

func (st *storage) onCall(ctx context.Context, std IO, id contacts.LineID, atText string) error {
	l, err := st.line(ctx, id)
	if err != nil {
		return err
	}
	at, err := parseTime(atText, l.Roster.Zone)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.Stdout, "Trực lúc | on call at %s\n", at.In(l.Roster.Zone).Format("2006-01-02 15:04 MST"))
	said, err := st.cases.Duty(ctx, id)
	if err != nil {
		return err
	}
	onCall, nobody := routing.OnCall(l, said, at), true
	for _, c := range l.Directory.All() {
		if onCall(c.ID) && !c.Retired {
			nobody = false
			channels := make([]string, len(c.Channels))
			for i, ch := range c.Channels {
				channels[i] = string(ch)
			}
			fmt.Fprintf(std.Stdout, "  %s\t%s\t%s\t%s\n", c.ID, c.Kind, strings.Join(channels, ","), c.Area)
		}
	}
	if nobody {
		fmt.Fprintln(std.Stdout, "  không có ai | nobody")
	}
	const week = 7 * 24 * time.Hour
	gaps := coverage.GapsAsSaid(l, said, at, week)
	if len(gaps) == 0 {
		fmt.Fprintln(std.Stdout, "7 ngày tới lúc nào cũng có người | no gap in the next 7 days")
		return nil
	}
	fmt.Fprintln(std.Stdout, "Bước đầu không báo được ai | the first step would alert nobody:")
	for _, g := range gaps {
		fmt.Fprintf(std.Stdout, "  %s\t%s - %s\n", coverage.KeyName(g.Policy),
			g.From.In(l.Roster.Zone).Format("Mon 2006-01-02 15:04"), g.Until.In(l.Roster.Zone).Format("Mon 2006-01-02 15:04"))
	}
	return nil
}

// parseTime reads an instant: RFC 3339, or date and time in the line's zone. Empty is now.
func parseTime(s string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Now(), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError{"--at: viết như | write it like 2026-11-24T22:00 hoặc | or 2026-11-24T22:00:00+07:00"}
}
