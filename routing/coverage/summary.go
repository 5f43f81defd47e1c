package coverage

import (
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/routing"
)

// Summary is the gaps of policies whose first steps have the same ones, in words: "Mon–Fri 06:00–18:00;
// Sat 06:00 – Mon 06:00".
type Summary struct {
	Policies []routing.PolicyKey
	VI, EN   string // the hours
}

// Names lists the policies, for example "immediate_danger, urgent".
func (s Summary) Names() string {
	names := make([]string, len(s.Policies))
	for i, k := range s.Policies {
		names[i] = KeyName(k)
	}
	return strings.Join(names, ", ")
}

// Summarize puts gaps into words, with days and times in the zone. Gaps come in the order in which
// [FirstStepGaps] and [Week] return them and are shorter than eight days.
func Summarize(gaps []Gap, zone *time.Location) []Summary {
	var all []Summary
	for _, list := range byPolicy(gaps) {
		vi, en := hours(list, zone)
		if i := slices.IndexFunc(all, func(s Summary) bool { return s.EN == en }); i >= 0 {
			all[i].Policies = append(all[i].Policies, list[0].Policy)
			continue
		}
		all = append(all, Summary{[]routing.PolicyKey{list[0].Policy}, vi, en})
	}
	return all
}

// hours lists the gaps of one policy. Gaps at the same time of several days are one item.
func hours(gaps []Gap, zone *time.Location) (vi, en string) {
	type item struct {
		days   [7]bool // from Monday; on which the gap begins. None when the text says it all
		vi, en string
	}
	var items []item
	for _, g := range gaps {
		from, until := g.From.In(zone), g.Until.In(zone)
		begins, ends := from.Format("15:04"), until.Format("15:04")
		if ends == "00:00" {
			ends, until = "24:00", until.AddDate(0, 0, -1)
		}
		var it item
		dated := false
		switch length := g.Until.Sub(g.From); {
		case length >= 7*24*time.Hour-time.Hour: // an hour less where clocks go forward
			it.vi, it.en, dated = "cả tuần", "the whole week", true
		case length > 24*time.Hour:
			first, last := dayNames(from.Weekday()), dayNames(until.Weekday())
			it.vi = first.vi + " " + begins + " – " + last.vi + " " + ends
			it.en = first.en + " " + begins + " – " + last.en + " " + ends
			dated = true
		default:
			it.vi = begins + "–" + ends
			it.en = it.vi
		}
		i := slices.IndexFunc(items, func(o item) bool { return o.en == it.en })
		if i < 0 {
			items = append(items, it)
			i = len(items) - 1
		}
		if !dated {
			items[i].days[fromMonday(from.Weekday())] = true
		}
	}
	var vis, ens []string
	for _, it := range items {
		days := daysInWords(it.days)
		vis, ens = append(vis, days.vi+it.vi), append(ens, days.en+it.en)
	}
	return strings.Join(vis, "; "), strings.Join(ens, "; ")
}

// words is a text in both languages.
type words struct{ vi, en string }

func fromMonday(d time.Weekday) int { return (int(d) + 6) % 7 }

func dayNames(d time.Weekday) words {
	return [...]words{{"CN", "Sun"}, {"T2", "Mon"}, {"T3", "Tue"}, {"T4", "Wed"}, {"T5", "Thu"}, {"T6", "Fri"}, {"T7", "Sat"}}[d]
}

// daysInWords gives "Mon–Fri ", "Mon, Wed ", "every day " or nothing.
func daysInWords(days [7]bool) words {
	if !slices.Contains(days[:], false) {
		return words{"hằng ngày ", "every day "}
	}
	var vi, en []string
	for i := 0; i < len(days); i++ {
		if !days[i] {
			continue
		}
		last := i
		for last+1 < len(days) && days[last+1] {
			last++
		}
		from, to := dayNames(time.Weekday((i+1)%7)), dayNames(time.Weekday((last+1)%7))
		switch last - i {
		case 0:
			vi, en = append(vi, from.vi), append(en, from.en)
		case 1:
			vi, en = append(vi, from.vi, to.vi), append(en, from.en, to.en)
		default:
			vi, en = append(vi, from.vi+"–"+to.vi), append(en, from.en+"–"+to.en)
		}
		i = last
	}
	if len(vi) == 0 {
		return words{}
	}
	return words{strings.Join(vi, ", ") + " ", strings.Join(en, ", ") + " "}
}
