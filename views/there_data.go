package views

// ThereForm is whether a user is there, and their rules for it.
type ThereForm struct {
	State    string // AVAILABLE, AWAY, OFF
	Days     []ThereDay
	HandOver string // KEEP, TURN, NOBODY
	Others   []Option
}

// ThereDay is a day of the week with its windows, as "09:00–13:00, 14:00–18:00".
type ThereDay struct {
	Name    string // SUN …
	Weekday int    // 0 is Sunday
	Spans   string
}

var thereStates = [...]string{"AVAILABLE", "AWAY", "OFF"}

func (f ThereForm) rules(p Page) []Option {
	var out []Option
	for _, r := range []string{"KEEP", "TURN", "NOBODY"} {
		out = append(out, Option{ID: r, Name: p.T("there.rule." + r)})
	}
	return out
}

func (f ThereForm) targets(p Page) []Option {
	return append([]Option{{ID: "TURN", Name: p.T("assignment.fallback.turn")}, {ID: "NOBODY", Name: p.T("assignment.fallback.none")}}, f.Others...)
}

func thereClass(state string) string {
	switch state {
	case "AWAY":
		return "away"
	case "OFF":
		return "off"
	}
	return "on"
}

// Keep shows what was entered, for a form that was refused.
func (f *ThereForm) Keep(field func(string) string, handOver string) {
	f.HandOver = handOver
	for i := range f.Days {
		f.Days[i].Spans = field("hours_" + f.Days[i].Name)
	}
}

// label is a member as a select names them.
func (m Member) label(p Page) string {
	if m.There == "" {
		return m.Name
	}
	return p.T("there.of", m.Name, p.T("there."+m.There))
}
