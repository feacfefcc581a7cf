// Command slack-notify tells a Slack channel of each new conversation, with a
// link that opens it. It verifies with the official Standard Webhooks library.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var (
	done   sync.Map // webhook-id of what was told; keep yours in a table
	escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
)

func main() {
	verifier, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), receiver(verifier)))
}

func receiver(verifier *standardwebhooks.Webhook) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil || verifier.Verify(body, r.Header) != nil { // signature, and not older than five minutes
			http.Error(w, "not signed by Badala", http.StatusUnauthorized)
			return
		}
		var event struct {
			Event string
			Data  struct {
				URL     string
				Contact struct{ Name, Phone string }
			}
		}
		_ = json.Unmarshal(body, &event) // signed, so it is Badala's JSON
		id := r.Header.Get("webhook-id")
		if _, repeat := done.Load(id); !repeat && event.Event == "conversation.created" {
			text := fmt.Sprintf("New conversation: <%s|%s>", event.Data.URL, escape.Replace(cmp.Or(event.Data.Contact.Name, event.Data.Contact.Phone)))
			if err := tell(r.Context(), text); err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway) // Badala brings it again
				return
			}
			done.Store(id, true)
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// tell posts to Slack's incoming webhook.
func tell(ctx context.Context, text string) error {
	body, _ := json.Marshal(map[string]string{"text": text})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv("SLACK_URL"), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("slack: %s", res.Status)
	}
	return nil
}
