package workspace

import (
	"context"
	"errors"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A Holding is something in a workspace that a principal owns, alone or
// together with others. Whoever owns a node has it in his name
// ([rbac.Place].Owner), or has a rule of [RoleOwner] on it.
type Holding struct {
	Node   rbac.Node
	Class  string
	Parent rbac.Node
	// Others own it too; it is owned alone while there are none.
	Others []rbac.Principal
	// Below is how many nodes lie below it, and go with it.
	Below int
	// Foreign are nodes elsewhere that need it or something below it: their
	// links lead there.
	Foreign []rbac.Node
	// Kept says what forbids deleting it: something below it that is more than
	// a node, such as a published offering. Empty for nothing.
	Kept string
}

// Alone reports whether nobody else owns it.
func (h Holding) Alone() bool { return len(h.Others) == 0 }

// Estates keep who owns what lies in workspaces. The node of a workspace itself
// belongs to its supervisor and is no part of this.
type Estates interface {
	// Holdings returns what a principal owns in a workspace, in order of number.
	Holdings(ctx context.Context, in rbac.Node, p rbac.Principal) ([]Holding, error)
	// CountHoldings returns how much that is.
	CountHoldings(ctx context.Context, in rbac.Node, p rbac.Principal) (int, error)
	// Owners returns who owns a node in a workspace, in whose name it is first.
	Owners(ctx context.Context, in, n rbac.Node) ([]rbac.Principal, error)
	// Reown makes somebody an owner of a node in place of another: in whose
	// name it is, and whom the rules of RoleOwner on it are for. Where he owns
	// it already, the other just ceases to. With 0 the other only ceases to,
	// and a node in his name comes into that of the first of the others who has
	// a rule of RoleOwner. It returns ErrNotFound for a node that the other
	// does not own.
	Reown(ctx context.Context, n rbac.Node, from, to rbac.Principal) error
	// DeleteTree deletes a node with all below it, their rules, and the links
	// that lead there. It returns ErrNotFound, ErrInUse for the node of a
	// workspace or above and where something is Kept.
	DeleteTree(ctx context.Context, n rbac.Node) error
}

// Holdings lists what a member or a key of a workspace owns there, in order of
// number. It needs [ReadMembers], and returns ErrNotFound for who does not
// belong to it.
func (s *Service) Holdings(ctx context.Context, actor Actor, id ID, p rbac.Principal) ([]Holding, error) {
	w, err := s.holder(ctx, actor, id, p)
	if err != nil {
		return nil, err
	}
	return s.store.Holdings(ctx, w.Num, p)
}

// holder returns a workspace that somebody belongs to who may own something in
// it, to who may see its members.
func (s *Service) holder(ctx context.Context, actor Actor, id ID, p rbac.Principal) (Workspace, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ReadMembers))
	if err != nil {
		return Workspace{}, err
	}
	ours, err := s.store.Belongs(ctx, w.ID, p)
	if err == nil && !ours {
		err = ErrNotFound
	}
	return w, err
}

// Heirs lists the members who may own something in place of another: who are
// users and hold what [RoleEditor] gives. Of the filter, Search, Order (by name
// where it says nothing), After and Limit are heeded. It needs [ReadMembers],
// and returns ErrNotFound for who does not belong to the workspace.
func (s *Service) Heirs(ctx context.Context, actor Actor, id ID, p rbac.Principal, f MemberFilter) ([]Member, error) {
	w, err := s.holder(ctx, actor, id, p)
	if err != nil {
		return nil, err
	}
	roles, err := s.rights.Roles(ctx)
	if err != nil {
		return nil, err
	}
	if f.Order.By == "" {
		f.Order.By = "name"
	}
	// What somebody holds is not in the store's reach: members are read until
	// enough of them are heirs.
	some := MemberFilter{Workspace: w.ID, Kind: rbac.User, Search: f.Search, Order: f.Order, After: f.After, Limit: 500}
	if f.Limit > 0 {
		some.Limit = min(some.Limit, max(2*f.Limit, 20))
	}
	var heirs []Member
	for {
		list, err := s.store.Members(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if m.Principal == p {
				continue
			}
			err := s.rights.Covers(ctx, m.Principal, editing(w))
			if errors.Is(err, rbac.ErrDenied) {
				continue
			}
			if err != nil {
				return nil, err
			}
			m.Rights = m.rights(w, roles)
			if heirs = append(heirs, m); len(heirs) == f.Limit {
				return heirs, nil
			}
		}
		if len(list) < some.Limit {
			return heirs, nil
		}
		last := list[len(list)-1].Mark(f.Order)
		some.After = &last
	}
}

// editing is what somebody holds in a workspace who may own something there.
func editing(w Workspace) rbac.Rule { return rbac.Rule{Node: w.Num, Role: RoleEditor, Propagate: true} }
