package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A pair is two servers on one database.
type pair struct {
	t      *testing.T
	a, b   *process
	client *http.Client
	admin  string // his access token
}

const adminsPassword = "the longest password here"

func newPair(t *testing.T, address string) *pair {
	t.Helper()
	dir := t.TempDir()
	flags := []string{
		"--secret-file", filepath.Join(dir, "secret"), "--mail-folder", filepath.Join(dir, "mail"), "--admin-password", adminsPassword,
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	p := &pair{t: t, client: &http.Client{Transport: transport}}
	p.a = serving(t, address, flags...)
	p.b = serving(t, address, flags...)
	p.admin = p.token("admin", adminsPassword)
	return p
}

// A reply is what came of a call, with the members of the body.
type reply struct {
	status int
	body   map[string]any
}

func (a reply) text(name string) string { s, _ := a.body[name].(string); return s }

// call calls the native API of a server. A credential that begins with "bwk_" is
// a key, any other an access token.
func (p *pair) call(at *process, credential, method, path string, body any) reply {
	p.t.Helper()
	text := ""
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			p.t.Error(err)
		}
		text = string(b)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+at.address+"/api/v1"+path, strings.NewReader(text))
	if err != nil {
		p.t.Error(err)
		return reply{}
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case strings.HasPrefix(credential, "bwk_"):
		r.Header.Set("Api-Key", credential)
	case credential != "":
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	w, err := p.client.Do(r)
	if err != nil {
		p.t.Error(err)
		return reply{}
	}
	defer w.Body.Close()
	got := reply{status: w.StatusCode}
	all, err := io.ReadAll(w.Body)
	if err != nil {
		p.t.Error(err)
	}
	_ = json.Unmarshal(all, &got.body)
	return got
}

// must is call for what has to succeed.
func (p *pair) must(at *process, credential, method, path string, body any) reply {
	p.t.Helper()
	got := p.call(at, credential, method, path, body)
	if got.status < 200 || got.status > 299 {
		p.t.Fatalf("%s %s: %d %v", method, path, got.status, got.body)
	}
	return got
}

func (p *pair) token(name, password string) string {
	p.t.Helper()
	w, err := p.client.PostForm("http://"+p.a.address+"/entrepot/token", map[string][]string{
		"grant_type": {"password"}, "username": {name}, "password": {password},
	})
	if err != nil {
		p.t.Fatal(err)
	}
	defer w.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(w.Body).Decode(&got); err != nil || got.Token == "" {
		p.t.Fatalf("no token: %d, %v", w.StatusCode, err)
	}
	return got.Token
}

// person makes a user and returns his identifier, number and access token.
func (p *pair) person(address, name string, flags ...string) (id string, num int64, token string) {
	p.t.Helper()
	password := "the password of " + name
	args := append([]string{
		"user", "create", name, "--database", address, "--email", name + "@example.org", "--first-name", name, "--last-name", "X", "--password", password,
	}, flags...)
	if out, err := exec.Command("bailiwick", args...).CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
	token = p.token(name, password)
	me := p.must(p.a, token, http.MethodGet, "/me", nil)
	n, _ := me.body["num"].(float64)
	return me.text("id"), int64(n), token
}

// both runs two calls at once and returns their statuses.
func both(one, two func() reply) (int, int) {
	var first, second reply
	var calls sync.WaitGroup
	calls.Go(func() { first = one() })
	calls.Go(func() { second = two() })
	calls.Wait()
	return first.status, second.status
}

func TestServersAgree(t *testing.T) {
	eachDatabase(t, func(t *testing.T, address string) {
		p := newPair(t, address)
		ada, _, _ := p.person(address, "ada")
		w := p.must(p.a, p.admin, http.MethodPost, "/workspaces", map[string]any{
			"name": "Maps", "technical_name": "maps", "supervisor": ada, "contact": "maps@example.org",
		}).text("id")
		t.Run("Accept", func(t *testing.T) { p.t = t; p.accept(w) })
		t.Run("Demote", func(t *testing.T) { p.t = t; p.demote(address, w) })
		t.Run("Administrators", func(t *testing.T) { p.t = t; p.administrators(address) })
		t.Run("Revoke", func(t *testing.T) { p.t = t; p.revoke(w) })
	})
}

// accept accepts an invitation a hundred times at once, on both servers, and
// again and again afterwards: it makes one account, and one member.
func (p *pair) accept(w string) {
	made := p.must(p.a, p.admin, http.MethodPost, "/workspaces/"+w+"/invitations", map[string]any{
		"email": "new@example.org", "roles": []string{"Editor"}, "language": "fr",
	})
	_, token, found := strings.Cut(made.text("link"), "token=")
	if !found {
		p.t.Fatalf("no link in %v", made.body)
	}
	const password = "chosen on the way in"
	accept := func(at *process, credential string) reply {
		return p.call(at, credential, http.MethodPost, "/invitations/accept", map[string]any{
			"token": token, "first_name": "Nina", "last_name": "Neuf", "password": password,
		})
	}
	var joined atomic.Int32
	var calls sync.WaitGroup
	for i := range 100 {
		at := p.a
		if i%2 == 1 {
			at = p.b
		}
		calls.Go(func() {
			switch got := accept(at, ""); got.status {
			case http.StatusOK:
				joined.Add(1)
			case http.StatusUnauthorized, http.StatusNotFound, http.StatusConflict:
			default:
				p.t.Errorf("accepted with %d %v", got.status, got.body)
			}
		})
	}
	calls.Wait()
	if n := joined.Load(); n != 1 {
		p.t.Errorf("%d of a hundred acceptances joined", n)
	}
	his := p.token("new@example.org", password)
	for _, at := range []*process{p.a, p.b, p.a} {
		got := p.call(at, his, http.MethodPost, "/invitations/accept", map[string]any{"token": token})
		if got.status != http.StatusOK {
			p.t.Errorf("replayed by who was invited: %d %v", got.status, got.body)
		}
		if got := accept(at, ""); got.status == http.StatusOK {
			p.t.Errorf("replayed by anybody: %v", got.body)
		}
	}
	list := p.must(p.b, p.admin, http.MethodGet, "/workspaces/"+w+"/members?limit=200", nil)
	members := 0
	for _, item := range list.body["items"].([]any) {
		if m, _ := item.(map[string]any); m["email"] == "new@example.org" {
			members++
		}
	}
	if members != 1 {
		p.t.Errorf("%d members came of it", members)
	}
}

// demote has two administrators of a workspace demote each other at once.
func (p *pair) demote(address, w string) {
	type person struct {
		num   int64
		token string
	}
	var one, two person
	_, one.num, one.token = p.person(address, "one")
	_, two.num, two.token = p.person(address, "two")
	put := func(at *process, credential string, who person, role string) reply {
		return p.call(at, credential, http.MethodPut, "/workspaces/"+w+"/members/"+strconv.FormatInt(who.num, 10),
			map[string]any{"roles": []string{role}})
	}
	for i := range 20 {
		for _, who := range []person{one, two} {
			if got := put(p.a, p.admin, who, "Administrator"); got.status > 299 {
				p.t.Fatalf("%d %v", got.status, got.body)
			}
		}
		first, second := both(
			func() reply { return put(p.a, one.token, two, "Viewer") },
			func() reply { return put(p.b, two.token, one, "Viewer") },
		)
		if (first < 300) == (second < 300) || max(first, second) != http.StatusForbidden {
			p.t.Fatalf("round %d: %d and %d", i, first, second)
		}
	}
}

// administrators has the last two administrators of the platform demote each
// other at once.
func (p *pair) administrators(address string) {
	me := p.must(p.a, p.admin, http.MethodGet, "/me", nil).text("id")
	other, _, his := p.person(address, "deputy", "--admin")
	set := func(at *process, credential, who string, yes bool) reply {
		return p.call(at, credential, http.MethodPatch, "/users/"+who, map[string]any{"administrator": yes})
	}
	for i := range 20 {
		first, second := both(
			func() reply { return set(p.a, p.admin, other, false) },
			func() reply { return set(p.b, his, me, false) },
		)
		if (first < 300) == (second < 300) {
			p.t.Fatalf("round %d: %d and %d", i, first, second)
		}
		left, gone := p.admin, other
		if second < 300 {
			left, gone = his, me
		}
		if got := set(p.a, left, gone, true); got.status > 299 {
			p.t.Fatalf("round %d: who is left cannot put it right: %d %v", i, got.status, got.body)
		}
	}
}

// revoke revokes a key on one server while it is used on the other: no call that
// begins after the revocation was acknowledged succeeds.
func (p *pair) revoke(w string) {
	trials := 60
	if n, err := strconv.Atoi(os.Getenv("BAILIWICK_TRIALS")); err == nil {
		trials = n
	}
	path := "/workspaces/" + w + "/keys"
	used := atomic.Int64{}
	for i := range trials {
		made := p.must(p.a, p.admin, http.MethodPost, path, map[string]any{
			"title": fmt.Sprint("trial ", i), "role": "Viewer", "expires": "2027-01-31",
		})
		secret := made.text("secret")
		var revoked atomic.Bool
		var calls sync.WaitGroup
		for range 2 {
			calls.Go(func() {
				for {
					late := revoked.Load()
					got := p.call(p.b, secret, http.MethodGet, "/workspaces/"+w, nil)
					switch {
					case late && got.status != http.StatusUnauthorized:
						p.t.Errorf("trial %d: a call that began after the revocation was answered %d", i, got.status)
						return
					case late:
						return
					case got.status == http.StatusOK:
						used.Add(1)
					}
				}
			})
		}
		if got := p.call(p.b, secret, http.MethodGet, "/workspaces/"+w, nil); got.status != http.StatusOK {
			p.t.Errorf("trial %d: the key is of no use: %d %v", i, got.status, got.body)
		}
		p.must(p.a, p.admin, http.MethodPost, path+"/"+made.text("id")+"/revoke", nil)
		revoked.Store(true)
		calls.Wait()
		if p.t.Failed() {
			return
		}
	}
	p.t.Logf("%d keys revoked, and used %d times before", trials, used.Load())
	if used.Load() == 0 {
		p.t.Error("no key was used before it was revoked")
	}
}
