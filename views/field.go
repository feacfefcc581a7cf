package views

import "strings"

func (f input) kind() string {
	if f.Kind == "" {
		return "text"
	}
	return f.Kind
}

func (f input) auto() string {
	if f.Auto == "" {
		return "off"
	}
	return f.Auto
}

func (f input) dir() string {
	if f.LTR {
		return "ltr"
	}
	return "auto"
}

// describes names the elements that explain the field.
func (f input) describes() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.ID+"-error")
	}
	return strings.Join(ids, " ")
}
