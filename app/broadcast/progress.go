package broadcast

import (
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
)

// Why nothing goes out although a broadcast runs. Each has words below
// "broadcast.wait.".
const (
	WaitPreparing = "PREPARING" // it is being written down whom it means
	WaitHours     = "HOURS"     // the office is closed
	WaitChannel   = "CHANNEL"   // the number may not send
	WaitTemplates = "TEMPLATES" // WhatsApp does not let the account send templates
	WaitLimit     = "LIMIT"     // WhatsApp's limit was reached
	WaitDisk      = "DISK"      // the server's disk is full
)

// Progress is how a running broadcast goes on.
type Progress struct {
	Why       string  // why nothing goes out, or ""
	Until     int64   // then it goes on, if that is known
	PerSecond float64 // how fast it goes
	EndsAt    int64   // about when it will be done; 0: not known
}

// WhyKey is the catalogue key of Why, or "".
func (p Progress) WhyKey() string {
	if p.Why == "" {
		return ""
	}
	return "broadcast.wait." + p.Why
}

// Progress tells how a broadcast goes on now.
func (s *Service) Progress(q db.Q, b Broadcast) (p Progress, err error) {
	if b.State != Running {
		return p, nil
	}
	ch, err := s.Channels.ByID(q, b.OrgID, b.ChannelID)
	if errs.Is(err, errs.NotFound) {
		return Progress{Why: WaitChannel}, nil
	}
	if err != nil {
		return p, err
	}
	limit, err := s.Inbox.SendRate(q, ch)
	if err != nil {
		return p, err
	}
	every, rate := b.interval(limit)
	p.PerSecond = rate
	if p.Why, p.Until, err = s.waits(q, &b, ch); err != nil || p.Why != "" {
		return p, err
	}
	p.EndsAt = s.DB.Now() + int64(every*float64(b.Counts.Waiting+b.Counts.Queued))
	return p, nil
}

// waits says why nothing goes out, and until when.
func (s *Service) waits(q db.Q, b *Broadcast, ch channel.Channel) (why string, until int64, err error) {
	now := s.DB.Now()
	switch held := ch.Health.TemplatesHeldUntil(); {
	case s.DB.Spare(db.ForSends) != nil:
		return WaitDisk, 0, nil
	case !b.Frozen:
		return WaitPreparing, 0, nil
	case !ch.CanSend():
		return WaitChannel, ch.PausedUntil, nil
	case held > now:
		return WaitTemplates, held, nil
	}
	if b.OfficeHours {
		if open, next, err := s.office(q, b, now); err != nil || !open {
			return WaitHours, now + next.Milliseconds(), err
		}
	}
	limited, err := s.Inbox.SendingPausedUntil(q, b.ChannelID)
	if err != nil || limited <= now {
		return "", 0, err
	}
	return WaitLimit, limited, nil
}
