// Package transport is what all lenses share of HTTP: the services behind
// them, who is calling, errors to status (in one table), reading and writing
// bodies, the log.
//
// A lens is one function, Handler(*Services, *Options) http.Handler, written as
// if mounted at "/": a host mounts it where it likes with http.StripPrefix or
// gorilla/mux. A lens translates words and decides nothing. It wraps its router
// in [Services.Middleware], takes the actor from [Actor], decodes with
// [ReadJSON], and turns errors into a [Problem] with [ProblemOf], which it
// renders in its own shape.
//
// [TokenHandler] is the endpoint where programs exchange a password for an
// access token. Other than JSON is not read here, and paths are not routed.
package transport

import (
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// Services are what lenses translate for.
type Services struct {
	Workspaces *workspace.Service
	Offerings  *offering.Service
	Keys       *apikey.Service
	SignIn     *signin.Service
	Quotas     *quota.Service
	Rules      *rbac.Engine

	// Host recognises requests in a way of the host's own, before any other.
	// It returns ErrUnrecognised to leave a request to the others, and any
	// other error to refuse it. It may be nil.
	Host func(*http.Request) (workspace.Actor, error)
	// Log gets one line a request. Its zero value writes nothing.
	Log zerolog.Logger
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// BodyLimit bounds request bodies in bytes, 1 MiB when 0.
	BodyLimit int64
	// TrustProxy takes the address of a caller from the last entry of
	// X-Forwarded-For. Set it only where a proxy of one's own, which writes
	// that entry, is the one way here.
	TrustProxy bool
}
