package meta

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Where the Graph API is, and the version this code was written for.
const (
	DefaultBaseURL = "https://graph.facebook.com"
	DefaultVersion = "v26.0"
)

const (
	connectTimeout = 5 * time.Second
	maxAnswer      = 1 << 20
)

// Client calls the Graph API. It keeps no credentials and is safe for
// concurrent use; change its fields before the first call only.
type Client struct {
	BaseURL   string
	Version   string // "v26.0"
	UserAgent string // media downloads are refused without one
	HTTP      *http.Client
	// CallTimeout ends an ordinary call, UploadTimeout one that moves a file.
	CallTimeout, UploadTimeout time.Duration
}

// Creds is what a call proves itself with. AppSecret may be empty; with it
// every call carries its proof, which some apps demand.
type Creds struct{ AccessToken, AppSecret string }

// New gives a client with timeouts set. Empty arguments mean Meta's own host
// and the default version.
func New(baseURL, version string) *Client {
	if baseURL == "" {
		baseURL = DefaultBaseURL
	}
	if version == "" {
		version = DefaultVersion
	}
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       45 * time.Second,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   128,
	}
	return &Client{
		BaseURL:       strings.TrimRight(baseURL, "/"),
		Version:       version,
		UserAgent:     "Badala",
		CallTimeout:   30 * time.Second,
		UploadTimeout: 120 * time.Second,
		// An answer is never a redirect; following one could take the token
		// to another host.
		HTTP: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
}

// SendError says that a call brought no usable answer. With Sent false nothing
// left this machine and another try is safe. With Sent true the outcome is
// unknown: Meta may have done what was asked.
type SendError struct {
	Sent       bool
	Err        error
	RetryAfter time.Duration
}

func (e *SendError) Error() string {
	if e.Sent {
		return "meta: outcome unknown: " + e.Err.Error()
	}
	return "meta: not sent: " + e.Err.Error()
}

func (e *SendError) Unwrap() error { return e.Err }

var (
	nodeID  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	digitID = regexp.MustCompile(`^[0-9]{1,32}$`)
)

// call is one request to the Graph API.
type call struct {
	method, path string
	query        url.Values
	creds        Creds
	contentType  string
	body         io.Reader
	length       int64
	header       http.Header // on top of ours, or in its place
	timeout      time.Duration
}

// endpoint gives the address of path below the version.
func (c *Client) endpoint(path string, query url.Values) string {
	u := c.BaseURL + "/" + c.Version + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

// do makes a call and gives the body of a successful answer. Its error is an
// *Error or a *SendError.
func (c *Client) do(ctx context.Context, r call) ([]byte, error) {
	if r.timeout == 0 {
		r.timeout = c.CallTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	var left atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// The transport takes a second connection only when nothing went out
		// on the first.
		GetConn: func(string) { left.Store(false) },
		// Headers may still sit in a buffer here; the body is behind them, and
		// without a body there is no message.
		WroteHeaders: func() { left.Store(true) },
	})
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, &SendError{Err: err}
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return nil, &SendError{Sent: left.Load(), Err: plainCause(ctx, err)}
	}
	defer res.Body.Close()
	return readAnswer(ctx, res)
}

func (c *Client) request(ctx context.Context, r call) (*http.Request, error) {
	query := r.query
	if r.creds.AppSecret != "" {
		if query == nil {
			query = url.Values{}
		}
		query.Set("appsecret_proof", hex.EncodeToString(sum(r.creds.AppSecret, []byte(r.creds.AccessToken))))
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.endpoint(r.path, query), r.body)
	if err != nil {
		return nil, errors.New("the Graph API address is not valid")
	}
	if r.length > 0 {
		req.ContentLength = r.length
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	req.Header.Set("Authorization", "Bearer "+r.creds.AccessToken)
	req.Header.Set("User-Agent", c.UserAgent)
	maps.Copy(req.Header, r.header)
	return req, nil
}

// readAnswer turns an answer into its body or an error.
func readAnswer(ctx context.Context, res *http.Response) ([]byte, error) {
	wait := retryAfter(res.Header)
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, &SendError{Sent: true, Err: fmt.Errorf("HTTP %d, answer cut off: %w", res.StatusCode, plainCause(ctx, err)), RetryAfter: wait}
	}
	if res.StatusCode/100 == 2 {
		// A 200 can still carry an error object.
		if e, ok := ParseError(res.StatusCode, body); ok {
			e.RetryAfter = wait
			return nil, e
		}
		return body, nil
	}
	if e, ok := ParseError(res.StatusCode, body); ok {
		e.RetryAfter = wait
		return nil, e
	}
	if res.StatusCode >= 500 || res.StatusCode == http.StatusRequestTimeout {
		return nil, &SendError{Sent: true, Err: fmt.Errorf("HTTP %d without a Graph answer", res.StatusCode), RetryAfter: wait}
	}
	return nil, &Error{Code: NoCode, HTTPStatus: res.StatusCode, Message: http.StatusText(res.StatusCode), RetryAfter: wait}
}

// postJSON sends payload and reads the answer into out, unless out is nil.
func (c *Client) postJSON(ctx context.Context, creds Creds, path string, payload, out any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return &SendError{Err: err}
	}
	answer, err := c.do(ctx, call{
		method: http.MethodPost, path: path, creds: creds,
		contentType: "application/json", body: bytes.NewReader(body),
	})
	if err != nil || out == nil {
		return err
	}
	return decode(answer, out)
}

func (c *Client) getJSON(ctx context.Context, creds Creds, path string, query url.Values, out any) error {
	answer, err := c.do(ctx, call{method: http.MethodGet, path: path, query: query, creds: creds})
	if err != nil {
		return err
	}
	return decode(answer, out)
}

func decode(answer []byte, out any) error {
	if err := json.Unmarshal(answer, out); err != nil {
		return &SendError{Sent: true, Err: fmt.Errorf("unreadable answer: %w", err)}
	}
	return nil
}

// plainCause drops the address from a transport error, since its query can
// hold a proof made from the token, and names an ended context.
func plainCause(ctx context.Context, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n <= 0 {
		return 0
	}
	return min(time.Duration(n), 24*60*60) * time.Second
}
