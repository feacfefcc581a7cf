package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/table"
)

// contactColumns are those of an exported file, by names that an import knows;
// the organisation's own fields follow.
var contactColumns = []string{"name", "phone", "otherPhone", "email", "tags", "externalId", "marketingConsent",
	"company", "website", "jobTitle", "address", "source", "createdAt", "notes"}

// exportContacts writes the contacts that the filter picks, or those that are
// ticked, as a file, while it reads them.
func (s *Server) exportContacts(c *call) error {
	if err := c.actor.Require(account.ManageContacts); err != nil {
		return err
	}
	pick, _, err := c.bulkPick()
	if err != nil {
		return err
	}
	if c.r.Method == http.MethodGet {
		pick.IDs = nil
	}
	fields, err := contact.CustomFields(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	var own []string
	for _, f := range fields {
		own = append(own, f.Name)
	}
	if err := s.Contacts.AuditExport(c.r.Context(), c.actor, pick); err != nil {
		return err
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(c.now().Add(exportTime))
	h, name := c.w.Header(), "badala-contacts-"+c.now().In(c.zone()).Format(time.DateOnly)
	if c.field("format") == "xlsx" {
		h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		h.Set("Content-Disposition", `attachment; filename="`+name+`.xlsx"`)
		out, err := table.NewXLSX(c.w, "Contacts")
		if err == nil {
			err = c.writeContacts(out.Write, pick, own)
		}
		if err == nil {
			err = out.Close()
		}
		return ignoreGone(err)
	}
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	out := table.NewCSV(c.w)
	if err := c.writeContacts(out.Write, pick, own); err != nil {
		panic(http.ErrAbortHandler) // the file must not look whole
	}
	return ignoreGone(out.Flush())
}

// writeContacts writes the head and a row for each contact.
func (c *call) writeContacts(write func(cells ...string) error, pick contact.BulkPick, own []string) error {
	if err := write(append(slices.Clone(contactColumns), own...)...); err != nil {
		return err
	}
	return c.s.Contacts.Each(c.r.Context(), c.actor.OrgID, pick, func(ct contact.Contact) error {
		tags := make([]string, len(ct.Tags))
		for i, t := range ct.Tags {
			tags[i] = t.Name
		}
		consent := ""
		if ct.Consent != nil {
			consent = map[bool]string{true: "true", false: "false"}[*ct.Consent]
		}
		cells := []string{ct.Name, ct.Phone, strings.Join(ct.OtherPhones, " ::: "), ct.Email, strings.Join(tags, " ::: "), ct.ExternalID, consent,
			ct.Company.Name, ct.Company.Website, ct.Company.JobTitle, ct.Company.Address, ct.Source, db.FormatTime(ct.CreatedAt), ct.Notes}
		custom := maps.Clone(ct.Custom)
		for _, name := range own {
			cells = append(cells, custom[name])
		}
		return write(cells...)
	})
}
