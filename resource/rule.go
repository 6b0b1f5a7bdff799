package resource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// mostRules bounds how many rules are put on a resource at once.
const mostRules = 1000

// Rules lists the rules on a resource that were made as such, in order of Num.
// It needs [Read].
func (s *Service) Rules(ctx context.Context, actor workspace.Actor, n rbac.Node) ([]rbac.Rule, error) {
	if _, err := s.find(ctx, n); err != nil {
		return nil, err
	}
	if err := s.require(ctx, actor, n, Read); err != nil {
		return nil, err
	}
	return s.rules(ctx, n)
}

func (s *Service) rules(ctx context.Context, n rbac.Node) ([]rbac.Rule, error) {
	list, err := s.rights.Rules(ctx, rbac.RuleFilter{Nodes: []rbac.Node{n}, Origin: workspace.OriginManual})
	if err != nil {
		return nil, fmt.Errorf("resource: rules on %d: %w", n, err)
	}
	return list, nil
}

// SetRules puts rules on a resource in place of those that [Service.Rules]
// lists, at most 1000, and returns what that lists then. Of each it takes
// Effect, Principal, Role, Scope, Permission, Class, Propagate and Expires; one
// that is there already stays as it is. It needs [ChangePermissions], on a
// workspace [workspace.ManageRules] too, and for what an added rule allows or a
// removed one denied, that the actor holds it himself: nobody gives more than he
// has, and nobody frees himself.
//
// A rule can be for users, for groups and keys of the workspace, for all its
// members, for groups of the platform, and for everyone, who has said who he is,
// the guest and the owner. Two rules that differ in nothing but Effect or
// Expires cannot be on one resource.
//
// It returns an InvalidError for "permissions[i].principal" and the like, ErrRoot
// for what is above workspaces, and a [LockoutError] where a platform
// administrator or the supervisor would lose [Read], [Update] or
// [ChangePermissions] on the resource.
func (s *Service) SetRules(ctx context.Context, actor workspace.Actor, n rbac.Node, rules []rbac.Rule) ([]rbac.Rule, error) {
	if err := s.ruling(ctx, actor, n); err != nil {
		return nil, err
	}
	var set []rbac.Rule
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		r, w, err := s.locked(ctx, n)
		if err != nil {
			return err
		}
		if err := s.ruling(ctx, actor, n); err != nil {
			return err
		}
		set, err = s.setRules(ctx, actor, r, w, rules)
		return err
	})
	if err != nil {
		return nil, err
	}
	return set, nil
}

// ruling makes sure that somebody may put rules on a resource.
func (s *Service) ruling(ctx context.Context, actor workspace.Actor, n rbac.Node) error {
	r, err := s.find(ctx, n)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, n, ChangePermissions); err != nil {
		return err
	}
	switch n {
	case r.Top:
		if r.Workspace == "" {
			return fmt.Errorf("%w: %d", ErrRoot, n)
		}
		return s.require(ctx, actor, n, workspace.ManageRules)
	case rbac.Root:
		return fmt.Errorf("%w: %d", ErrRoot, n)
	}
	if r.Top == rbac.Root {
		return fmt.Errorf("%w: %d", ErrRoot, n)
	}
	return nil
}

// setRules does what SetRules does, on a resource whose workspace is locked. A
// new resource is given its rules by it as well.
func (s *Service) setRules(ctx context.Context, actor workspace.Actor, r Resource, w workspace.Workspace, rules []rbac.Rule) ([]rbac.Rule, error) {
	there, err := s.rules(ctx, r.Num)
	if err != nil {
		return nil, err
	}
	added, removed, err := ruleChange(r.Num, there, rules)
	if err != nil {
		return nil, err
	}
	if len(added)+len(removed) == 0 {
		return there, nil
	}
	if err := s.checkRules(ctx, r, w, added); err != nil {
		return nil, err
	}
	if err := s.coversRules(ctx, actor, added, removed); err != nil {
		return nil, err
	}
	if err := s.stillOwned(r, there, rules); err != nil {
		return nil, err
	}
	guarded, err := s.guarded(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(removed) > 0 {
		f := rbac.RuleFilter{Nodes: []rbac.Node{r.Num}, Origin: workspace.OriginManual}
		for _, rule := range removed {
			f.IDs = append(f.IDs, rule.ID)
		}
		if _, err := s.rights.Revoke(ctx, f); err != nil {
			return nil, fmt.Errorf("resource: rules on %d: %w", r.Num, err)
		}
	}
	for _, rule := range added {
		if err := s.grant(ctx, rule); err != nil {
			return nil, err
		}
	}
	if err := s.unharmed(ctx, r.Num, guarded); err != nil {
		return nil, err
	}
	err = s.record(ctx, actor, w, "resource.set_rules", r,
		map[string]any{"removed": toldRules(removed)}, map[string]any{"added": toldPlaced(added)})
	if err != nil {
		return nil, err
	}
	return s.rules(ctx, r.Num)
}

// A placed rule is one of those that were given, and where among them it was.
type placed struct {
	rbac.Rule

	at int
}

// field names a part of it.
func (p placed) field(name string) string { return fmt.Sprintf("permissions[%d].%s", p.at, name) }

// essence is what a rule is about, apart from what it does about it.
func essence(r rbac.Rule) rbac.Rule {
	return rbac.Rule{
		Principal: r.Principal, Role: r.Role, Scope: r.Scope, Permission: r.Permission, Class: r.Class, Propagate: r.Propagate,
	}
}

// same reports whether two rules about the same do the same, as long.
func same(a, b rbac.Rule) bool { return a.Effect == b.Effect && expiry(a).Equal(expiry(b)) }

func expiry(r rbac.Rule) time.Time { return r.Expires.UTC().Truncate(time.Microsecond) }

// ruleChange tells which rules are new, and which go.
func ruleChange(n rbac.Node, there, rules []rbac.Rule) (added []placed, removed []rbac.Rule, err error) {
	if len(rules) > mostRules {
		return nil, nil, &workspace.InvalidError{Field: "permissions", Expected: fmt.Sprintf("at most %d rules", mostRules)}
	}
	wanted := map[rbac.Rule]rbac.Rule{}
	for i, r := range rules {
		about := essence(r)
		if other, twice := wanted[about]; twice {
			if same(other, r) {
				continue
			}
			return nil, nil, &workspace.InvalidError{
				Field: fmt.Sprintf("permissions[%d]", i), Expected: "no second rule for the same principal, permission and class",
			}
		}
		wanted[about] = r
		if slices.ContainsFunc(there, func(old rbac.Rule) bool { return essence(old) == about && same(old, r) }) {
			continue
		}
		made := essence(r)
		made.Node, made.Effect, made.Expires, made.Origin = n, r.Effect, r.Expires, workspace.OriginManual
		added = append(added, placed{made, i})
	}
	for _, old := range there {
		if r, ok := wanted[essence(old)]; !ok || !same(old, r) {
			removed = append(removed, old)
		}
	}
	return added, removed, nil
}

// checkRules refuses new rules that make no sense on a resource.
func (s *Service) checkRules(ctx context.Context, r Resource, w workspace.Workspace, added []placed) error {
	principals := make([]rbac.Principal, 0, len(added))
	for _, rule := range added {
		principals = append(principals, rule.Principal)
	}
	known, err := s.store.Known(ctx, w.ID, principals)
	if err != nil {
		return err
	}
	classes := s.rights.Schema().Classes()
	now := s.clock()
	for _, rule := range added {
		wrong := func(name, expected string) error {
			return &workspace.InvalidError{Field: rule.field(name), Expected: expected}
		}
		switch {
		case rule.Effect != rbac.Allow && rule.Effect != rbac.Deny:
			return wrong("effect", "allow or deny")
		case known[rule.Principal] == "" && !everybody(rule.Principal):
			return wrong("principal", "a user, or a group or a key of the workspace")
		case rule.Role != "" && rule.Scope != "":
			return wrong("scope", "none beside a role")
		case rule.Role != "" && rule.Permission != "":
			return wrong("permission", "none beside a role")
		case rule.Class != "" && !slices.Contains(classes, rule.Class):
			return wrong("class", "a class that exists, or none")
		case !rule.Expires.IsZero() && !now.Before(expiry(rule.Rule)): // as it is kept
			return wrong("expires", "a time to come")
		case len(rule.Scope) > mostName || len(rule.Permission) > mostName:
			return wrong("scope", fmt.Sprintf("at most %d bytes", mostName))
		case r.Num == r.Top && rule.Effect == rbac.Deny && !s.catalog.has(rule.Scope):
			// What else there is on a workspace is not for this door to shut.
			return wrong("scope", "a scope of resources, for a rule that denies on a workspace")
		}
		if err := s.checkRole(ctx, r, w, rule); err != nil {
			return err
		}
	}
	return nil
}

// mostName bounds the name of a scope and that of a permission, which may be any.
const mostName = 255

// everybody reports whether a principal stands for many.
func everybody(p rbac.Principal) bool {
	switch p {
	case rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Owner:
		return true
	}
	return false
}

// has reports whether there is a scope of that name.
func (c *Catalog) has(scope string) bool {
	return slices.ContainsFunc(c.scopes, func(s Scope) bool { return s.Name == scope })
}

// checkRole refuses roles that are not given on resources.
func (s *Service) checkRole(ctx context.Context, r Resource, w workspace.Workspace, rule placed) error {
	wrong := &workspace.InvalidError{Field: rule.field("role"), Expected: "a role that can be given on a resource"}
	switch rule.Role {
	case workspace.RoleMember, workspace.RoleOrganizationAdministrator, workspace.RolePlatformAdministrator:
		return wrong
	case workspace.RoleOwner:
		switch err := s.mayOwn(ctx, w, rule.Principal); {
		case errors.Is(err, workspace.ErrHeir), err == nil && r.Num == r.Top:
			return wrong
		case err != nil:
			return err
		}
	}
	return nil
}

// coversRules makes sure that somebody holds what new rules allow, and what
// denied what goes.
func (s *Service) coversRules(ctx context.Context, actor workspace.Actor, added []placed, removed []rbac.Rule) error {
	cover := func(r rbac.Rule) error { return s.rights.Covers(ctx, actor.Principal, r) }
	for _, rule := range added {
		if rule.Effect != rbac.Allow {
			continue
		}
		err := cover(rule.Rule)
		if errors.Is(err, rbac.ErrNoRole) {
			return &workspace.InvalidError{Field: rule.field("role"), Expected: "a role that exists"}
		}
		if err != nil {
			return err
		}
	}
	now := s.clock()
	for _, r := range removed {
		if r.Effect != rbac.Deny || !r.Expires.IsZero() && !now.Before(r.Expires) {
			continue
		}
		if err := cover(r); err != nil {
			return err
		}
	}
	return nil
}

// stillOwned refuses to take away the last owner of a resource that is in
// nobody's name.
func (s *Service) stillOwned(r Resource, there, wanted []rbac.Rule) error {
	owns := func(r rbac.Rule) bool { return r.Role == workspace.RoleOwner && r.Effect == rbac.Allow }
	if r.Owner != 0 || !slices.ContainsFunc(there, owns) || slices.ContainsFunc(wanted, owns) {
		return nil
	}
	return &workspace.InvalidError{Field: "permissions", Expected: "a rule that says who owns it, which nobody else does"}
}

// grant makes a rule that was found to make sense.
func (s *Service) grant(ctx context.Context, rule placed) error {
	_, err := s.rights.Grant(ctx, rule.Rule)
	switch {
	case errors.Is(err, rbac.ErrNoRole):
		return &workspace.InvalidError{Field: rule.field("role"), Expected: "a role that exists"}
	case errors.Is(err, rbac.ErrNoPrincipal):
		return &workspace.InvalidError{Field: rule.field("principal"), Expected: "a user, or a group or a key of the workspace"}
	case err != nil:
		return fmt.Errorf("resource: rule on %d: %w", rule.Node, err)
	}
	return nil
}

// toldRules is what the trail tells of rules.
func toldRules(rules []rbac.Rule) []map[string]any {
	list := make([]map[string]any, 0, len(rules))
	for _, r := range rules {
		one := map[string]any{
			"effect": r.Effect, "principal": r.Principal, "scope": r.Scope, "permission": r.Permission, "propagate": r.Propagate,
		}
		if r.Role != "" {
			one["role"] = r.Role
		}
		if r.Class != "" {
			one["class"] = r.Class
		}
		if !r.Expires.IsZero() {
			one["expires"] = r.Expires
		}
		list = append(list, one)
	}
	return list
}

func toldPlaced(added []placed) []map[string]any {
	rules := make([]rbac.Rule, 0, len(added))
	for _, rule := range added {
		rules = append(rules, rule.Rule)
	}
	return toldRules(rules)
}
