package webhook_test

import (
	"net/http"
	"sync/atomic"
	"testing"
)

// BenchmarkDeliver is deliveries a second to one good endpoint, with what
// waits there already.
func BenchmarkDeliver(b *testing.B) {
	w, r := newWorld(b), newReceiver(b)
	var got atomic.Int64
	r.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, _ *http.Request) { got.Add(1) })
	e, _ := w.hook(r.URL)
	w.backlog(e.ID, b.N)
	b.ResetTimer()
	w.happen(1)
	w.eventually("delivered", func() bool { return w.endpoint(e.ID).Pending == 0 })
	b.StopTimer()
	if int(got.Load()) < b.N {
		b.Errorf("%d of %d", got.Load(), b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}
