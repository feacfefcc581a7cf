package views

import "time"

// HealthPage tells what is not right, and what is.
type HealthPage struct {
	Page
	Groups []HealthGroup
	At     time.Time // of this look
	Asked  bool      // others have been asked how they are
}

// HealthGroup is the findings of an organisation or of the install.
type HealthGroup struct {
	Name  string // "org" or "host"
	Items []HealthItem
	Good  []string // checks that found nothing
}

// HealthItem is one thing that is not right; its texts are translated.
type HealthItem struct {
	Bad          bool
	Text, Remedy string
	Link         string    // where it is mended; "" outside of these pages
	Since        time.Time // zero: it is new
}

func (i HealthItem) level() string {
	if i.Bad {
		return "BAD"
	}
	return "WARN"
}

// well says whether nothing at all was found.
func (d HealthPage) well() bool {
	for _, g := range d.Groups {
		if len(g.Items) > 0 {
			return false
		}
	}
	return true
}

// text is the banner's sentence.
func (a Alert) text(p Page) string {
	if a.Count == 1 {
		return a.Text
	}
	return p.T("banner.health", a.Count)
}

// of is the number beside an entry of the settings' menu.
func (a Alert) of(key string) int {
	switch key {
	case "nav.health":
		return a.Count + a.Looks
	case "nav.webhooks":
		return a.Hooks
	}
	return 0
}
