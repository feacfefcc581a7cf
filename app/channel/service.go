package channel

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/meta"
	"badala/app/queue"
	"badala/app/seal"
	"badala/app/secret"
)

// Options configure the service. The zero value works for tests.
type Options struct {
	PublicURL string // where Meta reaches us, without a slash at the end
	SecretKey string // 32 bytes, also in hex or base64; "": secrets stay plain
}

// Service connects numbers and knows whose webhook is whose.
type Service struct {
	db     *db.DB
	events *event.Log
	queue  *queue.Queue
	meta   *meta.Client
	log    *slog.Logger
	opts   Options
	seal   seal.Sealer

	resumed []func(tx *db.Tx, channel int64) error
	samples SampleSource
	reading sync.Map // templateArgs → *sync.Mutex of whoever reads them for a sender

	known      atomic.Pointer[numbers]
	generation atomic.Int64 // grows with every change of a number
	loading    sync.Mutex

	lastSeen    sync.Map // channel id → newest webhook, ms
	lastFlushed sync.Map // channel id → what of it is on disk
}

// WebhookPath is where Meta posts, for every number of the install.
const WebhookPath = "/webhooks/whatsapp"

// New makes the service, seals secrets that were stored before there was a
// key, and registers its schedules with q. It fails on a key that is none.
func New(ctx context.Context, d *db.DB, ev *event.Log, q *queue.Queue, m *meta.Client, log *slog.Logger, o Options) (_ *Service, err error) {
	defer errs.Wrap(&err, "channel.New")
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	s := &Service{db: d, events: ev, queue: q, meta: m, log: log, opts: o}
	if s.seal, err = seal.New(o.SecretKey, sealPurpose); err != nil {
		return nil, err
	}
	if err := s.sealAll(ctx); err != nil {
		return nil, err
	}
	if err := s.initTemplates(); err != nil {
		return nil, err
	}
	return s, q.Every("channel.resume", "*/5 * * * *", time.UTC, func(tx *db.Tx, _ int64) error { return s.resumeDueTx(tx) })
}

// OnResume adds a hook that runs in the transaction in which a number may send
// again. Register hooks before the first use.
func (s *Service) OnResume(hook func(tx *db.Tx, channel int64) error) {
	s.resumed = append(s.resumed, hook)
}

// WebhookURL is the callback address to enter at Meta.
func (s *Service) WebhookURL() string { return s.opts.PublicURL + WebhookPath }

// sealAll seals plain secrets once there is a key, and reports those that the
// key does not open.
func (s *Service) sealAll(ctx context.Context) error {
	type row struct {
		id, org       int64
		token, secret string
	}
	rows, err := db.All(s.db.Read(ctx), func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.org, &v.token, &v.secret) },
		`SELECT id, org_id, access_token, app_secret FROM channel WHERE archived_at = 0`)
	if err != nil {
		return err
	}
	for _, v := range rows {
		if v.secret != "" && s.seal.Open(v.secret, place("app_secret", v.id, v.org)) == "" {
			s.log.ErrorContext(ctx, "the secrets of a number do not open with this secret key: start with the key that sealed them, or enter its access token and app secret again", "channel", v.id, "org", v.org)
		}
		if !s.seal.Stale(v.token) && !s.seal.Stale(v.secret) {
			continue
		}
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			c, err := s.ByID(tx, v.org, v.id)
			if err != nil {
				return err
			}
			return s.saveTx(tx, &c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sealPurpose is of the key that seals the secrets of numbers.
const sealPurpose = "channel secrets"

// Secrets tells where the secrets of numbers lie.
func Secrets() []secret.Column {
	of := func(column, what string) secret.Column {
		return secret.Column{Purpose: sealPurpose, Table: "channel", Name: column, Key: "id", Org: "org_id", What: what + " of the number", Title: "name"}
	}
	return []secret.Column{of("access_token", "access token"), of("app_secret", "app secret")}
}

// place is where a secret of a number lies.
func place(column string, id, org int64) seal.Place {
	return seal.Place{Table: "channel", Column: column, ID: id, Org: org}
}

// Events of channels.
const (
	eventUpdated = "channel.updated"
	eventHealth  = "channel.health"
)

// recordTx tells what happened to a number; what names it, detail is Meta's word.
func (s *Service) recordTx(tx *db.Tx, kind string, c Channel, who account.Actor, what, detail string) error {
	data, err := json.Marshal(struct {
		What   string `json:"what"`
		Detail string `json:"detail,omitempty"`
	}{what, detail})
	if err != nil {
		return err
	}
	_, err = s.events.Record(tx, event.Event{OrgID: c.OrgID, Type: kind, ActorKind: who.Kind, ActorID: who.ID(), ChannelID: c.ID, Data: data})
	return err
}

// byMeta is the actor of what Meta tells.
var byMeta = account.Actor{Kind: "META"}
