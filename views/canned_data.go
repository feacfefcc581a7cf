package views

import "slices"

// CannedPage lists the quick replies.
type CannedPage struct {
	Page
	Folders  []CannedFolder
	Search   string
	ByUse    bool       // the most used first, else by folder
	Gone     CannedItem // just removed; without ID: none
	CanShare bool       // may change the team's
	Report   *CannedReport
	Problem  string
}

// CannedFolder is a group of quick replies; those in none have no Name.
type CannedFolder struct {
	Name  string
	Items []CannedItem
}

// CannedItem is one quick reply of the list.
type CannedItem struct {
	ID, Shortcut, Title, Body, Language string
	Files, Used                         int
	Shared                              bool
}

// CannedReport is what became of a file of quick replies.
type CannedReport struct {
	Created, Changed, Same int
	Wrong                  []CannedWrong
}

// CannedWrong is a row that was refused.
type CannedWrong struct {
	Row            int
	Shortcut, Text string
}

// CannedFormPage makes or changes a quick reply.
type CannedFormPage struct {
	Page
	ID                                      string // "": a new one
	Shortcut, Title, Body, Language, Folder string
	Shared, CanShare, ReadOnly              bool
	Used                                    int
	Files                                   []CannedFile
	Folders                                 []string // that there are
	Variables                               []string
	Errors                                  map[string]string
}

// CannedFile is a file that goes with a quick reply.
type CannedFile struct{ Key, Name string }

func (d CannedFormPage) action() string {
	if d.ID == "" {
		return "/settings/canned"
	}
	return string(under("/settings/canned", d.ID, ""))
}

var cannedLanguages = []string{"en", "ar", "de", "es", "fa", "fr", "hi", "ku", "pt", "tr", "ur"}

// languages are those that can be chosen.
func (d CannedFormPage) languages() []Option {
	all := cannedLanguages
	if d.Language != "" && !slices.Contains(all, d.Language) {
		all = append(slices.Clone(all), d.Language)
	}
	out := make([]Option, len(all))
	for i, l := range all {
		out[i] = Option{ID: l, Name: d.languageName(l)}
	}
	return out
}

// languageName is what a language is called, or its code.
func (p Page) languageName(code string) string {
	if key := "lang." + code; p.has(key) {
		return p.T(key)
	}
	return code
}

// CannedPicks is the composer's list of quick replies.
type CannedPicks struct {
	Page
	Search string
	Items  []CannedPick
}

// CannedPick is one of them, its text filled in for the conversation.
type CannedPick struct {
	ID, Shortcut, Title, Language, Text string
	Files                               string // JSON for the script; "" without files
}

func (d CannedPage) sort() string {
	if d.ByUse {
		return "used"
	}
	return ""
}
