package peers_test

import (
	"context"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// casbinModel has groups (g), the tree as roles of resources (g2), and denies.
// What a rule names is one permission, a scope or everything.
const casbinModel = `
[request_definition]
r = sub, obj, act, scope
[policy_definition]
p = sub, obj, act, eft
[role_definition]
g = _, _
g2 = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && g2(r.obj, p.obj) && (r.act == p.act || r.scope == p.act || p.act == "*")
`

func casbins() []peer {
	return []peer{
		{name: "casbin", stale: "never sees what another process changes, unless told to reload", load: func(_ context.Context, w *workload.World, _ *scratch) (engine, error) {
			e, err := newCasbin()
			if err != nil {
				return nil, err
			}
			return &casbinEngine{world: w, enforcer: e, enforce: e.Enforce}, fillCasbin(e, w)
		}},
		{name: "casbin/cached", stale: "cache without bound", load: func(_ context.Context, w *workload.World, _ *scratch) (engine, error) {
			m, err := model.NewModelFromString(casbinModel)
			if err != nil {
				return nil, err
			}
			e, err := casbin.NewCachedEnforcer(m)
			if err != nil {
				return nil, err
			}
			return &casbinEngine{world: w, enforcer: e.Enforcer, enforce: e.Enforce, cached: true}, fillCasbin(e.Enforcer, w)
		}},
	}
}

func newCasbin() (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	return casbin.NewEnforcer(m)
}

func fillCasbin(e *casbin.Enforcer, w *workload.World) error {
	var policies, members, parents [][]string
	for _, r := range w.Space.Rules {
		policies = append(policies, []string{text(r.Principal), "n" + text(r.Node), casbinAct(r), string(r.Effect)})
	}
	for _, user := range w.Users {
		members = append(members, []string{text(user), text(w.Group(user))})
	}
	for _, p := range w.Space.Places[1:] {
		parents = append(parents, []string{"n" + text(p.Node), "n" + text(p.Parent)})
	}
	if _, err := e.AddPolicies(policies); err != nil {
		return err
	}
	if _, err := e.AddNamedGroupingPolicies("g", members); err != nil {
		return err
	}
	_, err := e.AddNamedGroupingPolicies("g2", parents)
	return err
}

func casbinAct(r rbac.Rule) string {
	switch {
	case r.Scope == "":
		return "*"
	case r.Permission == "":
		return r.Scope
	}
	return r.Scope + "." + r.Permission
}

type casbinEngine struct {
	world    *workload.World
	enforcer *casbin.Enforcer
	enforce  func(values ...any) (bool, error)
	cached   bool
}

// Prepare makes one request for each permission that is needed: a matcher
// cannot ask for the answer to another question.
func (e *casbinEngine) Prepare(q workload.Question) func() (bool, error) {
	var requests [][]any
	for _, p := range needs(q.Permission) {
		requests = append(requests, []any{text(q.User), "n" + text(q.Node), string(p), p.Scope()})
	}
	return func() (bool, error) {
		for _, request := range requests {
			if ok, err := e.enforce(request...); !ok || err != nil {
				return false, err
			}
		}
		return true, nil
	}
}

// List is written by hand from what casbin keeps: the policies that concern a
// user, and the links of the tree. Casbin's own GetImplicitResourcesForUser
// does not know denies.
func (e *casbinEngine) List(user rbac.Principal) ([]rbac.Node, error) {
	policies, err := e.enforcer.GetImplicitPermissionsForUser(text(user))
	if err != nil {
		return nil, err
	}
	links := e.enforcer.GetNamedRoleManager("g2")
	allow, deny := map[string]bool{}, map[string]bool{}
	var below func(set map[string]bool, name string) error
	below = func(set map[string]bool, name string) error {
		if set[name] {
			return nil
		}
		set[name] = true
		children, err := links.GetUsers(name)
		for i := 0; i < len(children) && err == nil; i++ {
			err = below(set, children[i])
		}
		return err
	}
	for _, p := range policies {
		set := allow
		if p[3] == string(rbac.Deny) {
			set = deny
		}
		switch p[2] {
		case "*", "resource", string(workload.Read):
			if err := below(set, p[1]); err != nil {
				return nil, err
			}
		}
	}
	var nodes []rbac.Node
	for name := range allow {
		if !deny[name] {
			n, err := node(name[1:])
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

func (e *casbinEngine) Children(user rbac.Principal, folder rbac.Node) ([]rbac.Node, error) {
	children := e.world.Children(folder)
	answers := make([]bool, len(children))
	if e.cached {
		for i, child := range children {
			ok, err := e.enforce(text(user), "n"+text(child), string(workload.Read), "resource")
			if err != nil {
				return nil, err
			}
			answers[i] = ok
		}
	} else {
		var requests [][]any
		for _, child := range children {
			requests = append(requests, []any{text(user), "n" + text(child), string(workload.Read), "resource"})
		}
		var err error
		if answers, err = e.enforcer.BatchEnforce(requests); err != nil {
			return nil, err
		}
	}
	return chosen(children, answers), nil
}

func chosen(nodes []rbac.Node, answers []bool) []rbac.Node {
	var list []rbac.Node
	for i, ok := range answers {
		if ok {
			list = append(list, nodes[i])
		}
	}
	return list
}
