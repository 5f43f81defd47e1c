package supervisor

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestClientAddress(t *testing.T) {
	t.Parallel()
	ours := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		name, remote string
		said         []string
		proxies      []netip.Prefix
		want         string
	}{
		{"no proxy", "203.0.113.7:5000", nil, nil, "203.0.113.7"},
		{"a claim without a proxy", "203.0.113.7:5000", []string{"198.51.100.1"}, nil, "203.0.113.7"},
		{"a claim past the proxy", "203.0.113.7:5000", []string{"198.51.100.1"}, ours, "203.0.113.7"},
		{"one proxy", "127.0.0.1:5000", []string{"203.0.113.7"}, ours, "203.0.113.7"},
		{"one proxy and a claim", "127.0.0.1:5000", []string{"198.51.100.1, 203.0.113.7"}, ours, "203.0.113.7"},
		{"the claim in a header of its own", "127.0.0.1:5000", []string{"198.51.100.1", "203.0.113.7"}, ours, "203.0.113.7"},
		{"two proxies", "127.0.0.1:5000", []string{"203.0.113.7, 10.1.2.3"}, ours, "203.0.113.7"},
		{"a claim to be a proxy of ours", "127.0.0.1:5000", []string{"198.51.100.1, 10.9.9.9, 203.0.113.7"}, ours, "203.0.113.7"},
		{"a proxy that says nothing", "127.0.0.1:5000", nil, ours, "127.0.0.1"},
		{"a proxy that says nonsense", "127.0.0.1:5000", []string{"203.0.113.7, unknown"}, ours, "127.0.0.1"},
		{"an empty place", "127.0.0.1:5000", []string{"203.0.113.7,"}, ours, "127.0.0.1"},
		{"with a port", "127.0.0.1:5000", []string{"203.0.113.7:4711"}, ours, "203.0.113.7"},
		{"IPv6", "[fd00::1]:5000", []string{"2001:db8::7"}, ours, "2001:db8::7"},
		{"IPv6 with a port", "[fd00::1]:5000", []string{"[2001:db8::7]:4711"}, ours, "2001:db8::7"},
		{"IPv6 in brackets", "[fd00::1]:5000", []string{"[2001:db8::7]"}, ours, "2001:db8::7"},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:5000", []string{"::ffff:203.0.113.7"}, ours, "203.0.113.7"},
		{"only proxies of ours", "127.0.0.1:5000", []string{"10.0.0.1, 10.0.0.2"}, ours, "10.0.0.1"},
		{"no connection", "pipe", []string{"203.0.113.7"}, ours, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: tt.remote, Header: http.Header{"X-Forwarded-For": tt.said}}
		if got := clientAddress(r, tt.proxies).String(); got != tt.want {
			t.Errorf("%s: clientAddress(%s, %q) = %s, want %s", tt.name, tt.remote, tt.said, got, tt.want)
		}
	}
}
