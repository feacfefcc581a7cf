package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/httpx"

	"github.com/danielgtaylor/huma/v2"
)

const (
	beatEvery  = 20 * time.Second
	maxStreams = 10  // of one caller
	eventPage  = 100 // events read at once
)

type eventsInput struct {
	InOrg
	Last  string   `header:"Last-Event-ID" doc:"The id of the last event you have: what came after it is sent first."`
	After string   `query:"lastEventId" doc:"The same, where headers cannot be set."`
	Types []string `query:"types" doc:"Names of events, with commas between; all if absent."`
}

// eventsAnswer describes the stream.
func eventsAnswer(op *huma.Operation) {
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}, Example: "id: 4711\nevent: message.received\ndata: {\"event\": \"message.received\", …}\n\n"},
	}}}
}

// feed is one open stream of events.
type feed struct {
	c     caller
	out   *httpx.Stream
	heads <-chan int64 // tells that there are more
	after int64        // the last event that is done
	types []string     // nil: all
}

// events streams what happens in the organisation.
func (a *API) events(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	f := &feed{c: callerOf(ctx), types: in.Types}
	for _, t := range in.Types {
		if !isEvent(t) {
			return nil, errs.Fieldf("types", "there is no event %.100q", t)
		}
	}
	q := a.DB.Read(ctx)
	heads, cancel := a.Events.Subscribe(f.c.actor.OrgID)
	f.heads = heads
	gap, err := a.begin(q, f, in)
	if err == nil {
		err = a.streams.join(f.c.id())
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(huma.Context) {
		defer cancel()
		defer a.streams.leave(f.c.id())
		if f.c.r.Method == http.MethodHead {
			return
		}
		f.out = httpx.NewStream(f.c.w)
		if f.out.Comment("events of "+in.OrgID) && (!gap || f.reset()) {
			a.pump(ctx, f)
		}
	}}, nil
}

// begin finds where the stream starts. A gap is what nobody can send any more:
// the log no longer has it, or never did.
func (a *API) begin(q db.Q, f *feed, in *eventsInput) (gap bool, err error) {
	if f.after, err = a.Events.Head(q); err != nil {
		return false, err
	}
	last := in.Last
	if last == "" {
		last = in.After
	}
	if last == "" {
		return false, nil
	}
	seq, err := strconv.ParseInt(last, 10, 64)
	if err != nil || seq < 0 {
		return false, errs.Field("lastEventId", "is no id of an event of this stream")
	}
	first, err := a.Events.First(q)
	if err != nil || seq > f.after || seq < first-1 {
		return true, err
	}
	f.after = seq
	return false, nil
}

// reset tells that events are missing; the stream goes on with new ones.
func (f *feed) reset() bool {
	data, err := json.Marshal(Event{Event: "reset", OrgID: db.FormatID("org", f.c.actor.OrgID), Data: json.RawMessage("{}")})
	return err == nil && f.out.Send(strconv.FormatInt(f.after, 10), "reset", data)
}

// pump writes until the reader has gone, may no longer read, or the server stops.
func (a *API) pump(ctx context.Context, f *feed) {
	beat := time.NewTicker(a.Options.StreamCheck)
	defer beat.Stop()
	for {
		if !a.catchUp(ctx, f) {
			return
		}
		select {
		case <-f.heads:
		case <-beat.C:
			if !a.stillIn(f.c) || !f.out.Comment("beat") {
				return
			}
		case <-a.streams.closed:
			return
		case <-ctx.Done():
			return
		}
	}
}

// catchUp sends what has happened since, page by page.
func (a *API) catchUp(ctx context.Context, f *feed) bool {
	checked := a.DB.Now()
	for {
		q := a.DB.Read(ctx)
		page, err := a.Events.Since(q, f.c.actor.OrgID, f.after, eventPage)
		if err != nil {
			return a.broken(ctx, err)
		}
		for _, e := range page {
			alive, err := a.tell(q, f, e)
			if err != nil {
				return a.broken(ctx, err)
			}
			if !alive {
				return false
			}
			f.after = e.Seq
		}
		if len(page) < eventPage {
			return true
		}
		if now := a.DB.Now(); now-checked >= a.Options.StreamCheck.Milliseconds() {
			if checked = now; !a.stillIn(f.c) {
				return false
			}
		}
		select {
		case <-a.streams.closed:
			return false
		default:
		}
	}
}

// broken ends a stream for a fault of ours; the reader comes back to where it was.
func (a *API) broken(ctx context.Context, err error) bool {
	if ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "a stream of events ended", "id", httpx.RequestID(ctx), "err", err)
	}
	return false
}

// Event is one thing that happened, as a stream tells it.
type Event struct {
	Event     string          `json:"event"`
	EventID   string          `json:"eventId,omitempty"`
	OrgID     string          `json:"orgId"`
	Timestamp string          `json:"timestamp,omitempty"`
	Data      json.RawMessage `json:"data"`
}

// tell sends one event if it is for the outside. What it was about may be gone.
func (a *API) tell(q db.Q, f *feed, e event.Event) (alive bool, err error) {
	name, data, err := a.Webhooks.Render(q, e)
	if errs.Is(err, errs.NotFound) || (err == nil && name == "") {
		return true, nil
	}
	if err != nil || (f.types != nil && !slices.Contains(f.types, name)) {
		return true, err
	}
	body, err := json.Marshal(Event{Event: name, EventID: db.FormatID("evt", e.Seq), OrgID: db.FormatID("org", e.OrgID), Timestamp: when(e.At), Data: data})
	if err != nil {
		return false, err
	}
	return f.out.Send(strconv.FormatInt(e.Seq, 10), name, body), nil
}

// stillIn says whether the token lives and its holder may still read.
func (a *API) stillIn(c caller) bool {
	fresh := caller{ip: c.ip}
	if a.identify(c.r, &fresh) != nil || a.enter(c.r, &fresh) != nil {
		return false
	}
	return fresh.actor.Require(streaming.permission) == nil
}
