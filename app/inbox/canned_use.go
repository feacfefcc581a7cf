package inbox

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// CannedVariables are what the text of a canned response may name as {{…}}.
var CannedVariables = [...]string{"contact.name", "agent.name", "org.name"}

var cannedVariable = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)

// FillCanned puts values into the variables of a text. What has no value
// becomes what gap makes of its name: no {{…}} is left.
func FillCanned(text string, values map[string]string, gap func(name string) string) (filled string, gaps []string) {
	filled = cannedVariable.ReplaceAllStringFunc(text, func(v string) string {
		name := cannedVariable.FindStringSubmatch(v)[1]
		if value := strings.TrimSpace(values[name]); value != "" {
			return value
		}
		hole := gap(name)
		if !slices.Contains(gaps, hole) {
			gaps = append(gaps, hole)
		}
		return hole
	})
	return filled, gaps
}

// UseCanned counts that somebody answered with a canned response.
func (s *Service) UseCanned(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "inbox.UseCanned(%d)", id)
	if err := who.Require(account.Reply); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := s.CannedResponse(tx, who.OrgID, who.UserID, id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE canned_response SET usage_count = usage_count + 1 WHERE id = ? AND org_id = ?`, c.ID, c.OrgID)
		return err
	})
}
