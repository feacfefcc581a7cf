package inbox

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// CannedResponse is a text to answer with, the team's or somebody's own.
type CannedResponse struct {
	ID, OrgID, OwnerID int64 // OwnerID 0: the team's
	Shortcut           string
	Title, Body        string
	Language, Folder   string
	MediaKeys          []string // upload keys
	UsageCount         int
	CreatedAt          int64
	UpdatedAt          int64
}

// Shared says whether the response is the team's.
func (c CannedResponse) Shared() bool { return c.OwnerID == 0 }

// CannedFilter picks canned responses. Its zero value is all that the viewer has.
type CannedFilter struct {
	Search   string // in shortcut, title and text, spelt as it may be
	Language string
	Folder   string
	Mine     bool // the viewer's own only
}

// CannedInput is a new canned response. Shared is for the team.
type CannedInput struct {
	Shared                                  bool
	Shortcut, Title, Body, Language, Folder string
	MediaKeys                               []string
}

// CannedPatch changes what is not nil.
type CannedPatch struct {
	Shortcut, Title, Body, Language, Folder *string
	MediaKeys                               *[]string
}

// maxCanned is how many one owner may have, so that reading all is cheap.
const maxCanned = 2000

const cannedColumns = `id, org_id, owner_id, shortcut, title, body, language, folder, media_keys, usage_count, created_at, updated_at`

func scanCanned(r *db.Rows, c *CannedResponse) error {
	var keys string
	err := r.Scan(&c.ID, &c.OrgID, &c.OwnerID, &c.Shortcut, &c.Title, &c.Body, &c.Language, &c.Folder, &keys, &c.UsageCount, &c.CreatedAt, &c.UpdatedAt)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(keys), &c.MediaKeys)
}

// CannedResponses lists the team's canned responses and the viewer's own, by
// folder and shortcut.
func (s *Service) CannedResponses(q db.Q, org, viewer int64, f CannedFilter) (_ []CannedResponse, err error) {
	defer errs.Wrap(&err, "inbox.CannedResponses")
	w := &where{}
	w.and("org_id = ?", org)
	switch {
	case f.Mine && viewer == 0:
		return nil, nil // a program has none of its own
	case f.Mine:
		w.and("owner_id = ?", viewer)
	default:
		w.and("owner_id IN (0, ?)", viewer)
	}
	if f.Language != "" {
		w.and("language = ?", strings.ToLower(f.Language))
	}
	if f.Folder != "" {
		w.and("folder = ?", f.Folder)
	}
	for _, word := range strings.Fields(fold.Text(strings.TrimPrefix(strings.TrimSpace(f.Search), "/"))) {
		w.and("instr(text, ?) > 0", word)
	}
	return db.All(q, scanCanned, `SELECT `+cannedColumns+` FROM canned_response WHERE `+strings.Join(w.conds, " AND ")+
		` ORDER BY folder, shortcut_text, id`, w.args...)
}

// CannedResponse reads one that the viewer may see.
func (s *Service) CannedResponse(q db.Q, org, viewer, id int64) (CannedResponse, error) {
	c, err := db.One(q, scanCanned, `SELECT `+cannedColumns+` FROM canned_response WHERE id = ? AND org_id = ? AND owner_id IN (0, ?)`, id, org, viewer)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "no such canned response")
	}
	return c, err
}

// CreateCanned makes a canned response: the team's needs ManageCanned, one's
// own needs OwnCanned.
func (s *Service) CreateCanned(ctx context.Context, who account.Actor, in CannedInput) (_ CannedResponse, err error) {
	defer errs.Wrap(&err, "inbox.CreateCanned")
	c := CannedResponse{OrgID: who.OrgID, OwnerID: who.UserID, Shortcut: in.Shortcut, Title: in.Title, Body: in.Body,
		Language: in.Language, Folder: in.Folder, MediaKeys: in.MediaKeys}
	if in.Shared {
		c.OwnerID = 0
	} else if who.UserID == 0 {
		return c, errs.Field("shared", "an API key has no canned responses of its own")
	}
	if err := mayCanned(who, c); err != nil {
		return c, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return s.createCannedTx(tx, who, &c) })
	return c, shortcutTaken(err)
}

func (s *Service) createCannedTx(tx *db.Tx, who account.Actor, c *CannedResponse) error {
	if err := c.checkTx(tx); err != nil {
		return err
	}
	if err := s.roomForCannedTx(tx, *c); err != nil {
		return err
	}
	c.ID, c.CreatedAt, c.UpdatedAt = tx.NewID(), tx.Now(), tx.Now()
	if err := insertCannedTx(tx, c); err != nil {
		return err
	}
	return c.auditTx(tx, who, "canned_response.create", nil, c.audited())
}

// UpdateCanned changes a canned response.
func (s *Service) UpdateCanned(ctx context.Context, who account.Actor, id int64, p CannedPatch) (c CannedResponse, err error) {
	defer errs.Wrap(&err, "inbox.UpdateCanned(%d)", id)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if c, err = s.CannedResponse(tx, who.OrgID, who.UserID, id); err != nil {
			return err
		}
		if err := mayCanned(who, c); err != nil {
			return err
		}
		_, err = s.updateCannedTx(tx, who, &c, p)
		return err
	})
	return c, shortcutTaken(err)
}

// updateCannedTx changes c as p says. It gives false when c is so already.
func (s *Service) updateCannedTx(tx *db.Tx, who account.Actor, c *CannedResponse, p CannedPatch) (bool, error) {
	before := *c
	p.apply(c)
	if err := c.checkTx(tx); err != nil {
		return false, err
	}
	if c.same(before) {
		return false, nil
	}
	c.UpdatedAt = tx.Now()
	if _, err := tx.Exec(`UPDATE canned_response SET shortcut = ?, shortcut_text = ?, title = ?, body = ?, language = ?, folder = ?,
		media_keys = ?, text = ?, updated_at = ? WHERE id = ? AND org_id = ?`,
		c.Shortcut, fold.Text(c.Shortcut), c.Title, c.Body, c.Language, c.Folder, c.keys(), c.text(), c.UpdatedAt, c.ID, c.OrgID); err != nil {
		return false, err
	}
	return true, c.auditTx(tx, who, "canned_response.update", before.audited(), c.audited())
}

// DeleteCanned removes a canned response; RestoreCanned brings it back.
func (s *Service) DeleteCanned(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "inbox.DeleteCanned(%d)", id)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := s.CannedResponse(tx, who.OrgID, who.UserID, id)
		if err != nil {
			return err
		}
		if err := mayCanned(who, c); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM canned_response WHERE id = ? AND org_id = ?`, c.ID, c.OrgID); err != nil {
			return err
		}
		if err := keepCannedTx(tx, c); err != nil {
			return err
		}
		return c.auditTx(tx, who, "canned_response.delete", c.audited(), nil)
	})
}

// same says whether two have the same words, files and place.
func (c *CannedResponse) same(o CannedResponse) bool {
	return c.audited() == o.audited() && c.Body == o.Body && slices.Equal(c.MediaKeys, o.MediaKeys)
}

// mayCanned refuses who may not change c.
func mayCanned(who account.Actor, c CannedResponse) error {
	if c.Shared() {
		return who.Require(account.ManageCanned)
	}
	return who.Require(account.OwnCanned)
}

func shortcutTaken(err error) error {
	if db.IsUnique(err) {
		return errs.Coded(errs.Conflict, "shortcut_taken", "another canned response has this shortcut")
	}
	return err
}
