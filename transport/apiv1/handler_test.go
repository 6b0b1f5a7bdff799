package apiv1_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// small is a world with a workspace in it.
type small struct {
	*world

	admin, boss, member *someone
	pays                workspace.Organization
	here                workspace.Details
	group               workspace.Group
	planted             grown // nothing unless something was
	used                database.Name
}

func newSmall(t *testing.T, db *storage.DB) *small {
	t.Helper()
	s := &small{world: newWorld(t, db), used: "unknown"}
	s.admin, s.boss, s.member = s.user("admin", true), s.user("boss", false), s.user("member", false)
	s.pays = s.organization("Payer")
	s.here = s.workspace("here", s.pays.ID, s.boss)
	s.join(s.here.ID, s.member)
	var err error
	s.group, err = s.services.Workspaces.CreateGroup(t.Context(), root(), workspace.Group{Workspace: s.here.ID, Name: "group"})
	s.must(err)
	for _, u := range []*someone{s.admin, s.boss, s.member} { // who called this minute leaves no trace
		s.call(u, get, "/me", "", 200)
	}
	return s
}

// at is the path of the workspace.
func (s *small) at(rest string) string { return "/workspaces/" + string(s.here.ID) + rest }

// each runs a test on a small world on each kind of database.
func each(t *testing.T, test func(t *testing.T, s *small)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) { t.Helper(); test(t, newSmall(t, db)) })
}

// TestMounted mounts the lens under gorilla/mux and net/http, at two prefixes.
func TestMounted(t *testing.T) {
	t.Parallel()
	s := newSmall(t, dbtest.New(t))
	for _, prefix := range []string{"/api/v1", "/deep/er"} {
		lens := http.StripPrefix(prefix, apiv1.Handler(s.services, nil))
		router := mux.NewRouter().SkipClean(true).UseEncodedPath()
		router.PathPrefix(prefix + "/").Handler(lens)
		plain := http.NewServeMux()
		plain.Handle(prefix+"/", lens)
		for name, host := range map[string]http.Handler{"gorilla/mux": router, "net/http": plain} {
			for path, want := range map[string]int{
				"/me": 200, "/openapi.json": 200, "/roles/a%2Fb": 404, "/nothing": 404, "/workspaces/" + string(s.here.ID): 200,
			} {
				r := httptest.NewRequestWithContext(t.Context(), get, prefix+path, nil)
				r.Header.Set("X-Test-User", "member")
				rec := httptest.NewRecorder()
				host.ServeHTTP(rec, r)
				if rec.Code != want || !strings.Contains(rec.Header().Get("Content-Type"), "json") {
					t.Errorf("%s at %s%s: %d %s", name, prefix, path, rec.Code, rec.Body)
				}
			}
		}
	}
}

func TestProblems(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		p := s.refused(s.member, get, "/nothing", "", 404, "not_found", "")
		if p.header.Get("Content-Type") != "application/problem+json" || p.value(t)["request_id"] == "" {
			t.Errorf("%v %s", p.header, p.text)
		}
		if got := s.refused(nil, "BREW", s.at(""), "", 405, "method_not_allowed", "").header.Get("Allow"); got != "GET, HEAD, PATCH" {
			t.Errorf("Allow %q", got)
		}
		s.refused(nil, get, "/me", "", 401, "unauthenticated", "")
		s.refused(nil, post, "/workspaces", "{", 401, "unauthenticated", "")
		denied := s.refused(s.member, patch, s.at(""), `{"name": "x"}`, 403, "forbidden", "").value(t)
		if denied["permission"] != string(workspace.Update) || denied["node"] != float64(s.here.Num) || denied["cause"] != "default" {
			t.Errorf("%v", denied)
		}
		s.refused(s.boss, patch, s.at(""), `{"nom": "x"}`, 400, "invalid", "nom")
		s.refused(s.boss, patch, s.at(""), `{"name": 1}`, 400, "invalid", "name")
		s.refused(s.boss, patch, s.at(""), `{"name": null}`, 400, "invalid", "name")
		s.refused(s.boss, patch, s.at(""), `{"public": "yes"}`, 400, "invalid", "public")
		s.refused(s.boss, patch, s.at(""), `{"name": "a", "name": "b"}`, 400, "invalid", "")
		s.refused(s.boss, patch, s.at(""), `[]`, 400, "invalid", "")
		s.refused(s.boss, patch, s.at(""), "", 400, "invalid", "")
		s.refused(s.boss, patch, s.at(""), `{}`, 415, "unsupported_media_type", "", "Content-Type", "text/plain")
		s.refused(s.boss, post, s.at("/groups"), `{}`, 415, "unsupported_media_type", "", "Content-Type", "application/merge-patch+json")
		s.refused(s.boss, post, s.at("/groups"), `{"name": "`+strings.Repeat("x", 1<<20)+`"}`, 413, "too_large", "")
		s.refused(s.boss, post, s.at("/groups"), `{"name": "Group"}`, 409, "taken", "name")
		s.refused(s.boss, remove, s.at(fmt.Sprintf("/members/%d", s.boss.Num)), "", 409, "supervisor", "")
		s.refused(s.admin, put, "/roles/Viewer", `{"title": "x", "permissions": []}`, 409, "builtin", "")
		s.refused(s.admin, remove, "/organizations/"+string(s.pays.ID), "", 409, "in_use", "")
		s.refused(s.admin, post, "/users/"+string(s.boss.ID)+"/disable", "", 409, "in_use", "")
		s.refused(s.boss, get, s.at("/members")+"?limit=0", "", 400, "invalid", "limit")
	})
}

// TestPatch holds a change to RFC 7396.
func TestPatch(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		full := `{"name": "Ours", "siren": "123456789", "vat": "FR1", "uploads_quota": 5}`
		o := s.call(s.admin, post, "/organizations", full, 201).value(t)
		path := fmt.Sprintf("/organizations/%v", o["id"])
		for _, c := range []struct{ body, field, want string }{
			{`{}`, "name", `"Ours"`},
			{`{"vat": null}`, "vat", `""`},
			{`{"siren": "987654321"}`, "siren", `"987654321"`},
			{`{"uploads_quota": null}`, "uploads_quota", `null`},
			{`{"uploads_quota": 0}`, "uploads_quota", `0`},
		} {
			a := s.call(s.admin, patch, path, c.body, 200, "Content-Type", "application/merge-patch+json").value(t)
			got, err := json.Marshal(a[c.field])
			if err != nil || string(got) != c.want || a["name"] != "Ours" {
				t.Errorf("%s: %s is %s, %v; want %s", c.body, c.field, got, err, c.want)
			}
		}
	})
}

// TestPages turns pages of a list, and refuses malformed questions.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		for i := range 5 {
			s.user(fmt.Sprintf("user%d", i), false)
		}
		for _, sort := range []string{"", "&sort=created", "&sort=-created"} {
			var names []string
			cursor, pages := "", 0
			for {
				a := s.call(s.admin, get, "/users?limit=3"+sort+cursor, "", 200)
				page := a.value(t)
				if page["total"] != float64(8) {
					t.Errorf("total %v, want 8", page["total"])
				}
				for _, item := range a.items(t) {
					names = append(names, item["username"].(string))
				}
				pages++
				next, more := page["next"].(string)
				if !more {
					break
				}
				cursor = "&cursor=" + next
				if sort == "" {
					s.refused(s.admin, get, "/users?sort=-created"+cursor, "", 400, "invalid", "cursor")
				}
			}
			want := "admin boss member user0 user1 user2 user3 user4"
			if sort == "&sort=-created" {
				want = "user4 user3 user2 user1 user0 member boss admin"
			}
			if got := strings.Join(names, " "); got != want || pages != 3 {
				t.Errorf("%q in %d pages: %s", sort, pages, got)
			}
		}
		some := s.call(s.admin, get, "/users?q=USER&limit=1&fields=username,num", "", 200)
		if item := some.items(t)[0]; len(item) != 2 || item["username"] != "user0" || some.value(t)["total"] != float64(5) {
			t.Errorf("%s", some.text)
		}
		if one := s.call(s.member, get, "/me?fields=id", "", 200).value(t); len(one) != 1 || one["id"] != string(s.member.ID) {
			t.Errorf("%v", one)
		}
		if list := s.call(s.admin, get, "/users?disabled=true", "", 200); list.text != `{"items":[],"total":0}` {
			t.Errorf("%s", list.text)
		}
		for query, field := range map[string]string{
			"limit=0": "limit", "limit=201": "limit", "limit=x": "limit", "limit=1&limit=2": "limit",
			"sort=nothing": "sort", "sort=created,": "sort", "sort=--name": "sort", "cursor=x": "cursor", "cursor=e30": "cursor", "cursor=!": "cursor",
			"cursor=eyJvIjoiY3JlYXRlZCIsIm0iOi0xfQ": "cursor", "fields=nothing": "fields", "fields=id,,num": "fields",
			"disabled=1": "disabled", "q=%00": "query", "q=%ff": "query", "%zz": "query",
		} {
			s.refused(s.admin, get, "/users?"+query, "", 400, "invalid", field)
		}
		for query, want := range map[string]int{
			"": 4, "?limit=2": 2, "?action=group.": 1, "?action=member.,group.": 2, "?since=2026-05-04": 4, "?until=2026-05-04": 4,
			"?until=2026-05-03": 0, "?since=2026-05-04T10:00:01Z": 0, "?sort=-created&limit=1": 1,
		} {
			if got := len(s.call(s.boss, get, s.at("/activity")+query, "", 200).items(t)); got > want || got < min(want, 1) {
				t.Errorf("activity%s: %d events, want %d", query, got, want)
			}
		}
		s.refused(s.boss, get, s.at("/activity")+"?since=yesterday", "", 400, "invalid", "since")
	})
}

// TestTags changes things on the condition that they are what was seen.
func TestTags(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		pool := s.pool("facility")
		_, err := s.services.Workspaces.Allot(t.Context(), root(), s.here.ID, pool.ID, "", 5)
		s.must(err)
		role := "/roles/custom"
		s.call(s.admin, put, role, `{"title": "a", "permissions": ["workspace.read"]}`, 200)
		free := s.organization("Free")
		for _, c := range []struct{ path, body string }{
			{s.at(""), `{"description": "x"}`},
			{"/organizations/" + string(s.pays.ID), `{"vat": "x"}`},
			{"/groups/" + string(s.group.ID), `{"description": "x"}`},
			{"/users/" + string(s.member.ID), `{"first_name": "x"}`},
			{"/me", `{"first_name": "y"}`},
			{"/pools/" + string(pool.ID), `{"description": "x"}`},
			{s.at(fmt.Sprintf("/members/%d", s.member.Num)), `{"roles": ["Viewer"]}`},
			{role, `{"title": "b", "permissions": []}`},
		} {
			method := patch
			if strings.Contains(c.body, "roles") || strings.Contains(c.body, "title") {
				method = put
			}
			tag := s.call(s.admin, get, c.path, "", 200).header.Get("ETag")
			if tag == "" || s.call(s.admin, get, c.path, "", 200).header.Get("ETag") != tag {
				t.Errorf("%s: ETag %q", c.path, tag)
			}
			for _, seen := range []string{tag, "*", `"x", W/` + tag} {
				a := s.call(s.admin, get, c.path, "", 304, "If-None-Match", seen)
				if a.text != "" || a.header.Get("ETag") != tag {
					t.Errorf("%s: %v %q", c.path, a.header, a.text)
				}
			}
			s.call(s.admin, get, c.path, "", 200, "If-None-Match", `"x"`)
			before := dbtest.Fingerprint(t, s.db)
			for _, seen := range []string{`"x"`, "W/" + tag, `"x", "y"`} {
				s.refused(s.admin, method, c.path, c.body, 412, "precondition_failed", "", "If-Match", seen)
				s.refused(s.admin, method, c.path+"?dry_run=true", c.body, 412, "precondition_failed", "", "If-Match", seen)
			}
			s.refused(s.admin, method, c.path, c.body, 400, "invalid", "If-Match", "If-Match", "x")
			if dbtest.Fingerprint(t, s.db) != before {
				t.Errorf("%s: a refusal changed something", c.path)
			}
			after := s.call(s.admin, method, c.path, c.body, 200, "If-Match", tag).header.Get("ETag")
			if after == tag || after != s.call(s.admin, get, c.path, "", 200).header.Get("ETag") {
				t.Errorf("%s: ETag %q after %q", c.path, after, tag)
			}
			s.refused(s.admin, method, c.path, c.body, 412, "precondition_failed", "", "If-Match", tag)
			s.call(s.admin, method, c.path, c.body, 200, "If-Match", "*")
		}
		// Something that is not there is not what it was.
		s.refused(s.admin, put, "/roles/new", `{"title": "b", "permissions": []}`, 412, "precondition_failed", "", "If-Match", "*")
		s.refused(s.admin, put, s.at(fmt.Sprintf("/members/%d", s.admin.Num)), `{"roles": []}`, 412, "precondition_failed", "", "If-Match", `"x"`)
		for _, path := range []string{
			"/organizations/" + string(free.ID), "/groups/" + string(s.group.ID), role, s.at(fmt.Sprintf("/members/%d", s.member.Num)),
		} {
			tag := s.call(s.admin, get, path, "", 200).header.Get("ETag")
			s.refused(s.admin, remove, path, "", 412, "precondition_failed", "", "If-Match", `"x"`)
			s.call(s.admin, remove, path, "", 204, "If-Match", tag)
			s.call(s.admin, get, path, "", 404)
		}
		spare := s.pool("spare")
		s.refused(s.admin, remove, "/pools/"+string(spare.ID), "", 412, "precondition_failed", "", "If-Match", `"x"`)
		s.call(s.admin, remove, "/pools/"+string(spare.ID), "", 204, "If-Match",
			s.call(s.admin, get, "/pools/"+string(spare.ID), "", 200).header.Get("ETag"))
		share := s.at("/allocations/" + string(pool.ID))
		s.refused(s.admin, remove, share, "", 412, "precondition_failed", "", "If-Match", `"x"`)
		s.call(s.admin, remove, share, "", 204, "If-Match", s.call(s.admin, put, share, `{"limit": null}`, 200).header.Get("ETag"))
	})
}

// TestReadings uses a facility: who changes something else loses nothing by
// that, and who has it at hand sees it.
func TestReadings(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		pool := s.pool("facility")
		a, err := s.services.Workspaces.Allot(t.Context(), root(), s.here.ID, pool.ID, "", 5)
		s.must(err)
		path := "/pools/" + string(pool.ID)
		tag := s.call(s.admin, get, path, "", 200).header.Get("ETag")
		s.must(s.services.Quotas.Consume(t.Context(), a.ID, 2, quota.Reason{Kind: "test", Ref: "x"}))
		if use := s.call(s.admin, get, path, "", 200, "If-None-Match", tag).value(t)["use"]; use != float64(2) {
			t.Errorf("use %v", use)
		}
		s.call(s.admin, patch, path, `{"description": "x"}`, 200, "If-Match", tag)

		group := "/groups/" + string(s.group.ID)
		tag = s.call(s.admin, get, group, "", 200).header.Get("ETag")
		s.must(s.services.Workspaces.AddToGroup(t.Context(), root(), s.group.ID, s.member.ID))
		if n := s.call(s.admin, get, group, "", 200, "If-None-Match", tag).value(t)["members"]; n != float64(1) {
			t.Errorf("%v members", n)
		}
		s.call(s.admin, patch, group, `{"description": "x"}`, 200, "If-Match", tag)
	})
}

// TestLost has everybody change the same on the condition that it is what he
// saw: one of them does.
func TestLost(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.call(s.admin, put, "/roles/custom", `{"title": "a", "permissions": []}`, 200)
		for _, c := range []struct{ method, path, body string }{
			{patch, s.at(""), `{"description": "%d"}`},
			{patch, "/groups/" + string(s.group.ID), `{"description": "%d"}`},
			{put, "/roles/custom", `{"title": "%d", "permissions": []}`},
			{patch, "/users/" + string(s.member.ID), `{"first_name": "%d"}`},
		} {
			tag := s.call(s.admin, get, c.path, "", 200).header.Get("ETag")
			var mu sync.Mutex
			var wait sync.WaitGroup
			got := map[int]int{}
			for i := range 8 {
				wait.Go(func() {
					a := s.ask(t.Context(), sent{
						as: s.admin, method: c.method, path: c.path, body: fmt.Sprintf(c.body, i), header: map[string]string{"If-Match": tag},
					})
					mu.Lock()
					defer mu.Unlock()
					got[a.status]++
				})
			}
			wait.Wait()
			if got[200] != 1 || got[412] != 7 {
				t.Errorf("%s: %v, want one to succeed and 7 to be refused", c.path, got)
			}
		}
	})
}

// TestTried tries changes, and wants to see what they would have been.
func TestTried(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		free := s.organization("Free")
		s.call(s.admin, put, "/roles/custom", `{"title": "a", "permissions": []}`, 200)
		before := dbtest.Fingerprint(t, s.db)
		for _, c := range []struct{ method, path, body, field, want string }{
			{post, "/organizations", `{"name": "New"}`, "name", "New"},
			{patch, s.at(""), `{"description": "New"}`, "description", "New"},
			{patch, s.at(""), fmt.Sprintf(`{"supervisor": %q}`, s.member.ID), "name", "here"},
			{put, s.at(fmt.Sprintf("/members/%d", s.member.Num)), `{"roles": ["Editor"]}`, "kind", "user"},
			{remove, s.at(fmt.Sprintf("/members/%d", s.member.Num)), "", "kind", "user"},
			{remove, "/groups/" + string(s.group.ID), "", "name", "group"},
			{remove, "/organizations/" + string(free.ID), "", "name", "Free"},
			{remove, "/roles/custom", "", "title", "a"},
			{post, "/users/" + string(s.member.ID) + "/disable", "", "username", "member"},
			{post, s.at("/deactivate"), "", "name", "here"},
		} {
			a := s.call(s.admin, c.method, c.path+"?dry_run=true", c.body, 200, "Idempotency-Key", "a key")
			if v := a.value(t); v[c.field] != c.want || a.header.Get("Location") != "" {
				t.Errorf("%s %s: %v %s", c.method, c.path, a.header, a.text)
			}
			if dbtest.Fingerprint(t, s.db) != before {
				t.Fatalf("%s %s: something was kept", c.method, c.path)
			}
		}
		s.refused(s.admin, post, "/organizations?dry_run=true", `{"name": "payer"}`, 409, "taken", "name")
		s.refused(s.admin, post, "/organizations?dry_run=yes", `{"name": "New"}`, 400, "invalid", "dry_run")
		s.refused(s.admin, post, "/organizations?dry_run=", `{"name": "New"}`, 400, "invalid", "dry_run")
		if dbtest.Fingerprint(t, s.db) != before {
			t.Error("a refusal left something")
		}
	})
}

// TestRepeated repeats requests with a key.
func TestRepeated(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		key := func(name string) []string { return []string{"Idempotency-Key", name} }
		body := `{"name": "New"}`
		first := s.call(s.boss, post, s.at("/groups"), body, 201, key("a")...)
		if want := "../../groups/" + first.value(t)["id"].(string); first.header.Get("Location") != want {
			t.Errorf("Location %q, want %q", first.header.Get("Location"), want)
		}
		before := dbtest.Fingerprint(t, s.db)
		again := s.call(s.boss, post, s.at("/groups"), body, 201, key("a")...)
		if again.text != first.text || again.header.Get("ETag") != first.header.Get("ETag") ||
			again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%v %s, want as before: %v %s", again.header, again.text, first.header, first.text)
		}
		s.refused(s.boss, post, s.at("/groups"), `{"name": "Other"}`, 422, "idempotency_mismatch", "", key("a")...)
		s.refused(s.boss, post, s.at("/groups")+"?dry_run=false", body, 422, "idempotency_mismatch", "", key("a")...)
		s.refused(s.boss, post, s.at("/groups"), body, 409, "taken", "name", key("b")...)
		s.refused(s.boss, post, s.at("/groups"), `{"name": "x"}`, 400, "invalid", "name", key("b")...)
		s.refused(s.member, post, s.at("/groups"), body, 403, "forbidden", "", key("a")...)
		s.refused(s.boss, post, s.at("/groups"), body, 400, "invalid", "Idempotency-Key", key("")...)
		s.refused(s.boss, post, s.at("/groups"), body, 400, "invalid", "Idempotency-Key", key(strings.Repeat("x", 256))...)
		// A question is answered as of now.
		s.call(s.boss, post, "/check", fmt.Sprintf(`{"node": %d, "permission": "workspace.read"}`, s.here.Num), 200, key("a")...)
		if dbtest.Fingerprint(t, s.db) != before {
			t.Error("a repetition, or a refusal, changed something")
		}
		// The key that failed is good for another request.
		s.call(s.boss, post, s.at("/groups"), `{"name": "Third"}`, 201, key("b")...)
		s.clock.Add((24 * time.Hour).Microseconds())
		s.refused(s.boss, post, s.at("/groups"), body, 409, "taken", "name", key("a")...)

		var wait sync.WaitGroup
		var mu sync.Mutex
		texts := map[string]int{}
		for range 20 {
			wait.Go(func() {
				a := s.ask(t.Context(), sent{
					as: s.boss, method: post, path: s.at("/groups"), body: `{"name": "Together"}`,
					header: map[string]string{"Idempotency-Key": "c"},
				})
				mu.Lock()
				defer mu.Unlock()
				texts[a.text]++
			})
		}
		wait.Wait()
		if len(texts) != 1 {
			t.Errorf("%d different answers: %v", len(texts), texts)
		}
	})
}

// TestReasons asks why.
func TestReasons(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		ask := func(as *someone, who *someone, permission rbac.Permission, status int) map[string]any {
			t.Helper()
			body := fmt.Sprintf(`{"node": %d, "permission": %q, "principal": %d}`, s.here.Num, permission, who.Num)
			return s.call(as, post, "/explain", body, status).value(t)
		}
		update := workspace.Update
		mine := ask(s.member, s.member, update, 200)
		flip, _ := mine["flip"].([]any)
		if mine["allowed"] != false || mine["cause"] != "default" || len(flip) == 0 {
			t.Errorf("%v", mine)
		} else if change := flip[0].(map[string]any); change["kind"] != "grant" || change["rule"].(map[string]any)["permission"] != "update" {
			t.Errorf("%v", change)
		}
		if boss := ask(s.boss, s.boss, update, 200); boss["allowed"] != true || boss["cause"] != "supervision" {
			t.Errorf("%v", boss)
		}
		if other := ask(s.boss, s.member, update, 200); other["allowed"] != false {
			t.Errorf("%v", other)
		}
		ask(s.member, s.boss, update, 403)
		if told := ask(s.boss, s.admin, update, 200); told["allowed"] != true || told["cause"] != "rule" { // who makes the rules is told whom they reach
			t.Errorf("%v", told)
		}
		reader := s.user("reader", false)
		s.join(s.here.ID, reader)
		s.call(s.boss, post, s.at("/rules"),
			fmt.Sprintf(`{"node": %d, "effect": "allow", "principal": %d, "scope": "workspace", "permission": "read_members"}`, s.here.Num, reader.Num), 201)
		ask(reader, s.member, update, 200)
		ask(reader, s.admin, update, 404) // who is no member is none of his business
		ask(s.admin, s.boss, update, 200)
		stranger := s.user("stranger", false)
		ask(stranger, stranger, update, 404)
		ask(stranger, s.member, update, 404)
		ask(stranger, s.boss, update, 404)
		s.call(stranger, post, "/explain", `{"node": 0, "permission": "platform.administer"}`, 200)
		s.call(stranger, post, "/explain", `{"node": 999999, "permission": "platform.administer"}`, 404)
		s.refused(stranger, post, "/explain", `{"node": 0}`, 400, "invalid", "permission")
		s.refused(stranger, post, "/explain", `{"permission": "x"}`, 400, "invalid", "node")

		s.call(s.member, get, s.at(fmt.Sprintf("/members/%d/rights", s.member.Num)), "", 200)
		s.call(s.member, get, s.at(fmt.Sprintf("/members/%d/rights", s.boss.Num)), "", 403)
		list := s.call(s.boss, get, s.at(fmt.Sprintf("/members/%d/rights", s.member.Num)), "", 200).items(t)
		held := map[string]any{}
		for _, r := range list {
			held[r["permission"].(string)] = r["allowed"]
		}
		if held[string(workspace.Read)] != true || held[string(workspace.Update)] != false || len(held) < 12 {
			t.Errorf("%v", held)
		}
	})
}
