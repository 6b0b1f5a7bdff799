package workload_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// TestTree counts the nodes of the default world.
func TestTree(t *testing.T) {
	t.Parallel()
	w := workload.New(1, nil)
	classes, at := map[string]int{}, map[rbac.Node]rbac.Place{}
	for i, p := range w.Space.Places {
		if p.Node != workload.Workspace+rbac.Node(i) || p.Workspace != workload.Workspace || i > 0 && at[p.Parent].Node != p.Parent {
			t.Fatalf("place %d is %+v", i, p)
		}
		at[p.Node] = p
		classes[p.Class]++
	}
	if want := map[string]int{"workspace": 1, "folder": 11_110, "layer": 100_000}; !reflect.DeepEqual(classes, want) {
		t.Errorf("classes %v, want %v", classes, want)
	}
	deepest, depth := w.Space.Places[len(w.Space.Places)-1], 1
	for ; deepest.Node != workload.Workspace; depth++ {
		deepest = at[deepest.Parent]
	}
	if depth != 6 {
		t.Errorf("depth %d, want 6", depth)
	}
}

// TestPeople counts who is in the default world, and in which groups.
func TestPeople(t *testing.T) {
	t.Parallel()
	w := workload.New(1, nil)
	if len(w.Users) != 1000 || len(w.Groups) != 100 || len(w.Top.Profiles) != 5+1+1100 || len(w.Top.Places) != 2 {
		t.Errorf("%d users, %d groups, %d profiles, %d places on top", len(w.Users), len(w.Groups), len(w.Top.Profiles), len(w.Top.Places))
	}
	for i, p := range w.Top.Profiles {
		if i > 0 && p.Principal <= w.Top.Profiles[i-1].Principal {
			t.Errorf("profile %d after %d", p.Principal, w.Top.Profiles[i-1].Principal)
		}
	}
	for _, group := range w.Groups {
		for _, user := range w.Members(group) {
			if w.Group(user) != group || w.Identity(user).Groups[0] != group {
				t.Errorf("%d is a member of %d and in %d", user, group, w.Group(user))
			}
		}
		if len(w.Members(group)) != 10 {
			t.Errorf("group %d has %d members", group, len(w.Members(group)))
		}
	}
}

// TestRules counts the rules of the default world.
func TestRules(t *testing.T) {
	t.Parallel()
	w := workload.New(1, nil)
	var deny, group, read int
	nodes := map[rbac.Node]bool{}
	for i, r := range w.Space.Rules {
		if r.Num != int64(i+2) || !r.Propagate {
			t.Fatalf("rule %d is %+v", i, r)
		}
		nodes[r.Node] = true
		if r.Effect == rbac.Deny {
			deny++
		}
		if r.Principal >= w.Groups[0] {
			group++
		}
		if r.Permission == "read" {
			read++
		}
	}
	if n := len(w.Space.Rules); n != 5556 || len(nodes) != n || !near(deny, n/10) || !near(group, n/2) || !near(read, n*3/4) {
		t.Errorf("%d rules on %d nodes, %d deny, %d of groups, %d of reading", n, len(nodes), deny, group, read)
	}
}

func near(n, want int) bool { return n > want*8/10 && n < want*12/10 }

// TestReader wants a reader who reads what the design says, and readers in
// general who read about that.
func TestReader(t *testing.T) {
	t.Parallel()
	w := workload.New(1, nil)
	n := len(w.Readable(w.Reader()))
	t.Logf("the reader, %d, reads %d", w.Reader(), n)
	if !near(n, 148) {
		t.Errorf("the reader reads %d nodes, want about 148", n)
	}
	var counts []int
	for _, user := range w.Users[:100] {
		counts = append(counts, len(w.Readable(user)))
	}
	slices.Sort(counts)
	if median := counts[50]; median < 148/5 || median > 148*3 {
		t.Errorf("half of them read %d nodes, want about 148", median)
	}
	folder, read := w.Mixed(w.Reader()), 0
	for _, child := range w.Children(folder) {
		if w.Allowed(w.Reader(), child, workload.Read) {
			read++
		}
	}
	if len(w.Children(folder)) != 10 || read == 0 || read == 10 {
		t.Errorf("%d of %d children of the mixed folder can be read", read, len(w.Children(folder)))
	}
	if got := len(w.Readable(workload.Supervisor)); got != 111_111 {
		t.Errorf("the supervisor reads %d nodes", got)
	}
}

// worlds are small ones of every kind.
func worlds() map[string]*workload.World {
	made := map[string]*workload.World{}
	for _, share := range []float64{0.05, 0.5, 1} {
		for _, ngw := range []bool{false, true} {
			made[fmt.Sprintf("%v/%v", share, ngw)] = workload.New(7, &workload.Options{
				Depth: 4, Fanout: 5, Users: 12, Groups: 4, RuleShare: share, NGW: ngw, Reads: 40,
			})
		}
	}
	return made
}

// TestSeed makes everything twice.
func TestSeed(t *testing.T) {
	t.Parallel()
	for name, w := range worlds() {
		again := worlds()[name]
		if !reflect.DeepEqual(w.Top, again.Top) || !reflect.DeepEqual(w.Space, again.Space) || w.Reader() != again.Reader() ||
			!slices.Equal(w.Questions(100, 3), again.Questions(100, 3)) {
			t.Errorf("%s: the same seed made another world", name)
		}
		if slices.Equal(w.Questions(100, 3), w.Questions(100, 4)) {
			t.Errorf("%s: another seed asks the same questions", name)
		}
		other := workload.New(8, &w.Options)
		if reflect.DeepEqual(w.Space.Rules, other.Space.Rules) {
			t.Errorf("%s: another seed made the same world", name)
		}
	}
}

// TestAnswers compares what the package answers with what rbac means, about
// everybody, everywhere.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, w := range worlds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var nodes []rbac.Node
			for _, p := range w.Space.Places {
				nodes = append(nodes, p.Node)
			}
			for _, user := range append([]rbac.Principal{workload.Supervisor}, w.Users...) {
				sets := w.Schema().Evaluate(w.Facts(user, nodes...), time.Now())
				readable := w.Readable(user)
				for _, n := range nodes {
					for _, p := range append(w.Schema().Permissions("layer"), "no.such", "platform.administer") {
						if got, want := w.Allowed(user, n, p), sets[n].Has(p); got != want {
							t.Fatalf("%d, node %d, %s: %v, rbac says %v", user, n, p, got, want)
						}
					}
					if _, got := slices.BinarySearch(readable, n); got != sets[n].Has(workload.Read) {
						t.Fatalf("%d, node %d: in the list %v", user, n, got)
					}
				}
			}
		})
	}
}

// TestQuestions wants half of them answered yes, rightly, and not always in the
// same order.
func TestQuestions(t *testing.T) {
	t.Parallel()
	all := worlds()
	all["default"] = workload.New(1, nil)
	for name, w := range all {
		for _, n := range []int{0, 1, 1001} {
			yes, asked := 0, map[rbac.Permission]int{}
			for _, q := range w.Questions(n, 5) {
				asked[q.Permission]++
				if q.Want {
					yes++
				}
				got := w.Schema().Evaluate(w.Facts(q.User, q.Node), time.Now())[q.Node].Has(q.Permission)
				if got != q.Want {
					t.Errorf("%s: %+v, rbac says %v", name, q, got)
				}
			}
			if yes != n/2 {
				t.Errorf("%s: %d of %d are yes", name, yes, n)
			}
			if name == "default" && n > 1000 && (!near(asked[workload.Read], 800) || !near(asked[workload.Update], 100) || asked[workload.DataRead] == 0) {
				t.Errorf("%s: asked for %v", name, asked)
			}
		}
	}
}

// TestReasons wants questions that nobody answers rightly who forgets denies, or
// requirements on the parent where there are some.
func TestReasons(t *testing.T) {
	t.Parallel()
	lax := workload.New(1, &workload.Options{Depth: 2}).Schema()
	for name, w := range map[string]*workload.World{"default": workload.New(1, nil), "ngw": workload.New(1, &workload.Options{NGW: true})} {
		var denied, masked int
		for _, q := range w.Questions(2000, 1) {
			facts := w.Facts(q.User, q.Node)
			if lax.Evaluate(facts, time.Now())[q.Node].Has(q.Permission) != q.Want {
				masked++
			}
			facts.Rules = slices.DeleteFunc(facts.Rules, func(r rbac.Rule) bool { return r.Effect == rbac.Deny })
			if w.Schema().Evaluate(facts, time.Now())[q.Node].Has(q.Permission) != q.Want {
				denied++
			}
		}
		t.Logf("%s: of 1000 no, %d because of a deny, %d because of the parent", name, denied, masked)
		if denied < 100 || masked < 100 && w.Options.NGW || masked > 0 && !w.Options.NGW {
			t.Errorf("%s: of 1000 no, %d because of a deny, %d because of the parent", name, denied, masked)
		}
	}
}

// TestOptions wants the million, and a refusal of what cannot be.
func TestOptions(t *testing.T) {
	t.Parallel()
	if n := len(workload.New(1, &workload.Options{Depth: 7, Fanout: 10, RuleShare: 0.001}).Space.Places); n != 1_111_111 {
		t.Errorf("depth 7 made %d nodes", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("a world without levels was made")
		}
	}()
	workload.New(1, &workload.Options{Depth: 1})
}
