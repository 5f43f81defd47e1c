// Command hotline is the Tin Cậy SMS hotline gateway; `hotline --help` lists what it does.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/tincay/hotline/gateway/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Main(ctx, command.IO{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.LookupEnv,
	}, os.Args[1:])
	stop()
	os.Exit(code)
}
