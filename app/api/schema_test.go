package api_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// document is the OpenAPI document as a client reads it.
type document struct {
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	Summary     string                      `json:"summary"`
	OperationID string                      `json:"operationId"`
	Tags        []string                    `json:"tags"`
	Security    []map[string][]string       `json:"security"`
	Parameters  []struct{ Name, In string } `json:"parameters"`
	RequestBody struct {
		Content map[string]struct{ Example any }
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string
		Content     map[string]struct{ Schema *schema }
	} `json:"responses"`
}

// schema is what the document's schemas use of JSON Schema.
type schema struct {
	Ref                  string             `json:"$ref"`
	Type                 any                `json:"type"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	Items                *schema            `json:"items"`
	AdditionalProperties any                `json:"additionalProperties"`
	Enum                 []any              `json:"enum"`
	Format               string             `json:"format"`
	Minimum              *float64           `json:"minimum"`
	Maximum              *float64           `json:"maximum"`
	OneOf, AnyOf         []*schema
}

func readDocument(t testing.TB, data []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// check says how a value differs from a schema. A property that the schema does
// not know is a difference: what is not described is promised to nobody.
func (d document) check(s *schema, v any, where string) (wrong []string) {
	if s.Ref != "" {
		to := d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
		if to == nil {
			return []string{where + ": no schema " + s.Ref}
		}
		return d.check(to, v, where)
	}
	say := func(format string, args ...any) { wrong = append(wrong, where+": "+fmt.Sprintf(format, args...)) }
	if len(s.OneOf) > 0 || len(s.AnyOf) > 0 {
		for _, one := range slices.Concat(s.OneOf, s.AnyOf) {
			if wrong = d.check(one, v, where); len(wrong) == 0 {
				return nil
			}
		}
		return wrong
	}
	if s.Type != nil && !slices.Contains(types(s.Type), typeOf(v)) && !(typeOf(v) == "integer" && slices.Contains(types(s.Type), "number")) {
		say("is %s %v, want %v", typeOf(v), v, s.Type)
		return wrong
	}
	if s.Enum != nil && v != nil && !slices.Contains(s.Enum, v) {
		say("%v is none of %v", v, s.Enum)
	}
	switch v := v.(type) {
	case map[string]any:
		wrong = append(wrong, d.checkObject(s, v, where)...)
	case []any:
		if s.Items != nil {
			for i, one := range v {
				wrong = append(wrong, d.check(s.Items, one, fmt.Sprintf("%s[%d]", where, i))...)
			}
		}
	case string:
		if s.Format == "date-time" {
			if at, err := time.Parse("2006-01-02T15:04:05.000Z", v); err != nil || at.IsZero() {
				say("%q is no time with milliseconds in UTC", v)
			}
		}
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			say("%v is out of bounds", v)
		}
	}
	return wrong
}

func (d document) checkObject(s *schema, v map[string]any, where string) (wrong []string) {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			wrong = append(wrong, where+": lacks "+name)
		}
	}
	for name, one := range v {
		switch p := s.Properties[name]; {
		case p != nil:
			wrong = append(wrong, d.check(p, one, where+"."+name)...)
		case s.Properties != nil:
			wrong = append(wrong, where+": has "+name+", which is not described")
		}
	}
	return wrong
}

func types(t any) []string {
	if one, ok := t.(string); ok {
		return []string{one}
	}
	var all []string
	for _, one := range t.([]any) {
		all = append(all, one.(string))
	}
	return all
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	}
	return "object"
}
