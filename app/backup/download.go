package backup

import (
	"context"
	"io"
	"os"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// HasS3 says whether an S3 server is configured.
func (s *Service) HasS3() bool { return s.Deps.S3 != nil }

// Download opens a backup for somebody who takes it away, and writes it down.
func (s *Service) Download(ctx context.Context, who account.Actor, id int64) (b Backup, body io.ReadCloser, err error) {
	defer errs.Wrap(&err, "backup.Download(%d)", id)
	q := s.DB.Read(ctx)
	if err := require(q, who); err != nil {
		return b, nil, err
	}
	if b, err = s.Get(q, id); err != nil {
		return b, nil, err
	}
	if b.State != Verified {
		return b, nil, errs.New(errs.NotFound, "this backup is not there")
	}
	if name, key, ok := SplitS3(b.Path()); ok {
		var place *bucket
		if place, err = openBucket(s.Deps.S3, name); err == nil {
			body, err = place.open(ctx, key)
		}
	} else {
		body, err = os.Open(b.Path())
	}
	if os.IsNotExist(err) {
		err = &errs.Error{Kind: errs.NotFound, Message: "the file is no longer there", Err: err}
	}
	if err != nil {
		return b, nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		return account.AuditTx(tx, who, account.Line{Action: "backup.download", Target: "backup", TargetID: b.ID, Detail: b.Name})
	})
	if err != nil {
		body.Close()
	}
	return b, body, err
}
