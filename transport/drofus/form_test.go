package drofus_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// wrong wants a form that came back to say what is wrong beside its controls, and to
// hold what was typed.
func (b browser) wrong(f form, p page) {
	b.Helper()
	back := one(b.world, p.forms, "form")
	if back.action != f.action || !strings.HasPrefix(p.title, "Error: ") {
		b.Errorf("%s comes back as %s to %s", f.action, p.title, back.action)
	}
	marked := 0
	for _, c := range back.controls {
		if attr(c, "aria-invalid") != "true" {
			continue
		}
		marked++
		if !strings.Contains(attr(c, "aria-describedby"), attr(c, "id")+"_wrong") {
			b.Errorf("%s: nothing is said beside %s", f.action, attr(c, "name"))
		}
	}
	summary := 0
	for _, n := range all(p.root, "div") {
		if attr(n, "role") == "alert" {
			summary = len(all(n, "li"))
		}
	}
	if marked == 0 || summary < marked {
		b.Errorf("%s: %d controls are wrong, and %d are summed up", f.action, marked, summary)
	}
	for name, sent := range f.values {
		if got := back.values[name]; !slices.Equal(got, sent) && !strings.Contains(name, "password") {
			b.Errorf("%s: %s was %q, and is %q", f.action, name, sent, got)
		}
	}
}

// filled is the only form of a page that asks for something, with values typed in.
func (b browser) filled(at string, typed map[string]string) form {
	b.Helper()
	got := b.get(at).wants(200)
	for _, f := range got.sound(at).forms {
		if f.method == http.MethodPost && len(f.controls) > 0 {
			for name, value := range typed {
				if !f.values.Has(name) && value != "" {
					b.Fatalf("%s does not ask for %s", at, name)
				}
				f.values.Set(name, value)
			}
			return f
		}
	}
	b.Fatalf("no form at %s", at)
	return form{}
}

// TestForms fills in forms as people do, rightly and wrongly.
func TestForms(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		boss := browser{w, w.owner}
		f := boss.filled("/projects/new", map[string]string{
			"project[name]": "Tour <b>", "project[no]": "07", "project[constructor]": "Ærø & Sons", "project[description]": "\nline\n</textarea>",
			"project[new_db_name]": "tour", "project[new_db_template]": "dev-template",
		})
		_, at, then := boss.send(w.Context(), f)
		if then == nil || then.status != 200 {
			w.Fatalf("made %s, %v", at, then)
		}
		for _, want := range []string{"Tour &lt;b&gt;", "Ærø &amp; Sons", "It was created.", ">tour</a>"} {
			then.has(want)
		}
		at, _, _ = strings.Cut(at, "?")
		// As it is, it can be saved, and nothing of it changes.
		before := w.json(w.owner, "", at, "").fields("project")
		boss.saved(at+"/edit", nil)
		after := w.json(w.owner, "", at, "").fields("project")
		for name, value := range before {
			if after[name] != value {
				w.Errorf("%s was %v, and is %v", name, value, after[name])
			}
		}
		boss.get(at).has("Ærø &amp; Sons", "<dt>Project type</dt>\n<dd>1</dd>") // which is in no record
		boss.saved(at+"/edit", map[string]string{"project[name]": "Tour 2", "project[gross_area]": "12.50", "project[active]": "0"})
		w.json(w.owner, "", at, "").has(`"name":"Tour 2"`, `"gross_area":"12.5"`, `"active":false`)
		for at, typed := range map[string]map[string]string{
			"/projects/new": {"project[name]": "", "project[constructor]": `"><script>`, "project[new_db_name]": "../etc", "project[project_type_id]": "many"},
			at + "/edit":    {"project[name]": " ", "project[gross_area]": "large", "project[project_type_id]": "0"},
			"/database/new": {"database[name]": "AKL test"},
			"/emails/new":   {"email[name]": "x", "email[subject]": "", "email[body]": "{{ nobody | nothing }}"},
			fmt.Sprintf("/owners/%d/edit", w.akl.Num):                          {"owner[name]": "", "owner[note]": "keep this"},
			"/project_users/new?project_id=" + projectID(w.template):           {"user[username]": "a,b", "user[first_name]": "Bo", "user[email]": "no address"},
			"/project_users/test.user," + projectID(w.template) + "/edit?x=<>": {"project_user[room_rights]": "9"},
		} {
			f := boss.filled(at, typed)
			sent, _, _ := boss.send(w.Context(), f)
			if sent.status != http.StatusUnprocessableEntity {
				w.Errorf("%s: status %d %.200s", at, sent.status, sent.body)
				continue
			}
			if typed["project_user[room_rights]"] == "" { // what is not among the options cannot be shown
				boss.wrong(f, sent.sound(strings.TrimPrefix(f.action, prefix)))
			}
		}

		// A project is offered the databases of its owner, and a new one what can be
		// copied: one's own, and what everybody may.
		other := w.user("otherowner", false)
		w.must(w.services.Workspaces.AddOrganizationUser(w.Context(), root(), w.beta.ID, other.ID))
		for _, c := range []struct {
			as         *someone
			path, name string
			want       string
		}{
			{w.server, "/projects/" + projectID(w.template) + "/edit", "project[database_id]", "[ akl-test dev-template tour]"},
			{w.server, "/projects/" + projectID(w.foreign) + "/edit", "project[database_id]", "[ beta-test]"},
			{other, "/projects/new", "project[new_db_template]", "[ dev-template beta-test]"},
			{other, "/projects/new", "project[existing_db_name]", "[ beta-test]"},
			{other, "/projects/new", "project[owner_id]", fmt.Sprintf("[%d]", w.beta.Num)},
			{other, "/emails/new", "email[owner_id]", fmt.Sprintf("[%d]", w.beta.Num)},
			{w.server, "/emails/new", "email[owner_id]", fmt.Sprintf("[ %d %d]", w.akl.Num, w.beta.Num)},
			{w.project, "/project_users/new", "project_user[project_id]", "[" + projectID(w.template) + "]"},
		} {
			if got := fmt.Sprint((browser{w, c.as}).options(c.path, c.name)); got != c.want {
				w.Errorf("%s offers %s %s, want %s", c.path, c.name, got, c.want)
			}
		}

		jo := browser{w, w.project}
		jo.saved("/project_users/new?project_id="+projectID(w.template), map[string]string{
			"user[username]": "new.comer", "user[email]": "new@example.org", "project_user[room_rights]": "1", "project_user[superuser]": "1", "mail_type": "1",
		})
		w.json(w.project, "", "/project_users/new.comer,"+projectID(w.template)+"?include=rights", "").
			has(`"room_rights":1`, `"tender_rights":4`, `"superuser":true`, `"no_web_admin_access":false`)
		jo.saved("/project_users/new.comer,"+projectID(w.template)+"/edit", map[string]string{"project_user[room_rights]": "3", "project_user[superuser]": "0"})
		w.json(w.project, "", "/project_users/new.comer,"+projectID(w.template)+"?include=rights", "").has(`"room_rights":3`, `"superuser":null`)
		jo.saved("/users/new.comer/edit", map[string]string{"user[first_name]": "Nils"})
		if jo.filled("/users/new.comer/edit", nil).values.Has("user[email]") {
			w.Error("he is asked for an address that he may not change")
		}

		// A period that ends before it begins comes back as well, and is kept.
		for _, path := range []string{"/node/logins", "/node/unique_users", "/project_data"} {
			asked := one(w, jo.get(path).wants(200).sound(path).forms, "form")
			if asked.values.Get("from_date") != "2011-11-01" || asked.values.Get("to_date") != "2016-11-01" {
				w.Errorf("%s asks for %v", path, asked.values)
			}
			at := path + "?from_date=2020-01-02&to_date=2020-01-01"
			back := one(w, jo.get(at).wants(422).sound(at).forms, "form")
			if back.method != http.MethodGet || back.action != prefix+path || back.values.Get("from_date") != "2020-01-02" {
				w.Errorf("%s comes back as %+v", path, back)
			}
			jo.get(path + "?from_date=x").wants(422).has("is invalid")
		}
	})
}

// options are the values that a form lets choose.
func (b browser) options(at, name string) []string {
	b.Helper()
	var values []string
	for _, n := range all(b.get(at).wants(200).sound(at).root, "select") {
		if attr(n, "name") == name {
			for _, o := range all(n, "option") {
				values = append(values, attr(o, "value"))
			}
		}
	}
	return values
}

// saved fills in a form, and wants it to be taken.
func (b browser) saved(at string, typed map[string]string) {
	b.Helper()
	f := b.filled(at, typed)
	sent, to, then := b.send(b.Context(), f)
	if sent.status != http.StatusSeeOther || then.status != http.StatusOK {
		b.Fatalf("%s leads to %q: status %d %s", at, to, sent.status, sent.body)
	}
}
