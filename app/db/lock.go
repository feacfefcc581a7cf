package db

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// takeLock makes this process the only server of a database.
func takeLock(path string) (*os.File, error) {
	for range 10 {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("the folder of the database cannot be written: %w", err)
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			f.Close()
			return nil, fmt.Errorf("%s is locked: another badala is running on this database; stop it first", path)
		}
		if sameFile(f, path) {
			return f, nil
		}
		f.Close() // the owner before us removed the file we opened
	}
	return nil, fmt.Errorf("%s could not be locked", path)
}

func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// dropLock removes the lock file while it is still held, so that a clean stop
// leaves one file, then lets go.
func dropLock(f *os.File) error {
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// Lock makes this process the only one of a database until release is called,
// without opening it.
func Lock(path string) (release func() error, err error) {
	f, err := takeLock(path + ".lock")
	if err != nil {
		return nil, err
	}
	return func() error { return dropLock(f) }, nil
}
