package drofus_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestUsers holds what is required of users.
func TestUsers(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		dotted, slashed, comma := w.user("jo.smith.json", false), w.called("a/b"), w.called("x,y.z")
		for _, who := range []*someone{dotted, slashed, comma} {
			w.join(w.template, who)
		}
		found := func(query, want string) {
			w.Helper()
			if got := names(w.json(w.server, "", "/users"+query, "").wants(200).list("user"), "username"); got != want {
				w.Errorf("%s finds %s, want %s", query, got, want)
			}
		}
		named := func(got *answer, want string) {
			w.Helper()
			if is := got.wants(200).fields("user")["username"]; is != want {
				w.Errorf("it is %v, want %s", is, want)
			}
		}
		w.holds([]claim{
			{"D-25", func(w *world) {
				found("", "testadmin, owneradmin, jo.smith, outsider, test.user, jo.smith.json, a/b, x,y.z")
				found("?q=SMITH", "jo.smith, jo.smith.json")
				found("?query=smith", "jo.smith, jo.smith.json") // as everywhere else
				found("?q=", "testadmin, owneradmin, jo.smith, outsider, test.user, jo.smith.json, a/b, x,y.z")
			}},
			{"D-26", func(w *world) {
				w.json(w.server, "", "/users/jo.smith", "").wants(200).says(fmt.Sprintf(
					`{"user":{"created_at":"2016-11-01T09:39:14Z","disabled":false,"email":"jo.smith@example.org","first_name":"Ada","id":%d,"last_login":null,"last_name":"Løvelace","updated_at":null,"username":"jo.smith"}}`,
					int64(w.project.Num)))
				named(w.json(w.server, "", "/users/JO.SMITH", ""), "jo.smith")
				named(w.json(w.server, "", "/users/a%2Fb", ""), "a/b")
				named(w.json(w.server, "", "/users/x,y.z", ""), "x,y.z")
				w.json(w.server, "", "/users/a/b", "").wants(404)
				w.json(w.server, "", "/users/%25", "").wants(404)
				w.json(w.server, "", "/users/jo_smith", "").wants(404)
			}},
			{"DA-10", func(w *world) {
				named(w.do(request{path: "/users/jo.smith", as: w.server, accept: "application/json"}), "jo.smith")
				named(w.do(request{path: "/users/jo.smith.json", as: w.server, accept: "application/json"}), "jo.smith.json") // the whole of it first
				named(w.do(request{path: "/users/jo.smith.json.json", as: w.server}), "jo.smith.json")
				named(w.do(request{path: "/users/test.user.json", as: w.server}), "test.user") // nobody is called so
				named(w.do(request{path: "/users/a%2Fb.json", as: w.server}), "a/b")
				w.do(request{path: "/users/test.user.xml", as: w.server, accept: "application/json"}).wants(200).has("<username>test.user</username>")
				w.do(request{path: "/users/test.user.html", as: w.server, accept: "application/json"}).wants(200).has("<h1>test.user</h1>")
				w.do(request{path: "/users/jo.smith.json", as: w.server, accept: "application/xml"}).wants(200).has("<username>jo.smith.json</username>")
				w.do(request{path: "/users/nobody.json", as: w.server}).wants(404).says(`{"status":404,"error":"Not Found"}`)
				w.do(request{path: "/users/nobody.xml", as: w.server}).wants(404).has("<hash>")
				// Accept takes nothing away, and in the middle of a path there is no suffix.
				w.do(request{path: "/users/test.json", as: w.server, accept: "application/json"}).wants(404)
				w.json(w.server, "", "/users/test.user.json/kick", "").wants(404)
				w.json(w.server, "", "/users/jo.smith.json/kick", "").wants(200).has(`"username":"jo.smith.json"`)
				w.do(request{path: "/users/jo.smith/kick.json", as: w.server}).wants(200).has(`"username":"jo.smith"`)
				// A change of one is none of the other.
				w.json(w.server, "PATCH", "/users/jo.smith.json", `{"user":{"first_name":"Dot"}}`).wants(200).has(`"username":"jo.smith.json"`)
				w.json(w.server, "", "/users/jo.smith", "").has(`"first_name":"Ada"`)
				w.json(w.project, "", "/users/jo.smith.json", "").wants(200).has(`"username":"jo.smith.json"`)
			}},
			{"F-13", func(w *world) {
				w.json(w.server, "PATCH", "/users/x,y.z", `{"user":{"first_name":"Øystein","last_name":"Françoise","email":"o.francoise@Ærø.example"}}`).wants(200)
				for _, q := range []string{"%C3%98YSTEIN", "fran%C3%87oise", "O.FRANCOISE@", "x%2Cy"} {
					found("?q="+q, "x,y.z")
				}
				for _, q := range []string{"%25", "_", "nothing"} {
					found("?q="+q, "")
				}
				w.json(w.server, "PATCH", "/users/a%2Fb", `{"user":{"disabled":true}}`).wants(200)
				found("?show_disabled=1", "a/b")
				w.json(w.server, "PATCH", "/users/a%2Fb", `{"user":{"disabled":false}}`).wants(200)
				w.json(w.server, "PATCH", "/users/x,y.z", `{"user":{"username":"other","first_name":"no"}}`).wants(422).says(`{"errors":{"username":["cannot be changed"]}}`)
				w.json(w.server, "PATCH", "/users/x,y.z", `{"user":{"email":"no address"}}`).wants(422).has(`"email":["is invalid`)
				w.json(w.server, "PATCH", "/users/x,y.z", `{"user":{"email":"jo.smith@example.org"}}`).wants(422).says(`{"errors":{"email":["has already been taken"]}}`)
				w.json(w.server, "PATCH", "/users/x,y.z", `{"user":{"email":null}}`).wants(422).says(`{"errors":{"email":["can't be blank"]}}`)
				w.json(w.server, "PATCH", "/users/x,y.z", `{"user":{"username":"x,y.z","first_name":null}}`).wants(200).has(`"first_name":null`, `"last_name":"Françoise"`)
				w.json(w.project, "PATCH", "/users/x,y.z", `{"user":{"email":"other@example.org"}}`).wants(403) // who chooses where a reset is mailed chooses the password
			}},
			{"D-40", func(w *world) {
				session := w.begin(w.member, "Mozilla/5.0")
				w.json(w.member, "", "/projects", "").wants(200)
				w.json(w.server, "", "/users/test.user/disable", "").wants(200).has(`"disabled":true`, `"username":"test.user"`)
				if w.alive(session) {
					w.Error("his session goes on")
				}
				w.json(w.member, "", "/projects", "").wants(401)
				_, err := w.services.SignIn.Start(w.Context(), "test.user", password, "Revit", "192.0.2.8")
				if err == nil {
					w.Error("he signs in")
				}
				w.json(w.server, "", "/users/test.user/disable", "").wants(200).has(`"disabled":true`) // doing so twice changes nothing
				// The last administrator is needed, and so is who supervises a project.
				w.json(w.server, "", "/users/testadmin/disable", "").wants(422).says(`{"errors":{"base":["There must be an administrator of the server"]}}`)
				w.user("second.admin", true)
				w.json(w.server, "", "/users/testadmin/disable", "").wants(422).says(`{"errors":{"base":["He supervises a project: name somebody else first"]}}`)
				w.json(w.server, "", "/users/testadmin", "").wants(200).has(`"disabled":false`)
			}},
			{"D-41", func(w *world) {
				w.json(w.server, "", "/users/test.user/enable", "").wants(200).has(`"disabled":false`)
				w.json(w.member, "", "/projects", "").wants(200)
				w.begin(w.member, "Mozilla/5.0")
			}},
			{"D-42", func(w *world) {
				first, second := w.begin(w.member, "Mozilla/5.0"), w.begin(w.member, "Revit")
				others := w.begin(dotted, "Revit")
				w.json(w.server, "", "/users/test.user/kick", "").wants(200).has(`"username":"test.user"`, `"disabled":false`)
				if w.alive(first) || w.alive(second) || !w.alive(others) {
					w.Errorf("after a kick: %v %v, another's %v", w.alive(first), w.alive(second), w.alive(others))
				}
			}},
			{"DA-14", func(w *world) {
				session := w.begin(w.member, "Mozilla/5.0")
				w.json(w.project, "POST", "/users/test.user/kick", "").wants(200)
				if w.alive(session) {
					w.Error("his session goes on")
				}
				w.begin(w.member, "Mozilla/5.0") // he may come again
				w.json(w.member, "", "/projects", "").wants(200)
				session = w.begin(w.member, "Mozilla/5.0")
				w.json(w.project, "PATCH", "/users/test.user", `{"user":{"disabled":true}}`).wants(200)
				if w.alive(session) {
					w.Error("his session goes on")
				}
				w.json(w.member, "", "/projects", "").wants(401)
				w.json(w.project, "POST", "/users/test.user/enable", "").wants(200)
				if w.alive(session) {
					w.Error("the session that was ended goes on")
				}
			}},
			{"DA-15", func(w *world) {
				other := w.user("everywhere", false)
				w.join(w.template, other)
				w.join(w.foreign, other)
				session, token := w.begin(other, "Revit"), w.begin(other, "dRofus")
				w.json(w.server, "", "/users/everywhere/kick", "").wants(200)
				if w.alive(session) || w.alive(token) {
					w.Error("a session goes on")
				}
				// It is for who administers all of them.
				session = w.begin(other, "Revit")
				w.json(w.project, "", "/users/everywhere/kick", "").wants(403)
				if !w.alive(session) {
					w.Error("it was ended")
				}
			}},
			{"DA-11", w.browsers},
			{"DA-12", func(w *world) {
				for _, verb := range []string{"disable", "kick", "enable"} {
					w.do(request{path: "/users/test.user/" + verb + ".xml", as: w.server}).wants(200).has("<user>", "<username>test.user</username>")
					w.do(request{path: "/users/test.user/" + verb + ".json", as: w.server}).wants(200).has(`{"user":{"created_at":`)
					for _, method := range []string{"GET", "POST"} {
						got := w.do(request{method: method, path: "/users/test.user/" + verb, as: w.server}).wants(303)
						if to := got.page(); to != "../../users/test.user" {
							w.Errorf("%s: Location %q", verb, to)
						}
					}
				}
				got := w.json(w.server, "POST", "/users/a%2Fb/kick", "").wants(200)
				if !bytes.Contains(got.body, []byte(`"username":"a/b"`)) {
					w.Errorf("%s", got.body)
				}
			}},
			{"NAMES", func(w *world) {
				const body = `{"user":{"first_name":"Ægir Øystein","last_name":"L'Hôpital-Çelik <ÿ>"}}`
				w.json(w.server, "PATCH", "/users/a%2Fb", body).wants(200).has(`"first_name":"Ægir Øystein"`, `"last_name":"L'Hôpital-Çelik <ÿ>"`)
				w.do(request{path: "/users/a%2Fb.xml", as: w.server}).wants(200).has("<first-name>Ægir Øystein</first-name>", "<last-name>L'Hôpital-Çelik &lt;ÿ&gt;</last-name>")
				w.do(request{path: "/users/a%2Fb", as: w.server}).wants(200).has("Ægir Øystein", "L&#39;Hôpital-Çelik &lt;ÿ&gt;", `action="../users/a%2Fb/kick"`)
			}},
			{"LOGIN", func(w *world) {
				w.clock.Add(int64(time.Hour / time.Microsecond))
				w.begin(w.project, "Revit")
				w.json(w.server, "", "/users/jo.smith", "").has(`"last_login":"2016-11-01T10:39:14Z"`)
				w.json(w.project, "", "/users/jo.smith", "").has(`"last_login":null`) // he is told of nobody
			}},
		})
	})
}

// called makes a user of whose name no address can be made.
func (w *world) called(name string) *someone {
	w.Helper()
	w.odd++
	u, err := w.services.Workspaces.CreateUser(w.Context(), root(), workspace.User{
		Username: name, Email: fmt.Sprintf("odd%d@example.org", w.odd), FirstName: "Ada", LastName: "Løvelace",
	})
	w.must(err)
	w.setPassword(u.ID, password)
	return &someone{u}
}

// page is where an answer sends a browser.
func (a *answer) page() string {
	path, _, _ := strings.Cut(a.header.Get("Location"), "?")
	return path
}

// browsers holds DA-11: what a browser sends of itself does nothing but show a
// form, and the form does.
func (w *world) browsers(*world) {
	const html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	session := w.begin(w.member, "Mozilla/5.0")
	for name, header := range map[string]map[string]string{
		"an Accept": {"Accept": html}, "an Origin": {"Origin": "https://evil.example"}, "a Referer": {"Referer": "https://evil.example/"},
		"an image": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}, "a Cookie": {"Cookie": "a=b"}, "Mozilla": {"User-Agent": "Mozilla/5.0 (X11)"},
	} {
		for _, verb := range []string{"disable", "kick"} {
			got := w.do(request{path: "/users/test.user/" + verb, as: w.server, header: header}).wants(403)
			if got.header.Get("Cache-Control") != "no-store" {
				w.Errorf("%s: it is kept", name)
			}
			got.has(`<form method="post" action="../../users/test.user/` + verb + `"`)
		}
	}
	w.do(request{path: "/users/test.user/kick.json", as: w.server, header: map[string]string{"Origin": "https://evil.example"}}).wants(403).says(`{"status":403,"error":"Forbidden"}`)
	w.do(request{method: "HEAD", path: "/users/test.user/kick", as: w.server}).wants(403)
	w.do(request{path: "/database/akl-test/disableall", as: w.server, accept: html}).wants(403).has("Disable all")
	if !w.alive(session) {
		w.Error("his session was ended")
	}
	w.json(w.server, "", "/users/test.user", "").has(`"disabled":false`)
	w.json(w.server, "", "/database/akl-test", "").has(`"disabled":false`)
	// Another site's form does nothing either, and ours does.
	form := request{method: "POST", path: "/users/test.user/kick", as: w.server, accept: html, content: "application/x-www-form-urlencoded", body: "x=1"}
	form.header = map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
	w.do(form).wants(403)
	if !w.alive(session) {
		w.Error("another site ended his session")
	}
	form.header = map[string]string{"Sec-Fetch-Site": "same-origin"}
	w.do(form).wants(303)
	if w.alive(session) {
		w.Error("the form does nothing")
	}
	got := w.json(w.server, "", "/users/test.user/kick", "").wants(200)
	if got.header.Get("Cache-Control") != "no-store" || !strings.Contains(got.header.Get("Vary"), "Accept") {
		w.Errorf("%v", got.header)
	}
}
