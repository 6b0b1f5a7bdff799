package apiv1

import (
	"context"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func ruleRoutes() []route {
	read, manage := member(workspace.ReadMembers), member(workspace.ManageRules)
	return []route{
		get("/workspaces/{workspace}/rules", "listRules", read, (*lens).rules),
		post("/workspaces/{workspace}/rules", "addRule", manage, (*lens).addRule),
		get("/workspaces/{workspace}/rules/{rule}", "getRule", read, (*lens).rule),
		remove("/workspaces/{workspace}/rules/{rule}", "deleteRule", manage, (*lens).deleteRule),
	}
}

// ruleFilter reads what a list of rules is asked for with.
func (c *call) ruleFilter() (page, rbac.RuleFilter, error) {
	p, err := c.page(byCreationFirst(rbac.RuleFilter{}.Sortable())...)
	if err != nil {
		return p, rbac.RuleFilter{}, err
	}
	f := rbac.RuleFilter{Order: p.order, After: p.after, Limit: p.more()}
	nodes, err := c.principals("node")
	if err != nil {
		return p, f, err
	}
	for _, n := range nodes {
		f.Nodes = append(f.Nodes, rbac.Node(n))
	}
	if f.Principals, err = c.principals("principal"); err != nil {
		return p, f, err
	}
	roles, err := c.some("role")
	if err != nil {
		return p, f, err
	}
	for _, role := range roles {
		f.Roles = append(f.Roles, rbac.RoleName(role))
	}
	effect, err := c.text("effect")
	if err != nil {
		return p, f, err
	}
	if effect != "" {
		if err := oneOf("effect", effect, string(rbac.Allow), string(rbac.Deny)); err != nil {
			return p, f, err
		}
		f.Effect = rbac.Effect(effect)
	}
	if f.OriginPrefix, err = c.text("origin"); err != nil {
		return p, f, err
	}
	f.ExpiringBefore, err = c.instant("expiring_before", false)
	return p, f, err
}

func (l *lens) rules(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	p, f, err := c.ruleFilter()
	if err != nil {
		return reply{}, err
	}
	found, err := l.Workspaces.Rules(c.Context(), c.actor, workspace.ID(id), f)
	if err != nil {
		return reply{}, err
	}
	shown, next := trim(p, found, placed[rbac.Rule](p))
	return ok(list[ruleWire]{Items: all(shown, ruleOf), Next: next}), nil
}

// ruleNew is what a rule is made of.
type ruleNew struct {
	Node       *rbac.Node      `json:"node"`
	Effect     rbac.Effect     `json:"effect"`
	Principal  *rbac.Principal `json:"principal"`
	Role       rbac.RoleName   `json:"role"`
	Scope      string          `json:"scope"`
	Permission string          `json:"permission"`
	Class      string          `json:"class"`
	Propagate  *bool           `json:"propagate"`
	Expires    string          `json:"expires"`
}

func (n ruleNew) rule() (rbac.Rule, error) {
	switch {
	case n.Node == nil:
		return rbac.Rule{}, invalid("node", "the number of a node")
	case n.Principal == nil:
		return rbac.Rule{}, invalid("principal", "the number of a principal")
	}
	r := rbac.Rule{
		Node: *n.Node, Effect: n.Effect, Principal: *n.Principal, Role: n.Role, Scope: n.Scope, Permission: n.Permission,
		Class: n.Class, Propagate: n.Propagate == nil || *n.Propagate,
	}
	if n.Expires == "" {
		return r, nil
	}
	var err error
	r.Expires, err = parseTime("expires", n.Expires, true)
	return r, err
}

// difference is what somebody gains and loses on a node.
type difference struct {
	Principal rbac.Principal    `json:"principal"`
	Node      rbac.Node         `json:"node"`
	Given     []rbac.Permission `json:"given"`
	Taken     []rbac.Permission `json:"taken"`
}

// rulePreview is a rule as it would be made, with what it would do.
type rulePreview struct {
	Rule        ruleWire     `json:"rule"`
	Differences []difference `json:"differences"`
	More        bool         `json:"more"`
	Unknown     []rbac.Node  `json:"unknown"`
}

func (l *lens) addRule(c *call) (reply, error) {
	id, err := c.id("workspace")
	if err != nil {
		return reply{}, err
	}
	var body ruleNew
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	r, err := body.rule()
	if err != nil {
		return reply{}, err
	}
	in := workspace.ID(id)
	var told rbac.Simulation
	if c.dry { // before it is made, since it would be there already
		if told, err = l.Workspaces.SimulateRule(c.Context(), c.actor, in, r); err != nil {
			return reply{}, err
		}
	}
	made, err := l.Workspaces.AddRule(c.Context(), c.actor, in, r)
	if err != nil {
		return reply{}, err
	}
	if c.dry {
		return ok(rulePreview{
			Rule: ruleOf(made), More: told.More, Unknown: told.Unknown,
			Differences: all(told.Differences, func(d rbac.Difference) difference {
				return difference{Principal: d.Principal, Node: d.Node, Given: d.Given, Taken: d.Taken}
			}),
		}), nil
	}
	return created(ruleOf(made), "rules/", string(made.ID)), nil
}

// ruleNamed returns a rule that a path names.
func (l *lens) ruleNamed(ctx context.Context, c *call, in workspace.ID, id rbac.RuleID) (ruleWire, error) {
	found, err := l.Workspaces.Rules(ctx, c.actor, in, rbac.RuleFilter{IDs: []rbac.RuleID{id}})
	if err != nil {
		return ruleWire{}, err
	}
	if len(found) == 0 {
		return ruleWire{}, workspace.ErrNotFound
	}
	return ruleOf(found[0]), nil
}

// ruleIn returns the workspace and the rule that a path names. Rules of roles
// and suspensions have identifiers like all others.
func (c *call) ruleIn() (workspace.ID, rbac.RuleID, error) {
	id, err := c.id("workspace")
	if err != nil {
		return "", "", err
	}
	rule := mux.Vars(c.Request)["rule"]
	if !uid.Valid(rule) {
		return workspace.ID(id), "", nil // what names none is told to who may look
	}
	return workspace.ID(id), rbac.RuleID(rule), nil
}

func (l *lens) rule(c *call) (reply, error) {
	in, id, err := c.ruleIn()
	if err != nil {
		return reply{}, err
	}
	r, err := l.ruleNamed(c.Context(), c, in, id)
	if err != nil {
		return reply{}, err
	}
	return shown(r), nil
}

func (l *lens) deleteRule(c *call) (reply, error) {
	in, id, err := c.ruleIn()
	if err != nil {
		return reply{}, err
	}
	var was ruleWire
	err = l.heldWorkspace(c, in, func(ctx context.Context) (err error) {
		if was, err = l.ruleNamed(ctx, c, in, id); err != nil {
			return err
		}
		return c.current(was)
	}, func(ctx context.Context) error { return l.Workspaces.DeleteRule(ctx, c.actor, in, id) })
	return gone(c, was), err
}

// ruleWire is a rule that speaks of a permission.
type ruleWire struct {
	ID         rbac.RuleID    `json:"id"`
	Num        int64          `json:"num"`
	Node       rbac.Node      `json:"node"`
	Effect     rbac.Effect    `json:"effect"`
	Principal  rbac.Principal `json:"principal"`
	Role       rbac.RoleName  `json:"role,omitzero"`
	Scope      string         `json:"scope,omitzero"`
	Permission string         `json:"permission,omitzero"`
	Class      string         `json:"class,omitzero"`
	Propagate  bool           `json:"propagate"`
	Expires    time.Time      `json:"expires,omitzero"`
	Origin     string         `json:"origin,omitzero"`
	Created    time.Time      `json:"created"`
}

func ruleOf(r rbac.Rule) ruleWire {
	return ruleWire{
		ID: r.ID, Num: r.Num, Node: r.Node, Effect: r.Effect, Principal: r.Principal, Role: r.Role, Scope: r.Scope,
		Permission: r.Permission, Class: r.Class, Propagate: r.Propagate, Expires: r.Expires, Origin: r.Origin, Created: r.Created,
	}
}
