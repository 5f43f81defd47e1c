package twilio

import (
	"context"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/tincay/hotline/contacts/phone"
)

// StatusActive is the status of an account that can send and receive; the others are "suspended" and
// "closed" (Twilio's OpenAPI document, account_enum_status).
const StatusActive = "active"

// Account is what Twilio says of the account itself.
type Account struct {
	Status string // [StatusActive] if all is well
	Trial  bool   // a trial account sends to numbers that were verified by hand, and to no others
}

// Account fetches the account. Errors are classed as those of Send.
func (c *Client) Account(ctx context.Context) (Account, error) {
	call, api := c.newCall(ctx)
	got, err := api.FetchAccount(c.account)
	if err != nil {
		return Account{}, call.failure(err)
	}
	return Account{Status: value(got.Status), Trial: value(got.Type) == "Trial"}, nil
}

// Webhook is where Twilio turns when something happens to a number.
type Webhook struct {
	URL    string // as configured, with its fragment; empty if none is. May hold anything: not for printing
	Method string // GET or POST
}

// NumberConfig is how one of the account's numbers is configured at Twilio.
type NumberConfig struct {
	SMS, SMSFallback     Webhook
	Voice, VoiceFallback Webhook
	VoiceStatus          Webhook // call status changes
	// SMSApplication and VoiceElsewhere say that an application, or for calls a trunk, is set, because of
	// which Twilio ignores the webhooks above (docs: phone-numbers/api/incomingphonenumber-resource).
	SMSApplication, VoiceElsewhere bool
	// TakesSMS is whether the number can take texts at all; true if the server does not say.
	TakesSMS bool
}

// Number fetches how a number is configured; ok is false if the account has no such number. Errors are
// classed as those of Send.
func (c *Client) Number(ctx context.Context, n phone.Number) (config NumberConfig, ok bool, err error) {
	call, api := c.newCall(ctx)
	params := (&openapi.ListIncomingPhoneNumberParams{}).SetPhoneNumber(n.E164()).SetPageSize(pageSize)
	page, err := api.PageIncomingPhoneNumber(params, "", "")
	if err != nil {
		return NumberConfig{}, false, call.failure(err)
	}
	// The filter also finds numbers that only contain this one.
	for _, have := range page.IncomingPhoneNumbers {
		if value(have.PhoneNumber) == n.E164() {
			return configOf(have), true, nil
		}
	}
	return NumberConfig{}, false, nil
}

func configOf(n openapi.ApiV2010IncomingPhoneNumber) NumberConfig {
	return NumberConfig{
		SMS:            Webhook{value(n.SmsUrl), value(n.SmsMethod)},
		SMSFallback:    Webhook{value(n.SmsFallbackUrl), value(n.SmsFallbackMethod)},
		Voice:          Webhook{value(n.VoiceUrl), value(n.VoiceMethod)},
		VoiceFallback:  Webhook{value(n.VoiceFallbackUrl), value(n.VoiceFallbackMethod)},
		VoiceStatus:    Webhook{value(n.StatusCallback), value(n.StatusCallbackMethod)},
		SMSApplication: value(n.SmsApplicationSid) != "",
		VoiceElsewhere: value(n.VoiceApplicationSid) != "" || value(n.TrunkSid) != "",
		TakesSMS:       n.Capabilities == nil || n.Capabilities.Sms,
	}
}
