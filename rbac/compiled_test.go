package rbac_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// effort is how often to try something: what a variable says, or else so often.
func effort(t testing.TB, variable string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		if raced {
			otherwise = (otherwise + 4) / 5
		}
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		t.Fatalf("%s=%s: expected a positive number", variable, text)
	}
	return n
}

// holdings of everybody: what each subject has on each node.
type everything map[rbac.Principal]map[rbac.Node]rbac.Set

// wanted is what everybody has, by the reference.
func (m *moving) wanted() everything {
	want := everything{}
	for _, p := range m.subjects() {
		want[p] = m.schema.Evaluate(m.facts(p), m.now)
	}
	return want
}

// plain is the world for the reference of reference_test.go, whose clock stands
// still: rules that have ceased to count are left out.
func (m *moving) plain(p rbac.Principal) rbac.Facts {
	f := m.facts(p)
	f.Rules = slices.DeleteFunc(f.Rules, func(r rbac.Rule) bool { return !r.Expires.IsZero() && !m.now.Before(r.Expires) })
	for i := range f.Rules {
		f.Rules[i].Expires = time.Time{}
	}
	return f
}

// compare wants every way to ask to answer as the reference does.
func (m *moving) compare(t *testing.T, want everything, count *tally) {
	t.Helper()
	for _, p := range m.subjects() {
		sample := m.rng.IntN(64)
		var plain rbac.Facts
		for _, w := range m.workspaces() {
			c, sureAll := m.compiled[w], !m.crosses(w)
			for _, n := range m.nodes() {
				place := m.places[n]
				if place.Workspace != w {
					continue
				}
				is := want[p][n]
				known := m.schema.Permissions(place.Class)
				// What is asked first finds the caches cold.
				first := m.rng.IntN(2) == 0
				if first {
					m.whole(t, c, p, n, is, sureAll)
				}
				for _, perm := range known {
					got, sure := c.Decide(p, n, perm)
					if !sure {
						if sureAll {
							t.Fatalf("unsure about %s of %d on %d in %v", perm, p, n, m)
						}
						count.unsure++
						continue
					}
					if got != is.Has(perm) {
						t.Fatalf("%d, %s on %d: %v, want %v in %v", p, perm, n, got, !got, m)
					}
					count.decisions++
					if got {
						count.allowed++
					}
					if sample++; sample%256 == 0 { // the reference is compared with a plainer one
						if plain.Places == nil {
							plain = m.plain(p)
						}
						if may(m.schema, plain, n, perm) != got {
							t.Fatalf("%d, %s on %d: both are wrong: %v in %v", p, perm, n, got, m)
						}
					}
				}
				if !first {
					m.whole(t, c, p, n, is, sureAll)
				}
			}
			m.listing(t, w, p, want[p])
		}
	}
}

// whole wants all that somebody has on a node to be what is wanted.
func (m *moving) whole(t *testing.T, c *rbac.Compiled, p rbac.Principal, n rbac.Node, want rbac.Set, sureAll bool) {
	t.Helper()
	set, sure := c.Effective(p, n)
	if !sure && sureAll {
		t.Fatalf("unsure about %d on %d in %v", p, n, m)
	}
	if sure && set != want && !slices.Equal(set.List(), want.List()) {
		t.Fatalf("%d has %v on %d, want %v in %v", p, set.List(), n, want.List(), m)
	}
}

// listing wants a list of nodes to be those wanted.
func (m *moving) listing(t *testing.T, w rbac.Node, p rbac.Principal, want map[rbac.Node]rbac.Set) {
	t.Helper()
	under := m.some()
	if under.Workspace != w {
		return
	}
	f, perm := m.someFilter(under.Node), permissions[m.rng.IntN(len(permissions))]
	if got, sure := m.compiled[w].List(p, perm, f); sure && !slices.Equal(got, m.shown(want, perm, f, w)) {
		t.Fatalf("List(%d, %s, %+v) = %v, want %v in %v", p, perm, f, got, m.shown(want, perm, f, w), m)
	}
}

func (m *moving) someFilter(under rbac.Node) rbac.ListFilter {
	f := rbac.ListFilter{Under: under, Limit: m.rng.IntN(4), From: rbac.Node(m.rng.IntN(3) * 1003), Children: m.rng.IntN(3) == 0}
	if m.rng.IntN(3) == 0 {
		f.Class = []string{"group", "layer", "unknown"}[m.rng.IntN(3)]
	}
	return f
}

// shown are the nodes of a workspace, of all when that is Root, that a list has.
func (m *moving) shown(want map[rbac.Node]rbac.Set, perm rbac.Permission, f rbac.ListFilter, in ...rbac.Node) []rbac.Node {
	var shown []rbac.Node
	for _, n := range m.nodes() {
		place := m.places[n]
		if want[n].Has(perm) && n >= f.From && m.below(n, f.Under) && (f.Class == "" || f.Class == place.Class) &&
			(!f.Children || place.Parent == f.Under && n != rbac.Root) && (in == nil || in[0] == place.Workspace) {
			shown = append(shown, n)
		}
	}
	if f.Limit > 0 && len(shown) > f.Limit {
		shown = shown[:f.Limit]
	}
	return shown
}

// A moment is what was compiled at one time and what everybody had then, which
// what happens later must not change.
type moment struct {
	compiled map[rbac.Node]*rbac.Compiled
	want     everything
	in       map[rbac.Node]rbac.Node // the workspace of each node
}

func (m *moving) moment(want everything) moment {
	then := moment{compiled: maps.Clone(m.compiled), want: want, in: map[rbac.Node]rbac.Node{}}
	for n, p := range m.places {
		then.in[n] = p.Workspace
	}
	return then
}

func (m moment) compare(t *testing.T, now *moving) {
	t.Helper()
	for p, sets := range m.want {
		for n, want := range sets {
			if set, sure := m.compiled[m.in[n]].Effective(p, n); sure && set != want && !slices.Equal(set.List(), want.List()) {
				t.Fatalf("what was: %d had %v on %d, and now has had %v; since then %v", p, want.List(), n, set.List(), now)
			}
		}
	}
}

// live lets a world change some times, and compares.
func (m *moving) live(t *testing.T, count *tally) {
	t.Helper()
	want := m.wanted()
	m.compare(t, want, count)
	for range 12 {
		then := m.moment(want)
		m.step()
		if m.rng.IntN(4) == 0 {
			m.step() // with nothing asked between
		}
		if m.rng.IntN(8) == 0 {
			for w, c := range m.compiled {
				m.compiled[w] = c.Relaid(m.now)
			}
		}
		want = m.wanted()
		m.compare(t, want, count)
		if m.rng.IntN(4) == 0 {
			then.compare(t, m)
		}
	}
}

type tally struct{ decisions, allowed, unsure int64 }

// differ compares at least so many decisions in worlds that change between them.
func differ(t *testing.T, decisions, seed int64) {
	t.Helper()
	schema := newSchema(t)
	var total tally
	var mu sync.Mutex
	var world atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for !t.Failed() {
				mu.Lock()
				done := total.decisions >= decisions
				mu.Unlock()
				if done {
					return
				}
				var count tally
				m := newMoving(schema, rand.New(rand.NewPCG(uint64(seed), uint64(world.Add(1)))))
				m.vary()
				m.tell()
				m.live(t, &count)
				mu.Lock()
				total.decisions += count.decisions
				total.allowed += count.allowed
				total.unsure += count.unsure
				mu.Unlock()
			}
		})
	}
	all.Wait()
	share := float64(total.allowed) / float64(total.decisions)
	t.Logf("%d decisions in %d worlds, %.0f %% allowed, %d not answered from memory", total.decisions, world.Load(), 100*share, total.unsure)
	if share < 0.2 || share > 0.6 {
		t.Errorf("%.0f %% of the answers allow, want 20 to 60", 100*share)
	}
	if total.unsure*4 > total.decisions {
		t.Errorf("%d of %d questions were not answered from memory", total.unsure, total.decisions)
	}
}

// TestCompiledAgreesWithReference takes BAILIWICK_DECISIONS decisions, or few.
func TestCompiledAgreesWithReference(t *testing.T) {
	t.Parallel()
	differ(t, effort(t, "BAILIWICK_DECISIONS", 200_000), effort(t, "BAILIWICK_SEED", 11))
}
