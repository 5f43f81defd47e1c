package routing

import (
	"strings"

	"github.com/tincay/hotline/contacts"
	"github.com/tincay/hotline/routing/texts"
)

// Compose gives the body of a message of a line, in the line's wording and ready for the carrier. words
// are what [Send.Words] names; they are ignored where it names none.
func Compose(line *Line, s Send, words contacts.Private) (contacts.Private, error) {
	switch {
	case s.Text != "":
		body, err := line.Texts.Render(s.Language, s.Text, s.Accented, s.Values)
		return contacts.Conceal(body), err
	case s.Purpose == PurposeRelayToHelper:
		said := texts.Clean(words.Reveal())
		if strings.TrimSpace(said) == "" {
			said = "..." // an empty text is a contact too; the helper sees that something came
		}
		return contacts.Conceal(texts.RelayToHelper(s.Values["ma"], said)), nil
	default:
		// Nothing is put before a helper's words: the phone may be in other hands.
		return contacts.Conceal(texts.RelayToPerson(s.Language, s.Accented, true, words.Reveal())), nil
	}
}
