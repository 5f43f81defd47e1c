package past

import (
	_ "embed" // for the stories
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/triage"
)

// seed makes every past the same.
const seed = 20081

func newRandom() *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

// firstPerson and persons are the numbers of those who ask for help: of the range that no network assigns and that
// `hotline line apply` refuses, and none of them a phone of the demo's page.
const (
	firstPerson = 60
	persons     = 40
)

func personNumber(n int) (phone.Number, error) {
	return phone.ParseE164(fmt.Sprintf("+84900000%03d", firstPerson+n%persons))
}

// story is what is said in a case: what the person writes, first what opens it, and what the helper writes, in turn.
type story struct {
	Person []string `yaml:"person"`
	Helper []string `yaml:"helper"`
}

//go:embed stories.yaml
var storiesFile []byte

// advertisement is the kind of stories that nobody needs help in.
const advertisement = "advertisement"

// readStories reads the stories, by urgency.
func readStories() (map[string][]story, error) {
	var all map[string][]story
	if err := yaml.Unmarshal(storiesFile, &all); err != nil {
		return nil, fmt.Errorf("stories: %w", err)
	}
	return all, nil
}

// course is how a case goes.
type course string

// The courses. Most cases are answered soon.
const (
	soon       course = "soon"
	declined   course = "declined"   // by one, and then taken by another
	second     course = "second"     // nobody answers in the first step
	third      course = "third"      // nor in the second
	roundOver  course = "round_over" // nobody answers for a whole round
	silent     course = "silent"     // whoever takes it says nothing until asked
	gone       course = "gone"       // nor then: it is taken back, and taken again
	advertised course = "advertised" // closed from a desk, taken by nobody
	talked     course = "talked"     // a call that is answered
	tooSlow    course = "too_slow"   // a call that is answered after minutes
	abandoned  course = "abandoned"  // a call that is given up before it is answered
)

// deck is how often each course comes in forty cases.
func deck() []course {
	var all []course
	for c, n := range map[course]int{
		soon: 20, declined: 2, second: 4, third: 2, roundOver: 1, silent: 1, gone: 1, advertised: 1, talked: 5, tooSlow: 1, abandoned: 2,
	} {
		all = append(all, slices.Repeat([]course{c}, n)...)
	}
	slices.Sort(all) // a map has no order
	return all
}

// writer writes the script.
type writer struct {
	random  *rand.Rand
	stories map[string][]story
	told    map[string]int // how many of a kind of stories
	deck    []course
	all     []*incident
}

// script is what happens in the days before the one that begins at an instant.
func script(today time.Time) ([]*incident, error) {
	stories, err := readStories()
	if err != nil {
		return nil, err
	}
	w := &writer{random: newRandom(), stories: stories, told: map[string]int{}}
	for day := -Days; day < 0; day++ {
		for _, at := range w.arrivals(today.AddDate(0, 0, day), day == -1) {
			if err := w.incident(at); err != nil {
				return nil, err
			}
		}
	}
	return w.all, nil
}

// byHour is how many of a hundred requests come in each hour of a day: few in the morning, many in the evening.
func byHour() [24]int {
	return [24]int{4, 3, 2, 1, 1, 1, 2, 3, 3, 4, 4, 3, 3, 3, 3, 3, 4, 5, 7, 10, 11, 9, 7, 4}
}

// arrivals are when requests come on a day. On the last day none comes so late that it would go on into the next.
func (w *writer) arrivals(date time.Time, last bool) []time.Time {
	n := 4 + w.random.IntN(3)
	if day := date.Weekday(); day == time.Saturday || day == time.Sunday {
		n = 8 + w.random.IntN(3)
	}
	var all []time.Time
	for range n {
		hours := byHour()
		if last {
			hours[21], hours[22], hours[23] = 0, 0, 0
		}
		hour, left := 0, w.random.IntN(sum(hours))
		for left >= hours[hour] {
			left -= hours[hour]
			hour++
		}
		all = append(all, time.Date(date.Year(), date.Month(), date.Day(), hour, 0, 0, 0, date.Location()).Add(time.Duration(w.random.IntN(3600_000))*time.Millisecond))
	}
	slices.SortFunc(all, time.Time.Compare)
	for i := 1; i < len(all); i++ { // nobody's phone is engaged by another case of the same minutes
		if earliest := all[i-1].Add(4 * time.Minute); all[i].Before(earliest) {
			all[i] = earliest
		}
	}
	return all
}

func sum(of [24]int) (n int) {
	for _, x := range of {
		n += x
	}
	return n
}

// incident adds what happens at an instant.
func (w *writer) incident(at time.Time) error {
	from, err := personNumber(len(w.all))
	if err != nil {
		return fmt.Errorf("number of a person: %w", err)
	}
	if len(w.deck) == 0 {
		w.deck = deck()
		w.random.Shuffle(len(w.deck), func(i, j int) { w.deck[i], w.deck[j] = w.deck[j], w.deck[i] })
	}
	in := &incident{at: at, from: from, step: 1, pick: w.random.IntN(4)}
	c := w.deck[0]
	w.deck = w.deck[1:]
	w.urgency(in, c)
	w.pace(in)
	w.course(in, c)
	w.all = append(w.all, in)
	return nil
}

// urgency says how urgent it is, and what is said. At night more is danger, and few ask for opening hours.
func (w *writer) urgency(in *incident, c course) {
	night := atNight(in.at)
	kind := triage.Urgent
	switch dice := w.random.IntN(100); {
	case c == talked, c == tooSlow, c == abandoned: // a caller is urgent until they say more
	case c == advertised:
		kind = triage.Information
	case dice < 24 || night && dice < 42:
		kind = triage.ImmediateDanger
	case dice >= 74 && !night && c == soon:
		kind = triage.Information
	}
	in.urgency = kind
	name := string(kind)
	if c == advertised {
		name = advertisement
	}
	s := w.stories[name][w.told[name]%len(w.stories[name])]
	w.told[name]++
	in.words, in.helper = s.Person, s.Helper
}

// atNight reports whether people sleep.
func atNight(at time.Time) bool { return at.Hour() >= 22 || at.Hour() < 6 }

// pace says how quick everybody is: at night slower, as people are who have to wake up first.
func (w *writer) pace(in *incident) {
	least, mean, most := 8.0, 26.0, 80.0
	minutes := 12 + w.random.IntN(50)
	switch in.urgency {
	case triage.ImmediateDanger:
		minutes = 14 + w.random.IntN(26)
	case triage.Information:
		least, mean, most = 20, 70, 280
		minutes = 4 + w.random.IntN(12)
	}
	seconds := least + w.random.ExpFloat64()*mean
	if atNight(in.at) {
		seconds *= 1.6
	}
	in.wait = time.Duration(min(seconds, most) * float64(time.Second)).Round(time.Millisecond)
	in.lasts = time.Duration(minutes)*time.Minute + time.Duration(w.random.IntN(60))*time.Second
	in.byPhone = in.wait < 22*time.Second && w.random.IntN(3) == 0 // while it rings
	if w.random.IntN(11) == 0 {
		in.outcome = [...]routing.Outcome{routing.OutcomeHelped, routing.OutcomeReferred, routing.OutcomeNoContact}[w.random.IntN(3)]
		in.why = "đã gọi lại cho người giúp và xác nhận"
	}
}

// course says how it goes.
func (w *writer) course(in *incident, c course) {
	steps := 3
	if in.urgency != triage.Urgent {
		steps = 2
	}
	switch c {
	case declined:
		in.decline = true
	case second:
		in.step = 2
	case third:
		in.step = steps
	case roundOver:
		in.step, in.unanswered = steps+1, true
	case silent, gone:
		in.silent, in.gone = true, c == gone
		in.lasts = 50 * time.Minute
		in.outcome = ""
	case advertised:
		in.step, in.lasts = 0, time.Duration(70+w.random.IntN(140))*time.Second
		in.outcome, in.why = routing.OutcomeMistake, "quảng cáo"
	case talked, tooSlow, abandoned:
		in.call, in.key = true, [...]string{"4", "3", "4", "1", ""}[w.random.IntN(5)]
		in.byPhone, in.talk = true, time.Duration(120+w.random.IntN(480))*time.Second
		in.wait = time.Duration(2500+w.random.IntN(7500)) * time.Millisecond
		in.lasts = max(in.lasts, in.talk+5*time.Minute)
		switch c {
		case tooSlow:
			in.step = 2
		case abandoned:
			in.patience = time.Duration(14+w.random.IntN(30)) * time.Second
			in.wait, in.byPhone = in.patience+time.Duration(10+w.random.IntN(40))*time.Second, false
			return
		}
		in.helper = nil // they talk
	}
}
