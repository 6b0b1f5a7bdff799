package transport_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

func TestTokenHandler(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	handler := transport.TokenHandler(h.Services)
	q := url.QueryEscape(secret)
	for _, c := range []struct {
		name, form, auth string
		status           int
		code             string
	}{
		{"password", "grant_type=password&username=ann&password=" + q, "", 200, ""},
		{"password of any client", "grant_type=password&username=ANN&password=" + q + "&client_id=gpf-warehouse&client_secret=x&scope=openid&totp=1", "", 200, ""},
		{"password with a client in the header", "grant_type=password&username=ann&password=" + q, basic("gpf:x"), 200, ""},
		{"password of a service account", "grant_type=password&username=robot&password=" + q, "", 200, ""},
		{"client", "grant_type=client_credentials&client_id=robot&client_secret=" + q, "", 200, ""},
		{"client in the header", "grant_type=client_credentials", basic("robot:" + q), 200, ""},
		{"client in the header, unescaped", "grant_type=client_credentials", basic("robot:" + secret), 200, ""},

		{"wrong password", "grant_type=password&username=ann&password=wrong+password", "", 400, "invalid_grant"},
		{"unknown", "grant_type=password&username=nobody&password=" + q, "", 400, "invalid_grant"},
		{"disabled", "grant_type=password&username=gone&password=" + q, "", 400, "invalid_grant"},
		{"no password", "grant_type=password&username=ann", "", 400, "invalid_request"},
		{"no name", "grant_type=password&password=x", "", 400, "invalid_request"},
		{"person as client", "grant_type=client_credentials&client_id=ann&client_secret=" + q, "", 401, "invalid_client"},
		{"wrong secret", "grant_type=client_credentials&client_id=robot&client_secret=x1234567", "", 401, "invalid_client"},
		{"no secret", "grant_type=client_credentials&client_id=robot", "", 400, "invalid_request"},
		{"client both ways", "grant_type=client_credentials&client_id=robot&client_secret=" + q, basic("robot:" + q), 400, "invalid_request"},
		{"bearer for a client", "grant_type=client_credentials", "Bearer x", 401, "invalid_client"},
		{"malformed header", "grant_type=client_credentials", "Basic !", 401, "invalid_client"},
		{"no grant", "username=ann&password=" + q, "", 400, "invalid_request"},
		{"other grant", "grant_type=refresh_token", "", 400, "unsupported_grant_type"},
		{"twice", "grant_type=password&username=ann&password=" + q + "&username=bob", "", 400, "invalid_request"},
		{"grant twice", "grant_type=password&grant_type=password&username=ann&password=" + q, "", 400, "invalid_request"},
		{"not encoded", "grant_type=%ZZ", "", 400, "invalid_request"},
		{"NUL", "grant_type=password&username=ann%00&password=" + q, "", 400, "invalid_request"},
		{"not UTF-8", "grant_type=password&username=%FF&password=" + q, "", 400, "invalid_request"},
		{"empty", "", "", 400, "invalid_request"},
		{"too large", "grant_type=password&x=" + strings.Repeat("x", 20_000), "", 413, "invalid_request"},
	} {
		// What is in the address does not count.
		r := httptest.NewRequest(http.MethodPost, "/realms/x/token?grant_type=password", strings.NewReader(c.form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		if c.auth != "" {
			r.Header.Set("Authorization", c.auth)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var got struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   int64  `json:"expires_in"`
			TokenType   string `json:"token_type"`
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if w.Code != c.status || got.Error != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, w.Code, w.Body, c.status, c.code)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: headers %v", c.name, w.Header())
		}
		if (w.Code == 401) != strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s: WWW-Authenticate %q", c.name, w.Header().Get("WWW-Authenticate"))
		}
		if c.status != 200 {
			if got.Description == "" || got.AccessToken != "" {
				t.Errorf("%s: %s", c.name, w.Body)
			}
			continue
		}
		// The machine may be slow, the answer is no later than the token.
		if got.ExpiresIn < 3500 || got.ExpiresIn > 3600 || got.TokenType != "Bearer" {
			t.Errorf("%s: %v of type %q, want 3600 of Bearer", c.name, got.ExpiresIn, got.TokenType)
		}
		if w := handle(h.Services, get("/", "Authorization", "Bearer "+got.AccessToken), fine); w.Code != 200 {
			t.Errorf("%s: the token is answered with %d", c.name, w.Code)
		}
	}
}

func TestTokenHandlerMethods(t *testing.T) {
	t.Parallel()
	handler := transport.TokenHandler(&transport.Services{})
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	for _, kind := range []string{"", "application/json", "multipart/form-data; boundary=x", ";"} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("grant_type=password&username=a&password=b"))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"invalid_request"`) {
			t.Errorf("%q: %d %s", kind, w.Code, w.Body)
		}
	}
}
