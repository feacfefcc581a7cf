package inbox

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
)

// uploadLife is how long an uploaded file is used again: Meta keeps it for 30
// days.
const uploadLife = 29 * 24 * time.Hour

// fileForMeta gives Meta's id of the message's file, uploading it when Meta
// does not have it yet. It is "" for messages without a stored file.
func (s *Service) fileForMeta(ctx context.Context, d delivery) (string, error) {
	if d.m.MediaID == 0 {
		return "", nil
	}
	return s.fileOnceForMeta(ctx, d, d.m.MediaID)
}

// fileOnceForMeta gives Meta's id of a file that goes with the message.
func (s *Service) fileOnceForMeta(ctx context.Context, d delivery, mediaID int64) (string, error) {
	d.m.MediaID = mediaID
	id, err := db.Value[string](s.DB.Read(ctx),
		`SELECT meta_id FROM media_upload WHERE media_id = ? AND channel_id = ? AND org_id = ? AND uploaded_at > ?`,
		d.m.MediaID, d.m.ChannelID, d.m.OrgID, s.DB.Now()-uploadLife.Milliseconds())
	if !errs.Is(err, errs.NotFound) {
		return id, err
	}
	if id, err = s.upload(ctx, d); err != nil {
		return "", err
	}
	return id, s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO media_upload (media_id, channel_id, org_id, meta_id, uploaded_at) VALUES (?1, ?2, ?3, ?4, ?5)
			ON CONFLICT DO UPDATE SET meta_id = ?4, uploaded_at = ?5`, d.m.MediaID, d.m.ChannelID, d.m.OrgID, id, tx.Now())
		return err
	})
}

func (s *Service) upload(ctx context.Context, d delivery) (string, error) {
	lost := &refusal{MessageError{Code: codeMediaLost, Title: "The file is no longer there"}}
	file, err := media.ByID(s.DB.Read(ctx), d.m.OrgID, d.m.MediaID)
	if errs.Is(err, errs.NotFound) {
		return "", lost
	}
	if err != nil {
		return "", err
	}
	r, file, err := s.Media.Open(ctx, d.m.OrgID, file.Key)
	if errs.Is(err, errs.NotFound) {
		return "", lost
	}
	if err != nil {
		return "", err
	}
	defer r.Close()
	extra := d.m.Extra()
	kind := file.ContentType
	if extra.Voice && kind == "audio/ogg" {
		kind = "audio/ogg; codecs=opus"
	}
	name := extra.FileName
	if name == "" {
		name = "file"
	}
	return s.Meta.UploadMedia(ctx, d.ch.Creds(), d.ch.PhoneNumberID, kind, name, r, file.Size)
}

// forgetUploadTx has a file uploaded again at the next try, since Meta may
// have refused it because of its id.
func forgetUploadTx(tx *db.Tx, m *Message) error {
	if m.MediaID == 0 {
		return nil
	}
	_, err := tx.Exec(`DELETE FROM media_upload WHERE media_id = ? AND channel_id = ? AND org_id = ?`, m.MediaID, m.ChannelID, m.OrgID)
	return err
}
