package workspace

import (
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// The classes of nodes that the platform itself consists of.
const (
	ClassPlatform     = "platform"
	ClassOrganization = "organization"
	ClassWorkspace    = "workspace"
	ClassOffering     = "offering"
)

// The permissions of the platform's own classes. Those of scope "tenancy" are
// asked of the node above a workspace, so that a supervisor, who holds
// everything from his workspace down, does not hold them.
const (
	// Administer opens the administration of the platform.
	Administer rbac.Permission = "platform.administer"
	// ManageOrganizations allows creating and deleting organizations.
	ManageOrganizations rbac.Permission = "platform.manage_organizations"
	// ManageUsers allows creating, editing and disabling users.
	ManageUsers rbac.Permission = "platform.manage_users"
	// ManagePools allows creating and editing the shared facilities.
	ManagePools rbac.Permission = "platform.manage_pools"
	// ManageRoles allows defining roles.
	ManageRoles rbac.Permission = "platform.manage_roles"
	// Allocate allows handing out shares of pools.
	Allocate rbac.Permission = "platform.allocate"

	// ManageWorkspaces allows creating, activating and deactivating the
	// workspaces below a node.
	ManageWorkspaces rbac.Permission = "tenancy.manage_workspaces"

	// ReadOrganization allows seeing an organization and its workspaces.
	ReadOrganization rbac.Permission = "organization.read"
	// UpdateOrganization allows editing an organization.
	UpdateOrganization rbac.Permission = "organization.update"
	// ManageOrganizationUsers allows naming its administrators.
	ManageOrganizationUsers rbac.Permission = "organization.manage_users"

	// Read allows seeing a workspace. Every member holds it.
	Read rbac.Permission = "workspace.read"
	// Update allows editing a workspace.
	Update rbac.Permission = "workspace.update"
	// Transfer allows naming another supervisor.
	Transfer rbac.Permission = "workspace.transfer"
	// ReadMembers allows seeing who is a member, with which roles.
	ReadMembers rbac.Permission = "workspace.read_members"
	// ManageMembers allows adding and removing members and groups and changing
	// their roles.
	ManageMembers rbac.Permission = "workspace.manage_members"
	// ManageKeys allows making, rotating and revoking the workspace's keys.
	ManageKeys rbac.Permission = "workspace.manage_keys"
	// ManageRules allows making and deleting rules, of what one holds oneself.
	ManageRules rbac.Permission = "workspace.manage_rules"
	// ReadActivity allows seeing what happened.
	ReadActivity rbac.Permission = "workspace.read_activity"
	// ReadAudit allows seeing who did it, from where and with what, and what was
	// refused.
	ReadAudit rbac.Permission = "workspace.read_audit"

	// Enter allows administering a workspace from the web and by scripts, what
	// dRofus calls access to the admin site. Who is refused it alone goes on
	// holding all else.
	Enter rbac.Permission = "administration.enter"
	// ConfigureBIM allows configuring attributes and what exchanges models with
	// Revit and ArchiCAD.
	ConfigureBIM rbac.Permission = "administration.configure_bim"

	// ReadDatabase allows seeing the real database of a workspace: its name, size
	// and state.
	ReadDatabase rbac.Permission = "database.read"
	// ConnectDatabase allows being given access to it.
	ConnectDatabase rbac.Permission = "database.connect"
	// BackUpDatabase allows making, listing and downloading backups.
	BackUpDatabase rbac.Permission = "database.back_up"
	// LockDatabase allows locking and unlocking it, and ending its sessions.
	LockDatabase rbac.Permission = "database.lock"

	// ReadDatastore allows seeing the facilities a workspace was given, with
	// their use, and what was permitted to whom.
	ReadDatastore rbac.Permission = "datastore.read"
	// Annex allows uploading, publishing and deleting annexes.
	Annex rbac.Permission = "datastore.annex"
	// Upload allows delivering data.
	Upload rbac.Permission = "datastore.upload"
	// Broadcast allows publishing offerings and permitting their use.
	Broadcast rbac.Permission = "datastore.broadcast"
	// Process allows creating and launching processings.
	Process rbac.Permission = "datastore.process"

	// UseOffering allows calling an offering.
	UseOffering rbac.Permission = "offering.use"
)

// The built-in roles. The first five are the rights of Géoplateforme
// (spec/entrepot.md §3), the next three the roles of JMap (spec/jmap.md §1.2).
const (
	RoleAnnex      rbac.RoleName = "ANNEX"
	RoleUpload     rbac.RoleName = "UPLOAD"
	RoleBroadcast  rbac.RoleName = "BROADCAST"
	RoleProcessing rbac.RoleName = "PROCESSING"
	RoleCommunity  rbac.RoleName = "COMMUNITY"

	RoleAdministrator rbac.RoleName = "Administrator"
	RoleEditor        rbac.RoleName = "Editor"
	RoleViewer        rbac.RoleName = "Viewer"

	// RoleProjectAdministrator holds what dRofus's project administrators do: all
	// modules, the members and their rights, logs and backups, and not the editing
	// or deleting of the project (spec/drofus.md §2.2).
	RoleProjectAdministrator rbac.RoleName = "project administrator"
	// RoleBIMAdministrator holds [ConfigureBIM].
	RoleBIMAdministrator rbac.RoleName = "BIM administrator"

	// RoleOwner is what owning something in a workspace gives, for who does so
	// beside the one in whose name it is.
	RoleOwner rbac.RoleName = "owner"
	// RoleMember is what being a member gives, whatever the other roles.
	RoleMember rbac.RoleName = "member"
	// RoleOrganizationAdministrator holds everything in an organization.
	RoleOrganizationAdministrator rbac.RoleName = "organization administrator"
	// RolePlatformAdministrator holds everything.
	RolePlatformAdministrator rbac.RoleName = "platform administrator"
)

// Rights returns the five rights of Géoplateforme in the order that its API
// lists them.
func Rights() []rbac.RoleName {
	return []rbac.RoleName{RoleAnnex, RoleUpload, RoleBroadcast, RoleProcessing, RoleCommunity}
}

// Classes returns the classes of the platform's own nodes, for
// [rbac.NewSchema]. A host appends its own.
func Classes() []rbac.Class {
	platform := rbac.Scope{Name: "platform", Permissions: []string{
		"administer", "manage_organizations", "manage_users", "manage_pools", "manage_roles", "allocate",
	}}
	tenancy := rbac.Scope{Name: "tenancy", Permissions: []string{"manage_workspaces"}}
	organization := rbac.Scope{Name: "organization", Permissions: []string{"read", "update", "manage_users"}}
	workspace := rbac.Scope{Name: "workspace", Permissions: []string{
		"read", "update", "transfer", "read_members", "manage_members", "read_activity",
		"manage_keys", "manage_rules", "read_audit",
	}}
	administration := rbac.Scope{Name: "administration", Permissions: []string{"enter", "configure_bim"}}
	database := rbac.Scope{Name: "database", Permissions: []string{"read", "connect", "back_up", "lock"}}
	datastore := rbac.Scope{Name: "datastore", Permissions: []string{"read", "annex", "upload", "broadcast", "process"}}
	needs := func(needed rbac.Permission, by ...rbac.Permission) []rbac.Requirement {
		list := make([]rbac.Requirement, 0, len(by))
		for _, p := range by {
			list = append(list, rbac.Requirement{Permission: p, Needs: needed})
		}
		return list
	}
	inWorkspace := needs(Read, Update, Transfer, ReadMembers, ReadActivity, ReadDatastore, ManageKeys, ReadDatabase, Enter, ConfigureBIM)
	inWorkspace = append(inWorkspace, needs(ReadDatabase, ConnectDatabase, BackUpDatabase, LockDatabase)...)
	inWorkspace = append(inWorkspace, moduleNeeds()...)
	inWorkspace = append(inWorkspace, needs(ReadMembers, ManageMembers, ManageRules)...)
	inWorkspace = append(inWorkspace, needs(ReadActivity, ReadAudit)...)
	inWorkspace = append(inWorkspace, needs(ReadDatastore, Annex, Upload, Broadcast, Process)...)
	return []rbac.Class{
		{Name: ClassPlatform, Scopes: []rbac.Scope{platform, tenancy}},
		{
			Name: ClassOrganization, Scopes: []rbac.Scope{organization, tenancy},
			Requires: needs(ReadOrganization, UpdateOrganization, ManageOrganizationUsers),
		},
		{
			Name: ClassWorkspace, Scopes: append([]rbac.Scope{workspace, datastore, administration, database}, moduleScopes()...),
			Requires: inWorkspace, Sovereign: true, Open: []rbac.Permission{Read},
		},
		{Name: ClassOffering, Scopes: []rbac.Scope{{Name: "offering", Permissions: []string{"use"}}}},
	}
}

// Roles returns the built-in roles, for [rbac.NewSchema].
func Roles() []rbac.Role {
	with := func(name rbac.RoleName, title string, permissions ...rbac.Permission) rbac.Role {
		return rbac.Role{Name: name, Title: title, Permissions: permissions}
	}
	member := []rbac.Permission{Read, ReadDatastore, ReadActivity}
	editor := append([]rbac.Permission{Annex, Upload, Broadcast, Process}, member...)
	administrator := append([]rbac.Permission{Update, ReadMembers, ManageMembers, ManageKeys, ManageRules, ReadAudit}, editor...)
	project := slices.Concat([]rbac.Permission{
		ReadMembers, ManageMembers, ReadAudit, Enter, ConfigureBIM, ReadDatabase, ConnectDatabase, BackUpDatabase, LockDatabase,
	}, member, allModules())
	roles := []rbac.Role{
		with(RoleAnnex, "Annexes", Annex),
		with(RoleUpload, "Uploads", Upload),
		with(RoleBroadcast, "Broadcast", Broadcast),
		with(RoleProcessing, "Processing", Process),
		with(RoleCommunity, "Community", Update, ReadMembers, ManageMembers),
		with(RoleAdministrator, "Administrator", administrator...),
		with(RoleEditor, "Editor", editor...),
		with(RoleViewer, "Viewer", member...),
		with(RoleMember, "Member", member...),
		{Name: RoleOwner, Title: "Owner", Everything: true},
		{Name: RoleOrganizationAdministrator, Title: "Organization administrator", Everything: true},
		{Name: RolePlatformAdministrator, Title: "Platform administrator", Everything: true},
	}
	roles = append(roles,
		with(RoleProjectAdministrator, "Project administrator", project...), with(RoleBIMAdministrator, "BIM administrator", ConfigureBIM))
	return append(roles, moduleRoles()...)
}

// Schema returns the schema of the platform's own classes and roles. It cannot
// fail: a test makes it.
func Schema() *rbac.Schema {
	s, err := rbac.NewSchema(Classes(), Roles())
	if err != nil {
		panic(err) // the declarations above contradict each other
	}
	return s
}
