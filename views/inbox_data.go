package views

import "time"

// InboxPage is the inbox with, maybe, one open conversation.
type InboxPage struct {
	Page
	List   ListData
	Thread *ThreadData // nil: nothing is open
	Panel  *PanelData  // of the open conversation
}

// View is a fixed selection of conversations.
type View string

// The views of the inbox, as they stand in the URL.
const (
	Mine       View = "mine"
	Unassigned View = "unassigned"
	All        View = "all"
	Snoozed    View = "snoozed" // put aside: in none of the views of open ones
	Closed     View = "closed"
	Waiting    View = "waiting" // nobody has answered: longest wait first
	Closing    View = "closing" // the 24-hour window ends soon: soonest first
)

// Filter is what the list shows, as it stands in the URL.
type Filter struct {
	View    View
	Channel string
	Tag     string
	Unread  bool
	Query   string
	Waiting bool // who waits longest first, in the views that have no order of their own
	Hours   int  // of Closing; 0: the usual number
}

// CountsData are the numbers beside the views: conversations, and unread ones of mine for the title.
type CountsData struct {
	Mine, Unassigned, All int // open conversations
	Snoozed               int // those that are put aside
	Waiting, Closing      int
	Unread                int // conversations with unread messages, mine and unassigned
}

// ListData is the conversation list.
type ListData struct {
	Filter    Filter
	Counts    CountsData
	Channels  []Option
	Tags      []Option
	Rows      []RowData
	Selected  string // id of the open conversation
	Next      string // cursor of the next rows, "" at the end
	Late      LateData
	NoChannel bool // no number is connected yet: the empty state offers that
}

// RowData is one conversation in the list.
type RowData struct {
	ID        string
	Rev       int64
	Name      string // contact's name, else phone
	AvatarURL string
	At        time.Time // of the last message
	Last      LastMessage
	Unread    int
	Window    Window
	Assignee  string // name, "" when nobody
	Mine      bool   // assigned to the user
	Tags      []Tag
	Draft     string // text of the user's draft
	Channel   string // name; shown when the org has several numbers
	Closed    bool
	Waiting   time.Time // since when nobody has answered; zero: somebody has
	Late      bool      // and somebody was told that it is too long
	Snoozed   time.Time // put aside until then; zero: not
}

// LastMessage is the preview in a row.
type LastMessage struct {
	Kind    Kind
	Text    string // body, caption, file name, place, choice; may be long
	Out     bool
	Note    bool
	Status  Status
	Seconds int // of voice, audio, video
}

// Window is the 24-hour customer service window.
type Window struct {
	Until time.Time // zero: the customer has never written
	Open  bool      // at Page.Now
}

// Tag is a label on a conversation or contact.
type Tag struct{ ID, Name string }

// Member is a teammate who can be assigned or mentioned.
type Member struct {
	ID, Name string
	Me       bool
	There    string // AWAY or OFF; "" for who is there
}

// ThreadData is the open conversation.
type ThreadData struct {
	Head       HeadData
	Bubbles    []BubbleData // oldest first
	Older      string       // cursor of older ones, "" at the beginning
	UnreadFrom string       // id of the first unread message, "" if none
	ReplyDraft string
	NoteDraft  string
	NoteMode   bool // the composer writes a note: ?mode=note
	Members    []Member
	Back       string // URL of the list with its filters
}

// HeadData is the part of a thread's header that changes live.
type HeadData struct {
	ID         string // conversation
	Rev        int64
	ContactID  string
	Name       string
	Phone      string // E.164, may be empty
	AvatarURL  string
	Channel    string
	Closed     bool
	Unread     int
	Window     Window
	Snoozed    time.Time // put aside until then; zero: not
	AssigneeID string
	Assignee   string
	Mine       bool
}

// OlderData answers a request for older messages.
type OlderData struct {
	Conv    string
	Bubbles []BubbleData // oldest first
	Older   string       // cursor of still older ones
}

// CollisionData answers a send that a teammate's newer message crossed.
type CollisionData struct {
	Page
	Bubbles []BubbleData // what is newer than the sender has seen
}

// PanelData is the contact panel.
type PanelData struct {
	Conv       string
	Contact    ContactData
	Tags       []Tag    // of the conversation
	AllTags    []string // names, for suggestions
	AssigneeID string
	Members    []Member
	Notes      []NoteData // newest first
	Past       []PastData // other conversations of the contact
	Closed     bool
}

// ContactData is the customer.
type ContactData struct {
	ID          string
	Name        string // as edited here; may be empty
	Phone       string
	Email       string
	Company     string
	JobTitle    string
	Notes       string
	ProfileName string // at WhatsApp
	Username    string // at WhatsApp
	WaID        string
	UserID      string // Meta's business-scoped id
	Source      string
	ExternalID  string
	Channel     string
	Consent     string // marketing: "yes", "no" or "unknown"
	CreatedAt   time.Time
}

// NoteData is an internal note in the panel.
type NoteData struct {
	ID, Author, Text string
	Mentions         map[string]string // user id → name
	At               time.Time
}

// PastData is another conversation of the same contact.
type PastData struct {
	ID, Channel, Preview string
	At                   time.Time
	Closed               bool
}

// ChangesData answers GET /changes.
type ChangesData struct {
	Page                   // Page.Rev is the sequence reached
	ListChanged bool       // when set, List replaces the rows of the view
	List        ListData   // its Counts are always used
	Conv        string     // the open conversation, "" if none
	Head        *HeadData  // when the conversation changed
	Panel       *PanelData // likewise
	Bubbles     []BubbleData
	Removed     []string // message ids that are gone
	Members     []Member // with Head: for its assign menu
}
