package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A grove is a workspace with a tree: house, with room, with shelf; barn, with
// attic, which refers to the shelf.
type grove struct {
	in                              workspace.Workspace
	house, room, shelf, barn, attic resource.Resource
}

func (s *sample) grove() grove {
	s.t.Helper()
	g := grove{in: s.place()}
	g.house = s.resource(g.in.Num, "resource_group")
	g.room = s.resource(g.house.Num, "resource_group")
	g.shelf = s.resource(g.room.Num, "leaf")
	g.barn = s.resource(g.in.Num, "resource_group")
	g.attic = s.resource(g.barn.Num, "leaf")
	s.refers(g.attic.Num, resource.Reference{Name: "a.b", To: g.shelf.Num, Decides: true})
	return g
}

func (s *sample) refers(n rbac.Node, list ...resource.Reference) {
	s.t.Helper()
	s.must(func(ctx context.Context) error { return s.Resources.SetReferences(ctx, n, list) })
}

// path wants what lies above a node.
func (s *sample) path(n rbac.Node, want ...rbac.Node) {
	s.t.Helper()
	list, err := s.Resources.Path(s.t.Context(), n)
	if err != nil {
		s.t.Fatal(err)
	}
	nums := []rbac.Node{}
	for _, r := range list {
		nums = append(nums, r.Num)
		equal(s.t, "on the path", r, s.readResource(r.Num))
	}
	equal(s.t, fmt.Sprintf("path of %d", n), nums, append([]rbac.Node{}, want...))
}

func resourceLock(s *sample) {
	w := s.place()
	locked, release := make(chan struct{}), make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		err := s.Tx(s.t.Context(), func(ctx context.Context) error {
			got, err := s.Resources.Lock(ctx, w.Num)
			equal(s.t, "the workspace", got, w)
			close(locked)
			<-release
			return err
		})
		if err != nil {
			s.t.Error(err)
		}
	})
	<-locked
	second := make(chan error, 1)
	both.Go(func() {
		second <- s.Tx(s.t.Context(), func(ctx context.Context) error { _, err := s.Resources.Lock(ctx, w.Num); return err })
	})
	select {
	case err := <-second:
		s.t.Errorf("two held the lock at once (%v)", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	both.Wait()
	select {
	case err := <-second:
		wants(s.t, "the lock afterwards", err, nil)
	default:
	}
}

func resourcePath(s *sample) {
	g := s.grove()
	s.path(g.shelf.Num, g.house.Num, g.room.Num, g.shelf.Num)
	s.path(g.house.Num, g.house.Num)
	for _, n := range []rbac.Node{g.in.Num, rbac.Root, 1 << 40} {
		s.path(n)
	}
}

func resourceMove(s *sample) {
	g, other := s.grove(), s.place()
	moved := g.room
	moved.Parent = g.barn.Num
	s.raises(func(ctx context.Context) error { return s.Resources.Save(ctx, moved) }, g.in.Num)
	s.path(g.shelf.Num, g.barn.Num, g.room.Num, g.shelf.Num)
	equal(s.t, "the place of its node", s.placed(g.room.Num).Parent, g.barn.Num)
	equal(s.t, "where it was", s.readResource(g.house.Num).Children, false)
	s.list("where it is", resource.Filter{Parents: []rbac.Node{g.barn.Num}}, g.room.DisplayName, g.attic.DisplayName)
	moved.Parent = other.Num
	s.refused(resource.ErrElsewhere, func(ctx context.Context) error { return s.Resources.Save(ctx, moved) })
	moved.Parent = g.in.Num
	s.save(moved)
	s.path(g.shelf.Num, g.room.Num, g.shelf.Num)
}

func resourceCycle(s *sample) {
	g := s.grove()
	for _, to := range []rbac.Node{g.house.Num, g.room.Num, g.shelf.Num} {
		moved := g.house
		moved.Parent = to
		s.refused(resource.ErrCycle, func(ctx context.Context) error { return s.Resources.Save(ctx, moved) })
	}
	// Of two moves that would close a circle together, one is refused.
	for range 8 {
		a, b := s.resource(g.in.Num, "resource_group"), s.resource(g.in.Num, "resource_group")
		inA, inB := s.resource(a.Num, "resource_group"), s.resource(b.Num, "resource_group")
		a.Parent, b.Parent = inB.Num, inA.Num
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, moved := range []resource.Resource{a, b} {
			both.Go(func() {
				errs[i] = s.Tx(s.t.Context(), func(ctx context.Context) error { return s.Resources.Save(ctx, moved) })
			})
		}
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), resource.ErrCycle) {
			s.t.Fatalf("crossing moves end with %v", errs)
		}
		for _, n := range []rbac.Node{inA.Num, inB.Num} {
			list, err := s.Resources.Path(s.t.Context(), n)
			if err != nil || list[0].Parent != g.in.Num || list[len(list)-1].Num != n {
				s.t.Fatalf("what lies above %d: %+v, %v", n, list, err)
			}
		}
	}
}

func (s *sample) referrers(what string, nodes []rbac.Node, want ...resource.Reference) {
	s.t.Helper()
	got, err := s.Resources.Referrers(s.t.Context(), nodes)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(got)+len(want) > 0 {
		equal(s.t, what, got, want)
	}
}

func resourceReferences(s *sample) {
	g, other := s.grove(), s.grove()
	n := g.barn.Num
	to := func(name string, to rbac.Node) resource.Reference {
		return resource.Reference{From: n, Name: name, To: to}
	}
	// It may say who refers, and the same twice.
	s.refers(n, to("b", g.house.Num), to("a", g.shelf.Num), resource.Reference{From: 5, Name: "a", To: g.house.Num}, to("b", g.house.Num))
	s.referrers("put", []rbac.Node{g.house.Num},
		resource.Reference{From: n, Name: "a", To: g.house.Num}, to("a", g.shelf.Num), to("b", g.house.Num),
		resource.Reference{From: g.attic.Num, Name: "a.b", To: g.shelf.Num})
	s.refers(n, to("c", g.room.Num))
	s.referrers("put in place of others", []rbac.Node{g.house.Num}, to("c", g.room.Num),
		resource.Reference{From: g.attic.Num, Name: "a.b", To: g.shelf.Num})
	for _, target := range []rbac.Node{other.house.Num, g.in.Num, rbac.Root, 1 << 40} {
		s.refused(resource.ErrNotFound, func(ctx context.Context) error {
			return s.Resources.SetReferences(ctx, n, []resource.Reference{to("d", target)})
		})
	}
	s.refers(n)
	s.refers(g.attic.Num)
	s.referrers("none", []rbac.Node{g.house.Num})
}

// resourceLinks are those references that decide.
func resourceLinks(s *sample) {
	g := s.grove()
	links := func(want map[string]rbac.Node) {
		s.t.Helper()
		equal(s.t, "links", s.placed(g.attic.Num).Links, want)
	}
	links(map[string]rbac.Node{"a.b": g.shelf.Num})
	before := s.revision(g.in.Num)
	s.refers(g.attic.Num, resource.Reference{Name: "a.b", To: g.shelf.Num, Decides: true}, resource.Reference{Name: "c.d", To: g.room.Num})
	equal(s.t, "the revision", s.revision(g.in.Num), before)
	links(map[string]rbac.Node{"a.b": g.shelf.Num})
	s.raises(func(ctx context.Context) error {
		return s.Resources.SetReferences(ctx, g.attic.Num, []resource.Reference{
			{Name: "a.b", To: g.room.Num, Decides: true}, {Name: "c.d", To: g.room.Num, Decides: true},
		})
	}, g.in.Num)
	links(map[string]rbac.Node{"a.b": g.room.Num, "c.d": g.room.Num})
	s.raises(func(ctx context.Context) error { return s.Resources.SetReferences(ctx, g.attic.Num, nil) }, g.in.Num)
	links(nil)
}

func (s *sample) below(n rbac.Node) []resource.Resource {
	s.t.Helper()
	var list []resource.Resource
	err := s.Resources.Below(s.t.Context(), n, func(some []resource.Resource) error {
		if len(some) == 0 {
			s.t.Error("an empty chunk")
		}
		list = append(list, some...)
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func resourceBelow(s *sample) {
	g := s.grove()
	s.grove()
	full := s.planted(resource.Resource{
		Parent: g.shelf.Num, Class: "leaf", Keyname: "key", Owner: g.in.Audience, Description: "words", Meta: deepValues(),
		Settings: resource.Settings{"a": {"b": "c"}},
	})
	want := []resource.Resource{g.house, g.room, g.shelf, full}
	want[3].Description, want[3].Meta, want[3].Settings = "", nil, nil
	equal(s.t, "below", s.below(g.house.Num), want)
	equal(s.t, "at the end", s.below(full.Num), want[3:])
	equal(s.t, "in the workspace", len(s.below(g.in.Num)), 6)
	equal(s.t, "everywhere", len(s.below(rbac.Root)), 11)
	equal(s.t, "nowhere", len(s.below(1<<40)), 0)
	// It ends with the first error.
	calls := 0
	err := s.Resources.Below(s.t.Context(), g.in.Num, func([]resource.Resource) error { calls++; return errOwn })
	wants(s.t, "an error inside", err, errOwn)
	equal(s.t, "calls", calls, 1)
	// What is many comes in chunks, in order.
	s.must(func(ctx context.Context) error {
		for i := range 1500 {
			_, err := s.Resources.Add(ctx, resource.Resource{
				ID: resource.ID(uid.New()), Parent: g.barn.Num, Class: "leaf", DisplayName: strconv.Itoa(i), Created: at(1), Updated: at(1),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	list := s.below(g.barn.Num)
	if len(list) != 1502 || !slices.IsSortedFunc(list, func(a, b resource.Resource) int { return int(a.Num - b.Num) }) {
		s.t.Errorf("%d below, or in no order", len(list))
	}
}

func resourceReferrers(s *sample) {
	g := s.grove()
	in := s.resource(g.house.Num, "leaf")
	s.refers(in.Num, resource.Reference{Name: "x", To: g.shelf.Num})
	outer := resource.Reference{From: g.attic.Num, Name: "a.b", To: g.shelf.Num}
	inner := resource.Reference{From: in.Num, Name: "x", To: g.shelf.Num}
	s.referrers("of one", []rbac.Node{g.shelf.Num}, outer, inner)
	s.referrers("of what both lie in", []rbac.Node{g.house.Num}, outer)
	s.referrers("of several, one in another", []rbac.Node{g.shelf.Num, g.house.Num}, outer)
	s.referrers("of both ends", []rbac.Node{g.house.Num, g.barn.Num})
	s.referrers("of none", []rbac.Node{g.barn.Num, 1 << 40})
	s.referrers("of nothing", nil)
}

func resourceDelete(s *sample) {
	g, other := s.grove(), s.grove()
	u := s.user(fmt.Sprintf("user%d", s.number()))
	has := s.planted(resource.Resource{Parent: g.shelf.Num, Class: "leaf", Meta: deepValues(), Owner: u.Num})
	for _, n := range []rbac.Node{g.shelf.Num, g.barn.Num} {
		s.give(s.rule(n, u.Num, "x", "manual"))
	}
	s.raises(func(ctx context.Context) error {
		n, err := s.Resources.Delete(ctx, g.house.Num)
		equal(s.t, "how many", n, 4)
		return err
	}, g.in.Num)
	for _, n := range []rbac.Node{g.house.Num, g.room.Num, g.shelf.Num, has.Num} {
		_, err := s.Rules.Facts(s.t.Context(), rbac.Guest, n)
		wants(s.t, "a node of it", err, rbac.ErrNoNode)
		equal(s.t, "rules on it", len(s.rulesOn(n)), 0)
	}
	s.list("what is left", resource.Filter{Workspaces: []rbac.Node{g.in.Num}}, g.barn.DisplayName, g.attic.DisplayName)
	s.noMeta(g.in, "text")
	equal(s.t, "links that led there", len(s.placed(g.attic.Num).Links), 0)
	s.referrers("references that led there", []rbac.Node{g.shelf.Num})
	equal(s.t, "rules elsewhere", len(s.rulesOn(g.barn.Num)), 1)
	equal(s.t, "another workspace", len(s.below(other.in.Num)), 5)
	o := s.offering(g.in.ID)
	for _, n := range []rbac.Node{g.in.Num, rbac.Root, o.Num} {
		s.refused(workspace.ErrInUse, func(ctx context.Context) error { _, err := s.Resources.Delete(ctx, n); return err })
	}
	s.refused(resource.ErrNotFound, func(ctx context.Context) error { _, err := s.Resources.Delete(ctx, g.house.Num); return err })
}

func resourceOwner(s *sample) {
	g := s.grove()
	u := s.user("u")
	s.raises(func(ctx context.Context) error {
		return s.Resources.SetOwner(ctx, []rbac.Node{g.house.Num, g.shelf.Num}, u.Num, at(50))
	}, g.in.Num)
	for _, r := range []resource.Resource{g.house, g.shelf} {
		r = s.readResource(r.Num)
		equal(s.t, "owner", r.Owner, u.Num)
		equal(s.t, "owner of the node", s.placed(r.Num).Owner, u.Num)
		equal(s.t, "updated", r.Updated, at(50))
	}
	equal(s.t, "between", s.readResource(g.room.Num).Owner, rbac.Principal(0))
	before := s.Fingerprint(s.t)
	s.must(func(ctx context.Context) error { return s.Resources.SetOwner(ctx, nil, u.Num, at(60)) })
	equal(s.t, "of none", s.Fingerprint(s.t), before)
}

func resourceKnown(s *sample) {
	w, other, u := s.place(), s.place(), s.user("u")
	ours, theirs, all := s.group("ours", w.ID), s.group("theirs", other.ID), s.group("all", "")
	key, theirKey := s.accessKey(w.ID, ""), s.accessKey(other.ID, "")
	mine := s.accessKey("", u.ID)
	s.put(workspace.Member{Workspace: w.ID, Principal: u.Num})
	asked := []rbac.Principal{
		u.Num, ours.Num, theirs.Num, all.Num, key.Num, theirKey.Num, mine.Num, w.Audience, other.Audience, rbac.Administrators, rbac.Guest, 0, 1 << 40,
	}
	known, err := s.Resources.Known(s.t.Context(), w.ID, asked)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "known", known, map[rbac.Principal]rbac.Kind{
		u.Num: rbac.User, ours.Num: rbac.Group, all.Num: rbac.Group, key.Num: rbac.Key, w.Audience: rbac.Group, rbac.Administrators: rbac.Group,
	})
	known, err = s.Resources.Known(s.t.Context(), w.ID, nil)
	if err != nil || len(known) > 0 {
		s.t.Errorf("of none: %v, %v", known, err)
	}
	for p, want := range map[rbac.Principal]bool{
		u.Num: true, ours.Num: true, key.Num: true, theirs.Num: false, theirKey.Num: false, all.Num: false, 1 << 40: false,
	} {
		got, err := s.Resources.Belongs(s.t.Context(), w.ID, p)
		if err != nil || got != want {
			s.t.Errorf("%d belongs: %t, %v; want %t", p, got, err, want)
		}
	}
}

func resourceAdministrators(s *sample) {
	administrator := func(name string, disabled bool) rbac.Principal {
		u := s.user(name)
		u.Administrator, u.Disabled = true, disabled
		s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, u) })
		return u.Num
	}
	s.user("somebody")
	a, b := administrator("a", false), administrator("b", false)
	administrator("c", true)
	s.join(s.group("all", "").Num, a)
	got, err := s.Resources.Administrators(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "administrators", got, []rbac.Principal{a, b})
}

func resourceNoUnit(s *sample) {
	g := s.grove()
	ctx := s.t.Context()
	for what, try := range map[string]func() error{
		"Lock":          func() error { _, err := s.Resources.Lock(ctx, g.in.Num); return err },
		"Add":           func() error { _, err := s.Resources.Add(ctx, resource.Resource{ID: "x", Parent: g.in.Num}); return err },
		"Save":          func() error { return s.Resources.Save(ctx, g.room) },
		"SetReferences": func() error { return s.Resources.SetReferences(ctx, g.room.Num, nil) },
		"Delete":        func() error { _, err := s.Resources.Delete(ctx, g.room.Num); return err },
		"SetOwner":      func() error { return s.Resources.SetOwner(ctx, []rbac.Node{g.room.Num}, g.in.Audience, at(9)) },
	} {
		wants(s.t, what+" outside a unit", try(), s.NoUnit)
	}
}

func resourceSweep(s *sample) {
	g := s.grove()
	r := resource.Resource{
		ID: resource.ID(uid.New()), Parent: g.in.Num, Class: "leaf", DisplayName: "n", Keyname: "k", Owner: g.in.Audience, Meta: deepValues(),
		Created: at(1), Updated: at(2),
	}
	s.sweep(func(ctx context.Context) error { _, err := s.Resources.Add(ctx, r); return err })
	moved := g.room
	moved.Parent, moved.Owner, moved.Meta, moved.Keyname = g.barn.Num, g.in.Audience, deepValues(), "other"
	s.sweep(func(ctx context.Context) error { return s.Resources.Save(ctx, moved) })
	s.sweep(func(ctx context.Context) error {
		return s.Resources.SetReferences(ctx, g.attic.Num, []resource.Reference{{Name: "x", To: g.house.Num, Decides: true}, {Name: "y", To: g.shelf.Num}})
	})
	s.sweep(func(ctx context.Context) error {
		return s.Resources.SetOwner(ctx, []rbac.Node{g.house.Num, g.shelf.Num}, g.in.Audience, at(9))
	})
	s.sweep(func(ctx context.Context) error { _, err := s.Resources.Delete(ctx, g.house.Num); return err })
}

// aResource returns some resource.
func (w *walk) aResource(ctx context.Context) (resource.Resource, error) {
	list, err := w.Resources.Resources(ctx, resource.Filter{})
	return pick(w, list, err)
}

// resourceSteps are what a walk does with resources.
func (w *walk) resourceSteps() map[string]func(ctx context.Context) error {
	add := func(ctx context.Context) error {
		in, err := w.aWorkspace(ctx)
		u, none := w.aUser(ctx)
		if err := errors.Join(err, none); err != nil {
			return err
		}
		r := resource.Resource{ID: resource.ID(uid.New()), Parent: in.Num, Class: "leaf", DisplayName: uid.New(), Owner: u.Num}
		if other, none := w.aResource(ctx); none == nil && w.chance() {
			r.Parent = other.Num
		}
		_, err = w.Resources.Add(ctx, r)
		return err
	}
	return map[string]func(ctx context.Context) error{
		"Resources.Add": add,
		"Resources.Save": func(ctx context.Context) error {
			r, err := w.aResource(ctx)
			u, none := w.aUser(ctx)
			if err := errors.Join(err, none); err != nil {
				return err
			}
			if r.Owner = 0; w.chance() {
				r.Owner = u.Num
			}
			r.Parent = r.Top
			if list, _ := w.Resources.Resources(ctx, resource.Filter{Workspaces: []rbac.Node{r.Top}}); w.chance() && len(list) > 0 {
				r.Parent = list[w.rand.IntN(len(list))].Num
			}
			return w.Resources.Save(ctx, r)
		},
		"Resources.SetReferences": func(ctx context.Context) error {
			r, err := w.aResource(ctx)
			if err != nil {
				return err
			}
			list, err := w.Resources.Resources(ctx, resource.Filter{Workspaces: []rbac.Node{r.Top}})
			to, none := pick(w, list, err)
			if none != nil {
				return none
			}
			return w.Resources.SetReferences(ctx, r.Num, []resource.Reference{{Name: "a.b", To: to.Num, Decides: w.chance()}})
		},
		"Resources.SetOwner": func(ctx context.Context) error {
			r, err := w.aResource(ctx)
			u, none := w.aUser(ctx)
			if err := errors.Join(err, none); err != nil {
				return err
			}
			return w.Resources.SetOwner(ctx, []rbac.Node{r.Num}, u.Num, at(9))
		},
		"Resources.Delete": func(ctx context.Context) error {
			r, err := w.aResource(ctx)
			if err != nil {
				return err
			}
			_, err = w.Resources.Delete(ctx, r.Num)
			return err
		},
	}
}
