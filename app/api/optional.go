package api

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Optional is a field of a body of which only what is present changes: absent
// leaves it alone, null clears it.
type Optional[T any] struct {
	Sent  bool
	Value *T // nil: null
}

// UnmarshalJSON notes that the field is there.
func (o *Optional[T]) UnmarshalJSON(b []byte) error {
	o.Sent = true
	return json.Unmarshal(b, &o.Value)
}

// Schema is that of the value, or null.
func (Optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *huma.SchemaFromType(r, reflect.TypeFor[T]())
	s.Nullable = true
	return &s
}

// or is the value, or what stands for null.
func (o Optional[T]) or(empty T) T {
	if o.Value == nil {
		return empty
	}
	return *o.Value
}

// textOf is what a field changes a text to: nil leaves it alone, "" clears it.
func textOf(o Optional[string]) *string {
	if !o.Sent {
		return nil
	}
	s := o.or("")
	return &s
}

// Scalar is the value of a custom field: text, or a number or truth value that
// is kept as it is written. nil is null.
type Scalar struct{ text *string }

// UnmarshalJSON keeps the text.
func (v *Scalar) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte(`"`)) || string(b) == "null" {
		return json.Unmarshal(b, &v.text)
	}
	s := string(b)
	v.text = &s
	return nil
}

// Schema is a text, a number, true or false, or null.
func (Scalar) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString, Nullable: true}, {Type: huma.TypeNumber}, {Type: huma.TypeBoolean}}}
}

// QueryInt is a number in a query that may be absent.
type QueryInt struct {
	Sent  bool
	Value int
}

// Receiver is where the number goes.
func (q *QueryInt) Receiver() reflect.Value { return reflect.ValueOf(&q.Value).Elem() }

// OnParamSet notes whether there is one.
func (q *QueryInt) OnParamSet(sent bool, _ any) { q.Sent = sent }

// Schema is that of the number.
func (QueryInt) Schema(r huma.Registry) *huma.Schema {
	return huma.SchemaFromType(r, reflect.TypeFor[int]())
}
