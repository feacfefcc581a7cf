package app_test

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData makes what was written durable, without the file's times.
func syncData(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }
