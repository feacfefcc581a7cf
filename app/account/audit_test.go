package account_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// audit reads lines as the owner.
func (f *fixture) audit(t testing.TB, filter account.AuditFilter) []account.AuditEntry {
	t.Helper()
	lines, _, err := f.Audit(t.Context(), f.owner, filter)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// count is how many lines of an action the owner sees.
func (f *fixture) count(t testing.TB, action string) int {
	t.Helper()
	return len(f.audit(t, account.AuditFilter{Action: action}))
}

func actions(lines []account.AuditEntry) (all []string) {
	for _, l := range lines {
		all = append(all, l.Action)
	}
	return all
}

// note writes one line.
func (f *fixture) note(t testing.TB, who account.Actor, l account.Line) {
	t.Helper()
	if err := f.db.Write(t.Context(), func(tx *db.Tx) error { return account.AuditTx(tx, who, l) }); err != nil {
		t.Fatal(err)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	const stays, gone = 11, 12
	err := f.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO contact (id, org_id, source, created_at, updated_at) VALUES (?, ?, 'API', ?, ?)`, stays, f.owner.OrgID, tx.Now(), tx.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.note(t, f.owner, account.Line{Action: "test", Before: 1, After: 2})
	f.note(t, f.owner, account.Line{Action: "contact.update", After: "stays", ContactID: stays})
	f.note(t, f.owner, account.Line{Action: "contact.update", After: "gone", ContactID: gone})
	for _, sql := range []string{
		"UPDATE audit SET actor_id = 0", "DELETE FROM audit",
		"UPDATE audit_change SET after = ''", "DELETE FROM audit_change WHERE contact_id = 0", "DELETE FROM audit_change WHERE contact_id = 11",
		"UPDATE audit_change SET contact_id = 12",
	} {
		err := f.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(sql)
			return err
		})
		if err == nil {
			t.Errorf("%s is possible", sql)
		}
	}
	erase := func(contact int64) error {
		return f.db.Write(ctx, func(tx *db.Tx) error { return account.EraseAuditTx(tx, f.owner.OrgID, contact) })
	}
	if erase(stays) == nil {
		t.Error("what is told about a contact that is there can be removed")
	}
	if err := erase(gone); err != nil {
		t.Error(err)
	}
	var told []string
	for _, l := range f.audit(t, account.AuditFilter{}) {
		told = append(told, fmt.Sprintf("%s %s → %s by %s", l.Action, l.Before, l.After, l.ActorName))
	}
	if want := []string{`contact.update  →  by Olga`, `contact.update  → "stays" by Olga`, `test 1 → 2 by Olga`}; !slices.Equal(told[:3], want) {
		t.Errorf("got %q, want %q", told, want)
	}
}

func TestAuditFilters(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	_, token := f.key(t, account.ScopeManage)
	key := f.keyActor(t, token)
	start := f.db.Now()
	day := func(n int) int64 { return start + int64(n)*(24*time.Hour).Milliseconds() }
	for _, l := range []account.Line{
		{Action: "conversation.assigned", Target: "conv", TargetID: 5},
		{Action: "conversation.closed", Target: "conv", TargetID: 6},
		{Action: "tag.create", Target: "tag", TargetID: 7},
	} {
		f.clock.add(24 * time.Hour)
		f.note(t, f.owner, l)
		f.note(t, key, l)
	}
	for name, tc := range map[string]struct {
		filter account.AuditFilter
		want   int
	}{
		"action":            {account.AuditFilter{Action: "conversation.closed"}, 2},
		"prefix":            {account.AuditFilter{Action: "conversation."}, 4},
		"prefix and word":   {account.AuditFilter{Action: "api_key.create."}, 1},
		"prefix of nothing": {account.AuditFilter{Action: "conv."}, 0},
		"person":            {account.AuditFilter{ActorID: f.owner.UserID}, 5}, // with the set-up and the key
		"key":               {account.AuditFilter{KeyID: key.KeyID}, 3},
		"key and prefix":    {account.AuditFilter{KeyID: key.KeyID, Action: "conversation."}, 2},
		"person and action": {account.AuditFilter{ActorID: f.owner.UserID, Action: "tag.create"}, 1},
		"target and prefix": {account.AuditFilter{TargetID: 5, Action: "conversation."}, 2},
		"target":            {account.AuditFilter{Target: "conv", TargetID: 6}, 2},
		"target's kind":     {account.AuditFilter{Target: "tag"}, 2},
		"other kind":        {account.AuditFilter{Target: "tag", TargetID: 6}, 0},
		"from":              {account.AuditFilter{From: day(2)}, 4},
		"to":                {account.AuditFilter{To: day(2)}, 4},
		"from and to":       {account.AuditFilter{From: day(2), To: day(3)}, 2},
		"tomorrow":          {account.AuditFilter{From: day(400)}, 0},
		"until long after":  {account.AuditFilter{To: 1 << 60, From: day(3)}, 2},
	} {
		if got := f.audit(t, tc.filter); len(got) != tc.want {
			t.Errorf("%s: %v, want %d lines", name, actions(got), tc.want)
		}
	}
	all, err := f.AuditActions(f.db.Read(ctx), f.owner.OrgID)
	if want := "[api_key.create conversation.assigned conversation.closed install.claimed tag.create]"; err != nil || fmt.Sprint(all) != want {
		t.Errorf("actions %v, %v", all, err)
	}
	if all, err := f.AuditActions(f.db.Read(ctx), 1); err != nil || len(all) != 0 {
		t.Errorf("another organisation's actions %v, %v", all, err)
	}
}

func TestAuditPages(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	for i := range 501 {
		f.note(t, f.owner, account.Line{Action: []string{"a.x", "a.y", "b"}[i%3], Detail: fmt.Sprint(i)})
	}
	for _, tc := range []struct {
		filter account.AuditFilter
		want   int
	}{{account.AuditFilter{}, 502}, {account.AuditFilter{Action: "a."}, 334}, {account.AuditFilter{Action: "b", Take: 167}, 167}} {
		var seen []int64
		for {
			page, next, err := f.Audit(ctx, f.owner, tc.filter)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range page {
				seen = append(seen, l.ID)
			}
			if next == "" {
				break
			}
			tc.filter.Cursor = next
		}
		if len(seen) != tc.want || !slices.IsSortedFunc(seen, func(a, b int64) int { return cmp.Compare(b, a) }) || len(slices.Compact(seen)) != tc.want {
			t.Errorf("%+v: %d lines, want %d, newest first", tc.filter, len(seen), tc.want)
		}
	}
	_, _, err := f.Audit(ctx, f.owner, account.AuditFilter{Cursor: "17"})
	want(t, err, errs.Invalid)
	if n := len(f.audit(t, account.AuditFilter{Take: 1000})); n != 200 {
		t.Errorf("a page of %d", n)
	}
	n := 0
	err = f.AuditEach(ctx, f.owner, account.AuditFilter{Action: "a."}, func(account.AuditEntry) error { n++; return nil })
	if err != nil || n != 334 {
		t.Errorf("%d lines one by one, %v", n, err)
	}
	err = f.AuditEach(ctx, f.owner, account.AuditFilter{From: f.db.Now(), Action: "audit."}, func(l account.AuditEntry) error { n++; return nil })
	if err != nil || n != 335 { // the one before, not this one
		t.Errorf("%d lines, %v", n, err)
	}
	if f.count(t, "audit.export") != 2 {
		t.Error("the export left no line")
	}
	stop := errors.New("stop")
	if err := f.AuditEach(ctx, f.owner, account.AuditFilter{}, func(account.AuditEntry) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
	viewer := f.actor(t, f.join(t, f.owner, "v@example.com", account.Supervisor))
	_, _, err = f.Audit(ctx, viewer, account.AuditFilter{})
	want(t, err, errs.Forbidden)
	want(t, f.AuditEach(ctx, viewer, account.AuditFilter{}, nil), errs.Forbidden)
}

// TestAuditOfAccounts does everything that people do to accounts and reads what
// the log has of it.
func TestAuditOfAccounts(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	f.owner.IP = "192.0.2.1"
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, link, err := f.Invite(ctx, f.owner, "sami@example.com", account.Agent)
	ok(err)
	ses, err := f.AcceptInvite(ctx, link, account.AcceptInput{Name: "Sami", Password: goodPassword, From: account.From{IP: "192.0.2.2"}})
	ok(err)
	inv, _, err := f.Invite(ctx, f.owner, "rana@example.com", account.Viewer)
	ok(err)
	ok(f.RevokeInvite(ctx, f.owner, inv.ID))
	ok(f.SetRole(ctx, f.owner, ses.User.ID, account.Supervisor))
	ok(f.SetRole(ctx, f.owner, ses.User.ID, account.Supervisor)) // again: nothing
	want(t, f.login(ctx, "sami@example.com", "wrong password", "192.0.2.3"), errs.Unauthorized)
	token, _, _, err := f.Login(ctx, account.LoginInput{Email: "sami@example.com", Password: goodPassword, IP: "192.0.2.4", API: true})
	ok(err)
	ok(f.Logout(ctx, token, "192.0.2.4"))
	ok(f.Logout(ctx, token, "192.0.2.4")) // again: nothing
	name, dark, same := "Sami B", "dark", "en"
	for range 2 {
		_, err = f.UpdateProfile(ctx, ses.User.ID, account.ProfilePatch{Name: &name, Theme: &dark, Lang: &same}, "192.0.2.5")
		ok(err)
	}
	ok(f.EndOtherSessions(ctx, ses, "192.0.2.5"))
	ses, err = f.SessionByToken(ctx, ses.Token)
	ok(err)
	ok(f.ChangePassword(ctx, ses, goodPassword, "orange kettle 27", "192.0.2.5"))
	reset, err := f.ResetLinkFor(ctx, f.owner, ses.User.ID)
	ok(err)
	ok(f.ResetPassword(ctx, reset, "purple ladder 83", "192.0.2.6"))
	_, err = f.ResetLink(ctx, "sami@example.com")
	ok(err)
	ok(f.Disable(ctx, f.owner, ses.User.ID))
	want(t, f.login(ctx, "sami@example.com", "purple ladder 83", "192.0.2.7"), errs.Unauthorized)
	ok(f.Enable(ctx, f.owner, ses.User.ID))
	lines := []string{
		`USER Olga  install.claimed user  {"name":"Corner Shop","timezone":"Asia/Riyadh"}`,
		`USER Olga 192.0.2.1 member.invited inv  {"email":"sami@example.com","role":"AGENT"}`,
		`USER Sami B 192.0.2.2 member.joined user  {"email":"sami@example.com","role":"AGENT"}`,
		`USER Olga 192.0.2.1 member.invited inv  {"email":"rana@example.com","role":"VIEWER"}`,
		`USER Olga 192.0.2.1 member.invite_revoked inv {"email":"rana@example.com","role":"VIEWER"} `,
		`USER Olga 192.0.2.1 member.role user {"role":"AGENT"} {"role":"SUPERVISOR"}`,
		`USER Sami B 192.0.2.3 signin.failed user  `,
		`USER Sami B 192.0.2.4 signin user  `,
		`USER Sami B 192.0.2.4 signout user  `,
		`USER Sami B 192.0.2.5 profile.updated user {"name":"Sami","theme":"auto"} {"name":"Sami B","theme":"dark"}`,
		`USER Sami B 192.0.2.5 sessions.ended user  `,
		`USER Sami B 192.0.2.5 password.changed user  `,
		`USER Olga 192.0.2.1 reset.link user  `,
		`USER Sami B 192.0.2.6 password.reset user  `,
		`SYSTEM   reset.link user  `,
		`USER Olga 192.0.2.1 member.disabled user {"active":true} {"active":false}`,
		`USER Sami B 192.0.2.7 signin.failed user  `,
		`USER Olga 192.0.2.1 member.enabled user {"active":false} {"active":true}`,
	}
	var got []string
	for _, l := range f.audit(t, account.AuditFilter{}) {
		got = append(got, fmt.Sprintf("%s %s %s %s %s %s %s", l.ActorKind, l.ActorName, l.IP, l.Action, l.Target, l.Before, l.After))
	}
	slices.Reverse(got)
	if !slices.Equal(got, lines) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}
