package inbox_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"badala/app/meta"
)

// FuzzAccept takes any signed body: it is kept, nothing breaks, and a repeat
// is taken as well.
func FuzzAccept(f *testing.F) {
	names, err := filepath.Glob(filepath.Join(fixtures, "*.json"))
	noErr(f, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		noErr(f, err)
		f.Add(b)
	}
	w := newReceiving(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		for range 2 {
			if err := w.inbox.Accept(context.Background(), body, meta.Sign(fixtureSecret, body)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
