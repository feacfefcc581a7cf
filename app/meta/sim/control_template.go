package sim

import (
	"net/http"
	"strings"
)

type templateControl struct {
	Number   string `json:"number"`
	Name     string `json:"name"`
	Language string `json:"language"`
	Status   string `json:"status"`
	Reason   string `json:"reason"`
	Quality  string `json:"quality"`
	Category string `json:"category"`
}

type templateShown struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language"`
	Status   string `json:"status"`
	Quality  string `json:"quality"`
	Category string `json:"category"`
	Body     string `json:"body"`
}

func (s *Sim) templatesShown(pnid string) []templateShown {
	all := []templateShown{}
	for _, t := range s.Templates(pnid) {
		all = append(all, templateShown{t.ID, t.Name, t.Language, t.Status, t.Quality, t.Category, find(t.parts, "BODY").Text})
	}
	return all
}

func (s *Sim) getTemplates(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusOK, s.templatesShown(s.numberOrFirst(r.URL.Query().Get("number"))))
}

func (s *Sim) setTemplate(_ *http.Request, in *templateControl) (any, error) {
	pnid := s.numberOrFirst(in.Number)
	if pnid == "" {
		return nil, errNoNumber
	}
	err := s.SetTemplate(pnid, in.Name, in.Language, TemplateChange{
		Status: strings.ToUpper(in.Status), Reason: in.Reason, Quality: strings.ToUpper(in.Quality), Category: strings.ToUpper(in.Category),
	})
	return s.templatesShown(pnid), err
}
