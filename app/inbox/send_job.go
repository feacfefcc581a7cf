package inbox

import (
	"context"
	"errors"
	"strconv"
	"time"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
	"badala/app/queue"
)

// sendArgs names the message that a job sends.
type sendArgs struct {
	Org     int64 `json:"org"`
	Message int64 `json:"message"`
}

// sendKind is one message on its way to Meta. How often it is tried is decided
// by the answers, so its own limit only ends what can never end otherwise.
var sendKind = &queue.Kind[sendArgs]{
	Name: "inbox.send", Attempts: 10_000, Timeout: 3 * time.Minute, Workers: 8,
	Backoff: func(attempt int) time.Duration { return min(time.Second<<min(attempt-1, 6), time.Minute) },
}

// How soon a held message looks whether its channel works again, should nobody
// have told it: soon at first, since the channel may have come back while the
// message was being put aside.
const (
	heldAtFirst = time.Second
	heldCheck   = time.Minute
)

var (
	errHeld   = errors.New("the channel is paused")
	errPaused = errors.New("WhatsApp's limits make it wait")
	errPaced  = errors.New("keeping the pace")
)

// delivery is a message with all that is needed to send it.
type delivery struct {
	m      Message
	c      Conversation
	ch     channel.Channel
	to     address
	target string // wamid that a reaction is put on
	ready  bool   // of a broadcast, and as it was when it was made
}

// answer is what became of an attempt: err nil means accepted.
type answer struct {
	result meta.SendResult
	err    error
}

// runSend sends one message. An attempt is on record before Meta is called; if
// its outcome is not, nobody knows whether the message went out, and it is not
// sent again.
func (s *Service) runSend(ctx context.Context, j *queue.Job[sendArgs]) error {
	if r := s.bulk.take(j.Args.Message); r != nil {
		if over, err := s.sendReady(ctx, j, r); over || err != nil {
			return err
		}
	}
	d, err := s.loadDelivery(s.DB.Read(ctx), j.Args)
	switch {
	case errs.Is(err, errs.NotFound):
		return nil // erased meanwhile
	case err != nil:
		return err
	case d.m.Status != StatusPending:
		return nil // resolved by a status or by a person
	case d.m.AttemptStartedAt != 0:
		return s.conclude(ctx, j, d, s.lostAnswer(j, d))
	}
	if refused := s.refusal(ctx, &d); refused != nil {
		return s.conclude(ctx, j, d, answer{err: refused})
	}
	if err := s.obstacle(ctx, d); err != nil {
		return err
	}
	fileID, err := s.fileForMeta(ctx, d)
	if err != nil {
		return s.conclude(ctx, j, d, answer{err: err})
	}
	var components map[string]any
	if d.m.Type == TypeTemplate {
		if components, err = s.templateForMeta(ctx, d, fileID); err != nil {
			return s.conclude(ctx, j, d, answer{err: err})
		}
	}
	return s.attempt(ctx, j, d, fileID, components)
}

// attempt calls Meta once and files what came of it.
func (s *Service) attempt(ctx context.Context, j *queue.Job[sendArgs], d delivery, fileID string, components map[string]any) error {
	instance, err := s.beginAttempt(ctx, &d)
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return s.conclude(ctx, j, d, answer{err: refused})
	case errors.Is(err, errBulkHeld):
		return queue.Wait(bulkHeld, err)
	case err != nil:
		return err
	}
	payload := d.m.graph(d.to, fileID, d.target)
	payload.Template = components
	payload.Opaque = token(instance, d.m.ID, d.m.Attempt)
	var a answer
	asked := s.DB.Now()
	a.result, a.err = s.Meta.Send(ctx, d.ch.Creds(), d.ch.PhoneNumberID, payload)
	s.askedFor(time.Duration(s.DB.Now()-asked) * time.Millisecond)
	return s.conclude(ctx, j, d, a)
}

func (s *Service) loadDelivery(q db.Q, a sendArgs) (d delivery, err error) {
	if d.m, err = messageRow(q, a.Org, a.Message); err != nil {
		return d, err
	}
	d.c, err = conversationRow(q, a.Org, d.m.ConversationID)
	return d, err
}

// lostAnswer is the outcome of an attempt that has none on record: what Meta
// answered, when this process still knows it, else unknown.
func (s *Service) lostAnswer(j *queue.Job[sendArgs], d delivery) answer {
	if a, ok := s.answers.Load(d.m.ID); ok {
		return a.(answer)
	}
	if j.Interrupted {
		return answer{err: errInterrupted}
	}
	return answer{err: &meta.SendError{Sent: true, Err: errors.New("the attempt ended without an outcome")}}
}

// refusal fills in channel, address and quoted messages, or tells why the
// message cannot go out at all.
func (s *Service) refusal(ctx context.Context, d *delivery) error {
	q := s.DB.Read(ctx)
	var err error
	d.ch, err = s.Channels.ByID(q, d.m.OrgID, d.m.ChannelID)
	if errs.Is(err, errs.NotFound) {
		return &refusal{MessageError{Code: codeChannelGone, Title: "The WhatsApp number was removed"}}
	}
	if err != nil {
		return err
	}
	dropped, err := droppedBefore(q)
	if err != nil {
		return err
	}
	if d.m.CreatedAt <= dropped {
		return &refusal{MessageError{Code: codeRestored, Title: "It was waiting in a backup, and was not sent after the restore"}}
	}
	if d.m.Type == TypeTemplate {
		if no, err := s.refusedMarketing(q, d.c, d.m.category()); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		} else if no {
			return &refusal{MessageError{Code: 131050, Title: "This contact has refused marketing messages"}}
		}
	} else if !d.c.WindowOpen(s.DB.Now()) {
		return &refusal{MessageError{Code: 131047, Title: "The 24-hour window has closed"}}
	}
	d.to, err = s.addressOf(q, d.c)
	if e := errs.As(err); e != nil && (e.Code == "no_address" || e.Kind == errs.NotFound) {
		return &refusal{MessageError{Code: codeNoAddress, Title: e.Message}}
	}
	if err != nil {
		return err
	}
	return s.resolveTargets(q, d)
}

// resolveTargets finds the wamids of what a message quotes or reacts to: they
// may have been unknown when it was written.
func (s *Service) resolveTargets(q db.Q, d *delivery) error {
	if d.m.ReplyTo != 0 && d.m.ReplyWamid == "" {
		quoted, err := messageRow(q, d.m.OrgID, d.m.ReplyTo)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		d.m.ReplyWamid = quoted.WaID
	}
	if d.m.Type != TypeReaction {
		return nil
	}
	if t := d.m.Extra().Target; t != nil {
		target, err := messageRow(q, d.m.OrgID, t.MessageID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		d.target = target.WaID
	}
	if d.target == "" {
		return &refusal{MessageError{Code: 131009, Title: "WhatsApp does not know the message that was reacted to"}}
	}
	return nil
}

// obstacle tells the queue to wait when the message may not go yet.
func (s *Service) obstacle(ctx context.Context, d delivery) error {
	if !d.ch.CanSend() {
		return s.hold(ctx, d)
	}
	now := s.DB.Now()
	for _, conv := range []int64{0, d.m.ConversationID} {
		p, err := pauseOf(s.DB.Read(ctx), d.m.ChannelID, conv)
		if err != nil {
			return err
		}
		if p.until > now {
			return queue.Wait(time.Duration(p.until-now)*time.Millisecond, errPaused)
		}
	}
	rate, err := s.SendRate(s.DB.Read(ctx), d.ch)
	if err != nil {
		return err
	}
	t := turn{channel: d.m.ChannelID, conv: d.m.ConversationID, rate: float64(rate), bulk: d.m.SentByKind == SentByBroadcast}
	if wait := s.pace.take(t, now); wait > 0 {
		return queue.Wait(wait, errPaced)
	}
	return nil
}

// hold notes on the message that it waits for its channel.
func (s *Service) hold(ctx context.Context, d delivery) error {
	if d.m.Outcome == OutcomeHeld {
		return queue.Wait(heldCheck, errHeld)
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE message SET outcome = ? WHERE id = ? AND org_id = ?`, OutcomeHeld, d.m.ID, d.m.OrgID)
		tx.AfterCommit(func() { s.waiting.wake(d.m.ID) })
		return err
	})
	if err != nil {
		return err
	}
	return queue.Wait(heldAtFirst, errHeld)
}

// beginAttempt puts an attempt on record and gives the name of this install.
func (s *Service) beginAttempt(ctx context.Context, d *delivery) (instance string, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.bulkAttemptTx(tx, &d.m); err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE message SET attempt = attempt + 1, attempt_started_at = ?, outcome = ''
			WHERE id = ? AND org_id = ? AND status = 'PENDING' AND attempt_started_at = 0`, tx.Now(), d.m.ID, d.m.OrgID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.Conflict, "the message is not waiting any more")
		}
		d.m.AttemptStartedAt = tx.Now()
		if known := s.instance.Load(); known != nil {
			instance = *known
			return nil
		}
		if instance, err = instanceTx(tx); err == nil {
			tx.AfterCommit(func() { s.instance.Store(&instance) })
		}
		return err
	})
	d.m.Attempt++
	return instance, err
}

// instanceTx is the name of this install in tokens, made once.
func instanceTx(tx *db.Tx) (string, error) {
	name, err := db.Value[string](tx, `SELECT value FROM instance WHERE key = 'inbox.instance'`)
	if !errs.Is(err, errs.NotFound) {
		return name, err
	}
	name = strconv.FormatInt(tx.NewID(), 36)
	_, err = tx.Exec(`INSERT INTO instance (key, value) VALUES ('inbox.instance', ?)`, name)
	return name, err
}

// parseToken reads a token that this install made. It gives false for any
// other.
func (s *Service) parseToken(q db.Q, opaque string) (msg int64, attempt int, ok bool) {
	if opaque == "" {
		return 0, 0, false
	}
	instance, err := db.Value[string](q, `SELECT value FROM instance WHERE key = 'inbox.instance'`)
	if err != nil {
		return 0, 0, false
	}
	return tokenMessage(opaque, instance)
}
