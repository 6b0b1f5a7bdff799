package peers_test

import (
	"context"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// opaModule decides from the tree both ways (up and down), the rules by node and
// by principal, and the groups, all of which are data. Rego knows no recursion;
// graph.reachable is what it has for trees.
const opaModule = `
package tree

names(user) := {user, data.group[user]}

granted(user, path, permission, effect) if {
	some n in path
	some r in data.rules[n]
	r.e == effect
	r.p in names(user)
	permission in r.a
}

can(user, node, permission) if {
	path := graph.reachable(data.up, [node])
	every need in data.needs[permission] {
		granted(user, path, need, "allow")
		not granted(user, path, need, "deny")
	}
}

allowed if can(input.user, input.node, input.permission)

children contains n if {
	some n in data.down[input.node]
	can(input.user, n, "resource.read")
}

below(user, effect) := graph.reachable(data.down, {r.n |
	some who in names(user)
	some r in data.grants[who]
	r.e == effect
	"resource.read" in r.a
})

readable := below(input.user, "allow") - below(input.user, "deny")
`

func opas() []peer {
	return []peer{{name: "opa", stale: "none: facts as last pushed into its store; bundles are polled", load: newOPA}}
}

type opaEngine struct{ check, list, children rego.PreparedEvalQuery }

func newOPA(ctx context.Context, w *workload.World, _ *scratch) (engine, error) {
	up, down := map[string]any{text(workload.Workspace): []any{}}, map[string]any{}
	for _, p := range w.Space.Places {
		if p.Node != workload.Workspace {
			up[text(p.Node)] = []any{text(p.Parent)}
		}
		children := []any{}
		for _, child := range w.Children(p.Node) {
			children = append(children, text(child))
		}
		down[text(p.Node)] = children
	}
	rules, grantsOf, group, required := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	add := func(to map[string]any, key string, value any) {
		list, _ := to[key].([]any)
		to[key] = append(list, value)
	}
	for _, r := range w.Space.Rules {
		actions := []any{}
		for _, p := range grants(w, r) {
			actions = append(actions, string(p))
		}
		add(rules, text(r.Node), map[string]any{"p": text(r.Principal), "e": string(r.Effect), "a": actions})
		add(grantsOf, text(r.Principal), map[string]any{"n": text(r.Node), "e": string(r.Effect), "a": actions})
	}
	for _, user := range w.Users {
		group[text(user)] = text(w.Group(user))
	}
	for _, p := range w.Schema().Permissions("layer") {
		for _, need := range needs(p) {
			add(required, string(p), string(need))
		}
	}
	// Values as the evaluator wants them, so that none is converted per question.
	store := inmem.NewFromObjectWithOpts(map[string]any{
		"up": up, "down": down, "rules": rules, "grants": grantsOf, "group": group, "needs": required,
	}, inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
	e := &opaEngine{}
	for query, prepared := range map[string]*rego.PreparedEvalQuery{
		"data.tree.allowed": &e.check, "data.tree.readable": &e.list, "data.tree.children": &e.children,
	} {
		var err error
		*prepared, err = rego.New(rego.Query(query), rego.Module("tree.rego", opaModule), rego.Store(store), rego.StoreReadAST(true)).PrepareForEval(ctx)
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

func opaInput(user rbac.Principal, n rbac.Node, p rbac.Permission) rego.EvalOption {
	return rego.EvalParsedInput(ast.NewObject(
		ast.Item(ast.StringTerm("user"), ast.StringTerm(text(user))),
		ast.Item(ast.StringTerm("node"), ast.StringTerm(text(n))),
		ast.Item(ast.StringTerm("permission"), ast.StringTerm(string(p))),
	))
}

func (e *opaEngine) Prepare(q workload.Question) func() (bool, error) {
	input := opaInput(q.User, q.Node, q.Permission)
	return func() (bool, error) {
		results, err := e.check.Eval(context.Background(), input)
		return results.Allowed(), err
	}
}

func (e *opaEngine) List(user rbac.Principal) ([]rbac.Node, error) {
	return opaNodes(e.list, opaInput(user, 0, workload.Read))
}

func (e *opaEngine) Children(user rbac.Principal, folder rbac.Node) ([]rbac.Node, error) {
	return opaNodes(e.children, opaInput(user, folder, workload.Read))
}

func opaNodes(query rego.PreparedEvalQuery, input rego.EvalOption) ([]rbac.Node, error) {
	results, err := query.Eval(context.Background(), input)
	if err != nil {
		return nil, err
	}
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		return nil, fmt.Errorf("opa: %d results", len(results))
	}
	values, ok := results[0].Expressions[0].Value.([]any)
	if !ok {
		return nil, fmt.Errorf("opa: answered %T", results[0].Expressions[0].Value)
	}
	var nodes []rbac.Node
	for _, value := range values {
		n, err := node(fmt.Sprint(value))
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}
