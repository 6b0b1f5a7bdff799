package entrepot_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/entrepot"
)

// TestEnvelope looks at everything around the bodies (spec/entrepot.md §1).
func TestEnvelope(t *testing.T) {
	s := newSmall(t)
	me := s.call(s.member, http.MethodGet, "//users//me", `[]`, http.StatusOK)
	if got := me.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	if head := s.call(s.member, http.MethodHead, "/users/me", "", http.StatusOK); head.header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD: %v", head.header)
	}
	s.refused(nil, http.MethodGet, "/rien", "", http.StatusNotFound, "La ressource n'existe pas ou n'est pas accessible")
	s.refused(nil, http.MethodPut, "/users/me", "", http.StatusMethodNotAllowed, "La méthode n'est pas possible sur cette ressource")
	for path, allow := range map[string]string{
		"/users/me": "GET, HEAD", "/users/me/keys": "GET, HEAD, POST", "/communities/<c>/users/<eve>": "PUT, DELETE",
		"/administrator/endpoints/<wfs>": "GET, HEAD, PATCH, DELETE",
	} {
		if got := s.call(s.member, "BREW", path, "", http.StatusMethodNotAllowed).header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow %q, want %q", path, got, allow)
		}
	}
	s.refused(nil, http.MethodGet, "/users/me", "", http.StatusUnauthorized, "Une authentification valide est nécessaire")
	// Guests learn of nothing, not even that they asked badly.
	for _, path := range []string{"/communities/1", "/users/me/keys?page=x", "/datastores/" + nobody(), "/administrator/users/1"} {
		s.call(nil, http.MethodGet, path, "", http.StatusUnauthorized)
	}
	s.call(nil, http.MethodPost, "/users/me/keys", "{", http.StatusUnauthorized)
	s.refused(&someone{token: "x"}, http.MethodGet, "/communities/tutoriels/activity", "", http.StatusUnauthorized,
		"Une authentification valide est nécessaire")
	s.refused(s.member, http.MethodGet, "/administrator/users", "", http.StatusForbidden,
		"Le rôle d'administrateur de la plateforme est nécessaire")
	for _, path := range []string{"/communities/1", "/communities/ABCDEF01-0000-7000-8000-000000000001", "/datastores/x"} {
		s.call(s.administrator, http.MethodGet, path, "", http.StatusNotFound)
	}
}

// TestPages turns pages of a list, and refuses malformed questions.
func TestPages(t *testing.T) {
	s := newSmall(t)
	const path = "/administrator/storages"
	for query, want := range map[string]string{
		"": "1-3/3", "?limit=2": "1-2/3", "?limit=2&page=2": "3-3/3", "?page=2": "0-0/3", "?limit=1000": "1-3/3",
		"?name=%25livraisons%25": "1-1/1", "?type=S3": "1-2/2", "?name=rien": "0-0/0", "?sort=creation": "1-3/3",
		"?sort=creation,desc&limit=1": "1-1/3", "?unknown=1": "1-3/3",
	} {
		a := s.call(s.administrator, http.MethodGet, path+query, "", http.StatusOK)
		if got := a.header.Get("Content-Range"); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
		if !strings.HasPrefix(a.text, "[") {
			t.Errorf("%q: %s", query, a.text)
		}
	}
	newest := s.call(s.administrator, http.MethodGet, path+"?sort=creation,desc&limit=1&fields=name", "", http.StatusOK)
	s.same(newest.text, `[{"_id": "<annexes>", "name": "Stockage OpenIO pour les annexes"}]`)
	for _, fields := range []string{"fields=name,type", "fields=name&fields=type"} {
		a := s.call(s.administrator, http.MethodGet, path+"?limit=1&"+fields, "", http.StatusOK)
		s.same(a.text, `[{"_id": "<data>", "name": "Stockage PostgreSQL standard Partenaires", "type": "POSTGRESQL"}]`)
	}
	for query, sentence := range map[string]string{
		"page=0": "Le champ page doit être un nombre entier à partir de 1", "page=-1": "Le champ page doit être un nombre entier à partir de 1",
		"page=x": "Le champ page doit être un nombre entier à partir de 1", "page=1&page=2": "Le champ page doit être un nombre entier à partir de 1",
		"limit=0": "Le champ limit doit être un nombre entier de 1 à 1000", "limit=1001": "Le champ limit doit être un nombre entier de 1 à 1000",
		"limit=99999999999999999999": "Le champ limit doit être un nombre entier de 1 à 1000",
		"sort=name,asc":              "Le champ sort doit être un tri connu de cette liste : creation,asc ou creation,desc",
		"sort=creation,up":           "Le champ sort doit être un tri connu de cette liste : creation,asc ou creation,desc",
		"name=%00":                   "Le champ query doit être un texte UTF-8 sans caractère NUL",
		"name=%ff":                   "Le champ query doit être un texte UTF-8 sans caractère NUL",
		"%zz=1":                      "Le champ query est incorrect (attendu : a well-formed query string)",
	} {
		s.refused(s.administrator, http.MethodGet, path+"?"+query, "", http.StatusBadRequest, sentence)
	}
}

// endless is a body without end.
type endless struct{ sent int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.sent >= 100<<20 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 'x'
	}
	e.sent += int64(len(p))
	return len(p), nil
}

// TestMalformed sends what no client should: everything is refused
// before much of it was read, and leaves nothing behind.
func TestMalformed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		m := newMatrix(t, db)
		as := m.personas[len(m.personas)-1] // the platform administrator
		before := dbtest.Fingerprint(t, db)
		deep := strings.Repeat(`{"a":`, 100_000)
		for _, route := range entrepot.Routes() {
			if !slices.Contains([]string{http.MethodPost, http.MethodPatch, http.MethodPut}, route.Method) {
				continue
			}
			path := m.path(route, as, variant{own, own})
			for name, body := range map[string]io.Reader{
				"100 MB":        &endless{},
				"deep":          strings.NewReader(deep),
				"deep list":     strings.NewReader(strings.Repeat("[", 100_000)),
				"twice":         strings.NewReader(`{"name": "a", "name": "b"}`),
				"invalid UTF-8": strings.NewReader("{\"name\": \"\xff\"}"),
				"NUL":           strings.NewReader(`{"name": "a\u0000b", "supervisor": "a\u0000b"}`),
				"raw NUL":       bytes.NewReader([]byte{'{', 0, '}'}),
				"unknown":       strings.NewReader(`{"inconnu": 1}`),
				"case":          strings.NewReader(`{"NAME": "a"}`),
				"number":        strings.NewReader(`12`),
				"null":          strings.NewReader(`null`),
				"list":          strings.NewReader(`[1]`),
				"behind":        strings.NewReader(`{} {}`),
				"cut":           strings.NewReader(`{"name": "a"`),
				"wrong types":   strings.NewReader(`{"name": {}, "rights": 1, "licence": [], "community": 1, "offerings": 3, "siren": 1, "active": "x", "keys_quota": "1"}`),
			} {
				r := httptest.NewRequestWithContext(t.Context(), route.Method, prefix+path, body)
				r.Header.Set("Authorization", "Bearer "+as.token)
				r.ContentLength = -1
				a := m.serve(r)
				if a.status < 400 || a.status > 499 {
					t.Errorf("%s %s, %s: status %d: %s", route.Method, route.Path, name, a.status, a.text)
				}
				if e, is := body.(*endless); is && e.sent > 2<<20 {
					t.Errorf("%s %s: %d bytes were read", route.Method, route.Path, e.sent)
				}
			}
		}
		for _, path := range []string{
			"/communities/\x00", "/communities/\xff", "/communities/\x00/activity", "/communities/\xff/activity",
			"/communities/" + strings.Repeat("a", 5000) + "/activity", "/communities/'; DROP TABLE users; --/activity",
			"/communities/../users/me", "/communities/a%2Fb/activity", "/users/me/", "/", "",
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, prefix+"/", nil)
			r.URL = &url.URL{Path: prefix + path}
			r.Header.Set("Authorization", "Bearer "+as.token)
			if a := m.serve(r); a.status < 400 || a.status > 499 {
				t.Errorf("%q: status %d: %s", path, a.status, a.text)
			}
		}
		if dbtest.Fingerprint(t, db) != before {
			t.Error("something was kept")
		}
	})
}
