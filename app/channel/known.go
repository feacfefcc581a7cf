package channel

import (
	"context"
	"crypto/subtle"
	"slices"

	"badala/app/db"
)

// numbers is every connected number of the install, as of one moment. Nothing
// in it changes.
type numbers struct {
	generation int64
	byNumberID map[string]*Channel
	byWABA     map[string][]*Channel
	secrets    []string // distinct
	tokens     []string // for verification
}

// forget makes the next use read the numbers again.
func (s *Service) forget() { s.generation.Add(1) }

// numbers gives the connected numbers, from memory unless one has changed.
func (s *Service) numbers(ctx context.Context) (*numbers, error) {
	if n := s.known.Load(); n != nil && n.generation == s.generation.Load() {
		return n, nil
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	// The generation is read before the rows: a change in between makes the
	// copy stale, never fresh.
	g := s.generation.Load()
	if n := s.known.Load(); n != nil && n.generation == g {
		return n, nil
	}
	all, err := db.All(s.db.Read(ctx), s.scan, `SELECT `+channelColumns+` FROM channel WHERE archived_at = 0 ORDER BY id`)
	if err != nil {
		return nil, err
	}
	n := &numbers{generation: g, byNumberID: map[string]*Channel{}, byWABA: map[string][]*Channel{}}
	for i := range all {
		c := &all[i]
		n.byNumberID[c.PhoneNumberID] = c
		n.byWABA[c.WABAID] = append(n.byWABA[c.WABAID], c)
		if c.AppSecret != "" && !slices.Contains(n.secrets, c.AppSecret) {
			n.secrets = append(n.secrets, c.AppSecret)
		}
		if c.VerifyToken != "" {
			n.tokens = append(n.tokens, c.VerifyToken)
		}
	}
	s.known.Store(n)
	return n, nil
}

// VerifyChallenge says whether token is the verify token of a number, and
// notes on such numbers that Meta has checked the callback address.
func (s *Service) VerifyChallenge(ctx context.Context, token string) bool {
	n, err := s.numbers(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "numbers not read", "err", err)
		return false
	}
	ok := 0
	for _, t := range n.tokens {
		ok |= subtle.ConstantTimeCompare([]byte(t), []byte(token))
	}
	if ok != 1 || token == "" {
		return false
	}
	if err := s.noteVerified(ctx, n, token); err != nil {
		s.log.WarnContext(ctx, "check of the callback address not noted", "err", err)
	}
	return true
}

func (s *Service) noteVerified(ctx context.Context, n *numbers, token string) error {
	var fresh []*Channel
	for _, c := range n.byNumberID {
		if c.VerifyToken == token && c.VerifiedAt == 0 {
			fresh = append(fresh, c)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, c := range fresh {
			changed, err := tx.Exec(`UPDATE channel SET verified_at = ? WHERE id = ? AND org_id = ? AND verified_at = 0`, tx.Now(), c.ID, c.OrgID)
			if err != nil {
				return err
			}
			if changed == 0 {
				continue
			}
			if err := s.recordTx(tx, eventUpdated, *c, byMeta, "verified", ""); err != nil {
				return err
			}
		}
		tx.AfterCommit(s.forget)
		return nil
	})
}
