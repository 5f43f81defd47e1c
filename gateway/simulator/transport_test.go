package simulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tincay/hotline/gateway/simulator"
)

func TestInMemory(t *testing.T) {
	t.Parallel()
	type key struct{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Host != "example.vn:8443" || r.RequestURI != "/a?b=%2B" || r.URL.Fragment != "" || string(body) != "in" || r.ContentLength != 2 {
			t.Errorf("handler got host %q, URI %q, fragment %q, body %q of %d bytes", r.Host, r.RequestURI, r.URL.Fragment, body, r.ContentLength)
		}
		if r.Context().Value(key{}) != nil {
			t.Error("a value of the client's context crossed over")
		}
		w.Header().Set("X-Before", "1")
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-After", "1")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, "out")
	})
	client := http.Client{Transport: simulator.InMemory(handler)}
	ctx := context.WithValue(t.Context(), key{}, 1)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://example.vn:8443/a?b=%2B#rc=3", strings.NewReader("in"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusTeapot || string(body) != "out" || resp.ContentLength != 3 ||
		resp.Header.Get("X-Before") != "1" || resp.Header.Get("X-After") != "" {
		t.Errorf("Do = %d %q %v, %v, want 418, \"out\" and the header as it was", resp.StatusCode, body, resp.Header, err)
	}
}

func TestInMemory_AnswerWithoutWriting(t *testing.T) {
	t.Parallel()
	client := http.Client{Transport: simulator.InMemory(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))}
	resp, err := client.Get("http://example.vn")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("Get = %v, %v, want 200", resp, err)
	}
	_ = resp.Body.Close()
}

func TestInMemory_BrokenConnection(t *testing.T) {
	t.Parallel()
	client := http.Client{Transport: simulator.InMemory(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))}
	if resp, err := client.Get("http://example.vn"); err == nil {
		_ = resp.Body.Close()
		t.Errorf("Get = %d, want an error", resp.StatusCode)
	}
}

func TestInMemory_ClientGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		client := http.Client{
			Timeout: time.Second,
			Transport: simulator.InMemory(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				ended = true
			})),
		}
		resp, err := client.Get("http://example.vn")
		if err == nil {
			_ = resp.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Get: %v, want a deadline exceeded", err)
		}
		synctest.Wait()
		if !ended {
			t.Error("the handler's context did not end with the client's")
		}
	})
}
