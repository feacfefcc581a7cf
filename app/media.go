package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/queue"

	"github.com/urfave/cli/v3"
)

func mediaCommand() *cli.Command {
	return &cli.Command{
		Name:  "media",
		Usage: "move pictures, voice notes and documents between the database file and an S3 bucket",
		Commands: []*cli.Command{{
			Name:  "move",
			Usage: "move all stored media, also while the server runs; it may be cut off and begun again",
			Description: "Each file is copied, read back and compared before the old bytes go. Where the server runs, it does the work, with the\n" +
				"bucket that it was started with. Files that are missing or damaged stay as they are, are named, and make the exit status 1.\n" +
				"Without a server, a move out of the database makes its file smaller at the end.",
			Flags: append([]cli.Flag{
				dbFlag(),
				&cli.StringFlag{Name: "to", Required: true, Usage: "`STORE`: s3, or embedded for the database file"},
				&cli.BoolFlag{Name: "dry-run", Usage: "say how many files and bytes would be moved, and change nothing"},
			}, s3Flags()...),
			Action: moveMedia,
		}},
	}
}

// mover is a move from the command line.
type mover struct {
	path string
	to   string
	s3   S3Config
	out  io.Writer
	bar  *bar

	served bool // the server that runs does the work
}

var moveTargets = map[string]string{"s3": media.InBucket, "embedded": media.InDatabase}

func moveMedia(ctx context.Context, c *cli.Command) error {
	m := &mover{path: dbPath(c), to: moveTargets[c.String("to")], s3: s3From(c), out: c.Root().Writer, bar: newBar(c.Root().ErrWriter)}
	defer m.bar.end()
	if m.to == "" {
		return fmt.Errorf("--to: %q is neither s3 nor embedded", c.String("to"))
	}
	if err := m.s3.check(); err != nil {
		return err
	}
	if _, _, err := db.SchemaOf(ctx, m.path); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return m.try(ctx)
	}
	d, err := db.Open(m.path, db.Options{Version: version()})
	if err == nil {
		return m.alone(ctx, d)
	}
	if d, err = db.Open(m.path, db.Options{Shared: true}); err != nil {
		return err
	}
	m.served = true
	return m.beside(ctx, d)
}

// try counts what would be moved.
func (m *mover) try(ctx context.Context) (err error) {
	d, err := openBeside(m.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	files, bytes, err := media.ToMove(d.Read(ctx), m.to)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.out, "%d files (%s) would be moved. Nothing was changed.\n", files, size(bytes))
	return err
}

// service is media on a database; its jobs are not run here.
func (m *mover) service(ctx context.Context, d *db.DB) (*media.Service, error) {
	var o media.Options
	if m.s3.Bucket != "" {
		o.S3 = m.s3.server()
	}
	quiet := slog.New(slog.DiscardHandler)
	return media.New(ctx, d, queue.New(d, quiet), quiet, o)
}

// alone moves the files where no server runs.
func (m *mover) alone(ctx context.Context, d *db.DB) (err error) {
	defer func() { err = errors.Join(err, d.Close()) }()
	s, err := m.service(ctx, d)
	if err != nil {
		return err
	}
	if err := s.EndMove(ctx); err != nil {
		return err
	}
	moved, err := s.Move(ctx, m.to, func(done, total int64) { m.bar.report("", done, total) })
	err = errors.Join(err, m.note(context.WithoutCancel(ctx), d, moved))
	m.bar.end()
	if err != nil {
		return m.stopped(moved, err)
	}
	if m.to == media.InBucket {
		if err := m.shrink(ctx, d); err != nil {
			return err
		}
	}
	return m.tell(moved)
}

// note writes a move into the audit log.
func (m *mover) note(ctx context.Context, d *db.DB, moved media.Moved) error {
	if moved.Files == 0 {
		return nil
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		return account.AuditEverywhereTx(tx, account.SystemActor(0), account.Line{
			Action: "media.move", Detail: m.to, After: map[string]int64{"files": moved.Files, "bytes": moved.Bytes},
		})
	})
}

// stopped says how far a move came that ended early.
func (m *mover) stopped(moved media.Moved, err error) error {
	if e := errs.As(err); e != nil && moved.Files == 0 {
		return errors.New(e.Message)
	}
	return fmt.Errorf("%w\n%d files (%s) were moved; run it again: it goes on where it stopped", err, moved.Files, size(moved.Bytes))
}

// watchMove is how often the command looks at a move that the server makes.
const watchMove = 200 * time.Millisecond

// beside lets the server that runs move the files.
func (m *mover) beside(ctx context.Context, d *db.DB) (err error) {
	defer func() { err = errors.Join(err, d.Close()) }()
	s, err := m.service(ctx, d)
	if err != nil {
		return err
	}
	if err := s.AskMove(ctx, m.to); err != nil {
		return err
	}
	tick := time.NewTicker(watchMove)
	defer tick.Stop()
	var st media.MoveState
	for !st.Ended {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("the move goes on in the server")
		}
		if st, err = media.LastMove(d.Read(ctx)); err != nil {
			return err
		}
		if !st.Ended && !db.Locked(m.path) {
			return m.deserted(ctx, s, st)
		}
		m.bar.report("", st.Done, st.Total)
	}
	m.bar.end()
	if err := m.note(ctx, d, st.Moved); err != nil {
		return err
	}
	if st.Error != "" {
		return m.stopped(st.Moved, errs.New(errs.Unavailable, st.Error))
	}
	unused, err := d.Unused(ctx)
	if err != nil {
		return err
	}
	if m.to == media.InBucket && worthIt(unused, db.SizeOf(m.path)) {
		fmt.Fprintf(m.out, "%s keeps its size: %s in it are free, and are used for what comes next.\nTo make it smaller, stop the server and run this once more.\n",
			filepath.Base(m.path), size(unused))
	}
	return m.tell(st.Moved)
}

// deserted ends a watch for which nobody works any more. What no server has begun
// is taken back.
func (m *mover) deserted(ctx context.Context, s *media.Service, st media.MoveState) error {
	if st.UpdatedAt > st.AskedAt {
		return errors.New("the server was stopped: the move goes on when it starts again")
	}
	if err := s.EndMove(ctx); err != nil {
		return err
	}
	return errors.New("another badala had the database and is done: run it again")
}

// worthIt says whether so much free space is worth writing a file anew.
func worthIt(unused, all int64) bool { return unused > 1<<20 && unused > all/10 }

// shrink gives the space back that the files took in the database.
func (m *mover) shrink(ctx context.Context, d *db.DB) error {
	unused, err := d.Unused(ctx)
	if err != nil {
		return err
	}
	if err := d.Close(); err != nil {
		return err
	}
	before := db.SizeOf(m.path)
	if !worthIt(unused, before) {
		return nil
	}
	if err := db.Compact(ctx, m.path); err != nil {
		fmt.Fprintf(m.out, "%s keeps its size: %v.\n%s in it are free, and are used for what comes next. Run this once more to try again.\n", filepath.Base(m.path), err, size(unused))
		return nil
	}
	_, err = fmt.Fprintf(m.out, "%s has %s now; it had %s.\n", filepath.Base(m.path), size(db.SizeOf(m.path)), size(before))
	return err
}

// tell says what was moved and what was not.
func (m *mover) tell(moved media.Moved) error {
	where := "in the bucket"
	if m.to == media.InDatabase {
		where = "in the database file"
	}
	if moved.Files == 0 && moved.Missed == 0 {
		_, err := fmt.Fprintf(m.out, "Nothing to move: every file is %s.\n", where)
		return err
	}
	fmt.Fprintf(m.out, "%d files (%s) were moved and are %s.\n", moved.Files, size(moved.Bytes), where)
	if moved.Files > 0 {
		fmt.Fprintln(m.out, m.next())
	}
	for _, l := range moved.Left {
		fmt.Fprintf(m.out, "  %s: orgs/%s/uploads/%s\n", l.Reason, db.FormatID("org", l.Org), l.Key)
	}
	if moved.Missed > 0 {
		return fmt.Errorf("%d files are missing or damaged and stayed as they were", moved.Missed)
	}
	return nil
}

// next is what is to be done after a move.
func (m *mover) next() string {
	switch {
	case m.to == media.InBucket && m.served:
		return "Back the bucket up as well."
	case m.to == media.InBucket:
		return "Start the server with the same --s3 settings, and back the bucket up as well."
	}
	text := "Make a backup now: those made before look for their files in the bucket.\n"
	if m.served {
		return text + "New files go to the bucket as long as the server runs with --s3-bucket."
	}
	return text + "Start the server without --s3-bucket, or new files go to the bucket."
}
