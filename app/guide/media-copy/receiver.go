// Command media-copy puts every picture, voice note and file that customers send
// into a bucket of yours.
package main

import (
	"cmp"
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

var (
	client = http.Client{Timeout: 10 * time.Minute} // a file may be 100 MB
	done   sync.Map                                 // deliveryId of what was copied; keep yours in a table
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
		Data              struct{ MessageID, MediaURL string }
	}
	_ = json.Unmarshal(body, &event) // signed, so it is Badala's JSON
	if _, repeat := done.Load(event.DeliveryID); !repeat && event.Event == "message.received" && event.Data.MediaURL != "" {
		// A large file goes on after Badala stopped waiting; the next attempt finds it done.
		if err := store(event.Data.MediaURL, event.Data.MessageID); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway) // Badala brings it again
			return
		}
		done.Store(event.DeliveryID, true)
	}
	w.WriteHeader(http.StatusNoContent)
}

// store streams the file from Badala into the bucket, under the message's id.
func store(from, name string) error {
	file, err := client.Get(from)
	if err != nil {
		return err
	}
	defer file.Body.Close()
	put, err := http.NewRequest(http.MethodPut, os.Getenv("BUCKET_URL")+"/"+name, file.Body)
	if err != nil || file.StatusCode != http.StatusOK {
		return cmp.Or(err, fmt.Errorf("fetching: %s", file.Status))
	}
	put.ContentLength = file.ContentLength
	put.Header.Set("Content-Type", file.Header.Get("Content-Type"))
	stored, err := client.Do(put)
	if err != nil {
		return err
	}
	defer stored.Body.Close()
	if stored.StatusCode/100 != 2 {
		return fmt.Errorf("storing: %s", stored.Status)
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
