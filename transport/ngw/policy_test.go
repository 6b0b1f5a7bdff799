package ngw_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/transport/ngw"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestMatrix calls every route as everybody, on what is there and on what is
// not, and compares the answers with the policy beside the route. What is
// refused and what only reads leaves the database as it was; what is allowed to
// change something does.
func TestMatrix(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		m := newMatrix(w)
		calls := 0
		for _, route := range ngw.Routes() {
			if route.Policy.Who == ngw.Nobody {
				t.Errorf("%s %s has no policy", route.Method, route.Path)
				continue
			}
			calls += m.route(route)
		}
		if calls < 700 {
			t.Errorf("only %d calls", calls)
		}
	})
}

// A persona is somebody with what he holds on what the paths name.
type persona struct {
	ngwtest.Person

	name  string
	holds func(permission string) bool
	boss  bool
}

// A matrix is a world with one of everything that a path can name.
type matrix struct {
	*ngwtest.World

	personas []persona
	values   map[string]string // of variables of paths, where they mean resources
	victim   ngwtest.Person
	group    string
	files    map[string]string // an upload of each persona's, by name
	before   string            // the fingerprint of it all
}

var (
	errUndo  = errors.New("undo")
	variable = regexp.MustCompile(`\{([a-z_]+)(:([^{}]|\{[0-9]+\})*)?\}`)
)

// plainPath is a path without patterns of its variables: "/api/resource/{id}".
func plainPath(path string) string { return variable.ReplaceAllString(path, "{$1}") }

func newMatrix(w *ngwtest.World) *matrix {
	w.Helper()
	m := &matrix{World: w, files: map[string]string{}}
	none := func(string) bool { return false }
	m.personas = []persona{
		{Person: w.Guest, name: "guest", holds: none},
		{Person: w.Outsider, name: "outsider", holds: none},
		{Person: w.Member, name: "reader", holds: func(p string) bool { return p == "resource.read" }},
		{Person: w.Viewer, name: "viewer", holds: func(p string) bool { return p == "resource.read" || p == "data.read" }},
		{Person: w.Ada, name: "supervisor", holds: func(string) bool { return true }},
		{Person: w.Boss, name: "administrator", holds: func(string) bool { return true }, boss: true},
	}
	top := int64(w.Survey.Num)
	folder := w.Plant(w.Ada, "resource_group", top, "folder")
	layer := w.Plant(w.Ada, "vector_layer", folder, "layer", object{"vector_layer": object{
		"srs": object{"id": 3857}, "geometry_type": "POINT",
		"fields": []any{object{"keyname": "name", "display_name": "name", "datatype": "STRING"}},
	}})
	rule(w, folder, entry("allow", w.Member.Num, "", "resource", "read", true))
	feature := w.Call(w.Ada, http.MethodPost, fmt.Sprintf("%s/feature/", ngwtest.Item(layer)), object{
		"geom": "POINT (1 1)", "fields": object{"name": "x"},
	}).Wants(http.StatusOK).At("id")
	attachment := w.Call(w.Ada, http.MethodPost, fmt.Sprintf("%s/feature/%v/attachment/", ngwtest.Item(layer), feature), object{
		"file_upload": object{"id": m.send(w.Ada)}, "name": "a.png",
	}).Wants(http.StatusOK).At("id")
	m.values = map[string]string{
		"id": fmt.Sprint(layer), "parent": fmt.Sprint(folder), "fid": fmt.Sprint(feature), "aid": fmt.Sprint(attachment),
	}
	m.victim = w.Person("victim", false)
	group, err := w.Services.Workspaces.CreateGroup(w.Context(), ngwtest.Root(), workspace.Group{Name: "Crew"})
	w.OK(err)
	m.group = fmt.Sprint(group.Num)
	for _, p := range m.personas {
		m.files[p.name] = m.send(p.Person)
		w.Call(p.Person, http.MethodGet, current, nil).Wants(http.StatusOK) // when somebody called last is kept
	}
	// As are small pictures, once somebody looked.
	small := fmt.Sprintf("%s/feature/%v/attachment/%v/image?size=10x10", ngwtest.Item(layer), feature, attachment)
	w.Serve(w.Request(w.Ada, http.MethodGet, small, nil)).Wants(http.StatusOK)
	m.before = dbtest.Fingerprint(w, w.DB)
	return m
}

// dot is a file that is an image.
func dot() string {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2)))
	return b.String()
}

// send uploads one as somebody.
func (m *matrix) send(who ngwtest.Person) string {
	m.Helper()
	id, _ := m.Call(who, http.MethodPut, "/api/component/file_upload/", dot()).Wants(http.StatusCreated).At("id").(string)
	return id
}

// A sample is a request that succeeds for whoever may make it. Still is set
// where that changes nothing, or not for everybody.
type sample struct {
	query  string
	body   any
	header []string
	status int // where it is none of success
	still  bool
}

// samples are those of the routes whose plain path does not say all.
func (m *matrix) samples() map[string]sample {
	const resources, child = "/api/resource/", "/resource/{parent}/child/"
	const layer, feature = "/api/resource/{id}/", "/api/resource/{id}/feature/{fid}"
	const uploads = "/api/component/file_upload/"
	draft := object{"resource": object{"cls": "resource_group", "display_name": "new", "parent": object{"id": m.number("parent")}}}
	tus := []string{"Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream", "Upload-Offset", fmt.Sprint(len(dot()))}
	return map[string]sample{
		"GET /api/component/pyramid/settings":          {query: "?component=pyramid"},
		"GET /api/component/pyramid/csettings":         {query: "?pyramid=all"},
		"PUT /api/component/pyramid/csettings":         {body: object{}, still: true},
		"POST /api/component/pyramid/storage/estimate": {still: true},
		"GET /api/resource/{id}/legend_symbols":        {status: http.StatusNotImplemented},
		"POST /api/component/auth/login":               {body: object{"login": "victim", "password": ngwtest.Password}},
		"POST /api/component/auth/logout":              {still: true},
		"PUT /api/component/auth/profile":              {body: object{"language": "fr"}},
		"POST /api/component/auth/user/":               {body: object{"keyname": "new", "display_name": "New"}},
		"PUT /api/component/auth/user/{id}":            {body: object{"display_name": "New"}},
		"POST /api/component/auth/group/":              {body: object{"keyname": "new", "display_name": "New"}},
		"PUT /api/component/auth/group/{id}":           {body: object{"display_name": "New"}},
		"POST " + resources:                            {body: draft},
		"PUT /api/resource/{id}":                       {body: object{}, still: true}, // what else it takes depends on what is changed
		"GET " + resources + "delete":                  {query: "?resources=" + m.values["id"]},
		"POST " + resources + "delete":                 {query: "?partial=true&resources=" + m.values["id"], still: true}, // see TestBatchDeletion
		"POST /api/component/resource/attr":            {body: object{"resources": []any{m.number("id")}, "attributes": []any{[]any{"resource.cls"}}}, still: true},
		"POST /api/component/resource/check_quota":     {body: object{"webmap": 1}, still: true},
		"POST /api/resource/check_quota":               {body: object{"webmap": 1}, still: true},
		"POST " + child:                                {body: draft},
		"PUT " + child + "{id}":                        {body: object{}, still: true},
		"PATCH " + child + "{id}":                      {body: object{}, still: true},
		"POST " + layer + "feature/":                   {body: object{"geom": "POINT (2 2)", "fields": object{"name": "y"}}},
		"PATCH " + layer + "feature/":                  {body: []any{object{"geom": "POINT (2 2)"}}},
		"PUT " + feature:                               {body: object{"fields": object{"name": "z"}}},
		"POST /api/feature_layer/identify":             {body: object{"srs": 3857, "geom": "POINT (1 1)", "layers": []any{m.number("id")}}, still: true},
		"POST " + feature + "/attachment/":             {body: object{"file_upload": object{"id": ""}, "name": "b.png"}},
		"PUT " + feature + "/attachment/{aid}":         {body: object{"name": "c.png"}},
		"GET " + feature + "/attachment/{aid}/image":   {query: "?size=10x10"},
		"PUT " + uploads:                               {body: "x"},
		"PUT " + uploads + "upload":                    {body: "x"},
		"POST " + uploads:                              {header: []string{"Tus-Resumable", "1.0.0", "Upload-Length", "5"}},
		"POST " + uploads + "upload":                   {header: []string{"Tus-Resumable", "1.0.0", "Upload-Length", "5"}},
		"PATCH " + uploads + "{id}":                    {header: tus, still: true},
		"DELETE " + uploads + "{id}":                   {header: tus},
		"OPTIONS " + uploads:                           {still: true},
		"OPTIONS " + uploads + "upload":                {still: true},
		"OPTIONS " + uploads + "{id}":                  {still: true},
	}
}

func (m *matrix) number(name string) int64 {
	var n int64
	_, _ = fmt.Sscan(m.values[name], &n)
	return n
}

// path fills in the variables of one.
func (m *matrix) path(path string, p persona, there bool) string {
	plain := plainPath(path)
	return variable.ReplaceAllStringFunc(plain, func(part string) string {
		name := strings.Trim(part, "{}")
		switch {
		case name == "id" && strings.HasPrefix(plain, "/api/component/file_upload/"):
			if !there {
				return strings.Repeat("0", 32)
			}
			return m.files[p.name]
		case !there && name == "id":
			return "999999"
		case name == "id" && strings.HasPrefix(plain, "/api/component/auth/user/"):
			return fmt.Sprint(m.victim.Num)
		case name == "id" && strings.HasPrefix(plain, "/api/component/auth/group/"):
			return m.group
		case name == "id" && strings.HasPrefix(plain, "/api/component/spatial_ref_sys/"):
			return "3857"
		}
		return m.values[name]
	})
}

// route calls one as everybody and returns how many calls it made.
func (m *matrix) route(route ngw.Route) int {
	m.Helper()
	calls, changed := 0, false
	for _, p := range m.personas {
		for _, there := range []bool{true, false} {
			if !there && !strings.Contains(route.Path, "{id") {
				continue
			}
			changed = m.one(route, p, there, changed) || changed
			calls++
		}
	}
	if after := dbtest.Fingerprint(m, m.DB); after != m.before {
		m.Errorf("%s %s: a refusal, or a reading, changed something", route.Method, route.Path)
		m.before = after
	}
	return calls
}

// one makes a call, and reports whether it was seen to change something, which
// is looked at once.
func (m *matrix) one(route ngw.Route, p persona, there, seen bool) (changed bool) {
	m.Helper()
	s := m.samples()[route.Method+" "+plainPath(route.Path)]
	if of, ok := s.body.(object); ok && of["file_upload"] != nil {
		s.body = object{"file_upload": object{"id": m.files[p.name]}, "name": "b.png"}
	}
	path := m.path(route.Path, p, there) + s.query
	want := m.expect(route, p, there)
	if want == http.StatusOK && s.status != 0 {
		want = s.status
	}
	describe := fmt.Sprintf("%s %s as %s", route.Method, path, p.name)
	ask := func(ctx context.Context) ngwtest.Answer {
		a := m.Serve(m.Request(p.Person, route.Method, path, s.body, s.header...).WithContext(ctx))
		if a.Status >= http.StatusBadRequest {
			a.Failure()
		}
		success := a.Status >= 200 && a.Status < 300
		if success != (want == http.StatusOK) || !success && a.Status != want {
			m.Errorf("%s: %d, want %d: %s", describe, a.Status, want, a.Text)
		}
		return a
	}
	if want != http.StatusOK || route.Method == http.MethodGet {
		ask(m.Context())
		return false
	}
	// Within a unit of work that is undone, so that everybody finds the same.
	err := m.DB.Tx(m.Context(), func(ctx context.Context) error {
		a := ask(ctx)
		if a.Status >= 300 || s.still || !there || seen {
			return errUndo
		}
		after, err := m.DB.Fingerprint(ctx, nil)
		if err != nil {
			return err
		}
		if changed = after != m.before; !changed {
			m.Errorf("%s: changed nothing", describe)
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		m.Errorf("%s: %v", describe, err)
	}
	return changed
}

// expect returns the status that the policy of a route promises; 200 stands for
// any success.
func (m *matrix) expect(route ngw.Route, p persona, there bool) int {
	missing := http.StatusNotFound
	switch route.Policy.Who {
	case ngw.Public:
		if there || strings.HasPrefix(route.Path, "/resource/") || route.Method == http.MethodOptions {
			return http.StatusOK // older clients are told [] of what is not there
		}
		return missing
	case ngw.SignedIn:
		if p.name == "guest" {
			return http.StatusUnauthorized
		}
		return http.StatusOK
	case ngw.Holder:
		// Numbers of resources are no secret.
		if !there {
			return missing
		}
		if !p.holds(route.Policy.Permission) {
			return http.StatusForbidden
		}
		return http.StatusOK
	case ngw.UserViewer, ngw.PlatformAdministrator:
		if !p.boss {
			return http.StatusForbidden
		}
		if !there {
			return missing
		}
		return http.StatusOK
	}
	m.Errorf("%s %s: unknown policy %d", route.Method, route.Path, route.Policy.Who)
	return 0
}
