package sim

import "strconv"

// accepted makes the statuses that follow an accepted send. The lock is held.
func (s *Sim) accepted(pnid string, p *Phone, id string, sentAlready bool) {
	m := p.thread(pnid).find(id)
	if m == nil {
		return
	}
	if !sentAlready {
		s.status(pnid, p, m, "sent")
	}
	if s.behaviour.hits(pnid) && take(&s.behaviour.FailLater) {
		s.fail(pnid, p, m, s.behaviour.FailCode)
		return
	}
	if !p.offline {
		s.arrive(pnid, p, id)
	}
}

// arrive makes delivered, and read on an open phone, in their own time.
func (s *Sim) arrive(pnid string, p *Phone, id string) {
	step := func() {
		m := p.thread(pnid).find(id)
		if m == nil || m.Status != "sent" {
			return
		}
		s.status(pnid, p, m, "delivered")
		if p.open {
			s.status(pnid, p, m, "read")
		}
	}
	if s.opts.StatusDelay <= 0 {
		step()
		return
	}
	s.later(s.opts.StatusDelay, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		step()
	})
}

// status sets and tells the status of a message. The lock is held.
func (s *Sim) status(pnid string, p *Phone, m *PhoneMessage, status string) {
	m.Status = status
	s.touch()
	n, err := s.number(pnid)
	if err != nil || s.behaviour.hits(pnid) && s.behaviour.DropStatuses {
		return
	}
	s.change(n, "messages", s.statusValue(p, m, status))
}

func (s *Sim) statusValue(p *Phone, m *PhoneMessage, status string) obj {
	item := s.statusItem(p, m, status)
	item["recipient_user_id"] = p.who.UserID
	if status == "sent" || status == "delivered" {
		category := "service"
		if m.Type == "template" {
			category = "utility"
		}
		item["pricing"] = obj{"billable": true, "pricing_model": "PMP", "category": category, "type": "regular"}
	}
	return obj{"contacts": []any{p.contact()}, "statuses": []any{item}}
}

func (s *Sim) statusItem(p *Phone, m *PhoneMessage, status string) obj {
	item := obj{"id": m.ID, "status": status, "timestamp": strconv.FormatInt(s.now().Unix(), 10)}
	if p.who.Phone != "" {
		item["recipient_id"] = p.who.Phone
	}
	if m.Opaque != "" {
		item["biz_opaque_callback_data"] = m.Opaque
	}
	return item
}

// fail tells that a message could not be delivered. Meta leaves the contacts
// out here.
func (s *Sim) fail(pnid string, p *Phone, m *PhoneMessage, code int) {
	if code == 0 {
		code = 131026
	}
	m.Status = "failed"
	s.touch()
	n, err := s.number(pnid)
	if err != nil || s.behaviour.hits(pnid) && s.behaviour.DropStatuses {
		return
	}
	item := s.statusItem(p, m, "failed")
	title := errorTitle(code)
	item["errors"] = []any{webhookError(code, title, title+".")}
	s.change(n, "messages", obj{"statuses": []any{item}})
}

// Fail makes a message of the business fail afterwards with a code, even one
// that was accepted long ago.
func (p *Phone) Fail(wamid string, code int) {
	s := p.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	for pnid, th := range p.threads {
		if m := th.find(wamid); m != nil && m.FromBusiness {
			s.fail(pnid, p, m, code)
		}
	}
}
