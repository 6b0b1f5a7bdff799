package workspace

import (
	"context"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A KeyReference is a key of a workspace by name; package accesskey has the rest.
type KeyReference struct {
	ID    string
	Num   rbac.Principal
	Title string
}

// departingKey is departing for a key of a workspace.
func (s *Service) departingKey(
	ctx context.Context, actor Actor, d Departure, how Disposal,
	fn func(ctx context.Context, plan DeparturePlan, locked []Workspace) error,
) error {
	if err := actor.Known(); err != nil {
		return err
	}
	if d.User != "" || d.Member != 0 || d.Workspace == "" {
		return &InvalidError{Field: "departure", Expected: "a key with its workspace alone"}
	}
	return s.change(ctx, actor, d.Workspace, s.on(actor, ManageKeys), func(ctx context.Context, w Workspace) error {
		if actor.Via == "key" || actor.Behalf != "" { // one that leaked must not end others
			return &rbac.DeniedError{Explanation: rbac.Explanation{
				Principal: actor.Principal, Node: w.Num, Permission: ManageKeys, Cause: rbac.ByDefault,
			}}
		}
		plan, err := s.planKey(ctx, actor, w, d, how)
		if err != nil {
			return err
		}
		return fn(ctx, plan, []Workspace{w})
	})
}

func (s *Service) planKey(ctx context.Context, actor Actor, w Workspace, d Departure, how Disposal) (DeparturePlan, error) {
	plan := DeparturePlan{Departure: d}
	k, err := s.store.AccessKey(ctx, w.ID, d.Key)
	if err != nil {
		return plan, err
	}
	plan.Name = k.Title
	if plan.Groups, err = s.store.Groups(ctx, GroupFilter{Member: d.Key}); err != nil {
		return plan, err
	}
	if plan.Rules, err = s.rights.Rules(ctx, rbac.RuleFilter{Principals: []rbac.Principal{d.Key}}); err != nil {
		return plan, err
	}
	if plan.Holdings, plan.Blockers, err = s.disposal(ctx, actor, w, d.Key, how); err != nil {
		return plan, err
	}
	return plan.signed(), nil
}

func (s *Service) departKey(ctx context.Context, actor Actor, plan DeparturePlan, w Workspace) error {
	k, err := s.store.AccessKey(ctx, w.ID, plan.Key)
	if err != nil {
		return err
	}
	if err := s.dispose(ctx, k.Num, plan.Holdings); err != nil {
		return err
	}
	if err := s.store.DeleteAccessKey(ctx, w.ID, k.Num); err != nil {
		return err
	}
	return s.record(ctx, actor, w.about("access_key.depart", audit.Object{Kind: "access_key", ID: k.ID, Name: k.Title}), plan.told())
}

// uninvite revokes what somebody who leaves answers for, and what is for his
// address, in the workspaces that are locked.
func (s *Service) uninvite(ctx context.Context, actor Actor, u User, locked []Workspace) error {
	for _, w := range locked {
		pending := InvitationFilter{Workspace: w.ID, States: []InvitationState{Pending}}
		his, addressed := pending, pending
		his.InviterUser, addressed.Email = u.ID, u.Email
		done := map[InvitationID]bool{}
		for _, f := range []InvitationFilter{his, addressed} {
			list, err := s.store.Invitations(ctx, f)
			if err != nil {
				return err
			}
			for _, i := range list {
				if done[i.ID] {
					continue
				}
				done[i.ID] = true
				if i, err = s.settle(ctx, i, Revoked, Pending); err != nil {
					return err
				}
				if err := s.record(ctx, actor, w.invitationEvent("invitation.revoke", i), nil); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// letAllGo gives back the seats that invitations to a workspace hold.
func (s *Service) letAllGo(ctx context.Context, w Workspace) error {
	list, err := s.store.Invitations(ctx, InvitationFilter{Workspace: w.ID, States: []InvitationState{Pending}})
	if err != nil {
		return err
	}
	for _, i := range list {
		t, err := s.store.Ticket(ctx, i.ID)
		if err != nil {
			return err
		}
		if err := s.letGo(ctx, t); err != nil {
			return err
		}
	}
	return nil
}
