package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"badala/app/errs"
	"badala/app/media"

	"github.com/danielgtaylor/huma/v2"
)

// uploadTime is what a large file over a slow line may take.
const uploadTime = 15 * time.Minute

// Upload is a stored file.
type Upload struct {
	Key         string `json:"key" doc:"Use it as uploadKey."`
	URL         string `json:"url" doc:"Signed; expires."`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`
}

type uploadOutput struct{ Body Upload }

// describeUpload puts the body into the document. It is added after the route:
// huma would read a body that it knows of, and this one is read as it arrives.
func (a *API) describeUpload() {
	op := a.huma.OpenAPI().Paths["/orgs/{orgId}/uploads"].Post
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: "object", Required: []string{"file"}, Properties: map[string]*huma.Schema{"file": {Type: "string", Format: "binary"}},
	}}}}
}

func (a *API) upload(ctx context.Context, _ *InOrg) (*uploadOutput, error) {
	c := callerOf(ctx)
	control, until := http.NewResponseController(c.w), time.Now().Add(uploadTime)
	_ = control.SetReadDeadline(until) // where deadlines cannot be set there are none
	_ = control.SetWriteDeadline(until)
	reader, err := c.r.MultipartReader()
	if err != nil {
		return nil, errs.New(errs.MediaType, "send the file as multipart/form-data")
	}
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, errs.Field("file", "is required")
		}
		if err != nil {
			return nil, badUpload(err)
		}
		if part.FormName() != "file" {
			continue
		}
		m, err := a.Media.Store(ctx, c.actor.OrgID, part, media.StoreOptions{FileName: part.FileName(), DeclaredType: part.Header.Get("Content-Type")})
		if err != nil {
			return nil, badUpload(err)
		}
		return &uploadOutput{Upload{Key: m.Key, URL: a.Media.PublicURL(m), ContentType: m.ContentType, Size: m.Size}}, nil
	}
}

// badUpload is a body that broke off; a failure with a kind, a body over the
// limit and trouble in the store stay what they are.
func badUpload(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || strings.HasPrefix(err.Error(), "multipart:") {
		return &errs.Error{Kind: errs.Invalid, Message: "the file could not be read", Err: err}
	}
	return err
}
