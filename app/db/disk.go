package db

import (
	"fmt"
	"os"

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
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("%s: %w", dir, err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
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
