package inbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/inbox"
)

func (s *shop) canned(who account.Actor, in inbox.CannedInput) inbox.CannedResponse {
	s.t.Helper()
	c, err := s.inbox.CreateCanned(s.t.Context(), who, in)
	noErr(s.t, err)
	return c
}

// TestCanned makes, finds, changes and removes canned responses.
func TestCanned(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := t.Context()
	agent := s.staff("Sami", "sami@shop.example", "Shop", account.Agent)
	key := s.upload("price.jpg", jpegOf(t))
	shared := s.canned(s.agent, inbox.CannedInput{Shared: true, Shortcut: "/hours", Title: "Opening hours", Body: "From nine to five", Language: "en", Folder: "Shop"})
	s.canned(s.agent, inbox.CannedInput{Shared: true, Shortcut: "hours", Body: "نفتح الساعةَ التاسعة", Language: "ar"})
	own := s.canned(agent, inbox.CannedInput{Shortcut: "ترحيب", Body: "أهلاً", MediaKeys: []string{key}})
	if shared.Shortcut != "hours" || own.OwnerID != agent.UserID {
		t.Errorf("made %+v %+v", shared, own)
	}
	for name, tt := range map[string]struct {
		viewer int64
		f      inbox.CannedFilter
		want   int
	}{
		"the agent's":        {agent.UserID, inbox.CannedFilter{}, 3},
		"somebody else's":    {s.agent.UserID, inbox.CannedFilter{}, 2},
		"a program's":        {0, inbox.CannedFilter{}, 2},
		"mine":               {agent.UserID, inbox.CannedFilter{Mine: true}, 1},
		"mine of a program":  {0, inbox.CannedFilter{Mine: true}, 0},
		"Arabic":             {agent.UserID, inbox.CannedFilter{Language: "ar"}, 1},
		"folder":             {agent.UserID, inbox.CannedFilter{Folder: "Shop"}, 1},
		"by shortcut":        {agent.UserID, inbox.CannedFilter{Search: "/hou"}, 2},
		"by words":           {agent.UserID, inbox.CannedFilter{Search: "FIVE opening"}, 1},
		"other spelling":     {agent.UserID, inbox.CannedFilter{Search: "الساعه"}, 1},
		"another spelling":   {agent.UserID, inbox.CannedFilter{Search: "اهلا"}, 1},
		"nothing like it":    {agent.UserID, inbox.CannedFilter{Search: "%"}, 0},
		"of no organisation": {agent.UserID, inbox.CannedFilter{Folder: "shop"}, 0},
	} {
		all, err := s.inbox.CannedResponses(s.q(), s.agent.OrgID, tt.viewer, tt.f)
		if err != nil || len(all) != tt.want {
			t.Errorf("%s: %d (%v), want %d", name, len(all), err, tt.want)
		}
	}
	body := "From nine to six"
	changed, err := s.inbox.UpdateCanned(ctx, s.agent, shared.ID, inbox.CannedPatch{Body: &body})
	if err != nil || changed.Body != body || changed.Title != "Opening hours" {
		t.Errorf("changed to %+v, %v", changed, err)
	}
	noErr(t, s.inbox.DeleteCanned(ctx, agent, own.ID))
	if err := s.inbox.DeleteCanned(ctx, agent, own.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	want := []string{"canned_response.delete", "canned_response.update", "canned_response.create", "canned_response.create", "canned_response.create"}
	if got := s.audited("canned_response."); !slices.Equal(got, want) {
		t.Errorf("audit %q", got)
	}
}

// TestCannedRefuses keeps to whose a response is, and to its limits.
func TestCannedRefuses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := t.Context()
	agent := s.staff("Sami", "sami@shop.example", "Shop", account.Agent)
	program := account.Actor{OrgID: s.agent.OrgID, KeyID: 5, Role: account.Admin, Kind: account.KindAPI, Scopes: account.Scopes{account.ScopeManage}}
	writer := program
	writer.Scopes = account.Scopes{account.ScopeMessages}
	shared := s.canned(program, inbox.CannedInput{Shared: true, Shortcut: "a", Body: "b"})
	own := s.canned(agent, inbox.CannedInput{Shortcut: "a", Body: "mine"})
	create := func(who account.Actor, in inbox.CannedInput) error {
		_, err := s.inbox.CreateCanned(ctx, who, in)
		return err
	}
	change := func(who account.Actor, id int64) error {
		title := "T"
		_, err := s.inbox.UpdateCanned(ctx, who, id, inbox.CannedPatch{Title: &title})
		return err
	}
	for name, tt := range map[string]struct {
		err  error
		want errs.Kind
	}{
		"an agent for the team":      {create(agent, inbox.CannedInput{Shared: true, Shortcut: "x", Body: "x"}), errs.Forbidden},
		"a writing key for the team": {create(writer, inbox.CannedInput{Shared: true, Shortcut: "x", Body: "x"}), errs.Forbidden},
		"a key for itself":           {create(program, inbox.CannedInput{Shortcut: "x", Body: "x"}), errs.Invalid},
		"the shortcut again":         {create(s.agent, inbox.CannedInput{Shared: true, Shortcut: "A", Body: "x"}), errs.Conflict},
		"an agent changes":           {change(agent, shared.ID), errs.Forbidden},
		"another person's":           {change(s.agent, own.ID), errs.NotFound},
		"another organisation's":     {change(s.other, shared.ID), errs.NotFound},
		"a key's agent's":            {change(program, own.ID), errs.NotFound},
	} {
		if !errs.Is(tt.err, tt.want) {
			t.Errorf("%s: %v", name, tt.err)
		}
	}
	err := create(agent, inbox.CannedInput{Shortcut: "two words", Title: strings.Repeat("t", 121), Folder: strings.Repeat("f", 61), Language: "English!", MediaKeys: []string{"no such"}, Body: strings.Repeat("b", 4097)})
	if e := errs.As(err); e == nil || len(e.Details) != 6 {
		t.Errorf("faults: %v", err)
	}
}

// audited lists the organisation's audit lines that begin so, newest first.
func (s *shop) audited(prefix string) (all []string) {
	s.t.Helper()
	lines, _, err := s.accounts.Audit(s.t.Context(), s.agent, account.AuditFilter{Action: prefix})
	noErr(s.t, err)
	for _, l := range lines {
		if text := fmt.Sprint(string(l.Before), string(l.After)); strings.Contains(text, "secret words") {
			s.t.Errorf("the audit log tells %s", text)
		}
		all = append(all, l.Action)
	}
	return all
}
