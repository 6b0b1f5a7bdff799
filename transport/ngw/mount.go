package ngw

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const (
	// bodyLimit bounds a body of JSON, and guestLimit one of somebody who has not
	// said who he is.
	bodyLimit  = 64 << 20
	guestLimit = 1 << 20
)

// mounted wraps the router in what every request goes through.
func (l *lens) mounted(router *mux.Router) http.Handler {
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.render(w, r, problemOf(errNoRoute))
	})
	router.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods := strings.Join(allowed(router, r), ", ")
		w.Header().Set("Allow", methods)
		l.render(w, r, problemOf(&failure{
			Title: "Method not allowed", Status: http.StatusMethodNotAllowed, Exception: exHTTP,
			Message: "This address knows the methods " + methods + ".",
		}))
	})
	render := func(w http.ResponseWriter, r *http.Request, p transport.Problem) { l.render(w, r, recognition(r, p)) }
	bounded := func(limit int64) *transport.Services {
		s := *l.Services
		s.BodyLimit = limit
		return &s
	}
	large, huge := bounded(bodyLimit), bounded(l.uploadLimit)
	known, uploads := large.Middleware(router, render), huge.Middleware(router, render)
	// Who signs in may come with what does not count any more, and a path that is
	// none is none for whoever (spec/ngw.md §4.4).
	open := large.Unrecognised(router, render)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.allowOrigin(w, r)
		r = l.vouched(r)
		switch path := single(r.URL.Path); {
		case l.preflight(w, r):
		case signsIn(path) || !matches(router, r):
			open.ServeHTTP(w, r)
		case isUpload(path):
			uploads.ServeHTTP(w, r)
		default:
			known.ServeHTTP(w, r)
		}
	})
}

// recognition says how a request is refused before it comes to an action.
func recognition(r *http.Request, p transport.Problem) problem {
	told := problemOf(p.Err)
	if p.Err == nil || !errors.Is(p.Err, transport.ErrCredentials) {
		if p.Err == nil { // a panic was contained
			told = problem{Problem: p, failure: byStatus(p)}
		}
		return told
	}
	if readable(r.Header) {
		return told
	}
	told.Problem.Status = http.StatusBadRequest
	told.failure = failure{
		Title: "Invalid header", Status: http.StatusBadRequest, Exception: exAuthorization,
		Message: "The Authorization header can not be read.",
	}
	return told
}

// readable reports whether a header Authorization is one at all: a scheme and
// something behind it.
func readable(h http.Header) bool {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return len(values) == 0
	}
	scheme, rest, found := strings.Cut(values[0], " ")
	if strings.EqualFold(scheme, "basic") {
		_, _, basic := (&http.Request{Header: http.Header{"Authorization": values}}).BasicAuth()
		return basic
	}
	return found && scheme != "" && strings.TrimSpace(rest) != ""
}

// allowed returns the methods that the path of a request has.
func allowed(router *mux.Router, r *http.Request) []string {
	var methods []string
	for _, method := range []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
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

// matches reports whether a request's path is one, with whatever method.
func matches(router *mux.Router, r *http.Request) bool {
	other := *r
	at := *r.URL
	at.Path, at.RawPath = single(at.Path), single(at.RawPath)
	other.URL = &at
	match := mux.RouteMatch{}
	router.Match(&other, &match)
	return match.MatchErr == nil && match.Route != nil
}

// single returns a path in which no slash is twice, as the middleware reads it.
func single(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return path
}

func isUpload(path string) bool { return strings.Contains(path, "/component/file_upload") }

// signsIn reports whether a path is for whoever has no credentials that count.
func signsIn(path string) bool {
	return strings.HasSuffix(path, pathLogin) || strings.HasSuffix(path, pathLogout)
}

// varWorkspace is the variable of a path that names a workspace.
const varWorkspace = "technical_name"

// enter finds out which workspace a call shows, if it shows one alone. Who may
// not see it is told that there is none, also of who it is shown to everybody
// else.
func (l *lens) enter(ctx context.Context, c *call) error {
	c.top = rbac.Root
	name := l.root
	if name == "" {
		name = mux.Vars(c.Request)[varWorkspace]
	}
	if name == "" || signsIn(single(c.URL.Path)) {
		return nil // nobody has to see a workspace to say who he is
	}
	w, err := l.Workspaces.Shown(ctx, c.actor, name)
	if errors.Is(err, workspace.ErrNotFound) {
		return errNoRoute
	}
	if err != nil {
		return err
	}
	c.top, c.workspace = w.Num, w
	transport.NoteWorkspace(ctx, w.ID)
	return nil
}
