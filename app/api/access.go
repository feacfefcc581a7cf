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
// role has the permission.
type access struct {
	anyone     bool
	signedIn   bool
	permission account.Permission
	limit      int64 // of the body in bytes; 0: httpx.JSONLimit
}

// caller is who made a request and how.
type caller struct {
	session   account.Session
	actor     account.Actor // with its organisation, on routes that name one
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
		rule, ok := a.access[op.OperationID]
		if !ok { // the OpenAPI document
			run(w, r)
			return nil
		}
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

// admit finds out who calls and refuses what the route does not allow.
func (a *API) admit(r *http.Request, rule access) (caller, error) {
	c := caller{ip: a.Options.ClientIP(r), userAgent: r.UserAgent()}
	if rule.anyone {
		return c, nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return c, errs.New(errs.Unauthorized, "send the token of POST /auth/login as Authorization: Bearer")
	}
	c.token = strings.TrimSpace(token)
	var err error
	if c.session, err = a.Accounts.BearerSession(r.Context(), c.token); err != nil {
		return c, err
	}
	if err := a.rates.take(c.session.ID, a.DB.Now()); err != nil {
		return c, err
	}
	if r.Method == http.MethodPost {
		if c.idemKey = r.Header.Get("Idempotency-Key"); len(c.idemKey) > 200 {
			return c, errs.Field("Idempotency-Key", "must have at most 200 characters")
		}
	}
	if rule.signedIn {
		return c, nil
	}
	if c.actor, err = a.member(r, c.session); err != nil {
		return c, err
	}
	c.actor.IP = c.ip
	return c, c.actor.Require(rule.permission)
}

// member is what the caller is in the organisation that the path names. The
// header may name it as well, but no other.
func (a *API) member(r *http.Request, ses account.Session) (account.Actor, error) {
	path := r.PathValue("orgId")
	if h := r.Header.Get("X-Org-Id"); h != "" && h != path {
		return account.Actor{}, errs.New(errs.Invalid, "x-org-id names another organisation than the path")
	}
	org, err := db.ParseID("org", path)
	if err != nil {
		return account.Actor{}, err
	}
	return a.Accounts.BearerActor(a.DB.Read(r.Context()), ses, org)
}
