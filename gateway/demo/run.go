package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"syscall"
	"time"
)

// stopTimeout bounds how long requests in hand may take after the demo is told to stop.
const stopTimeout = 2 * time.Second

// gcPercent is that of the gateway in production. Making up the past with the default takes half as long again.
const gcPercent = 400

// Run serves a demo until ctx ends, and tells out, in Vietnamese and English, where it is.
func Run(ctx context.Context, at Addresses, out io.Writer, o Options) error {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	page, err := listen(ctx, "--listen", at.Page)
	if err != nil {
		return err
	}
	board, err := listen(ctx, "--board-listen", at.Board)
	if err != nil {
		return errors.Join(err, page.Close())
	}
	o.places = places{page: page.Addr().(*net.TCPAddr), board: board.Addr().(*net.TCPAddr)}
	d, err := newDemo(ctx, o)
	if err != nil {
		return errors.Join(err, page.Close(), board.Close())
	}
	failed := make(chan error, 2)
	servers := []*http.Server{serve(page, d.pageSite(), o.Logger, failed), serve(board, d.boardSite(), o.Logger, failed)}
	welcome(out, o.places)

	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	// Open pages end with the demo; what is under way ends first, or is cut off.
	err = errors.Join(err, d.Close())
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	for _, srv := range servers {
		if srv.Shutdown(stopping) != nil {
			err = errors.Join(err, srv.Close())
		}
	}
	_, _ = fmt.Fprintln(out, "Đã dừng | stopped")
	return err
}

// listen opens the listener that an option asks for.
func listen(ctx context.Context, option, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("địa chỉ %[1]s đang có chương trình khác dùng; chọn địa chỉ khác, ví dụ %[2]s 127.0.0.1:0 | "+
			"address %[1]s is in use by another program; choose another, for example %[2]s 127.0.0.1:0", address, option)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	return l, nil
}

func serve(l net.Listener, h http.Handler, logger *slog.Logger, failed chan<- error) *http.Server {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(withoutDetail{logger.Handler()}, slog.LevelWarn),
	}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return srv
}

// withoutDetail logs that the HTTP server complained, and not about what: the text may quote a request.
type withoutDetail struct{ slog.Handler }

// Handle puts a fixed text in the place of the server's.
func (w withoutDetail) Handle(ctx context.Context, r slog.Record) error {
	return w.Handler.Handle(ctx, slog.NewRecord(r.Time, r.Level, "http server complained about a connection", r.PC))
}

// welcome says what this is and where.
func welcome(out io.Writer, at places) {
	_, _ = fmt.Fprintf(out, `
==============================================================
  TIN CẬY: BẢN CHẠY THỬ | DEMO

  KHÔNG TIN NHẮN THẬT NÀO RỜI KHỎI MÁY NÀY.
  NO REAL MESSAGE LEAVES THIS MACHINE.
  Cuộc gọi cũng không. | Nor does any call.
==============================================================

  Mở trang này | open this page:  http://%[1]s/
  Bàn trực | the duty desk:       http://%[2]s/ (bấm nút trên trang | click on the page)
  Số liệu | metrics:              http://%[1]s/metrics
  Dừng | stop:                    Ctrl-C

`, at.page, at.board)
	if !at.page.IP.IsLoopback() || !at.board.IP.IsLoopback() {
		_, _ = fmt.Fprint(out, "  Chú ý: máy khác trong mạng cũng mở được trang này; bàn trực thì chỉ mở được trên máy này.\n"+
			"  Note: other machines on the network can open this page too; the duty desk opens only on this machine.\n\n")
	}
}
