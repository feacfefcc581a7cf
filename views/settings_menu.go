package views

// settingsGroup is a part of the settings' menu.
type settingsGroup struct {
	key   string // of its title
	links []settingsLink
}

// settingsLink is a page of the settings. Its section is "nav." less of key.
type settingsLink struct {
	icon, href, key string
	shown           bool
}

// settingsMenu is the settings as the menu and their first page list them: only
// what the user may open.
func (p Page) settingsMenu() []settingsGroup {
	all := []settingsGroup{
		{"nav.group.inbox", []settingsLink{
			{"plug", "/settings/channels", "nav.channels", p.CanManage},
			{"reply", "/settings/canned", "nav.canned", p.CanCanned},
			{"tags", "/settings/tags", "nav.tags", p.CanTags},
			{"megaphone", "/settings/broadcasts", "nav.broadcast_settings", p.CanBroadcast},
		}},
		{"nav.group.people", []settingsLink{
			{"users", "/settings/members", "nav.members", p.CanMembers},
			{"lock", "/settings/privacy", "nav.privacy", p.CanPrivacy},
			{"scroll-text", "/settings/audit", "nav.audit", p.CanAudit},
			{"user", "/profile", "nav.profile", true},
		}},
		{"nav.group.programs", []settingsLink{
			{"key-round", "/settings/keys", "nav.keys", p.CanKeys},
			{"webhook", "/settings/webhooks", "nav.webhooks", p.CanWebhooks},
			{"file-text", "/docs", "nav.docs", p.CanKeys || p.CanWebhooks},
		}},
		{"nav.group.running", []settingsLink{
			{"activity", "/settings/health", "nav.health", p.CanManage},
			{"triangle-alert", "/settings/inbound", "nav.inbound", p.CanManage},
			{"database-backup", "/settings/backups", "nav.backups", p.CanHost},
			{"clock", "/settings/schedule", "nav.schedule", p.CanHost},
		}},
	}
	var shown []settingsGroup
	for _, g := range all {
		var links []settingsLink
		for _, l := range g.links {
			if l.shown {
				links = append(links, l)
			}
		}
		if links != nil {
			shown = append(shown, settingsGroup{g.key, links})
		}
	}
	return shown
}

// inSettings says whether a page's section is one of the settings.
func (p Page) inSettings(section string) bool {
	if section == "settings" {
		return true
	}
	for _, g := range p.settingsMenu() {
		for _, l := range g.links {
			if l.key == "nav."+section {
				return true
			}
		}
	}
	return false
}
