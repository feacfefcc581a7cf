package api

import (
	"context"
	"reflect"
	"strings"

	"badala/app/account"
	"badala/app/httpx"

	"github.com/danielgtaylor/huma/v2"
)

// Route is one line of the route table, for tests and tools.
type Route struct {
	Method, Path string
	Anyone       bool               // no token needed
	SignedIn     bool               // any valid token
	People       bool               // of SignedIn: no API key
	Permission   account.Permission // of a member of the path's organisation
}

// Routes lists every route of the API.
func (a *API) Routes() []Route { return a.paths }

// Who may use a route.
var (
	anyone   = access{anyone: true}
	signedIn = access{signedIn: true}
	people   = access{signedIn: true, people: true}

	streaming = member(account.ReadInbox)
)

func member(p account.Permission) access { return access{permission: p} }

// searching is a member's route that costs more than others.
func searching(p account.Permission) access { return access{permission: p, search: true} }

// add puts one route on the table: "POST /orgs", what it does, who may.
func add[I, O any](a *API, pattern, summary string, who access, fn func(context.Context, *I) (*O, error), more ...func(*huma.Operation)) {
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.Replace(path, "/O/", "/orgs/{orgId}/", 1)
	if who.limit == 0 {
		who.limit = httpx.JSONLimit
	}
	op := huma.Operation{
		OperationID: huma.GenerateOperationID(method, path, new(O)),
		Method:      method, Path: path, Summary: summary,
		MaxBodyBytes: who.limit + 1, // the reader in front says 413 first
	}
	_, body := reflect.TypeFor[I]().FieldByName("Body")
	who.document(&op, body)
	for _, m := range more {
		m(&op)
	}
	a.access[op.OperationID] = who
	a.paths = append(a.paths, Route{Method: method, Path: path, Anyone: who.anyone, SignedIn: who.signedIn, People: who.people, Permission: who.permission})
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, a.problemOf(ctx, err)
		}
		return out, nil
	})
}

// status sets the status of success.
func status(code int) func(*huma.Operation) {
	return func(op *huma.Operation) { op.DefaultStatus = code }
}

// none is an input or answer without content.
type none struct{}

// InOrg is what every path under /orgs/{orgId} has.
type InOrg struct {
	OrgID string `path:"orgId" doc:"The organisation's id."`
	XOrg  string `header:"x-org-id" doc:"The organisation's id again, if at all."`
}
