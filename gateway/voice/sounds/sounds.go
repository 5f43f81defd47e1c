// Package sounds holds what a ward has recorded for its calls, and a soft tone for who waits, and serves
// both to the carrier.
//
// Recordings are files in one directory, a folder for each language and a file for each prompt:
//
//	vi/greet.mp3      in Vietnamese
//	en/hold.wav       in English
//	7-hre/greet.mp3   in a language that only recordings speak, chosen on the call with key 7 (or 8)
//	7-hre/choose.mp3  the invitation to press that key, in that language
//
// [Open] reads the names once and refuses a directory with anything in it that it does not know: a
// misspelt name would otherwise be a recording that nobody ever hears. What is missing is spoken. Files are
// read when they are asked for, from inside that directory only, and no list of them is ever shown. They
// hold nothing about anybody, so who asks is not checked.
package sounds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tincay/hotline/routing/texts"
)

// Choose is the name of a recording that no prompt has: in a language of its own, it says which key to
// press for that language. It is heard after [texts.PromptKeys].
const Choose texts.Prompt = "choose"

// Tone is the name under which the built-in tone is served.
const Tone = "tone.wav"

// keep is how long the carrier may use what it has fetched: the same few files are heard all day, and a
// new recording is to be heard within the hour.
const keep = time.Hour

// Recordings are the sounds of a ward. They do not change once opened. The nil Recordings are those of a
// ward that has recorded nothing.
type Recordings struct {
	root  *os.Root                           // nil: no directory
	files map[string]map[texts.Prompt]string // the name of the file, by language and prompt
	types map[string]string                  // content types of the files by name
	keys  map[string]string                  // languages beyond those of texts, by key
}

// Open reads the names of what is recorded in a directory; "" stands for no recordings. The error lists
// everything that is wrong with the directory. Names that begin with a dot are passed over.
func Open(dir string) (*Recordings, error) {
	r := &Recordings{
		files: make(map[string]map[texts.Prompt]string),
		types: make(map[string]string),
		keys:  make(map[string]string),
	}
	if dir == "" {
		return r, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open recordings: %w", err)
	}
	r.root = root
	if err := r.read(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return r, nil
}

// read takes in the whole directory and reports every fault of it.
func (r *Recordings) read() error {
	entries, err := visible(r.root, ".")
	if err != nil {
		return fmt.Errorf("read recordings: %w", err)
	}
	var faults []error
	for _, e := range entries {
		lang, key, err := folder(e)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if _, twice := r.files[lang]; twice {
			faults = append(faults, fmt.Errorf("recordings %s: there is a folder for this language already", e))
			continue
		}
		if other, twice := r.keys[key]; twice {
			faults = append(faults, fmt.Errorf("recordings %s: key %s is for %s already", e, key, other))
			continue
		}
		if key != "" {
			r.keys[key] = lang
		}
		faults = append(faults, r.language(e, lang, key != ""))
	}
	return errors.Join(faults...)
}

// language takes in one folder. Further says that only recordings speak the language.
func (r *Recordings) language(folder, lang string, further bool) error {
	r.files[lang] = make(map[texts.Prompt]string)
	names, err := visible(r.root, folder)
	if err != nil {
		return fmt.Errorf("recordings %s: not a folder that can be read: %w", folder, err)
	}
	var faults []error
	for _, name := range names {
		file := path.Join(folder, name)
		ext := path.Ext(name)
		prompt := texts.Prompt(strings.TrimSuffix(name, ext))
		_, twice := r.files[lang][prompt]
		switch {
		case !slices.Contains(texts.Prompts(), prompt) && (!further || prompt != Choose):
			faults = append(faults, fmt.Errorf("recordings %s: there is no prompt of this name", file))
			continue
		case twice:
			faults = append(faults, fmt.Errorf("recordings %s: this prompt is there twice", file))
			continue
		}
		kind, err := r.kind(file)
		if err != nil {
			faults = append(faults, fmt.Errorf("recordings %s: %w", file, err))
			continue
		}
		r.files[lang][prompt] = file
		r.types[file] = kind
	}
	if further && len(names) == 0 {
		faults = append(faults, fmt.Errorf("recordings %s: it is empty, so its key would change nothing", folder))
	}
	return errors.Join(faults...)
}

// folder returns the language of a folder and, for languages that only recordings speak, its key.
func folder(name string) (lang, key string, err error) {
	if slices.Contains(texts.Languages(), texts.Language(name)) {
		return name, "", nil
	}
	parts := regexp.MustCompile(`^([78])-([a-z]{2,8}(?:-[a-z0-9]{2,8})*)$`).FindStringSubmatch(name)
	switch {
	case parts == nil:
		return "", "", fmt.Errorf("recordings %s: want vi, en, or 7- or 8- and the code of a language", name)
	case slices.Contains(texts.Languages(), texts.Language(parts[2])):
		return "", "", fmt.Errorf("recordings %s: this language has no key but a folder, %s", name, parts[2])
	}
	return parts[2], parts[1], nil
}

// kind returns the content type of a recording after a look at how it begins: a file that the carrier
// cannot play is silence to who calls.
func (r *Recordings) kind(file string) (string, error) {
	f, err := r.root.Open(file)
	if err != nil {
		return "", fmt.Errorf("cannot be opened: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	head := make([]byte, 12)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	head = head[:n]
	switch path.Ext(file) {
	case ".mp3":
		// An ID3 tag, or the eleven set bits that begin each frame.
		if bytes.HasPrefix(head, []byte("ID3")) || len(head) > 1 && head[0] == 0xFF && head[1]&0xE0 == 0xE0 {
			return "audio/mpeg", nil
		}
		return "", errors.New("this is no MP3")
	case ".wav":
		if len(head) == 12 && string(head[:4]) == "RIFF" && string(head[8:]) == "WAVE" {
			return "audio/wav", nil
		}
		return "", errors.New("this is no WAV")
	}
	return "", errors.New("want .mp3 or .wav")
}

// visible lists a directory, sorted, without names that begin with a dot.
func visible(root *os.Root, dir string) ([]string, error) {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Languages returns the languages that only recordings speak, by the key that chooses each on a call.
func (r *Recordings) Languages() map[string]string {
	if r == nil {
		return nil
	}
	return maps.Clone(r.keys)
}

// Has reports whether a prompt is recorded in a language.
func (r *Recordings) Has(lang string, p texts.Prompt) bool {
	_, ok := r.File(lang, p)
	return ok
}

// File returns the name under which the recording of a prompt is served; false if there is none.
func (r *Recordings) File(lang string, p texts.Prompt) (name string, ok bool) {
	if r == nil {
		return "", false
	}
	name, ok = r.files[lang][p]
	return name, ok
}

// Close lets go of the directory. What is asked for afterwards is not found.
func (r *Recordings) Close() error {
	if r == nil || r.root == nil {
		return nil
	}
	return r.root.Close()
}

// ServeHTTP serves the sound whose name is the path value "name", and 404 for anything else. It is to be
// mounted as "GET …/sounds/{name...}".
func (r *Recordings) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	name := req.PathValue("name")
	if name == Tone {
		serve(w, req, "audio/wav", time.Time{}, bytes.NewReader(tone()))
		return
	}
	if r == nil || r.types[name] == "" {
		http.NotFound(w, req)
		return
	}
	f, err := r.root.Open(name)
	if err != nil {
		http.NotFound(w, req)
		return
	}
	defer func() { _ = f.Close() }() // nothing was written to it
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, req)
		return
	}
	serve(w, req, r.types[name], info.ModTime(), f)
}

func serve(w http.ResponseWriter, req *http.Request, kind string, changed time.Time, content io.ReadSeeker) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(keep.Seconds())))
	http.ServeContent(w, req, "", changed, content)
}
