package web

import (
	"sync"
	"time"

	"badala/app/account"
	"badala/views"
)

// page is what every page shows around its own content.
func (c *call) page(title string) views.Page {
	p := views.Page{
		Lang: c.lang, Theme: c.theme, Title: title, Now: c.now(), Zone: time.UTC, Path: pathQuery(c.r.URL),
		Insecure: !c.s.Options.Secure && !c.s.Options.Demo, Demo: c.s.Options.Demo,
	}
	if c.r.Header.Get("X-Fragment") == "" && c.r.Header.Get("HX-Request") == "" {
		p.Flash.Text, p.Flash.Bad = c.s.takeFlash(c.w, c.r)
	}
	if c.session == nil {
		return p
	}
	u := c.session.User
	p.User = views.User{ID: id("user", u.ID), Name: u.Name, Email: u.Email}
	p.EnterSends = u.EnterSends
	p.Epoch = c.s.epoch
	c.fillOrgs(&p)
	p.CanManage = c.actor.Can(account.ManageChannels)
	p.CanMembers = c.actor.Can(account.ManageMembers)
	p.CanKeys = c.actor.Can(account.ManageKeys)
	p.CanWebhooks = c.actor.Can(account.ManageWebhooks)
	p.CanAudit = c.actor.Can(account.ViewAudit)
	p.CanPrivacy = c.actor.Can(account.ManagePrivacy)
	p.Alert = c.alert()
	p.Restored = c.restoredAlert()
	p.CanHost = u.InstanceAdmin
	p.CanBroadcast = c.actor.Can(account.SendBroadcasts)
	p.CanTags = c.actor.Can(account.ManageTags)
	p.CanCanned = c.actor.Can(account.OwnCanned)
	p.CanReply = c.actor.Can(account.Reply)
	p.There = c.there()
	p.CanAssign = c.actor.Can(account.Assign)
	return p
}

// livePage is page with the log's head: such a page follows what changes.
// Take it before reading what the page shows, so that nothing falls between.
func (c *call) livePage(title string) (views.Page, error) {
	head, err := c.s.Events.Head(c.q())
	if err != nil {
		return views.Page{}, err
	}
	p := c.page(title)
	p.Rev = head
	return p, nil
}

// fillOrgs names the organisation and those to switch to.
func (c *call) fillOrgs(p *views.Page) {
	for _, m := range c.session.Orgs {
		current := m.Org.ID == c.actor.OrgID
		p.Orgs = append(p.Orgs, views.OrgLink{ID: id("org", m.Org.ID), Name: m.Org.Name, Role: string(m.Role), Current: current})
		if current {
			p.Org = views.Org{ID: id("org", m.Org.ID), Name: m.Org.Name}
			p.Zone = zoneOf(m.Org.Timezone)
		}
	}
}

// zones keeps loaded time zones: reading one parses a file.
var zones sync.Map

// zoneOf is the zone of a name, UTC when there is none such.
func zoneOf(name string) *time.Location {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		z = time.UTC
	}
	zones.Store(name, z)
	return z
}
