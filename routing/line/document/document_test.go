package document

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// only returns the single fault of a document.
func only(t *testing.T, d *Document) Fault {
	t.Helper()
	faults := d.Faults()
	if len(faults) != 1 {
		t.Fatalf("faults = %v, want exactly one", faults)
	}
	return faults[0]
}

func TestOpen_Refuses(t *testing.T) {
	t.Parallel()
	var doubling strings.Builder // each line twice the size of the one before
	doubling.WriteString("a0: &a0 {k: v}\n")
	for i := 1; i < 40; i++ {
		name, before := string(rune('a'+i%26))+strings.Repeat("x", i/26), string(rune('a'+(i-1)%26))+strings.Repeat("x", (i-1)/26)
		if i == 1 {
			before = "a0"
		}
		doubling.WriteString("k" + name + ": &" + name + " {<<: [*" + before + ", *" + before + "]}\n")
	}
	tests := []struct {
		name, file string
		at         Position
		want       string
	}{
		{"empty", "", Position{1, 1}, "empty"},
		{"only a comment", "# x\n", Position{1, 1}, "empty"},
		{"null", "~\n", Position{1, 1}, "empty"},
		{"tag without a value", "!< ", Position{1, 1}, "empty"},
		{"too large", strings.Repeat("# xxxxx\n", maxBytes/8+1), Position{1, 1}, "larger than 1 MiB"},
		{"not UTF-8", "a: x\nb: ấ\xff\n", Position{2, 5}, "not UTF-8"},
		{"UTF-16", "\xff\xfea\x00:\x00", Position{1, 1}, "not UTF-8"},
		{"tab", "a:\n\tb: 1\n", Position{2, 1}, "not tabs"},
		{"bracket left open", "a: [1, 2\nb: 3\n", Position{2, 1}, "',' or ']' must be specified"},
		{"quote left open", "a: \"x\n", Position{1, 4}, "could not find end character"},
		{"two documents", "a: 1\n---\nb: 2\n", Position{3, 1}, "more than one YAML document"},
		{"alias of nothing", "a: *x\n", Position{1, 4}, "no anchor"},
		{"anchor within itself", "a: &x [*x]\n", Position{1, 8}, "no anchor"},
		{"brackets too deep", "a: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), Position{1, 36}, "too complex"},
		{"marks too deep", strings.Repeat("- ", 40) + "a", Position{1, 65}, "too complex"},
		{"too many keys", strings.Repeat("a: 1\n", maxKeys+1), Position{maxKeys + 1, 2}, "too complex"},
		{"too many tags", strings.Repeat("!a\n", maxTags+1), Position{maxTags + 1, 1}, "too complex"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, root := Open([]byte(tt.file))
			f := only(t, d)
			if f.Position != tt.at || !strings.Contains(f.EN, tt.want) || f.Severity != Error {
				t.Errorf("Open = %v, want %d:%d …%s…", f, tt.at.Line, tt.at.Column, tt.want)
			}
			if (tt.name == "two documents" || strings.Contains(tt.want, "anchor")) == root.Absent() {
				t.Errorf("root absent = %v", root.Absent())
			}
		})
	}
	t.Run("aliases that multiply", func(t *testing.T) {
		t.Parallel()
		d, root := Open([]byte(doubling.String()))
		fields, _ := root.Entries()
		for _, f := range fields {
			f.Entries()
		}
		if f := only(t, d); !strings.Contains(f.EN, "when expanded") {
			t.Errorf("fault = %v, want one about the expansion", f)
		}
	})
}

func TestOpen_SyntaxFaultsDoNotQuoteTheFile(t *testing.T) {
	t.Parallel()
	const secret = "Bimat"
	for _, file := range []string{
		"a: " + secret + ": x", "a: \"" + secret, "a: \"\\" + secret + "\"", "%YAML " + secret + "\n---\na: 1", "a: !" + secret + " [", "a: @" + secret,
		"*" + secret + " : {", "{" + secret + ": 1\nb", "a: '" + secret + "' " + secret, "!<" + secret + "{> x", "`" + secret,
	} {
		d, _ := Open([]byte(file))
		for _, f := range d.Faults() {
			if strings.Contains(f.String(), secret) {
				t.Errorf("Open(%q) fault quotes the file: %v", file, f)
			}
		}
	}
}

func TestField_Values(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`^[a-z]+$`)
	text := func(f Field) any { s, _ := f.Text(); return s }
	tests := []struct {
		name, value string
		read        func(Field) any
		want        any
		fault       string
	}{
		{"text", "  xin chào  ", text, "xin chào", ""},
		{"text keeps zeros", "0905000001", text, "0905000001", ""},
		{"text keeps a plus", "+84905000001", text, "+84905000001", ""},
		{"text keeps colons", "18:00", text, "18:00", ""},
		{"text like a number", "0x1F", text, "0x1F", ""},
		{"text is NFC", "\"Cha\u0302u\"", text, "Châu", ""},
		{"text of nothing", "~", text, "", ""},
		{"text of a list", "[a]", text, "", "single value"},
		{"text of a table", "{a: 1}", text, "", "single value"},
		{"text with a line break", `"a\nb"`, text, "", "line breaks"},
		{"text with an invisible sign", "\"a\u200bb\"", text, "", "control characters"},
		{"name", "Lan", func(f Field) any { return f.Name() }, "Lan", ""},
		{"name in quotes", `"12"`, func(f Field) any { return f.Name() }, "12", ""},
		{"name that is a number", "12", func(f Field) any { return f.Name() }, "", "must be text"},
		{"name that is true", "true", func(f Field) any { return f.Name() }, "", "must be text"},
		{"form", "abc", func(f Field) any { return f.Match(word, "sai", "wrong form") }, "abc", ""},
		{"form not met", "a1", func(f Field) any { return f.Match(word, "sai", "wrong form") }, "", "wrong form"},
		{"one of", "b", func(f Field) any { return OneOf(f, []string{"a", "b"}) }, "b", ""},
		{"none of", "c", func(f Field) any { return OneOf(f, []string{"a", "b"}) }, "", "must be one of: a, b"},
		{"true", "true", func(f Field) any { return f.Bool() }, true, ""},
		{"false", "False", func(f Field) any { return f.Bool() }, false, ""},
		{"neither", "1", func(f Field) any { return f.Bool() }, false, "true or false"},
		{"text of true", `"true"`, func(f Field) any { return f.Bool() }, false, "true or false"},
		{"duration", "1h30m", func(f Field) any { return f.Duration(2 * time.Hour) }, 90 * time.Minute, ""},
		{"duration, least", "100ms", func(f Field) any { return f.Duration(time.Hour) }, 100 * time.Millisecond, ""},
		{"duration, most", "60m", func(f Field) any { return f.Duration(time.Hour) }, time.Hour, ""},
		{"duration too short", "99ms", func(f Field) any { return f.Duration(time.Hour) }, time.Duration(0), "from 100ms to 1h"},
		{"duration too long", "61m", func(f Field) any { return f.Duration(time.Hour) }, time.Duration(0), "from 100ms to 1h"},
		{"duration without unit", "30", func(f Field) any { return f.Duration(time.Hour) }, time.Duration(0), "with a unit"},
		{"whole number", "12", func(f Field) any { return f.Whole() }, int64(12), ""},
		{"zero", "0", func(f Field) any { return f.Whole() }, int64(0), "from 1"},
		{"no whole number", "1.5", func(f Field) any { return f.Whole() }, int64(0), "from 1"},
		{"rate", "0.5", func(f Field) any { return f.Rate() }, 0.5, ""},
		{"no rate", ".inf", func(f Field) any { return f.Rate() }, 0.0, "above 0"},
		{"negative rate", "-1", func(f Field) any { return f.Rate() }, 0.0, "above 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, root := Open([]byte("key: " + tt.value + "\n"))
			table, _ := root.Table("key")
			if got := tt.read(table.Get("key")); got != tt.want {
				t.Errorf("%s = %v, want %v", tt.value, got, tt.want)
			}
			if tt.fault == "" {
				if len(d.Faults()) != 0 {
					t.Errorf("%s: faults = %v, want none", tt.value, d.Faults())
				}
				return
			}
			if f := only(t, d); f.Position != (Position{1, 6}) || !strings.Contains(f.EN, tt.fault) {
				t.Errorf("%s: fault = %v, want 1:6 …%s…", tt.value, f, tt.fault)
			}
		})
	}
}

func TestField_EntriesMerge(t *testing.T) {
	t.Parallel()
	d, root := Open([]byte("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: own\n"))
	table, _ := root.Table("a", "b", "c")
	entries, ok := table.Need("c").Entries()
	var got []string
	for _, e := range entries {
		s, _ := e.Text()
		got = append(got, e.Key+"="+s)
	}
	if want := []string{"x=own", "y=2", "z=4"}; !ok || !slices.Equal(got, want) || len(d.Faults()) != 0 {
		t.Errorf("Entries = %v, %v, faults %v, want %v", got, ok, d.Faults(), want)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		30 * time.Second: "30s", 5 * time.Minute: "5m", time.Hour: "1h", 90 * time.Second: "1m30s", 90 * time.Minute: "1h30m",
		24 * time.Hour: "24h", time.Hour + 10*time.Second: "1h0m10s", 10 * time.Minute: "10m", 20 * time.Hour: "20h",
	} {
		got := Short(d)
		if again, err := time.ParseDuration(got); got != want || err != nil || again != d {
			t.Errorf("Short(%v) = %q, want %q, the same time", d, got, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, s := range []string{"a: 1", "- - a", "{a: [b, {c: d}]}", "a: &x b\nc: *x", "<<: {a: b}", "? a\n: b", "a: |\n  x\n", "!!str a", "%YAML 1.2\n---\na", "&a &b c", "\ufeffa:\r\n  - b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		d, root := Open(file)
		walk(root, 0)
		for _, fault := range d.Faults() {
			if fault.Line < 1 || fault.Column < 1 {
				t.Fatalf("Open(%q) fault %v has no position", file, fault)
			}
		}
	})
}

// walk reads a field in every way; recursion ends because anchors do not contain themselves.
func walk(f Field, depth int) {
	f.Text()
	f.Bool()
	f.NeedEntries()
	if depth > 8 {
		return
	}
	for _, e := range f.List() {
		walk(e, depth+1)
	}
	entries, _ := f.Entries()
	for _, e := range entries {
		walk(e, depth+1)
	}
}
