package rbac_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

var _ workspace.Authorizer = (*rbac.Engine)(nil)

// open plants a world and returns an engine over it whose clock stands still.
func open(t *testing.T, w world) (*rbac.Engine, *storage.DB) {
	t.Helper()
	address := dbtest.SQLite(t)
	groups := []rbac.Identity{{Principal: staff, Kind: rbac.Group}, {Principal: crew, Kind: rbac.Group}}
	dbtest.Plant(t, address, w.places, append(groups, w.subjects...))
	db := dbtest.Open(t, address)
	return rbac.New(db.Rules(), newSchema(t), &rbac.Options{Now: func() time.Time { return t0 }}), db
}

// do runs something in a unit of work.
func do(t *testing.T, db *storage.DB, fn func(ctx context.Context) error) {
	t.Helper()
	if err := db.Tx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func tree() world {
	w := tables()
	w.subjects = []rbac.Identity{user(), {Principal: bob, Kind: rbac.User}}
	return w
}

func TestQuestionsAgree(t *testing.T) {
	t.Parallel()
	schema := newSchema(t)
	rng := rand.New(rand.NewPCG(3, 4))
	decisions, allowed := 0, 0
	for range 8 {
		w := randomWorld(rng.IntN)
		engine, db := open(t, w)
		do(t, db, func(ctx context.Context) error {
			for _, role := range w.roles {
				if err := db.Rules().PutRole(ctx, role); err != nil {
					return err
				}
			}
			for _, r := range w.rules {
				if _, err := db.Rules().AddRule(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
		for _, who := range w.subjects {
			for _, p := range permissions {
				class := []string{"", "layer", "group", "raster", "unknown"}[rng.IntN(5)]
				under := w.places[rng.IntN(len(w.places))].Node
				shown, err := engine.Filter(t.Context(), who.Principal, p, under, class, rbac.Latest())
				if err != nil {
					t.Fatal(err)
				}
				for _, place := range w.places {
					n := place.Node
					// The facts of the test hold the whole world, the engine's what it read.
					want := may(schema, w.facts(who), n, p)
					check, err := engine.Check(t.Context(), who.Principal, n, p, rbac.Latest())
					set, err2 := engine.Effective(t.Context(), who.Principal, n, rbac.Latest())
					x, err3 := engine.Explain(t.Context(), who.Principal, n, p, rbac.Latest())
					required := engine.Require(t.Context(), who.Principal, n, p, rbac.Latest())
					if err := errors.Join(err, err2, err3); err != nil {
						t.Fatal(err)
					}
					if check != want || set.Has(p) != want || x.Allowed != want || (required == nil) != want {
						t.Fatalf("%s on %d: Check %v, Effective %v, Explain %v, Require %v, want %v in %+v", p, n, check, set.Has(p), x.Allowed, required, want, w)
					}
					if !want && (!errors.Is(required, rbac.ErrDenied) || !cmp.Equal(errorsAs(t, required), x, cmpopts.IgnoreFields(rbac.Explanation{}, "Flip"))) {
						t.Fatalf("Require = %v, want the explanation %v", required, x)
					}
					shows := want && (class == "" || class == place.Class) && below(w, n, under)
					if shown.Contains(n) != shows {
						t.Fatalf("Filter(%s, %d, %q) shows %d: %v, want %v in %+v", p, under, class, n, !shows, shows, w)
					}
					if p != "no.such" && slices.Contains(schema.Permissions(place.Class), p) {
						decisions++
						if want {
							allowed++
						}
					}
				}
			}
		}
	}
	if share := float64(allowed) / float64(decisions); share < 0.2 || share > 0.6 {
		t.Errorf("%.0f %% of %d answers allow, want 20 to 60", 100*share, decisions)
	}
}

func errorsAs(t *testing.T, err error) rbac.Explanation {
	t.Helper()
	denied, ok := errors.AsType[*rbac.DeniedError](err)
	if !ok {
		t.Fatalf("%v carries no explanation", err)
	}
	return denied.Explanation
}

// below reports whether a node of a world is at or below another.
func below(w world, n, under rbac.Node) bool {
	f := w.facts(rbac.Identity{})
	for n != under {
		if n == rbac.Root {
			return false
		}
		n = f.Places[n].Parent
	}
	return true
}

func TestUnknownOnes(t *testing.T) {
	t.Parallel()
	engine, _ := open(t, tree())
	for name, ask := range map[string]func(p rbac.Principal, n rbac.Node) error{
		"Check": func(p rbac.Principal, n rbac.Node) error {
			ok, err := engine.Check(t.Context(), p, n, "resource.read", rbac.Latest())
			if ok {
				t.Error("allowed")
			}
			return err
		},
		"Require": func(p rbac.Principal, n rbac.Node) error {
			return engine.Require(t.Context(), p, n, "resource.read", rbac.Latest())
		},
		"Effective": func(p rbac.Principal, n rbac.Node) error {
			_, err := engine.Effective(t.Context(), p, n, rbac.Latest())
			return err
		},
		"Explain": func(p rbac.Principal, n rbac.Node) error {
			_, err := engine.Explain(t.Context(), p, n, "resource.read", rbac.Latest())
			return err
		},
		"Filter": func(p rbac.Principal, n rbac.Node) error {
			_, err := engine.Filter(t.Context(), p, "resource.read", n, "", rbac.Latest())
			return err
		},
	} {
		if err := ask(alice, 999); !errors.Is(err, rbac.ErrNoNode) {
			t.Errorf("%s on no node = %v", name, err)
		}
		if err := ask(999, group); !errors.Is(err, rbac.ErrNoPrincipal) {
			t.Errorf("%s of nobody = %v", name, err)
		}
	}
}

func TestConsistency(t *testing.T) {
	t.Parallel()
	engine, db := open(t, tree())
	check := func(c rbac.Consistency) error {
		_, err := engine.Check(t.Context(), alice, group, "resource.read", c)
		_, err2 := engine.Filter(t.Context(), alice, "resource.read", rbac.Root, "", c)
		if (err == nil) != (err2 == nil) {
			t.Errorf("Check = %v, Filter = %v", err, err2)
		}
		return err
	}
	before, err := engine.Revision(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	do(t, db, func(ctx context.Context) error {
		_, err := engine.Grant(ctx, rule())
		return err
	})
	after, err := engine.Revision(t.Context(), group)
	if err != nil || after.Revision <= before.Revision {
		t.Fatalf("Revision = %+v, %v, want it above %+v", after, err, before)
	}
	next := after
	next.Revision++
	for _, test := range []struct {
		name string
		c    rbac.Consistency
		want error
	}{
		{"latest", rbac.Latest(), nil},
		{"at least before", rbac.AtLeast(before), nil},
		{"at least now", rbac.AtLeast(after), nil},
		{"at least what is not yet", rbac.AtLeast(next), rbac.ErrStale},
		{"within", rbac.Within(time.Second), nil},
		{"within nothing", rbac.Within(0), nil},
		{"within less than nothing", rbac.Within(-1), rbac.ErrInvalid},
	} {
		if err := check(test.c); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

func TestGrant(t *testing.T) {
	t.Parallel()
	engine, db := open(t, tree())
	do(t, db, func(ctx context.Context) error {
		return engine.PutRole(ctx, rbac.Role{Name: "stored", Permissions: []rbac.Permission{"data.read"}})
	})
	for _, test := range []struct {
		name string
		rule rbac.Rule
		want error
	}{
		{"plain", rule(), nil},
		{"what matches nothing is kept", rule(of("", "read")), nil},
		{"a built-in role", rule(role("reader")), nil},
		{"a stored role", rule(role("stored")), nil},
		{"a class", rule(class("layer")), nil},
		{"a future end", rule(until(t0.Add(time.Microsecond))), nil},
		{"effect", rule(func(r *rbac.Rule) { r.Effect = "perhaps" }), rbac.ErrInvalid},
		{"no principal", rule(to(0)), rbac.ErrInvalid},
		{"negative principal", rule(to(-1)), rbac.ErrInvalid},
		{"nobody", rule(to(999)), rbac.ErrNoPrincipal},
		{"no node", rule(on(999)), rbac.ErrNoNode},
		{"no role", rule(role("none")), rbac.ErrNoRole},
		{"a role and a scope", rule(role("reader"), of("data", "")), rbac.ErrInvalid},
		{"a role and a permission", rule(role("reader"), of("", "read")), rbac.ErrInvalid},
		{"no class", rule(class("alien")), rbac.ErrInvalid},
		{"an end that has come", rule(until(t0)), rbac.ErrInvalid},
		{"an end that has come but for a nanosecond", rule(until(t0.Add(1))), rbac.ErrInvalid},
	} {
		var got rbac.Rule
		err := db.Tx(t.Context(), func(ctx context.Context) (err error) {
			got, err = engine.Grant(ctx, test.rule)
			return err
		})
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if err != nil {
			continue
		}
		if !uid.Valid(string(got.ID)) || got.Num == 0 || !got.Created.Equal(t0) {
			t.Errorf("%s: %+v, want it with ID, Num and Created", test.name, got)
		}
		listed, err := engine.Rules(t.Context(), rbac.RuleFilter{IDs: []rbac.RuleID{got.ID}})
		if diff := cmp.Diff([]rbac.Rule{got}, listed); err != nil || diff != "" {
			t.Errorf("%s: Rules: %v %s", test.name, err, diff)
		}
		if diff := cmp.Diff(test.rule, got, cmpopts.IgnoreFields(rbac.Rule{}, "ID", "Num", "Created")); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	if _, err := engine.Grant(t.Context(), rule()); !errors.Is(err, storage.ErrNoUnit) {
		t.Errorf("Grant outside a unit = %v", err)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	engine, db := open(t, tree())
	allowed := func() bool {
		ok, err := engine.Check(t.Context(), alice, group, "resource.read", rbac.Latest())
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	do(t, db, func(ctx context.Context) error {
		_, err := engine.Grant(ctx, rule())
		return err
	})
	if !allowed() {
		t.Error("a grant is not seen")
	}
	do(t, db, func(ctx context.Context) error {
		n, err := engine.Revoke(ctx, rbac.RuleFilter{Principals: []rbac.Principal{alice}})
		if n != 1 {
			t.Errorf("revoked %d", n)
		}
		return err
	})
	if allowed() {
		t.Error("a revocation is not seen")
	}
	err := db.Tx(t.Context(), func(ctx context.Context) error {
		_, err := engine.Revoke(ctx, rbac.RuleFilter{})
		return err
	})
	if !errors.Is(err, rbac.ErrInvalid) {
		t.Errorf("Revoke of everything = %v", err)
	}
	if _, err := engine.Revoke(t.Context(), rbac.RuleFilter{Origin: "x"}); !errors.Is(err, storage.ErrNoUnit) {
		t.Errorf("Revoke outside a unit = %v", err)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	engine, db := open(t, tree())
	for _, test := range []struct {
		name string
		role rbac.Role
		want error
	}{
		{"stored", rbac.Role{Name: "b", Title: "B", Permissions: []rbac.Permission{"data.read"}}, nil},
		{"without permissions", rbac.Role{Name: "a"}, nil},
		{"replaced", rbac.Role{Name: "b", Title: "Bee", Permissions: []rbac.Permission{"data.write"}, Builtin: true}, nil},
		{"built in", rbac.Role{Name: "reader"}, rbac.ErrBuiltin},
		{"no name", rbac.Role{}, rbac.ErrInvalid},
		{"everything", rbac.Role{Name: "c", Everything: true}, rbac.ErrInvalid},
		{"unknown permission", rbac.Role{Name: "c", Permissions: []rbac.Permission{"data.read", "data.smell"}}, rbac.ErrInvalid},
	} {
		err := db.Tx(t.Context(), func(ctx context.Context) error { return engine.PutRole(ctx, test.role) })
		if !errors.Is(err, test.want) {
			t.Errorf("PutRole %s = %v, want %v", test.name, err, test.want)
		}
	}
	got, err := engine.Roles(t.Context())
	want := append(newSchema(t).Roles(), rbac.Role{Name: "a"}, rbac.Role{Name: "b", Title: "Bee", Permissions: []rbac.Permission{"data.write"}})
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("Roles: %v %s", err, diff)
	}
	do(t, db, func(ctx context.Context) error {
		_, err := engine.Grant(ctx, rule(role("b")))
		return err
	})
	for name, want := range map[rbac.RoleName]error{"a": nil, "b": rbac.ErrRoleInUse, "none": rbac.ErrNoRole, "reader": rbac.ErrBuiltin} {
		err := db.Tx(t.Context(), func(ctx context.Context) error { return engine.DeleteRole(ctx, name) })
		if !errors.Is(err, want) {
			t.Errorf("DeleteRole(%s) = %v, want %v", name, err, want)
		}
	}
}

func fingerprint(t *testing.T, db *storage.DB) string { t.Helper(); return dbtest.Fingerprint(t, db) }
