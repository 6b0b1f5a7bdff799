package drofus_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/transport/drofus"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// resources are the lists that there are, with the name of an item.
func resources() map[string]string {
	return map[string]string{
		"projects": "project", "owners": "owner", "users": "user", "database": "database", "project_users": "project_user", "emails": "email",
		"node/logins": "login", "node/unique_users": "unique_user", "project_data": "project_data",
	}
}

// TestConventions holds what is the same of all resources.
func TestConventions(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		_, err := w.services.SignIn.Start(w.Context(), w.project.Username, password, "Revit/2020", "192.0.2.7")
		w.must(err)
		owner := fmt.Sprintf("/owners/%d", int64(w.akl.Num))
		made := func(name string) string {
			got := w.json(w.server, "POST", "/owners", `{"owner":{"name":"`+name+`"}}`).wants(201)
			return fmt.Sprintf("/owners/%v", got.fields("owner")["id"])
		}
		w.holds([]claim{
			{"D-01", func(w *world) { // the password of the web, and of the token endpoint, is that of the API
				w.json(w.project, "", "/projects", "").wants(200)
				_, err := w.services.SignIn.Start(w.Context(), w.project.Username, password, "Mozilla/5.0", "192.0.2.7")
				w.must(err)
			}},
			{"D-02", func(w *world) {
				for _, path := range []string{owner, "/projects/" + projectID(w.second), "/users/test.user", "/project_users/test.user," + projectID(w.template)} {
					w.json(w.server, "GET", path, "").wants(200)
					for _, method := range []string{"PATCH", "PUT"} {
						w.json(w.server, method, path, `{"note":"n","unknown":1}`).wants(200)
					}
				}
				w.json(w.server, "DELETE", made("d-02"), "").wants(204)
				w.json(w.server, "PUTCH", owner, `{"note":"n"}`).wants(404)
			}},
			{"D-03", func(w *world) {
				for list := range resources() {
					for suffix, want := range map[string]string{"": "text/html", ".html": "text/html", ".xml": "application/xml", ".json": "application/json"} {
						got := w.do(request{path: "/" + list + suffix, as: w.server}).wants(200)
						if is := got.header.Get("Content-Type"); is != want+"; charset=utf-8" {
							w.Errorf("%s%s is %s", list, suffix, is)
						}
					}
				}
			}},
			{"D-04", func(w *world) {
				for list := range resources() {
					want := w.do(request{path: "/" + list + ".json?x=1", as: w.server}).wants(200)
					w.json(w.server, "", "/"+list+"?x=1", "").wants(200).says(string(want.body))
				}
			}},
			{"D-05", func(w *world) {
				if is := w.json(w.server, "", "/users/jo.smith", "").wants(200).fields("user")["username"]; is != "jo.smith" {
					w.Errorf("it is %v", is)
				}
			}},
			{"D-06", func(w *world) {
				for list, item := range resources() {
					if got := w.json(w.server, "", "/"+list, "").wants(200).list(item); len(got) == 0 {
						w.Errorf("%s is empty", list)
					}
				}
			}},
			{"D-07", func(w *world) {
				for path, root := range map[string]string{
					owner: "owner", "/projects/" + projectID(w.template): "project", "/users/jo.smith": "user", "/database/akl-test": "database",
					"/project_users/jo.smith," + projectID(w.template): "project_user", "/emails/1": "email",
				} {
					v, err := readJSONValue(w.json(w.server, "", path, "").wants(200).body)
					w.must(err)
					if len(v.members) != 1 || v.members[0].name != root || v.members[0].value.kind != "object" {
						w.Errorf("%s: %+v", path, v)
					}
				}
			}},
			{"D-08", func(w *world) {
				w.json(w.server, "PATCH", owner, `{"owner":{"note":"wrapped"}}`).wants(200).has(`"note":"wrapped"`)
			}},
			{"D-09", func(w *world) {
				for i, content := range []string{"application/json", "application/json; charset=UTF-8", "application/json;charset=utf-8"} {
					name := fmt.Sprintf("Håkon Ærlig Île-de-France œuvre %d", i)
					r := request{method: "POST", path: "/owners", as: w.server, accept: "application/json", content: content, body: `{"owner":{"name":"` + name + `"}}`}
					w.do(r).wants(201).has(`"name":"` + name + `"`)
				}
				r := request{method: "POST", path: "/owners", as: w.server, accept: "application/json", content: "application/json; charset=latin1", body: `{"owner":{"name":"x"}}`}
				w.do(r).wants(415)
			}},
			{"D-10", func(w *world) {
				w.json(w.server, "", "/projects/"+projectID(w.template), "").has(`"contact":null`, `"status":null`, `"gross_area":null`)
				w.do(request{path: "/projects/" + projectID(w.template) + ".xml", as: w.server}).has(`<contact nil="true"/>`, `<gross-area type="decimal" nil="true"/>`)
			}},
			{"D-11", func(w *world) {
				moment := regexp.MustCompile(`"[a-z_]+(_at|_login|updated)":("[^"]*"|null)`)
				for list := range resources() {
					for _, found := range moment.FindAllString(string(w.json(w.server, "", "/"+list, "").body), -1) {
						if !regexp.MustCompile(`:("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"|null)$`).MatchString(found) {
							w.Errorf("%s: %s", list, found)
						}
					}
				}
				w.json(w.server, "", "/projects/"+projectID(w.template), "").has(`"created_at":"2016-11-01T09:39:14Z"`) // it is 14.123456
			}},
			{"D-12", func(w *world) {
				for list := range resources() {
					v, err := readJSONValue(w.json(w.server, "", "/"+list+"?include=rights", "").wants(200).body)
					w.must(err)
					for _, item := range v.items {
						names := []string{}
						for _, m := range item.members[0].value.members {
							names = append(names, m.name)
						}
						if !slices.IsSorted(names) || len(names) == 0 {
							w.Errorf("%s: %v", list, names)
						}
					}
				}
			}},
			{"R-01", func(w *world) {
				got := w.json(w.server, "POST", "/owners", `{"owner":{"name":"r-01"}}`).wants(201)
				at := fmt.Sprintf("/owners/%v", got.fields("owner")["id"])
				if got.header.Get("Location") != base+at {
					w.Errorf("Location %q", got.header.Get("Location"))
				}
				w.json(w.server, "", at, "").wants(200).says(string(got.body))
			}},
			{"R-03", func(w *world) {
				w.json(w.server, "POST", "/owners", `{"owner":{"name":" ","note":"x"}}`).wants(422).says(`{"errors":{"name":["can't be blank"]}}`)
				w.json(w.server, "POST", "/projects", `{"project":{"name":"","owner_id":"x","new_db":0,"existing_db_name":"akl-test","constructor":"c","description":"d","project_type_id":1}}`).
					wants(422).says(`{"errors":{"name":["can't be blank"],"owner_id":["is not a number"]}}`)
			}},
			{"R-04", func(w *world) {
				got := w.do(request{method: "POST", path: "/projects.xml", as: w.server, body: `{"project":{"name":"","owner_id":"x","new_db":0,"existing_db_name":"akl-test","constructor":"c","description":"d","project_type_id":1}}`}).wants(422)
				got.says("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<errors>\n  <error>Name can't be blank</error>\n  <error>Owner is not a number</error>\n</errors>\n")
			}},
			{"R-05", func(w *world) {
				for _, method := range []string{"PATCH", "PUT"} {
					w.json(w.server, method, owner, `{"owner":{"contact":"`+method+`"}}`).wants(200).has(`"contact":"` + method + `"`)
				}
			}},
			{"R-06", func(w *world) {
				at := made("r-06")
				w.json(w.server, "DELETE", at, "").wants(204).says("")
				w.json(w.server, "", at, "").wants(404)
			}},
			{"R-07", func(w *world) {
				for _, path := range []string{"/owners/99999", "/projects/99999", "/users/nobody", "/database/nothing", "/project_users/nobody,1", "/emails/99999", "/nothing", "/"} {
					if path == "/" {
						continue
					}
					w.json(w.server, "", path, "").wants(404).says(`{"status":404,"error":"Not Found"}`)
				}
			}},
			{"R-08", func(w *world) {
				for _, path := range []string{"/owners/99999.xml", "/users/nobody.xml", "/project_users/nobody,1.xml", "/nothing.xml"} {
					w.do(request{path: path, as: w.server}).wants(404).
						says("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hash>\n  <status type=\"integer\">404</status>\n  <error>Not Found</error>\n</hash>\n")
				}
			}},
			{"R-09", func(w *world) {
				for _, id := range []string{"abc", "0", "-1", "1.5", "1e3", "99999999999999999999", "%20", "1%20"} {
					w.json(w.server, "", "/projects/"+id+".json", "").wants(404)
				}
			}},
			{"R-10", func(w *world) {
				for _, body := range []string{`{`, `{}`, `{"owner":{}}`, `{"owner":5}`, `[]`, `"x"`, `{"owner":{"name":"a","name":"b"}}`, `{"owner":{"name":"x"}} x`} {
					w.json(w.server, "POST", "/owners", body).wants(400).says(`{"status":400,"error":"Bad Request"}`)
				}
				for _, body := range []string{`<owner>`, `<owner/>`, `x`, `<owner><name>a</name><name>b</name></owner>`, `<!DOCTYPE o [<!ENTITY e "x">]><owner><name>&e;</name></owner>`} {
					w.do(request{method: "POST", path: "/owners.xml", as: w.server, content: "application/xml", body: body}).wants(400).
						has("<hash>\n  <status type=\"integer\">400</status>\n  <error>Bad Request</error>\n</hash>")
				}
			}},
			{"R-11", func(w *world) {
				w.json(w.server, "POST", "/owners", `{"name":"unwrapped"}`).wants(201).has(`"name":"unwrapped"`)
				w.do(request{method: "POST", path: "/owners.xml", as: w.server, content: "text/xml", body: `<hash><name>unwrapped too</name></hash>`}).wants(201).
					has("<name>unwrapped too</name>")
			}},
			{"R-12", func(w *world) {
				const name = "Évêché de Sées"
				form := request{method: "POST", path: "/owners", as: w.server, accept: "application/json", content: "application/x-www-form-urlencoded"}
				form.body = "owner[name]=%C3%89v%C3%AAch%C3%A9+de+S%C3%A9es&owner%5Bnote%5D=a%26b"
				w.do(form).wants(201).has(`"name":"`+name+`"`, `"note":"a&b"`)
				form.body = "name=Bare&note="
				w.do(form).wants(201).has(`"name":"Bare"`, `"note":null`)
				parts := request{method: "POST", path: "/owners.json", as: w.server, content: "multipart/form-data; boundary=b"}
				parts.body = "--b\r\nContent-Disposition: form-data; name=\"owner[name]\"\r\n\r\nParts\r\n--b--\r\n"
				w.do(parts).wants(201).has(`"name":"Parts"`)
			}},
			{"R-13", w.unauthorized},
			{"DA-27", func(w *world) { // the page's DELETE lacks them
				member := "/project_users/test.user," + projectID(w.template)
				w.do(request{method: "DELETE", path: member, accept: "application/json"}).wants(401)
				w.json(w.server, "", member, "").wants(200)
			}},
			{"R-14", w.unacceptable},
			{"R-15", func(w *world) {
				got := w.do(request{path: "/owners.xml", as: w.server, accept: "application/json"}).wants(200).has("<owners")
				if is := got.header.Get("Content-Type"); is != "application/xml; charset=utf-8" {
					w.Error(is)
				}
				w.do(request{path: owner + ".json", as: w.server, accept: "text/xml"}).wants(200).has(`{"owner":{`)
				w.do(request{path: "/users/jo.smith.xml", as: w.server, accept: "application/json"}).wants(200).has("<user>")
				w.do(request{path: "/project_users/jo.smith," + projectID(w.template) + ".xml", as: w.server, accept: "text/csv"}).wants(200).has("<project-user>")
			}},
			{"R-16", func(w *world) {
				for _, accept := range []string{"*/*", "", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"} {
					w.do(request{path: "/owners", as: w.server, header: map[string]string{"Accept": accept}}).wants(200).has("<!DOCTYPE html>")
				}
			}},
			{"R-17", func(w *world) {
				for _, wrong := range []string{
					"POST " + owner, "DELETE /owners", "PATCH /owners", "PUT /projects", "DELETE /database", "POST /users", "PATCH /users/jo.smith/kick",
					"DELETE /users/jo.smith/disable", "POST /database/akl-test/get_backup_now", "POST /node/logins", "GET /project_user/jo.smith," + projectID(w.template),
				} {
					method, path, _ := strings.Cut(wrong, " ")
					got := w.json(w.server, method, path, "").wants(404).says(`{"status":404,"error":"Not Found"}`)
					if got.header.Get("Allow") != "" {
						w.Errorf("%s is told what there is", wrong)
					}
				}
			}},
			{"R-18", func(w *world) {
				for suffix, want := range map[string]string{".json": "application/json; charset=utf-8", ".xml": "application/xml; charset=utf-8", ".html": "text/html; charset=utf-8"} {
					for _, path := range []string{"/owners", owner, "/nothing", "/owners/999999"} {
						got := w.do(request{path: path + suffix, as: w.server})
						if is := got.header.Get("Content-Type"); is != want || got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Cache-Control") != "no-store" {
							w.Errorf("%s%s: %v", path, suffix, got.header)
						}
					}
				}
			}},
			{"R-19", func(w *world) {
				w.json(w.server, "PATCH", "/projects/"+projectID(w.second), `{"project":{"gross_area":"1250.5","contact":"A & <B>"}}`).wants(200)
				w.do(request{path: "/projects/" + projectID(w.second) + ".xml", as: w.server}).wants(200).has(
					`<?xml version="1.0" encoding="UTF-8"?>`, "<project>", fmt.Sprintf(`<id type="integer">%s</id>`, projectID(w.second)),
					`<active type="boolean">true</active>`, `<contact>A &amp; &lt;B&gt;</contact>`, `<created-at type="dateTime">2016-11-01T09:39:14Z</created-at>`,
					`<database-id>akl-test</database-id>`, `<gross-area type="decimal">1250.5</gross-area>`, `<name>Håkons Île</name>`, `<no>01</no>`,
					fmt.Sprintf(`<owner-id type="integer">%d</owner-id>`, int64(w.akl.Num)), `<status nil="true"/>`)
				w.do(request{path: "/projects/" + projectID(w.template) + ".xml", as: w.server}).has(`<updated type="dateTime" nil="true"/>`)
			}},
			{"R-20", func(w *world) {
				for path, want := range map[string]string{
					"/projects.xml?query=nothing": "projects", "/users.xml?q=nothing": "users", "/owners.xml?query=nothing": "owners",
					"/database.xml?query=nothing": "databases", "/project_users.xml?project_id=99999": "project-users",
					"/node/logins.xml?from_date=1999-01-01&to_date=1999-01-02": "logins",
				} {
					w.do(request{path: path, as: w.server}).wants(200).says("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + want + " type=\"array\"/>\n")
				}
				w.json(w.server, "", "/projects?query=nothing", "").says("[]")
			}},
			{"R-21", w.xmlInput},
			{"R-22", func(w *world) {
				w.do(request{path: "/project_users/jo.smith," + projectID(w.template) + ".xml", as: w.server}).wants(200).
					has("<project-user>\n  <created-at type=\"dateTime\">2016-11-01T09:39:14Z</created-at>\n  <project-id type=\"integer\">", `<role nil="true"/>`,
						`<superuser type="boolean">true</superuser>`, `<user-role-id type="integer" nil="true"/>`, "<username>jo.smith</username>")
				w.do(request{path: "/project_users.xml", as: w.server}).wants(200).has(`<project-users type="array">`, "  <project-user>\n")
				w.do(request{path: "/project_users/test.user," + projectID(w.template) + ".xml", as: w.server}).has(`<superuser type="boolean" nil="true"/>`)
			}},
		})
	})
}

func (w *world) unauthorized(*world) {
	challenged := func(got *answer) {
		w.Helper()
		got.wants(401).says("HTTP Basic: Access denied.\n")
		if got.header.Get("WWW-Authenticate") != `Basic realm="Application"` || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			w.Errorf("%v", got.header)
		}
	}
	for _, path := range []string{"/", "/projects", "/projects.json", "/projects/1.xml", "/users/jo.smith/kick", "/emails/1"} {
		challenged(w.do(request{path: path, accept: "application/json"}))
	}
	challenged(w.do(request{path: "/projects.json", header: map[string]string{"Authorization": "Basic am8uc21pdGg6d3Jvbmcgd3Jvbmc="}}))
	challenged(w.do(request{path: "/projects.json", header: map[string]string{"Authorization": "Basic"}}))
	challenged(w.do(request{path: "/nothing", header: map[string]string{"Authorization": "Bearer x"}}))
	challenged(w.do(request{method: "POST", path: "/owners", body: `{"owner":{"name":"x"}}`}))
}

func (w *world) unacceptable(*world) {
	count := func() int { return len(w.json(w.server, "", "/owners", "").list("owner")) }
	before := count()
	owner := fmt.Sprintf("/owners/%d", int64(w.akl.Num))
	member := "/project_users/test.user," + projectID(w.template)
	for _, r := range []request{
		{path: "/projects.csv"},
		{path: "/projects", accept: "text/csv"},
		{path: "/projects."},
		{path: "/projects.JSON"},
		{path: owner + ".csv"},
		{path: owner, accept: "image/png"},
		{path: "/users/jo.smith", accept: "text/csv"},
		{path: "/database/akl-test.csv"},
		{path: member + ".csv"},
		{path: "/emails/1.csv"},
		{method: "POST", path: "/owners.csv", body: `{"name":"x"}`},
		{method: "POST", path: "/owners", accept: "text/csv", body: `{"name":"x"}`},
		{method: "PATCH", path: owner + ".csv", body: `{"contact":"not acceptable"}`},
		{method: "PATCH", path: owner, accept: "text/csv", body: `{"contact":"not acceptable"}`},
		{method: "DELETE", path: member, accept: "text/csv"},
		{method: "DELETE", path: member + ".csv"},
		{method: "PATCH", path: "/users/test.user", accept: "text/csv", body: `{"disabled":true}`},
		{method: "PATCH", path: "/database/akl-test", accept: "text/csv", body: `{"name":"renamed"}`},
		{path: "/users/test.user/disable", accept: "text/csv"},
		{method: "POST", path: "/users/test.user/disable.csv"},
	} {
		r.as = w.server
		w.do(r).wants(406).says("")
	}
	// What is refused so was not done either.
	if after := count(); after != before {
		w.Errorf("%d owners, there were %d", after, before)
	}
	w.json(w.server, "", owner, "").has(`"contact":`)
	if is := w.json(w.server, "", owner, "").fields("owner")["contact"]; is == "not acceptable" {
		w.Error("the owner was changed")
	}
	w.json(w.server, "", member, "").wants(200)
	w.json(w.server, "", "/users/test.user", "").has(`"disabled":false`)
	w.json(w.server, "", "/database/akl-test", "").wants(200)
}

// xmlInput makes and changes each kind of thing by XML.
func (w *world) xmlInput(*world) {
	call := func(method, path, body string) *answer {
		w.Helper()
		return w.do(request{method: method, path: path, as: w.server, accept: "application/xml", content: "application/xml; charset=UTF-8", body: body})
	}
	got := call("POST", "/owners", `<?xml version="1.0" encoding="UTF-8"?><owner><name>AX Ångström</name><tech-contact>Léa</tech-contact><note nil="true"/></owner>`).wants(201)
	got.has("<name>AX Ångström</name>", "<tech-contact>Léa</tech-contact>", `<note nil="true"/>`)
	call("POST", "/projects", fmt.Sprintf(`<project><new-db type="boolean">false</new-db><existing-db-name>akl-test</existing-db-name><name>PX</name>
		<constructor>c</constructor><description>d &amp; e</description><owner-id type="integer">%d</owner-id><project-type-id type="integer">1</project-type-id></project>`, int64(w.akl.Num))).
		wants(201).has("<name>PX</name>", "<description>d &amp; e</description>", fmt.Sprintf(`<owner-id type="integer">%d</owner-id>`, int64(w.akl.Num)))
	second := "/projects/" + projectID(w.second)
	call("PATCH", second, `<project><active type="boolean">false</active></project>`).wants(200).has(`<active type="boolean">false</active>`)
	call("PUT", second, `<project><active>true</active><contact nil="true"></contact></project>`).wants(200).has(`<active type="boolean">true</active>`, `<contact nil="true"/>`)
	call("POST", "/project_users", fmt.Sprintf(`<hash><project-user><project-id type="integer">%s</project-id><room-rights type="integer">1</room-rights></project-user>
		<user><username>xml.user</username><first-name>Håkon</first-name><last-name>Clausen</last-name><email>x@example.org</email></user></hash>`, projectID(w.template))).
		wants(201).has("<username>xml.user</username>")
	member := "/project_users/xml.user," + projectID(w.template)
	call("PATCH", member+"?include=rights", `<project-user><tender-rights type="integer">3</tender-rights></project-user>`).wants(200).
		has(`<tender-rights type="integer">3</tender-rights>`, `<room-rights type="integer">1</room-rights>`)
	call("PATCH", member, `<project-user><tender-rights type="integer">5</tender-rights></project-user>`).wants(422).
		has("<errors>\n  <error>Tender rights is not included in the list</error>\n</errors>")
	call("PATCH", "/users/xml.user", `<user><last-name>Ødegård</last-name></user>`).wants(200).has("<last-name>Ødegård</last-name>")
	call("POST", "/database", fmt.Sprintf(`<database><name>xml-db</name><owner-id type="integer">%d</owner-id></database>`, int64(w.akl.Num))).wants(201).has("<id>xml-db</id>")
	call("PATCH", "/database/xml-db", `<database><name>xml-db2</name></database>`).wants(200).has("<id>xml-db2</id>")
	call("DELETE", "/database/xml-db2", "").wants(204)
	got = call("POST", "/emails", fmt.Sprintf(`<email><name>Velkommen</name><subject>Hei</subject><body>Hei {{ project_user.name }}</body><owner-id type="integer">%d</owner-id></email>`, int64(w.akl.Num))).wants(201)
	at := strings.TrimPrefix(got.header.Get("Location"), base)
	call("PATCH", at, `<email><subject>Hallå</subject></email>`).wants(200).has("<subject>Hallå</subject>")
	call("DELETE", at, "").wants(204)
}

// TestBareErrors holds DA-29 and the first style of Rails, which a host may choose.
func TestBareErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite(), &drofus.Options{BareErrors: true})
	w.holds([]claim{
		{"R-02", func(w *world) {
			w.json(w.server, "POST", "/owners", `{"owner":{"name":""}}`).wants(422).says(`{"name":["can't be blank"]}`)
		}},
		{"DA-29", func(w *world) {
			owner := fmt.Sprintf("/owners/%d", int64(w.akl.Num))
			w.json(w.server, "DELETE", owner, "").wants(422).says(`{"base":["The owner has projects or databases"]}`)
			// The others are as they were.
			w.json(w.server, "", "/owners/99999", "").wants(404).says(`{"status":404,"error":"Not Found"}`)
			w.do(request{method: "POST", path: "/owners.xml", as: w.server, body: `{"owner":{"name":""}}`}).wants(422).has("<errors>\n  <error>Name can't be blank</error>")
			under := drofus.Handler(w.services, nil)
			w.lens = http.StripPrefix(prefix, under)
			w.json(w.server, "POST", "/owners", `{"owner":{"name":""}}`).wants(422).says(`{"errors":{"name":["can't be blank"]}}`)
		}},
	})
}

// begin signs somebody in.
func (w *world) begin(who *someone, client string) signin.Session {
	w.Helper()
	session, err := w.services.SignIn.Start(w.Context(), who.Username, password, client, "192.0.2.9")
	w.must(err)
	return session
}

// alive reports whether a session goes on.
func (w *world) alive(s signin.Session) bool {
	w.Helper()
	_, _, err := w.services.SignIn.Session(w.Context(), s.Secret)
	return err == nil
}
