package retention

import (
	"context"
	"fmt"
	"slices"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/webhook"
)

// Settings say after how many days an organisation's data are deleted.
type Settings struct {
	RawDays      int `json:"rawDays"`      // bodies of WhatsApp's webhooks as they came
	WebhookDays  int `json:"webhookDays"`  // bodies sent to webhooks
	MediaDays    int `json:"mediaDays"`    // files; 0: never
	MessagesDays int `json:"messagesDays"` // messages with their files; 0: never
}

// Defaults hold where nobody chose.
func Defaults() Settings { return Settings{RawDays: 30, WebhookDays: 7} }

// The bounds of each setting, in days.
const (
	MaxRaw      = 365
	MaxWebhook  = webhook.LogDays
	MinMessages = 30
	MaxMessages = 3650
)

// Settings reads what an organisation chose.
func (s *Service) Settings(q db.Q, org int64) (Settings, error) {
	set, err := db.One(q, func(r *db.Rows, v *Settings) error {
		return r.Scan(&v.RawDays, &v.WebhookDays, &v.MediaDays, &v.MessagesDays)
	}, `SELECT raw_days, webhook_days, media_days, message_days FROM retention WHERE org_id = ?`, org)
	if errs.Is(err, errs.NotFound) {
		return Defaults(), nil
	}
	return set, err
}

// Check names every field that is wrong.
func (v Settings) Check() error {
	var wrong []string
	within := func(field string, days, least, most int, never bool) {
		switch {
		case never && days == 0:
		case (days < least || days > most) && never:
			wrong = append(wrong, fmt.Sprintf("%s: must be %d to %d days, or empty for never", field, least, most))
		case days < least || days > most:
			wrong = append(wrong, fmt.Sprintf("%s: must be %d to %d days", field, least, most))
		}
	}
	within("rawDays", v.RawDays, 1, MaxRaw, false)
	within("webhookDays", v.WebhookDays, 1, MaxWebhook, false)
	within("mediaDays", v.MediaDays, MinMessages, MaxMessages, true)
	within("messagesDays", v.MessagesDays, MinMessages, MaxMessages, true)
	if len(wrong) == 0 && v.MessagesDays != 0 {
		const why = "%s: holds messages too, so keep it no longer than those: %d days"
		if v.RawDays > v.MessagesDays {
			wrong = append(wrong, fmt.Sprintf(why, "rawDays", v.MessagesDays))
		}
		if v.MediaDays > v.MessagesDays {
			wrong = append(wrong, fmt.Sprintf("mediaDays: go with their messages after %d days at the latest", v.MessagesDays))
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return errs.Fields(wrong...)
	}
	return nil
}

// files is after how many days files go: with their messages at the latest.
func (v Settings) files() int {
	if v.MediaDays == 0 {
		return v.MessagesDays
	}
	return v.MediaDays
}

// Stricter says whether messages or files would go that old would keep.
func (v Settings) Stricter(old Settings) bool {
	sooner := func(now, was int) bool { return now != 0 && (was == 0 || now < was) }
	return sooner(v.MessagesDays, old.MessagesDays) || sooner(v.files(), old.files())
}

// ErrConfirm asks to confirm that messages or files go for good.
var ErrConfirm = errs.Coded(errs.Conflict, "confirm_retention", "this deletes messages or files for good; confirm it")

// Set changes what an organisation keeps. A rule by which messages or files go
// sooner must be confirmed.
func (s *Service) Set(ctx context.Context, who account.Actor, v Settings, confirmed bool) (err error) {
	defer errs.Wrap(&err, "retention.Set")
	if err := who.Require(account.ManagePrivacy); err != nil {
		return err
	}
	if err := v.Check(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		old, err := s.Settings(tx, who.OrgID)
		if err != nil || v == old {
			return err
		}
		if v.Stricter(old) && !confirmed {
			return ErrConfirm
		}
		if _, err := tx.Exec(`INSERT INTO retention (org_id, raw_days, webhook_days, media_days, message_days, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
			ON CONFLICT (org_id) DO UPDATE SET raw_days = ?2, webhook_days = ?3, media_days = ?4, message_days = ?5, updated_at = ?6`,
			who.OrgID, v.RawDays, v.WebhookDays, v.MediaDays, v.MessagesDays, tx.Now()); err != nil {
			return err
		}
		return account.AuditTx(tx, who, account.Line{Action: "retention.update", Target: "org", TargetID: who.OrgID, Before: old, After: v})
	})
}
