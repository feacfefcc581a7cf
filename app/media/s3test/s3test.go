// Package s3test starts a real S3 server for tests.
package s3test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"badala/app/media"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Start runs versitygw on a loopback port until the test ends and gives a bucket of its own. Its binary is named by
// BADALA_S3_BIN; the bucket is also reached as a virtual host of s3.test; without it the test is skipped, or fails when BADALA_REQUIRE_ALL is 1.
func Start(t testing.TB) media.S3Options {
	t.Helper()
	bin := os.Getenv("BADALA_S3_BIN")
	if bin == "" {
		if os.Getenv("BADALA_REQUIRE_ALL") == "1" {
			t.Fatal("BADALA_S3_BIN does not name an S3 server")
		}
		t.Skip("SKIPPED: BADALA_S3_BIN does not name an S3 server (versitygw)")
	}
	addr := freePort(t)
	o := media.S3Options{
		Endpoint: "http://" + addr, Region: "us-east-1", Bucket: "media",
		AccessKey: "test-access", SecretKey: "test-secret-key", PathStyle: true,
	}
	serve(t, bin, addr, o)
	client, err := minio.New(addr, &minio.Options{Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Region: o.Region})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		err := client.MakeBucket(t.Context(), o.Bucket, minio.MakeBucketOptions{Region: o.Region})
		if err == nil {
			return o
		}
		if time.Now().After(deadline) {
			t.Fatalf("the S3 server did not start: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// serve starts the server and stops it with the test.
func serve(t testing.TB, bin, addr string, o media.S3Options) {
	t.Helper()
	dir := t.TempDir()
	root, meta := filepath.Join(dir, "root"), filepath.Join(dir, "meta")
	for _, d := range []string{root, meta} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, bin, "--port", addr, "--quiet", "--virtual-domain", "s3.test"+addr[strings.LastIndex(addr, ":"):], "posix", "--sidecar", meta, root)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+o.AccessKey, "ROOT_SECRET_KEY="+o.SecretKey)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		log.Close()
		if t.Failed() {
			if text, err := os.ReadFile(log.Name()); err == nil {
				t.Logf("S3 server:\n%s", text)
			}
		}
	})
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr())
}
