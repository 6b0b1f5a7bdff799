package drofus_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// token returns that of the last mail to an address, and the link that it is in.
func (w *world) token(to string) (token, link string) {
	w.Helper()
	letters := w.delivered(to)
	if len(letters) == 0 {
		w.Fatalf("nothing was sent to %s", to)
	}
	found := regexp.MustCompile(`https://adm\.example\.org/drofus(/password/reset\?token=([A-Za-z0-9_-]+))`).FindStringSubmatch(letters[len(letters)-1].Text)
	if found == nil {
		w.Fatalf("no link in %s", letters[len(letters)-1].Text)
	}
	return found[2], found[1]
}

// TestPasswords holds what is required of who has forgotten his password.
func TestPasswords(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.holds([]claim{
			{"F-11", func(w *world) {
				session := w.begin(w.project, "Revit")
				// The same whether there is such a user, and without credentials.
				for _, body := range []string{`{"username":"jo.smith"}`, `{"user":{"username":"nobody at all"}}`} {
					w.json(nil, "POST", "/password/request_reset", body).wants(204).says("")
				}
				w.json(nil, "POST", "/password/request_reset", `{"username":""}`).wants(422).says(`{"errors":{"username":["can't be blank"]}}`)
				w.json(nil, "POST", "/password/request_reset", `{}`).wants(400)
				token, link := w.token("jo.smith@example.org")
				w.do(request{path: link, accept: "text/html"}).wants(200).has(`value="`+token+`"`, `type="password"`, "Choose a password")

				const chosen = "a sentence of mine, Ærø"
				for body, says := range map[string]string{
					`{"token":"x","password":"` + chosen + `"}`:    `{"errors":{"token":["is invalid`,
					`{"password":"` + chosen + `"}`:                `{"errors":{"token":["can't be blank"]}}`,
					`{"token":"` + token + `"}`:                    `{"errors":{"password":["can't be blank"]}}`,
					`{"token":"` + token + `","password":"short"}`: `{"errors":{"password":["is invalid`,
					`{"token":"` + token + `","password":"` + chosen + `","password_confirmation":"another one of it"}`: `{"errors":{"password_confirmation":["doesn't match Password"]}}`,
				} {
					got := w.json(nil, "POST", "/password/reset", body).wants(422).has(says)
					if strings.Contains(string(got.body), chosen) || strings.Contains(string(got.body), token) {
						w.Errorf("it is told back: %s", got.body)
					}
				}
				w.json(w.project, "", "/projects", "").wants(200)
				w.json(nil, "POST", "/password/reset", fmt.Sprintf(`{"user":{"token":"%s","password":"%s","password_confirmation":"%s"}}`, token, chosen, chosen)).wants(204).says("")
				if w.alive(session) {
					w.Error("his session goes on")
				}
				w.json(w.project, "", "/projects", "").wants(401)
				if _, err := w.services.SignIn.Start(w.Context(), "jo.smith", chosen, "Revit", "192.0.2.7"); err != nil {
					w.Errorf("with the new password: %v", err)
				}
				w.json(nil, "POST", "/password/reset", fmt.Sprintf(`{"token":"%s","password":"%s"}`, token, chosen)).wants(422).has(`{"errors":{"token":["is invalid`) // once
			}},
			{"FORMATS", func(w *world) {
				// A browser asks and answers by forms, and XML does as well. Credentials that are wrong do not matter.
				form := request{method: "POST", path: "/password/request_reset", accept: "text/html", content: "application/x-www-form-urlencoded"}
				form.body = "user[username]=test.user"
				form.header = map[string]string{"Authorization": "Basic d3Jvbmc6d3Jvbmc=", "Sec-Fetch-Site": "same-origin"}
				w.do(form).wants(200).has("A mail is under way")
				w.do(request{path: "/password/request_reset", accept: "text/html"}).wants(200).has(`name="user[username]"`)
				token, _ := w.token("test.user@example.org")
				form.path, form.body = "/password/reset", "user[token]="+token+"&user[password]=short&user[password_confirmation]=short"
				w.do(form).wants(422).has(`value="`+token+`"`, "is invalid (expected")
				got := w.do(request{
					method: "POST", path: "/password/reset.xml", content: "application/xml",
					body: "<user><token>" + token + "</token><password>une phrase à moi &amp; à toi</password></user>",
				})
				got.wants(204)
				if _, err := w.services.SignIn.Start(w.Context(), "test.user", "une phrase à moi & à toi", "Revit", "192.0.2.7"); err != nil {
					w.Error(err)
				}
				form.header = map[string]string{"Origin": "https://evil.example"}
				w.do(form).wants(403)
				w.json(nil, "GET", "/password/reset", "").wants(200).has("<form") // it is a page, and nothing but that
				w.json(nil, "PATCH", "/password/reset", `{"token":"x"}`).wants(404)
			}},
		})
	})
}
