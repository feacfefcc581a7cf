package media_test

import (
	"testing"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
)

func (w world) erase(t *testing.T, ids ...int64) {
	t.Helper()
	if err := w.db.Write(t.Context(), func(tx *db.Tx) error { return w.EraseTx(tx, org, ids) }); err != nil {
		t.Fatal(err)
	}
}

// empty waits until nothing of any file is left.
func (w world) empty(t *testing.T) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); w.rows(t) != [3]int{}; {
		if time.Now().After(until) {
			t.Fatalf("left: %v", w.rows(t))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestEraseFiles(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w world) {
		m := w.store(t, encode(t, "jpeg", pattern(600, 300)), media.StoreOptions{FileName: "desk.jpg"})
		w.erase(t, m.ID, 404)
		if _, _, err := w.Open(t.Context(), org, m.Key); !errs.Is(err, errs.NotFound) {
			t.Errorf("it can be opened: %v", err)
		}
		if kept, err := media.ByID(w.db.Read(t.Context()), org, m.ID); err != nil || kept.FileName != "" || kept.SHA256 != nil {
			t.Errorf("%+v %v", kept, err)
		}
		w.run(t)
		w.empty(t)
	})
}

// A file that is erased while it is being fetched leaves nothing.
func TestEraseDuringAFetch(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w world) {
		asked, goOn := make(chan struct{}), make(chan struct{})
		jpg := string(encode(t, "jpeg", pattern(600, 300)))
		g := &graph{turns: []func(string) (string, error){func(string) (string, error) {
			close(asked)
			<-goOn
			return jpg, nil
		}}}
		id, _ := w.announce(t, g)
		<-asked
		w.erase(t, id)
		close(goOn)
		w.hurry(t)
		w.empty(t)
		if n := len(g.questions()); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestEraseBeforeAFetch(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	g := &graph{turns: []func(string) (string, error){func(string) (string, error) { return "", errs.New(errs.Upstream, "no") }}}
	id, _ := w.announce(t, g)
	for until := time.Now().Add(20 * time.Second); len(g.questions()) == 0 && time.Now().Before(until); {
		time.Sleep(5 * time.Millisecond)
	}
	w.erase(t, id)
	w.hurry(t)
	w.empty(t)
}
