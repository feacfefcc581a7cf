package inbox

import (
	"cmp"
	"context"
	"strings"

	"badala/app/channel"
	"badala/app/errs"
	"badala/app/media"
)

// maxSample is the size of an example file for Meta's reviewers.
const maxSample = 16 << 20

// initTemplates lets channel open the example files of new templates.
func (s *Service) initTemplates() { s.Channels.OnSample(s.openSample) }

// openSample opens the file of an upload key, or what a public address gives.
func (s *Service) openSample(ctx context.Context, org int64, kind, name string) (sample channel.Sample, err error) {
	defer errs.Wrap(&err, "inbox.openSample")
	if strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "http://") {
		file, err := s.Media.FetchURL(ctx, org, name, media.StoreOptions{MaxSize: maxSample})
		if err != nil {
			return channel.Sample{}, err
		}
		name = file.Key
	}
	body, file, err := s.Media.Open(ctx, org, name)
	if errs.Is(err, errs.NotFound) {
		return channel.Sample{}, errs.Field("header", "there is no such upload")
	}
	if err != nil {
		return channel.Sample{}, err
	}
	if err := media.CheckSendable(kind, file); err != nil {
		body.Close()
		return channel.Sample{}, err
	}
	return channel.Sample{Body: body, ContentType: file.ContentType, FileName: cmp.Or(file.FileName, "example"), Size: file.Size}, nil
}
