package inbox

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/hours"
)

// OfficeHours is when the business behind a number is open, and what it
// answers by itself.
type OfficeHours struct {
	Enabled bool `json:"enabled"` // answer who writes while it is closed
	hours.Plan
	AutoText                 // the out-of-hours answer
	CooldownMinutes int      `json:"cooldownMinutes"` // between two such answers in a conversation
	QuietMinutes    int      `json:"quietMinutes"`    // after a teammate's message nothing is answered
	Greeting        Greeting `json:"greeting"`
}

// AutoText is an automatic message in two languages. With one of them it goes
// to everybody, with none the catalogue speaks.
type AutoText struct {
	EN string `json:"message"`
	AR string `json:"messageAr"`
}

// Greeting answers the first message that a customer ever writes.
type Greeting struct {
	Enabled bool `json:"enabled"`
	AutoText
}

const (
	defaultCooldown = 12 * 60
	defaultQuiet    = 10
)

// openings are the office hours in use.
type openings struct {
	OfficeHours
	schedule *hours.Schedule
}

// hourCache keeps compiled office hours by channel; nil is for none. What a
// transaction reads enters only when it is durable.
type hourCache struct{ known sync.Map }

// OfficeHours reads the setting of a number. Before it is made the business
// counts as open, in the time zone of the organisation.
func (s *Service) OfficeHours(q db.Q, org, channel int64) (_ OfficeHours, err error) {
	defer errs.Wrap(&err, "inbox.OfficeHours(%d)", channel)
	if _, err := s.Channels.ByID(q, org, channel); err != nil {
		return OfficeHours{}, err
	}
	o, err := officeHours(q, org, channel)
	if errs.Is(err, errs.NotFound) {
		o = OfficeHours{CooldownMinutes: defaultCooldown, QuietMinutes: defaultQuiet}
		var of account.Org
		if of, err = account.OrgByID(q, org); err != nil {
			return o, err
		}
		o.Timezone = of.Timezone
	}
	if _, wrong := o.Compile(); len(wrong) > 0 {
		o.Timezone = "UTC" // the organisation's zone is unknown here
		o.Compile()
	}
	return o, err
}

func officeHours(q db.Q, org, channel int64) (OfficeHours, error) {
	return db.One(q, func(r *db.Rows, o *OfficeHours) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), o)
	}, `SELECT settings FROM office_hours WHERE channel_id = ? AND org_id = ?`, channel, org)
}

// SetOfficeHours changes the setting of a number as edit does, and names every
// wrong field. What is the same already changes nothing.
func (s *Service) SetOfficeHours(ctx context.Context, who account.Actor, channel int64, edit func(*OfficeHours)) (o OfficeHours, err error) {
	defer errs.Wrap(&err, "inbox.SetOfficeHours(%d)", channel)
	if err := who.Require(account.ManageChannels); err != nil {
		return o, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		was, err := s.OfficeHours(tx, who.OrgID, channel)
		if err != nil {
			return err
		}
		o = was
		edit(&o)
		if wrong := o.Check(); len(wrong) > 0 {
			return errs.Fields(wrong...)
		}
		if reflect.DeepEqual(o, was) {
			return nil
		}
		return s.keepHoursTx(tx, who, channel, was, o)
	})
	return o, err
}

func (s *Service) keepHoursTx(tx *db.Tx, who account.Actor, channel int64, was, o OfficeHours) error {
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT OR REPLACE INTO office_hours(channel_id, org_id, settings, updated_at) VALUES(?, ?, ?, ?)`,
		channel, who.OrgID, string(text), tx.Now()); err != nil {
		return err
	}
	tx.AfterCommit(func() { s.hours.known.Delete(channel) })
	before, after, err := hoursDiffer(was, o)
	if err != nil {
		return err
	}
	if err := account.AuditTx(tx, who, account.Line{Action: "channel.hours", Target: "chan", TargetID: channel, Before: before, After: after}); err != nil {
		return err
	}
	if _, err = s.Events.Record(tx, event.Event{OrgID: who.OrgID, Type: "channel.updated", ActorKind: who.Kind, ActorID: who.ID(),
		ChannelID: channel, Data: json.RawMessage(`{"what":"hours"}`)}); err != nil {
		return err
	}
	return s.replanTx(tx, who.OrgID, channel)
}

// hoursDiffer is the fields in which two settings differ.
func hoursDiffer(was, is OfficeHours) (before, after map[string]json.RawMessage, err error) {
	for v, into := range map[*OfficeHours]*map[string]json.RawMessage{&was: &before, &is: &after} {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, nil, err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, nil, err
		}
	}
	for name, v := range before {
		if string(v) == string(after[name]) {
			delete(before, name)
			delete(after, name)
		}
	}
	return before, after, nil
}

// openingsTx is the office hours in use of a number, nil when nothing is
// answered by itself.
func (s *Service) openingsTx(tx *db.Tx, org, channel int64) (*openings, error) {
	if known, ok := s.hours.known.Load(channel); ok {
		return known.(*openings), nil
	}
	var use *openings
	o, err := officeHours(tx, org, channel)
	switch {
	case errs.Is(err, errs.NotFound):
	case err != nil:
		return nil, err
	case o.Enabled || o.Greeting.Enabled:
		schedule, wrong := o.Compile()
		if len(wrong) > 0 {
			s.Log.Error("office hours cannot be read", "channel", channel, "org", org)
			break
		}
		use = &openings{o, schedule}
	}
	tx.AfterCommit(func() { s.hours.known.Store(channel, use) })
	return use, nil
}

// Moment is what office hours say of an instant.
type Moment struct {
	Open    bool
	Next    time.Time // zero: stays closed for more than a year
	Closing time.Time // of an open moment; zero: no end in sight
	// Answer is what a customer who writes then gets, by language; Greeting
	// what one gets who never wrote before. "" is nothing.
	Answer, Greeting map[string]string
}

// At tells what happens at an instant to a customer of a name. The setting
// must be right.
func (o OfficeHours) At(at time.Time, name string) (m Moment) {
	schedule, wrong := o.Compile()
	if len(wrong) > 0 {
		return m
	}
	use := &openings{o, schedule}
	m.Open = schedule.Open(at)
	m.Next, _ = schedule.Next(at)
	if m.Open {
		m.Closing, _ = schedule.Closing(at)
	}
	m.Answer, m.Greeting = map[string]string{}, map[string]string{}
	for _, lang := range []string{"en", "ar"} {
		if o.Enabled && !m.Open {
			m.Answer[lang] = use.text(reasonAway, lang, name, at)
			m.Greeting[lang] = m.Answer[lang]
		} else if o.Greeting.Enabled {
			m.Greeting[lang] = use.text(reasonGreeting, lang, name, at)
		}
	}
	return m
}
