package sim

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Customer is a person with WhatsApp. With no Phone the business sees only the
// user id, as with people who hide their number.
type Customer struct {
	Phone    string
	UserID   string // business-scoped; made up when empty
	Name     string
	Username string
	// Dialled lists other spellings of the number that reach the same person.
	Dialled []string
}

// Phone is what a customer holds in their hand.
type Phone struct {
	sim *Sim
	id  string

	// The lock of sim guards what follows.
	who     Customer
	open    bool // reads at once what arrives
	offline bool // receives nothing
	threads map[string]*thread
}

// thread is the chat of one customer with one business number.
type thread struct {
	messages    []PhoneMessage
	typingUntil time.Time
	lastInbound time.Time
	noMarketing bool
}

// PhoneMessage is one bubble on a phone.
type PhoneMessage struct {
	ID           string
	FromBusiness bool
	Type         string
	Text         string // body or caption, variables filled in
	ReplyTo      string
	Buttons      []PhoneButton
	MediaID      string
	MediaType    string
	Filename     string
	Voice        bool
	Media        []byte // nil when the file came as a link
	Latitude     float64
	Longitude    float64
	// Reaction is the emoji the other side put on it, OwnReaction the one of
	// the customer.
	Reaction, OwnReaction string
	// Status of a message of the business: sent, delivered, read, failed. Of
	// the customer's: sent, read.
	Status  string
	Edited  bool
	Deleted bool
	Opaque  string
	Payload json.RawMessage // what the business posted
	At      time.Time
}

// PhoneButton is something that can be tapped. Kind is reply, list, template
// or url.
type PhoneButton struct{ Kind, ID, Title string }

// Customer gives the phone of a customer, made on first use. The same number
// or user id is the same phone.
func (s *Sim) Customer(c Customer) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.customer(c)
}

// Customers lists all phones, oldest first.
func (s *Sim) Customers() []*Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.phones)
}

func (s *Sim) customer(c Customer) *Phone {
	c.Phone = digits(c.Phone)
	if p := s.byUser[c.UserID]; p != nil && c.UserID != "" {
		return p
	}
	if p := s.byPhone[c.Phone]; p != nil && c.Phone != "" {
		return p
	}
	s.serial++
	if c.UserID == "" {
		c.UserID = s.newUserID()
	}
	p := &Phone{sim: s, id: fmt.Sprintf("c%d", s.serial), who: c, threads: map[string]*thread{}}
	s.phones = append(s.phones, p)
	s.index(p)
	if len(s.phones) > maxPhones {
		s.forget(s.phones[0])
	}
	s.touch()
	return p
}

func (s *Sim) newUserID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("ZZ.%020d", binary.BigEndian.Uint64(b[:]))
}

func (s *Sim) index(p *Phone) {
	s.byUser[p.who.UserID] = p
	for _, number := range append([]string{p.who.Phone}, p.who.Dialled...) {
		if number = digits(number); number != "" {
			s.byPhone[number] = p
		}
	}
}

func (s *Sim) forget(p *Phone) {
	s.phones = slices.DeleteFunc(s.phones, func(q *Phone) bool { return q == p })
	for k, q := range s.byUser {
		if q == p {
			delete(s.byUser, k)
		}
	}
	for k, q := range s.byPhone {
		if q == p {
			delete(s.byPhone, k)
		}
	}
}

// Who gives the customer as the phone is now.
func (p *Phone) Who() Customer {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	return p.who
}

// ID names the phone in the control API.
func (p *Phone) ID() string { return p.id }

// SetOpen makes the phone read at once what arrives.
func (p *Phone) SetOpen(open bool) {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	p.open = open
	p.sim.touch()
}

// SetOffline cuts the phone off. Back online it receives what has waited.
func (p *Phone) SetOffline(offline bool) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	p.offline = offline
	if !offline {
		for pnid, th := range p.threads {
			for i := range th.messages {
				if m := &th.messages[i]; m.FromBusiness && m.Status == "sent" {
					s.arrive(pnid, p, m.ID)
				}
			}
		}
	}
	s.touch()
}

// Thread gives the chat with a business number, oldest first.
func (p *Phone) Thread(pnid string) []PhoneMessage {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	th := p.threads[pnid]
	if th == nil {
		return nil
	}
	messages := slices.Clone(th.messages)
	for i := range messages {
		if f := p.sim.media.files[messages[i].MediaID]; f != nil {
			messages[i].Media = f.bytes
		}
	}
	return messages
}

// WaitFor waits until a message in any thread satisfies pred, and gives it.
func (p *Phone) WaitFor(ctx context.Context, pred func(PhoneMessage) bool) (PhoneMessage, error) {
	var found PhoneMessage
	err := p.sim.wait(ctx, func() bool {
		for _, th := range p.threads {
			for _, m := range th.messages {
				if f := p.sim.media.files[m.MediaID]; f != nil {
					m.Media = f.bytes
				}
				if pred(m) {
					found = m
					return true
				}
			}
		}
		return false
	})
	return found, err
}

// IsTyping reports whether the business shows that it writes.
func (p *Phone) IsTyping(pnid string) bool {
	p.sim.mu.Lock()
	defer p.sim.mu.Unlock()
	th := p.threads[pnid]
	return th != nil && th.typingUntil.After(p.sim.now())
}

// thread gives the chat with a number. The lock is held.
func (p *Phone) thread(pnid string) *thread {
	th := p.threads[pnid]
	if th == nil {
		th = &thread{}
		p.threads[pnid] = th
	}
	return th
}

func (th *thread) find(id string) *PhoneMessage {
	for i := range th.messages {
		if th.messages[i].ID == id && id != "" {
			return &th.messages[i]
		}
	}
	return nil
}

func (th *thread) add(m PhoneMessage) { th.messages = limit(append(th.messages, m), maxThread) }

// address is what the business dials or sees: the phone, else the user id.
func (p *Phone) address() string {
	if p.who.Phone != "" {
		return p.who.Phone
	}
	return p.who.UserID
}

// contact is the person in the contacts of a webhook.
func (p *Phone) contact() obj {
	profile := obj{}
	if p.who.Name != "" {
		profile["name"] = p.who.Name
	}
	if p.who.Username != "" {
		profile["username"] = p.who.Username
	}
	c := obj{"profile": profile, "user_id": p.who.UserID}
	if p.who.Phone != "" {
		c["wa_id"] = p.who.Phone
	}
	return c
}

// newWamid makes a message id. Like Meta's it is long, opaque and may hold
// +, / and =.
func newWamid(address string, fromBusiness bool) string {
	direction := byte(0x12)
	if fromBusiness {
		direction = 0x11
	}
	b := append([]byte{0x1c, 0x18, byte(len(address))}, address...)
	b = append(b, 0x15, 0x02, 0x00, direction, 0x18, 0x14)
	tail := make([]byte, 20)
	_, _ = rand.Read(tail) // never fails
	return "wamid." + base64.StdEncoding.EncodeToString(append(b, tail...))
}
