package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
	"badala/app/i18n"
)

// ReasonWord begins the reason of a refusal that a customer wrote; the word follows.
const ReasonWord = "WORD: "

// StopWords refuse marketing in every organisation, written in any way, when
// they are all that a message says.
var StopWords = [...]string{"STOP", "UNSUBSCRIBE", "إيقاف", "إلغاء"}

const (
	maxWord       = 60 // runes: a longer message is no word
	maxWords      = 50
	maxWordAnswer = 1000
	dayMillis     = int64(24 * time.Hour / time.Millisecond)
)

// ConsentWords is by which words customers refuse marketing, besides
// StopWords, and how they are answered.
type ConsentWords struct {
	Words  []string
	Answer bool   // confirm with a message
	EN, AR string // of the message; "" is the catalogue's
}

// Text is the confirmation in a language.
func (w ConsentWords) Text(lang string) string {
	text := w.EN
	if lang == "ar" {
		text = w.AR
	}
	if text == "" {
		text = i18n.T(lang, "consent.word.answer")
	}
	return text
}

// ConsentWords reads an organisation's setting; without one customers are answered.
func (s *Service) ConsentWords(q db.Q, org int64) (ConsentWords, error) {
	w, err := db.One(q, func(r *db.Rows, w *ConsentWords) error {
		var words string
		if err := r.Scan(&words, &w.Answer, &w.EN, &w.AR); err != nil {
			return err
		}
		return json.Unmarshal([]byte(words), &w.Words)
	}, `SELECT words, answer, text_en, text_ar FROM consent_word WHERE org_id = ?`, org)
	if errs.Is(err, errs.NotFound) {
		return ConsentWords{Answer: true}, nil
	}
	return w, err
}

// SetConsentWords changes the setting.
func (s *Service) SetConsentWords(ctx context.Context, who account.Actor, in ConsentWords) (err error) {
	defer errs.Wrap(&err, "inbox.SetConsentWords")
	if err := who.Require(account.ManageTags); err != nil {
		return err
	}
	if err := in.clean(); err != nil {
		return err
	}
	words, err := json.Marshal(in.Words)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		was, err := s.ConsentWords(tx, who.OrgID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT OR REPLACE INTO consent_word(org_id, words, answer, text_en, text_ar, updated_at) VALUES(?, ?, ?, ?, ?, ?)`,
			who.OrgID, string(words), in.Answer, in.EN, in.AR, tx.Now()); err != nil {
			return err
		}
		return account.AuditTx(tx, who, account.Line{Action: "consent_word.update", Target: "org", TargetID: who.OrgID, Before: was.told(), After: in.told()})
	})
}

func (w ConsentWords) told() map[string]any {
	return map[string]any{"words": w.Words, "answer": w.Answer, "textEn": w.EN, "textAr": w.AR}
}

// clean normalises the setting and reports all that is wrong with it.
func (w *ConsentWords) clean() error {
	var wrong []string
	kept := []string{}
	for _, word := range w.Words {
		word = contact.CleanName(word)
		if key := wordKey(word); key != "" && !slices.ContainsFunc(kept, func(k string) bool { return wordKey(k) == key }) {
			kept = append(kept, word)
		}
		if utf8.RuneCountInString(word) > maxWord {
			wrong = append(wrong, "words: each at most 60 characters")
			break
		}
	}
	if w.Words = kept; len(kept) > maxWords {
		wrong = append(wrong, "words: at most 50 of them")
	}
	for name, text := range map[string]*string{"textEn": &w.EN, "textAr": &w.AR} {
		if *text = strings.TrimSpace(*text); utf8.RuneCountInString(*text) > maxWordAnswer {
			wrong = append(wrong, name+": at most 1000 characters")
		}
	}
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return nil
}

// wordKey is by what two spellings of a word are equal: letters and digits
// alone, in one form.
func wordKey(s string) string { return strings.Join(fold.Words(s), " ") }

var stopKeys = func() map[string]bool {
	keys := map[string]bool{}
	for _, w := range StopWords {
		keys[wordKey(w)] = true
	}
	return keys
}()

// consentWord takes back the consent of a customer whose whole message is a
// word for it, and tells them so at most once a day. It gives true when m was
// such a word.
func (r *receipt) consentWord(c *Conversation, m *Message) (bool, error) {
	if c.GroupID != "" || m.Type != TypeText && m.Type != TypeButton || utf8.RuneCountInString(m.Body) > maxWord {
		return false, nil
	}
	key := wordKey(m.Body)
	if key == "" {
		return false, nil
	}
	set, err := r.s.ConsentWords(r.tx, r.ch.OrgID)
	if err != nil {
		return false, err
	}
	if !stopKeys[key] && !slices.ContainsFunc(set.Words, func(w string) bool { return wordKey(w) == key }) {
		return false, nil
	}
	cause := contact.Cause{Reason: ReasonWord + contact.CleanName(m.Body), Kind: "CUSTOMER", ActorID: m.ContactID, MessageID: m.ID}
	if err := r.s.Contacts.SetConsentTx(r.tx, r.ch.OrgID, m.ContactID, new(false), cause); err != nil || !set.Answer {
		return true, err
	}
	return true, r.confirmWord(c, m, set)
}

// confirmWord answers a refusal, where an answer can still be sent.
func (r *receipt) confirmWord(c *Conversation, m *Message, set ConsentWords) error {
	if !r.canAnswer(c) {
		return nil
	}
	once := fmt.Sprintf("consent-word:%d:%d", c.ID, r.tx.Now()/dayMillis)
	said, err := db.Exists(r.tx, `SELECT 1 FROM message WHERE org_id = ? AND client_id = ? AND client_id <> ''`, r.ch.OrgID, once)
	if err != nil || said {
		return err
	}
	lang, err := r.language(m)
	if err != nil {
		return err
	}
	who := account.SystemActor(r.ch.OrgID)
	answer, err := r.s.draftMessageTx(r.tx, who, *c, SendInput{Type: TypeText, Body: set.Text(lang), ClientID: once})
	if err != nil {
		return err
	}
	return r.s.queueTx(r.tx, who, c, &answer)
}

// language is what the customer writes in: Arabic if the message or one of the
// latest before it has an Arabic letter, else English.
func (r *receipt) language(m *Message) (string, error) {
	texts, err := db.All(r.tx, func(rows *db.Rows, s *string) error { return rows.Scan(s) },
		`SELECT body FROM message WHERE conversation_id = ? AND org_id = ? AND direction = 'INBOUND' ORDER BY at DESC, id DESC LIMIT 10`, m.ConversationID, m.OrgID)
	if err != nil {
		return "", err
	}
	for _, text := range append(texts, m.Body) {
		if strings.ContainsFunc(text, func(c rune) bool { return unicode.Is(unicode.Arabic, c) && unicode.IsLetter(c) }) {
			return "ar", nil
		}
	}
	return "en", nil
}
