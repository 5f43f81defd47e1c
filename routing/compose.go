package routing

import (
	"strings"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

// Compose gives the body of a message, ready for the carrier. words are what [Send.Words] names; they
// are ignored where it names none.
func Compose(s Send, words contacts.Private) (contacts.Private, error) {
	switch {
	case s.Text != "":
		body, err := texts.Render(s.Language, s.Text, s.Accented, s.Values)
		return contacts.Conceal(body), err
	case s.Purpose == PurposeRelayToHelper:
		said := words.Reveal()
		if strings.TrimSpace(said) == "" {
			said = "..." // an empty text is a contact too; the helper sees that something came
		}
		return contacts.Conceal(texts.RelayToHelper(s.Values["ma"], said)), nil
	default:
		// Nothing is put before a helper's words: the phone may be in other hands.
		return contacts.Conceal(texts.RelayToPerson(s.Language, s.Accented, true, words.Reveal())), nil
	}
}
