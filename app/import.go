package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/event"
	"badala/app/queue"

	"github.com/urfave/cli/v3"
)

// watchEvery is how often the command looks at an import that the server runs.
const watchEvery = 200 * time.Millisecond

func importCommand() *cli.Command {
	return &cli.Command{
		Name:  "import",
		Usage: "bring things in from other systems, also while the server runs",
		Commands: []*cli.Command{{
			Name:      "contacts",
			Usage:     "import contacts from a csv, tsv, xlsx or vcf file; repeating it changes nothing",
			ArgsUsage: "FILE",
			Flags: []cli.Flag{
				dbFlag(), flag("secret-key", "", "`KEY` that encrypts stored secrets, as for serve"),
				&cli.StringFlag{Name: "org", Required: true, Usage: "the organisation's `NAME` or id"},
				&cli.BoolFlag{Name: "dry-run", Usage: "say what would happen and write nothing"},
				&cli.StringFlag{Name: "country", Usage: "`CODE` of numbers without a country code, such as KW"},
				&cli.StringFlag{Name: "timezone", Usage: "`ZONE` of dates without one, such as Asia/Kuwait"},
				&cli.StringFlag{Name: "date-order", Usage: "DMY or MDY, for dates that could be both"},
				&cli.StringFlag{Name: "sheet", Usage: "`NAME` of the sheet of a workbook"},
				&cli.BoolFlag{Name: "consent-attested", Usage: "there is proof that people whose row says so agreed to marketing"},
				&cli.StringFlag{Name: "report", Usage: "write the rows with issues to this csv or xlsx `FILE`"},
			},
			Action: importContacts,
		}},
	}
}

// bench is the database with an importer: the whole program without a listener
// where no server runs, else only what hands the work to that server.
type bench struct {
	db      *db.DB
	imports *importer.Service
	served  bool // a server runs and does the work
	close   func() error
}

func importContacts(ctx context.Context, c *cli.Command) (err error) {
	name := c.Args().First()
	if name == "" || c.NArg() > 1 {
		return fmt.Errorf("say which file: badala import contacts --org ORG FILE")
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	b, err := openBench(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	org, err := account.FindOrg(b.db.Read(ctx), c.String("org"))
	if err != nil {
		return err
	}
	who := account.SystemActor(org.ID)
	who.Name = "badala import"
	i, err := b.imports.Upload(ctx, who, filepath.Base(name), file)
	if err != nil {
		return err
	}
	if i, err = b.imports.Configure(ctx, who, i.ID, patchFrom(c)); err != nil {
		return err
	}
	w := c.Root().Writer
	describe(w, i)
	start := b.imports.Start
	if c.Bool("dry-run") {
		start = b.imports.Check
	}
	if err := start(ctx, who, i.ID); err != nil {
		return err
	}
	if i, err = b.finish(ctx, i, c.Root().ErrWriter); err != nil {
		return err
	}
	if err := summary(w, i); err != nil {
		return err
	}
	if report := c.String("report"); report != "" {
		return b.report(ctx, who, i, report)
	}
	return nil
}

func patchFrom(c *cli.Command) importer.Patch {
	var p importer.Patch
	for flag, to := range map[string]**string{"country": &p.DefaultCountry, "timezone": &p.Timezone, "date-order": &p.DateOrder, "sheet": &p.Sheet} {
		if v := c.String(flag); v != "" {
			*to = &v
		}
	}
	if c.Bool("consent-attested") {
		p.ConsentAttested = new(true)
	}
	return p
}

// openBench opens the database next to a running server, or with all parts of
// the program, so that webhooks hear of new contacts either way.
func openBench(ctx context.Context, c *cli.Command) (*bench, error) {
	path, log := dbPath(c), slog.New(slog.DiscardHandler)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("there is no database at %s: %w", path, err)
	}
	if d, err := db.Open(path, db.Options{}); err == nil {
		a := &App{DB: d, cfg: Config{DB: path, SecretKey: c.String("secret-key"), GraphURL: defaultGraphURL, GraphVersion: defaultGraphVersion}, log: log, clock: db.SystemClock{}}
		if a.listen, err = net.Listen("tcp", "127.0.0.1:0"); err == nil { // nobody is answered: links need an address
			err = a.wire(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, a.Stop())
		}
		return &bench{db: d, imports: a.Imports, close: a.Stop}, nil
	}
	d, err := db.Open(path, db.Options{Shared: true})
	if err != nil {
		return nil, err
	}
	events := event.New()
	s, err := importer.New(importer.Deps{DB: d, Events: events, Queue: queue.New(d, log), Contacts: contact.New(d, events, log), Log: log})
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &bench{db: d, imports: s, served: true, close: d.Close}, nil
}

// finish does the work, or watches the server do it. A watched import goes on
// when the command is interrupted.
func (b *bench) finish(ctx context.Context, i importer.Import, to io.Writer) (importer.Import, error) {
	bar := newBar(to)
	defer bar.end()
	if !b.served {
		if err := b.imports.Run(ctx, i.ID, func(_ string, done, total int) { bar.show(done, total) }); err != nil {
			return i, err
		}
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		now, err := b.imports.Get(b.db.Read(ctx), i.OrgID, i.ID)
		if err != nil || !now.Working() {
			return now, err
		}
		bar.show(now.Done, now.Total)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return now, errors.New("the import goes on in the server")
		}
	}
}

// describe says how the file was understood.
func describe(w io.Writer, i importer.Import) {
	source := i.Settings.Source
	if source == "" {
		source = "no system that is known"
	}
	fmt.Fprintf(w, "%s: %s of %s\n", i.Name, i.Recognised.Kind, source)
	for _, c := range i.Settings.Columns {
		field := c.Field
		if field == importer.Ignore {
			field = "(ignored)"
		}
		fmt.Fprintf(w, "  %-30s %s\n", c.Header, field)
	}
}

// summary tells what came of it; a file that failed is an error.
func summary(w io.Writer, i importer.Import) error {
	n, verb := i.Counts, "were"
	if i.State == importer.Checked {
		n, verb = i.Preview.Counts, "would be"
	}
	if i.State == importer.Failed {
		return fmt.Errorf("%s (%s)", i.Message, i.Code)
	}
	_, err := fmt.Fprintf(w, "%d rows: %d %s created, %d updated, %d unchanged, %d folded into others, %d not applied\n",
		n.Rows, n.Created, verb, n.Updated, n.Unchanged, n.Duplicates, n.Errors)
	return err
}

// report writes the rows with issues to a file.
func (b *bench) report(ctx context.Context, who account.Actor, i importer.Import, name string) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	format := importer.FormatCSV
	if strings.EqualFold(filepath.Ext(name), ".xlsx") {
		format = importer.FormatXLSX
	}
	return b.imports.Report(ctx, who, i.ID, format, nil, f)
}

// bar is a line on a terminal that shows how far the work is; elsewhere it is
// nothing.
type bar struct {
	w    io.Writer
	last int
}

const barWidth = 40

func newBar(w io.Writer) *bar {
	f, ok := w.(*os.File)
	if !ok {
		return &bar{}
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return &bar{}
	}
	return &bar{w: w, last: -1}
}

func (b *bar) show(done, total int) {
	percent := 100 * done / max(total, 1)
	if b.w == nil || percent == b.last {
		return
	}
	b.last = percent
	full := barWidth * percent / 100
	fmt.Fprintf(b.w, "\r[%s%s] %3d %%", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), percent)
}

func (b *bar) end() {
	if b.w != nil && b.last >= 0 {
		fmt.Fprint(b.w, "\r", strings.Repeat(" ", barWidth+8), "\r")
		b.last = -1
	}
}
