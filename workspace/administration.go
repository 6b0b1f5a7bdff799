package workspace

import (
	"context"
	"errors"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// What the administrators of dRofus reach (spec/drofus.md §2.2): those of the
// platform everything, those of an organization what is in it, those of a project
// what concerns their projects alone. Whatever lies beyond answers ErrNotFound.

// Administered lists the workspaces on which the actor holds [Enter], and how
// many there are. Everybody signed in may.
func (s *Service) Administered(ctx context.Context, actor Actor, f Filter) ([]Details, int, error) {
	nodes, err := s.visible(ctx, actor, Enter, ClassWorkspace)
	if err != nil {
		return nil, 0, err
	}
	f.Nodes = &nodes
	return s.list(ctx, f)
}

// AdministeredOrganizations lists the organizations on which the actor holds
// [ReadOrganization], and those of the workspaces on which he holds [Enter], and
// how many there are. Of the latter it tells ID, Num and Name. Everybody signed
// in may; who does not hold [Administer] can neither order nor choose by when they
// were made.
func (s *Service) AdministeredOrganizations(ctx context.Context, actor Actor, f OrganizationFilter) ([]Organization, int, error) {
	his, err := s.visible(ctx, actor, ReadOrganization, ClassOrganization)
	if err != nil {
		return nil, 0, err
	}
	entered, err := s.visible(ctx, actor, Enter, ClassWorkspace)
	if err != nil {
		return nil, 0, err
	}
	all, err := s.holds(ctx, actor, rbac.Root, Administer)
	if err != nil {
		return nil, 0, err
	}
	if !all {
		if err := shownIn(f.Order, f.Sortable(), "created"); err != nil {
			return nil, 0, err
		}
		f.Created = Period{}
	}
	f.Nodes, f.Paying = &his, &entered
	list, total, err := s.organizations(ctx, f)
	for i, o := range list {
		if !his.Contains(o.Num) {
			list[i] = Organization{ID: o.ID, Num: o.Num, Name: o.Name}
		}
	}
	return list, total, err
}

// AdministeredUsers lists the users whom the actor sees, and how many there are:
// all, with [ManageUsers]; else the members, themselves or through groups, of the
// workspaces on which he holds [Enter] and [ReadMembers], and the administrators
// of the organizations on which he holds [ReadOrganization], without when they
// last came and whether they administer the platform. Everybody signed in may.
func (s *Service) AdministeredUsers(ctx context.Context, actor Actor, f UserFilter) ([]User, int, error) {
	all, err := s.holds(ctx, actor, rbac.Root, ManageUsers)
	if err != nil {
		return nil, 0, err
	}
	if all {
		return s.Users(ctx, actor, f)
	}
	members, err := s.administers(ctx, actor, ReadMembers)
	if err != nil {
		return nil, 0, err
	}
	administrators, err := s.visible(ctx, actor, ReadOrganization, ClassOrganization)
	if err != nil {
		return nil, 0, err
	}
	f.MemberOf, f.AdministratorOf = &members, &administrators
	f.Group = 0 // what is not shown is not answered either
	return s.people(ctx, f)
}

// administers returns the workspaces on which the actor holds [Enter] and another
// permission.
func (s *Service) administers(ctx context.Context, actor Actor, perm rbac.Permission) (rbac.Condition, error) {
	entered, err := s.visible(ctx, actor, Enter, ClassWorkspace)
	if err != nil {
		return rbac.Condition{}, err
	}
	held, err := s.visible(ctx, actor, perm, ClassWorkspace)
	return entered.And(held), err
}

// AdministeredUser returns one of [Service.AdministeredUsers] by his username,
// regardless of case.
func (s *Service) AdministeredUser(ctx context.Context, actor Actor, username string) (User, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return User{}, err
	}
	if username == "" { // would choose all
		return User{}, ErrNotFound
	}
	list, _, err := s.AdministeredUsers(ctx, actor, UserFilter{Username: username})
	return one(list, err)
}

// Administers lets pass who may change a user and end what he is doing:
//
//   - who holds [ManageUsers], and [Administer] where the user administers the
//     platform;
//   - who holds [Enter] and [ManageMembers] in every workspace that concerns the
//     user, of which there is one at least, and [ManageOrganizationUsers] wherever
//     he was given something above workspaces, which is not the platform.
//
// It returns a *[rbac.DeniedError] for a user whom the actor sees, see
// [Service.AdministeredUsers], and ErrNotFound for another.
func (s *Service) Administers(ctx context.Context, actor Actor, id UserID) error {
	if err := s.signedIn(ctx, actor); err != nil {
		return err
	}
	u, err := s.user(ctx, id)
	if err != nil {
		return err
	}
	denied := s.require(ctx, actor, rbac.Root, ManageUsers)
	if denied == nil && u.Administrator {
		return s.require(ctx, actor, rbac.Root, Administer)
	}
	if denied == nil || !errors.Is(denied, rbac.ErrDenied) {
		return denied
	}
	reaches, err := s.reaches(ctx, actor, u)
	if err != nil || reaches {
		return err
	}
	seen, _, err := s.AdministeredUsers(ctx, actor, UserFilter{IDs: []UserID{u.ID}})
	if _, err = one(seen, err); err != nil {
		return err
	}
	return denied
}

// reaches reports whether the actor administers everything that concerns a user.
func (s *Service) reaches(ctx context.Context, actor Actor, u User) (bool, error) {
	if u.Administrator {
		return false, nil
	}
	within, err := s.within(ctx, actor, u)
	if err != nil || !within {
		return false, err
	}
	as, err := s.guises(ctx, u)
	if err != nil {
		return false, err
	}
	rules, err := s.rights.Rules(ctx, rbac.RuleFilter{Principals: as, Effect: rbac.Allow})
	if err != nil {
		return false, err
	}
	var nodes []rbac.Node
	for _, r := range rules {
		if r.Node == rbac.Root {
			return false, nil
		}
		nodes = append(nodes, r.Node)
	}
	there := rbac.Only(nodes...)
	above, err := s.store.Organizations(ctx, OrganizationFilter{Nodes: &there})
	if err != nil {
		return false, err
	}
	for _, o := range above {
		names, err := s.holds(ctx, actor, o.Num, ManageOrganizationUsers)
		if err != nil || !names {
			return false, err
		}
	}
	return true, nil
}

// within reports whether the actor administers every workspace that concerns a
// user, and there is one.
func (s *Service) within(ctx context.Context, actor Actor, u User) (bool, error) {
	nodes, err := s.administers(ctx, actor, ManageMembers)
	if err != nil {
		return false, err
	}
	concerned, err := s.store.Concerned(ctx, u.Num)
	if err != nil {
		return false, err
	}
	list, err := s.store.Workspaces(ctx, Filter{Member: u.Num})
	if err != nil {
		return false, err
	}
	if len(concerned) > 0 { // an empty list would cost a statement
		more, err := s.store.Workspaces(ctx, Filter{IDs: concerned})
		if err != nil {
			return false, err
		}
		list = append(list, more...)
	}
	beyond := slices.ContainsFunc(list, func(w Workspace) bool { return !nodes.Contains(w.Num) })
	return len(list) > 0 && !beyond, nil
}

// guises returns the user as a principal, and the groups that he is in, themselves
// or through others.
func (s *Service) guises(ctx context.Context, u User) ([]rbac.Principal, error) {
	as := []rbac.Principal{u.Num}
	for i := 0; i < len(as); i++ {
		groups, err := s.store.Groups(ctx, GroupFilter{Member: as[i]})
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			if !slices.Contains(as, g.Num) {
				as = append(as, g.Num)
			}
		}
	}
	return as, nil
}

// UpdateAdministered is like [Service.UpdateUser] for who administers a user, see
// [Service.Administers]: he may change names, language and Disabled. All else
// needs what it needs there. When the user last came, and whether he administers
// the platform, is told to who holds [ManageUsers].
func (s *Service) UpdateAdministered(ctx context.Context, actor Actor, id UserID, change func(*User) error) (User, error) {
	if err := s.Administers(ctx, actor, id); err != nil {
		return User{}, err
	}
	var changed User
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		administrators, err := s.store.LockAdministrators(ctx)
		if err != nil {
			return err
		}
		// Whoever held the lock may have changed who administers whom.
		if err := s.Administers(ctx, actor, id); err != nil {
			return err
		}
		u, err := s.user(ctx, id)
		if err != nil {
			return err
		}
		all, err := s.holds(ctx, actor, rbac.Root, ManageUsers)
		if err != nil {
			return err
		}
		changed, err = s.updateUser(ctx, actor, u, administrators, "disabled", change)
		if err == nil && !all {
			changed = changed.shown()
		}
		return err
	})
	return changed, err
}
