package entrepot

import (
	"net/http"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A Who is a sort of people that a route is for. The zero value is nobody, so
// that a route without policy cannot be mistaken for one that has one.
type Who int

// The sorts of people. Platform administrators may what members, holders of a
// right and administrators of organizations may; an organization's
// administrators and a workspace's supervisor may what its members and holders
// of any right in it may.
const (
	Nobody Who = iota
	// Public is for everybody.
	Public
	// SignedIn is for whoever has said who he is.
	SignedIn
	// Self is for what belongs to the caller himself; what belongs to others
	// is not found.
	Self
	// Member is for the members of the workspace; it is not found by others.
	Member
	// Holder is for members who hold [Policy.Right]: members who do not are
	// forbidden, and others do not find the workspace.
	Holder
	// OrganizationAdministrator is for the administrators of the organization;
	// it is not found by others.
	OrganizationAdministrator
	// PlatformAdministrator is for the platform's administrators: everybody
	// else is forbidden.
	PlatformAdministrator
)

// A Policy says who may call a route. The services enforce it; a policy says
// what they are expected to do.
type Policy struct {
	Who Who
	// Right is what a Holder holds.
	Right rbac.RoleName
	// Sealed routes forbid the members of a workspace, its supervisor too,
	// while it is deactivated. It has a meaning with Member and Holder.
	Sealed bool
}

// A Route is a method and a path, as gorilla/mux writes it, with its policy.
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
}

// table is all routes with their policies. It is a function so that nobody can
// change it.
func table() []route {
	const (
		get    = http.MethodGet
		post   = http.MethodPost
		put    = http.MethodPut
		patch  = http.MethodPatch
		remove = http.MethodDelete
	)
	at := func(method, path string, policy Policy, a action) route {
		return route{Route: Route{Method: method, Path: path, Policy: policy}, action: a}
	}
	var (
		public        = Policy{Who: Public}
		signedIn      = Policy{Who: SignedIn}
		self          = Policy{Who: Self}
		known         = Policy{Who: Member} // a closed workspace can still be seen to exist
		member        = Policy{Who: Member, Sealed: true}
		community     = Policy{Who: Holder, Right: workspace.RoleCommunity, Sealed: true}
		broadcast     = Policy{Who: Holder, Right: workspace.RoleBroadcast, Sealed: true}
		organization  = Policy{Who: OrganizationAdministrator}
		administrator = Policy{Who: PlatformAdministrator}
	)
	list := []route{
		at(get, "/users/me", signedIn, (*lens).me),
		at(remove, "/users/me/communities/{community}", self, (*lens).leave),
		at(get, "/users/me/permissions", self, (*lens).heldPermissions),
		at(get, "/users/me/permissions/{permission}", self, (*lens).heldPermission),
		at(remove, "/users/me/permissions/{permission}", self, (*lens).declinePermission),
		at(get, "/users/me/permissions/{permission}/stats", self, (*lens).heldPermissionStats),
		at(get, "/users/me/stats", self, (*lens).myStats),
		at(get, "/users/me/keys", self, (*lens).keys),
		at(post, "/users/me/keys", self, (*lens).createKey),
		at(get, "/users/me/keys/{key}", self, (*lens).key),
		at(patch, "/users/me/keys/{key}", self, (*lens).updateKey),
		at(remove, "/users/me/keys/{key}", self, (*lens).deleteKey),
		at(get, "/users/me/keys/{key}/stats", self, (*lens).keyStats),
		at(get, "/users/me/keys/{key}/accesses", self, (*lens).accesses),
		at(post, "/users/me/keys/{key}/accesses", self, (*lens).openAccesses),
		at(remove, "/users/me/keys/{key}/accesses/{access}", self, (*lens).closeAccess),

		at(get, "/communities/{community}", known, (*lens).community),
		at(patch, "/communities/{community}", community, (*lens).updateCommunity),
		at(get, "/communities/{community}/users", community, (*lens).members),
		at(put, "/communities/{community}/users/{user}", community, (*lens).putMember),
		at(remove, "/communities/{community}/users/{user}", community, (*lens).removeMember),
		at(get, "/communities/{community}/users/activity", community, (*lens).membersActivity),
		at(get, "/communities/{community}/permissions/activity", member, (*lens).permissionsActivity),
		at(get, "/communities/{technical_name}/activity", public, (*lens).publicActivity),
		at(get, "/communities/{community}/stats", member, (*lens).communityStats),

		at(get, "/catalogs/communities", signedIn, (*lens).communityCatalog),
		at(get, "/catalogs/organizations", signedIn, (*lens).organizationCatalog),

		at(get, "/datastores/{datastore}", member, (*lens).datastore),
		at(get, "/datastores/{datastore}/endpoints", member, (*lens).datastoreEndpoints),
		at(get, "/datastores/{datastore}/endpoints/{endpoint}/stats", member, (*lens).endpointStats),
		at(get, "/datastores/{datastore}/storages", member, (*lens).datastoreStorages),
		at(get, "/datastores/{datastore}/checks", member, (*lens).datastoreChecks),
		at(get, "/datastores/{datastore}/checks/{check}", member, (*lens).datastoreCheck),
		at(get, "/datastores/{datastore}/processings", member, (*lens).datastoreProcessings),
		at(get, "/datastores/{datastore}/processings/{processing}", member, (*lens).datastoreProcessing),
		at(get, "/datastores/{datastore}/permissions", member, (*lens).permissions),
		at(post, "/datastores/{datastore}/permissions", broadcast, (*lens).createPermissions),
		at(get, "/datastores/{datastore}/permissions/{permission}", member, (*lens).permission),
		at(patch, "/datastores/{datastore}/permissions/{permission}", broadcast, (*lens).updatePermission),
		at(remove, "/datastores/{datastore}/permissions/{permission}", broadcast, (*lens).revokePermission),
		at(get, "/datastores/{datastore}/permissions/{permission}/stats", member, (*lens).permissionStats),

		at(get, "/organizations/{organization}", organization, (*lens).organization),
		at(get, "/organizations/{organization}/users", organization, (*lens).organizationUsers),
		at(put, "/organizations/{organization}/users/{user}", organization, (*lens).addOrganizationUser),
		at(remove, "/organizations/{organization}/users/{user}", organization, (*lens).removeOrganizationUser),
		at(get, "/organizations/{organization}/communities", organization, (*lens).organizationCommunities),
		at(get, "/organizations/{organization}/endpoints", organization, (*lens).organizationEndpoints),
		at(get, "/organizations/{organization}/offerings", organization, (*lens).organizationOfferings),
		at(get, "/organizations/{organization}/permissions", organization, (*lens).organizationPermissions),

		at(get, "/administrator/communities", administrator, (*lens).allCommunities),
		at(post, "/administrator/communities", administrator, (*lens).createCommunity),
		at(get, "/administrator/communities/{community}", administrator, (*lens).community),
		at(patch, "/administrator/communities/{community}", administrator, (*lens).administerCommunity),
		at(get, "/administrator/datastores", administrator, (*lens).allDatastores),
		at(post, "/administrator/datastores", administrator, (*lens).createDatastore),
		at(get, "/administrator/datastores/{datastore}", administrator, (*lens).datastore),
		at(patch, "/administrator/datastores/{datastore}", administrator, (*lens).updateDatastore),
		at(remove, "/administrator/datastores/{datastore}", administrator, (*lens).deleteDatastore),
		at(get, "/administrator/organizations", administrator, (*lens).allOrganizations),
		at(post, "/administrator/organizations", administrator, (*lens).createOrganization),
		at(get, "/administrator/organizations/{organization}", administrator, (*lens).organization),
		at(patch, "/administrator/organizations/{organization}", administrator, (*lens).updateOrganization),
		at(remove, "/administrator/organizations/{organization}", administrator, (*lens).deleteOrganization),
		at(get, "/administrator/users", administrator, (*lens).allUsers),
		at(get, "/administrator/users/{user}", administrator, (*lens).user),
		at(patch, "/administrator/users/{user}", administrator, (*lens).updateUser),
	}
	return slices.Concat(list, facilityRoutes(at, administrator))
}

// facilityRoutes are the five routes of each of the four global resources.
func facilityRoutes(at func(method, path string, policy Policy, a action) route, policy Policy) []route {
	all := facilities()
	list := make([]route, 0, 5*len(all))
	for _, f := range all {
		list = append(list,
			at(http.MethodGet, "/administrator/"+f.plural, policy, f.list),
			at(http.MethodPost, "/administrator/"+f.plural, policy, f.create),
			at(http.MethodGet, "/administrator/"+f.plural+"/{pool}", policy, f.one),
			at(http.MethodPatch, "/administrator/"+f.plural+"/{pool}", policy, f.update),
			at(http.MethodDelete, "/administrator/"+f.plural+"/{pool}", policy, f.remove),
		)
	}
	return list
}
