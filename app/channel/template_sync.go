package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
	"badala/app/queue"
)

const (
	templateSpread  = 20 * time.Minute // over which the accounts of a round are spread
	templateSettle  = 5 * time.Second  // news of templates come in groups
	templateFresh   = time.Minute      // a reading is not repeated sooner for a sender
	templateYoung   = 5 * time.Minute  // Meta's list may not have one yet that is so new
	templateRemains = 30 * 24 * time.Hour
)

// templateArgs names an account.
type templateArgs struct {
	Org  int64  `json:"org"`
	WABA string `json:"waba"`
}

var templateKind = &queue.Kind[templateArgs]{
	Name: "channel.templates", Attempts: 6, Timeout: 5 * time.Minute, Workers: 2,
	Backoff: func(attempt int) time.Duration { return min(30*time.Second<<min(attempt-1, 7), time.Hour) },
}

func (s *Service) initTemplates() error {
	templateKind.Handle(s.queue, s.runTemplates)
	return s.queue.Every("channel.templates", "41 */6 * * *", time.UTC, func(tx *db.Tx, _ int64) error { return s.allTemplatesTx(tx) })
}

// allTemplatesTx has the templates of every account read, each in a job of its
// own and at a time of its own, so that one whose token is dead harms nobody.
func (s *Service) allTemplatesTx(tx *db.Tx) error {
	accounts, err := db.All(tx, func(r *db.Rows, v *templateArgs) error { return r.Scan(&v.Org, &v.WABA) },
		`SELECT DISTINCT org_id, waba_id FROM channel WHERE archived_at = 0 AND state <> 'DISCONNECTED'`)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		h := fnv.New32a()
		fmt.Fprintf(h, "%d/%s", a.Org, a.WABA)
		later := int64(h.Sum32()) % templateSpread.Milliseconds()
		if err := templateKind.Add(s.queue, tx, a, queue.Once("%d/%s", a.Org, a.WABA), queue.At(tx.Now()+later)); err != nil {
			return err
		}
	}
	return nil
}

// wantTemplatesTx has the templates of an account read soon.
func (s *Service) wantTemplatesTx(tx *db.Tx, org int64, wabaID string) error {
	return templateKind.Add(s.queue, tx, templateArgs{org, wabaID},
		queue.Once("%d/%s/soon", org, wabaID), queue.At(tx.Now()+templateSettle.Milliseconds()))
}

// WantTemplatesTx has the templates of a number's account read soon, because
// Meta does not see them as we do.
func (s *Service) WantTemplatesTx(tx *db.Tx, org, channel int64) error {
	c, err := s.ByID(tx, org, channel)
	if err != nil {
		return err
	}
	return s.wantTemplatesTx(tx, org, c.WABAID)
}

// runTemplates reads the templates of an account with whichever of its numbers
// is able to.
func (s *Service) runTemplates(ctx context.Context, j *queue.Job[templateArgs]) error {
	numbers, err := db.All(s.db.Read(ctx), s.scan, `SELECT `+channelColumns+` FROM channel
		WHERE org_id = ? AND waba_id = ? AND archived_at = 0 AND state <> 'DISCONNECTED' ORDER BY id`, j.Args.Org, j.Args.WABA)
	if err != nil || len(numbers) == 0 {
		return err
	}
	for _, c := range numbers {
		if _, err = s.readTemplates(ctx, c, account.SystemActor(c.OrgID)); err == nil {
			return nil
		}
	}
	if e := errs.As(err); e != nil && e.Upstream != nil && !e.Upstream.Retryable {
		// Repeating would not help; it is written down beside the templates.
		s.log.WarnContext(ctx, "templates not read", "org", j.Args.Org, "account", j.Args.WABA, "code", e.Upstream.Code)
		return nil
	}
	return err
}

// SyncResult is what a reading of an account's templates has changed.
type SyncResult struct{ Total, Added, Changed, Gone int }

// SyncTemplates reads the templates of a number's account from Meta now. What
// Meta refuses is Upstream.
func (s *Service) SyncTemplates(ctx context.Context, who account.Actor, channel int64) (_ SyncResult, err error) {
	defer errs.Wrap(&err, "channel.SyncTemplates(%d)", channel)
	if err := who.Require(account.ManageTemplates); err != nil {
		return SyncResult{}, err
	}
	c, err := s.ByID(s.db.Read(ctx), who.OrgID, channel)
	if err != nil {
		return SyncResult{}, err
	}
	return s.readTemplates(ctx, c, who)
}

// FreshTemplate reads a template for somebody who wants to send it. One that
// is not known as usable is looked for at Meta, at most once a minute.
func (s *Service) FreshTemplate(ctx context.Context, org, channel int64, name, language string) (Template, error) {
	t, err := s.Template(s.db.Read(ctx), org, channel, name, language)
	if err == nil && t.Usable() == nil {
		return t, nil
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return t, err
	}
	c, err := s.ByID(s.db.Read(ctx), org, channel)
	if err != nil {
		return t, err
	}
	if err := s.freshen(ctx, c); err != nil {
		return t, err
	}
	t, err = s.Template(s.db.Read(ctx), org, channel, name, language)
	if errs.Is(err, errs.NotFound) {
		return t, s.noTemplate(ctx, org, channel, name)
	}
	return t, err
}

// freshen reads the templates of an account unless that was done a moment ago.
// Many senders at once make one reading.
func (s *Service) freshen(ctx context.Context, c Channel) error {
	one, _ := s.reading.LoadOrStore(templateArgs{c.OrgID, c.WABAID}, &sync.Mutex{})
	mu := one.(*sync.Mutex)
	mu.Lock()
	defer mu.Unlock()
	last, err := templateSync(s.db.Read(ctx), c.OrgID, c.WABAID)
	if err != nil || s.db.Now()-last.AskedAt <= templateFresh.Milliseconds() {
		return err
	}
	if _, err := s.readTemplates(ctx, c, account.SystemActor(c.OrgID)); err != nil {
		s.log.InfoContext(ctx, "templates not read for a sender", "channel", c.ID, "err", err)
	}
	return nil
}

// noTemplate says that there is no template, and in which languages the name
// exists.
func (s *Service) noTemplate(ctx context.Context, org, channel int64, name string) error {
	all, err := s.Templates(s.db.Read(ctx), org, channel)
	if err != nil {
		return err
	}
	var languages []string
	for _, t := range all {
		if t.Name == name {
			languages = append(languages, t.Language)
		}
	}
	e := &errs.Error{Kind: errs.Unprocessable, Code: "template_unknown", Message: "the number's account has no such template", Details: []string{"templateName: there is no template of this name"}}
	if len(languages) > 0 {
		e.Details = []string{"templateLanguage: this template exists in " + strings.Join(languages, ", ")}
	}
	return e
}

// readTemplates reads the templates of c's account from Meta and keeps what it
// says. A failure is noted beside the templates.
func (s *Service) readTemplates(ctx context.Context, c Channel, who account.Actor) (SyncResult, error) {
	asked := s.db.Now()
	found, err := s.meta.Templates(ctx, c.Creds(), c.WABAID)
	if err != nil {
		failed := upstream(err)
		return SyncResult{}, s.noteTemplates(ctx, c, asked, 0, errs.As(failed).Message, failed)
	}
	var r SyncResult
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		r = SyncResult{}
		if err := s.takeTemplatesTx(tx, c, found, asked, &r); err != nil {
			return err
		}
		if r.Added+r.Changed+r.Gone == 0 {
			return nil
		}
		return s.recordTx(tx, eventUpdated, c, who, "templates", fmt.Sprintf("%d added, %d changed, %d gone", r.Added, r.Changed, r.Gone))
	})
	if err != nil {
		return SyncResult{}, err
	}
	return r, s.noteTemplates(ctx, c, asked, s.db.Now(), "", nil)
}

// noteTemplates writes down how a reading went and gives failed back.
func (s *Service) noteTemplates(ctx context.Context, c Channel, asked, synced int64, text string, failed error) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO template_sync(org_id, waba_id, asked_at, synced_at, error) VALUES(?1, ?2, ?3, ?4, ?5)
			ON CONFLICT DO UPDATE SET asked_at = ?3, synced_at = max(synced_at, ?4), error = ?5`, c.OrgID, c.WABAID, asked, synced, text)
		return err
	})
	if failed != nil {
		return failed
	}
	return err
}

// takeTemplatesTx makes our templates of an account those that were found
// there. One that is not there any more becomes DELETED, and is forgotten
// after the 30 days for which Meta keeps its name from being used again.
func (s *Service) takeTemplatesTx(tx *db.Tx, c Channel, found []meta.Template, asked int64, r *SyncResult) error {
	have, err := db.All(tx, scanTemplate, `SELECT `+templateColumns+` FROM template WHERE org_id = ? AND waba_id = ?`, c.OrgID, c.WABAID)
	if err != nil {
		return err
	}
	byName := map[string]Template{}
	for _, t := range have {
		byName[t.Name+" "+languageKey(t.Language)] = t
	}
	seen := map[int64]bool{}
	for _, m := range found {
		v, known := byName[m.Name+" "+languageKey(m.Language)]
		if !known {
			v = Template{OrgID: c.OrgID, WABAID: c.WABAID, Name: m.Name, Language: m.Language}
			if err := insertTemplateTx(tx, &v); err != nil {
				return err
			}
		}
		if r.Total++; !known {
			r.Added++
		}
		seen[v.ID] = true
		if !v.take(m, asked) {
			continue
		}
		if known {
			r.Changed++
		}
		if err := saveTemplateTx(tx, &v); err != nil {
			return err
		}
	}
	if err := seenTx(tx, c.OrgID, seen); err != nil {
		return err
	}
	for _, v := range have {
		if seen[v.ID] || v.UpdatedAt >= asked || v.CreatedAt > tx.Now()-templateYoung.Milliseconds() {
			continue
		}
		if err := goneTx(tx, v, r); err != nil {
			return err
		}
	}
	return nil
}

// seenTx notes that templates are at Meta now.
func seenTx(tx *db.Tx, org int64, seen map[int64]bool) error {
	ids, err := json.Marshal(slices.Collect(maps.Keys(seen)))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE template SET synced_at = ? WHERE id IN (SELECT value FROM json_each(?)) AND org_id = ?`, tx.Now(), string(ids), org)
	return err
}

// goneTx marks a template that Meta has no more, or forgets it.
func goneTx(tx *db.Tx, v Template, r *SyncResult) error {
	if v.Status != TemplateDeleted {
		r.Gone++
		v.Status, v.statusAt = TemplateDeleted, tx.Now()
		return saveTemplateTx(tx, &v)
	}
	if tx.Now()-v.statusAt < templateRemains.Milliseconds() {
		return nil
	}
	_, err := tx.Exec(`DELETE FROM template WHERE id = ? AND org_id = ?`, v.ID, v.OrgID)
	return err
}

// take takes over what Meta says of the template, and says whether that is
// news. News of webhooks that came after the question are newer and stay.
func (t *Template) take(m meta.Template, asked int64) bool {
	before := *t
	t.MetaID, t.SubCategory, t.Format, t.TTL, t.Components = m.ID, m.SubCategory, m.Format, m.TTL, m.Components
	if t.statusAt < asked {
		t.Status = m.Status
		if m.Reason != "" || t.Status == TemplateApproved || t.Status == TemplatePending {
			t.Reason = m.Reason
		}
	}
	if t.categoryAt < asked {
		t.Category = m.Category
		if m.CorrectCategory == "" || m.CorrectCategory == m.Category {
			t.NextCategory, t.NextCategoryAt = "", 0
		} else if t.NextCategory != m.CorrectCategory {
			t.NextCategory, t.NextCategoryAt = m.CorrectCategory, 0
		}
	}
	if t.qualityAt < asked && m.Quality != "" {
		t.Quality = m.Quality
	}
	return before.Status != t.Status || before.Category != t.Category || before.Quality != t.Quality || before.Reason != t.Reason ||
		before.MetaID != t.MetaID || before.Format != t.Format || before.TTL != t.TTL || before.NextCategory != t.NextCategory ||
		!bytes.Equal(before.Components, t.Components)
}
