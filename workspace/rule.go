package workspace

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// Rules lists the rules on a workspace and on what lies in it, those too that
// memberships, permissions and keys consist of (see [rbac.Rule.Origin]). It
// needs [ReadMembers]. The filter's Within is set to the workspace.
func (s *Service) Rules(ctx context.Context, actor Actor, id ID, f rbac.RuleFilter) ([]rbac.Rule, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, ReadMembers))
	if err != nil {
		return nil, err
	}
	f.Within = w.Num
	return s.rights.Rules(ctx, f)
}

// AddRule makes a rule on a workspace or on what lies in it. Of what is given
// it takes Node, Effect, Principal, what is named, Class, Propagate and
// Expires. It needs [ManageRules], and for what the rule allows that the actor
// holds it himself, on the node and below.
//
// A rule can be for a member, a group or a key of the workspace; one that
// allows, also for all its members, for everyone, for who has said who he is,
// for the guest and for the owner of a node. Nothing can be denied to the
// supervisor (ErrSupervisor) or to who manages workspaces above this one
// (ErrSuperior).
//
// It returns an InvalidError for "node" outside the workspace, for
// "principal", "role", "permission", "class", "effect" and for "expires" in the
// past.
func (s *Service) AddRule(ctx context.Context, actor Actor, id ID, r rbac.Rule) (rbac.Rule, error) {
	var made rbac.Rule
	err := s.change(ctx, actor, id, s.on(actor, ManageRules), func(ctx context.Context, w Workspace) error {
		r, err := s.addable(ctx, actor, w, r)
		if err != nil {
			return err
		}
		made, err = s.rights.Grant(ctx, r)
		switch {
		case errors.Is(err, rbac.ErrNoNode):
			return nodeOutside()
		case errors.Is(err, rbac.ErrNoPrincipal):
			return principalOutside()
		case errors.Is(err, rbac.ErrNoRole):
			return &InvalidError{Field: "role", Expected: "a role that exists"}
		case err != nil:
			return err
		}
		return s.record(ctx, actor, w.about("rule.add", ruleObject(made)), told(made))
	})
	return made, err
}

// addable returns a rule as it is made, if the actor may make it.
func (s *Service) addable(ctx context.Context, actor Actor, w Workspace, r rbac.Rule) (rbac.Rule, error) {
	r = rbac.Rule{
		Node: r.Node, Effect: r.Effect, Principal: r.Principal, Role: r.Role, Scope: r.Scope, Permission: r.Permission,
		Class: r.Class, Propagate: r.Propagate, Expires: r.Expires, Origin: OriginManual,
	}
	if err := s.checkRule(ctx, w, r); err != nil {
		return r, err
	}
	if r.Effect == rbac.Allow {
		return r, s.cover(ctx, actor, r)
	}
	return r, nil
}

// differences bounds what [Service.SimulateRule] tells.
const differences = 200

// SimulateRule tells what a rule would give and take, at its node and below, up
// to 200 differences, and makes nothing. It needs what [Service.AddRule] needs
// and refuses what that refuses.
func (s *Service) SimulateRule(ctx context.Context, actor Actor, id ID, r rbac.Rule) (rbac.Simulation, error) {
	var told rbac.Simulation
	err := s.change(ctx, actor, id, s.on(actor, ManageRules), func(ctx context.Context, w Workspace) error {
		r, err := s.addable(ctx, actor, w, r)
		if err != nil {
			return err
		}
		told, err = s.rights.Simulate(ctx, []rbac.Change{{Kind: rbac.ChangeGrant, Rule: r}},
			rbac.SimulationFilter{Under: r.Node, Limit: differences}, rbac.Latest())
		return err
	})
	return told, err
}

func nodeOutside() error {
	return &InvalidError{Field: "node", Expected: "the number of the workspace or of something in it"}
}

func principalOutside() error {
	return &InvalidError{Field: "principal", Expected: "a member, a group or a key of the workspace"}
}

// checkRule refuses a rule that makes no sense in a workspace.
func (s *Service) checkRule(ctx context.Context, w Workspace, r rbac.Rule) error {
	switch r.Effect {
	case rbac.Allow, rbac.Deny:
	default:
		return &InvalidError{Field: "effect", Expected: "allow or deny"}
	}
	if !r.Expires.IsZero() && !s.clock().Before(r.Expires) {
		return &InvalidError{Field: "expires", Expected: "a time to come"}
	}
	if r.Role == RoleOwner && r.Node != w.Num {
		if err := s.mayOwn(ctx, w, r.Principal); err != nil {
			return err
		}
	} else if r.Role != "" {
		roles, err := s.rights.Roles(ctx)
		if err != nil {
			return err
		}
		if _, err := givable(roles, []rbac.RoleName{r.Role}); err != nil {
			return &InvalidError{Field: "role", Expected: "a role that can be given in a workspace"}
		}
	}
	in, err := s.store.NodeWorkspace(ctx, r.Node)
	if errors.Is(err, ErrNotFound) || err == nil && in != w.Num {
		return nodeOutside()
	}
	if err != nil {
		return err
	}
	return s.checkPrincipal(ctx, w, r)
}

// checkPrincipal refuses a rule for who has nothing to do with the workspace,
// and denials where they would shut out who is needed.
func (s *Service) checkPrincipal(ctx context.Context, w Workspace, r rbac.Rule) error {
	switch r.Principal {
	case rbac.Everyone, rbac.Authenticated, rbac.Guest, rbac.Owner, w.Audience:
		if r.Effect == rbac.Deny {
			return &InvalidError{Field: "principal", Expected: "a member, a group or a key of the workspace, for a rule that denies"}
		}
		return nil
	}
	ours, err := s.store.Belongs(ctx, w.ID, r.Principal)
	if err != nil {
		return err
	}
	if !ours {
		return principalOutside()
	}
	if r.Effect == rbac.Deny {
		return s.deniable(ctx, w, r.Principal)
	}
	return nil
}

// DeleteRule deletes a rule that was made with [Service.AddRule]. It needs
// [ManageRules], and for a rule that denies, that the actor holds what it
// denies: nobody frees himself. It returns ErrNotFound, or ErrInUse for a rule
// that a membership, a permission or a key consists of.
func (s *Service) DeleteRule(ctx context.Context, actor Actor, id ID, rule rbac.RuleID) error {
	return s.change(ctx, actor, id, s.on(actor, ManageRules), func(ctx context.Context, w Workspace) error {
		r, err := one(s.rights.Rules(ctx, rbac.RuleFilter{IDs: []rbac.RuleID{rule}, Within: w.Num}))
		if err != nil {
			return err
		}
		if r.Origin != OriginManual {
			kind, _, _ := strings.Cut(r.Origin, "/")
			return fmt.Errorf("%w: the rule is part of a %s", ErrInUse, kind)
		}
		if r.Effect == rbac.Deny {
			if err := s.cover(ctx, actor, r); err != nil {
				return err
			}
		}
		if r.Role == RoleOwner && r.Effect == rbac.Allow {
			// Something is not left without an owner by taking away the last.
			if err := s.store.Reown(ctx, r.Node, r.Principal, 0); err != nil {
				return err
			}
			if err := s.stillOwned(ctx, w, r.Node); err != nil {
				return err
			}
		} else if _, err := s.rights.Revoke(ctx, rbac.RuleFilter{IDs: []rbac.RuleID{rule}, Within: w.Num}); err != nil {
			return err
		}
		return s.record(ctx, actor, w.about("rule.delete", ruleObject(r)), told(r).went())
	})
}

// stillOwned refuses to leave a node without an owner.
func (s *Service) stillOwned(ctx context.Context, w Workspace, n rbac.Node) error {
	owners, err := s.store.Owners(ctx, w.Num, n)
	if err == nil && len(owners) == 0 {
		err = fmt.Errorf("%w: node %d needs an owner", ErrInUse, n)
	}
	return err
}

func ruleObject(r rbac.Rule) audit.Object {
	return audit.Object{Kind: "rule", ID: string(r.ID), Name: fmt.Sprintf("%s on node %d", r.Effect, r.Node)}
}

// told is what the trail tells of a rule.
func told(r rbac.Rule) changes {
	c := changes{"node": r.Node, "effect": r.Effect, "principal": r.Principal, "propagate": r.Propagate}
	for name, value := range map[string]string{
		"role": string(r.Role), "scope": r.Scope, "permission": r.Permission, "class": r.Class,
	} {
		if value != "" {
			c[name] = value
		}
	}
	if !r.Expires.IsZero() {
		c["expires"] = r.Expires
	}
	return c
}
