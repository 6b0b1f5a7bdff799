package transport_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// TestPasswordPage has somebody forget his password and choose another.
func TestPasswordPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var sent letters
	h.SignIn = signin.New(h.db.SignIn(), rbac.New(h.db.Rules(), workspace.Schema(), nil), h.db.Trail(), &signin.Options{
		Mail: &sent, ResetURL: "https://example.org/{token}", ResetTime: -1,
	})
	handler := transport.PasswordHandler(h.Services)
	ask := func(r *http.Request, status int, part string) string {
		t.Helper()
		got := serveOne(handler, r)
		text, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != status || !strings.Contains(string(text), part) {
			t.Errorf("%d, want %d with %q: %s", got.StatusCode, status, part, text)
		}
		if got.Header.Get("Referrer-Policy") != "no-referrer" || got.Header.Get("Cache-Control") != "no-store" ||
			!strings.HasPrefix(got.Header.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(string(text), "<script") {
			t.Errorf("headers %v", got.Header)
		}
		return string(text)
	}
	get := func(query, lang string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/password"+query, nil)
		r.Header.Set("Accept-Language", lang)
		return r
	}
	post := func(form url.Values) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/password?", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}
	for lang, title := range map[string]string{
		"fr-CA": "Choisir un nouveau mot de passe", "de": "Choose a new password", "es": "Elegir una contraseña nueva", "ru": "Выбрать новый пароль",
	} {
		ask(get("", lang), 200, "<title>"+title+"</title>")
	}
	before := dbtest.Fingerprint(t, h.db)
	ask(get("?token=%22%3E%3Cscript%3E", "en"), 200, "&#34;&gt;&lt;script&gt;")
	foreign := post(url.Values{"name": {"ann"}})
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	ask(foreign, 403, "Something went wrong")
	ask(httptest.NewRequest(http.MethodPut, "/password", nil), 405, "")
	if dbtest.Fingerprint(t, h.db) != before || len(sent) != 0 {
		t.Error("looking, or another origin, changed something")
	}
	known := ask(post(url.Values{"name": {"ann"}}), 202, "on its way")
	unknown := ask(post(url.Values{"name": {"nobody"}}), 202, "on its way")
	if known != unknown || len(sent) != 1 {
		t.Errorf("%d were sent; the answers differ: %t", len(sent), known != unknown)
	}
	token := strings.TrimPrefix(sent[0].Data["link"], "https://example.org/")
	ask(post(url.Values{"token": {token}, "password": {"short"}, "language": {"fr"}}), 400, "Choisissez-en un autre")
	ask(post(url.Values{"token": {token + "x"}, "password": {chosen}}), 400, "Ask for a new one")
	ask(post(url.Values{"token": {token}, "password": {chosen}}), 200, "The password is set")
	ask(post(url.Values{"token": {token}, "password": {chosen}}), 400, "Ask for a new one")
	if _, err := h.SignIn.Password(t.Context(), "ann", chosen, ""); err != nil {
		t.Error(err)
	}
	if strings.Contains(h.log.String(), token) || strings.Contains(h.log.String(), chosen) {
		t.Error("a secret is in the log")
	}
}
