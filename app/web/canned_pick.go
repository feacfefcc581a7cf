package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"badala/app/errs"
	"badala/app/fold"
	"badala/app/inbox"
	"badala/app/media"
	"badala/views"
)

const (
	cannedTake    = 30        // entries of the composer's list
	cannedPreview = time.Hour // how long the picture of a file to come can be seen
)

// pickCanned lists the quick replies that fit what was typed behind the slash,
// each filled in for the conversation.
func (s *Server) pickCanned(c *call) error {
	cv, err := c.conversationOf("conv")
	if err != nil {
		return err
	}
	q := c.field("q")
	found, err := s.Inbox.CannedResponses(c.q(), c.actor.OrgID, c.actor.UserID, inbox.CannedFilter{Search: q})
	if err != nil {
		return err
	}
	sortCanned(found, q)
	p := c.page("")
	values := map[string]string{"contact.name": firstOf(cv.Contact.Name, cv.Contact.ProfileName), "agent.name": c.actor.Name, "org.name": p.Org.Name}
	d := views.CannedPicks{Page: p, Search: q}
	for _, r := range found[:min(len(found), cannedTake)] {
		pick := views.CannedPick{ID: id("canned", r.ID), Shortcut: r.Shortcut, Title: r.Title, Language: r.Language}
		pick.Text, _ = inbox.FillCanned(r.Body, values, c.cannedGap)
		if pick.Files, err = c.pickFiles(r.MediaKeys); err != nil {
			return err
		}
		d.Items = append(d.Items, pick)
	}
	return c.render(http.StatusOK, views.CannedList(d))
}

// cannedGap stands in a text where a value is not known. The composer sends no
// text that has one.
func (c *call) cannedGap(name string) string {
	if key := "canned.var." + name; c.has(key) {
		name = c.t(key)
	}
	return "[[" + name + "]]"
}

// sortCanned puts those whose shortcut begins so first, then the most used.
func sortCanned(all []inbox.CannedResponse, typed string) {
	typed = strings.TrimSpace(fold.Text(strings.TrimPrefix(typed, "/")))
	rank := func(r inbox.CannedResponse) int {
		switch text := fold.Text(r.Shortcut); {
		case text == typed:
			return 0
		case strings.HasPrefix(text, typed):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b inbox.CannedResponse) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.UsageCount, a.UsageCount))
	})
}

// cannedUpload is a stored file as the composer takes it.
type cannedUpload struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
	URL  string `json:"url"`
}

// pickFiles are the files of a quick reply, "" when it has none.
func (c *call) pickFiles(keys []string) (string, error) {
	var all []cannedUpload
	for _, key := range keys {
		m, err := media.ByKey(c.q(), c.actor.OrgID, key)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		all = append(all, cannedUpload{key, cmp.Or(m.FileName, key), m.ContentType, m.Size, c.s.Media.SignedURL(m, cannedPreview)})
	}
	if len(all) == 0 {
		return "", nil
	}
	b, err := json.Marshal(all)
	return string(b), err
}
