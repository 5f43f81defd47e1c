package line

import (
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing"
	"github.com/tincay/hotline/routing/coverage"
	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/texts"
)

// Parse reads a line file as operators write it. The File is nil if a fault is an error. All that can be
// said without knowing the time is among the faults; [Check] adds the rest.
func Parse(file []byte) (*File, Faults) { return read(file, false) }

// ParseStored reads what [File.MarshalStored] wrote: as [Parse], but contacts may be retired.
func ParseStored(file []byte) (*File, Faults) { return read(file, true) }

// Check reads a line file as [Parse] does and also warns of the hours of the week around now in which the
// first step of a policy would alert nobody.
func Check(file []byte, now time.Time) (*File, Faults) {
	f, faults := Parse(file)
	if f == nil {
		return nil, faults
	}
	// Gaps do not depend on the numbers' keys, and nobody sees these.
	l := f.Line(func(n phone.Number) phone.Key { return phone.Key(n.E164()) }, f.Generation)
	for _, s := range coverage.Summarize(coverage.Week(l, now), f.Zone) {
		faults = append(faults, Fault{
			Position: f.at.policy[s.Policies[0]], Severity: document.Warning,
			VI: "bước đầu của " + s.Names() + " không báo được ai: " + s.VI,
			EN: "the first step of " + s.Names() + " alerts nobody: " + s.EN,
		})
	}
	faults.Sort()
	return f, faults
}

func read(file []byte, stored bool) (*File, Faults) {
	doc, root := document.Open(file)
	if root.Absent() {
		return nil, doc.Faults()
	}
	r := reader{
		stored:  stored,
		file:    &File{},
		ids:     make(map[contacts.ID]bool),
		numbers: make(map[phone.Number]bool),
		areas:   make(map[string]bool),
	}
	r.top(root)
	if faults := doc.Faults(); faults.HasErrors() {
		return nil, faults
	}
	return r.file, doc.Faults()
}

// reader reads a document into a file.
type reader struct {
	stored  bool
	file    *File
	ids     map[contacts.ID]bool
	numbers map[phone.Number]bool // support numbers and contacts' own
	areas   map[string]bool
}

func (r *reader) top(root document.Field) {
	t, ok := root.Table(append(sections(), "generation")...)
	if !ok {
		return
	}
	f := r.file
	line := t.Need("line")
	f.at.line = line.At()
	f.ID = contacts.LineID(noNumber(line, line.Match(regexp.MustCompile(`^[a-z0-9-]{1,40}$`),
		"tên đường dây chỉ gồm a-z, 0-9 và -", "a line's name is made of a-z, 0-9 and -")))
	f.Tag = t.Need("tag").Match(regexp.MustCompile(`^[A-Za-z0-9]{2,6}$`),
		"tag phải là 2 đến 6 chữ cái không dấu hoặc chữ số", "tag must be 2 to 6 letters (no accents) or digits")
	f.Name = t.Need("name").Name()
	f.Zone = zone(t.Need("timezone"))
	f.Language = document.OneOf(t.Need("language"), []texts.Language{texts.Vietnamese, texts.English})
	r.supportNumbers(t.Need("numbers"))
	r.areaList(t.Get("areas"))
	r.contactList(t.Need("contacts"))
	r.shiftList(t.Get("shifts"))
	f.Always = document.Each(t.Get("always"), r.knownContact)
	r.codeWords(t.Get("code_words"))
	r.policy(t.Need("policy"))
	r.afterClaim(t.Get("after_claim"))
	r.targets(t.Get("targets"))
	r.wordings(t.Get("texts"))
	f.Generation = t.Get("generation").Whole()
	r.calls(t)
	r.later(t)
	r.neverAlerted(t.Get("contacts"))
	r.nobodyToCall(t.Get("numbers"))
}

func zone(f document.Field) *time.Location {
	s, ok := f.Text()
	if !ok {
		return nil
	}
	z, err := time.LoadLocation(s)
	if err != nil || s == "Local" { // Local is whatever the machine has
		f.Fail("timezone không có trong danh sách IANA, ví dụ đúng: Asia/Ho_Chi_Minh",
			"timezone is not in the IANA list; for example Asia/Ho_Chi_Minh")
		return nil
	}
	return z
}

func number(f document.Field) phone.Number {
	s, ok := f.Text()
	if !ok {
		return phone.Number{}
	}
	n, err := phone.Parse(s)
	if err != nil {
		vi := "không phải số điện thoại: viết 10 chữ số bắt đầu bằng 0, hoặc + và mã nước"
		switch {
		case errors.Is(err, phone.ErrShort):
			vi = "không dùng được số khẩn cấp, số ngắn hay số dịch vụ: viết số di động hoặc cố định"
		case errors.Is(err, phone.ErrLetters):
			vi = "số điện thoại có chữ hoặc dấu lạ: chỉ viết chữ số, dấu cách, dấu chấm, gạch nối"
		}
		f.Fail(vi, err.Error())
	}
	return n
}

// ownNumber reads a number that may belong to only one contact or support line of the file.
func (r *reader) ownNumber(f document.Field) phone.Number {
	n := number(f)
	if n.IsZero() {
		return n
	}
	if r.numbers[n] {
		f.Fail("số này đã dùng ở trên", "this number is used above already")
	}
	r.numbers[n] = true
	return n
}

func (r *reader) supportNumbers(f document.Field) {
	f.NeedEntries()
	for _, e := range f.List() {
		t, ok := e.Table("number", "sms", "voice")
		if !ok {
			continue
		}
		own := t.Need("number")
		n := routing.SupportNumber{Number: r.ownNumber(own), SMS: t.Get("sms").Bool(), Voice: t.Get("voice").Bool()}
		if !n.SMS && !n.Voice {
			e.Fail("số này không nhận tin nhắn cũng không nhận cuộc gọi: ghi sms: true hoặc voice: true",
				"this number takes neither texts nor calls: say sms: true or voice: true")
		}
		r.file.Numbers = append(r.file.Numbers, n)
		r.file.at.numbers = append(r.file.at.numbers, own.At())
	}
	takesTexts := func(n routing.SupportNumber) bool { return n.SMS }
	if len(r.file.Numbers) > 0 && !slices.ContainsFunc(r.file.Numbers, takesTexts) {
		f.WarnKey("không số nào nhận tin nhắn: không ai nhắn tới được, và không nhắn được cho ai", "no number takes texts: nobody can text this line, and nobody can be texted from it")
	}
}

// later reads the keys that have no effect yet, and says so.
func (r *reader) later(t document.Table) {
	f := t.Get("send_rate")
	r.file.Later.SendRate = f.Rate()
	if !f.Absent() {
		f.WarnKey("send_rate chưa có tác dụng trong phiên bản này", "send_rate has no effect in this version")
	}
}

// noNumber reports and drops an id that could be somebody's number: ids stand in logs and Redis keys.
func noNumber(f document.Field, id string) string {
	digits := 0
	for _, c := range id {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	const shortest = 7 // of a telephone number that could be rung
	if digits >= shortest {
		f.Fail(f.Key+" giống số điện thoại; mã này hiện trong nhật ký, hãy đặt tên khác",
			f.Key+" looks like a phone number; it is shown in logs, so choose another")
		return ""
	}
	return id
}
