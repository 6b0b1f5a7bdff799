package rbac_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
)

// An event of a history is that somebody set what a principal may do on a node,
// or asked.
type event struct {
	key int // which principal on which node
	set bool
	to  bool // what it is set to
}

// registers are a bit for each principal on each node, that is what was set last.
var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		by := map[int][]porcupine.Operation{}
		for _, o := range history {
			k := o.Input.(event).key
			by[k] = append(by[k], o)
		}
		var parts [][]porcupine.Operation
		for _, part := range by {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return false },
	Step: func(state, input, output any) (bool, any) {
		if in := input.(event); in.set {
			return true, in.to
		}
		return output.(bool) == state.(bool), state
	},
	Equal: func(a, b any) bool { return a == b },
	DescribeOperation: func(input, output any) string {
		if in := input.(event); in.set {
			return fmt.Sprintf("set %d %v", in.key, in.to)
		}
		return fmt.Sprintf("ask %d: %v", input.(event).key, output)
	},
}

// exclusive is a SQLite file that one process has to itself.
const exclusive = "exclusive"

const (
	historyKeys    = 12
	historyEngines = 3
)

// history has every key set again and again, each time through another engine,
// and asked about through all of them in the meantime, and returns what happened.
func history(t *testing.T, kind dbtest.Kind, changes int, wrap func(i int, s rbac.Store) rbac.Store, c rbac.Consistency) []porcupine.Operation {
	t.Helper()
	address := kind.Make(t)
	e := newEstate()
	e.build(t, address)
	schema := newSchema(t)
	alone := kind.Name == exclusive // then all engines are on one connection
	var dbs []*storage.DB
	var engines []*rbac.Engine
	for i := range historyEngines {
		var db *storage.DB
		if alone && i > 0 {
			db = dbs[0]
		} else {
			db = dbtest.OpenWith(t, address, &storage.Options{Exclusive: alone})
		}
		engine := rbac.New(wrap(i, db.Rules()), schema, nil)
		dbs, engines = append(dbs, db), append(engines, engine)
	}
	// Users of their own on one node, and one user on several, who have nothing.
	who := func(key int) (rbac.Principal, rbac.Node) {
		if key%2 == 0 {
			return e.user(key), e.refuge(key % estateSpaces)
		}
		return e.user(1), e.node([]int{0, 2, 3}[key/2%3], e.order[key/6])
	}
	for _, engine := range engines {
		for w := range estateSpaces {
			if err := engine.Warm(t.Context(), e.space(w)); err != nil {
				t.Fatal(err)
			}
			if yes, err := engine.Check(t.Context(), e.user(1), e.refuge(w), "resource.update", rbac.Latest()); yes || err != nil {
				t.Fatal(yes, err)
			}
		}
	}
	began := time.Now()
	now := func() int64 { return int64(time.Since(began)) }
	var mu sync.Mutex
	var operations []porcupine.Operation
	var busy atomic.Int64
	note := func(client int, in event, called int64, out bool) {
		returned := now()
		mu.Lock()
		defer mu.Unlock()
		operations = append(operations, porcupine.Operation{ClientId: client, Input: in, Call: called, Output: out, Return: returned})
	}
	ask := func(rng *rand.Rand, client, key int, engine *rbac.Engine) error {
		p, n := who(key)
		called := now()
		var yes bool
		var err error
		switch rng.IntN(3) {
		case 0:
			yes, err = engine.Check(t.Context(), p, n, "resource.update", c)
		case 1:
			yes, err = engine.Allowed(t.Context(), engine.Subject(p), engine.Target(n), engine.Schema().Action("resource.update"), c)
		case 2:
			var set rbac.Set
			set, err = engine.Effective(t.Context(), p, n, c)
			yes = set.Has("resource.update")
		}
		if err == nil {
			note(client, event{key: key}, called, yes)
		}
		return err
	}
	var wg sync.WaitGroup
	busy.Store(historyKeys)
	for key := range historyKeys {
		rng := rand.New(rand.NewPCG(7, uint64(key)))
		wg.Go(func() {
			defer busy.Add(-1)
			p, n := who(key)
			for i := range changes {
				on, via := i%2 == 0, rng.IntN(historyEngines)
				called := now()
				err := dbs[via].Tx(t.Context(), func(ctx context.Context) error {
					origin := fmt.Sprint("key", key)
					if !on {
						_, err := engines[via].Revoke(ctx, rbac.RuleFilter{Origin: origin})
						return err
					}
					_, err := engines[via].Grant(ctx, rbac.Rule{Node: n, Effect: rbac.Allow, Principal: p, Scope: "resource", Permission: "update", Origin: origin})
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
				note(key, event{key, true, on}, called, false)
				// A question beside a change may be answered either way: this one
				// has one answer, however slow the machine is.
				if err := ask(rng, key, key, engines[rng.IntN(historyEngines)]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i, engine := range engines {
		for j := range 2 {
			client := historyKeys + 2*i + j
			rng := rand.New(rand.NewPCG(8, uint64(client)))
			wg.Go(func() {
				for busy.Load() > 0 {
					if err := ask(rng, client, rng.IntN(historyKeys), engine); err != nil {
						t.Error(err)
						return
					}
					time.Sleep(100 * time.Microsecond) // so that there is some of everything
				}
			})
		}
	}
	wg.Wait()
	return operations
}

func honest(_ int, s rbac.Store) rbac.Store { return s }

// judge reports whether a history could have happened one after another.
func judge(t *testing.T, operations []porcupine.Operation) porcupine.CheckResult {
	t.Helper()
	asked, yes := 0, 0
	for _, o := range operations {
		if !o.Input.(event).set {
			if asked++; o.Output.(bool) {
				yes++
			}
		}
	}
	began := time.Now()
	result := porcupine.CheckOperationsTimeout(registers, operations, time.Minute)
	t.Logf("%d changes and %d questions, %d answered with yes: %s, found in %s", len(operations)-asked, asked, yes, result, time.Since(began))
	if result == porcupine.Ok && (asked < 100 || yes < asked/20 || yes > asked*19/20) {
		t.Error("that proves little")
	}
	return result
}

// TestHistories makes BAILIWICK_CHANGES changes of each of some registers while
// several engines are asked: what each was told must fit one order of them all.
func TestHistories(t *testing.T) {
	changes := int(effort(t, "BAILIWICK_CHANGES", 100))
	for _, kind := range append(dbtest.Kinds(), dbtest.Kind{Name: exclusive, Make: dbtest.SQLite}) {
		t.Run(kind.Name, func(t *testing.T) {
			if result := judge(t, history(t, kind, changes, honest, rbac.Latest())); result != porcupine.Ok {
				t.Errorf("the history is %s", result)
			}
		})
	}
}

// TestFalseHistories wants histories of engines that lie to be refused: one that
// is never told of another revision, and one that takes what it knows for the
// latest.
func TestFalseHistories(t *testing.T) {
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			for name, test := range map[string]struct {
				wrap func(int, rbac.Store) rbac.Store
				c    rbac.Consistency
			}{
				"frozen": {func(i int, s rbac.Store) rbac.Store { return &counted{Store: s, frozen: i == 1} }, rbac.Latest()},
				"within": {honest, rbac.Within(time.Minute)},
			} {
				if result := judge(t, history(t, kind, 24, test.wrap, test.c)); result != porcupine.Illegal {
					t.Errorf("%s: the history is %s", name, result)
				}
			}
		})
	}
}
