package db_test

import (
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// TestAFullDiskStopsTheRightThingsFirst takes room away step by step and gives
// it back.
func TestAFullDiskStopsTheRightThingsFirst(t *testing.T) {
	t.Parallel()
	var free, now atomic.Int64
	now.Store(1_700_000_000_000)
	broken := errors.New("no such disk")
	d, err := db.Open(filepath.Join(t.TempDir(), "t.db"), db.Options{Clock: ticking{&now}, Disk: func(string) (db.Disk, error) {
		if free.Load() < 0 {
			return db.Disk{}, broken
		}
		return db.Disk{Free: free.Load(), Total: 5 << 30}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, c := range []struct {
		free               int64
		low, extras, sends bool
	}{
		{2 << 30, false, true, true}, {900 << 20, true, true, true}, {199 << 20, true, false, true}, {49 << 20, true, false, false},
		{51 << 20, true, false, true}, {3 << 30, false, true, true},
	} {
		free.Store(c.free)
		now.Add(3000)
		disk, err := d.Disk()
		if err != nil || disk.Low() != c.low {
			t.Errorf("%d MiB: %+v %v", c.free>>20, disk, err)
		}
		extras, sends := d.Spare(db.ForExtra), d.Spare(db.ForSends)
		if (extras == nil) != c.extras || (sends == nil) != c.sends {
			t.Errorf("%d MiB: %v, %v", c.free>>20, extras, sends)
		}
		for _, err := range []error{extras, sends} {
			if err != nil && !errs.Is(err, errs.Unavailable) {
				t.Errorf("%v is not 503", err)
			}
		}
	}
	free.Store(-1)
	now.Add(3000)
	if err := d.Spare(db.ForSends); err != nil {
		t.Errorf("a disk that cannot be asked stops sending: %v", err)
	}
}

// ticking is a clock that the test turns.
type ticking struct{ ms *atomic.Int64 }

func (c ticking) Now() time.Time { return time.UnixMilli(c.ms.Load()) }
