package resource_test

import (
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// may wants somebody to hold a permission on a node, or not.
func (w *world) may(who workspace.Actor, n rbac.Node, perm rbac.Permission, want bool) {
	w.Helper()
	got, err := w.rights.Check(w.Context(), who.Principal, n, perm, rbac.Latest())
	if err != nil || got != want {
		w.Errorf("%s has %s on %d: %t, %v; want %t", who.Name, perm, n, got, err, want)
	}
}

// TestRolesInTheTree tells what each role of a workspace gives in its tree.
func TestRolesInTheTree(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.group(w.city.Num, "group").Num
		all := []rbac.Permission{
			resource.Read, resource.Create, resource.Update, resource.Delete, resource.ManageChildren,
			resource.ChangePermissions, resource.ReadMetadata, resource.WriteMetadata,
		}
		reading := []rbac.Permission{resource.Read, resource.ReadMetadata}
		editing := []rbac.Permission{
			resource.Read, resource.Create, resource.Update, resource.Delete, resource.ManageChildren,
			resource.ReadMetadata, resource.WriteMetadata,
		}
		for _, c := range []struct {
			who           workspace.Actor
			on, there     []rbac.Permission
			readsPlatform bool
		}{
			{w.admin, all, all, true},
			{w.boss, all, all, true},
			{w.manager, all, all, true},
			{w.editor, editing, editing, true},
			{w.viewer, reading, reading, true},
			{w.member, reading, nil, true},
			{w.mallory, nil, nil, true},
			{w.guest, nil, nil, false},
		} {
			for _, perm := range all {
				w.may(c.who, w.city.Num, perm, has(c.on, perm))
				w.may(c.who, n, perm, has(c.there, perm))
			}
			w.may(c.who, rbac.Root, resource.Read, c.readsPlatform)
			if c.who.Name != w.admin.Name {
				w.may(c.who, rbac.Root, resource.ManageChildren, false)
				w.may(c.who, w.club.Num, resource.Read, false)
			}
		}
		// The keys of a workspace hold what their role does, in it alone.
		w.may(w.key(w.boss, w.city.ID, workspace.RoleEditor), n, resource.Create, true)
		w.may(w.key(w.boss, w.city.ID, workspace.RoleViewer), n, resource.Create, false)
		w.may(w.key(w.boss, w.city.ID, workspace.RoleViewer), n, resource.Read, true)
		w.may(w.key(w.boss, w.city.ID, workspace.RoleEditor), w.club.Num, resource.Read, false)
	})
}

func has(list []rbac.Permission, perm rbac.Permission) bool {
	for _, p := range list {
		if p == perm {
			return true
		}
	}
	return false
}

// TestOpenToTheWorld has a rule for everybody on a resource work where the
// workspace lets itself be read by them, and not before.
func TestOpenToTheWorld(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		open := w.group(w.city.Num, "open").Num
		shut := w.group(w.city.Num, "shut").Num
		w.grant(open, rbac.Guest, resource.Read, true)
		w.may(w.guest, open, resource.Read, false)
		w.grant(w.city.Num, rbac.Everyone, workspace.Read, false)
		w.may(w.guest, w.city.Num, resource.Read, true)
		w.may(w.guest, w.city.Num, resource.ReadMetadata, true)
		w.may(w.guest, w.city.Num, resource.ManageChildren, false)
		w.may(w.guest, open, resource.Read, true)
		w.may(w.guest, open, resource.ReadMetadata, false)
		w.may(w.guest, shut, resource.Read, false)
		w.may(w.mallory, open, resource.Read, false)
		w.grant(open, rbac.Everyone, resource.Read, true)
		w.may(w.mallory, open, resource.Read, true)
		w.lists(w.guest, resource.Filter{Under: &w.city.Num}, "open")
		w.lists(w.mallory, resource.Filter{Under: &w.city.Num, Tops: true}, "city", "open")
	})
}

// TestSealedWorkspaces have nothing for those who belong to them, but that they
// exist.
func TestSealedWorkspaces(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.group(w.city.Num, "group").Num
		w.grant(n, w.member.Principal, resource.Read, true)
		w.may(w.member, n, resource.Read, true)
		err := w.workspaces.Deactivate(w.Context(), w.admin, w.city.ID)
		w.ok(err)
		for _, who := range []workspace.Actor{w.boss, w.manager, w.editor, w.viewer, w.member} {
			w.may(who, w.city.Num, resource.Read, true)
			w.may(who, w.city.Num, resource.ManageChildren, false)
			w.may(who, n, resource.Read, false)
			w.lists(who, resource.Filter{Under: &w.city.Num})
			_, err := w.resources.Resource(w.Context(), who, n)
			w.denied(err, n, resource.Read)
			_, err = w.resources.Create(w.Context(), who, resource.Draft{
				Class: resource.ResourceGroup, Parent: w.city.Num, DisplayName: "new",
			})
			w.denied(err, w.city.Num, resource.ManageChildren)
		}
		w.may(w.admin, n, resource.Read, true)
		w.lists(w.admin, resource.Filter{Under: &w.city.Num}, "group")
	})
}
