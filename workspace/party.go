package workspace

import (
	"context"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Party is somebody whom rules in a workspace can name.
type Party struct {
	Num rbac.Principal
	// Kind is [rbac.System] for the special ones, among whom are all members of
	// the workspace.
	Kind rbac.Kind
	// Name is [User.Name], the name of a group, the title of a key, or "everyone",
	// "authenticated", "guest", "owner" or "members". Only users have the other
	// two.
	Name     string
	Username string
	Email    string
	// Member is set for who is a member of the workspace himself.
	Member bool
	// Suspended is that of members, see [Member.Suspended].
	Suspended bool
}

// A PartyFilter chooses parties of a workspace, all that it has unless told
// otherwise, in order of name. Of no workspace there are none.
type PartyFilter struct {
	Workspace ID
	// Special are listed with those that are kept.
	Special []Party
	Nums    []rbac.Principal
	Kinds   []rbac.Kind
	// Search is in the name, the username or the e-mail, regardless of case.
	Search string
	Order  Order
	After  *Mark
	Limit  int // 0 for no bound
}

// Sortable returns what parties can be put in order by.
func (PartyFilter) Sortable() []string { return []string{"name", "num"} }

// Mark returns where a party stands in a list of that order.
func (p Party) Mark(order Order) Mark {
	if order.By == "num" {
		return Mark{Num: int64(p.Num)}
	}
	return paging.Text(p.Name, int64(p.Num))
}

// Parties lists whom rules in a workspace can name, and how many there are: the
// users who are members, its groups and those that are members, its keys, and
// the special ones. It needs [ReadMembers], and shows keys to who holds
// [ManageKeys] and is none. The filter's Workspace and Special are set.
func (s *Service) Parties(ctx context.Context, actor Actor, id ID, f PartyFilter) ([]Party, int, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ReadMembers))
	if err != nil {
		return nil, 0, err
	}
	keys, err := s.holds(ctx, actor, w.Num, ManageKeys)
	if err != nil {
		return nil, 0, err
	}
	f.Workspace, f.Special = w.ID, w.Special()
	if !keys || actor.IsKey() {
		f.Kinds = f.without(rbac.Key)
	}
	total, err := s.store.CountParties(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.store.Parties(ctx, f)
	return list, total, err
}

// without returns the kinds that a filter chooses but one.
func (f PartyFilter) without(kind rbac.Kind) []rbac.Kind {
	kinds := f.Kinds
	if kinds == nil {
		kinds = []rbac.Kind{rbac.User, rbac.Group, rbac.Key, rbac.System}
	}
	return slices.DeleteFunc(slices.Clone(kinds), func(k rbac.Kind) bool { return k == kind })
}

// Special returns those whom rules in a workspace can name without there being
// somebody whom they are.
func (w Workspace) Special() []Party {
	return []Party{
		{Num: rbac.Guest, Kind: rbac.System, Name: "guest"},
		{Num: rbac.Everyone, Kind: rbac.System, Name: "everyone"},
		{Num: rbac.Authenticated, Kind: rbac.System, Name: "authenticated"},
		{Num: rbac.Owner, Kind: rbac.System, Name: "owner"},
		{Num: w.Audience, Kind: rbac.System, Name: "members"},
	}
}
