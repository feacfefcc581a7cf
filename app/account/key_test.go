package account_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// key makes a key of the owner's with scopes.
func (f *fixture) key(t testing.TB, scopes ...account.Scope) (account.Key, string) {
	t.Helper()
	k, token, err := f.CreateKey(t.Context(), f.owner, account.KeyInput{Name: "CRM", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return k, token
}

// keyActor is who a token lets in.
func (f *fixture) keyActor(t testing.TB, token string) account.Actor {
	t.Helper()
	a, err := f.KeyActor(t.Context(), token, "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantCode(t testing.TB, err error, kind errs.Kind, code string) {
	t.Helper()
	want(t, err, kind)
	if e := errs.As(err); e.Code != code {
		t.Errorf("code %q, want %q (%v)", e.Code, code, err)
	}
}

func TestKeyLife(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	ends := f.clock.Now().Add(time.Hour).UnixMilli()
	k, token, err := f.CreateKey(ctx, f.owner, account.KeyInput{Name: " CRM ", Scopes: []account.Scope{"contacts", "contacts"}, ExpiresAt: ends})
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^bdl_[0-9A-Za-z]{49}$`).MatchString(token) || !account.IsKey(token) || k.Prefix != token[:12] {
		t.Errorf("token %q, prefix %q", token, k.Prefix)
	}
	if k.Name != "CRM" || !slices.Equal(k.Scopes, account.Scopes{"read", "contacts"}) || k.ExpiresAt != ends || k.UsedAt != 0 ||
		k.CreatedBy != f.owner.UserID || k.CreatedByName != "Olga" {
		t.Errorf("key %+v", k)
	}
	if held, err := db.Exists(f.db.Read(ctx), `SELECT 1 FROM api_key WHERE token_hash = ? OR name LIKE ?`, token, "%"+token+"%"); err != nil || held {
		t.Errorf("the token is kept: %v, %v", held, err)
	}
	a := f.keyActor(t, token)
	if a.OrgID != f.owner.OrgID || a.KeyID != k.ID || a.UserID != 0 || a.Role != account.Admin || a.Name != "CRM" ||
		a.Kind != account.KindAPI || a.IP != "192.0.2.7" || a.ID() != k.ID {
		t.Errorf("actor %+v", a)
	}
	f.clock.add(time.Hour)
	_, err = f.KeyActor(ctx, token, "")
	wantCode(t, err, errs.Unauthorized, "key_expired")
}

func TestKeyRevocation(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	k, token := f.key(t, account.ScopeRead)
	other := f.owner
	other.OrgID++
	want(t, f.RevokeKey(ctx, other, k.ID), errs.NotFound)
	f.keyActor(t, token)
	for range 2 {
		if err := f.RevokeKey(ctx, f.owner, k.ID); err != nil {
			t.Fatal(err)
		}
		_, err := f.KeyActor(ctx, token, "")
		wantCode(t, err, errs.Unauthorized, "key_revoked")
	}
	if n := f.count(t, "api_key.revoke"); n != 1 {
		t.Errorf("%d lines about one revocation", n)
	}
	listed := func() int {
		all, err := f.Keys(f.db.Read(ctx), f.owner.OrgID)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if n := listed(); n != 1 {
		t.Errorf("%d keys listed, want the revoked one", n)
	}
	f.clock.add(30 * 24 * time.Hour)
	if n := listed(); n != 0 {
		t.Errorf("%d keys listed a month later", n)
	}
}

func TestKeyTypo(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	_, token := f.key(t, account.ScopeRead)
	f.db.Close() // a typo is told without the database
	wrong := []string{"bdl_", token[:len(token)-1], token + "0", "bdl_" + strings.Repeat("0", 49), " " + token, token[:10] + "é" + token[12:]}
	for i := 4; i < len(token); i++ {
		digit := byte('a')
		if token[i] == digit {
			digit = 'b'
		}
		wrong = append(wrong, token[:i]+string(digit)+token[i+1:])
		if i+1 < len(token) && token[i] != token[i+1] {
			wrong = append(wrong, token[:i]+token[i+1:i+2]+token[i:i+1]+token[i+2:])
		}
	}
	for _, w := range wrong {
		_, err := f.KeyActor(t.Context(), w, "")
		wantCode(t, err, errs.Unauthorized, "key_typo")
	}
}

func TestKeyOfAnotherInstall(t *testing.T) {
	t.Parallel()
	f, g := claimed(t), claimed(t)
	_, token := g.key(t, account.ScopeRead)
	_, err := f.KeyActor(t.Context(), token, "")
	wantCode(t, err, errs.Unauthorized, "key_unknown")
}

func TestKeyFields(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	for _, tc := range []struct {
		in     account.KeyInput
		faults int
	}{
		{account.KeyInput{}, 2},
		{account.KeyInput{Name: strings.Repeat("x", 101), Scopes: []account.Scope{"read"}}, 1},
		{account.KeyInput{Name: "a", Scopes: []account.Scope{"read", "all", "none"}}, 1},
		{account.KeyInput{Name: "", Scopes: []account.Scope{""}, ExpiresAt: f.db.Now()}, 3},
	} {
		_, token, err := f.CreateKey(t.Context(), f.owner, tc.in)
		if e := errs.As(err); !errs.Is(err, errs.Invalid) || len(e.Details) != tc.faults || token != "" {
			t.Errorf("%+v: %v", tc.in, err)
		}
	}
}

func TestKeysArePeoplesBusiness(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	k, token := f.key(t, account.AllScopes[:]...)
	key := f.keyActor(t, token)
	in := account.KeyInput{Name: "child", Scopes: []account.Scope{"read"}}
	_, _, err := f.CreateKey(ctx, key, in)
	wantCode(t, err, errs.Forbidden, "key_person")
	_, err = f.RenameKey(ctx, key, k.ID, "x")
	wantCode(t, err, errs.Forbidden, "key_person")
	wantCode(t, f.RevokeKey(ctx, key, k.ID), errs.Forbidden, "key_person")
	_, err = f.ResetLinkFor(ctx, key, f.owner.UserID)
	wantCode(t, err, errs.Forbidden, "key_person")
	agent := f.actor(t, f.join(t, f.owner, "sami@example.com", account.Supervisor))
	_, _, err = f.CreateKey(ctx, agent, in)
	want(t, err, errs.Forbidden)
	want(t, f.RevokeKey(ctx, agent, k.ID), errs.Forbidden)
}

func TestKeyLimit(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	first, _ := f.key(t, account.ScopeRead)
	for range 99 {
		f.key(t, account.ScopeRead)
	}
	in := account.KeyInput{Name: "one more", Scopes: []account.Scope{"read"}}
	_, _, err := f.CreateKey(t.Context(), f.owner, in)
	wantCode(t, err, errs.Conflict, "keys_full")
	if err := f.RevokeKey(t.Context(), f.owner, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.CreateKey(t.Context(), f.owner, in); err != nil {
		t.Fatal(err)
	}
}

func TestKeyName(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	k, token := f.key(t, account.ScopeRead)
	for range 2 {
		if got, err := f.RenameKey(ctx, f.owner, k.ID, " ERP"); err != nil || got.Name != "ERP" {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if n := f.count(t, "api_key.update"); n != 1 {
		t.Errorf("%d lines about one new name", n)
	}
	if a := f.keyActor(t, token); a.Name != "ERP" {
		t.Errorf("the key acts as %q", a.Name)
	}
	_, err := f.RenameKey(ctx, f.owner, k.ID, "\x00")
	want(t, err, errs.Invalid)
	_, err = f.RenameKey(ctx, f.owner, 12345, "x")
	want(t, err, errs.NotFound)
}

func TestKeyUse(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	k, token := f.key(t, account.ScopeRead)
	use := func(ip string) account.Key {
		t.Helper()
		if _, err := f.KeyActor(ctx, token, ip); err != nil {
			t.Fatal(err)
		}
		got, err := f.Key(f.db.Read(ctx), k.OrgID, k.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := use("192.0.2.1")
	if first.UsedAt != f.db.Now() || first.UsedIP != "192.0.2.1" {
		t.Errorf("first use %+v", first)
	}
	f.clock.add(59 * time.Second)
	if again := use("192.0.2.2"); again.UsedAt != first.UsedAt || again.UsedIP != first.UsedIP {
		t.Errorf("written within the minute: %+v", again)
	}
	f.clock.add(time.Second)
	if later := use("192.0.2.2"); later.UsedAt != f.db.Now() || later.UsedIP != "192.0.2.2" {
		t.Errorf("a minute later %+v", later)
	}
}

func TestKeyUseInParallel(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	k, token := f.key(t, account.ScopeRead)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if a, err := f.KeyActor(t.Context(), token, "192.0.2.1"); err != nil || a.KeyID != k.ID {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	wg.Wait()
	got, err := f.Key(f.db.Read(t.Context()), k.OrgID, k.ID)
	if err != nil || got.UsedAt != f.db.Now() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	allowed := map[account.Scope]string{
		account.ScopeRead:     "ReadInbox",
		account.ScopeMessages: "ReadInbox Reply Assign",
		account.ScopeContacts: "ReadInbox ManageContacts",
		account.ScopeManage:   "ReadInbox ManageTags ViewProblems ManageMembers ManageChannels ManageWebhooks ViewAudit",
	}
	permissions := []account.Permission{account.ReadInbox, account.Reply, account.Assign, account.ManageContacts, account.ManageTags,
		account.ViewProblems, account.ManageMembers, account.ManageChannels, account.ManageWebhooks, account.ManageKeys,
		account.ViewAudit, account.ManagePrivacy, account.ManageOrg}
	for _, scope := range account.AllScopes {
		a := account.Actor{KeyID: 1, Role: account.Admin, Scopes: account.Scopes{scope}}
		for _, p := range permissions {
			ok := slices.Contains(strings.Fields(allowed[scope]), string(p))
			if a.Can(p) != ok {
				t.Errorf("%s can %s: %v", scope, p, a.Can(p))
			}
			if !ok {
				wantCode(t, a.Require(p), errs.Forbidden, "scope")
			}
		}
	}
	all := account.Actor{KeyID: 1, Role: account.Admin, Scopes: account.AllScopes[:]}
	if all.Can(account.ManageKeys) || all.Can(account.ManageOrg) || (account.Actor{KeyID: 1, Role: account.Admin}).Can(account.ReadInbox) {
		t.Error("a key may more than its scopes")
	}
}

// TestKeyManagesMembers has a key do what people do to members, with no user behind it.
func TestKeyManagesMembers(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	_, token := f.key(t, account.ScopeManage)
	key := f.keyActor(t, token)
	inv, link, err := f.Invite(ctx, key, "sami@example.com", account.Admin)
	if err != nil || inv.InvitedBy != "Olga" {
		t.Fatalf("invite %+v, %v", inv, err)
	}
	ses, err := f.AcceptInvite(ctx, link, account.AcceptInput{Name: "Sami", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = f.Invite(ctx, key, "boss@example.com", account.Owner)
	wantCode(t, err, errs.Forbidden, "rank")
	wantCode(t, f.SetRole(ctx, key, ses.User.ID, account.Owner), errs.Forbidden, "rank")
	wantCode(t, f.SetRole(ctx, key, f.owner.UserID, account.Viewer), errs.Forbidden, "rank")
	wantCode(t, f.Disable(ctx, key, f.owner.UserID), errs.Forbidden, "rank")
	for _, err := range []error{
		f.SetRole(ctx, key, ses.User.ID, account.Agent), f.Disable(ctx, key, ses.User.ID), f.Enable(ctx, key, ses.User.ID),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	lines, _, err := f.Audit(ctx, f.owner, account.AuditFilter{KeyID: key.KeyID})
	if err != nil || len(lines) != 4 || lines[0].ActorName != "CRM" || lines[0].ActorID != 0 || lines[0].IP != "192.0.2.7" {
		t.Errorf("lines of the key: %+v, %v", lines, err)
	}
	by, err := db.Value[int64](f.db.Read(ctx), `SELECT actor_id FROM event WHERE type = 'member.updated' ORDER BY seq DESC LIMIT 1`)
	if err != nil || by != key.KeyID {
		t.Errorf("the event is by %d (%v)", by, err)
	}
	_, reader := f.key(t, account.ScopeRead)
	want(t, f.Disable(ctx, f.keyActor(t, reader), ses.User.ID), errs.Forbidden)
}

func TestKeysOfOrganisations(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	org, err := f.CreateOrg(ctx, f.owner.UserID, "Second", "", "")
	if err != nil {
		t.Fatal(err)
	}
	second := f.owner
	second.OrgID = org.ID
	k, _ := f.key(t, account.ScopeRead)
	mine, token, err := f.CreateKey(ctx, second, account.KeyInput{Name: "Second", Scopes: []account.Scope{"manage"}})
	if err != nil {
		t.Fatal(err)
	}
	if a := f.keyActor(t, token); a.OrgID != org.ID {
		t.Errorf("actor %+v", a)
	}
	all, err := f.Keys(f.db.Read(ctx), org.ID)
	if err != nil || len(all) != 1 || all[0].ID != mine.ID {
		t.Errorf("keys %+v, %v", all, err)
	}
	_, err = f.Key(f.db.Read(ctx), org.ID, k.ID)
	want(t, err, errs.NotFound)
	_, err = f.RenameKey(ctx, second, k.ID, "stolen")
	want(t, err, errs.NotFound)
	lines, _, err := f.Audit(ctx, f.keyActor(t, token), account.AuditFilter{})
	if err != nil || fmt.Sprint(actions(lines)) != "[api_key.create org.created]" {
		t.Errorf("the second organisation's log: %v, %v", actions(lines), err)
	}
}
