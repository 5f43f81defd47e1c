package audit

// The two keys share a hash slot: a key without braces is hashed as a whole, and the other one's tag is that
// whole. The first is older than the chain and keeps its name.

// logKey: stream of every access, one entry each. Nothing removes entries yet; they are to be kept five years.
// Fields: actor, action, line, case, at_unix_ms; since the chain also n (number, from 1 without a gap), detail,
// reason (sealed with the keyset; empty if none was given), prev (mac of entry n-1) and mac (HMAC-SHA-256 of
// all other fields, base64).
func logKey() string { return "hotline:audit" }

// headKey: hash, never expires. Fields: n and mac of the newest entry. It tells entries cut off the end.
func headKey() string { return "{hotline:audit}:head" }
