package contact

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// mergeAtOnce is how many contacts, and how many of each other thing, one Write
// brings from a tag to another.
const mergeAtOnce = 200

var (
	errMerging = errs.Coded(errs.Conflict, "tag_merging", "this tag is becoming another; wait until that is done")
	errTarget  = errs.Coded(errs.Conflict, "tag_merging", "another tag is becoming this one; wait until that is done")
)

// mergeTagArgs is a merge that is under way: which tag becomes which is in the database.
type mergeTagArgs struct {
	Who       account.Actor `json:"who"`
	From      int64         `json:"from"`
	Into      int64         `json:"into"`
	StartedAt int64         `json:"startedAt"`
}

var mergeTagKind = &queue.Kind[mergeTagArgs]{Name: "contact.tag_merge", Attempts: 10, Timeout: time.Hour, Workers: 1}

// OnTagMerge adds what goes from a tag to another: at most limit things at a
// call, which tells how many. Register hooks before the first use.
func (s *Service) OnTagMerge(hook func(tx *db.Tx, who account.Actor, from, into int64, limit int) (n int, err error)) {
	s.tagMerged = append(s.tagMerged, hook)
}

// MergeTag makes one tag of two: what has from has into instead, and from is no
// more. Once it returns that is certain to happen; done says whether it has.
// Whoever names from meanwhile gets into.
func (s *Service) MergeTag(ctx context.Context, who account.Actor, from, into int64) (done bool, err error) {
	defer errs.Wrap(&err, "contact.MergeTag(%d into %d)", from, into)
	if err := who.Require(account.ManageTags); err != nil {
		return false, err
	}
	if from == into {
		return false, errs.Field("into", "must be another tag")
	}
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		args := mergeTagArgs{who, from, into, tx.Now()}
		if err := s.startMergeTagTx(tx, args); err != nil {
			return err
		}
		if done, err = s.mergeTagTx(tx, args); err != nil || done {
			return err
		}
		return mergeTagKind.Add(s.jobs, tx, args, queue.Once("%d", from))
	})
	return done, err
}

// startMergeTagTx notes that a tag is becoming another.
func (s *Service) startMergeTagTx(tx *db.Tx, m mergeTagArgs) error {
	from, err := sketchTx(tx, m.Who.OrgID, m.From)
	if err != nil {
		return err
	}
	into, err := sketchTx(tx, m.Who.OrgID, m.Into)
	if errs.Is(err, errs.NotFound) {
		return errs.Field("into", "there is no such tag")
	}
	if err != nil {
		return err
	}
	if err := noneMergesTx(tx, m.From); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE tag SET merging_into = ? WHERE id = ? AND org_id = ?`, m.Into, m.From, m.Who.OrgID); err != nil {
		return err
	}
	return s.tagChangedTx(tx, m.Who, "tag.merge", from.Tag, from.told(), into.told())
}

// noneMergesTx refuses a tag that another one is becoming.
func noneMergesTx(tx *db.Tx, id int64) error {
	busy, err := db.Exists(tx, `SELECT 1 FROM tag WHERE merging_into = ? AND merging_into <> 0`, id)
	if err == nil && busy {
		err = errTarget
	}
	return err
}

// runMergeTag goes on until nothing has the tag. What is done shows in what is
// left, so that a repeat goes on from there.
func (s *Service) runMergeTag(ctx context.Context, j *queue.Job[mergeTagArgs]) error {
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			is, err := db.Exists(tx, `SELECT 1 FROM tag WHERE id = ? AND org_id = ? AND merging_into = ?`, j.Args.From, j.Args.Who.OrgID, j.Args.Into)
			if err != nil {
				return err
			}
			if done = !is; is {
				done, err = s.mergeTagTx(tx, j.Args)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// mergeTagTx brings some of what has a tag to the other. When nothing is left
// the tag goes.
func (s *Service) mergeTagTx(tx *db.Tx, m mergeTagArgs) (done bool, err error) {
	org := m.Who.OrgID
	ids, err := db.All(tx, func(r *db.Rows, id *int64) error { return r.Scan(id) },
		`SELECT contact_id FROM contact_tag WHERE tag_id = ? AND org_id = ? ORDER BY contact_id LIMIT ?`, m.From, org, mergeAtOnce)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := s.mergeTagOfTx(tx, m, id); err != nil {
			return false, err
		}
	}
	if len(ids) == mergeAtOnce {
		return false, nil
	}
	for _, more := range s.tagMerged {
		if n, err := more(tx, m.Who, m.From, m.Into, mergeAtOnce); err != nil || n == mergeAtOnce {
			return false, err
		}
	}
	for _, stmt := range []string{
		`UPDATE tag_merged SET into_id = ?1 WHERE into_id = ?2 AND org_id = ?3`,
		`INSERT INTO tag_merged(id, org_id, into_id) VALUES(?2, ?3, ?1)`,
		`DELETE FROM tag WHERE id = ?2 AND org_id = ?3 AND merging_into = ?1`,
	} {
		if _, err := tx.Exec(stmt, m.Into, m.From, org); err != nil {
			return false, err
		}
	}
	return true, s.tellTagTx(tx, m.Who, Tag{ID: m.From, OrgID: org})
}

// mergeTagOfTx changes the tag of one contact.
func (s *Service) mergeTagOfTx(tx *db.Tx, m mergeTagArgs, id int64) error {
	org := m.Who.OrgID
	if _, err := tx.Exec(`DELETE FROM contact_tag WHERE contact_id = ? AND tag_id = ? AND org_id = ?`, id, m.From, org); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO contact_tag(contact_id, tag_id, org_id) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`, id, m.Into, org); err != nil {
		return err
	}
	c, err := rowByID(tx, org, id)
	if err != nil {
		return err
	}
	return s.bulkSavedTx(tx, m.Who, &c, fieldTags)
}

// TagNow is an expression for the tag that the one with this id is now: itself,
// or the one that it became or is becoming.
func TagNow(id string) string {
	return `coalesce((SELECT into_id FROM tag_merged WHERE tag_merged.id = ` + id + `), (SELECT nullif(merging_into, 0) FROM tag WHERE tag.id = ` + id + `), ` + id + `)`
}
