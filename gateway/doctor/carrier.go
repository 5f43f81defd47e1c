package doctor

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/tincay/hotline/gateway/config"
	"github.com/tincay/hotline/gateway/twilio"
	"github.com/tincay/hotline/routing"
)

// What findings about the carrier are about.
const (
	carrierSubject = "nhà mạng | carrier"
	numbersSubject = "các số của đường dây | numbers"
)

// carrier looks at the account, at every number of the lines, and says what the API does not show.
func (e *examination) carrier(ctx context.Context, cfg *config.Config) {
	if cfg == nil {
		e.report(Unknown, carrierSubject, "chưa kiểm tra: thiếu cài đặt", "not checked: settings are missing")
		return
	}
	client, err := twilio.NewClient(twilio.Options{
		AccountSID: cfg.AccountSID, AuthTokens: config.Reveal(cfg.AuthTokens), APIURL: cfg.APIURL, PublicURL: cfg.PublicURL,
		CallbackFragment: cfg.CallbackOverrides, Transport: e.o.Transport,
	})
	if err != nil {
		e.report(Failed, carrierSubject, "cài đặt không dùng được", err.Error())
		return
	}
	defer e.optOut()
	switch {
	case !e.account(ctx, client):
		e.report(Unknown, numbersSubject, "chưa kiểm tra", "not checked")
		return
	case len(e.lines) == 0:
		e.report(Unknown, numbersSubject, "chưa kiểm tra: không đọc được đường dây nào", "not checked: no line could be read")
	}
	for _, l := range e.lines {
		for _, n := range l.Numbers {
			e.number(ctx, cfg, client, l, n)
		}
	}
}

// account looks at the account; it reports whether numbers can be asked for.
func (e *examination) account(ctx context.Context, client *twilio.Client) bool {
	account, err := client.Account(ctx)
	switch {
	case err != nil:
		e.report(Failed, carrierSubject, "không hỏi được tài khoản", "the account cannot be asked for: "+err.Error())
		return false
	case account.Status != twilio.StatusActive:
		e.report(Failed, carrierSubject, "tài khoản không hoạt động: "+word(account.Status), "the account is not active: "+word(account.Status))
	case account.Trial:
		e.report(Warning, carrierSubject, "tài khoản dùng thử chỉ nhắn được tới số đã xác minh", "a trial account texts verified numbers only")
	default:
		e.report(OK, carrierSubject, "tài khoản hoạt động", "the account is active")
	}
	return true
}

// word passes on a word of the carrier's only if it is one.
func word(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' && r != '_' }) {
		return "?"
	}
	return s
}

// number looks at one number of a line. Addresses that are not ours are never printed: what follows them is
// somebody's number as often as not.
func (e *examination) number(ctx context.Context, cfg *config.Config, client *twilio.Client, l *routing.Line, n routing.SupportNumber) {
	subject := string(l.ID) + " " + n.Number.Masked()
	have, ok, err := client.Number(ctx, n.Number)
	switch {
	case err != nil:
		e.report(Failed, subject, "không hỏi được", "cannot be asked for: "+err.Error())
		return
	case !ok:
		e.report(Failed, subject, "tài khoản không có số này", "the account has no such number")
		return
	}
	if n.SMS {
		e.textsTo(subject, cfg, have)
	}
	e.callsTo(subject, cfg, have, n.Voice)
}

// textsTo looks where texts to a number go.
func (e *examination) textsTo(subject string, cfg *config.Config, have twilio.NumberConfig) {
	want := cfg.PublicURL + twilio.RouteSMS
	var vi, en []string
	fault := func(v, n string) { vi, en = append(vi, v), append(en, n) }
	if !have.TakesSMS {
		fault("số này không nhận được tin nhắn", "this number cannot take texts")
	}
	address, _, _ := strings.Cut(have.SMS.URL, "#") // what follows are connection overrides
	switch {
	case have.SMSApplication:
		fault("đang dùng sms_application_sid nên sms_url bị bỏ qua; bỏ nó đi", "sms_application_sid is set, because of which sms_url is ignored; take it out")
	case address == "":
		fault("chưa đặt sms_url; cần "+want, "sms_url is not set; it must be "+want)
	case address != want:
		fault("sms_url trỏ nơi khác; cần "+want, "sms_url points elsewhere; it must be "+want)
	}
	if !have.SMSApplication && address != "" && have.SMS.Method != http.MethodPost {
		fault("sms_method phải là POST", "sms_method must be POST")
	}
	if len(vi) > 0 {
		e.report(Failed, subject+" SMS", strings.Join(vi, "; "), strings.Join(en, "; "))
	} else {
		e.report(OK, subject+" SMS", "tin nhắn tới đúng chỗ", "texts come here")
	}
	switch whose(cfg, have.SMSFallback.URL) {
	case nobodys:
		e.report(Warning, subject+" SMS", "chưa đặt sms_fallback_url: khi hệ thống hỏng, người nhắn không được trả lời",
			"sms_fallback_url is not set: while everything here is down nobody answers")
	case ours:
		e.report(Warning, subject+" SMS", "sms_fallback_url ở cùng máy này nên hỏng cùng lúc", "sms_fallback_url is on this very host, and down when it is")
	case others:
		e.report(OK, subject+" SMS", "có nơi dự phòng ở máy khác", "a fallback on another host is set")
	}
}

// callsTo looks where calls to a number go. This version takes none.
func (e *examination) callsTo(subject string, cfg *config.Config, have twilio.NumberConfig, wanted bool) {
	voice := whose(cfg, have.Voice.URL)
	if have.VoiceElsewhere {
		voice = others
	}
	if !wanted && voice != ours {
		return
	}
	status, fallback := whose(cfg, have.VoiceStatus.URL), whose(cfg, have.VoiceFallback.URL)
	vi := "phiên bản này chưa nhận cuộc gọi; voice_url: " + voice.vi() + ", status_callback: " + status.vi() + ", voice_fallback_url: " + fallback.vi()
	en := "this version takes no calls; voice_url: " + voice.en() + ", status_callback: " + status.en() + ", voice_fallback_url: " + fallback.en()
	if voice != others {
		vi += "; đặt voice_url tới nơi có người nghe máy"
		en += "; set voice_url to where somebody answers"
	}
	e.report(Warning, subject+" voice", vi, en)
}

// owner is whose host an address is on.
type owner int

const (
	nobodys owner = iota // no address
	ours
	others
)

func (o owner) vi() string { return [...]string{"chưa đặt", "máy này", "nơi khác"}[o] }
func (o owner) en() string { return [...]string{"not set", "this host", "elsewhere"}[o] }

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

// optOut says what only a person can look at. Twilio answers STOP and its like by itself on long codes and
// then refuses texts to that phone with 21610; a Messaging Service with Advanced Opt-Out can change the
// words, and support can turn it off for an account. Neither a number's nor a Messaging Service's resource
// shows which (docs: messaging/tutorials/advanced-opt-out, messaging/services/api). A number in a Messaging
// Service sends texts to the service's URL unless the service defers to the number's.
func (e *examination) optOut() {
	e.report(Unknown, carrierSubject+": STOP",
		"API không cho thấy. Xem ở trang quản trị: nhà mạng có tự trả lời STOP, HELP bằng tiếng Anh không (Twilio mặc định là có: nhờ hỗ trợ tắt, hoặc sửa ở Messaging Services > Opt-Out Management); số ở trong Messaging Service phải chọn \"Defer to sender's webhook\"",
		"the API does not show it. Look at the console: does the carrier answer STOP and HELP by itself, in English (Twilio does by default: ask support to turn it off, or change it under Messaging Services > Opt-Out Management)? A number in a Messaging Service must have \"Defer to sender's webhook\"")
}
