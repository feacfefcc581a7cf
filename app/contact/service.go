package contact

import (
	"encoding/json"
	"log/slog"

	"badala/app/account"
	"badala/app/db"
	"badala/app/event"
	"badala/app/queue"
)

// Service changes contacts and tells the event log what it changed.
type Service struct {
	db     *db.DB
	events *event.Log
	log    *slog.Logger

	history   func(q db.Q, org int64, contacts []int64) (map[int64]bool, error)
	merged    func(tx *db.Tx, org, from, into int64) error
	erased    []func(tx *db.Tx, org, contact int64) error
	tagGone   []func(tx *db.Tx, org, tag int64) error
	tagMerged []func(tx *db.Tx, who account.Actor, from, into int64, limit int) (n int, err error)
	talked    func(org int64, f Filter) (ids, has string, args []any)
	keepTalks func(tx *db.Tx, org, from, into int64) ([]int64, error)
	split     func(tx *db.Tx, who account.Actor, from, into int64, ids []int64) error
	totals    totals
	jobs      *queue.Queue
}

// New makes the service. Register hooks before the first use.
func New(d *db.DB, ev *event.Log, log *slog.Logger) *Service {
	return &Service{db: d, events: ev, log: log, totals: totals{exactly: countExactly}}
}

// OnMerge lets two contacts become one when Meta says that they are the same
// person: history tells which contacts have conversations, merged moves those
// of one to another, in the same transaction. Without it such contacts are
// linked and stay two.
func (s *Service) OnMerge(history func(q db.Q, org int64, contacts []int64) (map[int64]bool, error), merged func(tx *db.Tx, org, from, into int64) error) {
	s.history, s.merged = history, merged
}

// OnTalk lets lists ask who talks on a channel, and when something was last
// said there, which are not contact's: talked gives a query for the ids of the
// contacts that ChannelID, TalkedFrom and TalkedUntil pick, and a condition on
// c.id that says the same, with the values of either.
func (s *Service) OnTalk(talked func(org int64, f Filter) (ids, has string, args []any)) {
	s.talked = talked
}

// actorFor names who changes contacts by way of an origin without a person.
func actorFor(origin string) account.Actor {
	kind := account.KindSystem
	if origin == FromWhatsApp {
		kind = kindCustomer
	}
	return account.Actor{Kind: kind}
}

// kindCustomer is the actor of what a customer's own message changes.
const kindCustomer = "CUSTOMER"

// eventData is the part of a contact event that its ids do not say.
type eventData struct {
	Origin  string   `json:"origin"`
	Changed []string `json:"changed,omitempty"`
}

func (s *Service) recordTx(tx *db.Tx, kind string, c Contact, who account.Actor, data eventData) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	_, err = s.events.Record(tx, event.Event{
		OrgID: c.OrgID, Type: kind, ActorKind: who.Kind, ActorID: who.ID(), ContactID: c.ID, Data: raw,
	})
	return err
}

func originOf(who account.Actor) string {
	if who.Kind == account.KindAPI {
		return FromAPI
	}
	return FromPerson
}
