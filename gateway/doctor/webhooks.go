package doctor

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/gateway/twilio"
)

// Where calls are to go on every number (contract §3).
const (
	routeVoice       = "/twilio/voice"
	routeVoiceStatus = "/twilio/voice/status"
)

// callsTo looks where calls to a number go. promised says that the line file has the number take calls.
func (e *examination) callsTo(subject string, cfg *config.Config, have twilio.NumberConfig, promised bool) {
	subject += " voice"
	if !promised {
		if whose(cfg, have.Voice.URL) == ours && !have.VoiceElsewhere {
			e.report(Warning, subject, "cuộc gọi tới đây, nhưng tệp đường dây không ghi voice: true cho số này",
				"calls come here, but the line file does not say voice: true of this number")
		}
		return
	}
	var f faults
	if have.VoiceElsewhere {
		f.add("đang dùng voice_application_sid hoặc trunk_sid nên voice_url bị bỏ qua; bỏ nó đi",
			"voice_application_sid or trunk_sid is set, because of which voice_url is ignored; take it out")
	} else {
		f.webhook("voice_url", "voice_method", have.Voice, cfg.PublicURL+routeVoice)
		f.webhook("status_callback", "status_callback_method", have.VoiceStatus, cfg.PublicURL+routeVoiceStatus)
	}
	e.webhooks(subject, f, "cuộc gọi tới đúng chỗ", "calls come here")
	e.fallback(subject, "voice_fallback_url", whose(cfg, have.VoiceFallback.URL),
		"khi hệ thống hỏng, không ai nghe máy", "while everything here is down nobody picks up")
}

// faults are what is wrong with one thing, in both languages.
type faults struct{ vi, en []string }

func (f *faults) add(vi, en string) { f.vi, f.en = append(f.vi, vi), append(f.en, en) }

// webhook checks an address and the method by which it is asked.
func (f *faults) webhook(key, methodKey string, have twilio.Webhook, want string) {
	address, _, _ := strings.Cut(have.URL, "#") // what follows are connection overrides
	switch address {
	case want:
	case "":
		f.add("chưa đặt "+key+"; cần "+want, key+" is not set; it must be "+want)
		return
	default:
		f.add(key+" trỏ nơi khác; cần "+want, key+" points elsewhere; it must be "+want)
	}
	if have.Method != http.MethodPost {
		f.add(methodKey+" phải là POST", methodKey+" must be POST")
	}
}

// webhooks reports faults, or that there are none.
func (e *examination) webhooks(subject string, f faults, vi, en string) {
	if len(f.vi) > 0 {
		e.report(Failed, subject, strings.Join(f.vi, "; "), strings.Join(f.en, "; "))
		return
	}
	e.report(OK, subject, vi, en)
}

// fallback reports on where the carrier turns when we cannot be reached; vi and en say what happens if
// there is no such place.
func (e *examination) fallback(subject, key string, to owner, vi, en string) {
	switch to {
	case nobodys:
		e.report(Warning, subject, "chưa đặt "+key+": "+vi, key+" is not set: "+en)
	case ours:
		e.report(Warning, subject, key+" ở cùng máy này nên hỏng cùng lúc", key+" is on this very host, and down when it is")
	case others:
		e.report(OK, subject, "có nơi dự phòng ở máy khác", "a fallback on another host is set")
	}
}

// owner is whose host an address is on.
type owner int

const (
	nobodys owner = iota // no address
	ours
	others
)

func whose(cfg *config.Config, address string) owner {
	if address == "" {
		return nobodys
	}
	own, err1 := url.Parse(cfg.PublicURL)
	given, err2 := url.Parse(address)
	if err1 == nil && err2 == nil && strings.EqualFold(own.Hostname(), given.Hostname()) {
		return ours
	}
	return others
}
