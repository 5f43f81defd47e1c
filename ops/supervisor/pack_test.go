package supervisor

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/tincay/hotline/ops/account"
)

func TestUnpacks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		accepts string
		want    bool
	}{
		{"", false}, {"gzip", true}, {"br, gzip;q=0.5, *;q=0.1", true}, {"deflate,  gzip ; q=1.0", true},
		{"gzip;q=0", false}, {"gzip;q=0.000", false}, {"gzip;q=x", false}, {"br", false}, {"xgzip", false}, {"*", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Encoding", tt.accepts)
		if got := unpacks(r); got != tt.want {
			t.Errorf("unpacks(%q) = %v, want %v", tt.accepts, got, tt.want)
		}
	}
}

// unpacked gets a page packed, and returns it as it was; what came unpacked is an error.
func (b *browser) unpacked(path string) (string, http.Header, error) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	answer := b.do(r)
	if answer.Header().Get("Content-Encoding") != "gzip" {
		return "", answer.Header(), errors.New("not packed")
	}
	if got, want := answer.Header().Get("Content-Length"), strconv.Itoa(answer.Body.Len()); got != want {
		return "", nil, errors.New("length " + got + ", has " + want)
	}
	text, err := gzip.NewReader(answer.Body)
	if err != nil {
		return "", nil, err
	}
	plain, err := io.ReadAll(text)
	return string(plain), answer.Header(), err
}

func TestPages_ArePackedForWhoCanTakeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		c := w.text(here1, victim, danger)
		b := w.open("mai", account.Supervisor, here1)
		css, err := w.board.assets.path("board.css")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/now/fragment", "/times", "/roster", css} {
			for range 2 { // what packs is used again
				plain := b.page(path)
				got, header, err := b.unpacked(path)
				if err != nil {
					t.Errorf("GET %s: %v", path, err)
				}
				if diff := cmp.Diff(timeless(plain), timeless(got)); diff != "" {
					t.Errorf("GET %s packed (-plain +unpacked):\n%s", path, diff)
				}
				if path == css && (header.Get("Vary") != "Accept-Encoding" || !strings.Contains(header.Get("Cache-Control"), "immutable")) {
					t.Errorf("GET %s: Vary %q, Cache-Control %q; want both kinds told apart and kept", path, header.Get("Vary"), header.Get("Cache-Control"))
				}
			}
		}
		// Where words may stand beside words of others, length would tell.
		for _, path := range []string{casePath(c), casePath(c) + "/fragment", "/find?code=K7", "/audit", "/sign-in", "/nothing"} {
			if _, _, err := b.unpacked(path); err == nil {
				t.Errorf("GET %s is packed, want it plain", path)
			}
		}
		r := httptest.NewRequest(http.MethodPost, casePath(c)+"/words", strings.NewReader(url.Values{"reason": {"cần địa chỉ"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Accept-Encoding", "gzip")
		if got := b.do(r); got.Code != http.StatusOK || got.Header().Get("Content-Encoding") != "" {
			t.Errorf("words = %d, packed with %q; want them plain", got.Code, got.Header().Get("Content-Encoding"))
		}
	})
}
