package sim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const maxMessageBody = 1 << 20

// postMessage answers POST /{number}/messages: a send, or a read receipt.
func (s *Sim) postMessage(w http.ResponseWriter, r *http.Request, pnid string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxMessageBody))
	if err != nil {
		return // the caller is gone
	}
	var o outbound
	if err := json.Unmarshal(body, &o); err != nil {
		_, e := s.authorize(r, pnid)
		if e == nil {
			e = bad(100, "The body is not what it should be: "+err.Error())
		}
		refuse(w, e)
		return
	}
	if o.Status != "" {
		s.markRead(w, r, pnid, &o)
		return
	}
	s.mu.Lock()
	delay := s.behaviour.Delay
	if !s.behaviour.hits(pnid) {
		delay = 0
	}
	s.mu.Unlock()
	// Meta goes on with a message whether or not the caller still waits.
	if !s.pause(delay) {
		return
	}
	s.send(w, r, &sendCall{pnid: pnid, out: &o, body: body})
}

// pause waits and reports whether the simulator still runs.
func (s *Sim) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// sendCall is one send while it is dealt with.
type sendCall struct {
	pnid string
	out  *outbound
	body []byte

	number Number
	phone  *Phone // nil for groups and for what vanishes
	tmpl   *Template
	id     string
	result obj
}

func (c *sendCall) recorded(outcome string) RecordedSend {
	to := c.out.To
	if to == "" {
		to = c.out.Recipient
	}
	return RecordedSend{
		PhoneNumberID: c.pnid, To: to, Type: c.out.Type, Opaque: c.out.Opaque, Body: c.body, MessageID: c.id, Outcome: outcome,
	}
}

func (s *Sim) send(w http.ResponseWriter, r *http.Request, c *sendCall) {
	n, e := s.authorize(r, c.pnid)
	c.number = n
	s.mu.Lock()
	what := s.nextTrouble(c.pnid)
	b := s.behaviour
	switch {
	case what == failNow:
		e = &refusal{b.FailHTTP, b.FailCode, "This failure was asked for."}
		if e.code == 0 {
			e.code = 131000
		}
		if e.status == 0 {
			e.status = http.StatusBadRequest
		}
	case what == rateLimited:
		w.Header().Set("Retry-After", "1")
		e = &refusal{http.StatusTooManyRequests, 130429, "Too many messages were sent from this phone number."}
	case e == nil:
		e = c.out.check()
	}
	if e == nil && (what == noTrouble || !b.Lost) {
		e = s.route(c)
	}
	s.record(c.recorded(outcome(c, e, what)))
	s.busy++
	defer s.idle()
	s.touch()
	s.mu.Unlock()
	if e != nil {
		refuse(w, e)
		return
	}
	early := s.statusFirst(c)
	defer s.finish(c, early) // also when respond drops the connection by a panic
	respond(w, what, c.result)
}

// idle ends a send.
func (s *Sim) idle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	s.touch()
}

func outcome(c *sendCall, e *refusal, what trouble) string {
	switch {
	case e != nil:
		return "refused"
	case c.id == "":
		return "dropped"
	case what != noTrouble:
		return "unanswered"
	case c.phone == nil && c.out.RecipientType != "group":
		return "vanished"
	}
	return "accepted"
}

// route finds the recipient, puts the message into the chat and prepares the
// answer. The lock is held.
func (s *Sim) route(c *sendCall) *refusal {
	o := c.out
	if e := s.checkState(c); e != nil {
		return e
	}
	switch {
	case o.RecipientType == "group":
		c.id = newWamid(o.To, true)
		c.result = obj{"messaging_product": "whatsapp", "contacts": []any{obj{"input": o.To, "wa_id": o.To}}, "messages": []any{obj{"id": c.id, "group_id": o.To}}}
		return nil
	case userID.MatchString(o.To):
		// The trap of 2026: a user id in "to" gets a 200 and goes nowhere.
		c.id = newWamid(o.To, true)
		c.result = obj{"messaging_product": "whatsapp", "contacts": []any{obj{"input": o.To, "wa_id": o.To}}, "messages": []any{obj{"id": c.id}}}
		return nil
	}
	p, input, e := s.recipient(c)
	if e != nil {
		return e
	}
	th := p.thread(c.pnid)
	if e := s.checkThread(c, th); e != nil {
		return e
	}
	c.phone, c.id = p, newWamid(p.address(), true)
	s.place(c, th)
	contact := obj{"input": input, "user_id": p.who.UserID}
	if p.who.Phone != "" {
		contact["wa_id"] = p.who.Phone
	}
	message := obj{"id": c.id}
	if o.Type == "template" {
		message["message_status"] = "accepted"
	}
	c.result = obj{"messaging_product": "whatsapp", "contacts": []any{contact}, "messages": []any{message}}
	return nil
}

// checkState finds faults that depend on files and templates.
func (s *Sim) checkState(c *sendCall) *refusal {
	if f := c.out.media(); f != nil && f.ID != "" {
		file := s.media.files[f.ID]
		if file == nil || file.pnid != c.pnid {
			return bad(131009, "Media id "+f.ID+" does not exist for this number.")
		}
		return file.fits(c.out.Type)
	}
	if c.out.Type == "template" {
		want := c.out.Template
		t := s.template(c.number.WABAID, want.Name, want.Language.Code)
		if t == nil {
			return &refusal{http.StatusNotFound, 132001, "template name (" + want.Name + ") does not exist in " + want.Language.Code}
		}
		if t.Category == "AUTHENTICATION" && c.out.To == "" {
			return bad(131062, "Authentication templates need a phone number.")
		}
		c.tmpl = t
		return t.check(want, s.now(), func(id string) bool {
			file := s.media.files[id]
			return file != nil && file.pnid == c.pnid
		})
	}
	return nil
}

func (s *Sim) checkThread(c *sendCall, th *thread) *refusal {
	if c.tmpl != nil {
		if c.tmpl.Category == "MARKETING" && th.noMarketing {
			return bad(131050, "The user stopped marketing messages from this business.")
		}
		return nil
	}
	if s.behaviour.EnforceWindow && s.behaviour.hits(c.pnid) && s.now().Sub(th.lastInbound) > 24*time.Hour {
		return bad(131047, "More than 24 hours have passed since the customer last replied to this number.")
	}
	return nil
}

// recipient finds the phone that a message goes to. A number wins over an id.
func (s *Sim) recipient(c *sendCall) (p *Phone, input string, e *refusal) {
	if c.out.To == "" {
		p = s.byUser[c.out.Recipient]
		if p == nil {
			return nil, "", bad(131026, "No such user for this business.")
		}
		return p, c.out.Recipient, nil
	}
	number := digits(c.out.To)
	if len(number) < 5 || len(number) > 15 || strings.Trim(c.out.To, "+0123456789 -().") != "" {
		return nil, "", bad(131009, "Param to is not a phone number.")
	}
	if number == c.number.digits() {
		return nil, "", bad(131021, "Sender and recipient are the same.")
	}
	p = s.byPhone[number]
	if p == nil && s.opts.StrictRecipients {
		return nil, "", bad(131026, "The recipient is not on WhatsApp.")
	}
	if p == nil {
		p = s.customer(Customer{Phone: number})
	}
	return p, c.out.To, nil
}

// place shows the message on the phone. A reaction goes onto its target.
func (s *Sim) place(c *sendCall, th *thread) {
	m := c.out.bubble(c.tmpl)
	m.ID, m.At, m.Payload = c.id, s.now(), c.body
	if f := s.media.files[m.MediaID]; f != nil {
		m.MediaType = f.contentType
	}
	th.typingUntil = time.Time{}
	if r := c.out.Reaction; c.out.Type == "reaction" {
		if target := th.find(r.MessageID); target != nil {
			target.Reaction = *r.Emoji
		}
		return
	}
	th.add(m)
}

// statusFirst delivers the status sent before the answer, if that is asked
// for, and reports whether it did.
func (s *Sim) statusFirst(c *sendCall) bool {
	s.mu.Lock()
	b := s.behaviour
	if c.phone == nil || !b.StatusBeforeAnswer || !b.hits(c.pnid) || b.DropStatuses || s.callback == "" {
		s.mu.Unlock()
		return false
	}
	m := c.phone.thread(c.pnid).find(c.id)
	if m == nil {
		s.mu.Unlock()
		return false
	}
	m.Status = "sent"
	body := wire(changeEntry(&c.number, "messages", s.statusValue(c.phone, m, "sent")))
	s.mu.Unlock()
	return s.post(s.ctx, delivery{body: body, secret: c.number.AppSecret})
}

// respond answers an accepted send, well or badly.
func respond(w http.ResponseWriter, what trouble, result obj) {
	switch what {
	case resetAfter:
		reset(w)
	case html502:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head></html>")
	case truncated:
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = io.WriteString(w, `{"messaging_product":"whatsapp","contacts":[{"input":"+4`)
	default:
		answer(w, http.StatusOK, result)
	}
}

// reset drops the connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		panic(http.ErrAbortHandler) // the server's own way to drop a connection
	}
	if err == nil {
		_ = conn.Close()
	}
}

// finish makes what follows an answer: the statuses.
func (s *Sim) finish(c *sendCall, sentAlready bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.phone == nil || c.id == "" {
		return
	}
	if r := c.out.Reaction; c.out.Type == "reaction" {
		s.reactionStatus(c, r.MessageID)
		return
	}
	s.accepted(c.pnid, c.phone, c.id, sentAlready)
}

// reactionStatus tells the only status that a reaction gets.
func (s *Sim) reactionStatus(c *sendCall, target string) {
	m := &PhoneMessage{ID: c.id, Type: "reaction", Opaque: c.out.Opaque}
	if c.phone.thread(c.pnid).find(target) == nil {
		s.fail(c.pnid, c.phone, m, 131009)
		return
	}
	s.status(c.pnid, c.phone, m, "sent")
}

// markRead marks the customer's messages up to one as read, and shows that
// somebody writes.
func (s *Sim) markRead(w http.ResponseWriter, r *http.Request, pnid string, o *outbound) {
	if _, e := s.authorize(r, pnid); e != nil {
		refuse(w, e)
		return
	}
	if o.Status != "read" || o.MessageID == "" || o.Product != "whatsapp" {
		refuse(w, bad(100, "A read receipt needs messaging_product, status \"read\" and message_id."))
		return
	}
	s.mu.Lock()
	found := s.readThread(pnid, o.MessageID, o.Typing != nil)
	if found {
		s.reads = limit(append(s.reads, RecordedRead{At: s.now(), MessageID: o.MessageID, Typing: o.Typing != nil}), maxRecords)
	}
	s.touch()
	s.mu.Unlock()
	if !found {
		refuse(w, bad(100, "Message with this id does not exist."))
		return
	}
	answer(w, http.StatusOK, obj{"success": true})
}

func (s *Sim) readThread(pnid, wamid string, typing bool) bool {
	for _, p := range s.phones {
		th := p.threads[pnid]
		if th == nil || th.find(wamid) == nil {
			continue
		}
		for i := range th.messages {
			m := &th.messages[i]
			if !m.FromBusiness {
				m.Status = "read"
			}
			if m.ID == wamid {
				break
			}
		}
		if typing {
			th.typingUntil = s.now().Add(25 * time.Second)
		}
		return true
	}
	return false
}
