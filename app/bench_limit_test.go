package app_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"badala/app/httpx"
	"badala/app/meta"
)

// limitTask is the reference server: what the machine can do at best with the
// same HTTP, HMAC and JSON, and a plain append with fdatasync under group
// commit in place of a database.
type limitTask struct{ Listen, Secret, File string }

// limitServer appends bodies to a file and tells its streams how many there are.
type limitServer struct {
	secret string
	file   *os.File
	queue  chan *appending

	mu      sync.Mutex
	count   int
	streams map[chan int]bool
}

// appending is one body on its way to the disk.
type appending struct {
	body []byte
	done chan error
}

const limitBatch = 256

func (t *limitTask) run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	f, err := os.Create(t.File)
	if err != nil {
		return err
	}
	defer f.Close()
	l, err := net.Listen("tcp", t.Listen)
	if err != nil {
		return err
	}
	s := &limitServer{secret: t.Secret, file: f, queue: make(chan *appending, limitBatch), streams: map[chan int]bool{}}
	go s.appendAll()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/whatsapp", s.accept)
	mux.HandleFunc("GET /live", s.live)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	server := httpx.NewServer(mux, slog.New(slog.DiscardHandler))
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// accept reads, checks, parses and appends, then answers.
func (s *limitServer) accept(w http.ResponseWriter, r *http.Request) {
	body, err := httpx.ReadBody(w, r, httpx.WebhookLimit)
	if err != nil || !meta.Verify(s.secret, r.Header.Get(meta.SignatureHeader), body) {
		http.Error(w, "refused", http.StatusUnauthorized)
		return
	}
	hook, err := meta.ParseWebhook(body)
	for _, e := range hook.Entries {
		for _, c := range e.Changes {
			for _, raw := range c.Value.Messages {
				if err == nil {
					_, err = meta.ParseMessage(raw)
				}
			}
		}
	}
	if err == nil {
		a := &appending{body, make(chan error, 1)}
		s.queue <- a
		err = <-a.done
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// appendAll writes all bodies that wait already and syncs once for them.
func (s *limitServer) appendAll() {
	var batch []*appending
	var buf []byte
	for first := range s.queue {
		batch, buf = append(batch[:0], first), buf[:0]
		for more := true; more && len(batch) < limitBatch; {
			select {
			case a := <-s.queue:
				batch = append(batch, a)
			default:
				more = false
			}
		}
		for _, a := range batch {
			buf = binary.BigEndian.AppendUint32(buf, uint32(len(a.body)))
			buf = append(buf, a.body...)
		}
		_, err := s.file.Write(buf)
		if err == nil {
			err = syncData(s.file)
		}
		s.tell(len(batch))
		for _, a := range batch {
			a.done <- err
		}
	}
}

// tell wakes the streams; a slow one misses counts, never the newest.
func (s *limitServer) tell(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count += n
	for ch := range s.streams {
		select {
		case <-ch:
		default:
		}
		ch <- s.count
	}
}

// live streams the count as server-sent events.
func (s *limitServer) live(w http.ResponseWriter, r *http.Request) {
	ch := make(chan int, 1)
	s.mu.Lock()
	s.streams[ch] = true
	ch <- s.count
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.streams, ch)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	if rc.SetReadDeadline(time.Time{}) != nil || rc.SetWriteDeadline(time.Time{}) != nil {
		return
	}
	for {
		select {
		case n := <-ch:
			if _, err := fmt.Fprintf(w, "event: rev\ndata: {\"rev\":%d}\n\n", n); err != nil || rc.Flush() != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
