package importer

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/table"
)

// exportHeader are the columns of an export, before custom fields. The first
// one tells the importer whose file it is.
var exportHeader = []string{
	"Badala ID", "Name", "Phone", "Other phones", "Email", "Tags", "External ID", "Marketing consent",
	"Company", "Website", "Job title", "Company address", "Source", "Notes", "WhatsApp user ID", "Created at",
}

// Export writes the contacts of a filter. Imported again it changes nothing.
func (s *Service) Export(ctx context.Context, who account.Actor, f contact.Filter, format string, w io.Writer) error {
	return s.ExportPick(ctx, who, contact.BulkPick{Filter: f}, format, w)
}

// ExportPick writes the contacts of a pick, newest first and a few at a time.
// Whatever may refuse it does so before the first byte.
func (s *Service) ExportPick(ctx context.Context, who account.Actor, pick contact.BulkPick, format string, w io.Writer) (err error) {
	defer errs.Wrap(&err, "importer.Export")
	if err := mine(who); err != nil {
		return err
	}
	if err := s.DB.Spare(db.ForExtra); err != nil {
		return err
	}
	fields, err := exportFields(s.DB.Read(ctx), who.OrgID)
	if err != nil {
		return err
	}
	if err := knownFormat(format); err != nil {
		return err
	}
	if err := s.Contacts.AuditExport(ctx, who, pick, format); err != nil {
		return err
	}
	out, err := writerOf(format, w)
	if err != nil {
		return err
	}
	if err := out.Write(append(slices.Clone(exportHeader), fields...)...); err != nil {
		return err
	}
	err = s.Contacts.Each(ctx, who.OrgID, pick, func(st *contact.State) error {
		cells := exportCells(st)
		for _, f := range fields {
			cells = append(cells, st.Custom[f])
		}
		return out.Write(cells...)
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// exportFields are the custom fields of the organisation, and others that
// contacts have.
func exportFields(q db.Q, org int64) ([]string, error) {
	defined, err := contact.CustomFields(q, org)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(defined))
	for _, f := range defined {
		names = append(names, f.Name)
	}
	used, err := db.All(q, func(r *db.Rows, s *string) error { return r.Scan(s) },
		`SELECT DISTINCT j.key FROM contact c, json_each(c.custom) j WHERE c.org_id = ? AND c.custom <> '{}' ORDER BY 1`, org)
	for _, n := range used {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names, err
}

func exportCells(st *contact.State) []string {
	tags := make([]string, len(st.Tags))
	for n, t := range st.Tags {
		tags[n] = t.Name
	}
	consent, source := "", st.Origin
	if st.Consent != nil {
		consent = map[bool]string{true: "true", false: "false"}[*st.Consent]
	}
	if source == "" && st.Source != contact.FromImport {
		source = strings.ToLower(st.Source)
	}
	return []string{
		db.FormatID("contact", st.ID), st.Name, st.Phone, strings.Join(st.OtherPhones, table.Join), st.Email, tagCell(tags), st.ExternalID, consent,
		st.Company.Name, st.Company.Website, st.Company.JobTitle, st.Company.Address, source, st.Notes, st.UserID, db.FormatTime(st.CreatedAt),
	}
}

// tagCell writes tags so that the importer splits them where they end.
func tagCell(tags []string) string {
	if slices.ContainsFunc(tags, func(t string) bool { return strings.ContainsAny(t, ",;|،؛[") }) {
		if b, err := json.Marshal(tags); err == nil {
			return string(b)
		}
	}
	return strings.Join(tags, "; ")
}
