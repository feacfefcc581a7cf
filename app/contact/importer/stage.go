package importer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/table"
)

// Progress is told how far the work has come; nil is nobody.
type Progress func(state string, done, total int)

// beat is how often the row of an import tells that it is worked on.
const beat = time.Second

// reading is by what staged rows are known to be of the present settings.
func (s *Settings) reading() string {
	return fmt.Sprintf("%s|%s|%s|%d", s.Encoding, s.Separator, s.Sheet, s.HeaderRow)
}

// stage reads the whole file into the database, unless that is done. A file
// that proves bad on the way is refused, and nothing of it is used.
func (s *Service) stage(ctx context.Context, i *Import) error {
	if i.staged == i.Settings.reading() {
		return nil
	}
	path, done, err := s.fetchFile(ctx, i.ID)
	if err != nil {
		return err
	}
	defer done()
	if err := s.unstage(ctx, i.ID); err != nil {
		return err
	}
	f, err := table.Open(ctx, path, i.Name, table.Options{Encoding: i.Settings.Encoding, Separator: i.Settings.Separator})
	if err != nil {
		return err
	}
	total, n := 0, 0
	err = passOn(ctx, func(ctx context.Context, to chan<- [][]byte) error {
		rows, err := packAll(ctx, f.Rows(ctx, i.Settings.Sheet), i.Settings.HeaderRow, to)
		total = rows
		return err
	}, func(ctx context.Context, pieces [][]byte) error {
		n += len(pieces)
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			for k, piece := range pieces {
				if _, err := tx.Exec(`INSERT INTO import_rows(import_id, n, data) VALUES(?, ?, ?)`, i.ID, n-len(pieces)+k, piece); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	i.Total, i.staged = total, i.Settings.reading()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE import SET total = ?, staged = ?, alive_at = ? WHERE id = ? AND org_id = ?`, i.Total, i.staged, tx.Now(), i.ID, i.OrgID)
		return err
	})
}

// unstage removes staged rows, a few pieces at a time.
func (s *Service) unstage(ctx context.Context, id int64) error {
	return s.removeSlowly(ctx, `DELETE FROM import_rows WHERE rowid IN (SELECT rowid FROM import_rows WHERE import_id = ? LIMIT 50)`, id)
}

// removeSlowly repeats a limited DELETE until nothing is left.
func (s *Service) removeSlowly(ctx context.Context, stmt string, args ...any) error {
	for {
		var gone int64
		err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			gone, err = tx.Exec(stmt, args...)
			return err
		})
		if err != nil || gone == 0 {
			return err
		}
	}
}

const votes = 5000 // numbers that decide how those of both kinds are read

// survey looks through the staged rows for what a column proves: the order of
// dates, and how numbers without + are meant.
func (s *Service) survey(ctx context.Context, i *Import) (*reader, error) {
	zone, err := time.LoadLocation(i.Settings.Timezone)
	if err != nil {
		return nil, err
	}
	dates := dateRules{zone: zone, from1904: i.Recognised.From1904, now: db.Time(s.DB.Now())}
	probe := newReader(&i.Settings, dates, "")
	created, phone := -1, -1
	if all := probe.columns[FieldCreated]; len(all) > 0 {
		created = all[0]
	}
	if all := probe.columns[FieldPhone]; len(all) > 0 && len(probe.columns[FieldCode]) == 0 {
		phone = all[0]
	}
	proofs, balance, voted := map[string]bool{}, 0, 0
	err = s.pieces(ctx, i.ID, func(rows []table.Row) error {
		for _, r := range rows {
			if created >= 0 && created < len(r.Cells) {
				if p := proof(r.Cells[created]); p != "" {
					proofs[p] = true
				}
			}
			if phone >= 0 && phone < len(r.Cells) && voted < votes && r.Problem == "" {
				voted++
				balance += probe.phones.vote(r.Cells[phone])
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	mode := numberMode(i.Settings.NumberMode)
	i.Preview.NumberModeAssumed = mode == ""
	if mode == "" {
		mode = modeLocal
		if balance < 0 {
			mode = modeInternational
		}
	}
	i.Preview.NumberMode = string(mode)
	dates.order = i.Preview.decideOrder(proofs, i.Settings.DateOrder)
	r := newReader(&i.Settings, dates, mode)
	r.typed, err = s.typedFields(ctx, i)
	return r, err
}

// typedFields are the custom fields whose values must have a form. Columns go
// to them under the names that they have, however a program spelt these.
func (s *Service) typedFields(ctx context.Context, i *Import) (map[string]contact.CustomField, error) {
	all, err := contact.CustomFields(s.DB.Read(ctx), i.OrgID)
	typed := map[string]contact.CustomField{}
	for _, f := range all {
		if f.Kind != contact.FieldText {
			typed[f.Name] = f
		}
		for n, c := range i.Settings.Columns {
			if name, ok := strings.CutPrefix(c.Field, CustomPrefix); ok && f.Called(name) {
				i.Settings.Columns[n].Field = CustomPrefix + f.Name
			}
		}
	}
	return typed, err
}

// decideOrder takes the order that the dates prove, else the one that was
// chosen; with proof of both, none.
func (p *Preview) decideOrder(proofs map[string]bool, chosen string) string {
	p.DateOrderAssumed = false
	switch {
	case proofs[DayMonth] && proofs[MonthDay]:
		p.DateOrder = ""
	case proofs[DayMonth]:
		p.DateOrder = DayMonth
	case proofs[MonthDay]:
		p.DateOrder = MonthDay
	case chosen != "":
		p.DateOrder = chosen
	default:
		p.DateOrder, p.DateOrderAssumed = DayMonth, proofs[eitherOrder]
	}
	return p.DateOrder
}
