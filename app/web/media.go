package web

import (
	"strings"
	"time"

	"badala/app/inbox"
	"badala/app/media"
	"badala/views"
)

// mediaTTL is how long a page's media addresses work at least: pictures further down load when they are scrolled to.
const mediaTTL = 4 * time.Hour

// media is the file of a message, or why it cannot be shown.
func (b *bubbles) media(m *inbox.Message, x inbox.Payload) *views.MediaData {
	if x.MediaMissing {
		return &views.MediaData{State: views.MediaGone, FileName: x.FileName, Problem: b.c.t("media.missing")}
	}
	f := m.Media
	if f == nil {
		return nil
	}
	d := &views.MediaData{ContentType: f.ContentType, FileName: firstOf(x.FileName, f.FileName), Size: f.Size,
		Width: f.Width, Height: f.Height, Seconds: f.Duration}
	switch f.State {
	case media.Ready:
		d.State = views.MediaReady
		d.URL, d.Download = b.c.s.Media.SignedURL(*f, mediaTTL), b.c.s.Media.DownloadURL(*f, mediaTTL)
		if f.HasThumb() {
			d.Thumb = b.c.s.Media.ThumbURL(*f, mediaTTL)
		}
	case media.Pending:
		d.State = views.MediaFetching
	case media.Lost:
		d.State, d.Problem = views.MediaGone, b.c.mediaProblem(f.Error, "media.lost")
	default:
		d.State, d.Problem = views.MediaFailed, b.c.mediaProblem(f.Error, "media.failed")
	}
	return d
}

// mediaProblem says why a file is not here.
func (c *call) mediaProblem(reason, fallback string) string {
	if key := "media.error." + reason; reason != "" && c.has(key) {
		return c.t(key)
	}
	return c.t(fallback)
}

// statusOf is how far a message of ours has come, in the pages' word.
func statusOf(status string) views.Status { return views.Status(strings.ToLower(status)) }

// reason says why a message failed and what to do, in the reader's words; "" leaves it to the code.
func (c *call) reason(e inbox.MessageError) string {
	key := e.Key()
	if !c.has(key) {
		return e.Title
	}
	text := c.t(key)
	if c.has(key + ".fix") {
		text += " " + c.t(key+".fix")
	}
	return text
}
