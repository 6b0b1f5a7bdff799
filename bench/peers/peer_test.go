package peers_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/workload"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// A peer is an engine with a way to model the world, and what it promises about
// how old its answers may be.
type peer struct {
	name string
	// load loads the world. What outlives it goes into the scratch.
	load  func(ctx context.Context, w *workload.World, s *scratch) (engine, error)
	stale string
	// levels are how many its world may have at most, any number when 0: for who
	// would take hours with more.
	levels int
	// hot is how many of the questions are asked in turn while it is timed, all
	// when 0. They are asked once before, for what is in a cache a while only.
	hot int
	// variants are other ways to ask the same loaded engine.
	variants []variant
}

// A variant is another way to ask an engine that is loaded already.
type variant struct {
	name  string
	from  func(base engine, s *scratch) (engine, error)
	stale string
	hot   int
}

// An engine answers about the world that it was loaded with.
type engine interface {
	// Prepare puts a question into the engine's own terms, which is not timed.
	Prepare(q workload.Question) func() (bool, error)
	// List returns what a user may read, in any order. It returns errNone when
	// the engine has no way to.
	List(user rbac.Principal) ([]rbac.Node, error)
	// Children returns which of the children of a node a user may read. It
	// returns errNone when the engine has no way to.
	Children(user rbac.Principal, folder rbac.Node) ([]rbac.Node, error)
}

var errNone = errors.New("the engine has no such operation")

// peers are all there are, in the order of the table.
func peers() []peer {
	all := slices.Concat(ours(), casbins(), cedars(), opas(), openfgas())
	only := regexp.MustCompile(os.Getenv("PEERS"))
	return slices.DeleteFunc(all, func(p peer) bool {
		return !only.MatchString(p.name) && !slices.ContainsFunc(p.variants, func(v variant) bool { return only.MatchString(v.name) })
	})
}

// A scratch removes what a peer leaves, files and processes, last first.
type scratch struct{ undo []func() error }

func (s *scratch) later(undo func() error) { s.undo = append(s.undo, undo) }

func (s *scratch) clean() error {
	var failed []error
	for _, undo := range slices.Backward(s.undo) {
		failed = append(failed, undo())
	}
	s.undo = nil
	return errors.Join(failed...)
}

// scale is the number of levels of the tree.
func scale(usual int) int {
	if text := os.Getenv("PEERS_SCALE"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 3 {
			panic("PEERS_SCALE: " + text + ", expected a number of levels, at least 3")
		}
		return n
	}
	return usual
}

// A run is a world with what all peers are asked about it.
type run struct {
	world     *workload.World
	questions []workload.Question
	reader    rbac.Principal
	readable  []rbac.Node
	folder    rbac.Node
	children  []rbac.Node
}

func newRun(levels, questions int) *run {
	w := workload.New(1, &workload.Options{Depth: levels})
	r := &run{world: w, questions: w.Questions(questions, 1), reader: w.Reader()}
	r.readable = w.Readable(r.reader)
	r.folder = w.Mixed(r.reader)
	for _, child := range w.Children(r.folder) {
		if w.Allowed(r.reader, child, workload.Read) {
			r.children = append(r.children, child)
		}
	}
	return r
}

// full is the world of the benchmarks, and worlds are those with fewer levels.
var (
	full   = sync.OnceValue(func() *run { return newRun(scale(6), 2000) })
	worlds = map[int]*run{}
)

// runOf returns the run that a peer is measured in.
func runOf(p peer) *run {
	if p.levels == 0 || p.levels >= full().world.Options.Depth {
		return full()
	}
	if worlds[p.levels] == nil {
		worlds[p.levels] = newRun(p.levels, 2000)
	}
	return worlds[p.levels]
}

// A loaded is an engine that has the world, with what that took.
type loaded struct {
	engine

	run    *run
	hot    int
	asks   []func() (bool, error)
	took   time.Duration
	memory int64 // bytes of heap that stay after loading
	grown  int64 // and more after all answers
	// verified is how many questions were answered as expected.
	verified int
}

// load loads a peer and wants every expected answer from it.
func (r *run) load(p peer, s *scratch) (*loaded, error) {
	before := heap()
	start := time.Now()
	e, err := p.load(context.Background(), r.world, s)
	if err != nil {
		return nil, fmt.Errorf("%s: load: %w", p.name, err)
	}
	l := &loaded{engine: e, run: r, hot: p.hot, took: time.Since(start)}
	l.memory = heap() - before
	return l, r.verify(p.name, l)
}

// derive makes a variant of a loaded peer, and wants the same from it.
func (r *run) derive(v variant, base *loaded, s *scratch) (*loaded, error) {
	e, err := v.from(base.engine, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", v.name, err)
	}
	l := &loaded{engine: e, run: r, hot: v.hot}
	return l, r.verify(v.name, l)
}

// ask prepares a question. Which permissions a class has is known to whoever
// asks; that a layer has data and a folder has none is left to no peer.
func (r *run) ask(e engine, q workload.Question) func() (bool, error) {
	class := r.world.Space.Places[q.Node-workload.Workspace].Class
	if !slices.Contains(r.world.Schema().Permissions(class), q.Permission) {
		return func() (bool, error) { return false, nil }
	}
	return e.Prepare(q)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// verify compares all answers with the expected ones.
func (r *run) verify(name string, l *loaded) error {
	for _, q := range r.questions {
		l.asks = append(l.asks, r.ask(l.engine, q))
	}
	before := heap() // the questions are not the engine's
	for i, ask := range l.asks {
		got, err := ask()
		if err != nil {
			return fmt.Errorf("%s: %+v: %w", name, r.questions[i], err)
		}
		if got != r.questions[i].Want {
			return fmt.Errorf("%s: %+v: answered %v", name, r.questions[i], got)
		}
		l.verified++
	}
	for _, list := range []struct {
		name string
		want []rbac.Node
		get  func() ([]rbac.Node, error)
	}{
		{"list", r.readable, func() ([]rbac.Node, error) { return l.List(r.reader) }},
		{"children", r.children, func() ([]rbac.Node, error) { return l.Children(r.reader, r.folder) }},
	} {
		got, err := list.get()
		if errors.Is(err, errNone) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", name, list.name, err)
		}
		if slices.Sort(got); !slices.Equal(got, list.want) {
			return fmt.Errorf("%s: %s: %d nodes, want these %d: %v", name, list.name, len(got), len(list.want), list.want)
		}
	}
	l.grown = heap() - before
	return nil
}

// TestAnswers wants the expected answers from every peer about a small world.
func TestAnswers(t *testing.T) {
	r := newRun(scale(4), 2000)
	for _, p := range peers() {
		t.Run(p.name, func(t *testing.T) {
			s := &scratch{}
			defer func() {
				if err := s.clean(); err != nil {
					t.Error(err)
				}
			}()
			base, err := r.load(p, s)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range p.variants {
				if _, err := r.derive(v, base, s); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// needs are what each permission requires, itself included. A peer that cannot
// express requirements is asked for each.
func needs(p rbac.Permission) []rbac.Permission {
	switch {
	case p == workload.Read:
		return []rbac.Permission{workload.Read}
	case p == workload.DataWrite:
		return []rbac.Permission{workload.DataWrite, workload.DataRead, workload.Read}
	}
	return []rbac.Permission{p, workload.Read}
}

// grants are the permissions that a rule names, in any class.
func grants(w *workload.World, r rbac.Rule) []rbac.Permission {
	var list []rbac.Permission
	for _, p := range w.Schema().Permissions("layer") {
		if (r.Scope == "" || r.Scope == p.Scope()) && (r.Permission == "" || r.Permission == p.Name()) {
			list = append(list, p)
		}
	}
	return list
}

func text[T rbac.Node | rbac.Principal](n T) string { return strconv.FormatInt(int64(n), 10) }

func node(text string) (rbac.Node, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	return rbac.Node(n), err
}

func isGroup(w *workload.World, p rbac.Principal) bool { return p >= w.Groups[0] }
