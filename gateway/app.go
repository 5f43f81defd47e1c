// Package gateway joins the parts into a running hotline.
//
// [Open] connects storage, rules, carrier and worker; [App.Run] works until it is told to stop and then
// finishes what it has in hand; [Serve] adds the listeners of `hotline serve`: webhooks, the supervisor's pages ([App.Board]), metrics. A gateway holds no state
// of its own: any number of them may run beside each other on one Redis.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway/carrier"
	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/gateway/twilio"
	"github.com/tincay/hotline/gateway/voice"
	"github.com/tincay/hotline/gateway/voice/sounds"
	"github.com/tincay/hotline/gateway/worker"
	"github.com/tincay/hotline/ops/metrics"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/lines"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/texts"
)

// refreshEvery is how often a replica looks for changed line files. A commit notices at once.
const refreshEvery = time.Second

// Options are what an [App] is made of besides its settings.
type Options struct {
	Logger *slog.Logger
	// Transport carries requests to the carrier; nil means the network.
	Transport http.RoundTripper
	// Poll is how often the agenda is looked at besides when something is due; 0 means the default.
	Poll time.Duration
	// Notice stands at the top of every page of the board, in every language; nil: none.
	Notice map[texts.Language]string
}

// App is one running gateway.
type App struct {
	cfg     *config.Config
	logger  *slog.Logger
	rdb     redis.UniversalClient
	store   *store.Store
	lines   *lines.Cache
	service *routing.Service
	worker  *worker.Worker
	metrics *metrics.Metrics
	voice   *voice.Voice
	sounds  *sounds.Recordings
	hooks   http.Handler
	label   map[texts.Language]string // on every page of the board

	unknown sync.Mutex // see lineOf
	looked  time.Time
}

// Open connects to Redis and puts the parts together. It fails if Redis cannot be reached, was first used
// with another number of shards, or holds lines sealed with another keyset.
func Open(ctx context.Context, cfg *config.Config, o Options) (*App, error) {
	shards, err := contactstore.CheckShards(ctx, cfg.Redis, cfg.Shards)
	if err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, logger: o.Logger, rdb: cfg.Redis, store: store.New(cfg.Redis, shards, cfg.Keyset), label: o.Notice}
	a.lines = lines.NewCache(contactstore.New(cfg.Redis, shards, cfg.Keyset), cfg.Keyset.PhoneKey, o.Logger)
	if err := a.lines.RefreshAll(ctx); err != nil {
		return nil, fmt.Errorf("load lines: %w", err)
	}
	a.metrics = metrics.New(metrics.Options{Stored: a.store, Lines: a.lines.All, Routes: routes()})
	a.service = routing.NewService(routing.Options{
		Store: a.store, Lines: a.lines, Random: rand.IntN,
		Committed: []routing.Observer{a.wakeWorker(shards), a.metrics.Decision, a.logDecision},
	})
	sender, err := twilio.NewClient(twilio.Options{
		AccountSID: cfg.AccountSID, AuthTokens: config.Reveal(cfg.AuthTokens), APIURL: cfg.APIURL, PublicURL: cfg.PublicURL,
		CallbackFragment: cfg.CallbackOverrides, Transport: o.Transport, Timeout: worker.SendTimeout,
	})
	if err != nil {
		return nil, err
	}
	if a.sounds, err = sounds.Open(cfg.RecordingsDir); err != nil {
		return nil, fmt.Errorf("HOTLINE_RECORDINGS_DIR: %w", err)
	}
	a.voice = voice.New(voice.Options{
		URLs: sender.URLs(), Recordings: a.sounds,
		Voices: map[texts.Language]string{texts.Vietnamese: cfg.VoiceVI, texts.English: cfg.VoiceEN},
	})
	a.worker = worker.New(worker.Options{
		Agenda: a.store, Calls: a.store, Handler: a.service, Lines: a.lines, Carrier: sender, Logger: o.Logger, Poll: o.Poll, Lag: a.metrics.DeadlineLag,
	})
	verifier, err := twilio.NewVerifier(cfg.PublicURL, config.Reveal(cfg.AuthTokens)...)
	if err != nil {
		return nil, err
	}
	hooks, err := twilio.NewWebhooks(twilio.WebhookOptions{
		Verifier: verifier, AccountSID: cfg.AccountSID, Receive: a.receive, Report: a.report,
		URLs: sender.URLs(), Call: a.call, Turn: a.turn, CallReport: a.callReport, Recorded: a.recorded,
		Refused: func(route string, _ twilio.Refusal) {
			switch route {
			case twilio.RouteSMS:
				a.metrics.Inbound(contacts.SMS, metrics.InboundRefused)
			case twilio.RouteVoice:
				a.metrics.Inbound(contacts.Voice, metrics.InboundRefused)
			}
		},
		Failed: func(route string, err error) {
			o.Logger.Error("webhook not taken in", slog.String("route", route), slog.Any("error", err))
		},
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	hooks.Routes(mux)
	mux.Handle("GET "+twilio.RouteSound, a.sounds)
	mux.HandleFunc("GET "+twilio.RouteMessage, a.message)
	a.hooks = a.measured(mux)
	return a, nil
}

// routes are the patterns of everything the carrier may call, as the mux knows them.
func routes() []string {
	var all []string
	for _, route := range []string{
		twilio.RouteSMS, twilio.RouteStatus, twilio.RouteVoice, twilio.RouteVoiceStatus, twilio.RouteLegStatus, twilio.RouteTurn, twilio.RouteRecorded,
	} {
		all = append(all, "POST "+route, route)
	}
	return append(all, "GET "+twilio.RouteSound, "GET "+twilio.RouteMessage)
}

// Webhooks returns the handler for everything the carrier sends.
func (a *App) Webhooks() http.Handler { return a.hooks }

// Metrics returns the handler for /metrics.
func (a *App) Metrics() http.Handler { return a.metrics.Handler() }

// measured records how long each webhook took to answer.
func (a *App) measured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		status := &statusWriter{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(status, r)
		a.metrics.Webhook(r.Pattern, status.code, time.Since(began))
	})
}

// statusWriter remembers the status that was written.
type statusWriter struct {
	http.ResponseWriter
	code int
}

// WriteHeader remembers the status and passes it on.
func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the writer underneath.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// wakeWorker makes a commit's effects go out at once instead of at the next look at the agenda. The
// worker is made after the service, hence the method's value rather than the worker's.
func (a *App) wakeWorker(shards contactstore.Shards) routing.Observer {
	return func(l *routing.Line, _ routing.Event, d routing.Decision, _ time.Duration) {
		if len(d.Sends) > 0 || len(d.Cases) > 0 {
			a.worker.Wake(shards.Of(l.ID))
		}
	}
}

// logDecision writes one line for each event that had an effect.
func (a *App) logDecision(l *routing.Line, e routing.Event, d routing.Decision, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("kind", e.Name()), slog.String("line", string(l.ID)), slog.String("reason", string(d.Reason)),
		slog.Int("sends", len(d.Sends)), slog.Duration("took", took),
	}
	if id := e.ID(); id != "" {
		attrs = append(attrs, slog.String("event", string(id)))
	}
	for _, ch := range d.Cases {
		attrs = append(attrs, slog.String("case", string(ch.After.ID)), slog.String("state", ch.After.Label()))
	}
	switch e := e.(type) {
	case routing.SendFinished:
		attrs = append(attrs, slog.String("entry", string(e.Send.ID)), slog.String("result", string(e.Result)))
	case routing.CallTurn:
		attrs = append(attrs, slog.String("leg", string(e.Leg)), slog.Int("turn", e.Turn))
	case routing.CallChanged:
		attrs = append(attrs, slog.String("leg", string(e.Leg)), slog.String("result", string(e.Status)))
	case routing.DeliveryFailed:
		attrs = append(attrs, slog.String("entry", string(e.Entry)))
	}
	a.logger.LogAttrs(context.Background(), slog.LevelInfo, "event handled", attrs...)
}

// Run works until ctx ends, then finishes what is in hand.
func (a *App) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { a.lines.Run(ctx, refreshEvery) })
	running.Go(func() { a.worker.Run(ctx) })
	running.Wait()
}

// Close lets go of Redis.
func (a *App) Close() error { return a.rdb.Close() }

// receive takes in a text. What it cannot store it reports, so that the carrier repeats it.
func (a *App) receive(ctx context.Context, in carrier.Inbound) error {
	l, err := a.lineOf(ctx, in.To)
	if err != nil {
		return err
	}
	from, err := phone.ParseE164(in.From)
	if err != nil || a.isOurs(from) {
		return a.notice(ctx, l, in)
	}
	return a.taken(contacts.SMS)(a.service.Handle(ctx, l.ID, routing.Text{
		SID: routing.EventID(in.ID), From: from, Key: a.cfg.Keyset.PhoneKey(l.ID, from), To: in.To,
		Body: contacts.Conceal(in.Body), At: time.Now(),
	}))
}

// notice keeps a text of a sender that cannot be answered (letters, a short code, a number of ours) for
// the supervisor. It opens no case, unless it is the carrier's word that somebody called: then for them.
func (a *App) notice(ctx context.Context, l *routing.Line, in carrier.Inbound) error {
	err := a.store.KeepNotice(ctx, l.ID, store.Notice{
		ID: routing.EventID(in.ID), At: time.Now(), From: contacts.Conceal(in.From), Body: contacts.Conceal(in.Body),
	})
	if err != nil {
		return err
	}
	caller, ok := routing.CalledNumber(in.Body)
	if !ok || a.isOurs(caller) {
		a.metrics.Inbound(contacts.SMS, metrics.InboundIgnored)
		a.logger.Info("text of no person kept", slog.String("line", string(l.ID)), slog.String("event", in.ID))
		return nil
	}
	return a.taken(contacts.SMS)(a.service.Handle(ctx, l.ID, routing.Called{
		SID: routing.EventID(in.ID), From: caller, Key: a.cfg.Keyset.PhoneKey(l.ID, caller), To: in.To,
	}))
}

// taken returns what counts a text, or a call, that was handled.
func (a *App) taken(by contacts.Channel) func(routing.Decision, error) error {
	return func(d routing.Decision, err error) error {
		switch {
		case errors.Is(err, routing.ErrDuplicate), err == nil && d.Reason == routing.ReasonRepeated:
			a.metrics.Inbound(by, metrics.InboundDuplicate)
		case errors.Is(err, routing.ErrUnknownLine): // removed a moment ago
			return carrier.ErrUnknownNumber
		case err != nil:
			return err
		default:
			a.metrics.Inbound(by, metrics.InboundAccepted)
		}
		return nil
	}
}

func (a *App) isOurs(n phone.Number) bool {
	_, ours := a.lines.ByNumber(n)
	return ours
}

// lineOf finds the line of a support number. A number not known yet may have been applied a moment ago,
// so the lines are looked at once more, but not more often than refreshEvery whatever arrives.
func (a *App) lineOf(ctx context.Context, to phone.Number) (*routing.Line, error) {
	if l, ok := a.lines.ByNumber(to); ok {
		return l, nil
	}
	a.unknown.Lock()
	defer a.unknown.Unlock()
	if time.Since(a.looked) >= refreshEvery {
		if err := a.lines.RefreshAll(ctx); err != nil {
			return nil, err
		}
		a.looked = time.Now()
	}
	if l, ok := a.lines.ByNumber(to); ok {
		return l, nil
	}
	return nil, carrier.ErrUnknownNumber
}

// cutRef splits the reference of a message, as the worker made it, into line and entry.
func cutRef(ref string) (contacts.LineID, routing.EntryID, bool) {
	id, entry, ok := strings.Cut(ref, "/")
	return contacts.LineID(id), routing.EntryID(entry), ok
}

// report takes in a delivery report.
func (a *App) report(ctx context.Context, r carrier.Report) error {
	lineID, entry, ok := cutRef(r.Ref)
	if !ok {
		return nil // not a reference of ours; the signature says that the carrier mixed something up
	}
	if r.Status != carrier.StatusFailed {
		// Only news if the carrier's answer was lost. While a worker still waits for it, it is not.
		unknown, err := a.store.Unknown(ctx, lineID, entry)
		if err != nil || unknown < worker.SendTimeout {
			return err
		}
	}
	waiting, onAgenda, err := a.store.Entry(ctx, lineID, entry)
	if err != nil {
		return err
	}
	var e routing.Event
	switch {
	case r.Status == carrier.StatusFailed && onAgenda:
		// Its id is kept even so: the next message to this phone may have the same words, and must not be
		// taken for this one on the carrier's list.
		e = routing.SendFinished{Send: waiting, Result: routing.SendRefused, OptedOut: r.Cause == carrier.CauseOptedOut, SID: r.ID, At: time.Now()}
	case r.Status == carrier.StatusFailed:
		e = routing.DeliveryFailed{Entry: entry, OptedOut: r.Cause == carrier.CauseOptedOut}
	case onAgenda:
		e = routing.SendFinished{Send: waiting, Result: routing.SendAccepted, SID: r.ID, At: time.Now()}
	default:
		return nil
	}
	_, err = a.service.Handle(ctx, lineID, e)
	if errors.Is(err, routing.ErrDuplicate) || errors.Is(err, routing.ErrUnknownLine) {
		return nil
	}
	return err
}
