package sim_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/meta"
	"badala/app/meta/sim"
)

func TestMisbehaviour(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		b       sim.Behaviour
		code    int  // of a refusal
		unknown bool // outcome
		outcome string
		news    []string
	}{
		{"fail", sim.Behaviour{FailNext: 1, FailCode: 190, FailHTTP: 401}, 190, false, "refused", nil},
		{"rate limit", sim.Behaviour{RateLimit: 1}, 130429, false, "refused", nil},
		{"reset, taken", sim.Behaviour{ResetAfterBody: 1}, 0, true, "unanswered", []string{"sent", "delivered"}},
		{"reset, lost", sim.Behaviour{ResetAfterBody: 1, Lost: true}, 0, true, "dropped", nil},
		{"html 502", sim.Behaviour{HTML502: 1}, 0, true, "unanswered", []string{"sent", "delivered"}},
		{"cut off", sim.Behaviour{TruncatedJSON: 1}, 0, true, "unanswered", []string{"sent", "delivered"}},
		{"too slow", sim.Behaviour{Delay: 200 * time.Millisecond}, 0, true, "accepted", []string{"sent", "delivered"}},
		{"fails later", sim.Behaviour{FailLater: 1, FailCode: 131049}, 0, false, "accepted", []string{"sent", "failed"}},
		{"no statuses", sim.Behaviour{DropStatuses: true}, 0, false, "accepted", nil},
		{"duplicates", sim.Behaviour{DuplicateWebhooks: 1}, 0, false, "accepted", []string{"sent", "sent", "delivered", "delivered"}},
		{"another number", sim.Behaviour{FailNext: -1, PhoneNumberID: "1"}, 0, false, "accepted", []string{"sent", "delivered"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sim.Options{})
			w.client.CallTimeout = 5 * time.Second
			if tt.b.Delay > 0 {
				w.client.CallTimeout = 20 * time.Millisecond
			}
			w.Misbehave(tt.b)
			p := w.Customer(sim.Customer{Phone: "13105550117"})
			_, err := w.send(t, text("+13105550117", "hi"))
			lost, _ := errors.AsType[*meta.SendError](err)
			refused, _ := errors.AsType[*meta.Error](err)
			if (lost != nil && lost.Sent) != tt.unknown || (refused != nil) != (tt.code != 0) || refused != nil && refused.Code != tt.code {
				t.Fatalf("error %v", err)
			}
			if len(tt.news) > 0 {
				last := tt.news[len(tt.news)-1]
				if _, err := p.WaitFor(soon(t), func(m sim.PhoneMessage) bool { return m.Status == last }); err != nil {
					t.Fatal(err)
				}
			}
			wantNews(t, w.flush(t), tt.news...)
			if sends := w.Sends(); len(sends) != 1 || sends[0].Outcome != tt.outcome {
				t.Errorf("sends %+v", sends)
			}
			if tt.code == 0 {
				return
			}
			if _, err := w.send(t, text("+13105550117", "again")); err != nil {
				t.Errorf("the trouble did not end: %v", err)
			}
		})
	}
}

func TestStatusBeforeAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	w.Misbehave(sim.Behaviour{StatusBeforeAnswer: true})
	got, err := w.send(t, text("+13105550117", "hi"))
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	early := len(w.statuses) > 0 && w.statuses[0].ID == got.MessageID
	w.mu.Unlock()
	if !early {
		t.Error("the answer was first")
	}
	wantNews(t, w.flush(t), "sent", "delivered")
}

func TestShuffleLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{Senders: 4})
	w.Misbehave(sim.Behaviour{ShuffleWebhooks: true})
	p := w.Customer(sim.Customer{Phone: "13105550117"})
	var want []string
	for range 60 {
		want = append(want, p.SendText(pnid, "hi"))
	}
	w.flush(t)
	var got []string
	for _, m := range w.messages {
		got = append(got, m.ID)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d of %d arrived", len(got), len(want))
	}
}

func TestRefusedWebhooksComeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{RetryFirst: time.Millisecond})
	w.mu.Lock()
	w.refuse = 3
	w.mu.Unlock()
	p := w.Customer(sim.Customer{Phone: "13105550117"})
	p.SendText(pnid, "one")
	p.SendLocation(pnid, 51.5, -0.14, "Old Mill", "")
	wantNews(t, w.flush(t), "text", "location")
	if taken, refused, waiting := w.Deliveries(); taken != 2 || refused != 3 || waiting != 0 {
		t.Errorf("%d %d %d", taken, refused, waiting)
	}
}

func TestMediaFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	w.Misbehave(sim.Behaviour{MediaFail: 1})
	if _, err := w.client.UploadMedia(soon(t), creds, pnid, "text/plain", "a.txt", strings.NewReader("abc"), 3); err == nil {
		t.Error("the upload worked")
	}
	if _, err := w.client.UploadMedia(soon(t), creds, pnid, "text/plain", "a.txt", strings.NewReader("abc"), 3); err != nil {
		t.Error(err)
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	w.Misbehave(sim.Behaviour{EnforceWindow: true})
	p := w.Customer(sim.Customer{Phone: "13105550117"})
	_, err := w.send(t, text("13105550117", "hi"))
	if e, ok := errors.AsType[*meta.Error](err); !ok || e.Code != 131047 {
		t.Errorf("%v", err)
	}
	p.SendText(pnid, "hello?")
	if _, err := w.send(t, text("13105550117", "hi")); err != nil {
		t.Error(err)
	}
}
