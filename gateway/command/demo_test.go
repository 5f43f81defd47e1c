package command

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestMain_Demo(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name string
		args []string
		want int
		says string // on standard output or standard error
	}{
		{"stops when told to", []string{"--listen", "127.0.0.1:0", "--board-listen", "127.0.0.1:0", "--empty"}, exitDone, "NO REAL MESSAGE LEAVES THIS MACHINE"},
		{"in English", []string{"--lang", "en", "--listen", "127.0.0.1:0", "--board-listen", "127.0.0.1:0"}, exitDone, "http://127.0.0.1:"},
		{"no such language", []string{"--lang", "fr"}, exitUsage, "--lang"},
		{"no such option", []string{"--port", "1"}, exitUsage, "hotline demo"},
		{"an argument too many", []string{"x"}, exitUsage, "hotline demo"},
		{"not an address", []string{"--listen", "nowhere"}, exitFailed, "--listen"},
		{"not an address for the board", []string{"--listen", "127.0.0.1:0", "--board-listen", "nowhere"}, exitFailed, "--board-listen"},
		{"help", []string{"--help"}, exitDone, "--listen ADDR"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var out, errs bytes.Buffer
			// Whatever the demo says first, it is told to stop then.
			stop := writerFunc(func(p []byte) (int, error) {
				defer cancel()
				return out.Write(p)
			})
			got := Main(ctx, IO{Stdout: stop, Stderr: &errs, Getenv: func(string) (string, bool) { return "", false }},
				append([]string{"demo"}, row.args...))
			if said := out.String() + errs.String(); got != row.want || !strings.Contains(said, row.says) {
				t.Errorf("hotline demo %q = %d saying %q, want %d saying %q", row.args, got, said, row.want, row.says)
			}
		})
	}
}

// writerFunc is a writer made of a function.
type writerFunc func([]byte) (int, error)

// Write calls the function.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
