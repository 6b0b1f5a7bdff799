package workspace

import (
	"context"
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Suspend refuses a member everything in a workspace, at once and on every
// server, whatever he was given there himself or through groups; he stays a
// member and keeps it. Suspending a group suspends all who are in it. Doing so
// twice changes nothing. It needs [ManageMembers].
//
// It returns ErrNotFound for who is not a member himself, ErrSupervisor for the
// supervisor, ErrSuperior for who manages workspaces above this one, and for a
// group that one of them is in.
func (s *Service) Suspend(ctx context.Context, actor Actor, id ID, p rbac.Principal) (Member, error) {
	return s.setSuspended(ctx, actor, id, p, true)
}

// Resume undoes [Service.Suspend]. Nobody can do so for himself.
func (s *Service) Resume(ctx context.Context, actor Actor, id ID, p rbac.Principal) (Member, error) {
	return s.setSuspended(ctx, actor, id, p, false)
}

func (s *Service) setSuspended(ctx context.Context, actor Actor, id ID, p rbac.Principal, suspended bool) (Member, error) {
	var m Member
	err := s.change(ctx, actor, id, s.on(actor, ManageMembers), func(ctx context.Context, w Workspace) error {
		var err error
		if m, err = s.member(ctx, w, p); err != nil {
			return err
		}
		roles, err := s.rights.Roles(ctx)
		if err != nil {
			return err
		}
		m.Rights = m.rights(w, roles)
		if m.Suspended == suspended {
			return nil
		}
		_, name, err := s.candidate(ctx, w, p)
		if err != nil {
			return err
		}
		action := "member.resume"
		if suspended {
			action = "member.suspend"
			err = s.suspend(ctx, w, m)
		} else {
			_, err = s.rights.Revoke(ctx, suspension(w, p))
		}
		if err != nil {
			return err
		}
		m.Suspended, m.Updated = suspended, s.clock()
		if err := s.store.PutMember(ctx, m); err != nil {
			return err
		}
		return s.record(ctx, actor, w.about(action, m.object(name)), changes{"suspended": became{!suspended, suspended}})
	})
	if err != nil {
		return Member{}, err
	}
	return m, nil
}

func suspension(w Workspace, p rbac.Principal) rbac.RuleFilter {
	return rbac.RuleFilter{Nodes: []rbac.Node{w.Num}, Principals: []rbac.Principal{p}, Origin: originSuspension}
}

func (s *Service) suspend(ctx context.Context, w Workspace, m Member) error {
	if err := s.deniable(ctx, w, m.Principal); err != nil {
		return err
	}
	_, err := s.rights.Grant(ctx, rbac.Rule{
		Node: w.Num, Effect: rbac.Deny, Principal: m.Principal, Propagate: true, Origin: originSuspension,
	})
	return err
}

// deniable makes sure that somebody may be denied something in a workspace:
// neither he nor anybody in the group that he is supervises it, on whom a
// denial has no effect, or manages it from above. The workspace must be locked.
func (s *Service) deniable(ctx context.Context, w Workspace, p rbac.Principal) error {
	above, err := s.payer(ctx, w.Organization)
	if err != nil {
		return err
	}
	people, err := s.store.Users(ctx, UserFilter{Nums: []rbac.Principal{p}})
	if err != nil {
		return err
	}
	if len(people) == 0 {
		if people, err = s.store.Users(ctx, UserFilter{Group: p}); err != nil {
			return err
		}
	}
	for _, u := range people {
		if u.ID == w.Supervisor {
			return ErrSupervisor
		}
		may, err := s.rights.Check(ctx, u.Num, above, ManageWorkspaces, rbac.Latest())
		if err != nil {
			return err
		}
		if may {
			return fmt.Errorf("%w: %s", ErrSuperior, u.Username)
		}
	}
	return nil
}
