package channel

import (
	"strings"
	"time"

	"badala/app/meta"
)

// Scopes that a token needs.
const (
	scopeMessaging  = "whatsapp_business_messaging"
	scopeManagement = "whatsapp_business_management"
)

// soon is how near the end of a token is worth a word.
const soon = 14 * 24 * time.Hour

// creds are without the app secret: it is tried by itself.
func (t *trial) creds() meta.Creds { return meta.Creds{AccessToken: t.d.AccessToken} }

// shapes finds what was copied from the wrong place, without asking anybody.
func (t *trial) shapes() bool {
	if n := t.d.PhoneNumberID; n != "" && !metaID.MatchString(n) {
		t.bad(StepNumber, "check.phone_number_id.shape", "")
	}
	if n := t.d.WABAID; n != "" && !metaID.MatchString(n) {
		t.bad(StepAccount, "check.waba_id.shape", "")
	}
	if n := t.d.WABAID; n != "" && n == t.d.PhoneNumberID {
		t.bad(StepAccount, "check.waba_id.same", "")
	}
	if strings.ContainsAny(t.d.AccessToken, " \t\r\n") {
		t.bad(StepToken, "check.access_token.shape", "")
	}
	return len(t.results) == 0
}

// failed files a failure of a call: true when it was about the token or the
// line, so that it says nothing about the step itself.
func (t *trial) failed(err error) bool {
	m := metaError(err)
	switch {
	case m == nil:
		t.gone = true
		t.unsure(StepToken, "check.unreachable", "")
		return true
	case m.Code == 190 || m.Code == 0 || m.HTTPStatus == 401:
		t.tokenBad = true
		t.bad(StepToken, "check.access_token.invalid", wordsOf(err))
		return true
	case m.Code == 4 || m.Code == 80007 || m.HTTPStatus == 429:
		t.gone = true
		t.unsure(StepToken, "check.busy", wordsOf(err))
		return true
	case m.Code == 3 || m.Code == 10 || m.Code >= 200 && m.Code <= 299:
		if !t.has(StepToken) {
			t.bad(StepToken, "check.access_token.scope", wordsOf(err))
		}
		return true
	}
	return false
}

// token asks Meta about the token; that needs the app's id and secret.
func (t *trial) token() {
	if t.d.AppID == "" || t.d.AppSecret == "" {
		return
	}
	info, err := t.s.meta.DebugToken(t.ctx, t.d.AppID, t.d.AppSecret, t.d.AccessToken)
	if err != nil {
		switch m := metaError(err); {
		case m == nil:
			t.gone = true
			t.unsure(StepToken, "check.unreachable", "")
		case strings.Contains(strings.ToLower(wordsOf(err)), "did not match"):
			t.tokenBad = true
			t.bad(StepToken, "check.access_token.other_app", wordsOf(err))
		default:
			t.bad(StepSecret, "check.app_secret.wrong", wordsOf(err))
		}
		return
	}
	switch {
	case !info.IsValid:
		t.tokenBad = true
		t.bad(StepToken, "check.access_token.invalid", "")
	case info.AppID != "" && info.AppID != t.d.AppID:
		t.tokenBad = true
		t.bad(StepToken, "check.access_token.other_app", info.AppID)
	case !info.Allows(scopeMessaging, t.d.WABAID):
		t.bad(StepToken, "check.access_token.scope", scopeMessaging)
	case !info.Allows(scopeManagement, t.d.WABAID):
		t.bad(StepToken, "check.access_token.scope", scopeManagement)
	case !info.ExpiresAt.IsZero() && info.ExpiresAt.Before(time.UnixMilli(t.s.db.Now()).Add(soon)):
		t.unsure(StepToken, "check.access_token.expires", info.ExpiresAt.Format(time.DateOnly))
	default:
		t.ok(StepToken, "check.access_token.ok", "")
	}
	if !t.tokenBad {
		t.ok(StepSecret, "check.app_secret.ok", "")
	}
}

// number reads the phone number with the token.
func (t *trial) number() {
	if t.d.PhoneNumberID == "" {
		return
	}
	n, err := t.s.meta.PhoneNumber(t.ctx, t.creds(), t.d.PhoneNumberID)
	if m := metaError(err); m != nil && needsProof(m) && t.d.AppSecret != "" {
		n, err = t.s.meta.PhoneNumber(t.ctx, meta.Creds{AccessToken: t.d.AccessToken, AppSecret: t.d.AppSecret}, t.d.PhoneNumberID)
	}
	if err != nil || n.DisplayPhoneNumber == "" { // a node of another kind has no number
		if err == nil || !t.failed(err) {
			t.numberMissing(err)
		}
		return
	}
	if !t.has(StepToken) {
		t.ok(StepToken, "check.access_token.ok", "")
	}
	t.facts.number = &n
	name := strings.TrimSpace(n.DisplayPhoneNumber + " " + n.VerifiedName)
	switch {
	case n.CodeVerification != "" && n.CodeVerification != "VERIFIED" && n.Status != "CONNECTED":
		t.unsure(StepNumber, "check.phone_number_id.unverified", name)
	case n.Status != "" && n.Status != "CONNECTED":
		t.unsure(StepNumber, "check.phone_number_id.not_registered", name)
	case n.CanSend == "BLOCKED":
		t.unsure(StepNumber, "check.phone_number_id.blocked", problemOf(n))
	default:
		t.ok(StepNumber, "check.phone_number_id.ok", name)
	}
}

// needsProof says that the app demands its secret's proof with every call.
func needsProof(m *meta.Error) bool {
	return m.Code == 100 && strings.Contains(strings.ToLower(wordsOf(m)), "appsecret_proof")
}

func problemOf(n meta.PhoneNumber) string {
	for _, p := range n.Problems {
		return strings.TrimSpace(p.Text + " " + p.Solution)
	}
	return ""
}

// numberMissing tells a wrong id from two ids in each other's place.
func (t *trial) numberMissing(err error) {
	if t.d.WABAID != "" {
		if n, err := t.s.meta.PhoneNumber(t.ctx, t.creds(), t.d.WABAID); err == nil && n.DisplayPhoneNumber != "" {
			t.gone = true
			t.bad(StepNumber, "check.phone_number_id.swapped", "")
			return
		}
	}
	detail := ""
	if err != nil {
		detail = wordsOf(err)
	}
	t.bad(StepNumber, "check.phone_number_id.missing", detail)
}

// account reads the WhatsApp Business Account with the token.
func (t *trial) account() {
	if t.d.WABAID == "" {
		return
	}
	w, err := t.s.meta.WABA(t.ctx, t.creds(), t.d.WABAID)
	if m := metaError(err); m != nil && needsProof(m) && t.d.AppSecret != "" {
		w, err = t.s.meta.WABA(t.ctx, meta.Creds{AccessToken: t.d.AccessToken, AppSecret: t.d.AppSecret}, t.d.WABAID)
	}
	if err != nil {
		if !t.failed(err) {
			t.bad(StepAccount, "check.waba_id.missing", wordsOf(err))
		}
		return
	}
	if !t.has(StepToken) {
		t.ok(StepToken, "check.access_token.ok", "")
	}
	t.ok(StepAccount, "check.waba_id.ok", w.Name)
}

// secret proves that app secret and token belong to one app: Meta checks the
// proof that is made of both.
func (t *trial) secret() {
	if t.d.AppSecret == "" || t.has(StepSecret) {
		return
	}
	creds := meta.Creds{AccessToken: t.d.AccessToken, AppSecret: t.d.AppSecret}
	var err error
	switch {
	case t.facts.number != nil:
		_, err = t.s.meta.PhoneNumber(t.ctx, creds, t.d.PhoneNumberID)
	case t.d.WABAID != "":
		_, err = t.s.meta.WABA(t.ctx, creds, t.d.WABAID)
	default:
		return
	}
	switch m := metaError(err); {
	case err == nil:
		t.ok(StepSecret, "check.app_secret.ok", "")
	case m != nil && needsProof(m):
		t.bad(StepSecret, "check.app_secret.wrong", "")
	}
}

// belongs checks that the number is one of the account's.
func (t *trial) belongs() {
	if t.facts.number == nil || t.d.WABAID == "" {
		return
	}
	numbers, err := t.s.meta.PhoneNumbers(t.ctx, t.credsThatWork(), t.d.WABAID)
	if err != nil {
		return
	}
	for _, n := range numbers {
		if n.ID == t.d.PhoneNumberID {
			return
		}
	}
	t.results = withoutStep(t.results, StepAccount)
	t.bad(StepAccount, "check.waba_id.other_number", "")
}

// subscribed tells whether an app already gets the account's webhooks.
func (t *trial) subscribed() {
	if t.d.WABAID == "" || t.facts.number == nil {
		return
	}
	apps, err := t.s.meta.SubscribedApps(t.ctx, t.credsThatWork(), t.d.WABAID)
	if err != nil {
		return
	}
	for _, a := range apps {
		if t.d.AppID == "" || a.ID == t.d.AppID {
			t.ok(StepSubscribe, "check.subscribe.ok", a.Name)
			return
		}
	}
	t.unsure(StepSubscribe, "check.subscribe.not_yet", "")
}

// credsThatWork adds the secret only once Meta has accepted it.
func (t *trial) credsThatWork() meta.Creds {
	for _, r := range t.results {
		if r.Step == StepSecret && r.OK {
			return meta.Creds{AccessToken: t.d.AccessToken, AppSecret: t.d.AppSecret}
		}
	}
	return t.creds()
}

func withoutStep(all []CheckResult, step string) []CheckResult {
	var out []CheckResult
	for _, r := range all {
		if r.Step != step {
			out = append(out, r)
		}
	}
	return out
}
