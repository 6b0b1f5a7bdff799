package ngw

import (
	"context"
	"errors"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// explainPermissions tells why somebody holds permissions on a resource, or not.
func (l *lens) explainPermissions(c *call) (reply, error) {
	ctx := c.Context()
	n, err := c.node("id")
	if err != nil {
		return reply{}, err
	}
	who, err := c.subject()
	if err != nil {
		return reply{}, err
	}
	r, err := l.resource(ctx, c, n)
	if err != nil {
		return reply{}, err
	}
	asked, err := l.asked(c, l.class(r))
	if err != nil {
		return reply{}, err
	}
	x := explainer{lens: l, call: c, in: r.Workspace, readable: map[rbac.Node]bool{}, groups: map[rbac.Principal]bool{}}
	tree := map[string]map[string]any{}
	for _, p := range asked {
		why, err := l.Resources.Explain(ctx, c.actor, n, who, p)
		if err != nil {
			return reply{}, err
		}
		told, err := x.tell(ctx, why)
		if err != nil {
			return reply{}, err
		}
		if tree[p.Scope()] == nil {
			tree[p.Scope()] = map[string]any{}
		}
		tree[p.Scope()][p.Name()] = told
	}
	return ok(tree), nil
}

// asked returns the permissions of a class that the query names: all of them, of
// a scope, or one.
func (l *lens) asked(c *call, class resource.Class) ([]rbac.Permission, error) {
	scope, permission := c.last("scope"), c.last("permission")
	var list []rbac.Permission
	for _, s := range l.scopes(class) {
		for _, p := range s.Permissions {
			if (scope == "" || scope == s.Name) && (permission == "" || permission == p.Name) {
				list = append(list, rbac.Of(s.Name, p.Name))
			}
		}
	}
	if len(list) == 0 {
		if scope == "" {
			return nil, queryError("permission", "a permission of the resource")
		}
		return nil, queryError("scope", "a scope of the resource with such a permission")
	}
	return list, nil
}

// An explainer tells explanations to a caller, without what lies where he may
// not read.
type explainer struct {
	*lens
	*call

	in       workspace.ID
	readable map[rbac.Node]bool
	groups   map[rbac.Principal]bool // whether a principal is a group
}

// tell tells an explanation: every rule that speaks of it on the way down, what
// is required, and what decided.
func (x *explainer) tell(ctx context.Context, why rbac.Explanation) (map[string]any, error) {
	list := []any{}
	for _, step := range why.Path {
		if step.Sovereign {
			list = append(list, map[string]any{"result": true, "resource": identified(x.outer(step.Place.Node)), "type": "supervisor"})
		}
		for _, r := range step.Rules {
			item := map[string]any{
				"result": r.Effect == rbac.Allow, "resource": identified(x.outer(step.Place.Node)), "type": "acl_rule",
			}
			open, err := x.open(ctx, step.Place.Node)
			if err != nil {
				return nil, err
			}
			if open {
				if item["acl_rule"], err = x.rule(ctx, r); err != nil {
					return nil, err
				}
			}
			list = append(list, item)
		}
	}
	if why.Missing != nil {
		item, err := x.requirement(ctx, why)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	if !why.Allowed {
		switch why.Cause {
		case rbac.ByDefault:
			list = append(list, map[string]any{"result": false, "resource": identified(x.outer(why.Node)), "type": "default"})
		case rbac.BySeal, rbac.ByDisabling, rbac.ByOwner:
			list = append(list, map[string]any{"result": false, "resource": identified(x.outer(why.Node)), "type": string(why.Cause)})
		}
	}
	return map[string]any{"result": why.Allowed, "explain": list}, nil
}

// requirement tells what is needed besides and missing, and why it is.
func (x *explainer) requirement(ctx context.Context, why rbac.Explanation) (map[string]any, error) {
	at := why.Node
	item := map[string]any{"result": false, "resource": identified(x.outer(at)), "type": "requirement"}
	open, err := x.open(ctx, at)
	if err != nil || !open {
		return item, err
	}
	var attribute any
	if why.Missing.Relation != "" {
		attribute = why.Missing.Relation
	}
	needs := why.Missing.Needs
	item["requirement"] = map[string]any{
		"scope": needs.Scope(), "permission": needs.Name(), "attr": attribute, "attr_empty": why.Missing.OrNone,
	}
	item["satisfied"] = false
	if why.Why == nil {
		return item, nil
	}
	inner, err := x.tell(ctx, *why.Why)
	if err != nil {
		return nil, err
	}
	item["explain"] = map[string]any{why.Why.Permission.Scope(): map[string]any{why.Why.Permission.Name(): inner}}
	return item, nil
}

// open reports whether the caller may read a node.
func (x *explainer) open(ctx context.Context, n rbac.Node) (bool, error) {
	known, there := x.readable[n]
	if there {
		return known, nil
	}
	may, err := x.Rules.Check(ctx, x.actor.Principal, n, resource.Read, rbac.Latest())
	if err != nil {
		return false, err
	}
	x.readable[n] = may
	return may, nil
}

// rule tells a rule, with what sort of principal it is for. Only those of the
// system have a name here.
func (x *explainer) rule(ctx context.Context, r rbac.Rule) (map[string]any, error) {
	told := wireRule(r)
	principal := map[string]any{"id": int64(r.Principal), "cls": "user"}
	switch r.Principal {
	case rbac.Guest:
		principal["keyname"] = "guest"
	case rbac.Everyone:
		principal["keyname"] = "everyone"
	case rbac.Authenticated:
		principal["keyname"] = "authenticated"
	case rbac.Owner:
		principal["keyname"] = "owner"
	case rbac.Administrators:
		principal["cls"], principal["keyname"] = "group", "administrators"
	default:
		group, err := x.group(ctx, r.Principal)
		if err != nil {
			return nil, err
		}
		if group {
			principal["cls"] = "group"
		}
	}
	told["principal"] = principal
	return told, nil
}

// group reports whether a principal is a group, as far as the caller may know.
func (x *explainer) group(ctx context.Context, p rbac.Principal) (bool, error) {
	if is, known := x.groups[p]; known {
		return is, nil
	}
	if x.in == "" {
		return false, nil
	}
	found, err := x.Workspaces.GroupNames(ctx, x.actor, x.in, []rbac.Principal{p})
	if err != nil && !errors.Is(err, rbac.ErrDenied) && !errors.Is(err, workspace.ErrNotFound) {
		return false, err
	}
	_, x.groups[p] = found[p]
	if !x.groups[p] && x.workspaceAudience(ctx) == p {
		x.groups[p] = true
	}
	return x.groups[p], nil
}

// workspaceAudience returns the group of all members of the workspace, 0 where
// the caller does not see it.
func (x *explainer) workspaceAudience(ctx context.Context) rbac.Principal {
	found, _, err := x.Workspaces.Visible(ctx, x.actor, workspace.Filter{IDs: []workspace.ID{x.in}})
	if err != nil || !slices.ContainsFunc(found, func(d workspace.Details) bool { return d.ID == x.in }) {
		return 0
	}
	return found[0].Audience
}
