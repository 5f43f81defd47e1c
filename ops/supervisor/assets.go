package supervisor

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static
var staticFiles embed.FS

var errNoAsset = errors.New("no such file")

// assets are the files that pages are made of, under names that change with their content, so that browsers
// may keep them for good.
type assets struct {
	named map[string]string // the name in a URL, by the name of the file
	files map[string]asset  // by the name in a URL
}

type asset struct {
	kind         string
	data, packed []byte // packed is nil where that would save nothing
}

func readAssets() (assets, error) {
	a := assets{map[string]string{}, map[string]asset{}}
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		return a, fmt.Errorf("read static files: %w", err)
	}
	for _, e := range entries {
		data, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			return a, fmt.Errorf("read static files: %w", err)
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.named[e.Name()] = name
		a.files[name] = asset{kindOf(ext), data, smaller(data)}
	}
	return a, nil
}

// smaller returns a file packed as small as it gets, or nil if it gets no smaller.
func smaller(data []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // there is such a level
	_, _ = w.Write(data)                                    // nothing that writes to memory fails
	_ = w.Close()
	if out.Len() >= len(data) {
		return nil
	}
	return out.Bytes()
}

// kindOf does not ask the machine's own tables for the kinds that matter: they differ.
func kindOf(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(ext)
}

// path returns where a file is served.
func (a assets) path(name string) (string, error) {
	hashed, ok := a.named[name]
	if !ok {
		return "", fmt.Errorf("%s: %w", name, errNoAsset)
	}
	return "/static/" + hashed, nil
}

// ServeHTTP serves a file.
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	data := file.data
	if file.packed != nil && unpacks(r) {
		h.Set("Content-Encoding", "gzip")
		data = file.packed
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // if the browser is gone there is nobody to tell
}
