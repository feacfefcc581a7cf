package web

import (
	"net/http"
	"time"

	"badala/app/contact/importer"
)

// exportContacts writes the contacts that the filter picks, or those that are
// ticked, as a file.
func (s *Server) exportContacts(c *call) error {
	pick, _, err := c.bulkPick()
	if err != nil {
		return err
	}
	if c.r.Method == http.MethodGet {
		pick.IDs = nil
	}
	d := download{call: c, name: "badala-contacts-" + c.now().In(c.zone()).Format(time.DateOnly), format: firstOf(c.field("format"), importer.FormatCSV)}
	return d.end(s.Imports.ExportPick(c.r.Context(), c.actor, pick, d.format, &d))
}

// download is a file that is sent while it is made. Until its first byte an
// error is answered as any other.
type download struct {
	*call
	name, format string
	begun        bool
}

var downloadTypes = map[string]string{
	importer.FormatCSV:  "text/csv; charset=utf-8",
	importer.FormatXLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// Write sends a part, the head of the answer before the first.
func (d *download) Write(p []byte) (int, error) {
	if !d.begun {
		d.begun = true
		_ = http.NewResponseController(d.w).SetWriteDeadline(d.now().Add(exportTime))
		d.w.Header().Set("Content-Type", downloadTypes[d.format])
		d.w.Header().Set("Content-Disposition", `attachment; filename="`+d.name+"."+d.format+`"`)
	}
	return d.w.Write(p)
}

// end cuts the connection when a file broke off, for it must not look whole.
func (d *download) end(err error) error {
	if err == nil || !d.begun {
		return err
	}
	if ignoreGone(err) != nil && d.r.Context().Err() == nil {
		d.s.Log.WarnContext(d.r.Context(), "a file broke off", "file", d.name, "err", err)
	}
	panic(http.ErrAbortHandler)
}
