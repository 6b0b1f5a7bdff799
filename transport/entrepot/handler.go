package entrepot

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Options are what a lens can be told; the zero value works.
type Options struct {
	// PageSize is how many entries a list has when the client does not say, 50
	// when 0.
	PageSize int
}

// Handler returns the lens, written as if mounted at "/". A host mounts it
// where it likes, with http.StripPrefix.
func Handler(s *transport.Services, opts *Options) http.Handler {
	l := &lens{Services: s, pageSize: 50}
	if opts != nil && opts.PageSize > 0 {
		l.pageSize = min(opts.PageSize, maxPage)
	}
	// One flat router, since mux finds 404 and 405 reliably only there.
	router := mux.NewRouter().SkipClean(true)
	for _, route := range table() {
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
	return s.Middleware(router, render)
}

type lens struct {
	*transport.Services

	pageSize int
}

// action answers one call.
type action func(l *lens, c *call) (reply, error)

// reply is what an action answers when all went well.
type reply struct {
	status int
	body   any // nil for none
	rang   string
}

func ok(body any) reply      { return reply{status: http.StatusOK, body: body} }
func created(body any) reply { return reply{status: http.StatusCreated, body: body} }
func done() reply            { return reply{status: http.StatusNoContent} }

// call is one request on its way through an action.
type call struct {
	*http.Request

	actor    workspace.Actor
	pageSize int
	query    map[string][]string
}

func (l *lens) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, actor: transport.Actor(r.Context()), pageSize: l.pageSize}
		transport.NoteRoute(r.Context(), route.Path)
		answer, err := l.answer(r.Context(), route, c)
		if err != nil {
			render(w, r, transport.Refusal(c.actor, err))
			return
		}
		if answer.rang != "" {
			w.Header().Set("Content-Range", answer.rang)
		}
		transport.WriteJSON(w, answer.status, answer.body)
	})
}

func (l *lens) answer(ctx context.Context, route route, c *call) (reply, error) {
	if route.Policy.Who != Public && c.actor.Principal == rbac.Guest {
		// Before anything is looked up, so that guests learn of nothing.
		return reply{}, errGuest
	}
	if strings.HasPrefix(route.Path, "/administrator/") {
		err := l.Rules.Require(ctx, c.actor.Principal, rbac.Root, workspace.Administer, rbac.Latest())
		if err != nil {
			return reply{}, fmt.Errorf("entrepot: administration: %w", err)
		}
	}
	if err := c.parseQuery(); err != nil {
		return reply{}, err
	}
	if id, err := c.id("community"); err == nil { // whoever is refused from here on knows that there is one
		transport.NoteWorkspace(ctx, workspace.ID(id))
	}
	return route.action(l, c)
}

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

// read decodes a body that must be there.
func (c *call) read(into any) error { return transport.ReadJSON(c.Request, into) }

// readSome decodes a body that may be missing, or be the [] that some clients
// send for an empty object (spec/entrepot.md §1).
func (c *call) readSome(into any) error {
	return transport.ReadJSONWith(c.Request, into, transport.JSONOptions{AllowEmpty: true, EmptyArrayIsEmpty: true})
}

// invalid is the refusal of a field of the JSON or of the query.
func invalid(field, expected string) error {
	return &workspace.InvalidError{Field: field, Expected: expected}
}

// oneOf refuses a value that is not listed.
func oneOf(field, value string, list []string) error {
	if slices.Contains(list, value) {
		return nil
	}
	return invalid(field, "one of "+strings.Join(list, ", "))
}
