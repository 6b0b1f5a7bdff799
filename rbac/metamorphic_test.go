package rbac_test

import (
	"math/rand/v2"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// TestNodeComesBack takes a node that was there at first to another workspace
// and back, each time told by itself.
func TestNodeComesBack(t *testing.T) {
	t.Parallel()
	m := newMoving(newSchema(t), rand.New(rand.NewPCG(1, 1)))
	m.places = map[rbac.Node]rbac.Place{
		rbac.Root: {Class: "platform"},
		10:        {Node: 10, Class: "space", Workspace: 10}, 11: {Node: 11, Parent: 10, Class: "group", Workspace: 10},
		20: {Node: 20, Class: "space", Workspace: 20}, 21: {Node: 21, Parent: 20, Class: "group", Workspace: 20},
		22: {Node: 22, Parent: 21, Class: "group", Workspace: 20},
	}
	m.rules = map[int64]rbac.Rule{
		1: {Num: 1, Effect: rbac.Allow, Principal: rbac.Everyone, Scope: "resource", Permission: "read", Propagate: true},
		2: {Num: 2, Node: 21, Effect: rbac.Allow, Principal: bob, Propagate: true},
	}
	m.order = nil
	m.compile()
	var count tally
	for _, to := range []rbac.Node{11, 20, 10, 20, 20} {
		m.carry(21, to)
		m.tell()
		m.compare(t, m.wanted(), &count)
	}
	if _, sure := m.compiled[20].Decide(bob, 22, "resource.update"); !sure {
		t.Error("what was below it did not come back")
	}
}
