package db

import (
	"fmt"
	"os"
	"sync"

	"badala/app/errs"

	"golang.org/x/sys/unix"
)

// SizeOf is how much a database takes with its log.
func SizeOf(path string) int64 {
	var n int64
	for _, name := range []string{path, path + "-wal"} {
		if st, err := os.Stat(name); err == nil {
			n += st.Size()
		}
	}
	return n
}

// Free is how many bytes may still be written into a folder.
func Free(dir string) (int64, error) {
	d, err := DiskOf(dir)
	return d.Free, err
}

// Room refuses work that would fill the disk: a folder needs a fifth more than
// what is to be written into it.
func Room(dir string, size int64) error {
	free, err := Free(dir)
	if err != nil {
		return err
	}
	if need := size + size/5; free < need {
		return &RoomError{Dir: dir, Need: need, Free: free}
	}
	return nil
}

// RoomError says that a disk is too full.
type RoomError struct {
	Dir        string
	Need, Free int64
}

func (e *RoomError) Error() string {
	return fmt.Sprintf("%s needs %d MB free and has %d MB: make room, or choose another place", e.Dir, e.Need>>20+1, e.Free>>20)
}

// SameDevice says whether two folders share a disk: what takes one takes both.
func SameDevice(a, b string) bool {
	var x, y unix.Stat_t
	return unix.Stat(a, &x) == nil && unix.Stat(b, &y) == nil && x.Dev == y.Dev
}

// Disk is the room on a database's disk.
type Disk struct{ Free, Total int64 }

// DiskOf is the room on the disk of a folder.
func DiskOf(dir string) (Disk, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return Disk{}, fmt.Errorf("%s: %w", dir, err)
	}
	return Disk{int64(st.Bavail) * int64(st.Bsize), int64(st.Blocks) * int64(st.Bsize)}, nil
}

// How much room is little, and what stops then. What customers write is always
// tried: nobody else keeps it.
const (
	DiskLow   = 1 << 30   // a warning; also below a tenth of the disk
	DiskExtra = 200 << 20 // no files, exports and imports
	DiskSends = 50 << 20  // no new messages to send
)

// Low says whether somebody should make room.
func (d Disk) Low() bool { return d.Free < DiskLow || d.Free < d.Total/10 }

// Use is what room is wanted for. The less it matters, the earlier it stops.
type Use int

// The uses that stop before the disk is full.
const (
	ForExtra Use = iota // files that are received or uploaded, exports, imports
	ForSends
)

// Codes of what Spare gives.
const (
	CodeDiskLow  = "disk_low"
	CodeDiskFull = "disk_full"
)

// diskFresh is how long (ms) the room that was found last is taken for granted.
const diskFresh = 2_000

// space remembers how much room there was.
type space struct {
	mu   sync.Mutex
	at   int64
	last Disk
}

// Disk is the room on the database's disk, as of the last two seconds.
func (d *DB) Disk() (Disk, error) {
	d.space.mu.Lock()
	defer d.space.mu.Unlock()
	now := d.Now()
	if d.space.at != 0 && now >= d.space.at && now-d.space.at < diskFresh {
		return d.space.last, nil
	}
	disk, err := d.disk(d.Dir())
	if err != nil {
		return Disk{}, err
	}
	d.space.at, d.space.last = now, disk
	return disk, nil
}

// Spare is nil while the disk has room for a use, else Unavailable. A disk that
// cannot be asked has room: writing will tell.
func (d *DB) Spare(use Use) error {
	disk, err := d.Disk()
	if err != nil {
		d.log.Warn("cannot see how full the disk is", "err", err)
		return nil
	}
	switch {
	case use == ForSends && disk.Free < DiskSends:
		return errs.Coded(errs.Unavailable, CodeDiskFull, "the server's disk is full: nothing can be sent until somebody makes room")
	case use == ForExtra && disk.Free < DiskExtra:
		return errs.Coded(errs.Unavailable, CodeDiskLow, "the server's disk is almost full: files, exports and imports wait until somebody makes room")
	}
	return nil
}
