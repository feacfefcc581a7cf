package account

import "slices"

// Scope is what an API key may do.
type Scope string

// The scopes. Every key may read.
const (
	ScopeRead     Scope = "read"
	ScopeMessages Scope = "messages" // write messages, notes and the state of conversations
	ScopeContacts Scope = "contacts" // write contacts
	ScopeManage   Scope = "manage"   // members, channels, webhooks, tags, canned responses, broadcasts
)

// AllScopes lists every scope, the smallest first.
var AllScopes = [...]Scope{ScopeRead, ScopeMessages, ScopeContacts, ScopeManage}

// Scopes is what one key may do.
type Scopes []Scope

// grants is what each scope allows. Keys are made by people only: no scope
// makes keys.
var grants = map[Scope][]Permission{
	ScopeRead:     {ReadInbox},
	ScopeMessages: {ReadInbox, Reply, Assign, OwnCanned},
	ScopeContacts: {ReadInbox, ManageContacts, EraseContacts},
	ScopeManage:   {ReadInbox, ManageTags, OwnCanned, ManageCanned, SendBroadcasts, ViewProblems, ManageMembers, ManageChannels, ManageTemplates, ManageWebhooks, ViewAudit},
}

func (s Scopes) allow(p Permission) bool {
	return slices.ContainsFunc(s, func(scope Scope) bool { return slices.Contains(grants[scope], p) })
}
