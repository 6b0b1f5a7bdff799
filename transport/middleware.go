package transport

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const (
	defaultBodyLimit = 1 << 20
	maxPath          = 2048
	maxPart          = 40 // of a path in the log: an identifier has 36
	maxRequestID     = 64
	touchTime        = 5 * time.Second
	touchEvery       = 10 * time.Second
	maxTouched       = 10_000
)

// A Render answers a request with a problem, in the words of a lens.
type Render = func(w http.ResponseWriter, r *http.Request, p Problem)

// A call is what is known of a request while it is answered.
type call struct {
	id    string
	limit int64

	mu    sync.Mutex
	actor workspace.Actor
	err   error
	noted noted
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

func (c *call) recognised(a workspace.Actor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.actor = a
}

func (c *call) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

func (c *call) state() (workspace.Actor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.actor, c.err
}

// Actor returns who is calling, as [Services.Middleware] recognised him. It is
// the zero actor, who may do nothing, where the middleware was not passed.
func Actor(ctx context.Context) workspace.Actor {
	c := callOf(ctx)
	if c == nil {
		return workspace.Actor{}
	}
	a, _ := c.state()
	return a
}

// RequestID returns the id that the request has in the log and in the header
// X-Request-Id of the answer.
func RequestID(ctx context.Context) string {
	if c := callOf(ctx); c != nil {
		return c.id
	}
	return ""
}

// NoteError has the log line of a request tell an error. A lens notes what it
// answers with 500, since it does not show it.
func NoteError(ctx context.Context, err error) {
	if c := callOf(ctx); c != nil {
		c.note(err)
	}
}

// Middleware wraps a lens: it gives each request an id, contains panics, writes
// the log line, bounds the body, cleans double slashes, and recognises who is
// calling. A request with credentials that are not right is answered with
// render, whatever its path; one without any is the guest's. After a call that
// succeeded it notes the actor's last call.
//
// An escaped slash in a path stays one, in URL.RawPath: routers inside are to
// be made with SkipClean(true), and UseEncodedPath where segments may hold a
// slash. An answer of status 401 without WWW-Authenticate gets one, and a 503 or
// 429 without Retry-After; a lens that wants none sets the header to nil. A
// browser with a session that has ended is told to forget it, and so is the next
// request a guest's.
//
// What changes something and was refused, for credentials that are not right or
// a right that is missing, is told to the trail: see [NoteProblem].
func (s *Services) Middleware(next http.Handler, render Render) http.Handler {
	return s.middleware(next, render, &refusals{})
}

// Unrecognised wraps what is for whoever has no credentials yet, or some that are
// not right any more: it is [Services.Middleware] without recognition, and
// everybody is the guest.
func (s *Services) Unrecognised(next http.Handler, render Render) http.Handler {
	return s.contain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		callOf(r.Context()).recognised(workspace.Guest(s.address(r)))
		next.ServeHTTP(w, r)
	}), render)
}

// middleware is Middleware for a lens whose refusals are told, or not if it is
// nil.
func (s *Services) middleware(next http.Handler, render Render, told *refusals) http.Handler {
	noted := &touched{}
	return s.contain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, err := s.recognise(r)
		if err != nil {
			s.dropSession(w, r, err)
			refuse(w, r, render, err)
			s.tellStranger(r, err, told)
			return
		}
		callOf(r.Context()).recognised(actor)
		next.ServeHTTP(w, r)
		rec, ok := w.(*recorder)
		switch {
		case !ok:
		case rec.status < http.StatusBadRequest:
			s.touch(r, actor, noted)
		default:
			s.tellRefusal(r, actor, rec.status, told)
		}
	}), render)
}

// refuse renders an error that came up before or beside the lens.
func refuse(w http.ResponseWriter, r *http.Request, render Render, err error) {
	p := ProblemOf(err)
	if p.Status >= http.StatusInternalServerError {
		NoteError(r.Context(), err)
	}
	p.retry(w)
	render(w, r, p)
}

// retry tells how long to wait, in whole seconds that are not too few.
func (p Problem) retry(w http.ResponseWriter) {
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((p.RetryAfter+time.Second-1)/time.Second), 10))
	}
}

// A touched remembers whose calls were noted a moment ago. What is noted of them
// is good for a minute, and looking that up would cost each call a statement.
type touched struct {
	mu sync.Mutex
	at map[workspace.UserID]time.Time
}

func (t *touched) recently(u workspace.UserID, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, known := t.at[u]
	since := now.Sub(at)
	return known && since >= 0 && since < touchEvery
}

func (t *touched) note(u workspace.UserID, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == nil || len(t.at) >= maxTouched {
		t.at = map[workspace.UserID]time.Time{}
	}
	t.at[u] = now
}

// touch notes that a call of the actor succeeded. That it did is already told,
// so an error here is only the log's.
func (s *Services) touch(r *http.Request, actor workspace.Actor, noted *touched) {
	if actor.User == "" || s.Workspaces == nil {
		return
	}
	now := s.now()
	if noted.recently(actor.User, now) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), touchTime)
	defer cancel()
	if err := s.Workspaces.Touch(ctx, actor); err != nil {
		s.Log.Error().Str("id", RequestID(ctx)).Err(err).Msg("last call not noted")
		return
	}
	noted.note(actor.User, now)
}

// contain is all of the middleware but recognition.
func (s *Services) contain(next http.Handler, render Render) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.now()
		c := &call{id: requestID(r), limit: s.bodyLimit()}
		rec := &recorder{ResponseWriter: w, page: s.fromPage(r)}
		rec.Header().Set("X-Request-ID", c.id)
		path := asked(r)
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		defer func() { s.line(r, c, rec, path, s.now().Sub(start)) }()
		defer s.rescue(rec, r, render)

		if !soundPath(r.URL) {
			refuse(rec, r, render, ErrPath)
			return
		}
		r.URL = clean(r.URL)
		if r.ContentLength > c.limit {
			refuse(rec, r, render, &http.MaxBytesError{Limit: c.limit})
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, c.limit)
		}
		next.ServeHTTP(rec, r)
	})
}

// rescue answers for a handler that panicked.
func (s *Services) rescue(rec *recorder, r *http.Request, render Render) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	s.Log.Error().Str("id", RequestID(r.Context())).Str("panic", panicText(cause)).
		Bytes("stack", debug.Stack()).Msg("panic")
	if rec.status != 0 {
		// Half an answer must not look like a whole one.
		panic(http.ErrAbortHandler)
	}
	defer func() {
		if recover() != nil && rec.status == 0 {
			rec.WriteHeader(http.StatusInternalServerError)
		}
	}()
	for name := range rec.Header() {
		if name != "X-Request-Id" {
			rec.Header().Del(name) // they speak of another answer
		}
	}
	render(rec, r, Problem{Status: http.StatusInternalServerError, Code: codeInternal, Err: errPanic})
}

var errPanic = errors.New("transport: the handler panicked")

// asked returns the path that was asked for, prefixes that were stripped since
// included, as it came and without the query.
func asked(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") {
		return r.URL.Path // not from a server
	}
	return path
}

// line writes the log line of a request. Headers, query and bodies may hold
// secrets and are left out.
func (s *Services) line(r *http.Request, c *call, rec *recorder, path string, took time.Duration) {
	actor, err := c.state()
	status := rec.status
	if status == 0 {
		status = http.StatusOK
	}
	s.Log.Info().Str("id", c.id).Str("method", short(r.Method, 16)).Str("path", short(discreet(path), maxPath)).
		Int("status", status).Int64("bytes", rec.bytes).Dur("ms", took).
		Int64("actor", int64(actor.Principal)).AnErr("cause", err).Msg("request")
}

// discreet leaves the long parts out of a path: what an identifier or a name
// would not be may be a secret that somebody put in the wrong place. Numbers of
// uploads, 32 hexadecimal digits, are the right to use what was uploaded.
func discreet(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if len(part) > maxPart || isUpload(part) {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

func isUpload(part string) bool {
	if len(part) != 32 {
		return false
	}
	_, err := hex.DecodeString(part)
	return err == nil
}

func panicText(cause any) string {
	switch cause := cause.(type) {
	case error:
		return cause.Error()
	case string:
		return cause
	}
	return "a value that is no error"
}

func short(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "…"
}

func (s *Services) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Services) bodyLimit() int64 {
	if s.BodyLimit > 0 {
		return s.BodyLimit
	}
	return defaultBodyLimit
}

// requestID takes over the id that a request brings if it can go into a log
// and a header as it is.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-ID")
	if id == "" || len(id) > maxRequestID {
		return uid.New()
	}
	for i := range len(id) {
		b := id[i]
		safe := b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-' || b == '_' || b == '.'
		if !safe {
			return uid.New()
		}
	}
	return id
}

// soundPath reports whether a path can be asked of a database at all.
func soundPath(u *url.URL) bool {
	return len(u.Path) <= maxPath && len(u.RawPath) <= maxPath && len(u.EscapedPath()) <= maxPath &&
		utf8.ValidString(u.Path) && !strings.ContainsRune(u.Path, 0)
}

// clean returns an address whose path begins with a slash and has none twice.
// Redirecting there would lose the body of a POST. An escaped slash is part of
// a name and stays.
func clean(u *url.URL) *url.URL {
	if u.RawPath != "" {
		raw := single(u.EscapedPath())
		path, err := url.PathUnescape(raw)
		if err == nil {
			cleaned := *u
			cleaned.Path, cleaned.RawPath = path, raw
			return &cleaned
		}
	}
	if strings.HasPrefix(u.Path, "/") && !strings.Contains(u.Path, "//") {
		return u
	}
	cleaned := *u
	cleaned.Path, cleaned.RawPath = single(u.Path), ""
	return &cleaned
}

// single returns a path that begins with a slash and has none twice.
func single(path string) string {
	var b strings.Builder
	b.Grow(len(path) + 1)
	b.WriteByte('/')
	last := byte('/')
	for i := range len(path) {
		if path[i] == '/' && last == '/' {
			continue
		}
		last = path[i]
		b.WriteByte(last)
	}
	return b.String()
}

// address returns where a request came from, empty when that is no address.
func (s *Services) address(r *http.Request) string {
	if s.TrustProxy {
		// The proxy that we trust wrote the last one; whoever called it may
		// have written those before.
		forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		last := strings.TrimSpace(forwarded[strings.LastIndexByte(forwarded, ',')+1:])
		if at, err := netip.ParseAddr(last); err == nil {
			return at.Unmap().WithZone("").String()
		}
	}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return at.Addr().Unmap().String()
	}
	if at, err := netip.ParseAddr(r.RemoteAddr); err == nil {
		return at.Unmap().String()
	}
	return ""
}
