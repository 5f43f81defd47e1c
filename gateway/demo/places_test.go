package demo

import (
	"net"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlaces_OriginsAreThoseOfTheBrowser(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, board, host, from string
		want                    origins // zero: the browser cannot come to the board
	}{
		{"as usual", "127.0.0.1:8089", "127.0.0.1:8088", thisMachine, origins{"http://127.0.0.1:8088", "http://127.0.0.1:8089"}},
		{"by name", "127.0.0.1:8089", "localhost:8088", thisMachine, origins{"http://localhost:8088", "http://localhost:8089"}},
		{"through a port that was mapped", "127.0.0.1:8089", "127.0.0.1:1", thisMachine, origins{"http://127.0.0.1:8088", "http://127.0.0.1:8089"}},
		{"without a port", "127.0.0.1:8089", "localhost", thisMachine, origins{"http://localhost:8088", "http://localhost:8089"}},
		{"the board everywhere", "0.0.0.0:8089", "127.0.0.1:8088", thisMachine, origins{"http://127.0.0.1:8088", "http://127.0.0.1:8089"}},
		{"the board on IPv6", "[::1]:8089", "[::1]:8088", thisMachine, origins{"http://[::1]:8088", "http://[::1]:8089"}},
		{"the board elsewhere on this machine", "127.0.0.2:8089", "127.0.0.1:8088", thisMachine, origins{}},
		{"the board on the network only", "192.168.1.5:8089", "localhost:8088", thisMachine, origins{}},
		{"a browser on the network", "0.0.0.0:8089", "192.168.1.5:8088", thisMachine, origins{}},
		{"a name that begins well", "127.0.0.1:8089", "localhost.example:8088", thisMachine, origins{}},
		{"a policy in the name", "127.0.0.1:8089", "localhost; frame-src *", thisMachine, origins{}},
		{"a zone", "[::1]:8089", "[::1%25eth0]:8088", thisMachine, origins{}},
		{"nothing", "127.0.0.1:8089", "", thisMachine, origins{}},
		{"over IPv6", "[::1]:8089", "localhost:8088", "[::1]:50000", origins{"http://localhost:8088", "http://localhost:8089"}},
		{"IPv4 on a listener for both", "[::]:8089", "127.0.0.1:8088", "[::ffff:127.0.0.1]:50000", origins{"http://127.0.0.1:8088", "http://127.0.0.1:8089"}},
		{"a liar on the network", "0.0.0.0:8089", "127.0.0.1:8088", "192.168.1.7:50000", origins{}},
		{"a liar with a name", "0.0.0.0:8089", "localhost:8088", "[fe80::7%eth0]:50000", origins{}},
		{"from nowhere", "0.0.0.0:8089", "127.0.0.1:8088", "", origins{}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			board, err := net.ResolveTCPAddr("tcp", row.board)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
			r.Host, r.RemoteAddr = row.host, row.from
			got, ok := places{page: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8088}, board: board}.origins(r)
			if diff := cmp.Diff(row.want, got, cmp.AllowUnexported(origins{})); diff != "" || ok != (row.want != origins{}) {
				t.Errorf("origins(%q from %q) = %t (-want +got):\n%s", row.host, row.from, ok, diff)
			}
		})
	}
}
