package drofus

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func testPages() *pages {
	return newPages("Administration", link{"Projects", "projects"}, link{"Owners", "owners"}, link{"Users", "users"}, link{"Databases", "database"})
}

func samplePages() map[string]view {
	return map[string]view{
		"list": &listPage{
			Title: "Users", Told: "jo.smith is disabled.", New: &link{"New user", "users/new"},
			Search: &search{Parameter: "q", Label: "Name, e-mail", Value: `"><script>`, Filters: []filter{{"show_all", "Show disabled", true}}},
			Table: grid{
				Caption: "Users of all owners", Columns: []string{"User name", "Name", "E-mail"},
				Rows: []row{
					{Cells: []cell{{"hakonhc", "users/hakonhc"}, {Text: "Håkon Clausen"}, {Text: "hhc@drofus.com"}}, Actions: []button{
						{Label: "Kick", Path: "users/hakonhc/kick", About: "hakonhc"},
						{Label: "Delete", Path: "users/hakonhc", Method: "delete", About: "hakonhc", Ask: "Delete for good", Bad: true},
					}},
					{Cells: []cell{{"jo.smith", pathTo("users", "jo.smith")}, {Text: "<b>Jo</b>"}, {Text: ""}}},
				},
			},
			Note: "1 to 2 of 3", Previous: &link{"Previous", "users?page=1"}, Next: &link{"Next", "users?page=3"},
		},
		"empty": &listPage{Title: "Projects", Table: grid{Caption: "Projects", Empty: "No projects match."}},
		"show": &showPage{
			Title: "dRofus dev template", Told: "The project was saved.", Entries: append(entriesOf(seedProject()), entry{Label: "Owner", Text: "Test", Path: "owners/5"}), Edit: &link{"Edit", "projects/399/edit"},
			Actions: []button{{Label: "Deactivate", Path: "projects/399", Method: "patch", Values: []hidden{{"project[active]", "0"}}}},
			Tables:  []grid{{Caption: "Members", Columns: []string{"User"}, Rows: []row{{Cells: []cell{{"hakonhc", memberPath("hakonhc", 399)}}}}}},
			Back:    &link{"All projects", "projects"},
		},
		"form":    sampleForm(),
		"confirm": &confirmPage{Title: "Disable jo.smith?", Text: "They cannot sign in any more.", Action: button{Label: "Disable", Path: "users/jo.smith/disable", Main: true}, Back: &link{"Back", "users"}},
		"error":   &errorPage{Title: "Not Found", Text: "There is nothing.", List: []string{"a", "b"}, Back: &link{"Back", "projects"}},
	}
}

func sampleForm() *formPage {
	return &formPage{
		Title: "Edit project", Path: "projects/399", Method: "patch", Back: &link{"Cancel", "projects/399"},
		Groups: []group{
			{Controls: []control{
				{Name: "project[name]", Label: "Name", Required: true, Limit: 99, Value: "REST TEST"},
				{Name: "project[description]", Label: "Description", Kind: "textarea", Value: "TEST\n</textarea>"},
				{Name: "project[owner_id]", Label: "Owner", Kind: "select", Value: "5", Options: []option{{"", "Choose"}, {"5", "Test"}, {"11", "Île-de-France"}}},
				{Name: "project[active]", Label: "Active", Kind: "checkbox", Checked: true, Hint: "Inactive projects are not listed."},
				{Name: "project[id]", Kind: "hidden", Value: "399"},
			}},
			{Legend: "Contact", Controls: []control{
				{Name: "user[email]", Label: "E-mail", Kind: "email", Fill: "email", Hint: "Where mail goes."},
				{Name: "user[password]", Label: "Password", Kind: "password", Fill: "new-password"},
				{Name: "project[gross_area]", Label: "Gross area", Kind: "number"},
			}},
		},
	}
}

func pageAt(t *testing.T, target string, v view) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	testPages().show(w, httptest.NewRequest(http.MethodGet, target, nil), http.StatusOK, v)
	return w
}

// TestPagesAreSound reads every page as strictly as XML, but for what HTML does
// otherwise, and looks for what makes a page hard to use.
func TestPagesAreSound(t *testing.T) {
	t.Parallel()
	for name, v := range samplePages() {
		w := pageAt(t, "/projects/399", v)
		text := w.Body.String()
		if dir := os.Getenv("DROFUS_PAGES"); dir != "" { // to look at them
			if err := os.WriteFile(filepath.Join(dir, name+".html"), w.Body.Bytes(), 0o600); err != nil {
				t.Error(err)
			}
		}
		ids, labels := map[string]bool{}, map[string]bool{}
		var inputs, refers []string
		var open []string
		d := xml.NewDecoder(strings.NewReader(text))
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		headings := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, text)
			}
			switch e := token.(type) {
			case xml.StartElement:
				attr := map[string]string{}
				for _, a := range e.Attr {
					attr[a.Name.Local] = a.Value
				}
				if id := attr["id"]; id != "" {
					if ids[id] {
						t.Errorf("%s: two of id %s", name, id)
					}
					ids[id] = true
				}
				switch e.Name.Local {
				case "script", "img", "iframe", "link":
					t.Errorf("%s: %s", name, e.Name.Local)
				case "h1":
					headings++
				case "label":
					labels[attr["for"]] = true
				case "input", "select", "textarea":
					if attr["type"] != "hidden" {
						inputs = append(inputs, attr["id"])
					}
				case "form":
					if attr["method"] == "post" && !strings.HasPrefix(attr["action"], "../") {
						t.Errorf("%s: a form to %s", name, attr["action"])
					}
				case "a":
					if href := attr["href"]; !strings.HasPrefix(href, "../") && !strings.HasPrefix(href, "#") {
						t.Errorf("%s: a link to %s", name, href)
					}
					if target, within := strings.CutPrefix(attr["href"], "#"); within {
						refers = append(refers, target)
					}
				}
				refers = append(refers, strings.Fields(attr["aria-describedby"])...)
				refers = append(refers, strings.Fields(attr["aria-labelledby"])...)
				for key := range attr {
					if key == "style" || strings.HasPrefix(key, "on") {
						t.Errorf("%s: %s", name, key)
					}
				}
				open = append(open, e.Name.Local)
			case xml.EndElement:
				open = open[:len(open)-1]
			}
		}
		for _, id := range inputs {
			if !labels[id] {
				t.Errorf("%s: %q has no label", name, id)
			}
		}
		for _, id := range refers {
			if !ids[id] {
				t.Errorf("%s: nothing has the id %s", name, id)
			}
		}
		if headings != 1 || len(open) != 0 || !strings.Contains(text, `<html lang="en">`) || !strings.Contains(text, `href="../projects" aria-current="true"`) {
			t.Errorf("%s: %d headings, %v open", name, headings, open)
		}
		if strings.Contains(text, "ZgotmplZ") || strings.Contains(text, "<no value>") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestPageHeaders(t *testing.T) {
	t.Parallel()
	w := pageAt(t, "/projects", samplePages()["list"])
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Content-Language": "en",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$`).MatchString(policy) {
		t.Error(policy)
	}
	text := w.Body.String()
	for _, want := range []string{
		`href="./projects" aria-current="page"`, `href="./users/hakonhc"`, `href="./users?page=3"`, `value="&#34;&gt;&lt;script&gt;"`, "&lt;b&gt;Jo",
		`<th scope="col">E-mail</th>`, `<th scope="row"><a href="./users/jo.smith">`, `<input type="hidden" name="_method" value="delete">`,
		`name="show_all" type="checkbox" value="1" checked`, `Kick<span class="unseen"> hakonhc</span>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestWayUp(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/": "./", "/projects": "./", "/projects.html?query=a/b": "./", "/projects/399": "../", "/projects/": "../",
		"/users/jo.smith/disable": "../../", "/users/a%2Fb/disable": "../../",
	} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		if got := wayUp(r); got != want {
			t.Errorf("%s: %s", target, got)
		}
		// Wherever it is mounted, a browser comes to the same place.
		at, err := r.URL.Parse("http://host/some/where" + target)
		if err != nil {
			t.Fatal(err)
		}
		to, err := at.Parse(wayUp(r) + "owners/5")
		if err != nil || to.Path != "/some/where/owners/5" {
			t.Errorf("%s: %s %v", target, to, err)
		}
	}
	w := httptest.NewRecorder()
	seeOther(w, httptest.NewRequest(http.MethodPost, "/users/a/disable", nil), pathTo("users", "a"))
	if w.Code != 303 || w.Header().Get("Location") != "../../users/a" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for want, c := range map[string]struct{ called, below, public string }{
		"http://example.com/projects/400":             {called: "/projects", below: "/projects"},
		"http://example.com/some/drofus/projects/400": {called: "/some/drofus/projects.json?x=1", below: "/projects.json"},
		"https://example.com/drofus/projects/400":     {called: "/drofus/projects", below: "/projects", public: "https://example.com"},
		"http://example.com/d/projects/400":           {called: "/d/projects", below: "/projects", public: "https://elsewhere.example.org"},
		"./projects/400":                              {called: "/cleaned//projects", below: "/projects.json"},
	} {
		r := httptest.NewRequest(http.MethodPost, c.called, nil)
		r.URL.Path, r.URL.RawPath = c.below, ""
		located(w, r, c.public, "projects/400")
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("%v: %s, want %s", c, got, want)
		}
	}
}

// TestFormComesBack wants the values that were typed, and the faults beside
// their fields.
func TestFormComesBack(t *testing.T) {
	t.Parallel()
	in, err := readInput(posted(kindForm, "project[name]=&project[description]=%3Cb%3E&project[owner_id]=11&project[active]=0&user[email]=x&user[password]=secret&project[gross_area]=many"), "project")
	if err != nil {
		t.Fatal(err)
	}
	in.need("name")
	in.decimal("gross_area")
	in.top.object("user").blame("email", saysInvalid)
	in.blame(onBase, "The owner is full.")
	form := sampleForm()
	form.fill(in.top)
	w := httptest.NewRecorder()
	(&renderer{pages: testPages()}).invalid(w, httptest.NewRequest(http.MethodPost, "/projects/399", nil), asHTML, in.faults, form)
	text := w.Body.String()
	for _, want := range []string{
		"<title>Error: Edit project – Administration</title>", "There are 4 problems", `<li><a href="#project_name">Name can&#39;t be blank</a></li>`,
		`<li><a href="#user_email">E-mail is invalid</a></li>`, "<li>The owner is full.</li>",
		`name="project[name]" type="text" value="" maxlength="99" required aria-describedby="project_name_wrong" aria-invalid="true"`,
		`aria-describedby="user_email_hint user_email_wrong" aria-invalid="true"`, `<p class="wrong" id="user_email_wrong">is invalid</p>`,
		`<option value="11" selected>Île-de-France</option>`, "&lt;b&gt;</textarea>", `value="many"`, `type="checkbox" value="1" aria-describedby="project_active_hint"`,
		`<input type="hidden" name="_method" value="patch">`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if w.Code != 422 || strings.Contains(text, "secret") {
		t.Errorf("%d\n%s", w.Code, text)
	}
	if dir := os.Getenv("DROFUS_PAGES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "wrong.html"), w.Body.Bytes(), 0o600); err != nil {
			t.Error(err)
		}
	}
}

func TestEntries(t *testing.T) {
	t.Parallel()
	got := entriesOf(newRecord("a", boolOf("active", true), boolOf("off", false), intOf("id", 3), timeOf("created_at", time.Unix(0, 0)), nullOf("role", kindText), listOf("b", nil)))
	want := []entry{
		{Label: "Active", Text: "yes"},
		{Label: "Created at", Text: "1970-01-01 00:00:00 UTC", Time: "1970-01-01T00:00:00Z"},
		{Label: "ID", Text: "3"},
		{Label: "Off", Text: "no"},
		{Label: "Role"},
	}
	if len(got) != len(want) {
		t.Fatal(got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
}

// TestContrast holds the colours of the style to WCAG 2: 4.5 for text, 3 for
// lines.
func TestContrast(t *testing.T) {
	t.Parallel()
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		t.Fatal(err)
	}
	colour := regexp.MustCompile(`--(\w+):#([0-9a-f]{3,6})`)
	for i, scheme := range regexp.MustCompile(`:root\{[^}]*\}`).FindAllString(string(style), -1) {
		is := map[string]string{}
		for _, m := range colour.FindAllStringSubmatch(scheme, -1) {
			is[m[1]] = m[2]
		}
		for _, c := range []struct {
			front, back string
			least       float64
		}{
			{"ink", "paper", 4.5},
			{"ink", "band", 4.5},
			{"soft", "paper", 4.5},
			{"link", "paper", 4.5},
			{"on", "link", 4.5},
			{"bad", "paper", 4.5},
			{"line", "paper", 3},
			{"good", "paper", 3},
		} {
			if got := contrast(t, is[c.front], is[c.back]); got < c.least {
				t.Errorf("scheme %d: %s on %s: %.2f", i, c.front, c.back, got)
			}
		}
	}
}
