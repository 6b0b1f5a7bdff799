package drofus_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestHierarchy holds what spec/drofus.md §2.2 says of administrators, sentence by
// sentence.
func TestHierarchy(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		h := &hierarchy{world: w}
		h.prepare()
		for _, part := range []struct {
			name string
			test func()
		}{
			{"a project administrator", h.projectAdministrator},
			{"gives no more than he has", h.noMore},
			{"a user who is elsewhere as well", h.elsewhere},
			{"a shared database", h.shared},
			{"barred", h.barred},
			{"an owner administrator", h.ownerAdministrator},
			{"a server administrator", h.serverAdministrator},
			{"kick and disable", h.kick},
			{"lists", h.lists},
		} {
			w.Run(part.name, func(t *testing.T) {
				outer := w.T
				w.T = t
				defer func() { w.T = outer }()
				part.test()
			})
		}
	})
}

type hierarchy struct {
	*world

	// alone is in the template and nowhere else, both in Beta's project as well.
	alone, both *someone
	own         string // the number of the template
}

func (h *hierarchy) prepare() {
	h.Helper()
	h.own = projectID(h.template)
	h.alone, h.both = h.user("alone", false), h.user("both", false)
	h.join(h.template, h.alone)
	h.join(h.template, h.both)
	h.join(h.foreign, h.both)
}

// refused wants a call to be refused and to change nothing.
func (h *hierarchy) refused(as *someone, status int, method, path, body string) *answer {
	h.Helper()
	h.json(as, "", "/", "").wants(200) // that he came is kept
	before := dbtest.Fingerprint(h, h.db)
	got := h.json(as, method, path, body)
	if got.status != status {
		h.Errorf("%s %s as %s: status %d, want %d: %s", method, path, as.Username, got.status, status, got.body)
	}
	if dbtest.Fingerprint(h, h.db) != before {
		h.Errorf("%s %s as %s changed something", method, path, as.Username)
	}
	return got
}

func (h *hierarchy) at(u *someone) string { return "/project_users/" + u.Username + "," + h.own }

// projectAdministrator: "add/delete users, set rights, see user logs, download
// backups of own projects", and not "edit project details, delete the project".
func (h *hierarchy) projectAdministrator() {
	jo := h.project
	h.json(jo, "POST", "/project_users", `{"project_user":{"project_id":`+h.own+`,"room_rights":1,"tender_rights":3},
		"user":{"username":"new.one","first_name":"New","last_name":"One","email":"new@example.org"}}`).wants(201)
	h.json(jo, "PATCH", "/project_users/new.one,"+h.own, `{"project_user":{"room_rights":3,"superuser":true,"addon_admin":true}}`).wants(200)
	got := h.json(jo, "", "/project_users/new.one,"+h.own+"?include=rights", "").wants(200).fields("project_user")
	if got["room_rights"] != float64(3) || got["tender_rights"] != float64(3) || got["superuser"] != true || got["addon_admin"] != true {
		h.Errorf("rights %v", got)
	}
	h.json(jo, "DELETE", "/project_users/new.one,"+h.own, "").wants(204)
	h.json(jo, "", "/project_users/new.one,"+h.own, "").wants(404)
	h.json(jo, "", "/users/new.one", "").wants(404) // he is nowhere that he administers
	if left := h.json(h.server, "", "/users/new.one", "").wants(200).fields("user"); left["username"] != "new.one" {
		h.Errorf("the account is %v", left)
	}

	h.clock.Add(int64(24 * time.Hour / time.Microsecond))
	for _, path := range []string{"/node/logins", "/node/unique_users", "/project_data"} {
		for _, item := range h.json(jo, "", path, "").wants(200).list(map[string]string{
			"/node/logins": "login", "/node/unique_users": "unique_user", "/project_data": "project_data",
		}[path]) {
			if fmt.Sprint(item["project_id"]) != h.own {
				h.Errorf("%s tells %v", path, item)
			}
		}
	}
	if n := len(h.json(jo, "", "/project_data", "").list("project_data")); n != 1 {
		h.Errorf("data of %d projects", n)
	}

	const edit = `{"project":{"name":"Mine"}}`
	for _, verb := range []string{"PATCH", "PUT"} {
		h.refused(jo, 403, verb, "/projects/"+h.own, edit)
		h.refused(jo, 403, verb, "/projects/"+h.own, `{"project":{"active":false}}`)
		h.refused(jo, 404, verb, "/projects/"+projectID(h.foreign), edit)
		h.refused(jo, 404, verb, "/projects/"+projectID(h.second), edit)
	}
	h.refused(jo, 403, "DELETE", "/projects/"+h.own, "")
	h.refused(jo, 403, "POST", "/projects", fmt.Sprintf(`{"project":{"new_db":0,"existing_db_name":"akl-test","name":"x","owner_id":%d,"description":"x","constructor":"x","project_type_id":1}}`, h.akl.Num))
	h.refused(jo, 403, "POST", "/database", fmt.Sprintf(`{"database":{"name":"mine","owner_id":%d}}`, h.akl.Num))
	h.refused(jo, 403, "PATCH", fmt.Sprintf("/owners/%d", h.akl.Num), `{"owner":{"note":"x"}}`)
	h.refused(jo, 403, "DELETE", fmt.Sprintf("/owners/%d", h.akl.Num), "")
	h.refused(jo, 403, "POST", "/owners", `{"owner":{"name":"x"}}`)
	// Of the owner he sees that it is his project's, and no more.
	o := h.json(jo, "", fmt.Sprintf("/owners/%d", h.akl.Num), "").wants(200).fields("owner")
	for name, value := range o {
		if name != "id" && name != "name" && value != nil {
			h.Errorf("he sees %s of the owner: %v", name, value)
		}
	}

	// Whoever is in his projects alone he may edit, disable, enable and kick.
	user := "/users/" + h.alone.Username
	h.json(jo, "PATCH", user, `{"user":{"first_name":"Renamed"}}`).wants(200)
	h.json(jo, "POST", user+"/disable", "").wants(200).has(`"disabled":true`)
	h.json(h.alone, "", "/", "").wants(401)
	h.json(jo, "POST", user+"/enable", "").wants(200).has(`"disabled":false`)
	h.json(jo, "POST", user+"/kick", "").wants(200)
	// His address would be the way to become him, and accounts are the server's.
	h.refused(jo, 403, "PATCH", user, `{"user":{"email":"jo@example.org"}}`)
	h.refused(jo, 403, "DELETE", user, "")
}

// noMore: nobody gives what he does not hold, nor makes himself more.
func (h *hierarchy) noMore() {
	limited := h.user("limited", false)
	// He manages members, and holds one module in part.
	h.must(h.services.Workspaces.PutRole(h.Context(), root(), rbac.Role{
		Name: "clerk", Title: "Clerk", Permissions: []rbac.Permission{
			workspace.Read, workspace.ReadDatastore, workspace.ReadActivity, workspace.ReadMembers, workspace.ManageMembers, workspace.Enter,
		},
	}))
	h.join(h.template, limited, "clerk", workspace.ModuleRoom.Role(workspace.Reading))
	h.json(limited, "POST", "/project_users", `{"project_user":{"project_id":`+h.own+`,"room_rights":3},"user":{"username":"low","email":"low@example.org"}}`).wants(201)
	for _, more := range []string{
		`"room_rights":1`, `"room_rights":2`, `"tender_rights":3`, `"superuser":true`, `"addon_admin":true`,
	} {
		h.refused(limited, 403, "PATCH", "/project_users/low,"+h.own, `{"project_user":{`+more+`}}`)
		h.refused(limited, 403, "PATCH", h.at(limited), `{"project_user":{`+more+`}}`)
		h.refused(limited, 403, "POST", "/project_users", `{"project_user":{"project_id":`+h.own+`,`+more+`},"user":{"username":"high","email":"high@example.org"}}`)
	}
	// Less he may give, to whoever it is, but the supervisor.
	h.json(limited, "PATCH", "/project_users/low,"+h.own, `{"project_user":{"room_rights":4}}`).wants(200)
	h.refused(limited, 422, "PATCH", h.at(h.server), `{"project_user":{"room_rights":3}}`)
	h.refused(limited, 422, "DELETE", h.at(h.server), "")
	// A group that holds more than he does he puts nobody into, himself included.
	g, err := h.services.Workspaces.CreateGroup(h.Context(), root(), workspace.Group{Workspace: h.template.ID, Name: "Bosses"})
	h.must(err)
	_, err = h.services.Workspaces.PutMember(h.Context(), root(), h.template.ID, g.Num, []rbac.RoleName{workspace.RoleProjectAdministrator})
	h.must(err)
	into := fmt.Sprintf(`{"project_user":{"user_role_id":%d}}`, g.Num)
	h.refused(limited, 403, "PATCH", h.at(limited), into)
	h.refused(limited, 403, "PATCH", "/project_users/low,"+h.own, into)
	h.json(h.project, "PATCH", "/project_users/low,"+h.own, into).wants(200).has(`"role":"Bosses"`)
	h.json(h.project, "DELETE", "/project_users/low,"+h.own, "").wants(204)
	// One who was barred stays so until another lets him in.
	h.json(h.project, "PATCH", h.at(limited), `{"project_user":{"no_web_admin_access":true}}`).wants(200)
	h.refused(limited, 404, "PATCH", h.at(limited), `{"project_user":{"no_web_admin_access":false}}`)
	h.json(h.project, "DELETE", h.at(limited), "").wants(204)
}

// elsewhere: he may not "edit or delete a user who is also in a project they do not
// administer", whom he sees.
func (h *hierarchy) elsewhere() {
	jo, user := h.project, "/users/"+h.both.Username
	h.json(jo, "", user, "").wants(200)
	h.json(jo, "", h.at(h.both), "").wants(200)
	h.refused(jo, 403, "PATCH", user, `{"user":{"first_name":"x"}}`)
	h.refused(jo, 403, "PUT", user, `{"user":{"disabled":true}}`)
	h.refused(jo, 403, "DELETE", user, "")
	for _, verb := range []string{"disable", "enable", "kick"} {
		h.refused(jo, 403, "POST", user+"/"+verb, "")
		h.refused(jo, 403, "GET", user+"/"+verb, "")
	}
	// Nor who administers the owner, or the server.
	h.json(h.server, "POST", "/project_users", `{"project_user":{"project_id":`+h.own+`},"user":{"username":"owneradmin"}}`).wants(201)
	for _, above := range []*someone{h.owner, h.server} {
		h.refused(jo, 403, "PATCH", "/users/"+above.Username, `{"user":{"first_name":"x"}}`)
		h.refused(jo, 403, "POST", "/users/"+above.Username+"/disable", "")
		h.refused(jo, 403, "POST", "/users/"+above.Username+"/kick", "")
	}
	// His rights in the project are another matter, and so is being in it.
	h.json(jo, "PATCH", h.at(h.both), `{"project_user":{"room_rights":2}}`).wants(200)
	h.json(jo, "DELETE", h.at(h.both), "").wants(204)
	h.refused(jo, 404, "GET", user, "")
	h.join(h.template, h.both)
	h.json(h.server, "DELETE", h.at(h.owner), "").wants(204)
}

// shared: who administers one of two projects in a database may see it, and not do
// to it what concerns the other.
func (h *hierarchy) shared() {
	jo := h.project
	h.json(jo, "", "/database/akl-test", "").wants(200)
	for _, verb := range []string{"disableall", "enableall", "kickall"} {
		h.refused(jo, 403, "POST", "/database/akl-test/"+verb, "")
		h.refused(jo, 403, "GET", "/database/akl-test/"+verb, "")
	}
	h.refused(jo, 403, "GET", "/database/akl-test/get_backup_now", "")
	if got := h.do(request{method: http.MethodHead, path: "/database/akl-test/get_backup_now", as: jo, accept: "application/json"}); got.status != 403 {
		h.Errorf("HEAD of a backup: %d", got.status)
	}
	h.refused(jo, 403, "PATCH", "/database/akl-test", `{"database":{"name":"mine"}}`)
	h.refused(jo, 403, "DELETE", "/database/akl-test", "")
	h.refused(jo, 404, "GET", "/database/beta-test", "")
	h.refused(jo, 404, "POST", "/database/beta-test/disableall", "")
	h.refused(jo, 404, "GET", "/database/beta-test/get_backup_now", "")

	// Once he administers both, he may.
	h.join(h.second, jo, workspace.RoleProjectAdministrator)
	h.json(jo, "POST", "/database/akl-test/disableall", "").wants(200).has(`"disabled":true`)
	// Administrators are exempt from their own lock: it is the database that is
	// locked, and not they (DA-16).
	h.json(jo, "", "/projects/"+h.own, "").wants(200)
	// Who was disabled himself stays so (DA-13).
	h.json(jo, "POST", "/users/alone/disable", "").wants(200)
	h.json(jo, "POST", "/database/akl-test/enableall", "").wants(200).has(`"disabled":false`)
	h.json(jo, "", "/users/alone", "").wants(200).has(`"disabled":true`)
	h.json(jo, "POST", "/users/alone/enable", "").wants(200)
	h.json(jo, "POST", "/database/akl-test/kickall", "").wants(200)
	backup := h.do(request{path: "/database/akl-test/get_backup_now", as: jo}).wants(200)
	if name := backup.header.Get("Content-Disposition"); !strings.HasPrefix(name, `attachment; filename="akl-test-2016`) || len(backup.body) == 0 {
		h.Errorf("a backup of %d bytes, %s", len(backup.body), name)
	}

	// Barred in one of them he may not any more.
	h.json(h.server, "PATCH", "/project_users/jo.smith,"+projectID(h.second), `{"project_user":{"no_web_admin_access":true}}`).wants(200)
	h.json(jo, "", "/database/akl-test", "").wants(200)
	h.refused(jo, 403, "POST", "/database/akl-test/disableall", "")
	h.refused(jo, 403, "GET", "/database/akl-test/get_backup_now", "")
	h.must(h.services.Workspaces.RemoveMember(h.Context(), root(), h.second.ID, jo.Num))
}

// barred: a superuser with no_web_admin_access administers nothing here, and is one
// in the project all the same.
func (h *hierarchy) barred() {
	jo := h.project
	h.json(h.server, "PATCH", h.at(jo), `{"project_user":{"no_web_admin_access":true}}`).wants(200).has(`"superuser":true`)
	for path, root := range map[string]string{"/projects": "project", "/project_users": "project_user", "/users": "user", "/database": "database", "/emails": "email"} {
		if n := len(h.json(jo, "", path, "").wants(200).list(root)); n != 0 {
			h.Errorf("%s tells him %d", path, n)
		}
	}
	for _, path := range []string{"/projects/" + h.own, h.at(h.alone), "/users/alone", "/database/akl-test", "/emails/1"} {
		h.refused(jo, 404, "GET", path, "")
	}
	h.refused(jo, 404, "GET", "/database/akl-test/get_backup_now", "")
	h.refused(jo, 404, "POST", "/database/akl-test/disableall", "")
	h.refused(jo, 403, "POST", "/project_users", `{"project_user":{"project_id":`+h.own+`},"user":{"username":"both"}}`)
	h.json(h.server, "PATCH", h.at(jo), `{"project_user":{"no_web_admin_access":false}}`).wants(200)
	h.json(jo, "", "/projects/"+h.own, "").wants(200)
	// Of who is no superuser it is kept and has no effect (DA-4).
	h.json(jo, "PATCH", h.at(h.alone)+"?include=rights", `{"project_user":{"no_web_admin_access":true,"room_rights":2}}`).wants(200).
		has(`"no_web_admin_access":true`, `"room_rights":2`)
}

// ownerAdministrator: "all of project admin within the owner; create/delete projects
// and databases, rename databases, edit mail templates; see the owner's users,
// databases", and not "other owners' objects".
func (h *hierarchy) ownerAdministrator() {
	boss := h.owner
	project := fmt.Sprintf(`{"project":{"new_db":1,"new_db_template":"dev-template","new_db_name":"tower","name":"Tower","owner_id":%d,"description":"x","constructor":"x","project_type_id":1}}`, h.akl.Num)
	made := h.json(boss, "POST", "/projects", project).wants(201).fields("project")
	tower := fmt.Sprint(made["id"])
	h.json(boss, "PATCH", "/projects/"+tower, `{"project":{"name":"Tower 2","description":"y"}}`).wants(200).has("Tower 2")
	h.json(boss, "PATCH", "/projects/"+tower, `{"project":{"active":false}}`).wants(200).has(`"active":false`)
	h.json(boss, "", "/projects/"+tower, "").wants(200)
	h.json(boss, "POST", "/project_users", `{"project_user":{"project_id":`+h.own+`,"superuser":true},"user":{"username":"deputy","email":"deputy@example.org"}}`).wants(201)
	h.json(boss, "PATCH", "/project_users/deputy,"+h.own, `{"project_user":{"superuser":false,"room_rights":1}}`).wants(200)
	h.json(boss, "POST", "/users/deputy/disable", "").wants(200)
	h.json(boss, "POST", "/users/deputy/enable", "").wants(200)
	h.json(boss, "POST", "/users/deputy/kick", "").wants(200)
	h.json(boss, "DELETE", "/project_users/deputy,"+h.own, "").wants(204)

	h.json(boss, "PATCH", "/database/tower", `{"database":{"name":"tower-2"}}`).wants(200)
	h.refused(boss, 422, "DELETE", "/database/tower-2", "") // a project uses it
	h.json(boss, "DELETE", "/projects/"+tower, "").wants(204)
	h.json(boss, "", "/database/tower-2", "").wants(200) // DA-22
	h.json(boss, "DELETE", "/database/tower-2", "").wants(204)
	h.json(boss, "POST", "/database", fmt.Sprintf(`{"database":{"name":"spare","owner_id":%d}}`, h.akl.Num)).wants(201)
	for _, verb := range []string{"disableall", "enableall", "kickall"} {
		h.json(boss, "POST", "/database/akl-test/"+verb, "").wants(200)
	}
	h.do(request{path: "/database/spare/get_backup_now", as: boss}).wants(200)
	h.json(boss, "DELETE", "/database/spare", "").wants(204)

	letter := h.json(boss, "POST", "/emails", fmt.Sprintf(`{"email":{"name":"Ours","subject":"s","body":"b","owner_id":%d}}`, h.akl.Num)).wants(201).fields("email")
	ours := fmt.Sprintf("/emails/%v", letter["id"])
	h.json(boss, "PATCH", ours, `{"email":{"subject":"t"}}`).wants(200)
	h.json(boss, "", ours+"/preview", "").wants(200)
	// Whoever administers a project of it chooses it, and does not change it.
	h.json(h.project, "", ours, "").wants(200).has(`"body":null`)
	h.refused(h.project, 403, "PATCH", ours, `{"email":{"subject":"u"}}`)
	h.refused(h.project, 403, "GET", ours+"/preview", "")
	h.refused(h.outsider, 404, "GET", ours, "")
	h.json(boss, "DELETE", ours, "").wants(204)
	// Everybody's are the server's.
	h.refused(boss, 403, "POST", "/emails", `{"email":{"name":"All","subject":"s","body":"b"}}`)
	h.refused(boss, 403, "PATCH", "/emails/1", `{"email":{"subject":"x"}}`)
	h.refused(boss, 403, "DELETE", "/emails/1", "")

	h.json(boss, "PATCH", fmt.Sprintf("/owners/%d", h.akl.Num), `{"owner":{"contact":"Ada"}}`).wants(200)
	h.refused(boss, 403, "DELETE", fmt.Sprintf("/owners/%d", h.akl.Num), "")
	h.refused(boss, 403, "POST", "/owners", `{"owner":{"name":"x"}}`)

	// Of another owner there is nothing.
	foreign := projectID(h.foreign)
	for _, call := range [][3]string{
		{"GET", fmt.Sprintf("/owners/%d", h.beta.Num), ""},
		{"PATCH", fmt.Sprintf("/owners/%d", h.beta.Num), `{"owner":{"note":"x"}}`},
		{"GET", "/projects/" + foreign, ""},
		{"PATCH", "/projects/" + foreign, `{"project":{"name":"x"}}`},
		{"DELETE", "/projects/" + foreign, ""},
		{"GET", "/database/beta-test", ""},
		{"PATCH", "/database/beta-test", `{"database":{"name":"x"}}`},
		{"DELETE", "/database/beta-test", ""},
		{"POST", "/database/beta-test/disableall", ""},
		{"GET", "/database/beta-test/get_backup_now", ""},
		{"GET", "/users/outsider", ""},
		{"PATCH", "/users/outsider", `{"user":{"first_name":"x"}}`},
		{"POST", "/users/outsider/disable", ""},
		{"GET", "/project_users/outsider," + foreign, ""},
		{"DELETE", "/project_users/outsider," + foreign, ""},
	} {
		h.refused(boss, 404, call[0], call[1], call[2])
	}
	h.refused(boss, 422, "POST", "/projects", strings.Replace(project, fmt.Sprintf(`"owner_id":%d`, h.akl.Num), fmt.Sprintf(`"owner_id":%d`, h.beta.Num), 1))
	h.refused(boss, 422, "POST", "/database", fmt.Sprintf(`{"database":{"name":"x","owner_id":%d}}`, h.beta.Num))
	h.refused(boss, 422, "POST", "/project_users", `{"project_user":{"project_id":`+foreign+`},"user":{"username":"both"}}`)
	h.refused(boss, 422, "PATCH", "/projects/"+h.own, fmt.Sprintf(`{"project":{"owner_id":%d}}`, h.beta.Num))
	h.refused(boss, 422, "PATCH", "/projects/"+h.own, `{"project":{"database_id":"beta-test"}}`)
	h.refused(boss, 422, "POST", "/projects", strings.Replace(project, "dev-template", "beta-test", 1)) // copying is having
	if _, err := h.provision.Stats(h.Context(), "tower"); err == nil {
		h.Error("a refused project has left its database")
	}
}

// serverAdministrator: "everything on the server, all owners".
func (h *hierarchy) serverAdministrator() {
	for path, n := range map[string]int{"/projects": 3, "/owners": 2, "/database": 3} {
		root := map[string]string{"/projects": "project", "/owners": "owner", "/database": "database"}[path]
		if got := len(h.json(h.server, "", path, "").wants(200).list(root)); got != n {
			h.Errorf("%s: %d, want %d", path, got, n)
		}
	}
	made := h.json(h.server, "POST", "/owners", `{"owner":{"name":"Gamma"}}`).wants(201).fields("owner")
	h.json(h.server, "DELETE", fmt.Sprintf("/owners/%v", made["id"]), "").wants(204)
	h.refused(h.server, 422, "DELETE", fmt.Sprintf("/owners/%d", h.beta.Num), "") // DA-22
	// A user goes with his memberships, for administrators of the server alone.
	h.json(h.server, "POST", "/project_users", `{"project_user":{"project_id":`+h.own+`},"user":{"username":"leaver","email":"leaver@example.org"}}`).wants(201)
	h.refused(h.owner, 403, "DELETE", "/users/leaver", "")
	h.json(h.server, "DELETE", "/users/leaver", "").wants(204)
	h.json(h.server, "", "/project_users/leaver,"+h.own, "").wants(404)
	h.json(h.server, "", "/users/leaver", "").wants(404)
	// There must be somebody left, and who supervises is needed.
	h.refused(h.server, 422, "POST", "/users/testadmin/disable", "")
	h.refused(h.server, 422, "DELETE", "/users/testadmin", "")
}

// lists show what lies within reach and nothing else (DA-25).
func (h *hierarchy) lists() {
	for _, c := range []struct {
		as   *someone
		path string
		root string
		key  string
		want string
	}{
		{h.project, "/projects", "project", "name", "dRofus dev template"},
		{h.project, "/owners", "owner", "name", "AKL"},
		{h.project, "/database", "database", "name", "akl-test"},
		{h.outsider, "/projects", "project", "name", "Beta"},
		{h.outsider, "/owners", "owner", "name", "Beta"},
		{h.outsider, "/database", "database", "name", "beta-test"},
		{h.outsider, "/users", "user", "username", "testadmin outsider both"},
		{h.outsider, "/users?q=alone", "user", "username", ""},
		{h.outsider, "/users?q=example.org", "user", "username", "testadmin outsider both"},
		{h.owner, "/projects", "project", "name", "dRofus dev template,Håkons Île"},
		{h.owner, "/projects?query=beta", "project", "name", ""},
		{h.owner, "/database", "database", "name", "akl-test,dev-template"},
		{h.owner, "/database?query=beta", "database", "name", ""},
		{h.member, "/projects", "project", "name", ""},
		{h.member, "/projects?show_all=1", "project", "name", ""},
		{h.member, "/users", "user", "username", ""},
		{h.member, "/project_users", "project_user", "username", ""},
		{h.member, "/database", "database", "name", ""},
		{h.member, "/owners", "owner", "name", ""},
		{h.member, "/emails", "email", "name", ""},
		{h.member, "/node/logins", "login", "client", ""},
		{h.member, "/project_data", "project_data", "project_name", ""},
	} {
		var got []string
		for _, item := range h.json(c.as, "", c.path, "").wants(200).list(c.root) {
			got = append(got, fmt.Sprint(item[c.key]))
		}
		between := ","
		if c.root == "user" {
			between = " "
		}
		if list := strings.Join(got, between); list != c.want {
			h.Errorf("%s as %s: %q, want %q", c.path, c.as.Username, list, c.want)
		}
	}
	for _, item := range h.json(h.project, "", "/project_users", "").wants(200).list("project_user") {
		if fmt.Sprint(item["project_id"]) != h.own {
			h.Errorf("he is shown %v", item)
		}
	}
	// When somebody last came is for who manages accounts.
	for as, sees := range map[*someone]bool{h.project: false, h.server: true} {
		if at := h.json(as, "", "/users/alone", "").wants(200).fields("user")["last_login"]; (at != nil) != sees {
			h.Errorf("%s is told %v", as.Username, at)
		}
	}
}

// kick: it ends sessions and nothing else, wherever they are, and disabling ends
// them as well (DA-14, DA-15).
func (h *hierarchy) kick() {
	session := func(u *someone) (alive func() bool) {
		s, err := h.services.SignIn.Start(h.Context(), u.Username, password, "browser", "192.0.2.1")
		h.must(err)
		return func() bool {
			_, _, err := h.services.SignIn.Session(h.Context(), s.Secret)
			return err == nil
		}
	}
	alive, other := session(h.alone), session(h.both)
	h.json(h.project, "POST", "/users/alone/kick", "").wants(200)
	if alive() || !other() {
		h.Error("kicking one")
	}
	alive = session(h.alone)
	h.json(h.project, "POST", "/users/alone/disable", "").wants(200)
	if alive() {
		h.Error("a disabled user goes on")
	}
	h.json(h.project, "POST", "/users/alone/enable", "").wants(200)
	if alive() {
		h.Error("an ended session is back")
	}
	alive, his := session(h.alone), session(h.owner)
	h.join(h.template, h.owner)
	h.json(h.owner, "POST", "/database/akl-test/kickall", "").wants(200)
	if alive() || other() || !his() {
		h.Errorf("kicking all: %v, %v, his own %v", alive(), other(), his())
	}
}
