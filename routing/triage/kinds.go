package triage

import "math/bits"

// kind is what one phrase is evidence of. The phrase files name kinds as
// kindNames does; a kind seen in a message is also a reason of its verdict.
type kind uint8

const (
	// Harm: what is done, with what, and by what threat.
	violence kind = iota
	grave         // may kill: strangling, stabbing, drowning
	kill          // killing, said of a person
	threat
	weapon // is one by itself: a knife, a gun
	tool   // is one in a hand: a belt, a chair
	wield  // the hand
	breakIn
	arson
	confine
	abduct
	near  // looks for the person
	chase // is at the door, or coming
	rape
	childSex
	image
	stalk
	traffic
	captive
	broker
	forcedMarriage
	control
	insult
	abuseWord // names violence without telling any
	euphemism
	alcohol
	affair
	figurative // "he'll kill me" about a debt
	stopIt
	force // violence if it falls on a person
	body

	// People.
	perp
	self
	me // the writer
	third
	child
	elder
	outsider // not of the household
	adultHit
	noise  // heard through a wall
	remote // by telephone

	// Body and mind.
	severe
	injury
	womb
	harmDone // self-harm done
	poison
	harmNow // self-harm prepared, farewells
	harmIdea
	harmOther // somebody else's
	wish
	fear
	distress

	// What the person wants or does.
	shelter
	hide
	whisper
	noTexts
	noCalls
	plea
	pleaWeak
	policeCall
	policeWord
	haste

	// When.
	ongoing // đang: the verb after it goes on now
	justNow
	now
	present
	soon
	recent
	past
	habit

	// What calms.
	still
	over
	calmWord
	thanks
	safe
	withdraw
	closing

	// Questions and reports.
	ask
	askFor
	law
	paper
	service
	shelterWord
	healthWord
	policeService
	thirdCase
	volunteer
	staff
	probe

	// Neither.
	benign
	everyday
	ad
	trade
	joke
	trial

	kinds // how many there are
)

// kindNames are the kinds' names in the phrase files and in reasons.
func kindNames() [kinds]string {
	return [kinds]string{
		violence: "violence", grave: "grave", kill: "kill", threat: "threat", weapon: "weapon", tool: "tool",
		wield: "wield", breakIn: "breakin", arson: "arson", confine: "confine", abduct: "abduct", near: "near",
		chase: "chase", rape: "rape", childSex: "childsex", image: "image", stalk: "stalk", traffic: "traffic",
		captive: "captive", broker: "broker", forcedMarriage: "forced_marriage", control: "control",
		insult: "insult", abuseWord: "abuse_word", euphemism: "euphemism", alcohol: "alcohol", affair: "affair",
		figurative: "figurative", stopIt: "stop_it", force: "force", body: "body",
		perp: "perp", self: "self", me: "me", third: "third", child: "child", elder: "elder", outsider: "outsider", adultHit: "adult_hit", noise: "noise", remote: "remote",
		severe: "severe", injury: "injury", womb: "womb", harmDone: "sh_done", poison: "poison",
		harmNow: "sh_now", harmIdea: "sh_idea", harmOther: "sh_other", wish: "wish", fear: "fear",
		distress: "distress",
		shelter:  "shelter", hide: "hide", whisper: "whisper", noTexts: "no_texts", noCalls: "no_calls",
		plea: "plea", pleaWeak: "plea_weak", policeCall: "police_call", policeWord: "police_word", haste: "haste",
		ongoing: "ongoing", justNow: "just_now", now: "now", present: "present", soon: "soon", recent: "recent", past: "past",
		habit: "habit",
		still: "still", over: "over", calmWord: "calm_word", thanks: "thanks", safe: "safe",
		withdraw: "withdraw", closing: "closing",
		ask: "ask", askFor: "ask_for", law: "law", paper: "paper", service: "service", shelterWord: "shelter_word",
		healthWord: "health_word", policeService: "police_service", thirdCase: "third_case",
		volunteer: "volunteer", staff: "staff", probe: "probe",
		benign: "benign", everyday: "everyday", ad: "ad", trade: "trade", joke: "joke", trial: "trial",
	}
}

// kindSet is a set of kinds.
type kindSet [2]uint64

func setOf(ks ...kind) kindSet {
	var s kindSet
	for _, k := range ks {
		s.add(k)
	}
	return s
}

func (s *kindSet) add(k kind) { s[k>>6] |= 1 << (k & 63) }

func (s *kindSet) addAll(o kindSet) {
	s[0] |= o[0]
	s[1] |= o[1]
}

func (s kindSet) has(k kind) bool { return s[k>>6]&(1<<(k&63)) != 0 }

func (s kindSet) meets(o kindSet) bool { return s[0]&o[0] != 0 || s[1]&o[1] != 0 }

func (s kindSet) without(o kindSet) kindSet { return kindSet{s[0] &^ o[0], s[1] &^ o[1]} }

func (s kindSet) empty() bool { return s[0] == 0 && s[1] == 0 }

// each calls f for every kind of the set, in order.
func (s kindSet) each(f func(kind)) {
	for i, part := range s {
		for part != 0 {
			f(kind(i*64 + bits.TrailingZeros64(part)))
			part &= part - 1
		}
	}
}
