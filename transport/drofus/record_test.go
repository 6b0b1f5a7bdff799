package drofus

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
)

func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func seedProject() record {
	created := time.Date(2016, 11, 1, 10, 39, 14, 999_999_000, time.FixedZone("", 3600))
	return newRecord("project",
		intOf("id", int64(399)), textOf("name", "dRofus dev template"), textOf("no", "01"), textOf("database_id", "akl-test"),
		boolOf("active", true), intOf("owner_id", 5), timeOf("created_at", created), nullOf("created_by", kindText),
		textOrNull("contact", ""), textOrNull("description", ""), decimalOf("gross_area", ""), nullOf("status", kindText),
		timeOf("updated", time.Time{}), textOrNull("updated_by", ""),
	)
}

// TestSeed holds JSON to the samples of the seed, byte for byte.
func TestSeed(t *testing.T) {
	t.Parallel()
	owner := []field{intOf("id", 11), textOf("name", "Test")}
	for _, name := range []string{"address", "billing_address", "contact", "image", "network", "note", "tech_contact"} {
		owner = append(owner, textOrNull(name, ""))
	}
	member := newRecord("project_user",
		textOf("username", "hakonhc"), intOf("project_id", 408), timeOf("created_at", time.Date(2016, 11, 28, 12, 22, 35, 0, time.UTC)),
		nullOf("role", kindText), nullOf("superuser", kindBoolean), intOf("user_role_id", 0).unless(true),
	)
	for name, got := range map[string][]byte{
		"projects.json":     jsonRecords([]record{seedProject()}),
		"owner.json":        jsonRecord(newRecord("owner", owner...)),
		"project_user.json": jsonRecord(member),
	} {
		if want := golden(t, name); string(got)+"\n" != want {
			t.Errorf("%s:\n%s, want\n%s", name, got, want)
		}
	}
}

// TestSeedXML holds XML to the sample that was measured, in which only the place
// of id is another.
func TestSeedXML(t *testing.T) {
	t.Parallel()
	r := seedProject()
	r.fields = slices.DeleteFunc(r.fields, func(f field) bool {
		return slices.Contains([]string{"created_by", "description", "status", "updated_by"}, f.name)
	})
	if got, want := string(xmlRecords("projects", []record{r})), golden(t, "projects.xml"); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func TestXMLForms(t *testing.T) {
	t.Parallel()
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	member := newRecord("project_user", textOf("username", "a"))
	for want, got := range map[string][]byte{
		head + "<projects type=\"array\"/>\n": xmlRecords("projects", nil),
		head + "<project-users type=\"array\">\n  <project-user>\n    <username>a</username>\n  </project-user>\n</project-users>\n":                                                     xmlRecords("project_users", []record{member}),
		head + "<project-user>\n  <username>a</username>\n</project-user>\n":                                                                                                             xmlRecord(member),
		head + "<project>\n  <name></name>\n  <project-users type=\"array\">\n    <project-user>\n      <username>a</username>\n    </project-user>\n  </project-users>\n</project>\n":   xmlRecord(newRecord("project", textOf("name", ""), listOf("project_users", []record{member}))),
		head + "<project>\n  <project-users type=\"array\"/>\n</project>\n":                                                                                                              xmlRecord(newRecord("project", listOf("project_users", nil))),
		head + "<project>\n  <gross-area type=\"decimal\">12.0</gross-area>\n  <owner>\n    <username>a</username>\n  </owner>\n  <since type=\"date\">2018-01-31</since>\n</project>\n": xmlRecord(newRecord("project", recordOf("owner", member), decimalOf("gross_area", "12"), dateOf("since", time.Date(2018, 1, 31, 0, 0, 0, 0, time.UTC)))),
	} {
		if string(got) != want {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
	}
}

func TestJSONForms(t *testing.T) {
	t.Parallel()
	member := newRecord("project_user", textOf("username", "a"))
	for want, got := range map[string][]byte{
		`[]`: jsonRecords(nil),
		`{"project":{"name":"<b> & \"Île-de-France\" 🏗 \\ \t\u0001` + "\u2028" + `","project_users":[{"username":"a"}]}}`: jsonRecord(newRecord("project",
			textOf("name", "<b> & \"Île-de-France\" 🏗 \\ \t\x01\u2028"), listOf("project_users", []record{member}))),
		`{"project":{"gross_area":"12.50","owner":{"username":"a"},"project_users":[]}}`: jsonRecord(newRecord("project",
			recordOf("owner", member), decimalOf("gross_area", "12.50"), listOf("project_users", nil))),
		`{"a":{"b":"�"}}`: jsonRecord(newRecord("a", textOf("b", "\xff"))),
	} {
		if string(got) != want {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
	}
}

// TestOtherXMLReader has another library read what is written.
func TestOtherXMLReader(t *testing.T) {
	t.Parallel()
	texts := []string{
		"Håkon", "Île-de-France", "🏗️ Bygg", "a & b < c > d ]]> \"e\" 'f'", " two  spaces ", "line\r\nline\ttab", "Ærø", "",
	}
	var list []record
	for i, text := range texts {
		list = append(list, newRecord("project_user",
			textOf("first_name", text), intOf("project_id", i), boolOf("superuser", i%2 == 0), nullOf("user_role_id", kindInteger),
			timeOf("created_at", time.Unix(int64(i), 0)), decimalOf("area", "1.50"), textOrNull("role", "")))
	}
	list[0] = newRecord("project_user", append(list[0].fields, textOf("odd", "a\x00b\x1fc\uFFFEd\xffe"))...)
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(xmlRecords("project_users", list)); err != nil {
		t.Fatal(err)
	}
	top := doc.SelectElement("project-users")
	if top == nil || top.SelectAttrValue("type", "") != "array" || len(top.ChildElements()) != len(texts) {
		t.Fatalf("root: %v", top)
	}
	for i, e := range top.SelectElements("project-user") {
		for name, want := range map[string][3]string{
			"first-name":   {texts[i], "", ""},
			"project-id":   {string(rune('0' + i)), "integer", ""},
			"superuser":    {map[bool]string{true: "true", false: "false"}[i%2 == 0], "boolean", ""},
			"user-role-id": {"", "integer", "true"},
			"created-at":   {time.Unix(int64(i), 0).UTC().Format(time.RFC3339), "dateTime", ""},
			"area":         {"1.50", "decimal", ""},
			"role":         {"", "", "true"},
		} {
			f := e.SelectElement(name)
			if f == nil {
				t.Fatalf("%d: no %s", i, name)
			}
			if got := [3]string{f.Text(), f.SelectAttrValue("type", ""), f.SelectAttrValue("nil", "")}; got != want {
				t.Errorf("%d: %s is %q, want %q", i, name, got, want)
			}
		}
	}
	if got := top.FindElement("./project-user/odd").Text(); got != "a�b�c�d�e" {
		t.Errorf("what XML cannot hold: %q", got)
	}
	empty := etree.NewDocument()
	if err := empty.ReadFromBytes(xmlRecords("projects", nil)); err != nil || empty.Root().Tag != "projects" || len(empty.Root().Child) != 0 {
		t.Errorf("empty list: %v, %v", empty.Root(), err)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	r := newRecord("owner", textOf("name", "Håkon"))
	for _, c := range []struct {
		format format
		kind   string
		body   string
	}{
		{asJSON, "application/json; charset=utf-8", `{"owner":{"name":"Håkon"}}`},
		{asXML, "application/xml; charset=utf-8", string(xmlRecord(r))},
	} {
		w := httptest.NewRecorder()
		answerRecord(w, c.format, http.StatusCreated, r)
		if w.Code != 201 || w.Header().Get("Content-Type") != c.kind || w.Body.String() != c.body || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d: %d %v %s", c.format, w.Code, w.Header(), w.Body)
		}
		w = httptest.NewRecorder()
		answerRecords(w, c.format, "owners", []record{r})
		if w.Code != 200 || w.Header().Get("Content-Type") != c.kind || !strings.Contains(w.Body.String(), "Håkon") {
			t.Errorf("%d: list: %d %v %s", c.format, w.Code, w.Header(), w.Body)
		}
	}
}
