package rbac_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// singles are all changes of one thing in a world that could matter to a node.
// Grants are where something is missing.
func singles(w world, who rbac.Identity, n rbac.Node, flip []rbac.Change) []rbac.Change {
	missing := []rbac.Node{n}
	for _, c := range flip {
		if c.Kind == rbac.ChangeGrant {
			missing = append(missing, c.Rule.Node)
		}
	}
	var list []rbac.Change
	for _, r := range w.rules {
		list = append(list, rbac.Change{Kind: rbac.ChangeRevoke, Rule: r})
	}
	for _, place := range w.places {
		for _, kind := range []rbac.ChangeKind{rbac.ChangeSeal, rbac.ChangeUnseal} {
			list = append(list, rbac.Change{Kind: kind, Node: place.Node})
		}
		for _, p := range permissions {
			for _, effect := range []rbac.Effect{rbac.Allow, rbac.Deny} {
				if effect == rbac.Allow && !slices.Contains(missing, place.Node) {
					continue
				}
				r := rbac.Rule{Node: place.Node, Effect: effect, Principal: who.Principal, Scope: p.Scope(), Permission: p.Name(), Propagate: true}
				list = append(list, rbac.Change{Kind: rbac.ChangeGrant, Rule: r})
			}
		}
	}
	for x := &who; x != nil; x = x.Behalf {
		list = append(list, rbac.Change{Kind: rbac.ChangeEnable, Principal: x.Principal})
	}
	return list
}

func TestFlipIsTheSmallestChange(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	rng := rand.New(rand.NewPCG(5, 6))
	sizes, none := map[int]int{}, 0
	for range 120 {
		w := randomWorld(rng.IntN)
		for _, who := range w.subjects {
			f := w.facts(who)
			before := schema.Evaluate(f, t0)
			for _, n := range f.Targets {
				for _, p := range schema.Permissions(f.Places[n].Class) {
					was := before[n].Has(p)
					turns := func(some ...rbac.Change) bool {
						g := f.With(some...)
						g.Targets = []rbac.Node{n}
						return schema.Evaluate(g, t0)[n].Has(p) != was
					}
					flip := schema.Flip(f, t0, n, p)
					sizes[len(flip)]++
					if len(flip) > 0 && !turns(flip...) {
						t.Fatalf("%s on %d stays %v for %d after %v in %+v", p, n, was, who.Principal, flip, w)
					}
					if len(flip) == 0 {
						none++ // what a link to nowhere keeps away, for example
					}
					if len(flip) == 1 || rng.IntN(4) != 0 {
						continue
					}
					for _, single := range singles(w, who, n, flip) {
						if turns(single) {
							t.Fatalf("%s on %d for %d, now %v: %v would do, it says %v in %+v", p, n, who.Principal, was, single, flip, w)
						}
					}
				}
			}
		}
	}
	t.Logf("changes in a flip: %v", sizes)
	if sizes[1] == 0 || sizes[2] == 0 || none > sizes[1] {
		t.Errorf("flips of %v changes, %d of none", sizes, none)
	}
}
