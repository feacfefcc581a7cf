package sim

import "strconv"

// ChangeNumber moves the customer to a new number. Every business that the
// customer talked to is told; the user id changes too.
func (p *Phone) ChangeNumber(number string) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	number = digits(number)
	old, oldUser := p.who.Phone, p.who.UserID
	fresh := s.newUserID()
	system := obj{
		"type": "user_changed_number", "wa_id": number, "user_id": fresh, "previous_user_id": oldUser,
		"body": "User " + p.who.Name + " changed from " + old + " to " + number,
	}
	for pnid := range p.threads {
		p.sendLocked(pnid, "system", system, PhoneMessage{Type: "system", Text: "You changed your number"})
	}
	p.rename(number, fresh)
}

// ChangeUserID gives the customer a new user id and nothing else; businesses
// see no phone number.
func (p *Phone) ChangeUserID() {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := s.newUserID()
	for pnid := range p.threads {
		n, err := s.number(pnid)
		if err != nil {
			continue
		}
		s.change(n, "messages", obj{"messages": []any{obj{
			"id": newWamid(p.address(), false), "timestamp": strconv.FormatInt(s.now().Unix(), 10), "type": "system",
			"system": obj{"type": "user_changed_user_id", "user_id": fresh, "previous_user_id": p.who.UserID, "body": "User changed their user id"},
		}}})
	}
	p.rename(p.who.Phone, fresh)
}

func (p *Phone) rename(number, userID string) {
	delete(p.sim.byPhone, p.who.Phone)
	delete(p.sim.byUser, p.who.UserID)
	p.who.Phone, p.who.UserID = number, userID
	p.sim.index(p)
	p.sim.touch()
}

// Read reads a message of the business, which is told once.
func (p *Phone) Read(wamid string) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	for pnid, th := range p.threads {
		if m := th.find(wamid); m != nil && m.FromBusiness && m.Status != "read" && m.Status != "failed" {
			s.status(pnid, p, m, "read")
		}
	}
}

// Play plays a voice note of the business.
func (p *Phone) Play(wamid string) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	for pnid, th := range p.threads {
		if m := th.find(wamid); m != nil && m.FromBusiness && m.Voice {
			s.status(pnid, p, m, "played")
		}
	}
}

// SetMarketing lets the customer stop or resume marketing messages.
func (p *Phone) SetMarketing(pnid string, stop bool) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.number(pnid)
	if err != nil {
		return
	}
	p.thread(pnid).noMarketing = stop
	value := "resume"
	if stop {
		value = "stop"
	}
	preference := obj{
		"user_id": p.who.UserID, "category": "marketing_messages", "value": value,
		"detail": "User requested to " + value + " marketing messages", "timestamp": s.now().Unix(),
	}
	if p.who.Phone != "" {
		preference["wa_id"] = p.who.Phone
	}
	s.change(n, "user_preferences", obj{"contacts": []any{p.contact()}, "user_preferences": []any{preference}})
	s.touch()
}

// Call rings the business.
func (p *Phone) Call(pnid string) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.number(pnid)
	if err != nil {
		return
	}
	call := obj{
		"id": "wacid." + newWamid(p.address(), false)[6:], "to": n.digits(), "from_user_id": p.who.UserID,
		"event": "connect", "direction": "USER_INITIATED", "timestamp": strconv.FormatInt(s.now().Unix(), 10),
	}
	if p.who.Phone != "" {
		call["from"] = p.who.Phone
	}
	p.thread(pnid).lastInbound = s.now()
	s.change(n, "calls", obj{"contacts": []any{p.contact()}, "calls": []any{call}})
	s.touch()
}

// Echo is a message that a colleague sends to the customer from the phone app
// of the business.
func (p *Phone) Echo(pnid, text string) string {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.number(pnid)
	if err != nil {
		return ""
	}
	id := newWamid(p.address(), true)
	echo := obj{
		"id": id, "from": n.digits(), "to_user_id": p.who.UserID, "type": "text", "text": obj{"body": text},
		"timestamp": strconv.FormatInt(s.now().Unix(), 10),
	}
	if p.who.Phone != "" {
		echo["to"] = p.who.Phone
	}
	p.thread(pnid).add(PhoneMessage{ID: id, FromBusiness: true, Type: "text", Text: text, Status: "delivered", At: s.now()})
	s.change(n, "smb_message_echoes", obj{"contacts": []any{p.contact()}, "message_echoes": []any{echo}})
	s.touch()
	return id
}
