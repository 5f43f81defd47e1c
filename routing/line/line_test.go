package line

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/roster"
	"github.com/tincay/hotline/routing/triage"
)

// example is the line file of the contract.
const example = `line: phuong-mau                   # [a-z0-9-], never changes
tag: PM                            # 2-6 letters or digits; begins every alert
name: Phường Mẫu
timezone: Asia/Ho_Chi_Minh
language: vi                       # vi or en
numbers:
  - {number: "+84900000100", sms: true, voice: true}
contacts:
  - id: to1-lan
    name: Nguyễn Thị Lan
    kind: trusted_address          # trusted_address, health_station, police, chair, supervisor, outside (beyond the ward)
    phone: "+84900000001"
    channels: [sms, voice]         # in order of preference
    area: Tổ 1
    gender: female                 # female, male; optional
    languages: [vi]
    keep_apart: ["+84900000066"]   # own household and kin: their cases never reach this contact, on any path, and nothing shows it
  - {id: tram-y-te, name: "Trạm Y tế", kind: health_station, phone: "+842559999115", channels: [voice]}
shifts:                            # weekly, in the line's time zone; may cross midnight
  - {contact: to1-lan, days: [mon, tue, wed, thu, fri, sat, sun], from: "18:00", to: "06:00"}
always: [tram-y-te]                # on call around the clock
areas:                             # how people name places; a case's area is what the person's words name, else unknown
  - {name: Tổ 1, words: ["tổ 1", "tổ một"]}
code_words: {urgent: [], immediate_danger: []}   # found anywhere in a message, accents and case ignored; none by default
policy:                            # key: urgency, or urgency/need for an exception; steps run in order until someone takes the case
  immediate_danger:
    - {notify: [police, trusted_address], wait: 30s}
    - {notify: [trusted_address, health_station], wait: 60s}
    - {notify: [supervisor], wait: 60s}
  immediate_danger/health:
    - {notify: [health_station, trusted_address], wait: 30s}
    - {notify: [police, supervisor], wait: 60s}
  urgent:
    - {notify: [trusted_address], at_once: 2, wait: 60s}
    - {notify: [trusted_address, health_station], wait: 60s}
    - {notify: [police, supervisor], wait: 120s}
  information:
    - {notify: [trusted_address], at_once: 1, wait: 5m}
    - {notify: [supervisor], wait: 10m}
after_claim: {immediate_danger: 2m, urgent: 15m, information: 1h}
`

// same are the options by which test files are compared: all but the places in the text.
func same() cmp.Options {
	return cmp.Options{
		cmpopts.IgnoreUnexported(File{}),
		cmp.Comparer(func(a, b phone.Number) bool { return a == b }),
		cmp.Comparer(func(a, b contacts.Private) bool { return a == b }),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
	}
}

// mustParse reads a file that must have no errors.
func mustParse(t testing.TB, file string) *File {
	t.Helper()
	f, faults := Parse([]byte(file))
	if f == nil {
		t.Fatalf("Parse found errors: %v", faults)
	}
	return f
}

func mustNumber(t testing.TB, s string) phone.Number {
	t.Helper()
	n, err := phone.ParseE164(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func exampleFile(t testing.TB) *File {
	t.Helper()
	z, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	all := func(kinds ...contacts.Kind) []contacts.Kind { return kinds }
	return &File{
		ID: "phuong-mau", Tag: "PM", Name: "Phường Mẫu", Zone: z, Language: "vi",
		Numbers: []routing.SupportNumber{{Number: mustNumber(t, "+84900000100"), SMS: true, Voice: true}},
		Contacts: []contacts.Contact{
			{
				ID: "to1-lan", Name: contacts.Conceal("Nguyễn Thị Lan"), Kind: contacts.TrustedAddress,
				Phone: mustNumber(t, "+84900000001"), Channels: []contacts.Channel{contacts.SMS, contacts.Voice},
				Area: "Tổ 1", Gender: "female", Languages: []string{"vi"},
				KeepApart: []phone.Number{mustNumber(t, "+84900000066")},
			},
			{
				ID: "tram-y-te", Name: contacts.Conceal("Trạm Y tế"), Kind: contacts.HealthStation,
				Phone: mustNumber(t, "+842559999115"), Channels: []contacts.Channel{contacts.Voice},
			},
		},
		Shifts: []roster.Shift{{Contact: "to1-lan", Days: []time.Weekday{1, 2, 3, 4, 5, 6, 0}, From: 18 * 60, To: 6 * 60}},
		Always: []contacts.ID{"tram-y-te"},
		Areas:  []routing.Area{{Name: "Tổ 1", Words: []string{"tổ 1", "tổ một"}}},
		Policy: routing.Policy{
			Steps: map[routing.PolicyKey][]routing.Step{
				{Urgency: triage.ImmediateDanger}: {
					{Notify: all(contacts.Police, contacts.TrustedAddress), Wait: 30 * time.Second},
					{Notify: all(contacts.TrustedAddress, contacts.HealthStation), Wait: time.Minute},
					{Notify: all(contacts.Supervisor), Wait: time.Minute},
				},
				{Urgency: triage.ImmediateDanger, Need: triage.Health}: {
					{Notify: all(contacts.HealthStation, contacts.TrustedAddress), Wait: 30 * time.Second},
					{Notify: all(contacts.Police, contacts.Supervisor), Wait: time.Minute},
				},
				{Urgency: triage.Urgent}: {
					{Notify: all(contacts.TrustedAddress), AtOnce: 2, Wait: time.Minute},
					{Notify: all(contacts.TrustedAddress, contacts.HealthStation), Wait: time.Minute},
					{Notify: all(contacts.Police, contacts.Supervisor), Wait: 2 * time.Minute},
				},
				{Urgency: triage.Information}: {
					{Notify: all(contacts.TrustedAddress), AtOnce: 1, Wait: 5 * time.Minute},
					{Notify: all(contacts.Supervisor), Wait: 10 * time.Minute},
				},
			},
			AfterClaim: map[triage.Urgency]time.Duration{
				triage.ImmediateDanger: 2 * time.Minute, triage.Urgent: 15 * time.Minute, triage.Information: time.Hour,
			},
		},
	}
}

func TestParse_ContractExample(t *testing.T) {
	t.Parallel()
	f, faults := Check([]byte(example), time.Date(2026, 3, 4, 3, 0, 0, 0, time.UTC))
	if diff := cmp.Diff(exampleFile(t), f, same()); diff != "" {
		t.Errorf("Check(contract's example) (-want +got):\n%s", diff)
	}
	want := []string{
		"8:1: cảnh báo: không có supervisor: không ai được báo khi một ca mãi chưa có người nhận | warning: there is no supervisor: nobody is told when a case stays unanswered",
		"26:3: cảnh báo: bước đầu của immediate_danger, urgent, information không báo được ai: hằng ngày 06:00–18:00 | warning: the first step of immediate_danger, urgent, information alerts nobody: every day 06:00–18:00",
		"27:17: cảnh báo: không có người liên hệ nào thuộc loại police | warning: no contact is of kind police",
		"29:17: cảnh báo: không có người liên hệ nào thuộc loại supervisor | warning: no contact is of kind supervisor",
		"32:17: cảnh báo: không có người liên hệ nào thuộc loại police | warning: no contact is of kind police",
		"32:25: cảnh báo: không có người liên hệ nào thuộc loại supervisor | warning: no contact is of kind supervisor",
		"36:17: cảnh báo: không có người liên hệ nào thuộc loại police | warning: no contact is of kind police",
		"36:25: cảnh báo: không có người liên hệ nào thuộc loại supervisor | warning: no contact is of kind supervisor",
		"39:17: cảnh báo: không có người liên hệ nào thuộc loại supervisor | warning: no contact is of kind supervisor",
	}
	var got []string
	for _, fault := range faults {
		got = append(got, fault.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Check(contract's example) faults (-want +got):\n%s", diff)
	}
}

func TestFile_Line(t *testing.T) {
	t.Parallel()
	f := mustParse(t, strings.Replace(example, "urgent: []", `urgent: ["hoa mai vàng"]`, 1))
	key := func(n phone.Number) phone.Key { return phone.Key("k" + n.E164()) }
	l := f.Line(key, 7)
	if l.ID != "phuong-mau" || l.Tag != "PM" || l.Name != "Phường Mẫu" || l.Language != "vi" || l.Generation != 7 {
		t.Errorf("Line() = %s %s %s %s %d, want the file's settings and generation 7", l.ID, l.Tag, l.Name, l.Language, l.Generation)
	}
	if c, ok := l.Directory.ByPhone(key(mustNumber(t, "+84900000001"))); !ok || c.ID != "to1-lan" {
		t.Errorf("ByPhone(Lan's) = %q, %v, want to1-lan", c.ID, ok)
	}
	if got := l.Directory.MayBeTold("to1-lan", key(mustNumber(t, "+84900000066"))); got != contacts.DeniedApart {
		t.Errorf("MayBeTold(to1-lan, kept apart) = %s, want %s", got, contacts.DeniedApart)
	}
	night := time.Date(2026, 3, 4, 20, 0, 0, 0, f.Zone)
	if got := l.Roster.OnCall(night).IDs(); !slices.Equal(got, []contacts.ID{"to1-lan", "tram-y-te"}) {
		t.Errorf("OnCall(20:00) = %v, want [to1-lan tram-y-te]", got)
	}
	if got := l.Triage.Classify("cho hỏi hoa mai vàng bán ở đâu").Urgency; got != triage.Urgent {
		t.Errorf("Classify(text with the code word) = %s, want %s", got, triage.Urgent)
	}
}

// A line measures itself by what its file says, and by the defaults for the rest.
func TestFile_LineTargets(t *testing.T) {
	t.Parallel()
	key := func(n phone.Number) phone.Key { return phone.Key("k" + n.E164()) }
	if got, want := mustParse(t, example).Line(key, 1).Targets, routing.DefaultTargets(); got != want {
		t.Errorf("Targets of a file without any = %+v, want the defaults, %+v", got, want)
	}
	got := mustParse(t, example+"targets: {talk: {within: 20s}, danger: {share: 95%}, close: {within: 72h, share: 80}}\n").Line(key, 1).Targets
	want := routing.Targets{
		Talk: routing.Target{Within: 20 * time.Second, Share: 90}, Danger: routing.Target{Within: 3 * time.Minute, Share: 95},
		Close: routing.Target{Within: 72 * time.Hour, Share: 80},
	}
	if got != want {
		t.Errorf("Targets = %+v, want %+v", got, want)
	}
}

func TestRefusedForApply(t *testing.T) {
	t.Parallel()
	got := RefusedForApply(mustParse(t, example))
	want := []document.Position{{Line: 1, Column: 7}, {Line: 7, Column: 14}, {Line: 12, Column: 12}, {Line: 17, Column: 18}}
	var at []document.Position
	for _, f := range got {
		at = append(at, f.Position)
		if f.Severity != document.Error {
			t.Errorf("fault %v is no error", f)
		}
	}
	if diff := cmp.Diff(want, at); diff != "" {
		t.Errorf("RefusedForApply(contract's example) positions (-want +got):\n%s", diff)
	}
	fine := strings.NewReplacer("phuong-mau", "cam-thanh", "+84900000100", "+84905000100", "+84900000001", "+84900000200",
		"+84900000066", "+84900001066").Replace(example)
	if got := RefusedForApply(mustParse(t, fine)); len(got) != 0 {
		t.Errorf("RefusedForApply(real line) = %v, want nothing", got)
	}
	if got := RefusedForApply(exampleFile(t)); len(got) != 4 || got[0].Position != (document.Position{}) {
		t.Errorf("RefusedForApply(file not read from text) = %v, want 4 faults without position", got)
	}
}
