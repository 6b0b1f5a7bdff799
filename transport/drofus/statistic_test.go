package drofus_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// at makes it some time.
func (w *world) at(text string) {
	w.Helper()
	now, err := time.Parse(time.RFC3339Nano, text)
	w.must(err)
	w.clock.Store(now.UnixMicro())
}

// TestStatistics holds what is required of statistics.
func TestStatistics(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, came := range []struct {
			at     string
			who    *someone
			client string
		}{
			{"2016-06-14T23:59:59.999999Z", w.project, "Revit/1"},
			{"2016-06-15T00:00:00Z", w.project, "Revit/1"},
			{"2017-12-31T23:59:59.999999Z", w.project, "Revit/1"},
			{"2018-01-01T00:00:00Z", w.project, "Autodesk Revit 2018"},
			{"2018-01-01T12:00:00Z", w.project, "Revit"},
			{"2018-01-01T23:59:59.999999Z", w.member, "dRofus/2.0 (Windows NT)"},
			{"2018-06-01T12:00:00Z", w.outsider, "Graphisoft ArchiCAD 25"},
			{"2019-12-31T23:59:59.999999Z", w.project, "Mozilla/5.0 (X11) Firefox/140"},
			{"2020-01-01T00:00:00Z", w.project, "Revit"},
		} {
			w.at(came.at)
			w.begin(came.who, came.client)
		}
		w.at("2021-06-15T10:00:00Z")
		in, beta, second := projectID(w.template), projectID(w.foreign), projectID(w.second)
		login := func(project, name, db, client string, n int, from, to string) string {
			return fmt.Sprintf(`{"login":{"client":"%s","count":%d,"database_id":"%s","from_date":"%s","project_id":%s,"project_name":"%s","to_date":"%s"}}`, client, n, db, from, project, name, to)
		}
		const from, to, name = "2018-01-01", "2019-12-31", "dRofus dev template"
		const period = "?from_date=" + from + "&to_date=" + to
		w.holds([]claim{
			{"D-43", func(w *world) { // without dates: five years until today
				const from, to = "2016-06-15", "2021-06-15"
				w.json(w.server, "", "/node/logins", "").wants(200).says("[" + strings.Join([]string{
					login(in, name, "akl-test", "Browser", 1, from, to), login(in, name, "akl-test", "Revit", 5, from, to),
					login(in, name, "akl-test", "dRofus", 1, from, to), login(beta, "Beta", "beta-test", "ArchiCAD", 1, from, to),
				}, ",") + "]")
			}},
			{"F-08", func(w *world) { // both days included, by type of client
				w.json(w.server, "", "/node/logins"+period, "").wants(200).says("[" + strings.Join([]string{
					login(in, name, "akl-test", "Browser", 1, from, to), login(in, name, "akl-test", "Revit", 2, from, to),
					login(in, name, "akl-test", "dRofus", 1, from, to), login(beta, "Beta", "beta-test", "ArchiCAD", 1, from, to),
				}, ",") + "]")
			}},
			{"DA-24", func(w *world) {
				w.json(w.server, "", "/node/logins?from_date=2018-01-01&to_date=2018-01-01", "").wants(200).says("[" +
					login(in, name, "akl-test", "Revit", 2, from, from) + "," + login(in, name, "akl-test", "dRofus", 1, from, from) + "]")
				w.json(w.server, "", "/node/logins?from_date=2020-01-01", "").wants(200).says("[" + login(in, name, "akl-test", "Revit", 1, "2020-01-01", "2021-06-15") + "]")
				w.json(w.server, "", "/node/logins?to_date=2016-06-14", "").wants(200).says("[" + login(in, name, "akl-test", "Revit", 1, "2011-06-14", "2016-06-14") + "]")
				for query, says := range map[string]string{
					"?from_date=2019-12-31&to_date=2018-01-01": `{"errors":{"from_date":["is after to_date"]}}`, "?from_date=2022-01-01": `{"errors":{"from_date":["is after to_date"]}}`,
					"?from_date=2018-02-30": `{"errors":{"from_date":["is invalid"]}}`, "?to_date=31.12.2019": `{"errors":{"to_date":["is invalid"]}}`,
					"?from_date=2018-01-01T00:00:00Z": `{"errors":{"from_date":["is invalid"]}}`, "?from_date=x&to_date=y": `{"errors":{"to_date":["is invalid"],"from_date":["is invalid"]}}`,
				} {
					for _, path := range []string{"/node/logins", "/node/unique_users", "/project_data"} {
						w.json(w.server, "", path+query, "").wants(422).says(says)
					}
				}
				w.json(w.server, "", "/node/logins?from_date=&to_date=", "").wants(200).has(`"from_date":"2016-06-15"`, `"to_date":"2021-06-15"`)
				w.do(request{path: "/node/logins.xml?from_date=2018-06-01&to_date=2018-06-01", as: w.server}).wants(200).says(`<?xml version="1.0" encoding="UTF-8"?>
<logins type="array">
  <login>
    <client>ArchiCAD</client>
    <count type="integer">1</count>
    <database-id>beta-test</database-id>
    <from-date type="date">2018-06-01</from-date>
    <project-id type="integer">` + beta + `</project-id>
    <project-name>Beta</project-name>
    <to-date type="date">2018-06-01</to-date>
  </login>
</logins>
`)
				w.do(request{path: "/node/logins" + period, as: w.server}).wants(200).has(from, to, "ArchiCAD", "Revit")
				// Each is told of his own.
				w.json(w.project, "", "/node/logins?from_date=2018-06-01&to_date=2018-06-01", "").wants(200).says("[]")
				w.json(w.outsider, "", "/node/logins"+period, "").wants(200).says("[" + login(beta, "Beta", "beta-test", "ArchiCAD", 1, from, to) + "]")
				w.json(w.member, "", "/node/logins", "").wants(200).says("[]")
				// Projects that are inactive had people too.
				w.json(w.server, "PATCH", "/projects/"+beta, `{"project":{"active":false}}`).wants(200)
				w.json(w.server, "", "/node/logins?from_date=2018-06-01&to_date=2018-06-01", "").has(`"client":"ArchiCAD"`)
			}},
			{"F-09", func(w *world) {
				unique := func(project, name, db string, n int) string {
					return fmt.Sprintf(`{"unique_user":{"count":%d,"database_id":"%s","from_date":"%s","project_id":%s,"project_name":"%s","to_date":"%s"}}`, n, db, from, project, name, to)
				}
				w.json(w.server, "", "/node/unique_users"+period, "").wants(200).says("[" + strings.Join([]string{
					unique(in, name, "akl-test", 2), unique(beta, "Beta", "beta-test", 1), unique(second, "Håkons Île", "akl-test", 0),
				}, ",") + "]")
				w.do(request{path: "/node/unique_users.xml" + period, as: w.server}).wants(200).has(`<unique-users type="array">`, "<unique-user>", "<project-name>Håkons Île</project-name>")
			}},
			{"F-10", func(w *world) {
				w.json(w.server, "PATCH", "/projects/"+in, `{"project":{"gross_area":"1250.5"}}`).wants(200)
				list := w.json(w.server, "", "/project_data"+period, "").wants(200).list("project_data")
				if got := names(list, "project_name"); got != name+", Beta, Håkons Île" {
					w.Errorf("projects %s", got)
				}
				for field, want := range map[string]any{
					"active": true, "gross_area": "1250.5", "project_users": float64(3), "logins": float64(4), "unique_users": float64(2), "database_id": "akl-test",
					"from_date": from, "to_date": to, "project_id": float64(w.template.Num),
				} {
					if list[0][field] != want {
						w.Errorf("%s is %v, want %v", field, list[0][field], want)
					}
				}
				if size, is := list[0]["database_size"].(float64); !is || size < 0 {
					w.Errorf("database_size %v", list[0]["database_size"])
				}
				if list[2]["logins"] != float64(0) || list[2]["gross_area"] != nil || list[2]["project_users"] != float64(1) {
					w.Errorf("%v", list[2])
				}
				w.do(request{path: "/project_data.xml" + period, as: w.server}).wants(200).has(`<gross-area type="decimal">1250.5</gross-area>`, `<logins type="integer">4</logins>`)
				w.json(w.server, "", "/project_data", "").wants(200).has(`"from_date":"2016-06-15"`)
			}},
		})
	})
}
