package importer

import (
	"context"
	"strings"

	"badala/app/contact"
	"badala/app/db"
)

// check goes through all batches without writing and keeps what was found.
func (w *run) check(ctx context.Context, r *reader, g *grouping) error {
	i := w.i
	var issues []Issue
	p := &i.Preview
	p.Samples, p.Counts = nil, Counts{}
	p.Counts.add(g.counts)
	err := w.each(ctx, r, g, 0, func() int { return fewAtOnce }, func(ctx context.Context, b batch) error {
		o, err := w.decideBatch(w.DB.Read(ctx), i, g, b.people, sampleCount-len(p.Samples))
		if err != nil {
			return err
		}
		p.Counts.add(o.counts)
		p.Samples = append(p.Samples, o.samples...)
		issues = append(issues, o.issues[:min(len(o.issues), max(maxIssues-len(issues), 0))]...)
		w.tell(Checking, i.Total/2+b.rows/2, i.Total)
		return w.look(ctx)
	})
	if err != nil {
		return err
	}
	if p.NewFields, err = w.newFields(ctx); err != nil {
		return err
	}
	if err := w.removeSlowly(ctx, `DELETE FROM import_issue WHERE id IN (SELECT id FROM import_issue WHERE import_id = ? LIMIT 500)`, i.ID); err != nil {
		return err
	}
	all := append(g.issues, issues...)
	sortIssues(all)
	if err := w.issues(ctx, all[:min(len(all), maxIssues)]); err != nil {
		return err
	}
	i.State, i.Done = Checked, i.Total
	return w.DB.Write(ctx, func(tx *db.Tx) error { return i.saveTx(tx) })
}

// newFields lists the custom fields that the import would make.
func (w *run) newFields(ctx context.Context) ([]string, error) {
	have, err := contact.CustomFields(w.DB.Read(ctx), w.i.OrgID)
	known := map[string]bool{}
	for _, f := range have {
		known[foldWord(f.Name)], known[foldWord(f.Title())] = true, true
	}
	var all []string
	for _, c := range w.i.Settings.Columns {
		if name, ok := strings.CutPrefix(c.Field, CustomPrefix); ok && !known[foldWord(name)] {
			known[foldWord(name)] = true
			all = append(all, name)
		}
	}
	return all, err
}
