package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Control gives the JSON API that the simulator's page is made of. Mount it
// behind http.StripPrefix. Bodies and answers are JSON; a fault is
// {"error": "…"} with a 4xx. number is the phone_number_id of a business
// number and may be left out: then it is the first one. Times are Unix
// milliseconds.
//
//	GET  /state                → {rev, numbers:[{id, phone, name}], customers:[customer], behaviour, waiting}
//	GET  /events               → stream of "data: {"rev":n}" whenever something changed: fetch again
//	GET  /customers/{id}       ?number → {customer, typing, messages:[message]}, oldest first
//	POST /customers            {name, phone, username, userId} → customer; no phone hides the number
//	POST /customers/{id}/send  {number, type, text, replyTo, forwarded, latitude, longitude, name, phone} → {id}
//	     type: text picture voice document location contact order ad unsupported broken
//	POST /customers/{id}/file  ?number&kind&filename&caption, body = the file, its Content-Type → {id}
//	POST /customers/{id}/tap   {number, messageId, buttonId} → {id}; a button of a message
//	POST /customers/{id}/react {number, messageId, emoji}; no emoji takes it back → {id}
//	POST /customers/{id}/edit  {number, messageId, text} → {id}
//	POST /customers/{id}/revoke {number, messageId} → {id}
//	POST /customers/{id}/read  {number, messageId}; without messageId: everything
//	POST /customers/{id}/play  {messageId}; a voice note of the business
//	POST /customers/{id}/fail  {messageId, code}; delivery fails afterwards
//	POST /customers/{id}/set   {open, offline, newNumber, stopMarketing, number}; what is left out stays
//	POST /customers/{id}/call  {number}
//	GET  /templates            ?number → [template] of the number's account
//	POST /templates            {number, name, language, status, reason, quality, category}: Meta changes its mind → [template]
//	GET  /media/{id}           → the bytes
//	POST /behaviour            behaviour, replaces the present one → behaviour
//
//	customer:  {id, name, phone, userId, username, open, offline, lastText, lastAt, unread}
//	message:   {id, fromBusiness, type, text, replyTo, buttons:[{kind, id, title}], media: {id, type, filename, voice}|null,
//	            latitude, longitude, reaction, ownReaction, status, edited, deleted, at}
//	template:  {id, name, language, status, quality, category, body}
//	behaviour: the fields of Behaviour in lowerCamelCase, with delayMs; counts: -1 is "until changed"
func (s *Sim) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", s.getState)
	mux.HandleFunc("GET /events", s.getEvents)
	mux.HandleFunc("GET /customers/{id}", s.getCustomer)
	mux.HandleFunc("GET /media/{id}", s.getMedia)
	mux.HandleFunc("GET /templates", s.getTemplates)
	mux.HandleFunc("POST /templates", control(s.setTemplate))
	mux.HandleFunc("POST /customers", control(s.addCustomer))
	mux.HandleFunc("POST /behaviour", control(s.setBehaviour))
	mux.HandleFunc("POST /customers/{id}/file", s.postFile)
	for name, do := range customerActions {
		mux.HandleFunc("POST /customers/{id}/"+name, control(func(r *http.Request, in *controlInput) (any, error) {
			p := s.phoneByID(r.PathValue("id"))
			if p == nil {
				return nil, errNoCustomer
			}
			if in.Number = s.numberOrFirst(in.Number); in.Number == "" {
				return nil, errNoNumber
			}
			return do(p, in)
		}))
	}
	return mux
}

var (
	errNoCustomer = errors.New("no such customer")
	errNoNumber   = errors.New("no such business number")
	errNoMessage  = errors.New("no such message")
)

// controlInput is the body of every POST but /behaviour and /file.
type controlInput struct {
	Number        string  `json:"number"`
	Type          string  `json:"type"`
	Text          string  `json:"text"`
	Name          string  `json:"name"`
	Phone         string  `json:"phone"`
	Username      string  `json:"username"`
	UserID        string  `json:"userId"`
	ReplyTo       string  `json:"replyTo"`
	Forwarded     bool    `json:"forwarded"`
	Latitude      float64 `json:"latitude"`
	Longitude     float64 `json:"longitude"`
	MessageID     string  `json:"messageId"`
	ButtonID      string  `json:"buttonId"`
	Emoji         string  `json:"emoji"`
	Code          int     `json:"code"`
	Open          *bool   `json:"open"`
	Offline       *bool   `json:"offline"`
	NewNumber     string  `json:"newNumber"`
	StopMarketing *bool   `json:"stopMarketing"`
}

// control reads a JSON body, runs do and writes what it gives.
func control[T any](do func(*http.Request, *T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := new(T)
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil && len(body) > 0 {
			err = json.Unmarshal(body, in)
		}
		var out any
		if err == nil {
			out, err = do(r, in)
		}
		switch {
		case errors.Is(err, errNoCustomer), errors.Is(err, errNoNumber), errors.Is(err, errNoMessage), errors.Is(err, errNoTemplate):
			answer(w, http.StatusNotFound, obj{"error": err.Error()})
		case err != nil:
			answer(w, http.StatusBadRequest, obj{"error": err.Error()})
		default:
			answer(w, http.StatusOK, out)
		}
	}
}

func (s *Sim) phoneByID(id string) *Phone {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.phones, func(p *Phone) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return s.phones[i]
}

func (s *Sim) numberOrFirst(pnid string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.numbers[pnid] != nil:
		return pnid
	case pnid == "" && len(s.order) > 0:
		return s.order[0]
	}
	return ""
}

func (s *Sim) addCustomer(_ *http.Request, in *controlInput) (any, error) {
	if in.Phone != "" && (len(digits(in.Phone)) < 5 || len(digits(in.Phone)) > 15) {
		return nil, fmt.Errorf("%q is not a phone number", in.Phone)
	}
	if in.UserID != "" && !userID.MatchString(in.UserID) {
		return nil, fmt.Errorf("%q is not a user id", in.UserID)
	}
	p := s.Customer(Customer{Phone: in.Phone, Name: in.Name, Username: strings.TrimPrefix(in.Username, "@"), UserID: in.UserID})
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.json(), nil
}

func (s *Sim) setBehaviour(_ *http.Request, in *behaviourJSON) (any, error) {
	b := in.behaviour()
	s.Misbehave(b)
	return behaviourJSON{b, b.Delay.Milliseconds()}, nil
}

// maxListed is how many customers the state shows, those with news first.
const maxListed = 200

func (s *Sim) getState(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	numbers, customers := []obj{}, []customerJSON{}
	for _, id := range s.order {
		n := s.numbers[id]
		numbers = append(numbers, obj{"id": n.PhoneNumberID, "phone": n.DisplayPhoneNumber, "name": n.VerifiedName})
	}
	for _, p := range s.phones {
		customers = append(customers, p.json())
	}
	slices.SortStableFunc(customers, func(a, b customerJSON) int { return int(b.LastAt - a.LastAt) })
	state := obj{
		"rev": s.rev, "numbers": numbers, "customers": customers[:min(len(customers), maxListed)],
		"behaviour": behaviourJSON{s.behaviour, s.behaviour.Delay.Milliseconds()}, "waiting": len(s.queue) + s.inFlight,
	}
	s.mu.Unlock()
	answer(w, http.StatusOK, state)
}

func (s *Sim) getCustomer(w http.ResponseWriter, r *http.Request) {
	p, pnid := s.phoneByID(r.PathValue("id")), s.numberOrFirst(r.FormValue("number"))
	if p == nil || pnid == "" {
		answer(w, http.StatusNotFound, obj{"error": errNoCustomer.Error()})
		return
	}
	messages := []messageJSON{}
	for _, m := range p.Thread(pnid) {
		messages = append(messages, m.json())
	}
	typing := p.IsTyping(pnid)
	s.mu.Lock()
	who := p.json()
	s.mu.Unlock()
	answer(w, http.StatusOK, obj{"customer": who, "typing": typing, "messages": messages})
}

// getEvents streams the revision. A slow reader misses revisions, never the
// newest.
func (s *Sim) getEvents(w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Time{}) // a stream outlives the server's limit, where it has one
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	beat := time.NewTicker(20 * time.Second)
	defer beat.Stop()
	for {
		s.mu.Lock()
		rev, changed, closed := s.rev, s.changed, s.closed
		s.mu.Unlock()
		if _, err := io.WriteString(w, "data: {\"rev\":"+strconv.FormatInt(rev, 10)+"}\n\n"); err != nil || rc.Flush() != nil || closed {
			return
		}
		select {
		case <-changed:
		case <-beat.C:
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *Sim) getMedia(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	f := s.media.files[r.PathValue("id")]
	s.mu.Unlock()
	if f == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	kind, _, _ := strings.Cut(f.contentType, "/")
	if !slices.Contains([]string{"image", "audio", "video"}, kind) || bareType(f.contentType) == "image/svg+xml" {
		h.Set("Content-Disposition", "attachment")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.bytes))
}

// postFile sends a file that is the body of the call.
func (s *Sim) postFile(w http.ResponseWriter, r *http.Request) {
	p, pnid := s.phoneByID(r.PathValue("id")), s.numberOrFirst(r.URL.Query().Get("number"))
	if p == nil || pnid == "" {
		answer(w, http.StatusNotFound, obj{"error": errNoCustomer.Error()})
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	if err != nil || len(b) == 0 {
		answer(w, http.StatusRequestEntityTooLarge, obj{"error": "a file of at most 16 MB is wanted"})
		return
	}
	q := r.URL.Query()
	u := Upload{Kind: q.Get("kind"), ContentType: r.Header.Get("Content-Type"), Filename: q.Get("filename"), Caption: q.Get("caption"), Bytes: b}
	if u.ContentType == "" {
		u.ContentType = "application/octet-stream"
	}
	if _, known := kindLimits[u.Kind]; !known {
		u.Kind = "document"
	}
	answer(w, http.StatusOK, obj{"id": p.SendMedia(pnid, u)})
}
