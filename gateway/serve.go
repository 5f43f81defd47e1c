package gateway

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/ops/supervisor"
)

const (
	// stopTimeout bounds how long webhooks in hand may take after the process is told to stop. With
	// what the worker may take for a message in hand it stays under the ten seconds of the contract.
	stopTimeout = 2 * time.Second
	// connectEvery is how often a gateway that starts without Redis tries again.
	connectEvery = time.Second
	// gcPercent lets the heap, of some ten megabytes, grow fivefold before it is collected. At the default
	// collecting took a tenth of the time of taking texts in (BenchmarkWebhook).
	gcPercent = 400
	// probeTimeout bounds what a readiness probe waits for Redis.
	probeTimeout = 500 * time.Millisecond
)

// Serve runs a gateway in production until ctx ends: webhooks on one listener, the supervisor's pages on
// another, metrics and health on a third. Without Redis it starts all the same, answers webhooks with 503 so that the carrier repeats
// them, and goes on trying; what no waiting can mend ends it.
func Serve(ctx context.Context, cfg *config.Config, o Options) error {
	redis.SetLogger(quiet{})
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	hooks, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("HOTLINE_LISTEN: %w", err)
	}
	health, err := net.Listen("tcp", cfg.MetricsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("HOTLINE_METRICS_LISTEN: %w", err), hooks.Close())
	}
	pages, err := net.Listen("tcp", cfg.OpsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("HOTLINE_OPS_LISTEN: %w", err), hooks.Close(), health.Close())
	}
	s := &server{cfg: cfg, logger: o.Logger}
	failed := make(chan error, 3)
	public := s.start(hooks, http.HandlerFunc(s.webhooks), failed)
	office := s.start(pages, http.HandlerFunc(s.pages), failed)
	private := s.start(health, s.health(), failed)
	o.Logger.Info("listening", slog.String("webhooks", hooks.Addr().String()), slog.String("pages", pages.Addr().String()),
		slog.String("metrics", health.Addr().String()))

	err = s.run(ctx, o, public, office, failed)
	// Health goes last: whoever watches sees the gateway until it is gone.
	return errors.Join(err, stop(private))
}

// quiet keeps go-redis from writing lines of its own among ours; what fails is returned to us anyway.
type quiet struct{}

// Printf writes nothing.
func (quiet) Printf(context.Context, string, ...any) {}

// server is the process around an App that may not be there yet.
type server struct {
	cfg      *config.Config
	logger   *slog.Logger
	app      atomic.Pointer[App]
	board    atomic.Pointer[supervisor.Board]
	stopping atomic.Bool
}

func (s *server) start(l net.Listener, h http.Handler, failed chan<- error) *http.Server {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(withoutDetail{s.logger}, "", 0),
	}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return srv
}

// withoutDetail logs that the HTTP server complained, and not about what: the text may quote a request.
type withoutDetail struct{ logger *slog.Logger }

// Write drops the text.
func (w withoutDetail) Write(p []byte) (int, error) {
	w.logger.Warn("http server complained about a connection")
	return len(p), nil
}

// run connects, works, and stops in order: no new webhooks and pages, then the work in hand, then Redis.
func (s *server) run(ctx context.Context, o Options, public, office *http.Server, failed <-chan error) error {
	app, err := s.connect(ctx, o)
	if app == nil {
		return errors.Join(err, stop(public), stop(office))
	}
	board, err := app.Board(ctx)
	if err != nil {
		return errors.Join(err, stop(public), stop(office), app.Close())
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var working sync.WaitGroup
	working.Go(func() { app.Run(work) })
	watch, stopWatch := context.WithCancel(work)
	defer stopWatch()
	working.Go(func() { board.Run(watch) })
	s.app.Store(app)
	s.board.Store(board)
	o.Logger.Info("ready", slog.Int("lines", len(app.lines.All())))

	var broken error
	select {
	case <-ctx.Done():
	case broken = <-failed:
	}
	s.stopping.Store(true)
	o.Logger.Info("stopping")
	stopWatch() // with it the streams of open pages end
	err = errors.Join(stop(public), stop(office))
	stopWork()
	working.Wait()
	o.Logger.Info("stopped")
	return errors.Join(broken, err, app.Close())
}

// connect opens the gateway, again and again while Redis cannot be reached. It returns nil when ctx ends
// first or waiting is no use.
func (s *server) connect(ctx context.Context, o Options) (*App, error) {
	tick := time.NewTicker(connectEvery)
	defer tick.Stop()
	for first := true; ; first = false {
		app, err := Open(ctx, s.cfg, o)
		switch {
		case err == nil:
			return app, nil
		case ctx.Err() != nil:
			return nil, nil
		case errors.Is(err, contactstore.ErrShards) || errors.Is(err, seal.ErrSealed):
			return nil, err
		case first:
			o.Logger.Error("not ready, trying again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-tick.C:
		}
	}
}

func stop(srv *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return srv.Close() // a connection that never ends; what it sent is repeated by the carrier
	}
	return nil
}

// webhooks hands a webhook to the gateway, or asks the carrier to come back.
func (s *server) webhooks(w http.ResponseWriter, r *http.Request) {
	app := s.app.Load()
	if app == nil {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	app.Webhooks().ServeHTTP(w, r)
}

// pages hands a request of a supervisor's browser to the board.
func (s *server) pages(w http.ResponseWriter, r *http.Request) {
	board := s.board.Load()
	if board == nil {
		w.Header().Set("Refresh", "5") // whoever waits before this page must not have to ask again themselves
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		http.Error(w, "Đang khởi động, chưa đọc được nơi lưu trữ. Trang tự thử lại.\nStarting, the storage cannot be read yet. This page tries again by itself.", http.StatusServiceUnavailable)
		return
	}
	board.Handler().ServeHTTP(w, r)
}

// health serves /metrics, /healthz (the process lives) and /readyz (it can take what arrives).
func (s *server) health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if why := s.notReady(r.Context()); why != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, why)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		app := s.app.Load()
		if app == nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		app.metrics.Handler().ServeHTTP(w, r)
	})
	return mux
}

// notReady says why nothing that arrives could be taken; empty if it could.
func (s *server) notReady(ctx context.Context) string {
	app := s.app.Load()
	switch {
	case s.stopping.Load():
		return "stopping"
	case app == nil:
		return "starting: Redis cannot be reached yet"
	case len(app.lines.All()) == 0:
		return "no line applied yet"
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	// A write, because a Redis that is full or has lost its replicas still answers reads.
	if err := app.store.Probe(ctx); err != nil {
		return "Redis cannot be written to"
	}
	return ""
}
