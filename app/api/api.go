// Package api is the face for programs: the REST API with its OpenAPI document,
// and Meta's door. It takes bearer tokens only and ignores cookies. It holds
// neither SQL nor rules.
package api

import (
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/event"
	"badala/app/httpx"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/retention"
	"badala/app/webhook"

	"github.com/danielgtaylor/huma/v2"
)

// Deps is what the API stands on. All fields are needed.
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
	Retention  *retention.Service
	Log        *slog.Logger
	Options    Options
}

// Options tune the API.
type Options struct {
	Version   string
	PublicURL string                     // for links in answers; no slash at the end
	ClientIP  func(*http.Request) string // nil: the peer's address
	// StreamCheck is how often a stream of events asks whether its token still
	// lives, and sends a comment; 0 means every 20 seconds.
	StreamCheck time.Duration
}

// API answers programs. It is a handler of all paths for which Owns is true.
type API struct {
	Deps
	mux      *http.ServeMux
	huma     huma.API
	access   map[string]access // by operation id
	rates    *rates
	searches *rates
	streams  *streams
	paths    []Route
	document []byte
}

// New makes the API with all its routes.
func New(deps Deps) *API {
	if deps.Options.ClientIP == nil {
		deps.Options.ClientIP = httpx.Proxies(nil).ClientIP
	}
	if deps.Options.StreamCheck == 0 {
		deps.Options.StreamCheck = beatEvery
	}
	a := &API{Deps: deps, mux: http.NewServeMux(), access: map[string]access{}, rates: newRates(callsPerMinute), searches: newRates(searchesPerMinute), streams: newStreams()}
	a.huma = huma.NewAPI(a.config(), &adapter{a})
	a.routes()
	a.describe()
	a.door()
	a.mux.HandleFunc("GET "+documentPath, a.serveDocument)
	a.mux.Handle("/", httpx.Handle(a.fail, a.noRoute))
	return a
}

// Owns says whether a request is for the API or Meta's door rather than for the
// pages, which have a GET /orgs of their own.
func (a *API) Owns(r *http.Request) bool {
	switch p := r.URL.Path; {
	case p == "/orgs":
		return r.Method != http.MethodGet || r.Header.Get("Authorization") != ""
	case p == channel.WebhookPath, strings.HasPrefix(p, "/auth/"), strings.HasPrefix(p, "/orgs/"), p == documentPath:
		return true
	}
	return false
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p := r.URL.Path; path.Clean(p) != strings.TrimSuffix(p, "/") {
		a.fail(w, r, errNoRoute) // the mux would send the client elsewhere
		return
	}
	a.mux.ServeHTTP(w, r)
}

// noRoute tells an address that does not exist from one that has other methods.
func (a *API) noRoute(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := a.mux.Handler(probe); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return errNoRoute
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return &Problem{Message: "this address does not know the method " + r.Method, status: http.StatusMethodNotAllowed}
}
