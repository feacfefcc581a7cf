package app_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"badala/app"
)

// childEnv makes the test binary behave as badala itself, so that a test can
// kill a real process.
const childEnv = "BADALA_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(app.Main(os.Args, os.Stdin, os.Stdout, os.Stderr))
	}
	if code, ok := benchProcess(); ok {
		os.Exit(code)
	}
	code := m.Run()
	stopChromium()
	os.Exit(code)
}

// child is badala as a process of its own.
type child struct {
	t   testing.TB
	cmd *exec.Cmd
	url string
	out *bufio.Reader
}

// startChild runs `badala serve` on a free port and waits until it is healthy.
func startChild(t testing.TB, args ...string) *child {
	t.Helper()
	port := freePort(t)
	c := &child{t: t, url: "http://localhost:" + port}
	c.cmd = exec.Command(os.Args[0], append([]string{"serve", "--listen", "127.0.0.1:" + port, "--log-level", "error"}, args...)...)
	c.cmd.Env = append(os.Environ(), childEnv+"=1")
	c.cmd.Stderr = t.Output()
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(stdout)
	go func() { _, _ = io.Copy(io.Discard, c.out) }()
	c.awaitHealth()
	return c
}

func (c *child) awaitHealth() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/healthz", nil)
		if err != nil {
			c.t.Fatal(err)
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatal("the server did not become healthy")
		}
	}
}

// kill ends the process as a power cut would.
func (c *child) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait() // "signal: killed" is what we asked for
}

// stop ends the process as an operator would, and expects a clean exit.
func (c *child) stop() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			c.t.Errorf("stopped with status %d", exit.ExitCode())
		} else {
			c.t.Error(err)
		}
	}
}

// ports counts through those below what the system hands out by itself, so that
// nobody else takes one between here and its use.
var ports atomic.Int64

func init() { ports.Store(int64(os.Getpid() % 8000)) }

func freePort(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := strconv.FormatInt(20_000+ports.Add(1)%12_000, 10)
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		l.Close()
		return port
	}
	t.Fatal("no port is free")
	return ""
}
