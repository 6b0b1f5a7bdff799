package apiv1_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// sorts returns what the document says that each list can be sorted by, the
// first being the order of the list itself.
func sorts(t *testing.T) map[string][]string {
	t.Helper()
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string][]string{}
	for _, item := range doc.Paths.Map() {
		if item.Get == nil || item.Get.OperationID == "listFeatures" { // which has the order of a layer's fields
			continue
		}
		if p := item.Get.Parameters.GetByInAndName("query", "sort"); p != nil {
			names := strings.TrimSuffix(strings.TrimPrefix(p.Schema.Value.Pattern, "^-?("), ")$")
			columns[item.Get.OperationID] = strings.Split(names, "|")
			if columns[item.Get.OperationID][0] != p.Schema.Value.Default {
				t.Errorf("%s: by default %v, and not %s", item.Get.OperationID, p.Schema.Value.Default, names)
			}
		}
	}
	return columns
}

// crowded fills a small world so that each list has something on it, and much of
// it the same.
func (s *small) crowded(address string) {
	s.t.Helper()
	ctx, w := s.t.Context(), s.services.Workspaces
	var editor *someone
	for i := range 4 {
		u := s.user(fmt.Sprintf("Crowd%d", i), false)
		if i == 0 {
			editor = u
		}
		s.join(s.here.ID, u, []rbac.RoleName{workspace.RoleEditor, workspace.RoleViewer}[i%2])
		s.must(w.AddToGroup(ctx, root(), s.group.ID, u.ID))
		s.must(w.AddOrganizationUser(ctx, root(), s.pays.ID, u.ID))
		pool := s.pool(fmt.Sprintf("pool%d", i))
		_, err := w.Allot(ctx, root(), s.here.ID, pool.ID, "", []int64{5, quota.NoLimit}[i%2])
		s.must(err)
		_, err = w.CreateGroup(ctx, root(), workspace.Group{Workspace: s.here.ID, Name: fmt.Sprintf("Group%d", i%2) + strings.Repeat("x", i)})
		s.must(err)
		_, err = w.CreateGroup(ctx, root(), workspace.Group{Name: fmt.Sprintf("Platform%d", i)})
		s.must(err)
		in := s.workspace(fmt.Sprintf("there%d", i), s.pays.ID, s.boss)
		s.organization(fmt.Sprintf("Org%d", 4-i))
		if i%2 == 0 {
			s.must(w.Deactivate(ctx, root(), in.ID))
		}
		s.must(w.PutRole(ctx, root(), rbac.Role{Name: rbac.RoleName(fmt.Sprintf("custom/%d", i)), Title: "Same", Permissions: []rbac.Permission{workspace.Annex}}))
		_, _, err = w.Invite(ctx, root(), s.here.ID, workspace.Invitation{
			Email: fmt.Sprintf("invited%d@example.org", 4-i), Roles: []rbac.RoleName{workspace.RoleViewer},
		})
		s.must(err)
		later := time.UnixMicro(s.clock.Load()).Add(time.Hour)
		key := accesskey.Key{Title: fmt.Sprintf("Key%d", i%2), Workspace: s.here.ID, Role: workspace.RoleViewer, Expires: later}
		_, _, err = s.services.AccessKeys.Create(ctx, s.people["boss"], key)
		s.must(err)
		_, _, err = s.services.AccessKeys.Create(ctx, s.people["admin"], accesskey.Key{Title: fmt.Sprintf("Mine%d", i), User: s.admin.ID, Expires: later})
		s.must(err)
		for _, u := range []*someone{s.admin, s.boss} {
			_, err = s.services.SignIn.StartFor(ctx, u.ID, "test", "client", "192.0.2.1")
			s.must(err)
		}
		s.clock.Add(int64(i%2) * 1_000_000)
	}
	var places []rbac.Place
	for i := range rbac.Node(5) {
		places = append(places, rbac.Place{Node: 7001 + 1000*i, Parent: s.here.Num, Class: "group", Workspace: s.here.Num, Owner: s.boss.Num})
	}
	dbtest.Sow(s.t, address, places)
	s.planted = s.grow(s.here, editor)
	for _, class := range []string{"webmap", "raster_layer"} {
		s.must(s.services.Resources.SetLimit(ctx, s.actor(s.admin), s.here.Num, class, new(int64(5))))
	}
	for i := range 3 {
		file := s.file(editor, fmt.Sprintf("File%d", i%2), make([]byte, 10+i%2))
		_, err := s.services.Features.Attach(ctx, s.actor(editor), s.planted.layer.Num, s.planted.feature, file, feature.Attachment{})
		s.must(err)
	}
	r := s.build(s.here)
	s.used = r.used
	for i := range 3 {
		_, err := s.services.Databases.Create(ctx, root(), s.pays.ID, database.Draft{Name: database.Name(fmt.Sprintf("more-%d", 3-i))})
		s.must(err)
		s.clock.Add(int64(i%2) * 1_000_000)
		_, err = s.services.Databases.MakeBackup(ctx, root(), s.used)
		s.must(err)
		for _, client := range []string{"Revit/25", "curl", "Curl2", ""}[i:] {
			s.must(s.services.SignIn.Visit(ctx, s.actor(s.boss), s.here.ID, client))
		}
	}
	for _, u := range []*someone{s.admin, s.boss, s.member} { // who called this minute leaves no trace
		s.call(u, get, "/me", "", 200)
	}
}

// listPath fills the path of a list in.
func (s *small) listPath(path string) string {
	return strings.NewReplacer(
		"{organization}", string(s.pays.ID), "{workspace}", string(s.here.ID), "{group}", string(s.group.ID),
		"{resource}", s.planted.named("resource", false), "{feature}", s.planted.named("feature", false),
		"{database}", string(s.used), "{user}", string(s.boss.ID), "{principal}", fmt.Sprint(s.boss.Num), "/me/workspaces", "/users/"+string(s.boss.ID)+"/workspaces",
	).Replace(path)
}

// pages reads a list page by page.
func (s *small) pages(path, sort string, limit int) []string {
	s.t.Helper()
	var rows []string
	cursor := ""
	for range 200 {
		a := s.call(s.admin, get, fmt.Sprintf("%s?sort=%s&limit=%d%s", path, sort, limit, cursor), "", 200)
		items := a.items(s.t)
		if len(items) > limit {
			s.t.Errorf("%s: %d on a page of %d", path, len(items), limit)
		}
		for _, item := range items {
			for _, reading := range []string{"last_call", "use", "rules", "children"} {
				delete(item, reading)
			}
			text, err := json.Marshal(item)
			s.must(err)
			rows = append(rows, string(text))
		}
		next, more := a.value(s.t)["next"].(string)
		if !more {
			return rows
		}
		cursor = "&cursor=" + next
	}
	s.t.Fatalf("%s never ends", path)
	return nil
}

// TestSorts turns the pages of every list, in every order that the document says
// there is: nothing comes twice or not at all, the other way round is the other
// way round, and no cursor is good for another list or order.
func TestSorts(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		s := newSmall(t, db)
		s.crowded(address)
		foreign := s.call(s.admin, get, "/groups?limit=1", "", 200).value(t)["next"].(string)
		known := sorts(t)
		for _, route := range apiv1.Routes() {
			columns, is := known[route.Operation]
			if !is {
				if route.Method == get && strings.HasPrefix(route.Operation, "list") && route.Operation != "listFeatures" {
					t.Errorf("%s has no order", route.Operation)
				}
				continue
			}
			path := s.listPath(route.Path)
			for _, column := range columns {
				whole := s.pages(path, column, 200)
				if len(whole) < 2 {
					t.Errorf("%s: only %d rows", route.Operation, len(whole))
				}
				ascending(t, route.Operation, column, whole)
				if got := s.pages(path, column, 2); !slices.Equal(got, whole) {
					t.Errorf("%s by %s: in pages\n%s\nat once\n%s", route.Operation, column, strings.Join(got, "\n"), strings.Join(whole, "\n"))
				}
				back := s.pages(path, "-"+column, 3)
				slices.Reverse(back)
				if !slices.Equal(back, whole) {
					t.Errorf("%s by -%s: back\n%s\nforth\n%s", route.Operation, column, strings.Join(back, "\n"), strings.Join(whole, "\n"))
				}
			}
			first := s.call(s.admin, get, path+"?limit=1", "", 200).value(t)["next"].(string)
			s.refused(s.admin, get, path+"?sort=-"+columns[0]+"&cursor="+first, "", 400, "invalid", "cursor")
			s.refused(s.admin, get, path+"?sort=nothing", "", 400, "invalid", "sort")
			if path != "/groups" {
				s.refused(s.admin, get, path+"?cursor="+foreign, "", 400, "invalid", "cursor")
			}
			for _, forge := range []func(k map[string]any){
				func(k map[string]any) { k["v"] = "\x00" },
				func(k map[string]any) { k["n"] = "1" },
				func(k map[string]any) { k["x"] = 1 },
				func(k map[string]any) { k["o"] = "nothing" },
			} {
				s.refused(s.admin, get, path+"?cursor="+forged(t, first, forge), "", 400, "invalid", "cursor")
			}
			if columns[0] == "created" && !slices.Contains([]string{
				"listActivity", "listAudit", "listPlatformAudit", "listMySessions", "listUserSessions",
			}, route.Operation) {
				bad := forged(t, first, func(k map[string]any) { k["v"] = "yesterday" })
				s.refused(s.admin, get, path+"?cursor="+bad, "", 400, "invalid", "cursor")
			}
		}
		bad := forged(t, s.call(s.admin, get, s.at("/activity?limit=1"), "", 200).value(t)["next"].(string), func(k map[string]any) { k["n"] = 0 })
		s.refused(s.admin, get, s.at("/activity?cursor=")+bad, "", 400, "invalid", "cursor")
	})
}

// ascending wants rows in the order of a column that they show.
func ascending(t *testing.T, list, column string, rows []string) {
	t.Helper()
	fold := strings.ToLower
	if list == "listRoles" || list == "listRules" {
		fold = strings.Clone // names of roles compare byte by byte
	}
	last := any(nil)
	for i, row := range rows {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(row), &fields); err != nil {
			t.Fatal(err)
		}
		value, shown := fields[column]
		if !shown {
			return
		}
		wrong := false
		switch is := value.(type) {
		case float64:
			before, same := last.(float64)
			wrong = i > 0 && (!same || is < before) // no limit comes last
		case string:
			before, _ := last.(string)
			wrong = fold(is) < fold(before)
		}
		if wrong {
			t.Errorf("%s by %s: %v comes after %v", list, column, value, last)
		}
		last = value
	}
}

// forged changes a cursor.
func forged(t *testing.T, text string, change func(k map[string]any)) string {
	t.Helper()
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	k := map[string]any{}
	if err := json.Unmarshal(plain, &k); err != nil {
		t.Fatal(err)
	}
	change(k)
	if plain, err = json.Marshal(k); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(plain)
}

// TestColumns wants the lists of the document sorted by what the filters can.
func TestColumns(t *testing.T) {
	t.Parallel()
	known := sorts(t)
	people := []string{"username", "email", "name", "created", "disabled"}
	for operation, want := range map[string][]string{
		"listOrganizations": workspace.OrganizationFilter{}.Sortable(), "listWorkspaces": workspace.Filter{}.Sortable(),
		"listOrganizationWorkspaces": workspace.Filter{}.Sortable(), "listUsers": workspace.UserFilter{}.Sortable(),
		"listGroups": workspace.GroupFilter{}.Sortable(), "listPlatformGroups": workspace.GroupFilter{}.Sortable(),
		"listMembers": workspace.MemberFilter{}.Sortable(), "listPools": quota.PoolFilter{}.Sortable(),
		"listDatabases": database.Filter{}.Sortable(), "listBackups": database.BackupFilter{}.Sortable(), "listDatabaseBackups": database.BackupFilter{}.Sortable(),
		"listResources": resource.Filter{}.Sortable(), "listRules": rbac.RuleFilter{}.Sortable(), "listGroupUsers": people, "listOrganizationAdministrators": people,
	} {
		got := slices.Clone(known[operation])
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s is sorted by %v in the document, and can be by %v", operation, got, want)
		}
	}
}

// TestMeanwhile has rows come and go between two pages.
func TestMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		for _, name := range []string{"bb", "dd", "ff"} {
			s.user(name, false)
		}
		a := s.call(s.admin, get, "/users?sort=username&limit=3&q=example.org", "", 200) // admin, bb, boss
		s.user("aa", false)
		s.user("cc", false)
		rest := s.call(s.admin, get, "/users?sort=username&limit=9&q=example.org&cursor="+a.value(t)["next"].(string), "", 200)
		var names []string
		for _, item := range rest.items(t) {
			names = append(names, item["username"].(string))
		}
		if got := strings.Join(names, " "); got != "cc dd ff member" {
			t.Errorf("the next page is %s", got)
		}
	})
}

// TestFilters asks for parts of lists.
func TestFilters(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		s := newSmall(t, db)
		s.crowded(address)
		_, err := s.services.Workspaces.Suspend(t.Context(), root(), s.here.ID, s.member.Num)
		s.must(err)
		here := s.at("")
		for query, want := range map[string]int{
			here + "/members?q=CROWD": 4, here + "/members?q=member@": 1, here + "/members?suspended=true": 1,
			here + "/members?suspended=false": 5, here + "/members?role=Editor": 2, here + "/members?role=Editor,Viewer": 4,
			here + "/members?kind=group": 0, here + "/members?kind=user&role=Viewer&q=crowd1": 1,
			here + "/members?created_from=2026-05-05": 0, here + "/members?created_before=2026-05-05": 6,
			"/users?technical=true": 0, "/users?technical=false": 7, "/users?administrator=true": 1, "/users?idle_since=2026-05-05": 7,
			"/users?idle_since=2026-05-04": 4, "/users?created_before=2026-05-04": 0, "/users?q=crowd&disabled=false": 4,
			"/workspaces?active=false": 2, "/workspaces?active=true": 3, "/workspaces?q=THERE": 4, "/workspaces?public=true": 0,
			"/workspaces?with_datastore=true": 0, "/workspaces?technical_name=HERE": 1, "/workspaces?organization=" + uid.New(): 0,
			"/workspaces?organization=" + string(s.pays.ID): 5, "/workspaces?created_from=2026-05-05": 0,
			"/organizations?q=org": 4, "/organizations?created_before=2026-05-05": 5,
			"/organizations/" + string(s.pays.ID) + "/workspaces?active=false": 2,
			"/organizations/" + string(s.pays.ID) + "/administrators?q=crowd2": 1,
			"/pools?q=pool1": 1, "/pools?type=x": 0, "/groups?q=platform2": 1, here + "/groups?q=GROUP1": 2,
			"/groups/" + string(s.group.ID) + "/users?q=crowd": 4, "/groups/" + string(s.group.ID) + "/users?disabled=true": 0,
			here + "/rules?principal=" + fmt.Sprint(s.member.Num): 1, here + "/rules?effect=deny": 1, here + "/rules?role=Editor": 2,
			here + "/rules?origin=suspension": 1, here + "/rules?origin=manual": 1, here + "/rules?node=7001": 0,
			here + "/rules?expiring_before=2026-05-05":    4, // those of keys
			here + "/activity?object_kind=user&limit=200": 6, here + "/activity?object_id=" + string(s.member.ID): 2,
		} {
			if got := len(s.call(s.admin, get, query, "", 200).items(t)); got != want {
				t.Errorf("%s: %d rows, want %d", query, got, want)
			}
		}
		for query, field := range map[string]string{
			here + "/members?created_from=x": "created_from", here + "/members?suspended=1": "suspended", here + "/members?kind=key": "kind",
			here + "/rules?node=x": "node", here + "/rules?effect=maybe": "effect", here + "/rules?expiring_before=x": "expiring_before",
			here + "/rules?principal=1,": "principal", "/users?idle_since=x": "idle_since", "/workspaces?active=maybe": "active",
			"/groups/" + string(s.group.ID) + "/users?sort=last_call": "sort",
		} {
			s.refused(s.admin, get, query, "", 400, "invalid", field)
		}
		m := s.call(s.admin, get, here+"/members?q=crowd0", "", 200).items(t)[0]
		if m["name"] != "Lopper Crowd0" || m["username"] != "Crowd0" || m["email"] != "Crowd0@example.org" || m["suspended"] != false ||
			fmt.Sprint(m["roles"]) != "[Editor]" {
			t.Errorf("%v", m)
		}
	})
}

// TestUnknownParameters mistypes a parameter of every operation.
func TestUnknownParameters(t *testing.T) {
	t.Parallel()
	s := newSmall(t, dbtest.New(t))
	for _, route := range apiv1.Routes() {
		path := strings.NewReplacer("{feature}", "1", "{attachment}", "1", "{class}", "x", "{upload}", "x", "{rule}", uid.New(), "{pool}", uid.New(), "{role}", "x").Replace(s.listPath(route.Path))
		if route.Operation == "leaveWorkspace" {
			path = "/me" + s.at("")
		}
		body := "{}"
		if route.Method == http.MethodGet || route.Method == http.MethodDelete {
			body = ""
		}
		path = strings.NewReplacer("{invitation}", uid.New(), "{key}", uid.New(), "{session}", uid.New(), "{template}", "invitation.fr", "{backup}", "x", "{preference}", "x").Replace(path)
		for _, name := range []string{"nonsense", "Limit", "sort[]"} {
			s.refused(s.admin, route.Method, path+"?"+url.QueryEscape(name)+"=1", body, 400, "invalid", name)
		}
	}
}
