package rbac_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// TestConditionAnd compares what two conditions have in common with the nodes
// that both contain.
func TestConditionAnd(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	const most = 30
	some := func() rbac.Condition {
		var nodes []rbac.Node
		for n := range rbac.Node(most) {
			if random.IntN(3) > 0 {
				nodes = append(nodes, n)
			}
		}
		return rbac.Only(nodes...)
	}
	for range 2000 {
		c, d := some(), some()
		var want []rbac.Node
		for n := range rbac.Node(most) {
			if c.Contains(n) && d.Contains(n) {
				want = append(want, n)
			}
		}
		got, other := c.And(d).Ranges(), d.And(c).Ranges()
		if exact := rbac.Only(want...).Ranges(); !slices.Equal(got, exact) || !slices.Equal(other, exact) {
			t.Fatalf("%v and %v: %v and %v, want %v", c.Ranges(), d.Ranges(), got, other, exact)
		}
	}
	if none := rbac.Only(1, 2).And(rbac.Condition{}).Ranges(); len(none) > 0 {
		t.Errorf("with nothing: %v", none)
	}
}
