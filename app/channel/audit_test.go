package channel_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"badala/app/channel"
	"badala/app/db"
)

// lines gives the audit lines of the number, as "action before → after".
func (b *bench) lines() []string {
	b.Helper()
	all, err := db.All(b.q(), func(r *sql.Rows, v *string) error { return r.Scan(v) }, `
		SELECT a.action || ' ' || COALESCE(c.before, '') || ' → ' || COALESCE(c.after, '')
		FROM audit a LEFT JOIN audit_change c ON c.audit_id = a.id WHERE a.org_id = ? ORDER BY a.id`, b.owner.OrgID)
	if err != nil {
		b.Fatal(err)
	}
	return all
}

func TestAudit(t *testing.T) {
	b := open(t, channel.Options{})
	ctx := context.Background()
	c := b.create(b.owner, draftA)
	noErr := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := b.s.Update(ctx, b.owner, c.ID, channel.Draft{Name: "Front desk", VerifyToken: "verify-new"})
	noErr(err)
	_, err = b.s.Update(ctx, b.owner, c.ID, channel.Draft{Name: "Front desk"}) // nothing new
	noErr(err)
	noErr(b.s.Subscribe(ctx, b.owner, c.ID))
	noErr(b.s.Pause(ctx, b.owner, c.ID))
	noErr(b.s.Pause(ctx, b.owner, c.ID))
	noErr(b.s.Resume(ctx, b.owner, c.ID))
	b.write(func(tx *db.Tx) error { // Meta's doing is not a person's
		return errors.Join(b.s.PauseTx(tx, c.ID, channel.ReasonRestricted), b.s.ResumeTx(tx, c.ID))
	})
	noErr(b.s.Delete(ctx, b.owner, c.ID))
	number := `"phoneNumber":"+12125550142","phoneNumberId":"` + numberA + `","wabaId":"` + accountA + `"}`
	want := []string{
		`channel.create  → {"name":"+12125550142",` + number,
		`channel.update {"name":"+12125550142"} → {"name":"Front desk","verifyToken":"changed"}`,
		`channel.subscribe  → `,
		`channel.pause {"state":"CONNECTING"} → {"reason":"manual","state":"PAUSED"}`,
		`channel.resume {"reason":"manual","state":"PAUSED"} → {"state":"CONNECTING"}`,
		`channel.delete {"name":"Front desk",` + number + ` → `,
	}
	if got := b.lines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
