package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"badala/app/httpx"
)

const (
	smallHost  = 1 << 30 // bytes; below, fewer connections are held open
	smallConns = 2_000
)

// Memory is how many bytes this process may take, by its control group and the
// machine, as the files below root tell; 0 when they do not.
func Memory(root string) (least int64) {
	take := func(n int64) {
		if n > 0 && (least == 0 || n < least) {
			least = n
		}
	}
	if text, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
				kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
				take(kb << 10)
			}
		}
	}
	group := ""
	if text, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup")); err == nil {
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "0::"); ok {
				group = strings.TrimSpace(rest)
			}
		}
	}
	// A limit of any group above holds as well.
	for dir := filepath.Join("/", group); ; dir = filepath.Dir(dir) {
		if text, err := os.ReadFile(filepath.Join(root, "sys/fs/cgroup", dir, "memory.max")); err == nil {
			n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is no limit
			take(n)
		}
		if dir == "/" {
			return least
		}
	}
}

// heapRoom is how much more than what lives the heap may hold, in percent: on
// small machines room is dearer than the tenth of time that it saves.
const heapRoom = 70

// limitMemory keeps the heap small, and lets the collector work harder before
// the machine runs out: seven tenths are for Go, the rest for SQLite's caches
// and the system. Who sets GOGC or GOMEMLIMIT knows better.
func limitMemory(log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapRoom)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if all := Memory("/"); all > 0 {
		debug.SetMemoryLimit(all / 10 * 7)
		log.Debug("memory limit", "mb", all/10*7>>20)
	}
}

// maxConns is how many connections are held open at once.
func maxConns() int {
	if all := Memory("/"); all > 0 && all < smallHost {
		return smallConns
	}
	return httpx.MaxConns
}
