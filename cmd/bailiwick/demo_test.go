package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestDemo signs in as everybody whom the demonstration prints, and wants them
// to be who it says.
func TestDemo(t *testing.T) {
	eachDatabase(t, func(t *testing.T, address string) {
		p := serving(t, address, "--demo")
		me := func(name string) map[string]any {
			return p.want(t, 200, http.MethodGet, "/entrepot/api/users/me", name+":"+demoPassword, nil)
		}
		for _, person := range demoPeople() {
			if !strings.Contains(p.out.String(), fmt.Sprintf("  %-12s %s\n", person.name, person.is)) {
				t.Errorf("%s is not printed", person.name)
			}
			communities, _ := me(person.name)["communities_member"].([]any)
			switch {
			case person.name == demoPeople()[0].name && len(communities) != 3:
				t.Errorf("%s is in %v, want three communities", person.name, communities)
			case person.member && len(communities) != 1:
				t.Errorf("%s is in %v, want one community", person.name, communities)
			case !person.member && person.name != demoPeople()[0].name && len(communities) != 0:
				t.Errorf("%s is in %v, want none", person.name, communities)
			}
			if len(person.roles) == 1 && slices.Contains(workspace.Rights(), person.roles[0]) {
				in, _ := communities[0].(map[string]any)
				if got, want := fmt.Sprint(in["rights"]), fmt.Sprint(person.roles); got != want {
					t.Errorf("%s has the rights %s, want %s", person.name, got, want)
				}
			}
		}
		first, _ := me("gilles")["communities_member"].([]any)
		if in, _ := first[0].(map[string]any); fmt.Sprint(in["rights"]) != "[UPLOAD BROADCAST PROCESSING]" {
			t.Errorf("gilles has the rights %v, want those of his group", in["rights"])
		}

		// The three workspaces are in the three states.
		states := map[string]string{}
		list, _ := me("dave.lopper")["communities_member"].([]any)
		for _, entry := range list {
			member, _ := entry.(map[string]any)
			in, _ := member["community"].(map[string]any)
			name := fmt.Sprint(in["technical_name"])
			states[name] = "no datastore"
			if id, has := in["datastore"]; has {
				status, _ := p.call(t, http.MethodGet, fmt.Sprintf("/entrepot/api/datastores/%s", id), "dave.lopper:"+demoPassword, nil)
				states[name] = fmt.Sprint(status)
			}
		}
		if got, want := fmt.Sprint(states), fmt.Sprint(map[string]string{"tutoriels": "200", "atelier": "no datastore", "archives": "403"}); got != want {
			t.Errorf("the workspaces are %s, want %s", got, want)
		}
		admin := "admin:" + p.password()
		sums := []int{
			p.count(t, "/administrator/storages", admin), p.count(t, "/administrator/endpoints", admin), p.count(t, "/administrator/checks", admin),
			p.count(t, "/administrator/processings", admin), p.count(t, "/users/me/permissions", "victor:"+demoPassword), p.count(t, "/users/me/permissions", "lea:"+demoPassword),
		}
		if want := []int{7, 14, 5, 6, 1, 1}; !slices.Equal(sums, want) {
			t.Errorf("storages, endpoints, checks, processings, permissions of victor and lea: %v, want %v", sums, want)
		}
		p.wantTree(t)
		p.stop(t)

		// Once is enough.
		again := serving(t, address, "--demo")
		if n := again.count(t, "/administrator/storages", admin); n != 7 {
			t.Errorf("%d storages after a second start, want 7", n)
		}
		again.stop(t)
	})
}

// wantTree wants the map, the layer and its towns to be there for who has a role
// in the workspace, and not for who has none.
func (p *process) wantTree(t *testing.T) {
	t.Helper()
	list := func(path string) []map[string]any {
		status, text := p.call(t, http.MethodGet, "/ngw/w/tutoriels/api"+path, "emile:"+demoPassword, nil)
		var found []map[string]any
		if err := json.Unmarshal([]byte(text), &found); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", path, status, text)
		}
		return found
	}
	for _, class := range []string{"resource_group", "vector_layer", "qgis_vector_style", "webmap"} {
		if len(list("/resource/search/?cls="+class)) == 0 {
			t.Errorf("there is no %s", class)
		}
	}
	layer, _ := list("/resource/search/?keyname=" + demoTowns)[0]["resource"].(map[string]any)
	path := fmt.Sprintf("/resource/%v/feature/", layer["id"])
	towns := list(path + "?fld_population__gt=800000&order_by=-population&geom_format=geojson")
	if len(towns) != 2 || fmt.Sprint(towns[0]["fields"]) != "map[nom:Paris population:2.133111e+06]" {
		t.Errorf("towns of more than 800,000: %v", towns)
	}
	if status, text := p.call(t, http.MethodGet, "/ngw/w/tutoriels/api"+path, "lea:"+demoPassword, nil); status != 403 {
		t.Errorf("who has no role reads features: %d %s", status, text)
	}
}

// count returns how many entries a list has.
func (p *process) count(t *testing.T, path, who string) int {
	t.Helper()
	status, text := p.call(t, http.MethodGet, "/entrepot/api"+path, who, nil)
	var list []any
	if err := json.Unmarshal([]byte(text), &list); err != nil || status != 200 {
		t.Fatalf("%s: %d %s", path, status, text)
	}
	return len(list)
}

// TestReadmeCalls makes the calls that the README shows.
func TestReadmeCalls(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	p := serving(t, databases()["sqlite"](t), "--demo")
	calls := 0
	for line := range strings.Lines(strings.ReplaceAll(string(readme), "\\\n", " ")) {
		words := quoted(line)
		if len(words) == 0 || words[0] != "curl" {
			continue
		}
		calls++
		method, address, form, who := http.MethodGet, "", []string{}, ""
		kind, file := "application/x-www-form-urlencoded", false
		for i := 1; i < len(words); i++ {
			switch words[i] {
			case "-u":
				i++
				who = words[i]
			case "-d":
				i++
				method, form = http.MethodPost, append(form, words[i])
			case "-H":
				i++
				kind = strings.TrimPrefix(words[i], "Content-Type: ")
			case "-O", "-J":
				file = true
			default:
				address = strings.Replace(words[i], "127.0.0.1:8080", p.address, 1)
			}
		}
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(strings.Join(form, "&")))
		if err != nil {
			t.Fatal(err)
		}
		if name, password, ok := strings.Cut(who, ":"); ok {
			r.SetBasicAuth(name, password)
		}
		if len(form) > 0 {
			r.Header.Set("Content-Type", kind)
		}
		if status, text := do(t, r); status != http.StatusOK && status != http.StatusCreated || !file && !json.Valid([]byte(text)) || text == "" {
			t.Errorf("%s: %d %s", line, status, text)
		}
	}
	if calls != 10 {
		t.Errorf("the README shows %d calls, want 10", calls)
	}
	p.readWithGDAL(t, string(readme))
}

// quoted splits a line into words as a shell does, single quotes keeping one
// together.
func quoted(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

// readWithGDAL runs the command of GDAL that the README shows.
func (p *process) readWithGDAL(t *testing.T, readme string) {
	t.Helper()
	i := strings.Index(readme, "GDAL_HTTP_USERPWD=")
	if i < 0 {
		t.Fatal("the README shows no command of GDAL")
	}
	line, _, _ := strings.Cut(readme[i:], "\n")
	words := quoted(strings.Replace(line, "127.0.0.1:8080", p.address, 1))
	ogrinfo := exec.CommandContext(t.Context(), words[1], words[2:]...)
	ogrinfo.Env = append(os.Environ(), words[0])
	if text, err := ogrinfo.CombinedOutput(); err != nil || !strings.Contains(string(text), "Feature Count: 5") {
		t.Errorf("%s: %v %s", line, err, text)
	}
}
