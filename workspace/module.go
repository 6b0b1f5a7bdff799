package workspace

import (
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Module is a part of what a project is about that rights are given to apart
// from others: the scope of its permissions.
type Module string

// The modules of dRofus (spec/drofus.md D-50).
const (
	ModuleRoom                 Module = "room"
	ModuleEquipment            Module = "equipment"
	ModuleTender               Module = "tender"
	ModuleConsignation         Module = "consignation"
	ModuleSystem               Module = "system"
	ModuleModelStore           Module = "modelstore"
	ModuleRoomSurfaceTreatment Module = "room_surface_treatment"
)

// Modules returns the modules, in order.
func Modules() []Module {
	return []Module{
		ModuleRoom, ModuleEquipment, ModuleTender, ModuleConsignation, ModuleSystem, ModuleModelStore, ModuleRoomSurfaceTreatment,
	}
}

// A Grade is how much somebody may do in a module. More is more, unlike the
// levels of dRofus, which are turned round where they come in.
type Grade int

// The grades.
const (
	NoAccess   Grade = iota
	Reading          // sees everything
	Limited          // edits some of it as well
	FullAccess       // edits everything
)

// gradeNames are the permissions of a module's scope, the least first. Who holds
// one holds those before it.
func gradeNames() []string { return []string{"read", "limited", "full"} }

// Permission returns what somebody of a grade holds in a module besides what the
// grade below it does, "room.limited"; "" for NoAccess.
func (m Module) Permission(g Grade) rbac.Permission {
	if g <= NoAccess || g > FullAccess {
		return ""
	}
	return rbac.Permission(string(m) + "." + gradeNames()[g-1])
}

// Role returns the built-in role that gives a grade in a module, "room limited";
// "" for NoAccess.
func (m Module) Role(g Grade) rbac.RoleName {
	if g <= NoAccess || g > FullAccess {
		return ""
	}
	return rbac.RoleName(string(m) + " " + gradeNames()[g-1])
}

// Grade returns the grade in a module that roles give by being the module's own.
func (m Module) Grade(roles []rbac.RoleName) Grade {
	for g := FullAccess; g > NoAccess; g-- {
		if slices.Contains(roles, m.Role(g)) {
			return g
		}
	}
	return NoAccess
}

// permissions returns everything that somebody of a grade holds.
func (m Module) permissions(g Grade) []rbac.Permission {
	var list []rbac.Permission
	for ; g > NoAccess; g-- {
		list = append(list, m.Permission(g))
	}
	return list
}

// allModules returns what somebody holds who has full access to all modules.
func allModules() []rbac.Permission {
	list := make([]rbac.Permission, 0, len(Modules())*int(FullAccess))
	for _, m := range Modules() {
		list = append(list, m.permissions(FullAccess)...)
	}
	return list
}

func moduleScopes() []rbac.Scope {
	list := make([]rbac.Scope, 0, len(Modules()))
	for _, m := range Modules() {
		list = append(list, rbac.Scope{Name: string(m), Permissions: gradeNames()})
	}
	return list
}

// moduleNeeds are what permissions of modules need: the ones of lower grades,
// and seeing the workspace.
func moduleNeeds() []rbac.Requirement {
	var list []rbac.Requirement
	for _, m := range Modules() {
		needed := Read
		for g := Reading; g <= FullAccess; g++ {
			list = append(list, rbac.Requirement{Permission: m.Permission(g), Needs: needed})
			needed = m.Permission(g)
		}
	}
	return list
}

func moduleRoles() []rbac.Role {
	var list []rbac.Role
	for _, m := range Modules() {
		for g := Reading; g <= FullAccess; g++ {
			title := strings.ReplaceAll(string(m.Role(g)), "_", " ")
			title = strings.ToUpper(title[:1]) + title[1:]
			list = append(list, rbac.Role{Name: m.Role(g), Title: title, Permissions: m.permissions(g)})
		}
	}
	return list
}
