package resource

import "github.com/bailiwick-sdk/bailiwick/rbac"

// The permissions on resources: those of NextGIS Web (spec/ngw.md §1.3, and the
// scopes "metadata" and "datastruct" of its older versions, which the seed has).
const (
	// Read allows seeing class, names and the like. Nearly all others need it.
	Read rbac.Permission = "resource.read"
	// Create allows making a resource of the class, where the rules of the
	// parent that hold below it give it.
	Create rbac.Permission = "resource.create"
	// Update allows changing names and the like.
	Update rbac.Permission = "resource.update"
	// Delete allows deleting; see [Service.Delete] for what else that needs.
	Delete rbac.Permission = "resource.delete"
	// ManageChildren allows making, moving and deleting what lies directly in a
	// resource.
	ManageChildren rbac.Permission = "resource.manage_children"
	// ChangePermissions allows changing the rules on a resource.
	ChangePermissions rbac.Permission = "resource.change_permissions"

	// ReadMetadata and WriteMetadata are about description and Meta.
	ReadMetadata  rbac.Permission = "metadata.read"
	WriteMetadata rbac.Permission = "metadata.write"
	// ReadStructure and WriteStructure are about the fields of a layer and the
	// like.
	ReadStructure  rbac.Permission = "datastruct.read"
	WriteStructure rbac.Permission = "datastruct.write"
	// ReadData and WriteData are about features, rasters and what is drawn of
	// them.
	ReadData  rbac.Permission = "data.read"
	WriteData rbac.Permission = "data.write"
	// ReadConnection, WriteConnection and Connect are about where data is
	// fetched from, passwords included, and about fetching it.
	ReadConnection  rbac.Permission = "connection.read"
	WriteConnection rbac.Permission = "connection.write"
	Connect         rbac.Permission = "connection.connect"
	// UseService and ConfigureService are about services such as WMS.
	UseService       rbac.Permission = "service.connect"
	ConfigureService rbac.Permission = "service.configure"
	// Display is opening a map, the others what people write on it.
	Display           rbac.Permission = "webmap.display"
	ReadAnnotations   rbac.Permission = "webmap.annotation_read"
	WriteAnnotations  rbac.Permission = "webmap.annotation_write"
	ManageAnnotations rbac.Permission = "webmap.annotation_manage"
)

// The scopes that the permissions belong to.
const (
	ScopeResource   = "resource"
	ScopeMetadata   = "metadata"
	ScopeStructure  = "datastruct"
	ScopeData       = "data"
	ScopeConnection = "connection"
	ScopeService    = "service"
	ScopeWebmap     = "webmap"
)

// A Scope is a group of permissions with what people call it.
type Scope struct {
	Name        string
	Labels      Labels
	Permissions []PermissionLabel
}

// A PermissionLabel is a permission, without its scope, with what people call it.
type PermissionLabel struct {
	Name   string
	Labels Labels
}

// Labels are what something is called, by language: en, fr, es and ru.
type Labels map[string]string

// In returns the label in a language, in English where there is none.
func (l Labels) In(language string) string {
	if label, ok := l[language]; ok {
		return label
	}
	return l["en"]
}
