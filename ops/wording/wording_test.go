package wording_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/tincay/hotline/ops/wording"
	"github.com/tincay/hotline/routing/texts"
)

func files(content map[string]string) fstest.MapFS {
	all := fstest.MapFS{}
	for name, text := range content {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func TestT(t *testing.T) {
	t.Parallel()
	all, err := wording.Read(files(map[string]string{"a.vi.yaml": "a: x {n} y\nb: ''", "b.vi.yaml": "c: z", "a.en.yaml": "a: e"}), "*.%s.yaml")
	if err != nil {
		t.Fatalf("Read() = %v", err)
	}
	w := all[texts.Vietnamese]
	for _, tt := range []struct {
		name, key string
		pairs     []any
		want      string
		err       error
	}{
		{"filled", "a", []any{"n", "1"}, "x 1 y", nil},
		{"a number", "a", []any{"n", 1}, "x 1 y", nil},
		{"a value is not searched", "a", []any{"n", "{n}"}, "x {n} y", nil},
		{"of another file", "c", nil, "z", nil},
		{"no value", "a", nil, "", wording.ErrUnfilled},
		{"empty value", "a", []any{"n", ""}, "", wording.ErrUnfilled},
		{"empty wording", "b", nil, "", wording.ErrMissing},
		{"no such key", "d", nil, "", wording.ErrMissing},
	} {
		if got, err := w.T(tt.key, tt.pairs...); got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: T(%q, %q) = %q, %v, want %q, %v", tt.name, tt.key, tt.pairs, got, err, tt.want, tt.err)
		}
		if got, want := w.Has(tt.key), !errors.Is(tt.err, wording.ErrMissing); got != want {
			t.Errorf("%s: Has(%q) = %v, want %v", tt.name, tt.key, got, want)
		}
	}
	if got, err := all[texts.English].T("a"); got != "e" || err != nil {
		t.Errorf("T in English = %q, %v, want %q", got, err, "e")
	}
}

func TestRead_Refuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files map[string]string
		want  error
	}{
		"a language without a file": {map[string]string{"a.vi.yaml": "a: b"}, wording.ErrNoFile},
		"a text given twice":        {map[string]string{"a.vi.yaml": "a: b", "b.vi.yaml": "a: b", "a.en.yaml": "a: b"}, wording.ErrTwice},
	} {
		if _, err := wording.Read(files(tt.files), "*.%s.yaml"); !errors.Is(err, tt.want) {
			t.Errorf("%s: Read() = %v, want %v", name, err, tt.want)
		}
	}
	if _, err := wording.Read(files(map[string]string{"a.vi.yaml": "- a\n- b", "a.en.yaml": "a: b"}), "*.%s.yaml"); err == nil {
		t.Error("a list: Read() = nil, want an error")
	}
}
