// Command receiver is the smallest program that takes Badala's webhooks: it
// checks who sent them, drops repeats and prints what happened.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

var done sync.Map // deliveryId of what was handled; keep yours in a table

func main() {
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), http.HandlerFunc(receive)))
}

func receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || !genuine(r.Header, body) {
		http.Error(w, "not signed by Badala", http.StatusUnauthorized)
		return
	}
	var event struct {
		Event, DeliveryID string
		Data              json.RawMessage
	}
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if _, repeat := done.LoadOrStore(event.DeliveryID, true); !repeat {
		log.Printf("%s %s", event.Event, event.Data)
	}
	w.WriteHeader(http.StatusNoContent)
}

// genuine says that the body was signed with our secret less than five minutes ago.
func genuine(h http.Header, body []byte) bool {
	seconds, err := strconv.ParseInt(h.Get("X-Badala-Timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(os.Getenv("WEBHOOK_SECRET")))
	fmt.Fprintf(mac, "%d.%s", seconds, body)
	return hmac.Equal([]byte("sha256="+hex.EncodeToString(mac.Sum(nil))), []byte(h.Get("X-Badala-Signature")))
}
