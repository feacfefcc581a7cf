package broadcast

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
	"badala/app/template"
)

const (
	maxName = 120
	maxGap  = time.Hour
	// farthest is how far ahead a broadcast can be planned.
	farthest = 366 * 24 * time.Hour
)

// Create makes a broadcast: a draft, or with a time one that starts by itself.
func (s *Service) Create(ctx context.Context, who account.Actor, in Input) (b Broadcast, err error) {
	defer errs.Wrap(&err, "broadcast.Create")
	return s.save(ctx, who, 0, in)
}

// Edit changes a broadcast that has not begun. With a time it starts by itself,
// without one it is a draft again.
func (s *Service) Edit(ctx context.Context, who account.Actor, id int64, in Input) (b Broadcast, err error) {
	defer errs.Wrap(&err, "broadcast.Edit(%d)", id)
	return s.save(ctx, who, id, in)
}

func (s *Service) save(ctx context.Context, who account.Actor, id int64, in Input) (b Broadcast, err error) {
	if err := who.Require(account.SendBroadcasts); err != nil {
		return b, err
	}
	wrong := in.check(s.DB.Now())
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		b = Broadcast{OrgID: who.OrgID, CreatedBy: who.ID()}
		action, before := "broadcast.create", any(nil)
		if id != 0 {
			if b, err = s.Get(tx, who.OrgID, id); err != nil {
				return err
			}
			if !b.Editable() {
				return errs.Coded(errs.Conflict, "broadcast_begun", "the broadcast has begun and can not be changed")
			}
			action, before = "broadcast.update", b.told()
		}
		b.take(in)
		all, err := s.checkTx(tx, &b, b.ScheduleAt != 0 && !in.Draft, wrong)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			return errs.Fields(all...)
		}
		b.State = Draft
		if b.ScheduleAt != 0 && !in.Draft {
			b.State = Scheduled
		}
		if id == 0 {
			err = b.insertTx(tx)
		} else {
			err = b.writeTx(tx)
		}
		if err != nil {
			return err
		}
		if err := s.planTx(tx, &b); err != nil {
			return err
		}
		if err := s.tellTx(tx, who, &b, ""); err != nil {
			return err
		}
		return account.AuditTx(tx, who, account.Line{Action: action, Target: Prefix, TargetID: b.ID, Before: before, After: b.told()})
	})
	return b, err
}

// check tells what is wrong with an input by itself, and tidies it.
func (in *Input) check(now int64) []string {
	wrong := in.Audience.clean()
	add := func(ok bool, detail string) {
		if !ok {
			wrong = append(wrong, detail)
		}
	}
	in.Name, in.Template, in.Language = strings.TrimSpace(in.Name), strings.TrimSpace(in.Template), strings.TrimSpace(in.Language)
	add(in.Name != "" && utf8.RuneCountInString(in.Name) <= maxName && utf8.ValidString(in.Name), "name: needs 1 to 120 characters")
	add(in.ChannelID != 0, "channelId: is required")
	add(in.GapMS >= 0 && in.GapMS <= maxGap.Milliseconds(), "gapSeconds: from 0 to 3600")
	add(in.Rate >= 0, "ratePerSecond: must not be negative")
	add(in.ScheduleAt == 0 || in.ScheduleAt > now || in.Draft, "scheduleAt: is over")
	add(in.ScheduleAt <= now+farthest.Milliseconds(), "scheduleAt: at most a year ahead")
	return wrong
}

func (b *Broadcast) take(in Input) {
	b.Name, b.ChannelID, b.Template, b.Language, b.Given, b.Audience = in.Name, in.ChannelID, in.Template, in.Language, in.Given, in.Audience
	b.ScheduleAt, b.OfficeHours, b.Rate, b.GapMS = in.ScheduleAt, in.OfficeHours, in.Rate, in.GapMS
}

// checkTx adds what is wrong with a broadcast in its organisation. What is only
// missing is wrong once all of it is needed: when it starts, or is to start.
func (s *Service) checkTx(tx *db.Tx, b *Broadcast, whole bool, wrong []string) ([]string, error) {
	if b.ChannelID == 0 {
		return wrong, nil
	}
	ch, err := s.Channels.ByID(tx, b.OrgID, b.ChannelID)
	if errs.Is(err, errs.NotFound) {
		return append(wrong, "channelId: there is no such number"), nil
	}
	if err != nil {
		return nil, err
	}
	limit, err := s.Inbox.SendRate(tx, ch)
	if err != nil {
		return nil, err
	}
	if b.Rate > limit {
		wrong = append(wrong, "ratePerSecond: this number may send at most "+itoa(limit))
	}
	if b.Audience.ImportID != 0 {
		if _, err := s.Imports.Get(tx, b.OrgID, b.Audience.ImportID); errs.Is(err, errs.NotFound) {
			wrong = append(wrong, "audience.importId: there is no such import")
		} else if err != nil {
			return nil, err
		}
	}
	more, err := s.wordingWrong(tx, b, whole)
	if err != nil {
		return nil, err
	}
	if wrong = append(wrong, more...); whole && b.Audience.Empty() {
		wrong = append(wrong, "audience: means nobody")
	}
	return wrong, nil
}

// wordingWrong tells what is wrong with template and values; of a draft only
// what can not become right by filling more in.
func (s *Service) wordingWrong(q db.Q, b *Broadcast, whole bool) (wrong []string, err error) {
	if b.Template == "" {
		if whole {
			wrong = append(wrong, "templateName: is required")
		}
		return wrong, nil
	}
	t, spec, err := s.template(q, b)
	if errs.Is(err, errs.NotFound) {
		return append(wrong, "templateName: there is no such template in this language"), nil
	}
	if err != nil {
		return nil, err
	}
	w := newWording(b.Given)
	known, err := s.Fields(q, b.OrgID)
	if err != nil {
		return nil, err
	}
	for _, name := range w.strange(known) {
		wrong = append(wrong, "variables: contacts have no field "+name)
	}
	if !whole || len(wrong) > 0 {
		return wrong, nil
	}
	if e := errs.As(t.Usable()); e != nil {
		return append(wrong, "templateName: "+e.Message), nil
	}
	if e := errs.As(spec.Check(w.example())); e != nil {
		wrong = append(wrong, e.Details...)
	}
	return wrong, nil
}

// template reads the template of a broadcast.
func (s *Service) template(q db.Q, b *Broadcast) (channel.Template, template.Spec, error) {
	t, err := s.Channels.Template(q, b.OrgID, b.ChannelID, b.Template, b.Language)
	if err != nil {
		return t, template.Spec{}, err
	}
	spec, err := t.Spec()
	return t, spec, err
}

// planTx has a broadcast start at its time.
func (s *Service) planTx(tx *db.Tx, b *Broadcast) error {
	if b.State != Scheduled {
		return nil
	}
	return startKind.Add(s.Queue, tx, startArgs{b.OrgID, b.ID, b.ScheduleAt}, queue.Once("%d.%d", b.ID, b.ScheduleAt), queue.At(b.ScheduleAt))
}

// Delete removes a broadcast that is not under way. The messages that it sent
// stay in their conversations.
func (s *Service) Delete(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "broadcast.Delete(%d)", id)
	if err := who.Require(account.SendBroadcasts); err != nil {
		return err
	}
	for {
		more := false
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			b, err := s.Get(tx, who.OrgID, id)
			if err != nil {
				return err
			}
			if b.Working() || b.State == Cancelled && b.Counts.Waiting+b.Counts.Queued > 0 {
				return errs.Coded(errs.Conflict, "broadcast_working", "cancel the broadcast first")
			}
			n, err := tx.Exec(`DELETE FROM broadcast_recipient WHERE id IN (SELECT id FROM broadcast_recipient WHERE broadcast_id = ? AND org_id = ? LIMIT 1000)`, id, who.OrgID)
			if more = n > 0; err != nil || more {
				return err
			}
			if _, err := tx.Exec(`DELETE FROM broadcast WHERE id = ? AND org_id = ?`, id, who.OrgID); err != nil {
				return err
			}
			if err := s.tellTx(tx, who, &b, "deleted"); err != nil {
				return err
			}
			return account.AuditTx(tx, who, account.Line{Action: "broadcast.delete", Target: Prefix, TargetID: id, Before: b.told()})
		})
		if err != nil || !more {
			return err
		}
	}
}

// told is what the audit log tells of a broadcast: no names or numbers of
// customers, and no texts.
func (b *Broadcast) told() map[string]any {
	a := b.Audience
	out := map[string]any{
		"name": b.Name, "channelId": db.FormatID("chan", b.ChannelID), "template": b.Template, "language": b.Language, "status": b.State,
		"ratePerSecond": b.Rate, "officeHours": b.OfficeHours,
	}
	if b.ScheduleAt != 0 {
		out["scheduleAt"] = db.FormatTime(b.ScheduleAt)
	}
	audience := map[string]any{}
	if a.Everyone {
		audience["everyone"] = true
	}
	if len(a.Tags) > 0 {
		audience["tags"] = slices.Clone(a.Tags)
	}
	if a.Search != "" {
		audience["search"] = true
	}
	if a.ImportID != 0 {
		audience["importId"] = db.FormatID("import", a.ImportID)
	}
	for name, n := range map[string]int{"contacts": len(a.ContactIDs), "numbers": len(a.Numbers)} {
		if n > 0 {
			audience[name] = n
		}
	}
	out["audience"] = audience
	return out
}
