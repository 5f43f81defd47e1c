package command

import (
	"context"
	"flag"
	"log/slog"

	"github.com/tincay/hotline/gateway/demo"
	"github.com/tincay/hotline/routing/texts"
)

// runDemo runs the whole system on this machine until it is interrupted.
func runDemo(ctx context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	page := flags.String("listen", demo.DefaultPage, "")
	board := flags.String("board-listen", demo.DefaultBoard, "")
	language := flags.String("lang", string(texts.Vietnamese), "")
	empty := flags.Bool("empty", false, "")
	verbose := flags.Bool("verbose", false, "")
	if _, err := parse(flags, args, 0); err != nil {
		return err
	}
	if l := texts.Language(*language); l != texts.Vietnamese && l != texts.English {
		return usageError{"--lang: vi hoặc | or en"}
	}
	// The terminal is there to be read: only what goes wrong is shown, unless the events are asked for.
	logger := slog.New(slog.NewTextHandler(std.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if *verbose {
		logger = slog.New(slog.NewJSONHandler(std.Stderr, nil))
	}
	return demo.Run(ctx, demo.Addresses{Page: *page, Board: *board}, std.Stdout, demo.Options{
		Language: texts.Language(*language), Logger: logger, Empty: *empty,
	})
}
