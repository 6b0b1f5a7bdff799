package ngw

import "net/http"

// A Who is a sort of people that a route is for. The zero value is nobody, so
// that a route without policy cannot be mistaken for one that has one.
type Who int

// The sorts of people.
const (
	Nobody Who = iota
	// Public is for everybody, guests included.
	Public
	// SignedIn is for whoever has said who he is; a guest is answered 401.
	SignedIn
	// Holder is for whoever holds a permission on the resource.
	Holder
	// UserViewer is for administrators of users (auth.view or auth.manage).
	UserViewer
	// PlatformAdministrator is for the platform's administrators.
	PlatformAdministrator
)

// A Policy says who may call a route. The services enforce it; a policy says
// what they are expected to do.
type Policy struct {
	Who Who
	// Permission is what a Holder holds, such as "resource.read".
	Permission string
}

// A Route is a method and a path, as gorilla/mux writes it, with its policy. Name
// is what NextGIS Web calls it, for GET /api/component/pyramid/route; empty for
// one that clients do not ask for by name.
type Route struct {
	Method string
	Path   string
	Name   string
	Policy Policy
}

type route struct {
	Route

	action action
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

// table is all routes with their policies, noun by noun. It is a function so
// that nobody can change it.
func table() []route {
	var all []route
	for _, routes := range [][]route{
		pyramidRoutes(), authRoutes(), userRoutes(), groupRoutes(),
		resourceRoutes(), permissionRoutes(), deletionRoutes(), searchRoutes(), attributeRoutes(), quotaRoutes(), schemaRoutes(), legacyRoutes(),
		featureRoutes(), extentRoutes(), attachmentRoutes(), uploadRoutes(), auditRoutes(),
	} {
		all = append(all, routes...)
	}
	return all
}

// at is a row of the table.
func at(method, path, name string, policy Policy, a action) route {
	return route{Route: Route{Method: method, Path: path, Name: name, Policy: policy}, action: a}
}

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)
