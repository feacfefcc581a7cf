// Package api is the face for programs: the REST API with its OpenAPI document,
// and Meta's door. It takes bearer tokens only and ignores cookies. It holds
// neither SQL nor rules.
package api

import (
	"log/slog"
	"net/http"
	"strings"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/httpx"
	"badala/app/inbox"
	"badala/app/media"

	"github.com/danielgtaylor/huma/v2"
)

// Deps is what the API stands on. All fields are needed.
type Deps struct {
	DB       *db.DB
	Accounts *account.Service
	Contacts *contact.Service
	Channels *channel.Service
	Media    *media.Service
	Inbox    *inbox.Service
	Log      *slog.Logger
	Options  Options
}

// Options tune the API.
type Options struct {
	Version   string
	PublicURL string                     // for links in answers; no slash at the end
	ClientIP  func(*http.Request) string // nil: the peer's address
}

// API answers programs. It is a handler of all paths for which Owns is true.
type API struct {
	Deps
	mux    *http.ServeMux
	huma   huma.API
	access map[string]access // by operation id
	rates  *rates
	paths  []Route
}

// New makes the API with all its routes.
func New(deps Deps) *API {
	if deps.Options.ClientIP == nil {
		deps.Options.ClientIP = httpx.Proxies(nil).ClientIP
	}
	a := &API{Deps: deps, mux: http.NewServeMux(), access: map[string]access{}, rates: newRates(600)}
	a.huma = huma.NewAPI(a.config(), &adapter{a})
	a.routes()
	a.door()
	a.mux.Handle("/", httpx.Handle(a.fail, func(http.ResponseWriter, *http.Request) error { return errNoRoute }))
	return a
}

// config describes the API as a whole.
func (a *API) config() huma.Config {
	c := huma.DefaultConfig("Badala", a.Options.Version)
	c.Info.Description = "A WhatsApp team inbox. Sign in with POST /auth/login and send the token as a bearer token."
	c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", nil
	c.AllowAdditionalPropertiesByDefault = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer"}}
	if a.Options.PublicURL != "" {
		c.Servers = []*huma.Server{{URL: a.Options.PublicURL}}
	}
	return c
}

// Owns says whether a request is for the API or Meta's door rather than for the
// pages, which have a GET /orgs of their own.
func (a *API) Owns(r *http.Request) bool {
	switch p := r.URL.Path; {
	case p == "/orgs":
		return r.Method != http.MethodGet || r.Header.Get("Authorization") != ""
	case p == channel.WebhookPath, strings.HasPrefix(p, "/auth/"), strings.HasPrefix(p, "/orgs/"), strings.HasPrefix(p, "/openapi"):
		return true
	}
	return false
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }
