// Command crm-sync keeps a CRM and Badala's contacts together: each new contact
// gets a record, and the record's id goes back as the contact's externalId.
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
	"strconv"
	"sync"
	"time"
)

var crm, done sync.Map // your CRM: record ids by phone; and the deliveryId of what was handled

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
		Data              struct{ ID, ExternalID, Phone string }
	}
	_ = json.Unmarshal(body, &event) // signed, so it is Badala's JSON
	c := event.Data
	if _, repeat := done.Load(event.DeliveryID); !repeat && (event.Event == "contact.created" || event.Event == "contact.updated") {
		if c.ExternalID == "" { // our own PATCH comes back with an externalId and ends below
			id, _ := crm.LoadOrStore(cmp.Or(c.Phone, c.ID), "crm-"+c.ID)
			c.ExternalID = id.(string)
			if err := patch(r.Context(), c.ID, c.ExternalID); err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway) // Badala brings it again
				return
			}
		}
		crm.Store(cmp.Or(c.Phone, c.ID), c.ExternalID)
		done.Store(event.DeliveryID, true)
		log.Printf("%s: record %s is contact %s", event.Event, c.ExternalID, c.ID)
	}
	w.WriteHeader(http.StatusNoContent)
}

// patch tells Badala the id of our record.
func patch(ctx context.Context, id, externalID string) error {
	body, _ := json.Marshal(map[string]string{"externalId": externalID})
	url := os.Getenv("BADALA_URL") + "/orgs/" + os.Getenv("BADALA_ORG") + "/contacts/" + id
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
		return fmt.Errorf("naming the record: %s", res.Status)
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
