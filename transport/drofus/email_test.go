package drofus_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestEmails holds what is required of the mails that new users are sent.
func TestEmails(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		owner := int64(w.akl.Num)
		var at string
		w.holds([]claim{
			{"D-44", func(w *world) {
				list := w.json(w.server, "", "/emails", "").wants(200).list("email")
				if got := names(list, "id") + "; " + names(list, "name") + "; " + names(list, "type"); got != "1, 2; New user, Reminder; new_user, reminder" {
					w.Errorf("e-mails %s", got)
				}
				got := w.json(w.owner, "POST", "/emails", fmt.Sprintf(`{"email":{"name":"Välkommen – Bienvenue","subject":"Hei {{ project_user.first_name }}","body":"Passord: {{ pw }}","owner_id":%d}}`, owner)).wants(201)
				id := fmt.Sprint(got.fields("email")["id"])
				at = "/emails/" + id
				got.says(fmt.Sprintf(`{"email":{"body":"Passord: {{ pw }}","created_at":"2016-11-01T09:39:14Z","id":%s,"name":"Välkommen – Bienvenue","owner_id":%d,"subject":"Hei {{ project_user.first_name }}","type":"new_user","updated_at":"2016-11-01T09:39:14Z"}}`, id, owner))
				if to := got.header.Get("Location"); to != base+at {
					w.Errorf("Location %q", to)
				}
				w.json(w.owner, "", at, "").wants(200).says(string(got.body))
				w.do(request{path: at + ".xml", as: w.owner}).wants(200).has("<name>Välkommen – Bienvenue</name>", `<owner-id type="integer">`)
				w.do(request{path: at, as: w.owner}).wants(200).has("Välkommen – Bienvenue")
				// Its id is a mail_type.
				w.enrols(w.owner, "", `"username":"mailed","first_name":"Håkon","email":"mailed@example.org"`, `,"mail_type":"`+id+`"`).wants(201)
				letters := w.delivered("mailed@example.org")
				if len(letters) != 1 || letters[0].Subject != "Hei Håkon" || !strings.HasPrefix(letters[0].Text, "Passord: ") || len(strings.TrimSpace(letters[0].Text)) < 20 {
					w.Fatalf("mailed %+v", letters)
				}
				made := &someone{w.userNamed("mailed")}
				text := strings.TrimPrefix(strings.TrimSpace(letters[0].Text), "Passord: ")
				if _, err := w.services.SignIn.Start(w.Context(), made.Username, text, "Revit", "192.0.2.1"); err != nil {
					w.Errorf("with the password of the mail: %v", err)
				}
				// Who has an account is told no password.
				w.enrols(w.owner, "", `"username":"owneradmin"`, `,"mail_type":`+id).wants(201)
				if letters = w.delivered("owneradmin@example.org"); len(letters) != 1 || strings.TrimSpace(letters[0].Text) != "Passord:" {
					w.Errorf("mailed %+v", letters)
				}
			}},
			{"F-12", func(w *world) { // Liquid, previewed before it is sent
				const body = `{% if new_user %}N{% else %}O{% endif %}{% unless different_owner %}S{% endunless %} {{ project_user.project.name | upcase }} {{ project_user.project.description }} ` +
					`{{ project_user.project.owner }} {{ project_user.project.database.name }} {{ project_user.project.database.server }} {{ project_user.name }} {{ project_user.email }} ` +
					`{{ project_user.first_name }} {{ project_user.last_name }} {{ current_user.name }} {{ current_user.firm }} {{ pw }}{% for p in project_list %} [{{ p }}]{% endfor %}`
				w.json(w.owner, "PATCH", at, `{"email":{"body":"`+body+`","subject":"{{ project_user.project.name }}"}}`).wants(200)
				got := w.json(w.owner, "", at+"/preview", "").wants(200).fields("preview")
				if text := fmt.Sprint(got["text"]); !strings.HasPrefix(text, "NS CARTOGRAPHY Maps of everything Ordnance cartography maps.example.org Grace Hopper ") ||
					!strings.Contains(text, "Grace Hopper Ada Lovelace Analytical Engines correct horse battery staple [Cartography] [Surveys]") {
					w.Errorf("preview %q", text)
				}
				if got["subject"] != "Cartography" {
					w.Errorf("preview %v", got)
				}
				w.do(request{path: at + "/preview", as: w.owner}).wants(200).has("Preview of Välkommen")
				w.do(request{path: at + "/preview.xml", as: w.owner}).wants(200).has("<preview>", "<subject>Cartography</subject>")
				w.json(w.owner, "", "/emails/2/preview", "").wants(403) // everybody's are for who administers the server
				w.json(w.server, "", "/emails/2/preview", "").wants(200).has("reminder of your account")
				// Sent, it has what it names.
				w.json(w.server, "PATCH", "/projects/"+projectID(w.template), `{"project":{"description":"Hôpital d'Ærø"}}`).wants(200)
				w.enrols(w.owner, "", `"username":"liquid","first_name":"Léa","last_name":"Ødegård","email":"liquid@example.org"`, `,"mail_type":"`+at[len("/emails/"):]+`"`).wants(201)
				letters := w.delivered("liquid@example.org")
				if len(letters) != 1 || letters[0].Subject != "dRofus dev template" ||
					!strings.HasPrefix(letters[0].Text, "NS DROFUS DEV TEMPLATE Hôpital d'Ærø AKL akl-test adm.example.org Léa Ødegård liquid@example.org Léa Ødegård Ada Løvelace AKL ") {
					w.Errorf("mailed %+v", letters)
				}
				for _, wrong := range []struct{ body, says string }{
					{`{"email":{"body":"{% if %}"}}`, `{"errors":{"body":["is invalid`},
					{`{"email":{"subject":"{{ x"}}`, `{"errors":{"subject":["is invalid`},
					{`{"email":{"name":""}}`, `{"errors":{"name":["can't be blank"]}}`},
					{`{"email":{"type":"birthday"}}`, `{"errors":{"type":["is not included in the list"]}}`},
					{`{"email":{"body":null}}`, `{"errors":{"body":["can't be blank"]}}`},
				} {
					w.json(w.owner, "PATCH", at, wrong.body).wants(422).has(wrong.says)
				}
				for _, body := range []string{`{"email":{"subject":"s","body":"b"}}`, `{"email":{"name":"n","body":"b"}}`, `{"email":{"name":"n","subject":"s"}}`} {
					w.json(w.server, "POST", "/emails", body).wants(422).has("can't be blank")
				}
				w.json(w.owner, "POST", "/emails", fmt.Sprintf(`{"email":{"name":"n","subject":"{%%","body":"b","owner_id":%d}}`, owner)).wants(422).has(`{"errors":{"subject":["is invalid`)
			}},
			{"WHOSE", func(w *world) {
				theirs := w.json(w.server, "POST", "/emails", fmt.Sprintf(`{"email":{"name":"Beta's","subject":"s","body":"b","owner_id":%d,"type":"reminder"}}`, int64(w.beta.Num))).wants(201).fields("email")
				if got := names(w.json(w.owner, "", "/emails", "").list("email"), "name"); got != "New user, Reminder, Välkommen – Bienvenue" {
					w.Errorf("the owner's administrator is shown %s", got)
				}
				// Who administers a project may choose one, and not read it.
				w.json(w.project, "", at, "").wants(200).has(`"body":null`, `"name":"Välkommen – Bienvenue"`, `"subject":null`)
				for _, who := range []*someone{w.owner, w.project} {
					w.json(who, "", fmt.Sprintf("/emails/%v", theirs["id"]), "").wants(404)
					w.json(who, "DELETE", fmt.Sprintf("/emails/%v", theirs["id"]), "").wants(404)
				}
				w.json(w.member, "", "/emails", "").wants(200).says("[]")
				w.json(w.project, "PATCH", at, `{"email":{"name":"x"}}`).wants(403)
				w.json(w.project, "DELETE", at, "").wants(403)
				w.json(w.owner, "POST", "/emails", `{"email":{"name":"n","subject":"s","body":"b"}}`).wants(403)
				for _, call := range []string{"PATCH", "DELETE"} {
					w.json(w.server, call, "/emails/1", `{"email":{"name":"x"}}`).wants(422).has("This mail is everybody's and does not change")
				}
				w.json(w.owner, "DELETE", at, "").wants(204)
				w.json(w.owner, "", at, "").wants(404)
			}},
		})
	})
}
