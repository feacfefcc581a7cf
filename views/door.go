package views

import (
	"strconv"

	"badala/app/i18n"
)

func errorTitle(d ErrorPage) string {
	if key := "error." + strconv.Itoa(d.Status) + ".title"; i18n.Has(key) {
		return d.T(key)
	}
	return d.T("error.title")
}

func errorText(d ErrorPage) string {
	if d.Message != "" {
		return d.Message
	}
	if key := "error." + strconv.Itoa(d.Status); i18n.Has(key) {
		return d.T(key)
	}
	return d.T("error.500")
}

// checkIcon is the sign of a credential's test.
func checkIcon(state string) string {
	switch state {
	case "ok":
		return "circle-check"
	case "bad":
		return "circle-x"
	}
	return "circle-help"
}

func healthClass(s string) string {
	switch s {
	case "ok":
		return "good"
	case "waiting":
		return "wait"
	}
	return "bad"
}

func healthText(p Page, c ChannelData) string {
	if c.HealthText != "" {
		return c.HealthText
	}
	return p.T("health." + healthClass(c.Health))
}

func checkState(s string) string {
	if s == "ok" || s == "bad" {
		return s
	}
	return "unsure"
}

func okClass(ok bool) string {
	if ok {
		return "ok"
	}
	return "bad"
}
