package broadcast_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/broadcast"
	"badala/app/contact"
	"badala/app/db"
)

// BenchmarkSend sends to b.N people while WhatsApp takes 50 ms for each:
//
//	go test ./app/broadcast -run '^$' -bench Send -benchtime 10000x
func BenchmarkSend(b *testing.B) {
	var n atomic.Int64
	taken := func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			To string `json:"to"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(50 * time.Millisecond) // so far away is WhatsApp
		fmt.Fprintf(w, `{"contacts":[{"input":%q,"wa_id":%q}],"messages":[{"id":"wamid.%040d"}]}`, body.To, body.To[1:], n.Add(1))
	}
	w := newWorld(b, taken)
	for from := 0; from < b.N; from += 200 {
		noErr(b, w.db.Write(b.Context(), func(tx *db.Tx) error {
			for i := from; i < min(from+200, b.N); i++ {
				if _, err := w.folks.ReachByPhoneTx(tx, w.boss.OrgID, phoneOf(i), contact.FromImport); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	noErr(b, w.inbox.SetSendRate(b.Context(), w.boss, w.ch.ID, 1000))
	in := w.input(broadcast.Audience{Everyone: true})
	in.Rate = 1000
	b.ResetTimer()
	id := w.begin(in).ID
	for w.get(id).State == broadcast.Running {
		time.Sleep(5 * time.Millisecond) // it may take longer than any test waits
	}
	b.StopTimer()
	if c := w.get(id).Counts; c.Accepted() != b.N {
		b.Errorf("%+v", c)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
