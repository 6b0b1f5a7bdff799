package drofus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport/drofus"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// TestMatrix calls every route as everybody, in every format, about what is AKL's,
// about what is Beta's and about what does not exist, and compares the answers with
// the policy beside the route. What is refused leaves the database and the real
// ones as they were, and what lies out of reach is answered as what does not exist.
// What is allowed succeeds and, where it is meant to change something, does.
func TestMatrix(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := newMatrix(w)
		for _, route := range drofus.Routes() {
			if route.Policy == drofus.Nobody {
				w.Errorf("%s %s has no policy", route.Method, route.Path)
				continue
			}
			m.route(route)
		}
		if m.calls < 2500 {
			w.Errorf("only %d calls", m.calls)
		}
	})
}

// A rank is how much somebody is, as far as an owner is concerned.
type rank int

const (
	nothing rank = iota
	runsProject
	runsOwner
	runsServer
)

// A persona is somebody with a rank in each of the owners.
type persona struct {
	*someone

	name string
	rank map[string]rank
	key  string // that he comes with in place of a password
	twin bool   // of who is as much, but for where or how
	// refused is who is told to sign in, whatever he calls.
	refused bool
}

func (p *persona) most() rank {
	most := nothing
	for _, r := range p.rank {
		most = max(most, r)
	}
	return most
}

// The sides that a call may be about.
const (
	akl     = "AKL"
	beta    = "Beta"
	missing = "missing"
)

// A side is what one of the owners has.
type side struct {
	owner, project, mail string
	database             database.Name
	user                 string // of the project, and of no other
	spare                string // an owner, and a database, that can be deleted
	empty                database.Name
	recruit              string
}

type matrix struct {
	*world

	personas []*persona
	sides    map[string]side
	before   string
	real     []database.Name
	calls    int
	// absent are the answers about what does not exist.
	absent map[string][]byte
}

func newMatrix(w *world) *matrix {
	m := &matrix{world: w, absent: map[string][]byte{}}
	ctx := w.Context()
	w.services.AccessKeys = accesskey.New(w.db.AccessKeys(), w.services.Rules, w.services.Quotas, w.db.Trail(), &accesskey.Options{Now: w.services.Now, AllowNever: true})
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.PathPrefix(prefix + "/").Handler(http.StripPrefix(prefix, drofus.Handler(w.services, nil)))
	w.lens = router

	// The template is alone in its database, or its administrator might not lock it.
	_, err := w.services.Databases.Create(ctx, root(), w.akl.ID, database.Draft{Name: "akl-two"})
	w.must(err)
	w.must(w.services.Databases.SetDatabase(ctx, root(), w.second.ID, "akl-two"))

	barred, rights, disabled := w.user("barred", false), w.user("rights", false), w.user("disabled", false)
	_, err = w.services.Workspaces.Enrol(ctx, root(), w.template.ID, workspace.Enrolment{
		User: workspace.Person{Username: "barred"}, Roles: []rbac.RoleName{workspace.RoleProjectAdministrator}, Barred: true,
	})
	w.must(err)
	var all []rbac.RoleName
	for _, module := range workspace.Modules() {
		all = append(all, module.Role(workspace.FullAccess))
	}
	w.join(w.template, rights, all...)
	w.join(w.template, disabled, workspace.RoleProjectAdministrator)
	other := w.user("otherowner", false)
	w.must(w.services.Workspaces.AddOrganizationUser(ctx, root(), w.beta.ID, other.ID))
	_, err = w.services.Workspaces.UpdateUser(ctx, root(), disabled.ID, func(u *workspace.User) error { u.Disabled = true; return nil })
	w.must(err)

	some := int64(9)
	w.must(w.services.Workspaces.SetUserQuotas(ctx, root(), w.project.ID, &some, nil))
	_, secret, err := w.services.AccessKeys.Create(ctx, w.project.actor(), accesskey.Key{Title: "script"})
	w.must(err)

	aklSide, betaSide := m.side(w.akl, w.template, "akl-test"), m.side(w.beta, w.foreign, "beta-test")
	m.sides = map[string]side{akl: aklSide, beta: betaSide, missing: {
		owner: "999999", project: "999999", mail: "999999", database: "no-such", user: "nobody.at.all", spare: "999999",
		empty: "no-such", recruit: "nobody.at.all",
	}}
	both := func(r rank) map[string]rank { return map[string]rank{akl: r, beta: r} }
	m.personas = []*persona{
		{name: "guest", refused: true, twin: true},
		{name: "disabled", someone: disabled, refused: true, twin: true},
		{name: "nobody", someone: w.user("loner", false), twin: true},
		{name: "member", someone: w.member},
		{name: "member with rights", someone: rights, twin: true},
		{name: "barred administrator", someone: barred},
		{name: "project administrator", someone: w.project, rank: map[string]rank{akl: runsProject}},
		{name: "his key", someone: w.project, key: secret, twin: true, rank: map[string]rank{akl: runsProject}},
		{name: "project administrator elsewhere", someone: w.outsider, twin: true, rank: map[string]rank{beta: runsProject}},
		{name: "owner administrator", someone: w.owner, rank: map[string]rank{akl: runsOwner}},
		{name: "owner administrator elsewhere", someone: other, twin: true, rank: map[string]rank{beta: runsOwner}},
		{name: "server administrator", someone: w.server, rank: both(runsServer)},
	}
	for _, p := range m.personas { // when somebody called last is kept, and so is when he came
		if !p.refused {
			m.ask(ctx, p, http.MethodGet, "/", "", "application/json")
		}
	}
	m.remember()
	return m
}

func (m *matrix) side(o workspace.Organization, project workspace.Workspace, db database.Name) side {
	m.Helper()
	ctx := m.Context()
	name := strings.ToLower(o.Name)
	s := side{
		owner: fmt.Sprint(int64(o.Num)), project: projectID(project), database: db,
		user: "victim." + name, empty: database.Name(name + "-empty"), recruit: "recruit." + name,
	}
	m.join(project, m.user(s.user, false))
	m.user(s.recruit, false)
	_, err := m.services.Databases.Create(ctx, root(), o.ID, database.Draft{Name: s.empty})
	m.must(err)
	n, err := m.services.Workspaces.AddNotice(ctx, root(), mail.Notice{
		Organization: string(o.ID), Name: "Welcome to " + o.Name, Occasion: mail.NewUser, Subject: "Welcome", Body: "Hello {{ user.name }}",
	})
	m.must(err)
	s.mail = fmt.Sprint(n.Num)
	spare, err := m.services.Workspaces.CreateOrganization(ctx, root(), workspace.Organization{
		Name: "Spare of " + o.Name, UploadsQuota: quota.NoLimit, DatabasesQuota: quota.NoLimit,
	})
	m.must(err)
	s.spare = fmt.Sprint(int64(spare.Num))
	return s
}

// locked locks or unlocks the databases of both sides.
func (m *matrix) locked(lock bool) {
	m.Helper()
	change := m.services.Databases.Unlock
	if lock {
		change = m.services.Databases.Lock
	}
	for _, at := range []string{akl, beta} {
		_, _, err := change(m.Context(), root(), m.sides[at].database)
		m.must(err)
	}
	m.remember()
}

// remember takes what there is for what is to stay.
func (m *matrix) remember() {
	m.Helper()
	m.before, m.real = dbtest.Fingerprint(m, m.db), m.names()
}

func (m *matrix) names() []database.Name {
	m.Helper()
	names, err := m.provision.Databases(m.Context())
	m.must(err)
	slices.Sort(names)
	return names
}

// unchanged wants everything to be as it was.
func (m *matrix) unchanged(what string) {
	m.Helper()
	if after := dbtest.Fingerprint(m, m.db); after != m.before {
		m.Errorf("%s: a refusal, or a reading, changed something", what)
	}
	if names := m.names(); !slices.Equal(names, m.real) {
		m.Errorf("%s: databases %v, there were %v", what, names, m.real)
	}
	m.remember()
}

const asPage = "text/html"

// formats are what a persona asks for by the header Accept: each has somebody who
// does of every rank.
func (p *persona) formats() []string {
	if p.twin {
		return []string{"application/json"}
	}
	return []string{"application/json", "application/xml", asPage}
}

// ask calls as a persona, in the unit of work of ctx.
func (m *matrix) ask(ctx context.Context, p *persona, method, path, body, accept string) *answer {
	m.Helper()
	sent := httptest.NewRequestWithContext(ctx, method, prefix+path, strings.NewReader(body))
	switch {
	case p.key != "":
		sent.Header.Set("X-Api-Key", p.key)
	case p.someone != nil:
		sent.SetBasicAuth(p.Username, password)
	}
	sent.Header.Set("User-Agent", "curl/7.50.3")
	sent.Header.Set("Accept", accept)
	if body != "" {
		sent.Header.Set("Content-Type", "application/json")
	}
	got := httptest.NewRecorder()
	m.lens.ServeHTTP(got, sent)
	m.calls++
	return &answer{T: m.T, status: got.Code, header: got.Header(), body: got.Body.Bytes()}
}

// route calls one as everybody.
func (m *matrix) route(route drofus.Route) {
	m.Helper()
	sides := []string{akl, beta, missing}
	body := bodies()[route.Method+" "+route.Path]
	if !strings.Contains(route.Path, "{") && body == nil {
		sides = []string{akl}
	}
	clear(m.absent)
	if strings.HasSuffix(route.Path, "/enableall") { // which is something while they are disabled
		m.locked(true)
		defer m.locked(false)
	}
	for _, at := range slices.Backward(sides) { // what is missing first, for comparison
		for _, p := range m.personas {
			for i, accept := range p.formats() {
				// Refusing a password costs what checking one does, and comes before
				// the path is looked at: once a route and format is enough.
				if p.refused && p.someone != nil && at != sides[i%len(sides)] {
					continue
				}
				m.one(route, p, at, accept)
			}
		}
	}
	m.unchanged(route.Method + " " + route.Path)
}

func (m *matrix) one(route drofus.Route, p *persona, at, accept string) {
	m.Helper()
	path, body := m.path(route, p, at), ""
	if write := bodies()[route.Method+" "+route.Path]; write != nil {
		body = write(m.sides[at])
	}
	call := fmt.Sprintf("%s %s as %s, %s", route.Method, path, p.name, accept)
	want := m.expect(route, p, at, accept)
	// Of backups the trail tells.
	changes := route.Method != http.MethodGet || acting(route) || strings.HasSuffix(route.Path, "/get_backup_now")
	ctx := m.Context()
	switch {
	case p.refused && p.someone != nil || route.Policy == drofus.Public && changes:
		// Trying is counted, and undone here, or he would have to wait soon.
		m.undone(func(ctx context.Context) { m.check(call, m.ask(ctx, p, route.Method, path, body, accept), want) })
		return
	case want != success || !changes:
		got := m.ask(ctx, p, route.Method, path, body, accept)
		m.check(call, got, want)
		// A form comes back with what was typed.
		if want == http.StatusNotFound || want == http.StatusUnprocessableEntity && accept != asPage {
			m.alike(call, p.name+accept, at, got)
		}
		return
	case concrete(route):
		// What the unit of work could not undo is done, and taken back.
		if accept != asPage && p.twin || accept == "application/xml" {
			return // real databases take their time
		}
		m.check(call, m.ask(ctx, p, route.Method, path, body, accept), want)
		if dbtest.Fingerprint(m, m.db) == m.before {
			m.Errorf("%s: changed nothing", call)
		}
		m.restore(route, m.sides[at])
		m.remember()
		return
	}
	if accept == "application/xml" {
		return // as in JSON, but for the writing
	}
	m.undone(func(ctx context.Context) {
		m.check(call, m.ask(ctx, p, route.Method, path, body, accept), want)
		if accept == asPage {
			return
		}
		after, err := m.db.Fingerprint(ctx, nil)
		m.must(err)
		if after == m.before && !quiet(route) {
			m.Errorf("%s: changed nothing", call)
		}
	})
}

var errUndo = errors.New("undo")

// undone does something in a unit of work that is taken back.
func (m *matrix) undone(fn func(ctx context.Context)) {
	m.Helper()
	err := m.db.Tx(m.Context(), func(ctx context.Context) error {
		fn(ctx)
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		m.Error(err)
	}
}

// success stands for any status that is one.
const success = 0

func (m *matrix) check(call string, got *answer, want int) {
	m.Helper()
	if want == success && got.status >= 200 && got.status < 400 || got.status == want {
		return
	}
	m.Errorf("%s: status %d, want %d: %.300s", call, got.status, want, got.body)
}

// alike wants what is out of reach to be told as what does not exist.
func (m *matrix) alike(call, who, at string, got *answer) {
	m.Helper()
	if at == missing {
		m.absent[who] = got.body
	} else if absent, known := m.absent[who]; known && !bytes.Equal(absent, got.body) {
		at := 0
		for at < min(len(absent), len(got.body)) && absent[at] == got.body[at] {
			at++
		}
		m.Errorf("%s: tells %.60q, and %.60q where nothing is", call, got.body[at:], absent[at:])
	}
}

// acting reports whether a GET does something.
func acting(route drofus.Route) bool {
	switch route.Path[strings.LastIndexByte(route.Path, '/')+1:] {
	case "disable", "enable", "kick", "disableall", "enableall", "kickall":
		return true
	}
	return false
}

// quiet reports whether a route may do something and leave no trace: enabling who
// is, kicking who has not come.
func quiet(route drofus.Route) bool {
	return strings.HasSuffix(route.Path, "/enable") || strings.HasSuffix(route.Path, "/kick")
}
