package views

import "strings"

// ConsentWordsPage sets by which words customers refuse marketing.
type ConsentWordsPage struct {
	Page
	Always               []string
	Words                string // each on a line
	Answer               bool
	EN, AR               string
	DefaultEN, DefaultAR string
	Errors               map[string]string
}

// ContactFieldsPage lists the fields that the organisation added to contacts.
type ContactFieldsPage struct {
	Page
	Fields []FieldCard
	Form   FieldCard
	Errors map[string]string
}

// FieldCard is one of those fields.
type FieldCard struct {
	ID, Name, Kind string
	Key            string // its name for programs, which stays when it is renamed
	Choices        []string
	Error          string
}

var fieldKinds = []string{"TEXT", "NUMBER", "DATE", "BOOLEAN", "CHOICE"}

func (f FieldCard) choiceText() string { return strings.Join(f.Choices, "\n") }

func (f FieldCard) choiceLine(p Page) string { return strings.Join(f.Choices, p.T("comma")+" ") }
