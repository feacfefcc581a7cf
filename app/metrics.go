package app

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/event"

	"github.com/VictoriaMetrics/metrics"
)

// meter counts what happens, for programs that watch servers. It names no
// person, number or organisation.
type meter struct {
	a   *App
	set *metrics.Set
}

func newMetrics(a *App) *meter { return &meter{a, metrics.NewSet()} }

// groups are the kinds of addresses, by how they begin.
var groups = []struct{ begins, name string }{
	{"/webhooks/", "meta"}, {"/live", "live"}, {"/assets/", "assets"}, {"/media/", "media"},
	{"/healthz", "probe"}, {"/metrics", "probe"}, {"/orgs/", "api"}, {"/auth/", "api"},
}

func (m *meter) group(r *http.Request) string {
	for _, g := range groups {
		if strings.HasPrefix(r.URL.Path, g.begins) {
			return g.name
		}
	}
	if m.a.rest.Owns(r) {
		return "api"
	}
	return "pages"
}

// observe counts an answer.
func (m *meter) observe(r *http.Request, status int, took time.Duration) {
	group := m.group(r)
	m.set.GetOrCreateCounter(fmt.Sprintf(`badala_http_requests_total{group=%q,status="%d"}`, group, status)).Inc()
	if group != "live" { // a stream lasts as long as its page
		m.set.GetOrCreateSummaryExt(fmt.Sprintf(`badala_http_request_seconds{group=%q}`, group), 5*time.Minute, quantiles).Update(took.Seconds())
	}
}

var quantiles = []float64{0.5, 0.95, 0.99}

// outcomes are the events that tell how a message fared.
var outcomes = map[string]string{"message.sent": "sent", "message.failed": "failed", "message.delivered": "delivered", "message.read": "read"}

// event counts what was received and sent, once it is durable.
func (m *meter) event(tx *db.Tx, e event.Event) error {
	name := ""
	if outcome, ok := outcomes[e.Type]; ok {
		name = fmt.Sprintf(`badala_sends_total{outcome=%q}`, outcome)
	} else if e.Type == "message.received" {
		name = `badala_messages_received_total`
	}
	if name != "" {
		tx.AfterCommit(func() { m.set.GetOrCreateCounter(name).Inc() })
	}
	return nil
}

// Asked counts a call to WhatsApp that sends a message.
func (m *meter) Asked(took time.Duration) {
	m.set.GetOrCreateSummaryExt(`badala_send_seconds`, 5*time.Minute, quantiles).Update(took.Seconds())
}

// Unconfirmed counts a message of which nobody knows whether it went out.
func (m *meter) Unconfirmed() {
	m.set.GetOrCreateCounter(`badala_sends_total{outcome="unconfirmed"}`).Inc()
}

// Unmapped counts an error of WhatsApp's that has no words of our own.
func (m *meter) Unmapped() { m.set.GetOrCreateCounter(`badala_send_errors_unmapped_total`).Inc() }

// serve answers with all series, in the text format of Prometheus.
func (m *meter) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if !m.may(r) {
		http.Error(w, "only from this machine, or with the token of --metrics-token", http.StatusForbidden)
		return
	}
	var out bytes.Buffer
	m.set.WritePrometheus(&out)
	m.database(&out)
	if err := m.work(&out, r); err != nil {
		m.a.log.WarnContext(r.Context(), "some metrics could not be read", "err", err)
	}
	metrics.WriteProcessMetrics(&out)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(out.Bytes())
}

// may lets in who has the token, and who asks this machine from itself. What a
// proxy here passes on comes from elsewhere, whatever its address.
func (m *meter) may(r *http.Request) bool {
	if want := m.a.cfg.MetricsToken; want != "" {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if ok && subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1 {
			return true
		}
	}
	for _, passedOn := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if r.Header.Get(passedOn) != "" {
			return false
		}
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback() && localName(r.Host)
}

// localName says whether a request's host is this machine's name for itself.
func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// database tells how the file and its writer fare.
func (m *meter) database(out *bytes.Buffer) {
	d := m.a.DB
	st := d.Stats()
	metrics.WriteGaugeUint64(out, "badala_db_write_queue", uint64(st.Queued))
	metrics.WriteCounterUint64(out, "badala_db_writes_total", uint64(st.Writes))
	metrics.WriteCounterUint64(out, "badala_db_commits_total", uint64(st.Commits))
	metrics.WriteCounterUint64(out, "badala_db_commit_failures_total", uint64(st.Failed))
	metrics.WriteCounterFloat64(out, "badala_db_commit_seconds_total", st.Spent.Seconds())
	metrics.WriteGaugeFloat64(out, "badala_db_commit_seconds_max", st.Longest.Seconds())
	metrics.WriteGaugeUint64(out, "badala_db_wal_bytes", uint64(d.WALSize()))
	metrics.WriteGaugeUint64(out, "badala_db_bytes", uint64(db.SizeOf(d.Path())))
	if disk, err := d.Disk(); err == nil {
		metrics.WriteGaugeUint64(out, "badala_disk_free_bytes", uint64(disk.Free))
		metrics.WriteGaugeUint64(out, "badala_disk_bytes", uint64(disk.Total))
	}
	metrics.WriteGaugeUint64(out, "badala_live_pages", uint64(m.a.web.Live()))
}

// work tells what waits: jobs of each kind, and deliveries to other systems.
func (m *meter) work(out *bytes.Buffer, r *http.Request) error {
	q := m.a.DB.Read(r.Context())
	depths, err := m.a.Queue.Depths(q)
	if err != nil {
		return err
	}
	for _, d := range depths {
		metrics.WriteGaugeUint64(out, fmt.Sprintf(`badala_jobs{kind=%q,state=%q}`, d.Kind, d.State), uint64(d.Jobs))
	}
	for _, d := range depths {
		if d.State == "ready" {
			late := max(0, m.a.DB.Now()-d.Oldest)
			metrics.WriteGaugeFloat64(out, fmt.Sprintf(`badala_job_oldest_seconds{kind=%q}`, d.Kind), float64(late)/1000)
		}
	}
	t, err := m.a.Webhooks.Totals(q)
	if err != nil {
		return err
	}
	backups, err := m.a.Backups.Status(q)
	if err != nil {
		return err
	}
	for name, at := range map[string]int64{"badala_backup_age_seconds": backups.Last.At, "badala_restore_proof_age_seconds": backups.Proof.Finished} {
		if at != 0 { // there is none
			metrics.WriteGaugeFloat64(out, name, float64(max(0, m.a.DB.Now()-at))/1000)
		}
	}
	for state, n := range map[string]int{"waiting": t.Open, "failed": t.Failed, "expired": t.Expired} {
		metrics.WriteGaugeUint64(out, fmt.Sprintf(`badala_deliveries{state=%q}`, state), uint64(max(0, n)))
	}
	return nil
}
