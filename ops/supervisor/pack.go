package supervisor

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// packs reports whether a page may be packed. How long what is packed gets tells whoever watches the wire something
// of what is in it, and much if they can have a text of theirs stand beside it; so only pages are that hold neither
// what people wrote, nor what was typed into a form, nor a form's token.
func packs(page string) bool {
	switch page {
	case "now", "report", "roster":
		return true
	}
	return false
}

// unpacks reports whether a browser says that it can take gzip.
func unpacks(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		q, weighted := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		worth, err := strconv.ParseFloat(q, 64)
		return !weighted || err == nil && worth > 0
	}
	return false
}

// packer packs pages. What it needs for that, a megabyte, is used again.
type packer struct{ writers sync.Pool }

// pack returns a text packed with gzip, quickly rather than small.
func (p *packer) pack(text []byte) []byte {
	w, ok := p.writers.Get().(*gzip.Writer)
	if !ok {
		w, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // there is such a level
	}
	defer p.writers.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	_, _ = w.Write(text) // nothing that writes to memory fails
	_ = w.Close()
	return out.Bytes()
}
