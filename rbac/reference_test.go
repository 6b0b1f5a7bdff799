package rbac_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

type question struct {
	node       rbac.Node
	permission rbac.Permission
}

// reference answers one question from spec/ngw.md §3.2 and the sentences of the
// package comment, by recursion, and shares no code with the engine.
func reference(s *rbac.Schema, f rbac.Facts, who rbac.Identity, n rbac.Node, p rbac.Permission, busy []question) bool {
	target, exists := f.Places[n]
	if !exists || who.Disabled || !slices.Contains(s.Permissions(target.Class), p) || slices.Contains(busy, question{n, p}) {
		return false
	}
	class, _ := s.Class(target.Class)
	path := []rbac.Place{target}
	for path[0].Node != rbac.Root {
		path = slices.Insert(path, 0, f.Places[path[0].Parent])
	}
	var allow, deny, sealed bool
	for _, place := range path {
		sealed = sealed || place.Sealed
		counts := !sealed || slices.Contains(class.Open, p)
		if c, _ := s.Class(place.Class); c.Sovereign && owns(who, place) && counts {
			return true
		}
		for _, r := range f.Rules {
			if r.Node != place.Node || !r.Propagate && place.Node != n || !refers(s, f, r, who, target, p) {
				continue
			}
			allow = allow || r.Effect == rbac.Allow && counts
			deny = deny || r.Effect == rbac.Deny
		}
	}
	if !allow || deny {
		return false
	}
	for _, r := range class.Requires {
		if r.Permission != p {
			continue
		}
		next, leads := n, true
		switch r.Relation {
		case "":
		case rbac.Parent:
			next, leads = target.Parent, n != rbac.Root
		default:
			next, leads = target.Links[r.Relation]
		}
		if !leads && r.OrNone {
			continue
		}
		if !leads || !reference(s, f, who, next, r.Needs, append(slices.Clip(busy), question{n, p})) {
			return false
		}
	}
	return true
}

// owns reports whether somebody owns a place. The guest is nobody in particular.
func owns(who rbac.Identity, p rbac.Place) bool {
	return p.Owner == who.Principal && p.Owner != rbac.Guest
}

// refers reports whether a rule speaks of a permission on a target to somebody.
func refers(s *rbac.Schema, f rbac.Facts, r rbac.Rule, who rbac.Identity, target rbac.Place, p rbac.Permission) bool {
	guest := who.Principal == rbac.Guest
	switch r.Principal {
	case rbac.Everyone:
	case rbac.Authenticated:
		if guest {
			return false
		}
	case rbac.Guest:
		if !guest {
			return false
		}
	case rbac.Owner:
		if !owns(who, target) {
			return false
		}
	default:
		if guest || r.Principal != who.Principal && !slices.Contains(who.Groups, r.Principal) {
			return false
		}
	}
	if r.Class != "" && r.Class != target.Class || !r.Expires.IsZero() && !t0.Before(r.Expires) {
		return false
	}
	if r.Role != "" {
		role, ok := s.Role(r.Role)
		if !ok {
			role = f.Roles[r.Role]
		}
		return role.Everything || slices.Contains(role.Permissions, p)
	}
	return r.Scope == "" && r.Permission == "" || r.Scope != "" && r.Scope == p.Scope() && (r.Permission == "" || r.Permission == p.Name())
}

// may is reference with what a key can do.
func may(s *rbac.Schema, f rbac.Facts, n rbac.Node, p rbac.Permission) bool {
	return reference(s, f, f.Subject, n, p, nil) &&
		(f.Subject.Behalf == nil || reference(s, f, *f.Subject.Behalf, n, p, nil))
}

func TestEvaluateAgreesWithReference(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	rng := rand.New(rand.NewPCG(1, 2))
	decisions, allowed := 0, 0
	causes := map[rbac.Cause]int{}
	for decisions < 250_000 {
		w := randomWorld(rng.IntN)
		for _, who := range w.subjects {
			f := w.facts(who)
			sets := schema.Evaluate(f, t0)
			for _, n := range f.Targets {
				known := schema.Permissions(f.Places[n].Class)
				for _, p := range known {
					want := may(schema, f, n, p)
					if got := sets[n].Has(p); got != want {
						t.Fatalf("principal %d, %s on %d: got %v, want %v in\n%+v", who.Principal, p, n, got, want, w)
					}
					decisions++
					if want {
						allowed++
					}
					if decisions%4 == 0 {
						causes[explained(t, schema, f, n, p, want)]++
					}
				}
			}
		}
	}
	// Answers that are nearly all alike would prove little.
	if share := float64(allowed) / float64(decisions); share < 0.2 || share > 0.6 {
		t.Errorf("%.0f %% of the answers allow, want 20 to 60", 100*share)
	}
	for _, cause := range []rbac.Cause{
		rbac.BySupervision, rbac.ByRule, rbac.ByDeny, rbac.ByRequirement, rbac.BySeal, rbac.ByDefault, rbac.ByDisabling, rbac.ByOwner,
	} {
		if causes[cause] < 100 {
			t.Errorf("only %d explanations tell of %s", causes[cause], cause)
		}
	}
}

// explained wants an explanation to agree with the reference in what it says.
func explained(t *testing.T, s *rbac.Schema, f rbac.Facts, n rbac.Node, p rbac.Permission, want bool) rbac.Cause {
	t.Helper()
	x := s.Explain(f, t0, n, p)
	if x.Allowed != want || x.Principal != f.Subject.Principal || x.Node != n || x.Permission != p {
		t.Fatalf("Explain(%d, %s) = %+v, want allowed %v in %+v", n, p, x, want, f)
	}
	if f.Subject.Behalf != nil {
		if x.Behalf == nil || x.Behalf.Allowed != reference(s, f, *f.Subject.Behalf, n, p, nil) {
			t.Fatalf("Behalf = %+v, want it explained in %+v", x.Behalf, f)
		}
	}
	truthful(t, s, f, f.Subject, x, f)
	return x.Cause
}

// onPath is what an explanation shows on its path.
type onPath struct {
	allows, denies, sovereign bool
	seal                      *rbac.Place // the topmost
}

// walk wants the path of an explanation to be one, with rules that do speak.
func walk(t *testing.T, s *rbac.Schema, f rbac.Facts, who rbac.Identity, x rbac.Explanation, all any) onPath {
	t.Helper()
	var found onPath
	for i, step := range x.Path {
		if (i == 0) != (step.Place.Node == rbac.Root) || i > 0 && x.Path[i-1].Place.Node != step.Place.Parent {
			t.Fatalf("the path is none: %+v", x.Path)
		}
		if step.Place.Sealed && found.seal == nil {
			found.seal = &step.Place
		}
		found.sovereign = found.sovereign || step.Sovereign
		for _, r := range step.Rules {
			if r.Node != step.Place.Node || !refers(s, f, r, who, x.Path[len(x.Path)-1].Place, x.Permission) {
				t.Fatalf("rule %d does not speak of it: %+v in %+v", r.Num, x, all)
			}
			found.allows = found.allows || r.Effect == rbac.Allow
			found.denies = found.denies || r.Effect == rbac.Deny
		}
	}
	return found
}

// truthful wants the cause of an explanation to be what it says it is.
func truthful(t *testing.T, s *rbac.Schema, f rbac.Facts, who rbac.Identity, x rbac.Explanation, all any) {
	t.Helper()
	found := walk(t, s, f, who, x, all)
	ok := false
	switch x.Cause {
	case rbac.BySupervision:
		ok = x.Allowed && found.sovereign
	case rbac.ByRule:
		ok = x.Allowed && found.allows && !found.denies
	case rbac.ByDeny:
		ok = found.denies
	case rbac.ByDefault:
		ok = !found.denies && (!found.allows || found.seal != nil)
	case rbac.BySeal:
		open := f
		open.Places = map[rbac.Node]rbac.Place{}
		for n, place := range f.Places {
			open.Places[n] = place
		}
		for _, step := range x.Path {
			step.Place.Sealed = false
			open.Places[step.Place.Node] = step.Place
		}
		ok = found.seal != nil && found.seal.Node == x.Sealed && reference(s, open, who, x.Node, x.Permission, nil)
	case rbac.ByRequirement:
		ok = found.allows && !found.denies && x.Missing != nil && !reference(s, f, who, x.At, x.Missing.Needs, nil)
		if x.Why != nil {
			ok = ok && !x.Why.Allowed && x.Why.Node == x.At && x.Why.Permission == x.Missing.Needs
			truthful(t, s, f, who, *x.Why, all)
		}
	case rbac.ByDisabling:
		ok = who.Disabled || who.Behalf != nil && who.Behalf.Disabled
	case rbac.ByOwner:
		ok = x.Behalf != nil && !x.Behalf.Allowed && reference(s, f, who, x.Node, x.Permission, nil)
	}
	if !ok {
		t.Fatalf("the cause is not true: %+v in %+v", x, all)
	}
}

// FuzzEvaluate makes worlds of bytes and compares with the reference.
func FuzzEvaluate(f *testing.F) {
	f.Add([]byte("a world of few choices"))
	f.Add(make([]byte, 300))
	f.Fuzz(func(t *testing.T, choices []byte) {
		schema := newSchema(t)
		w := randomWorld(func(n int) int {
			if len(choices) == 0 {
				return n - 1
			}
			choice := int(choices[0])
			choices = choices[1:]
			return choice % n
		})
		for _, who := range w.subjects {
			facts := w.facts(who)
			sets := schema.Evaluate(facts, t0)
			for _, n := range facts.Targets {
				for _, p := range permissions {
					want := may(schema, facts, n, p)
					if got := sets[n].Has(p); got != want {
						t.Fatalf("principal %d, %s on %d: got %v, want %v in\n%+v", who.Principal, p, n, got, want, w)
					}
					explained(t, schema, facts, n, p, want)
				}
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	schema := newSchema(b)
	f := chain(6, "group")
	for i := range 20 {
		f.Rules = append(f.Rules, rbac.Rule{Num: int64(i), Node: f.Targets[i%6], Effect: rbac.Allow, Principal: alice, Propagate: true})
	}
	f.Targets = f.Targets[5:]
	for b.Loop() {
		if !schema.Evaluate(f, t0)[f.Targets[0]].Has("resource.read") {
			b.Fatal("refused")
		}
	}
}

// chain returns facts about alice on a tree that is one path.
func chain(depth int, class string) rbac.Facts {
	f := rbac.Facts{
		Subject: rbac.Identity{Principal: alice, Kind: rbac.User},
		Places:  map[rbac.Node]rbac.Place{rbac.Root: {Class: "platform"}},
		Targets: []rbac.Node{rbac.Root},
	}
	for n := rbac.Node(1); n < rbac.Node(depth); n++ {
		f.Places[n] = rbac.Place{Node: n, Parent: n - 1, Class: class}
		f.Targets = append(f.Targets, n)
	}
	return f
}

func TestDepth(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	const depth = 10_000
	f := chain(depth, "group")
	for _, n := range f.Targets {
		f.Rules = append(f.Rules, rbac.Rule{Num: int64(n), Node: n, Effect: rbac.Allow, Principal: alice, Propagate: true})
	}
	started := time.Now()
	sets := schema.Evaluate(f, t0)
	t.Logf("10,000 levels with a rule each: %s", time.Since(started))
	if !sets[depth-1].Has("resource.update") {
		t.Error("a chain of allows is refused")
	}
	f.Rules = f.Rules[1:] // the root is unreadable, and so is all below
	f.Targets = f.Targets[depth-1:]
	if schema.Evaluate(f, t0)[depth-1].Has("resource.update") {
		t.Error("a missing read on the root does no harm")
	}
	x := schema.Explain(f, t0, depth-1, "resource.update")
	if x.Cause != rbac.ByRequirement || x.Why == nil || x.Why.At != rbac.Root || x.Why.Why.Cause != rbac.ByDefault {
		t.Errorf("Explain = %s at %d, want it to lead to the root", x.Cause, x.At)
	}
}
