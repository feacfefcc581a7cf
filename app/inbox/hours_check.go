package inbox

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"badala/app/hours"
)

const (
	maxAutoText = 1000
	maxCooldown = 30 * 24 * 60
	maxQuiet    = 24 * 60
)

// Check puts a setting in order and lists all that is wrong with it.
func (o *OfficeHours) Check() []string {
	_, wrong := o.Compile()
	if o.CooldownMinutes < 1 || o.CooldownMinutes > maxCooldown {
		wrong = append(wrong, fmt.Sprintf("cooldownMinutes: from 1 to %d", maxCooldown))
	}
	if o.QuietMinutes < 0 || o.QuietMinutes > maxQuiet {
		wrong = append(wrong, fmt.Sprintf("quietMinutes: from 0 to %d", maxQuiet))
	}
	wrong = append(wrong, o.AutoText.check("", "name", "nextOpening")...)
	return append(wrong, o.Greeting.check("greeting.", "name")...)
}

// check trims the texts and looks at their length and variables.
func (t *AutoText) check(prefix string, known ...string) (wrong []string) {
	for _, f := range []struct {
		name string
		text *string
	}{{"message", &t.EN}, {"messageAr", &t.AR}} {
		*f.text = strings.TrimSpace(strings.ToValidUTF8(*f.text, ""))
		if utf8.RuneCountInString(*f.text) > maxAutoText {
			wrong = append(wrong, fmt.Sprintf("%s%s: at most %d characters", prefix, f.name, maxAutoText))
		}
		if strange := hours.Unknown(*f.text, known...); len(strange) > 0 {
			wrong = append(wrong, fmt.Sprintf("%s%s: there is no variable {{%s}}, only {{%s}}", prefix, f.name, strange[0], strings.Join(known, "}} and {{")))
		}
	}
	return wrong
}
