package inbox_test

import (
	"slices"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/inbox"
)

func TestFillCanned(t *testing.T) {
	t.Parallel()
	values := map[string]string{"contact.name": "Mona", "agent.name": " ", "org.name": "Palm {{agent.name}}"}
	for text, want := range map[string]string{
		"Hello {{contact.name}}!":                  "Hello Mona!",
		"{{ contact.name }}{{contact.name}}":       "MonaMona",
		"I am {{agent.name}} of {{ agent.name }}":  "I am <agent.name> of <agent.name>",
		"{{org.name}}":                             "Palm {{agent.name}}",
		"{{no such}} {{}} {{{contact.name}}} {{x}": "<no such> <> {Mona} {{x}",
		"nothing": "nothing",
	} {
		got, gaps := inbox.FillCanned(text, values, func(name string) string { return "<" + name + ">" })
		if got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		for _, g := range gaps {
			if !strings.Contains(got, g) {
				t.Errorf("%q has no gap %q", got, g)
			}
		}
	}
}

func TestUseCanned(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	agent := s.staff("Sami", "sami@shop.example", "Shop", account.Agent)
	viewer := s.staff("Vera", "vera@shop.example", "Shop", account.Viewer)
	own := s.canned(agent, inbox.CannedInput{Shortcut: "hi", Body: "Hello {{contact.name}}"})
	noErr(t, s.inbox.UseCanned(t.Context(), agent, own.ID))
	noErr(t, s.inbox.UseCanned(t.Context(), agent, own.ID))
	if got, err := s.inbox.CannedResponse(s.q(), agent.OrgID, agent.UserID, own.ID); err != nil || got.UsageCount != 2 || got.UpdatedAt != own.UpdatedAt {
		t.Errorf("%+v, %v", got, err)
	}
	if err := s.inbox.UseCanned(t.Context(), s.agent, own.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("another's: %v", err)
	}
	if err := s.inbox.UseCanned(t.Context(), viewer, own.ID); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a viewer: %v", err)
	}
	if _, err := s.inbox.CreateCanned(t.Context(), agent, inbox.CannedInput{Shortcut: "x", Body: "Hello {{1}}"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a variable that there is not: %v", err)
	}
}

func TestImportCanned(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	agent := s.staff("Sami", "sami@shop.example", "Shop", account.Agent)
	row := func(n int, shared bool, shortcut, body string) inbox.CannedRow {
		return inbox.CannedRow{Row: n, CannedInput: inbox.CannedInput{Shared: shared, Shortcut: shortcut, Body: body, Folder: "Shop"}}
	}
	rows := []inbox.CannedRow{row(2, true, "hours", "Nine to five"), row(3, false, "hi", "Hello {{contact.name}}"),
		row(4, true, "two words", "x"), row(5, true, "empty", " "), row(6, true, "Hours", "Nine to six")}
	got, err := s.inbox.ImportCanned(t.Context(), s.agent, rows)
	if err != nil || got.Created != 2 || got.Changed != 1 || got.Same != 0 || len(got.Wrong) != 2 || got.Wrong[0].Row != 4 || got.Wrong[1].Row != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
	got, err = s.inbox.ImportCanned(t.Context(), s.agent, slices.Delete(rows, 0, 1))
	if err != nil || got.Created != 0 || got.Changed != 0 || got.Same != 2 || len(got.Wrong) != 2 {
		t.Errorf("again: %+v, %v", got, err)
	}
	// The team's are not an agent's to change; those that are so already are no change.
	got, err = s.inbox.ImportCanned(t.Context(), agent, []inbox.CannedRow{row(2, true, "Hours", "Nine to six"), row(3, true, "Hours", "never"),
		row(4, true, "new", "x"), row(5, false, "new", "x")})
	if err != nil || got.Created != 1 || got.Same != 1 || len(got.Wrong) != 2 || !errs.Is(got.Wrong[0].Err, errs.Forbidden) || !errs.Is(got.Wrong[1].Err, errs.Forbidden) {
		t.Errorf("an agent: %+v, %v", got, err)
	}
	var many []inbox.CannedRow
	for i := range 250 {
		many = append(many, row(i, false, "n"+strings.Repeat("i", i%40)+string(rune('a'+i/40)), "x"))
	}
	if got, err = s.inbox.ImportCanned(t.Context(), s.agent, many); err != nil || got.Created+len(got.Wrong) != 250 {
		t.Errorf("many: %+v, %v", got, err)
	}
}
