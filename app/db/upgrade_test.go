package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"badala/app/db"
)

// killEnv makes the test binary upgrade a database and die after some steps.
const killEnv = "BADALA_TEST_UPGRADE"

func TestMain(m *testing.M) {
	if task := os.Getenv(killEnv); task != "" {
		path, after, _ := strings.Cut(task, "|")
		os.Exit(upgradeAndDie(path, after))
	}
	os.Exit(m.Run())
}

func upgradeAndDie(path, after string) int {
	left, err := strconv.Atoi(after)
	if err != nil {
		return 2
	}
	d, err := db.Open(path, db.Options{Step: func(string) {
		if left--; left < 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // nothing of ours runs after it
			select {}
		}
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := d.Close(); err != nil {
		return 1
	}
	return 0
}

// F25: killed at any step of an upgrade, the database is whole in one version
// or another, and the next start goes on from there.
func TestKilledAtEveryStepOfAnUpgrade(t *testing.T) {
	t.Parallel()
	const from = 19
	old := filepath.Join(t.TempDir(), "old.db")
	if err := db.CreateAtVersion(old, from); err != nil {
		t.Fatal(err)
	}
	pending, err := db.Pending(from)
	if err != nil || len(pending) == 0 {
		t.Fatal(pending, err)
	}
	steps := 1 + 2*len(pending) // the copy; each migration before and after its commit
	for step := 0; step <= steps; step++ {
		path := filepath.Join(t.TempDir(), "badala.db")
		copyFile(t, old, path)
		err := upgradeChild(path, step)
		if exit, ok := errors.AsType[*exec.ExitError](err); step < steps && (!ok || !exit.Sys().(syscall.WaitStatus).Signaled()) {
			t.Fatalf("step %d: %v, want to be killed", step, err)
		}
		schema, _, err := db.SchemaOf(context.Background(), path)
		if err != nil || schema < from || schema > db.SchemaVersion() {
			t.Fatalf("step %d: schema %d: %v", step, schema, err)
		}
		d, err := db.Open(path, db.Options{})
		if err != nil {
			t.Fatalf("step %d: the next start: %v", step, err)
		}
		whole, err := db.Value[string](d.Read(context.Background()), "PRAGMA integrity_check")
		if now, e := db.Value[int](d.Read(context.Background()), "PRAGMA user_version"); whole != "ok" || now != db.SchemaVersion() {
			t.Errorf("step %d: %s, version %d: %v %v", step, whole, now, err, e)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func upgradeChild(path string, steps int) error {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s|%d", killEnv, path, steps))
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnOlderProgramIsToldWhichOneItNeeds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "badala.db")
	d, err := db.Open(path, db.Options{Version: "v7.1.0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SetSchemaVersion(d, 9999); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Open(path, db.Options{Version: "v6.0.0"})
	if schema, ok := errors.AsType[*db.SchemaError](err); !ok || schema.Have != 9999 || !strings.Contains(err.Error(), "badala v7.1.0") {
		t.Errorf("%v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
}

func TestADatabaseThatIsGoneIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "badala.db")
	if err := os.WriteFile(db.Mark(path), []byte("It belongs here.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(path, db.Options{}); err == nil || !strings.Contains(err.Error(), "badala restore") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a file was made")
	}
	if err := os.Remove(db.Mark(path)); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}
