package apiv1

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func resourceRuleRoutes() []route {
	read, manage := holder(resource.Read), holder(resource.ChangePermissions)
	return treeOnly(
		get("/resources/{resource}/rules", "getResourceRules", read, (*lens).resourceRules),
		put("/resources/{resource}/rules", "putResourceRules", manage, (*lens).putResourceRules),
		post("/resources/{resource}/rules", "addResourceRule", manage, (*lens).addResourceRule),
		remove("/resources/{resource}/rules/{rule}", "deleteResourceRule", manage, (*lens).deleteResourceRule),
		get("/resources/{resource}/rights", "listResourceRights", read, (*lens).resourceRights),
	)
}

// resourceRule is what a rule on a resource is made of.
type resourceRule struct {
	Effect     rbac.Effect     `json:"effect"`
	Principal  *rbac.Principal `json:"principal"`
	Role       rbac.RoleName   `json:"role"`
	Scope      string          `json:"scope"`
	Permission string          `json:"permission"`
	Class      string          `json:"class"`
	Propagate  *bool           `json:"propagate"`
	Expires    string          `json:"expires"`
}

func (r resourceRule) rule() (rbac.Rule, error) {
	return ruleNew{
		Node: new(rbac.Root), Effect: r.Effect, Principal: r.Principal, Role: r.Role, Scope: r.Scope, Permission: r.Permission,
		Class: r.Class, Propagate: r.Propagate, Expires: r.Expires,
	}.rule()
}

// rulesIn reads rules that are to be on a resource.
func rulesIn(list []resourceRule) ([]rbac.Rule, error) {
	var rules []rbac.Rule
	for i, one := range list {
		r, err := one.rule()
		if err != nil {
			return nil, renamed(err, func(field string) string { return fmt.Sprintf("rules[%d].%s", i, field) })
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// resourceRulesWire is the rules on a resource and, of a trial, what they would
// do.
type resourceRulesWire struct {
	Rules       []ruleWire    `json:"rules"`
	Differences *[]difference `json:"differences,omitzero"`
	More        *bool         `json:"more,omitzero"`
	Unknown     *[]rbac.Node  `json:"unknown,omitzero"`
}

func resourceRulesOf(rules []rbac.Rule) resourceRulesWire {
	return resourceRulesWire{Rules: all(rules, ruleOf)}
}

func (l *lens) resourceRules(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	found, err := l.Resources.Rules(c.Context(), c.actor, n)
	if err != nil {
		return reply{}, err
	}
	return shown(resourceRulesOf(found)), nil
}

// ruling is a change of the rules on a resource on its way.
type ruling struct {
	before, after []rbac.Rule
	told          rbac.Simulation
}

// setRules replaces the rules on a resource by what decide makes of those that
// are there, with nobody able to change them meanwhile, if check finds them so.
// Of a trial it tells who would gain and lose what.
func (l *lens) setRules(
	c *call, n rbac.Node, check func(before []rbac.Rule) error, decide func(before []rbac.Rule) ([]rbac.Rule, error),
) (ruling, error) {
	var r ruling
	err := l.heldResource(c, n, func(ctx context.Context, _ resource.Resource) (err error) {
		if r.before, err = l.Resources.Rules(ctx, c.actor, n); err != nil {
			return err
		}
		return check(r.before)
	}, func(ctx context.Context) error {
		wanted, err := decide(r.before)
		if err != nil {
			return err
		}
		var unknown error
		if c.dry { // before they are made, since they would be there already
			r.told, unknown = l.supposed(ctx, n, r.before, wanted)
		}
		if r.after, err = l.Resources.SetRules(ctx, c.actor, n, wanted); err != nil {
			return err
		}
		return unknown // what is wrong with rules is told better by who makes them
	})
	return r, err
}

// supposed tells what other rules on a resource would give and take.
func (l *lens) supposed(ctx context.Context, n rbac.Node, before, wanted []rbac.Rule) (rbac.Simulation, error) {
	var changes []rbac.Change
	for _, r := range before {
		if !slices.ContainsFunc(wanted, func(w rbac.Rule) bool { return alike(r, w) }) {
			changes = append(changes, rbac.Change{Kind: rbac.ChangeRevoke, Rule: r})
		}
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(before, func(r rbac.Rule) bool { return alike(r, w) }) {
			w.Node = n
			changes = append(changes, rbac.Change{Kind: rbac.ChangeGrant, Rule: w})
		}
	}
	if len(changes) == 0 {
		return rbac.Simulation{}, nil
	}
	const most = 200
	told, err := l.Rules.Simulate(ctx, changes, rbac.SimulationFilter{Under: n, Limit: most}, rbac.Latest())
	if err != nil {
		return told, fmt.Errorf("apiv1: what rules would do: %w", err)
	}
	return told, nil
}

// alike reports whether two rules say the same of one node.
func alike(a, b rbac.Rule) bool {
	return a.Effect == b.Effect && a.Principal == b.Principal && a.Role == b.Role && a.Scope == b.Scope &&
		a.Permission == b.Permission && a.Class == b.Class && a.Propagate == b.Propagate && a.Expires.Equal(b.Expires)
}

// resourceRulesPut is the rules that are to be on a resource.
type resourceRulesPut struct {
	Rules *[]resourceRule `json:"rules"`
}

func (l *lens) putResourceRules(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	var body resourceRulesPut
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.Rules == nil {
		return reply{}, invalid("rules", "a list of rules")
	}
	wanted, err := rulesIn(*body.Rules)
	if err != nil {
		return reply{}, err
	}
	done, err := l.setRules(c, n, func(before []rbac.Rule) error { return c.current(resourceRulesOf(before)) },
		func([]rbac.Rule) ([]rbac.Rule, error) { return wanted, nil })
	if err != nil {
		return reply{}, renamed(err, resourceField)
	}
	wire := resourceRulesOf(done.after)
	if c.dry {
		wire.Differences, wire.More, wire.Unknown = new(differencesOf(done.told)), &done.told.More, &done.told.Unknown
	}
	return shown(wire), nil
}

func (r ruling) preview(rule rbac.Rule) rulePreview {
	return rulePreview{Rule: ruleOf(rule), Differences: differencesOf(r.told), More: r.told.More, Unknown: r.told.Unknown}
}

func (l *lens) addResourceRule(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	var body resourceRule
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	added, err := body.rule()
	if err != nil {
		return reply{}, err
	}
	done, err := l.setRules(c, n, func([]rbac.Rule) error { return nil }, func(before []rbac.Rule) ([]rbac.Rule, error) {
		return append(slices.Clone(before), added), nil
	})
	if err != nil {
		// It is the last of those that were given.
		return reply{}, renamed(err, func(field string) string {
			at, name, _ := strings.Cut(field, "].")
			switch {
			case name != "":
				return name
			case strings.HasPrefix(at, "permissions["):
				return "effect" // another says the contrary, or until another time
			}
			return field
		})
	}
	at := slices.IndexFunc(done.after, func(r rbac.Rule) bool { return alike(r, added) })
	if at < 0 {
		return reply{}, fmt.Errorf("apiv1: the rule that was made on %d is not there", n)
	}
	made := done.after[at]
	switch {
	case c.dry:
		return ok(done.preview(made)), nil
	case slices.ContainsFunc(done.before, func(r rbac.Rule) bool { return r.ID == made.ID }):
		return shown(ruleOf(made)), nil
	}
	// It is told of with the others, and has no place of its own.
	return reply{status: http.StatusCreated, body: ruleOf(made), tag: tagOf(ruleOf(made)), made: string(made.ID)}, nil
}

func (l *lens) deleteResourceRule(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	id := mux.Vars(c.Request)["rule"]
	var was rbac.Rule
	there := false
	find := func(before []rbac.Rule) error {
		at := slices.IndexFunc(before, func(r rbac.Rule) bool { return string(r.ID) == id && uid.Valid(id) })
		if there = at >= 0; !there {
			return nil // who may not is told so before
		}
		was = before[at]
		return c.current(ruleOf(was))
	}
	done, err := l.setRules(c, n, find, func(before []rbac.Rule) ([]rbac.Rule, error) {
		return slices.DeleteFunc(slices.Clone(before), func(r rbac.Rule) bool { return r.ID == was.ID }), nil
	})
	if err == nil && !there {
		err = workspace.ErrNotFound
	}
	return gone(c, done.preview(was)), err
}

func (l *lens) resourceRights(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	columns := []column[right]{{name: "permission", text: func(r right) string { return string(r.Permission) }}}
	p, err := c.page(names(columns)...)
	if err != nil {
		return reply{}, err
	}
	who, err := c.principals("principal")
	switch {
	case err != nil:
		return reply{}, err
	case len(who) == 0:
		who = []rbac.Principal{c.actor.Principal}
	case len(who) > 1:
		return reply{}, invalid("principal", "one number")
	}
	r, err := l.Resources.Resource(c.Context(), c.actor, n)
	if err != nil {
		return reply{}, err
	}
	class, _ := l.Resources.Catalog().Class(r.Class) // the zero class has what all have
	var rights []right
	for _, scope := range l.scopesOf(class) {
		for _, perm := range scope.Permissions {
			x, err := l.Resources.Explain(c.Context(), c.actor, n, who[0], rbac.Of(scope.Name, perm.Name))
			if err != nil {
				return reply{}, err
			}
			rights = append(rights, rightOf(x))
		}
	}
	return cut(p, rights, columns, func(right) int64 { return 0 })
}
