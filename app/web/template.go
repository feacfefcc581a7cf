package web

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/template"
	"badala/views"
)

// templates lists the templates of a number's account.
func (s *Server) templates(c *call) error {
	p := views.TemplatesPage{Page: c.page(c.t("template.title")), CanEdit: c.actor.Can(account.ManageTemplates)}
	ch, options, err := c.templateAccount()
	if err != nil {
		return err
	}
	if ch == nil {
		return c.render(http.StatusOK, views.Templates(p))
	}
	p.Channels, p.Account = options, channelTitle(*ch)
	p.Filter = views.TemplateFilter{Channel: id("chan", ch.ID), Query: cut(c.field("q"), searchRunes), Language: c.field("language"),
		Category: c.field("category"), Status: c.field("status"), Quality: c.field("quality")}
	read, err := s.Channels.TemplatesRead(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	p.Synced, p.SyncError = db.Time(read.SyncedAt), read.Error
	all, err := s.Channels.Templates(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	p.Total = len(all)
	for _, t := range all {
		if !slices.ContainsFunc(p.Languages, func(o views.Option) bool { return o.ID == t.Language }) {
			p.Languages = append(p.Languages, views.Option{ID: t.Language, Name: languageTitle(c.lang, t.Language)})
		}
		if t.Status != "" && !slices.Contains(p.Statuses, t.Status) {
			p.Statuses = append(p.Statuses, t.Status)
		}
	}
	slices.SortFunc(p.Languages, func(a, b views.Option) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(p.Statuses)
	f := channel.TemplateFilter{Search: p.Filter.Query, Language: p.Filter.Language, Category: p.Filter.Category, Status: p.Filter.Status, Quality: p.Filter.Quality}
	found, err := s.Channels.FindTemplates(c.q(), c.actor.OrgID, ch.ID, f)
	if err != nil {
		return err
	}
	for _, t := range found {
		p.Rows = append(p.Rows, c.templateRow(t, ch.ID))
	}
	return c.render(http.StatusOK, views.Templates(p))
}

// templateAccount is the number that the address names, or the first one, with
// one number of each account to choose from. It is nil while none is connected.
func (c *call) templateAccount() (*channel.Channel, []views.Option, error) {
	all, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, nil, err
	}
	var wanted int64
	if named := c.field("channel"); named != "" {
		if wanted, err = someID("chan", named); err != nil {
			return nil, nil, err
		}
	}
	var chosen *channel.Channel
	var options []views.Option
	accounts := map[string]int64{}
	for i := range all {
		ch := &all[i]
		if ch.ID == wanted {
			chosen = ch
		}
		if accounts[ch.WABAID] == 0 {
			accounts[ch.WABAID] = ch.ID
			options = append(options, views.Option{ID: id("chan", ch.ID), Name: channelTitle(*ch)})
		}
	}
	if wanted != 0 && chosen == nil {
		return nil, nil, errs.New(errs.NotFound, "there is no such number")
	}
	if chosen == nil && len(all) > 0 {
		chosen = &all[0]
	}
	if chosen != nil { // of several numbers of an account, the one that was named stands for it
		for i, o := range options {
			if o.ID == id("chan", accounts[chosen.WABAID]) {
				options[i] = views.Option{ID: id("chan", chosen.ID), Name: channelTitle(*chosen)}
			}
		}
	}
	return chosen, options, nil
}

func channelTitle(ch channel.Channel) string { return firstOf(ch.Name, ch.PhoneNumber) }

// templateRow is one line of a list.
func (c *call) templateRow(t channel.Template, ch int64) views.TemplateRow {
	spec, err := t.Spec()
	r := views.TemplateRow{ID: id("tmpl", t.ID), Channel: id("chan", ch), Name: t.Name, Language: t.Language, LanguageName: languageTitle(c.lang, t.Language),
		Category: t.Category, Status: t.Status, Quality: t.Quality, Next: t.NextCategory}
	if err != nil {
		return r
	}
	r.Text = spec.Fill(spec.Sample()).Text()
	r.Media, r.Cards, r.Offer, r.OTP = spec.Header.IsMedia(), len(spec.Cards) > 0, spec.Offer != nil, spec.OneTimeCode()
	if spec.OneTimeCode() && spec.Body == "" {
		r.Text = c.t("template.code.text", "{{1}}")
	}
	if err := spec.Sendable(); err != nil {
		r.Refused = c.explain(err)
	}
	return r
}

// templateShown is a template with values, as the customer sees it.
func (c *call) templateShown(spec template.Spec, lang string, v template.Values) views.TemplateShown {
	s := views.TemplateShown{Filled: spec.Fill(v), Language: lang, Advice: spec.SecurityAdvice, Minutes: spec.CodeMinutes, Code: spec.OneTimeCode()}
	if s.Code && spec.Body == "" {
		code := "{{1}}"
		if len(v.Variables.List) > 0 && v.Variables.List[0] != "" {
			code = v.Variables.List[0]
		}
		s.Body = c.t("template.code.text", code)
	}
	if s.Footer != "" { // Meta has written it out
		s.Minutes = 0
	}
	s.Advice = s.Advice && spec.Body == ""
	for i, b := range s.Buttons { // Meta's example of an address is the whole of it
		if at := strings.LastIndex(b.URL, "http"); at > 0 {
			s.Buttons[i].URL = b.URL[at:]
		}
	}
	s.Files = c.templateFiles(s.Filled)
	return s
}

// templateFiles are the addresses of the stored files of a message.
func (c *call) templateFiles(f template.Filled) map[string]string {
	files := map[string]string{}
	for _, h := range append([]template.FilledCard{f.FilledCard}, f.Cards...) {
		key := h.Header.UploadKey
		if key == "" {
			continue
		}
		if m, err := media.ByKey(c.q(), c.actor.OrgID, key); err == nil {
			files[key] = c.s.Media.SignedURL(m, mediaTTL)
		}
	}
	return files
}

// templateOf reads number and template of the path.
func (c *call) templateOf() (int64, channel.Template, error) {
	ch, err := c.pathID("channel", "chan")
	if err != nil {
		return 0, channel.Template{}, err
	}
	n, err := c.pathID("template", "tmpl")
	if err != nil {
		return 0, channel.Template{}, err
	}
	t, err := c.s.Channels.TemplateByID(c.q(), c.actor.OrgID, ch, n)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "there is no such template")
	}
	return ch, t, err
}

// template is the page of one template.
func (s *Server) template(c *call) error { return c.showTemplate(false) }

// deleteTemplateForm asks before a template is deleted.
func (s *Server) deleteTemplateForm(c *call) error { return c.showTemplate(true) }

func (c *call) showTemplate(ask bool) error {
	ch, t, err := c.templateOf()
	if err != nil {
		return err
	}
	p := views.TemplatePage{Page: c.page(t.Name), Row: c.templateRow(t, ch), Reason: c.templateReason(t.Reason), NextAt: db.Time(t.NextCategoryAt),
		Synced: db.Time(t.SyncedAt), TTL: t.TTL, CanEdit: c.actor.Can(account.ManageTemplates), Delete: ask}
	p.CanSend = t.Usable() == nil && c.actor.Can(account.Reply)
	p.CanChange = t.MetaID != "" && slices.Contains([]string{channel.TemplateApproved, channel.TemplateRejected, channel.TemplatePaused}, t.Status)
	if spec, err := t.Spec(); err == nil {
		p.Shown, p.Unknown = c.templateShown(spec, t.Language, spec.Sample()), strings.Join(spec.Unknown, ", ")
	} else {
		p.Unread = true
	}
	all, err := c.s.Channels.Templates(c.q(), c.actor.OrgID, ch)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.Name == t.Name && o.ID != t.ID {
			p.Siblings = append(p.Siblings, c.templateRow(o, ch))
		}
	}
	return c.render(http.StatusOK, views.TemplateOne(p))
}

// templateReason is why Meta refused or paused a template, in words.
func (c *call) templateReason(reason string) string {
	if key := "template.reason." + strings.ToUpper(reason); c.has(key) {
		return c.t(key)
	}
	return reason
}

// syncTemplates reads the templates of an account from Meta now.
func (s *Server) syncTemplates(c *call) error {
	ch, err := someID("chan", c.field("channel"))
	if err != nil {
		return err
	}
	r, err := s.Channels.SyncTemplates(c.r.Context(), c.actor, ch)
	if err != nil {
		return err
	}
	if r.Added+r.Changed+r.Gone == 0 {
		c.flash(c.t("template.sync.same", r.Total))
	} else {
		c.flash(c.t("template.sync.done", r.Added, r.Changed, r.Gone))
	}
	return c.done("/templates?channel=" + id("chan", ch))
}

// deleteTemplate deletes a template at Meta, in one language or all.
func (s *Server) deleteTemplate(c *call) error {
	ch, t, err := c.templateOf()
	if err != nil {
		return err
	}
	if err := s.Channels.DeleteTemplate(c.r.Context(), c.actor, ch, t.ID, c.field("all") == "1"); err != nil {
		return err
	}
	c.flash(c.t("template.deleted", t.Name))
	return c.redirect("/templates?channel=" + id("chan", ch))
}

// languageNames keeps names of languages, by the page's language and the code.
var languageNames sync.Map

// languageTitle is what a language of Meta's is called in the page's language.
func languageTitle(lang, code string) string {
	if name, ok := languageNames.Load(lang + "/" + code); ok {
		return name.(string)
	}
	names := display.Tags(language.English)
	if lang == "ar" {
		names = display.Tags(language.Arabic)
	}
	tag, err := language.Parse(strings.ReplaceAll(code, "_", "-"))
	if err != nil {
		return code
	}
	name := names.Name(tag)
	if name == "" {
		name = code
	}
	languageNames.Store(lang+"/"+code, name)
	return name
}

// templateLanguages are those that templates may be written in, the page's
// languages first, the others by name.
func templateLanguages(lang string) []views.Option {
	first := []string{"en", "en_US", "en_GB", "ar"}
	var head, rest []views.Option
	for _, code := range first {
		head = append(head, views.Option{ID: code, Name: languageTitle(lang, code)})
	}
	for _, code := range template.Languages {
		if !slices.Contains(first, code) {
			rest = append(rest, views.Option{ID: code, Name: languageTitle(lang, code)})
		}
	}
	slices.SortFunc(rest, func(a, b views.Option) int { return strings.Compare(a.Name, b.Name) })
	if lang == "ar" {
		slices.Reverse(head)
	}
	return append(head, rest...)
}
