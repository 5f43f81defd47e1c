package contacts

import (
	"testing"

	"github.com/tincay/hotline/contacts/phone"
)

func number(t *testing.T, s string) phone.Number {
	t.Helper()
	n, err := phone.ParseE164(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	lanNumber      = "+84900000001"
	hungNumber     = "+84900000002"
	maiNumber      = "+84900000003"
	kinNumber      = "+84900000066"
	strangerNumber = "+84900000077"
)

// testDirectory has Lan, who is kept apart from one number, Hùng, who shares that number and has one more,
// and Mai, who is retired.
func testDirectory(t *testing.T) *Directory {
	t.Helper()
	kin := number(t, kinNumber)
	return NewDirectory([]Contact{
		{ID: "lan", Phone: number(t, lanNumber), Channels: []Channel{SMS, Voice}, KeepApart: []phone.Number{kin}},
		{ID: "hung", Phone: number(t, hungNumber), Channels: []Channel{Voice}, KeepApart: []phone.Number{number(t, lanNumber)}},
		{ID: "mai", Phone: number(t, maiNumber), KeepApart: []phone.Number{kin}, Retired: true},
	}, testKey)
}

func TestDirectory_WhoMayKnow(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		id     ID
		person string
		told   Consent
		hold   Consent
	}{
		{"allow: a stranger's case", "lan", strangerNumber, Allowed, Allowed},
		{"allow: kin of another contact only", "hung", kinNumber, Allowed, Allowed},
		{"allow: another contact's own case", "lan", hungNumber, Allowed, Allowed},
		{"deny: kin", "lan", kinNumber, DeniedApart, DeniedApart},
		{"deny: their own case", "lan", lanNumber, DeniedApart, DeniedApart},
		{"deny: kin who is a contact", "hung", lanNumber, DeniedApart, DeniedApart},
		{"deny to tell, allow to hold: retired", "mai", strangerNumber, DeniedRetired, Allowed},
		{"deny: retired and kin", "mai", kinNumber, DeniedApart, DeniedApart},
		{"deny: retired and their own case", "mai", maiNumber, DeniedApart, DeniedApart},
		{"deny: nobody we know", "quan", strangerNumber, DeniedUnknown, DeniedUnknown},
		{"deny: no id", "", strangerNumber, DeniedUnknown, DeniedUnknown},
	}
	d := testDirectory(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			person := testKey(number(t, tt.person))
			if got := d.MayBeTold(tt.id, person); got != tt.told {
				t.Errorf("MayBeTold(%s) = %s, want %s", tt.id, got, tt.told)
			}
			if got := d.MayHold(tt.id, person); got != tt.hold {
				t.Errorf("MayHold(%s) = %s, want %s", tt.id, got, tt.hold)
			}
		})
	}
}

func TestDirectory_LookUp(t *testing.T) {
	t.Parallel()
	d := testDirectory(t)
	if c, ok := d.ByPhone(testKey(number(t, hungNumber))); !ok || c.ID != "hung" {
		t.Errorf("ByPhone(hung's) = %q, %v, want hung", c.ID, ok)
	}
	if c, ok := d.ByPhone(testKey(number(t, kinNumber))); ok {
		t.Errorf("ByPhone(kin's) = %q, want nobody: kin are no contacts", c.ID)
	}
	if c, ok := d.Contact("lan"); !ok || c.Phone != number(t, lanNumber) {
		t.Errorf("Contact(lan) = %q, %v, want lan with her number", c.ID, ok)
	}
	if _, ok := d.Contact("quan"); ok {
		t.Error("Contact(quan) was found, want nobody")
	}
	var ids []ID
	for _, c := range d.All() {
		ids = append(ids, c.ID)
	}
	if len(ids) != 3 || ids[0] != "lan" || ids[1] != "hung" || ids[2] != "mai" {
		t.Errorf("All() = %v, want [lan hung mai]", ids)
	}
}

func TestDirectory_DoesNotFollowItsInput(t *testing.T) {
	t.Parallel()
	list := []Contact{{ID: "lan", Phone: number(t, lanNumber)}}
	d := NewDirectory(list, testKey)
	list[0].ID = "changed"
	if got := d.All()[0].ID; got != "lan" {
		t.Errorf("All()[0].ID after a change of the input = %q, want lan", got)
	}
}

func TestContact_Reachable(t *testing.T) {
	t.Parallel()
	c := Contact{Channels: []Channel{Voice}}
	if c.Reachable(SMS) || !c.Reachable(Voice) {
		t.Errorf("Reachable(SMS), Reachable(Voice) of a voice contact = %v, %v, want false, true", c.Reachable(SMS), c.Reachable(Voice))
	}
}
