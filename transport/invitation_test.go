package transport_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const chosen = "ox tangerine-Oboe 7 glacier"

type firstPasswords struct{ *signin.Service }

func (p firstPasswords) Set(ctx context.Context, id workspace.UserID, password string) error {
	return p.SetPassword(ctx, workspace.Command("invitation"), id, password)
}

// A portal is a server with a workspace that people are invited to.
type portal struct {
	t        *testing.T
	db       *storage.DB
	services *transport.Services
	admin    workspace.Actor
	in       workspace.Workspace
	log      *bytes.Buffer
	handler  http.Handler
}

func newPortal(t *testing.T, opts *transport.InvitationOptions) *portal {
	t.Helper()
	p := &portal{t: t, db: dbtest.New(t), log: &bytes.Buffer{}, admin: workspace.Command("test")}
	rules := rbac.New(p.db.Rules(), workspace.Schema(), nil)
	quotas := quota.New(p.db.Quotas(), nil)
	login := signin.New(p.db.SignIn(), rules, p.db.Trail(), nil)
	p.services = &transport.Services{
		Workspaces: workspace.New(p.db.Workspaces(), rules, quotas, p.db.Trail(), &workspace.Options{Passwords: firstPasswords{login}}),
		SignIn:     login, Rules: rules, Quotas: quotas, Log: zerolog.New(p.log),
	}
	u := p.user("ada")
	d, err := p.services.Workspaces.Create(t.Context(), p.admin, workspace.Workspace{
		Name: "<b>Maps</b>", TechnicalName: "maps", Supervisor: u.ID,
	})
	p.must(err)
	p.in = d.Workspace
	p.handler = transport.InvitationHandler(p.services, opts)
	return p
}

func (p *portal) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// user makes a user with a password.
func (p *portal) user(name string) workspace.User {
	p.t.Helper()
	u, err := p.services.Workspaces.CreateUser(p.t.Context(), p.admin, workspace.User{Username: name, Email: name + "@example.org"})
	p.must(err)
	p.must(p.services.SignIn.SetPassword(p.t.Context(), p.admin, u.ID, chosen))
	return u
}

func (p *portal) invite(i workspace.Invitation) (workspace.InvitationID, string) {
	p.t.Helper()
	made, link, err := p.services.Workspaces.Invite(p.t.Context(), p.admin, p.in.ID, i)
	p.must(err)
	token, found := strings.CutPrefix(link, "/invitation?token=")
	if !found {
		p.t.Fatal(link)
	}
	return made.ID, token
}

// ask sends a request and returns the answer with its body.
func (p *portal) ask(r *http.Request) (*http.Response, string) {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	answer := w.Result()
	text, err := io.ReadAll(answer.Body)
	p.must(err)
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := answer.Header.Get(name); got != want {
			p.t.Errorf("%s of %d is %q, want %q", name, answer.StatusCode, got, want)
		}
	}
	policy := answer.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(string(text), "<script") {
		p.t.Errorf("policy %q", policy)
	}
	return answer, string(text)
}

func (p *portal) get(token string) (*http.Response, string) {
	p.t.Helper()
	return p.ask(httptest.NewRequest(http.MethodGet, "/invitation?token="+token, nil))
}

func posted(form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/invitation?", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (p *portal) state(id workspace.InvitationID) workspace.InvitationState {
	p.t.Helper()
	i, err := p.services.Workspaces.Invitation(p.t.Context(), p.admin, id)
	p.must(err)
	return i.State
}

func wantPage(t *testing.T, answer *http.Response, text string, status int, parts ...string) {
	t.Helper()
	if answer.StatusCode != status {
		t.Errorf("status %d, want %d", answer.StatusCode, status)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %q:\n%s", part, text)
		}
	}
}

func TestInvitationPage(t *testing.T) {
	t.Parallel()
	p := newPortal(t, nil)
	for lang, title := range map[string]string{
		"fr": "Accepter l&#39;invitation à vous inscrire | Portal", "en": "Accept the invitation to register | Portal",
		"es": "Aceptar la invitación a registrarse | Portal", "ru": "Принять приглашение зарегистрироваться | Portal",
		"fr-CA": "Accepter l&#39;invitation à vous inscrire | Portal", "de": "Accept the invitation to register | Portal",
	} {
		_, token := p.invite(workspace.Invitation{Email: lang + "@example.org", Language: lang})
		answer, text := p.get(token)
		wantPage(t, answer, text, 200, "<title>"+title+"</title>", lang+"@example.org", "&lt;b&gt;Maps", `type="password"`, "<strong>test</strong>")
	}
	id, token := p.invite(workspace.Invitation{Email: "new@example.org", Language: "fr"})
	before := dbtest.Fingerprint(t, p.db)
	for range 2 {
		answer, text := p.get(token)
		wantPage(t, answer, text, 200, "new@example.org")
	}
	form := url.Values{"token": {token}, "action": {"accept"}, "first_name": {"N"}, "last_name": {"Ew"}, "password": {chosen}, "language": {"fr"}}
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.org"} {
		r := posted(form)
		r.Header.Set(name, value)
		answer, text := p.ask(r)
		wantPage(t, answer, text, 403)
	}
	short := url.Values{"token": {token}, "action": {"accept"}, "first_name": {"<i>"}, "password": {"short"}}
	answer, text := p.ask(posted(short))
	wantPage(t, answer, text, 400, `role="alert"`, `aria-invalid="true"`, `value="&lt;i&gt;"`)
	if strings.Contains(text, "short") {
		t.Error("the page shows the password")
	}
	taken := url.Values{"token": {token}, "action": {"accept"}, "username": {"ada"}, "password": {chosen}}
	answer, text = p.ask(posted(taken))
	wantPage(t, answer, text, 409, "déjà utilisé")
	// A token in the address of a POST counts for nothing.
	bare := posted(url.Values{"action": {"accept"}, "password": {chosen}})
	bare.URL.RawQuery = "token=" + token
	answer, text = p.ask(bare)
	wantPage(t, answer, text, 404)
	answer, text = p.ask(httptest.NewRequest(http.MethodPut, "/invitation?token="+token, nil))
	wantPage(t, answer, text, 405)
	if dbtest.Fingerprint(t, p.db) != before {
		t.Error("something was left")
	}
	answer, text = p.ask(posted(form))
	wantPage(t, answer, text, 200, "Vous êtes maintenant membre.")
	if _, err := p.services.SignIn.Password(t.Context(), "new@example.org", chosen, ""); err != nil || p.state(id) != workspace.Accepted {
		t.Errorf("sign in: %v, %s", err, p.state(id))
	}
	for _, request := range []*http.Request{posted(form), httptest.NewRequest(http.MethodGet, "/invitation?token="+token, nil), httptest.NewRequest(http.MethodGet, "/invitation", nil)} {
		request.Header.Set("Accept-Language", "fr;q=0.9, en;q=0.1")
		answer, text = p.ask(request)
		wantPage(t, answer, text, 404, "n&#39;existe pas")
	}
	id, token = p.invite(workspace.Invitation{Email: "other@example.org"})
	answer, text = p.ask(posted(url.Values{"token": {token}, "action": {"decline"}, "language": {"es"}}))
	wantPage(t, answer, text, 200, "Ha rechazado")
	if p.state(id) != workspace.Declined {
		t.Errorf("state %s", p.state(id))
	}
	for _, secret := range []string{token, form.Get("token"), chosen} {
		if strings.Contains(p.log.String(), secret) {
			t.Errorf("%s is in the log", secret)
		}
	}
	if !strings.Contains(p.log.String(), "/invitation") {
		t.Error("nothing is in the log")
	}
}

func TestInvitationPageAccount(t *testing.T) {
	t.Parallel()
	p := newPortal(t, nil)
	p.user("bob")
	id, token := p.invite(workspace.Invitation{Email: "BOB@example.org", Language: "fr"})
	answer, text := p.get(token)
	wantPage(t, answer, text, 200, "Connectez-vous", "Refuser")
	if strings.Contains(text, `type="password"`) || strings.Contains(text, `value="accept"`) {
		t.Error("a password is asked of who has an account")
	}
	form := url.Values{"token": {token}, "action": {"accept"}, "password": {"another long password"}}
	answer, text = p.ask(posted(form))
	wantPage(t, answer, text, 401)
	if answer.Header.Get("WWW-Authenticate") != "" || p.state(id) != workspace.Pending {
		t.Errorf("header %q, %s", answer.Header, p.state(id))
	}
	r := httptest.NewRequest(http.MethodGet, "/invitation?token="+token, nil)
	r.SetBasicAuth("bob", chosen)
	answer, text = p.ask(r)
	wantPage(t, answer, text, 200, `value="accept"`)
	r = posted(form)
	r.SetBasicAuth("bob", chosen)
	answer, text = p.ask(r)
	wantPage(t, answer, text, 200, "You are a member now.")
	if _, err := p.services.SignIn.Password(t.Context(), "bob", chosen, ""); err != nil {
		t.Errorf("the password changed: %v", err)
	}
	_, token = p.invite(workspace.Invitation{Kind: workspace.Open, MaxUses: 2})
	answer, text = p.get(token)
	wantPage(t, answer, text, 200, `type="email"`)
	answer, text = p.ask(posted(url.Values{"token": {token}, "action": {"accept"}, "email": {"x@example.org"}, "password": {chosen}}))
	wantPage(t, answer, text, 200)
	_, token = p.invite(workspace.Invitation{Kind: workspace.Open, MaxUses: 2, Domains: []string{"example.org"}})
	answer, text = p.get(token)
	wantPage(t, answer, text, 200, "Sign in with the account", "example.org")
}

func TestInvitationPageAdmit(t *testing.T) {
	t.Parallel()
	busy := true
	p := newPortal(t, &transport.InvitationOptions{Portal: "Géoportail", Admit: func(*http.Request) error {
		if busy {
			return signin.ErrBusy
		}
		return nil
	}})
	_, token := p.invite(workspace.Invitation{Email: "new@example.org"})
	answer, text := p.get(token)
	wantPage(t, answer, text, 503, "| Géoportail")
	if answer.Header.Get("Retry-After") == "" {
		t.Error("nobody says when to come back")
	}
	busy = false
	answer, text = p.get(token)
	wantPage(t, answer, text, 200)
}
