package web

import (
	"net/http"

	"badala/views"
)

// simulator is the page on which a person plays the shop's customers.
func (s *Server) simulator(c *call) error {
	p := views.SimulatorPage{Page: c.page(c.t("simulator.title"))}
	if s.Options.SimPhone != nil {
		p.Phone = s.Options.SimPhone()
	}
	p.Org = p.Page.Org.Name
	return c.render(http.StatusOK, views.Simulator(p))
}
