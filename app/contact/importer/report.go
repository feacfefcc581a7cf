package importer

import (
	"context"
	"errors"
	"io"
	"strconv"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/table"
)

// reportHeader are the columns of a report, before those of the file itself.
// The importer knows them again and ignores them.
var reportHeader = []string{"row", "severity", "code", "column", "value", "message", "other contact"}

const reportSize = 20 << 20

// Formats of files that are written.
const (
	FormatCSV  = "csv"
	FormatXLSX = "xlsx"
)

// rowWriter is what both formats have in common.
type rowWriter interface {
	Write(cells ...string) error
	io.Closer
}

type csvFile struct{ *table.CSVWriter }

func (c csvFile) Close() error { return c.Flush() }

func knownFormat(format string) error {
	switch format {
	case FormatCSV, FormatXLSX, "":
		return nil
	}
	return errs.Field("format", "csv or xlsx")
}

func writerOf(format string, w io.Writer) (rowWriter, error) {
	if format == FormatXLSX {
		return table.NewXLSX(w, "Contacts")
	}
	return csvFile{table.NewCSV(w)}, nil
}

// Report writes the rows of which there is something to say, the reasons
// first, then the columns of the file, so that it can be corrected and
// uploaded. say translates a code; nil is English. Rows are people's: that they
// leave as a file is written down. Whatever may refuse it does so before the
// first byte.
func (s *Service) Report(ctx context.Context, who account.Actor, id int64, format string, say func(code string) string, w io.Writer) (err error) {
	defer errs.Wrap(&err, "importer.Report(%d)", id)
	if err := errors.Join(mine(who), knownFormat(format)); err != nil {
		return err
	}
	if say == nil {
		say = Text
	}
	i, err := s.Get(s.DB.Read(ctx), who.OrgID, id)
	if err != nil {
		return err
	}
	if err := s.DB.Write(ctx, func(tx *db.Tx) error { return auditTx(tx, who, i, "import.report", format) }); err != nil {
		return err
	}
	out, err := writerOf(format, w)
	if err != nil {
		return err
	}
	header := append([]string(nil), reportHeader...)
	for _, c := range i.Settings.Columns {
		header = append(header, c.Header)
	}
	if err := out.Write(header...); err != nil {
		return err
	}
	if err := s.reportRows(ctx, i, say, out); err != nil {
		return err
	}
	return out.Close()
}

// line is an issue as the report reads it.
type line struct {
	Issue
	id int64
}

func (s *Service) reportRows(ctx context.Context, i Import, say func(string) string, out rowWriter) error {
	row, after, size := 0, int64(0), 0
	for size < reportSize {
		page, err := db.All(s.DB.Read(ctx), func(r *db.Rows, l *line) error {
			var cells []byte
			err := r.Scan(&l.id, &l.Row, &l.Severity, &l.Code, &l.Column, &l.Value, &l.ContactID, &cells)
			l.cells = unpackCells(cells)
			return err
		}, `SELECT id, row, severity, code, "column", value, contact_id, cells FROM import_issue
			WHERE import_id = ? AND org_id = ? AND (row, id) > (?, ?) ORDER BY row, id LIMIT 500`, i.ID, i.OrgID, row, after)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, l := range page {
			other := ""
			if l.ContactID != 0 {
				other = db.FormatID("contact", l.ContactID)
			}
			cells := append([]string{strconv.Itoa(l.Row), l.Severity, l.Code, l.Column, l.Value, say(l.Code), other}, l.cells...)
			for _, c := range cells {
				size += len(c)
			}
			if err := out.Write(cells...); err != nil {
				return err
			}
		}
		row, after = page[len(page)-1].Row, page[len(page)-1].id
	}
	return nil
}

// Text says in English what a code means, and what to do about it.
func Text(code string) string {
	if t, ok := texts[code]; ok {
		return t
	}
	return code
}

var texts = map[string]string{
	"phone_missing":                  "There is no phone number. Add one, or allow contacts without a phone.",
	"phone_invalid":                  "This is not a number of any country. Check its digits.",
	"phone_not_a_number":             "This is not a phone number.",
	"phone_truncated_by_spreadsheet": "A spreadsheet program cut this number. Format the column as text and export again.",
	"phone_no_country":               "The country code is missing. Add it, or choose a default country.",
	"external_id_damaged":            "A spreadsheet program cut this id. Format the column as text and export again.",
	table.BadQuotes:                  "The quotation marks of this line do not fit. Correct them.",
	"too_many_cells":                 "The row has more cells than the header: a separator inside a value has shifted the columns.",
	"conflict_external_id_phone":     "The id belongs to one contact and the phone to another. Decide which is right, or merge the two.",
	"conflict_phone_owned":           "The phone belongs to a contact with another id.",
	"duplicate_external_id_in_file":  "The same id is in an earlier row with another phone.",
	"unassigned_range":               "The number is of a range that is not known yet; it was taken as it is.",
	"several_numbers":                "The cell holds several numbers: the first is the phone, the others are further phones.",
	"extension_dropped":              "The extension of the number was dropped.",
	"ambiguous_country":              "The number could be of two countries. Write it with + and its country code to be sure.",
	"matched_by_alias":               "The contact was found by another spelling of this number.",
	"phone_changed":                  "The contact has a new number; the former one still finds it.",
	"email_invalid":                  "This is not an e-mail address; it was left out.",
	"boolean_unrecognised":           "This is neither yes nor no; it was left out.",
	"date_invalid":                   "This is not a date, or its day and month cannot be told apart; it was left out.",
	"date_out_of_range":              "The date lies in the future or before 1990; it was left out.",
	"consent_not_raised":             "The person has refused marketing; an import does not change that.",
	"consent_needs_proof":            "Consent was not taken over: nobody attested that there is proof of it.",
	"formula_like_value":             "The value looks like a formula; it was taken as text.",
	"formula_without_value":          "The file does not hold the result of this formula. Open and save it in Excel.",
	"value_invalid":                  "The value does not fit its field; it was left out.",
	"value_truncated":                "The value was too long and was cut.",
	"folded_duplicate":               "The row is of the same person as an earlier row and was added to it.",
}
