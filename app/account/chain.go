package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// chained is an audit line as its hash covers it: what an erasure takes away,
// the values that tell of a customer, is no part of it.
type chained struct {
	id, org, at, actor, key, target  int64
	kind, action, prefix, detail, ip string
	before, after                    string // of lines that tell of no customer
	hash                             []byte
}

// follow is the hash of the line behind one of that hash.
func (l chained) follow(prev []byte) []byte {
	sum := sha256.Sum256(fmt.Appendf(prev[:len(prev):len(prev)], "\n%d %d %d %q %d %d %q %q %d %q %q %q %q",
		l.id, l.org, l.at, l.kind, l.actor, l.key, l.action, l.prefix, l.target, l.detail, l.ip, l.before, l.after))
	return sum[:]
}

const chainSelect = `SELECT a.id, a.org_id, a.at, a.actor_kind, a.actor_id, a.key_id, a.action, a.target, a.target_id, a.detail, a.ip,
		COALESCE(c.before, ''), COALESCE(c.after, ''), a.hash
	FROM audit a LEFT JOIN audit_change c ON c.audit_id = a.id AND c.contact_id = 0
	WHERE a.id > ? ORDER BY a.id LIMIT 1000`

func scanChained(r *db.Rows, l *chained) error {
	return r.Scan(&l.id, &l.org, &l.at, &l.kind, &l.actor, &l.key, &l.action, &l.prefix, &l.target, &l.detail, &l.ip, &l.before, &l.after, &l.hash)
}

// eachChained gives every line in order.
func eachChained(q db.Q, each func(chained) error) error {
	for last := int64(-1 << 62); ; {
		page, err := db.All(q, scanChained, chainSelect, last)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, l := range page {
			if err := each(l); err != nil {
				return err
			}
		}
		last = page[len(page)-1].id
	}
}

// headTx is the newest line's id and the hash that the next line follows. The
// first line of the chain follows all those that were written before there was one.
func headTx(tx *db.Tx) (last int64, head []byte, err error) {
	type row struct {
		id   int64
		hash []byte
	}
	r, err := db.One(tx, func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.hash) }, `SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1`)
	if errs.Is(err, errs.NotFound) {
		return 0, nil, nil
	}
	if err != nil || r.hash != nil {
		return r.id, r.hash, err
	}
	err = eachChained(tx, func(l chained) error {
		head = l.follow(head)
		return nil
	})
	return r.id, head, err
}

// Chain is what VerifyAudit has seen.
type Chain struct {
	Lines   int
	Unbound int    // of these, written before the chain began and no line has followed yet
	Head    string // hash of the newest line, in hex
	// Broken is the first line that is not as it was written, or does not follow
	// the line before it; "" when all are whole.
	Broken   string
	BrokenAt int64
	// Seen says that the line of a head that was asked for is there.
	Seen bool
}

// VerifyAudit goes through the audit lines of the whole install. seen is the
// head of an earlier day, "" asks for none.
func (s *Service) VerifyAudit(ctx context.Context, seen string) (Chain, error) {
	return verifyAudit(s.db.Read(ctx), seen)
}

func verifyAudit(q db.Q, seen string) (c Chain, err error) {
	var head []byte
	err = eachChained(q, func(l chained) error {
		c.Lines++
		head = l.follow(head)
		switch {
		case l.hash == nil && c.Head == "":
			c.Unbound++
			return nil
		case string(l.hash) != string(head):
			if c.Broken == "" {
				c.Broken, c.BrokenAt = db.FormatID(auditPrefix, l.id), l.at
			}
			head = l.hash // the lines behind are judged by themselves
		}
		c.Head = hex.EncodeToString(l.hash)
		c.Seen = c.Seen || c.Head == seen
		return nil
	})
	if c.Head != "" {
		c.Unbound = 0
	}
	return c, err
}

// KeepHeads writes the head of the audit log to the server's log once a day: a
// copy of that log kept elsewhere shows whether lines were cut off or rewritten.
func (s *Service) KeepHeads(q *queue.Queue) error {
	return q.Every("account.audit_head", "7 3 * * *", nil, func(tx *db.Tx, _ int64) error {
		type row struct {
			id   int64
			hash []byte
		}
		r, err := db.One(tx, func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.hash) }, `SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1`)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err == nil {
			tx.AfterCommit(func() {
				s.log.Info("audit head", "line", db.FormatID(auditPrefix, r.id), "head", hex.EncodeToString(r.hash))
			})
		}
		return err
	})
}
