package sim

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"badala/app/meta"
)

// mediaFile is a file that Meta keeps.
type mediaFile struct {
	id, pnid              string
	contentType, filename string
	sha256                string // hex
	bytes                 []byte
}

// mediaStore keeps files until they are too many; the oldest go first.
type mediaStore struct {
	files map[string]*mediaFile
	order []string
	total int
	key   [16]byte // of download addresses
}

func (m *mediaStore) add(pnid, contentType, filename string, b []byte) *mediaFile {
	if m.total == 0 {
		_, _ = rand.Read(m.key[:]) // never fails
	}
	sum := sha256.Sum256(b)
	f := &mediaFile{
		id: newMediaID(), pnid: pnid, contentType: contentType, filename: filename,
		sha256: hex.EncodeToString(sum[:]), bytes: b,
	}
	m.files[f.id] = f
	m.order = append(m.order, f.id)
	m.total += len(b)
	for m.total > maxMediaBytes && len(m.order) > 1 {
		m.drop(m.order[0])
		m.order = m.order[1:]
	}
	return f
}

func (m *mediaStore) drop(id string) {
	if f := m.files[id]; f != nil {
		m.total -= len(f.bytes)
		delete(m.files, id)
	}
}

func newMediaID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return strconv.FormatUint(1e15+binary.BigEndian.Uint64(b[:])%(8e15), 10)
}

// Limits of Meta by kind of message.
var kindLimits = map[string]struct {
	types []string
	size  int
}{
	"image":    {[]string{"image/jpeg", "image/png"}, 5 << 20},
	"video":    {[]string{"video/mp4", "video/3gpp"}, 16 << 20},
	"audio":    {[]string{"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}, 16 << 20},
	"sticker":  {[]string{"image/webp"}, 500 << 10},
	"document": {nil, meta.MaxMedia},
}

func bareType(contentType string) string {
	bare, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(bare))
}

// fits reports whether a file can be sent as a kind of message.
func (f *mediaFile) fits(kind string) *refusal {
	limit := kindLimits[kind]
	ok := limit.types == nil
	for _, t := range limit.types {
		ok = ok || t == bareType(f.contentType)
	}
	if !ok {
		return bad(131053, "A file of type "+f.contentType+" cannot be sent as "+kind+".")
	}
	if len(f.bytes) > limit.size {
		return bad(131053, "The file is too large to be sent as "+kind+".")
	}
	return nil
}

// upload answers POST /{number}/media.
func (s *Sim) upload(w http.ResponseWriter, r *http.Request, pnid string) {
	if _, e := s.authorize(r, pnid); e != nil {
		refuse(w, e)
		return
	}
	if s.mediaTrouble(w, pnid) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, meta.MaxMedia+1<<20)
	if err := r.ParseMultipartForm(8 << 20); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			refuse(w, bad(100, "Param file must be at most 100 MB."))
			return
		}
		refuse(w, bad(100, "The body is no multipart form."))
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	f, e := readUpload(r)
	if e != nil {
		refuse(w, e)
		return
	}
	s.mu.Lock()
	f = s.media.add(pnid, f.contentType, f.filename, f.bytes)
	s.mu.Unlock()
	answer(w, http.StatusOK, obj{"id": f.id})
}

// readUpload takes the file out of a form.
func readUpload(r *http.Request) (*mediaFile, *refusal) {
	if r.FormValue("messaging_product") != "whatsapp" {
		return nil, bad(100, "The parameter messaging_product is required.")
	}
	file, head, err := r.FormFile("file")
	if err != nil {
		return nil, bad(100, "The parameter file is required.")
	}
	defer file.Close()
	contentType := head.Header.Get("Content-Type")
	switch bare := bareType(contentType); {
	case !strings.Contains(bare, "/"), bare == "application/octet-stream":
		return nil, bad(100, "Param file must be a file with one of the allowed types. Received file of type '"+contentType+"'.")
	case bareType(r.FormValue("type")) != bare:
		return nil, bad(100, "Param type does not match the type of the file.")
	}
	b, err := io.ReadAll(file)
	if err != nil || len(b) == 0 {
		return nil, bad(100, "The file is empty or cut off.")
	}
	if len(b) > meta.MaxMedia {
		return nil, bad(100, "Param file must be at most 100 MB.")
	}
	return &mediaFile{contentType: contentType, filename: head.Filename, bytes: b}, nil
}

// mediaTrouble fails a media call if that is asked for.
func (s *Sim) mediaTrouble(w http.ResponseWriter, pnid string) bool {
	s.mu.Lock()
	failed := s.behaviour.hits(pnid) && take(&s.behaviour.MediaFail)
	s.mu.Unlock()
	if failed {
		refuse(w, &refusal{http.StatusInternalServerError, 131000, "This failure was asked for."})
	}
	return failed
}

// file finds a file that the token of a call may see.
func (s *Sim) file(r *http.Request, id string) (*mediaFile, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.media.files[id]
	owner := s.tokenOwner(r)
	switch {
	case owner == nil:
		return nil, badToken
	case f == nil:
		return nil, noSuchNode
	case s.numbers[f.pnid] == nil || s.numbers[f.pnid].WABAID != owner.WABAID:
		return nil, noSuchNode
	}
	if want := r.URL.Query().Get("phone_number_id"); want != "" && want != f.pnid {
		return nil, noSuchNode
	}
	return f, nil
}

// mediaInfo answers GET /{media}.
func (s *Sim) mediaInfo(w http.ResponseWriter, r *http.Request, id string) {
	f, e := s.file(r, id)
	if e != nil {
		refuse(w, e)
		return
	}
	if s.mediaTrouble(w, f.pnid) {
		return
	}
	s.mu.Lock()
	address := s.mediaURL(f)
	s.mu.Unlock()
	answer(w, http.StatusOK, obj{
		"messaging_product": "whatsapp", "id": f.id, "url": address, "mime_type": f.contentType,
		"sha256": f.sha256, "file_size": strconv.Itoa(len(f.bytes)),
	})
}

func (s *Sim) deleteMedia(w http.ResponseWriter, r *http.Request, id string) {
	if _, e := s.file(r, id); e != nil {
		refuse(w, e)
		return
	}
	s.mu.Lock()
	s.media.drop(id)
	s.mu.Unlock()
	answer(w, http.StatusOK, obj{"success": true})
}

// mediaLife is how long a download address works.
const mediaLife = 5 * time.Minute

// mediaURL gives a fresh download address, empty while the simulator does not
// know its own. The lock is held.
func (s *Sim) mediaURL(f *mediaFile) string {
	if s.baseURL == "" {
		return ""
	}
	ends := strconv.FormatInt(s.now().Add(mediaLife).Unix(), 10)
	query := url.Values{"mid": {f.id}, "ext": {ends}, "hash": {s.media.hash(f.id, ends)}}
	return s.baseURL + "/lookaside/whatsapp_business/attachments/?" + query.Encode()
}

func (m *mediaStore) hash(id, ends string) string {
	sum := sha256.Sum256(fmt.Appendf(m.key[:len(m.key):len(m.key)], "%s %s", id, ends))
	return "AR" + hex.EncodeToString(sum[:12])
}

// lookaside answers a download. Like Meta it wants a token and a browser or
// program that says who it is.
func (s *Sim) lookaside(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	agent := r.UserAgent()
	if agent == "" || strings.HasPrefix(agent, "Go-http-client") {
		http.Error(w, "<html>Sorry, something went wrong.</html>", http.StatusForbidden)
		return
	}
	f, e := s.file(r, q.Get("mid"))
	if e == badToken {
		refuse(w, e)
		return
	}
	s.mu.Lock()
	good := s.media.hash(q.Get("mid"), q.Get("ext")) == q.Get("hash")
	s.mu.Unlock()
	ends, err := strconv.ParseInt(q.Get("ext"), 10, 64)
	if e != nil || err != nil || !good || s.now().Unix() > ends {
		http.NotFound(w, r)
		return
	}
	if s.mediaTrouble(w, f.pnid) {
		return
	}
	w.Header().Set("Content-Type", f.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(f.bytes)))
	_, _ = w.Write(f.bytes) // the caller is gone if this fails
}
