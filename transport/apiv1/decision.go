package apiv1

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

func decisionRoutes() []route {
	check := post("/check", "check", public(), (*lens).check)
	explain := post("/explain", "explain", signedIn(), (*lens).explain)
	check.question, explain.question = true, true
	return []route{check, explain}
}

func (l *lens) check(c *call) (reply, error) {
	text, err := l.Check(c.Request)
	if err != nil {
		return reply{}, err
	}
	return ok(jsontext.Value(text)), nil
}

// step is a place on the way to a node.
type step struct {
	Node      rbac.Node  `json:"node"`
	Name      string     `json:"name,omitzero"`
	Class     string     `json:"class"`
	Sovereign bool       `json:"sovereign"`
	Sealed    bool       `json:"sealed"`
	Rules     []ruleWire `json:"rules"`
}

func stepOf(s rbac.Step) step {
	return step{
		Node: s.Place.Node, Class: s.Place.Class, Sovereign: s.Sovereign, Sealed: s.Place.Sealed, Rules: all(s.Rules, ruleOf),
	}
}

// missing is a requirement that is unmet.
type missing struct {
	Permission rbac.Permission `json:"permission"`
	Needs      rbac.Permission `json:"needs"`
	Relation   string          `json:"relation,omitzero"`
	Node       rbac.Node       `json:"node"`
}

func missingOf(x rbac.Explanation) *missing {
	if x.Missing == nil {
		return nil
	}
	return &missing{
		Permission: x.Missing.Permission, Needs: x.Missing.Needs, Relation: x.Missing.Relation, Node: x.At,
	}
}

// changeWire is something that could be done.
type changeWire struct {
	Kind      rbac.ChangeKind `json:"kind"`
	Text      string          `json:"text"`
	Rule      *changeRule     `json:"rule,omitzero"`
	Principal rbac.Principal  `json:"principal,omitzero"`
	Group     rbac.Principal  `json:"group,omitzero"`
	Node      *rbac.Node      `json:"node,omitzero"`
	Parent    *rbac.Node      `json:"parent,omitzero"`
}

// changeRule is the rule that would come or go.
type changeRule struct {
	ID         rbac.RuleID    `json:"id,omitzero"`
	Num        int64          `json:"num,omitzero"`
	Node       rbac.Node      `json:"node"`
	Effect     rbac.Effect    `json:"effect"`
	Principal  rbac.Principal `json:"principal"`
	Role       rbac.RoleName  `json:"role,omitzero"`
	Scope      string         `json:"scope,omitzero"`
	Permission string         `json:"permission,omitzero"`
	Propagate  bool           `json:"propagate"`
}

func changeOf(c rbac.Change) changeWire {
	wire := changeWire{Kind: c.Kind, Text: c.String(), Principal: c.Principal, Group: c.Group}
	switch c.Kind {
	case rbac.ChangeGrant, rbac.ChangeRevoke:
		r := c.Rule
		wire.Rule = &changeRule{
			ID: r.ID, Num: r.Num, Node: r.Node, Effect: r.Effect, Principal: r.Principal, Role: r.Role, Scope: r.Scope,
			Permission: r.Permission, Propagate: r.Propagate,
		}
	case rbac.ChangeMove:
		wire.Node, wire.Parent = &c.Node, &c.Parent
	case rbac.ChangeDelete, rbac.ChangeOwn, rbac.ChangeSeal, rbac.ChangeUnseal:
		wire.Node = &c.Node
	case rbac.ChangeJoin, rbac.ChangePart, rbac.ChangeDisable, rbac.ChangeEnable:
	}
	return wire
}

// explanation is why somebody may, or may not, do something.
type explanation struct {
	Principal  rbac.Principal  `json:"principal"`
	Node       rbac.Node       `json:"node"`
	Permission rbac.Permission `json:"permission"`
	Allowed    bool            `json:"allowed"`
	Cause      rbac.Cause      `json:"cause"`
	Path       []step          `json:"path"`
	Missing    *missing        `json:"missing,omitzero"`
	Why        *explanation    `json:"why,omitzero"`
	Sealed     rbac.Node       `json:"sealed,omitzero"`
	Behalf     *explanation    `json:"behalf,omitzero"`
	Flip       []changeWire    `json:"flip,omitempty"`
}

func explanationOf(x rbac.Explanation) explanation {
	wire := explanation{
		Principal: x.Principal, Node: x.Node, Permission: x.Permission, Allowed: x.Allowed, Cause: x.Cause,
		Path: all(x.Path, stepOf), Missing: missingOf(x), Flip: all(x.Flip, changeOf),
	}
	if x.Cause == rbac.BySeal {
		wire.Sealed = x.Sealed
	}
	if x.Why != nil {
		wire.Why = new(explanationOf(*x.Why))
	}
	if x.Behalf != nil {
		wire.Behalf = new(explanationOf(*x.Behalf))
	}
	return wire
}

// reasonAsked is a question about a reason.
type reasonAsked struct {
	Node       *rbac.Node      `json:"node"`
	Permission rbac.Permission `json:"permission"`
	Principal  *rbac.Principal `json:"principal"`
}

func (l *lens) explain(c *call) (reply, error) {
	var body reasonAsked
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	switch {
	case body.Node == nil:
		return reply{}, invalid("node", "the number of a node")
	case body.Permission == "":
		return reply{}, invalid("permission", "the name of a permission")
	}
	who := c.actor.Principal
	if body.Principal != nil {
		who = *body.Principal
	}
	x, err := l.Workspaces.Explain(c.Context(), c.actor, who, *body.Node, body.Permission)
	if err != nil && l.Resources != nil {
		// Whoever makes the rules on a resource may ask whom they reach.
		r, hidden := l.Resources.Resource(c.Context(), c.actor, *body.Node)
		if hidden == nil {
			if told, refused := l.Resources.Explain(c.Context(), c.actor, r.Num, who, body.Permission); refused == nil {
				x, err = told, nil
			}
		}
	}
	if err != nil {
		return reply{}, err
	}
	wire := explanationOf(x)
	return ok(wire), l.name(c, wire.steps())
}

// steps returns the places of an explanation, and of those in it.
func (x *explanation) steps() []*step {
	if x == nil {
		return nil
	}
	var list []*step
	for i := range x.Path {
		list = append(list, &x.Path[i])
	}
	return slices.Concat(list, x.Why.steps(), x.Behalf.steps())
}

// name says what places are called that the caller may see.
func (l *lens) name(c *call, steps []*step) error {
	if l.Resources == nil {
		return nil
	}
	names, err := l.Resources.Names(c.Context(), c.actor, all(steps, func(s *step) rbac.Node { return s.Node }))
	for _, s := range steps {
		s.Name = names[s.Node]
	}
	return err
}
