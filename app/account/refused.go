package account

import (
	"context"
	"strconv"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// How many lines about refusals one person or key can cause in an hour: a
// program that asks in a loop must not fill the log.
const (
	refusalsOfOne  = 20 // of an actor
	refusalsOfEach = 1  // of an actor and a route
	refusalWindow  = time.Hour
)

// asked is what the audit log tells of a refusal.
type asked struct {
	Route string `json:"route"`
}

// Refused writes down that somebody asked for what their role does not allow.
// More of the same within the hour leaves no more lines.
func (s *Service) Refused(ctx context.Context, a Actor, route string) {
	if a.OrgID == 0 || a.ID() == 0 {
		return
	}
	who, now := strconv.FormatInt(a.OrgID, 36)+" "+strconv.FormatInt(a.ID(), 36), s.db.Now()
	if s.refusedEach.take(who+" "+route, now) != nil || s.refusedOne.take(who, now) != nil {
		return
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		return AuditTx(tx, a, Line{Action: "refused", Target: "org", TargetID: a.OrgID, After: asked{route}})
	})
	if err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "a refusal was not written down", "err", err)
	}
}

// RefusedFor is Refused where err is about the role, else nothing.
func (s *Service) RefusedFor(ctx context.Context, a Actor, route string, err error) {
	if e := errs.As(err); e != nil && e.Kind == errs.Forbidden && (e.Code == "forbidden" || e.Code == "scope" || e.Code == "rank") {
		s.Refused(ctx, a, route)
	}
}
