package line

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/contacts/phone"
	"github.com/tincay/hotline/routing/line/document"
	"github.com/tincay/hotline/routing/roster"
)

func (r *reader) contactList(f document.Field) {
	f.NeedEntries()
	known := []string{"id", "name", "kind", "phone", "channels", "area", "gender", "languages", "keep_apart"}
	if r.stored {
		known = append(known, "retired")
	}
	for _, e := range f.List() {
		if t, ok := e.Table(known...); ok {
			r.contact(t)
		}
	}
}

func (r *reader) contact(t document.Table) {
	var c contacts.Contact
	c.Retired = t.Get("retired").Bool()
	id := t.Need("id")
	c.ID = contactID(id)
	if r.ids[c.ID] && c.ID != "" {
		id.Fail("mã "+string(c.ID)+" đã dùng ở trên", "id "+string(c.ID)+" is used above already")
	}
	r.ids[c.ID] = true
	c.Name = contacts.Conceal(t.Need("name").Name())
	c.Kind = document.OneOf(t.Need("kind"), contacts.Kinds())
	own := t.Need("phone")
	if c.Retired { // somebody else may have taken over the number of one who has left
		c.Phone = number(own)
	} else {
		c.Phone = r.ownNumber(own)
	}
	channels := t.Need("channels")
	channels.NeedEntries()
	c.Channels = document.Each(channels, func(f document.Field) contacts.Channel {
		return document.OneOf(f, []contacts.Channel{contacts.SMS, contacts.Voice})
	})
	area := t.Get("area")
	c.Area, _ = area.Text()
	if c.Area != "" && !r.areas[c.Area] {
		area.Warn("khu này không có trong areas", "this area is not among the areas")
	}
	c.Gender = document.OneOf(t.Get("gender"), []string{"female", "male"})
	c.Languages = document.Each(t.Get("languages"), languageCode)
	var apartAt []document.Position
	c.KeepApart = document.Each(t.Get("keep_apart"), func(f document.Field) phone.Number {
		apartAt = append(apartAt, f.At())
		return number(f)
	})
	if !c.Retired {
		r.warnUnreachable(c, channels)
	}
	r.file.Contacts = append(r.file.Contacts, c)
	r.file.at.contacts = append(r.file.at.contacts, id.At())
	r.file.at.phones = append(r.file.at.phones, own.At())
	r.file.at.apart = append(r.file.at.apart, apartAt)
}

// warnUnreachable warns of a contact who can never be alerted, or not by text.
func (r *reader) warnUnreachable(c contacts.Contact, channels document.Field) {
	switch {
	case len(c.Channels) > 0 && !c.Reachable(contacts.SMS) && !callable(r.file.Numbers):
		channels.Warn(string(c.ID)+" chỉ nhận cuộc gọi, mà không số nào của đường dây có voice: true nên không báo được",
			string(c.ID)+" takes calls only, and no number of the line has voice: true, so they are not alerted")
	case c.Reachable(contacts.SMS) && !c.Phone.IsZero() && !c.Phone.TakesTexts():
		channels.Warn(string(c.ID)+" có số cố định, không nhận được tin nhắn", string(c.ID)+" has a landline, which takes no texts")
	}
}

func contactID(f document.Field) contacts.ID {
	return contacts.ID(noNumber(f, f.Match(regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`),
		"mã người liên hệ chỉ gồm chữ không dấu, chữ số và - . _", "a contact's id is made of letters without accents, digits and - . _")))
}

// knownContact reads the id of a contact that exists.
func (r *reader) knownContact(f document.Field) contacts.ID {
	id := contactID(f)
	if id != "" && !r.ids[id] {
		f.Fail("không có người liên hệ mang mã "+string(id), "there is no contact with id "+string(id))
		return ""
	}
	return id
}

func languageCode(f document.Field) string {
	s, ok := f.Text()
	if !ok {
		return ""
	}
	s = strings.ToLower(s)
	if _, err := language.ParseBase(s); err != nil {
		f.Fail("không phải mã ngôn ngữ ISO 639, ví dụ đúng: vi", "not an ISO 639 language code; for example vi")
		return ""
	}
	return s
}

// dayNames are the names of the days in the file, in the order in which they are written.
func dayNames() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

func (r *reader) shiftList(f document.Field) {
	for _, e := range f.List() {
		t, ok := e.Table("contact", "days", "from", "to")
		if !ok {
			continue
		}
		s := roster.Shift{Contact: r.knownContact(t.Need("contact"))}
		days := t.Need("days")
		days.NeedEntries()
		for _, name := range document.Each(days, func(f document.Field) string { return document.OneOf(f, dayNames()) }) {
			s.Days = append(s.Days, time.Weekday((slices.Index(dayNames(), name)+1)%7))
		}
		s.From = clock(t.Need("from"), roster.ParseClock)
		s.To = clock(t.Need("to"), roster.ParseEnd)
		r.file.Shifts = append(r.file.Shifts, s)
	}
}

// clock reads a time of day by one of the roster's parsers.
func clock(f document.Field, parse func(string) (roster.Clock, error)) roster.Clock {
	s, ok := f.Text()
	if !ok {
		return 0
	}
	c, err := parse(s)
	if err != nil {
		f.Fail(f.Key+" phải là giờ trong ngày, từ 00:00 đến 23:59", f.Key+": "+err.Error())
	}
	return c
}

// neverAlerted warns of contacts who are never on call, and of a line without a supervisor.
func (r *reader) neverAlerted(list document.Field) {
	f := r.file
	supervised := false
	for i, c := range f.Contacts {
		if c.Retired || c.ID == "" {
			continue
		}
		supervised = supervised || c.Kind == contacts.Supervisor
		inShift := func(s roster.Shift) bool { return s.Contact == c.ID }
		if !slices.Contains(f.Always, c.ID) && !slices.ContainsFunc(f.Shifts, inShift) {
			list.WarnAt(f.at.contacts[i], string(c.ID)+" không có ca trực nào", string(c.ID)+" is never on call")
		}
	}
	if !supervised && len(f.Contacts) > 0 {
		list.WarnKey("không có supervisor: không ai được báo khi một ca mãi chưa có người nhận",
			"there is no supervisor: nobody is told when a case stays unanswered")
	}
}
