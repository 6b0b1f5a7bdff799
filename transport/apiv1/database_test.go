package apiv1_test

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// TestProjectWhole makes a project with its database, works in it, and takes it
// away.
func TestProjectWhole(t *testing.T) {
	sites(t, func(t *testing.T, e *site) {
		e.template("everybodys")
		body := fmt.Sprintf(`{"name": "Hospital Nord", "supervisor": %q, "organization": %q, "project": {
			"number": "01", "constructor": "Build & Co", "type": 3, "gross_area": "1250.5", "status": "planned"
		}, "new_database": {"name": "akl-test", "template": "everybodys"}}`, e.boss.ID, e.pays.ID)
		a := e.call(e.chief, post, "/projects", body, 201)
		made := a.value(t)
		w, d := made["workspace"].(map[string]any), made["database"].(map[string]any)
		id, _ := w["id"].(string)
		if a.header.Get("Location") != "workspaces/"+id || a.header.Get("ETag") != "" || w["technical_name"] != "hospital-nord" ||
			w["created_by"] != "chief" || d["name"] != "akl-test" || d["template"] != "everybodys" || d["state"] != "ready" || d["size"] == 0.0 {
			t.Errorf("%v %s", a.header, a.text)
		}
		want := map[string]any{
			"number": "01", "constructor": "Build & Co", "type": 3.0, "gross_area": "1250.5", "status": "planned", "database": "akl-test",
		}
		at := "/workspaces/" + id
		if got := e.call(e.boss, get, at, "", 200).field(t, "project"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
		if got := e.real(); got != "[akl-test everybodys]" {
			t.Errorf("there are %s", got)
		}
		for query, n := range map[string]int{
			"/workspaces?database=akl-test": 1, "/workspaces?database=everybodys": 0, "/workspaces?database=nothing": 0,
			"/organizations/" + string(e.pays.ID) + "/workspaces?database=akl-test": 1, "/databases?q=KL": 1, "/databases?locked=true": 0,
			"/databases?organization=" + string(e.pays.ID): 2, "/databases?organization=" + string(e.beyond.ID): 0, "/databases?sort=-name": 2,
		} {
			if got := len(e.call(e.chief, get, query, "", 200).items(t)); got != n {
				t.Errorf("%s: %d, want %d", query, got, n)
			}
		}
		e.refused(e.chief, get, "/workspaces?database=A", "", 400, "invalid", "database")
		e.refused(e.chief, post, "/projects", body, 409, "taken", "new_database.name")

		// Who works in it.
		access := e.call(e.boss, post, at+"/database/access", "", 200, "User-Agent", "Mozilla/5.0 Revit/2025")
		if access.header.Get("Cache-Control") != "no-store" || access.field(t, "database") != "akl-test" {
			t.Errorf("%v %s", access.header, access.text)
		}
		db, err := e.connect(access.field(t, "address").(string))
		e.must(err)
		if rooms := e.read(db); rooms != "lobby" {
			t.Errorf("there are %s", rooms)
		}
		e.must(db.Close())
		if secret, _ := access.field(t, "password").(string); secret != "" {
			var c canaries
			c.add("the password", secret)
			var dump bytes.Buffer
			dbtest.Dump(t, e.db, &dump)
			c.look(t, "the database of the platform", dump.String())
			c.look(t, "the log", e.log.String())
		}
		counts := e.call(e.boss, get, "/login-statistics?workspace="+id, "", 200).items(t)
		if len(counts) != 1 || counts[0]["client"] != "Revit" || counts[0]["count"] != 1.0 {
			t.Errorf("%v", counts)
		}
		if who := e.call(e.boss, get, "/login-statistics/users?workspace="+id+"&from=2026-05-04&to=2026-05-04", "", 200).items(t); who[0]["users"] != 1.0 {
			t.Errorf("%v", who)
		}
		stats := e.call(e.boss, get, "/databases/akl-test/stats", "", 200)
		if stats.field(t, "sessions") != 0.0 || stats.field(t, "locked") != false || stats.field(t, "size") == 0.0 {
			t.Errorf("%s", stats.text)
		}

		// And it goes.
		e.refused(e.chief, remove, "/databases/akl-test", "", 409, "in_use", "")
		d2 := e.call(e.chief, patch, "/databases/akl-test", `{"name": "akl-2"}`, 200, "Content-Type", "application/merge-patch+json")
		if d2.field(t, "name") != "akl-2" || d2.field(t, "id") != d["id"] {
			t.Errorf("%s", d2.text)
		}
		e.refused(e.chief, get, "/databases/akl-test", "", 404, "not_found", "")
		e.refused(e.chief, patch, "/databases/akl-2", `{"name": "everybodys"}`, 409, "taken", "name")
		tag := e.call(e.chief, get, at, "", 200).header.Get("ETag")
		e.refused(e.chief, put, at+"/database", `{"database": null}`, 412, "precondition_failed", "", "If-Match", `"x"`)
		if tried := e.call(e.chief, put, at+"/database?dry_run=true", `{"database": null}`, 200); tried.field(t, "project.database") != nil {
			t.Errorf("%s", tried.text)
		}
		e.refused(e.chief, remove, "/databases/akl-2", "", 409, "in_use", "")
		e.call(e.chief, put, at+"/database", `{"database": null}`, 200, "If-Match", tag)
		e.refused(e.boss, post, at+"/database/access", "", 404, "not_found", "")
		e.call(e.chief, remove, "/databases/akl-2", "", 204)
		if got := e.real(); got != "[everybodys]" {
			t.Errorf("there are %s", got)
		}
		e.call(e.chief, put, at+"/database", `{"database": "everybodys"}`, 200)
		if got := e.call(e.boss, get, at, "", 200).field(t, "project.database"); got != "everybodys" {
			t.Errorf("%v", got)
		}
	})
}

// TestDatabaseLocked has nobody reach what is locked.
func TestDatabaseLocked(t *testing.T) {
	sites(t, func(t *testing.T, e *site) {
		e.template("everybodys")
		e.call(e.admin, put, e.at("/database"), `{"database": "everybodys"}`, 200)
		address := e.call(e.manager, post, e.at("/database/access"), "", 200).field(t, "address").(string)
		open, err := e.connect(address)
		e.must(err)
		defer open.Close()
		e.must(open.PingContext(t.Context()))
		lock := e.call(e.manager, post, "/databases/everybodys/lock", "", 200)
		if lock.field(t, "members") != 3.0 || lock.field(t, "database.locked") != true { // with the boss and a member
			t.Errorf("%s", lock.text)
		}
		if n := e.call(e.manager, post, "/databases/everybodys/lock", "", 200).field(t, "members"); n != 3.0 {
			t.Errorf("%v", n)
		}
		e.refused(e.manager, post, e.at("/database/access"), "", 409, "locked", "")
		if stats := e.call(e.manager, get, "/databases/everybodys/stats", "", 200); stats.field(t, "locked") != true || stats.field(t, "sessions") != 1.0 {
			t.Errorf("%s", stats.text)
		}
		ended := e.call(e.manager, post, "/databases/everybodys/end-sessions", "", 200)
		if ended.field(t, "sessions") != 1.0 {
			t.Errorf("%s", ended.text)
		}
		if err := open.PingContext(t.Context()); err == nil {
			t.Error("the session goes on, or begins again")
		}
		other, err := e.connect(address)
		if err == nil {
			if err = other.PingContext(t.Context()); err == nil {
				t.Error("somebody connects to what is locked")
			}
			_ = other.Close()
		}
		if n := len(e.call(e.manager, get, "/databases?locked=true", "", 200).items(t)); n != 1 {
			t.Errorf("%d are locked", n)
		}
		e.call(e.manager, get, "/databases/everybodys/backup", "", 200) // which nobody connects for
		if unlock := e.call(e.manager, post, "/databases/everybodys/unlock", "", 200); unlock.field(t, "database.locked") != false {
			t.Errorf("%s", unlock.text)
		}
		e.call(e.manager, post, e.at("/database/access"), "", 200)
	})
}

// TestDatabaseQuota has nothing remain of what there is no room for.
func TestDatabaseQuota(t *testing.T) {
	sites(t, func(t *testing.T, e *site) {
		e.template("everybodys")
		e.must(e.services.Databases.Measure(t.Context()))
		size := int64(e.call(e.chief, get, "/databases/everybodys", "", 200).field(t, "counted").(float64))
		room := size + size/2
		paying := "/organizations/" + string(e.pays.ID)
		e.refused(e.chief, patch, paying, `{"databases_quota": 1}`, 403, "forbidden", "")
		if o := e.call(e.admin, patch, paying, fmt.Sprintf(`{"databases_quota": %d}`, room), 200); o.field(t, "databases_quota") != float64(room) {
			t.Errorf("%s", o.text)
		}
		before := e.whole()
		project := fmt.Sprintf(`{"name": "P", "supervisor": %q, "organization": %q, "new_database": {"name": "p", "template": "everybodys"}}`, e.boss.ID, e.pays.ID)
		for _, try := range []struct{ path, body string }{
			{"/databases", fmt.Sprintf(`{"organization": %q, "name": "p", "template": "everybodys"}`, e.pays.ID)},
			{"/projects", project},
		} {
			p := e.refused(e.chief, post, try.path, try.body, 400, "quota_exceeded", "").value(t)
			if p["limit"] != float64(room) || p["use"] == 0.0 {
				t.Errorf("%v", p)
			}
		}
		if after := e.whole(); after != before {
			t.Errorf("something remains: %s", e.real())
		}
		e.refused(e.chief, get, "/databases/p", "", 404, "not_found", "")
		if n := len(e.call(e.chief, get, "/workspaces?q=P", "", 200).items(t)); n != 0 {
			t.Errorf("%d workspaces", n)
		}
		e.call(e.admin, patch, paying, `{"databases_quota": null}`, 200)
		e.call(e.chief, post, "/projects", project, 201)
		e.call(e.admin, patch, paying, fmt.Sprintf(`{"databases_quota": %d}`, size), 200)
		e.refused(e.chief, post, "/databases/p/backups", "", 400, "quota_exceeded", "")
		if n := len(e.call(e.chief, get, "/backups", "", 200).items(t)); n != 0 {
			t.Errorf("%d backups", n)
		}
	})
}

// hostile are names that are none.
func hostile() []string {
	return []string{
		"..", "../x", "../../etc/passwd", "..\\x", "/etc/passwd", "a/b", "a\x00b", "a\nb", "a\n", `a"b`, "a'b", "a;DROP DATABASE x", "a--;", "a b", " a",
		"A", "Ä", "é", "1a", "-a", "_a", "~a", "a~new", "a.sqlite", "a.backup", "a%00", "%2e%2e", strings.Repeat("a", 49), "\xff", "${x}", "$(id)", "a`b", "a$", "con:", "a\u202eb",
		".a.hold", "..-20260504T100000Z.backup", "../x-20260504T100000Z.backup", "a-20260504T100000Z.backup\n", "a-20260504T100000Z.backup/..", "a/../a-20260504T100000Z.backup",
	}
}

// TestHostileNames brings names that are none, wherever there can be one.
func TestHostileNames(t *testing.T) {
	sites(t, func(t *testing.T, e *site) {
		e.template("everybodys")
		e.call(e.admin, put, e.at("/database"), `{"database": "everybodys"}`, 200)
		e.call(e.admin, post, "/databases/everybodys/backups", "", 201)
		dump := e.call(e.admin, get, "/databases/everybodys/backup", "", 200).text
		before, tried := e.whole(), 0
		try := func(method, path, body, name string) {
			t.Helper()
			tried++
			s := sent{as: e.admin, method: method, path: path, body: body}
			a := e.ask(t.Context(), s)
			if a.status != 400 && a.status != 404 && a.status != 405 {
				t.Errorf("%s %s with %q: %d %s", method, path, name, a.status, a.text)
			}
			if strings.Contains(a.text, "sqlite:") || strings.Contains(a.text, "SQLSTATE") || strings.Contains(a.text, e.folders[1]) {
				t.Errorf("%s %s tells %s", method, path, a.text)
			}
		}
		for _, route := range apiv1.Routes() {
			if !strings.Contains(route.Path, "{database}") && !strings.Contains(route.Path, "{backup}") {
				continue
			}
			body := map[string]string{"renameDatabase": `{"name": "other"}`, "restoreDatabase": dump}[route.Operation]
			for _, name := range hostile() {
				try(route.Method, variable.ReplaceAllString(route.Path, strings.ReplaceAll(url.PathEscape(name), "$", "$$")), body, name)
				// Twice escaped, and not at all where that can be sent.
				try(route.Method, variable.ReplaceAllString(route.Path, strings.ReplaceAll(url.PathEscape(url.PathEscape(name)+"%"), "$", "$$")), body, name)
			}
		}
		for _, name := range hostile() {
			quoted := pretty(name)
			for _, body := range []struct{ method, path, text string }{
				{post, "/databases", fmt.Sprintf(`{"organization": %q, "name": %s}`, e.pays.ID, quoted)},
				{post, "/databases", fmt.Sprintf(`{"organization": %q, "name": "x", "template": %s}`, e.pays.ID, quoted)},
				{post, "/databases", fmt.Sprintf(`{"organization": %s, "name": "x"}`, quoted)},
				{patch, "/databases/everybodys", fmt.Sprintf(`{"name": %s}`, quoted)},
				{put, e.at("/database"), fmt.Sprintf(`{"database": %s}`, quoted)},
				{post, "/projects", fmt.Sprintf(`{"name": "x", "supervisor": %q, "organization": %q, "database": %s}`, e.boss.ID, e.pays.ID, quoted)},
				{post, "/projects", fmt.Sprintf(`{"name": "x", "supervisor": %q, "organization": %q, "new_database": {"name": %s}}`, e.boss.ID, e.pays.ID, quoted)},
				{
					post, "/projects",
					fmt.Sprintf(`{"name": "x", "supervisor": %q, "organization": %q, "new_database": {"name": "x", "template": %s}}`, e.boss.ID, e.pays.ID, quoted),
				},
			} {
				try(body.method, body.path, body.text, name)
			}
			try(get, "/workspaces?database="+url.QueryEscape(name), "", name)
		}
		if after := e.whole(); after != before {
			t.Errorf("something was touched: %s", e.real())
		}
		if tried < 1000 {
			t.Errorf("only %d tries", tried)
		}
	})
}

// TestBeyond hides what is beyond somebody's reach (spec/drofus.md DA-25).
func TestBeyond(t *testing.T) {
	sites(t, func(t *testing.T, e *site) {
		e.template("everybodys")
		made := e.project("Theirs", "theirs")["workspace"].(map[string]any)
		kept := e.call(e.chief, post, "/databases/theirs/backups", "", 201).field(t, "name").(string)
		dump := e.call(e.chief, get, "/databases/theirs/backup", "", 200).text
		before, tried := e.whole(), 0
		for _, who := range []*someone{e.other, e.manager, e.member} {
			for _, route := range apiv1.Routes() {
				if route.Policy.Who != apiv1.Shared && route.Operation != "accessDatabase" && route.Operation != "putWorkspaceDatabase" {
					continue
				}
				path := strings.NewReplacer("{database}", "theirs", "{backup}", kept, "{workspace}", made["id"].(string)).Replace(route.Path)
				body := map[string]string{
					"renameDatabase": `{"name": "mine"}`, "restoreDatabase": dump, "putWorkspaceDatabase": `{"database": null}`,
				}[route.Operation]
				e.refused(who, route.Method, path, body, 404, "not_found", "")
				// And a name tells nobody whether there is one.
				if route.Policy.Who == apiv1.Shared {
					missing := strings.NewReplacer("theirs", "nothing").Replace(path)
					there, not := e.ask(t.Context(), sent{as: who, method: route.Method, path: path, body: body}),
						e.ask(t.Context(), sent{as: who, method: route.Method, path: missing, body: body})
					if there.outcome() != not.outcome() {
						t.Errorf("%s: %s and %s", route.Operation, there.outcome(), not.outcome())
					}
				}
				tried++
			}
			for _, list := range []string{"/databases", "/backups", "/workspaces?database=theirs"} {
				if n := len(e.call(who, get, list, "", 200).items(t)); n != 0 {
					t.Errorf("%s sees %d in %s", who.Username, n, list)
				}
			}
		}
		// Nor is it a template for others, nor a database for their projects.
		theirs := fmt.Sprintf(`{"organization": %q, "name": "mine", "template": "theirs"}`, e.beyond.ID)
		e.refused(e.other, post, "/databases", theirs, 400, "invalid", "template")
		e.refused(e.other, post, "/databases", fmt.Sprintf(`{"organization": %q, "name": "mine"}`, e.pays.ID), 400, "invalid", "organization")
		e.refused(e.other, post, "/projects", fmt.Sprintf(`{"name": "Mine", "supervisor": %q, "organization": %q, "database": "theirs"}`, e.other.ID, e.beyond.ID),
			400, "invalid", "database")
		if after := e.whole(); after != before {
			t.Errorf("something was touched: %s", e.real())
		}
		if tried < 40 {
			t.Errorf("only %d tries", tried)
		}
		// A template is everybody's.
		e.call(e.other, post, "/databases", fmt.Sprintf(`{"organization": %q, "name": "mine", "template": "everybodys"}`, e.beyond.ID), 201)
		if got := e.rooms("mine"); got != "lobby" {
			t.Errorf("there are %s", got)
		}
		// Who knows a database through a project is told whose it is.
		e.call(e.admin, put, e.at("/database"), `{"database": "theirs"}`, 200)
		if o := e.call(e.manager, get, "/databases/theirs", "", 200).field(t, "organization.name"); o != "Payer" {
			t.Errorf("of %v", o)
		}
		// But the other project keeps him from taking its data.
		e.refused(e.manager, get, "/databases/theirs/backup", "", 403, "forbidden", "")
		e.refused(e.manager, get, "/backups/"+kept+"/file", "", 403, "forbidden", "")
		e.refused(e.manager, post, "/databases/theirs/lock", "", 403, "forbidden", "")
		if got := e.call(e.member, get, e.at(""), "", 200).field(t, "project.database"); got != nil {
			t.Errorf("a member without the right sees %v", got)
		}
	})
}

// TestFinal refuses what a change of a real database cannot promise.
func TestFinal(t *testing.T) {
	t.Parallel()
	s := newSmall(t, dbtest.New(t))
	r := s.build(s.here)
	path := "/databases/" + string(r.loose)
	for header, value := range map[string]string{"If-Match": "*", "Idempotency-Key": "x"} {
		s.refused(s.admin, remove, path, "", 400, "invalid", header, header, value)
	}
	s.refused(s.admin, remove, path+"?dry_run=true", "", 400, "invalid", "dry_run")
	tag := s.call(s.admin, get, path, "", 200).header.Get("ETag")
	s.call(s.admin, get, path, "", 304, "If-None-Match", tag)
	s.call(s.admin, remove, path, "", 204)
}

// TestWithoutDatabases leaves out what a host has no services for, and refuses
// what it has no provisioner for.
func TestWithoutDatabases(t *testing.T) {
	t.Parallel()
	s := newSmall(t, dbtest.New(t))
	r := s.build(s.here)
	db := s.services.Databases
	s.services.Databases = database.New(s.db.Databases(), nil, s.services.Workspaces, s.services.Rules, s.services.Quotas, s.db.Trail(), nil)
	s.refused(s.admin, post, "/databases/"+string(r.used)+"/lock", "", 503, "no_databases", "")
	s.call(s.admin, get, "/databases/"+string(r.used), "", 200)
	folder, err := provision.OpenFolder(s.folders[1], nil)
	s.must(err)
	s.services.Databases = database.New(s.db.Databases(), folder, s.services.Workspaces, s.services.Rules, s.services.Quotas, s.db.Trail(), nil)
	s.refused(s.admin, post, "/databases/"+string(r.used)+"/backups", "", 503, "no_backups", "")
	s.services.Databases = nil
	tried := 0
	for _, route := range apiv1.Routes() {
		if !strings.Contains(route.Path, "database") && !strings.Contains(route.Path, "backup") && route.Path != "/projects" {
			continue
		}
		tried++
		path := strings.NewReplacer("{database}", string(r.used), "{backup}", string(r.kept), "{workspace}", string(s.here.ID)).Replace(route.Path)
		s.refused(s.admin, route.Method, path, "", 404, "not_found", "")
	}
	if tried < 20 {
		t.Errorf("only %d operations", tried)
	}
	if got := s.call(s.admin, get, s.at(""), "", 200).field(t, "project.database"); got != nil {
		t.Errorf("%v", got)
	}
	if n := len(s.call(s.admin, get, "/workspaces?database="+string(r.used), "", 200).items(t)); n != 0 {
		t.Errorf("%d workspaces", n)
	}
	s.services.Databases = db
}
