package apiv1

import (
	"net/http"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A Who is a sort of people that a route is for. The zero value is nobody, so
// that a route without policy cannot be mistaken for one that has one.
type Who int

// The sorts of people. Platform administrators may what everybody else may; an
// organization's administrators what the members of its workspaces may.
const (
	Nobody Who = iota
	// Public is for everybody.
	Public
	// SignedIn is for whoever has said who he is.
	SignedIn
	// Self is for what belongs to the caller himself, and for who holds
	// workspace.ManageUsers on the platform, or administers whom it belongs to.
	// Everybody else is forbidden, or does not find it.
	Self
	// Member is for members of the workspace who hold [Policy.Right] in it:
	// members who do not are forbidden, and others do not find it.
	Member
	// Above is for who holds [Policy.Right] above the workspace; its members are
	// forbidden, and others do not find it.
	Above
	// Organization is for who holds [Policy.Right] in the organization; others
	// do not find it.
	Organization
	// Own is for what belongs to the caller himself; others do not find it,
	// whoever they are.
	Own
	// Platform is for who holds [Policy.Right] on the platform: everybody else
	// is forbidden.
	Platform
	// Holder is for who holds [Policy.Right] on the resource, or on the one that
	// the body names: who may read it is forbidden, and others do not find it.
	Holder
	// Shared is for who holds [Policy.Right] in every project that shares the
	// database, or manages the workspaces of its organization: who may see it is
	// forbidden, and others do not find it.
	Shared
)

// A Policy says who may call a route. The services enforce it; a policy says
// what they are expected to do.
type Policy struct {
	Who Who
	// Right is what somebody holds who may.
	Right rbac.Permission
	// Platform is what he holds on the platform besides, empty for nothing.
	Platform rbac.Permission
	// Hidden is set where those who are forbidden do not find it either.
	Hidden bool
}

// A Route is a method and a path, as gorilla/mux writes it and the document
// does, with its policy.
type Route struct {
	Method string
	Path   string
	// Operation is the operationId in the document.
	Operation string
	Policy    Policy
	// Final is set where dry_run and an Idempotency-Key are refused: what is done
	// there counts tries, leaves an event that must be kept, or is more than one
	// unit of work.
	Final bool
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
	// query is what the document has for its query.
	query []string
	// question marks a POST that changes nothing.
	question bool
	// previews marks one whose trial has an ETag that the change is made by.
	previews bool
	// holder marks one whose caller shows in the body what opens it: who he is
	// does not matter.
	holder bool
	// secret marks one that answers with a secret, which is not kept as it is.
	secret bool
	// alone marks one that tries by itself, outside of a unit of work.
	alone bool
	// stream marks one whose body is a file, which is read as it comes.
	stream bool
	// saga marks one that is more than one unit of work, and takes no condition.
	saga bool
}

// changes reports whether a route is there to change something.
func (r route) changes() bool { return r.Method != http.MethodGet && !r.question && !r.Final }

// table is all routes with their policies. It is a function so that nobody can
// change it. A noun has its routes beside its actions.
func table() []route {
	return slices.Concat(
		meRoutes(), preferenceRoutes(), signInRoutes(), organizationRoutes(), workspaceRoutes(), memberRoutes(), suspensionRoutes(),
		holdingRoutes(), departureRoutes(), seatRoutes(), ruleRoutes(), groupRoutes(), userRoutes(), roleRoutes(),
		poolRoutes(), allocationRoutes(), historyRoutes(), activityRoutes(), decisionRoutes(), partyRoutes(), documentRoutes(),
		invitationRoutes(), accessKeyRoutes(), sessionRoutes(), mailRoutes(), auditRoutes(),
		classRoutes(), resourceRoutes(), resourceRuleRoutes(), accessRoutes(), limitRoutes(), featureRoutes(), attachmentRoutes(), uploadRoutes(),
		databaseRoutes(), backupRoutes(), projectRoutes(), loginRoutes(),
	)
}

func at(method, path, operation string, policy Policy, a action) route {
	return route{Route: Route{Method: method, Path: path, Operation: operation, Policy: policy}, action: a}
}

func get(path, operation string, policy Policy, a action) route {
	return at(http.MethodGet, path, operation, policy, a)
}

func post(path, operation string, policy Policy, a action) route {
	return at(http.MethodPost, path, operation, policy, a)
}

func put(path, operation string, policy Policy, a action) route {
	return at(http.MethodPut, path, operation, policy, a)
}

func patch(path, operation string, policy Policy, a action) route {
	return at(http.MethodPatch, path, operation, policy, a)
}

func remove(path, operation string, policy Policy, a action) route {
	return at(http.MethodDelete, path, operation, policy, a)
}

func public() Policy   { return Policy{Who: Public} }
func signedIn() Policy { return Policy{Who: SignedIn} }
func self() Policy     { return Policy{Who: Self} }
func own() Policy      { return Policy{Who: Own} }

func member(right rbac.Permission) Policy       { return Policy{Who: Member, Right: right} }
func organization(right rbac.Permission) Policy { return Policy{Who: Organization, Right: right} }
func holder(right rbac.Permission) Policy       { return Policy{Who: Holder, Right: right} }
func platform(right rbac.Permission) Policy     { return Policy{Who: Platform, Right: right} }

// sharing is for who may do something with a database.
func sharing(right rbac.Permission) Policy { return Policy{Who: Shared, Right: right} }

// hidden has nobody forbidden what he does not find.
func hidden(p Policy) Policy {
	p.Hidden = true
	return p
}

// final marks a route as one.
func final(r route) route {
	r.Final = true
	return r
}

// saga marks a route that is more than one unit of work.
func saga(r route) route {
	r.saga = true
	return final(r)
}

// secretive marks a route whose answer holds a secret.
func secretive(r route) route {
	r.secret = true
	return r
}

// alone marks a route that tries by itself.
func alone(r route) route {
	r.alone = true
	return r
}

// held marks a route as one for who holds what its body shows.
func held(r route) route {
	r.holder = true
	return r
}

// where leaves routes to hosts that have what they need: elsewhere there is
// nothing to be found.
func where(has func(l *lens) bool, routes ...route) []route {
	for i, r := range routes {
		routes[i].action = func(l *lens, c *call) (reply, error) {
			if !has(l) {
				return reply{}, workspace.ErrNotFound
			}
			return r.action(l, c)
		}
	}
	return routes
}

// above is for who manages the workspaces that lie beside one.
func above(besides rbac.Permission) Policy {
	return Policy{Who: Above, Right: workspace.ManageWorkspaces, Platform: besides}
}
