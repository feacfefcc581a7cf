package web

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/event"
	"badala/app/httpx"
)

const (
	streamBuffer = 64                     // frames a stream may lag behind before it is dropped
	nudgeEvery   = 100 * time.Millisecond // shortest time between two rev frames
)

// frame is one server-sent event, encoded once and shared by every stream of an organisation.
type frame struct {
	name string
	data []byte
}

// to writes the frame; false means that the browser is gone.
func (f frame) to(out *httpx.Stream) bool { return out.Send("", f.name, f.data) }

// stream is one browser's open connection. done is closed when the hub has dropped it.
type stream struct {
	frames chan frame
	done   chan struct{}
}

// hub spreads the event log's head, typing and presence to the open streams. It keeps one
// subscription for each organisation that has a stream, however many streams there are.
type hub struct {
	db     *db.DB
	events *event.Log
	epoch  string

	mu     sync.Mutex
	closed bool
	feeds  map[int64]*feed
	wg     sync.WaitGroup
}

// feed is the set of streams of one organisation.
type feed struct {
	streams map[*stream]bool
	stop    chan struct{}
}

func newHub(d *db.DB, events *event.Log, epoch string) *hub {
	return &hub{db: d, events: events, epoch: epoch, feeds: map[int64]*feed{}}
}

// join opens a stream of an organisation; false after the hub was closed.
// The caller must leave it again.
func (h *hub) join(org int64) (*stream, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, false
	}
	f := h.feeds[org]
	if f == nil {
		f = &feed{streams: map[*stream]bool{}, stop: make(chan struct{})}
		h.feeds[org] = f
		heads, cancel := h.events.Subscribe(org)
		h.wg.Go(func() {
			defer cancel()
			h.relay(org, f, heads)
		})
	}
	st := &stream{frames: make(chan frame, streamBuffer), done: make(chan struct{})}
	f.streams[st] = true
	return st, true
}

// leave ends a stream. The last one of an organisation ends its subscription.
func (h *hub) leave(org int64, st *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f := h.feeds[org]; f != nil {
		h.drop(org, f, st)
	}
}

// drop removes a stream; the caller holds the lock.
func (h *hub) drop(org int64, f *feed, st *stream) {
	if !f.streams[st] {
		return
	}
	delete(f.streams, st)
	close(st.done)
	if len(f.streams) == 0 {
		close(f.stop)
		delete(h.feeds, org)
	}
}

// relay passes each new head on, at most one in nudgeEvery; heads that come faster merge into the last.
func (h *hub) relay(org int64, f *feed, heads <-chan int64) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-f.stop:
			return
		case head, open := <-heads:
			if !open {
				return
			}
			h.send(org, revFrame(h.whole(head), h.epoch))
		}
		pause.Reset(nudgeEvery)
		select {
		case <-f.stop:
			return
		case <-pause.C:
		}
	}
}

// whole is the head of the whole log, at least head: pages that pulled meanwhile
// know it, and a smaller one would tell them that the log went back.
func (h *hub) whole(head int64) int64 {
	latest, err := h.events.Head(h.db.Read(context.Background()))
	if err != nil {
		return head
	}
	return max(head, latest)
}

// send gives a frame to every stream of an organisation and drops those that do not keep up.
func (h *hub) send(org int64, fr frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.feeds[org]
	if f == nil {
		return
	}
	for st := range f.streams {
		select {
		case st.frames <- fr:
		default:
			h.drop(org, f, st)
		}
	}
}

// close ends every stream and waits until the subscriptions are gone.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	for org, f := range h.feeds {
		for st := range f.streams {
			h.drop(org, f, st)
		}
	}
	h.mu.Unlock()
	h.wg.Wait()
}

// revFrame says how far the log has come.
func revFrame(rev int64, epoch string) frame {
	data, _ := json.Marshal(struct {
		Rev   int64  `json:"rev"`
		Epoch string `json:"epoch"`
	}{rev, epoch})
	return frame{name: "rev", data: data}
}

// Live is how many pages follow what changes now.
func (s *Server) Live() (n int) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, f := range s.hub.feeds {
		n += len(f.streams)
	}
	return n
}
