package meta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
)

// MaxMedia is the size of the largest file that WhatsApp carries.
const MaxMedia = 100 << 20

// UploadMedia hands Meta a file of size bytes and gives its media id, which
// works for this number and for 30 days.
func (c *Client) UploadMedia(ctx context.Context, creds Creds, phoneNumberID, contentType, filename string, r io.Reader, size int64) (id string, err error) {
	if !nodeID.MatchString(phoneNumberID) {
		return "", &SendError{Err: errBadID}
	}
	head, tail, formType, err := uploadFrame(contentType, filename)
	if err != nil {
		return "", &SendError{Err: err}
	}
	answer, err := c.do(ctx, call{
		method: http.MethodPost, path: "/" + phoneNumberID + "/media", creds: creds, contentType: formType,
		body:    io.MultiReader(bytes.NewReader(head), &exactReader{r: r, left: size}, bytes.NewReader(tail)),
		length:  int64(len(head)) + size + int64(len(tail)),
		timeout: c.UploadTimeout,
	})
	if err != nil {
		return "", err
	}
	var out object
	if err := decode(answer, &out); err != nil {
		return "", err
	}
	if id = out.text("id"); id == "" {
		return "", &SendError{Sent: true, Err: errors.New("answer without a media id")}
	}
	return id, nil
}

// exactReader gives left bytes of r and fails when there are fewer: the end of
// the form would otherwise make a short file look whole.
type exactReader struct {
	r    io.Reader
	left int64
}

func (e *exactReader) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// uploadFrame gives what stands before and after the file in the form.
func uploadFrame(contentType, filename string) (head, tail []byte, formType string, err error) {
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	if err := w.WriteField("messaging_product", "whatsapp"); err != nil {
		return nil, nil, "", err
	}
	if err := w.WriteField("type", contentType); err != nil {
		return nil, nil, "", err
	}
	name := strings.NewReplacer("\\", "_", `"`, "_", "\r", "_", "\n", "_", "\x00", "_").Replace(filename)
	part := textproto.MIMEHeader{}
	part.Set("Content-Disposition", `form-data; name="file"; filename="`+name+`"`)
	part.Set("Content-Type", contentType)
	if _, err := w.CreatePart(part); err != nil {
		return nil, nil, "", err
	}
	split := buf.Len()
	if err := w.Close(); err != nil {
		return nil, nil, "", err
	}
	return buf.Bytes()[:split], buf.Bytes()[split:], w.FormDataContentType(), nil
}

// MediaInfo tells where a file can be fetched within the next five minutes.
type MediaInfo struct {
	URL      string
	MimeType string
	SHA256   string // hex, empty when Meta does not tell
	Size     int64
}

// MediaInfo looks a media id up. phoneNumberID may be empty.
func (c *Client) MediaInfo(ctx context.Context, creds Creds, mediaID, phoneNumberID string) (MediaInfo, error) {
	if !digitID.MatchString(mediaID) {
		return MediaInfo{}, &SendError{Err: errBadID}
	}
	var query url.Values
	if phoneNumberID != "" {
		query = url.Values{"phone_number_id": {phoneNumberID}}
	}
	var out object
	if err := c.getJSON(ctx, creds, "/"+mediaID, query, &out); err != nil {
		return MediaInfo{}, err
	}
	return MediaInfo{
		URL:      out.text("url"),
		MimeType: out.text("mime_type"),
		SHA256:   MediaHash(out.text("sha256")),
		Size:     out.integer("file_size"),
	}, nil
}

// DeleteMedia makes Meta forget a file.
func (c *Client) DeleteMedia(ctx context.Context, creds Creds, mediaID string) error {
	if !digitID.MatchString(mediaID) {
		return &SendError{Err: errBadID}
	}
	_, err := c.do(ctx, call{method: http.MethodDelete, path: "/" + mediaID, creds: creds})
	return err
}

// ErrForeignHost says that a file lies on a host that must not see the token.
var ErrForeignHost = errors.New("meta: the address is not one of Meta's media hosts")

// Download fetches a file. The token goes to Meta's own hosts only; any other
// address, also behind a redirect, is ErrForeignHost. The caller closes the
// reader and caps what it reads; size is -1 when it is not told.
func (c *Client) Download(ctx context.Context, creds Creds, address string) (body io.ReadCloser, contentType string, size int64, err error) {
	if !c.mayHoldToken(address) {
		return nil, "", 0, ErrForeignHost
	}
	ctx, cancel := context.WithTimeout(ctx, c.UploadTimeout)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", 0, ErrForeignHost
	}
	req.Header.Set("Authorization", "Bearer "+creds.AccessToken)
	req.Header.Set("User-Agent", c.UserAgent)
	res, err := c.downloader().Do(req)
	if errors.Is(err, ErrForeignHost) {
		return nil, "", 0, ErrForeignHost
	}
	if err != nil {
		return nil, "", 0, &SendError{Err: plainCause(ctx, err)}
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		return nil, "", 0, downloadRefused(ctx, res)
	}
	return &cancelReader{ReadCloser: res.Body, cancel: cancel}, res.Header.Get("Content-Type"), res.ContentLength, nil
}

func downloadRefused(ctx context.Context, res *http.Response) error {
	_, err := readAnswer(ctx, res)
	if err == nil {
		err = &Error{Code: NoCode, HTTPStatus: res.StatusCode, Message: http.StatusText(res.StatusCode)}
	}
	return err
}

// downloader follows a few redirects, as long as they stay with Meta.
func (c *Client) downloader() *http.Client {
	follow := *c.HTTP
	follow.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if !c.mayHoldToken(req.URL.String()) {
			return ErrForeignHost
		}
		if len(via) > 3 {
			return fmt.Errorf("meta: too many redirects")
		}
		return nil
	}
	return &follow
}

// mayHoldToken reports whether address is the Graph host itself or, over
// https, a media host of Meta.
func (c *Client) mayHoldToken(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Opaque != "" {
		return false
	}
	if graph, err := url.Parse(c.BaseURL); err == nil && u.Scheme == graph.Scheme && strings.EqualFold(u.Host, graph.Host) {
		return true
	}
	if u.Scheme != "https" || u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, suffix := range []string{".fbsbx.com", ".fbcdn.net", ".whatsapp.net"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return host == "graph.facebook.com"
}

// cancelReader frees the timer of a download when it is closed.
type cancelReader struct {
	io.ReadCloser
	cancel func()
}

func (r *cancelReader) Close() error {
	defer r.cancel()
	return r.ReadCloser.Close()
}
