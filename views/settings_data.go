package views

import "time"

// SignInPage is the sign-in form.
type SignInPage struct {
	Page
	Email string
	Next  string // local path to open afterwards
	Error string
	Demo  []DemoLogin // shown only in the demonstration
}

// DemoLogin is a ready login of the demonstration.
type DemoLogin struct{ Email, Password, Name string }

// SetupPage claims a fresh install.
type SetupPage struct {
	Page
	Token       string
	OrgName     string
	Name, Email string
	Error       string
	Errors      map[string]string // by field name
}

// InvitePage accepts an invitation.
type InvitePage struct {
	Page
	Token, OrgName string
	Email, Name    string
	Existing       bool // the person has an account: asks for its password
	Errors         map[string]string
	Error          string
}

// ResetPage sets a new password.
type ResetPage struct {
	Page
	Token, Email string
	Error        string
	Errors       map[string]string
}

// OrgSwitchPage lists the organisations of the user: Page.Orgs.
type OrgSwitchPage struct{ Page }

// ProfilePage is what a user sets for themself.
type ProfilePage struct {
	Page
	There    *ThereForm // nil for who answers nobody
	Sessions []SessionData
	// SecondStep says that a code is asked at sign-in.
	SecondStep bool
	Errors     map[string]string
}

// SessionData is one place where the user is signed in.
type SessionData struct {
	ID          string
	Agent, Addr string // Agent in words: “Firefox on Windows”
	Phone, API  bool
	SeenAt      time.Time
	Current     bool
}

func (s SessionData) icon() string {
	switch {
	case s.API:
		return "plug"
	case s.Phone:
		return "smartphone"
	}
	return "monitor-smartphone"
}

// StepRole is a role that may be asked for a second step.
type StepRole struct {
	Role      string
	On, Above bool // Above: higher than the reader's own
}

// MembersPage lists the team.
type MembersPage struct {
	Page
	Members    []MemberData
	Invites    []InviteData
	Roles      []string // that the user may give, highest first
	StepRoles  []StepRole
	InviteLink string // just made; shown once
	InvitedFor string // e-mail of the link
	ResetLink  string // just made; shown once
	Errors     map[string]string
	Email      string // kept after an error
}

// MemberData is one teammate.
type MemberData struct {
	ID, Name, Email, Role string
	Disabled, Me, CanEdit bool
	SecondStep            bool
	SeenAt                time.Time
}

// InviteData is an open invitation.
type InviteData struct {
	ID, Email, Role string
	Expires         time.Time
}

// ChannelsPage lists the connected numbers.
type ChannelsPage struct {
	Page
	Channels []ChannelData
	Problems int // inbound webhooks that could not be applied
}

// ChannelData is one number.
type ChannelData struct {
	ID, Name, Phone string
	PhoneNumberID   string
	WABAID          string
	Health          string // "ok", "waiting" (no webhook yet), "error"
	HealthText      string // plain words, already translated; may be empty
	WebhookURL      string
	VerifyToken     string
	WebhookSeen     time.Time // zero: none yet
	VerifiedAt      time.Time // Meta has checked the callback URL
	Subscribed      bool      // the app is subscribed to the account
	Quality         string    // GREEN, YELLOW, RED or ""
}

// ConnectPage is the wizard's form.
type ConnectPage struct {
	Page
	Name, WABAID, PhoneNumberID, VerifyToken string
	WebhookURL                               string
	PublicWarning                            bool // the public address is not https: Meta will not call it
	Checks                                   []CheckData
	Errors                                   map[string]string
}

// CheckData is the result of one test of the credentials.
type CheckData struct {
	Field string // "access_token", "app_secret", "waba_id", "phone_number_id", "subscribe"
	State string // "ok", "bad", "unsure"
	Text  string // what was found, plain words
	Fix   string // what to do
}

// ChannelPage is one number with its webhook settings.
type ChannelPage struct {
	Page
	Channel       ChannelData
	PublicWarning bool
	Errors        map[string]string
}

// InboundPage lists webhooks that could not be applied.
type InboundPage struct {
	Page
	Items []InboundData
	Next  string // cursor
}

// InboundData is one stored webhook.
type InboundData struct {
	ID, Error, Summary string // Summary: field and type, no customer data
	At                 time.Time
	Body               string // pretty JSON
	Attempts           int
}

// ErrorPage says what went wrong.
type ErrorPage struct {
	Page
	Status    int
	Message   string // "" uses the catalogue's sentence for the status
	RequestID string
}

// SimulatorPage is the demonstration's phone.
type SimulatorPage struct {
	Page
	Phone string // the shop's number
	Org   string
}

// SignInLinkPage asks for a click before a one-time link is used.
type SignInLinkPage struct {
	Page
	Token, Error string
}
