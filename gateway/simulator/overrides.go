package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// overrides is how a webhook is posted. Twilio reads it from the URL's
// fragment; see its page "Webhooks (HTTP callbacks): Connection Overrides".
type overrides struct {
	connect time.Duration // ct
	read    time.Duration // rt
	total   time.Duration // tt: for all tries together
	retries int           // rc: beyond the first try
	policy  []failure     // rp: what is tried again
}

// parseOverrides reads a fragment such as ct=2000&rc=3&rp=all. What cannot be
// read is described and leaves its default in place.
func parseOverrides(fragment string) (o overrides, faults []string) {
	o = overrides{
		connect: 5000 * time.Millisecond,
		read:    15000 * time.Millisecond,
		total:   15000 * time.Millisecond,
		retries: 1,
		policy:  []failure{connectFailed},
	}
	number := func(key, value string, least, most int) (int, bool) {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			faults = append(faults, fmt.Sprintf("override %s=%s: not a number from %d to %d", key, value, least, most))
			return 0, false
		}
		return n, true
	}
	milliseconds := func(d *time.Duration, key, value string, most int) {
		if n, ok := number(key, value, 100, most); ok {
			*d = time.Duration(n) * time.Millisecond
		}
	}
	for pair := range strings.SplitSeq(fragment, "&") {
		key, value, _ := strings.Cut(pair, "=")
		switch key {
		case "ct":
			milliseconds(&o.connect, key, value, 10000)
		case "rt":
			milliseconds(&o.read, key, value, 15000)
		case "tt":
			milliseconds(&o.total, key, value, 15000)
		case "rc":
			if n, ok := number(key, value, 0, 5); ok {
				o.retries = n
			}
		case "rp":
			if policy, ok := parsePolicy(value); ok {
				o.policy = policy
			} else {
				faults = append(faults, fmt.Sprintf("override rp=%s: not a list of 4xx, 5xx, ct, rt, all", value))
			}
		case "e", "sni", "":
			// Where requests leave Twilio from, and server name indication:
			// nothing to simulate.
		default:
			faults = append(faults, fmt.Sprintf("override %s is unknown", key))
		}
	}
	return o, faults
}

func parsePolicy(value string) ([]failure, bool) {
	known := []failure{clientError, serverError, connectFailed, readFailed}
	var policy []failure
	for name := range strings.SplitSeq(value, ",") {
		switch {
		case name == "all":
			policy = append(policy, known...)
		case slices.Contains(known, failure(name)):
			policy = append(policy, failure(name))
		default:
			return nil, false
		}
	}
	return policy, true
}

// retry reports whether a try that failed so is made again.
func (o overrides) retry(f failure) bool { return slices.Contains(o.policy, f) }
