package sim

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const maxSamples = 200

// startUpload answers POST /{app}/uploads.
func (s *Sim) startUpload(w http.ResponseWriter, r *http.Request, app string) {
	s.mu.Lock()
	owner := s.tokenOwner(r)
	known := owner != nil && owner.AppID == app
	s.serial++
	id := fmt.Sprintf("%s-%d", app, s.serial)
	if known {
		s.uploads[id] = r.URL.Query().Get("file_type")
	}
	s.mu.Unlock()
	size, err := strconv.Atoi(r.URL.Query().Get("file_length"))
	switch {
	case owner == nil:
		refuse(w, badToken)
	case !known:
		refuse(w, noSuchNode)
	case err != nil || size <= 0 || r.URL.Query().Get("file_type") == "":
		refuse(w, bad(100, "file_length and file_type are required."))
	default:
		answer(w, http.StatusOK, obj{"id": "upload:" + base64.RawURLEncoding.EncodeToString([]byte(id)) + "?sig=simulated"})
	}
}

// takeUpload answers POST /upload:…, with the file as its body.
func (s *Sim) takeUpload(w http.ResponseWriter, r *http.Request, session string) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(session, "upload:"))
	body, readErr := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, open := s.uploads[string(raw)]
	switch {
	case err != nil || !open:
		refuse(w, noSuchNode)
		return
	case !strings.HasPrefix(r.Header.Get("Authorization"), "OAuth ") || r.Header.Get("file_offset") != "0" || readErr != nil || len(body) == 0:
		refuse(w, bad(100, "The upload wants the header file_offset, an OAuth token and a file."))
		return
	}
	delete(s.uploads, string(raw))
	if len(s.samples) >= maxSamples {
		clear(s.samples)
	}
	s.samples[string(raw)] = &sampleFile{kind, body}
	answer(w, http.StatusOK, obj{"h": handleOf(string(raw))})
}

// handleOf is the handle of an uploaded example, sampleOf the way back.
func handleOf(name string) string {
	return "4:" + base64.RawURLEncoding.EncodeToString([]byte(name)) + ":simulated"
}

func sampleOf(handle string) string {
	middle, _ := strings.CutPrefix(handle, "4:")
	middle, _, _ = strings.Cut(middle, ":")
	name, err := base64.RawURLEncoding.DecodeString(middle)
	if err != nil {
		return ""
	}
	return string(name)
}
