package web

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// snooze puts the conversation aside until this evening, tomorrow or next week,
// by the organisation's clock; with nothing it comes back.
func (s *Server) snooze(c *call) error {
	now := db.Time(s.DB.Now()).In(c.page("").Zone)
	at := func(days, hour int) int64 {
		return db.Millis(time.Date(now.Year(), now.Month(), now.Day()+days, hour, 0, 0, 0, now.Location()))
	}
	var until int64
	switch c.field("for") {
	case "":
	case "today":
		until = at(0, 18)
	case "tomorrow":
		until = at(1, 9)
	case "week":
		until = at(7, 9)
	default:
		return errs.Field("for", "must be today, tomorrow or week")
	}
	return c.onConversation(func(ctx context.Context, a account.Actor, conv int64) error {
		return s.Inbox.Snooze(ctx, a, conv, until)
	})
}
