package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/table"
	"badala/views"
)

const (
	auditTake    = 50
	auditShown   = 300              // bytes of a value that a line shows
	exportTime   = 10 * time.Minute // for a whole file
	flushEachRow = 500
)

// audit lists what people and keys did, newest first.
func (s *Server) audit(c *call) error {
	p := views.AuditPage{Page: c.page(c.t("audit.title")), Filter: c.auditForm(), Older: c.field("cursor") != ""}
	f, err := c.auditFilter(p.Filter)
	if p.Errors = c.fieldErrors(err); err != nil && len(p.Errors) == 0 {
		return err
	}
	f.Take, f.Cursor = auditTake, c.field("cursor")
	names, err := c.auditNames(&p)
	if err != nil {
		return err
	}
	var lines []account.AuditEntry
	if len(p.Errors) == 0 {
		if lines, p.Next, err = s.Accounts.Audit(c.r.Context(), c.actor, f); err != nil {
			return err
		}
	}
	for _, e := range lines {
		p.Lines = append(p.Lines, auditLine(p.Page, e, names))
	}
	status := http.StatusOK
	if len(p.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return c.render(status, views.Audit(p))
}

// auditForm is the filter as the address carries it.
func (c *call) auditForm() views.AuditFilter {
	return views.AuditFilter{Who: c.field("who"), Group: c.field("group"), From: c.field("from"), To: c.field("to")}
}

// auditFilter reads the filter; days are those of the organisation's zone.
func (c *call) auditFilter(v views.AuditFilter) (f account.AuditFilter, err error) {
	var wrong []string
	switch {
	case strings.HasPrefix(v.Who, "key_"):
		f.KeyID, err = someID("key", v.Who)
	case v.Who != "":
		f.ActorID, err = someID("user", v.Who)
	}
	if err != nil {
		wrong = append(wrong, "who: "+c.t("audit.who.wrong"))
	}
	if v.Group != "" {
		f.Action = v.Group + "."
	}
	zone := c.page("").Zone
	if f.From, err = dayStart(v.From, zone, 0); err != nil {
		wrong = append(wrong, "from: "+c.t("audit.wrongdate"))
	}
	if f.To, err = dayStart(v.To, zone, 1); err != nil {
		wrong = append(wrong, "to: "+c.t("audit.wrongdate"))
	}
	if len(wrong) > 0 {
		return f, errs.Fields(wrong...)
	}
	return f, nil
}

// dayStart is the beginning of a day, or of one some days later; 0 for none.
func dayStart(day string, zone *time.Location, later int) (int64, error) {
	if day == "" {
		return 0, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return 0, err
	}
	return t.AddDate(0, 0, later).UnixMilli(), nil
}

// auditNames fills in what can be filtered by, and gives the names of ids.
func (c *call) auditNames(p *views.AuditPage) (map[string]string, error) {
	names := map[string]string{}
	members, err := c.s.Accounts.Members(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		o := views.Option{ID: id("user", m.ID), Name: m.Name}
		p.People, names[o.ID] = append(p.People, o), m.Name
	}
	keys, err := c.s.Accounts.Keys(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		o := views.Option{ID: id("key", k.ID), Name: k.Name}
		p.Keys, names[o.ID] = append(p.Keys, o), k.Name
	}
	channels, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	for _, ch := range channels {
		names[id("chan", ch.ID)] = ch.Name
	}
	hooks, err := c.s.Webhooks.Endpoints(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	for _, e := range hooks {
		names[id("hook", e.ID)] = hostOf(e.URL)
	}
	actions, err := c.s.Accounts.AuditActions(c.q(), c.actor.OrgID)
	for _, a := range actions {
		if group, _, ok := strings.Cut(a, "."); ok && !slices.Contains(p.Groups, group) {
			p.Groups = append(p.Groups, group)
		}
	}
	return names, err
}

// auditLine is a line as the page shows it.
func auditLine(p views.Page, e account.AuditEntry, names map[string]string) views.AuditLine {
	l := views.AuditLine{ID: id("aud", e.ID), At: db.Time(e.At), Kind: e.ActorKind, Who: e.ActorName, Action: e.Action,
		Detail: e.Detail, IP: e.IP, Changes: changes(p, e.Before, e.After, names)}
	if e.TargetID != 0 && (e.Target != "user" || e.TargetID != e.ActorID) {
		l.Target = id(e.Target, e.TargetID)
		l.TargetName, l.URL = names[l.Target], auditURL(e.Target, l.Target)
	}
	if l.TargetName == l.Detail {
		l.Detail = ""
	}
	return l
}

// auditPages are the pages of things; what ends in a slash takes the id.
var auditPages = map[string]string{
	"conv": "/c/", "contact": "/contacts/", "bulk": "/contacts/bulk/", "import": "/contacts/import/", "field": "/contacts/fields",
	"chan": "/settings/channels/", "hook": "/settings/webhooks/", "canned": "/settings/canned/", "tag": "/settings/tags/",
	"key": "/settings/keys", "user": "/settings/members", "inv": "/settings/members", "inb": "/settings/inbound",
}

// auditURL is the page of what a line is about, or "".
func auditURL(kind, id string) string {
	page := auditPages[kind]
	if strings.HasSuffix(page, "/") {
		page += id
	}
	return page
}

// changes are the fields of two small JSON objects side by side, by name.
func changes(p views.Page, before, after json.RawMessage, names map[string]string) []views.AuditChange {
	was, is := fieldsOf(before), fieldsOf(after)
	var fields []string
	for _, m := range []map[string]any{was, is} {
		for k := range m {
			if !slices.Contains(fields, k) {
				fields = append(fields, k)
			}
		}
	}
	slices.Sort(fields)
	var out []views.AuditChange
	for _, k := range fields {
		out = append(out, views.AuditChange{Field: k, Before: valueText(p, k, was[k], names), After: valueText(p, k, is[k], names)})
	}
	return out
}

func fieldsOf(raw json.RawMessage) map[string]any {
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// valueText is one value in short: our words in the reader's language, people
// by name, lists with commas.
func valueText(p views.Page, field string, v any, names map[string]string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if name, ok := names[v]; ok {
			return name
		}
		return cutText(views.AuditValue(p, field, v))
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = valueText(p, field, e, names)
		}
		return cutText(strings.Join(parts, p.T("comma")+" "))
	case map[string]any:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return cutText(string(b))
	}
	return views.AuditValue(p, field, fmt.Sprint(v))
}

func cutText(s string) string {
	if len(s) <= auditShown {
		return s
	}
	return strings.ToValidUTF8(s[:auditShown], "") + "…"
}

// auditCSV writes the lines of the filter as a file, while it reads them.
func (s *Server) auditCSV(c *call) error {
	f, err := c.auditFilter(c.auditForm())
	if err != nil {
		return err
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(c.now().Add(exportTime))
	out, p, n := table.NewCSV(c.w), c.page(""), 0
	begin := func() error {
		h := c.w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="badala-audit-`+c.now().In(p.Zone).Format(time.DateOnly)+`.csv"`)
		var cells []string
		for _, col := range []string{"time", "kind", "who", "what", "action", "target", "detail", "ip", "before", "after"} {
			cells = append(cells, c.t("audit.col."+col))
		}
		return out.Write(cells...)
	}
	err = s.Accounts.AuditEach(c.r.Context(), c.actor, f, func(e account.AuditEntry) error {
		if n == 0 {
			if err := begin(); err != nil {
				return err
			}
		}
		if n++; n%flushEachRow == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		who := e.ActorName
		if who == "" {
			who = c.t("audit.system")
		}
		return out.Write(db.Time(e.At).In(p.Zone).Format(time.RFC3339), c.t("audit.kind."+e.ActorKind), who, views.AuditText(p, e.Action), e.Action,
			id(e.Target, e.TargetID), e.Detail, e.IP, string(e.Before), string(e.After))
	})
	switch {
	case err != nil && n == 0:
		return err // nothing is written yet: an error page can be
	case err != nil:
		panic(http.ErrAbortHandler) // the file must not look whole
	case n == 0:
		if err := begin(); err != nil {
			return ignoreGone(err)
		}
	}
	return ignoreGone(out.Flush())
}
