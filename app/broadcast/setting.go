package broadcast

import (
	"context"
	"regexp"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Settings are what an organisation decided for all its broadcasts.
type Settings struct {
	ExplicitConsent bool   // only who said yes is written to
	Currency        string // of the prices
}

const defaultCurrency = "USD"

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

// Settings reads the settings of an organisation.
func (s *Service) Settings(q db.Q, org int64) (Settings, error) {
	set, err := db.One(q, func(r *db.Rows, v *Settings) error { return r.Scan(&v.ExplicitConsent, &v.Currency) },
		`SELECT explicit_consent, currency FROM broadcast_setting WHERE org_id = ?`, org)
	if errs.Is(err, errs.NotFound) {
		return Settings{Currency: defaultCurrency}, nil
	}
	return set, err
}

// SetSettings changes the settings of an organisation.
func (s *Service) SetSettings(ctx context.Context, who account.Actor, set Settings) (err error) {
	defer errs.Wrap(&err, "broadcast.SetSettings")
	if err := who.Require(account.ManageOrg); err != nil {
		return err
	}
	set.Currency = strings.ToUpper(strings.TrimSpace(set.Currency))
	if !currencyCode.MatchString(set.Currency) {
		return errs.Field("currency", "a code such as USD")
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		was, err := s.Settings(tx, who.OrgID)
		if err != nil || was == set {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO broadcast_setting (org_id, explicit_consent, currency, updated_at) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (org_id) DO UPDATE SET explicit_consent = ?2, currency = ?3, updated_at = ?4`,
			who.OrgID, set.ExplicitConsent, set.Currency, tx.Now()); err != nil {
			return err
		}
		return account.AuditTx(tx, who, account.Line{Action: "broadcast.settings", Target: "org", TargetID: who.OrgID, Before: was, After: set})
	})
}

func fields(wrong []string) error { return errs.Fields(wrong...) }
