package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// Offerings tests [offering.Store].
func Offerings(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":             offeringFilters,
		"adding gives a node":        offeringAdd,
		"saving changes some fields": offeringSave,
		"deleting takes all along":   offeringDelete,
		"layer names are unique":     offeringTaken,
		"what is not there":          offeringMissing,
		"who and where":              offeringDirectory,
		"permissions are kept":       permissionLife,
		"permissions are chosen":     permissionFilters,
		"accesses follow permission": permissionAccesses,
		"permissions need others":    permissionMissing,
		"traffic adds up":            traffic,
		"nothing outside a unit":     offeringNoUnit,
		"nothing is kept of a half":  offeringSweep,
	})
}

// readOffering returns an offering.
func (s *sample) readOffering(id offering.ID) offering.Offering {
	s.t.Helper()
	list, err := s.Offerings.Offerings(s.t.Context(), offering.Filter{IDs: []offering.ID{id}})
	if err != nil || len(list) != 1 {
		s.t.Fatalf("offering %s: %v, %v", id, list, err)
	}
	return list[0]
}

// sibling returns another offering on the endpoint of one.
func (s *sample) sibling(o offering.Offering) offering.Offering {
	s.t.Helper()
	o.ID, o.LayerName = offering.ID(uid.New()), fmt.Sprintf("layer%d", s.number())
	s.must(func(ctx context.Context) (err error) {
		o, err = s.Offerings.AddOffering(ctx, o)
		return err
	})
	return o
}

// permission returns a permission for a user.
func (s *sample) permission(u workspace.UserID, offerings ...offering.Offering) offering.Permission {
	s.t.Helper()
	return s.given(offering.Permission{User: u}, offerings...)
}

func (s *sample) given(p offering.Permission, offerings ...offering.Offering) offering.Permission {
	s.t.Helper()
	p.ID, p.Workspace, p.Offerings = offering.PermissionID(uid.New()), offerings[0].Workspace, offerings
	if p.Licence == "" {
		p.Licence = "Accès restreint"
	}
	p.Created, p.Updated = at(1), at(2)
	s.must(func(ctx context.Context) error { return s.Offerings.AddPermission(ctx, p) })
	return s.readPermission(p.ID)
}

func (s *sample) readPermission(id offering.PermissionID) offering.Permission {
	s.t.Helper()
	list, err := s.Offerings.Permissions(s.t.Context(), offering.PermissionFilter{IDs: []offering.PermissionID{id}})
	if err != nil || len(list) != 1 {
		s.t.Fatalf("permission %s: %v, %v", id, list, err)
	}
	return list[0]
}

func offeringFilters(s *sample) {
	one, other := s.place(), s.place()
	a, b := s.offering(one.ID), s.offering(other.ID)
	c := a
	c.ID, c.LayerName, c.Open = offering.ID(uid.New()), "open", true
	s.must(func(ctx context.Context) (err error) {
		c, err = s.Offerings.AddOffering(ctx, c)
		return err
	})
	open, private := true, false
	check := func(what string, f offering.Filter, want ...offering.Offering) {
		s.t.Helper()
		got, err := s.Offerings.Offerings(s.t.Context(), f)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, what, got, append([]offering.Offering{}, want...))
		f.Offset, f.Limit = 1, 1 // counting does not mind
		n, err := s.Offerings.CountOfferings(s.t.Context(), f)
		if err != nil || n != len(want) {
			s.t.Errorf("%s: count %d, %v; want %d", what, n, err, len(want))
		}
	}
	check("by identifiers", offering.Filter{IDs: []offering.ID{c.ID, a.ID}}, a, c)
	check("by no identifiers", offering.Filter{IDs: []offering.ID{}})
	check("by workspace", offering.Filter{Workspace: one.ID}, a, c)
	check("by endpoint", offering.Filter{Endpoint: b.Endpoint}, b)
	check("open ones", offering.Filter{Workspace: one.ID, Open: &open}, c)
	check("others", offering.Filter{Workspace: one.ID, Open: &private}, a)
	for _, f := range []offering.Filter{{Workspace: one.ID, Offset: 1}, {Workspace: one.ID, Offset: 1, Limit: 1}} {
		got, err := s.Offerings.Offerings(s.t.Context(), f)
		if err != nil || len(got) != 1 || got[0].ID != c.ID {
			s.t.Errorf("page %+v: %v, %v", f, got, err)
		}
	}
	s.must(func(ctx context.Context) error {
		got, err := s.Offerings.Offerings(ctx, offering.Filter{IDs: []offering.ID{a.ID}, Lock: true})
		equal(s.t, "locked", got, []offering.Offering{a})
		return err
	})
}

func offeringAdd(s *sample) {
	w := s.place()
	o := s.offering(w.ID)
	o.URLs = []quota.URL{{Type: "WFS", URL: "https://example.org"}}
	o.ID, o.LayerName, o.Status, o.Open, o.Available = offering.ID(uid.New()), "second", offering.Unstable, true, false
	want := o
	s.raises(func(ctx context.Context) (err error) {
		o, err = s.Offerings.AddOffering(ctx, o)
		return err
	}, w.Num)
	if o.Num == want.Num || o.Num == w.Num {
		s.t.Errorf("node %d is another's", o.Num)
	}
	want.Num = o.Num
	equal(s.t, "added", o, want)
	equal(s.t, "read", s.readOffering(o.ID), want)
	o.URLs[0].URL = "changed by the caller"
	equal(s.t, "read again", s.readOffering(o.ID).URLs[0].URL, "https://example.org")
	f, err := s.Rules.Facts(s.t.Context(), rbac.Guest, o.Num)
	if err != nil {
		s.t.Fatal(err)
	}
	place := f.Places[o.Num]
	if place.Parent != w.Num || place.Workspace != w.Num || place.Class != workspace.ClassOffering || place.Owner != 0 {
		s.t.Errorf("its node is %+v", place)
	}
}

func offeringSave(s *sample) {
	o := s.offering(s.place().ID)
	want := o
	want.Status, want.Available, want.Updated = offering.Modifying, false, at(9)
	want.URLs = []quota.URL{{Type: "TMS", URL: "https://example.org/tms"}}
	saved := want
	saved.Open, saved.LayerName, saved.Type, saved.Created = true, "other", "TMS", at(8)
	s.must(func(ctx context.Context) error { return s.Offerings.SaveOffering(ctx, saved) })
	equal(s.t, "saved", s.readOffering(o.ID), want)
}

func offeringDelete(s *sample) {
	w := s.place()
	o, u := s.offering(w.ID), s.user(fmt.Sprintf("user%d", s.number()))
	kept := s.sibling(o)
	p := s.permission(u.ID, o, kept)
	k := s.key(u.ID, apikey.Hash)
	s.access(k, &p, o)
	s.access(k, &p, kept)
	s.must(func(ctx context.Context) error {
		_, err := s.Rules.AddRule(ctx, s.rule(o.Num, u.Num, workspace.RoleViewer, "x"))
		return err
	})
	s.raises(func(ctx context.Context) error { return s.Offerings.DeleteOffering(ctx, o.ID) }, w.Num)
	if got := s.readPermission(p.ID).Offerings; len(got) != 1 || got[0].ID != kept.ID {
		s.t.Errorf("the permission has %+v", got)
	}
	if got := s.accesses(k.ID); len(got) != 1 || got[0].Offering.ID != kept.ID {
		s.t.Errorf("the key has %+v", got)
	}
	if rules := s.rulesOn(o.Num); len(rules) != 0 {
		s.t.Errorf("rules are left: %+v", rules)
	}
	if rules := s.rulesOn(kept.Num); len(rules) != 1 {
		s.t.Errorf("rules on the other: %+v", rules)
	}
	s.refused(rbac.ErrNoNode, func(ctx context.Context) error {
		_, err := s.Rules.Facts(ctx, rbac.Guest, o.Num)
		return err
	})
	s.refused(offering.ErrNotFound, func(ctx context.Context) error { return s.Offerings.DeleteOffering(ctx, o.ID) })
}

func (s *sample) rulesOn(n rbac.Node) []rbac.Rule {
	s.t.Helper()
	list, err := s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Nodes: []rbac.Node{n}})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func offeringTaken(s *sample) {
	o := s.offering(s.place().ID)
	o.ID = offering.ID(uid.New())
	s.taken("layer_name", o.LayerName, func(ctx context.Context) error {
		_, err := s.Offerings.AddOffering(ctx, o)
		return err
	})
	s.offering(o.Workspace) // the same name on another endpoint
}

func offeringMissing(s *sample) {
	o := s.offering(s.place().ID)
	add := func(change func(o *offering.Offering)) {
		s.t.Helper()
		o := o
		o.ID, o.LayerName = offering.ID(uid.New()), "missing"
		change(&o)
		s.refused(offering.ErrNotFound, func(ctx context.Context) error {
			_, err := s.Offerings.AddOffering(ctx, o)
			return err
		})
	}
	add(func(o *offering.Offering) { o.Workspace = "nowhere" })
	add(func(o *offering.Offering) { o.Allocation = "nothing" })
	s.refused(offering.ErrNotFound, func(ctx context.Context) error {
		return s.Offerings.SaveOffering(ctx, offering.Offering{ID: "nothing"})
	})
	s.refused(offering.ErrNotFound, func(ctx context.Context) error { return s.Offerings.DeleteOffering(ctx, "nothing") })
}

func offeringDirectory(s *sample) {
	w := s.place()
	workspaces, err := s.Offerings.Workspaces(s.t.Context(), workspace.Filter{IDs: []workspace.ID{w.ID}})
	if err != nil || len(workspaces) != 1 {
		s.t.Fatal(workspaces, err)
	}
	equal(s.t, "workspace", workspaces[0], w)
	users, err := s.Offerings.Users(s.t.Context(), workspace.UserFilter{IDs: []workspace.UserID{w.Supervisor}})
	if err != nil || len(users) != 1 || users[0].ID != w.Supervisor {
		s.t.Fatal(users, err)
	}
}

func permissionLife(s *sample) {
	w := s.place()
	o, u := s.offering(w.ID), s.user(fmt.Sprintf("user%d", s.number()))
	second := s.sibling(o)
	p := s.given(offering.Permission{User: u.ID, End: at(100), OnlyOAuth: true}, second, o)
	want := offering.Permission{
		ID: p.ID, Num: p.Num, Workspace: w.ID, User: u.ID, Licence: "Accès restreint", End: at(100), OnlyOAuth: true,
		Offerings: []offering.Offering{second, o}, Created: at(1), Updated: at(2),
	}
	if p.Num == 0 {
		s.t.Error("it has no number")
	}
	equal(s.t, "added", p, want)
	want.Licence, want.End, want.Updated, want.Offerings = "autre", time.Time{}, at(9), []offering.Offering{o, second}
	saved := want
	saved.User, saved.Community, saved.OnlyOAuth, saved.Created = "x", "y", false, at(8) // which do not change
	s.must(func(ctx context.Context) error { return s.Offerings.SavePermission(ctx, saved) })
	equal(s.t, "saved", s.readPermission(p.ID), want)
	s.must(func(ctx context.Context) error { return s.Offerings.DeletePermission(ctx, p.ID) })
	s.refused(offering.ErrNotFound, func(ctx context.Context) error { return s.Offerings.DeletePermission(ctx, p.ID) })
}

func permissionFilters(s *sample) {
	w, community := s.place(), s.place()
	o, u := s.offering(w.ID), s.user(fmt.Sprintf("user%d", s.number()))
	second := s.sibling(o)
	a := s.given(offering.Permission{User: u.ID, Licence: "Étatique"}, o)
	b := s.given(offering.Permission{User: w.Supervisor, Licence: "été 100%_", OnlyOAuth: true}, o, second)
	c := s.given(offering.Permission{Community: community.ID, Licence: "x"}, second)
	yes, no := true, false
	check := func(what string, f offering.PermissionFilter, want ...offering.Permission) {
		s.t.Helper()
		if f.IDs == nil {
			f.IDs = []offering.PermissionID{a.ID, b.ID, c.ID} // others' are elsewhere in the database
		}
		got, err := s.Offerings.Permissions(s.t.Context(), f)
		if err != nil {
			s.t.Fatal(what, err)
		}
		equal(s.t, what, got, append([]offering.Permission{}, want...))
		if f.Offset+f.Limit > 0 {
			return
		}
		n, err := s.Offerings.CountPermissions(s.t.Context(), f)
		if err != nil || n != len(want) {
			s.t.Errorf("%s: count %d, %v; want %d", what, n, err, len(want))
		}
	}
	check("all", offering.PermissionFilter{}, a, b, c)
	check("newest", offering.PermissionFilter{Newest: true}, c, b, a)
	check("page", offering.PermissionFilter{Offset: 1, Limit: 1}, b)
	check("newest page", offering.PermissionFilter{Newest: true, Offset: 1}, b, a)
	check("none", offering.PermissionFilter{IDs: []offering.PermissionID{}})
	check("workspace", offering.PermissionFilter{Workspace: w.ID}, a, b, c)
	check("another workspace", offering.PermissionFilter{Workspace: community.ID})
	check("offering", offering.PermissionFilter{Offering: second.ID}, b, c)
	check("user", offering.PermissionFilter{User: u.ID}, a)
	check("community", offering.PermissionFilter{Communities: []workspace.ID{community.ID, w.ID}}, c)
	check("user or community", offering.PermissionFilter{User: u.ID, Communities: []workspace.ID{community.ID}}, a, c)
	check("for OAUTH2 alone", offering.PermissionFilter{OnlyOAuth: &yes}, b)
	check("for all keys", offering.PermissionFilter{OnlyOAuth: &no}, a, c)
	check("licence", offering.PermissionFilter{Licence: "étatique"}, a)
	check("beginning of licence", offering.PermissionFilter{Licence: "ÉT%"}, a, b)
	check("middle of licence", offering.PermissionFilter{Licence: "%T%É%"}, b)
	check("no underscore", offering.PermissionFilter{Licence: "_"})
	check("layer", offering.PermissionFilter{LayerName: "LAYER"}, a, b)
	check("layers", offering.PermissionFilter{LayerName: "%layer%"}, a, b, c)
	check("layer and licence", offering.PermissionFilter{LayerName: second.LayerName, Licence: "x", Limit: 1}, c)
	check("type", offering.PermissionFilter{Type: "WFS"}, a, b, c)
	check("another type", offering.PermissionFilter{Type: "TMS"})
	s.must(func(ctx context.Context) error {
		got, err := s.Offerings.Permissions(ctx, offering.PermissionFilter{IDs: []offering.PermissionID{a.ID}, Lock: true})
		equal(s.t, "locked", got, []offering.Permission{a})
		return err
	})
}

// Accesses go with what they were made through, and their rules with them.
func permissionAccesses(s *sample) {
	w := s.place()
	o, u := s.offering(w.ID), s.user(fmt.Sprintf("user%d", s.number()))
	second := s.sibling(o)
	p, other := s.permission(u.ID, o, second), s.permission(u.ID, o)
	k := s.key(u.ID, apikey.Hash)
	s.access(k, &p, o)
	s.access(k, &p, second)
	s.access(k, &other, o)
	changed := p
	changed.Offerings, changed.End = changed.Offerings[1:], at(50)
	s.raises(func(ctx context.Context) error { return s.Offerings.SavePermission(ctx, changed) }, w.Num)
	if got := s.accesses(k.ID); len(got) != 2 || got[0].Offering.ID != second.ID || got[1].Permission.ID != other.ID {
		s.t.Errorf("accesses %+v, want those that are still in a permission", got)
	}
	if rules := s.rulesOn(second.Num); len(rules) != 1 || !rules[0].Expires.Equal(at(50)) {
		s.t.Errorf("rules %+v, want one that ends with the permission", rules)
	}
	if rules := s.rulesOn(o.Num); len(rules) != 1 || !rules[0].Expires.IsZero() {
		s.t.Errorf("rules %+v, want the one of the other permission", rules)
	}
	s.raises(func(ctx context.Context) error { return s.Offerings.DeletePermission(ctx, p.ID) }, w.Num)
	if got := s.accesses(k.ID); len(got) != 1 || got[0].Permission.ID != other.ID {
		s.t.Errorf("accesses %+v, want the one of the other permission", got)
	}
	if rules := s.rulesOn(second.Num); len(rules) != 0 {
		s.t.Errorf("rules are left: %+v", rules)
	}
}

func permissionMissing(s *sample) {
	w := s.place()
	o := s.offering(w.ID)
	p := s.permission(w.Supervisor, o)
	add := func(change func(p *offering.Permission)) {
		s.t.Helper()
		p := p
		p.ID = offering.PermissionID(uid.New())
		change(&p)
		s.refused(offering.ErrNotFound, func(ctx context.Context) error { return s.Offerings.AddPermission(ctx, p) })
	}
	add(func(p *offering.Permission) { p.User = "nobody" })
	add(func(p *offering.Permission) { p.User, p.Community = "", "nowhere" })
	add(func(p *offering.Permission) { p.Offerings = []offering.Offering{{ID: "nothing"}} })
	s.refused(offering.ErrNotFound, func(ctx context.Context) error {
		p := p
		p.ID = "nothing"
		return s.Offerings.SavePermission(ctx, p)
	})
	s.refused(offering.ErrNotFound, func(ctx context.Context) error {
		p := p
		p.Offerings = []offering.Offering{{ID: "nothing"}}
		return s.Offerings.SavePermission(ctx, p)
	})
}

func traffic(s *sample) {
	w := s.place()
	day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	add := func(t offering.Traffic) {
		s.t.Helper()
		t.Workspace = w.ID
		s.must(func(ctx context.Context) error { return s.Offerings.AddTraffic(ctx, t) })
	}
	u := workspace.UserID(uid.New())
	add(offering.Traffic{At: day, Offering: "o", Key: "k", Permission: "p", User: u, Endpoint: "e", Hits: 1, Bytes: 1 << 50})
	add(offering.Traffic{At: day.Add(24*time.Hour - 1), Offering: "o", Key: "k", Permission: "p", User: u, Endpoint: "e", Hits: 2, Bytes: 3})
	add(offering.Traffic{At: day, Offering: "o", Endpoint: "f", Hits: 4})
	add(offering.Traffic{At: day.AddDate(0, 0, -1), Offering: "o", Endpoint: "e", Hits: 5})
	of := func(n int, hits, bytes int64) offering.Day {
		return offering.Day{Day: day.AddDate(0, 0, n), Hits: hits, Bytes: bytes}
	}
	check := func(what string, f offering.TrafficFilter, want ...offering.Day) {
		s.t.Helper()
		if f.User == "" {
			f.Workspace = w.ID // others' traffic is elsewhere in the database
		}
		got, err := s.Offerings.Days(s.t.Context(), f)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, what, got, append([]offering.Day{}, want...))
	}
	check("all", offering.TrafficFilter{}, of(-1, 5, 0), of(0, 7, 1<<50+3))
	check("user", offering.TrafficFilter{User: u}, of(0, 3, 1<<50+3))
	check("key", offering.TrafficFilter{Key: "k"}, of(0, 3, 1<<50+3))
	check("permission", offering.TrafficFilter{Permission: "p"}, of(0, 3, 1<<50+3))
	check("endpoint", offering.TrafficFilter{Endpoint: "e"}, of(-1, 5, 0), of(0, 3, 1<<50+3))
	check("since", offering.TrafficFilter{Since: day.Add(time.Hour)}, of(0, 7, 1<<50+3))
	check("until", offering.TrafficFilter{Until: day.Add(-time.Hour)}, of(-1, 5, 0))
	check("both included", offering.TrafficFilter{Since: day.AddDate(0, 0, -1), Until: day}, of(-1, 5, 0), of(0, 7, 1<<50+3))
	check("none", offering.TrafficFilter{Key: "x"})
}

func offeringNoUnit(s *sample) {
	o := s.offering(s.place().ID)
	p := s.permission(s.user(fmt.Sprintf("user%d", s.number())).ID, o)
	ctx := s.t.Context()
	for what, try := range map[string]func() error{
		"AddOffering":      func() error { _, err := s.Offerings.AddOffering(ctx, o); return err },
		"SaveOffering":     func() error { return s.Offerings.SaveOffering(ctx, o) },
		"DeleteOffering":   func() error { return s.Offerings.DeleteOffering(ctx, o.ID) },
		"AddPermission":    func() error { return s.Offerings.AddPermission(ctx, p) },
		"SavePermission":   func() error { return s.Offerings.SavePermission(ctx, p) },
		"DeletePermission": func() error { return s.Offerings.DeletePermission(ctx, p.ID) },
		"AddTraffic":       func() error { return s.Offerings.AddTraffic(ctx, offering.Traffic{At: at(1), Offering: o.ID}) },
		"locking an offering": func() error {
			_, err := s.Offerings.Offerings(ctx, offering.Filter{IDs: []offering.ID{o.ID}, Lock: true})
			return err
		},
		"locking a permission": func() error {
			_, err := s.Offerings.Permissions(ctx, offering.PermissionFilter{IDs: []offering.PermissionID{p.ID}, Lock: true})
			return err
		},
	} {
		wants(s.t, what+" outside a unit", try(), s.NoUnit)
	}
}

func offeringSweep(s *sample) {
	o := s.offering(s.place().ID)
	u := s.user(fmt.Sprintf("user%d", s.number()))
	second := o
	second.ID, second.LayerName = offering.ID(uid.New()), "swept"
	s.sweep(func(ctx context.Context) error { _, err := s.Offerings.AddOffering(ctx, second); return err })
	second.Status = offering.Unstable
	s.sweep(func(ctx context.Context) error { return s.Offerings.SaveOffering(ctx, second) })
	p := offering.Permission{
		ID: offering.PermissionID(uid.New()), Workspace: o.Workspace, User: u.ID, Licence: "x",
		Offerings: []offering.Offering{o, second}, Created: at(1), Updated: at(2),
	}
	s.sweep(func(ctx context.Context) error { return s.Offerings.AddPermission(ctx, p) })
	k := s.key(u.ID, apikey.Hash)
	s.access(k, &p, s.readOffering(second.ID))
	s.access(k, &p, o)
	p.Offerings = p.Offerings[1:]
	s.sweep(func(ctx context.Context) error { return s.Offerings.SavePermission(ctx, p) })
	s.sweep(func(ctx context.Context) error { return s.Offerings.DeleteOffering(ctx, second.ID) })
	s.sweep(func(ctx context.Context) error { return s.Offerings.DeletePermission(ctx, p.ID) })
	t := offering.Traffic{At: at(1), Offering: o.ID, Workspace: o.Workspace, Hits: 1}
	s.sweep(func(ctx context.Context) error { return s.Offerings.AddTraffic(ctx, t) })
}
