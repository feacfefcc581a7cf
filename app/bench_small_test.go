package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"badala/app/db"
	"badala/app/table"
)

const (
	smallMemory = 512 << 20 // bytes
	smallEach   = 10        // messages of a conversation
	smallRounds = 40
	smallRate   = 100 // webhooks a second meanwhile
	smallRows   = 10_000
	smallFor    = 15 * time.Second
	// smallGo is what serve gives Go on such a machine: seven tenths.
	smallGo = smallMemory / 10 * 7 >> 20
)

// small notes how a server of 512 MB does with a million messages in 100,000
// conversations: pages, a search, an import, an export and a backup while
// webhooks arrive. Where the machine lets us, all its processes live in a
// control group of that size, the disk's cache included.
func (w *benchWorld) small() {
	s := w.stoppedShop()
	f := s.fill(*benchMessages, smallEach)
	group := w.memoryGroup()
	at := time.Now()
	real := w.serveSmall(s, group)
	started := time.Since(at)
	cookie, org, token := real.signIn(), db.FormatID("org", s.org), real.login()
	name := fmt.Sprintf("%d messages, %d conversations in 512 MB", f.messages, f.conversations)
	if group == "" {
		name += " (no control group here)"
	}
	data := w.contactsFile(smallRows, func(b *bytes.Buffer) (rowWriter, error) { return csvFile{table.NewCSV(b)}, nil })
	var rows [][3]string
	for _, part := range []struct {
		name string
		do   func() string
	}{
		{"pages", func() string { return newSpread(w.browse(real, cookie)).String() }},
		{fmt.Sprintf("import of %d", smallRows), func() string { return seconds(w.importFile(real, token, org, "some.csv", data, smallRows)) }},
		{"export", func() string { return seconds(w.fetch(real, token, "/orgs/"+org+"/contacts/export?format=xlsx")) }},
		{"backup", func() string {
			at := time.Now()
			if out, err := inGroup(exec.Command(w.bin, "backup", "--db", s.cfg.DB, filepath.Join(w.TempDir(), "copy.db")), group).CombinedOutput(); err != nil {
				w.Errorf("backup: %v\n%s", err, out)
			}
			return seconds(time.Since(at))
		}},
	} {
		load := w.startLoad(loadTask{Address: real.address(), Number: s.number, Salt: "small" + part.name[:3], Rate: smallRate, For: smallFor})
		took := part.do()
		hooks := newSpread(load.finish().Took)
		rows = append(rows, [3]string{"  " + part.name, took, fmt.Sprintf("%d webhooks/s: %s, max %s", smallRate, hooks, ms(hooks.max()))})
	}
	peak := real.memory("VmHWM")
	w.table.add(name, "peak "+mb(peak)+" resident", fmt.Sprintf("database %s, ready in %s", mb(fileSize(s.cfg.DB)), seconds(started)), "≤ 512 MB", peak <= smallMemory)
	for _, row := range rows {
		w.table.add(row[0], row[1], row[2], "", false)
	}
	real.end()
}

// browse opens the pages that people open, in turn.
func (w *benchWorld) browse(c *child, cookie *http.Cookie) (took []time.Duration) {
	w.Helper()
	for n := range smallRounds {
		for _, path := range []string{"/inbox", "/inbox?view=waiting", "/inbox?search=walnut", "/contacts", fmt.Sprintf("/contacts?search=%d", n), "/settings/health", "/settings/tags"} {
			one, _ := w.visit(c, cookie, path)
			took = append(took, one)
		}
	}
	return took
}

// fetch is how long a download takes.
func (w *benchWorld) fetch(c *child, token, path string) time.Duration {
	w.Helper()
	at := time.Now()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, c.url+path, nil)
	w.must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := direct.Do(req)
	w.must(err)
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
		w.Errorf("%s: %s %v", path, res.Status, err)
	}
	return time.Since(at)
}

// serveSmall runs the built product as on a machine of that size.
func (w *benchWorld) serveSmall(s *shop, group string) *child {
	w.Helper()
	port := freePort(w)
	cmd := exec.Command(w.bin, "serve", "--listen", "127.0.0.1:"+port, "--log-level", "error", "--db", s.cfg.DB, "--graph-url", s.cfg.GraphURL)
	cmd.Env = append(os.Environ(), "GOMEMLIMIT="+strconv.Itoa(smallGo)+"MiB")
	return w.launch(inGroup(cmd, group), port)
}

// memoryGroup makes a control group of that size, or gives "".
func (w *benchWorld) memoryGroup() string {
	for _, kind := range []struct{ root, limit string }{{"/sys/fs/cgroup", "memory.max"}, {"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}} {
		dir := filepath.Join(kind.root, "badala-bench-"+strconv.Itoa(os.Getpid()))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		w.Cleanup(func() { _ = os.Remove(dir) })
		if os.WriteFile(filepath.Join(dir, kind.limit), []byte(strconv.Itoa(smallMemory)), 0o600) == nil {
			return dir
		}
	}
	return ""
}

// inGroup has a command join a control group before it begins.
func inGroup(cmd *exec.Cmd, group string) *exec.Cmd {
	if group == "" {
		return cmd
	}
	joined := exec.CommandContext(context.Background(), "/bin/sh", append([]string{"-c", `echo $$ > "$0/cgroup.procs" && exec "$@"`, group}, cmd.Args...)...)
	joined.Env = cmd.Env
	return joined
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
