package health

import (
	"strings"

	"badala/app/db"
)

// hostAreas are the checks of the install itself.
var hostAreas = []area[probe]{
	{"database", (*Service).database}, {"disk", (*Service).disk}, {"jobs", (*Service).jobs}, {"backups", (*Service).backups},
	{"address", (*Service).address}, {"secrets", (*Service).secrets}, {"meta", (*Service).graph}, {"clock", (*Service).clock}, {"s3", (*Service).s3},
}

const walMuch = 256 << 20

// database tells whether the file can be written, and keeps its log small.
func (s *Service) database(_ db.Q, p probe) (found []Finding, _ error) {
	if p.writing != "" {
		found = one(Bad, "database.writing", text(p.writing))
	}
	if size := s.DB.WALSize(); size > walMuch {
		found = append(found, one(Warn, "wal", bytes(size))...)
	}
	return found, nil
}

// disk tells how much room is left, and for how many days.
func (s *Service) disk(q db.Q, _ probe) ([]Finding, error) {
	d, err := s.DB.Disk()
	if err != nil {
		return one(Warn, "disk.unknown", text(err.Error())), nil
	}
	return diskFindings(q, s.DB.Now(), d)
}

func diskFindings(q db.Q, now int64, d db.Disk) ([]Finding, error) {
	switch {
	case d.Free < db.DiskSends:
		return one(Bad, "disk.full", bytes(d.Free)), nil
	case d.Free < db.DiskExtra:
		return one(Bad, "disk.stopped", bytes(d.Free)), nil
	case d.Low():
		return one(Warn, "disk.low", bytes(d.Free)), nil
	}
	growth, err := growthOf(q, now)
	if err != nil || growth <= 0 {
		return nil, err
	}
	switch left := d.Free / growth; {
	case left < 7:
		return one(Bad, "disk.days", count(int(left)), bytes(d.Free)), nil
	case left < 30:
		return one(Warn, "disk.days", count(int(left)), bytes(d.Free)), nil
	}
	return nil, nil
}

const (
	lateJobs = 15 * minute
	deadMany = 1
)

// jobs finds work that was given up, and work that nobody begins.
func (s *Service) jobs(q db.Q, _ probe) (found []Finding, _ error) {
	now := s.DB.Now()
	if now-s.started > lateJobs { // after a start there is a backlog to work off
		late, err := s.Queue.Overdue(q, now-lateJobs)
		if err != nil {
			return nil, err
		}
		if len(late) > 0 {
			level := Warn
			if now-late[0].Since > 4*lateJobs {
				level = Bad
			}
			found = one(level, "jobs.late", span(now-late[0].Since), phrase(jobName(late[0].Kind)))
		}
	}
	dead, err := s.Queue.CountDead(q)
	if err != nil {
		return nil, err
	}
	if dead >= deadMany {
		found = append(found, one(Warn, "jobs.dead", count(dead))...)
	}
	return found, nil
}

// backups tells whether there is a good copy, and whether it was proven.
func (s *Service) backups(q db.Q, _ probe) (found []Finding, _ error) {
	if s.Demo || s.Backups == nil {
		return nil, nil
	}
	st, err := s.Backups.Status(q)
	if err != nil {
		return nil, err
	}
	switch {
	case st.Late && st.Last.ID == 0:
		found = one(Bad, "backup.none")
	case st.Late:
		found = one(Bad, "backup.late", moment(st.Last.At))
	case st.Failed.ID != 0:
		found = one(Warn, "backup.failed", moment(st.Failed.At), text(st.Failed.Error))
	case st.Off:
		found = one(Warn, "backup.off")
	}
	switch {
	case st.Late: // first things first
	case st.Unproven:
		found = append(found, one(Warn, "backup.unproven")...)
	}
	if st.SameDevice {
		found = append(found, one(Warn, "backup.device")...)
	}
	return found, nil
}

// address tells how people and Meta reach the server, and its certificate.
func (s *Service) address(db.Q, probe) ([]Finding, error) {
	if s.Demo {
		return nil, nil
	}
	switch {
	case s.PublicURL == "":
		return one(Warn, "address.none"), nil
	case !strings.HasPrefix(s.PublicURL, "https://"):
		return one(Warn, "address.plain", text(s.PublicURL)), nil
	}
	c := s.Certificate()
	if c.Domain == "" {
		return nil, nil
	}
	left := db.Millis(c.Until) - s.DB.Now()
	switch {
	case c.Until.IsZero() && c.Problem == "" && s.DB.Now()-s.started < 5*minute: // it is being fetched
		return nil, nil
	case c.Until.IsZero():
		return one(Bad, "cert.none", text(c.Domain), text(c.Problem)), nil
	case left <= 0:
		return one(Bad, "cert.over", text(c.Domain), moment(db.Millis(c.Until)), text(c.Problem)), nil
	case left < 3*day:
		return one(Bad, "cert.soon", text(c.Domain), moment(db.Millis(c.Until)), text(c.Problem)), nil
	case left < 14*day:
		return one(Warn, "cert.soon", text(c.Domain), moment(db.Millis(c.Until)), text(c.Problem)), nil
	}
	return nil, nil
}

// secrets tells whether stored secrets are encrypted.
func (s *Service) secrets(db.Q, probe) ([]Finding, error) {
	if s.Demo || s.HasKey {
		return nil, nil
	}
	return one(Warn, "key.none"), nil
}

// graph tells whether Meta can be reached.
func (s *Service) graph(_ db.Q, p probe) ([]Finding, error) {
	if p.graph == "" {
		return nil, nil
	}
	return one(Bad, "meta.away", text(p.graph)), nil
}

const (
	skewMuch    = minute
	skewTooMuch = 5 * minute
)

// clock compares this machine's clock with Meta's.
func (s *Service) clock(_ db.Q, p probe) ([]Finding, error) {
	off := max(p.skew, -p.skew)
	key := "clock.fast"
	if p.skew < 0 {
		key = "clock.slow"
	}
	switch {
	case off > skewTooMuch:
		return one(Bad, key, span(off)), nil
	case off > skewMuch:
		return one(Warn, key, span(off)), nil
	}
	return nil, nil
}

// s3 tells whether the bucket of the media can be used.
func (s *Service) s3(_ db.Q, p probe) ([]Finding, error) {
	if p.bucket == "" {
		return nil, nil
	}
	return one(Bad, "s3.away", text(p.bucket)), nil
}
