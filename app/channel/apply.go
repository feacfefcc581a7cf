package channel

import (
	"fmt"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
	"badala/app/meta"
)

// tidings is one piece of account news on its way into a number.
type tidings struct {
	s    *Service
	tx   *db.Tx
	c    Channel
	e    meta.AccountEvent
	at   int64 // ms; 0 when Meta does not tell
	what string
}

// appliers says what to do with each field that is about templates, the number
// or the account.
var appliers = map[string]func(*tidings) error{
	"message_template_status_update":     (*tidings).template,
	"message_template_quality_update":    (*tidings).template,
	"template_category_update":           (*tidings).template,
	"message_template_components_update": (*tidings).components,
	"phone_number_quality_update":        (*tidings).quality,
	"phone_number_name_update":           (*tidings).name,
	"business_capability_update":         (*tidings).capability,
	"account_update":                     (*tidings).account,
	"account_alerts":                     (*tidings).alert,
	"account_review_update":              (*tidings).review,
	"security":                           (*tidings).security,
}

// keptOnly are fields that are kept raw and need nothing else.
var keptOnly = map[string]bool{
	"flows": true, "account_settings_update": true, "business_username_updates": true, "messaging_handovers": true,
	"standby": true, "automatic_events": true, "partner_solutions": true, "payment_configuration_update": true,
	"template_correct_category_detection": true, "group_lifecycle_update": true, "group_participants_update": true,
	"group_settings_update": true, "group_status_update": true, "message_echoes": true, "tracking_events": true,
}

// ApplyTx applies what a change tells about templates, the number or the
// account, and errors of the number in any field. News that is older than what
// is known, or of another number of the account, changes nothing. A field that
// nobody knows is an error: its body stays listed for an admin.
func (s *Service) ApplyTx(tx *db.Tx, ch Channel, change meta.Change) (err error) {
	defer errs.Wrap(&err, "channel.ApplyTx(%s)", change.Field)
	if len(change.Value.Errors) > 0 {
		return s.numberErrorTx(tx, ch, change.Value.Errors[0])
	}
	apply, ok := appliers[change.Field]
	if !ok {
		if keptOnly[change.Field] || change.Value.Metadata.PhoneNumberID != "" && knownByOthers[change.Field] {
			return nil
		}
		return fmt.Errorf("the field %q is not known", change.Field)
	}
	t := tidings{s: s, tx: tx, at: db.Millis(change.Time), what: change.Field}
	if t.e, err = meta.ParseAccountEvent(change.Raw); err != nil {
		return err
	}
	if t.c, err = s.ByID(tx, ch.OrgID, ch.ID); err != nil {
		return err
	}
	if !t.concerns() {
		return nil
	}
	return apply(&t)
}

// knownByOthers are fields that inbox applies; they come here only for errors.
var knownByOthers = map[string]bool{"messages": true, "history": true, "smb_message_echoes": true, "smb_app_state_sync": true, "calls": true, "user_preferences": true}

// concerns says whether news that names a number is about this one.
func (t *tidings) concerns() bool {
	if n := fold.Digits(t.e.DisplayPhoneNumber); n != "" && t.c.PhoneNumber != "" {
		return n == fold.Digits(t.c.PhoneNumber)
	}
	if t.e.EntityType == "PHONE_NUMBER" && t.e.EntityID != "" {
		return t.e.EntityID == t.c.PhoneNumberID
	}
	return true
}

// save writes the number and tells of it.
func (t *tidings) save(detail string) error {
	if err := t.s.saveTx(t.tx, &t.c); err != nil {
		return err
	}
	return t.s.recordTx(t.tx, eventHealth, t.c, byMeta, t.what, detail)
}

func (t *tidings) quality() error {
	if !t.c.Health.take(t.what, t.at) {
		return nil
	}
	if tier := tierOf(t.e.DailyLimit, t.e.CurrentLimit); tier != "" {
		t.c.Tier = tier
	}
	switch t.e.Event {
	case "THROUGHPUT_UPGRADE":
		t.c.Throughput = "HIGH"
	case "FLAGGED":
		t.c.Quality = "RED"
	case "UNFLAGGED":
		t.c.Quality = ""
	}
	return t.save(t.e.Event)
}

func (t *tidings) capability() error {
	if tier := tierOf(t.e.DailyLimit); tier != "" && t.c.Health.take("tier", t.at) {
		t.c.Tier = tier
		return t.save(tier)
	}
	return nil
}

// tierOf gives the first limit that is told, as a tier; Meta also sends numbers.
func tierOf(limits ...string) string {
	for _, l := range limits {
		switch l {
		case "", "TIER_NOT_SET":
			continue
		case "-1":
			return "TIER_UNLIMITED"
		case "2000", "10000", "100000":
			return "TIER_" + strings.TrimSuffix(l, "000") + "K"
		}
		if strings.HasPrefix(l, "TIER_") {
			return l
		}
		return "TIER_" + l
	}
	return ""
}

func (t *tidings) name() error {
	h := &t.c.Health
	if !h.take(t.what, t.at) {
		return nil
	}
	h.NameDecision, h.RequestedName, h.NameReason = t.e.Decision, t.e.RequestedName, t.e.RejectionReason
	if t.e.Decision == "APPROVED" {
		t.c.VerifiedName = t.e.RequestedName
	}
	return t.save(t.e.Decision)
}

func (t *tidings) review() error {
	if !t.c.Health.take(t.what, t.at) {
		return nil
	}
	t.c.Health.Review = t.e.Decision
	return t.save(t.e.Decision)
}

func (t *tidings) alert() error {
	if !t.c.Health.take(t.what, t.at) {
		return nil
	}
	t.c.Health.Alert = &Notice{Kind: t.e.AlertType, Level: t.e.Severity, Text: t.e.AlertMessage, At: t.at}
	if t.e.AlertStatus != "" && t.e.AlertStatus != "ACTIVE" {
		t.c.Health.Alert = nil
	}
	return t.save(t.e.AlertType)
}

func (t *tidings) security() error {
	if !t.c.Health.take(t.what, t.at) {
		return nil
	}
	t.c.Health.Security = &Notice{Kind: t.e.Event, At: t.at}
	return t.save(t.e.Event)
}

// numberErrorTx notes trouble of the number itself. What to do about sending
// is decided where sends fail.
func (s *Service) numberErrorTx(tx *db.Tx, ch Channel, e meta.Error) error {
	c, err := s.ByID(tx, ch.OrgID, ch.ID)
	if err != nil {
		return err
	}
	text := e.Details
	if text == "" {
		text = e.Title
	}
	if old := c.Health.Error; old != nil && old.Code == e.Code && old.Text == text && tx.Now()-old.At < seenEvery.Milliseconds() {
		return nil
	}
	c.Health.Error = &Notice{Kind: e.Title, Code: e.Code, Text: text, At: tx.Now()}
	if err := s.saveTx(tx, &c); err != nil {
		return err
	}
	return s.recordTx(tx, eventHealth, c, byMeta, "error", e.Title)
}
