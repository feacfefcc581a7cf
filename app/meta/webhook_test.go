package meta_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"badala/app/meta"
)

// summary is what a body says, one short line per item.
func summary(t testing.TB, w meta.Webhook) []string {
	t.Helper()
	var lines []string
	for _, e := range w.Entries {
		for _, c := range e.Changes {
			before := len(lines)
			v := c.Value
			for _, raw := range v.Messages {
				lines = append(lines, messageLine(t, v, raw))
			}
			for _, raw := range v.MessageEchoes {
				lines = append(lines, "echo "+messageLine(t, v, raw))
			}
			for _, raw := range v.Statuses {
				lines = append(lines, statusLine(t, raw))
			}
			for _, err := range v.Errors {
				lines = append(lines, fmt.Sprintf("error %d", err.Code))
			}
			lines = append(lines, rareLines(t, v)...)
			if len(lines) == before {
				lines = append(lines, accountLine(t, c))
			}
		}
	}
	return lines
}

func messageLine(t testing.TB, v meta.Value, raw []byte) string {
	t.Helper()
	m, err := meta.ParseMessage(raw)
	if err != nil {
		t.Fatal(err)
	}
	who := v.Who(m)
	parts := []string{m.Type, fmt.Sprintf("%s/%s/%s/%s", who.WaID, country(who.UserID), who.Name, who.Username), content(m)}
	if c := m.Context; c != nil {
		parts = append(parts, fmt.Sprintf("ctx %v %v %v %s", c.ID != "", c.Forwarded, c.FrequentlyForwarded, c.ProductRetailerID))
	}
	if m.Referral != nil {
		parts = append(parts, "ad "+m.Referral.SourceID+" "+m.Referral.Welcome)
	}
	if m.GroupID != "" {
		parts = append(parts, "group")
	}
	for _, e := range m.Errors {
		parts = append(parts, fmt.Sprintf("error %d", e.Code))
	}
	if m.ID == "" || m.Timestamp.IsZero() || len(m.Raw) == 0 {
		parts = append(parts, "INCOMPLETE")
	}
	return strings.Join(parts, " | ")
}

func country(userID string) string { before, _, _ := strings.Cut(userID, "."); return before }

func content(m meta.Message) string {
	switch {
	case m.Text != nil:
		return m.Text.Body
	case m.Media != nil:
		return fmt.Sprintf("%s %q %q url=%v hash=%v voice=%v anim=%v", m.Media.MimeType, m.Media.Caption, m.Media.Filename,
			m.Media.URL != "", len(meta.MediaHash(m.Media.SHA256)) == 64, m.Media.Voice, m.Media.Animated)
	case m.Location != nil:
		return fmt.Sprintf("%v %v %s", m.Location.Latitude, m.Location.Longitude, m.Location.Name)
	case m.Cards != nil:
		c := m.Cards[0]
		return fmt.Sprintf("%s %v %d %d %d %s %s", c.Name.FullName(), c.Phones, len(c.Emails), len(c.URLs), len(c.Addresses), c.Company, c.Origin)
	case m.Interactive != nil:
		i := m.Interactive
		s := fmt.Sprintf("%s %s %s %s %s", i.Type, i.ID, i.Title, i.Description, i.ResponseJSON)
		if i.Permission != nil {
			s += fmt.Sprintf("%s %v", i.Permission.Response, i.Permission.Expires.Unix())
		}
		return s
	case m.Button != nil:
		return m.Button.Payload + " " + m.Button.Text
	case m.Reaction != nil:
		return fmt.Sprintf("%q on %v", m.Reaction.Emoji, m.Reaction.MessageID != "")
	case m.Order != nil:
		return fmt.Sprintf("%s %v", m.Order.Text, m.Order.Items)
	case m.System != nil:
		return fmt.Sprintf("%s to %s from %s", m.System.Type, m.System.WaID+country(m.System.UserID), country(m.System.PreviousUserID))
	case m.Edit != nil:
		return "edit to " + m.Edit.Message.Text.Body
	case m.Revoke != nil:
		return fmt.Sprintf("revoke %v", m.Revoke.OriginalID != "")
	}
	return m.Unsupported
}

func statusLine(t testing.TB, raw []byte) string {
	t.Helper()
	s, err := meta.ParseStatus(raw)
	if err != nil {
		t.Fatal(err)
	}
	line := fmt.Sprintf("status %s %s/%s %s", s.Status, s.RecipientID, country(s.RecipientUserID), s.Opaque)
	if s.RecipientType == "group" {
		line = fmt.Sprintf("status %s group %s", s.Status, s.ParticipantID)
	}
	if s.Pricing != nil {
		line += fmt.Sprintf(" %s/%s %v", s.Pricing.Category, s.Pricing.Type, s.Pricing.Billable)
	}
	if s.Conversation != nil {
		line += " " + s.Conversation.Origin
	}
	for _, e := range s.Errors {
		line += fmt.Sprintf(" error %d", e.Code)
	}
	return line
}

func rareLines(t testing.TB, v meta.Value) []string {
	t.Helper()
	var lines []string
	for _, raw := range v.UserPreferences {
		p, err := meta.ParsePreference(raw)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("preference %s %s %s %d", p.WaID, p.Category, p.Value, p.Timestamp.Unix()))
	}
	for _, raw := range v.Calls {
		c, err := meta.ParseCall(raw)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("call %s %s %s", c.Event, c.Direction, c.From))
	}
	for _, raw := range v.History {
		h, err := meta.ParseHistory(raw)
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("history %d%%", h.Progress)
		for _, th := range h.Threads {
			line += fmt.Sprintf(" %s/%s: %d", th.WaID, th.Handle, len(th.Messages))
		}
		for _, e := range h.Errors {
			line += fmt.Sprintf(" error %d", e.Code)
		}
		lines = append(lines, line)
	}
	for _, raw := range v.StateSync {
		s, err := meta.ParseStateSync(raw)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("sync %s %s %s %s", s.Action, s.Phone, s.FullName, s.Username))
	}
	return lines
}

func accountLine(t testing.TB, c meta.Change) string {
	t.Helper()
	a, err := meta.ParseAccountEvent(c.Raw)
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{c.Field, c.WABAID, a.Event, a.TemplateID, a.TemplateName, a.TemplateLanguage, a.Reason, a.Title, a.RejectionReason,
		a.PreviousQuality, a.NewQuality, a.PreviousCategory, a.NewCategory, a.CorrectCategory, a.Decision, a.RequestedName,
		a.CurrentLimit, a.DailyLimit, a.BanState, a.BanDate, a.DisconnectReason, a.AlertType, a.Requester, a.DisplayPhoneNumber}
	for _, r := range a.Restrictions {
		parts = append(parts, r.Type, fmt.Sprint(r.Expires.Unix()))
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// TestFixtures compares every body with testdata/parsed.txt.
func TestFixtures(t *testing.T) {
	t.Parallel()
	want := readExpected(t)
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil || len(files) < 70 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		var got []string
		if w, err := meta.ParseWebhook(fixture(t, name)); err != nil {
			got = []string{"ERROR"}
		} else {
			got = summary(t, w)
		}
		if strings.Join(got, "\n") != strings.Join(want[name], "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want[name], "\n"))
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("expected but missing: %v", want)
	}
}

func readExpected(t testing.TB) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/parsed.txt")
	if err != nil {
		t.Fatal(err)
	}
	want, name := map[string][]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "  "); ok {
			want[name] = append(want[name], strings.ReplaceAll(rest, `\n`, "\n"))
			continue
		}
		name = strings.TrimSuffix(line, ":")
	}
	return want
}
