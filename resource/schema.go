package resource

import (
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Schema returns the vocabulary of a platform whose workspaces have a tree: the
// platform's own classes and roles, as package workspace has them, and those of
// a catalog. It returns an error that wraps [rbac.ErrSchema].
//
// What permissions need is what spec/ngw.md §3.3 lists: nearly everything the
// resource.read of its own resource, that of the parent, writing the reading of
// the same scope. Workspaces and the platform have the scopes "resource" and
// "metadata" too: to read a workspace as a resource one needs [workspace.Read].
//
// Viewers, editors and administrators hold what they need in the tree by their
// roles; being a member alone gives the reading of the workspace's own node, so
// that a rule on a resource is enough to reach it.
func Schema(catalog *Catalog) (*rbac.Schema, error) {
	classes := workspace.Classes()
	for i := range classes {
		switch c := &classes[i]; c.Name {
		case workspace.ClassWorkspace:
			c.Scopes = append(c.Scopes, catalog.scope(ScopeResource), catalog.scope(ScopeMetadata))
			c.Requires = append(c.Requires, rbac.Requirement{Permission: Read, Needs: workspace.Read})
			c.Requires = append(c.Requires, needs(ScopeResource, ScopeMetadata)...)
			c.Open = append(c.Open, Read) // it exists, as before
		case workspace.ClassPlatform, workspace.ClassOrganization:
			c.Scopes = append(c.Scopes, catalog.scope(ScopeResource), catalog.scope(ScopeMetadata))
			c.Requires = append(c.Requires, needs(ScopeResource, ScopeMetadata)...)
		}
	}
	for _, c := range catalog.Classes() {
		scopes := append([]string{ScopeResource, ScopeMetadata}, c.Scopes...)
		class := rbac.Class{Name: c.Name, Requires: append(needs(scopes...), c.Requires...)}
		class.Requires = append(class.Requires, rbac.Requirement{Permission: Read, Needs: Read, Relation: rbac.Parent, OrNone: true})
		for _, name := range scopes {
			class.Scopes = append(class.Scopes, catalog.scope(name))
		}
		classes = append(classes, class)
	}
	roles := workspace.Roles()
	for i := range roles {
		roles[i].Permissions = append(roles[i].Permissions, catalog.known(held(roles[i].Name))...)
	}
	schema, err := rbac.NewSchema(classes, roles)
	if err != nil {
		return nil, fmt.Errorf("resource: %w", err)
	}
	return schema, nil
}

// needs returns what the permissions of scopes need on the resource itself.
func needs(scopes ...string) []rbac.Requirement {
	all := []struct{ permission, needed rbac.Permission }{
		{Create, Read},
		{Update, Read},
		{Delete, Read},
		{ManageChildren, Read},
		{ChangePermissions, Read},
		{ReadMetadata, Read},
		{WriteMetadata, ReadMetadata},
		{ReadStructure, Read},
		{WriteStructure, ReadStructure},
		{ReadData, Read},
		{WriteData, ReadData},
		{ReadConnection, Read},
		{Connect, Read},
		{WriteConnection, ReadConnection},
		{UseService, Read},
		{ConfigureService, UseService},
		{Display, Read},
		{ReadAnnotations, Read},
		{WriteAnnotations, Read},
		{ManageAnnotations, WriteAnnotations},
	}
	var list []rbac.Requirement
	for _, r := range all {
		if slices.Contains(scopes, r.permission.Scope()) {
			list = append(list, rbac.Requirement{Permission: r.permission, Needs: r.needed})
		}
	}
	return list
}

// held returns what a built-in role holds in the tree.
func held(role rbac.RoleName) []rbac.Permission {
	viewer := []rbac.Permission{
		Read, ReadMetadata, ReadStructure, ReadData, Connect, UseService, Display, ReadAnnotations,
	}
	editor := append([]rbac.Permission{
		Create, Update, Delete, ManageChildren, WriteMetadata, WriteStructure, WriteData,
		ReadConnection, WriteConnection, ConfigureService, WriteAnnotations, ManageAnnotations,
	}, viewer...)
	switch role {
	case workspace.RoleViewer:
		return viewer
	case workspace.RoleEditor:
		return editor
	case workspace.RoleAdministrator:
		return append([]rbac.Permission{ChangePermissions}, editor...)
	}
	return nil
}
