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
// access token, [SessionHandler] where browsers sign in and out, and
// [ResetHandler] where people choose a new password by mail. Other than JSON is not read here, and paths are not routed.
package transport

import (
	"context"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A Provider is an identity provider as somebody has to know it who chooses one.
type Provider struct {
	// Name identifies it, and Title is what people know it by.
	Name  string
	Title string
	// Start is the address that sends a browser there, which takes ?return= with a
	// path of this host as handlers of package oidc do.
	Start string
}

// Services are what lenses translate for.
type Services struct {
	Workspaces *workspace.Service
	Offerings  *offering.Service
	Keys       *apikey.Service
	SignIn     *signin.Service
	Quotas     *quota.Service
	Rules      *rbac.Engine
	// Resources, Features and Uploads are the tree in workspaces and what is in
	// it; nil where there is none.
	Resources *resource.Service
	Features  *feature.Service
	Uploads   *upload.Service
	// Databases are the real ones of projects; nil where there is nothing of the
	// kind.
	Databases *database.Service
	// Trail is told of what was refused. It may be nil.
	Trail *audit.Service
	// Mail is the outbox; nil where no mails are written.
	Mail *mail.Service

	// Providers are the identity providers that people can sign in at; none of
	// them is asked anything.
	Providers []Provider
	// PublicURL is where people reach the server, without a slash at the end: what
	// links in mails begin with.
	PublicURL string
	// AccessKeys recognise programs that come with a key. Without them, a
	// request that carries one is refused.
	AccessKeys *accesskey.Service
	// Idempotency does once what is asked for with a key. Without it such keys
	// are refused.
	Idempotency *idempotency.Service
	// Tx runs fn in a unit of work that everything the services do in it joins,
	// as storage.DB.Tx does. Without it nothing can be tried without keeping it,
	// nor changed on conditions that take more than one reading.
	Tx func(ctx context.Context, fn func(ctx context.Context) error) error

	// Host recognises requests in a way of the host's own, before any other.
	// It returns ErrUnrecognised to leave a request to the others, and any
	// other error to refuse it. It may be nil.
	Host func(*http.Request) (workspace.Actor, error)
	// External recognises who comes with a token that somebody else has issued, a
	// JSON Web Token, and returns signin.ErrRefused for one that is not right. It
	// may be nil.
	External func(ctx context.Context, token string) (workspace.User, error)
	// Log gets one line a request. Its zero value writes nothing.
	Log zerolog.Logger
	// Now tells the time, time.Now when nil.
	Now func() time.Time
	// BodyLimit bounds request bodies in bytes, 1 MiB when 0.
	BodyLimit int64
	// InsecureCookies lets sessions be held in a cookie that browsers also send
	// without TLS. Set it only where nobody but this machine can listen.
	InsecureCookies bool
	// TrustProxy takes the address of a caller from the last entry of
	// X-Forwarded-For. Set it only where a proxy of one's own, which writes
	// that entry, is the one way here.
	TrustProxy bool
}
