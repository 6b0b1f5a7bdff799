package drofus_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport/drofus"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// concrete reports whether a route changes real databases.
func concrete(route drofus.Route) bool {
	switch route.Method + " " + route.Path {
	case "POST /database", "PATCH /database/{name}", "PUT /database/{name}", "DELETE /database/{name}":
		return true
	}
	return strings.HasSuffix(route.Path, "get_backup_now") || strings.HasSuffix(route.Path, "disableall") || strings.HasSuffix(route.Path, "enableall") || strings.HasSuffix(route.Path, "kickall")
}

// restore takes back what was done to real databases.
func (m *matrix) restore(route drofus.Route, s side) {
	m.Helper()
	ctx, databases := m.Context(), m.services.Databases
	switch {
	case route.Method+" "+route.Path == "POST /database":
		m.must(databases.Delete(ctx, root(), "fresh"))
	case route.Method == http.MethodPatch, route.Method == http.MethodPut:
		_, err := databases.Rename(ctx, root(), "renamed", s.empty)
		m.must(err)
	case route.Method == http.MethodDelete:
		in := m.akl.ID
		if s.empty == m.sides[beta].empty {
			in = m.beta.ID
		}
		_, err := databases.Create(ctx, root(), in, database.Draft{Name: s.empty})
		m.must(err)
	case strings.HasSuffix(route.Path, "disableall"):
		_, _, err := databases.Unlock(ctx, root(), s.database)
		m.must(err)
	case strings.HasSuffix(route.Path, "enableall"):
		_, _, err := databases.Lock(ctx, root(), s.database)
		m.must(err)
	}
}

// expect is the status that the policy of a route promises.
func (m *matrix) expect(route drofus.Route, p *persona, at, accept string) int {
	r := p.rank[at]
	switch {
	case route.Policy == drofus.Public:
		if route.Method == http.MethodPost && route.Path == "/password/reset" {
			return http.StatusUnprocessableEntity // nobody has a token here
		}
		return success
	case p.refused:
		return http.StatusUnauthorized
	case !strings.Contains(route.Path, "{"):
		return m.collection(route, p, at)
	case at == missing || r == nothing:
		return http.StatusNotFound
	}
	least := map[drofus.Policy]rank{
		drofus.Scoped: runsProject, drofus.ProjectAdministrator: runsProject, drofus.OwnerAdministrator: runsOwner,
		drofus.ServerAdministrator: runsServer,
	}[route.Policy]
	switch {
	case strings.Contains(route.Path, "{id}") && strings.HasPrefix(route.Path, "/owners/") && route.Method == http.MethodDelete && r < runsServer:
		return http.StatusNotFound // the spare one is nobody else's
	case r < least:
		return http.StatusForbidden
	case acting(route) && route.Method == http.MethodGet && accept == asPage:
		return http.StatusForbidden // it is for him, and he is to confirm it
	}
	return success
}

// collection is for routes that name nothing: what there is, and making more of it.
func (m *matrix) collection(route drofus.Route, p *persona, at string) int {
	most := p.most()
	switch route.Policy {
	case drofus.Scoped:
		return success
	case drofus.ServerAdministrator:
		if most < runsServer {
			return http.StatusForbidden
		}
		return success
	}
	least := runsOwner
	if route.Policy == drofus.ProjectAdministrator {
		least = runsProject
	}
	switch {
	case most < least:
		return http.StatusForbidden
	case route.Method == http.MethodGet || p.rank[at] >= least:
		if p.key != "" && route.Method+" "+route.Path == "POST /projects" {
			return http.StatusUnprocessableEntity // a key supervises nothing
		}
		return success
	case p.rank[at] > nothing:
		return http.StatusForbidden
	}
	return http.StatusUnprocessableEntity // owner, or project, is none that he knows
}

// path fills in what a route names.
func (m *matrix) path(route drofus.Route, p *persona, at string) string {
	s, path := m.sides[at], route.Path
	switch kind, _, _ := strings.Cut(path[1:], "/"); kind {
	case "owners":
		if route.Method == http.MethodDelete {
			return strings.ReplaceAll(path, "{id}", s.spare)
		}
		return strings.ReplaceAll(path, "{id}", s.owner)
	case "projects":
		return strings.ReplaceAll(path, "{id}", s.project)
	case "emails":
		return strings.ReplaceAll(path, "{id}", s.mail)
	case "users":
		return strings.ReplaceAll(path, "{username}", url.PathEscape(s.user))
	case "project_users", "project_user":
		return strings.ReplaceAll(path, "{member}", s.user+","+s.project)
	case "database":
		// The empty one is no project's: who runs but that does not know of it.
		if p.rank[at] != runsProject && strings.Count(path, "/") == 2 && route.Method != http.MethodGet {
			return strings.ReplaceAll(path, "{name}", string(s.empty))
		}
		return strings.ReplaceAll(path, "{name}", string(s.database))
	}
	return path
}

// bodies are requests that succeed for whoever may make them, by route.
func bodies() map[string]func(s side) string {
	of := func(format string, fields ...func(side) string) func(side) string {
		return func(s side) string {
			args := make([]any, 0, len(fields))
			for _, f := range fields {
				args = append(args, f(s))
			}
			return fmt.Sprintf(format, args...)
		}
	}
	owner := func(s side) string { return s.owner }
	list := map[string]func(side) string{
		"POST /projects": of(`{"project":{"new_db":0,"existing_db_name":"%s","name":"Fresh","owner_id":%s,"description":"x","constructor":"x","project_type_id":1}}`,
			func(s side) string { return string(s.database) }, owner),
		"POST /owners": of(`{"owner":{"name":"Fresh"}}`),
		"POST /project_users": of(`{"project_user":{"project_id":%s,"room_rights":1},"user":{"username":"%s"}}`,
			func(s side) string { return s.project }, func(s side) string { return s.recruit }),
		"POST /database":               of(`{"database":{"name":"fresh","owner_id":%s}}`, owner),
		"POST /emails":                 of(`{"email":{"name":"Fresh","subject":"s","body":"b","owner_id":%s}}`, owner),
		"POST /password/request_reset": of(`{"user":{"username":"testadmin"}}`),
		"POST /password/reset":         of(`{"user":{"token":"x","password":"correct horse battery staple"}}`),
	}
	for _, method := range []string{http.MethodPatch, http.MethodPut} {
		list[method+" /projects/{id}"] = of(`{"project":{"name":"Renamed","active":false}}`)
		list[method+" /owners/{id}"] = of(`{"owner":{"note":"Renamed"}}`)
		list[method+" /users/{username}"] = of(`{"user":{"first_name":"Renamed"}}`)
		list[method+" /project_users/{member}"] = of(`{"project_user":{"room_rights":3}}`)
		list[method+" /project_user/{member}"] = of(`{"project_user":{"superuser":true}}`)
		list[method+" /database/{name}"] = of(`{"database":{"name":"renamed"}}`)
		list[method+" /emails/{id}"] = of(`{"email":{"subject":"Renamed"}}`)
	}
	return list
}
