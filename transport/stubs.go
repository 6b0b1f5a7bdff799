package transport

import (
	"context"
	"net/http"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Middleware wraps a lens: it gives each request an id, contains panics, writes
// the log line, bounds the body, cleans double slashes, and recognises who is
// calling. A request with credentials that are not right is answered with
// render; one without any is the guest's. After a call that succeeded it notes
// the actor's last call.
func (s *Services) Middleware(next http.Handler, render func(http.ResponseWriter, *http.Request, Problem)) http.Handler {
	panic("unbuilt")
}

// Actor returns who is calling, as [Services.Middleware] recognised him.
func Actor(ctx context.Context) workspace.Actor { panic("unbuilt") }

// ProblemOf classifies an error. It is the only place that does.
func ProblemOf(err error) Problem { panic("unbuilt") }

// ReadJSON decodes a request's body strictly: of bounded size, valid UTF-8
// without NUL, no duplicate keys, no unknown ones, nothing behind. The error
// names the field where there is one.
func ReadJSON(r *http.Request, into any) error { panic("unbuilt") }

// WriteJSON answers with a JSON body and exactly "application/json".
func WriteJSON(w http.ResponseWriter, status int, body any) { panic("unbuilt") }

// TokenHandler answers the token endpoint (RFC 6749): POST, form-encoded,
// grants "password" and "client_credentials".
func TokenHandler(s *Services) http.Handler { panic("unbuilt") }
