package simulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// accountResource is the account as REST shows it. Its auth token, which
// Twilio puts there too, is left out.
type accountResource struct {
	SID             string `json:"sid"`
	OwnerAccountSID string `json:"owner_account_sid"`
	FriendlyName    string `json:"friendly_name"`
	Status          string `json:"status"`
	Type            string `json:"type"`
	URI             string `json:"uri"`
}

// account is GET of the account itself.
func (c *Carrier) account(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, accountResource{
		SID:             c.opts.AccountSID,
		OwnerAccountSID: c.opts.AccountSID,
		FriendlyName:    "simulated account",
		Status:          cmp.Or(c.opts.AccountStatus, "active"),
		Type:            cmp.Or(c.opts.AccountType, "Full"),
		URI:             r.URL.Path,
	})
}

// numberResource is one of the account's numbers as REST shows it.
type numberResource struct {
	SID                  string          `json:"sid"`
	AccountSID           string          `json:"account_sid"`
	PhoneNumber          string          `json:"phone_number"`
	FriendlyName         string          `json:"friendly_name"`
	APIVersion           string          `json:"api_version"`
	Capabilities         map[string]bool `json:"capabilities"`
	SMSURL               string          `json:"sms_url"`
	SMSMethod            string          `json:"sms_method"`
	SMSFallbackURL       string          `json:"sms_fallback_url"`
	SMSFallbackMethod    string          `json:"sms_fallback_method"`
	SMSApplicationSID    *string         `json:"sms_application_sid"`
	VoiceURL             string          `json:"voice_url"`
	VoiceMethod          string          `json:"voice_method"`
	VoiceFallbackURL     string          `json:"voice_fallback_url"`
	VoiceFallbackMethod  string          `json:"voice_fallback_method"`
	VoiceApplicationSID  *string         `json:"voice_application_sid"`
	TrunkSID             *string         `json:"trunk_sid"`
	StatusCallback       string          `json:"status_callback"`
	StatusCallbackMethod string          `json:"status_callback_method"`
	URI                  string          `json:"uri"`
}

func (c *Carrier) numberResource(n Number) numberResource {
	orNull := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	hash := sha256.Sum256([]byte(n.E164))
	sid := "PN" + hex.EncodeToString(hash[:16])
	return numberResource{
		SID:                  sid,
		AccountSID:           c.opts.AccountSID,
		PhoneNumber:          n.E164,
		FriendlyName:         n.E164,
		APIVersion:           apiVersion,
		Capabilities:         map[string]bool{"sms": !n.NoSMS, "mms": false, "voice": true, "fax": false},
		SMSURL:               n.SMSURL,
		SMSMethod:            cmp.Or(n.SMSMethod, http.MethodPost),
		SMSFallbackURL:       n.SMSFallbackURL,
		SMSFallbackMethod:    http.MethodPost,
		SMSApplicationSID:    orNull(n.SMSApplicationSID),
		VoiceURL:             n.VoiceURL,
		VoiceMethod:          http.MethodPost,
		VoiceFallbackURL:     n.VoiceFallbackURL,
		VoiceFallbackMethod:  http.MethodPost,
		VoiceApplicationSID:  orNull(n.VoiceApplicationSID),
		TrunkSID:             orNull(n.TrunkSID),
		StatusCallback:       n.StatusCallback,
		StatusCallbackMethod: http.MethodPost,
		URI:                  "/" + apiVersion + "/Accounts/" + c.opts.AccountSID + "/IncomingPhoneNumbers/" + sid + ".json",
	}
}

// listNumbers is GET IncomingPhoneNumbers.json: the account's numbers, in
// pages, those that match PhoneNumber if it is given. As Twilio has it, a part
// of a number matches too, and * stands for any digit.
func (c *Carrier) listNumbers(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	owned := maps.Clone(c.numbers)
	c.mu.Unlock()
	var rows []row
	for i, e164 := range slices.Sorted(maps.Keys(owned)) {
		if matchesPart(e164, r.URL.Query().Get("PhoneNumber")) {
			resource := c.numberResource(owned[e164])
			rows = append(rows, row{-i, resource.SID, resource})
		}
	}
	writePage(w, r, "incoming_phone_numbers", rows, func(sid string) (int, bool) {
		i := slices.IndexFunc(rows, func(row row) bool { return row.sid == sid })
		if i < 0 {
			return 0, false
		}
		return rows[i].seq, true
	})
}

// matchesPart reports whether a number contains a pattern in which * stands
// for any one character; the empty pattern is in every number.
func matchesPart(e164, pattern string) bool {
	expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.`)
	return regexp.MustCompile(expression).MatchString(e164)
}
