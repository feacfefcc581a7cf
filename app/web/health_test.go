package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"badala/app/account"
	"badala/app/db"
)

// TestHealthPage shows what is wrong to those who can mend it, and leads there.
func TestHealthPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ch := w.connect()
	w.teammate("Adam", account.Admin)
	w.teammate("Agnes", account.Agent)
	w.health.Probe(t.Context())
	b := w.as("Omar")
	b.get("/settings/health").want(t, http.StatusOK, "All is well.", "Your organisation", "This server", "The clock is right").without(t, "Needs mending")
	must(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE channel SET quality = 'RED' WHERE id = ?`, ch.ID)
		return err
	}))
	link := "/settings/channels/" + db.FormatID("chan", ch.ID)
	b.get("/settings/health").want(t, http.StatusOK, "Needs mending", "rates the quality of Shop as low", "Send broadcasts only to people who expect them", link).without(t, "All is well")
	b.get("/contacts").want(t, http.StatusOK, `class="banner bad"`, "rates the quality of Shop as low", "See what to do", link)
	w.as("Adam").get("/settings/health").want(t, http.StatusOK, "Needs mending").without(t, "This server")
	w.as("Agnes").get("/settings/health").want(t, http.StatusForbidden)
	w.as("Agnes").get("/contacts").want(t, http.StatusOK).without(t, "rates the quality")
	b.post("/settings/health/look", nil).want(t, http.StatusOK, "Needs mending")
	b.post("/language", url.Values{"language": {"ar"}})
	b.get("/settings/health").want(t, http.StatusOK, "يحتاج إلى إصلاح", "صحة النظام")
}
