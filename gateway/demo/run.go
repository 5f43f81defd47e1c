package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

// DefaultListen is where the page is served unless told otherwise: to this machine only.
const DefaultListen = "127.0.0.1:8088"

// stopTimeout bounds how long requests in hand may take after the demo is told to stop.
const stopTimeout = 2 * time.Second

// Run serves a demo at an address (host:port; port 0 takes a free one) until ctx ends, and tells out, in
// Vietnamese and English, where it is.
func Run(ctx context.Context, listen string, out io.Writer, o Options) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("địa chỉ %[1]s đang có chương trình khác dùng; chọn địa chỉ khác, ví dụ --listen 127.0.0.1:0 | "+
			"address %[1]s is in use by another program; choose another, for example --listen 127.0.0.1:0", listen)
	}
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	d, err := New(ctx, o)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	srv := &http.Server{
		Handler:           d.Handler(),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		ErrorLog: slog.NewLogLogger(withoutDetail{o.Logger.Handler()}, slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	welcome(out, l.Addr())

	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	// Open pages end with the demo; what is under way ends first, or is cut off.
	err = errors.Join(err, d.Close())
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if srv.Shutdown(stopping) != nil {
		err = errors.Join(err, srv.Close())
	}
	_, _ = fmt.Fprintln(out, "Đã dừng | stopped")
	return err
}

// withoutDetail logs that the HTTP server complained, and not about what: the text may quote a request.
type withoutDetail struct{ slog.Handler }

// Handle puts a fixed text in the place of the server's.
func (w withoutDetail) Handle(ctx context.Context, r slog.Record) error {
	return w.Handler.Handle(ctx, slog.NewRecord(r.Time, r.Level, "http server complained about a connection", r.PC))
}

// welcome says what this is and where.
func welcome(out io.Writer, at net.Addr) {
	_, _ = fmt.Fprintf(out, `
==============================================================
  TIN CẬY: BẢN CHẠY THỬ | DEMO

  KHÔNG TIN NHẮN THẬT NÀO RỜI KHỎI MÁY NÀY.
  NO REAL MESSAGE LEAVES THIS MACHINE.
  Cuộc gọi cũng không. | Nor does any call.
==============================================================

  Mở trang này | open this page:  http://%[1]s/
  Số liệu | metrics:              http://%[1]s/metrics
  Dừng | stop:                    Ctrl-C

`, at)
	if tcp, ok := at.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		_, _ = fmt.Fprint(out, "  Chú ý: máy khác trong mạng cũng mở được trang này.\n  Note: other machines on the network can open this page too.\n\n")
	}
}
