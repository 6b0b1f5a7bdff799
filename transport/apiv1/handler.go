package apiv1

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Options are what a lens can be told; the zero value works.
type Options struct {
	// PageSize is how many entries a list has when the client does not say, 50
	// when 0, and at most 200.
	PageSize int
	// UploadLimit bounds in bytes what one request adds to a file that is being
	// uploaded, 1 GiB when 0.
	UploadLimit int64
	// RestoreLimit bounds in bytes a backup that somebody brings, 64 GiB when 0.
	RestoreLimit int64
}

// Handler returns the lens, written as if mounted at "/". A host mounts it
// where it likes, with http.StripPrefix. The services must have Tx.
func Handler(s *transport.Services, opts *Options) http.Handler {
	l := &lens{Services: s, pageSize: 50}
	if opts != nil && opts.PageSize > 0 {
		l.pageSize = min(opts.PageSize, maxPage)
	}
	// One flat router, since mux finds 404 and 405 reliably only there. Names
	// of roles may hold a slash.
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	queries := parameters()
	for _, route := range table() {
		route.query = queries[route.Operation]
		methods := []string{route.Method}
		if route.Method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		router.Path(route.Path).Methods(methods...).Handler(l.serve(route))
	}
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		render(w, r, transport.Problem{Status: http.StatusNotFound, Code: "not_found"})
	})
	router.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(allowed(router, r), ", "))
		render(w, r, transport.Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed"})
	})
	files, backups := *s, *s
	if files.BodyLimit = uploadLimit; opts != nil && opts.UploadLimit > 0 {
		files.BodyLimit = opts.UploadLimit
	}
	if backups.BodyLimit = restoreLimit; opts != nil && opts.RestoreLimit > 0 {
		backups.BodyLimit = opts.RestoreLimit
	}
	recognised, anybody := s.Middleware(router, render), s.Unrecognised(router, render)
	uploads, restorations := files.Middleware(router, render), backups.Middleware(router, render)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.Trim(r.URL.Path, "/"); {
		case path == sessionPath || path == signInPath:
			// A session that has ended is no reason not to begin another one.
			anybody.ServeHTTP(w, r)
		case r.Method == http.MethodPatch && strings.HasPrefix(path, uploadPath):
			uploads.ServeHTTP(w, r)
		case r.Method == http.MethodPost && restores(path):
			restorations.ServeHTTP(w, r)
		default:
			recognised.ServeHTTP(w, r)
		}
	})
}

type lens struct {
	*transport.Services

	pageSize int
}

// action answers one call. It may run more than once for one, and inside a unit
// of work that is undone after.
type action func(l *lens, c *call) (reply, error)

// reply is what an action answers when all went well.
type reply struct {
	status int // 0 when it has answered by itself
	body   any // nil for none
	// tag is the ETag of the body, empty for none.
	tag string
	// location is where what was made is, relative to the address of the
	// request, and made what identifies it.
	location string
	made     string
}

// ok answers with what has no ETag: a list, an answer to a question.
func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

// shown answers with a single thing.
func shown(body any) reply { return reply{status: http.StatusOK, body: body, tag: tagOf(body)} }

// created answers with what was made.
func created(body any, location, id string) reply {
	return reply{status: http.StatusCreated, body: body, tag: tagOf(body), location: location + id, made: id}
}

// gone answers when something was deleted; what was is told only when it was
// tried.
func gone(c *call, was any) reply {
	if c.dry {
		return ok(was)
	}
	return reply{status: http.StatusNoContent}
}

// call is one request on its way through an action.
type call struct {
	*http.Request

	actor    workspace.Actor
	pageSize int
	query    url.Values
	body     []byte
	// dry is set when nothing is to be kept.
	dry bool
	// answer is what a stream is written to, and cookies.
	answer http.ResponseWriter
	// stream is set when the body is read as it comes.
	stream bool
}

// in returns the call as it is made inside a unit of work, once more.
func (c *call) in(ctx context.Context) *call {
	again := *c
	again.Request = c.WithContext(ctx)
	if !c.stream {
		again.Body = io.NopCloser(bytes.NewReader(c.body))
	}
	return &again
}

// errGuest is the refusal of whoever has not said who he is, wherever he must.
var errGuest = fmt.Errorf("apiv1: sign in: %w", rbac.ErrDenied)

func (l *lens) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		transport.NoteRoute(r.Context(), route.Path)
		c := &call{Request: r, actor: transport.Actor(r.Context()), pageSize: l.pageSize, answer: w}
		a, err := l.answer(route, c) //nolint:contextcheck // the call brings it
		switch {
		case err != nil && route.holder:
			render(w, r, transport.ProblemOf(err))
			return
		case err != nil:
			render(w, r, transport.Refusal(c.actor, err))
			return
		}
		a.write(w)
	})
}

// answer prepares a call, has it answered, and puts the answer into JSON.
func (l *lens) answer(route route, c *call) (answer, error) {
	if route.Policy.Who != Public && c.actor.Principal == rbac.Guest {
		// Before anything is looked up, so that guests learn of nothing.
		return answer{}, errGuest
	}
	if err := c.parseQuery(route.query); err != nil {
		return answer{}, err
	}
	if id, err := c.id("workspace"); err == nil {
		// Where there is none the answer is 404, which is no refusal to tell.
		transport.NoteWorkspace(c.Context(), workspace.ID(id))
	}
	if route.changes() {
		dry, err := c.flag("dry_run")
		if err != nil {
			return answer{}, err
		}
		c.dry = dry != nil && *dry
	}
	if route.Final {
		if err := c.once(); err != nil {
			return answer{}, err
		}
	}
	if route.saga && len(c.Header.Values("If-Match")) > 0 {
		return answer{}, invalid("If-Match", "none: this cannot depend on what is there")
	}
	if c.stream = route.stream; c.stream {
		if kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err != nil || kind != bytesType {
			return answer{}, transport.ErrMedia
		}
	} else if err := c.readBody(); err != nil {
		return answer{}, err
	}
	a, err := l.once(route, c)
	if c.query.Has("cursor") && placeless(err) {
		return answer{}, errCursor()
	}
	return a, err
}

// placeless reports whether a store knows no place in a list of what a cursor
// says. All else that it could find malformed about a list was checked before.
func placeless(err error) bool {
	bad, is := errors.AsType[*workspace.InvalidError](err)
	return is && bad.Field == "after" || errors.Is(err, rbac.ErrInvalid) || errors.Is(err, quota.ErrInvalid) ||
		errors.Is(err, resource.ErrInvalid)
}

// bytesType is the media type of files.
const bytesType = "application/octet-stream"

// once refuses to try what is final, or to promise that repeating it is harmless.
func (c *call) once() error {
	if c.query.Has("dry_run") {
		return invalid("dry_run", "nothing: this cannot be tried")
	}
	if len(c.Header.Values("Idempotency-Key")) > 0 {
		return invalid("Idempotency-Key", "none: this takes no key")
	}
	return nil
}

// readBody reads the whole body, since what it asks for may be done more than
// once until it is kept.
func (c *call) readBody() error {
	if c.Body == nil || c.Method == http.MethodGet || c.Method == http.MethodHead {
		return nil
	}
	body, err := io.ReadAll(c.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	if err != nil {
		return &transport.JSONError{Expected: "a whole body"}
	}
	c.body = body
	if len(body) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	merge := c.Method == http.MethodPatch && kind == "application/merge-patch+json"
	if err != nil || kind != "application/json" && !merge {
		return transport.ErrMedia
	}
	return nil
}

// read decodes the body.
func (c *call) read(into any) error { return transport.ReadJSON(c.Request, into) }

// allowed returns the methods that the path of a request has.
func allowed(router *mux.Router, r *http.Request) []string {
	var methods []string
	for _, method := range []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	} {
		other := r.Clone(r.Context())
		other.Method = method
		match := mux.RouteMatch{}
		if router.Match(other, &match) && match.MatchErr == nil {
			methods = append(methods, method)
		}
	}
	return methods
}

// id returns an identifier out of the path. What cannot be one names nothing.
func (c *call) id(name string) (string, error) {
	id := mux.Vars(c.Request)[name]
	if !uid.Valid(id) {
		return "", workspace.ErrNotFound
	}
	return id, nil
}

// ids returns several identifiers out of the path.
func (c *call) ids(first, second string) (string, string, error) {
	a, err := c.id(first)
	if err != nil {
		return "", "", err
	}
	b, err := c.id(second)
	return a, b, err
}

// invalid is the refusal of a field of the JSON or of the query.
func invalid(field, expected string) error {
	return &workspace.InvalidError{Field: field, Expected: expected}
}

// oneOf refuses a value that is not listed.
func oneOf(field, value string, list ...string) error {
	if slices.Contains(list, value) {
		return nil
	}
	return invalid(field, "one of "+strings.Join(list, ", "))
}
