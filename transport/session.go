package transport

import (
	"errors"
	"net/http"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// The cookie that a session is held in. The prefix keeps other hosts of the same
// domain from setting one: browsers take it only from this host, over TLS, for
// all of its paths.
const (
	sessionCookie  = "__Host-bailiwick"
	insecureCookie = "bailiwick"
)

// What a page of ours says with every request that changes something, and a page
// of somebody else's cannot without asking first.
const (
	pageHeader = "X-Requested-With"
	pageValue  = "bailiwick"
)

// viaSession is how an actor with a session was recognised.
const viaSession = "session"

// ErrCrossOrigin is returned for a request that changes something, comes with a
// session, and may be the work of another site's page: the browser says so, or
// it lacks the header X-Requested-With: bailiwick.
var ErrCrossOrigin = errors.New("transport: the request does not come from a page of this host")

// cookieName returns the name of the one cookie that counts.
func (s *Services) cookieName() string {
	if s.InsecureCookies {
		return insecureCookie
	}
	return sessionCookie
}

// held returns the secret of the session that a request comes with, empty for
// none. Of two cookies by the same name one was planted, and neither counts.
func (s *Services) held(r *http.Request) string {
	cookies := r.CookiesNamed(s.cookieName())
	if len(cookies) != 1 {
		return ""
	}
	return cookies[0].Value
}

// session recognises who comes with a session, and reports whether somebody
// does.
func (s *Services) session(r *http.Request, address string) (workspace.Actor, bool, error) {
	secret := s.held(r)
	if secret == "" || s.SignIn == nil {
		return workspace.Actor{}, false, nil
	}
	if err := sameOrigin(r); err != nil {
		return workspace.Actor{}, true, err
	}
	u, session, err := s.SignIn.Session(r.Context(), secret)
	if err != nil {
		return workspace.Actor{}, true, err
	}
	return sessionActor(u, session, address), true, nil
}

func sessionActor(u workspace.User, session signin.Session, address string) workspace.Actor {
	return workspace.Actor{
		Principal: u.Num, User: u.ID, Name: u.Username, Via: viaSession, Address: address, Credential: string(session.ID),
	}
}

// sameOrigin refuses what another site's page may have a browser send. What
// changes nothing is let pass: its answer stays with the browser.
func sameOrigin(r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return ErrCrossOrigin
	}
	// A browser that tells neither Origin nor Sec-Fetch-Site is let pass above;
	// a header of this name it sends for nobody without asking us.
	if values := r.Header.Values(pageHeader); len(values) != 1 || values[0] != pageValue {
		return ErrCrossOrigin
	}
	return nil
}

// fromPage reports whether a script in a browser made a request.
func (s *Services) fromPage(r *http.Request) bool {
	return r.Header.Get(pageHeader) == pageValue || s.held(r) != ""
}

// setCookie has the browser keep a secret until it is closed, or forget what it
// has. The session itself ends on the server.
func (s *Services) setCookie(w http.ResponseWriter, secret string) {
	cookie := &http.Cookie{ //nolint:gosec // without Secure on this machine alone, see InsecureCookies
		Name: s.cookieName(), Value: secret, Path: "/",
		Secure: !s.InsecureCookies, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if secret == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// StartSession has the browser that a request comes from keep a session, in place
// of the one that it has. It is for who recognised a user elsewhere, at an
// identity provider or by an invitation; the session is one that signin.Service
// began for him.
func (s *Services) StartSession(w http.ResponseWriter, r *http.Request, session signin.Session) {
	s.leave(r)
	s.setCookie(w, session.Secret)
}

// Visitor returns who holds the session that a browser comes with, a guest where
// it holds none or one that has ended. It is for handlers that sign people in,
// which have to work for who cannot be recognised any more; everything else is
// for [Services.Middleware].
func (s *Services) Visitor(r *http.Request) (workspace.Actor, error) {
	address := s.address(r)
	actor, here, err := s.session(r, address)
	if !here || errors.Is(err, signin.ErrRefused) {
		return workspace.Guest(address), nil
	}
	return actor, err
}

// Contain is all of [Services.Middleware] but recognition, for handlers that sign
// people in.
func (s *Services) Contain(next http.Handler, render Render) http.Handler {
	return s.contain(next, render)
}

// leave ends the session that a browser comes with. That it ends by itself
// otherwise is soon enough: an error is the log's.
func (s *Services) leave(r *http.Request) {
	secret := s.held(r)
	if secret == "" {
		return
	}
	u, old, err := s.SignIn.Session(r.Context(), secret)
	if err == nil {
		err = s.SignIn.End(r.Context(), sessionActor(u, old, s.address(r)), old.ID)
	}
	if err != nil && !errors.Is(err, signin.ErrRefused) && !errors.Is(err, workspace.ErrNotFound) {
		s.Log.Error().Str("id", RequestID(r.Context())).Err(err).Msg("session not ended")
	}
}

// A sessionForm is how somebody signs in.
type sessionForm struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// A sessionAnswer says who is signed in.
type sessionAnswer struct {
	User    sessionUser `json:"user"`
	Session sessionTime `json:"session"`
}

type sessionUser struct {
	ID        string `json:"id"`
	Num       int64  `json:"num"`
	Username  string `json:"username"`
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Language  string `json:"language"`
}

type sessionTime struct {
	ID      string `json:"id"`
	Created string `json:"created"`
	Expires string `json:"expires"`
}

func answerOf(u workspace.User, session signin.Session) sessionAnswer {
	return sessionAnswer{
		User: sessionUser{
			ID: string(u.ID), Num: int64(u.Num), Username: u.Username, Email: u.Email,
			FirstName: u.FirstName, LastName: u.LastName, Language: u.Language,
		},
		Session: sessionTime{
			ID: string(session.ID), Created: session.Created.Format(time.RFC3339), Expires: session.Expires.Format(time.RFC3339),
		},
	}
}

// SessionHandler signs browsers in and out, under every path, and needs no
// middleware around it.
//
// POST {"username": …, "password": …} begins a session, keeps it in a cookie that
// no script can read, and answers who that is; GET answers who is signed in, and
// DELETE signs out. POST and DELETE need the header X-Requested-With: bailiwick
// and must come from a page of the same host, status 403 with the code
// "cross_origin" otherwise. A problem is told as {"code": …}.
func SessionHandler(s *Services) http.Handler {
	return s.contain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, session, err := s.answerSession(w, r)
		switch {
		case err != nil:
			s.dropSession(w, r, err)
			refuse(w, r, renderCheck, err)
		case session.ID == "":
			w.WriteHeader(http.StatusNoContent)
		default:
			WriteJSON(w, http.StatusOK, answerOf(u, session))
		}
	}), renderCheck)
}

func (s *Services) answerSession(w http.ResponseWriter, r *http.Request) (u workspace.User, session signin.Session, err error) {
	if err := sameOrigin(r); err != nil {
		return u, session, err
	}
	switch r.Method {
	case http.MethodPost:
		var form sessionForm
		if err := ReadJSON(r, &form); err != nil {
			return u, session, err
		}
		return s.EnterSession(w, r, form.Username, form.Password)
	case http.MethodGet, http.MethodHead:
		return s.SignIn.Session(r.Context(), s.held(r))
	case http.MethodDelete:
		return u, session, s.LeaveSession(w, r)
	}
	w.Header().Set("Allow", "GET, HEAD, POST, DELETE")
	return u, session, errMethod
}

// errMethod is what a method is refused with that a handler does not have.
var errMethod = errors.New("transport: the method is not one of this resource")

// EnterSession signs a browser in with a name and a password, which keeps the
// session from then on, and returns who that is. It is what [SessionHandler] does
// on POST, for lenses that have an operation of their own for it, which are to be
// reached without credentials: see [Services.Unrecognised].
func (s *Services) EnterSession(
	w http.ResponseWriter, r *http.Request, username, password string,
) (u workspace.User, session signin.Session, err error) {
	if err := sameOrigin(r); err != nil {
		return u, session, err
	}
	started, err := s.SignIn.Start(r.Context(), username, password, r.UserAgent(), s.address(r))
	if err != nil {
		return u, session, err
	}
	if u, session, err = s.SignIn.Session(r.Context(), started.Secret); err != nil {
		return u, session, err
	}
	s.StartSession(w, r, signin.Session{Secret: started.Secret})
	return u, session, nil
}

// HeldSession returns who is signed in by the session that a request comes with.
// A browser whose session has ended is told to forget it.
func (s *Services) HeldSession(w http.ResponseWriter, r *http.Request) (workspace.User, signin.Session, error) {
	u, session, err := s.SignIn.Session(r.Context(), s.held(r))
	if err != nil {
		s.dropSession(w, r, err)
	}
	return u, session, err
}

// LeaveSession ends the session that a request comes with, if any, and has the
// browser forget it.
func (s *Services) LeaveSession(w http.ResponseWriter, r *http.Request) error {
	if err := sameOrigin(r); err != nil {
		return err
	}
	s.leave(r)
	s.setCookie(w, "")
	return nil
}

// dropSession has a browser forget a session that has ended, so that it can go
// on as a guest.
func (s *Services) dropSession(w http.ResponseWriter, r *http.Request, err error) {
	if _, credentials := r.Header["Authorization"]; !credentials && errors.Is(err, signin.ErrRefused) && s.held(r) != "" {
		s.setCookie(w, "")
	}
}

// A resetForm asks for a mail, or brings back what was in it.
type resetForm struct {
	Name     string `json:"name,omitempty"`
	Token    string `json:"token,omitempty"`
	Password string `json:"password,omitempty"`
}

// ResetHandler lets people choose a new password by mail, under every path, and
// needs no middleware around it.
//
// POST {"name": …}, with a username or an e-mail address, is answered with 202
// whoever that is, and whether there is mail or not: what went wrong is the
// log's. PUT {"token": …, "password": …} with what the mail's link holds is
// answered with 204. A problem is told as {"code": …, "field": …, "expected": …}.
func ResetHandler(s *Services) http.Handler {
	return s.contain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, err := s.answerReset(r)
		if err != nil {
			if errors.Is(err, errMethod) {
				w.Header().Set("Allow", "POST, PUT")
			}
			refuse(w, r, renderCheck, err)
			return
		}
		w.WriteHeader(status)
	}), renderCheck)
}

func (s *Services) answerReset(r *http.Request) (int, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodPut {
		return 0, errMethod
	}
	var form resetForm
	if err := ReadJSON(r, &form); err != nil {
		return 0, err
	}
	if r.Method == http.MethodPut {
		return http.StatusNoContent, s.SignIn.Reset(r.Context(), form.Token, form.Password, s.address(r))
	}
	err := s.SignIn.RequestReset(r.Context(), form.Name, s.address(r))
	if errors.Is(err, signin.ErrThrottled) {
		return 0, err
	}
	if err != nil {
		NoteError(r.Context(), err)
	}
	return http.StatusAccepted, nil
}
