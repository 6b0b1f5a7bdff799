package ngw

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const (
	pathLogin  = "/api/component/auth/login"
	pathLogout = "/api/component/auth/logout"

	// loginLimit bounds what somebody signs in with.
	loginLimit = 64 << 10
)

func authRoutes() []route {
	return []route{
		at(get, "/api/component/auth/current_user", "auth.current_user", Policy{Who: Public}, (*lens).currentUser),
		at(post, pathLogin, "auth.login_cookies", Policy{Who: Public}, (*lens).login),
		at(post, pathLogout, "auth.logout_cookies", Policy{Who: Public}, (*lens).logout),
		at(get, "/api/component/auth/profile", "auth.profile", Policy{Who: SignedIn}, (*lens).profile),
		at(put, "/api/component/auth/profile", "auth.profile", Policy{Who: SignedIn}, (*lens).updateProfile),
		at(get, "/api/component/auth/permission", "auth.permission", Policy{Who: Public}, (*lens).permissionNames),
	}
}

// signedInWire is who somebody is, as he is told after signing in.
type signedInWire struct {
	ID          int64  `json:"id"`
	Keyname     string `json:"keyname"`
	DisplayName string `json:"display_name"`
}

// currentWire is who is calling, and how that is known.
type currentWire struct {
	signedInWire

	Language *string `json:"language"`
	Medium   *string `json:"auth_medium"`
	Provider *string `json:"auth_provider"`
}

func (l *lens) currentUser(c *call) (reply, error) {
	must, err := c.boolean("require_authenticated", false)
	if err != nil {
		return reply{}, err
	}
	if _, err := c.boolean("refresh_session", false); err != nil {
		return reply{}, err
	}
	if c.guest() {
		if must {
			return reply{}, errSignIn()
		}
		return ok(currentWire{signedInWire: signedInWire{ID: int64(rbac.Guest), Keyname: keynameGuest, DisplayName: "Guest"}}), nil
	}
	who := currentWire{signedInWire: signedInWire{ID: int64(c.actor.Principal), Keyname: c.actor.Name, DisplayName: c.actor.Name}}
	who.Medium, who.Provider = medium(c.actor)
	if c.actor.User != "" {
		u, err := l.Workspaces.Me(c.Context(), c.actor)
		if err != nil {
			return reply{}, err
		}
		who.signedInWire, who.Language = signedInOf(u), filled(u.Language)
	}
	return ok(who), nil
}

func signedInOf(u workspace.User) signedInWire {
	return signedInWire{ID: int64(u.Num), Keyname: u.Username, DisplayName: displayName(u)}
}

// medium says by what an actor is known, and who vouches for that.
func medium(a workspace.Actor) (by, provider *string) {
	switch a.Via {
	case "basic", "bearer", "session":
		return filled(a.Via), filled("local_pw")
	}
	return filled(a.Via), filled(a.Via)
}

// filled returns a text, nil for none.
func filled(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// A loginForm is what somebody signs in with.
type loginForm struct {
	Login    *string `json:"login"`
	Password *string `json:"password"`
}

// login begins a session, with a form, JSON or HTTP Basic.
func (l *lens) login(c *call) (reply, error) {
	if l.SignIn == nil {
		return reply{}, notConfigured("Nobody signs in here with a password.")
	}
	form, err := c.loginForm()
	if err != nil {
		return reply{}, err
	}
	switch {
	case form.Login == nil:
		return reply{}, bodyError("login", "text")
	case form.Password == nil:
		return reply{}, bodyError("password", "text")
	}
	ctx := c.Context()
	session, err := l.SignIn.Start(ctx, *form.Login, *form.Password, c.UserAgent(), c.actor.Address)
	if err != nil {
		return reply{}, err
	}
	u, _, err := l.SignIn.Session(ctx, session.Secret)
	if err != nil {
		return reply{}, err
	}
	l.StartSession(c.w, c.Request, signin.Session{Secret: session.Secret})
	return ok(signedInOf(u)), nil
}

func (c *call) loginForm() (loginForm, error) {
	var form loginForm
	var body []byte
	if c.Body != nil {
		var err error
		if body, err = io.ReadAll(http.MaxBytesReader(c.w, c.Body, loginLimit)); err != nil {
			return form, err
		}
	}
	if name, password, basic := c.BasicAuth(); basic && len(bytes.TrimSpace(body)) == 0 {
		return loginForm{Login: &name, Password: &password}, nil
	}
	// The media type is not looked at: clients send the one with the name of the
	// other (spec/ngw.md §0, row 2).
	if text := bytes.TrimSpace(body); len(text) > 0 && (text[0] == '{' || text[0] == '[' || text[0] == '"') {
		c.Body = io.NopCloser(bytes.NewReader(body))
		return form, c.read(&form)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil || !utf8.Valid(body) || bytes.ContainsRune(body, 0) {
		return form, bodyError("", "a form, or JSON, with login and password")
	}
	for name, to := range map[string]**string{"login": &form.Login, "password": &form.Password} {
		if list := values[name]; len(list) > 0 {
			if !utf8.ValidString(list[len(list)-1]) {
				return form, bodyError(name, "text")
			}
			*to = &list[len(list)-1]
		}
	}
	return form, nil
}

// logout ends the session that somebody comes with, if he has one.
func (l *lens) logout(c *call) (reply, error) {
	if l.SignIn == nil {
		return empty(), nil
	}
	if err := l.LeaveSession(c.w, c.Request); err != nil {
		return reply{}, err
	}
	return empty(), nil
}

// profileWire is what somebody may change of himself.
type profileWire struct {
	Keyname      string  `json:"keyname"`
	OAuthSubject *string `json:"oauth_subject"`
	Language     *string `json:"language"`
}

func (l *lens) profile(c *call) (reply, error) {
	u, err := l.self(c.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	return ok(profileWire{Keyname: u.Username, Language: filled(u.Language)}), nil
}

func (l *lens) updateProfile(c *call) (reply, error) {
	u, err := l.self(c.Context(), c.actor)
	if err != nil {
		return reply{}, err
	}
	var form struct {
		Language optional[*string] `json:"language"`
	}
	if err := c.read(&form); err != nil {
		return reply{}, err
	}
	if !form.Language.given {
		return empty(), nil
	}
	_, err = l.Workspaces.UpdateUser(c.Context(), c.actor, u.ID, func(u *workspace.User) error {
		u.Language = or(form.Language.value, "")
		return nil
	})
	return empty(), err
}

// self returns the user that an actor is; a key is none.
func (l *lens) self(ctx context.Context, a workspace.Actor) (workspace.User, error) {
	if a.User == "" {
		return workspace.User{}, forbidden("A key has no profile: sign in with a name and a password.")
	}
	u, err := l.Workspaces.Me(ctx, a)
	if errors.Is(err, workspace.ErrNotFound) {
		return u, transport.ErrCredentials // deleted just now
	}
	return u, err
}

// permissionNames lists the permissions that are none on resources.
func (l *lens) permissionNames(*call) (reply, error) {
	return ok(map[string]string{
		"auth.view": "Users and groups: View", "auth.manage": "Users and groups: Manage",
		"pyramid.cors.view": "CORS: View", "pyramid.cors.manage": "CORS: Manage",
		"spatial_ref_sys.view":   "Spatial reference systems: View",
		"spatial_ref_sys.manage": "Spatial reference systems: Manage",
	}), nil
}
