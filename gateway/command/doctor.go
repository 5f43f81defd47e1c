package command

import (
	"context"
	"flag"
	"fmt"
	"time"

	"github.com/tincay/hotline/gateway/doctor"
	"github.com/tincay/hotline/routing/texts"
)

// doctorTimeout bounds an examination, even of many numbers at a carrier that answers slowly.
const doctorTimeout = 2 * time.Minute

// runDoctor looks at the installation and prints a line for each thing looked at.
func runDoctor(ctx context.Context, std IO, args []string) error {
	if _, err := parse(flag.NewFlagSet("doctor", flag.ContinueOnError), args, 0); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	healthy := doctor.Examine(ctx, doctor.Options{
		Lookup: std.Getenv, Texts: texts.Check,
		Report: func(f doctor.Finding) {
			fmt.Fprintf(std.Stdout, "%s\t%s\t%s | %s\n", verdictName(f.Verdict), f.Subject, f.VI, f.EN)
		},
	})
	if !healthy {
		return errFaults
	}
	return nil
}

func verdictName(v doctor.Verdict) string {
	names := map[doctor.Verdict]string{doctor.OK: "tốt", doctor.Warning: "lưu ý", doctor.Failed: "hỏng", doctor.Unknown: "chưa rõ"}
	return both(names[v], string(v))
}
