package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/errs"

	"github.com/danielgtaylor/huma/v2"
)

const (
	importPrefix = "import"
	importLimit  = 21 << 20 // 20 MiB of file and the form around it
	importWait   = 60 * time.Second
	importLook   = 50 * time.Millisecond
	shownIssues  = 200
)

// Import is one file of contacts and what became of it.
type Import struct {
	ID         string        `json:"id"`
	Status     string        `json:"status" enum:"WAITING,RUNNING,DONE,CANCELLED,FAILED" doc:"WAITING: uploaded on a page and not started."`
	DryRun     bool          `json:"dryRun" doc:"The counts tell what would happen; nothing was written."`
	Undone     bool          `json:"undone" doc:"It was taken back."`
	File       string        `json:"file"`
	Source     *string       `json:"source" doc:"The system whose file it is, as far as it was recognised."`
	Progress   int           `json:"progress" minimum:"0" maximum:"100" doc:"In percent."`
	Rows       int           `json:"rows" doc:"The sum of the five counts."`
	Created    int           `json:"created"`
	Updated    int           `json:"updated"`
	Unchanged  int           `json:"unchanged"`
	Duplicates int           `json:"duplicates" doc:"Further rows of a contact that is in the file already; they are folded into it."`
	Errors     int           `json:"errors" doc:"Rows that were not applied."`
	Issues     []ImportIssue `json:"issues" nullable:"false" doc:"The first 200; the report has up to 10,000."`
	ReportURL  string        `json:"reportUrl" doc:"A CSV of the rows with issues, the reasons first. Call it with your token."`
	Code       *string       `json:"code" doc:"Why it failed."`
	Message    *string       `json:"message"`
	CreatedAt  string        `json:"createdAt" format:"date-time"`
	FinishedAt *string       `json:"finishedAt" format:"date-time"`
}

// ImportIssue is what there is to say about a row.
type ImportIssue struct {
	Row       int     `json:"row" doc:"As a spreadsheet program counts, from 1."`
	Severity  string  `json:"severity" enum:"ERROR,WARNING,NOTE" doc:"ERROR: the row was not applied."`
	Code      string  `json:"code"`
	Column    *string `json:"column"`
	Value     *string `json:"value"`
	Message   string  `json:"message"`
	ContactID *string `json:"contactId" doc:"The other contact of a conflict."`
}

var importStates = map[string]string{
	importer.Uploaded: "WAITING", importer.Checking: "RUNNING", importer.Checked: "DONE", importer.Running: "RUNNING", importer.Done: "DONE",
	importer.Cancelled: "CANCELLED", importer.Failed: "FAILED", importer.Undoing: "RUNNING", importer.Undone: "DONE",
}

// importOf shows an import with its first issues.
func (a *API) importOf(q db.Q, i importer.Import) (*Import, error) {
	c := i.Counts
	dry := i.State == importer.Checked || i.State == importer.Checking
	if dry {
		c = i.Preview.Counts
	}
	id := db.FormatID(importPrefix, i.ID)
	out := &Import{
		ID: id, Status: importStates[i.State], DryRun: dry, Undone: i.State == importer.Undone, File: i.Name, Source: text(i.Settings.Source),
		Rows: c.Rows, Created: c.Created, Updated: c.Updated, Unchanged: c.Unchanged, Duplicates: c.Duplicates, Errors: c.Errors,
		Issues: []ImportIssue{}, Code: text(i.Code), Message: text(i.Message), CreatedAt: when(i.CreatedAt), FinishedAt: maybe(i.FinishedAt),
		ReportURL: fmt.Sprintf("%s/orgs/%s/contacts/imports/%s/report", a.Options.PublicURL, db.FormatID("org", i.OrgID), id),
	}
	if i.Total > 0 {
		out.Progress = min(100*i.Done/i.Total, 100)
	}
	if out.Status == "DONE" {
		out.Progress = 100
	}
	issues, err := a.Imports.Issues(q, i.OrgID, i.ID, "", shownIssues)
	for _, is := range issues {
		shown := ImportIssue{Row: is.Row, Severity: is.Severity, Code: is.Code, Column: text(is.Column), Value: text(is.Value), Message: importer.Text(is.Code)}
		if is.ContactID != 0 {
			shown.ContactID = text(db.FormatID("contact", is.ContactID))
		}
		out.Issues = append(out.Issues, shown)
	}
	return out, err
}

type importInput struct {
	InOrg
	Wait bool `query:"wait" doc:"Answer when it is done, at most after 60 seconds."`
}

// ImportStarted names an import that goes on.
type ImportStarted struct {
	ImportID string `json:"importId"`
}

type importAnswer struct {
	Status int
	Body   any
}

// importAnswers describes the body, which is read as it arrives, and both answers.
func (a *API) importAnswers() {
	op := a.huma.OpenAPI().Paths["/orgs/{orgId}/contacts/import"].Post
	words := func(about string) *huma.Schema { return &huma.Schema{Type: "string", Description: about} }
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"file"}, Properties: map[string]*huma.Schema{
			"file":            {Type: "string", Format: "binary", Description: "csv, tsv, xlsx or vcf."},
			"mapping":         words(`JSON: {"column": "field"}; a field is one of ` + strings.Join(importer.Fields[:], ", ") + `, custom:NAME or ignore. Columns that are not named are mapped automatically.`),
			"dryRun":          words("true: find out what would happen and write nothing."),
			"defaultCountry":  words("Of numbers without a country code, such as KW."),
			"timezone":        words("Of dates without one, such as Asia/Kuwait."),
			"dateOrder":       words("DMY or MDY, for dates that could be both."),
			"consentAttested": words("true: there is proof that people whose row says so agreed to marketing."),
		},
	}}}}
	schema := func(v *huma.Schema) *huma.Response {
		return &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{"application/json": {Schema: v}}}
	}
	components := a.huma.OpenAPI().Components.Schemas
	op.Responses["200"] = schema(components.Schema(reflect.TypeFor[Import](), true, ""))
	op.Responses["202"] = schema(components.Schema(reflect.TypeFor[ImportStarted](), true, ""))
}

func (a *API) importContacts(ctx context.Context, in *importInput) (*importAnswer, error) {
	c := callerOf(ctx)
	control, until := http.NewResponseController(c.w), time.Now().Add(uploadTime)
	_ = control.SetReadDeadline(until) // where deadlines cannot be set there are none
	_ = control.SetWriteDeadline(until)
	reader, err := c.r.MultipartReader()
	if err != nil {
		return nil, errs.New(errs.MediaType, "send the file as multipart/form-data")
	}
	form, err := a.readImport(ctx, reader)
	if err != nil {
		return nil, err
	}
	if form.id == 0 {
		return nil, errs.Field("file", "is required")
	}
	if _, err := a.Imports.Configure(ctx, c.actor, form.id, form.patch); err != nil {
		return nil, err
	}
	start := a.Imports.Start
	if form.dryRun {
		start = a.Imports.Check
	}
	if err := start(ctx, c.actor, form.id); err != nil {
		return nil, err
	}
	if in.Wait {
		return a.waitForImport(ctx, c.actor.OrgID, form.id)
	}
	return &importAnswer{http.StatusAccepted, ImportStarted{db.FormatID(importPrefix, form.id)}}, nil
}

// importForm is what the parts of a form say.
type importForm struct {
	id     int64
	patch  importer.Patch
	dryRun bool
}

// readImport takes the parts in whatever order they come.
func (a *API) readImport(ctx context.Context, reader *multipart.Reader) (importForm, error) {
	var f importForm
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, badUpload(err)
		}
		if part.FormName() == "file" && f.id == 0 {
			i, err := a.Imports.Upload(ctx, callerOf(ctx).actor, part.FileName(), part)
			if err != nil {
				return f, badUpload(err)
			}
			f.id = i.ID
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, 1<<20))
		if err != nil {
			return f, badUpload(err)
		}
		if err := f.take(part.FormName(), strings.TrimSpace(string(value))); err != nil {
			return f, err
		}
	}
}

// take reads one field. Unknown ones are ignored, as everywhere.
func (f *importForm) take(name, value string) error {
	if value == "" {
		return nil
	}
	var err error
	var yes bool
	if name == "dryRun" || name == "consentAttested" {
		if yes, err = strconv.ParseBool(value); err != nil {
			return errs.Field(name, "must be true or false")
		}
	}
	switch name {
	case "mapping":
		if err := json.Unmarshal([]byte(value), &f.patch.Mapping); err != nil {
			return errs.Field(name, `must be JSON such as {"Mobile": "phone"}`)
		}
	case "dryRun":
		f.dryRun = yes
	case "consentAttested":
		f.patch.ConsentAttested = &yes
	case "defaultCountry":
		f.patch.DefaultCountry = &value
	case "timezone":
		f.patch.Timezone = &value
	case "dateOrder":
		f.patch.DateOrder = &value
	}
	return nil
}

// waitForImport answers with the result, or after a time with the id. A file
// that was refused while it was read is refused here.
func (a *API) waitForImport(ctx context.Context, org, id int64) (*importAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, importWait)
	defer cancel()
	tick := time.NewTicker(importLook)
	defer tick.Stop()
	for {
		i, err := a.Imports.Get(a.DB.Read(context.WithoutCancel(ctx)), org, id)
		if err != nil {
			return nil, err
		}
		if i.State == importer.Failed && i.Code != "internal" {
			return nil, errs.Coded(errs.Unprocessable, i.Code, i.Message)
		}
		if !i.Working() {
			out, err := a.importOf(a.DB.Read(context.WithoutCancel(ctx)), i)
			return &importAnswer{http.StatusOK, out}, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return &importAnswer{http.StatusAccepted, ImportStarted{db.FormatID(importPrefix, id)}}, nil
		}
	}
}

// ImportPath names an import.
type ImportPath struct {
	InOrg
	ImportID string `path:"importId"`
}

type importOutput struct{ Body Import }

// showImport answers with an import as it now is.
func (a *API) showImport(ctx context.Context, id int64) (*importOutput, error) {
	q := a.DB.Read(ctx)
	i, err := a.Imports.Get(q, callerOf(ctx).actor.OrgID, id)
	if err != nil {
		return nil, err
	}
	out, err := a.importOf(q, i)
	if err != nil {
		return nil, err
	}
	return &importOutput{*out}, nil
}

func (a *API) oneImport(ctx context.Context, in *ImportPath) (*importOutput, error) {
	id, err := db.ParseID(importPrefix, in.ImportID)
	if err != nil {
		return nil, err
	}
	return a.showImport(ctx, id)
}

func (a *API) cancelImport(ctx context.Context, in *ImportPath) (*importOutput, error) {
	id, err := db.ParseID(importPrefix, in.ImportID)
	if err != nil {
		return nil, err
	}
	if err := a.Imports.Cancel(ctx, callerOf(ctx).actor, id); err != nil {
		return nil, err
	}
	return a.showImport(ctx, id)
}

type undoInput struct {
	ImportPath
	KeepNewer bool `query:"keepNewer" doc:"Leave contacts alone that were changed since, instead of refusing."`
}

func (a *API) undoImport(ctx context.Context, in *undoInput) (*importOutput, error) {
	id, err := db.ParseID(importPrefix, in.ImportID)
	if err != nil {
		return nil, err
	}
	if err := a.Imports.Undo(ctx, callerOf(ctx).actor, id, in.KeepNewer); err != nil {
		return nil, err
	}
	return a.showImport(ctx, id)
}

type reportInput struct {
	ImportPath
	Format string `query:"format" enum:"csv,xlsx" default:"csv"`
}

func (a *API) importReport(ctx context.Context, in *reportInput) (*huma.StreamResponse, error) {
	id, err := db.ParseID(importPrefix, in.ImportID)
	if err != nil {
		return nil, err
	}
	c := callerOf(ctx)
	if _, err := a.Imports.Get(a.DB.Read(ctx), c.actor.OrgID, id); err != nil {
		return nil, err
	}
	return a.file(ctx, "import-report", in.Format, func(w io.Writer) error { return a.Imports.Report(ctx, c.actor, id, in.Format, nil, w) }), nil
}

type exportInput struct {
	InOrg
	Format  string `query:"format" enum:"csv,xlsx" default:"csv"`
	Search  string `query:"search" doc:"In names, numbers and e-mail addresses."`
	Tag     string `query:"tag" doc:"A tag's name."`
	Consent string `query:"marketingConsent" enum:"true,false"`
	Source  string `query:"source" enum:"WHATSAPP,MANUAL,API,IMPORT"`
}

func (a *API) exportContacts(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	f := contact.Filter{Search: in.Search, Tag: in.Tag, Source: in.Source}
	if in.Consent != "" {
		f.Consent = new(in.Consent == "true")
	}
	c := callerOf(ctx)
	return a.file(ctx, "contacts", in.Format, func(w io.Writer) error { return a.Imports.Export(ctx, c.actor, f, in.Format, w) }), nil
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// file streams a file. When it cannot be finished the connection is cut, so
// that nobody takes a part for the whole.
func (a *API) file(ctx context.Context, name, format string, write func(io.Writer) error) *huma.StreamResponse {
	c := callerOf(ctx)
	return &huma.StreamResponse{Body: func(huma.Context) {
		kind := "text/csv; charset=utf-8"
		if format == importer.FormatXLSX {
			kind = xlsxType
		}
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(uploadTime))
		c.w.Header().Set("Content-Type", kind)
		c.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.%s"`, name, format))
		if c.r.Method == http.MethodHead {
			return
		}
		if err := write(c.w); err != nil {
			if ctx.Err() == nil {
				a.Log.ErrorContext(ctx, "a file could not be written", "file", name, "err", err)
			}
			panic(http.ErrAbortHandler)
		}
	}}
}

// fileAnswer describes a streamed file.
func fileAnswer(op *huma.Operation) {
	binary := func() *huma.MediaType {
		return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/csv": binary(), xlsxType: binary()}}}
}
