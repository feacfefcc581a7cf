package channel

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// TemplateUse is what a template is to a member: a favourite, or one that they
// have sent. UsedAt is 0 for one that they have not.
type TemplateUse struct {
	TemplateID int64
	Starred    bool
	UsedAt     int64
}

// TemplateUses reads what templates are to a member, by the template's id.
func (s *Service) TemplateUses(q db.Q, org, user int64) (map[int64]TemplateUse, error) {
	all, err := db.All(q, func(r *db.Rows, v *TemplateUse) error { return r.Scan(&v.TemplateID, &v.Starred, &v.UsedAt) },
		`SELECT template_id, starred, used_at FROM template_use WHERE org_id = ? AND user_id = ?`, org, user)
	uses := make(map[int64]TemplateUse, len(all))
	for _, v := range all {
		uses[v.TemplateID] = v
	}
	return uses, err
}

// StarTemplate makes a template a favourite of the actor, or no longer one.
func (s *Service) StarTemplate(ctx context.Context, who account.Actor, channel, id int64, on bool) (err error) {
	defer errs.Wrap(&err, "channel.StarTemplate(%d)", id)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.TemplateByID(tx, who.OrgID, channel, id); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO template_use(org_id, user_id, template_id, starred) VALUES(?1, ?2, ?3, ?4)
			ON CONFLICT DO UPDATE SET starred = ?4`, who.OrgID, who.UserID, id, on)
		return err
	})
}

// UseTemplate notes that the actor has sent a template.
func (s *Service) UseTemplate(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "channel.UseTemplate(%d)", id)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO template_use(org_id, user_id, template_id, used_at) VALUES(?1, ?2, ?3, ?4)
			ON CONFLICT DO UPDATE SET used_at = ?4`, who.OrgID, who.UserID, id, tx.Now())
		return err
	})
}
