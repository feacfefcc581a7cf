package retention

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/webhook"
)

// Part is what would go of one kind. First is when the first of it was, 0
// without any. Monthly is how much goes in a month from then on: as much as
// comes.
type Part struct {
	Count, Bytes, First   int64
	Monthly, MonthlyBytes int64
}

// Preview is what settings would delete if they worked now.
type Preview struct {
	Raw, Webhooks, Files, Messages Part
	Notes                          int64 // go with the messages
}

const (
	day   = int64(24 * time.Hour / time.Millisecond)
	month = 30 * day
)

// Preview counts what settings would delete of an organisation now, whether
// they are saved or not. Nothing changes.
func (s *Service) Preview(ctx context.Context, org int64, v Settings) (p Preview, err error) {
	defer errs.Wrap(&err, "retention.Preview(org %d)", org)
	now := s.DB.Now()
	saved, err := s.Settings(s.DB.Read(ctx), org)
	if err != nil {
		return p, err
	}
	span, err := s.span(ctx, org, now)
	if err != nil {
		return p, err
	}
	if p.Raw, err = s.bodies(ctx, channel.RawBetween, org, now, v.RawDays, min(span, int64(saved.RawDays)*day)); err != nil {
		return p, err
	}
	if p.Webhooks, err = s.bodies(ctx, webhook.BodiesBetween, org, now, v.WebhookDays, min(span, int64(saved.WebhookDays)*day)); err != nil {
		return p, err
	}
	if p.Files, err = s.previewFiles(ctx, org, now, v.files(), span); err != nil {
		return p, err
	}
	if v.MessagesDays == 0 {
		return p, nil
	}
	old, err := s.Inbox.CountOld(ctx, org, now-int64(v.MessagesDays)*day)
	if err != nil {
		return p, err
	}
	p.Messages.Count, p.Notes, p.Messages.First = old.Messages, old.Notes, old.First
	recent, err := inbox.CountRecent(s.DB.Read(ctx), org, now-span)
	p.Messages.Monthly = monthly(recent, span)
	return p, err
}

// bodies counts what lies between two instants, at present and as it comes.
func (s *Service) bodies(ctx context.Context, count func(q db.Q, org, from, before int64) (n, first int64, err error), org, now int64, days int, span int64) (p Part, err error) {
	if p.Count, p.First, err = count(s.DB.Read(ctx), org, 0, now-int64(days)*day); err != nil {
		return p, err
	}
	n, _, err := count(s.DB.Read(ctx), org, now-span, now)
	p.Monthly = monthly(n, span)
	return p, err
}

func (s *Service) previewFiles(ctx context.Context, org, now int64, days int, span int64) (p Part, err error) {
	if days == 0 {
		return p, nil
	}
	old, err := s.Inbox.CountOldFiles(ctx, org, now-int64(days)*day)
	if err != nil {
		return p, err
	}
	p.Count, p.Bytes, p.First = old.Files, old.Bytes, old.First
	n, bytes, err := media.CountSince(s.DB.Read(ctx), org, now-span)
	p.Monthly, p.MonthlyBytes = monthly(n, span), monthly(bytes, span)
	return p, err
}

// span is how far back to look for how much comes: a month, or as long as the
// organisation is here.
func (s *Service) span(ctx context.Context, org, now int64) (int64, error) {
	o, err := account.OrgByID(s.DB.Read(ctx), org)
	return min(month, max(day, now-o.CreatedAt)), err
}

// monthly is what comes in a month when so much came in a span.
func monthly(n, span int64) int64 { return (n*month + span/2) / span }
