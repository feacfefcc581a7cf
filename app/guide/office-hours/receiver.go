// Command office-hours answers customers who write while the shop is closed,
// once a day in each conversation.
package main

import (
	"bytes"
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
	"slices"
	"strconv"
	"strings"
	"time"
)

// closed says whether nobody is there at t: outside HOURS such as "9-18", or on
// one of the CLOSED_DAYS such as "Friday,Saturday", in the time of ZONE.
func closed(t time.Time) bool {
	var from, to int
	fmt.Sscanf(os.Getenv("HOURS"), "%d-%d", &from, &to)
	return t.Hour() < from || t.Hour() >= to || slices.Contains(strings.Split(os.Getenv("CLOSED_DAYS"), ","), t.Weekday().String())
}

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
		Event     string
		Timestamp time.Time
		Data      struct{ ConversationID string }
	}
	_ = json.Unmarshal(body, &event) // signed, so it is Badala's JSON
	zone, err := time.LoadLocation(os.Getenv("ZONE"))
	if now := event.Timestamp.In(zone); err == nil && event.Event == "message.received" && closed(now) {
		// The key is the day: further messages, repeats and restarts get the first answer's result.
		err = answer(r.Context(), event.Data.ConversationID, "closed-"+event.Data.ConversationID+now.Format("-2006-01-02"))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway) // Badala brings it again
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// answer says that we are closed; one key sends only once.
func answer(ctx context.Context, conversation, key string) error {
	body, _ := json.Marshal(map[string]string{"type": "TEXT", "body": os.Getenv("MESSAGE")})
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
		return fmt.Errorf("answering: %s", res.Status)
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
