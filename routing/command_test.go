package routing_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tincay/hotline/routing"
)

func TestParseCommand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want routing.Command
	}{
		{"1", routing.Command{Verb: routing.VerbTake}},
		{" 1. ", routing.Command{Verb: routing.VerbTake}},
		{"(1)", routing.Command{Verb: routing.VerbTake}},
		{"1️⃣", routing.Command{Verb: routing.VerbTake}},
		{"1 👍", routing.Command{Verb: routing.VerbTake}},
		{"NHAN", routing.Command{Verb: routing.VerbTake}},
		{"Nhận ạ", routing.Command{Verb: routing.VerbTake}},
		{"1 nha", routing.Command{Verb: routing.VerbTake}},
		{"1 nha em", routing.Command{Verb: routing.VerbTake}},
		{"1 K7", routing.Command{Verb: routing.VerbTake, Code: "K7"}},
		{"k7 1", routing.Command{Verb: routing.VerbTake, Code: "K7"}},
		{"1-K7", routing.Command{Verb: routing.VerbTake, Code: "K7"}},
		{"1k7", routing.Command{Verb: routing.VerbTake, Code: "K7"}},
		{"0K7 nhé", routing.Command{Verb: routing.VerbDecline, Code: "K7"}},
		{"Nhận K7 nhé", routing.Command{Verb: routing.VerbTake, Code: "K7"}},
		{"nhan 4kb", routing.Command{Verb: routing.VerbTake, Code: "4KB"}},
		{"0", routing.Command{Verb: routing.VerbDecline}},
		{"bận", routing.Command{Verb: routing.VerbDecline}},
		{"BAN", routing.Command{Verb: routing.VerbDecline}},
		{"trả", routing.Command{Verb: routing.VerbGiveBack}},
		{"TRA K7", routing.Command{Verb: routing.VerbGiveBack, Code: "K7"}},
		{"xong", routing.Command{Verb: routing.VerbClose}},
		{"xong rồi", routing.Command{Verb: routing.VerbClose}},
		{"K7 xong rồi chị", routing.Command{Verb: routing.VerbClose, Code: "K7"}},

		{"", routing.Command{}},
		{"K7", routing.Command{}},
		{"nha 1", routing.Command{}},
		{"1 1", routing.Command{}},
		{"1 0", routing.Command{}},
		{"1 K7 M4", routing.Command{}},
		{"1k7 M4", routing.Command{}},
		{"1k7 1", routing.Command{}},
		{"1 O0", routing.Command{}}, // neither is in a code
		{"11", routing.Command{}},
		{"2", routing.Command{}},
		{"1 người", routing.Command{}},
		{"Bạn ơi, bạn đang ở đâu?", routing.Command{}},
		{"Nhắn chị ra cổng sau", routing.Command{}},
		{"Xong việc này em sẽ...", routing.Command{}},
		{"trả lời giùm", routing.Command{}},
		{"stop", routing.Command{}},
		{"ngung", routing.Command{}},
		{"khac", routing.Command{}},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			if got := routing.ParseCommand(tt.text); got != tt.want {
				t.Errorf("ParseCommand(%q) = %+v, want %+v", tt.text, got, tt.want)
			}
		})
	}
}

func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{"1", "nhận k7 nhé", "0K7", "xong rồi", "Bạn ơi", "1️⃣", "\xff1", "K7\n1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cmd := routing.ParseCommand(text)
		if cmd.Verb == routing.VerbNone && cmd.Code != "" {
			t.Errorf("ParseCommand(%q) = %+v, want no code without a verb", text, cmd)
		}
		if n := len(cmd.Code); n == 1 || n > 6 || string(cmd.Code) != strings.ToUpper(string(cmd.Code)) {
			t.Errorf("ParseCommand(%q).Code = %q, want a code", text, cmd.Code)
		}
		if padded := routing.ParseCommand(" " + text + " "); padded != cmd {
			t.Errorf("ParseCommand(%q with spaces around) = %+v, want %+v", text, padded, cmd)
		}
	})
}

func TestNewCodes_AreReadBackAndNeverAWordOrANumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		length := 0
		for _, code := range routing.NewCodes(random.IntN) {
			letters, digits := 0, 0
			for _, r := range code {
				switch {
				case strings.ContainsRune("ABCDEFGHKMNPQRTVWXY", r):
					letters++
				case strings.ContainsRune("346789", r):
					digits++
				default:
					t.Fatalf("code %s has %q, which the contract leaves out", code, r)
				}
			}
			if letters == 0 || digits == 0 || len(code) < 2 {
				t.Fatalf("code %s has %d letters and %d digits, want both", code, letters, digits)
			}
			if len(code) < length {
				t.Fatalf("code %s comes after a longer one, want the shortest first", code)
			}
			length = len(code)
			if got := routing.ParseCommand("1 " + string(code)); got.Code != code {
				t.Fatalf("ParseCommand(1 %s).Code = %q, want the code", code, got.Code)
			}
		}
	})
}

func TestNewCodes_BeginWithTwoCharactersAndReachAll(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	seen := map[routing.Code]bool{}
	for range 20_000 {
		code := routing.NewCodes(random.IntN)[0]
		if len(code) != 2 {
			t.Fatalf("first candidate = %s, want two characters", code)
		}
		seen[code] = true
	}
	if want := 19 * 6; len(seen) != want {
		t.Errorf("%d different codes of two characters, want all %d", len(seen), want)
	}
}
