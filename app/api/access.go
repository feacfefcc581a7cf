package api

import (
	"context"
	"net/http"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/httpx"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// access is who may use a route: anyone, anyone with a token, or a member whose
// role, or a key whose scopes, have the permission.
type access struct {
	anyone     bool
	signedIn   bool
	people     bool // of signedIn: not for keys
	permission account.Permission
	limit      int64 // of the body in bytes; 0: httpx.JSONLimit
	search     bool  // costs more than others: fewer calls a minute
}

// caller is who made a request and how.
type caller struct {
	session   account.Session // of a person; of a key it is empty
	actor     account.Actor   // a key's always, a person's on routes that name an organisation
	token     string
	ip        string
	userAgent string
	idemKey   string // of the Idempotency-Key header
	r         *http.Request
	w         http.ResponseWriter
}

type callerKey struct{}

// callerOf is the request's caller. The adapter sets it for every route.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// adapter puts each operation on the mux behind the checks of its route.
type adapter struct{ api *API }

// Handle registers an operation.
func (d *adapter) Handle(op *huma.Operation, next func(huma.Context)) {
	a := d.api
	run := func(w http.ResponseWriter, r *http.Request) { next(humago.NewContext(op, r, w)) }
	a.mux.Handle(op.Method+" "+op.Path, httpx.Handle(a.fail, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		rule := a.access[op.OperationID]
		c, err := a.admit(r, rule)
		if err != nil {
			return err
		}
		c.r, c.w = r, w
		r.Body = http.MaxBytesReader(w, r.Body, rule.limit)
		r = r.WithContext(context.WithValue(r.Context(), callerKey{}, c))
		if c.idemKey == "" {
			run(w, r)
			return nil
		}
		return a.once(w, r, c, rule, run)
	}))
}

// ServeHTTP answers a request as the API does.
func (d *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.api.mux.ServeHTTP(w, r) }

// id names the caller among all: a person or a key.
func (c caller) id() int64 {
	if c.actor.KeyID != 0 {
		return c.actor.KeyID
	}
	return c.session.User.ID
}

// admit finds out who calls and refuses what the route does not allow.
func (a *API) admit(r *http.Request, rule access) (caller, error) {
	c := caller{ip: a.Options.ClientIP(r), userAgent: r.UserAgent()}
	if rule.anyone {
		return c, nil
	}
	if err := a.identify(r, &c); err != nil {
		return c, err
	}
	if err := a.throttle(c, rule); err != nil {
		return c, err
	}
	if r.Method == http.MethodPost {
		if c.idemKey = r.Header.Get("Idempotency-Key"); len(c.idemKey) > 200 {
			return c, errs.Field("Idempotency-Key", "must have at most 200 characters")
		}
	}
	if rule.signedIn {
		if rule.people && c.actor.KeyID != 0 {
			return c, errs.Coded(errs.Forbidden, "key", "this is for people: call it with the token of POST /auth/login, not with an API key")
		}
		return c, nil
	}
	if err := a.enter(r, &c); err != nil {
		return c, err
	}
	err := c.actor.Require(rule.permission)
	a.Accounts.RefusedFor(r.Context(), c.actor, r.Pattern, err)
	return c, err
}

// identify finds whose token it is: a key's or that of a person who has signed in.
func (a *API) identify(r *http.Request, c *caller) (err error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if c.token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || c.token == "" {
		return errs.New(errs.Unauthorized, "send an API key, or the token of POST /auth/login, as Authorization: Bearer")
	}
	if account.IsKey(c.token) {
		c.actor, err = a.Accounts.KeyActor(r.Context(), c.token, c.ip)
		return err
	}
	c.session, err = a.Accounts.BearerSession(r.Context(), c.token)
	return err
}

// throttle counts the call against its token.
func (a *API) throttle(c caller, rule access) error {
	id := c.session.ID
	if c.actor.KeyID != 0 {
		id = c.actor.KeyID
	}
	if err := a.rates.take(id, a.DB.Now()); err != nil || !rule.search {
		return err
	}
	return a.searches.take(id, a.DB.Now())
}

// enter makes the caller act in the organisation that the path names. The
// header may name it as well, but no other.
func (a *API) enter(r *http.Request, c *caller) error {
	path := r.PathValue("orgId")
	if h := r.Header.Get("X-Org-Id"); h != "" && h != path {
		return errs.New(errs.Invalid, "x-org-id names another organisation than the path")
	}
	org, err := db.ParseID("org", path)
	if err != nil {
		return err
	}
	if c.actor.KeyID != 0 {
		if c.actor.OrgID != org {
			return errs.Coded(errs.Forbidden, "not_a_member", "this API key belongs to another organisation")
		}
		return nil
	}
	if c.actor, err = a.Accounts.BearerActor(a.DB.Read(r.Context()), c.session, org); err != nil {
		return err
	}
	c.actor.IP = c.ip
	return nil
}
