package gatewaytest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/contacts/seal"
	contactstore "github.com/tincay/hotline/contacts/store"
	"github.com/tincay/hotline/ops/audit"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line"
	"github.com/tincay/hotline/routing/lines"
	"github.com/tincay/hotline/routing/store"
)

// past fills a store with a year of closed cases. Every one is a story told to the real rules and committed by
// the real store, so that records, journal and indexes are what a year of service leaves behind. Three things
// differ: the clock is the story's own, each text is taken as sent without a carrier, and the commit script
// runs with the story's clock in the place of the server's (see [clockHook]).
type past struct {
	t      testing.TB
	rdb    redis.UniversalClient
	keyset *seal.Keyset
	shards contactstore.Shards
	lines  *lines.Cache
	store  *store.Store
}

const (
	// pastSpan is how far back cases go.
	pastSpan = 365 * 24 * time.Hour
	// pastPhones is how many phones a line's cases come from.
	pastPhones = 5000
	// longestStory bounds how long a case of the past takes from its first text until it is closed.
	longestStory = 40 * time.Minute
)

// pastWard is a line with more contacts than the one of the stories, shifts, and hours that nobody covers.
const pastWard = `
line: LINE
tag: TAG
name: Phường NAME
timezone: Asia/Ho_Chi_Minh
language: vi
send_rate: 50
numbers:
  - {number: "NUMBER", sms: true, voice: true}
contacts:
  - {id: lan, name: "Nguyễn Thị Lan", kind: trusted_address, phone: "+84905000001", channels: [sms], area: Tổ 1}
  - {id: hoa, name: "Trần Văn Hòa", kind: trusted_address, phone: "+84905000002", channels: [sms], area: Tổ 2}
  - {id: mai, name: "Phạm Thị Mai", kind: trusted_address, phone: "+84905000003", channels: [sms], area: Tổ 2, keep_apart: ["+84936900001"]}
  - {id: tram-y-te, name: "Trạm Y tế", kind: health_station, phone: "+84905000004", channels: [sms]}
  - {id: ca-phuong, name: "Công an phường", kind: police, phone: "+84905000005", channels: [sms]}
  - {id: ca-truc, name: "Công an trực ban", kind: police, phone: "+84905000006", channels: [sms]}
  - {id: van-phong, name: "Lê Thị Mai", kind: supervisor, phone: "+84905000009", channels: [sms]}
shifts:
  - {contact: ca-truc, days: [mon, tue, wed, thu, fri], from: "18:00", to: "06:00"}
  - {contact: tram-y-te, days: [mon, tue, wed, thu, fri], from: "07:00", to: "17:00"}
  - {contact: mai, days: [sat, sun], from: "08:00", to: "20:00"}
always: [lan, hoa, ca-phuong, van-phong]
areas:
  - {name: Tổ 1, words: ["tổ 1", "tổ một"]}
  - {name: Tổ 2, words: ["tổ 2", "tổ hai"]}
policy:
  immediate_danger:
    - {notify: [police, trusted_address], wait: 30s}
    - {notify: [trusted_address, health_station], wait: 60s}
    - {notify: [supervisor], wait: 60s}
  urgent:
    - {notify: [trusted_address], at_once: 2, wait: 60s}
    - {notify: [trusted_address, health_station], wait: 60s}
    - {notify: [police, supervisor], wait: 120s}
  information:
    - {notify: [trusted_address], at_once: 1, wait: 5m}
    - {notify: [supervisor], wait: 10m}
after_claim: {immediate_danger: 12h, urgent: 12h, information: 12h}
`

// pastTexts are first texts of every urgency.
func pastTexts() []string {
	return []string{
		"Chồng em cầm dao đang đập cửa, cứu em với, tổ 1", "nó đánh em chảy máu rồi, em ở tổ hai", "cuu em voi, no cam dao",
		"Em bị đánh hôm qua, giờ sợ về nhà lắm", "toi can cho o tam may hom, tổ 2", "em so lam, khong biet noi voi ai",
		"Cho em hỏi địa chỉ tin cậy của phường ở đâu ạ", "cho hoi gio lam viec cua hoi phu nu",
	}
}

// newPast applies one line for every shard, as many as are asked for.
func newPast(t testing.TB, rdb redis.UniversalClient, keyset *seal.Keyset, count int) *past {
	t.Helper()
	shards, err := contactstore.CheckShards(t.Context(), rdb, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &past{t: t, rdb: rdb, keyset: keyset, shards: shards}
	files := contactstore.New(rdb, shards, keyset)
	generations, err := files.Generations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range p.ids(count) {
		text := strings.NewReplacer("LINE", string(id), "TAG", fmt.Sprintf("P%d", i+1), "NAME", fmt.Sprintf("Số %d", i+1), "NUMBER", pastNumber(i)).Replace(pastWard)
		file, faults := line.Parse([]byte(text))
		if file == nil {
			t.Fatalf("line file of the past: %v", faults)
		}
		if _, err := files.Put(t.Context(), id, generations[id], file.MarshalStored()); err != nil {
			t.Fatal(err)
		}
	}
	p.lines = lines.NewCache(files, keyset.PhoneKey, slog.New(slog.DiscardHandler))
	if err := p.lines.RefreshAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.store = store.New(rdb, shards, keyset)
	return p
}

// pastNumber is the support number of the line at a place among the lines.
func pastNumber(i int) string { return fmt.Sprintf("+84255380%04d", 200+i) }

// ids names lines so that each is on the next shard: what one commits does not hold up the others.
func (p *past) ids(count int) []contacts.LineID {
	all := p.shards.All()
	var ids []contacts.LineID
	for n := 1; len(ids) < count; n++ {
		if id := contacts.LineID(fmt.Sprintf("phuong-%d", n)); p.shards.Of(id) == all[len(ids)%len(all)] {
			ids = append(ids, id)
		}
	}
	return ids
}

// fill tells the stories of so many cases, evenly over the lines and the year before now.
func (p *past) fill(cases int, now time.Time) {
	p.t.Helper()
	all := p.lines.All()
	var telling sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for i, l := range all {
		telling.Go(func() {
			teller := p.teller(l, uint64(i))
			n := cases / len(all)
			gap := pastSpan / time.Duration(n)
			for k := range n {
				teller.clock = now.Add(-pastSpan + time.Duration(k)*gap)
				if err := teller.tell(k, min(gap*9/10, longestStory)); err != nil {
					mu.Lock()
					failed = errors.Join(failed, fmt.Errorf("%s, case %d: %w", l.ID, k, err))
					mu.Unlock()
					return
				}
			}
		})
	}
	telling.Wait()
	if failed != nil {
		p.t.Fatalf("tell the past: %v", failed)
	}
}

// teller tells the cases of one line, one after the other: the journal is in the order of time.
type teller struct {
	*past
	line    *routing.Line
	service *routing.Service
	rng     *rand.Rand
	clock   time.Time
	rest    time.Duration // how much of the story's time is left
	events  int
}

func (p *past) teller(l *routing.Line, seed uint64) *teller {
	t := &teller{past: p, line: l, rng: rand.New(rand.NewPCG(seed, 1))}
	t.service = routing.NewService(routing.Options{Store: t, Lines: p.lines, Random: rand.IntN})
	return t
}

// Load reads with the story's clock.
func (t *teller) Load(ctx context.Context, q routing.Query) (routing.Loaded, error) {
	loaded, err := t.store.Load(ctx, q)
	loaded.Now = t.clock
	return loaded, err
}

// Commit stores with the story's clock. Nothing is left on the agenda: what the past sent has been sent.
func (t *teller) Commit(ctx context.Context, l *routing.Line, event routing.EventID, _ time.Time, d routing.Decision) error {
	d.Sends, d.Done = nil, nil
	return t.store.Commit(context.WithValue(ctx, storyClock{}, t.clock), l, event, t.clock, d)
}

// pass lets some of the story's time go by.
func (t *teller) pass(share float64) {
	d := time.Duration(t.rng.Float64() * share * float64(t.rest)).Truncate(time.Millisecond)
	t.clock, t.rest = t.clock.Add(d), t.rest-d
}

func (t *teller) next(prefix string) routing.EventID {
	t.events++
	return routing.EventID(fmt.Sprintf("%s%s%024d", prefix, t.line.Tag, t.events))
}

func (t *teller) handle(e routing.Event) (routing.Decision, error) {
	return t.service.Handle(t.t.Context(), t.line.ID, e)
}

func (t *teller) text(from phone.Number, words string) (routing.Decision, error) {
	return t.handle(routing.Text{
		SID: t.next("SM"), From: from, Key: t.keyset.PhoneKey(t.line.ID, from), To: t.line.Numbers[0].Number, Body: contacts.Conceal(words), At: t.clock,
	})
}

var errStory = errors.New("the story went another way")

// tell tells one case, from the first text or call until it is closed.
func (t *teller) tell(n int, within time.Duration) error {
	t.rest = within
	person, err := phone.ParseE164(fmt.Sprintf("+8493%07d", 6_000_000+t.rng.IntN(pastPhones)))
	if err != nil {
		return err
	}
	var d routing.Decision
	if t.rng.IntN(5) == 0 {
		d, err = t.ring(person)
	} else {
		d, err = t.text(person, pastTexts()[t.rng.IntN(len(pastTexts()))])
	}
	if err != nil {
		return err
	}
	if len(d.Cases) != 1 || !d.Cases[0].After.Open() {
		return fmt.Errorf("%w: opened: %s", errStory, d.Reason)
	}
	c, err := t.alerted(d)
	if err != nil {
		return err
	}
	t.pass(0.02)
	// Who is alerted in each step is the rules' own business; the first who was answers.
	for unanswered := t.rng.IntN(100) < 25; unanswered; unanswered = t.rng.IntN(100) < 40 {
		next, ok := c.NextDeadline()
		if !ok || next.At.Sub(t.clock) > t.rest {
			break
		}
		t.rest -= next.At.Sub(t.clock)
		t.clock = next.At
		if d, err = t.handle(routing.DeadlineReached{Case: c.ID}); err != nil {
			return err
		}
		if len(d.Cases) == 1 {
			c = d.Cases[0].After
		}
	}
	t.pass(0.1)
	helper, err := t.helper(c)
	if err != nil {
		return err
	}
	code := string(c.Code)
	t.pass(0.1)
	said := []struct {
		from  phone.Number
		words string
	}{{helper, "1 " + code}, {helper, code + " chị đang tới, em ở yên đó"}, {person, "dạ em chờ"}, {helper, "XONG " + code}}
	if n%3 == 0 { // not all is written: much is said on the phone or at the door
		said = append(said[:1], said[3])
	}
	for _, s := range said {
		if d, err = t.text(s.from, s.words); err != nil {
			return err
		}
		t.pass(0.3)
	}
	if len(d.Cases) != 1 || d.Cases[0].After.ID != c.ID || d.Cases[0].After.Open() {
		return fmt.Errorf("%w: closed: %s", errStory, d.Reason)
	}
	return nil
}

// ring has a person call and give up before anybody answers.
func (t *teller) ring(person phone.Number) (routing.Decision, error) {
	came := routing.CallCame{
		Call: routing.CallID(t.next("CA")), From: person, Key: t.keyset.PhoneKey(t.line.ID, person), To: t.line.Numbers[0].Number, At: t.clock,
	}
	opened, err := t.handle(came)
	if err != nil {
		return opened, err
	}
	t.clock = t.clock.Add(time.Duration(2000+t.rng.IntN(8000)) * time.Millisecond)
	over, err := t.handle(routing.CallChanged{
		Call: came.Call, Status: routing.CallNoAnswer, Incoming: true, From: person, Key: came.Key, To: came.To, At: t.clock,
	})
	over.Sends = append(opened.Sends, over.Sends...)
	return over, err
}

// alerted has the carrier take the first alert of a case that was just opened.
func (t *teller) alerted(d routing.Decision) (*routing.Case, error) {
	c := d.Cases[0].After
	for _, s := range d.Sends {
		if s.Purpose != routing.PurposeAlert {
			continue
		}
		t.clock = t.clock.Add(time.Duration(150+t.rng.IntN(2000)) * time.Millisecond)
		taken, err := t.handle(routing.SendFinished{Send: s, Result: routing.SendAccepted, SID: string(t.next("SM")), At: t.clock})
		if err == nil && len(taken.Cases) == 1 {
			c = taken.Cases[0].After
		}
		return c, err
	}
	return c, nil
}

// helper is the phone of somebody who was alerted.
func (t *teller) helper(c *routing.Case) (phone.Number, error) {
	for _, id := range c.Knows() {
		if contact, ok := t.line.Directory.Contact(id); ok {
			return contact.Phone, nil
		}
	}
	return phone.Number{}, fmt.Errorf("%w: nobody was alerted", errStory)
}

// audited writes so many entries of what people do all day into the audit log. They all bear the time at which
// that is done: the log takes no other.
func (p *past) audited(entries int) {
	p.t.Helper()
	log := audit.NewLog(p.rdb, p.keyset)
	all := p.lines.All()
	actors := []string{"mai", "hung", "thuy", "binh"}
	for n := range entries {
		l := all[n%len(all)]
		e := audit.Entry{Actor: actors[n/3%len(actors)], Line: string(l.ID), Case: fmt.Sprintf("case%012d", n)}
		switch n % 10 {
		case 0:
			e.Action, e.Line, e.Case = audit.SignIn, "", ""
		case 1:
			e.Action, e.Line, e.Case = audit.SignOut, "", ""
		case 2, 3:
			e.Action, e.Reason = audit.RevealWords, contacts.Conceal("người trực hỏi lại địa chỉ")
		case 4:
			e.Action = audit.Note
		case 5:
			e.Action = audit.CloseCase
		default:
			e.Action, e.Detail = audit.Order, "alert"
		}
		if err := log.Record(p.t.Context(), e); err != nil {
			p.t.Fatalf("record entry %d: %v", n, err)
		}
	}
}
