package channel

import (
	"context"
	"io"

	"badala/app/errs"
)

// FetchMedia opens a file that a customer sent to a number. With an empty url
// it asks Meta for the present one; the token goes to Meta's own hosts only.
func (s *Service) FetchMedia(ctx context.Context, channelID int64, metaID, url string) (body io.ReadCloser, contentType string, size int64, err error) {
	defer errs.Wrap(&err, "channel.FetchMedia(%d)", channelID)
	c, err := s.rowTx(s.db.Read(ctx), channelID)
	if err != nil {
		return nil, "", 0, err
	}
	if url != "" {
		return s.meta.Download(ctx, c.Creds(), url)
	}
	info, err := s.meta.MediaInfo(ctx, c.Creds(), metaID, c.PhoneNumberID)
	if err != nil {
		return nil, "", 0, err
	}
	body, contentType, size, err = s.meta.Download(ctx, c.Creds(), info.URL)
	if size < 0 {
		size = info.Size
	}
	if contentType == "" {
		contentType = info.MimeType
	}
	return body, contentType, size, err
}
