package web

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

const snoozeFar = 365 * 24 * time.Hour // as far as a conversation may be put aside from the page

// snooze puts the conversation aside until this evening, tomorrow, next week or
// a time of one's own, by the organisation's clock; with nothing it comes back.
func (s *Server) snooze(c *call) error {
	until, err := c.snoozeUntil()
	if err != nil {
		return err
	}
	return c.onConversation(func(ctx context.Context, a account.Actor, conv int64) error {
		return s.Inbox.Snooze(ctx, a, conv, until)
	})
}

// snoozeUntil is the time that the form asks for, 0 for now.
func (c *call) snoozeUntil() (int64, error) {
	now := c.now().In(c.page("").Zone)
	at := func(days, hour int) int64 {
		return db.Millis(time.Date(now.Year(), now.Month(), now.Day()+days, hour, 0, 0, 0, now.Location()))
	}
	switch c.field("for") {
	case "":
		return 0, nil
	case "today":
		return at(0, 18), nil
	case "tomorrow":
		return at(1, 9), nil
	case "week":
		return at(7, 9), nil
	case "custom":
		return c.ownSnooze(now)
	}
	return 0, errs.Field("for", "must be today, tomorrow, week or custom")
}

// ownSnooze reads a day and a time of the organisation's clock.
func (c *call) ownSnooze(now time.Time) (int64, error) {
	until, err := time.ParseInLocation("2006-01-02 15:04", c.field("day")+" "+c.field("time"), now.Location())
	switch {
	case err != nil:
		return 0, errs.Field("day", c.t("snooze.wrong"))
	case !until.After(now):
		return 0, errs.Field("day", c.t("snooze.past"))
	case until.Sub(now) > snoozeFar:
		return 0, errs.Field("day", c.t("snooze.far"))
	}
	return db.Millis(until), nil
}
