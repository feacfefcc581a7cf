package views

import (
	"strings"

	"github.com/a-h/templ"
)

// DocsPage is one page of the developers' guide.
type DocsPage struct {
	Page
	Nav      DocsNav
	Body     templ.Component // the text, without its title
	Sections []DocsLink      // headings to jump to
}

// DocsNav is what the guide's menu lists.
type DocsNav struct {
	Guide, Patterns, Groups []DocsLink
	Current                 string // slug of the page that is shown
	SignedIn                bool
}

// DocsLink leads to a page or a place in one; ID is its slug or fragment.
type DocsLink struct{ ID, Title string }

// ReferencePage is the reference of the API.
type ReferencePage struct {
	Page
	Nav     DocsNav
	Groups  []OperationGroup
	Objects []ObjectData
	CanKey  bool     // may make a key for trying
	Scopes  []string // of that key
}

// OperationGroup is a chapter of the reference.
type OperationGroup struct {
	ID, Title, About string
	Operations       []OperationData
}

// OperationData is one call.
type OperationData struct {
	ID, Method, Path, Summary, About string
	Role, Scope                      string // who may: the lowest role, the scope of a key; "" for no such need
	Anyone                           bool   // without a token
	Params                           []DocsField
	BodyType                         string // media type; "" without a body
	BodyAbout, BodyExample           string
	Body                             []DocsField
	Answers                          []AnswerData
	Errors                           []string // statuses
	Curl                             string
	Try                              bool // can be tried here
}

// DocsField is a parameter, a field of a body or of an object.
type DocsField struct {
	Name, In, Type, Link, About, Bounds, Value string // Link names an object, Value is what a form begins with
	Enum                                       []string
	Required, Nullable                         bool
	Fields                                     []DocsField
}

// AnswerData is a successful answer.
type AnswerData struct{ Status, About, Type, Link, Example string }

// ObjectData is a named object of the answers.
type ObjectData struct {
	Name, About string
	Fields      []DocsField
}

// What the reference, which is in English, says by itself.
const (
	orNull    = "or null"
	keyBegins = "bdl_…"
)

func docsURL(slug string) templ.SafeURL {
	if slug == "overview" {
		return "/docs"
	}
	return templ.SafeURL("/docs/" + slug)
}

func (o OperationData) find() string {
	return strings.ToLower(o.Method + " " + o.Path + " " + o.Summary)
}

func (o OperationData) inputs(in string) []DocsField {
	var out []DocsField
	for _, p := range o.Params {
		if p.In == in {
			out = append(out, p)
		}
	}
	return out
}

// bodyRows is how tall the field of a body is.
func (o OperationData) bodyRows() string {
	return num(int64(min(max(strings.Count(o.BodyExample, "\n")+1, 3), 16)))
}

// methodClass colours a method.
func methodClass(method string) string { return "method " + strings.ToLower(method) }
