package meta

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Template is a message template as Meta has it. Words that Meta writes in
// either case are in capitals; they are open sets.
type Template struct {
	ID, Name, Language string
	Status             string // APPROVED, PENDING, REJECTED, PAUSED, DISABLED, …
	Category           string // MARKETING, UTILITY, AUTHENTICATION
	SubCategory        string
	PreviousCategory   string
	CorrectCategory    string // that Meta will move it to
	Format             string // POSITIONAL or NAMED
	Quality            string // GREEN, YELLOW, RED, UNKNOWN
	Reason             string // of a rejection
	UpdatedAt          time.Time
	TTL                int // seconds, 0 when it is Meta's default
	Components         json.RawMessage
}

const (
	templateFields = "id,name,language,status,category,sub_category,previous_category,correct_category,parameter_format," +
		"components,quality_score,rejected_reason,last_updated_time,message_send_ttl_seconds"
	templatesAtOnce = "50" // their components are long
)

// Templates reads every template of an account.
func (c *Client) Templates(ctx context.Context, creds Creds, wabaID string) ([]Template, error) {
	items, err := c.pages(ctx, creds, wabaID, "/message_templates", url.Values{"fields": {templateFields}, "limit": {templatesAtOnce}})
	if err != nil {
		return nil, err
	}
	var all []Template
	for _, raw := range items {
		if o := parseObject(raw); o != nil {
			all = append(all, parseTemplate(o))
		}
	}
	return all, nil
}

func parseTemplate(o object) Template {
	quality := o.object("quality_score").text("score")
	if quality == "" {
		quality = o.text("quality_score")
	}
	reason := o.text("rejected_reason")
	if strings.EqualFold(reason, "NONE") {
		reason = ""
	}
	components := o["components"]
	if len(components) == 0 {
		components = json.RawMessage("[]")
	}
	return Template{
		ID: o.text("id"), Name: o.text("name"), Language: o.text("language"),
		Status: strings.ToUpper(o.text("status")), Category: strings.ToUpper(o.text("category")),
		SubCategory: strings.ToUpper(o.text("sub_category")), PreviousCategory: strings.ToUpper(o.text("previous_category")),
		CorrectCategory: strings.ToUpper(o.text("correct_category")), Format: strings.ToUpper(o.text("parameter_format")),
		Quality: strings.ToUpper(quality), Reason: reason, UpdatedAt: o.time("last_updated_time"),
		TTL: int(o.integer("message_send_ttl_seconds")), Components: components,
	}
}

// NewTemplate is what Meta is asked to make, or to make of a template: an
// empty field of an edit stays as it is.
type NewTemplate struct {
	Name       string          `json:"name,omitempty"`
	Language   string          `json:"language,omitempty"`
	Category   string          `json:"category,omitempty"`
	Format     string          `json:"parameter_format,omitempty"` // named or positional
	Components json.RawMessage `json:"components,omitempty"`
	TTL        int             `json:"message_send_ttl_seconds,omitempty"`
}

// CreateTemplate submits a template to Meta's review, which may have changed
// its category.
func (c *Client) CreateTemplate(ctx context.Context, creds Creds, wabaID string, t NewTemplate) (Template, error) {
	if !nodeID.MatchString(wabaID) {
		return Template{}, &SendError{Err: errBadID}
	}
	t.Format = strings.ToLower(t.Format)
	var o object
	if err := c.postJSON(ctx, creds, "/"+wabaID+"/message_templates", t, &o); err != nil {
		return Template{}, err
	}
	made := parseTemplate(o)
	if made.ID == "" {
		return Template{}, &SendError{Sent: true, Err: errors.New("answer without a template id")}
	}
	return made, nil
}

// EditTemplate changes a template; all its components are replaced.
func (c *Client) EditTemplate(ctx context.Context, creds Creds, templateID string, t NewTemplate) error {
	if !nodeID.MatchString(templateID) {
		return &SendError{Err: errBadID}
	}
	t.Name, t.Language, t.Format = "", "", ""
	return c.postJSON(ctx, creds, "/"+templateID, t, nil)
}

// DeleteTemplate removes one language of a template. Without an id it removes
// all languages of the name.
func (c *Client) DeleteTemplate(ctx context.Context, creds Creds, wabaID, name, templateID string) error {
	if !nodeID.MatchString(wabaID) || name == "" {
		return &SendError{Err: errBadID}
	}
	query := url.Values{"name": {name}}
	if templateID != "" {
		query.Set("hsm_id", templateID)
	}
	_, err := c.do(ctx, call{method: http.MethodDelete, path: "/" + wabaID + "/message_templates", query: query, creds: creds})
	return err
}

// uploadID is the name of an upload session, with or without its signature.
var uploadID = regexp.MustCompile(`^upload:[A-Za-z0-9_=+/:.-]{1,400}$`)

// UploadSample hands Meta an example file for the header of a template, as an
// upload of the app, and gives the handle that names it there.
func (c *Client) UploadSample(ctx context.Context, creds Creds, appID, contentType, filename string, r io.Reader, size int64) (handle string, err error) {
	if !digitID.MatchString(appID) {
		return "", &SendError{Err: errBadID}
	}
	query := url.Values{"file_name": {filename}, "file_length": {strconv.FormatInt(size, 10)}, "file_type": {contentType}}
	answer, err := c.do(ctx, call{method: http.MethodPost, path: "/" + appID + "/uploads", query: query, creds: creds})
	if err != nil {
		return "", err
	}
	var session object
	if err := decode(answer, &session); err != nil {
		return "", err
	}
	id, signature, _ := strings.Cut(session.text("id"), "?")
	rest, err := url.ParseQuery(signature)
	if err != nil || !uploadID.MatchString(id) || strings.Contains(id, "..") {
		return "", &SendError{Sent: true, Err: errors.New("answer without an upload id")}
	}
	answer, err = c.do(ctx, call{
		method: http.MethodPost, path: "/" + id, query: rest, creds: creds, contentType: "application/octet-stream",
		body: &exactReader{r: r, left: size}, length: size, timeout: c.UploadTimeout,
		header: http.Header{"File_offset": {"0"}, "Authorization": {"OAuth " + creds.AccessToken}},
	})
	if err != nil {
		return "", err
	}
	var out object
	if err := decode(bytes.TrimSpace(answer), &out); err != nil {
		return "", err
	}
	if handle = out.text("h"); handle == "" {
		return "", &SendError{Sent: true, Err: errors.New("answer without a handle")}
	}
	return handle, nil
}

// TokenOwner asks Meta which app a token is of, "" when it does not tell.
func (c *Client) TokenOwner(ctx context.Context, creds Creds) (appID string, err error) {
	var o object
	query := url.Values{"input_token": {creds.AccessToken}}
	if err := c.getJSON(ctx, creds, "/debug_token", query, &o); err != nil {
		return "", err
	}
	return o.object("data").text("app_id"), nil
}
