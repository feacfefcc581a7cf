package views

import "time"

// ContactPage is everything about one customer.
type ContactPage struct {
	Page
	Contact ContactData
	More    ContactMore
	Form    map[string]string // what the fields show, by name
	Fields  []FieldData       // the organisation's own
	Errors  map[string]string
	Taken   string // the contact that has what was entered already, "" for none

	Tags    []Tag
	AllTags []string
	History []ConsentLine
	Talks   []TalkData
	Media   []MediaTile
	Linked  []TwinData
	Merges  []MergeData

	CanEdit, CanErase bool
}

// ContactMore is what the inbox's panel does not show.
type ContactMore struct {
	OtherPhones       []string
	Updated, LastSaid time.Time
}

// FieldData is a field that the organisation added, with its value here.
type FieldData struct {
	Name, Kind, Value, Error string // Kind: TEXT, NUMBER, DATE, BOOLEAN, CHOICE, or "" for one that nobody defined
	Label                    string // what people call it
	Choices                  []string
	N                        int // its place, for ids
}

func (f FieldData) title() string {
	if f.Label != "" {
		return f.Label
	}
	return f.Name
}

// ConsentLine is one change of consent.
type ConsentLine struct {
	At       time.Time
	Was, Now string // yes, no or unknown
	Who, Why string
	URL      string // the message that it follows from, "" for none
}

// TalkData is a conversation of the contact.
type TalkData struct {
	ID, Channel string
	Last        LastMessage
	At          time.Time
	Unread      int
	Closed      bool
	Window      Window
}

// MediaTile is a file that was sent or received.
type MediaTile struct {
	URL, Thumb, Name, Kind string // Kind: image, video, audio or file
	At                     time.Time
	Link                   string // the message
	Out                    bool
}

// TwinData is another contact that may be the same person.
type TwinData struct {
	ID, Name, Phone string
	Talks           int
}

// MergeData is a merge that can be taken back.
type MergeData struct {
	ID, Name string // of the one who went
	At       time.Time
	Until    time.Time
	By       string
}

// tileIcon stands for a file without a picture.
func tileIcon(kind string) string {
	if icon, ok := map[string]string{"video": "video", "audio": "mic", "image": "image"}[kind]; ok {
		return icon
	}
	return "file-text"
}

// input makes a field of the form.
func (d ContactPage) input(name, label string, in input) input {
	in.ID, in.Name, in.Label, in.Value, in.Optional = "f-"+name, name, label, d.Form[name], true
	if key := map[string]string{"external_id": "externalId", "company": "company.name", "website": "company.website",
		"job_title": "company.jobTitle", "address": "company.address"}[name]; key != "" {
		in.Error = d.Errors[key]
	} else {
		in.Error = d.Errors[name]
	}
	return in
}

// sure is what has to be typed before the person is erased.
func (d ContactPage) sure() string {
	if d.Contact.Name != "" {
		return d.Contact.Name
	}
	if d.Contact.Phone != "" {
		return d.Contact.Phone
	}
	return d.Contact.display()
}

// contactConsentsNew are the choices for a new contact: not asked comes first.
var contactConsentsNew = []string{"unknown", "yes", "no"}

func (f FieldData) hidden() string { return "cfn-" + num(int64(f.N)) }

func (f FieldData) id() string { return "cf-" + num(int64(f.N)) }

func (f FieldData) options() []Option {
	out := make([]Option, 0, len(f.Choices)+1)
	known := f.Value == ""
	for _, c := range f.Choices {
		out, known = append(out, Option{ID: c, Name: c}), known || c == f.Value
	}
	if !known {
		out = append(out, Option{ID: f.Value, Name: f.Value})
	}
	return out
}

// title names a conversation by its channel, or by what it is.
func (t TalkData) title(p Page) string {
	if t.Channel != "" {
		return t.Channel
	}
	return p.T("panel.conversation")
}
