// Package media keeps the files of conversations: in chunks inside the database, or in an S3 bucket. It sniffs what
// they are, makes previews, fetches what Meta announced, and serves them under signed addresses.
package media

import (
	"badala/app/db"
	"badala/app/errs"
)

// States of a file.
const (
	Pending = "PENDING" // being uploaded, or waiting to be fetched
	Ready   = "READY"
	Failed  = "FAILED" // could not be fetched; Refetch tries again
	Lost    = "LOST"   // no longer there to be fetched
)

// Reasons for a FAILED or LOST file, as kept in Media.Error. They are stable and safe to show through a catalogue.
const (
	ReasonGone      = "gone"      // the other side no longer has it
	ReasonRefused   = "refused"   // the other side will not give it: token, permission
	ReasonTooLarge  = "too_large" // above the limit
	ReasonFailed    = "failed"    // network or server trouble until the last attempt
	ReasonRetention = "retention" // it was kept for as long as the organisation wants
)

// Source is where a file comes from when it was not uploaded here.
type Source struct{ MetaID, URL string }

// Media is one file. ContentType is what the bytes are, not what the sender claimed.
type Media struct {
	ID, OrgID     int64
	Key           string
	State         string
	ContentType   string
	Size          int64
	SHA256        []byte
	FileName      string
	Width, Height int // of images
	Duration      int // seconds, of audio and video; 0 = unknown
	ThumbWidth    int // 0 = no preview
	ThumbHeight   int
	Error         string // a reason, when FAILED or LOST
	Source        Source

	ChannelID, MessageID, ConversationID int64
	CreatedAt, ReadyAt                   int64

	store string
}

// HasThumb says whether there is a preview image.
func (m Media) HasThumb() bool { return m.ThumbWidth > 0 }

const columns = `id, org_id, key, state, content_type, size, sha256, file_name, width, height, duration, thumb_width, thumb_height,
	error, meta_id, url, channel_id, message_id, conversation_id, created_at, ready_at, store`

func scan(r *db.Rows, m *Media) error {
	return r.Scan(&m.ID, &m.OrgID, &m.Key, &m.State, &m.ContentType, &m.Size, &m.SHA256, &m.FileName, &m.Width, &m.Height,
		&m.Duration, &m.ThumbWidth, &m.ThumbHeight, &m.Error, &m.Source.MetaID, &m.Source.URL,
		&m.ChannelID, &m.MessageID, &m.ConversationID, &m.CreatedAt, &m.ReadyAt, &m.store)
}

// ByID finds a file of an organisation, in any state.
func ByID(q db.Q, org, id int64) (Media, error) {
	return found(db.One(q, scan, `SELECT `+columns+` FROM media WHERE id = ? AND org_id = ?`, id, org))
}

// ByKey finds a file of an organisation by its key, in any state but erased.
func ByKey(q db.Q, org int64, key string) (Media, error) {
	return found(db.One(q, scan, `SELECT `+columns+` FROM media WHERE key = ? AND org_id = ? AND error <> 'erased'`, key, org))
}

// found gives an absent file its name in the message.
func found(m Media, err error) (Media, error) {
	if errs.Is(err, errs.NotFound) {
		return m, errs.New(errs.NotFound, "no such file")
	}
	return m, err
}

// path is where a file lies, in a bucket as in addresses.
func path(org int64, key string) string {
	return "orgs/" + db.FormatID("org", org) + "/uploads/" + key
}
