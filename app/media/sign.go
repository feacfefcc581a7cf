package media

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

const (
	pageTTL = 5 * time.Minute // of addresses in pages
	apiTTL  = time.Hour       // of addresses given to programs
)

// SignedURL is the path at which m may be read for at least ttl and less than twice that; 0 means 5 minutes. It stays
// the same for a while, so that a page drawn again shows the same address.
func (s *Service) SignedURL(m Media, ttl time.Duration) string {
	if ttl <= 0 {
		ttl = pageTTL
	}
	step := max(int64(ttl/time.Second), 1)
	until := (s.db.Now()/1000/step + 2) * step
	name := path(m.OrgID, m.Key)
	return "/media/" + name + "?e=" + strconv.FormatInt(until, 10) + "&s=" + s.sign(name, until)
}

// ThumbURL is SignedURL for the preview; of a file without one it is the file's own address.
func (s *Service) ThumbURL(m Media, ttl time.Duration) string {
	u := s.SignedURL(m, ttl)
	if m.HasThumb() {
		u += "&thumb=1"
	}
	return u
}

// DownloadURL is SignedURL for an address that saves the file instead of showing it.
func (s *Service) DownloadURL(m Media, ttl time.Duration) string {
	return s.SignedURL(m, ttl) + "&dl=1"
}

// PublicURL is the whole address for programs elsewhere: in the bucket if that is public, else here, signed for an hour.
func (s *Service) PublicURL(m Media) string { return s.PublicURLFor(m, apiTTL) }

// PublicURLFor is PublicURL, signed for at least ttl: for programs that may be away for a while.
func (s *Service) PublicURLFor(m Media, ttl time.Duration) string {
	if m.store == InBucket && s.bucket != nil && s.bucket.public != "" {
		return s.bucket.public + "/" + path(m.OrgID, m.Key)
	}
	return s.opts.PublicURL + s.SignedURL(m, ttl)
}

func (s *Service) sign(name string, until int64) string {
	h := hmac.New(sha256.New, s.signKey)
	h.Write([]byte(name + "\n" + strconv.FormatInt(until, 10)))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

var errLink = errs.New(errs.Forbidden, "this link has expired; open the conversation again")

// verify checks an address: orgs/<org>/uploads/<key> with its query.
func (s *Service) verify(name string, q url.Values) (org int64, key string, err error) {
	until, err := strconv.ParseInt(q.Get("e"), 10, 64)
	if err != nil || !hmac.Equal([]byte(s.sign(name, until)), []byte(q.Get("s"))) || s.db.Now() > until*1000 {
		return 0, "", errLink
	}
	parts := strings.Split(name, "/")
	if len(parts) != 4 || parts[0] != "orgs" || parts[2] != "uploads" {
		return 0, "", errs.New(errs.NotFound, "no such file")
	}
	org, err = db.ParseID("org", parts[1])
	return org, parts[3], err
}
