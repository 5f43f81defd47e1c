package triage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// WriteTSV reads texts, one a line, and writes a line for each: urgency, need
// and the reasons joined by commas, separated by tabs. A line may be empty and
// of any length; "\r\n" ends a line too. The error says whether reading or
// writing failed and never quotes a text.
func WriteTSV(r io.Reader, w io.Writer, c *Classifier) error {
	in := bufio.NewReader(r)
	out := bufio.NewWriter(w)
	for {
		line, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			// What was read before the fault has been judged: hand it over.
			return errors.Join(fmt.Errorf("read texts: %w", err), out.Flush())
		}
		if ended := err != nil; ended && line == "" {
			break
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		v := c.Classify(line)
		reasons := make([]string, len(v.Reasons))
		for i, reason := range v.Reasons {
			reasons[i] = string(reason)
		}
		if _, err := fmt.Fprintf(out, "%s\t%s\t%s\n", v.Urgency, v.Need, strings.Join(reasons, ",")); err != nil {
			return fmt.Errorf("write verdicts: %w", err)
		}
		if in.Buffered() == 0 {
			// Somebody may be typing: answer each line before waiting for the next.
			if err := out.Flush(); err != nil {
				return fmt.Errorf("write verdicts: %w", err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write verdicts: %w", err)
	}
	return nil
}
