package doctor

import (
	"context"
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
	var f faults
	if !have.TakesSMS {
		f.add("số này không nhận được tin nhắn", "this number cannot take texts")
	}
	if have.SMSApplication {
		f.add("đang dùng sms_application_sid nên sms_url bị bỏ qua; bỏ nó đi", "sms_application_sid is set, because of which sms_url is ignored; take it out")
	} else {
		f.webhook("sms_url", "sms_method", have.SMS, cfg.PublicURL+twilio.RouteSMS)
	}
	e.webhooks(subject+" SMS", f, "tin nhắn tới đúng chỗ", "texts come here")
	e.fallback(subject+" SMS", "sms_fallback_url", whose(cfg, have.SMSFallback.URL),
		"khi hệ thống hỏng, người nhắn không được trả lời", "while everything here is down nobody answers")
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
