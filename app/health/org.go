package health

import (
	"net/url"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/i18n"
	"badala/app/media"
	"badala/app/webhook"
)

// subject is an organisation with its numbers.
type subject struct {
	org     int64
	numbers []channel.Channel
	watched map[int64]watched
}

// each asks one question about every number.
func each(ask func(*Service, channel.Channel, watched) []Finding) func(*Service, db.Q, subject) ([]Finding, error) {
	return func(s *Service, _ db.Q, about subject) (found []Finding, _ error) {
		for _, c := range about.numbers {
			for _, f := range ask(s, c, about.watched[c.ID]) {
				f.Subject = c.ID
				found = append(found, f)
			}
		}
		return found, nil
	}
}

// orgAreas are the checks of an organisation.
var orgAreas = []area[subject]{
	{"numbers", each((*Service).number)}, {"silence", each((*Service).silence)}, {"tokens", each((*Service).token)}, {"quality", each((*Service).quality)},
	{"media", (*Service).media}, {"webhooks", (*Service).webhooks}, {"inbound", (*Service).inbound},
}

const connectTime = day // for the first webhook

// number tells whether a number may send.
func (s *Service) number(c channel.Channel, _ watched) (found []Finding) {
	name := text(c.Name)
	switch {
	case c.State == channel.Disconnected:
		found = one(Bad, "number.removed", name)
	case c.State == channel.Paused && c.PausedReason == channel.ReasonManual:
		found = one(Warn, "number.paused_by_hand", name)
	case c.State == channel.Paused && c.PausedReason == channel.ReasonRestored: // a banner of its own says so
		found = one(Warn, "number.paused", name, phrase(pauseReason(c.PausedReason)))
	case c.State == channel.Paused:
		found = one(Bad, "number.paused", name, phrase(pauseReason(c.PausedReason)))
	case c.State == channel.Connecting && c.FirstWebhookAt == 0 && s.DB.Now()-c.CreatedAt > connectTime:
		found = one(Warn, "number.waiting", name)
	}
	h := c.Health
	if h.Ban != "" && c.State != channel.Paused {
		found = append(found, one(Bad, "number.ban", name)...)
	}
	if len(h.Restrictions) > 0 && c.State != channel.Paused && h.TemplatesHeldUntil() > s.DB.Now() {
		found = append(found, one(Warn, "number.restricted", name, moment(h.TemplatesHeldUntil()))...)
	}
	for _, p := range h.Problems {
		found = append(found, one(Warn, "number.problem", name, text(p.Text))...)
		break // one is enough to go and look
	}
	return found
}

// pauseReason is the sentence of a pause.
func pauseReason(reason string) string {
	if key := "channel.paused." + reason; i18n.Has(key) {
		return key
	}
	return "channel.paused.restricted"
}

// jobName is what a kind of work is called.
func jobName(kind string) string {
	for _, key := range []string{"job.do." + kind, "schedule.do." + kind} {
		if i18n.Has(key) {
			return key
		}
	}
	return kind
}

// silence tells of a number that used to get webhooks and gets none any more.
func (s *Service) silence(c channel.Channel, w watched) []Finding {
	if c.FirstWebhookAt == 0 || !c.CanSend() {
		return nil
	}
	now := s.DB.Now()
	quiet := now - max(c.LastWebhookAt, s.started) // what came while we were down comes again
	if quiet <= w.rhythm.limit(now) {
		return nil
	}
	return one(Bad, "silence", text(c.Name), span(now-c.LastWebhookAt))
}

// token tells of access tokens that have ended or soon will.
func (s *Service) token(c channel.Channel, w watched) []Finding {
	name, left := text(c.Name), w.expires-s.DB.Now()
	if c.UpdatedAt > w.lookedAt { // perhaps it has a new one
		w.tokenBad, w.expires = false, 0
	}
	switch {
	case c.AccessToken == "" || c.AppSecret == "":
		return one(Bad, "token.lost", name)
	case w.tokenBad, w.expires != 0 && left <= 0:
		return one(Bad, "token.over", name)
	case w.expires != 0 && left < 3*day:
		return one(Bad, "token.soon", name, moment(w.expires))
	case w.expires != 0 && left < 14*day:
		return one(Warn, "token.soon", name, moment(w.expires))
	}
	return nil
}

// quality tells what Meta thinks of a number.
func (s *Service) quality(c channel.Channel, w watched) (found []Finding) {
	switch c.Quality {
	case "RED":
		found = one(Bad, "quality.red", text(c.Name))
	case "YELLOW":
		found = one(Warn, "quality.yellow", text(c.Name))
	}
	if tierRank(c.Tier) >= 0 && tierRank(c.Tier) < tierRank(w.tierHigh) && s.DB.Now()-w.tierHighAt < 30*day {
		found = append(found, one(Warn, "tier.fell", text(c.Name), text(tierName(w.tierHigh)), text(tierName(c.Tier)))...)
	}
	return found
}

// media tells of files from customers that could not be fetched lately.
func (s *Service) media(q db.Q, about subject) ([]Finding, error) {
	n, err := media.CountFailed(q, about.org, s.DB.Now()-day)
	if err != nil || n == 0 {
		return nil, err
	}
	level := Warn
	if n >= 20 {
		level = Bad
	}
	return one(level, "media.failed", count(n)), nil
}

// webhooks tells of other systems that do not take what we tell them.
func (s *Service) webhooks(q db.Q, about subject) (found []Finding, _ error) {
	bad, err := s.Webhooks.Problems(q, about.org)
	if err != nil {
		return nil, err
	}
	for _, e := range bad {
		f := Finding{Key: "hook.failing", Level: Bad, Subject: e.ID, Args: []Arg{text(hostOf(e.URL)), moment(e.FailingSince)}}
		if e.State == webhook.Disabled {
			f.Key, f.Args = "hook.disabled", f.Args[:1]
		}
		found = append(found, f)
	}
	return found, nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// inbound tells of webhooks of Meta's that could not be applied.
func (s *Service) inbound(q db.Q, about subject) ([]Finding, error) {
	n, err := s.Channels.FailedCount(q, about.org)
	if err != nil || n == 0 {
		return nil, err
	}
	return one(Warn, "inbound.failed", count(n)), nil
}
