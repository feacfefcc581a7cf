package app_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxRate bounds how many requests a closed round can use up.
const maxRate = 25_000

// ingest notes how many webhooks a second become durable, beside the machine's
// limit: both take turns under the same load, so that a noisy neighbour meets
// both. It also notes the memory before, under and after the load.
func (w *benchWorld) ingest() {
	s := w.stoppedShop()
	limit, real := w.serveLimit(s.number.AppSecret), w.serveBinary(s)
	w.rest(3 * time.Second)
	atRest, bare := real.memory("VmRSS"), limit.memory("VmRSS")
	real.signIn()
	w.rest(3 * time.Second)
	signedIn := real.memory("VmRSS")
	w.closed(limit, s, "warm", time.Second)
	w.closed(real, s, "warm", time.Second)
	var best, ours, share []float64
	var slow []time.Duration
	var bestWork, work work
	for round := range *benchRounds {
		salt := fmt.Sprint("r", round)
		b := bestWork.of(limit, func() outcome { return w.closed(limit, s, salt, *benchRound) })
		o := work.of(real, func() outcome { return w.closed(real, s, salt, *benchRound) })
		best, ours, share = append(best, b.rate()), append(ours, o.rate()), append(share, o.rate()/b.rate())
		slow = append(slow, o.Took...)
	}
	under, bareUnder := real.memory("VmHWM"), limit.memory("VmHWM")
	w.rest(3 * time.Second)
	ratio := median(share)
	w.table.add(fmt.Sprintf("webhooks until durable, %d connections", benchConns),
		fmt.Sprintf("%.2f of the limit: %.0f/s (%s)", ratio, median(ours), list(ours)),
		fmt.Sprintf("append + fdatasync %.0f/s (%s)", median(best), list(best)), "≥ 0.35", ratio >= 0.35)
	w.table.add("  their latency at full speed", newSpread(slow).String(), "", "", false)
	w.table.add("  processor time of a webhook", work.each(), bestWork.each(), "", false)
	w.table.add("memory at rest", mb(atRest), "reference server "+mb(bare), "≤ 40 MB", atRest <= 40*megabyte)
	w.table.add("memory 3 s after a sign-in", mb(signedIn), "", "", false)
	w.table.add("memory under that load, peak", mb(under), "reference server "+mb(bareUnder), "", false)
	w.table.add("memory 3 s after it", mb(real.memory("VmRSS")), "reference server "+mb(limit.memory("VmRSS")), "", false)
}

// offered notes how long a webhook takes at 1,000 a second.
func (w *benchWorld) offered() {
	const rate = 1000
	s := w.stoppedShop()
	limit, real := w.serveLimit(s.number.AppSecret), w.serveBinary(s)
	w.closed(limit, s, "warm", time.Second)
	w.closed(real, s, "warm", time.Second)
	var best, ours []time.Duration
	for round := range *benchRounds {
		requests := signedRequests(s.number, fmt.Sprint("o", round), int(rate*benchRound.Seconds()))
		o, err := sendAll(limit.address(), requests, time.Hour, rate)
		w.must(err)
		best = append(best, o.Took...)
		o, err = sendAll(real.address(), requests, time.Hour, rate)
		w.must(err)
		ours = append(ours, o.Took...)
	}
	got := newSpread(ours)
	w.table.add("webhook until durable, 1,000/s offered", got.String()+", max "+ms(got.max()),
		"append + fdatasync "+newSpread(best).String(), "p99 ≤ 25 ms", got.p99() <= 25*time.Millisecond)
}

// stoppedShop is an install whose database nobody has open.
func (w *benchWorld) stoppedShop() *shop {
	s := newShop(w)
	w.must(s.App.Stop())
	return s
}

// closed loads a server with all connections, each sending again as soon as
// it is answered. Signing is done before the clock starts.
func (w *benchWorld) closed(c *child, s *shop, salt string, d time.Duration) outcome {
	w.Helper()
	o, err := sendAll(c.address(), signedRequests(s.number, salt, int(maxRate*d.Seconds())), d, 0)
	w.must(err)
	return o
}

// rest lets everything calm down.
func (w *benchWorld) rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	<-t.C
}

// work is the processor time that a process spent on its requests.
type work struct {
	spent time.Duration
	done  int
}

func (t *work) of(c *child, load func() outcome) outcome {
	before := c.processorTime()
	o := load()
	t.spent += c.processorTime() - before
	t.done += o.Done
	return o
}

func (t *work) each() string {
	return fmt.Sprintf("%.2f ms", float64(t.spent)/float64(time.Millisecond)/float64(max(1, t.done)))
}

// median is the middle of all, or between the two middle ones.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func list(all []float64) string {
	var words []string
	for _, v := range all {
		words = append(words, fmt.Sprintf("%.0f", v))
	}
	return strings.Join(words, " ")
}
