package command

import (
	"context"
	"flag"
	"fmt"
	"log/slog"

	"github.com/tincay/hotline/contacts/seal"
	"github.com/tincay/hotline/gateway"
	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/routing/triage"
)

// runServe runs in production.
func runServe(ctx context.Context, std IO, args []string) error {
	if _, err := parse(flag.NewFlagSet("serve", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	cfg, err := config.Load(std.Getenv)
	if err != nil {
		fmt.Fprintf(std.Stderr, "Thiếu hoặc sai cấu hình | settings missing or malformed:\n%v\n", err)
		return errFaults
	}
	logger := slog.New(slog.NewJSONHandler(std.Stdout, nil))
	return gateway.Serve(ctx, cfg, gateway.Options{Logger: logger})
}

// runTriage reads texts and prints what the hotline would make of them.
func runTriage(_ context.Context, std IO, args []string) error {
	flags := flag.NewFlagSet("triage", flag.ContinueOnError)
	path := flags.String("line", "", "")
	if _, err := parse(flags, args, 0); err != nil {
		return err
	}
	var words triage.CodeWords
	if *path != "" {
		file, err := checkFile(std, *path)
		if err != nil {
			return err
		}
		words = file.CodeWords
	}
	return triage.WriteTSV(std.Stdin, std.Stdout, triage.New(words))
}

// keysetNew prints a new keyset.
func keysetNew(_ context.Context, std IO, args []string) error {
	if _, err := parse(flag.NewFlagSet("keyset new", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	k, err := seal.NewKeyset()
	if err != nil {
		return err
	}
	return printKeyset(std, k)
}

// keysetRotate prints the keyset of the settings with a key added or promoted.
func keysetRotate(_ context.Context, std IO, args []string) error {
	if _, err := parse(flag.NewFlagSet("keyset rotate", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	k, err := config.LoadKeyset(std.Getenv)
	if err != nil {
		return err
	}
	rotated, did, err := k.Rotate()
	if err != nil {
		return err
	}
	next := "Đã thêm khóa. Khởi động lại mọi bản với bộ khóa này, rồi chạy lệnh này lần nữa | key added: restart every replica with this keyset, then run this again"
	if did == seal.RotationPromoted {
		next = "Khóa mới bắt đầu dùng. Khởi động lại mọi bản với bộ khóa này | new key promoted: restart every replica with this keyset"
	}
	fmt.Fprintln(std.Stderr, next)
	return printKeyset(std, rotated)
}

func printKeyset(std IO, k *seal.Keyset) error {
	secret, err := k.Secret()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.Stdout, secret)
	return err
}
