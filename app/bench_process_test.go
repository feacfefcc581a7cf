package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// benchEnv makes the test binary a helper of the benchmark: it holds a
// benchTask as JSON.
const benchEnv = "BADALA_TEST_BENCH"

// benchTask is what a helper process does.
type benchTask struct {
	Limit *limitTask `json:",omitempty"`
	Load  *loadTask  `json:",omitempty"`
	Cast  *castTask  `json:",omitempty"`
}

// benchProcess does the task of the environment; ok is false without one.
func benchProcess() (code int, ok bool) {
	text := os.Getenv(benchEnv)
	if text == "" {
		return 0, false
	}
	var task benchTask
	err := json.Unmarshal([]byte(text), &task)
	switch {
	case err != nil:
	case task.Limit != nil:
		err = task.Limit.run()
	case task.Load != nil:
		err = task.Load.run(os.Stdout)
	case task.Cast != nil:
		err = task.Cast.run(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench helper:", err)
		return 1, true
	}
	return 0, true
}

// helper prepares the test binary as a process with a task. Should it not know
// the task it runs no test.
func helper(tb testing.TB, task benchTask) *exec.Cmd {
	tb.Helper()
	text, err := json.Marshal(task)
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), benchEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	return cmd
}

// build builds the product from this tree.
func (w *benchWorld) build(name string, flags ...string) string {
	w.Helper()
	bin := filepath.Join(w.TempDir(), name)
	cmd := exec.Command("go", append(append([]string{"build", "-trimpath"}, flags...), "-o", bin, "..")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// serveBinary runs the built product on a database and waits until it is healthy.
func (w *benchWorld) serveBinary(s *shop, args ...string) *child {
	w.Helper()
	port := freePort(w)
	cmd := exec.Command(w.bin, append([]string{"serve", "--listen", "127.0.0.1:" + port, "--log-level", "error", "--db", s.cfg.DB, "--graph-url", s.cfg.GraphURL}, args...)...)
	return w.launch(cmd, port)
}

// serveLimit runs the reference server.
func (w *benchWorld) serveLimit(secret string) *child {
	w.Helper()
	port := freePort(w)
	return w.launch(helper(w, benchTask{Limit: &limitTask{
		Listen: "127.0.0.1:" + port, Secret: secret, File: filepath.Join(w.TempDir(), "limit.log"),
	}}), port)
}

func (w *benchWorld) launch(cmd *exec.Cmd, port string) *child {
	w.Helper()
	cmd.Stderr = os.Stderr
	w.must(cmd.Start())
	c := &child{t: w, cmd: cmd, url: "http://localhost:" + port}
	c.awaitHealth()
	w.Cleanup(c.end)
	return c
}

// end stops the process if it still runs.
func (c *child) end() {
	if c.cmd.ProcessState == nil {
		c.stop()
	}
}

// address is where the process listens.
func (c *child) address() string {
	return strings.Replace(strings.TrimPrefix(c.url, "http://"), "localhost", "127.0.0.1", 1)
}

// memory reads a line of /proc/<pid>/status in bytes: VmRSS now, VmHWM the peak.
func (c *child) memory(line string) int64 {
	c.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		c.t.Fatalf("memory is read from /proc: %v", err)
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				c.t.Fatal(err)
			}
			return kb << 10
		}
	}
	c.t.Fatalf("no %s in /proc", line)
	return 0
}

// processorTime is what the process has used so far, in ticks of 10 ms.
func (c *child) processorTime() time.Duration {
	c.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		c.t.Fatalf("processor time is read from /proc: %v", err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold anything
	fields := strings.Fields(rest)
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		c.t.Fatalf("/proc: %q", text)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// size notes how large the binary is, beside one without symbols.
func (w *benchWorld) size() {
	full, err := os.Stat(w.bin)
	w.must(err)
	bare, err := os.Stat(w.build("stripped", "-ldflags=-s -w"))
	w.must(err)
	w.table.add("binary size", mb(full.Size()), "without symbols "+mb(bare.Size()), "≤ 35 MB", full.Size() <= 35*megabyte)
}

const coldStarts = 10

// coldStart notes how long it takes from exec to the first 200: in an empty
// folder, and on a database that is there.
func (w *benchWorld) coldStart() {
	var fresh, again, bare []time.Duration
	for range coldStarts {
		db := filepath.Join(w.TempDir(), "badala.db")
		fresh = append(fresh, w.startOnce("--db", db))
		again = append(again, w.startOnce("--db", db))
		at := time.Now()
		w.must(exec.Command(w.bin, "version").Run())
		bare = append(bare, time.Since(at))
	}
	ref := fmt.Sprintf("`badala version` %s ms", ms(newSpread(bare).p50()))
	first, next := newSpread(fresh), newSpread(again)
	w.table.add("exec to first 200, empty folder", fmt.Sprintf("p50 %s, max %s ms", ms(first.p50()), ms(first.max())), ref, "≤ 150 ms", first.p50() <= 150*time.Millisecond)
	w.table.add("exec to first 200, existing data", fmt.Sprintf("p50 %s, max %s ms", ms(next.p50()), ms(next.max())), ref, "≤ 150 ms", next.p50() <= 150*time.Millisecond)
}

// startOnce measures one start and stops the process again.
func (w *benchWorld) startOnce(args ...string) time.Duration {
	w.Helper()
	port := freePort(w)
	cmd := exec.Command(w.bin, append([]string{"serve", "--listen", "127.0.0.1:" + port, "--log-level", "error"}, args...)...)
	cmd.Stderr = os.Stderr
	at := time.Now()
	w.must(cmd.Start())
	c := &child{t: w, cmd: cmd, url: "http://127.0.0.1:" + port}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for time.Since(at) < 30*time.Second {
		if res, err := http.Get(c.url + "/healthz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				took := time.Since(at)
				c.stop()
				return took
			}
		}
		<-tick.C
	}
	c.kill()
	w.Fatal("the server did not become healthy")
	return 0
}
