package drofus_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestOwners holds what is required of owners.
func TestOwners(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		akl := fmt.Sprintf("/owners/%d", int64(w.akl.Num))
		w.holds([]claim{
			{"D-24", func(w *world) {
				if got := names(w.json(w.server, "", "/owners", "").wants(200).list("owner"), "name"); got != "AKL, Beta" {
					w.Errorf("owners %s", got)
				}
				w.json(w.server, "", akl, "").wants(200).says(fmt.Sprintf(
					`{"owner":{"address":null,"billing_address":null,"contact":null,"id":%d,"image":null,"name":"AKL","network":null,"note":null,"tech_contact":null}}`, int64(w.akl.Num)))
				if got := names(w.json(w.server, "", "/owners?query=bET", "").wants(200).list("owner"), "name"); got != "Beta" {
					w.Errorf("owners with bET: %s", got)
				}
				w.do(request{path: akl + ".xml", as: w.server}).wants(200).says(fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<owner>
  <address nil="true"/>
  <billing-address nil="true"/>
  <contact nil="true"/>
  <id type="integer">%d</id>
  <image nil="true"/>
  <name>AKL</name>
  <network nil="true"/>
  <note nil="true"/>
  <tech-contact nil="true"/>
</owner>
`, int64(w.akl.Num)))
				w.do(request{path: akl, as: w.server}).wants(200).has("<h1>AKL</h1>", "dRofus dev template")
				w.do(request{path: "/owners", as: w.server}).wants(200).has(fmt.Sprintf(`href="./owners/%d"`, int64(w.akl.Num)))
			}},
			{"D-29", func(w *world) {
				body := `{"owner":{"name":"Société Générale Ærø","address":"1, rue de l'Évêché\nF-75001 Paris","billing_address":"b","contact":"Zoé","tech_contact":"Håkon",
					"network":"10.0.0.0/8","image":"https://x.example/i.png","note":"<b>&amp;"}}`
				got := w.json(w.server, "POST", "/owners", body).wants(201)
				id := fmt.Sprint(got.fields("owner")["id"])
				got.says(`{"owner":{"address":"1, rue de l'Évêché\nF-75001 Paris","billing_address":"b","contact":"Zoé","id":` + id +
					`,"image":"https://x.example/i.png","name":"Société Générale Ærø","network":"10.0.0.0/8","note":"<b>&amp;","tech_contact":"Håkon"}}`)
				w.json(w.server, "", "/owners/"+id, "").wants(200).says(string(got.body))
				w.do(request{path: "/owners/" + id + ".xml", as: w.server}).wants(200).has("<name>Société Générale Ærø</name>", "<note>&lt;b&gt;&amp;amp;</note>", "1, rue de l'Évêché\nF-75001")
				w.do(request{path: "/owners/" + id, as: w.server}).wants(200).has("Société Générale Ærø", "&lt;b&gt;&amp;amp;")
				// A client sets no id, and no name is there twice.
				other := w.json(w.server, "POST", "/owners", `{"owner":{"id":1,"name":"Other"}}`).wants(201).fields("owner")
				if other["id"] == float64(1) || fmt.Sprint(other["id"]) == id {
					w.Errorf("id %v", other["id"])
				}
				for _, wrong := range []struct{ body, says string }{
					{`{"owner":{"note":"x"}}`, `{"errors":{"name":["can't be blank"]}}`},
					{`{"owner":{"name":null,"note":"x"}}`, `{"errors":{"name":["can't be blank"]}}`},
					{`{"owner":{"name":["x"]}}`, `{"errors":{"name":["is invalid"]}}`},
					{`{"owner":{"name":"` + strings.Repeat("é", 100) + `"}}`, `{"errors":{"name":["is too long (maximum is 99 characters)"]}}`},
					{`{"owner":{"name":"x","contact":"` + strings.Repeat("é", 256) + `"}}`, `{"errors":{"contact":["is too long (maximum is 255 characters)"]}}`},
					{"{\"owner\":{\"name\":\"x\",\"note\":\"\\u0007\"}}", `{"errors":{"note":["is invalid"]}}`},
				} {
					w.json(w.server, "POST", "/owners", wrong.body).wants(422).says(wrong.says)
				}
				// Those whom it is not for.
				for _, who := range []*someone{w.owner, w.project, w.member} {
					w.json(who, "POST", "/owners", `{"owner":{"name":"x"}}`).wants(403).says(`{"status":403,"error":"Forbidden"}`)
				}
			}},
			{"UPDATE", func(w *world) {
				w.json(w.owner, "PATCH", akl, `{"owner":{"contact":"Håkon","note":"n"}}`).wants(200).has(`"contact":"Håkon"`, `"note":"n"`, `"name":"AKL"`)
				w.json(w.owner, "PUT", akl, `{"owner":{"note":null,"id":77}}`).wants(200).has(`"contact":"Håkon"`, `"note":null`, fmt.Sprintf(`"id":%d`, int64(w.akl.Num)))
				w.json(w.owner, "PATCH", akl, `{"owner":{"name":""}}`).wants(422).says(`{"errors":{"name":["can't be blank"]}}`)
				w.json(w.project, "PATCH", akl, `{"owner":{"note":"p"}}`).wants(403)
				w.json(w.outsider, "PATCH", akl, `{"owner":{"note":"p"}}`).wants(404)
				// To who administers a project of it, it has a name.
				w.json(w.project, "", akl, "").wants(200).has(`"contact":null`, `"name":"AKL"`)
			}},
			{"FORM", func(w *world) {
				form := request{method: "POST", path: akl, as: w.server, content: "application/x-www-form-urlencoded", accept: "text/html"}
				form.body = "_method=patch&owner[contact]=%C3%98yvind+L%C3%A9a&owner[note]="
				got := w.do(form).wants(303)
				if to := got.page(); to != "../"+akl[1:] {
					w.Errorf("Location %q", to)
				}
				w.json(w.server, "", akl, "").has(`"contact":"Øyvind Léa"`)
				form.body = "_method=patch&owner[name]=&owner[contact]=typed"
				w.do(form).wants(422).has("Name can&#39;t be blank", `value="typed"`)
			}},
		})
	})
}
