package apiv1

import (
	"errors"
	"net/http"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// Where browsers sign in and out, and are told how, whatever they hold.
const (
	sessionPath = "session"
	signInPath  = "sign-in"
)

func signInRoutes() []route {
	return []route{held(get("/"+signInPath, "getWaysToSignIn", public(), (*lens).waysIn))}
}

// waysInWire are the ways in which people can sign in.
type waysInWire struct {
	Password  bool           `json:"password"`
	Reset     bool           `json:"reset"`
	Providers []providerWire `json:"providers"`
}

// providerWire is an identity provider.
type providerWire struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Start string `json:"start"`
}

// waysIn tells everybody the same.
func (l *lens) waysIn(*call) (reply, error) {
	return ok(waysInWire{
		Password: l.SignIn != nil, Reset: l.SignIn != nil && l.SignIn.Resettable(),
		Providers: all(l.Providers, func(p transport.Provider) providerWire { return providerWire(p) }),
	}), nil
}

// Whatever takes a password is final: a trial that is undone would be one that
// nobody counted.
func sessionRoutes() []route {
	return where(func(l *lens) bool { return l.SignIn != nil },
		held(final(post("/"+sessionPath, "signIn", public(), (*lens).signIn))),
		held(get("/"+sessionPath, "getSession", public(), (*lens).session)),
		held(final(remove("/"+sessionPath, "signOut", public(), (*lens).signOut))),
		get("/me/sessions", "listMySessions", signedIn(), (*lens).mySessions),
		remove("/me/sessions/{session}", "endMySession", own(), (*lens).endMySession),
		final(post("/me/password", "changePassword", signedIn(), (*lens).changePassword)),
		get("/users/{user}/sessions", "listUserSessions", hidden(self()), (*lens).userSessions),
		post("/users/{user}/kick", "kickUser", hidden(self()), (*lens).kick),
		final(put("/users/{user}/password", "setPassword", platform(workspace.ManageUsers), (*lens).setPassword)),
		held(final(post("/password-resets", "requestPasswordReset", public(), (*lens).requestReset))),
		held(final(put("/password-resets", "resetPassword", public(), (*lens).resetPassword))),
	)
}

// sessionWire is a session of somebody.
type sessionWire struct {
	ID      signin.SessionID `json:"id"`
	Via     string           `json:"via"`
	Client  string           `json:"client"`
	Address string           `json:"address"`
	Created time.Time        `json:"created"`
	Seen    time.Time        `json:"seen"`
	Expires time.Time        `json:"expires"`
	// Current is set for the one that the caller came with.
	Current bool `json:"current"`
}

func (sessionWire) readings() []string { return []string{"seen", "current"} }

func sessionOf(s signin.Session, current bool) sessionWire {
	return sessionWire{
		ID: s.ID, Via: s.Via, Client: s.Client, Address: s.Address, Created: s.Created, Seen: s.Seen, Expires: s.Expires,
		Current: current,
	}
}

// signedInWire says who is signed in.
type signedInWire struct {
	User    user        `json:"user"`
	Session sessionWire `json:"session"`
}

// credentials are how somebody signs in.
type credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

func (l *lens) signIn(c *call) (reply, error) {
	var body credentials
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	u, session, err := l.EnterSession(c.answer, c.Request, body.Username, body.Password)
	if err != nil {
		return reply{}, err
	}
	return ok(signedInWire{User: userOf(u), Session: sessionOf(session, true)}), nil
}

func (l *lens) session(c *call) (reply, error) {
	u, session, err := l.HeldSession(c.answer, c.Request)
	if err != nil {
		return reply{}, err
	}
	return ok(signedInWire{User: userOf(u), Session: sessionOf(session, true)}), nil
}

func (l *lens) signOut(c *call) (reply, error) {
	if err := l.LeaveSession(c.answer, c.Request); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

// sessionsOf returns the sessions of a user.
func (l *lens) sessionsOf(c *call, id workspace.UserID) ([]sessionWire, error) {
	found, err := l.SignIn.Sessions(c.Context(), c.actor, id)
	if err != nil {
		return nil, err
	}
	return all(found, func(s signin.Session) sessionWire { return sessionOf(s, string(s.ID) == c.actor.Credential) }), nil
}

func (l *lens) sessions(c *call, id workspace.UserID) (reply, error) {
	// Several can begin at once.
	columns := []column[sessionWire]{{name: byCreation, text: func(s sessionWire) string {
		return s.Created.UTC().Format("2006-01-02T15:04:05.000000") + string(s.ID)
	}}}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	list, err := l.sessionsOf(c, id)
	if err != nil {
		return reply{}, err
	}
	return cut(p, list, columns, func(sessionWire) int64 { return 0 })
}

func (l *lens) mySessions(c *call) (reply, error) { return l.sessions(c, c.actor.User) }

func (l *lens) userSessions(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	return l.sessions(c, workspace.UserID(id))
}

func (l *lens) endMySession(c *call) (reply, error) {
	id, err := c.id("session")
	if err != nil {
		return reply{}, err
	}
	list, err := l.sessionsOf(c, c.actor.User)
	if err != nil {
		return reply{}, err
	}
	for _, s := range list {
		if string(s.ID) != id {
			continue
		}
		if err := c.current(s); err != nil {
			return reply{}, err
		}
		return gone(c, s), l.SignIn.End(c.Context(), c.actor, s.ID)
	}
	return reply{}, workspace.ErrNotFound
}

func (l *lens) kick(c *call) (reply, error) {
	id, err := c.id("user")
	if err != nil {
		return reply{}, err
	}
	ended, err := l.sessionsOf(c, workspace.UserID(id))
	if err != nil {
		return reply{}, err
	}
	if err := l.SignIn.Kick(c.Context(), c.actor, workspace.UserID(id)); err != nil {
		return reply{}, err
	}
	return ok(list[sessionWire]{Items: ended, Total: new(len(ended))}), nil
}

// passwords are the present one and the next.
type passwords struct {
	Old      string `json:"old_password"`
	Password string `json:"password"`
}

func (l *lens) changePassword(c *call) (reply, error) {
	var body passwords
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if err := l.SignIn.ChangePassword(c.Context(), c.actor, body.Old, body.Password); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

// passwordPut is the password that a user is to have.
type passwordPut struct {
	Password string `json:"password"`
}

func (l *lens) setPassword(c *call) (reply, error) {
	text, err := c.id("user")
	if err != nil {
		text = "" // whoever may not know is told so before
	}
	var body passwordPut
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if err := l.SignIn.SetPassword(c.Context(), c.actor, workspace.UserID(text), body.Password); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

// resetAsked asks for a mail.
type resetAsked struct {
	Name string `json:"name"`
}

// requestReset answers alike whoever it is for, and whether there is mail or not.
func (l *lens) requestReset(c *call) (reply, error) {
	var body resetAsked
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	err := l.SignIn.RequestReset(c.Context(), body.Name, c.actor.Address)
	if errors.Is(err, signin.ErrThrottled) {
		return reply{}, err
	}
	if err != nil {
		transport.NoteError(c.Context(), err)
	}
	return reply{status: http.StatusAccepted}, nil
}

// reset brings back what was in the mail.
type reset struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

func (l *lens) resetPassword(c *call) (reply, error) {
	var body reset
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if err := l.SignIn.Reset(c.Context(), body.Token, body.Password, c.actor.Address); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}
