package inbox

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
	"badala/app/hours"
	"badala/app/media"
)

// What a canned response may hold, in characters.
const (
	maxShortcut    = 40
	maxCannedTitle = 120
	maxFolder      = 60
	maxCannedFiles = 10
)

var languagePattern = regexp.MustCompile(`^([a-z]{2,3}([_-][a-z0-9]{2,8})*)?$`)

// checkTx tidies c and refuses what it must not be, with one detail for each
// wrong field.
func (c *CannedResponse) checkTx(tx *db.Tx) error {
	c.Shortcut = strings.TrimPrefix(strings.TrimSpace(c.Shortcut), "/")
	c.Title, c.Folder = strings.TrimSpace(c.Title), strings.TrimSpace(c.Folder)
	c.Language = strings.ToLower(strings.TrimSpace(c.Language))
	var bad []string
	add := func(ok bool, detail string) {
		if !ok {
			bad = append(bad, detail)
		}
	}
	length := utf8.RuneCountInString
	add(c.Shortcut != "" && length(c.Shortcut) <= maxShortcut && !strings.ContainsFunc(c.Shortcut, notInShortcut) && fold.Text(c.Shortcut) != "",
		"shortcut: 1 to 40 letters, digits, dashes and underscores")
	add(utf8.ValidString(c.Title) && length(c.Title) <= maxCannedTitle, "title: at most 120 characters")
	add(utf8.ValidString(c.Folder) && length(c.Folder) <= maxFolder, "folder: at most 60 characters")
	add(languagePattern.MatchString(c.Language), "language: a code such as en or ar")
	add(utf8.ValidString(c.Body) && length(c.Body) <= maxText, "body: at most 4096 characters")
	add(strings.TrimSpace(c.Body) != "" || len(c.MediaKeys) > 0, "body: is empty")
	strange := hours.Unknown(c.Body, CannedVariables[:]...)
	add(len(strange) == 0, "body: has variables that there are not: "+strings.Join(strange, ", "))
	add(len(c.MediaKeys) <= maxCannedFiles, "mediaKeys: at most 10")
	for _, key := range c.MediaKeys[:min(len(c.MediaKeys), maxCannedFiles)] {
		_, err := media.ByKey(tx, c.OrgID, key)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		add(err == nil, "mediaKeys: there is no such upload")
	}
	if len(bad) > 0 {
		return errs.Fields(bad...)
	}
	return nil
}

func notInShortcut(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) && r != '-' && r != '_'
}

// text is what a search looks through.
func (c *CannedResponse) text() string {
	return fold.Text(c.Shortcut + "\n" + c.Title + "\n" + c.Body)
}

func (c *CannedResponse) keys() string {
	if len(c.MediaKeys) == 0 {
		return "[]"
	}
	return string(rawJSON(c.MediaKeys))
}

func (p CannedPatch) apply(c *CannedResponse) {
	for _, one := range []struct {
		from *string
		to   *string
	}{{p.Shortcut, &c.Shortcut}, {p.Title, &c.Title}, {p.Body, &c.Body}, {p.Language, &c.Language}, {p.Folder, &c.Folder}} {
		if one.from != nil {
			*one.to = *one.from
		}
	}
	if p.MediaKeys != nil {
		c.MediaKeys = *p.MediaKeys
	}
}

// auditCanned is a canned response in the audit log, without its text.
type auditCanned struct {
	Shortcut string `json:"shortcut"`
	Title    string `json:"title,omitempty"`
	Language string `json:"language,omitempty"`
	Folder   string `json:"folder,omitempty"`
	Shared   bool   `json:"shared"`
}

func (c *CannedResponse) audited() auditCanned {
	return auditCanned{c.Shortcut, c.Title, c.Language, c.Folder, c.Shared()}
}

func (c *CannedResponse) auditTx(tx *db.Tx, who account.Actor, action string, before, after any) error {
	if who.Kind == account.KindSystem {
		return nil
	}
	return account.AuditTx(tx, who, account.Line{Action: action, Target: "canned", TargetID: c.ID, Before: before, After: after})
}
