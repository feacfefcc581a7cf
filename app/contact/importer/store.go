package importer

import (
	"context"
	"encoding/json"
	"slices"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/table"
)

const columns = `id, org_id, name, sha256, size, state, actor_kind, actor_id, key_id, actor_name, settings, recognised, staged, counts, preview,
	total, done, issues, cancel, alive_at, code, message, created_at, started_at, finished_at`

func scan(r *db.Rows, i *Import) error {
	var settings, recognised, counts, preview string
	if err := r.Scan(&i.ID, &i.OrgID, &i.Name, &i.SHA256, &i.Size, &i.State, &i.Actor.Kind, &i.Actor.UserID, &i.Actor.KeyID, &i.Actor.Name,
		&settings, &recognised, &i.staged, &counts, &preview, &i.Total, &i.Done, &i.Issues, &i.cancel, &i.aliveAt,
		&i.Code, &i.Message, &i.CreatedAt, &i.StartedAt, &i.FinishedAt); err != nil {
		return err
	}
	i.Actor.OrgID = i.OrgID
	for _, f := range []struct {
		text string
		to   any
	}{{settings, &i.Settings}, {recognised, &i.Recognised}, {counts, &i.Counts}, {preview, &i.Preview}} {
		if err := json.Unmarshal([]byte(f.text), f.to); err != nil {
			return err
		}
	}
	return nil
}

// Get reads an import.
func (s *Service) Get(q db.Q, org, id int64) (Import, error) {
	i, err := db.One(q, scan, `SELECT `+columns+` FROM import WHERE id = ? AND org_id = ?`, id, org)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "no such import")
	}
	return i, err
}

func byID(q db.Q, id int64) (Import, error) {
	return db.One(q, scan, `SELECT `+columns+` FROM import WHERE id = ?`, id)
}

// List gives the imports of an organisation, newest first, before an id (0: from the newest).
func (s *Service) List(q db.Q, org, before int64, take int) ([]Import, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return db.All(q, scan, `SELECT `+columns+` FROM import WHERE org_id = ? AND id < ? ORDER BY id DESC LIMIT ?`, org, before, min(max(take, 1), 200))
}

// Issues lists what there is to say about rows, in the order of the file,
// after an issue (row and id of it; zeros: from the first).
func (s *Service) Issues(q db.Q, org, id int64, severity string, take int) ([]Issue, error) {
	return db.All(q, func(r *db.Rows, i *Issue) error {
		return r.Scan(&i.Row, &i.Severity, &i.Code, &i.Column, &i.Value, &i.ContactID)
	}, `SELECT row, severity, code, "column", value, contact_id FROM import_issue
		WHERE import_id = ? AND org_id = ? AND (?3 = '' OR severity = ?3) ORDER BY row, id LIMIT ?4`, id, org, severity, take)
}

// saveTx writes what an import's own work changes.
func (i *Import) saveTx(tx *db.Tx) error {
	var texts [4]string
	for n, v := range []any{i.Settings, i.Recognised, i.Counts, i.Preview} {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		texts[n] = string(b)
	}
	n, err := tx.Exec(`UPDATE import SET state = ?, settings = ?, recognised = ?, counts = ?, preview = ?, staged = ?, total = ?, done = ?, issues = ?,
			alive_at = ?, code = ?, message = ?, started_at = ?, finished_at = ? WHERE id = ? AND org_id = ?`,
		i.State, texts[0], texts[1], texts[2], texts[3], i.staged, i.Total, i.Done, i.Issues,
		tx.Now(), i.Code, i.Message, i.StartedAt, i.FinishedAt, i.ID, i.OrgID)
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "no such import")
	}
	return err
}

// saveCountsTx writes how far the work has come.
func (i *Import) saveCountsTx(tx *db.Tx) error {
	counts, err := json.Marshal(i.Counts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE import SET counts = ?, done = ?, issues = ?, alive_at = ? WHERE id = ? AND org_id = ?`,
		string(counts), i.Done, i.Issues, tx.Now(), i.ID, i.OrgID)
	return err
}

// rememberMappingTx keeps the mapping for the next file with the same header.
func rememberMappingTx(tx *db.Tx, i Import) error {
	text, err := json.Marshal(i.Settings.Columns)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO import_mapping(org_id, signature, mapping, used_at) VALUES(?, ?, ?, ?)
		ON CONFLICT (org_id, signature) DO UPDATE SET mapping = excluded.mapping, used_at = excluded.used_at`, i.OrgID, i.Recognised.Signature, string(text), tx.Now())
	return err
}

// failTx ends an import with the reason.
func failTx(tx *db.Tx, id int64, cause error) error {
	code, message := "internal", "the import could not be finished; the log of the server says why"
	if e := errs.As(cause); e != nil && e.Kind != errs.Internal {
		code, message = e.Code, e.Message
	}
	_, err := tx.Exec(`UPDATE import SET state = 'FAILED', code = ?, message = ?, finished_at = ? WHERE id = ? AND state IN ('CHECKING', 'RUNNING', 'UNDOING')`,
		code, message, tx.Now(), id)
	return err
}

// issueTx writes issues while there is room, and gives how many there are now.
func issueTx(tx *db.Tx, i *Import, have int, issues []Issue) (int, error) {
	for _, is := range issues {
		if have >= maxIssues {
			return have, nil
		}
		have++
		if _, err := tx.Exec(`INSERT INTO import_issue(id, org_id, import_id, row, severity, code, "column", value, contact_id, cells)
			VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.NewID(), i.OrgID, i.ID, is.Row, is.Severity, is.Code, is.Column, is.Value, is.ContactID,
			packCells(nil, is.cells)); err != nil {
			return have, err
		}
	}
	return have, nil
}

// pieces reads the staged rows, one piece after the other.
func (s *Service) pieces(ctx context.Context, id int64, each func(rows []table.Row) error) error {
	for n := 0; ; n++ {
		data, err := db.Value[[]byte](s.DB.Read(ctx), `SELECT data FROM import_rows WHERE import_id = ? AND n = ?`, id, n)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		rows, err := unpackRows(data)
		if err != nil {
			return err
		}
		if err := each(rows); err != nil {
			return err
		}
	}
}

// eraseTx removes what imports keep of a person.
func eraseTx(tx *db.Tx, org, contact int64) error {
	for _, stmt := range []string{
		`DELETE FROM import_memory WHERE contact_id = ? AND org_id = ?`,
		`DELETE FROM import_before WHERE contact_id = ? AND org_id = ?`,
		`DELETE FROM import_issue INDEXED BY import_issue_contact WHERE contact_id = ? AND contact_id <> 0 AND org_id = ?`,
	} {
		if _, err := tx.Exec(stmt, contact, org); err != nil {
			return err
		}
	}
	return nil
}

// mine is nil when the actor may import.
func mine(who account.Actor) error { return who.Require(account.ManageContacts) }

func sortIssues(issues []Issue) {
	slices.SortStableFunc(issues, func(a, b Issue) int { return a.Row - b.Row })
}
