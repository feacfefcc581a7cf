package inbox_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"badala/app/meta"
)

// BenchmarkAccept files signed text messages of a few thousand customers, 64
// at a time, each durable before the next of its goroutine.
func BenchmarkAccept(b *testing.B) {
	const customers = 2000
	w := newReceiving(b)
	// What Meta does to the bytes beforehand is not ours to measure.
	bodies := make([][]byte, b.N)
	signatures := make([]string, b.N)
	for i := range bodies {
		m := textItem(fmt.Sprintf("wamid.HBgLNDY3MDE3NDA2MTEVAgASGBQ%032d", i), fmt.Sprintf("4670%07d", i%customers),
			fmt.Sprintf("Is the walnut desk number %d back in stock? هل الطلب رقم %d جاهز؟", i, i), shortly)
		bodies[i] = bodyOf(b, "messages", map[string]any{"messages": []any{m}})
		signatures[i] = meta.Sign(fixtureSecret, bodies[i])
	}
	var next atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			i := next.Add(1) - 1
			if err := w.inbox.Accept(context.Background(), bodies[i], signatures[i]); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
