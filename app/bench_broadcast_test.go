package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"badala/app/broadcast"
	"badala/app/db"
)

const (
	castPeople  = 20_000
	castRate    = 1000
	castCallers = 96
	castLatency = 50 * time.Millisecond
	castLook    = 50 * time.Millisecond // between two requests for /changes
)

// castTask is WhatsApp as far as a broadcast sees it: each message is taken
// after some milliseconds. It ends with its standard input.
type castTask struct {
	Latency time.Duration
}

// castTaken is what it was sent.
type castTaken struct {
	Taken, Twice int
	Elapsed      time.Duration // from the first to the last
}

func (t *castTask) run(out io.Writer) error {
	var (
		mu          sync.Mutex
		seen        = map[string]int{}
		first, last time.Time
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			To string `json:"to"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mu.Lock()
		if last = time.Now(); first.IsZero() {
			first = last
		}
		seen[body.To]++
		n := len(seen)
		mu.Unlock()
		time.Sleep(t.Latency) // so far away is WhatsApp
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[{"input":%q,"wa_id":%q}],"messages":[{"id":"wamid.cast%030d"}]}`, body.To, body.To[1:], n)
	}))
	defer server.Close()
	if _, err := fmt.Fprintln(out, server.URL); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	got := castTaken{Elapsed: last.Sub(first)}
	for _, n := range seen {
		got.Taken += n
		if n > 1 {
			got.Twice++
		}
	}
	return json.NewEncoder(out).Encode(got)
}

// caster is a castTask in progress.
type caster struct {
	w   *benchWorld
	cmd *exec.Cmd
	in  io.Closer
	out *json.Decoder
	url string
}

func (w *benchWorld) startCaster() *caster {
	w.Helper()
	cmd := helper(w, benchTask{Cast: &castTask{castLatency}})
	in, err := cmd.StdinPipe()
	w.must(err)
	stdout, err := cmd.StdoutPipe()
	w.must(err)
	w.must(cmd.Start())
	c := &caster{w: w, cmd: cmd, in: in}
	var line bytes.Buffer
	for b := make([]byte, 1); ; {
		_, err := io.ReadFull(stdout, b)
		w.must(err)
		if b[0] == '\n' {
			break
		}
		line.Write(b)
	}
	c.url, c.out = line.String(), json.NewDecoder(stdout)
	return c
}

func (c *caster) finish() (got castTaken) {
	c.w.Helper()
	c.w.must(c.in.Close())
	c.w.must(c.out.Decode(&got))
	c.w.must(c.cmd.Wait())
	return got
}

func (t castTaken) rate() float64 { return float64(t.Taken) / max(t.Elapsed.Seconds(), 0.001) }

// broadcasts notes how fast a broadcast goes out while WhatsApp takes 50 ms for
// each message, and how a teammate's page fares meanwhile.
func (w *benchWorld) broadcasts() {
	s := w.stoppedShop()
	s.start()
	b := s.prepareCast(s.castPeople(castPeople), castRate)
	w.must(s.App.Stop())
	bare := w.bareCast()
	meta := w.startCaster()
	s.cfg.GraphURL = meta.url
	real := w.serveBinary(s)
	cookie, token := real.signIn(), real.login()
	path := real.url + "/orgs/" + db.FormatID("org", s.org) + "/broadcasts/" + db.FormatID(broadcast.Prefix, b.ID)
	if code := call(w, http.MethodPost, path+"/start", token, nil, nil); code != http.StatusOK {
		w.Fatalf("start: %d", code)
	}
	before := real.processorTime()
	pages := w.changesUntil(real, cookie, func() bool {
		var got struct{ Status string }
		call(w, http.MethodGet, path, token, nil, &got)
		return got.Status == broadcast.Done || got.Status == broadcast.Paused
	})
	used := real.processorTime() - before
	real.end()
	got := meta.finish()
	if got.Taken != castPeople || got.Twice != 0 {
		w.Errorf("%+v", got)
	}
	w.table.add(fmt.Sprintf("broadcast to %d, WhatsApp takes %s", castPeople, castLatency), fmt.Sprintf("%.0f/s, %s ms of processor each", got.rate(), ms(used/castPeople)),
		fmt.Sprintf("%d bare callers: %.0f/s", castCallers, bare.rate()), "≥ 1,000/s", got.rate() >= castRate*0.98)
	w.table.add("  /changes meanwhile", pages.String(), "", "p99 < 50 ms", pages.p99() < 50*time.Millisecond)
}

// changesUntil asks for /changes until the broadcast is over.
func (w *benchWorld) changesUntil(c *child, cookie *http.Cookie, over func() bool) spread {
	var took []time.Duration
	rev := "0"
	tick := time.NewTicker(castLook)
	defer tick.Stop()
	for n := 0; n%20 != 0 || !over(); n++ {
		<-tick.C
		one, header := w.visit(c, cookie, "/changes?view=all&since="+rev)
		took = append(took, one)
		if next := header.Get("X-Rev"); next != "" {
			rev = next
		}
	}
	return newSpread(took)
}

// bareCast is the same number of calls by nobody but an HTTP client.
func (w *benchWorld) bareCast() castTaken {
	w.Helper()
	meta := w.startCaster()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: castCallers}}
	var next atomic.Int64
	var all sync.WaitGroup
	for range castCallers {
		all.Go(func() {
			for n := next.Add(1); n <= castPeople/4; n = next.Add(1) {
				res, err := client.Post(meta.url+"/v26.0/1/messages", "application/json", bytes.NewReader(fmt.Appendf(nil, `{"to":%q}`, castNumber(int(n)))))
				if err != nil {
					w.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body) // only that it came counts
				res.Body.Close()
			}
		})
	}
	all.Wait()
	return meta.finish()
}
