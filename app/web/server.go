// Package web is the face for people: pages, forms and live updates. It asks
// the domains, maps what they say to views, and holds neither SQL nor rules.
package web

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/backup"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/event"
	"badala/app/guide"
	"badala/app/health"
	"badala/app/httpx"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/queue"
	"badala/app/retention"
	"badala/app/webhook"
	"badala/views"
)

// Deps is what the pages stand on. All fields are needed.
type Deps struct {
	DB         *db.DB
	Events     *event.Log
	Accounts   *account.Service
	Contacts   *contact.Service
	Imports    *importer.Service
	Channels   *channel.Service
	Media      *media.Service
	Inbox      *inbox.Service
	Webhooks   *webhook.Service
	Broadcasts *broadcast.Service
	Queue      *queue.Queue
	Backups    *backup.Service
	Health     *health.Service
	Retention  *retention.Service
	Log        *slog.Logger
	Options    Options
}

// Options change how the pages behave. The zero value is plain HTTP without a simulator.
type Options struct {
	PublicURL  string            // where browsers and Meta reach us; "" takes the request's host
	Secure     bool              // https: __Host- cookie and HSTS
	Demo       bool              // the simulator runs: link to it and show the ready logins
	DemoLogins []views.DemoLogin // shown on the sign-in page of the demonstration
	Sim        http.Handler      // the simulator's control, mounted at /simulator/api; nil without one
	SimPhone   func() string     // the shop's number in the simulator
	// SessionCheck is how soon a stream ends after its session has; 0 is 20 seconds.
	SessionCheck time.Duration
	OpenAPI      []byte // the API's document, for its reference; nil shows none
	// ClientIP finds a request's address for throttling; nil believes no proxy.
	ClientIP func(*http.Request) string
}

// Server answers the pages. Close ends its live streams.
type Server struct {
	Deps
	hub      *hub
	presence *presence
	counts   counts
	alerts   alerts
	later    *later
	csrf     *http.CrossOriginProtection
	epoch    string
	guide    *guide.Guide
	openapi  *openapi
	mux      *http.ServeMux // where the pages are mounted
	held     heldFormsBy
}

// New makes the pages' server; Mount registers its routes.
func New(deps Deps) *Server {
	if deps.Options.ClientIP == nil {
		deps.Options.ClientIP = httpx.Proxies(nil).ClientIP
	}
	if deps.Options.SessionCheck == 0 {
		deps.Options.SessionCheck = 20 * time.Second
	}
	s := &Server{Deps: deps, epoch: rand.Text()[:12], csrf: http.NewCrossOriginProtection(), later: newLater()}
	s.hub = newHub(deps.DB, deps.Events, s.epoch)
	s.presence = newPresence(s.hub, deps.DB)
	s.guide = newGuide()
	var err error
	if s.openapi, err = readOpenAPI(deps.Options.OpenAPI); err != nil {
		deps.Log.Warn("the API's document cannot be shown", "err", err)
	}
	if origin := originOf(deps.Options.PublicURL); origin != "" {
		if err := s.csrf.AddTrustedOrigin(origin); err != nil {
			deps.Log.Warn("the public address is not an origin", "err", err)
		}
	}
	return s
}

// Close ends all live streams and waits for them to let go; new ones get 503.
// Call it before the HTTP server's Shutdown, which would wait for the streams.
func (s *Server) Close() {
	s.hub.close()
	s.later.close()
}

// originOf is scheme and host of an address, or "" if it has none.
func originOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
