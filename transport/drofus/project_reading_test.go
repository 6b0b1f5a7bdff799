package drofus_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// names returns a field of each item of a list.
func names(list []map[string]any, field string) string {
	var all []string
	for _, item := range list {
		all = append(all, fmt.Sprint(item[field]))
	}
	return strings.Join(all, ", ")
}

// projectBody is a project of an existing database, with some fields otherwise or,
// where they are "-", without them.
func (w *world) projectBody(change ...string) string {
	fields := map[string]string{
		"new_db": `"0"`, "existing_db_name": `"akl-test"`, "name": `"x"`, "constructor": `"c"`, "description": `"d"`,
		"owner_id": fmt.Sprint(int64(w.akl.Num)), "project_type_id": "1",
	}
	for i := 0; i < len(change); i += 2 {
		fields[change[i]] = change[i+1]
	}
	var all []string
	for name, value := range fields {
		if value != "-" {
			all = append(all, fmt.Sprintf("%q:%s", name, value))
		}
	}
	return `{"project":{` + strings.Join(all, ",") + `}}`
}

// TestProjectReadings holds what is required of projects, and how it is read.
func TestProjectReadings(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		second, template := "/projects/"+projectID(w.second), "/projects/"+projectID(w.template)
		list := func(query string) []map[string]any {
			return w.json(w.server, "", "/projects"+query, "").wants(200).list("project")
		}
		listed := func(query, want string) {
			w.Helper()
			if got := names(list(query), "name"); got != want {
				w.Errorf("%s lists %s, want %s", query, got, want)
			}
		}
		active := func(is bool) {
			w.Helper()
			w.json(w.server, "PATCH", second, fmt.Sprintf(`{"project":{"active":%v}}`, is)).wants(200)
		}
		w.holds([]claim{
			{"D-20", func(w *world) {
				listed("", "dRofus dev template, Beta, Håkons Île")
				active(false)
				listed("", "dRofus dev template, Beta")
			}},
			{"D-21", func(w *world) { listed("?query=TEMPL", "dRofus dev template") }},
			{"D-22", func(w *world) { listed("?show_all=1", "dRofus dev template, Beta, Håkons Île") }},
			{"D-23", func(w *world) {
				if is := w.json(w.server, "", template, "").wants(200).fields("project")["id"]; is != float64(w.template.Num) {
					w.Errorf("id %v", is)
				}
			}},
			{"DA-20", func(w *world) {
				for query, n := range map[string]int{"1": 3, "true": 3, "0": 2, "": 2, "yes": 2, "TRUE": 2, "2": 2} {
					if got := len(list("?show_all=" + query)); got != n {
						w.Errorf("show_all=%s: %d, want %d", query, got, n)
					}
				}
				w.json(w.server, "", second, "").wants(200).has(`"active":false`)
				active(true)
			}},
			{"DA-19", func(w *world) {
				listed("?query=h%C3%A5KONS", "Håkons Île")
				listed("?query=%C3%AEle", "Håkons Île") // the case of Î as well
				for _, literal := range []string{"%25", "_", "d%25e", "h_kons", "%5C", "%27"} {
					listed("?query="+literal, "")
				}
				listed("?query=", "dRofus dev template, Beta, Håkons Île")
				listed("?query=akl-test", "") // the name only, and not what else it is called
				listed("?query=drofus-dev", "")
				for path := range resources() {
					for _, odd := range []string{"%00", "%FF", "a%00b", "%ED%A0%80", strings.Repeat("x", 1500)} {
						w.json(w.server, "", "/"+path+"?query="+odd+"&q="+odd+"&show_all="+odd+"&include="+odd, "").wants(200)
					}
				}
				w.json(w.server, "PATCH", second, `{"project":{"name":"100% _ \\ '"}}`).wants(200)
				for _, literal := range []string{"100%25", "%25%20_", "%5C", "%27"} {
					listed("?query="+literal, `100% _ \ '`)
				}
				w.json(w.server, "PATCH", second, `{"project":{"name":"Håkons Île"}}`).wants(200)
			}},
			{"DA-18", func(w *world) {
				for _, item := range list("") {
					if _, there := item["project_users"]; there {
						w.Error("project users are there unasked")
					}
				}
				got := w.json(w.server, "", template+"?include=project_users", "").wants(200).has(`"project_users":[{"created_at":"`)
				members, _ := got.fields("project")["project_users"].([]any)
				if len(members) != 3 {
					w.Errorf("%d project users", len(members))
				}
				w.json(w.server, "", "/projects?include=project_users", "").wants(200).has(`"project_users":[{"created_at":`, `"username":"jo.smith"}`)
				w.do(request{path: template + ".xml?include=project_users", as: w.server}).wants(200).
					has(`<project-users type="array">`, "<project-user>", "<username>jo.smith</username>")
			}},
			{"DA-3", func(w *world) { w.json(w.server, "POST", "/projets", w.projectBody()).wants(404) }},
			{"DA-21", func(w *world) {
				w.json(w.server, "PATCH", second, `{"project":{"description":"kept","contact":"Léa"}}`).wants(200)
				w.json(w.server, "PUT", second, `{"project":{"contact":"Zoé"}}`).wants(200).has(`"description":"kept"`, `"contact":"Zoé"`, `"no":"01"`)
			}},
			{"DA-28", func(w *world) {
				for _, method := range []string{"PATCH", "PUT"} {
					got := w.json(w.server, method, second, `{"project":{"status":"`+method+`"}}`).wants(200)
					got.says(string(w.json(w.server, "", second, "").body)).has(`"status":"` + method + `"`)
				}
			}},
			{"DA-26", func(w *world) {
				if no := w.json(w.server, "", template, "").fields("project")["no"]; no != "01" {
					w.Errorf("no %v", no)
				}
				w.json(w.server, "PATCH", second, `{"project":{"no":"007"}}`).wants(200).has(`"no":"007"`, `"database_id":"akl-test"`)
				w.json(w.server, "PATCH", second, `{"project":{"no":7}}`).wants(200).has(`"no":"7"`)
				w.do(request{path: second + ".xml", as: w.server}).has("<no>7</no>", "<database-id>akl-test</database-id>")
			}},
			{"D-32", func(w *world) {
				w.json(w.server, "PATCH", second, `{"project":{"name":"REST TEST","description":"TEST UPDATE FROM REST","active":true}}`).wants(200).
					has(`"name":"REST TEST"`, `"description":"TEST UPDATE FROM REST"`, `"active":true`)
				w.json(w.server, "PATCH", second, `{"project":{"name":"Håkons Île","description":null,"contact":"","status":null}}`).wants(200).
					has(`"description":null`, `"contact":null`, `"status":null`)
				// All of it or nothing.
				w.json(w.server, "PATCH", second, `{"project":{"name":"half","active":"perhaps"}}`).wants(422).says(`{"errors":{"active":["is not included in the list"]}}`)
				w.json(w.server, "PATCH", second, `{"project":{"name":"half","database_id":"beta-test"}}`).wants(422).has(`"database_id":["is invalid`)
				w.json(w.server, "PATCH", second, `{"project":{"name":null}}`).wants(422).says(`{"errors":{"name":["can't be blank"]}}`)
				w.json(w.server, "PATCH", second, `{"project":{"name":"`+strings.Repeat("å", 100)+`"}}`).wants(422).says(`{"errors":{"name":["is too long (maximum is 99 characters)"]}}`)
				w.json(w.server, "PATCH", second, `{"project":{"gross_area":"much"}}`).wants(422).says(`{"errors":{"gross_area":["is not a number"]}}`)
				w.json(w.server, "", second, "").has(`"name":"Håkons Île"`, `"active":true`)
				// What it read it may send back, and a client sets no id.
				got := w.json(w.server, "", second, "").wants(200)
				again := w.json(w.server, "PUT", second, string(got.body)).wants(200)
				if again.fields("project")["id"] != got.fields("project")["id"] || again.fields("project")["created_by"] != got.fields("project")["created_by"] {
					w.Errorf("%s became %s", got.body, again.body)
				}
				w.json(w.server, "PATCH", second, `{"project":{"id":1,"created_by":"me","created_at":"2001-01-01T00:00:00Z","contact":"c"}}`).wants(200).
					has(fmt.Sprintf(`"id":%s,`, projectID(w.second)), `"created_by":"test"`)
			}},
			{"D-30", func(w *world) {
				// A flag, however it is sent.
				for i, flag := range []string{`0`, `"0"`, `false`, `"false"`} {
					got := w.json(w.server, "POST", "/projects", w.projectBody("new_db", flag, "name", fmt.Sprintf(`"old %d"`, i))).wants(201)
					if got.fields("project")["database_id"] != "akl-test" {
						w.Errorf("new_db %s: %s", flag, got.body)
					}
				}
				for i, flag := range []string{`1`, `true`} {
					name := fmt.Sprintf("d30-%d", i)
					got := w.json(w.server, "POST", "/projects", w.projectBody("new_db", flag, "existing_db_name", "-",
						"new_db_name", `"`+name+`"`, "new_db_template", `"dev-template"`)).wants(201)
					if got.fields("project")["database_id"] != name {
						w.Errorf("new_db %s: %s", flag, got.body)
					}
				}
				// All of its branch, and of no other.
				for _, field := range []string{"new_db", "existing_db_name", "name", "constructor", "description", "owner_id", "project_type_id"} {
					w.json(w.server, "POST", "/projects", w.projectBody(field, "-")).wants(422).says(`{"errors":{"` + field + `":["can't be blank"]}}`)
					w.json(w.server, "POST", "/projects", w.projectBody(field, "null")).wants(422).says(`{"errors":{"` + field + `":["can't be blank"]}}`)
				}
				for _, field := range []string{"new_db_name", "new_db_template"} {
					change := []string{"new_db", "1", "existing_db_name", "-", "new_db_name", `"d30-x"`, "new_db_template", `"dev-template"`, field, "-"}
					w.json(w.server, "POST", "/projects", w.projectBody(change...)).wants(422).says(`{"errors":{"` + field + `":["can't be blank"]}}`)
				}
				for _, wrong := range []struct{ field, value, says string }{
					{"new_db", `2`, "is not included in the list"},
					{"new_db", `"maybe"`, "is not included in the list"},
					{"project_type_id", `0`, "is not included in the list"},
					{"project_type_id", `"x"`, "is not a number"},
					{"project_type_id", `1.5`, "must be an integer"},
					{"owner_id", `999999`, "is not included in the list"},
					{"existing_db_name", `"nothing"`, "is invalid (expected a database of the organization)"},
					{"name", `{"a":1}`, "is invalid"},
					{"description", `"` + strings.Repeat("d", 4001) + `"`, "is too long (maximum is 4000 characters)"},
				} {
					w.json(w.server, "POST", "/projects", w.projectBody(wrong.field, wrong.value)).wants(422).says(`{"errors":{"` + wrong.field + `":["` + wrong.says + `"]}}`)
				}
				// A template that there is not.
				w.json(w.server, "POST", "/projects", w.projectBody("new_db", "1", "existing_db_name", "-", "new_db_name", `"d30-y"`, "new_db_template", `"nothing"`)).
					wants(422).has(`"new_db_template":["is invalid`)
				found, err := w.provision.Databases(w.Context())
				w.must(err)
				if fmt.Sprint(found) != "[akl-test beta-test d30-0 d30-1 dev-template]" {
					w.Errorf("databases %v", found)
				}
			}},
			{"DA-22", func(w *world) {
				// A project goes with its members, and its database stays.
				got := w.json(w.server, "POST", "/projects", w.projectBody("name", `"leaves"`)).wants(201).fields("project")
				at := fmt.Sprintf("/projects/%v", got["id"])
				w.json(w.server, "POST", "/project_users", fmt.Sprintf(`{"project_user":{"project_id":%v},"user":{"username":"jo.smith"}}`, got["id"])).wants(201)
				w.json(w.server, "DELETE", at, "").wants(204)
				w.json(w.server, "", at, "").wants(404)
				w.json(w.server, "", fmt.Sprintf("/project_users/jo.smith,%v", got["id"]), "").wants(404)
				w.json(w.server, "", "/users/jo.smith", "").wants(200)
				w.json(w.server, "", "/database/akl-test", "").wants(200)
				// An owner with projects does not go, nor one with a database.
				owner := fmt.Sprintf("/owners/%d", int64(w.akl.Num))
				w.json(w.server, "DELETE", owner, "").wants(422).says(`{"errors":{"base":["The owner has projects or databases"]}}`)
				made := w.json(w.server, "POST", "/owners", `{"owner":{"name":"with a database"}}`).wants(201).fields("owner")
				w.json(w.server, "POST", "/database", fmt.Sprintf(`{"database":{"name":"da22","owner_id":%v}}`, made["id"])).wants(201)
				w.json(w.server, "DELETE", fmt.Sprintf("/owners/%v", made["id"]), "").wants(422)
				w.json(w.server, "DELETE", "/database/da22", "").wants(204)
				w.json(w.server, "DELETE", fmt.Sprintf("/owners/%v", made["id"]), "").wants(204)
				// A user goes with his memberships, for who administers the server.
				gone := w.user("gone.soon", false)
				w.join(w.template, gone)
				for _, who := range []*someone{w.owner, w.project} {
					w.json(who, "DELETE", "/users/gone.soon", "").wants(403)
				}
				w.json(w.server, "", "/project_users/gone.soon,"+projectID(w.template), "").wants(200)
				w.json(w.server, "DELETE", "/users/gone.soon", "").wants(204)
				w.json(w.server, "", "/project_users/gone.soon,"+projectID(w.template), "").wants(404)
				w.json(w.server, "", "/users/gone.soon", "").wants(404)
				// Who supervises a project is needed there.
				w.json(w.server, "DELETE", "/users/testadmin", "").wants(422)
			}},
			{"DA-25", func(w *world) {
				for _, c := range []struct {
					who                                *someone
					projects, owners, users, databases string
				}{
					{w.owner, "dRofus dev template, Håkons Île", "AKL", "testadmin, owneradmin, jo.smith, test.user", "akl-test, d30-0, d30-1, dev-template"},
					{w.project, "dRofus dev template", "AKL", "testadmin, jo.smith, test.user", "akl-test"},
					{w.outsider, "Beta", "Beta", "testadmin, outsider", "beta-test"},
					{w.member, "", "", "", ""},
				} {
					got := names(w.json(c.who, "", "/projects", "").wants(200).list("project"), "name")
					if got != c.projects && (c.who != w.owner || !strings.HasPrefix(got, c.projects+", old 0")) {
						w.Errorf("%s is shown projects %s", c.who.Username, got)
					}
					for path, want := range map[string]struct{ root, field, value string }{
						"/owners": {"owner", "name", c.owners}, "/users": {"user", "username", c.users}, "/database": {"database", "name", c.databases},
					} {
						if got := names(w.json(c.who, "", path, "").wants(200).list(want.root), want.field); got != want.value {
							w.Errorf("%s is shown %s %s, want %s", c.who.Username, path, got, want.value)
						}
					}
				}
				// Beyond it there is nothing, in whatever format.
				for _, path := range []string{
					"/projects/" + projectID(w.foreign), fmt.Sprintf("/owners/%d", int64(w.beta.Num)), "/users/outsider", "/database/beta-test",
					"/project_users/outsider," + projectID(w.foreign),
				} {
					for _, who := range []*someone{w.owner, w.project, w.member} {
						w.json(who, "", path, "").wants(404).says(`{"status":404,"error":"Not Found"}`)
						w.do(request{path: path, as: who, accept: "application/xml"}).wants(404).has("<hash>")
						w.json(who, "DELETE", path, "").wants(404)
						w.json(who, "PATCH", path, `{"name":"x"}`).wants(404)
					}
				}
				w.json(w.project, "", "/project_users?project_id="+projectID(w.foreign), "").wants(200).says("[]")
			}},
			{"F-06", func(w *world) {
				// Who administers an owner: all that is in it, projects and databases included.
				made := w.json(w.owner, "POST", "/projects", w.projectBody("name", `"of the owner"`)).wants(201).fields("project")
				at := fmt.Sprintf("/projects/%v", made["id"])
				w.json(w.owner, "PATCH", at, `{"project":{"status":"s"}}`).wants(200)
				w.json(w.owner, "DELETE", at, "").wants(204)
				w.json(w.owner, "POST", "/database", fmt.Sprintf(`{"database":{"name":"f06","owner_id":%d}}`, int64(w.akl.Num))).wants(201)
				w.json(w.owner, "PATCH", "/database/f06", `{"database":{"name":"f06-renamed"}}`).wants(200).has(`"id":"f06-renamed"`)
				w.json(w.owner, "DELETE", "/database/f06-renamed", "").wants(204)
				w.json(w.owner, "PATCH", fmt.Sprintf("/owners/%d", int64(w.akl.Num)), `{"owner":{"note":"n"}}`).wants(200)
				w.json(w.owner, "POST", "/emails", fmt.Sprintf(`{"email":{"name":"n","subject":"s","body":"b","owner_id":%d}}`, int64(w.akl.Num))).wants(201)
				// And nothing of another, whatever he says.
				w.json(w.owner, "POST", "/projects", w.projectBody("owner_id", fmt.Sprint(int64(w.beta.Num)))).wants(422).says(`{"errors":{"owner_id":["is not included in the list"]}}`)
				w.json(w.owner, "PATCH", second, fmt.Sprintf(`{"project":{"owner_id":%d}}`, int64(w.beta.Num))).wants(422).says(`{"errors":{"owner_id":["is not included in the list"]}}`)
				w.json(w.owner, "POST", "/emails", fmt.Sprintf(`{"email":{"name":"n","subject":"s","body":"b","owner_id":%d}}`, int64(w.beta.Num))).wants(422)
				w.json(w.owner, "POST", "/owners", `{"owner":{"name":"x"}}`).wants(403)
			}},
			{"F-07", func(w *world) {
				// Who administers a project: its users, and backups; not what it is.
				for method, body := range map[string]string{"PATCH": `{"project":{"name":"x"}}`, "DELETE": ""} {
					w.json(w.project, method, template, body).wants(403)
				}
				w.json(w.project, "POST", "/projects", w.projectBody()).wants(403)
				w.json(w.project, "POST", "/project_users", fmt.Sprintf(`{"project_user":{"project_id":%s},"user":{"username":"f07","email":"f07@example.org"}}`, projectID(w.template))).wants(201)
				w.json(w.project, "PATCH", "/users/f07", `{"user":{"first_name":"Zoé"}}`).wants(200)
				w.json(w.project, "", "/users/f07/kick", "").wants(200)
				w.json(w.project, "", "/node/logins", "").wants(200)
				// Somebody who is in a project that is not his.
				w.join(w.foreign, &someone{w.userNamed("f07")})
				w.json(w.project, "PATCH", "/users/f07", `{"user":{"first_name":"Eve"}}`).wants(403)
				w.json(w.project, "", "/users/f07/disable", "").wants(403)
				w.json(w.project, "DELETE", "/project_users/f07,"+projectID(w.template), "").wants(204)
				w.json(w.project, "", "/users/f07", "").wants(404)
				w.json(w.server, "", "/users/f07", "").wants(200).has(`"first_name":"Zoé"`, `"disabled":false`)
			}},
			{"F-05", func(w *world) {
				w.json(w.server, "PATCH", "/projects/"+projectID(w.foreign), `{"project":{"status":"s"}}`).wants(200)
				w.json(w.server, "PATCH", fmt.Sprintf("/owners/%d", int64(w.beta.Num)), `{"owner":{"note":"n"}}`).wants(200)
				w.json(w.server, "", "/users/outsider/disable", "").wants(200)
				w.json(w.server, "", "/users/outsider/enable", "").wants(200)
			}},
			{"D-35", func(w *world) {
				owner := w.json(w.server, "POST", "/owners", `{"owner":{"name":"d35"}}`).wants(201).fields("owner")["id"]
				project := w.json(w.server, "POST", "/projects", w.projectBody("name", `"d35"`)).wants(201).fields("project")["id"]
				w.json(w.server, "POST", "/database", fmt.Sprintf(`{"database":{"name":"d35","owner_id":%d}}`, int64(w.akl.Num))).wants(201)
				email := w.json(w.server, "POST", "/emails", `{"email":{"name":"n","subject":"s","body":"b"}}`).wants(201).fields("email")["id"]
				w.user("d35", false)
				for _, path := range []string{fmt.Sprintf("/owners/%v", owner), fmt.Sprintf("/projects/%v", project), "/database/d35", fmt.Sprintf("/emails/%v", email), "/users/d35"} {
					w.json(w.server, "", path, "").wants(200)
					w.json(w.server, "DELETE", path, "").wants(204).says("")
					w.json(w.server, "", path, "").wants(404)
					w.json(w.server, "DELETE", path, "").wants(404)
				}
			}},
		})
	})
}

// userNamed returns a user by his username.
func (w *world) userNamed(name string) workspace.User {
	w.Helper()
	u, err := w.services.Workspaces.AdministeredUser(w.Context(), w.server.actor(), name)
	w.must(err)
	return u
}
