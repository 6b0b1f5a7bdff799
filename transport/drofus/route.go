package drofus

import "net/http"

// A Policy is who a route is for. The services enforce it; a policy says what
// they are expected to do. The zero value is nobody, so that a route without
// policy cannot be mistaken for one that has one.
type Policy int

// The policies.
const (
	Nobody Policy = iota
	// Public is for everybody.
	Public
	// Scoped is for whoever is signed in, and shows what lies within his reach:
	// all of it to administrators of the server, what is theirs to those of an
	// owner and of a project, and to others nothing.
	Scoped
	// ProjectAdministrator is for who administers the project, or what is above
	// it; others do not find it.
	ProjectAdministrator
	// OwnerAdministrator is for who administers the owner, or the server. Who
	// administers a project of the owner is forbidden, and others do not find it.
	OwnerAdministrator
	// ServerAdministrator is for who administers the server; others are forbidden,
	// or do not find it.
	ServerAdministrator
)

// A Route is a method and a path, as gorilla/mux writes it, with its policy.
// Where the last part of a path is none that names something, ".json", ".xml" and
// ".html" may follow.
type Route struct {
	Method string
	Path   string
	Policy Policy
}

// Routes returns every route of the lens.
func Routes() []Route {
	list := table()
	routes := make([]Route, 0, len(list))
	for _, r := range list {
		routes = append(routes, r.Route)
	}
	return routes
}

type route struct {
	Route

	action action
	page   bool // a form for people
	file   bool // what is answered is a file, whatever format is asked for
}

// named reports whether the last part of the path names something.
func (r route) named() bool { return r.Path[len(r.Path)-1] == '}' }

// table is all routes with their policies. It is a function so that nobody can
// change it. Of two that fit, the first counts.
func table() []route {
	var list []route
	at := func(methods []string, path string, p Policy, a action) {
		for _, method := range methods {
			list = append(list, route{Route: Route{Method: method, Path: path, Policy: p}, action: a})
		}
	}
	form := func(path string, p Policy, a action) {
		list = append(list, route{Route: Route{Method: http.MethodGet, Path: path, Policy: p}, action: a, page: true})
	}
	var (
		get    = []string{http.MethodGet}
		post   = []string{http.MethodPost}
		change = []string{http.MethodPatch, http.MethodPut}
		remove = []string{http.MethodDelete}
		// Actions are documented as GET, and have a POST for browsers
		// (spec/drofus.md DA-11).
		act = []string{http.MethodGet, http.MethodPost}
	)
	at(get, "/", Scoped, (*lens).home)

	at(get, "/projects", Scoped, (*lens).projects)
	at(post, "/projects", OwnerAdministrator, (*lens).createProject)
	form("/projects/new", OwnerAdministrator, (*lens).newProject)
	at(get, "/projects/{id}", ProjectAdministrator, (*lens).project)
	at(change, "/projects/{id}", OwnerAdministrator, (*lens).updateProject)
	at(remove, "/projects/{id}", OwnerAdministrator, (*lens).deleteProject)
	form("/projects/{id}/edit", OwnerAdministrator, (*lens).editProject)

	at(get, "/owners", Scoped, (*lens).owners)
	at(post, "/owners", ServerAdministrator, (*lens).createOwner)
	form("/owners/new", ServerAdministrator, (*lens).newOwner)
	at(get, "/owners/{id}", Scoped, (*lens).owner)
	at(change, "/owners/{id}", OwnerAdministrator, (*lens).updateOwner)
	at(remove, "/owners/{id}", ServerAdministrator, (*lens).deleteOwner)
	form("/owners/{id}/edit", OwnerAdministrator, (*lens).editOwner)

	at(get, "/users", Scoped, (*lens).users)
	at(get, "/users/{username}", Scoped, (*lens).user)
	at(change, "/users/{username}", ProjectAdministrator, (*lens).updateUser)
	at(remove, "/users/{username}", ServerAdministrator, (*lens).deleteUser)
	form("/users/{username}/edit", ProjectAdministrator, (*lens).editUser)
	at(act, "/users/{username}/disable", ProjectAdministrator, (*lens).disableUser)
	at(act, "/users/{username}/enable", ProjectAdministrator, (*lens).enableUser)
	at(act, "/users/{username}/kick", ProjectAdministrator, (*lens).kickUser)

	// The samples call one project user a project_user (spec/drofus.md DA-1).
	at(get, "/project_users", Scoped, (*lens).projectUsers)
	at(post, "/project_users", ProjectAdministrator, (*lens).createProjectUser)
	form("/project_users/new", ProjectAdministrator, (*lens).newProjectUser)
	at(get, "/project_users/{member}", ProjectAdministrator, (*lens).projectUser)
	at(change, "/project_users/{member}", ProjectAdministrator, (*lens).updateProjectUser)
	at(change, "/project_user/{member}", ProjectAdministrator, (*lens).updateProjectUser)
	at(remove, "/project_users/{member}", ProjectAdministrator, (*lens).deleteProjectUser)
	form("/project_users/{member}/edit", ProjectAdministrator, (*lens).editProjectUser)

	at(get, "/database", Scoped, (*lens).databases)
	at(post, "/database", OwnerAdministrator, (*lens).createDatabase)
	form("/database/new", OwnerAdministrator, (*lens).newDatabase)
	at(get, "/database/{name}", ProjectAdministrator, (*lens).database)
	at(change, "/database/{name}", OwnerAdministrator, (*lens).updateDatabase)
	at(remove, "/database/{name}", OwnerAdministrator, (*lens).deleteDatabase)
	form("/database/{name}/edit", OwnerAdministrator, (*lens).editDatabase)
	at(act, "/database/{name}/disableall", ProjectAdministrator, (*lens).disableAll)
	at(act, "/database/{name}/enableall", ProjectAdministrator, (*lens).enableAll)
	at(act, "/database/{name}/kickall", ProjectAdministrator, (*lens).kickAll)
	at(get, "/database/{name}/get_backup_now", ProjectAdministrator, (*lens).backUp)
	list[len(list)-1].file = true

	at(get, "/emails", Scoped, (*lens).emails)
	at(post, "/emails", OwnerAdministrator, (*lens).createEmail)
	form("/emails/new", OwnerAdministrator, (*lens).newEmail)
	at(get, "/emails/{id}", Scoped, (*lens).email)
	at(change, "/emails/{id}", OwnerAdministrator, (*lens).updateEmail)
	at(remove, "/emails/{id}", OwnerAdministrator, (*lens).deleteEmail)
	form("/emails/{id}/edit", OwnerAdministrator, (*lens).editEmail)
	at(get, "/emails/{id}/preview", OwnerAdministrator, (*lens).previewEmail)

	at(get, "/node/logins", Scoped, (*lens).logins)
	at(get, "/node/unique_users", Scoped, (*lens).uniqueUsers)
	at(get, "/project_data", Scoped, (*lens).projectData)

	form("/password/request_reset", Public, (*lens).askReset)
	at(post, "/password/request_reset", Public, (*lens).requestReset)
	form("/password/reset", Public, (*lens).askPassword)
	at(post, "/password/reset", Public, (*lens).resetPassword)
	return list
}
