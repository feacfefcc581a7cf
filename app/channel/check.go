package channel

import (
	"context"
	"errors"
	"slices"
	"time"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/meta"
)

// Steps of the wizard; a result belongs to the field of the same name.
const (
	StepToken     = "access_token"
	StepSecret    = "app_secret"
	StepNumber    = "phone_number_id"
	StepAccount   = "waba_id"
	StepSubscribe = "subscribe"
)

// CheckResult is what one test of the credentials found. Message and Remedy
// are catalogue keys; Detail is a name, a number or Meta's own words.
type CheckResult struct {
	Step    string
	OK      bool
	Unsure  bool // could not be found out, or right but worth a look
	Message string
	Remedy  string
	Detail  string
}

// checkTime ends a round of tests: a person waits for it.
const checkTime = 20 * time.Second

// TestCredentials tries at Meta whatever of the draft is filled in, and tells
// for each field what it found and what to do. Nothing is stored or changed.
func (s *Service) TestCredentials(ctx context.Context, who account.Actor, d Draft) (_ []CheckResult, err error) {
	defer errs.Wrap(&err, "channel.TestCredentials")
	if err := who.Require(account.ManageChannels); err != nil {
		return nil, err
	}
	d.clean()
	results, _ := s.try(ctx, d)
	return results, nil
}

// Connect is the whole wizard: it tests the draft, stores the number and
// subscribes our app to its account. Credentials that Meta refuses are
// Unprocessable, with the results; a subscription that fails is told in the
// results only, since it can be repeated.
func (s *Service) Connect(ctx context.Context, who account.Actor, d Draft) (_ Channel, _ []CheckResult, err error) {
	defer errs.Wrap(&err, "channel.Connect")
	if err := who.Require(account.ManageChannels); err != nil {
		return Channel{}, nil, err
	}
	d.clean()
	if wrong := d.wrong(true); len(wrong) > 0 {
		return Channel{}, nil, errs.Fields(wrong...)
	}
	results, known := s.try(ctx, d)
	if err := refused(results); err != nil {
		return Channel{}, results, err
	}
	c, err := s.create(ctx, who, d, known)
	if err != nil {
		return Channel{}, results, err
	}
	results = slices.DeleteFunc(results, func(r CheckResult) bool { return r.Step == StepSubscribe })
	if err := s.Subscribe(ctx, who, c.ID); err != nil {
		return c, append(results, CheckResult{Step: StepSubscribe, Unsure: true, Message: "check.subscribe.failed", Remedy: "check.subscribe.failed.fix", Detail: wordsOf(err)}), nil
	}
	c, err = s.ByID(s.db.Read(ctx), who.OrgID, c.ID)
	return c, append(results, CheckResult{Step: StepSubscribe, OK: true, Message: "check.subscribe.ok"}), err
}

// refused is the failure that definite refusals among the results make.
func refused(results []CheckResult) error {
	var details []string
	for _, r := range results {
		if !r.OK && !r.Unsure {
			details = append(details, fieldOf[r.Step]+": "+firstOf(english[r.Message], r.Message)+inParens(r.Detail))
		}
	}
	if len(details) == 0 {
		return nil
	}
	return &errs.Error{Kind: errs.Unprocessable, Code: "credentials_refused", Message: "WhatsApp does not accept these credentials", Details: details}
}

func inParens(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

var fieldOf = map[string]string{StepToken: "accessToken", StepSecret: "appSecret", StepNumber: "phoneNumberId", StepAccount: "wabaId", StepSubscribe: "wabaId"}

// metaError finds Meta's refusal in a chain, or nil.
func metaError(err error) *meta.Error {
	if e, ok := errors.AsType[*meta.Error](err); ok {
		return e
	}
	return nil
}

// wordsOf is what to show of a failure at Meta.
func wordsOf(err error) string {
	if m := metaError(err); m != nil {
		return firstOf(m.Details, m.Message, m.Title)
	}
	if e := errs.As(err); e != nil {
		return e.Message
	}
	return ""
}

// trial is one round of tests.
type trial struct {
	s       *Service
	ctx     context.Context
	d       Draft
	results []CheckResult
	facts   facts
	// tokenBad and gone end the round: everything else would fail for the
	// same reason.
	tokenBad, gone bool
}

// try runs the tests that the draft has enough for.
func (s *Service) try(ctx context.Context, d Draft) ([]CheckResult, facts) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	t := &trial{s: s, ctx: ctx, d: d}
	if !t.shapes() || d.AccessToken == "" {
		return t.results, t.facts
	}
	for _, test := range []func(){t.token, t.number, t.account, t.secret, t.belongs, t.subscribed} {
		if !t.tokenBad && !t.gone {
			test()
		}
	}
	return t.results, t.facts
}

func (t *trial) say(r CheckResult) { t.results = append(t.results, r) }

func (t *trial) ok(step, message, detail string) {
	t.say(CheckResult{Step: step, OK: true, Message: message, Detail: detail})
}

func (t *trial) bad(step, message, detail string) {
	t.say(CheckResult{Step: step, Message: message, Remedy: message + ".fix", Detail: detail})
}

func (t *trial) unsure(step, message, detail string) {
	t.say(CheckResult{Step: step, Unsure: true, Message: message, Remedy: message + ".fix", Detail: detail})
}

// has says whether a step already has a result.
func (t *trial) has(step string) bool {
	return slices.ContainsFunc(t.results, func(r CheckResult) bool { return r.Step == step })
}
