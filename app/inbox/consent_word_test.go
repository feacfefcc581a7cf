package inbox_test

import (
	"strings"
	"testing"

	"badala/app/contact"
	"badala/app/inbox"
)

// consentOf is what the first customer of the shop agreed to, and its history.
func consentOf(t *testing.T, s *shop) (contact.Contact, []contact.ConsentChange) {
	t.Helper()
	q := s.db.Read(t.Context())
	list, _, err := s.inbox.Contacts.List(q, s.agent.OrgID, contact.Filter{Phone: "+966512345678"})
	noErr(t, err)
	if len(list) != 1 {
		t.Fatalf("%d customers", len(list))
	}
	history, err := s.inbox.Contacts.ConsentHistory(q, s.agent.OrgID, list[0].ID)
	noErr(t, err)
	return list[0], history
}

func TestAWordTakesBackConsent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		texts   []string
		refused bool
		answers int
		begins  string
	}{
		"English":              {[]string{"hello", " stop. "}, true, 1, "Understood"},
		"Arabic, spelt freely": {[]string{"ايقاف!"}, true, 1, "تم"},
		"hamza on the line":    {[]string{"إلغاء"}, true, 1, "تم"},
		"twice in a day":       {[]string{"UNSUBSCRIBE", "Stop"}, true, 1, "Understood"},
		"Arabic before":        {[]string{"مرحبا", "STOP"}, true, 1, "تم"},
		"in a sentence":        {[]string{"stop by when you can"}, false, 0, ""},
		"own word":             {[]string{"KHALAS"}, true, 1, "Understood"},
		"a start raises none":  {[]string{"stop", "start"}, true, 1, "Understood"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			noErr(t, s.inbox.SetConsentWords(t.Context(), s.agent, inbox.ConsentWords{Words: []string{"khalas", "Khalas ", ""}, Answer: true}))
			for _, text := range c.texts {
				s.phone.SendText(shopNumber, text)
			}
			noErr(t, s.sim.Flush(t.Context()))
			noErr(t, s.queue.Idle(t.Context()))
			who, history := consentOf(t, s)
			if refused := who.Consent != nil && !*who.Consent; refused != c.refused || (len(history) == 1) != c.refused {
				t.Fatalf("consent %v, history %+v", who.Consent, history)
			}
			if c.refused && (history[0].Kind != "CUSTOMER" || history[0].MessageID == 0) {
				t.Errorf("the history says %+v", history[0])
			}
			answers := s.texts(s.phone)
			if len(answers) != c.answers {
				t.Fatalf("answers: %q", answers)
			}
			if c.answers > 0 && !strings.HasPrefix(answers[0], c.begins) {
				t.Errorf("the answer is %q", answers[0])
			}
		})
	}
}

func TestAWordWithoutAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	noErr(t, s.inbox.SetConsentWords(t.Context(), s.agent, inbox.ConsentWords{}))
	s.phone.SendText(shopNumber, "STOP")
	noErr(t, s.sim.Flush(t.Context()))
	s.settle()
	if who, _ := consentOf(t, s); who.Consent == nil || *who.Consent {
		t.Fatalf("consent %v", who.Consent)
	}
	if got := s.texts(s.phone); len(got) > 0 {
		t.Errorf("answered %q", got)
	}
}
