package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// openapi is as much of an OpenAPI document as the reference shows.
type openapi struct {
	Tags []struct {
		Name, Description string
	}
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	method, path string

	OperationID, Summary, Description string
	Tags                              []string
	Security                          []map[string][]string
	Parameters                        []parameter
	RequestBody                       struct{ Content map[string]content }
	Responses                         map[string]struct {
		Description string
		Content     map[string]content
	}
}

type parameter struct {
	Name, In, Description string
	Required              bool
	Schema                schema
}

type content struct {
	Schema  schema
	Example json.RawMessage
}

// schema is a JSON schema as the document uses it.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 oneOrMore
	Format, Description  string
	Enum                 []any
	Default              any
	Minimum, Maximum     *float64
	MaxLength, MaxItems  *int
	Required             []string
	Properties           map[string]schema
	Items                *schema
	AdditionalProperties json.RawMessage
	ReadOnly             bool
	AnyOf, OneOf         []schema
}

// oneOrMore is a string or a list of them.
type oneOrMore []string

// UnmarshalJSON reads either.
func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	var more []string
	err := json.Unmarshal(b, &more)
	*o = more
	return err
}

// name is the schema's name in the document, or "".
func (s schema) name() string { return strings.TrimPrefix(s.Ref, "#/components/schemas/") }

// resolve follows a reference.
func (d *openapi) resolve(s schema) schema {
	if s.Ref == "" {
		return s
	}
	named := d.Components.Schemas[s.name()]
	named.Description = cmp.Or(s.Description, named.Description)
	return named
}

// kind says a schema's type in words that are the same in every language, such
// as "string, date-time" or "array of Tag".
func (d *openapi) kind(s schema) (word, link string) {
	if s.Ref != "" {
		return s.name(), s.name()
	}
	if s.Items != nil && slices.Contains(s.Type, "array") {
		word, link = d.kind(*s.Items)
		return "array of " + word, link
	}
	var types []string
	for _, t := range s.Type {
		if t != "null" {
			types = append(types, t)
		}
	}
	if len(types) == 0 {
		return "any", ""
	}
	word = strings.Join(types, " or ")
	if s.Format != "" && s.Format != "int64" && s.Format != "double" {
		word += ", " + s.Format
	}
	return word, ""
}

func (s schema) nullable() bool { return slices.Contains(s.Type, "null") }

// bounds says limits and default, as "1–200, default 50".
func (s schema) bounds() string {
	var parts []string
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		parts = append(parts, fmt.Sprintf("%v–%v", *s.Minimum, int64(*s.Maximum)))
	case s.Maximum != nil:
		parts = append(parts, fmt.Sprintf("≤ %v", int64(*s.Maximum)))
	}
	if s.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("≤ %d characters", *s.MaxLength))
	}
	if s.MaxItems != nil {
		parts = append(parts, fmt.Sprintf("≤ %d entries", *s.MaxItems))
	}
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("default %v", s.Default))
	}
	return strings.Join(parts, ", ")
}

// names are the properties: the required ones as declared, then the others by name.
func (s schema) names() []string {
	var out []string
	for _, name := range s.Required {
		if _, ok := s.Properties[name]; ok {
			out = append(out, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// methods in the order in which the reference shows them.
var methods = []string{"get", "post", "patch", "put", "delete"}

// operations lists all operations of a chapter, by path and method.
func (d *openapi) operations(tag string) []operation {
	var out []operation
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range methods {
			op, ok := d.Paths[path][method]
			if !ok || (tag != "" && !slices.Contains(op.Tags, tag)) || (tag == "" && len(op.Tags) > 0) {
				continue
			}
			op.method, op.path = strings.ToUpper(method), path
			out = append(out, op)
		}
	}
	return out
}

// chapters are the document's tags, and "" if an operation has none.
func (d *openapi) chapters() []string {
	var names []string
	for _, t := range d.Tags {
		names = append(names, t.Name)
	}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, op := range d.Paths[path] {
			tag := ""
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			if !slices.Contains(names, tag) {
				names = append(names, tag)
			}
		}
	}
	return names
}
