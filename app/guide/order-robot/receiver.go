// Command order-robot answers a customer who writes "ORDER 12345" with where
// that order is.
package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"
)

var (
	question = regexp.MustCompile(`(?i)^\s*order\s+#?(\d{3,10})\s*$`)
	orders   = map[string]string{"12345": "on its way, it arrives tomorrow"} // your shop's database
	done     sync.Map                                                        // deliveryId of what was answered; keep yours in a table
)

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
		Data              struct{ ConversationID, Body string }
	}
	_ = json.Unmarshal(body, &event) // signed, so it is Badala's JSON
	asked := question.FindStringSubmatch(event.Data.Body)
	if _, repeat := done.Load(event.DeliveryID); repeat || event.Event != "message.received" || asked == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	text := "Order " + asked[1] + ": " + cmp.Or(orders[asked[1]], "we do not know this number")
	if err := send(r.Context(), event.Data.ConversationID, text, event.DeliveryID); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway) // Badala brings it again
		return
	}
	done.Store(event.DeliveryID, true)
	w.WriteHeader(http.StatusNoContent)
}

// send writes to the customer; one key sends only once, whatever crashes in between.
func send(ctx context.Context, conversation, text, key string) error {
	body, _ := json.Marshal(map[string]string{"type": "TEXT", "body": text})
	url := os.Getenv("BADALA_URL") + "/orgs/" + os.Getenv("BADALA_ORG") + "/conversations/" + conversation + "/messages"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = http.Header{"Authorization": {"Bearer " + os.Getenv("BADALA_KEY")}, "Content-Type": {"application/json"}, "Idempotency-Key": {key}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("sending: %s", res.Status)
	}
	return nil
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
