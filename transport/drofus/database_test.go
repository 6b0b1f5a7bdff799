package drofus_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/transport/drofus"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// connect opens a real database as a client of ours does: with what is told to
// who may.
func (w *world) connect(who *someone, in workspace.Workspace) (*sql.DB, error) {
	w.Helper()
	_, access, err := w.services.Databases.Access(w.Context(), who.actor(), in.ID)
	if err != nil {
		return nil, err
	}
	return w.dial(access)
}

func (w *world) dial(access database.Access) (*sql.DB, error) {
	w.Helper()
	driver := "sqliteshim"
	if strings.HasPrefix(access.Address, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, access.Address)
	w.must(err)
	w.Cleanup(func() { db.Close() })
	return db, db.PingContext(w.Context())
}

// run runs statements in a real database.
func (w *world) run(db *sql.DB, statements ...string) {
	w.Helper()
	for _, text := range statements {
		if _, err := db.ExecContext(w.Context(), text); err != nil {
			w.Fatalf("%s: %v", text, err)
		}
	}
}

// rooms returns what is in the rooms of a real database.
func (w *world) rooms(db *sql.DB) string {
	w.Helper()
	rows, err := db.QueryContext(w.Context(), "SELECT id, name FROM rooms ORDER BY id")
	w.must(err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var id int
		var name string
		w.must(rows.Scan(&id, &name))
		all = append(all, fmt.Sprintf("%d %s", id, name))
	}
	w.must(rows.Err())
	return strings.Join(all, ", ")
}

// A tearing provisioner fails in the middle of a backup.
type tearing struct{ database.Provisioner }

func (p tearing) Backup(_ context.Context, _ database.Name, to io.Writer) error {
	_, err := to.Write(bytes.Repeat([]byte("half"), 10_000))
	return errors.Join(err, errors.New("the disk is gone"))
}

// torn wants half a backup not to look like a whole one.
func (w *world) torn() {
	w.Helper()
	services := *w.services
	services.Databases = database.New(w.db.Databases(), tearing{w.provision}, services.Workspaces, services.Rules, services.Quotas, w.db.Trail(), &database.Options{Now: services.Now})
	server := httptest.NewServer(drofus.Handler(&services, nil))
	defer server.Close()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, server.URL+"/database/akl-test/get_backup_now", nil)
	w.must(err)
	r.SetBasicAuth(w.server.Username, password)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return // not even its head came
	}
	defer got.Body.Close()
	if n, err := io.Copy(io.Discard, got.Body); err == nil {
		w.Errorf("status %d, and all of %d bytes came", got.StatusCode, n)
	}
}

// TestDatabases holds what is required of databases, which are real ones.
func TestDatabases(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		disabled := func(name string, want bool) {
			w.Helper()
			if is := w.json(w.server, "", "/database/"+name, "").wants(200).fields("database")["disabled"]; is != want {
				w.Errorf("%s: disabled is %v", name, is)
			}
			stats, err := w.provision.Stats(w.Context(), database.Name(name))
			w.must(err)
			if stats.Locked != want {
				w.Errorf("%s: the real one is locked: %v", name, stats.Locked)
			}
		}
		w.holds([]claim{
			{"D-27", func(w *world) {
				list := w.json(w.server, "", "/database", "").wants(200).list("database")
				if got := names(list, "name"); got != "akl-test, beta-test, dev-template" {
					w.Errorf("databases %s", got)
				}
				want := map[string]any{
					"created_at": "2016-11-01T09:39:14Z", "created_by": "test", "disabled": false, "id": "akl-test", "name": "akl-test",
					"owner_id": float64(w.akl.Num), "template": nil,
				}
				for name, value := range want {
					if list[0][name] != value {
						w.Errorf("%s is %v, want %v", name, list[0][name], value)
					}
				}
				if size, is := list[0]["size"].(float64); !is || size < 0 || len(list[0]) != len(want)+1 {
					w.Errorf("%v", list[0])
				}
				w.json(w.server, "", "/databases", "").wants(404)
				w.do(request{path: "/database.xml", as: w.server}).wants(200).has(`<databases type="array">`, "<database>", `<disabled type="boolean">false</disabled>`)
				if got := names(w.json(w.server, "", "/database?query=TEST", "").list("database"), "id"); got != "akl-test, beta-test" {
					w.Errorf("with TEST: %s", got)
				}
			}},
			{"D-36", func(w *world) {
				db, err := w.connect(w.project, w.template)
				w.must(err)
				w.run(db, "CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO rooms VALUES (1, 'Håkons Île')")
				_, access, err := w.services.Databases.Access(w.Context(), w.project.actor(), w.template.ID)
				w.must(err)
				w.json(w.server, "", "/database/akl-test/disableall", "").wants(200).says(`{"database":{"disabled":true,"disabled_users":3,"id":"akl-test"}}`)
				disabled("akl-test", true)
				disabled("beta-test", false)
				for _, who := range []*someone{w.project, w.owner, w.server} {
					if _, err := w.connect(who, w.template); !errors.Is(err, database.ErrLocked) {
						w.Errorf("%s is let in: %v", who.Username, err)
					}
				}
				// Not with what he was told before either, where there is a server to refuse it.
				if strings.HasPrefix(access.Address, "postgres") {
					if _, err := w.dial(access); err == nil {
						w.Error("who had a password connects")
					}
				}
				w.json(w.project, "", "/database/akl-test/disableall", "").wants(403) // it has a project besides his
			}},
			{"DA-16", func(w *world) { // whoever locked it goes on administering it, and unlocks it
				w.json(w.owner, "", "/database/akl-test", "").wants(200).has(`"disabled":true`)
				w.json(w.owner, "POST", "/database/akl-test/disableall", "").wants(200).has(`"disabled":true`)
				w.json(w.owner, "", "/projects", "").wants(200).has("dRofus dev template")
				w.json(w.project, "PATCH", "/project_users/test.user,"+projectID(w.template), `{"project_user":{"room_rights":4}}`).wants(200)
				w.json(w.owner, "", "/database/akl-test/get_backup_now", "").wants(200)
			}},
			{"DA-13", func(w *world) {
				w.json(w.server, "", "/users/test.user/disable", "").wants(200)
				w.json(w.owner, "", "/database/akl-test/enableall", "").wants(200).has(`"disabled":false`)
				w.json(w.server, "", "/users/test.user", "").has(`"disabled":true`)
				w.json(w.member, "", "/projects", "").wants(401)
				// And the other way round: enabling him unlocks no database.
				w.json(w.server, "", "/database/akl-test/disableall", "").wants(200)
				w.json(w.server, "", "/users/test.user/enable", "").wants(200)
				disabled("akl-test", true)
			}},
			{"D-37", func(w *world) {
				w.json(w.server, "", "/database/akl-test/enableall", "").wants(200).says(`{"database":{"disabled":false,"enabled_users":3,"id":"akl-test"}}`)
				disabled("akl-test", false)
				db, err := w.connect(w.project, w.template)
				w.must(err)
				if got := w.rooms(db); got != "1 Håkons Île" {
					w.Errorf("rooms %s", got)
				}
				w.json(w.server, "", "/database/akl-test/enableall", "").wants(200).has(`"disabled":false`)
			}},
			{"D-38", func(w *world) {
				db, err := w.connect(w.project, w.template)
				w.must(err)
				held, err := db.Conn(w.Context())
				w.must(err)
				defer held.Close()
				member, foreign, caller := w.begin(w.member, "Revit"), w.begin(w.outsider, "Revit"), w.begin(w.owner, "Mozilla/5.0")
				got := w.json(w.owner, "", "/database/akl-test/kickall", "").wants(200).fields("database")
				if got["id"] != "akl-test" || got["disabled"] != false || got["kicked_users"] != float64(1) {
					w.Errorf("%v", got)
				}
				if w.alive(member) || !w.alive(foreign) || !w.alive(caller) {
					w.Errorf("a member's session %v, another database's %v, the caller's %v", w.alive(member), w.alive(foreign), w.alive(caller))
				}
				// Where the database is a file there are no sessions to end.
				if strings.Contains(w.Name(), "postgres") && (got["ended_sessions"] != float64(1) || held.PingContext(w.Context()) == nil) {
					w.Errorf("%v sessions were ended, and the connection goes on", got["ended_sessions"])
				}
				// They may come again at once.
				w.begin(w.member, "Revit")
				if _, err := w.connect(w.project, w.template); err != nil {
					w.Error(err)
				}
			}},
			{"DA-12", func(w *world) {
				for verb, says := range map[string]string{
					"disableall": `<disabled-users type="integer">3</disabled-users>`, "enableall": `<enabled-users type="integer">3</enabled-users>`, "kickall": `<kicked-users type="integer">`,
				} {
					for _, method := range []string{"GET", "POST"} {
						w.do(request{method: method, path: "/database/akl-test/" + verb + ".xml", as: w.server}).wants(200).has("<database>", "<id>akl-test</id>", says)
						got := w.do(request{method: method, path: "/database/akl-test/" + verb, as: w.server}).wants(303)
						if got.page() != "../../database/akl-test" {
							w.Errorf("%s: Location %q", verb, got.header.Get("Location"))
						}
					}
				}
				w.json(w.server, "POST", "/database/akl-test/enableall", "").wants(200)
				for _, verb := range []string{"disableall", "enableall", "kickall", "get_backup_now"} {
					w.json(w.server, "", "/database/nothing/"+verb, "").wants(404)
					w.json(w.outsider, "", "/database/akl-test/"+verb, "").wants(404)
					w.json(w.member, "", "/database/akl-test/"+verb, "").wants(404)
				}
			}},
			{"D-39", func(w *world) {
				db, err := w.connect(w.project, w.template)
				w.must(err)
				w.run(db, "INSERT INTO rooms VALUES (2, 'Salle d''opération')")
				backup := w.do(request{path: "/database/akl-test/get_backup_now", as: w.server}).wants(200)
				// What is written afterwards is not in it.
				w.run(db, "DELETE FROM rooms", "INSERT INTO rooms VALUES (3, 'after')")
				w.must(w.provision.Restore(w.Context(), "akl-copy", bytes.NewReader(backup.body)))
				access, err := w.provision.Access(w.Context(), "akl-copy")
				w.must(err)
				copied, err := w.dial(access)
				w.must(err)
				if got := w.rooms(copied); got != "1 Håkons Île, 2 Salle d'opération" {
					w.Errorf("the copy has %s", got)
				}
				copied.Close()
				db.Close()
				w.must(w.provision.Restore(w.Context(), "akl-test", bytes.NewReader(backup.body)))
				again, err := w.connect(w.project, w.template)
				w.must(err)
				if got := w.rooms(again); got != "1 Håkons Île, 2 Salle d'opération" {
					w.Errorf("restored it has %s", got)
				}
				again.Close()
				w.must(w.provision.Drop(w.Context(), "akl-copy"))
			}},
			{"DA-17", func(w *world) {
				for _, r := range []request{{}, {accept: "application/json"}, {accept: "application/octet-stream"}, {accept: "text/html"}, {method: http.MethodHead}} {
					r.path, r.as = "/database/akl-test/get_backup_now", w.server
					got := w.do(r).wants(200)
					for name, want := range map[string]string{
						"Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="akl-test-20161101T093914Z.backup"`, "Cache-Control": "no-store",
					} {
						if is := got.header.Get(name); is != want {
							w.Errorf("%v: %s %q", r.accept, name, is)
						}
					}
					if empty := len(got.body) == 0; empty != (r.method == http.MethodHead) {
						w.Errorf("%d bytes", len(got.body))
					}
				}
				w.do(request{path: "/database/nothing/get_backup_now", as: w.server, accept: "application/octet-stream"}).wants(404).says(`{"status":404,"error":"Not Found"}`)
				w.do(request{path: "/database/nothing/get_backup_now", accept: "application/octet-stream"}).wants(401)
				w.do(request{path: "/database/beta-test/get_backup_now", as: w.owner}).wants(404)
				// One that cannot be begun says so.
				w.must(w.provision.Drop(w.Context(), "dev-template"))
				got := w.json(w.server, "", "/database/dev-template/get_backup_now", "")
				if got.status < 400 || got.header.Get("Content-Disposition") != "" {
					w.Errorf("of none: %d %v", got.status, got.header)
				}
				w.torn()
			}},
			{"CHANGE", func(w *world) {
				owner := int64(w.akl.Num)
				got := w.json(w.owner, "POST", "/database", fmt.Sprintf(`{"database":{"name":"made","owner_id":%d,"template":"akl-test"}}`, owner)).wants(201)
				got.has(`"created_by":"owneradmin"`, `"template":"akl-test"`)
				if got.header.Get("Location") != base+"/database/made" {
					w.Errorf("Location %q", got.header.Get("Location"))
				}
				access, err := w.provision.Access(w.Context(), "made")
				w.must(err)
				db, err := w.dial(access)
				w.must(err)
				if got := w.rooms(db); got != "1 Håkons Île, 2 Salle d'opération" {
					w.Errorf("the copy has %s", got)
				}
				db.Close()
				for body, says := range map[string]string{
					`{"database":{"name":"made","owner_id":%d}}`:                       `{"errors":{"name":["has already been taken"]}}`,
					`{"database":{"name":"Über","owner_id":%d}}`:                       `name":["is invalid`,
					`{"database":{"name":"a.b","owner_id":%d}}`:                        `name":["is invalid`,
					`{"database":{"name":"x;DROP","owner_id":%d}}`:                     `name":["is invalid`,
					`{"database":{"owner_id":%d}}`:                                     `{"errors":{"name":["can't be blank"]}}`,
					`{"database":{"name":"made2","owner_id":%d,"template":"nothing"}}`: `template":["is invalid`,
				} {
					w.json(w.owner, "POST", "/database", fmt.Sprintf(body, owner)).wants(422).has(says)
				}
				w.json(w.owner, "POST", "/database", `{"database":{"name":"made3"}}`).wants(422).says(`{"errors":{"owner_id":["can't be blank"]}}`)
				w.json(w.owner, "PATCH", "/database/made", `{"database":{"name":"akl-test"}}`).wants(422).says(`{"errors":{"name":["has already been taken"]}}`)
				w.json(w.owner, "PATCH", "/database/made", `{"database":{"name":"x y"}}`).wants(422).has(`name":["is invalid`)
				w.json(w.owner, "PUT", "/database/made", `{"database":{"name":"renamed"}}`).wants(200).has(`"id":"renamed"`)
				w.json(w.owner, "", "/database/made", "").wants(404)
				// Its projects say so.
				project := w.json(w.owner, "POST", "/projects", w.projectBody("name", `"of renamed"`, "existing_db_name", `"renamed"`)).wants(201).fields("project")
				w.json(w.owner, "PATCH", "/database/renamed", `{"database":{"name":"again"}}`).wants(200)
				w.json(w.owner, "", fmt.Sprintf("/projects/%v", project["id"]), "").has(`"database_id":"again"`)
				w.json(w.owner, "DELETE", "/database/again", "").wants(422).says(`{"errors":{"base":["Projects use the database"]}}`)
				w.json(w.owner, "DELETE", fmt.Sprintf("/projects/%v", project["id"]), "").wants(204)
				w.json(w.owner, "DELETE", "/database/again", "").wants(204)
				if _, err := w.provision.Stats(w.Context(), "again"); !errors.Is(err, database.ErrNotFound) {
					w.Errorf("the real one: %v", err)
				}
				w.json(w.project, "PATCH", "/database/akl-test", `{"database":{"name":"mine"}}`).wants(403)
				w.json(w.project, "DELETE", "/database/akl-test", "").wants(403)
			}},
		})
	})
}
