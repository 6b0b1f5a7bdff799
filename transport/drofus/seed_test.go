package drofus_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// An example is one of testdata/seed, by the names of its parts.
type example map[string]string

func readExample(t *testing.T, file string) example {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	e := example{}
	heads := regexp.MustCompile(`(?m)^-- (\S+) --\n`).FindAllSubmatchIndex(text, -1)
	for i, at := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		e[string(text[at[2]:at[3]])] = string(text[at[1]:end])
	}
	return e
}

// A script is a shell in which the page's user types, with the real curl, in
// front of a lens that listens.
type script struct {
	*testing.T

	host, dir string
	is        map[string]string // what stands for {project} and the like
}

func newScript(t *testing.T, lens http.Handler) *script {
	t.Helper()
	server := httptest.NewServer(lens)
	t.Cleanup(server.Close)
	s := &script{T: t, host: server.URL + prefix, dir: t.TempDir()}
	// Lines stay as they are: curl writes the head of the answer beside us.
	s.file(".curlrc", "dump-header = \"head\"\n")
	return s
}

func (s *script) file(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// pagePassword is the page's testpw, of which eight characters are wanted here.
const pagePassword = "testpw-testpw"

// run returns what a line that calls curl is answered.
func (s *script) run(line string) *answer {
	s.Helper()
	line = strings.NewReplacer("{host}", s.host, "http://localhost:3000", s.host, "testadmin:testpw", "testadmin:"+pagePassword).Replace(line)
	cmd := exec.CommandContext(s.Context(), "sh", "-c", line)
	cmd.Dir, cmd.Env = s.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "NO_PROXY=*"}
	var said bytes.Buffer
	cmd.Stderr = &said
	body, err := cmd.Output()
	if err != nil {
		s.Fatalf("%s: %v: %s", line, err, said.String())
	}
	head, err := os.Open(filepath.Join(s.dir, "head"))
	if err != nil {
		s.Fatal(err)
	}
	defer head.Close()
	got, err := http.ReadResponse(bufio.NewReader(head), nil)
	if err != nil {
		s.Fatalf("%s: %v", line, err)
	}
	return &answer{T: s.T, status: got.StatusCode, header: got.Header, body: body}
}

// put puts into a text what stands for ids there.
func (s *script) put(text string) string {
	for name, value := range s.is {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

// example runs an example of the page, in a format.
func (s *script) example(e example, format string) *answer {
	s.Helper()
	line := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(e["page"]), "$ "), "|json_reformat")
	data := e["data.json"]
	for pair := range strings.Lines(e["where"]) {
		from, to, found := strings.Cut(strings.TrimSpace(pair), " => ")
		if !found || strings.Count(line+data, from) == 0 {
			s.Fatalf("nothing of %q is there", pair)
		}
		line, data = strings.ReplaceAll(line, from, s.put(to)), strings.ReplaceAll(data, from, s.put(to))
	}
	if format == "xml" {
		line = strings.ReplaceAll(strings.ReplaceAll(line, "Accept: application/json", "Accept: application/xml"), ".json", ".xml")
		line = strings.ReplaceAll(line, "@data.xml", "@data.json")
	}
	s.file("data.json", data)
	return s.run(line)
}

// seedWorld is a world as the page has it. A project from a time when nobody
// noted who made it, and what {mail} is.
func seedWorld(t *testing.T, kind dbtest.Kind) (*world, *script) {
	t.Helper()
	w := newWorld(t, kind, nil)
	ctx := w.Context()
	w.setPassword(w.server.ID, pagePassword)
	_, err := w.services.Workspaces.Update(ctx, root(), w.template.ID, func(w *workspace.Workspace) error {
		w.Name = "Another"
		return nil
	})
	w.must(err)
	nobody := w.server.actor()
	nobody.Name = ""
	made, _, err := w.services.Databases.CreateProject(ctx, nobody, database.ProjectDraft{
		Workspace: workspace.Workspace{
			Name: "dRofus dev template", Organization: w.akl.ID, Supervisor: w.server.ID, Project: workspace.Project{Number: "01"},
		},
		Existing: "akl-test",
	})
	w.must(err)
	w.template = made.Workspace
	w.join(w.template, w.user("testuser", false))
	n, err := w.services.Workspaces.AddNotice(ctx, root(), mail.Notice{
		Organization: string(w.akl.ID), Name: "Bienvenue", Occasion: mail.NewUser,
		Subject: "{{ project_user.project.name }}: {{ project_user.username }}",
		Body: "Bonjour {{ project_user.first_name }} {{ project_user.last_name }} <{{ project_user.email }}>, {{ current_user.name }} de " +
			"{{ project_user.project.owner }} : {{ project_user.project.database.name }}@{{ project_user.project.database.server }}. " +
			"{% if new_user %}Mot de passe : {{ pw }} !{% endif %}",
	})
	w.must(err)
	w.clock.Store(time.Date(2016, 11, 28, 12, 22, 35, 0, time.UTC).UnixMicro())
	s := newScript(t, w.lens)
	s.is = map[string]string{
		"project": projectID(w.template), "owner": fmt.Sprint(int64(w.akl.Num)), "mail": fmt.Sprint(n.Num),
	}
	return w, s
}

// TestSeedExamples runs each line of the page with curl, asking for JSON and for
// XML, on each kind of database, and compares what comes with what the page shows.
func TestSeedExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/seed/*.txt")
	if err != nil || len(files) != 11 {
		t.Fatal(files, err)
	}
	for _, kind := range dbtest.Kinds() {
		for _, format := range []string{"json", "xml"} {
			t.Run(kind.Name+"/"+format, func(t *testing.T) {
				t.Parallel()
				w, s := seedWorld(t, kind)
				answers := map[string]*answer{}
				for _, file := range files {
					name := strings.TrimSuffix(filepath.Base(file), ".txt")
					t.Run(name, func(t *testing.T) {
						s.T = t
						answers[name] = s.compare(readExample(t, file), format)
					})
				}
				s.T, w.T = t, t
				if t.Failed() {
					return
				}
				if !bytes.Equal(answers["05-user"].body, answers["06-user-suffix"].body) {
					t.Error("Accept and the suffix answer differently")
				}
				if at := answers["03-project"].header.Get("Location"); !regexp.MustCompile(`^http://127\.0\.0\.1:[0-9]+/drofus/projects/[0-9]+$`).MatchString(at) {
					t.Errorf("Location %q", at)
				}
				w.welcomed(s)
			})
		}
	}
}

// compare runs an example and compares its answer with the one that it should
// have.
func (s *script) compare(e example, format string) *answer {
	s.Helper()
	got := s.example(e, format)
	if refused, ok := e["refused"]; ok {
		status, text, _ := strings.Cut(strings.TrimSpace(refused), "\n")
		if fmt.Sprint(got.status) != status {
			s.Fatalf("status %d: %s", got.status, got.body)
		}
		return got.has(text)
	}
	shown := strings.TrimSpace(e["answer"] + e["ours"])
	switch {
	case shown == "":
		return got.wants(204).says("")
	case strings.Contains(e["page"], "-X POST"):
		got.wants(201)
	default:
		got.wants(200)
	}
	if is := got.header.Get("Content-Type"); is != "application/"+format+"; charset=utf-8" {
		s.Errorf("Content-Type %q", is)
	}
	is, err := readJSONValue(got.body)
	if format == "xml" {
		is, err = readXMLValue(got.body)
	}
	if err != nil {
		s.Fatalf("%v: %s", err, got.body)
	}
	want, err := readJSONValue([]byte(shown))
	if err != nil {
		s.Fatal(err)
	}
	for _, wrong := range is.differs(want, "") {
		s.Errorf("%s\nin %s", wrong, got.body)
	}
	return got
}

// welcomed wants who was enrolled to have been mailed, and to come in with the
// password that he was told.
func (w *world) welcomed(s *script) {
	w.Helper()
	_, err := w.services.Mail.Deliver(w.Context())
	w.must(err)
	i := slices.IndexFunc(w.sent.list, func(e mail.Email) bool { return e.To == "hhc@drofus.com" })
	if i < 0 {
		w.Fatalf("no letter among %v", w.sent.list)
	}
	letter := w.sent.list[i]
	if letter.Subject != "dRofus dev template: hakonhc" {
		w.Errorf("subject %q", letter.Subject)
	}
	said := regexp.MustCompile(`^Bonjour Håkon Clausen <hhc@drofus\.com>, Ada Løvelace de AKL : akl-test@adm\.example\.org\. Mot de passe : (\S+) !\s*$`).
		FindStringSubmatch(letter.Text)
	if said == nil {
		w.Fatalf("the letter says %q", letter.Text)
	}
	s.run("curl -s -u 'hakonhc:" + said[1] + "' -H 'Accept: application/json' {host}/projects").wants(200).says("[]")
	s.run("curl -s -u 'hakonhc:" + said[1] + "x' -H 'Accept: application/json' {host}/projects").wants(401)
}

// TestSeedResources calls with curl what the page lists without a line: lists,
// and GETs that do something, in each format.
func TestSeedResources(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			w, s := seedWorld(t, kind)
			const call = "curl -s -u testadmin:testpw "
			for _, r := range []struct{ path, root, plural string }{
				{"/projects", "project", "projects"},
				{"/projects?query=e&show_all=1", "project", "projects"},
				{"/projects/{project}", "project", ""},
				{"/owners", "owner", "owners"},
				{"/owners/{owner}", "owner", ""},
				{"/users", "user", "users"},
				{"/users?q=test", "user", "users"},
				{"/users/testuser", "user", ""},
				{"/database", "database", "databases"},
				{"/project_users", "project_user", "project_users"},
				{"/project_users/testuser,{project}", "project_user", ""},
				{"/emails", "email", "emails"},
				{"/node/logins", "", "logins"},
				{"/database/akl-test/disableall", "database", ""},
				{"/database/akl-test/kickall", "database", ""},
				{"/database/akl-test/enableall", "database", ""},
				{"/users/testuser/disable", "user", ""},
				{"/users/testuser/kick", "user", ""},
				{"/users/testuser/enable", "user", ""},
			} {
				at := s.put(r.path)
				path, query, asks := strings.Cut(at, "?")
				if asks {
					query = "?" + query
				}
				asJSON := s.run(call + "-H 'Accept: application/json' '{host}" + at + "'").wants(200)
				if again := s.run(call + "'{host}" + path + ".json" + query + "'").wants(200); !bytes.Equal(again.body, asJSON.body) && r.root != "database" {
					t.Errorf("%s.json: %s, want %s", path, again.body, asJSON.body)
				}
				if !strings.HasPrefix(string(asJSON.body), `{"`+r.root+`":{`) && r.plural == "" || r.plural != "" && r.root != "" && !strings.HasPrefix(string(asJSON.body), `[{"`+r.root+`":{`) {
					t.Errorf("%s: %s", at, asJSON.body)
				}
				want, err := readJSONValue(asJSON.body)
				w.must(err)
				asXML := s.run(call + "'{host}" + path + ".xml" + query + "'").wants(200)
				got, err := readXMLValue(asXML.body)
				w.must(err)
				for _, wrong := range got.differs(want, "") {
					t.Errorf("%s: %s", at, wrong)
				}
				if r.plural != "" {
					asXML.has("<" + strings.ReplaceAll(r.plural, "_", "-") + ` type="array"`)
				}
				page := s.run(call + "'{host}" + at + "'")
				switch {
				case strings.Count(path, "/") == 3: // it was done, and there is a page of it
					up := strings.Repeat("../", strings.Count(path, "/")-1)
					page.wants(303)
					if to, _, _ := strings.Cut(page.header.Get("Location"), "?"); to != up+path[1:strings.LastIndexByte(path, '/')] {
						t.Errorf("%s leads to %q", at, to)
					}
				case page.wants(200).header.Get("Content-Type") != "text/html; charset=utf-8":
					t.Errorf("%s: %q", at, page.header.Get("Content-Type"))
				}
			}
			backup := s.run(call + "{host}/database/akl-test/get_backup_now").wants(200)
			w.must(w.provision.Restore(t.Context(), "akl-copy", bytes.NewReader(backup.body)))
		})
	}
}

// A value is one of JSON or XML, with the order of its members.
type value struct {
	kind    string // "object", "array", "string", "number", "boolean", "null"
	text    string
	members []member // of an object
	items   []value
}

type member struct {
	name  string
	value value
}

// differs says where a value is not as wanted: other members or another order,
// another type, or another text, but for what differs from world to world.
func (v value) differs(want value, at string) []string {
	if v.kind != want.kind {
		return []string{fmt.Sprintf("%s is %s %q, want %s %q", at, v.kind, v.text, want.kind, want.text)}
	}
	names := func(v value) []string {
		list := []string{}
		for _, m := range v.members {
			list = append(list, m.name)
		}
		return list
	}
	if got, wanted := names(v), names(want); !slices.Equal(got, wanted) {
		return []string{fmt.Sprintf("%s has %v, want %v", at, got, wanted)}
	}
	if len(v.items) != len(want.items) {
		return []string{fmt.Sprintf("%s has %d items, want %d", at, len(v.items), len(want.items))}
	}
	var wrong []string
	for i, m := range v.members {
		wrong = append(wrong, m.value.differs(want.members[i].value, at+"/"+m.name)...)
	}
	for i, item := range v.items {
		wrong = append(wrong, item.differs(want.items[i], fmt.Sprintf("%s/%d", at, i))...)
	}
	moment := regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$`)
	switch name := at[strings.LastIndexByte(at, '/')+1:]; {
	case v.kind == "number" && (name == "id" || strings.HasSuffix(name, "_id")):
	case moment.MatchString(want.text) && moment.MatchString(v.text):
	case v.text != want.text:
		wrong = append(wrong, fmt.Sprintf("%s is %q, want %q", at, v.text, want.text))
	}
	return wrong
}

func readJSONValue(text []byte) (value, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := nextJSON(d)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	return v, err
}

func nextJSON(d *json.Decoder) (value, error) {
	token, err := d.Token()
	if err != nil {
		return value{}, err
	}
	switch token := token.(type) {
	case string:
		return value{kind: "string", text: token}, nil
	case json.Number:
		return value{kind: "number", text: token.String()}, nil
	case bool:
		return value{kind: "boolean", text: fmt.Sprint(token)}, nil
	case json.Delim:
		v := value{kind: "object"}
		if token == '[' {
			v.kind = "array"
		}
		for d.More() {
			name := ""
			if v.kind == "object" {
				token, err := d.Token()
				if err != nil {
					return v, err
				}
				name, _ = token.(string)
			}
			inner, err := nextJSON(d)
			if err != nil {
				return v, err
			}
			if v.kind == "object" {
				v.members = append(v.members, member{name, inner})
			} else {
				v.items = append(v.items, inner)
			}
		}
		_, err := d.Token()
		return v, err
	}
	return value{kind: "null"}, nil
}

// node is any element.
type node struct {
	XMLName xml.Name
	Type    string `xml:"type,attr"`
	Nil     string `xml:"nil,attr"`
	Text    string `xml:",chardata"`
	Inner   []node `xml:",any"`
}

// readXMLValue reads what Rails writes as what it would have written in JSON.
func readXMLValue(text []byte) (value, error) {
	var n node
	if err := xml.Unmarshal(text, &n); err != nil { //nolint:musttag // XMLName has no tag where any name will do
		return value{}, err
	}
	v := n.value(false)
	if n.Type == "array" {
		return v, nil
	}
	return value{kind: "object", members: []member{{n.name(), v}}}, nil
}

func (n node) name() string { return strings.ReplaceAll(n.XMLName.Local, "-", "_") }

// value is an element's. The items of a list that is no document are bare.
func (n node) value(inner bool) value {
	switch {
	case n.Nil == "true":
		return value{kind: "null"}
	case n.Type == "array":
		v := value{kind: "array"}
		for _, child := range n.Inner {
			item := child.value(true)
			if !inner {
				item = value{kind: "object", members: []member{{child.name(), item}}}
			}
			v.items = append(v.items, item)
		}
		return v
	case len(n.Inner) > 0:
		v := value{kind: "object"}
		for _, child := range n.Inner {
			v.members = append(v.members, member{child.name(), child.value(true)})
		}
		return v
	case n.Type == "integer":
		return value{kind: "number", text: n.Text}
	case n.Type == "boolean":
		return value{kind: "boolean", text: n.Text}
	}
	return value{kind: "string", text: n.Text}
}
