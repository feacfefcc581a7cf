package channel

import (
	"bytes"
	"context"

	"badala/app/errs"
	"badala/app/meta"
)

// Signed is a webhook body whose signature is right, and whom it may touch.
type Signed struct {
	Webhook  meta.Webhook
	ParseErr error // the body is no webhook; it is kept all the same
	// Channels are the numbers that the body names and whose own app secret
	// signed it. Empty for a body that names nobody here.
	Channels []Channel
	// OrgID is the organisation that the secret belongs to; 0 if several
	// share it.
	OrgID int64
}

// For gives the numbers that a change is for: the one that it names by
// phoneNumberID, or else all of the account. Numbers with another app secret
// than the one that signed are not among them.
func (s Signed) For(phoneNumberID, wabaID string) []Channel {
	var out []Channel
	for _, c := range s.Channels {
		if phoneNumberID != "" && c.PhoneNumberID == phoneNumberID || phoneNumberID == "" && c.WABAID == wabaID {
			out = append(out, c)
		}
	}
	return out
}

// owner is the organisation whose admins may see the body: that of all its
// numbers, else that of the secret; 0 when there are several.
func (s Signed) owner() int64 {
	if len(s.Channels) == 0 {
		return s.OrgID
	}
	org := s.Channels[0].OrgID
	for _, c := range s.Channels {
		if c.OrgID != org {
			return 0
		}
	}
	return org
}

// Verify checks the signature of a body before reading it. Forbidden: no
// number here has an app secret. Unauthorized: no secret made this signature,
// or only that of other numbers than those named.
func (s *Service) Verify(ctx context.Context, body []byte, header string) (_ Signed, err error) {
	defer errs.Wrap(&err, "channel.Verify")
	n, err := s.numbers(ctx)
	if err != nil {
		return Signed{}, err
	}
	if len(n.secrets) == 0 {
		return Signed{}, errs.New(errs.Forbidden, "no app secret is configured")
	}
	secret := n.secretOf(body, header)
	if secret == "" {
		return Signed{}, errs.New(errs.Unauthorized, "the signature is not valid")
	}
	signed := Signed{OrgID: n.orgOf(secret)}
	if signed.Webhook, signed.ParseErr = meta.ParseWebhook(body); signed.ParseErr != nil {
		return signed, nil
	}
	named := n.named(signed.Webhook)
	for _, c := range named {
		if c.AppSecret == secret {
			signed.Channels = append(signed.Channels, *c)
		}
	}
	if len(named) > 0 && len(signed.Channels) == 0 {
		return Signed{}, errs.New(errs.Unauthorized, "the signature is of another app")
	}
	return signed, nil
}

// secretOf finds the secret that signed the body, "" if none did. The first
// number that the bytes seem to name is tried first; whom the body may touch
// is decided later, by what it says when read.
func (n *numbers) secretOf(body []byte, header string) string {
	hint := ""
	if c := n.byNumberID[numberIDIn(body)]; c != nil {
		hint = c.AppSecret
		if meta.Verify(hint, header, body) {
			return hint
		}
	}
	for _, secret := range n.secrets {
		if secret != hint && meta.Verify(secret, header, body) {
			return secret
		}
	}
	return ""
}

// numberIDIn reads the first phone_number_id of unparsed JSON.
func numberIDIn(body []byte) string {
	_, rest, ok := bytes.Cut(body, []byte(`"phone_number_id"`))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, " \t\r\n:\"")
	end := 0
	for end < len(rest) && end < 32 && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	return string(rest[:end])
}

// orgOf gives the organisation whose numbers have the secret, 0 for several.
func (n *numbers) orgOf(secret string) int64 {
	var org int64
	for _, c := range n.byNumberID {
		if c.AppSecret != secret {
			continue
		}
		if org != 0 && org != c.OrgID {
			return 0
		}
		org = c.OrgID
	}
	return org
}

// named lists the known numbers that a webhook is about, each once.
func (n *numbers) named(w meta.Webhook) []*Channel {
	var out []*Channel
	seen := map[int64]bool{}
	add := func(c *Channel) {
		if c != nil && !seen[c.ID] {
			seen[c.ID] = true
			out = append(out, c)
		}
	}
	for _, e := range w.Entries {
		for _, ch := range e.Changes {
			if id := ch.Value.Metadata.PhoneNumberID; id != "" {
				add(n.byNumberID[id])
				continue
			}
			for _, c := range n.byWABA[ch.WABAID] {
				add(c)
			}
		}
	}
	return out
}
