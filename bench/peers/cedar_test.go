package peers_test

import (
	"context"
	"fmt"
	"iter"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/batch"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

func cedars() []peer {
	load := func(slice bool) func(context.Context, *workload.World, *scratch) (engine, error) {
		return func(_ context.Context, w *workload.World, _ *scratch) (engine, error) { return newCedar(w, slice), nil }
	}
	return []peer{
		{name: "cedar-go", stale: "none: facts handed in per call", load: load(false)},
		{name: "cedar-go/slice", stale: "none: facts handed in per call, policies chosen by the caller", load: load(true)},
	}
}

// cedarEngine has a policy for each rule: permit or forbid a principal in a user
// or group, an action in a scope, a resource in a node. With slice, the host
// knows which policies stand on which node and hands in those of the path only;
// Cedar itself looks at all of them.
type cedarEngine struct {
	world    *workload.World
	entities types.EntityMap
	all      cedar.PolicyMap
	on       map[rbac.Node]policies
	slice    bool
}

// policies are some of all.
type policies []cedarPolicy

type cedarPolicy struct {
	id     cedar.PolicyID
	policy *cedar.Policy
}

func (l policies) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range l {
			if !yield(p.id, p.policy) {
				return
			}
		}
	}
}

func cedarNode(n rbac.Node) types.EntityUID { return types.NewEntityUID("Node", types.String(text(n))) }

func cedarAction(name string) types.EntityUID {
	return types.NewEntityUID("Action", types.String(name))
}

func cedarUser(p rbac.Principal) types.EntityUID {
	return types.NewEntityUID("User", types.String(text(p)))
}

func newCedar(w *workload.World, slice bool) *cedarEngine {
	e := &cedarEngine{world: w, entities: types.EntityMap{}, all: cedar.PolicyMap{}, on: map[rbac.Node]policies{}, slice: slice}
	entity := func(id types.EntityUID, parents ...types.EntityUID) {
		e.entities[id] = types.Entity{UID: id, Parents: types.NewEntityUIDSet(parents...)}
	}
	group := func(p rbac.Principal) types.EntityUID { return types.NewEntityUID("Group", types.String(text(p))) }
	for _, p := range w.Groups {
		entity(group(p))
	}
	for _, p := range w.Users {
		entity(cedarUser(p), group(w.Group(p)))
	}
	for _, p := range w.Space.Places {
		entity(cedarNode(p.Node), cedarNode(p.Parent))
	}
	for _, p := range w.Schema().Permissions("layer") {
		entity(cedarAction(string(p)), cedarAction(p.Scope()))
	}
	for _, r := range w.Space.Rules {
		p := ast.Permit()
		if r.Effect == rbac.Deny {
			p = ast.Forbid()
		}
		if isGroup(w, r.Principal) {
			p = p.PrincipalIn(group(r.Principal))
		} else {
			p = p.PrincipalEq(cedarUser(r.Principal))
		}
		switch {
		case r.Scope == "":
		case r.Permission == "":
			p = p.ActionIn(cedarAction(r.Scope))
		default:
			p = p.ActionEq(cedarAction(r.Scope + "." + r.Permission))
		}
		policy := cedar.NewPolicyFromAST(p.ResourceIn(cedarNode(r.Node)))
		id := cedar.PolicyID(fmt.Sprintf("rule%d", r.Num))
		e.all[id] = policy
		e.on[r.Node] = append(e.on[r.Node], cedarPolicy{id, policy})
	}
	return e
}

// path returns the policies on the path to a node.
func (e *cedarEngine) path(n rbac.Node) policies {
	var list policies
	for ; n >= workload.Workspace; n = e.world.Space.Places[n-workload.Workspace].Parent {
		list = append(list, e.on[n]...)
	}
	return list
}

// Prepare makes one request for each permission that is needed: a policy cannot
// ask for the decision on another action.
func (e *cedarEngine) Prepare(q workload.Question) func() (bool, error) {
	var requests []cedar.Request
	for _, p := range needs(q.Permission) {
		requests = append(requests, cedar.Request{
			Principal: cedarUser(q.User), Action: cedarAction(string(p)), Resource: cedarNode(q.Node),
		})
	}
	return func() (bool, error) {
		var among cedar.PolicyIterator = e.all
		if e.slice {
			among = e.path(q.Node)
		}
		for _, request := range requests {
			decision, diagnostic := cedar.Authorize(among, e.entities, request)
			if len(diagnostic.Errors) > 0 {
				return false, fmt.Errorf("cedar: %v", diagnostic.Errors)
			}
			if decision != cedar.Allow {
				return false, nil
			}
		}
		return true, nil
	}
}

// List asks about every node there is, with cedar-go's experimental partial
// evaluation: Cedar has no other way round. The slice is of no use here.
func (e *cedarEngine) List(user rbac.Principal) ([]rbac.Node, error) {
	if e.slice {
		return nil, errNone
	}
	all := make([]rbac.Node, len(e.world.Space.Places))
	for i, p := range e.world.Space.Places {
		all[i] = p.Node
	}
	return e.readable(e.all, user, all)
}

func (e *cedarEngine) Children(user rbac.Principal, folder rbac.Node) ([]rbac.Node, error) {
	children := e.world.Children(folder)
	if !e.slice {
		return e.readable(e.all, user, children)
	}
	// The path to the folder once, and what is on the children.
	among := e.path(folder)
	for _, child := range children {
		among = append(among, e.on[child]...)
	}
	return e.readable(among, user, children)
}

func (e *cedarEngine) readable(among cedar.PolicyIterator, user rbac.Principal, nodes []rbac.Node) ([]rbac.Node, error) {
	var list []rbac.Node
	values := make([]types.Value, len(nodes))
	for i, n := range nodes {
		values[i] = cedarNode(n)
	}
	request := batch.Request{
		Principal: cedarUser(user), Action: cedarAction(string(workload.Read)), Resource: batch.Variable("node"),
		Context: types.Record{}, Variables: batch.Variables{"node": values},
	}
	err := batch.Authorize(context.Background(), among, e.entities, request, func(r batch.Result) error {
		if len(r.Diagnostic.Errors) > 0 {
			return fmt.Errorf("cedar: %v", r.Diagnostic.Errors)
		}
		if r.Decision != cedar.Allow {
			return nil
		}
		n, err := node(string(r.Request.Resource.ID))
		list = append(list, n)
		return err
	})
	return list, err
}
