// Command auto-assignment gives each new conversation to the next of the team.
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
	"strconv"
	"strings"
	"sync"
	"time"
)

var team = struct {
	sync.Mutex
	members []string // user ids, from GET /orgs/{orgId}/members
	next    int
	done    map[string]bool // deliveryId of what was assigned; keep yours in a table
}{members: strings.Split(os.Getenv("MEMBERS"), ","), done: map[string]bool{}}

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
		Data              struct{ ConversationID, AssigneeID string }
	}
	_ = json.Unmarshal(body, &event) // signed, so it is Badala's JSON
	team.Lock()                      // one at a time, so that the turns are even
	defer team.Unlock()
	if event.Event == "conversation.created" && event.Data.AssigneeID == "" && !team.done[event.DeliveryID] {
		if err := assign(r.Context(), event.Data.ConversationID, team.members[team.next%len(team.members)]); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway) // Badala brings it again
			return
		}
		team.next++
		team.done[event.DeliveryID] = true
	}
	w.WriteHeader(http.StatusNoContent)
}

// assign gives a conversation to a member.
func assign(ctx context.Context, conversation, member string) error {
	body, _ := json.Marshal(map[string]string{"assigneeId": member})
	url := os.Getenv("BADALA_URL") + "/orgs/" + os.Getenv("BADALA_ORG") + "/conversations/" + conversation + "/assignee"
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = http.Header{"Authorization": {"Bearer " + os.Getenv("BADALA_KEY")}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("assigning: %s", res.Status)
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
