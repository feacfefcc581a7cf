package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// documentPath is where the OpenAPI document is.
const documentPath = "/openapi.json"

// Document is the OpenAPI 3.1 document of all operations, as JSON.
func (a *API) Document() []byte { return a.document }

func (a *API) serveDocument(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(a.document) // the client may be gone
}

// config describes the API as a whole.
func (a *API) config() huma.Config {
	c := huma.DefaultConfig("Badala", a.Options.Version)
	c.Info.Description = about
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.AllowAdditionalPropertiesByDefault = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer",
		Description: "An API key (Settings → API keys, begins with bdl_), or the token of POST /auth/login."}}
	for _, g := range groups {
		if g.about != "" {
			c.Tags = append(c.Tags, &huma.Tag{Name: g.name, Description: g.about})
		}
	}
	if a.Options.PublicURL != "" {
		c.Servers = []*huma.Server{{URL: a.Options.PublicURL}}
	}
	return c
}

// document says who may call an operation and what it answers when it refuses.
func (who access) document(op *huma.Operation, body bool) {
	if body {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusTooManyRequests)
	if who.anyone {
		return
	}
	op.Security = []map[string][]string{{"bearer": {}}}
	if who.people {
		op.Errors = append(op.Errors, http.StatusForbidden)
	}
	if who.permission != "" {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound)
	}
	if op.Method == http.MethodPost {
		op.Errors = append(op.Errors, http.StatusConflict)
		op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header",
			Description: "The same key within 24 hours gets the first answer again.", Schema: &huma.Schema{Type: "string"}})
	}
}

// also says that an operation may succeed with another status and the same body.
func also(code int) func(*huma.Operation) {
	return func(op *huma.Operation) {
		if op.Responses == nil {
			op.Responses = map[string]*huma.Response{}
		}
		op.Responses[strconv.Itoa(code)] = &huma.Response{Description: http.StatusText(code)}
	}
}

// describe completes the document when all routes stand: the group of each
// operation, what there is to say of it, and an example of its body.
func (a *API) describe() {
	for _, r := range a.paths {
		op := a.operation(r)
		name := r.Method + " " + strings.Replace(r.Path, "/orgs/{orgId}/", "/O/", 1)
		op.Tags = []string{groupOf(r.Path)}
		slices.Sort(op.Errors)
		op.Description = a.wordsOn(r, name, op.Description)
		if e, ok := examples[name]; ok && op.RequestBody != nil {
			op.RequestBody.Content["application/json"].Example = e
		}
		sameBody(op)
	}
	a.describeNull()
	doc, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		panic(err) // made of our own types and constants: a mistake in the code
	}
	a.document = doc
}

// operation is the description of a route.
func (a *API) operation(r Route) *huma.Operation {
	item := a.huma.OpenAPI().Paths[r.Path]
	switch r.Method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPatch:
		return item.Patch
	case http.MethodPut:
		return item.Put
	}
	return item.Delete
}

// wordsOn puts together what is said of a route.
func (a *API) wordsOn(r Route, name, given string) string {
	var parts []string
	for _, text := range []string{given, descriptions[name]} {
		if text != "" {
			parts = append(parts, text)
		}
	}
	if r.Permission != "" {
		parts = append(parts, "Needs the permission "+string(r.Permission)+".")
	}
	if r.People {
		parts = append(parts, "For people only, not for API keys.")
	}
	return strings.Join(parts, " ")
}

// sameBody gives the further successes of an operation the body of the first.
func sameBody(op *huma.Operation) {
	first := op.Responses[strconv.Itoa(op.DefaultStatus)]
	for code, r := range op.Responses {
		if strings.HasPrefix(code, "2") && r != first && r.Content == nil && first != nil {
			r.Content = first.Content
		}
	}
}
