package transport_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// keyHouse is a house with a workspace's key and a personal one of Ann's.
func keyHouse(t *testing.T) (h *house, own, anns string, keys [2]accesskey.Key) {
	t.Helper()
	h = newHouse(t, nil)
	rights, quotas := rbac.New(h.db.Rules(), workspace.Schema(), nil), quota.New(h.db.Quotas(), nil)
	h.AccessKeys = accesskey.New(h.db.AccessKeys(), rights, quotas, h.db.Trail(), nil)
	workspaces := workspace.New(h.db.Workspaces(), rights, quotas, h.db.Trail(), nil)
	ann := workspace.Actor{Principal: h.users["ann"].Num, User: h.users["ann"].ID, Name: "ann"}
	some := int64(9)
	if err := workspaces.SetUserQuotas(t.Context(), workspace.Command("test"), ann.User, &some, nil); err != nil {
		t.Fatal(err)
	}
	w, err := workspaces.Create(t.Context(), workspace.Command("test"), workspace.Workspace{Name: "w", TechnicalName: "w", Supervisor: ann.User})
	if err != nil {
		t.Fatal(err)
	}
	made := func(k accesskey.Key) (accesskey.Key, string) {
		k.Expires = time.Now().Add(time.Hour)
		k, secret, err := h.AccessKeys.Create(t.Context(), ann, k)
		if err != nil {
			t.Fatal(err)
		}
		return k, secret
	}
	keys[0], own = made(accesskey.Key{Workspace: w.ID, Title: "ETL", Role: workspace.RoleEditor})
	keys[1], anns = made(accesskey.Key{Title: "laptop"})
	return h, own, anns, keys
}

// carrying are the ways in which a request carries a key.
func carrying(secret string) map[string][]string {
	return map[string][]string{
		"bearer":             {"Authorization", "Bearer " + secret},
		"bearer, small":      {"Authorization", "bearer  " + secret},
		"Api-Key":            {"Api-Key", secret},
		"X-API-Key":          {"X-API-Key", secret},
		"a password":         {"Authorization", basic("whoever:" + secret)},
		"a password alone":   {"Authorization", basic(":" + secret)},
		"a name":             {"Authorization", basic(secret + ":")},
		"both, as some must": {"Authorization", basic(secret + ":" + secret)},
	}
}

// A key is the same actor by each carrier, and wrong by each.
func TestKeyCarriers(t *testing.T) {
	t.Parallel()
	h, own, anns, keys := keyHouse(t)
	ask := func(headers ...string) (int, workspace.Actor) {
		var got workspace.Actor
		w := handle(h.Services, get("/", headers...), func(w http.ResponseWriter, r *http.Request) {
			got = transport.Actor(r.Context())
			fine(w, r)
		})
		return w.Code, got
	}
	for secret, want := range map[string]workspace.Actor{
		own: {Principal: keys[0].Num, Name: "ETL", Via: "key", Credential: string(keys[0].ID), Address: "192.0.2.1"},
		anns: {
			Principal: keys[1].Num, Name: "laptop", Via: "key", Credential: string(keys[1].ID), Address: "192.0.2.1",
			Behalf: h.users["ann"].ID, BehalfName: "ann", BehalfPrincipal: h.users["ann"].Num,
		},
	} {
		for name, headers := range carrying(secret) {
			if code, got := ask(headers...); code != 200 || got != want {
				t.Errorf("%s: %d, %+v; want %+v", name, code, got, want)
			}
		}
	}
	wrong := own[:16] + strings.Repeat("a", 43) + own[59:]
	for what, secret := range map[string]string{"of another check sum": wrong, "cut": own[:64], "with a space": own + " x", "of another case": strings.ToUpper(own)} {
		for name, headers := range carrying(secret) {
			if code, got := ask(headers...); code != 401 || got != (workspace.Actor{}) {
				t.Errorf("%s, %s: %d, %+v; want 401", name, what, code, got)
			}
		}
	}
	ann := basic("ann:" + secret)
	for name, headers := range map[string][]string{
		"a key and a password":       {"Authorization", ann, "Api-Key", own},
		"two keys":                   {"Api-Key", own, "X-API-Key", anns},
		"a key twice":                {"Api-Key", own, "X-API-Key", own},
		"a header twice":             {"Api-Key", own, "Api-Key", own},
		"a key and a bearer":         {"Authorization", "Bearer " + own, "X-API-Key", own},
		"two keys in one header":     {"Authorization", basic(own + ":" + anns)},
		"a key that is empty":        {"Api-Key", ""},
		"a key and one that is none": {"Api-Key", own, "X-API-Key", ""},
		"a password as a key":        {"Api-Key", secret},
	} {
		if code, got := ask(headers...); code != 401 || got != (workspace.Actor{}) {
			t.Errorf("%s: %d, %+v; want 401", name, code, got)
		}
	}
	// The address carries none, and the headers of other keys are not ours.
	for _, path := range []string{"/?apiKey=" + own, "/?api_key=" + own, "/?apikey=" + own} {
		var got workspace.Actor
		w := handle(h.Services, get(path, "apikey", own, "X-Key", own), func(w http.ResponseWriter, r *http.Request) {
			got = transport.Actor(r.Context())
			fine(w, r)
		})
		if w.Code != 200 || got != workspace.Guest("192.0.2.1") {
			t.Errorf("%.9s: %d, %+v; want the guest", path, w.Code, got)
		}
	}
	if code, got := ask("Authorization", ann); code != 200 || got.User != h.users["ann"].ID {
		t.Errorf("her password: %d, %+v", code, got)
	}
	if log := h.log.String(); strings.Contains(log, own[16:59]) || strings.Contains(log, anns[16:59]) || len(log) == 0 {
		t.Error("the log holds a secret, or nothing")
	}
	// No password is tried on the way, whatever carries the key.
	sign := h.SignIn
	h.SignIn = nil
	for name, headers := range carrying(own) {
		if code, _ := ask(headers...); code != 200 {
			t.Errorf("without passwords, %s: %d", name, code)
		}
	}
	h.SignIn = sign
	// Where there are no keys, one that comes is refused, not overlooked.
	h.AccessKeys = nil
	for name, headers := range carrying(own) {
		if code, _ := ask(headers...); code != 401 {
			t.Errorf("without keys, %s: %d", name, code)
		}
	}
}

// A key that is limited to pages and networks is asked where it comes from.
func TestKeyOrigins(t *testing.T) {
	t.Parallel()
	h, _, _, keys := keyHouse(t)
	ann := workspace.Actor{Principal: h.users["ann"].Num, User: h.users["ann"].ID, Name: "ann"}
	_, secret, err := h.AccessKeys.Create(t.Context(), ann, accesskey.Key{
		Workspace: keys[0].Workspace, Title: "map", Role: workspace.RoleViewer, Expires: time.Now().Add(time.Hour), Origins: []string{"https://map.example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"the page":   {[]string{"Origin", "https://map.example.org"}, 200},
		"another":    {[]string{"Origin", "https://evil.example.org"}, 401},
		"none":       {nil, 401},
		"two of one": {[]string{"Origin", "https://map.example.org", "Origin", "https://map.example.org"}, 401},
	} {
		if w := handle(h.Services, get("/", append(c.headers, "Api-Key", secret)...), fine); w.Code != c.status {
			t.Errorf("%s: %d, want %d", name, w.Code, c.status)
		}
	}
}
