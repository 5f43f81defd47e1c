// Package doctor looks at an installation for what would keep a call for help from being answered.
//
// It looks at the settings, at Redis, at the stored lines, at the carrier's account and numbers, at the
// message files and at the recordings. It changes nothing, and it never guesses: what cannot be seen is
// reported as unknown, with what a person should look at instead. No finding holds a number, a name, a
// secret or an address that somebody configured; of recordings it says which file is meant.
package doctor

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/gateway/voice/sounds"
	"github.com/tincay/hotline/routing"
)

// Verdict is the outcome of one check.
type Verdict string

// The verdicts.
const (
	OK      Verdict = "ok"
	Warning Verdict = "warning" // works, but somebody should know
	Failed  Verdict = "failed"  // somebody has to mend it
	Unknown Verdict = "unknown" // cannot be seen from here
)

// Finding is what one check came to, in Vietnamese and in English.
type Finding struct {
	Verdict Verdict
	Subject string // what was looked at, for example "Redis", or the id of a line
	VI, EN  string
}

// Options are what an examination needs.
type Options struct {
	// Lookup looks a setting up, as os.LookupEnv does.
	Lookup func(string) (string, bool)
	// Transport carries requests to the carrier; nil means the network.
	Transport http.RoundTripper
	// Texts checks the message files.
	Texts func() error
	// Report hears of each finding, in order.
	Report func(Finding)
}

// Examine makes every check that is possible: what one fault makes impossible is reported as unknown, and
// the rest goes on. It returns whether nothing failed.
func Examine(ctx context.Context, o Options) bool {
	e := &examination{o: o, now: time.Now(), healthy: true}
	cfg := e.settings()
	if storage := e.storage(cfg); storage != nil {
		e.redis(ctx, storage)
		if err := storage.Redis.Close(); err != nil {
			e.report(Warning, "Redis", "đóng kết nối không được", "closing the connection failed")
		}
	}
	e.carrier(ctx, cfg)
	e.texts()
	e.recordings(cfg)
	return e.healthy
}

// examination is one Examine under way.
type examination struct {
	o       Options
	now     time.Time
	healthy bool
	lines   []*routing.Line // that could be read
}

func (e *examination) report(v Verdict, subject, vi, en string) {
	if v == Failed {
		e.healthy = false
	}
	e.o.Report(Finding{v, subject, vi, en})
}

const settingsSubject = "cài đặt | settings"

// settings reads all settings; nil if some are missing or malformed.
func (e *examination) settings() *config.Config {
	cfg, err := config.Load(e.o.Lookup)
	if err == nil {
		e.report(OK, settingsSubject, "đủ và đúng dạng", "complete and well-formed")
		return cfg
	}
	for _, fault := range unjoin(err) {
		e.report(Failed, settingsSubject, "thiếu hoặc sai", fault.Error())
	}
	return nil
}

// storage is what is needed for Redis alone: other settings being wrong is no reason not to look at it.
func (e *examination) storage(cfg *config.Config) *config.Config {
	if cfg != nil {
		return cfg
	}
	cfg, err := config.LoadStorage(e.o.Lookup)
	if err != nil {
		e.report(Unknown, "Redis", "chưa kiểm tra: thiếu cài đặt", "not checked: settings are missing")
		return nil
	}
	return cfg
}

// texts checks the message files.
func (e *examination) texts() {
	const subject = "tin soạn sẵn | message files"
	err := e.o.Texts()
	if err == nil {
		e.report(OK, subject, "đủ cả hai thứ tiếng", "complete in both languages")
		return
	}
	for _, fault := range unjoin(err) {
		e.report(Failed, subject, "có lỗi", fault.Error())
	}
}

// recordings checks the line's own recordings, if it has any.
func (e *examination) recordings(cfg *config.Config) {
	if cfg == nil || cfg.RecordingsDir == "" {
		return
	}
	const subject = "bản ghi âm | recordings"
	recordings, err := sounds.Open(cfg.RecordingsDir)
	if err != nil {
		for fault := range strings.Lines(err.Error()) { // of each folder the faults are joined once more
			e.report(Failed, subject, "có lỗi", strings.TrimSpace(fault))
		}
		return
	}
	e.report(OK, subject, "tên và dạng tệp đều đúng", "names and formats are right")
	if err := recordings.Close(); err != nil {
		e.report(Warning, subject, "đóng thư mục không được", "closing the directory failed")
	}
}

// unjoin takes apart what errors.Join put together.
func unjoin(err error) []error {
	if joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
