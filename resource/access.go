package resource

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// An Access is what somebody has on a resource.
type Access struct {
	// Party is who: without a name where the actor may not know it.
	workspace.Party

	// Set is all that he has there.
	Set rbac.Set
	// Supervisor is set for who supervises the workspace, Administrator for who
	// manages workspaces above it, as administrators of the organization and the
	// platform do.
	Supervisor    bool
	Administrator bool
}

// An AccessFilter chooses what [Service.Access] lists. Its zero value chooses
// all.
type AccessFilter struct {
	// Permission keeps those who have it.
	Permission rbac.Permission
	Kinds      []rbac.Kind
	// Search is in the name, the username or the e-mail, regardless of case, of
	// those whose name the actor may know.
	Search     string
	Descending bool
	// After is the number to go on behind, nil for the beginning.
	After *rbac.Principal
	Limit int // 0 for no bound
}

// Access lists who has anything on a resource, in order of number, and how many
// they are: users, keys of the workspace, and as such the guest, who has said
// who he is (rbac.Authenticated) and everyone, who has what both of these have.
// Users who are not members, be it through a group, are listed who have more
// than who has said who he is. It agrees with [rbac.Engine.Check].
//
// It needs [Read], with which one sees oneself and the special ones; others are
// shown to who holds [ChangePermissions] there, or in the workspace
// [workspace.ReadMembers], for members, and [workspace.ManageKeys], for keys,
// and the latter two are what names are shown for.
func (s *Service) Access(ctx context.Context, actor workspace.Actor, n rbac.Node, f AccessFilter) ([]Access, int, error) {
	r, err := s.find(ctx, n)
	if err != nil {
		return nil, 0, err
	}
	if err := s.require(ctx, actor, n, Read); err != nil {
		return nil, 0, err
	}
	view, err := s.overlook(ctx, actor, r)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.holders(ctx, view, f)
	if err != nil {
		return nil, 0, err
	}
	total := len(list)
	if f.Descending {
		slices.Reverse(list)
	}
	if f.After != nil {
		list = slices.DeleteFunc(list, func(h rbac.Holder) bool {
			return h.Principal == *f.After || h.Principal < *f.After != f.Descending
		})
	}
	if f.Limit > 0 && len(list) > f.Limit {
		list = list[:f.Limit]
	}
	shown, err := s.introduce(ctx, view, list)
	return shown, total, err
}

// An overlook is what an actor may know of who has what on a resource.
type overlook struct {
	on        Resource
	actor     rbac.Principal
	workspace workspace.Workspace // without ID for the platform
	// everybody is set where he may ask what anybody has.
	everybody     bool
	members, keys bool
	top           Resource
}

func (s *Service) overlook(ctx context.Context, actor workspace.Actor, on Resource) (overlook, error) {
	o := overlook{on: on, actor: actor.Principal, top: on}
	if on.Top != rbac.Root {
		var err error
		if o.workspace, err = s.store.Workspace(ctx, on.Top); err != nil {
			return o, err
		}
		if o.top, err = s.find(ctx, on.Top); err != nil {
			return o, err
		}
	}
	may, err := s.rights.CheckMany(ctx, actor.Principal, []rbac.Question{
		{Node: on.Num, Permission: ChangePermissions},
		{Node: on.Top, Permission: workspace.ReadMembers},
		{Node: on.Top, Permission: workspace.ManageKeys},
	}, rbac.Latest())
	if err != nil {
		return o, told(err)
	}
	o.everybody, o.members, o.keys = may[0], may[1], may[2] && !actor.IsKey()
	return o, nil
}

// holders returns everybody whom an actor may see and a filter chooses.
func (s *Service) holders(ctx context.Context, o overlook, f AccessFilter) ([]rbac.Holder, error) {
	list, err := s.rights.Holders(ctx, o.on.Num, rbac.PrincipalFilter{}, rbac.Latest())
	if err != nil {
		return nil, told(err)
	}
	keys, err := s.partyNums(ctx, workspace.PartyFilter{Workspace: o.workspace.ID, Kinds: []rbac.Kind{rbac.Key}})
	if err != nil {
		return nil, err
	}
	var found map[rbac.Principal]bool
	if f.Search != "" {
		if found, err = s.partyNums(ctx, o.named(workspace.PartyFilter{Search: f.Search})); err != nil {
			return nil, err
		}
	}
	known := heldBy(list, rbac.Authenticated)
	// As who asks, everyone would be somebody who has said who he is.
	everyone := rbac.Holder{Principal: rbac.Everyone, Kind: rbac.System, Set: known.And(heldBy(list, rbac.Guest))}
	list = slices.DeleteFunc(list, func(h rbac.Holder) bool { return h.Principal == rbac.Everyone })
	at, _ := slices.BinarySearchFunc(list, everyone, func(a, b rbac.Holder) int { return cmp.Compare(a.Principal, b.Principal) })
	list = slices.Insert(list, at, everyone)
	return slices.DeleteFunc(list, func(h rbac.Holder) bool {
		switch {
		case h.Kind == rbac.Group, h.Principal == rbac.Owner: // whom rules name, and who never asks
			return true
		case h.Kind == rbac.Key && !keys[h.Principal]:
			return true
		case h.Kind == rbac.User && !h.Named(o.workspace.Audience) && h.Set.And(known).Len() == h.Set.Len():
			return true // whoever has said who he is has as much
		case h.Set.Len() == 0, f.Permission != "" && !h.Set.Has(f.Permission), f.Kinds != nil && !slices.Contains(f.Kinds, h.Kind):
			return true
		}
		return !o.sees(h) || found != nil && !found[h.Principal]
	}), nil
}

// sees reports whether an actor may know what somebody has.
func (o overlook) sees(h rbac.Holder) bool {
	switch {
	case o.everybody, h.Kind == rbac.System, h.Principal == o.actor:
		return true
	case h.Kind == rbac.Key:
		return o.keys
	}
	return o.members && h.Named(o.workspace.Audience)
}

// named is a filter of those whose names an actor may know.
func (o overlook) named(f workspace.PartyFilter) workspace.PartyFilter {
	f.Workspace, f.Special, f.Kinds = o.workspace.ID, o.workspace.Special(), []rbac.Kind{rbac.System}
	if o.members {
		f.Kinds = append(f.Kinds, rbac.User)
	}
	if o.keys {
		f.Kinds = append(f.Kinds, rbac.Key)
	}
	return f
}

func (s *Service) partyNums(ctx context.Context, f workspace.PartyFilter) (map[rbac.Principal]bool, error) {
	nums, err := s.store.PartyNums(ctx, f)
	if err != nil {
		return nil, err
	}
	set := make(map[rbac.Principal]bool, len(nums))
	for _, num := range nums {
		set[num] = true
	}
	return set, nil
}

// heldBy returns what one of some holders has.
func heldBy(holders []rbac.Holder, p rbac.Principal) rbac.Set {
	at := slices.IndexFunc(holders, func(h rbac.Holder) bool { return h.Principal == p })
	if at < 0 {
		return rbac.Set{}
	}
	return holders[at].Set
}

// introduce says of some holders who they are, and who manages workspaces above.
func (s *Service) introduce(ctx context.Context, o overlook, holders []rbac.Holder) ([]Access, error) {
	list := make([]Access, 0, len(holders))
	if len(holders) == 0 {
		return list, nil
	}
	nums := make([]rbac.Principal, 0, len(holders))
	for _, h := range holders {
		nums = append(nums, h.Principal)
	}
	parties, err := s.store.Parties(ctx, o.named(workspace.PartyFilter{Nums: nums}))
	if err != nil {
		return nil, err
	}
	known := make(map[rbac.Principal]workspace.Party, len(parties))
	for _, p := range append(parties, o.workspace.Special()...) { // those on the platform too
		known[p.Num] = p
	}
	above, err := s.rights.Holders(ctx, o.top.Parent, rbac.PrincipalFilter{}, rbac.Latest())
	if err != nil {
		return nil, fmt.Errorf("resource: who manages what is above %d: %w", o.on.Num, err)
	}
	manages := map[rbac.Principal]bool{}
	for _, h := range above {
		if h.Set.Has(workspace.ManageWorkspaces) {
			manages[h.Principal] = true
		}
	}
	for _, h := range holders {
		a := Access{
			Party: workspace.Party{Num: h.Principal, Kind: h.Kind}, Set: h.Set,
			Supervisor: h.Principal == o.top.Owner, Administrator: manages[h.Principal],
		}
		if p, is := known[h.Principal]; is {
			a.Party = p
		}
		list = append(list, a)
	}
	return list, nil
}
