package drofus_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestProjects(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		list := w.do(request{path: "/projects.json?query=TEMPLATE", as: w.server}).wants(200).list("project")
		if len(list) != 1 {
			w.Fatalf("%d projects", len(list))
		}
		for name, want := range map[string]any{
			"active": true, "contact": nil, "created_at": "2016-11-01T09:39:14Z", "database_id": "akl-test", "description": nil,
			"gross_area": nil, "id": float64(w.template.Num), "name": "dRofus dev template", "no": "01", "owner_id": float64(w.akl.Num),
			"status": nil, "updated": nil, "updated_by": nil,
		} {
			if got, here := list[0][name]; !here || got != want {
				w.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		w.json(w.server, "PATCH", "/projects/"+projectID(w.second), `{"project":{"active":false}}`).wants(200)
		if n := len(w.json(w.server, "", "/projects", "").list("project")); n != 2 {
			w.Errorf("%d active projects", n)
		}
		for _, query := range []string{"1", "true"} {
			if n := len(w.json(w.server, "", "/projects?show_all="+query, "").list("project")); n != 3 {
				w.Errorf("%d projects with show_all=%s", n, query)
			}
		}
		if n := len(w.json(w.server, "", "/projects?query=%25", "").list("project")); n != 0 {
			w.Errorf("%d projects have a %%", n)
		}
		w.json(w.server, "", "/projects/"+projectID(w.second), "").wants(200).has("Håkons Île")
		w.json(w.server, "", "/projects/abc", "").wants(404).says(`{"status":404,"error":"Not Found"}`)
		w.do(request{path: "/projects/999999.xml", as: w.server}).wants(404).
			has(`<hash>`, `<status type="integer">404</status>`, `<error>Not Found</error>`)
	})
}

func TestCreateProject(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		body := fmt.Sprintf(`{"project":{"new_db":"1","new_db_template":"dev-template","new_db_name":"rest_test","project_type_id":1,
			"name":"REST TEST","owner_id":%d,"description":"TEST CREATE FROM REST","constructor" : "dRofus AS"}}`, w.akl.Num)
		made := w.json(w.owner, "POST", "/projects", body).wants(201)
		got := made.fields("project")
		if got["database_id"] != "rest_test" || got["name"] != "REST TEST" || got["created_by"] != "owneradmin" {
			w.Errorf("made %v", got)
		}
		if at := made.header.Get("Location"); !strings.HasSuffix(at, fmt.Sprintf("/projects/%v", got["id"])) {
			w.Errorf("Location %q", at)
		}
		w.clock.Add(time.Hour.Microseconds())
		again := w.json(w.owner, "", fmt.Sprintf("/projects/%v", got["id"]), "").wants(200).fields("project")
		if again["updated"] != nil || again["updated_by"] != nil || again["database_id"] != "rest_test" {
			w.Errorf("nobody has changed %v", again)
		}
		if _, err := w.provision.Stats(w.Context(), "rest_test"); err != nil {
			w.Errorf("the database: %v", err)
		}
		// The same again: the name is taken, and nothing is left of the try.
		w.json(w.owner, "POST", "/projects", body).wants(422).says(`{"errors":{"new_db_name":["has already been taken"]}}`)
		for _, wrong := range []struct{ body, says string }{
			{`{"project":{}}`, ""},
			{`{"project":{"new_db":0,"name":"x","owner_id":1,"description":"x","constructor":"x","project_type_id":1}}`, `existing_db_name":["can't be blank"]`},
			{`{"project":{"new_db":true,"name":"x","owner_id":"x","description":"x","constructor":"x","project_type_id":1}}`, `owner_id":["is not a number"]`},
			{fmt.Sprintf(`{"project":{"new_db":1,"new_db_name":"../x","new_db_template":"dev-template","name":"x","owner_id":%d,"description":"x","constructor":"x","project_type_id":1}}`, w.akl.Num), `new_db_name":["is invalid`},
			{fmt.Sprintf(`{"project":{"new_db":0,"existing_db_name":"beta-test","name":"x","owner_id":%d,"description":"x","constructor":"x","project_type_id":1}}`, w.akl.Num), `existing_db_name`},
			{fmt.Sprintf(`{"project":{"new_db":0,"existing_db_name":"akl-test","name":"x","owner_id":%d,"description":"x","constructor":"x","project_type_id":1}}`, w.beta.Num), `owner_id":["is not included in the list"]`},
		} {
			status := http.StatusUnprocessableEntity
			if wrong.says == "" {
				status = http.StatusBadRequest
			}
			w.json(w.owner, "POST", "/projects", wrong.body).wants(status).has(wrong.says)
		}
		names, err := w.provision.Databases(w.Context())
		w.must(err)
		if len(names) != 4 {
			w.Errorf("databases %v", names)
		}
		// Those below may not.
		w.json(w.project, "POST", "/projects", strings.Replace(body, "rest_test", "another", 1)).wants(403)
		w.json(w.owner, "DELETE", "/database/rest_test", "").wants(422).has("Projects use the database")
		w.json(w.owner, "DELETE", fmt.Sprintf("/projects/%v", got["id"]), "").wants(204).says("")
		if _, err := w.services.Databases.Database(w.Context(), root(), database.Name("rest_test")); err != nil {
			w.Errorf("the database of a deleted project: %v", err)
		}
		w.json(w.owner, "DELETE", "/database/rest_test", "").wants(204)
	})
}
