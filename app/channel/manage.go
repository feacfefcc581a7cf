package channel

import (
	"context"
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
)

// Draft is what a person enters about a number. On an update empty fields keep
// what is there.
type Draft struct {
	Name, PhoneNumber, PhoneNumberID, WABAID, AppID string
	AccessToken, AppSecret, VerifyToken             string
}

const (
	maxName   = 80
	maxSecret = 1000
)

var metaID = regexp.MustCompile(`^[0-9]{5,32}$`)

// NewVerifyToken makes a verify token that nobody can guess.
func NewVerifyToken() string { return "badala-" + rand.Text() }

// clean trims what copying brings along.
func (d *Draft) clean() {
	for _, f := range []*string{&d.Name, &d.PhoneNumber, &d.PhoneNumberID, &d.WABAID, &d.AppID, &d.AccessToken, &d.AppSecret, &d.VerifyToken} {
		*f = strings.TrimSpace(strings.ToValidUTF8(*f, ""))
	}
	d.AccessToken = strings.TrimPrefix(d.AccessToken, "Bearer ")
}

// wrong lists the fields that cannot be right, whatever Meta says.
func (d *Draft) wrong(complete bool) []string {
	var all []string
	for _, f := range []struct{ name, value string }{{"phoneNumberId", d.PhoneNumberID}, {"wabaId", d.WABAID}, {"appId", d.AppID}} {
		if f.value != "" && !metaID.MatchString(f.value) {
			all = append(all, f.name+": is digits only, as Meta shows it")
		}
	}
	for _, f := range []struct{ name, value string }{{"accessToken", d.AccessToken}, {"appSecret", d.AppSecret}, {"verifyToken", d.VerifyToken}} {
		if len(f.value) > maxSecret || strings.ContainsFunc(f.value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			all = append(all, f.name+": has a space or a character that does not belong there")
		}
	}
	if utf8.RuneCountInString(d.Name) > maxName {
		all = append(all, "name: at most 80 characters")
	}
	if d.PhoneNumber != "" {
		phone, err := contact.CanonicalPhone(d.PhoneNumber, "")
		if err != nil {
			all = append(all, "phoneNumber: not a phone number with country code")
		}
		d.PhoneNumber = phone
	}
	if !complete {
		return all
	}
	for _, f := range []struct{ name, value string }{
		{"phoneNumberId", d.PhoneNumberID}, {"wabaId", d.WABAID}, {"accessToken", d.AccessToken}, {"appSecret", d.AppSecret},
	} {
		if f.value == "" {
			all = append(all, f.name+": is required")
		}
	}
	return all
}

// Create stores a number without asking Meta. A number that was removed from
// this organisation before comes back with its conversations; one that is
// connected anywhere in the install is a Conflict.
func (s *Service) Create(ctx context.Context, who account.Actor, d Draft) (_ Channel, err error) {
	defer errs.Wrap(&err, "channel.Create")
	return s.create(ctx, who, d, facts{})
}

func (s *Service) create(ctx context.Context, who account.Actor, d Draft, known facts) (c Channel, err error) {
	if err := who.Require(account.ManageChannels); err != nil {
		return Channel{}, err
	}
	d.clean()
	if wrong := d.wrong(true); len(wrong) > 0 {
		return Channel{}, errs.Fields(wrong...)
	}
	if d.VerifyToken == "" {
		d.VerifyToken = NewVerifyToken()
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		c, err = s.archivedTx(tx, who.OrgID, d.PhoneNumberID)
		if errs.Is(err, errs.NotFound) {
			c = Channel{OrgID: who.OrgID, Name: d.Name, PhoneNumberID: d.PhoneNumberID, WABAID: d.WABAID, State: Connecting}
			err = s.insertTx(tx, &c)
		}
		if err != nil {
			return err
		}
		c.PausedReason, c.PausedUntil, c.State = "", 0, Connecting
		if c.FirstWebhookAt != 0 {
			c.State = Active
		}
		c.take(d)
		c.learn(known)
		c.Name = firstOf(c.Name, c.VerifiedName, c.PhoneNumber, "WhatsApp")
		if err := s.saveTx(tx, &c); err != nil {
			return err
		}
		if err := auditTx(tx, who, "channel.create", c, nil, shown(c)); err != nil {
			return err
		}
		if err := s.wantTemplatesTx(tx, c.OrgID, c.WABAID); err != nil {
			return err
		}
		return s.recordTx(tx, eventUpdated, c, who, "created", "")
	})
	if db.IsUnique(err) {
		return Channel{}, errs.Coded(errs.Conflict, "number_taken", "this number is already connected")
	}
	return c, err
}

// archivedTx finds a number that the organisation had before.
func (s *Service) archivedTx(q db.Q, org int64, phoneNumberID string) (Channel, error) {
	return db.One(q, s.scan, `SELECT `+channelColumns+` FROM channel
		WHERE org_id = ? AND phone_number_id = ? AND archived_at > 0 ORDER BY id DESC LIMIT 1`, org, phoneNumberID)
}

// take sets what the draft has.
func (c *Channel) take(d Draft) {
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&c.Name, d.Name}, {&c.PhoneNumber, d.PhoneNumber}, {&c.WABAID, d.WABAID}, {&c.AppID, d.AppID},
		{&c.AccessToken, d.AccessToken}, {&c.AppSecret, d.AppSecret}, {&c.VerifyToken, d.VerifyToken},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

// Update changes a number. New credentials are tried at Meta first: what Meta
// refuses is Unprocessable and changes nothing. Good ones end a pause that
// waited for them.
func (s *Service) Update(ctx context.Context, who account.Actor, id int64, d Draft) (_ Channel, err error) {
	defer errs.Wrap(&err, "channel.Update(%d)", id)
	if err := who.Require(account.ManageChannels); err != nil {
		return Channel{}, err
	}
	now, err := s.ByID(s.db.Read(ctx), who.OrgID, id)
	if err != nil {
		return Channel{}, err
	}
	d.clean()
	wrong := d.wrong(false)
	if d.PhoneNumberID != "" && d.PhoneNumberID != now.PhoneNumberID {
		wrong = append(wrong, "phoneNumberId: belongs to another number; connect that one instead")
	}
	if len(wrong) > 0 {
		return Channel{}, errs.Fields(wrong...)
	}
	trial := now
	trial.take(d)
	fresh := trial.Creds() != now.Creds() || trial.WABAID != now.WABAID
	var known facts
	if fresh {
		results, found := s.try(ctx, draftOf(trial))
		if err := refused(results); err != nil {
			return Channel{}, err
		}
		known = found
	}
	var c Channel
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if c, err = s.ByID(tx, who.OrgID, id); err != nil {
			return err
		}
		before := c
		c.take(d)
		c.learn(known)
		if c.sameAs(before) {
			return nil
		}
		if err := s.saveTx(tx, &c); err != nil {
			return err
		}
		if fresh {
			if err := s.wantTemplatesTx(tx, c.OrgID, c.WABAID); err != nil {
				return err
			}
		}
		if d := told(draftOf(before), draftOf(c)); len(d.after) > 0 {
			if err := auditTx(tx, who, "channel.update", c, d.before, d.after); err != nil {
				return err
			}
		}
		if err := s.recordTx(tx, eventUpdated, c, who, "changed", ""); err != nil {
			return err
		}
		if fresh && !slices.Contains(heldByHand, c.PausedReason) {
			return s.resumeTx(tx, &c, who)
		}
		return nil
	})
	return c, err
}

// sameAs says whether nothing that Update may change differs.
func (c *Channel) sameAs(o Channel) bool {
	return draftOf(*c) == draftOf(o) && c.VerifiedName == o.VerifiedName && c.Quality == o.Quality && c.Tier == o.Tier && c.Throughput == o.Throughput
}

func draftOf(c Channel) Draft {
	return Draft{
		Name: c.Name, PhoneNumber: c.PhoneNumber, PhoneNumberID: c.PhoneNumberID, WABAID: c.WABAID, AppID: c.AppID,
		AccessToken: c.AccessToken, AppSecret: c.AppSecret, VerifyToken: c.VerifyToken,
	}
}

// Delete disconnects a number and forgets its secrets. Its conversations stay
// readable, and come back to life when the number is connected again.
func (s *Service) Delete(ctx context.Context, who account.Actor, id int64) error {
	return s.change(ctx, who, id, func(tx *db.Tx, c *Channel) error {
		_, err := tx.Exec(`UPDATE channel SET archived_at = ?, state = 'DISCONNECTED', access_token = '', app_secret = '', verify_token = '',
			subscribed_at = 0, verified_at = 0, updated_at = ? WHERE id = ? AND org_id = ?`, tx.Now(), tx.Now(), c.ID, c.OrgID)
		if err != nil {
			return err
		}
		tx.AfterCommit(s.forget)
		if err := auditTx(tx, who, "channel.delete", *c, shown(*c), nil); err != nil {
			return err
		}
		return s.recordTx(tx, eventUpdated, *c, who, "removed", "")
	})
}

// Subscribe makes Meta send the webhooks of the number's account to our app.
// It can be repeated. What Meta refuses is Upstream.
func (s *Service) Subscribe(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "channel.Subscribe(%d)", id)
	if err := who.Require(account.ManageChannels); err != nil {
		return err
	}
	c, err := s.ByID(s.db.Read(ctx), who.OrgID, id)
	if err != nil {
		return err
	}
	if err := s.meta.SubscribeApp(ctx, c.Creds(), c.WABAID); err != nil {
		return upstream(err)
	}
	return s.change(ctx, who, id, func(tx *db.Tx, c *Channel) error {
		first := c.SubscribedAt == 0
		c.SubscribedAt = tx.Now()
		if err := s.saveTx(tx, c); err != nil {
			return err
		}
		if err := auditTx(tx, who, "channel.subscribe", *c, nil, nil); err != nil || !first {
			return err
		}
		return s.recordTx(tx, eventUpdated, *c, who, "subscribed", "")
	})
}

// upstream makes a failure at Meta one that may be shown.
func upstream(err error) error {
	e := &errs.Error{Kind: errs.Upstream, Code: "meta_unreachable", Message: "WhatsApp could not be reached", Err: err}
	if m := metaError(err); m != nil {
		e.Code, e.Message = "meta_refused", firstOf(m.Details, m.Message, m.Title, "WhatsApp refused")
		e.Upstream = &errs.UpstreamInfo{Code: m.Code, Title: m.Title, Retryable: retryable(m.Verdict().Kind)}
	}
	return e
}

// retryable says whether the same call may do better later.
func retryable(k meta.Kind) bool {
	return k == meta.RetryNumber || k == meta.RetryPair || k == meta.RetryMessage
}

// Refresh reads the number's health from Meta.
func (s *Service) Refresh(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "channel.Refresh(%d)", id)
	if err := who.Require(account.ManageChannels); err != nil {
		return err
	}
	c, err := s.ByID(s.db.Read(ctx), who.OrgID, id)
	if err != nil {
		return err
	}
	number, err := s.meta.PhoneNumber(ctx, c.Creds(), c.PhoneNumberID)
	if err != nil {
		return upstream(err)
	}
	return s.change(ctx, who, id, func(tx *db.Tx, c *Channel) error {
		before := *c
		if c.learn(facts{number: &number}); c.sameAs(before) {
			return nil
		}
		if err := s.saveTx(tx, c); err != nil {
			return err
		}
		return s.recordTx(tx, eventHealth, *c, who, "refreshed", "")
	})
}

// facts is what Meta told while credentials were tried.
type facts struct{ number *meta.PhoneNumber }

// learn takes over what Meta told.
func (c *Channel) learn(f facts) {
	n := f.number
	if n == nil {
		return
	}
	if c.PhoneNumber == "" {
		c.PhoneNumber = contact.E164(n.DisplayPhoneNumber)
	}
	for _, v := range []struct {
		to   *string
		from string
	}{{&c.VerifiedName, n.VerifiedName}, {&c.Quality, n.QualityRating}, {&c.Tier, n.MessagingLimit}, {&c.Throughput, n.Throughput}} {
		if v.from != "" && v.from != "UNKNOWN" && v.from != "NA" && v.from != "NOT_APPLICABLE" {
			*v.to = v.from
		}
	}
	c.Health.Problems = nil
	for _, p := range n.Problems {
		c.Health.Problems = append(c.Health.Problems, Notice{Kind: p.Entity, Code: p.Code, Text: p.Text, Remedy: p.Solution})
	}
}
