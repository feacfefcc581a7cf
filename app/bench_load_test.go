package app_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"badala/app/meta"
	"badala/app/meta/sim"
)

const (
	benchConns     = 64
	benchCustomers = 2000
)

// customerPhone is the number of the n-th customer.
func customerPhone(n int) string { return fmt.Sprintf("9655%07d", n) }

var benchWords = strings.Fields(`hello please order size walnut table chair deliver tomorrow price thanks when open address lamp ready
	colour blue green invoice payment question today evening shop visit broken replace photo attached quick reply
	مرحبا طلب سعر الطاولة الكرسي توصيل غدا شكرا متى العنوان المصباح جاهز اللون أزرق أخضر فاتورة دفع سؤال اليوم مساء المتجر زيارة مكسور استبدال صورة مرفق`)

// benchText is a text of 20 to 200 characters, some of them Arabic.
func benchText(r *rand.Rand) string {
	want := 20 + r.IntN(181)
	half := len(benchWords) / 2
	words := benchWords[:half]
	if r.IntN(2) == 0 {
		words = benchWords[half:]
	}
	var b []rune
	for len(b) < want {
		b = append(b, []rune(words[r.IntN(len(words))]+" ")...)
	}
	return string(b[:want])
}

// signedRequests makes whole HTTP requests, ready to be written to a
// connection: texts of many customers, each with a wamid of its own.
func signedRequests(n sim.Number, salt string, count int) [][]byte {
	out := make([][]byte, count)
	r := rand.New(rand.NewPCG(1, uint64(count)))
	now := time.Now()
	for i := range out {
		who := r.IntN(benchCustomers)
		body := webhookText(n, customerPhone(who), fmt.Sprint("Customer ", who), fmt.Sprintf("wamid.%s%040d", salt, i), benchText(r), now)
		out[i] = fmt.Appendf(nil, "POST /webhooks/whatsapp HTTP/1.1\r\nHost: localhost\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n"+
			"Content-Type: application/json\r\n%s: %s\r\nContent-Length: %d\r\n\r\n%s", meta.SignatureHeader, meta.Sign(n.AppSecret, body), len(body), body)
	}
	return out
}

// wire is a keep-alive connection that speaks just enough HTTP, so that the
// generator leaves the machine to the server.
type wire struct {
	conn net.Conn
	r    *textproto.Reader
}

func dial(address string) (*wire, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &wire{conn, textproto.NewReader(bufio.NewReader(conn))}, nil
}

// do sends a request and reads its answer, which must be 200.
func (w *wire) do(request []byte) error {
	if _, err := w.conn.Write(request); err != nil {
		return err
	}
	status, err := w.r.ReadLineBytes()
	if err != nil {
		return err
	}
	if len(status) < 12 || string(status[9:12]) != "200" {
		return fmt.Errorf("answered %q", status)
	}
	length := -1
	for {
		line, err := w.r.ReadLineBytes()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if len(line) > 16 && strings.EqualFold(string(line[:15]), "content-length:") {
			if length, err = strconv.Atoi(strings.TrimSpace(string(line[15:]))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("answer without a length")
	}
	_, err = w.r.R.Discard(length)
	return err
}

// outcome is what came of a round of load.
type outcome struct {
	Done    int
	Elapsed time.Duration
	Took    []time.Duration
}

func (o outcome) rate() float64 { return float64(o.Done) / o.Elapsed.Seconds() }

// sendAll lets connections take requests from one list until it ends or d is
// over. With a rate the i-th request is due i/rate after the start, and its
// time runs from then, whether or not a connection was free: what had to wait
// counts.
func sendAll(address string, requests [][]byte, d time.Duration, rate int) (outcome, error) {
	wires := make([]*wire, benchConns)
	for i := range wires {
		var err error
		if wires[i], err = dial(address); err != nil {
			return outcome{}, err
		}
		defer wires[i].conn.Close()
	}
	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		took   = make([][]time.Duration, len(wires))
		failed = make([]error, len(wires))
		start  = time.Now()
	)
	for i, c := range wires {
		wg.Go(func() {
			for failed[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(requests) || time.Since(start) >= d {
					return
				}
				due := time.Now()
				if rate > 0 {
					due = start.Add(time.Duration(n) * time.Second / time.Duration(rate))
					time.Sleep(time.Until(due))
				}
				failed[i] = c.do(requests[n])
				took[i] = append(took[i], time.Since(due))
			}
		})
	}
	wg.Wait()
	o := outcome{Elapsed: time.Since(start)}
	for i := range wires {
		if failed[i] != nil {
			return o, failed[i]
		}
		o.Took = append(o.Took, took[i]...)
	}
	o.Done = len(o.Took)
	return o, nil
}

// loadTask sends webhooks at a constant rate from a process of its own.
type loadTask struct {
	Address string
	Number  sim.Number
	Salt    string
	Rate    int
	For     time.Duration
}

// run says "ready" when everything is signed, and in the end what came of it.
func (t *loadTask) run(out io.Writer) error {
	requests := signedRequests(t.Number, t.Salt, int(float64(t.Rate)*t.For.Seconds()))
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	o, err := sendAll(t.Address, requests, t.For+time.Minute, t.Rate)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(o)
}

// loader is a loadTask in progress.
type loader struct {
	w    *benchWorld
	wait func() error
	out  *bufio.Reader
}

// startLoad returns when the load has begun.
func (w *benchWorld) startLoad(t loadTask) *loader {
	w.Helper()
	cmd := helper(w, benchTask{Load: &t})
	stdout, err := cmd.StdoutPipe()
	w.must(err)
	w.must(cmd.Start())
	w.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill() // it may have ended meanwhile
			_ = cmd.Wait()         // the end we asked for is no news
		}
	})
	l := &loader{w: w, wait: cmd.Wait, out: bufio.NewReader(stdout)}
	if line, err := l.out.ReadString('\n'); err != nil || line != "ready\n" {
		w.Fatalf("load: %q %v", line, err)
	}
	return l
}

// finish waits for the end of the load.
func (l *loader) finish() outcome {
	l.w.Helper()
	var o outcome
	l.w.must(json.NewDecoder(l.out).Decode(&o))
	l.w.must(l.wait())
	return o
}
