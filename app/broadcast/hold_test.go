package broadcast_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"
	"time"

	"badala/app/broadcast"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/template"
)

// TestAFullDiskHoldsBroadcasts: a broadcast makes no more messages while the
// disk is full, says so, and goes on by itself.
func TestAFullDiskHoldsBroadcasts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(20)
	in := w.input(broadcast.Audience{Everyone: true})
	in.Rate = 10
	id := w.begin(in).ID
	w.eventually("some are sent", func() bool { return len(w.sim.Sends()) >= 3 })
	room := func(full bool) {
		w.full.Store(full)
		w.clock.ahead.Add(int64(6 * time.Second)) // what was seen of the disk is old, and it is time to look again
	}
	room(true)
	w.eventually("it waits for room, and what was on its way is sent", func() bool {
		b := w.get(id)
		p, err := w.Progress(w.q(), b)
		noErr(t, err)
		return p.Why == broadcast.WaitDisk && b.State == broadcast.Running && b.Counts.Queued == 0
	})
	if c := w.counted(id); c.Waiting == 0 {
		t.Errorf("nobody waits: %+v", c)
	}
	other := w.begin(in).ID
	if _, err := w.Test(t.Context(), w.boss, in, "+96559999999"); !errs.Is(err, errs.Unavailable) {
		t.Error("a test was sent from a full disk", err)
	}
	room(false)
	w.becomes(id, broadcast.Done)
	w.becomes(other, broadcast.Done)
	for _, id := range []int64{id, other} {
		if c := w.counted(id); c.Accepted() != 20 {
			t.Errorf("%+v", c)
		}
	}
}

// TestF18AClockThatIsSet: a broadcast goes on as it was to, whichever way the
// clock is set, and nobody is written to twice.
func TestF18AClockThatIsSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(20)
	in := w.input(broadcast.Audience{Everyone: true})
	in.Rate = 10
	id := w.begin(in).ID
	for i, step := range []time.Duration{-time.Hour, time.Hour} {
		w.eventually("some are sent", func() bool { return len(w.sim.Sends()) >= 4*(i+1) })
		w.clock.ahead.Add(int64(step))
	}
	w.becomes(id, broadcast.Done)
	if c := w.counted(id); c.Accepted() != 20 {
		t.Errorf("%+v", c)
	}
	w.onceEach()
}

// TestErasingSomebodyLeavesTheFileToTheOthers: a broadcast that is not over
// needs its header's file, though the only message with it is erased.
func TestErasingSomebodyLeavesTheFileToTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.people(2)
	var picture bytes.Buffer
	noErr(t, jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 40)), nil))
	file, err := w.files.Store(t.Context(), w.boss.OrgID, &picture, media.StoreOptions{FileName: "desk.jpg"})
	noErr(t, err)
	in := w.input(broadcast.Audience{ContactIDs: ids})
	in.Template, in.GapMS = "autumn_offer", time.Hour.Milliseconds()
	in.Given = template.Values{CardValues: template.CardValues{
		Variables: template.Variable{List: []string{"Nora"}}, Header: &template.HeaderValue{UploadKey: file.Key}}}
	id := w.begin(in).ID
	w.eventually("the first has it", func() bool { return w.get(id).Counts.Accepted() == 1 })
	erase := func(state string) {
		all, _, err := w.Recipients(w.q(), w.boss.OrgID, id, broadcast.RecipientFilter{})
		noErr(t, err)
		for _, r := range all {
			if r.MessageID != 0 && r.Name != "" {
				noErr(t, w.folks.Erase(t.Context(), w.boss, r.ContactID))
			}
		}
		w.eventually("they are erased", func() bool {
			busy, err := db.Exists(w.q(), `SELECT 1 FROM job WHERE kind IN ('inbox.erase', 'media.erase')
				UNION ALL SELECT 1 FROM message WHERE body <> ''`)
			noErr(t, err)
			return !busy
		})
		there, err := db.Exists(w.q(), `SELECT 1 FROM media WHERE id = ? AND state = 'READY'`, file.ID)
		noErr(t, err)
		if there != (state == broadcast.Running) {
			t.Errorf("the broadcast is %s, its file is there: %t", state, there)
		}
	}
	erase(broadcast.Running)
	w.clock.ahead.Store(int64(61 * time.Minute))
	w.becomes(id, broadcast.Done)
	if c := w.counted(id); c.Accepted() != 2 {
		t.Errorf("%+v", c)
	}
	erase(broadcast.Done)
}
