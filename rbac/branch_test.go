package rbac_test

import (
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Of one moment several others are made at once, by whoever asks first about one
// of many workspaces that share what is above them: none may see what another is
// made of. Nodes that wait for their parent are in a list of their own.
func TestMomentsBranch(t *testing.T) {
	t.Parallel()
	schema, err := rbac.NewSchema([]rbac.Class{{
		Name: "node", Scopes: []rbac.Scope{{Name: "node", Permissions: []string{"read"}}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const top, first, second, somebody = rbac.Node(10), rbac.Node(100), rbac.Node(200), rbac.Principal(7)
	now := time.Unix(1_700_000_000, 0)
	at := func(n, parent rbac.Node) rbac.Place {
		return rbac.Place{Node: n, Parent: parent, Class: "node", Workspace: top}
	}
	above := rbac.State{
		Places:   []rbac.Place{{Node: rbac.Root, Class: "node"}},
		Profiles: []rbac.Profile{{Principal: somebody, Kind: rbac.User}},
	}
	state := rbac.State{
		At:     rbac.Token{Workspace: top},
		Places: []rbac.Place{at(top, rbac.Root), at(11, 901), at(12, 902)}, // two that wait, so that a third finds room
		Rules:  []rbac.Rule{{ID: "r", Num: 1, Node: top, Effect: rbac.Allow, Principal: somebody, Propagate: true}},
	}
	base := rbac.Compile(schema, above, &state, now)
	var branches [2]*rbac.Compiled
	var group sync.WaitGroup
	for i, parent := range []rbac.Node{first, second} {
		group.Go(func() {
			branches[i] = base.After(nil, &rbac.Delta{Workspace: top, Places: []rbac.Place{at(parent+1, parent)}}, now)
		})
	}
	group.Wait()
	for i, parent := range []rbac.Node{first, second} {
		c := branches[i].After(nil, &rbac.Delta{Workspace: top, Places: []rbac.Place{at(parent, top)}}, now)
		if allowed, sure := c.Decide(somebody, parent+1, "node.read"); !allowed || !sure {
			t.Errorf("branch %d: allowed %v, sure %v, want both: the node has its parent now", i, allowed, sure)
		}
	}
}
