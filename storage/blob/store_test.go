package blob_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A store speaks as much of S3 as is needed to write, read and delete.
type store struct {
	server *httptest.Server
	refuse atomic.Bool

	mu      sync.Mutex
	objects map[string][]byte
	parts   map[string][]byte // of files that come in several
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{objects: map[string][]byte{}, parts: map[string][]byte{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

// location is where its bucket is.
func (s *store) location() string {
	return "s3://files?endpoint=" + s.server.URL + "&use_path_style=true&region=local&anonymous=true"
}

func (s *store) names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.objects))
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.refuse.Load() {
		fail(w, http.StatusForbidden, "AccessDenied")
		return
	}
	body, err := payload(r)
	if err != nil {
		fail(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name, part := r.URL.Path, r.URL.Query().Get("uploadId")
	switch r.Method {
	case http.MethodPut:
		if part == "" {
			s.objects[name] = body
		} else {
			s.parts[part+" "+r.URL.Query().Get("partNumber")] = body
		}
		w.Header().Set("ETag", `"x"`)
	case http.MethodPost:
		s.several(w, r, name, part)
	case http.MethodGet, http.MethodHead:
		object, ok := s.objects[name]
		if !ok {
			fail(w, http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(object)))
		w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 12:00:00 GMT")
		w.Write(object)
	case http.MethodDelete:
		delete(s.objects, name)
		w.WriteHeader(http.StatusNoContent)
	}
}

// several begins or ends a file that comes in parts.
func (s *store) several(w http.ResponseWriter, r *http.Request, name, part string) {
	if r.URL.Query().Has("uploads") {
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%d</UploadId></InitiateMultipartUploadResult>", len(s.parts))
		return
	}
	var whole []byte
	for n := 1; ; n++ {
		piece, ok := s.parts[fmt.Sprintf("%s %d", part, n)]
		if !ok {
			break
		}
		whole = append(whole, piece...)
	}
	s.objects[name] = whole
	fmt.Fprint(w, "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
}

func fail(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
}

// payload reads a body, which may come in chunks, each behind its length, with
// a checksum behind them.
func payload(r *http.Request) ([]byte, error) {
	if !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
		return io.ReadAll(r.Body)
	}
	from := bufio.NewReader(r.Body)
	var whole []byte
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return nil, err
		}
		length, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(length, 16, 64)
		if err != nil || n == 0 {
			return whole, err
		}
		chunk := make([]byte, n+2)
		if _, err := io.ReadFull(from, chunk); err != nil {
			return nil, err
		}
		whole = append(whole, chunk[:n]...)
	}
}
