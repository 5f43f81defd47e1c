package demo

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tincay/hotline/routing/texts"
)

func TestRun_ServesUntilToldToStop(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := Options{Language: texts.Vietnamese, Logger: slog.New(slog.DiscardHandler), Empty: true}
	free := Addresses{Page: "127.0.0.1:0", Board: "127.0.0.1:0"}
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, free, in, o)
		_ = in.Close()
	}()
	buffer := make([]byte, 4096)
	n, err := out.Read(buffer)
	if err != nil {
		t.Fatalf("Run() printed nothing: %v", err)
	}
	welcome := string(buffer[:n])
	for _, want := range []string{"KHÔNG TIN NHẮN THẬT NÀO RỜI KHỎI MÁY NÀY", "NO REAL MESSAGE LEAVES THIS MACHINE", "/metrics"} {
		if !strings.Contains(welcome, want) {
			t.Errorf("Run() printed %q, want it to contain %q", welcome, want)
		}
	}
	named := regexp.MustCompile(`\| (?:open this page|the duty desk): +(http://\S+)`).FindAllStringSubmatch(welcome, -1)
	if len(named) != 2 {
		t.Fatalf("Run() printed %q, want the addresses of page and board", welcome)
	}
	page, board := named[0][1], named[1][1]
	get := func(address string, with ...*http.Cookie) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range with {
			r.AddCookie(c)
		}
		answer, err := http.DefaultTransport.RoundTrip(r) // a redirect is an answer
		if err != nil {
			t.Fatalf("GET %s: %v", address, err)
		}
		t.Cleanup(func() { _ = answer.Body.Close() })
		return answer
	}
	world := ""
	for address, want := range map[string]string{page: "<html", page + "metrics": "hotline_cases", board + "sign-in": page + "#board"} {
		answer := get(address)
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("GET %s = %d %v, want it to contain %q", address, answer.StatusCode, err, want)
		}
		if _, after, ok := strings.Cut(string(body), `data-world="`); ok {
			world, _, _ = strings.Cut(after, `"`)
		}
	}

	busy := func(address string) string {
		return strings.TrimSuffix(strings.TrimPrefix(address, "http://"), "/")
	}
	for option, at := range map[string]Addresses{
		"--listen": {busy(page), free.Board}, "--board-listen": {free.Page, busy(board)},
	} {
		if err := Run(t.Context(), at, io.Discard, o); err == nil || !strings.Contains(err.Error(), " "+option+" 127.0.0.1:0") {
			t.Errorf("Run() on a busy address = %v, want an error that suggests %s", err, option)
		}
	}

	// Open pages must not hold up the end, neither the phones' nor the board's.
	asked, err := http.NewRequestWithContext(t.Context(), http.MethodPost, page+"board", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultTransport.RoundTrip(asked)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	_, way, _ := strings.Cut(answer.Header.Get("Refresh"), "url=")
	entered := get(way)
	for address, want := range map[string]string{page + "events?language=vi&world=" + world: "event: update", board + "events": "retry: 2000\nevent: hello"} {
		stream := get(address, entered.Cookies()...)
		if n, err := stream.Body.Read(buffer); err != nil || !strings.HasPrefix(string(buffer[:n]), want) {
			t.Fatalf("GET %s begins with %q, %v, want %q", address, buffer[:n], err, want)
		}
	}
	cancel()
	go func() { _, _ = io.Copy(io.Discard, out) }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Run() did not stop within ten seconds")
	}
}
