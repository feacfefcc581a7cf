package web

import (
	"net/http"
	"strconv"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

// keysShown is what the keys page shows besides the list: a key that is shown
// once, or what was wrong.
type keysShown struct {
	status  int
	made    *views.MadeKey
	form    views.KeyForm
	renamed int64 // the key whose new name was refused
	problem error
}

// keys lists the API keys.
func (s *Server) keys(c *call) error {
	return c.keysPage(keysShown{status: http.StatusOK, form: views.KeyForm{Expiry: "90"}})
}

func (c *call) keysPage(sh keysShown) error {
	list, err := c.s.Accounts.Keys(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	p := views.KeysPage{Page: c.page(c.t("keys.title")), Form: sh.form, Made: sh.made, Errors: c.fieldErrors(sh.problem)}
	if sh.problem != nil && len(p.Errors) == 0 {
		p.Errors = map[string]string{"": c.explain(sh.problem)}
	}
	for _, scope := range account.AllScopes {
		p.Scopes = append(p.Scopes, string(scope))
	}
	for _, k := range list {
		d := keyData(k)
		switch {
		case !k.Live(c.s.DB.Now()):
			p.Ended = append(p.Ended, d)
			continue
		case k.ID == sh.renamed:
			d.Error, p.Errors = c.explain(sh.problem), nil
		}
		p.Keys = append(p.Keys, d)
	}
	return c.render(sh.status, views.Keys(p))
}

func keyData(k account.Key) views.KeyData {
	d := views.KeyData{ID: id("key", k.ID), Name: k.Name, Prefix: k.Prefix, By: k.CreatedByName, Created: db.Time(k.CreatedAt),
		Expires: db.Time(k.ExpiresAt), Used: db.Time(k.UsedAt), UsedIP: k.UsedIP, Revoked: db.Time(k.RevokedAt)}
	for _, scope := range k.Scopes {
		d.Scopes = append(d.Scopes, string(scope))
	}
	return d
}

// makeKey makes a key and shows it, once.
func (s *Server) makeKey(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	form := views.KeyForm{Name: c.field("name"), Scopes: map[string]bool{}, Expiry: c.field("expiry")}
	in := account.KeyInput{Name: form.Name}
	for _, scope := range c.r.PostForm["scope"] {
		form.Scopes[scope] = true
		in.Scopes = append(in.Scopes, account.Scope(scope))
	}
	in.ExpiresAt = expiryOf(form.Expiry, c.now())
	k, token, err := s.Accounts.CreateKey(c.r.Context(), c.actor, in)
	if refusable(err) {
		return c.keysPage(keysShown{status: http.StatusUnprocessableEntity, form: form, problem: err})
	}
	if err != nil {
		return err
	}
	made := &views.MadeKey{Name: k.Name, Token: token, Example: c.curl(token)}
	return c.keysPage(keysShown{status: http.StatusOK, made: made, form: views.KeyForm{Expiry: "90"}})
}

// refusable says whether a form comes back with what was wrong in it.
func refusable(err error) bool {
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.Unprocessable:
		return true
	}
	return false
}

// expiryOf is when a key made now ends that lives so many days; 0 for "never".
// What is none of the choices is long over, and refused with all that is wrong.
func expiryOf(days string, now time.Time) int64 {
	if days == "never" {
		return 0
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > 3650 {
		return 1
	}
	return now.AddDate(0, 0, n).UnixMilli()
}

// curl is a command that shows that a key works.
func (c *call) curl(token string) string {
	return "curl '" + c.baseURL() + "/orgs/" + id("org", c.actor.OrgID) + "/conversations?take=1' \\\n  -H 'Authorization: Bearer " + token + "'"
}

// renameKey changes what a key is called.
func (s *Server) renameKey(c *call) error {
	n, err := c.pathID("key", "key")
	if err != nil {
		return err
	}
	_, err = s.Accounts.RenameKey(c.r.Context(), c.actor, n, c.field("name"))
	if refusable(err) {
		return c.keysPage(keysShown{status: http.StatusUnprocessableEntity, form: views.KeyForm{Expiry: "90"}, renamed: n, problem: err})
	}
	if err != nil {
		return err
	}
	c.flash(c.t("keys.renamed"))
	return c.done("/settings/keys")
}

// revokeKey ends a key at once.
func (s *Server) revokeKey(c *call) error {
	n, err := c.pathID("key", "key")
	if err != nil {
		return err
	}
	if err := s.Accounts.RevokeKey(c.r.Context(), c.actor, n); err != nil {
		return err
	}
	c.flash(c.t("keys.revoked.done"))
	return c.done("/settings/keys")
}
