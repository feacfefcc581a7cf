package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	flashCookie = "badala_flash"
	langCookie  = "lang"
	themeCookie = "theme"
	yearSeconds = 365 * 24 * 60 * 60
)

// sessionCookie is the name of the session cookie: only https may carry the __Host- one.
func (s *Server) sessionCookie() string {
	if s.Options.Secure {
		return "__Host-badala"
	}
	return "badala_insecure"
}

// sessionToken is the session that the browser presents, or "".
func (s *Server) sessionToken(r *http.Request) string {
	if c, err := r.Cookie(s.sessionCookie()); err == nil {
		return c.Value
	}
	return ""
}

func (s *Server) setSession(w http.ResponseWriter, token string) {
	http.SetCookie(w, s.cookie(s.sessionCookie(), token, int((30*24*time.Hour).Seconds())))
}

func (s *Server) clearSession(w http.ResponseWriter) {
	http.SetCookie(w, s.cookie(s.sessionCookie(), "", -1))
}

// cookie is one of ours: for all paths, out of scripts' reach, first party.
func (s *Server) cookie(name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: s.Options.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// setFlash keeps one sentence for the next page.
func (s *Server) setFlash(w http.ResponseWriter, text string, bad bool) {
	mark := "0"
	if bad {
		mark = "1"
	}
	http.SetCookie(w, s.cookie(flashCookie, mark+url.QueryEscape(text), 60))
}

// takeFlash reads the kept sentence and forgets it.
func (s *Server) takeFlash(w http.ResponseWriter, r *http.Request) (text string, bad bool) {
	c, err := r.Cookie(flashCookie)
	if err != nil || len(c.Value) < 2 {
		return "", false
	}
	http.SetCookie(w, s.cookie(flashCookie, "", -1))
	text, err = url.QueryUnescape(c.Value[1:])
	if err != nil {
		return "", false
	}
	return text, c.Value[0] == '1'
}

// localPath is p if it leads nowhere but to our own pages, else fallback.
// Browsers read "//host" and "/\host" as other sites.
func localPath(p, fallback string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return fallback
	}
	if u, err := url.Parse(p); err != nil || u.Host != "" || u.Scheme != "" {
		return fallback
	}
	return p
}
