package app_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"badala/app"
	"badala/app/db"
)

// faulty is an install in a process of its own whose disk is made to fail.
type faulty struct {
	*shop
	*child
	acked map[string]bool
}

func newFaulty(t *testing.T, dir string) *faulty {
	t.Helper()
	s := newShop(t, func(c *app.Config) { c.DB = filepath.Join(dir, "badala.db") })
	ok(t, s.App.Stop())
	f := &faulty{shop: s, acked: map[string]bool{}}
	f.boot()
	return f
}

func (f *faulty) boot() {
	f.child = startChild(f.shop.t, "--db", f.cfg.DB, "--graph-url", f.cfg.GraphURL)
}

// post sends one webhook with a text of so many letters, and remembers it when
// it was acknowledged. It gives the status, 0 for no answer.
func (f *faulty) post(letters int) int {
	wamid := "wamid." + rand.Text()
	body := webhookText(f.number, "46701740611", "Nora", wamid, strings.Repeat("x", letters), time.Now())
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	code := postWebhook(ctx, f.child.url, f.number.AppSecret, body)
	if code == http.StatusOK {
		f.acked[wamid] = true
	}
	return code
}

// check holds what was acknowledged against what is stored, after the process
// has ended.
func (f *faulty) check() {
	t := f.shop.t
	t.Helper()
	d, err := db.Open(f.cfg.DB, db.Options{})
	ok(t, err)
	defer d.Close()
	all, err := db.All(d.Read(t.Context()), func(r *db.Rows, v *string) error { return r.Scan(v) }, "SELECT wa_id FROM message")
	ok(t, err)
	seen := map[string]int{}
	for _, id := range all {
		seen[id]++
	}
	for id := range f.acked {
		if seen[id] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", id, seen[id])
		}
	}
	if len(f.acked) == 0 {
		t.Error("nothing was acknowledged: this proves nothing")
	}
	if whole, err := db.Value[string](d.Read(t.Context()), "PRAGMA integrity_check"); err != nil || whole != "ok" {
		t.Errorf("integrity: %s %v", whole, err)
	}
}

// F05: a disk that is full refuses new messages and loses none; reading goes
// on, and so does everything once there is room again.
func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: a small disk needs the right to mount one: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %s", out)
		}
	})
	f := newFaulty(t, dir)
	token := f.child.login()
	ballast := filepath.Join(dir, "ballast")
	ok(t, os.WriteFile(ballast, make([]byte, 8<<20), 0o600))
	code := http.StatusOK
	for n := 0; code == http.StatusOK && n < 5000; n++ {
		code = f.post(4000)
	}
	if code != http.StatusServiceUnavailable {
		t.Fatalf("a full disk answers %d, want 503", code)
	}
	var list struct{ Items []struct{ ID string } }
	if code := call(t, http.MethodGet, f.child.url+"/orgs/"+db.FormatID("org", f.org)+"/conversations", token, nil, &list); code != 200 || len(list.Items) == 0 {
		t.Errorf("reading: %d, %d conversations", code, len(list.Items))
	}
	ok(t, os.Remove(ballast))
	within(t, 20*time.Second, "it goes on, for there is room", func() bool { return f.post(100) == http.StatusOK })
	f.child.stop()
	f.check()
}

// inject lets system calls of the process fail from outside.
func (f *faulty) inject(t *testing.T, fault string) (end func()) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("SKIPPED: strace is not installed, so that no disk error can be made")
	}
	cmd := exec.Command("strace", "-f", "-p", fmt.Sprint(f.child.cmd.Process.Pid), "-e", "trace=fsync,fdatasync,pwrite64", "-e", "inject="+fault)
	out, err := cmd.StderrPipe()
	ok(t, err)
	ok(t, cmd.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.Contains(lines.Text(), "attached") {
		_ = cmd.Wait() // it says why in its line
		t.Skipf("SKIPPED: strace may not look into the process: %s", lines.Text())
	}
	go func() {
		for lines.Scan() { // or strace would wait for a reader
		}
	}()
	return func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may have ended with the process
		_ = cmd.Wait()
	}
}

// F06: writes that fail, at the first call or a later one, lose nothing that
// was acknowledged and bring nobody down.
func TestFailingWritesLoseNothing(t *testing.T) {
	for _, fault := range []string{"ENOSPC", "EIO"} {
		t.Run(fault, func(t *testing.T) {
			f := newFaulty(t, t.TempDir())
			for _, n := range []int{1, 2, 5, 13} {
				end := f.inject(t, fmt.Sprintf("pwrite64:error=%s:when=%d", fault, n))
				refused := 0
				for range 12 {
					if f.post(200) != http.StatusOK {
						refused++
					}
				}
				end()
				if refused > 6 {
					t.Errorf("after call %d failed: %d of 12 were refused", n, refused)
				}
			}
			if code := f.post(100); code != http.StatusOK {
				t.Errorf("afterwards: %d", code)
			}
			f.child.stop()
			f.check()
		})
	}
}

// F07: after a failed fsync nobody knows what is on disk, so that the process
// ends at once, and the next start is clean.
func TestAFailedSyncEndsTheProcess(t *testing.T) {
	f := newFaulty(t, t.TempDir())
	if code := f.post(100); code != http.StatusOK {
		t.Fatalf("before: %d", code)
	}
	end := f.inject(t, "fsync,fdatasync:error=EIO:when=1+")
	defer end()
	if code := f.post(100); code == http.StatusOK {
		t.Error("what was not synced was acknowledged")
	}
	ended := make(chan error, 1)
	go func() { ended <- f.child.cmd.Wait() }()
	select {
	case err := <-ended:
		if exit, isExit := errors.AsType[*exec.ExitError](err); !isExit || exit.ExitCode() <= 0 {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it goes on")
	}
	end()
	f.boot()
	if code := f.post(100); code != http.StatusOK {
		t.Errorf("after the next start: %d", code)
	}
	f.child.stop()
	f.check()
}
