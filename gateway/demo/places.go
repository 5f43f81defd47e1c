package demo

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
)

// DefaultPage and DefaultBoard are where the demo is served unless told otherwise: to this machine only.
const (
	DefaultPage  = "127.0.0.1:8088"
	DefaultBoard = "127.0.0.1:8089"
)

// Addresses are where a demo is served (host:port; port 0 takes a free one).
type Addresses struct {
	Page  string // of the phones
	Board string // of the supervisor's board, a listener of its own as in production
}

// places are the listeners that a demo is served on.
type places struct{ page, board *net.TCPAddr }

// origins are the two sides of a demo as one browser names them.
type origins struct{ page, board string }

// origins returns what the browser that makes a request calls page and board; false if it cannot come to the
// board. Both have the host that the browser uses, or the board's cookies would not be its own in a frame of
// the page. They are marked Secure: without TLS browsers take them from their own machine only.
func (p places) origins(r *http.Request) (origins, bool) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	own := host == "localhost"
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() && ip.Zone() == "" {
		own, host = p.board.IP.IsUnspecified() || p.board.IP.Equal(net.IP(ip.AsSlice())), ip.String()
	} else if own {
		own = p.board.IP.IsUnspecified() || p.board.IP.IsLoopback()
	}
	if !own || !fromHere(r) {
		return origins{}, false
	}
	at := func(a *net.TCPAddr) string { return "http://" + net.JoinHostPort(host, strconv.Itoa(a.Port)) }
	return origins{page: at(p.page), board: at(p.board)}, true
}

// fromHere reports whether a request came over a connection within this machine.
func fromHere(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}
