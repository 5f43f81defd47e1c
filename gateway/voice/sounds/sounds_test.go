package sounds_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/gateway/voice/sounds"
	"github.com/tincay/hotline/routing/texts"
)

const (
	mp3    = "ID3\x04\x00 the greeting"
	bare   = "\xff\xfb\x90\x00 without a tag"
	wav    = "RIFF\x24\x00\x00\x00WAVEfmt the greeting"
	outer  = "a file that is none of ours"
	prefix = "/twilio/voice/sounds/"
)

// ward writes files into a new directory; a name that ends in a slash is an empty folder.
func ward(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "recordings")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		full := filepath.Join(dir, name)
		folder := filepath.Dir(full)
		if strings.HasSuffix(name, "/") {
			folder = full
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if folder == full {
			continue
		}
		if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t testing.TB, dir string) *sounds.Recordings {
	t.Helper()
	r, err := sounds.Open(dir)
	if err != nil {
		t.Fatalf("Open() = %v, want recordings", err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return r
}

func good() map[string]string {
	return map[string]string{
		"vi/greet.mp3": mp3, "vi/hold.wav": wav, "en/": "", "7-hre/choose.mp3": bare, "7-hre/hold.mp3": mp3,
		"8-sed-x1/greet.wav": wav, ".git/config": outer, "vi/.DS_Store": outer,
	}
}

func TestOpen_FindsWhatIsRecorded(t *testing.T) {
	t.Parallel()
	r := open(t, ward(t, good()))
	if diff := cmp.Diff(map[string]string{"7": "hre", "8": "sed-x1"}, r.Languages()); diff != "" {
		t.Errorf("Languages() (-want +got):\n%s", diff)
	}
	want := map[string]string{
		"vi greet": "vi/greet.mp3", "vi hold": "vi/hold.wav", "hre choose": "7-hre/choose.mp3", "hre hold": "7-hre/hold.mp3",
		"sed-x1 greet": "8-sed-x1/greet.wav",
	}
	got := make(map[string]string)
	for _, lang := range []string{"vi", "en", "hre", "sed-x1", "7-hre", "7", "", "."} {
		for _, p := range append(texts.Prompts(), sounds.Choose, "", "nothing") {
			name, ok := r.File(lang, p)
			if ok != r.Has(lang, p) || ok != (name != "") {
				t.Errorf("File(%q, %q) = %q, %v and Has = %v, want them to agree", lang, p, name, ok, r.Has(lang, p))
			}
			if ok {
				got[lang+" "+string(p)] = name
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("File() of every language and prompt (-want +got):\n%s", diff)
	}
	r.Languages()["9"] = "en"
	if _, changed := r.Languages()["9"]; changed {
		t.Error("Languages() lets its caller change the recordings")
	}
}

func TestOpen_ListsEveryFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  []string // pieces of the error's lines, in order
	}{
		{"misspelt prompt", map[string]string{"vi/greeet.mp3": mp3}, []string{"vi/greeet.mp3: there is no prompt"}},
		{"invitation in a language with a key of its own", map[string]string{"en/choose.mp3": mp3}, []string{"en/choose.mp3: there is no prompt"}},
		{"other extension", map[string]string{"vi/greet.ogg": mp3}, []string{"vi/greet.ogg: want .mp3 or .wav"}},
		{"capital extension", map[string]string{"vi/greet.MP3": mp3}, []string{"vi/greet.MP3: want .mp3 or .wav"}},
		{"no extension", map[string]string{"vi/greet": mp3}, []string{"vi/greet: want .mp3 or .wav"}},
		{"same prompt twice", map[string]string{"vi/greet.mp3": mp3, "vi/greet.wav": wav}, []string{"vi/greet.wav: this prompt is there twice"}},
		{"empty file", map[string]string{"vi/greet.mp3": "", "vi/hold.wav": ""}, []string{"vi/greet.mp3: this is no MP3", "vi/hold.wav: this is no WAV"}},
		{"one in the clothes of the other", map[string]string{"vi/greet.mp3": wav, "vi/hold.wav": mp3}, []string{"vi/greet.mp3: this is no MP3", "vi/hold.wav: this is no WAV"}},
		{"a picture", map[string]string{"vi/greet.mp3": "\xff\xd8\xff\xe0\x00\x10JFIF"}, []string{"vi/greet.mp3: this is no MP3"}},
		{"a film", map[string]string{"vi/greet.wav": "RIFF\x24\x00\x00\x00AVI LIST"}, []string{"vi/greet.wav: this is no WAV"}},
		{"a folder for a file", map[string]string{"vi/greet.mp3/": ""}, []string{"vi/greet.mp3: cannot be read"}},
		{"a folder of an unknown name", map[string]string{"vi/old/greet.mp3": mp3}, []string{"vi/old: there is no prompt"}},
		{"a file for a folder", map[string]string{"en": mp3}, []string{"en: not a folder"}},
		{"a file at the top", map[string]string{"greet.mp3": mp3}, []string{"greet.mp3: want vi, en, or"}},
		{"another key", map[string]string{"9-hre/greet.mp3": mp3, "6-cor/greet.mp3": mp3}, []string{"6-cor: want vi", "9-hre: want vi"}},
		{"a language without a key", map[string]string{"hre/greet.mp3": mp3}, []string{"hre: want vi"}},
		{"a language in capitals", map[string]string{"7-HRE/greet.mp3": mp3}, []string{"7-HRE: want vi"}},
		{"a key for one of ours", map[string]string{"7-en/greet.mp3": mp3}, []string{"7-en: this language has no key"}},
		{"a key twice", map[string]string{"7-cor/greet.mp3": mp3, "7-hre/greet.mp3": mp3}, []string{"7-hre: key 7 is for cor already"}},
		{"a language twice", map[string]string{"7-hre/greet.mp3": mp3, "8-hre/greet.mp3": mp3}, []string{"8-hre: there is a folder"}},
		{"a key that would change nothing", map[string]string{"7-hre/": "", "vi/": ""}, []string{"7-hre: it is empty"}},
		{
			"many", map[string]string{"README.txt": outer, "vi/a.mp3": mp3, "vi/greet.mp3": mp3, "vi/hold.mp3": outer, "en/b.mp3": mp3},
			[]string{"README.txt: want vi", "en/b.mp3: there is no prompt", "vi/a.mp3: there is no prompt", "vi/hold.mp3: this is no MP3"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := sounds.Open(ward(t, tt.files))
			if err == nil {
				t.Fatalf("Open() = %v, want an error", r)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tt.want) {
				t.Fatalf("Open() = %d faults, want %d:\n%v", len(lines), len(tt.want), err)
			}
			for i, want := range tt.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("fault %d of Open() = %q, want it to hold %q", i, lines[i], want)
				}
			}
		})
	}
}

func TestOpen_NoDirectory(t *testing.T) {
	t.Parallel()
	if r, err := sounds.Open(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Errorf("Open(missing) = %v, want an error", r)
	}
	r := open(t, "")
	var none *sounds.Recordings
	for name, r := range map[string]*sounds.Recordings{"Open(\"\")": r, "nil": none} {
		if len(r.Languages()) != 0 || r.Has("vi", texts.PromptGreet) {
			t.Errorf("%s has recordings, want none", name)
		}
		if got := get(t, r, http.MethodGet, prefix+sounds.Tone, nil); got.Code != http.StatusOK {
			t.Errorf("%s: GET of the tone = %d, want 200", name, got.Code)
		}
		if got := get(t, r, http.MethodGet, prefix+"vi/greet.mp3", nil); got.Code != http.StatusNotFound {
			t.Errorf("%s: GET of a recording = %d, want 404", name, got.Code)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: Close() = %v, want nil", name, err)
		}
	}
}

// get asks a server for a path as it is written, without tidying it up as a client would.
func get(t testing.TB, r *sounds.Recordings, method, path string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+prefix+"{name...}", r)
	req := httptest.NewRequest(method, "http://h/", nil)
	req.Header = header
	u, err := req.URL.Parse(path)
	if err != nil {
		t.Fatalf("Parse(%q) = %v", path, err)
	}
	req.URL = u
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, req)
	return w
}

func TestServeHTTP_Sounds(t *testing.T) {
	t.Parallel()
	r := open(t, ward(t, good()))
	for name, want := range map[string]struct{ kind, content string }{
		"vi/greet.mp3":       {"audio/mpeg", mp3},
		"vi/hold.wav":        {"audio/wav", wav},
		"7-hre/choose.mp3":   {"audio/mpeg", bare},
		"8-sed-x1/greet.wav": {"audio/wav", wav},
	} {
		w := get(t, r, http.MethodGet, prefix+name, nil)
		if w.Code != http.StatusOK || w.Body.String() != want.content {
			t.Errorf("GET %s = %d %q, want 200 %q", name, w.Code, w.Body, want.content)
		}
		header := map[string]string{
			"Content-Type": want.kind, "Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff",
			"Content-Length": fmt.Sprint(len(want.content)),
		}
		for field, want := range header {
			if got := w.Header().Get(field); got != want {
				t.Errorf("GET %s: %s = %q, want %q", name, field, got, want)
			}
		}
		again := get(t, r, http.MethodGet, prefix+name, http.Header{"If-Modified-Since": {w.Header().Get("Last-Modified")}})
		if again.Code != http.StatusNotModified {
			t.Errorf("GET %s once more = %d, want 304", name, again.Code)
		}
	}
}

func TestServeHTTP_NothingElse(t *testing.T) {
	t.Parallel()
	dir := ward(t, good())
	if err := os.WriteFile(filepath.Join(dir, "..", "secret.mp3"), []byte(outer), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, dir)
	// After the names were read, one file becomes a link to the outside, and one is gone.
	for _, name := range []string{"vi/greet.mp3", "vi/hold.wav"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "..", "secret.mp3"), filepath.Join(dir, "vi/greet.mp3")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"", ".", "..", "vi", "vi/", "7-hre/", ".git/config", "vi/.DS_Store", "vi/nobody.mp3", "VI/greet.mp3", "hre/hold.mp3",
		"../secret.mp3", "vi/../../secret.mp3", "%2e%2e/secret.mp3", "..%2fsecret.mp3", "vi%2f..%2f..%2fsecret.mp3",
		`..\secret.mp3`, "/etc/passwd", "%2fetc%2fpasswd", "vi/greet.mp3%00.wav", "vi/greet.mp3", "vi/hold.wav", "TONE.WAV", "tone.wav/",
	} {
		w := get(t, r, http.MethodGet, prefix+name, nil)
		if w.Code == http.StatusOK || strings.Contains(w.Body.String(), outer) {
			t.Errorf("GET %q = %d %q, want nothing", name, w.Code, w.Body)
		}
		for _, listed := range []string{"greet", "choose"} {
			if w.Code != http.StatusNotFound && w.Code < 300 && strings.Contains(w.Body.String(), listed) {
				t.Errorf("GET %q lists %q", name, listed)
			}
		}
	}
	if w := get(t, r, http.MethodPost, prefix+"7-hre/hold.mp3", nil); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST = %d, want 405", w.Code)
	}
}

func TestClose_ThenNothingIsFound(t *testing.T) {
	t.Parallel()
	r, err := sounds.Open(ward(t, good()))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
	if w := get(t, r, http.MethodGet, prefix+"7-hre/hold.mp3", nil); w.Code != http.StatusNotFound {
		t.Errorf("GET after Close() = %d, want 404", w.Code)
	}
}

// Whatever is asked for, what is served is one of the files that were found.
func FuzzServeHTTP(f *testing.F) {
	files := good()
	r := open(f, ward(f, files))
	known := slices.Collect(maps.Values(files))
	f.Add("vi/greet.mp3")
	f.Add("../recordings/vi/greet.mp3")
	f.Add("7-hre/../.git/config")
	f.Fuzz(func(t *testing.T, name string) {
		req := httptest.NewRequest(http.MethodGet, "http://h/", nil)
		req.SetPathValue("name", name)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		body := w.Body.String()
		switch {
		case name == sounds.Tone, w.Code == http.StatusNotFound:
		case w.Code != http.StatusOK, !slices.Contains(known, body), body == outer:
			t.Errorf("GET %q = %d %q, want 404 or a recording", name, w.Code, body)
		}
	})
}
