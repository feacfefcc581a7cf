package broadcast

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/i18n"
	"badala/app/inbox"
	"badala/app/meta"
	"badala/app/table"
)

// RecipientFilter narrows the recipients of a broadcast, in the order in which
// they are written to.
type RecipientFilter struct {
	State    string // "" for all
	Answered bool   // only who wrote back
	Cursor   string // of an earlier page with the same filter
	Take     int    // 1 to 200; 0: 50
}

// recipientDetail is a recipient with what else is known of them.
type recipientDetail struct {
	Recipient
	verdictAt int64
	title     string
	sentAt    int64
}

const recipientColumns = `r.id, r.contact_id, coalesce(c.name, ''), coalesce(c.profile_name, ''), coalesce(c.phone, ''), r.state, r.reason, r.message_id,
	coalesce(m.conversation_id, 0), r.answer_id, r.answered_at, r.updated_at, r.verdict_at, coalesce(m.error_code, 0), coalesce(m.error_title, ''),
	coalesce(m.error_detail, ''), coalesce(m.sent_at, 0)`

func scanRecipient(r *db.Rows, v *recipientDetail) error {
	var profile, detail string
	if err := r.Scan(&v.ID, &v.ContactID, &v.Name, &profile, &v.Phone, &v.State, &v.Reason, &v.MessageID, &v.ConversationID,
		&v.AnswerID, &v.AnsweredAt, &v.UpdatedAt, &v.verdictAt, &v.Code, &v.title, &detail, &v.sentAt); err != nil {
		return err
	}
	v.Name = cmp.Or(v.Name, profile)
	switch {
	case v.State == Skipped:
		v.Reason, v.Code = skipKey+v.Reason, 0
	case v.State == Failed:
		if v.Detail = v.title; detail != "" {
			v.Detail += ": " + detail
		}
	default:
		v.Code = 0
	}
	return nil
}

// skipKey stands before the reasons of who is left out, pauseKey before those
// of pauses, and stateKey before the states of recipients: catalogue keys.
const (
	skipKey  = "broadcast.skip."
	pauseKey = "broadcast.pause."
	stateKey = "broadcast.recipient."
)

// SkipKey is the catalogue key of a reason to leave somebody out.
func SkipKey(reason string) string { return skipKey + reason }

// PauseKey is the catalogue key of why the broadcast is paused, "" when it is
// not.
func (b Broadcast) PauseKey() string {
	switch {
	case b.State != Paused || b.PauseReason == "":
		return ""
	case len(b.PauseReason) > len("meta.") && b.PauseReason[:len("meta.")] == "meta.":
		return b.PauseReason
	}
	return pauseKey + b.PauseReason
}

// StateKey is the catalogue key of a recipient's state.
func StateKey(state string) string { return stateKey + state }

// Recipients gives a page of the recipients of a broadcast and the cursor of
// the next one, "" at the end.
func (s *Service) Recipients(q db.Q, org, id int64, f RecipientFilter) (page []Recipient, next string, err error) {
	take := f.Take
	if take <= 0 {
		take = defaultTake
	}
	take = min(take, maxTake)
	after := int64(0)
	if f.Cursor != "" {
		if after, err = strconv.ParseInt(f.Cursor, 36, 64); err != nil {
			return nil, "", errs.Field("cursor", "is not one of ours")
		}
	}
	if f.State != "" && !slices.Contains(RecipientStates[:], f.State) {
		return nil, "", errs.Field("status", "is no state of recipients")
	}
	if _, err := s.Get(q, org, id); err != nil {
		return nil, "", err
	}
	all, err := s.recipients(q, org, id, f, after, take+1)
	if err != nil {
		return nil, "", err
	}
	if len(all) > take {
		all = all[:take]
		next = strconv.FormatInt(all[take-1].ID, 36)
	}
	page = make([]Recipient, len(all))
	for i, r := range all {
		page[i] = r.Recipient
		page[i].Retryable = r.retryable(s.DB.Now())
	}
	return page, next, nil
}

func (s *Service) recipients(q db.Q, org, id int64, f RecipientFilter, after int64, take int) ([]recipientDetail, error) {
	where, args := `r.broadcast_id = ? AND r.org_id = ? AND r.id > ?`, []any{id, org, after}
	if f.State != "" {
		where, args = where+` AND r.state = ?`, append(args, f.State)
	}
	if f.Answered {
		where += ` AND r.answered_at <> 0`
	}
	return db.All(q, scanRecipient, `SELECT `+recipientColumns+` FROM broadcast_recipient r
		LEFT JOIN contact c ON c.id = r.contact_id AND c.org_id = r.org_id LEFT JOIN message m ON m.id = r.message_id AND m.org_id = r.org_id
		WHERE `+where+` ORDER BY r.id LIMIT ?`, append(args, take)...)
}

// dayLong is how long WhatsApp asks not to try somebody again whom it spared.
const dayLong = 24 * time.Hour

// retryable says whether a failure may have another end when it is tried again.
func (v *recipientDetail) retryable(now int64) bool {
	return v.State == Failed && v.MessageID != 0 && mayRetry(v.Code, v.verdictAt, now)
}

// mayRetry says so by WhatsApp's code of the failure.
func mayRetry(code int, at, now int64) bool {
	switch v := meta.Action(code, 0); v.Kind {
	case meta.FailForADay:
		return now-at >= dayLong.Milliseconds()
	case meta.Fail:
		return code <= 0 && !inbox.Hopeless(code) || slices.Contains(curable, code)
	case meta.Unmapped:
		return !inbox.Hopeless(code)
	}
	return true
}

// curable are failures of a template or an account that somebody may have put
// right since.
var curable = []int{132000, 132001, 132005, 132007, 132012, 132018, 131037, 132068, 132069}

// Retry has those recipients written to again whose failure may have another
// end. It tells how many they are, perhaps none. Who may have the message is
// never among them.
func (s *Service) Retry(ctx context.Context, who account.Actor, id int64) (n int, err error) {
	defer errs.Wrap(&err, "broadcast.Retry(%d)", id)
	if err := who.Require(account.SendBroadcasts); err != nil {
		return 0, err
	}
	for after := int64(0); after >= 0; {
		some := 0
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			var err error
			some, after, err = s.retryTx(tx, who, id, after, n == 0)
			return err
		})
		if err != nil {
			return n, err
		}
		n += some
	}
	return n, nil
}

const retryPage = 300

// retryTx lets a page of recipients wait again. The first of them let a
// broadcast that was done run again.
func (s *Service) retryTx(tx *db.Tx, who account.Actor, id, after int64, first bool) (n int, next int64, err error) {
	b, err := s.Get(tx, who.OrgID, id)
	if err != nil {
		return 0, -1, err
	}
	if b.State != Running && b.State != Paused && b.State != Done {
		return 0, -1, errs.Coded(errs.Conflict, "broadcast_ended", "the broadcast is not under way")
	}
	all, err := s.recipients(tx, who.OrgID, id, RecipientFilter{State: Failed}, after, retryPage)
	if err != nil {
		return 0, -1, err
	}
	for i := range all {
		r := &all[i]
		if !r.retryable(tx.Now()) {
			continue
		}
		if _, err := tx.Exec(`UPDATE broadcast_recipient SET state = 'WAITING', reason = '', verdict_at = 0, updated_at = ? WHERE id = ?`, tx.Now(), r.ID); err != nil {
			return 0, -1, err
		}
		if _, err := tx.Exec(moves[Failed][Waiting], id); err != nil {
			return 0, -1, err
		}
		n++
	}
	if next = -1; len(all) == retryPage {
		next = all[len(all)-1].ID
	}
	if n == 0 {
		return 0, next, nil
	}
	if b.State == Done {
		b.State, b.FinishedAt, b.watchFrom, b.nextAt = Running, 0, tx.Now(), 0
		if err := s.goTx(tx, &b); err != nil {
			return 0, -1, err
		}
	}
	if !first {
		return n, next, nil
	}
	if err := s.tellTx(tx, who, &b, ""); err != nil {
		return 0, -1, err
	}
	return n, next, account.AuditTx(tx, who, account.Line{Action: "broadcast.retry", Target: Prefix, TargetID: id})
}

// exportHeader are the columns of the file of recipients.
var exportHeader = []string{"name", "phone", "state", "reason", "code", "detail", "sentAt", "updatedAt", "answeredAt", "contactId"}

// Export writes the recipients of a broadcast as CSV, in the words of a
// language.
func (s *Service) Export(ctx context.Context, who account.Actor, id int64, f RecipientFilter, lang string, w io.Writer) (err error) {
	defer errs.Wrap(&err, "broadcast.Export(%d)", id)
	if err := who.Require(account.SendBroadcasts); err != nil {
		return err
	}
	if err := s.DB.Spare(db.ForExtra); err != nil {
		return err
	}
	if _, err := s.Get(s.DB.Read(ctx), who.OrgID, id); err != nil {
		return err
	}
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		return account.AuditTx(tx, who, account.Line{Action: "broadcast.export", Target: Prefix, TargetID: id})
	}); err != nil {
		return err
	}
	out := table.NewCSV(w)
	head := make([]string, len(exportHeader))
	for i, h := range exportHeader {
		head[i] = i18n.T(lang, "broadcast.column."+h)
	}
	if err := out.Write(head...); err != nil {
		return err
	}
	for after := int64(0); ; {
		all, err := s.recipients(s.DB.Read(ctx), who.OrgID, id, f, after, 500)
		if err != nil {
			return err
		}
		for i := range all {
			if err := out.Write(all[i].cells(lang)...); err != nil {
				return err
			}
			after = all[i].ID
		}
		if len(all) < 500 {
			return out.Flush()
		}
	}
}

func (v *recipientDetail) cells(lang string) []string {
	reason, code := "", ""
	if v.Reason != "" {
		reason = i18n.T(lang, v.Reason)
	}
	if v.Code > 0 {
		code = strconv.Itoa(v.Code)
	}
	at := func(ms int64) string {
		if ms == 0 {
			return ""
		}
		return db.FormatTime(ms)
	}
	return []string{v.Name, v.Phone, i18n.T(lang, stateKey+v.State), reason, code, v.Detail, at(v.sentAt), at(v.UpdatedAt), at(v.AnsweredAt),
		db.FormatID("contact", v.ContactID)}
}
