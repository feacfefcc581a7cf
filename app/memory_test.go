package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"badala/app"
)

// TestMemoryIsTheSmallestLimit reads what the system tells of machines and
// containers.
func TestMemoryIsTheSmallestLimit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing is told": {nil, 0},
		"a machine":       {map[string]string{"proc/meminfo": "MemTotal:         500000 kB\nMemFree:  1 kB\n", "sys/fs/cgroup/memory.max": "max\n"}, 500000 << 10},
		"a container":     {map[string]string{"proc/meminfo": "MemTotal: 8000000 kB\n", "sys/fs/cgroup/memory.max": "268435456\n"}, 256 << 20},
		"a service": {map[string]string{"proc/meminfo": "MemTotal: 8000000 kB\n", "proc/self/cgroup": "0::/system.slice/badala.service\n",
			"sys/fs/cgroup/system.slice/memory.max": "1073741824\n", "sys/fs/cgroup/system.slice/badala.service/memory.max": "536870912\n"}, 512 << 20},
	} {
		root := t.TempDir()
		for file, text := range c.files {
			path := filepath.Join(root, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := app.Memory(root); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
