// Package channel owns the WhatsApp numbers of organisations: their
// credentials, health and templates, whose signature a webhook carries, and
// the webhook bodies as they came.
package channel

import (
	"encoding/json"

	"badala/app/db"
	"badala/app/meta"
)

// State is how far a number is connected.
type State string

// The states. A number that is CONNECTING waits for Meta's first webhook.
const (
	Connecting   State = "CONNECTING"
	Active       State = "ACTIVE"
	Paused       State = "PAUSED"
	Disconnected State = "DISCONNECTED"
)

// Channel is one WhatsApp number of an organisation.
type Channel struct {
	ID, OrgID     int64
	Name          string
	PhoneNumber   string // E.164
	PhoneNumberID string
	WABAID        string
	AppID         string

	AccessToken, AppSecret string // never shown
	VerifyToken            string

	State        State
	PausedReason string // a catalogue key below "channel.paused."
	PausedUntil  int64  // 0: until somebody resumes

	VerifiedName string
	Quality      string // GREEN, YELLOW, RED or ""
	Tier         string // TIER_250 … TIER_UNLIMITED or ""
	Throughput   string // STANDARD, HIGH or ""
	Health       Health

	VerifiedAt     int64 // Meta has checked the callback address
	SubscribedAt   int64 // our app was subscribed to the account
	FirstWebhookAt int64
	LastWebhookAt  int64
	CreatedAt      int64
	UpdatedAt      int64
}

// CanSend says whether messages may go out now.
func (c Channel) CanSend() bool { return c.State == Active || c.State == Connecting }

// Creds is what calls for this number prove themselves with.
func (c Channel) Creds() meta.Creds {
	return meta.Creds{AccessToken: c.AccessToken, AppSecret: c.AppSecret}
}

const channelColumns = `id, org_id, name, phone_number, phone_number_id, waba_id, app_id, access_token, app_secret, verify_token,
	state, paused_reason, paused_until, verified_name, quality, tier, throughput, health,
	verified_at, subscribed_at, first_webhook_at, last_webhook_at, created_at, updated_at`

// scan reads a row and opens its secrets. Secrets that do not open under the
// present key read as empty; New has said so.
func (s *Service) scan(r *db.Rows, c *Channel) error {
	var health string
	err := r.Scan(&c.ID, &c.OrgID, &c.Name, &c.PhoneNumber, &c.PhoneNumberID, &c.WABAID, &c.AppID, &c.AccessToken, &c.AppSecret, &c.VerifyToken,
		&c.State, &c.PausedReason, &c.PausedUntil, &c.VerifiedName, &c.Quality, &c.Tier, &c.Throughput, &health,
		&c.VerifiedAt, &c.SubscribedAt, &c.FirstWebhookAt, &c.LastWebhookAt, &c.CreatedAt, &c.UpdatedAt)
	if err != nil {
		return err
	}
	c.AccessToken = s.seal.Open(c.AccessToken, place("access_token", c.ID, c.OrgID))
	c.AppSecret = s.seal.Open(c.AppSecret, place("app_secret", c.ID, c.OrgID))
	if last, ok := s.lastSeen.Load(c.ID); ok {
		c.LastWebhookAt = max(c.LastWebhookAt, last.(int64))
	}
	if health == "{}" {
		return nil
	}
	return json.Unmarshal([]byte(health), &c.Health)
}

// ByID reads a connected number of an organisation, secrets included.
func (s *Service) ByID(q db.Q, org, id int64) (Channel, error) {
	return db.One(q, s.scan, `SELECT `+channelColumns+` FROM channel WHERE id = ? AND org_id = ? AND archived_at = 0`, id, org)
}

// List gives the connected numbers of an organisation, oldest first.
func (s *Service) List(q db.Q, org int64) ([]Channel, error) {
	return db.All(q, s.scan, `SELECT `+channelColumns+` FROM channel WHERE org_id = ? AND archived_at = 0 ORDER BY id`, org)
}

// ListAll is List with the numbers that were removed.
func (s *Service) ListAll(q db.Q, org int64) ([]Channel, error) {
	return db.All(q, s.scan, `SELECT `+channelColumns+` FROM channel WHERE org_id = ? ORDER BY id`, org)
}

// insertTx writes a new number.
func (s *Service) insertTx(tx *db.Tx, c *Channel) error {
	c.ID, c.CreatedAt = tx.NewID(), tx.Now()
	_, err := tx.Exec(`INSERT INTO channel(id, org_id, name, phone_number_id, waba_id, access_token, app_secret, verify_token, state, created_at, updated_at)
		VALUES(?, ?, ?, ?, ?, '', '', '', ?, ?, ?)`, c.ID, c.OrgID, c.Name, c.PhoneNumberID, c.WABAID, c.State, c.CreatedAt, tx.Now())
	if err != nil {
		return err
	}
	return s.saveTx(tx, c)
}

// saveTx writes all of c but the times of its webhooks, and forgets the cached
// numbers once that is durable.
func (s *Service) saveTx(tx *db.Tx, c *Channel) error {
	c.UpdatedAt = tx.Now()
	health, err := json.Marshal(c.Health)
	if err != nil {
		return err
	}
	token, err := s.seal.Seal(c.AccessToken, place("access_token", c.ID, c.OrgID))
	if err != nil {
		return err
	}
	secret, err := s.seal.Seal(c.AppSecret, place("app_secret", c.ID, c.OrgID))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE channel SET name = ?, phone_number = ?, phone_number_id = ?, waba_id = ?, app_id = ?, access_token = ?, app_secret = ?,
			verify_token = ?, state = ?, paused_reason = ?, paused_until = ?, verified_name = ?, quality = ?, tier = ?, throughput = ?,
			health = ?, subscribed_at = ?, archived_at = 0, updated_at = ?
		WHERE id = ? AND org_id = ?`,
		c.Name, c.PhoneNumber, c.PhoneNumberID, c.WABAID, c.AppID, token, secret,
		c.VerifyToken, c.State, c.PausedReason, c.PausedUntil, c.VerifiedName, c.Quality, c.Tier, c.Throughput,
		string(health), c.SubscribedAt, c.UpdatedAt, c.ID, c.OrgID)
	tx.AfterCommit(s.forget)
	return err
}
