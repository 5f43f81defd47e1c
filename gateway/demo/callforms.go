package demo

import (
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/tincay/hotline/gateway/simulator"
)

// What is refused about calls.
var (
	errBusy   = refusal{http.StatusConflict, "Máy đang có cuộc gọi | the phone is in a call"}
	errNoCall = refusal{http.StatusNotFound, "Không có cuộc gọi này | no such call"}
	errKey    = refusal{http.StatusBadRequest, "Phím là 0-9, * hoặc # | a key is 0-9, * or #"}
)

// dial calls the line from a phone.
func (d *demo) dial(w http.ResponseWriter, r *http.Request) error {
	h, ok := d.ward.handset(r.PathValue("phone"))
	if !ok {
		return errNoPhone
	}
	v, err := d.visit()
	if err != nil {
		return err
	}
	defer v.done()
	if err := v.world.dial(r.Context(), h); err != nil {
		return err
	}
	return back(w, r, "#phone-"+h.ID)
}

// deed does something with a call of a phone.
type deed func(c *simulator.Call, r *http.Request) error

// deeds are what can be done with a call.
func deeds() map[string]deed {
	return map[string]deed{
		"answer":  func(c *simulator.Call, _ *http.Request) error { return c.Answer() },
		"decline": func(c *simulator.Call, _ *http.Request) error { return c.Decline() },
		"hangup": func(c *simulator.Call, _ *http.Request) error {
			c.HangUp()
			return nil
		},
		"keys":  press,
		"words": speak,
	}
}

// press presses one key, as a finger does.
func press(c *simulator.Call, r *http.Request) error {
	key := r.PostFormValue("key")
	if len(key) != 1 || !strings.Contains(keypad, key) {
		return errKey
	}
	return c.Press(key)
}

// speak says something into the phone.
func speak(c *simulator.Call, r *http.Request) error {
	words := strings.TrimSpace(r.PostFormValue("words"))
	switch {
	case words == "":
		return errEmpty
	case utf8.RuneCountInString(words) > maxText:
		return errLong
	}
	return c.Speak(words)
}

// onCall makes a handler of something that is done with a call.
func (d *demo) onCall(do deed) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		h, ok := d.ward.handset(r.PathValue("phone"))
		if !ok {
			return errNoPhone
		}
		v, err := d.visit()
		if err != nil {
			return err
		}
		defer v.done()
		call, ok := v.world.call(h, r.PathValue("call"))
		if !ok {
			return errNoCall
		}
		// A call may end while somebody reaches for a button; the page shows that it has.
		if err := do(call, r); err != nil && !errors.Is(err, simulator.ErrCallOver) {
			return err
		}
		return back(w, r, "#phone-"+h.ID)
	}
}
