package apiv1_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// TestMatrix calls every operation as everybody, on what is his, on what is
// somebody else's and on what does not exist, and compares the answers with the
// policy beside the route. What is refused, and what is only tried, leaves the
// database as it was; what is allowed succeeds with a real request and changes
// something.
func TestMatrix(t *testing.T) {
	t.Parallel()
	eachAddress(t, func(t *testing.T, address string, db *storage.DB) {
		t.Helper()
		m := newMatrix(t, address, db)
		calls := 0
		for _, route := range apiv1.Routes() {
			if route.Policy.Who == apiv1.Nobody {
				t.Errorf("%s has no policy", route.Operation)
				continue
			}
			// Of its own name, so that one can be asked for.
			t.Run(route.Operation, func(t *testing.T) {
				m.t = t
				calls += m.route(route)
			})
			m.t = t
		}
		if whole := flag.Lookup("test.run").Value.String(); strings.Count(whole, "/") < 2 && calls < 1500 {
			t.Errorf("only %d calls", calls)
		}
	})
}

// place is a workspace with everything in it that a path can name.
type place struct {
	workspace.Details

	pays   workspace.Organization
	group  workspace.Group
	victim *someone // a member without roles, in the group; administers what pays
	fellow *someone // an editor, who owns a node
	rule   rbac.Rule
	pool   quota.Pool
	closed bool

	invitation workspace.Invitation
	open       string // the token of a link
	personal   string // the token of the invitation
	key        accesskey.Key
	things     belongings // of the victim

	tree  grown
	stock stock
}

// persona is somebody with a place in a workspace, or with none.
type persona struct {
	*someone

	name string
	home *place
	// What he is at home.
	inside, supervisor, chief, platform bool
	role                                rbac.RoleName

	things belongings
}

type matrix struct {
	*world

	address  string
	planted  rbac.Node
	personas []*persona
	abroad   *place
	recruit  *someone // belongs nowhere
	boss     *someone // administers the platform
	spares   [2]struct {
		organization workspace.Organization
		pool         quota.Pool
		role         rbac.RoleName
	}
	keys quota.PoolID // what users have
	dump string       // a backup

	reset  string // a token of the recruit's
	cookie string // of a session of his
}

func newMatrix(t *testing.T, address string, db *storage.DB) *matrix {
	t.Helper()
	m := &matrix{world: newWorld(t, db), address: address}
	m.recruit, m.boss = m.user("recruit", false), m.user("platform", true)
	here, shut := m.place("here"), m.place("shut")
	m.abroad = m.place("abroad")
	for i := range m.spares {
		name := "spare" + strconv.Itoa(i)
		m.spares[i].organization, m.spares[i].pool, m.spares[i].role = m.organization(name), m.pool(name), rbac.RoleName(name+"/x")
		m.must(m.services.Workspaces.PutRole(t.Context(), root(), rbac.Role{
			Name: m.spares[i].role, Title: name, Permissions: []rbac.Permission{workspace.Annex},
		}))
	}
	keys, _, err := m.services.Workspaces.UserQuotas(t.Context(), root(), m.recruit.ID)
	m.must(err)
	m.keys = keys.Pool

	m.pocket(m.recruit)
	m.must(m.services.SignIn.RequestReset(t.Context(), m.recruit.Username, ""))
	m.reset = m.mails.token()
	session, err := m.services.SignIn.StartFor(t.Context(), m.recruit.ID, "oidc", "browser", "")
	m.must(err)
	m.cookie = session.Secret
	add := func(p *persona) {
		if p.home == nil {
			p.home = here
		}
		if p.someone != nil {
			p.things = m.pocket(p.someone)
		}
		m.personas = append(m.personas, p)
	}
	add(&persona{name: "guest"})
	add(&persona{name: "stranger", someone: m.user("stranger", false)})
	m.dump = m.backedUp(here.stock.used)
	for _, role := range []rbac.RoleName{
		"", workspace.RoleViewer, workspace.RoleEditor, workspace.RoleAdministrator, workspace.RoleCommunity, workspace.RoleProjectAdministrator,
	} {
		u := m.user("has-"+strings.ReplaceAll(string(role), " ", "-"), false)
		var roles []rbac.RoleName
		if role != "" {
			roles = append(roles, role)
		}
		m.join(here.ID, u, roles...)
		add(&persona{name: "member with role " + string(role), someone: u, inside: true, role: role})
	}
	for _, at := range []*place{here, shut} {
		locked := m.user("administrator-"+at.Name, false)
		m.join(at.ID, locked, workspace.RoleAdministrator)
		chief := m.user("chief-"+at.Name, false)
		m.must(m.services.Workspaces.AddOrganizationUser(t.Context(), root(), at.pays.ID, chief.ID))
		supervisor := &someone{at.SupervisedBy}
		add(&persona{name: "administrator of " + at.Name, someone: locked, home: at, inside: true, role: workspace.RoleAdministrator})
		add(&persona{name: "supervisor of " + at.Name, someone: supervisor, home: at, inside: true, supervisor: true})
		add(&persona{name: "organization administrator of " + at.Name, someone: chief, home: at, chief: true})
	}
	add(&persona{name: "platform administrator", someone: m.boss, platform: true})
	m.must(m.services.Workspaces.Deactivate(t.Context(), root(), shut.ID))
	shut.closed = true
	// Whoever called this minute leaves no trace by calling again.
	for _, p := range m.personas {
		if p.someone != nil {
			m.call(p.someone, http.MethodGet, "/me", "", http.StatusOK)
		}
	}
	return m
}

func (m *matrix) place(name string) *place {
	m.t.Helper()
	ctx, s := m.t.Context(), m.services.Workspaces
	p := &place{pays: m.organization("pays-" + name), victim: m.user("victim-"+name, false), pool: m.pool("pool-" + name)}
	p.Details = m.workspace(name, p.pays.ID, m.user("supervisor-"+name, false))
	m.join(p.ID, p.victim)
	m.must(s.AddOrganizationUser(ctx, root(), p.pays.ID, p.victim.ID))
	p.fellow = m.user("fellow-"+name, false)
	m.join(p.ID, p.fellow, workspace.RoleEditor)
	m.planted += 1000 // what is made after a node has higher numbers
	dbtest.Sow(m.t, m.address, []rbac.Place{
		{Node: 7000 + m.planted, Parent: p.Num, Class: "group", Workspace: p.Num, Owner: p.fellow.Num},
	})
	var err error
	p.rule, err = s.AddRule(ctx, root(), p.ID, rbac.Rule{
		Node: p.Num, Effect: rbac.Allow, Principal: p.victim.Num, Scope: "datastore", Permission: "upload",
	})
	m.must(err)
	p.group, err = s.CreateGroup(ctx, root(), workspace.Group{Workspace: p.ID, Name: "group-" + name})
	m.must(err)
	m.must(s.AddToGroup(ctx, root(), p.group.ID, p.victim.ID))
	_, err = s.Allot(ctx, root(), p.ID, p.pool.ID, "", 3)
	m.must(err)
	m.furnish(p)
	p.stock = m.build(p.Details)
	p.tree = m.grow(p.Details, p.fellow)
	m.complete(p.tree, p.fellow)
	m.must(m.services.Resources.SetLimit(ctx, m.actor(m.boss), p.Num, "vector_layer", new(int64(100))))
	return p
}

const (
	own     = "own"
	foreign = "foreign"
	absent  = "missing"
)

var variable = regexp.MustCompile(`\{(\w+)\}`)

// route calls one operation as everybody and returns how many calls it made.
func (m *matrix) route(route apiv1.Route) int {
	variants := [][2]string{{own, own}}
	switch len(variable.FindAllString(route.Path, -1)) {
	case 0:
	case 1:
		variants = append(variants, [2]string{foreign, foreign}, [2]string{absent, absent})
	default:
		variants = append(variants, [2]string{foreign, foreign}, [2]string{absent, absent}, [2]string{own, absent})
	}
	before, calls := dbtest.Fingerprint(m.t, m.db), 0
	for _, p := range m.personas {
		for _, v := range variants {
			m.one(route, p, v, before)
			calls++
		}
	}
	if dbtest.Fingerprint(m.t, m.db) != before {
		m.t.Errorf("%s: a refusal, a trial or a reading changed something", route.Operation)
	}
	return calls
}

var errUndo = errors.New("undo")

func (m *matrix) one(route apiv1.Route, p *persona, v [2]string, before string) {
	want := m.expect(route, p, v)
	s := sent{as: p.someone, method: route.Method, path: m.path(route, p, v), body: m.body(route, p, v)}
	describe := fmt.Sprintf("%s %s as %s (%s/%s)", s.method, s.path, p.name, v[0], v[1])
	// Who takes away all that is in a database leaves an event.
	told := slices.Contains([]string{"getDatabaseBackup", "getBackupFile"}, route.Operation)
	question := route.Method == http.MethodGet && !told ||
		slices.Contains([]string{"check", "explain", "offerInvitation", "searchResources", "searchFeatures"}, route.Operation)
	if strings.HasPrefix(route.Path, "/session") {
		s.header = map[string]string{"Cookie": "__Host-bailiwick=" + m.cookie, "X-Requested-With": "bailiwick"}
	}
	if want != http.StatusOK || question {
		if got := m.ask(m.t.Context(), s); got.status != want {
			m.t.Errorf("%s: status %d, want %d: %s", describe, got.status, want, got.text)
		}
		return
	}
	dry := s
	dry.path = with(dry.path, "dry_run=true")
	tried := http.StatusOK
	if route.Final || told {
		tried = http.StatusBadRequest
	}
	if got := m.ask(m.t.Context(), dry); got.status != tried {
		m.t.Errorf("%s: tried, status %d: %s", describe, got.status, got.text)
	}
	// Within a unit of work that is undone, so that everybody finds the same.
	err := m.undo(route, func(ctx context.Context) error {
		got := m.ask(ctx, s)
		if got.status < 200 || got.status > 299 {
			m.t.Errorf("%s: status %d, want success: %s", describe, got.status, got.text)
		}
		after, err := m.db.Fingerprint(ctx, nil)
		if err != nil {
			return err
		}
		// What is as asked for already stays so.
		// Showing a link leaves its event last.
		// What happens to real databases is not in this one.
		idle := told || slices.Contains([]string{
			"enableUser", "resumeMember", "showInvitationLink", "unlockDatabase", "endDatabaseSessions", "restoreDatabase", "restoreBackup",
		}, route.Operation) ||
			route.Operation == "activateWorkspace" && !p.home.closed ||
			route.Operation == "deactivateWorkspace" && p.home.closed
		if got.status < 300 && after == before && !idle {
			m.t.Errorf("%s: changed nothing", describe)
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		m.t.Errorf("%s: %v", describe, err)
	}
}

// holds reports whether the roles of somebody at home hold a permission.
func (m *matrix) holds(p *persona, right rbac.Permission) bool {
	switch {
	case p.platform || p.chief:
		return true
	case p.inside && p.home.closed:
		return right == workspace.Read
	}
	return m.given(p, right)
}

// expect returns the status that the policy of a route promises; 200 stands for
// any success.
func (m *matrix) expect(route apiv1.Route, p *persona, v [2]string) int {
	policy := route.Policy
	switch {
	case policy.Who == apiv1.Public:
		return http.StatusOK
	case p.someone == nil:
		return http.StatusUnauthorized
	}
	there := http.StatusOK
	if v[0] == absent || v[1] == absent {
		there = http.StatusNotFound
	}
	sees := p.platform || v[0] == own && (p.inside || p.chief)
	if status := beyond(route, p, v, there); status != 0 {
		return status
	}
	switch policy.Who {
	case apiv1.Self:
		switch {
		case p.platform || v[0] == own:
			return there
		case policy.Hidden:
			return http.StatusNotFound
		}
		return http.StatusForbidden
	case apiv1.Platform:
		if !p.platform {
			return http.StatusForbidden
		}
		if route.Operation == "putRole" { // which makes it
			return http.StatusOK
		}
		return there
	case apiv1.Organization:
		switch {
		case p.platform || p.chief && v[0] == own:
		case route.Operation == "createDatabase": // it is in the body
			return http.StatusBadRequest
		default:
			return http.StatusNotFound
		}
		return there
	case apiv1.Above:
		switch {
		case !sees:
			return http.StatusNotFound
		case v[0] == absent:
			return http.StatusNotFound
		case !p.platform && (!p.chief || policy.Platform != ""):
			return http.StatusForbidden
		}
		return there
	case apiv1.Member:
		return m.within(route, p, v, sees, there)
	case apiv1.Holder:
		return m.holder(route, p, v, sees, there)
	case apiv1.Shared:
		return m.shared(route, p, v, there)
	}
	m.t.Errorf("%s: unknown policy %d", route.Operation, policy.Who)
	return 0
}

// within is expect for what lies in a workspace.
func (m *matrix) within(route apiv1.Route, p *persona, v [2]string, sees bool, there int) int {
	transfers := route.Operation == "transferHoldings" && there == http.StatusOK
	// Viewers read in the tree, which nobody gives who may not.
	gives := slices.Contains([]string{"putMember", "createInvitation", "resendInvitation"}, route.Operation) && there == http.StatusOK
	switch {
	case route.Operation == "leaveWorkspace":
		return m.leaves(p, v)
	case !sees || v[0] == absent:
		return http.StatusNotFound
	case !m.holds(p, route.Policy.Right):
		return http.StatusForbidden
	case (transfers || gives) && slices.Contains([]rbac.RoleName{workspace.RoleCommunity, workspace.RoleProjectAdministrator}, p.role):
		return http.StatusForbidden // who disposes of something could as well use it
	case transfers && p.home.closed:
		return http.StatusConflict // nobody can be an heir there
	}
	return there
}

// shared is expect for databases: each is that of one workspace, or of none.
func (m *matrix) shared(route apiv1.Route, p *persona, v [2]string, there int) int {
	above := p.platform || p.chief && v[0] == own
	member := p.inside && !p.home.closed && v[0] == own && m.given(p, workspace.ReadDatabase) && route.Operation != "deleteDatabase"
	switch right := route.Policy.Right; {
	case above:
		return there
	case !member || v[0] == absent:
		return http.StatusNotFound
	case right != workspace.ManageWorkspaces && m.given(p, right):
		return there
	case route.Policy.Hidden:
		return http.StatusNotFound
	}
	return http.StatusForbidden
}

// beyond is expect for what lies in no workspace, 0 for what does.
func beyond(route apiv1.Route, p *persona, v [2]string, there int) int {
	switch {
	case route.Operation == "putMyPreference": // which makes it
		return http.StatusOK
	case route.Policy.Who == apiv1.SignedIn:
		return there
	case route.Policy.Who == apiv1.Own && v[0] != own:
		return http.StatusNotFound
	case route.Policy.Who == apiv1.Own:
		return there
	case route.Operation == "verifyAudit" && p.platform:
		return http.StatusOK // that of a workspace which is no more as well
	}
	return 0
}

func (m *matrix) leaves(p *persona, v [2]string) int {
	switch {
	case v[0] != own || !p.inside:
		return http.StatusNotFound
	case p.home.closed:
		return http.StatusForbidden
	case p.supervisor:
		return http.StatusConflict
	}
	return http.StatusOK
}
