package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/tincay/hotline/contacts"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/ops/audit"
)

// A line that is removed takes along what could not be sent yet, such as word that a case was closed a
// moment ago. So a running gateway is given sendingTime to get it out, looked at every sendingPoll.
const (
	sendingTime = 5 * time.Second
	sendingPoll = 50 * time.Millisecond
)

// lineRemove takes a line out of service.
func lineRemove(ctx context.Context, std IO, args []string) error {
	rest, err := parse(flag.NewFlagSet("line remove", flag.ContinueOnError), args, 1)
	if err != nil {
		return err
	}
	return withStorage(ctx, std, func(ctx context.Context, st *storage) error {
		return st.remove(ctx, std.Stdout, contacts.LineID(rest[0]))
	})
}

// errOpenCases says why a line is not removed.
func errOpenCases(n int) error {
	return fmt.Errorf("còn %d ca đang mở; xem bằng case list và đóng trước | %d cases are open; see case list and close them first", n, n)
}

func (st *storage) remove(ctx context.Context, out io.Writer, id contacts.LineID) error {
	// Nothing is unsealed: a line can be removed whatever keyset it was stored with.
	there, err := st.files.Generations(ctx)
	if err != nil {
		return err
	}
	if _, ok := there[id]; !ok {
		// What an interrupted removal left listed goes now.
		return errors.Join(errNoLine, st.files.Unlist(ctx, id))
	}
	open, err := st.cases.OpenCases(ctx, id)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return errOpenCases(len(open))
	}
	if err := st.awaitSending(ctx, id); err != nil {
		return err
	}
	// Recorded first: what was not recorded is not done.
	if err := st.audit.Record(ctx, audit.Entry{Actor: actor(), Action: audit.RemoveLine, Line: string(id)}); err != nil {
		return err
	}
	removed, err := st.cases.RemoveLine(ctx, id)
	switch {
	case errors.Is(err, contactstore.ErrNotFound):
		return errNoLine
	case err != nil:
		return err
	case removed.Open > 0: // opened meanwhile
		return errOpenCases(removed.Open)
	}
	if err := st.files.Unlist(ctx, id); err != nil {
		return err
	}
	if removed.Dropped > 0 {
		fmt.Fprintf(out, "Bỏ %d tin chưa gửi được | %d messages that could not be sent yet were dropped\n", removed.Dropped, removed.Dropped)
	}
	fmt.Fprintf(out, "Đã bỏ đường dây %s | removed line %s\n", id, id)
	return nil
}

// awaitSending waits until nothing is to be sent for a line, or sendingTime is over.
func (st *storage) awaitSending(ctx context.Context, id contacts.LineID) error {
	tick := time.NewTicker(sendingPoll)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < sendingTime; {
		n, err := st.cases.ToSend(ctx, id)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
