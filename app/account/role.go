// Package account owns organisations, people, roles, sessions and invitations,
// and answers who may do what.
package account

import (
	"cmp"
	"slices"

	"badala/app/errs"
)

// Role is what a member is in an organisation.
type Role string

// The roles, highest first.
const (
	Owner      Role = "OWNER"
	Admin      Role = "ADMIN"
	Supervisor Role = "SUPERVISOR"
	Agent      Role = "AGENT"
	Viewer     Role = "VIEWER"
)

// Roles lists every role, highest first.
var Roles = [...]Role{Owner, Admin, Supervisor, Agent, Viewer}

// Valid says whether r is one of Roles.
func (r Role) Valid() bool { return r.rank() >= 0 }

// AtLeast says whether r is as high as other. An unknown role is below all.
func (r Role) AtLeast(other Role) bool {
	return r.Valid() && other.Valid() && r.rank() >= other.rank()
}

func (r Role) rank() int {
	i := slices.Index(Roles[:], r)
	if i < 0 {
		return -1
	}
	return len(Roles) - 1 - i
}

// Permission is one thing that a role may allow.
type Permission string

// The permissions.
const (
	ReadInbox       Permission = "ReadInbox"
	Reply           Permission = "Reply"
	Assign          Permission = "Assign"
	ManageContacts  Permission = "ManageContacts"
	EraseContacts   Permission = "EraseContacts"
	ManageTags      Permission = "ManageTags"
	OwnCanned       Permission = "OwnCanned"    // canned responses of one's own
	ManageCanned    Permission = "ManageCanned" // and the team's
	SendBroadcasts  Permission = "SendBroadcasts"
	ViewProblems    Permission = "ViewProblems"
	ManageMembers   Permission = "ManageMembers"
	ManageChannels  Permission = "ManageChannels"
	ManageTemplates Permission = "ManageTemplates"
	ManageWebhooks  Permission = "ManageWebhooks"
	ManageKeys      Permission = "ManageKeys"
	ViewAudit       Permission = "ViewAudit"
	ManagePrivacy   Permission = "ManagePrivacy" // for how long what is kept
	ManageOrg       Permission = "ManageOrg"
)

// needs is the lowest role that has each permission: the only place where
// roles meet permissions.
var needs = map[Permission]Role{
	ReadInbox:       Viewer,
	Reply:           Agent,
	Assign:          Agent,
	ManageContacts:  Agent,
	EraseContacts:   Supervisor,
	ManageTags:      Supervisor,
	OwnCanned:       Agent,
	ManageCanned:    Supervisor,
	SendBroadcasts:  Supervisor,
	ViewProblems:    Admin,
	ManageMembers:   Admin,
	ManageChannels:  Admin,
	ManageTemplates: Admin,
	ManageWebhooks:  Admin,
	ManageKeys:      Admin,
	ViewAudit:       Admin,
	ManagePrivacy:   Admin,
	ManageOrg:       Owner,
}

// Kinds of actor.
const (
	KindUser   = "USER"
	KindAPI    = "API"
	KindSystem = "SYSTEM"
)

// Actor is who does something in one organisation, with what right.
type Actor struct {
	OrgID, UserID, KeyID int64
	Role                 Role
	Name, Lang           string
	Kind                 string
	IP                   string // where the request came from, for the audit log
	Scopes               Scopes // of a key; nil for people
}

// Can says whether the actor's role, and the scopes of a key, have the permission.
func (a Actor) Can(p Permission) bool {
	role, ok := needs[p]
	return ok && a.Role.AtLeast(role) && (a.KeyID == 0 || a.Scopes.allow(p))
}

// Require is nil if the actor may, else Forbidden.
func (a Actor) Require(p Permission) error {
	if a.Can(p) {
		return nil
	}
	if a.KeyID != 0 {
		return errs.Coded(errs.Forbidden, "scope", "this API key has no scope for this")
	}
	return errs.Coded(errs.Forbidden, "forbidden", "your role does not allow this")
}

// ID is who an event names as its actor: the key, or the person.
func (a Actor) ID() int64 { return cmp.Or(a.KeyID, a.UserID) }

// requirePerson is nil for whoever is no key.
func (a Actor) requirePerson() error {
	if a.KeyID == 0 {
		return nil
	}
	return errs.Coded(errs.Forbidden, "key_person", "an API key cannot do this; a person who signs in can")
}

// person is a user as the audit log names one.
func person(org, user int64, ip string) Actor {
	return Actor{OrgID: org, UserID: user, Kind: KindUser, IP: ip}
}

// SystemActor is the server itself, acting in an organisation with every right.
func SystemActor(org int64) Actor {
	return Actor{OrgID: org, Role: Owner, Kind: KindSystem}
}
