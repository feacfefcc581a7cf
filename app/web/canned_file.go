package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/table"
)

const (
	cannedFileLimit = 20 << 20
	cannedFileRows  = 5000
)

// cannedColumns are those of a file of quick replies.
var cannedColumns = []string{"shortcut", "title", "text", "language", "folder", "shared", "attachments", "used"}

// exportCanned writes the team's quick replies and the reader's own as a file
// that an import takes back unchanged.
func (s *Server) exportCanned(c *call) error {
	all, err := s.Inbox.CannedResponses(c.q(), c.actor.OrgID, c.actor.UserID, inbox.CannedFilter{})
	if err != nil {
		return err
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="badala-quick-replies-`+c.now().In(c.zone()).Format(time.DateOnly)+`.csv"`)
	out := table.NewCSV(c.w)
	if err := out.Write(cannedColumns...); err != nil {
		return ignoreGone(err)
	}
	for _, r := range all {
		shared := map[bool]string{true: "yes", false: "no"}[r.Shared()]
		if err := out.Write(r.Shortcut, r.Title, r.Body, r.Language, r.Folder, shared, strings.Join(r.MediaKeys, " "), strconv.Itoa(r.UsageCount)); err != nil {
			return ignoreGone(err)
		}
	}
	return ignoreGone(out.Flush())
}

// importCanned takes such a file.
func (s *Server) importCanned(c *call) error {
	rows, err := c.cannedRows()
	if _, large := asMaxBytes(err); large {
		err = errs.Coded(errs.TooLarge, "file_too_large", "the file is larger than 20 MB")
	}
	if refused(err) || errs.Is(err, errs.TooLarge) {
		return c.cannedPage(http.StatusUnprocessableEntity, nil, err)
	}
	if err != nil {
		return err
	}
	report, err := s.Inbox.ImportCanned(c.r.Context(), c.actor, rows)
	if err != nil {
		return err
	}
	return c.cannedPage(http.StatusOK, &report, nil)
}

// cannedRows reads the form's file by way of a temporary one.
func (c *call) cannedRows() ([]inbox.CannedRow, error) {
	c.extend()
	none := errs.Coded(errs.Unprocessable, "file_none", "choose a file")
	reader, err := c.r.MultipartReader()
	if err != nil {
		return nil, none
	}
	for range maxParts {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badBody(err)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		file, err := os.CreateTemp("", "badala-canned-*")
		if err != nil {
			return nil, err
		}
		defer os.Remove(file.Name())
		_, err = io.Copy(file, part)
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		return readCanned(c.r.Context(), file.Name(), part.FileName())
	}
	return nil, none
}

// readCanned reads the rows of a file by the names of its columns.
func readCanned(ctx context.Context, path, name string) ([]inbox.CannedRow, error) {
	unfit := errs.Coded(errs.Unprocessable, "canned_file", "the first row must name the columns shortcut and text")
	f, err := table.Open(ctx, path, name, table.Options{})
	if err != nil {
		return nil, err
	}
	if f.Kind == table.VCF || len(f.Sheets) == 0 {
		return nil, unfit
	}
	at := map[string]int{}
	var rows []inbox.CannedRow
	for r, err := range f.Rows(ctx, f.Sheets[0].Name) {
		if err != nil {
			return nil, err
		}
		if len(at) == 0 {
			for i, cell := range r.Cells {
				at[strings.ToLower(strings.TrimSpace(cell))] = i + 1
			}
			if at["shortcut"] == 0 || at["text"] == 0 {
				return nil, unfit
			}
			continue
		}
		if len(rows) == cannedFileRows {
			return nil, errs.Coded(errs.Unprocessable, "canned_rows", "the file has more than 5,000 rows")
		}
		rows = append(rows, cannedRow(r, at))
	}
	return rows, nil
}

func cannedRow(r table.Row, at map[string]int) inbox.CannedRow {
	cell := func(name string) string {
		i := at[name]
		if r.Problem != "" || i == 0 || i > len(r.Cells) {
			return ""
		}
		return strings.Clone(table.Unescape(r.Cells[i-1]))
	}
	row := inbox.CannedRow{Row: r.Number, CannedInput: inbox.CannedInput{Shortcut: cell("shortcut"), Title: cell("title"), Body: cell("text"),
		Language: cell("language"), Folder: cell("folder"), MediaKeys: strings.Fields(cell("attachments"))}}
	row.Shared = slices.Contains([]string{"yes", "true", "1", "نعم"}, strings.ToLower(strings.TrimSpace(cell("shared"))))
	return row
}
