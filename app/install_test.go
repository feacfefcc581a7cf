package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// maxExposure is the level up to which systemd calls a service well confined,
// times ten.
const maxExposure = "20"

func TestTheServiceIsWellFormedAndConfined(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED: this machine has no systemd-analyze to judge the service")
	}
	unit := string(content(t, "install/badala.service"))
	const program = "/usr/local/bin/badala "
	if !strings.Contains(unit, "ExecStart="+program+"serve") {
		t.Fatal("the service does not start what make install installs")
	}
	// The judge wants a program that exists.
	file := filepath.Join(t.TempDir(), "badala.service")
	if err := os.WriteFile(file, []byte(strings.Replace(unit, program, "/bin/true ", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", file}, {"security", "--offline=true", "--threshold=" + maxExposure, file}} {
		if out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput(); err != nil {
			t.Errorf("systemd-analyze %s: %v\n%s", args[0], err, out)
		}
	}
}

func TestMakeInstallPutsBothInPlace(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	// What is built is not the matter here: any file stands for the program.
	cmd := exec.CommandContext(t.Context(), "make", "-C", "..", "-o", "build", "install", "DESTDIR="+root, "PROGRAM="+filepath.Join("app", "install", "badala.service"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for file, mode := range map[string]os.FileMode{"usr/local/bin/badala": 0o755, "etc/systemd/system/badala.service": 0o644} {
		info, err := os.Stat(filepath.Join(root, file))
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %o", file, info.Mode().Perm())
		}
	}
}
