package rbac_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

var errUndone = errors.New("undone")

// TestWarmInUnit warms a workspace in a unit of work that is undone: nobody must
// be answered from what never was.
func TestWarmInUnit(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			e := newEstate()
			e.build(t, address)
			db := dbtest.Open(t, address)
			engine := rbac.New(db.Rules(), newSchema(t), nil)
			grant := func(p rbac.Principal) func(ctx context.Context) error {
				return func(ctx context.Context) error {
					_, err := engine.Grant(ctx, rbac.Rule{Node: e.refuge(0), Effect: rbac.Allow, Principal: p, Scope: "resource", Permission: "update"})
					return err
				}
			}
			err := db.Tx(t.Context(), func(ctx context.Context) error {
				err := grant(e.user(0))(ctx)
				return errors.Join(err, engine.Warm(ctx, e.space(0)), errUndone)
			})
			if !errors.Is(err, errUndone) {
				t.Fatal(err)
			}
			do(t, db, grant(e.user(1))) // which gets the revision that the other would have had
			for i, want := range []bool{false, true} {
				for range 2 {
					yes, err := engine.Check(t.Context(), e.user(i), e.refuge(0), "resource.update", rbac.Latest())
					if err != nil || yes != want {
						t.Errorf("user %d: %v, %v, want %v", i, yes, err, want)
					}
				}
			}
		})
	}
}

// TestLeaseOfOwnChange has an engine notice a change of its own process before
// it is told of it: that must not cost it its lease.
func TestLeaseOfOwnChange(t *testing.T) {
	t.Parallel()
	address := dbtest.Postgres(t)
	e := newEstate()
	e.build(t, address)
	db := dbtest.Open(t, address)
	store := &probed{Store: db.Rules()}
	engine := rbac.New(store, newSchema(t), nil)
	check := func(c rbac.Consistency) {
		t.Helper()
		if _, err := engine.Check(t.Context(), e.user(0), e.refuge(0), "resource.update", c); err != nil {
			t.Error(err)
		}
	}
	if err := engine.Warm(t.Context(), e.space(0)); err != nil {
		t.Fatal(err)
	}
	// Watchers are told one after another: this one asks before the engine is told.
	store.tell = func() { check(rbac.Latest()) }
	do(t, db, func(ctx context.Context) error {
		_, err := engine.Grant(ctx, rbac.Rule{Node: e.refuge(0), Effect: rbac.Allow, Principal: e.user(0), Scope: "resource", Permission: "update"})
		return err
	})
	store.tell = nil
	check(rbac.Within(time.Hour))
	before := store.asked
	for range 10 {
		check(rbac.Within(time.Hour))
	}
	if more := store.asked - before; more > 0 {
		t.Errorf("%d questions to the database within an hour of the last", more)
	}
}

// A probed store counts questions about revisions, and can do something before
// an engine is told of a change.
type probed struct {
	rbac.Store

	asked int
	tell  func()
}

func (p *probed) Revisions(ctx context.Context, workspaces ...rbac.Node) ([]int64, error) {
	p.asked++
	return p.Store.Revisions(ctx, workspaces...)
}

func (p *probed) Watch(fn func([]rbac.Token)) func() {
	return p.Store.Watch(func(changed []rbac.Token) {
		if p.tell != nil {
			p.tell()
		}
		fn(changed)
	})
}

// TestQuestionsOfNonsense asks what cannot be asked for, cold and warm.
func TestQuestionsOfNonsense(t *testing.T) {
	t.Parallel()
	engine, _ := open(t, tree())
	ctx, never := t.Context(), rbac.Within(-1)
	s, n := engine.Subject(alice), engine.Target(group)
	for range 2 {
		_, err := engine.Allowed(ctx, s, n, engine.Schema().Action("resource.read"), never)
		_, err2 := engine.Check(ctx, alice, group, "resource.read", never)
		_, err3 := engine.Principals(ctx, group, "resource.read", rbac.PrincipalFilter{}, never)
		_, err4 := engine.Holders(ctx, group, rbac.PrincipalFilter{}, never)
		_, err5 := engine.Holders(ctx, group, rbac.PrincipalFilter{Limit: -1}, rbac.Latest())
		for i, err := range []error{err, err2, err3, err4, err5} {
			if !errors.Is(err, rbac.ErrInvalid) {
				t.Errorf("question %d: %v", i, err)
			}
		}
		if err := engine.Warm(ctx, group); err != nil {
			t.Fatal(err)
		}
		if _, err := engine.Allowed(ctx, s, n, engine.Schema().Action("resource.read"), rbac.Latest()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWorkspaceGone takes a node out of a workspace that is deleted then, with a
// log that does not tell any more.
func TestWorkspaceGone(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			e := newEstate()
			e.build(t, address)
			db := dbtest.Open(t, address)
			engine := rbac.New(db.Rules(), newSchema(t), nil)
			gone, heir := e.space(0), e.space(1)
			n := e.node(0, "leave")
			target, subject := engine.Target(n), engine.Subject(e.user(0))
			ask := func() map[string]error {
				_, err := engine.Check(t.Context(), e.user(0), n, "resource.read", rbac.Latest())
				yes, err2 := engine.Allowed(t.Context(), subject, target, engine.Schema().Action("resource.read"), rbac.Latest())
				if err2 == nil && !yes {
					err2 = errors.New("no")
				}
				_, err3 := engine.CheckMany(t.Context(), e.user(0), []rbac.Question{{Node: n, Permission: "resource.read"}}, rbac.Latest())
				_, err4 := engine.List(t.Context(), e.user(0), "resource.read", rbac.ListFilter{Under: n}, rbac.Latest())
				_, err5 := engine.Principals(t.Context(), n, "resource.read", rbac.PrincipalFilter{}, rbac.Latest())
				_, err6 := engine.Holders(t.Context(), n, rbac.PrincipalFilter{}, rbac.Latest())
				return map[string]error{"Check": err, "Allowed": err2, "CheckMany": err3, "List": err4, "Principals": err5, "Holders": err6}
			}
			if err := engine.Warm(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			for what, err := range ask() {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			scribe, err := dbtest.NewScribe(address)
			if err != nil {
				t.Fatal(err)
			}
			defer scribe.Close()
			err = scribe.Write(
				t.Context(), []string{
					fmt.Sprintf("DELETE FROM rules WHERE workspace = %d", gone),
					fmt.Sprintf("UPDATE nodes SET workspace = %d, parent = %[1]d WHERE num = %d", heir, n),
					fmt.Sprintf("DELETE FROM nodes WHERE workspace = %d", gone),
				},
				dbtest.Line{Workspace: gone, Kind: "everything"}, dbtest.Line{Workspace: heir, Kind: "node", Num: int64(n)},
			)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				for what, err := range ask() {
					if err != nil {
						t.Errorf("%s, when it had moved: %v", what, err)
					}
				}
			}
			if _, err := engine.Check(t.Context(), e.user(0), gone, "resource.read", rbac.Latest()); !errors.Is(err, rbac.ErrNoNode) {
				t.Errorf("Check on what is gone: %v", err)
			}
		})
	}
}

// TestUnitSeesItself has questions in a unit of work see what it did, and those
// beside it not.
func TestUnitSeesItself(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			p, _ := newPair(t, address, address, nil)
			e, engine := p.e, p.doer
			n, user, perm := e.refuge(0), e.user(0), rbac.Permission("resource.update")
			subject, target := engine.Subject(user), engine.Target(n)
			questions := func(ctx context.Context) map[string]func() (bool, error) {
				return map[string]func() (bool, error){
					"Check":  func() (bool, error) { return engine.Check(ctx, user, n, perm, rbac.Latest()) },
					"Within": func() (bool, error) { return engine.Check(ctx, user, n, perm, rbac.Within(time.Hour)) },
					"Allowed": func() (bool, error) {
						return engine.Allowed(ctx, subject, target, engine.Schema().Action(perm), rbac.Latest())
					},
					"Require": func() (bool, error) {
						err := engine.Require(ctx, user, n, perm, rbac.Latest())
						if errors.Is(err, rbac.ErrDenied) {
							return false, nil
						}
						return true, err
					},
					"Effective": func() (bool, error) {
						set, err := engine.Effective(ctx, user, n, rbac.Latest())
						return set.Has(perm), err
					},
					"Explain": func() (bool, error) {
						x, err := engine.Explain(ctx, user, n, perm, rbac.Latest())
						return x.Allowed, err
					},
					"CheckMany": func() (bool, error) {
						list, err := engine.CheckMany(ctx, user, []rbac.Question{{Node: n, Permission: perm}}, rbac.Latest())
						return err == nil && list[0], err
					},
					"List": func() (bool, error) {
						list, err := engine.List(ctx, user, perm, rbac.ListFilter{Under: n}, rbac.Latest())
						return len(list) == 1, err
					},
					"Principals": func() (bool, error) {
						list, err := engine.Principals(ctx, n, perm, rbac.PrincipalFilter{From: user, Limit: 1}, rbac.Latest())
						return len(list) == 1 && list[0] == user, err
					},
					"Holders": func() (bool, error) {
						list, err := engine.Holders(ctx, n, rbac.PrincipalFilter{From: user, Limit: 1}, rbac.Latest())
						return len(list) == 1 && list[0].Principal == user && list[0].Set.Has(perm), err
					},
				}
			}
			wants := func(ctx context.Context, where string, want bool) {
				t.Helper()
				for what, ask := range questions(ctx) {
					if yes, err := ask(); err != nil || yes != want {
						t.Errorf("%s, %s: %v, %v, want %v", where, what, yes, err, want)
					}
				}
			}
			if err := engine.Warm(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			wants(t.Context(), "before", false)
			err := p.db.Tx(t.Context(), func(ctx context.Context) error {
				if _, err := engine.Grant(ctx, rbac.Rule{Node: n, Effect: rbac.Allow, Principal: user, Scope: "resource", Permission: "update"}); err != nil {
					return err
				}
				wants(ctx, "in the unit", true)
				wants(t.Context(), "beside it", false)
				return errUndone
			})
			if !errors.Is(err, errUndone) {
				t.Error(err)
			}
			wants(t.Context(), "undone", false)
		})
	}
}

// TestOwnChangesShow changes something through the same process: it shows in the
// next answer, however old that may be.
func TestOwnChangesShow(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			e := newEstate()
			e.build(t, address)
			db := dbtest.Open(t, address)
			s := &server{estate: e, db: db, engine: rbac.New(db.Rules(), newSchema(t), nil)}
			for w := range estateSpaces {
				if err := s.engine.Warm(t.Context(), e.space(w)); err != nil {
					t.Fatal(err)
				}
			}
			subject := s.engine.Subject(e.user(0))
			for _, change := range []string{"rule", "nest", "role", "above"} {
				target := s.engine.Target(e.node(0, change))
				for _, on := range []bool{false, true} {
					if err := e.kinds[change](t.Context(), s, on); err != nil {
						t.Fatal(err)
					}
					yes, err := s.engine.Allowed(t.Context(), subject, target, s.engine.Schema().Action("resource.update"), rbac.Within(time.Hour))
					yes2, err2 := s.engine.Check(t.Context(), e.user(0), e.node(0, change), "resource.update", rbac.Within(time.Hour))
					if yes != on || yes2 != on || err != nil || err2 != nil {
						t.Errorf("%s: Allowed %v, Check %v, %v, %v, want %v", change, yes, yes2, err, err2, on)
					}
				}
			}
		})
	}
}
