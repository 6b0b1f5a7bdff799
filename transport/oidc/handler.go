package oidc

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/oauth2"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// A Sealer keeps what a browser holds from being read and changed; an
// apikey.Sealer does.
type Sealer interface {
	// Seal returns a text that Open reads with the same context.
	Seal(plaintext, context []byte) (string, error)
	// Open returns what was sealed, and an error for everything else.
	Open(text string, context []byte) ([]byte, error)
}

// Options are what [Handler] is told. Without a Party, a URL and a Sealer nobody
// signs in by it.
type Options struct {
	Party *Party
	// URL is the address that browsers reach the handler at, without a slash at
	// its end: "https://example.org/oidc". Providers are told
	// URL/{provider}/callback as the place to send browsers back to.
	URL string
	// Sealer seals what browsers hold meanwhile. Servers of one address have the
	// same.
	Sealer Sealer
	// Home is where browsers go on to that were not told, "/" when empty.
	Home string
	// SignIn is the page where people sign in, a path of this host, which tells
	// in their language why somebody was not signed in, and has him begin again:
	// it gets ?refused=, which is what [Refusals] lists, and &back=, the path that
	// start was told, where that is known. Without it there is a page here.
	SignIn string
}

type handler struct {
	services *transport.Services
	opts     Options
}

// Handler signs browsers in at identity providers, and needs no middleware around
// it.
//
// GET / lists the providers. GET /{provider}/start sends the browser to one, from
// where it comes back to GET /{provider}/callback; that begins a session as
// transport.SessionHandler does, and sends the browser on to the path that start
// was told in ?return=/…, of this host. With ?link=1 who has a session links the
// identity to his account instead: the browser has to say, by Sec-Fetch-Site, that
// a page of this host asks for it, and has to have the same session still when it
// comes back. What goes wrong is told in a page for people, where Options.SignIn
// names none.
func Handler(s *transport.Services, opts *Options) http.Handler {
	h := &handler{services: s}
	if opts != nil {
		h.opts = *opts
	}
	if h.opts.Party == nil || h.opts.URL == "" || h.opts.Sealer == nil {
		h.opts.Party = &Party{}
	}
	if h.opts.Home == "" {
		h.opts.Home = "/"
	}
	router := mux.NewRouter().SkipClean(true)
	router.Path("/").Methods(http.MethodGet, http.MethodHead).HandlerFunc(h.list)
	router.Path("/{provider}/start").Methods(http.MethodGet).HandlerFunc(h.answering(h.start))
	router.Path("/{provider}/callback").Methods(http.MethodGet).HandlerFunc(h.answering(h.callback))
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page(w, r, transport.ProblemOf(workspace.ErrNotFound))
	})
	router.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", http.MethodGet)
		page(w, r, transport.Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed"})
	})
	return s.Contain(router, page)
}

func (h *handler) now() time.Time {
	if h.services.Now != nil {
		return h.services.Now()
	}
	return time.Now()
}

// A listed provider is what somebody has to know of one who chooses.
type listed struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Start string `json:"start"` // relative to the list
}

func (h *handler) list(w http.ResponseWriter, _ *http.Request) {
	list := make([]listed, 0, len(h.opts.Party.relations))
	for _, r := range h.opts.Party.relations {
		list = append(list, listed{Name: r.Name, Title: r.title(), Start: r.Name + "/start"})
	}
	transport.WriteJSON(w, http.StatusOK, map[string][]listed{"providers": list})
}

func (p Provider) title() string {
	if p.Title != "" {
		return p.Title
	}
	return p.Name
}

// answering sends a browser to where fn says, or shows what is wrong.
func (h *handler) answering(fn func(http.ResponseWriter, *http.Request, *relation) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer") // the address may hold a code
		to, err := "", workspace.ErrNotFound
		if at := h.opts.Party.relation(mux.Vars(r)["provider"]); at != nil {
			to, err = fn(w, r, at)
		}
		if err != nil {
			transport.NoteError(r.Context(), err)
			refused, ok := errors.AsType[*refusalError](err)
			if !ok || h.opts.SignIn == "" {
				page(w, r, transport.ProblemOf(err))
				return
			}
			to = h.opts.SignIn + "?" + refused.query().Encode()
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusSeeOther)
	}
}

func (h *handler) back(r *relation) string {
	return strings.TrimSuffix(h.opts.URL, "/") + "/" + r.Name + "/callback"
}

// start begins a flow.
func (h *handler) start(w http.ResponseWriter, r *http.Request, at *relation) (string, error) {
	f := flow{
		Provider: at.Name, State: unguessable(), Nonce: unguessable(), Verifier: oauth2.GenerateVerifier(),
		Return: h.opts.Home, Expires: h.now().Add(flowLife),
	}
	query := r.URL.Query()
	if query.Has("return") {
		var err error
		if f.Return, err = local(query.Get("return")); err != nil {
			return "", err
		}
	}
	if query.Has("link") {
		actor, err := h.linking(r)
		if err != nil {
			return "", err
		}
		f.Session = actor.Credential
	}
	m, err := at.discover(r.Context())
	if err != nil {
		return "", f.refused(err)
	}
	if err := h.keep(w, f); err != nil {
		return "", f.refused(err)
	}
	return at.question(m, f, h.back(at)), nil
}

// linking returns who links an identity to his account. Another site that could
// begin this would have somebody link what its owner signs in with.
func (h *handler) linking(r *http.Request) (workspace.Actor, error) {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none": // "none" is who typed the address himself
	default:
		return workspace.Actor{}, transport.ErrCrossOrigin
	}
	actor, err := h.services.Visitor(r)
	if err == nil && actor.Credential == "" {
		err = fmt.Errorf("%w: nobody is signed in whose account an identity could be linked to", signin.ErrRefused)
	}
	return actor, err
}

// callback ends a flow.
func (h *handler) callback(w http.ResponseWriter, r *http.Request, at *relation) (string, error) {
	f, err := h.held(r, at.Name)
	if err != nil { // the flow, if there is one, is another's to end
		return "", flow{}.refused(err)
	}
	h.setCookie(w, "", -1)
	if err := h.end(w, r, at, f); err != nil {
		return "", f.refused(err)
	}
	return f.Return, nil
}

// end takes the provider's answer to a flow: it begins a session, or links who was
// recognised to the account of who has one.
func (h *handler) end(w http.ResponseWriter, r *http.Request, at *relation, f flow) error {
	m, err := at.discover(r.Context())
	if err != nil {
		return err
	}
	query := r.URL.Query()
	switch {
	case query.Has("iss") && query.Get("iss") != at.Issuer, m.names && !query.Has("iss"):
		return fmt.Errorf("%w: the answer is of another provider", signin.ErrRefused)
	case query.Has("error"):
		return fmt.Errorf("%w: the provider answered %q", signin.ErrRefused, short(query.Get("error")))
	}
	code, err := single(r, "code")
	if err != nil {
		return err
	}
	visitor, err := h.services.Visitor(r)
	if err != nil {
		return err
	}
	if f.Session != "" && visitor.Credential != f.Session {
		return fmt.Errorf("%w: the session that began this has ended", signin.ErrRefused)
	}
	who, err := at.answer(r.Context(), m, f, code, h.back(at))
	if err != nil {
		return err
	}
	if f.Session != "" {
		return h.services.SignIn.Link(r.Context(), visitor, who)
	}
	session, err := h.enter(r, at, who, visitor.Address)
	if err != nil {
		return err
	}
	h.services.StartSession(w, r, session)
	return nil
}

// enter begins a session for who was recognised, making his account where the
// operator wants that.
func (h *handler) enter(r *http.Request, at *relation, who signin.Claims, address string) (signin.Session, error) {
	session, err := h.services.SignIn.Enter(r.Context(), who, r.UserAgent(), address)
	if !errors.Is(err, signin.ErrNoIdentity) || !at.Provision {
		return session, err
	}
	if err := h.services.SignIn.Enroll(r.Context(), who, address); err != nil {
		return signin.Session{}, err
	}
	return h.services.SignIn.Enter(r.Context(), who, r.UserAgent(), address)
}

// page shows a problem to a person.
func page(w http.ResponseWriter, _ *http.Request, p transport.Problem) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if p.Status == http.StatusUnauthorized {
		// Of Basic a browser would make a window of its own that asks for a password.
		header.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(p.Status)
	fmt.Fprintf(w, pageText, html.EscapeString(told(reason(p))), html.EscapeString(p.Code))
}

const pageText = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in</title></head>
<body><main><h1>Sign in</h1><p>%s</p><p><small>%s</small></p></main></body></html>
`
