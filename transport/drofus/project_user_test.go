package drofus_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// rightsOf returns what the lens tells of somebody's rights in the template.
func (w *world) rightsOf(username string) map[string]any {
	w.Helper()
	at := "/project_users/" + strings.ReplaceAll(username, "/", "%2F") + "," + projectID(w.template) + "?include=rights"
	return w.json(w.server, "", at, "").wants(200).fields("project_user")
}

// may reports whether somebody holds a permission in the template.
func (w *world) may(username string, perm rbac.Permission) bool {
	w.Helper()
	return w.services.Rules.Require(w.Context(), w.userNamed(username).Num, w.template.Num, perm, rbac.Latest()) == nil
}

// enrols posts a user to a project.
func (w *world) enrols(as *someone, rights, user, more string) *answer {
	w.Helper()
	if rights != "" {
		rights = "," + rights
	}
	return w.json(as, "POST", "/project_users", fmt.Sprintf(`{"project_user":{"project_id":%s%s},"user":{%s}%s}`, projectID(w.template), rights, user, more))
}

// delivered returns what was sent to an address.
func (w *world) delivered(to string) []mail.Email {
	w.Helper()
	_, err := w.services.Mail.Deliver(w.Context())
	w.must(err)
	var list []mail.Email
	for _, e := range w.sent.list {
		if e.To == to {
			list = append(list, e)
		}
	}
	return list
}

const levels = "room equipment tender consignation system modelstore room_surface_treatment"

// TestProjectUsers holds what is required of project users.
func TestProjectUsers(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		in := projectID(w.template)
		at := func(username string) string { return "/project_users/" + username + "," + in }
		w.holds([]claim{
			{"D-28", func(w *world) {
				want := `{"project_user":{"created_at":"2016-11-01T09:39:14Z","project_id":` + in + `,"role":null,"superuser":null,"user_role_id":null,"username":"test.user"}}`
				w.json(w.server, "", at("test.user"), "").wants(200).says(want)
				w.do(request{path: at("test.user") + ".json", as: w.server}).wants(200).says(want)
				w.json(w.server, "", "/project_users/test.user%2C"+in, "").wants(200).says(want)
				for _, path := range []string{"/project_users/test.user", at("test.user") + "x", "/project_users/," + in, "/project_users/" + in + ",testuser", at("nobody"), "/project_users/test.user,99999", at("test")} {
					w.json(w.server, "", path, "").wants(404)
				}
				if got := names(w.json(w.server, "", "/project_users?project_id="+in, "").wants(200).list("project_user"), "username"); got != "testadmin, jo.smith, test.user" {
					w.Errorf("project users %s", got)
				}
				w.json(w.server, "", "/project_users?project_id=abc", "").wants(422).says(`{"errors":{"project_id":["is not a number"]}}`)
			}},
			{"D-31", func(w *world) {
				// Who has no account is given one.
				got := w.enrols(w.project, `"room_rights":1`, `"username":"hakonhc","first_name":"Håkon","last_name":"Clausen","email":"hhc@drofus.com"`, "").wants(201)
				got.says(`{"project_user":{"created_at":"2016-11-01T09:39:14Z","project_id":` + in + `,"role":null,"superuser":null,"user_role_id":null,"username":"hakonhc"}}`)
				if to := got.header.Get("Location"); to != base+at("hakonhc") {
					w.Errorf("Location %q", to)
				}
				w.json(w.server, "", "/users/hakonhc", "").wants(200).has(`"email":"hhc@drofus.com"`, `"first_name":"Håkon"`, `"last_name":"Clausen"`)
				// Who has one stays who he is.
				before := w.json(w.server, "", "/users/outsider", "").body
				w.enrols(w.server, "", `"username":"outsider"`, "").wants(201)
				w.json(w.server, "", "/users/outsider", "").says(string(before))
				// Nobody was mailed.
				if got := w.delivered("hhc@drofus.com"); len(got) > 0 {
					w.Errorf("mailed %v", got)
				}
				// Rails' wrapper, and a form.
				w.json(w.server, "POST", "/project_users", `{"project_id":`+in+`,"username":"owneradmin","tender_rights":"2"}`).wants(201).has(`"username":"owneradmin"`)
				form := request{method: "POST", path: "/project_users", as: w.server, accept: "application/json", content: "application/x-www-form-urlencoded"}
				form.body = "project_user[project_id]=" + in + "&project_user[room_rights]=3&user[username]=form.user&user[first_name]=%C3%98yvind&user[email]=form@example.org&mail_type="
				w.do(form).wants(201).has(`"username":"form.user"`)
				if is := w.rightsOf("form.user")["room_rights"]; is != float64(3) {
					w.Errorf("room_rights %v", is)
				}
				w.json(w.server, "", "/users/form.user", "").has(`"first_name":"Øyvind"`)
				for body, says := range map[string]string{
					`{"project_user":{"room_rights":1},"user":{"username":"n1","email":"n1@example.org"}}`:                                       `{"errors":{"project_id":["can't be blank"]}}`,
					`{"project_user":{"project_id":99999},"user":{"username":"n1","email":"n1@example.org"}}`:                                    `{"errors":{"project_id":["is not included in the list"]}}`,
					`{"project_user":{"project_id":` + in + `},"user":{"email":"n1@example.org"}}`:                                               `{"errors":{"user.username":["can't be blank"]}}`,
					`{"project_user":{"project_id":` + in + `},"user":"n1"}`:                                                                     `{"errors":{"user":["is invalid"],"user.username":["can't be blank"]}}`,
					`{"project_user":{"project_id":` + in + `},"user":{"username":"n1","email":"jo.smith@example.org"}}`:                         `{"errors":{"user.email":["has already been taken"]}}`,
					`{"project_user":{"project_id":` + in + `},"user":{"username":"` + strings.Repeat("n", 101) + `","email":"n1@example.org"}}`: `{"errors":{"user.username":["is too long (maximum is 100 characters)"]}}`,
				} {
					w.json(w.server, "POST", "/project_users", body).wants(422).says(says)
				}
				w.enrols(w.server, "", `"username":"n1"`, "").wants(422).has(`"user.email":["is invalid`)
				w.enrols(w.server, "", `"username":"n1","email":"no address"`, "").wants(422).has(`"user.email":["is invalid`)
				w.json(w.server, "", "/users/n1", "").wants(404)
				// Beyond his projects nobody enrols, and finds out nothing.
				w.json(w.project, "POST", "/project_users", `{"project_user":{"project_id":`+projectID(w.foreign)+`},"user":{"username":"test.user"}}`).
					wants(422).says(`{"errors":{"project_id":["is not included in the list"]}}`)
			}},
			{"D-53", func(w *world) {
				got := w.json(w.server, "", at("hakonhc"), "").wants(200)
				if strings.Contains(string(got.body), "_rights") || strings.Contains(string(got.body), `"id"`) {
					w.Errorf("%s", got.body)
				}
				w.json(w.server, "", at("hakonhc")+"?include=rights", "").has(`"addon_admin":false,"consignation_rights":4,"created_at":"2016-11-01T09:39:14Z","equipment_rights":4,` +
					`"modelstore_rights":4,"no_web_admin_access":false,"project_id":` + in + `,"role":null,"room_rights":1,"room_surface_treatment_rights":4,"superuser":null,` +
					`"system_rights":4,"tender_rights":4,"user_role_id":null,"username":"hakonhc"}`)
			}},
			{"DA-5", func(w *world) {
				w.enrols(w.server, "", `"username":"none","email":"none@example.org"`, "").wants(201)
				for _, rights := range []string{"none", "hakonhc"} {
					is := w.rightsOf(rights)
					for _, m := range strings.Fields(levels) {
						if rights == "hakonhc" && m == "room" {
							continue
						}
						if is[m+"_rights"] != float64(4) {
							w.Errorf("%s has %s_rights %v", rights, m, is[m+"_rights"])
						}
					}
				}
				for _, m := range workspace.Modules() {
					if w.may("none", m.Permission(workspace.Reading)) {
						w.Errorf("%s may read %s", "none", m)
					}
				}
				// A change leaves what it does not name.
				w.json(w.server, "PATCH", at("hakonhc"), `{"project_user":{"tender_rights":3}}`).wants(200)
				if is := w.rightsOf("hakonhc"); is["room_rights"] != float64(1) || is["tender_rights"] != float64(3) || is["system_rights"] != float64(4) {
					w.Errorf("%v", is)
				}
			}},
			{"D-33", func(w *world) {
				for _, method := range []string{"PATCH", "PUT"} {
					for _, level := range []int{2, 4, 1} {
						w.json(w.server, method, at("none"), fmt.Sprintf(`{"project_user":{"equipment_rights":%d}}`, level)).wants(200).has(`"username":"none"`)
						if is := w.rightsOf("none")["equipment_rights"]; is != float64(level) {
							w.Errorf("%s of %d gives %v", method, level, is)
						}
					}
				}
				w.json(w.project, "PATCH", at("none"), `{"project_user":{"equipment_rights":"4"}}`).wants(200)
				if is := w.rightsOf("none")["equipment_rights"]; is != float64(4) {
					w.Errorf("of \"4\" it is %v", is)
				}
			}},
			{"F-01", func(w *world) { // 1 is the fullest: what it gives, and what 4 does not
				for _, m := range workspace.Modules() {
					for level := 4; level >= 1; level-- {
						w.json(w.server, "PATCH", at("none"), fmt.Sprintf(`{"project_user":{"%s_rights":%d}}`, m, level)).wants(200)
						for grade, from := range map[workspace.Grade]int{workspace.Reading: 3, workspace.Limited: 2, workspace.FullAccess: 1} {
							if may := w.may("none", m.Permission(grade)); may != (level <= from) {
								w.Errorf("%s_rights %d: %s %v", m, level, m.Permission(grade), may)
							}
						}
					}
					w.json(w.server, "PATCH", at("none"), fmt.Sprintf(`{"project_user":{"%s_rights":4}}`, m)).wants(200)
				}
			}},
			{"D-50", func(w *world) {
				var body []string
				for i, m := range strings.Fields(levels) {
					body = append(body, fmt.Sprintf(`"%s_rights":%d`, m, i%4+1))
				}
				w.enrols(w.server, strings.Join(body, ",")+`,"superuser":true,"addon_admin":true,"no_web_admin_access":true`, `"username":"all","email":"all@example.org"`, "").
					wants(201).has(`"superuser":true`)
				is := w.rightsOf("all")
				for i, m := range strings.Fields(levels) {
					if is[m+"_rights"] != float64(i%4+1) {
						w.Errorf("%s_rights %v", m, is[m+"_rights"])
					}
				}
				if is["superuser"] != true || is["addon_admin"] != true || is["no_web_admin_access"] != true {
					w.Errorf("%v", is)
				}
				w.json(w.server, "PATCH", at("all"), `{"project_user":{"superuser":false,"addon_admin":"0","no_web_admin_access":0}}`).wants(200).has(`"superuser":null`)
				if is = w.rightsOf("all"); is["superuser"] != nil || is["addon_admin"] != false || is["no_web_admin_access"] != false || is["equipment_rights"] != float64(2) {
					w.Errorf("%v", is)
				}
				w.json(w.server, "PATCH", at("all"), `{"project_user":{"superuser":"perhaps"}}`).wants(422).says(`{"errors":{"superuser":["is not included in the list"]}}`)
			}},
			{"D-54", func(w *world) {
				for _, sent := range []string{`1`, `"1"`, `" 1 "`, `2`, `3`, `4`} {
					w.json(w.server, "PATCH", at("all"), `{"project_user":{"system_rights":`+sent+`}}`).wants(200)
					if is := fmt.Sprint(w.rightsOf("all")["system_rights"]); is != strings.Trim(sent, `" `) {
						w.Errorf("of %s it is %s", sent, is)
					}
				}
			}},
			{"DA-6", func(w *world) {
				for sent, says := range map[string]string{
					`0`: "is not included in the list", `5`: "is not included in the list", `-1`: "is not included in the list", `4294967297`: "is not included in the list",
					`null`: "is not included in the list", `""`: "is not included in the list", `"x"`: "is not a number", `1.5`: "must be an integer", `true`: "is not a number",
					`false`: "is not a number", `[1]`: "is not a number", `{"a":1}`: "is not a number", `99999999999999999999`: "must be an integer", `1.0`: "must be an integer",
				} {
					for _, m := range []string{"room", "room_surface_treatment"} {
						body := fmt.Sprintf(`{"project_user":{"tender_rights":1,"%s_rights":%s}}`, m, sent)
						want := fmt.Sprintf(`{"errors":{"%s_rights":["%s"]}}`, m, says)
						w.json(w.server, "PATCH", at("none"), body).wants(422).says(want)
						w.enrols(w.server, fmt.Sprintf(`"tender_rights":1,"%s_rights":%s`, m, sent), `"username":"n1","email":"n1@example.org"`, "").wants(422).says(want)
					}
				}
				if is := w.rightsOf("none"); is["tender_rights"] != float64(4) || is["room_rights"] != float64(4) {
					w.Errorf("something was changed: %v", is)
				}
				w.json(w.server, "", "/users/n1", "").wants(404)
			}},
			{"F-02", func(w *world) { // rights are a project's: those in another are others
				w.json(w.server, "POST", "/project_users", `{"project_user":{"project_id":`+projectID(w.second)+`,"room_rights":3},"user":{"username":"hakonhc"}}`).wants(201)
				other := w.json(w.server, "", "/project_users/hakonhc,"+projectID(w.second)+"?include=rights", "").wants(200).fields("project_user")
				if here := w.rightsOf("hakonhc"); here["room_rights"] != float64(1) || other["room_rights"] != float64(3) || other["tender_rights"] != float64(4) {
					w.Errorf("%v and %v", here, other)
				}
				// None of the rights that the API names lacks a level.
				for _, m := range strings.Fields(levels) {
					for level := 1; level <= 4; level++ {
						w.json(w.server, "PATCH", at("none"), fmt.Sprintf(`{"project_user":{"%s_rights":%d}}`, m, level)).wants(200)
					}
				}
			}},
			{"F-03", func(w *world) {
				w.setPassword(w.userNamed("none").ID, password)
				none := &someone{w.userNamed("none")}
				w.json(none, "", "/projects", "").wants(200).says("[]")
				w.json(w.server, "PATCH", at("none"), `{"project_user":{"superuser":true}}`).wants(200)
				w.json(none, "", "/projects", "").wants(200).has("dRofus dev template")
				if w.json(w.server, "PATCH", at("all"), `{"project_user":{"addon_admin":true}}`).wants(200); !w.may("all", workspace.ConfigureBIM) {
					w.Error("who is addon_admin may not configure BIM")
				}
				if w.json(w.server, "PATCH", at("all"), `{"project_user":{"addon_admin":false}}`).wants(200); w.may("all", workspace.ConfigureBIM) {
					w.Error("who is none any more may configure BIM")
				}
			}},
			{"DA-4", func(w *world) {
				none := &someone{w.userNamed("none")}
				w.json(w.server, "PATCH", at("none"), `{"project_user":{"no_web_admin_access":true}}`).wants(200).has(`"superuser":true`)
				for _, path := range []string{"/projects", "/owners", "/users", "/database", "/project_users", "/emails", "/node/logins", "/node/unique_users", "/project_data"} {
					w.json(none, "", path, "").wants(200).says("[]")
				}
				for _, path := range []string{"/projects/" + in, at("test.user"), "/database/akl-test", "/users/test.user", "/database/akl-test/get_backup_now"} {
					w.json(none, "", path, "").wants(404)
				}
				w.json(none, "POST", "/project_users", `{"project_user":{"project_id":`+in+`},"user":{"username":"n1","email":"n1@example.org"}}`).wants(403)
				w.json(none, "PATCH", at("none"), `{"project_user":{"no_web_admin_access":false}}`).wants(404)
				if !w.may("none", workspace.ManageMembers) || !w.may("none", workspace.ModuleRoom.Permission(workspace.FullAccess)) {
					w.Error("he was refused more than the web admin")
				}
				// Of who is no superuser it is kept, and has no effect until he is one.
				w.json(w.server, "PATCH", at("all"), `{"project_user":{"no_web_admin_access":true,"room_rights":2}}`).wants(200).has(`"superuser":null`)
				if is := w.rightsOf("all"); is["no_web_admin_access"] != true || is["room_rights"] != float64(2) || !w.may("all", workspace.ModuleRoom.Permission(workspace.Limited)) {
					w.Errorf("%v", is)
				}
				w.json(w.server, "PATCH", at("none"), `{"project_user":{"no_web_admin_access":false,"superuser":false}}`).wants(200)
			}},
			{"F-04", func(w *world) {
				made := func(in workspace.ID, name string) workspace.Group {
					g, err := w.services.Workspaces.CreateGroup(w.Context(), root(), workspace.Group{Workspace: in, Name: name})
					w.must(err)
					return g
				}
				engineers, elsewhere := made(w.template.ID, "Ingénieurs – Ærø"), made(w.second.ID, "Ingénieurs – Ærø")
				w.join(w.template, &someone{workspace.User{Num: engineers.Num}}, workspace.ModuleTender.Role(workspace.FullAccess))
				w.json(w.server, "PATCH", at("hakonhc"), fmt.Sprintf(`{"project_user":{"user_role_id":%d}}`, int64(engineers.Num))).wants(200).
					has(fmt.Sprintf(`"role":"Ingénieurs – Ærø","superuser":null,"user_role_id":%d`, int64(engineers.Num)))
				if !w.may("hakonhc", "tender.full") {
					w.Error("the role gives nothing")
				}
				if is := w.rightsOf("hakonhc"); is["tender_rights"] != float64(3) {
					w.Errorf("his own rights are %v", is)
				}
				w.do(request{path: "/project_users.xml", as: w.server}).wants(200).has("<role>Ingénieurs – Ærø</role>", fmt.Sprintf(`<user-role-id type="integer">%d</user-role-id>`, int64(engineers.Num)))
				// The same name elsewhere is another role.
				w.json(w.server, "PATCH", at("hakonhc"), fmt.Sprintf(`{"project_user":{"user_role_id":%d}}`, int64(elsewhere.Num))).wants(422).says(`{"errors":{"user_role_id":["is not included in the list"]}}`)
				w.json(w.server, "PATCH", at("hakonhc"), `{"project_user":{"user_role_id":"x"}}`).wants(422).says(`{"errors":{"user_role_id":["is not a number"]}}`)
				w.json(w.server, "", at("hakonhc"), "").has(fmt.Sprintf(`"user_role_id":%d`, int64(engineers.Num)))
				w.json(w.server, "PATCH", at("hakonhc"), `{"project_user":{"user_role_id":null}}`).wants(200).has(`"role":null`, `"user_role_id":null`)
				if w.may("hakonhc", "tender.full") {
					w.Error("the role is still his")
				}
				w.enrols(w.server, fmt.Sprintf(`"user_role_id":%d`, int64(engineers.Num)), `"username":"with.role","email":"with.role@example.org"`, "").wants(201).has(`"role":"Ingénieurs – Ærø"`)
			}},
			{"D-51", func(w *world) {
				w.json(w.server, "POST", "/project_users", fmt.Sprintf(`{"project_user":{"project_id":%s},"user":{"username":"hakonhc","first_name":"Håkon","last_name":"Clausen","email":"HHC@DROFUS.com"}}`,
					projectID(w.foreign))).wants(201)
			}},
			{"DA-7", func(w *world) {
				before := string(w.json(w.server, "", "/users/outsider", "").body)
				w.json(w.server, "DELETE", at("outsider"), "").wants(204)
				for field, value := range map[string]string{"first_name": "Adam", "last_name": "løvelace", "email": "other@example.org"} {
					w.enrols(w.server, `"room_rights":1`, fmt.Sprintf(`"username":"outsider","%s":"%s"`, field, value), `,"mail_type":1`).
						wants(422).says(`{"errors":{"user.` + field + `":["is invalid (expected what is registered)"]}}`)
				}
				w.enrols(w.server, "", `"username":"OUTSIDER"`, "").wants(422).says(`{"errors":{"user.username":["is invalid (expected what is registered)"]}}`)
				w.enrols(w.server, "", `"username":"outsider","email":""`, "").wants(422).has(`"user.email":["is invalid`)
				w.json(w.server, "", "/users/outsider", "").says(before)
				w.json(w.server, "", at("outsider"), "").wants(404)
				if got := w.delivered("outsider@example.org"); len(got) > 0 {
					w.Errorf("mailed %v", got)
				}
				w.enrols(w.server, "", `"username":"outsider","first_name":"Ada","last_name":"Løvelace","email":"OUTSIDER@EXAMPLE.org"`, "").wants(201)
			}},
			{"DA-8", func(w *world) {
				w.enrols(w.server, `"room_rights":1`, `"username":"test.user"`, `,"mail_type":1`).wants(422).says(`{"errors":{"username":["has already been taken"]}}`)
				if is := w.rightsOf("test.user")["room_rights"]; is != float64(4) {
					w.Errorf("his rights are %v", is)
				}
				if got := w.delivered("test.user@example.org"); len(got) > 0 {
					w.Errorf("mailed %v", got)
				}
			}},
			{"DA-9", func(w *world) {
				for _, name := range []string{"x,y.z", "1,2", "a/b", "jo.json"} {
					w.join(w.template, w.called(name))
					escaped := strings.ReplaceAll(name, "/", "%2F")
					w.json(w.server, "", at(escaped), "").wants(200).has(`"username":"` + name + `"`)
					w.do(request{path: at(escaped) + ".xml", as: w.server}).wants(200).has("<username>" + name + "</username>")
					w.json(w.server, "PATCH", at(escaped), `{"project_user":{"room_rights":3}}`).wants(200)
					if is := w.rightsOf(name)["room_rights"]; is != float64(3) {
						w.Errorf("%s: %v", name, is)
					}
					w.do(request{path: at(escaped) + "/edit", as: w.server}).wants(200).has("Edit " + name)
				}
				w.json(w.server, "DELETE", at("a%2Fb"), "").wants(204)
				w.enrols(w.server, "", `"username":"new,comma","email":"new.comma@example.org"`, "").wants(422).says(`{"errors":{"user.username":["is invalid (expected one without a comma)"]}}`)
				w.json(w.server, "", "/users/new,comma", "").wants(404)
				// Who has one already may be enrolled.
				w.json(w.server, "POST", "/project_users", `{"project_user":{"project_id":`+projectID(w.second)+`},"user":{"username":"x,y.z"}}`).wants(201).has(`"username":"x,y.z"`)
			}},
			{"DA-1", func(w *world) {
				for _, method := range []string{"PATCH", "PUT"} {
					w.json(w.server, method, "/project_user/test.user,"+in, `{"project_user":{"room_rights":1}}`).wants(200).has(`"username":"test.user"`)
				}
				if is := w.rightsOf("test.user")["room_rights"]; is != float64(1) {
					w.Errorf("room_rights %v", is)
				}
				w.json(w.server, "DELETE", "/project_user/test.user,"+in, "").wants(404)
				w.json(w.server, "POST", "/project_user", `{"project_user":{"room_rights":1}}`).wants(404)
			}},
			{"DA-2", func(w *world) {
				other := projectID(w.second)
				for body, says := range map[string]string{
					`{"project_user":{"username":"jo.smith","room_rights":3}}`:                   `{"errors":{"username":["is not the one of the address"]}}`,
					`{"project_user":{"project_id":` + other + `,"room_rights":3}}`:              `{"errors":{"project_id":["is not the one of the address"]}}`,
					`{"project_user":{"username":"test","project_id":647,"room_rights":3}}`:      `{"errors":{"username":["is not the one of the address"],"project_id":["is not the one of the address"]}}`,
					`{"project_user":{"project_id":"x","username":"test.user","room_rights":3}}`: `{"errors":{"project_id":["is not a number"]}}`,
				} {
					w.json(w.server, "PATCH", at("test.user"), body).wants(422).says(says)
				}
				if is := w.rightsOf("test.user")["room_rights"]; is != float64(1) {
					w.Errorf("it was changed to %v", is)
				}
				w.json(w.server, "", "/project_users/test.user,"+other, "").wants(404)
				w.json(w.server, "PATCH", at("test.user"), `{"project_user":{"username":"test.user","project_id":"`+in+`","room_rights":3}}`).wants(200)
				w.json(w.server, "PATCH", at("test.user"), string(w.json(w.server, "", at("test.user"), "").body)).wants(200) // what it read
				if is := w.rightsOf("test.user")["room_rights"]; is != float64(3) {
					w.Errorf("room_rights %v", is)
				}
			}},
			{"D-52", func(w *world) {
				for i, sent := range []string{`"1"`, `1`} {
					address := fmt.Sprintf("mailed%d@example.org", i)
					w.enrols(w.project, "", fmt.Sprintf(`"username":"mailed%d","email":"%s","first_name":"Zoé"`, i, address), `,"mail_type":`+sent).wants(201)
					if got := w.delivered(address); len(got) != 1 || !strings.Contains(got[0].Text, "Hello Zoé") || !strings.Contains(got[0].Text, "dRofus dev template") {
						w.Errorf("mailed %v", got)
					}
				}
				for i, sent := range []string{`null`, `""`} {
					address := fmt.Sprintf("unmailed%d@example.org", i)
					w.enrols(w.project, "", fmt.Sprintf(`"username":"unmailed%d","email":"%s"`, i, address), `,"mail_type":`+sent).wants(201)
					if got := w.delivered(address); len(got) != 0 {
						w.Errorf("mailed %v", got)
					}
				}
			}},
			{"DA-23", func(w *world) {
				n, err := w.services.Workspaces.AddNotice(w.Context(), root(), mail.Notice{Organization: string(w.beta.ID), Name: "theirs", Occasion: mail.NewUser, Subject: "s", Body: "b"})
				w.must(err)
				for sent, says := range map[string]string{
					`9999`: "is invalid (expected the number of a notice of the organization's or everybody's)", `-1`: "is invalid (expected the number of a notice of the organization's or everybody's)",
					fmt.Sprintf(`"%d"`, n.Num): "is invalid (expected the number of a notice of the organization's or everybody's)", `"six"`: "is not a number", `true`: "is not a number",
				} {
					w.enrols(w.server, `"room_rights":1`, `"username":"n1","email":"n1@example.org"`, `,"mail_type":`+sent).wants(422).says(`{"errors":{"mail_type":["` + says + `"]}}`)
				}
				w.json(w.server, "", "/users/n1", "").wants(404)
				w.json(w.server, "", at("n1"), "").wants(404)
				if got := w.delivered("n1@example.org"); len(got) > 0 {
					w.Errorf("mailed %v", got)
				}
			}},
			{"D-34", func(w *world) {
				w.json(w.project, "DELETE", at("mailed0"), "").wants(204).says("")
				w.json(w.server, "", at("mailed0"), "").wants(404)
				w.json(w.project, "DELETE", at("mailed0"), "").wants(404)
				w.json(w.server, "", "/users/mailed0", "").wants(200)
				w.json(w.server, "", "/project_users/hakonhc,"+projectID(w.second), "").wants(200)
				w.json(w.server, "DELETE", at("hakonhc"), "").wants(204)
				w.json(w.server, "", "/project_users/hakonhc,"+projectID(w.second), "").wants(200) // of this project alone
				// Who supervises it is needed.
				w.json(w.server, "DELETE", at("testadmin"), "").wants(422).says(`{"errors":{"base":["Who supervises the project can only be replaced"]}}`)
				w.json(w.server, "PATCH", at("testadmin"), `{"project_user":{"room_rights":4,"superuser":false}}`).has(`"superuser":true`)
			}},
		})
	})
}
