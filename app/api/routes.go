package api

import (
	"net/http"

	"badala/app/account"
)

// routes is the table of all routes with who may use them. /O/ stands for
// /orgs/{orgId}/.
func (a *API) routes() {
	add(a, "POST /auth/login", "Sign in", anyone, a.login)
	add(a, "POST /auth/logout", "End the token", signedIn, a.logout, status(http.StatusNoContent))
	add(a, "GET /auth/me", "Who am I", signedIn, a.me)

	add(a, "GET /orgs", "List my organisations", signedIn, a.orgs)
	add(a, "POST /orgs", "Create an organisation", signedIn, a.createOrg, status(http.StatusCreated))

	add(a, "GET /O/members", "List members", member(account.ReadInbox), a.members)
	add(a, "PATCH /O/members/{userId}", "Change a member's role or access", member(account.ManageMembers), a.patchMember)
	add(a, "DELETE /O/members/{userId}", "End a member's access", member(account.ManageMembers), a.deleteMember, status(http.StatusNoContent))

	add(a, "GET /O/invites", "List open invitations", member(account.ManageMembers), a.invites)
	add(a, "POST /O/invites", "Invite a person", member(account.ManageMembers), a.createInvite, status(http.StatusCreated))
	add(a, "DELETE /O/invites/{inviteId}", "Withdraw an invitation", member(account.ManageMembers), a.deleteInvite, status(http.StatusNoContent))
}
