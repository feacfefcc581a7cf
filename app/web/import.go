package web

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/nyaruka/phonenumbers"

	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/table"
	"badala/views"
)

const (
	importsTake = 20
	importLimit = table.MaxBytes + formLimit
	// importPatience is how long a form waits for the work, so that a small
	// file is through when the page comes back.
	importPatience = 1500 * time.Millisecond
)

// imports is where a file is brought, with the imports that were before.
func (s *Server) imports(c *call) error { return c.importsPage(http.StatusOK, "") }

func (c *call) importsPage(status int, problem string) error {
	before, err := db.ParseID("import", c.field("before"))
	if err != nil || c.r.Method != http.MethodGet {
		before = 0
	}
	list, err := c.s.Imports.List(c.q(), c.actor.OrgID, before, importsTake+1)
	if err != nil {
		return err
	}
	p := views.ImportsPage{Page: c.page(c.t("import.title")), Problem: problem, MaxSize: table.MaxBytes}
	if len(list) > importsTake {
		list = list[:importsTake]
		p.Older = id("import", list[importsTake-1].ID)
	}
	for _, i := range list {
		p.Items = append(p.Items, importItem(i))
	}
	return c.render(status, views.Imports(p))
}

func importItem(i importer.Import) views.ImportItem {
	return views.ImportItem{
		ID: id("import", i.ID), Name: i.Name, State: i.State, By: i.Actor.Name, At: db.Time(i.CreatedAt), Finished: db.Time(i.FinishedAt),
		Started: i.StartedAt != 0, Total: i.Total, Done: i.Done, Created: i.Counts.Created, Updated: i.Counts.Updated, Errors: i.Counts.Errors,
	}
}

// uploadImport takes a file, and leads to its page.
func (s *Server) uploadImport(c *call) error {
	i, err := c.importFile()
	if err != nil {
		if _, large := asMaxBytes(err); large {
			err = errs.Coded(errs.TooLarge, "file_too_large", "the file is larger than 20 MB")
		}
		if c.script() || !refused(err) && !errs.Is(err, errs.TooLarge) {
			return err
		}
		return c.importsPage(errs.KindOf(err).Status(), c.explain(err))
	}
	if err := c.guessCountry(i); err != nil {
		return err
	}
	to := "/contacts/import/" + id("import", i.ID)
	if c.script() {
		return c.json(http.StatusCreated, struct {
			URL string `json:"url"`
		}{to})
	}
	return c.redirect(to)
}

// guessCountry takes the country of our own numbers as that of the customers',
// where no import before has decided.
func (c *call) guessCountry(i importer.Import) error {
	if i.Settings.DefaultCountry != "" {
		return nil
	}
	channels, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	country := ""
	for _, ch := range channels {
		if n, err := phonenumbers.Parse(ch.PhoneNumber, ""); err == nil {
			country = firstOf(country, importer.CountryOf(phonenumbers.GetRegionCodeForNumber(n)))
		}
	}
	if country == "" {
		return nil
	}
	_, err = c.s.Imports.Configure(c.r.Context(), c.actor, i.ID, importer.Patch{DefaultCountry: &country})
	return err
}

// importFile reads the form up to its file, and hands this to the importer.
func (c *call) importFile() (importer.Import, error) {
	c.extend()
	reader, err := c.r.MultipartReader()
	if err != nil {
		return importer.Import{}, errs.Coded(errs.Unprocessable, "file_none", "choose a file")
	}
	for range maxParts {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return importer.Import{}, badBody(err)
		}
		if part.FormName() == "file" && part.FileName() != "" {
			return c.s.Imports.Upload(c.r.Context(), c.actor, part.FileName(), part)
		}
	}
	return importer.Import{}, errs.Coded(errs.Unprocessable, "file_none", "choose a file")
}

// importOf is the import that the path names.
func (c *call) importOf() (importer.Import, error) {
	n, err := c.pathID("import", "import")
	if err != nil {
		return importer.Import{}, err
	}
	return c.s.Imports.Get(c.q(), c.actor.OrgID, n)
}

// importPage is one import, in whatever state it is.
func (s *Server) importPage(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	return c.showImport(http.StatusOK, i, nil)
}

// importLive is the part of the page that changes while the server works.
func (s *Server) importLive(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	p, err := c.importData(i, nil)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.ImportState(p))
}

func (c *call) showImport(status int, i importer.Import, problem error) error {
	p, err := c.importData(i, problem)
	if err != nil {
		return err
	}
	return c.render(status, views.Import(p))
}

// refuseImport shows the page again with why a form of it was refused.
func (c *call) refuseImport(i importer.Import, err error) error {
	if !refused(err) {
		return err
	}
	return c.showImport(http.StatusUnprocessableEntity, i, err)
}

// rereadImport reads the beginning of the file in another way.
func (s *Server) rereadImport(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	if _, err := s.Imports.Configure(c.r.Context(), c.actor, i.ID, c.importReading(i.Settings)); err != nil {
		return c.refuseImport(i, err)
	}
	return c.redirect("/contacts/import/" + id("import", i.ID))
}

// checkImport keeps what the columns mean, then looks what an import would do.
func (s *Server) checkImport(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	entered := i
	entered.Settings = c.importChoices(i.Settings)
	entered.State = importer.Uploaded
	if entered.Settings.ConsentAttested && entered.Settings.ConsentProof == "" {
		return c.refuseImport(entered, errs.Field("consentProof", "is required"))
	}
	if _, err := s.Imports.Configure(c.r.Context(), c.actor, i.ID, choicesPatch(entered.Settings)); err != nil {
		return c.refuseImport(entered, err)
	}
	if err := s.Imports.Check(c.r.Context(), c.actor, i.ID); err != nil {
		return c.refuseImport(entered, err)
	}
	return c.followImport(i.ID)
}

// startImport writes the contacts, or goes on with it.
func (s *Server) startImport(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	if err := s.Imports.Start(c.r.Context(), c.actor, i.ID); err != nil {
		return c.refuseImport(i, err)
	}
	return c.followImport(i.ID)
}

// cancelImport stops the work; what was written stays.
func (s *Server) cancelImport(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	if err := s.Imports.Cancel(c.r.Context(), c.actor, i.ID); err != nil && !errs.Is(err, errs.Conflict) { // it may just have ended
		return err
	}
	return c.followImport(i.ID)
}

// undoImportForm asks whether the import is to be taken back.
func (s *Server) undoImportForm(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	if !undoable(i, s.DB.Now()) {
		return c.redirect("/contacts/import/" + id("import", i.ID))
	}
	newer, err := s.Imports.Newer(c.r.Context(), c.actor.OrgID, i.ID)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.ImportUndo(views.ImportUndoPage{Page: c.page(c.t("import.undo.title")), Import: importItem(i), Newer: newer}))
}

// undoImport takes the import back; with "keep", only as far as nothing newer
// stands on it.
func (s *Server) undoImport(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	err = s.Imports.Undo(c.r.Context(), c.actor, i.ID, c.field("keep") == "1")
	if errs.Is(err, errs.Conflict) {
		c.s.setFlash(c.w, c.explain(err), true)
		return c.redirect("/contacts/import/" + id("import", i.ID) + "/undo")
	}
	if err != nil {
		return err
	}
	return c.followImport(i.ID)
}

// followImport waits a moment for the work, then shows the import's page.
func (c *call) followImport(n int64) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(importPatience)
	defer end.Stop()
	for working := true; working; {
		select {
		case <-tick.C:
			i, err := c.s.Imports.Get(c.q(), c.actor.OrgID, n)
			if err != nil {
				return err
			}
			working = i.Working()
		case <-end.C:
			working = false
		case <-c.r.Context().Done():
			return c.r.Context().Err()
		}
	}
	return c.redirect("/contacts/import/" + id("import", n))
}

// importReport writes the rows that there is something to say about as a file.
func (s *Server) importReport(c *call) error {
	i, err := c.importOf()
	if err != nil {
		return err
	}
	format := c.r.PathValue("format")
	if downloadTypes[format] == "" {
		return errs.New(errs.NotFound, "there is no such file")
	}
	d := download{call: c, name: "badala-import-report-" + db.Time(i.CreatedAt).In(c.zone()).Format(time.DateOnly), format: format}
	return d.end(s.Imports.Report(c.r.Context(), c.actor, i.ID, format, c.codeText, &d))
}
