package views

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// AssignmentPage is how new conversations of a number find somebody.
type AssignmentPage struct {
	Page
	Channel ChannelData
	Form    AssignmentForm
	People  []AssignmentPerson // who may answer, and who is in the rotation
	Tags    []string
	Test    *AssignmentTest
	Changed bool   // the form has what is not saved
	Focus   string // the id of the button that keeps the focus
	Errors  map[string]string
}

// AssignmentForm is the setting as the form carries it.
type AssignmentForm struct {
	Mode     string // NONE, ROUND_ROBIN, BY_TAG
	Rules    []AssignmentRule
	Fallback string // "none", "turn" or user_…
	MaxOpen  string
	SkipAway bool
}

// AssignmentRule is a row of the list of rules.
type AssignmentRule struct{ Tag, Assignee, Error string }

// AssignmentPerson is somebody who can be chosen.
type AssignmentPerson struct {
	ID, Name string
	InTurn   bool
	Given    int
	Off      bool // may not answer any more
}

// AssignmentTest is who would get a conversation with a tag.
type AssignmentTest struct{ Tag, Name, Reason string }

var assignmentModes = [...]string{"NONE", "ROUND_ROBIN", "BY_TAG"}

// options are the people for a select, with whoever has left if chosen.
func (d AssignmentPage) options(chosen string) []Option {
	var out []Option
	for _, p := range d.People {
		if !p.Off || p.ID == chosen {
			out = append(out, Option{ID: p.ID, Name: p.Name})
		}
	}
	return out
}

// fallbacks are what may happen when no rule fits.
func (d AssignmentPage) fallbacks() []Option {
	return append([]Option{{ID: "none", Name: d.T("assignment.fallback.none")}, {ID: "turn", Name: d.T("assignment.fallback.turn")}}, d.options(d.Form.Fallback)...)
}

// tagOptions are the tags that can be tried.
func (d AssignmentPage) tagOptions() []Option {
	out := []Option{{ID: "", Name: d.T("assignment.test.none")}}
	for _, t := range d.Tags {
		out = append(out, Option{ID: t, Name: t})
	}
	return out
}

// sentence says who would get it, and why.
func (t AssignmentTest) sentence(p Page) string {
	if t.Name == "" {
		return p.T("assignment.test.nobody")
	}
	return p.T("assignment.why."+t.Reason, isolate(t.Name))
}

// tested is the tag that was tried.
func (d AssignmentPage) tested() string {
	if d.Test == nil {
		return ""
	}
	return d.Test.Tag
}

// nth is the id of the part of a numbered row.
func nth(name string, i int) string { return name + "-" + strconv.Itoa(i) }

func firstText(all ...string) string { return cmp.Or(all...) }

// Change does to the list of rules what a button says, and gives the id of the
// button that has the focus then.
func (f *AssignmentForm) Change(do string) (focus string) {
	if do == "add" {
		f.Rules = append(f.Rules, AssignmentRule{})
		return "add-rule"
	}
	what, n, _ := strings.Cut(do, "-")
	i, err := strconv.Atoi(n)
	if err != nil || i < 0 || i >= len(f.Rules) {
		return ""
	}
	last := len(f.Rules) - 1
	switch {
	case what == "up" && i > 0:
		f.Rules[i-1], f.Rules[i] = f.Rules[i], f.Rules[i-1]
		if i == 1 {
			return nth("down", 0)
		}
		return nth("up", i-1)
	case what == "down" && i < last:
		f.Rules[i+1], f.Rules[i] = f.Rules[i], f.Rules[i+1]
		if i+1 == last {
			return nth("up", last)
		}
		return nth("down", i+1)
	case what == "drop":
		f.Rules = slices.Delete(f.Rules, i, i+1)
	}
	return "add-rule"
}

// Explain puts what is wrong beside the rules that it is about.
func (f *AssignmentForm) Explain(wrong map[string]string, text string) {
	for i := range f.Rules {
		for name := range wrong {
			if strings.HasPrefix(name, "rules["+strconv.Itoa(i)+"].") {
				f.Rules[i].Error = text
			}
		}
	}
}
