package workspace

import (
	"context"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// The origins of the rules that membership consists of.
const (
	originMember     = "member"
	originAudience   = "audience"
	originSuspension = "suspension"
	originBarred     = "barred"
)

// OriginManual is the origin of the rules that people make as such, with
// [Service.AddRule] or on a resource.
const OriginManual = "manual"

// Roles lists all roles, built-in ones first. Everybody signed in may.
func (s *Service) Roles(ctx context.Context, actor Actor) ([]rbac.Role, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return nil, err
	}
	roles, err := s.rights.Roles(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(roles, func(a, b rbac.Role) int {
		switch {
		case a.Builtin && !b.Builtin:
			return -1
		case b.Builtin && !a.Builtin:
			return 1
		}
		return strings.Compare(string(a.Name), string(b.Name))
	})
	return roles, nil
}

// PutRole defines a role, or redefines it with effect on everybody who has it.
// It needs [ManageRoles], and everything that the role says, on the platform.
func (s *Service) PutRole(ctx context.Context, actor Actor, r rbac.Role) error {
	return s.HoldRoles(ctx, actor, func(ctx context.Context) error {
		before, err := s.role(ctx, r.Name)
		if err != nil {
			return err
		}
		if before != nil && !before.Builtin && before.Title == r.Title && before.Everything == r.Everything &&
			slices.Equal(before.Permissions, r.Permissions) {
			return nil
		}
		if err := s.rights.PutRole(ctx, r); err != nil {
			return err
		}
		// Everybody who has the role will hold what it says, wherever he has it.
		if err := s.cover(ctx, actor, rbac.Rule{Node: rbac.Root, Role: r.Name, Propagate: true}); err != nil {
			return err
		}
		set := roleDetail(r)
		if before != nil {
			set = set.over(roleDetail(*before))
		}
		return s.record(ctx, actor, roleEvent("role.put", r.Name), set)
	})
}

// DeleteRole deletes a role that nobody has. It needs [ManageRoles].
func (s *Service) DeleteRole(ctx context.Context, actor Actor, name rbac.RoleName) error {
	return s.HoldRoles(ctx, actor, func(ctx context.Context) error {
		before, err := s.role(ctx, name)
		if err != nil {
			return err
		}
		if err := s.rights.DeleteRole(ctx, name); err != nil {
			return err
		}
		var set changes
		if before != nil {
			set = roleDetail(*before).went()
		}
		return s.record(ctx, actor, roleEvent("role.delete", name), set)
	})
}

func roleDetail(r rbac.Role) changes {
	return changes{"title": r.Title, "permissions": r.Permissions, "everything": r.Everything}
}

func roleEvent(action string, name rbac.RoleName) audit.Event {
	return audit.Event{Action: action, Object: audit.Object{Kind: "role", ID: string(name), Name: string(name)}}
}

// role returns what a role is, nil when there is none of that name.
func (s *Service) role(ctx context.Context, name rbac.RoleName) (*rbac.Role, error) {
	roles, err := s.rights.Roles(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		if r.Name == name {
			return &r, nil
		}
	}
	return nil, nil //nolint:nilnil // none is an answer here
}

// givable checks roles that are to be given in a workspace and returns them
// sorted, each once.
func givable(roles []rbac.Role, wanted []rbac.RoleName) ([]rbac.RoleName, error) {
	for _, name := range wanted {
		exists := slices.ContainsFunc(roles, func(r rbac.Role) bool { return r.Name == name })
		switch name {
		case RoleMember, RoleOwner, RoleOrganizationAdministrator, RolePlatformAdministrator:
			exists = false
		}
		if !exists {
			return nil, &InvalidError{Field: "roles", Expected: "roles that can be given in a workspace"}
		}
	}
	return distinct(wanted), nil
}

// rightsOf returns those of [Rights] that roles amount to together.
func rightsOf(roles []rbac.Role, held []rbac.RoleName) []rbac.RoleName {
	union := map[rbac.Permission]bool{}
	everything := false
	for _, r := range roles {
		if !slices.Contains(held, r.Name) {
			continue
		}
		everything = everything || r.Everything
		for _, p := range r.Permissions {
			union[p] = true
		}
	}
	rights := []rbac.RoleName{}
	for _, name := range Rights() {
		i := slices.IndexFunc(roles, func(r rbac.Role) bool { return r.Name == name })
		if i < 0 {
			continue
		}
		missing := slices.ContainsFunc(roles[i].Permissions, func(p rbac.Permission) bool { return !union[p] })
		if everything || !missing {
			rights = append(rights, name)
		}
	}
	return rights
}
