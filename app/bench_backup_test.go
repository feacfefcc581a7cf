package app_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"badala/app/db"
)

const (
	backupRate = 1000
	backupFor  = 30 * time.Second
	chunkBytes = 256 << 10
)

// backupSize is how large a database is backed up, in MB: BADALA_BENCH_BACKUP_MB,
// or 1,024.
func backupSize() int {
	if mb, err := strconv.Atoi(os.Getenv("BADALA_BENCH_BACKUP_MB")); err == nil && mb > 0 {
		return mb
	}
	return 1024
}

// backups notes how long a backup of a large database takes beside a plain copy
// of a file of that size, and how webhooks fare meanwhile: one backup follows
// the other for as long as they arrive.
func (w *benchWorld) backups() {
	s := w.stoppedShop()
	mb := backupSize()
	w.weigh(s, int64(mb)<<20)
	plain := w.plainCopy(s.cfg.DB)
	real := w.serveBinary(s)
	before := w.countMessages(s.cfg.DB)
	alone := newSpread(w.startLoad(loadTask{Address: real.address(), Number: s.number, Salt: "alone", Rate: backupRate, For: backupFor / 2}).finish().Took)
	load := w.startLoad(loadTask{Address: real.address(), Number: s.number, Salt: "backup", Rate: backupRate, For: backupFor})
	dest := filepath.Join(w.TempDir(), "copy.db")
	var took []time.Duration
	for began := time.Now(); time.Since(began) < backupFor; {
		at := time.Now()
		if out, err := exec.Command(w.bin, "backup", "--db", s.cfg.DB, dest).CombinedOutput(); err != nil {
			w.Fatalf("backup: %v\n%s", err, out)
		}
		took = append(took, time.Since(at))
	}
	o := load.finish()
	real.end()
	slices.Sort(took)
	best, hooks := took[len(took)/2], newSpread(o.Took)
	factor := best.Seconds() / plain.Seconds()
	w.table.add(fmt.Sprintf("backup of %d MB, %d webhooks/s arriving", mb, backupRate), fmt.Sprintf("%.1f s (%.1f×, %d runs)", best.Seconds(), factor, len(took)),
		fmt.Sprintf("plain copy %.1f s", plain.Seconds()), "≤ 5×", factor <= 5)
	w.table.add("  webhooks meanwhile", hooks.String()+", max "+ms(hooks.max()), "without it "+alone.String(), "p99 ≤ 100 ms", hooks.p99() <= 100*time.Millisecond)
	missing := before + o.Done - w.countMessages(s.cfg.DB)
	w.table.add("  acknowledged messages missing", fmt.Sprint(missing), fmt.Sprintf("%d acknowledged", o.Done), "0", missing == 0)
	at := time.Now()
	verdict := "ok"
	c, err := db.OpenCopy(w.Context(), dest)
	w.must(err)
	if err := c.Check(w.Context(), true); err != nil {
		verdict = err.Error()
	}
	w.must(c.Close())
	w.table.add("  full check of the last one", fmt.Sprintf("%s, %.1f s", verdict, time.Since(at).Seconds()), "", "ok", verdict == "ok")
}

// weigh fills the shop's database: a quarter of it messages, the rest files.
func (w *benchWorld) weigh(s *shop, size int64) {
	w.Helper()
	s.fill(max(seedEach*100, int(size/4/700)), seedEach)
	d, err := db.Open(s.cfg.DB, db.Options{})
	w.must(err)
	for id := int64(1); db.SizeOf(s.cfg.DB) < size; id++ {
		w.must(d.Write(w.Context(), func(tx *db.Tx) error {
			for n := range 8 {
				if _, err := tx.Exec("INSERT INTO media_chunk (media_id, n, data) VALUES (?, ?, randomblob(?))", id, n, chunkBytes); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	w.must(d.Close())
}

// plainCopy is how long the machine takes to copy a file and put it on disk.
func (w *benchWorld) plainCopy(path string) time.Duration {
	w.Helper()
	from, err := os.Open(path)
	w.must(err)
	defer from.Close()
	name := filepath.Join(w.TempDir(), "plain.db")
	at := time.Now()
	to, err := os.Create(name)
	w.must(err)
	_, err = io.Copy(to, from)
	w.must(err)
	w.must(to.Sync())
	took := time.Since(at)
	w.must(to.Close())
	w.must(os.Remove(name))
	return took
}

func (w *benchWorld) countMessages(path string) int {
	w.Helper()
	d, err := db.Open(path, db.Options{Shared: true})
	w.must(err)
	defer d.Close()
	n, err := db.Value[int](d.Read(w.Context()), "SELECT count(*) FROM message WHERE wa_id LIKE 'wamid.backup%'")
	w.must(err)
	return n
}
