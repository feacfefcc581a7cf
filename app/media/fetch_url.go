package media

import (
	"cmp"
	"context"
	"errors"
	"mime"
	"net/http"
	gopath "path"
	"time"

	"badala/app/errs"
)

const fetchURLTime = 2 * time.Minute

// FetchURL stores what a public address gives, for messages sent by programs. It asks once, follows no redirect and
// reaches only what the guard allows. Every failure says what is wrong with mediaUrl.
func (s *Service) FetchURL(ctx context.Context, org int64, address string, o StoreOptions) (m Media, err error) {
	defer errs.Wrap(&err, "media.FetchURL(org %d)", org)
	if err := s.guard.URL("mediaUrl", address); err != nil {
		return Media{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Media{}, errs.Field("mediaUrl", "is not an address")
	}
	req.Header.Set("User-Agent", "Badala")
	res, err := s.egress.Do(req)
	if err != nil {
		return Media{}, unreachable(err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode/100 == 3:
		return Media{}, errs.Field("mediaUrl", "answers with a redirect; give the final address")
	case res.StatusCode != http.StatusOK:
		return Media{}, errs.Fieldf("mediaUrl", "answers with status %d", res.StatusCode)
	case res.ContentLength > o.limit():
		return Media{}, tooLarge(o.limit())
	}
	o.DeclaredType = cmp.Or(o.DeclaredType, res.Header.Get("Content-Type"))
	o.FileName = cmp.Or(o.FileName, nameOf(res))
	m, err = s.Store(ctx, org, res.Body, o)
	if err != nil && errs.As(err) == nil {
		return Media{}, unreachable(err)
	}
	return m, err
}

// unreachable puts a failed request into words, without what the network said to us.
func unreachable(err error) error {
	say := "cannot be reached"
	if b, ok := errors.AsType[*errBlocked](err); ok {
		say = b.Error()
	} else if errors.Is(err, context.DeadlineExceeded) {
		say = "takes too long"
	}
	return &errs.Error{Kind: errs.Invalid, Message: "the request is not valid", Details: []string{"mediaUrl: " + say}, Err: err}
}

// nameOf is the file name that an answer gives, or the end of its path.
func nameOf(res *http.Response) string {
	if _, p, err := mime.ParseMediaType(res.Header.Get("Content-Disposition")); err == nil && p["filename"] != "" {
		return p["filename"]
	}
	if name := gopath.Base(res.Request.URL.Path); name != "." && name != "/" {
		return name
	}
	return ""
}
