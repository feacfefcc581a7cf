package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/meta"
)

// graph answers fetches in turn.
type graph struct {
	mu    sync.Mutex
	turns []func(url string) (string, error)
	asked []string
}

func (g *graph) fetch(_ context.Context, _ int64, metaID, url string) (io.ReadCloser, string, int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, metaID+"|"+url)
	turn := g.turns[0]
	if len(g.turns) > 1 {
		g.turns = g.turns[1:]
	}
	body, err := turn(url)
	return io.NopCloser(strings.NewReader(body)), "image/jpeg", int64(len(body)), err
}

func (g *graph) questions() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.asked...)
}

// announce adds a remote file and gives its state as the hook tells it.
func (w world) announce(t *testing.T, g *graph) (id int64, states chan media.Media) {
	t.Helper()
	states = make(chan media.Media, 10)
	w.SetFetcher(g.fetch)
	w.OnReady(func(tx *db.Tx, m media.Media) error {
		tx.AfterCommit(func() { states <- m })
		return nil
	})
	err := w.db.Write(t.Context(), func(tx *db.Tx) (err error) {
		id, err = w.AddRemoteTx(tx, media.Remote{
			OrgID: org, ChannelID: 7, MetaID: "123", URL: "https://lookaside/x", ContentType: "image/jpeg", MessageID: 5, ConversationID: 6,
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.run(t)
	return id, states
}

func next(t *testing.T, states chan media.Media) media.Media {
	t.Helper()
	select {
	case m := <-states:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was told")
		return media.Media{}
	}
}

// hurry sets the clock forward so that waits between attempts are over.
func (w world) hurry(t *testing.T) {
	t.Helper()
	done := make(chan struct{})
	var loop sync.WaitGroup
	loop.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
				w.clock.add(time.Hour)
				// Asking whether the queue is idle makes it look at the clock.
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				_ = w.queue.Idle(ctx)
				cancel()
			}
		}
	})
	t.Cleanup(func() { close(done); loop.Wait() })
}

func TestFetch(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w world) {
		jpg := string(encode(t, "jpeg", pattern(600, 300)))
		g := &graph{turns: []func(string) (string, error){func(string) (string, error) { return jpg, nil }}}
		id, states := w.announce(t, g)
		m := next(t, states)
		if m.ID != id || m.State != media.Ready || m.Width != 600 || m.ThumbWidth != 480 || m.MessageID != 5 {
			t.Errorf("%+v", m)
		}
		r, _, err := w.Open(t.Context(), org, m.Key)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, err := io.ReadAll(r)
		if err != nil || string(got) != jpg {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if q := g.questions(); len(q) != 1 || q[0] != "123|https://lookaside/x" {
			t.Errorf("asked %v", q)
		}
	})
}

func TestFetchAsksAgainWhenTheAddressIsGone(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	jpg := string(encode(t, "jpeg", pattern(6, 3)))
	g := &graph{turns: []func(string) (string, error){
		func(string) (string, error) { return "", &meta.Error{HTTPStatus: 404} },
		func(string) (string, error) { return jpg, nil },
	}}
	_, states := w.announce(t, g)
	if m := next(t, states); m.State != media.Ready {
		t.Errorf("%+v", m)
	}
	if q := g.questions(); len(q) != 2 || q[1] != "123|" {
		t.Errorf("asked %v", q)
	}
}

func TestFetchGivesUpAndIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	var mu sync.Mutex
	fail, page := error(errs.New(errs.NotFound, "no")), ""
	g := &graph{turns: []func(string) (string, error){func(string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		return page, fail
	}}}
	set := func(s string, err error) {
		mu.Lock()
		defer mu.Unlock()
		page, fail = s, err
	}
	id, states := w.announce(t, g)
	w.hurry(t)
	again := func() {
		t.Helper()
		if err := w.Refetch(t.Context(), org, id); err != nil {
			t.Fatal(err)
		}
		if m := next(t, states); m.State != media.Pending || m.Error != "" {
			t.Fatalf("%+v", m)
		}
	}
	expect := func(state, reason string) {
		t.Helper()
		if m := next(t, states); m.State != state || m.Error != reason {
			t.Fatalf("%s %s, want %s %s", m.State, m.Error, state, reason)
		}
	}
	expect(media.Lost, media.ReasonGone)
	set("", &meta.Error{HTTPStatus: 401, Code: 190})
	again()
	expect(media.Failed, media.ReasonRefused)
	set("", errors.New("reset"))
	again()
	expect(media.Failed, media.ReasonFailed)
	set("<html><body>not the file</body></html>", nil)
	again()
	expect(media.Failed, media.ReasonFailed)
	set(string(encode(t, "png", pattern(6, 3))), nil)
	again()
	expect(media.Ready, "")
	if err := w.Refetch(t.Context(), org, id); err != nil {
		t.Errorf("a whole file: %v", err)
	}
	if err := w.Refetch(t.Context(), otherOrg, id); !errs.Is(err, errs.NotFound) {
		t.Errorf("other organisation: %v", err)
	}
	if m, err := media.ByID(w.db.Read(t.Context()), org, id); err != nil || m.ContentType != "image/png" {
		t.Errorf("sniffed as %s, %v", m.ContentType, err)
	}
}

func TestCutDownloadIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	data := noise(600 << 10)
	n := 0
	states := make(chan media.Media, 2)
	w.OnReady(func(tx *db.Tx, m media.Media) error {
		tx.AfterCommit(func() { states <- m })
		return nil
	})
	w.SetFetcher(func(context.Context, int64, string, string) (io.ReadCloser, string, int64, error) {
		n++
		body := data
		if n == 1 {
			body = data[:400<<10]
		}
		return io.NopCloser(bytes.NewReader(body)), "", int64(len(data)), nil
	})
	err := w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := w.AddRemoteTx(tx, media.Remote{OrgID: org, MetaID: "1"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.run(t)
	w.hurry(t)
	if m := next(t, states); m.State != media.Ready || m.Size != int64(len(data)) {
		t.Errorf("%+v", m)
	}
	if rows := w.rows(t); rows != [3]int{1, 3, 0} {
		t.Errorf("rows %v", rows)
	}
}
