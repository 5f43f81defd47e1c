package supervisor

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is where a request comes from: the other end of its connection, or if that is a proxy of ours, what
// our proxies say. Each adds the address it was asked from to the end of X-Forwarded-For, so the list is read from its
// end and believed as far as our own proxies have written it; what stands before may be made up by whoever asks. An
// address that cannot be read ends it too. The zero address is one that is not known.
func clientAddress(r *http.Request, proxies []netip.Prefix) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := from.Addr().Unmap().WithZone("")
	ours := func() bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(at) })
	}
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(said) {
		if !ours() {
			break
		}
		before, ok := parseForwarded(strings.TrimSpace(text))
		if !ok {
			break
		}
		at = before
	}
	return at
}

// parseForwarded reads an address as proxies write it: some add a port.
func parseForwarded(text string) (netip.Addr, bool) {
	if at, err := netip.ParseAddr(text); err == nil {
		return at.Unmap().WithZone(""), true
	}
	if bare, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(bare, "]") {
		at, err := netip.ParseAddr(strings.TrimSuffix(bare, "]"))
		return at.Unmap().WithZone(""), err == nil
	}
	at, err := netip.ParseAddrPort(text)
	return at.Addr().Unmap().WithZone(""), err == nil
}
