package workspace

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Group is a set of users that roles can be given to as one. It belongs to a
// workspace, or to the platform.
type Group struct {
	ID GroupID
	// Num is the group as a principal.
	Num rbac.Principal
	// Workspace is empty for a group of the platform.
	Workspace ID
	// Name is 2 to 250 characters, unique in its workspace regardless of case.
	Name        string
	Description string
	// Members is how many are in the group themselves. The store counts them.
	Members int
	Created time.Time
	Updated time.Time
}

// A GroupFilter chooses groups. Its zero value chooses all, in order of
// creation.
type GroupFilter struct {
	IDs  []GroupID
	Nums []rbac.Principal
	// Workspace keeps the groups of one workspace; Platform those of none.
	Workspace ID
	Platform  bool
	// Member keeps the groups that a principal is in.
	Member rbac.Principal
	Name   string // regardless of case; % stands for any text
	Search string // in the name, regardless of case
	Order  Order
	After  *Mark
	Offset int
	Limit  int // 0 for no bound
}

// CreateGroup makes a group. In a workspace it needs [ManageMembers], on the
// platform [ManageUsers]; so do all changes of groups.
func (s *Service) CreateGroup(ctx context.Context, actor Actor, g Group) (Group, error) {
	var made Group
	err := s.changeGroups(ctx, actor, g.Workspace, func(ctx context.Context, w Workspace) error {
		if err := cleanGroup(&g); err != nil {
			return err
		}
		now := s.clock()
		var err error
		made, err = s.store.AddGroup(ctx, Group{
			ID: GroupID(uid.New()), Workspace: g.Workspace, Name: g.Name, Description: g.Description,
			Created: now, Updated: now,
		})
		if err != nil {
			return err
		}
		return s.record(ctx, actor, w.about("group.create", made.object()), nil)
	})
	return made, err
}

func cleanGroup(g *Group) error {
	return first(line("name", &g.Name, 2, 250), prose("description", g.Description, 4000))
}

// changeGroups runs fn in a unit of work for who may change the groups of a
// workspace, which is locked meanwhile, or of the platform, in which case there
// is none.
func (s *Service) changeGroups(
	ctx context.Context, actor Actor, id ID, fn func(ctx context.Context, w Workspace) error,
) error {
	if id != "" {
		return s.change(ctx, actor, id, s.on(actor, ManageMembers), fn)
	}
	if err := s.require(ctx, actor, rbac.Root, ManageUsers); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error { return fn(ctx, Workspace{}) })
}

// changeGroup runs fn like changeGroups, with a group that exists.
func (s *Service) changeGroup(
	ctx context.Context, actor Actor, id GroupID, fn func(ctx context.Context, w Workspace, g Group) error,
) error {
	g, err := s.group(ctx, actor, id, ManageMembers)
	if err != nil {
		return err
	}
	return s.changeGroups(ctx, actor, g.Workspace, func(ctx context.Context, w Workspace) error {
		// It may have gone before the lock was taken.
		g, err := one(s.store.Groups(ctx, GroupFilter{IDs: []GroupID{id}}))
		if err != nil {
			return err
		}
		return fn(ctx, w, g)
	})
}

// group returns a group to who holds a permission in its workspace, or may
// manage those of the platform. Others are told that there is none.
func (s *Service) group(ctx context.Context, actor Actor, id GroupID, perm rbac.Permission) (Group, error) {
	if err := actor.Known(); err != nil {
		return Group{}, err
	}
	g, err := one(s.store.Groups(ctx, GroupFilter{IDs: []GroupID{id}}))
	if err != nil {
		return Group{}, err
	}
	if g.Workspace == "" {
		return g, s.authorize(ctx, actor, rbac.Root, ManageUsers, ManageUsers)
	}
	_, err = s.find(ctx, actor, g.Workspace, s.on(actor, perm))
	return g, err
}

// UpdateGroup changes name and description.
func (s *Service) UpdateGroup(ctx context.Context, actor Actor, id GroupID, change func(*Group) error) (Group, error) {
	var changed Group
	err := s.changeGroup(ctx, actor, id, func(ctx context.Context, w Workspace, g Group) error {
		next := g
		if err := change(&next); err != nil {
			return err
		}
		err := first(
			cleanGroup(&next), fixed("id", g.ID, next.ID), fixed("num", g.Num, next.Num),
			fixed("workspace", g.Workspace, next.Workspace), fixed("members", g.Members, next.Members),
			fixed("created", g.Created, next.Created), fixed("updated", g.Updated, next.Updated),
		)
		if err != nil {
			return err
		}
		set := changes{}
		note(set, "name", g.Name, next.Name)
		note(set, "description", g.Description, next.Description)
		if len(set) > 0 {
			next.Updated = s.clock()
			if err := s.store.SaveGroup(ctx, next); err != nil {
				return err
			}
			if err := s.record(ctx, actor, w.about("group.update", next.object()), set); err != nil {
				return err
			}
		}
		changed = next
		return nil
	})
	return changed, err
}

// DeleteGroup deletes a group, the roles it was given and its memberships, and
// leaves its users alone.
func (s *Service) DeleteGroup(ctx context.Context, actor Actor, id GroupID) error {
	return s.changeGroup(ctx, actor, id, func(ctx context.Context, w Workspace, g Group) error {
		if err := s.store.DeleteGroup(ctx, id); err != nil {
			return err
		}
		return s.record(ctx, actor, w.about("group.delete", g.object()), changes{"name": was{g.Name}, "description": was{g.Description}})
	})
}

// Groups lists the groups of a workspace, which needs [ReadMembers], or of the
// platform, which needs [ManageUsers].
func (s *Service) Groups(ctx context.Context, actor Actor, f GroupFilter) ([]Group, int, error) {
	f.Platform = f.Workspace == ""
	if f.Platform {
		if err := s.require(ctx, actor, rbac.Root, ManageUsers); err != nil {
			return nil, 0, err
		}
	} else if _, err := s.find(ctx, actor, f.Workspace, s.on(actor, ReadMembers)); err != nil {
		return nil, 0, err
	}
	list, err := s.store.Groups(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.CountGroups(ctx, f)
	return list, total, err
}

// GroupUsers lists the users in a group, as [Service.People] shows them.
func (s *Service) GroupUsers(ctx context.Context, actor Actor, id GroupID, f UserFilter) ([]User, int, error) {
	g, err := s.group(ctx, actor, id, ReadMembers)
	if err != nil {
		return nil, 0, err
	}
	f.Group = g.Num
	return s.people(ctx, f)
}

// AddToGroup puts a user into a group. In a group of a workspace he must be a
// member of it himself, so that leaving takes him out. What the group was given
// the actor must hold himself. Doing so twice changes nothing.
func (s *Service) AddToGroup(ctx context.Context, actor Actor, id GroupID, user UserID) error {
	return s.changeGroup(ctx, actor, id, func(ctx context.Context, w Workspace, g Group) error {
		u, err := s.user(ctx, user)
		if err != nil {
			return err
		}
		if g.Workspace != "" {
			if _, err := s.member(ctx, w, u.Num); err != nil {
				return err
			}
		}
		if err := s.coversGroup(ctx, actor, g.Num); err != nil {
			return err
		}
		joined, err := s.store.Join(ctx, g.Num, u.Num)
		if err != nil || !joined {
			return err
		}
		return s.record(ctx, actor, w.about("group.add_user", g.object()), u.named())
	})
}

// RemoveFromGroup takes a user out. It returns ErrNotFound for who is not in.
func (s *Service) RemoveFromGroup(ctx context.Context, actor Actor, id GroupID, user UserID) error {
	return s.changeGroup(ctx, actor, id, func(ctx context.Context, w Workspace, g Group) error {
		u, err := s.user(ctx, user)
		if err != nil {
			return err
		}
		parted, err := s.store.Part(ctx, g.Num, u.Num)
		if err != nil {
			return err
		}
		if !parted {
			return ErrNotFound
		}
		return s.record(ctx, actor, w.about("group.remove_user", g.object()), u.named())
	})
}
