package entrepot_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/entrepot"
)

// TestMatrix calls every route as everybody, on what is his, on what is
// somebody else's and on what does not exist, and compares the answers with the
// policy beside the route. What is refused leaves the database as it was; what
// is allowed succeeds with a real request and, where it is meant to change
// something, does.
func TestMatrix(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		m := newMatrix(t, db)
		seen := 0
		for _, route := range entrepot.Routes() {
			if route.Policy.Who == entrepot.Nobody {
				t.Errorf("%s %s has no policy", route.Method, route.Path)
				continue
			}
			seen += m.route(route)
		}
		if seen < 4000 {
			t.Errorf("only %d calls", seen)
		}
	})
}

// A persona is somebody with a place in a workspace, or with none.
type persona struct {
	*someone

	name string
	home *home
	// What he is at home.
	inside, supervisor, above bool
	rights                    []string
	organization, platform    bool
	refused                   bool // whatever he calls
}

// variant says what the parts of a path name: what is the persona's, what is
// somebody else's, or what does not exist.
type variant struct{ first, second string }

const (
	own     = "own"
	foreign = "foreign"
	missing = "missing"
)

var variable = regexp.MustCompile(`\{(\w+)\}`)

// route calls one route as everybody and returns how many calls it made.
func (m *matrix) route(route entrepot.Route) int {
	parts := variable.FindAllStringSubmatch(route.Path, -1)
	variants := []variant{{own, own}}
	if len(parts) > 0 {
		variants = append(variants, variant{foreign, foreign}, variant{missing, missing})
	}
	if len(parts) > 1 {
		variants = append(variants, variant{own, foreign}, variant{own, missing})
	}
	before, calls := dbtest.Fingerprint(m.t, m.db), 0
	for _, p := range m.personas {
		for i, v := range variants {
			path := m.path(route, p, v)
			want := m.expect(route, p, v)
			for _, basic := range []bool{false, true} {
				// Who does not sign in does so in one way. Refusing a password
				// costs what checking one does, and comes before the path is
				// looked at: once a route is enough.
				if basic && (p.someone == nil || p.refused && i > 0) {
					continue
				}
				m.one(route, p, v, basic, path, want, before)
				calls++
			}
		}
	}
	if dbtest.Fingerprint(m.t, m.db) != before {
		m.t.Errorf("%s %s: a refusal, or a reading, changed something", route.Method, route.Path)
	}
	return calls
}

var errUndo = errors.New("undo")

func (m *matrix) one(route entrepot.Route, p *persona, v variant, basic bool, path string, want int, before string) {
	body := ""
	if write := bodies()[route.Method+" "+route.Path]; write != nil {
		body = write(m, p, v)
	}
	describe := fmt.Sprintf("%s %s as %s (%s/%s, basic %v)", route.Method, path, p.name, v.first, v.second, basic)
	if p.refused && basic {
		// Trying is counted, and undone here, or he would have to wait soon.
		err := m.db.Tx(m.t.Context(), func(ctx context.Context) error {
			if got := m.askIn(ctx, p.someone, basic, route.Method, path, body); got.status != want {
				m.t.Errorf("%s: status %d, want %d: %s", describe, got.status, want, got.text)
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			m.t.Errorf("%s: %v", describe, err)
		}
		return
	}
	if want != http.StatusOK || route.Method == http.MethodGet {
		got := m.askIn(m.t.Context(), p.someone, basic, route.Method, path, body)
		if got.status != want {
			m.t.Errorf("%s: status %d, want %d: %s", describe, got.status, want, got.text)
		}
		return
	}
	// Within a unit of work that is undone, so that everybody finds the same.
	err := m.db.Tx(m.t.Context(), func(ctx context.Context) error {
		got := m.askIn(ctx, p.someone, basic, route.Method, path, body)
		if got.status < 200 || got.status > 299 {
			m.t.Errorf("%s: status %d, want success: %s", describe, got.status, got.text)
		}
		if basic {
			return errUndo // what the other way of signing in did was looked at
		}
		after, err := m.db.Fingerprint(ctx, nil)
		if err != nil {
			return err
		}
		if got.status < 300 && after == before {
			m.t.Errorf("%s: changed nothing", describe)
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		m.t.Errorf("%s: %v", describe, err)
	}
}

// expect returns the status that the policy of a route promises; 200 stands for
// any success.
func (m *matrix) expect(route entrepot.Route, p *persona, v variant) int {
	policy := route.Policy
	switch {
	case p.refused:
		return http.StatusUnauthorized
	case policy.Who == entrepot.Public:
		// What is somebody else's is in no catalogue, and what is closed is
		// nobody's business.
		if v.first != own || p.home.closed {
			return http.StatusNotFound
		}
		return http.StatusOK
	case p.someone == nil:
		return http.StatusUnauthorized
	}
	switch policy.Who {
	case entrepot.SignedIn:
		return http.StatusOK
	case entrepot.Self:
		return m.mine(route, p, v)
	case entrepot.PlatformAdministrator:
		if !p.platform {
			return http.StatusForbidden
		}
		return m.found(route, p, v)
	case entrepot.OrganizationAdministrator:
		if !p.platform && (!p.organization || v.first != own) {
			return http.StatusNotFound
		}
		return m.found(route, p, v)
	case entrepot.Member, entrepot.Holder:
		return m.inWorkspace(route, p, v)
	}
	m.t.Errorf("%s %s: unknown policy %d", route.Method, route.Path, policy.Who)
	return 0
}

func (m *matrix) inWorkspace(route entrepot.Route, p *persona, v variant) int {
	sees := p.platform || v.first == own && (p.inside || p.above)
	if !sees {
		return http.StatusNotFound
	}
	if !p.platform && !p.above {
		if p.home.closed && route.Policy.Sealed {
			return http.StatusForbidden
		}
		if route.Policy.Who == entrepot.Holder && !p.supervisor && !contains(p.rights, string(route.Policy.Right)) {
			// What is not there is not there, unless that alone would tell.
			if v.second != own && strings.HasPrefix(route.Path, "/datastores/{datastore}/permissions/") {
				return http.StatusNotFound
			}
			return http.StatusForbidden
		}
	}
	return m.found(route, p, v)
}

// found tells whether there is what the path names, for somebody who may.
func (m *matrix) found(route entrepot.Route, _ *persona, v variant) int {
	switch route.Method + " " + route.Path {
	case "PUT /communities/{community}/users/{user}", "PUT /organizations/{organization}/users/{user}":
		// People belong to nobody: whoever exists can be added.
		if v.first == missing || v.second == missing {
			return http.StatusNotFound
		}
		return http.StatusOK
	}
	if v.first == missing || v.second == missing || v.first != v.second {
		return http.StatusNotFound
	}
	return http.StatusOK
}

// mine is found for what belongs to the caller.
func (m *matrix) mine(route entrepot.Route, p *persona, v variant) int {
	if !strings.Contains(route.Path, "{") {
		return http.StatusOK
	}
	if strings.HasSuffix(route.Path, "/communities/{community}") {
		switch {
		case v.first != own || !p.inside:
			return http.StatusNotFound
		case p.home.closed:
			return http.StatusForbidden
		case p.supervisor:
			return http.StatusConflict
		}
		return http.StatusOK
	}
	if v.first != own || v.second != own {
		return http.StatusNotFound
	}
	return http.StatusOK
}

func contains(list []string, text string) bool {
	for _, t := range list {
		if t == text {
			return true
		}
	}
	return false
}

// path fills in what the parts of a path name.
func (m *matrix) path(route entrepot.Route, p *persona, v variant) string {
	n := 0
	return variable.ReplaceAllStringFunc(route.Path, func(part string) string {
		which := v.first
		if n++; n > 1 {
			which = v.second
		}
		if which == missing {
			return nobody()
		}
		return m.name(route, p, strings.Trim(part, "{}"), which == own)
	})
}

func (m *matrix) name(route entrepot.Route, p *persona, part string, his bool) string {
	h := p.home
	if !his {
		h = m.abroad
	}
	switch {
	case strings.HasPrefix(route.Path, "/administrator/"):
		return m.administered(route, part, his)
	case strings.HasPrefix(route.Path, "/users/me/") && part != "community":
		if his && p.someone != nil {
			return m.belongings[p.ID][part]
		}
		return m.belongings[m.foreigner.ID][part]
	}
	switch part {
	case "community":
		return string(h.ID)
	case "technical_name":
		if !his {
			return m.private.TechnicalName
		}
		return h.TechnicalName
	case "datastore":
		return string(h.Datastore)
	case "organization":
		return string(h.Organization)
	case "permission":
		if !his && p.someone != nil {
			// Abroad gave it, to him.
			return m.belongings[p.ID][part]
		}
		return string(h.permission)
	case "endpoint":
		return string(h.facilities.wfs.ID)
	case "check":
		return string(h.facilities.check.ID)
	case "processing":
		return string(h.facilities.processing.ID)
	case "user":
		return m.subject(route, h)
	}
	m.t.Fatalf("%s: nothing for %s", route.Path, part)
	return ""
}

// subject is the user that an administrator of a workspace or an organization
// acts on.
func (m *matrix) subject(route entrepot.Route, h *home) string {
	organization := strings.HasPrefix(route.Path, "/organizations/")
	switch {
	case route.Method == http.MethodPut:
		return string(m.recruit.ID)
	case organization && h.Organization == m.abroad.Organization:
		return string(m.foreigner.ID)
	case organization:
		return string(m.deputy.ID)
	}
	return string(h.victim.ID)
}

// administered is what the administrators' routes act on: things without use,
// so that they can be deleted.
func (m *matrix) administered(route entrepot.Route, part string, his bool) string {
	spare := m.spares[0]
	if !his {
		spare = m.spares[1]
	}
	switch part {
	case "community":
		return string(spare.community.ID)
	case "datastore":
		return string(spare.community.Datastore)
	case "organization":
		return string(spare.organization)
	case "user":
		return string(m.recruit.ID)
	case "pool":
		f := spare.facilities
		for name, id := range map[string]string{
			"storages": string(f.data.ID), "endpoints": string(f.wfs.ID), "checks": string(f.check.ID),
			"processings": string(f.processing.ID),
		} {
			if strings.Contains(route.Path, "/"+name+"/") {
				return id
			}
		}
	}
	m.t.Fatalf("%s: nothing for %s", route.Path, part)
	return ""
}

// bodies are requests that can succeed, by route.
func bodies() map[string]func(m *matrix, p *persona, v variant) string {
	text := func(body string) func(*matrix, *persona, variant) string {
		return func(*matrix, *persona, variant) string { return body }
	}
	return map[string]func(m *matrix, p *persona, v variant) string{
		"POST /users/me/keys":        text(`{"name": "Ma clé HASH", "type": "HASH", "type_infos": {}}`),
		"PATCH /users/me/keys/{key}": text(`{"name": "Renommée", "user_agent": ".*QGIS.*"}`),
		"POST /users/me/keys/{key}/accesses": func(m *matrix, p *persona, _ variant) string {
			of := m.foreigner
			if p.someone != nil {
				of = p.someone
			}
			return place(`{"permission": "%s", "offerings": ["%s"]}`, m.belongings[of.ID]["permission"], m.public.ID)
		},
		"PATCH /communities/{community}":                 text(`{"description": "Renommée"}`),
		"PUT /communities/{community}/users/{user}":      text(`{"rights": ["COMMUNITY"]}`),
		"PUT /organizations/{organization}/users/{user}": text(`[]`),
		"POST /datastores/{datastore}/permissions": func(m *matrix, p *persona, v variant) string {
			h := p.home
			if v.first == foreign {
				h = m.abroad
			}
			return place(`{"type": "ACCOUNT", "licence": "Accès restreint", "end_date": null, "offerings": ["%s"],
				"users": ["%s"], "only_oauth": false}`, h.offering.ID, m.recruit.ID)
		},
		"PATCH /datastores/{datastore}/permissions/{permission}": text(`{"end_date": "2027-01-01T00:00:00"}`),
		"POST /administrator/communities": func(m *matrix, _ *persona, _ variant) string {
			return place(`{"name": "Neuve", "technical_name": "neuve", "contact": "x", "supervisor": "%s"}`, m.recruit.ID)
		},
		"PATCH /administrator/communities/{community}": func(m *matrix, _ *persona, _ variant) string {
			return place(`{"supervisor": "%s"}`, m.deputy.ID)
		},
		"POST /administrator/datastores": func(m *matrix, _ *persona, _ variant) string {
			f := m.spares[0].facilities
			return place(`{"community": "%s", "endpoints": [], "storages": {"data": [],
				"uploads": {"quota": 1, "storage": "%s"}, "annexes": {"quota": 1, "storage": "%s"}}}`,
				m.bare.ID, f.uploads.ID, f.annexes.ID)
		},
		"PATCH /administrator/datastores/{datastore}":       text(`{"sharings": true}`),
		"POST /administrator/organizations":                 text(`{"name": "Neuve", "uploads_quota": 5}`),
		"PATCH /administrator/organizations/{organization}": text(`{"siren": "123456789"}`),
		"PATCH /administrator/users/{user}":                 text(`{"documents_quota": 7}`),
		"POST /administrator/storages": text(`{"name": "Neuf", "type": "S3", "labels": ["A"],
			"type_infos": {"pot_name": "pot"}}`),
		"PATCH /administrator/storages/{pool}": text(`{"labels": ["AUTRE"]}`),
		"POST /administrator/endpoints": text(`{"name": "Neuf", "technical_name": "neuf", "type": "CSW", "open": true,
			"urls": [{"type": "CSW", "url": "https://data.example.org/csw"}], "metadata_fi": "neuf"}`),
		"PATCH /administrator/endpoints/{pool}": text(`{"force_metadata": true}`),
		"POST /administrator/checks":            text(`{"name": "Neuve", "description": "Neuve", "orchestrator_job_name": "neuve"}`),
		"PATCH /administrator/checks/{pool}":    text(`{"priority": "PREMIUM"}`),
		"POST /administrator/processings": func(m *matrix, _ *persona, _ variant) string {
			return place(`{"name": "Neuf", "description": "Neuf", "orchestrator_job_name": "neuf",
				"output_type": {"stored_data": "VECTOR-DB", "storage": ["POSTGRESQL"]},
				"parameters": [{"name": "a", "description": "", "mandatory": false, "default_value": 1}],
				"required_checks": ["%s"]}`, m.spares[0].facilities.check.ID)
		},
		"PATCH /administrator/processings/{pool}": text(`{"priority": "SANDBOX"}`),
	}
}
