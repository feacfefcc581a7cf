package views

// TagsPage lists the tags.
type TagsPage struct {
	Page
	Items []TagCard
	Form  TagForm // of a new one
}

// TagCard is one tag with what has it.
type TagCard struct {
	ID, Name, Colour, Description string
	Contacts, Conversations       int
	Becomes                       string // the tag that it is becoming; "": none
}

// TagForm is a tag as it is entered.
type TagForm struct {
	Name, Colour, Description string
	Errors                    map[string]string
}

// TagPage is one tag, and what it could be merged into.
type TagPage struct {
	Page
	Tag    TagCard
	Form   TagForm
	Others []Option
	Into   Option
	Rules  int // of assignment that name it
}

// tagColours are those that can be chosen.
var tagColours = []string{"grey", "red", "orange", "yellow", "green", "teal", "blue", "purple"}

// busy says whether a tag is becoming another.
func (d TagsPage) busy() bool {
	for _, t := range d.Items {
		if t.Becomes != "" {
			return true
		}
	}
	return false
}

func (t TagCard) uses(p Page) string {
	return p.count("tags.contacts", t.Contacts) + " · " + p.count("tags.conversations", t.Conversations)
}
