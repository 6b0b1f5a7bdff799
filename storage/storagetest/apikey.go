package storagetest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// Keys tests [apikey.Store].
func Keys(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"adding, saving and deleting": keyLife,
		"filters choose":              keyFilters,
		"three things are unique":     keyTaken,
		"what is not there":           keyMissing,
		"accesses are listed":         accessList,
		"accesses stand":              accessStanding,
		"accesses are had once":       accessTaken,
		"accesses need others":        accessMissing,
		"accesses take rules along":   accessRules,
		"nothing outside a unit":      keyNoUnit,
		"nothing is kept of a half":   keySweep,
	})
}

// freshKey returns a key that is not stored, and its secrets.
func (s *sample) freshKey(u workspace.UserID, t apikey.Type) (apikey.Key, apikey.Secrets) {
	n := s.number()
	k := apikey.Key{
		ID: apikey.ID(uid.New()), User: u, Name: fmt.Sprintf("Clé %d", n), Type: t,
		Whitelist: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, UserAgent: ".*QGIS.*", Referer: "^É",
		Created: at(1), Updated: at(2),
	}
	if t == apikey.OAuth2 {
		return k, apikey.Secrets{}
	}
	return k, apikey.Secrets{Lookup: uid.New(), Verifier: "verifier", Sealed: "sealed"}
}

func (s *sample) key(u workspace.UserID, t apikey.Type) apikey.Key {
	s.t.Helper()
	k, secrets := s.freshKey(u, t)
	s.must(func(ctx context.Context) (err error) {
		k, err = s.Keys.AddKey(ctx, k, secrets)
		return err
	})
	return k
}

func (s *sample) readKey(id apikey.ID) (apikey.Key, apikey.Secrets) {
	s.t.Helper()
	list, secrets, err := s.Keys.Keys(s.t.Context(), apikey.Filter{IDs: []apikey.ID{id}})
	if err != nil || len(list) != 1 || len(secrets) != 1 {
		s.t.Fatalf("key %s: %v, %v", id, list, err)
	}
	return list[0], secrets[0]
}

// access returns an access with its rule.
func (s *sample) access(k apikey.Key, p *offering.Permission, o offering.Offering) apikey.Access {
	s.t.Helper()
	a := apikey.Access{ID: apikey.AccessID(uid.New()), Key: k.ID, Permission: p, Offering: o, Created: at(3)}
	s.must(func(ctx context.Context) error {
		if err := s.Keys.AddAccess(ctx, a); err != nil {
			return err
		}
		r := s.rule(o.Num, k.Num, "", "access/"+string(a.ID))
		if p != nil {
			r.Expires = p.End
		}
		_, err := s.Rules.AddRule(ctx, r)
		return err
	})
	return a
}

func (s *sample) accesses(k apikey.ID) []apikey.Access {
	s.t.Helper()
	list, err := s.Keys.Accesses(s.t.Context(), k, 0, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	n, err := s.Keys.CountAccesses(s.t.Context(), k)
	if err != nil || n != len(list) {
		s.t.Errorf("count %d, %v; want %d", n, err, len(list))
	}
	return list
}

// equalKeys is like equal for keys: two networks that look alike are.
func equalKeys(t *testing.T, what string, got, want any) {
	t.Helper()
	alike := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	if diff := cmp.Diff(want, got, alike); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

// fresh returns a user of its own for a test.
func (s *sample) fresh() workspace.User {
	s.t.Helper()
	return s.user(fmt.Sprintf("user%d", s.number()))
}

func keyLife(s *sample) {
	u := s.fresh()
	k, secrets := s.freshKey(u.ID, apikey.Basic)
	k.Login = "cestmoi"
	want := k
	s.raises(func(ctx context.Context) (err error) {
		k, err = s.Keys.AddKey(ctx, k, secrets)
		return err
	}, rbac.Root)
	if k.Num == 0 {
		s.t.Error("it has no number")
	}
	want.Num = k.Num
	equalKeys(s.t, "added", k, want)
	got, kept := s.readKey(k.ID)
	equalKeys(s.t, "read", got, want)
	equal(s.t, "its secrets", kept, secrets)
	got.Whitelist[0] = netip.Prefix{} // by the caller
	got, kept, err := s.Keys.KeyByLookup(s.t.Context(), secrets.Lookup)
	if err != nil {
		s.t.Fatal(err)
	}
	equalKeys(s.t, "found", got, want)
	equal(s.t, "its secrets", kept, secrets)
	f, err := s.Rules.Facts(s.t.Context(), k.Num, rbac.Root)
	if err != nil || f.Subject.Kind != rbac.Key || f.Subject.Behalf == nil || f.Subject.Behalf.Principal != u.Num {
		s.t.Errorf("as a principal it is %+v, %v; want a key that acts for user %d", f.Subject, err, u.Num)
	}

	want.Name, want.Whitelist, want.Blacklist, want.Updated = "Autre", nil, []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}, at(9)
	want.UserAgent, want.Referer = "", "x"
	saved := want
	saved.User, saved.Type, saved.Login, saved.Created = "x", apikey.Hash, "y", at(8) // which do not change
	s.must(func(ctx context.Context) error { return s.Keys.SaveKey(ctx, saved) })
	got, kept = s.readKey(k.ID)
	equalKeys(s.t, "saved", got, want)
	equal(s.t, "secrets of what was saved", kept, secrets)

	w := s.place()
	o := s.offering(w.ID)
	p := s.permission(u.ID, o)
	s.access(k, &p, o)
	s.raises(func(ctx context.Context) error { return s.Keys.DeleteKey(ctx, k.ID) }, rbac.Root, w.Num)
	if rules := s.rulesOn(o.Num); len(rules) != 0 {
		s.t.Errorf("rules are left: %+v", rules)
	}
	s.refused(rbac.ErrNoPrincipal, func(ctx context.Context) error {
		_, err := s.Rules.Facts(ctx, k.Num, rbac.Root)
		return err
	})
	if next := s.key(u.ID, apikey.Hash); next.Num <= k.Num {
		s.t.Errorf("number %d follows %d", next.Num, k.Num)
	}
}

func keyFilters(s *sample) {
	u := s.fresh()
	a, b, c := s.key(u.ID, apikey.Hash), s.key(u.ID, apikey.Header), s.key(s.fresh().ID, apikey.Hash)
	b.Name, b.UserAgent, b.Referer, b.Whitelist = "É_1", "Firefox", "", nil
	b.Blacklist = []netip.Prefix{netip.MustParsePrefix("198.51.100.7/32")}
	s.must(func(ctx context.Context) error { return s.Keys.SaveKey(ctx, b) })
	_, secrets := s.readKey(b.ID)
	check := func(what string, f apikey.Filter, want ...apikey.Key) {
		s.t.Helper()
		if f.IDs == nil {
			f.IDs = []apikey.ID{a.ID, b.ID, c.ID} // others' are elsewhere in the database
		}
		got, _, err := s.Keys.Keys(s.t.Context(), f)
		if err != nil {
			s.t.Fatal(what, err)
		}
		equalKeys(s.t, what, got, append([]apikey.Key{}, want...))
		if f.Offset+f.Limit > 0 {
			return
		}
		n, err := s.Keys.CountKeys(s.t.Context(), f)
		if err != nil || n != len(want) {
			s.t.Errorf("%s: count %d, %v; want %d", what, n, err, len(want))
		}
	}
	check("all", apikey.Filter{}, a, b, c)
	check("none", apikey.Filter{IDs: []apikey.ID{}})
	check("page", apikey.Filter{Offset: 1, Limit: 1}, b)
	check("user", apikey.Filter{User: u.ID}, a, b)
	check("type", apikey.Filter{Type: apikey.Hash}, a, c)
	check("lookups", apikey.Filter{Lookups: []string{"x", secrets.Lookup}}, b)
	check("name", apikey.Filter{Name: "é_1"}, b)
	check("no wildcard", apikey.Filter{Name: "CL_%"})
	check("names", apikey.Filter{Name: "CL%"}, a, c)
	check("user agent", apikey.Filter{UserAgent: "%qgis%"}, a, c)
	check("referer", apikey.Filter{Referer: "^é"}, a, c)
	check("whitelist", apikey.Filter{Whitelist: "192.0.2.0/24"}, a, c)
	check("blacklist", apikey.Filter{Blacklist: "198.51.100.7"}, b)
	check("both", apikey.Filter{User: u.ID, Whitelist: "192%"}, a)
	s.must(func(ctx context.Context) error {
		got, _, err := s.Keys.Keys(ctx, apikey.Filter{IDs: []apikey.ID{a.ID}, Lock: true})
		equalKeys(s.t, "locked", got, []apikey.Key{a})
		return err
	})
}

func keyTaken(s *sample) {
	u, other := s.fresh(), s.fresh()
	k, oauth := s.key(u.ID, apikey.Hash), s.key(u.ID, apikey.OAuth2)
	_, secrets := s.readKey(k.ID)
	try := func(field, value string, change func(k *apikey.Key, secrets *apikey.Secrets)) {
		s.t.Helper()
		fresh, kept := s.freshKey(u.ID, apikey.Hash)
		change(&fresh, &kept)
		s.taken(field, value, func(ctx context.Context) error {
			_, err := s.Keys.AddKey(ctx, fresh, kept)
			return err
		})
	}
	upper := "CL" + "É" + k.Name[len("Clé"):]
	try("name", upper, func(k *apikey.Key, _ *apikey.Secrets) { k.Name = upper })
	try("type", "OAUTH2", func(k *apikey.Key, secrets *apikey.Secrets) { k.Type, *secrets = apikey.OAuth2, apikey.Secrets{} })
	try("type_infos", "", func(k *apikey.Key, kept *apikey.Secrets) { k.User, kept.Lookup = other.ID, secrets.Lookup })
	oauth.Name = k.Name
	s.taken("name", k.Name, func(ctx context.Context) error { return s.Keys.SaveKey(ctx, oauth) })
	s.must(func(ctx context.Context) error { // another user's
		fresh, kept := s.freshKey(other.ID, apikey.OAuth2)
		fresh.Name = k.Name
		_, err := s.Keys.AddKey(ctx, fresh, kept)
		return err
	})
}

func keyMissing(s *sample) {
	k, secrets := s.freshKey("nobody", apikey.Hash)
	s.refused(apikey.ErrNotFound, func(ctx context.Context) error { _, err := s.Keys.AddKey(ctx, k, secrets); return err })
	s.refused(apikey.ErrNotFound, func(ctx context.Context) error { return s.Keys.SaveKey(ctx, k) })
	s.refused(apikey.ErrNotFound, func(ctx context.Context) error { return s.Keys.DeleteKey(ctx, k.ID) })
	s.refused(apikey.ErrNotFound, func(ctx context.Context) error {
		_, _, err := s.Keys.KeyByLookup(ctx, secrets.Lookup)
		return err
	})
	s.refused(apikey.ErrNotFound, func(ctx context.Context) error { // OAUTH2 keys have none
		_, _, err := s.Keys.KeyByLookup(ctx, "")
		return err
	})
}

func accessList(s *sample) {
	u := s.fresh()
	o := s.offering(s.place().ID)
	second := s.sibling(o)
	p := s.given(offering.Permission{User: u.ID, End: at(100)}, o, second)
	k := s.key(u.ID, apikey.Hash)
	bare := p
	bare.Offerings = nil
	want := []apikey.Access{s.access(k, &bare, second), s.access(k, nil, o), s.access(k, &bare, o)}
	s.access(s.key(u.ID, apikey.Hash), &bare, o)
	got := s.accesses(k.ID)
	for i := range got {
		if got[i].Num == 0 {
			s.t.Error("an access has no number")
		}
		want[min(i, 2)].Num = got[i].Num
	}
	equal(s.t, "all", got, want)
	got, err := s.Keys.Accesses(s.t.Context(), k.ID, 1, 1)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "the second", got, want[1:2])
	offerings, err := s.Keys.Offerings(s.t.Context(), offering.Filter{IDs: []offering.ID{o.ID}})
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "offerings", offerings, []offering.Offering{o})
	permissions, err := s.Keys.Permissions(s.t.Context(), offering.PermissionFilter{IDs: []offering.PermissionID{p.ID}})
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "permissions", permissions, []offering.Permission{p})
}

func accessStanding(s *sample) {
	u, community := s.fresh(), s.place()
	o := s.offering(s.place().ID)
	k := s.key(u.ID, apikey.Hash)
	ours, theirs := s.given(offering.Permission{Community: community.ID, End: at(-100)}, o), s.permission(s.fresh().ID, o)
	mine := s.permission(u.ID, o, s.sibling(o))
	s.access(k, &theirs, o)
	a, b, c := s.access(k, nil, o), s.access(k, &ours, o), s.access(k, &mine, o)
	s.access(k, &mine, mine.Offerings[1])
	check := func(what string, want ...apikey.Access) {
		s.t.Helper()
		got, err := s.Keys.Standing(s.t.Context(), k.ID, o.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		ids := []apikey.AccessID{}
		for _, a := range got {
			ids = append(ids, a.ID)
		}
		wanted := []apikey.AccessID{}
		for _, a := range want {
			wanted = append(wanted, a.ID)
		}
		equal(s.t, what, ids, wanted)
	}
	check("before he is a member", a, c)
	s.put(workspace.Member{Workspace: community.ID, Principal: u.Num, Created: at(1), Updated: at(1)})
	check("as a member", a, b, c)
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, community.ID, u.Num) })
	check("after he was a member", a, c)
	g := s.group(fmt.Sprintf("group%d", s.number()), "")
	s.put(workspace.Member{Workspace: community.ID, Principal: g.Num, Created: at(1), Updated: at(1)})
	s.must(func(ctx context.Context) error { _, err := s.Workspaces.Join(ctx, g.Num, u.Num); return err })
	check("as a member through a group", a, b, c)
}

func accessTaken(s *sample) {
	u := s.fresh()
	o := s.offering(s.place().ID)
	p := s.permission(u.ID, o)
	k := s.key(u.ID, apikey.Hash)
	for _, through := range []*offering.Permission{&p, nil} {
		a := s.access(k, through, o)
		a.ID = apikey.AccessID(uid.New())
		s.taken("offerings", string(o.ID), func(ctx context.Context) error { return s.Keys.AddAccess(ctx, a) })
	}
}

func accessMissing(s *sample) {
	u := s.fresh()
	o := s.offering(s.place().ID)
	other := s.sibling(o)
	p := s.permission(u.ID, o)
	k := s.key(u.ID, apikey.Hash)
	try := func(change func(a *apikey.Access)) {
		s.t.Helper()
		a := apikey.Access{ID: apikey.AccessID(uid.New()), Key: k.ID, Permission: &p, Offering: o, Created: at(3)}
		change(&a)
		s.refused(apikey.ErrNotFound, func(ctx context.Context) error { return s.Keys.AddAccess(ctx, a) })
	}
	try(func(a *apikey.Access) { a.Key = "nothing" })
	try(func(a *apikey.Access) { a.Permission, a.Offering = nil, offering.Offering{ID: "nothing"} })
	try(func(a *apikey.Access) { a.Permission = &offering.Permission{ID: "nothing"} })
	try(func(a *apikey.Access) { a.Offering = other })
	a, second := s.access(k, &p, o), s.key(u.ID, apikey.Hash)
	s.refused(apikey.ErrNotFound, func(ctx context.Context) error { return s.Keys.DeleteAccess(ctx, k.ID, "nothing") })
	s.refused(apikey.ErrNotFound, func(ctx context.Context) error { return s.Keys.DeleteAccess(ctx, second.ID, a.ID) })
}

func accessRules(s *sample) {
	u, w := s.fresh(), s.place()
	o := s.offering(w.ID)
	p := s.permission(u.ID, o)
	k := s.key(u.ID, apikey.Hash)
	a := s.access(k, &p, o)
	b := s.access(k, nil, o)
	s.raises(func(ctx context.Context) error { return s.Keys.DeleteAccess(ctx, k.ID, a.ID) }, w.Num)
	if rules := s.rulesOn(o.Num); len(rules) != 1 || rules[0].Origin != "access/"+string(b.ID) {
		s.t.Errorf("rules %+v, want the one of the other access", rules)
	}
	if got := s.accesses(k.ID); len(got) != 1 || got[0].ID != b.ID {
		s.t.Errorf("accesses %+v, want the other one", got)
	}
}

func keyNoUnit(s *sample) {
	u := s.fresh()
	o := s.offering(s.place().ID)
	k := s.key(u.ID, apikey.Hash)
	a := s.access(k, nil, o)
	fresh, secrets := s.freshKey(u.ID, apikey.Hash)
	ctx := s.t.Context()
	for what, err := range map[string]error{
		"AddKey":       second(s.Keys.AddKey(ctx, fresh, secrets)),
		"SaveKey":      s.Keys.SaveKey(ctx, k),
		"DeleteKey":    s.Keys.DeleteKey(ctx, k.ID),
		"AddAccess":    s.Keys.AddAccess(ctx, apikey.Access{ID: "x", Key: k.ID, Offering: o}),
		"DeleteAccess": s.Keys.DeleteAccess(ctx, k.ID, a.ID),
	} {
		wants(s.t, what+" outside a unit", err, s.NoUnit)
	}
	if _, _, err := s.Keys.Keys(ctx, apikey.Filter{Lock: true}); !errors.Is(err, s.NoUnit) {
		s.t.Errorf("locking outside a unit: %v", err)
	}
}

// second returns the error that comes with a value.
func second[T any](_ T, err error) error { return err }

func keySweep(s *sample) {
	u := s.fresh()
	o := s.offering(s.place().ID)
	p := s.permission(u.ID, o)
	k, secrets := s.freshKey(u.ID, apikey.Hash)
	s.sweep(func(ctx context.Context) error {
		added, err := s.Keys.AddKey(ctx, k, secrets)
		k.Num = added.Num
		return err
	})
	k.Name = "renamed"
	s.sweep(func(ctx context.Context) error { return s.Keys.SaveKey(ctx, k) })
	a := apikey.Access{ID: apikey.AccessID(uid.New()), Key: k.ID, Permission: &p, Offering: o, Created: at(3)}
	s.sweep(func(ctx context.Context) error { return s.Keys.AddAccess(ctx, a) })
	s.sweep(func(ctx context.Context) error { return s.Keys.DeleteAccess(ctx, k.ID, a.ID) })
	s.access(k, &p, o)
	s.sweep(func(ctx context.Context) error { return s.Keys.DeleteKey(ctx, k.ID) })
}
