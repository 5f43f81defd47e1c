package account

// Everything but sessions shares one hash tag, because an account is stored in one step with the list of all.
// No key holds a login name, an address or a token: each is a hash keyed by the keyset.
const tag = "{accounts}"

// accountKey: hash, never expires. Fields: v (version, integer), d (the record, sealed with the keyset).
func accountKey(id string) string { return tag + ":account:" + id }

// accountsKey: set of the ids of all accounts, never expires.
func accountsKey() string { return tag + ":all" }

// triesKey: hash of the attempts to sign in that count together, expires an hour or a day after the last one. Fields: n (how
// many failed), until (unix ms before which none is looked at).
func triesKey(kind, id string) string { return tag + ":tries:" + kind + ":" + id }

// sessionKey: string, a session's data and its end, sealed with the keyset; expires when the session does.
func sessionKey(id string) string { return "hotline:session:" + id }
