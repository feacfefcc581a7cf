package inbox

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// CannedRow is one row of a file of canned responses.
type CannedRow struct {
	Row int // as a spreadsheet program counts
	CannedInput
}

// CannedWrong is a row that was refused, and why.
type CannedWrong struct {
	Row      int
	Shortcut string
	Err      error
}

// CannedReport is what became of the rows of a file.
type CannedReport struct {
	Created, Changed, Same int
	Wrong                  []CannedWrong
}

// cannedAtOnce bounds a Write of an import.
const cannedAtOnce = 100

// ImportCanned makes of each row a canned response, or changes the one that
// has its shortcut and language. A row that is wrong hinders no other.
func (s *Service) ImportCanned(ctx context.Context, who account.Actor, rows []CannedRow) (out CannedReport, err error) {
	defer errs.Wrap(&err, "inbox.ImportCanned")
	if err := who.Require(account.OwnCanned); err != nil {
		return out, err
	}
	for len(rows) > 0 {
		n := min(len(rows), cannedAtOnce)
		var some CannedReport
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			some = CannedReport{}
			for _, r := range rows[:n] {
				if err := s.importCannedTx(tx, who, r, &some); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return out, err
		}
		rows = rows[n:]
		out.Created, out.Changed, out.Same = out.Created+some.Created, out.Changed+some.Changed, out.Same+some.Same
		out.Wrong = append(out.Wrong, some.Wrong...)
	}
	return out, nil
}

// importCannedTx does one row. Only what is not the row's fault is an error.
func (s *Service) importCannedTx(tx *db.Tx, who account.Actor, r CannedRow, out *CannedReport) error {
	c := CannedResponse{OrgID: who.OrgID, OwnerID: who.UserID, Shortcut: r.Shortcut, Title: r.Title, Body: r.Body,
		Language: r.Language, Folder: r.Folder, MediaKeys: r.MediaKeys}
	if r.Shared {
		c.OwnerID = 0
	}
	created, changed, err := s.putCannedTx(tx, who, c)
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.Forbidden:
		out.Wrong = append(out.Wrong, CannedWrong{Row: r.Row, Shortcut: r.Shortcut, Err: err})
		return nil
	}
	switch {
	case err != nil:
		return err
	case created:
		out.Created++
	case changed:
		out.Changed++
	default:
		out.Same++
	}
	return nil
}

// putCannedTx makes c, or changes what stands in its place.
func (s *Service) putCannedTx(tx *db.Tx, who account.Actor, c CannedResponse) (created, changed bool, err error) {
	if err := c.checkTx(tx); err != nil {
		return false, false, err
	}
	was, err := db.One(tx, scanCanned, `SELECT `+cannedColumns+` FROM canned_response
		WHERE org_id = ? AND owner_id = ? AND shortcut_text = ? AND language = ?`, c.OrgID, c.OwnerID, fold.Text(c.Shortcut), c.Language)
	if errs.Is(err, errs.NotFound) {
		if err := mayCanned(who, c); err != nil {
			return false, false, err
		}
		return true, false, s.createCannedTx(tx, who, &c)
	}
	if err != nil {
		return false, false, err
	}
	p := CannedPatch{Shortcut: &c.Shortcut, Title: &c.Title, Body: &c.Body, Language: &c.Language, Folder: &c.Folder, MediaKeys: &c.MediaKeys}
	if was.same(c) {
		return false, false, nil
	}
	if err := mayCanned(who, was); err != nil {
		return false, false, err
	}
	changed, err = s.updateCannedTx(tx, who, &was, p)
	return false, changed, err
}
