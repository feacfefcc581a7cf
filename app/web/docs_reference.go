package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"badala/app/account"
	"badala/views"
)

// fieldDepth is how deep the fields of a body are listed; deeper objects are
// shown once, under their names.
const fieldDepth = 3

// readOpenAPI reads the API's document; without one the reference is empty.
func readOpenAPI(raw []byte) (*openapi, error) {
	d := &openapi{}
	if len(raw) == 0 {
		return d, nil
	}
	return d, json.Unmarshal(raw, d)
}

// groupID is the fragment of a chapter.
func groupID(name string) string {
	return "group-" + strings.Trim(notInIDs.ReplaceAllString(strings.ToLower(name), "-"), "-")
}

var notInIDs = regexp.MustCompile(`[^a-zA-Z0-9]+`)

// reference shows every operation of the document.
func (c *call) reference() error {
	nav, err := c.docsNav("api")
	if err != nil {
		return err
	}
	r := &referrer{openapi: c.s.openapi, base: c.baseURL()}
	if c.actor.OrgID != 0 {
		r.org = id("org", c.actor.OrgID)
	}
	p := views.ReferencePage{Page: c.page(c.t("docs.api")), Nav: nav, CanKey: c.actor.Can(account.ManageKeys)}
	for _, s := range account.AllScopes {
		p.Scopes = append(p.Scopes, string(s))
	}
	abouts := map[string]string{}
	for _, t := range c.s.openapi.Tags {
		abouts[t.Name] = t.Description
	}
	for _, name := range c.s.openapi.chapters() {
		g := views.OperationGroup{ID: groupID(name), Title: name, About: abouts[name]}
		for _, op := range c.s.openapi.operations(name) {
			g.Operations = append(g.Operations, r.operation(op))
		}
		p.Groups = append(p.Groups, g)
	}
	p.Objects = r.objects()
	return c.render(http.StatusOK, views.Reference(p))
}

// referrer writes the reference for one reader.
type referrer struct {
	*openapi
	base, org string
	named     map[string]bool // objects that something refers to
}

var needs = regexp.MustCompile(`\s*Needs the permission (\w+)\.`)

func (r *referrer) operation(op operation) views.OperationData {
	o := views.OperationData{ID: operationID(op), Method: op.method, Path: op.path, Summary: op.Summary, Anyone: len(op.Security) == 0}
	if m := needs.FindStringSubmatch(op.Description); m != nil {
		o.Role, o.Scope = whoMay(account.Permission(m[1]))
	}
	o.About = strings.TrimSpace(needs.ReplaceAllString(op.Description, ""))
	for _, p := range op.Parameters {
		f := r.field(p.Name, p.Schema, fieldDepth)
		f.In, f.About, f.Required = p.In, p.Description, p.Required
		if p.Name == "orgId" {
			f.Value = r.org
		}
		if p.Name != "x-org-id" { // the path says it already
			o.Params = append(o.Params, f)
		}
	}
	slices.SortStableFunc(o.Params, func(a, b views.DocsField) int {
		return slices.Index(places, a.In) - slices.Index(places, b.In)
	})
	streams := r.answers(&o, op)
	for _, kind := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
		body := op.RequestBody.Content[kind]
		o.BodyType, o.Body = kind, r.fields(body.Schema, 0)
		o.BodyExample = indented(body.Example)
		if len(body.Example) == 0 {
			o.BodyExample = r.example(body.Schema, "", false)
		}
	}
	o.Curl = r.curl(o, streams)
	o.Try = !streams
	return o
}

// places of parameters, as they are listed.
var places = []string{"path", "query", "header"}

// answers fills in what the operation answers, and says whether it streams.
func (r *referrer) answers(o *views.OperationData, op operation) (streams bool) {
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if status[0] != '2' {
			o.Errors = append(o.Errors, status)
			continue
		}
		a := views.AnswerData{Status: status, About: op.Responses[status].Description}
		for kind, body := range op.Responses[status].Content {
			a.Type, a.Link = r.link(body.Schema)
			if kind != "application/json" {
				streams, a.Type = kind == "text/event-stream", kind
				var text string
				if json.Unmarshal(body.Example, &text) == nil {
					a.Example = text
				}
				continue
			}
			a.Example = indented(body.Example)
			if len(body.Example) == 0 {
				a.Example = r.example(body.Schema, "", true)
			}
		}
		o.Answers = append(o.Answers, a)
	}
	return streams
}

// operationID is the fragment of an operation: short, and stable as its path is.
func operationID(op operation) string {
	path := strings.TrimPrefix(op.path, "/orgs/{orgId}")
	return strings.ToLower(op.method) + "-" + strings.Trim(notInIDs.ReplaceAllString(path, "-"), "-")
}

// link says a schema's type and the object that it names.
func (r *referrer) link(s schema) (word, name string) {
	word, name = r.kind(s)
	if name != "" {
		if r.named == nil {
			r.named = map[string]bool{}
		}
		r.named[name] = true
	}
	return word, name
}

// field describes one field, with those inside it down to a depth.
func (r *referrer) field(name string, s schema, depth int) views.DocsField {
	inner := r.resolve(s)
	f := views.DocsField{Name: name, About: inner.Description, Nullable: inner.nullable(), Bounds: inner.bounds()}
	for _, e := range inner.Enum {
		if text, ok := e.(string); ok {
			f.Enum = append(f.Enum, text)
		}
	}
	if depth < fieldDepth && (len(inner.Properties) > 0 || inner.Items != nil) {
		f.Type, _ = r.kind(inner)
		f.Fields = r.fields(s, depth+1)
		return f
	}
	f.Type, f.Link = r.link(s)
	return f
}

// fields lists what an object, or each entry of a list, has.
func (r *referrer) fields(s schema, depth int) []views.DocsField {
	s = r.resolve(s)
	if s.Items != nil {
		s = r.resolve(*s.Items)
	}
	var out []views.DocsField
	for _, name := range s.names() {
		if s.Properties[name].ReadOnly {
			continue
		}
		f := r.field(name, s.Properties[name], depth)
		f.Required = slices.Contains(s.Required, name)
		out = append(out, f)
	}
	return out
}

// objects are the named objects that the shown operations refer to, and those
// that these refer to.
func (r *referrer) objects() []views.ObjectData {
	shown := map[string]views.ObjectData{}
	for len(shown) < len(r.named) {
		for _, name := range slices.Sorted(maps.Keys(r.named)) {
			if _, ok := shown[name]; ok {
				continue
			}
			s := r.Components.Schemas[name]
			o := views.ObjectData{Name: name, About: s.Description}
			for _, field := range s.names() {
				f := r.field(field, s.Properties[field], fieldDepth)
				o.Fields = append(o.Fields, f)
			}
			shown[name] = o
		}
	}
	var out []views.ObjectData
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		out = append(out, shown[name])
	}
	return out
}

// whoMay is the lowest role and the scope of a key that have a permission.
func whoMay(p account.Permission) (role, scope string) {
	for _, r := range account.Roles {
		if (account.Actor{Role: r}).Can(p) {
			role = string(r) // from the highest down
		}
	}
	for _, s := range account.AllScopes {
		if (account.Actor{Role: account.Owner, KeyID: 1, Scopes: account.Scopes{s}}).Can(p) {
			return role, string(s)
		}
	}
	return role, ""
}

var inPath = regexp.MustCompile(`\{(\w+)\}`)

// curl is the call as a command.
func (r *referrer) curl(o views.OperationData, streams bool) string {
	path := inPath.ReplaceAllStringFunc(o.Path, func(name string) string {
		if name == "{orgId}" {
			return "$BADALA_ORG"
		}
		return "$" + shellName(strings.Trim(name, "{}"))
	})
	flag := "-s"
	if streams {
		flag = "-N"
	}
	if o.Method != http.MethodGet && (o.Method != http.MethodPost || o.BodyType == "") {
		flag += " -X " + o.Method
	}
	lines := []string{"curl " + flag + ` "` + r.base + path + `"`}
	if !o.Anyone {
		lines = append(lines, `-H "Authorization: Bearer $BADALA_KEY"`)
	}
	switch o.BodyType {
	case "":
	case "multipart/form-data":
		lines = append(lines, "-F file=@picture.jpg")
	default:
		lines = append(lines, `-H "Content-Type: `+o.BodyType+`"`, "-d '"+strings.ReplaceAll(o.BodyExample, "'", `'\''`)+"'")
	}
	return strings.Join(lines, " \\\n  ")
}

var humps = regexp.MustCompile(`([a-z])([A-Z])`)

// shellName turns contactId to CONTACT_ID.
func shellName(name string) string {
	return strings.ToUpper(humps.ReplaceAllString(name, "${1}_$2"))
}
