package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"badala/app/meta"
)

// obj is a JSON object in the making.
type obj = map[string]any

// delivery is a webhook on its way.
type delivery struct {
	body   []byte
	secret string
	tries  int
}

// A webhook that is refused blocks the ones behind it for inlineTries, then
// takes its place at the end; after maxTries it is given up.
const (
	inlineTries = 6
	maxTries    = 200
	maxPause    = 5 * time.Second
)

// Flush waits until every webhook made so far has been taken, with those that
// follow from sends already answered; statuses delayed by StatusDelay not.
func (s *Sim) Flush(ctx context.Context) error {
	return s.wait(ctx, func() bool { return len(s.queue) == 0 && s.inFlight == 0 && s.busy == 0 })
}

// SendChange sends a change of any field for the account of a number, for
// example a template or account event. value is marshalled as it is.
func (s *Sim) SendChange(pnid, field string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.number(pnid)
	if err != nil {
		s.log.Warn("simulated change for an unknown number")
		return
	}
	s.enqueue(n, []any{obj{"id": n.WABAID, "time": s.now().Unix(), "changes": []any{obj{"field": field, "value": value}}}})
}

// SendWebhook signs body with the secret of a number and sends it unchanged.
func (s *Sim) SendWebhook(pnid string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, err := s.number(pnid); err == nil {
		s.push(delivery{body: bytes.Clone(body), secret: n.AppSecret})
	}
}

// VerifyCallback asks the callback for the challenge, as Meta does when the
// address is saved.
func (s *Sim) VerifyCallback(ctx context.Context, pnid string) error {
	s.mu.Lock()
	n, err := s.number(pnid)
	callback := s.callback
	s.mu.Unlock()
	if err != nil {
		return err
	}
	challenge := fmt.Sprint(rand.Int64N(1e10))
	query := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {challenge}, "hub.verify_token": {n.VerifyToken}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, callback+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(io.LimitReader(res.Body, 1024))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || string(got) != challenge {
		return fmt.Errorf("sim: callback answered %d %q", res.StatusCode, got)
	}
	return nil
}

// change sends a value of a message-like field. The lock is held.
func (s *Sim) change(n *Number, field string, value obj) {
	s.enqueue(n, changeEntry(n, field, value))
}

func changeEntry(n *Number, field string, value obj) []any {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = obj{"display_phone_number": n.digits(), "phone_number_id": n.PhoneNumberID}
	return []any{obj{"id": n.WABAID, "changes": []any{obj{"field": field, "value": value}}}}
}

func (s *Sim) enqueue(n *Number, entries []any) {
	if n.Unsubscribed {
		return
	}
	d := delivery{body: wire(entries), secret: n.AppSecret}
	extra := 0
	if s.behaviour.hits(n.PhoneNumberID) {
		extra = s.behaviour.DuplicateWebhooks
	}
	for range 1 + max(0, extra) {
		s.push(d)
	}
}

func (s *Sim) push(d delivery) {
	if len(s.queue) >= maxQueue {
		s.log.Warn("simulated webhook dropped, too many wait")
		return
	}
	s.queue = append(s.queue, d)
	s.work.Broadcast()
}

// sendWebhooks is one sender.
func (s *Sim) sendWebhooks() {
	for {
		d, ok := s.nextDelivery()
		if !ok {
			return
		}
		s.deliver(d)
		s.mu.Lock()
		s.inFlight--
		s.touch()
		s.mu.Unlock()
	}
}

func (s *Sim) nextDelivery() (delivery, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && (len(s.queue) == 0 || s.callback == "") {
		s.work.Wait()
	}
	if s.closed {
		return delivery{}, false
	}
	i := 0
	if s.behaviour.ShuffleWebhooks {
		i = rand.IntN(min(len(s.queue), 32))
	}
	d := s.queue[i]
	copy(s.queue[1:i+1], s.queue[:i])
	s.queue = s.queue[1:]
	s.inFlight++
	return d, true
}

func (s *Sim) deliver(d delivery) {
	pause := s.opts.RetryFirst
	for range inlineTries {
		d.tries++
		if s.post(s.ctx, d) {
			s.mu.Lock()
			s.delivered++
			s.mu.Unlock()
			return
		}
		s.mu.Lock()
		s.refused++
		s.mu.Unlock()
		select {
		case <-time.After(pause):
		case <-s.ctx.Done():
			return
		}
		pause = min(2*pause, maxPause)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.tries < maxTries {
		s.push(d)
	}
}

// post makes one try and reports whether the callback took it: only a 200
// counts.
func (s *Sim) post(ctx context.Context, d delivery) bool {
	s.mu.Lock()
	callback := s.callback
	s.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, bytes.NewReader(d.body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "facebookexternalua")
	req.Header.Set(meta.SignatureHeader, meta.Sign(d.secret, d.body))
	res, err := s.client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16))
	return err == nil && res.StatusCode == http.StatusOK
}

// wire writes a webhook body the way Meta does: slashes and everything beyond
// ASCII escaped.
func wire(entries []any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	// What goes in is made of maps, strings and numbers, and of raw JSON that
	// was valid when it came.
	if err := enc.Encode(obj{"object": "whatsapp_business_account", "entry": entries}); err != nil {
		return []byte("{}")
	}
	return escape(bytes.TrimSpace(buf.Bytes()))
}

func escape(plain []byte) []byte {
	out := make([]byte, 0, len(plain)+len(plain)/4)
	for len(plain) > 0 {
		r, n := utf8.DecodeRune(plain)
		plain = plain[n:]
		switch {
		case r == '/':
			out = append(out, '\\', '/')
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
