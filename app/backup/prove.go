package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"badala/app/db"
	"badala/app/media"
)

// Proof is what the full check of a fetched backup found.
type Proof struct {
	Manifest
	Described bool     // the backup came with a manifest of its own
	Missing   int      // media in the bucket that are not there
	Warnings  []string // what does not stop a restore
}

// Prove checks everything about a fetched backup: that it is ours, undamaged,
// of a version that this program knows, and holds all rows that it should. It
// gives way to all other work of the machine.
func Prove(ctx context.Context, f Fetched, s3 *media.S3Options, report Report) (p Proof, err error) {
	err = gently(func() error {
		p, err = prove(ctx, f, s3, report)
		return err
	})
	return p, err
}

func prove(ctx context.Context, f Fetched, s3 *media.S3Options, report Report) (p Proof, err error) {
	c, err := db.OpenCopyAs(ctx, f.Path, f.Name)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	report.tell(Checking, 0, 0)
	if p.Schema, err = c.Schema(ctx); err != nil {
		return p, fmt.Errorf("%s is damaged: %w", f.Name, err)
	}
	m, ok, err := inside(c.Read(ctx))
	if err != nil {
		return p, fmt.Errorf("%s is damaged: %w", f.Name, err)
	}
	if want := db.SchemaVersion(); p.Schema > want {
		return p, &db.SchemaError{Have: p.Schema, Want: want, Needs: m.App}
	}
	if err := c.Check(ctx, true); err != nil {
		return p, err
	}
	counts, err := countsOf(ctx, c)
	if err != nil {
		return p, err
	}
	schema := p.Schema
	p.Manifest, p.Described = m, ok
	if err := p.compare(f, counts, schema); err != nil {
		return p, err
	}
	return p, p.lookForMedia(ctx, c, s3)
}

// compare holds what the backup says about itself against what it is.
func (p *Proof) compare(f Fetched, counts map[string]int64, schema int) error {
	said := []Manifest{}
	if p.Described {
		said = append(said, p.Manifest)
	}
	if f.Described {
		said = append(said, f.Beside)
	} else {
		p.Warnings = append(p.Warnings, "there is no .json beside it, so that a changed letter inside a message could go unnoticed")
	}
	for _, m := range said {
		if m.Schema != schema {
			return fmt.Errorf("the backup is of schema version %d and says %d", schema, m.Schema)
		}
		if bad := differences(m.Counts, counts); len(bad) > 0 {
			return fmt.Errorf("the backup does not hold what it should: %s", strings.Join(bad, "; "))
		}
	}
	if !p.Described {
		p.Warnings = append(p.Warnings, "this is a plain copy of a database, not made by `badala backup`: nobody can say whether its newest messages are missing")
		p.Manifest = Manifest{Schema: schema, Counts: counts}
	}
	return nil
}

// lookForMedia counts the files that the backup leaves to a bucket and that
// are not there.
func (p *Proof) lookForMedia(ctx context.Context, c *db.Copy, s3 *media.S3Options) error {
	type object struct {
		org int64
		key string
	}
	all, err := db.All(c.Read(ctx), func(r *db.Rows, o *object) error { return r.Scan(&o.org, &o.key) },
		`SELECT org_id, key FROM media WHERE store = 's3' AND state = 'READY'`)
	if err != nil || len(all) == 0 {
		return err
	}
	if s3 == nil || s3.Bucket == "" {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d files are in an S3 bucket and were not looked for: give the --s3 settings", len(all)))
		return nil
	}
	b, err := openBucket(s3, "")
	if err != nil {
		return err
	}
	there, err := b.list(ctx, "orgs/")
	if err != nil {
		p.Warnings = append(p.Warnings, fmt.Sprintf("the bucket of the media cannot be read: %v", err))
		return nil
	}
	known := make(map[string]bool, len(there))
	for _, key := range there {
		known[key] = true
	}
	for _, o := range all {
		if !known["orgs/"+db.FormatID("org", o.org)+"/uploads/"+o.key] {
			p.Missing++
		}
	}
	if p.Missing > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("%d of %d files are not in the bucket %s", p.Missing, len(all), s3.Bucket))
	}
	return nil
}
