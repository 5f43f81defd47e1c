package triage

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{})
	for _, tt := range []struct {
		name, text string
		urgency    Urgency
		need       Need
	}{
		// Rule 8 of the messages' style guide: cries, never commands.
		{"cry HELP", "HELP", ImmediateDanger, Unknown},
		{"cry GIUP", "GIUP", ImmediateDanger, Unknown},
		{"cry TRO GIUP", "TRO GIUP", ImmediateDanger, Unknown},
		{"cry CUU", "CUU", ImmediateDanger, Unknown},
		{"cry SOS", "sos", ImmediateDanger, Unknown},
		{"cry with an emoji", "🆘", ImmediateDanger, Unknown},

		// Rule 12: a command is the whole message.
		{"command with a code", "1 K7", ReplyCommand, Unknown},
		{"code first", "k7 xong", ReplyCommand, Unknown},
		{"command with a tail", "xong roi", ReplyCommand, Unknown},
		{"command and then words", "XONG roi no lai danh em", Urgent, Counsel},
		{"BAN is bạn too", "Bạn ơi, bạn đang ở đâu?", Urgent, Unknown},
		{"a digit and a cry", "1 cuu em", ImmediateDanger, Unknown},

		// Nothing recognised is never less than urgent.
		{"nothing", "", Urgent, Unknown},
		{"full stop", ".", Urgent, Unknown},
		{"question mark", "?", Urgent, Unknown},
		{"an address only", "chị ơi", Urgent, Unknown},
		{"another language", "xin chao toi la Y Hlam", Urgent, Unknown},

		// Negation.
		{"no longer", "chồng em không còn đánh em nữa", Information, Unknown},
		{"no longer, dialect", "ổng hết đánh rồi nghen", Information, Unknown},
		{"dares not go home", "em không dám về nhà", Urgent, Shelter},
		{"breathes not", "em không thở được", ImmediateDanger, Health},
		{"not hit, but choked", "nó không đánh mà bóp cổ em", ImmediateDanger, Police},
		{"stopped and began again", "hết đánh rồi lại đánh, chị ơi", Urgent, Counsel},

		// Homographs.
		{"wedding", "dam cuoi thang Ty ngay may vay", TestOrSpam, Unknown},
		{"cards", "toi nay danh bai khong", TestOrSpam, Unknown},
		{"veterans", "hoi cuu chien binh hop chieu nay", TestOrSpam, Unknown},
		{"engine oil", "thay nhot xe bao nhieu", TestOrSpam, Unknown},
		{"a knife and nobody in danger", "ra dao Ly Son may gio co tau", TestOrSpam, Unknown},
		{"slowly", "cu tu tu thoi khong gap", TestOrSpam, Unknown},

		// Time.
		{"now", "nó đang đánh em", ImmediateDanger, Police},
		{"habit", "nó hay đánh em", Urgent, Counsel},
		{"long ago", "hồi nhỏ em từng bị ba đánh", Information, Counsel},
		{"asked in general", "đánh vợ bị phạt bao nhiêu", Information, Counsel},

		// Length.
		{"cry at the end of a book", strings.Repeat("la la ", 2000) + "cứu em với", ImmediateDanger, Unknown},

		// Typing habits.
		{"Telex", "noj ddang ddanhs em", ImmediateDanger, Police},
		{"held key", "cứuuuuu em", ImmediateDanger, Unknown},
		{"teencode", "ck e dag đập e, gọi ca giùm", ImmediateDanger, Police},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if v := c.Classify(tt.text); v.Urgency != tt.urgency || v.Need != tt.need {
				t.Errorf("Classify(%q) = %v, %v (%v), want %v, %v", tt.text, v.Urgency, v.Need, v.Reasons, tt.urgency, tt.need)
			}
		})
	}
}

func TestCodeWords(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{Urgent: []string{"hoa cúc", "mua gạo nếp thơm", "!!"}, ImmediateDanger: []string{"hoa cúc đỏ", "gạo nếp"}})
	for _, tt := range []struct {
		name, text string
		urgency    Urgency
		need       Need
		reason     Reason
	}{
		{"inside a sentence", "Cho em đặt bó hoa cúc nha", Urgent, Unknown, "code_word"},
		{"accents and case ignored", "HOA CUC", Urgent, Unknown, "code_word"},
		{"longest wins, danger", "hoa cuc do giao lien", ImmediateDanger, Police, "code_word"},
		{"longest wins, urgent", "mua gạo nếp thơm giúp chị", Urgent, Unknown, "code_word"},
		{"before everything else", "1 hoa cúc đỏ", ImmediateDanger, Police, "code_word"},
		{"whole words only", "hoa cucu", Urgent, Unknown, "nothing_recognised"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := c.Classify(tt.text)
			if v.Urgency != tt.urgency || v.Need != tt.need || v.Reasons[0] != tt.reason {
				t.Errorf("Classify(%q) = %v, %v, %v, want %v, %v, %v", tt.text, v.Urgency, v.Need, v.Reasons, tt.urgency, tt.need, tt.reason)
			}
		})
	}
	if v := New(CodeWords{}).Classify("hoa cúc đỏ"); v.Reasons[0] == "code_word" {
		t.Errorf("Classify(hoa cúc đỏ) without code words = %v, want no code word by default", v.Reasons)
	}
}

func TestContactRules(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{})
	type rules struct{ Hiding, NoTexts, NoCalls, Accented bool }
	for _, tt := range []struct {
		text string
		want rules
	}{
		{"em đang trốn trong tủ", rules{Hiding: true, Accented: true}},
		{"e nup gam giuong", rules{Hiding: true}},
		{"dung tra loi", rules{NoTexts: true}},
		{"đừng nhắn lại nha chị", rules{NoTexts: true, Accented: true}},
		{"đừng gọi", rules{NoCalls: true, Accented: true}},
		{"ddungf goij nhes", rules{NoCalls: true}},
		{"nhan thoi dung goi", rules{NoCalls: true}},
		{"please don't call", rules{NoCalls: true}},
		{"do not reply", rules{NoTexts: true}},
		{"gọi em gấp", rules{Accented: true}},
		{"nhan tin cho em", rules{}},
	} {
		v := c.Classify(tt.text)
		if diff := cmp.Diff(tt.want, rules{v.Hiding, v.NoTexts, v.NoCalls, v.Accented}); diff != "" {
			t.Errorf("Classify(%q) (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	for u, want := range map[Urgency]int{ImmediateDanger: 3, Urgent: 2, Information: 1, TestOrSpam: 0, ReplyCommand: 0, "": 0} {
		if got := u.Severity(); got != want {
			t.Errorf("%q.Severity() = %d, want %d", u, got, want)
		}
	}
}

// TestRulesAreReachable finds rules that no labelled message needs: dead rules
// mislead whoever reads the tables.
func TestRulesAreReachable(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{})
	used := map[string]bool{}
	for _, path := range []string{"testdata/triage-dev.tsv", "testdata/triage-more.tsv"} {
		for _, l := range readLabelled(t, path) {
			v := c.Classify(l.text)
			used[fmt.Sprint(v.Urgency, " ", v.Reasons[0])] = true
		}
	}
	for u, rules := range map[Urgency][]rule{ImmediateDanger: dangerRules(), Urgent: urgentRules()} {
		for _, r := range rules {
			if !used[fmt.Sprint(u, " ", r.reason)] {
				t.Errorf("rule %v %v decides no labelled message", u, r.reason)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	all := Reasons()
	for _, r := range []Reason{"code_word", "empty", "plea", "weapon", "violence"} {
		if !slices.Contains(all, r) {
			t.Errorf("Reasons() = %v, want it to hold %v", all, r)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c := New(CodeWords{})
	want := c.Classify("nó đang cầm dao, cứu em")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if diff := cmp.Diff(want, c.Classify("nó đang cầm dao, cứu em")); diff != "" {
					t.Errorf("Classify() beside others (-want +got):\n%s", diff)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkClassify(b *testing.B) {
	c := New(CodeWords{Urgent: []string{"hoa cúc"}, ImmediateDanger: []string{"hoa cúc đỏ"}})
	for _, bb := range []struct{ name, text string }{
		{"accented100", "Chồng em uống rượu về chửi bới rồi lấy ghế đánh em, em đang trốn nhà hàng xóm, con còn kẹt trong nhà"},
		{"plain100", "Chong em uong ruou ve chui boi roi lay ghe danh em, em dang tron nha hang xom, con con ket trong nha"},
		{"command", "1 K7"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Classify(bb.text)
			}
		})
	}
}
