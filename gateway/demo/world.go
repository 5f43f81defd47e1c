package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/gateway"
	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/gateway/demo/past"
	"github.com/tincay/hotline/gateway/simulator"
	"github.com/tincay/hotline/gateway/voice"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/store"
	"github.com/tincay/hotline/routing/store/memory"
	"github.com/tincay/hotline/routing/texts"
)

// Addresses of the two sides. Nothing resolves .invalid (RFC 2606): were a request ever handed to a
// network instead of to the other side, it would go nowhere.
const (
	hotlineURL = "https://hotline.invalid"
	carrierURL = "https://carrier.invalid"
)

const (
	// accountSID has the form of a carrier account's name; the token beside it is random.
	accountSID = "AC00000000000000000000000000000000"
	// overTheAir is how long a message or a call takes to a phone, so that things happen one after the other.
	overTheAir = 300 * time.Millisecond
	// lookEvery is how often the journal is read for something to show.
	lookEvery = 100 * time.Millisecond
	// journalPage is how much of the journal is read at a time.
	journalPage = 200
	// storyKept is how many journal entries the page goes on showing.
	storyKept = 100
)

// world is one whole system from the first text to the last: a Redis, a carrier, a gateway and phones.
type world struct {
	setting

	id      string // tells this world from the next
	redis   *miniredis.Miniredis
	app     *gateway.App
	carrier *simulator.Carrier
	office  *office
	files   *contactstore.Store

	cancel   context.CancelFunc
	leave    context.CancelFunc // ends the streams of the board's open pages
	work     sync.WaitGroup
	visitors sync.WaitGroup // whoever is looking at it or writing in it; see demo.visit

	mu         sync.Mutex
	generation int64              // of the stored line file
	changes    []simulator.Change // of every phone, oldest first
	story      []happening
	last       string // id of the journal entry read last
	codes      map[routing.CaseID]routing.Code
	read       map[string]int // by handset: up to which change its owner has seen it
}

// setting is what every world of a demo has in common.
type setting struct {
	ward   *ward
	notice map[texts.Language]string // what the board's pages say of themselves
	logger *slog.Logger
	tell   func() // called when there is something new to show
}

// newWorld starts a system in which nothing has happened yet but the past, if there is one.
func newWorld(ctx context.Context, set setting, before *past.Past, language texts.Language) (*world, error) {
	m := miniredis.NewMiniRedis()
	world := &world{
		setting: set, id: rand.Text(), redis: m, last: store.JournalBefore(time.Now()), // the page tells of the present only
		codes: map[routing.CaseID]routing.Code{}, read: map[string]int{},
	}
	keyset, err := world.inherit(before)
	if err != nil {
		m.Close()
		return nil, err
	}
	rdb := memory.Client(m)
	if err := world.open(ctx, rdb, keyset, language); err != nil {
		err = errors.Join(err, rdb.Close())
		m.Close()
		return nil, err
	}
	run, cancel := context.WithCancel(context.Background()) // stop ends it, not the request that began it
	world.cancel = cancel
	watch, leave := context.WithCancel(run)
	world.leave = leave
	world.work.Go(func() { world.office.board.Run(watch) })
	world.work.Go(func() { world.app.Run(run) })
	world.work.Go(func() { world.age(run) })
	world.work.Go(func() { world.watchPhones(run) })
	world.work.Go(func() { world.watchJournal(run) })
	return world, nil
}

// inherit takes over what has happened before, and what it is sealed with.
func (w *world) inherit(before *past.Past) (*seal.Keyset, error) {
	if before == nil {
		return seal.NewKeyset()
	}
	w.generation = before.Generation
	return before.Keyset, before.CopyTo(w.redis)
}

// open stores the ward and joins gateway and carrier, each reaching the other by the requests it would
// make in earnest, signatures and all, only without a network between them.
func (w *world) open(ctx context.Context, rdb redis.UniversalClient, keyset *seal.Keyset, language texts.Language) error {
	shards, err := contactstore.CheckShards(ctx, rdb, 1)
	if err != nil {
		return err
	}
	w.files = contactstore.New(rdb, shards, keyset)
	if err := w.speak(ctx, language); err != nil {
		return err
	}
	token := rand.Text()
	// The gateway asks the carrier for nothing before it runs.
	toCarrier := func(rw http.ResponseWriter, r *http.Request) { w.carrier.ServeHTTP(rw, r) }
	w.app, err = gateway.Open(ctx, &config.Config{
		PublicURL: hotlineURL, APIURL: carrierURL, AccountSID: accountSID, AuthTokens: []config.Secret{config.NewSecret(token)},
		Redis: rdb, Shards: shards, Keyset: keyset, VoiceVI: voice.DefaultVoice(texts.Vietnamese), VoiceEN: voice.DefaultVoice(texts.English),
	}, gateway.Options{Logger: w.logger, Transport: simulator.InMemory(http.HandlerFunc(toCarrier)), Notice: w.notice})
	if err != nil {
		return err
	}
	if w.office, err = newOffice(ctx, w.app, rdb, keyset, w.logger); err != nil {
		return err
	}
	w.carrier = simulator.New(simulator.Options{
		AccountSID: accountSID, AuthToken: token,
		Numbers: []simulator.Number{{
			E164: w.ward.support().E164(), SMSURL: hotlineURL + "/twilio/sms",
			VoiceURL: hotlineURL + "/twilio/voice", StatusCallback: hotlineURL + "/twilio/voice/status",
		}},
		Client: &http.Client{Transport: simulator.InMemory(w.app.Webhooks())},
		Logger: w.logger, Latency: simulator.Latency{Deliver: overTheAir, Dial: overTheAir},
	})
	return nil
}

// stop ends a system that nobody begins to visit any more: first those who do leave, the open pages of the
// board because their streams end, then the gateway finishes what it has in hand, then everything else goes.
func (w *world) stop() error {
	w.leave()
	w.visitors.Wait()
	w.cancel()
	w.work.Wait()
	w.carrier.Close()
	err := w.app.Close()
	w.redis.Close()
	return err
}

// speak makes the hotline write in a language from now on, by storing the line file anew.
func (w *world) speak(ctx context.Context, language texts.Language) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	file := w.ward.in(language)
	generation, err := w.files.Put(ctx, file.ID, w.generation, file.MarshalStored())
	if err != nil {
		return err
	}
	w.generation = generation
	return nil
}

// text sends a text from a phone, which of course has been looked at for that.
func (w *world) text(ctx context.Context, h handset, body string) error {
	_, err := w.carrier.Phone(h.Number.E164()).Text(ctx, w.ward.support().E164(), body)
	return err
}

// age lets the lifetimes of keys pass: a Redis in memory has no clock of its own for that.
func (w *world) age(ctx context.Context) {
	const step = time.Second
	tick := time.NewTicker(step)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.redis.FastForward(step)
		}
	}
}

func (w *world) watchPhones(ctx context.Context) {
	for range w.carrier.Changes(ctx, 0) {
		w.tell()
	}
}

func (w *world) watchJournal(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		w.mu.Lock()
		fresh, err := w.catchUp(ctx)
		w.mu.Unlock()
		if fresh || err != nil { // whoever shows the page meets the error again, and says so
			w.tell()
		}
	}
}

// catchUp reads what has happened since the last time. The caller holds w.mu.
func (w *world) catchUp(ctx context.Context) (fresh bool, err error) {
	over, cancel := context.WithCancel(ctx)
	cancel() // of the changes only those that are there already are wanted
	for change := range w.carrier.Changes(over, len(w.changes)) {
		w.changes = append(w.changes, change)
		fresh = true
	}
	for {
		entries, err := w.app.Journal(ctx, w.ward.file.ID, w.last, journalPage)
		if err != nil {
			return fresh, err
		}
		for _, e := range entries {
			h, err := readEntry(e)
			if err != nil {
				return fresh, err
			}
			w.last, fresh = e.ID, true
			w.story = append(w.story, h)
		}
		w.story = w.story[max(0, len(w.story)-storyKept):]
		if len(entries) < journalPage {
			return fresh, w.learnCodes(ctx)
		}
	}
}

// learnCodes finds the codes of the cases the story is about; the journal has only their ids.
func (w *world) learnCodes(ctx context.Context) error {
	var unknown []routing.CaseID
	for _, h := range w.story {
		for _, n := range h.Notes {
			if _, ok := w.codes[n.Case]; !ok && n.Case != "" && !slices.Contains(unknown, n.Case) {
				unknown = append(unknown, n.Case)
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	cases, err := w.app.Cases(ctx, w.ward.file.ID, unknown...)
	if err != nil {
		return err
	}
	for _, c := range cases {
		w.codes[c.ID] = c.Code
	}
	return nil
}

// markRead says that a phone's owner has seen everything it shows.
func (w *world) markRead(h handset) {
	w.mu.Lock()
	w.read[h.ID] = len(w.changes)
	w.mu.Unlock()
	w.tell()
}
