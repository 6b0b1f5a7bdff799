package storagetest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// AccessKeys tests [accesskey.Store].
func AccessKeys(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"adding gives a principal":     accessKeyAdd,
		"filters choose":               accessKeyFilters,
		"orders sort":                  accessKeyOrders,
		"states are chosen":            accessKeyStates,
		"a key is found by its prefix": accessKeyPresented,
		"secrets are saved":            accessKeySecrets,
		"uses are noted":               accessKeyTouch,
		"revoking is for good":         accessKeyRevoke,
		"deleting takes all along":     accessKeyDelete,
		"owners stay":                  accessKeyOwns,
		"who and where":                accessKeyDirectory,
		"what is not there":            accessKeyMissing,
		"nothing outside a unit":       accessKeyNoUnit,
		"nothing is kept of a half":    accessKeySweep,
	})
}

// freshAccessKey returns a key that is not stored, of a workspace or a user.
func (s *sample) freshAccessKey(in workspace.ID, u workspace.UserID) accesskey.Key {
	n := s.number()
	k := accesskey.Key{
		ID: accesskey.ID(uid.New()), Workspace: in, User: u, Title: fmt.Sprintf("Clé %d", n),
		Address: fmt.Sprintf("key-%d@keys.invalid", n), Prefix: fmt.Sprintf("bwk_%012d", n),
		Creator: accesskey.Creator{User: "u", Principal: 70, Name: "Zoë", Email: "zoe@example.org"},
		Scopes:  []string{"datastore", "workspace.read"}, Nodes: []rbac.Node{4, 5},
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Origins: []string{"https://example.org", "*.example.org"},
		Created: at(n), Expires: at(1000),
	}
	if in != "" {
		k.Role = workspace.RoleEditor
	}
	return k
}

func (s *sample) addAccessKey(k accesskey.Key) accesskey.Key {
	s.t.Helper()
	s.must(func(ctx context.Context) (err error) {
		k, err = s.AccessKeys.AddKey(ctx, k, accesskey.Secrets{Hash: "hash of " + k.Prefix})
		return err
	})
	return k
}

func (s *sample) accessKey(in workspace.ID, u workspace.UserID) accesskey.Key {
	s.t.Helper()
	return s.addAccessKey(s.freshAccessKey(in, u))
}

func (s *sample) readAccessKey(id accesskey.ID) accesskey.Key {
	s.t.Helper()
	list, err := s.AccessKeys.Keys(s.t.Context(), accesskey.Filter{IDs: []accesskey.ID{id}})
	return one(s.t, list, err)
}

func (s *sample) accessKeys(what string, f accesskey.Filter, want ...accesskey.ID) {
	s.t.Helper()
	chooses(s.t, what, func(k accesskey.Key) accesskey.ID { return k.ID }, want,
		func(offset, limit int) ([]accesskey.Key, error) {
			f.Offset, f.Limit = offset, limit
			return s.AccessKeys.Keys(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.AccessKeys.CountKeys(s.t.Context(), f)
		})
}

func accessKeyAdd(s *sample) {
	w, u := s.place(), s.fresh()
	for _, given := range []accesskey.Key{s.freshAccessKey(w.ID, ""), s.freshAccessKey("", u.ID)} {
		given.Num = 999
		var added accesskey.Key
		s.raises(func(ctx context.Context) (err error) {
			added, err = s.AccessKeys.AddKey(ctx, given, accesskey.Secrets{Hash: "h"})
			return err
		}, rbac.Root)
		if added.Num == 999 || added.Num <= rbac.Owner {
			s.t.Errorf("Num %d was not given by the store", added.Num)
		}
		given.Num = added.Num
		equalKeys(s.t, "what was added", added, given)
		got := s.readAccessKey(given.ID)
		equalKeys(s.t, "what is read", got, given)
		got.Scopes[0] = "changed by the caller"
		equalKeys(s.t, "what is read again", s.readAccessKey(given.ID), given)
		f, err := s.Rules.Facts(s.t.Context(), added.Num, rbac.Root)
		acts := f.Subject.Behalf != nil && f.Subject.Behalf.Principal == u.Num
		if err != nil || f.Subject.Kind != rbac.Key || acts != (given.User != "") || f.Subject.Disabled {
			s.t.Errorf("as a principal it is %+v, %v", f.Subject, err)
		}
	}
	bare := s.addAccessKey(accesskey.Key{ID: accesskey.ID(uid.New()), User: u.ID, Prefix: "bwk_bare", Address: "bare@keys.invalid", Created: at(1)})
	equalKeys(s.t, "a key without anything", s.readAccessKey(bare.ID), accesskey.Key{
		ID: bare.ID, Num: bare.Num, User: u.ID, Prefix: "bwk_bare", Address: "bare@keys.invalid", Created: at(1),
	})
}

func accessKeyFilters(s *sample) {
	s.accessKeys("none yet", accesskey.Filter{})
	w, u := s.place(), s.fresh()
	k := s.freshAccessKey(w.ID, "")
	k.Title, k.Creator = "Été 100%", accesskey.Creator{User: "other", Name: "Ann B", Email: "ann@example.com"}
	a, b, c := s.addAccessKey(k), s.accessKey("", u.ID), s.freshAccessKey(w.ID, "")
	c.Role = workspace.RoleViewer
	c = s.addAccessKey(c)
	s.accessKeys("all", accesskey.Filter{}, a.ID, b.ID, c.ID)
	s.accessKeys("by id", accesskey.Filter{IDs: []accesskey.ID{c.ID, a.ID}}, a.ID, c.ID)
	s.accessKeys("by no id", accesskey.Filter{IDs: []accesskey.ID{}})
	s.accessKeys("of a workspace", accesskey.Filter{Workspace: w.ID}, a.ID, c.ID)
	s.accessKeys("of a user", accesskey.Filter{User: u.ID}, b.ID)
	s.accessKeys("by role", accesskey.Filter{Roles: []rbac.RoleName{workspace.RoleViewer}}, c.ID)
	s.accessKeys("by no role", accesskey.Filter{Roles: []rbac.RoleName{}})
	s.accessKeys("by creator", accesskey.Filter{Creator: "other"}, a.ID)
	s.accessKeys("by title", accesskey.Filter{Search: "ÉTÉ"}, a.ID)
	s.accessKeys("by a sign that means something", accesskey.Filter{Search: "0%"}, a.ID)
	s.accessKeys("by address", accesskey.Filter{Search: strings.ToUpper(b.Address)}, b.ID)
	s.accessKeys("by the creator's name", accesskey.Filter{Search: "zoë"}, b.ID, c.ID)
	s.accessKeys("by the creator's e-mail", accesskey.Filter{Search: "@example.com"}, a.ID)
	s.accessKeys("by prefix, which is not looked at", accesskey.Filter{Search: a.Prefix})
	s.accessKeys("by the title alone", accesskey.Filter{TitleHas: "ÉTÉ"}, a.ID)
	s.accessKeys("by what is in no title", accesskey.Filter{TitleHas: "zoë"})
	s.accessKeys("by the creator's name alone", accesskey.Filter{CreatorNameHas: "ZOË"}, b.ID, c.ID)
	s.accessKeys("by what is in no creator's name", accesskey.Filter{CreatorNameHas: "example"})
	s.accessKeys("by creation", accesskey.Filter{Created: workspace.Period{From: b.Created, Before: c.Created}}, b.ID)
	never, soon := s.freshAccessKey("", u.ID), s.freshAccessKey("", u.ID)
	never.Expires, soon.Expires = time.Time{}, at(500)
	never, soon = s.addAccessKey(never), s.addAccessKey(soon)
	s.accessKeys("by an end that has come", accesskey.Filter{Expires: workspace.Period{Before: at(501)}}, soon.ID)
	s.accessKeys("by an end at that time", accesskey.Filter{Expires: workspace.Period{From: at(500), Before: at(1000)}}, soon.ID)
	s.accessKeys("by a later end, which never is not", accesskey.Filter{Expires: workspace.Period{From: at(501)}}, a.ID, b.ID, c.ID)
	s.accessKeys("by any end or none", accesskey.Filter{User: u.ID}, b.ID, never.ID, soon.ID)
	s.accessKeys("by all", accesskey.Filter{
		IDs: []accesskey.ID{a.ID}, Workspace: w.ID, Roles: []rbac.RoleName{workspace.RoleEditor}, Creator: "other", Search: "b",
		TitleHas: "100%", CreatorNameHas: "ann", Created: workspace.Period{From: a.Created}, Expires: workspace.Period{From: at(1000)},
		States: []accesskey.State{accesskey.Active}, At: at(9), Order: accesskey.Order{By: "title"},
	}, a.ID)
	s.must(func(ctx context.Context) error {
		list, err := s.AccessKeys.Keys(ctx, accesskey.Filter{IDs: []accesskey.ID{a.ID}, Lock: true})
		equalKeys(s.t, "locked", list, []accesskey.Key{a})
		return err
	})
}

func accessKeyOrders(s *sample) {
	u := s.fresh()
	add := func(title, creator string, created, expires, used int) accesskey.ID {
		k := s.freshAccessKey("", u.ID)
		k.Title, k.Creator.Name, k.Created = title, creator, at(created)
		if k.Expires = at(expires); expires == 0 {
			k.Expires = time.Time{}
		}
		k = s.addAccessKey(k)
		if used != 0 {
			s.must(func(ctx context.Context) error { return s.AccessKeys.TouchKey(ctx, k.ID, at(used)) })
		}
		return k.ID
	}
	a := add("b", "Mia", 3, 0, 0)
	b := add("A", "ZOE", 1, 20, 9)
	c := add("a", "ann", 2, 10, 8)
	for order, want := range map[string][]accesskey.ID{
		"": {a, b, c}, "created": {b, c, a}, "title": {b, c, a}, "expires": {c, b, a},
		"last_used": {a, c, b}, "creator": {c, a, b},
	} {
		s.accessKeys("by "+order, accesskey.Filter{Order: accesskey.Order{By: order}}, want...)
		back := []accesskey.ID{want[2], want[1], want[0]}
		s.accessKeys("by "+order+" and back", accesskey.Filter{Order: accesskey.Order{By: order, Descending: true}}, back...)
	}
}

func accessKeyStates(s *sample) {
	u := s.fresh()
	active, rotating, expired, revoked := s.accessKey("", u.ID), s.accessKey("", u.ID), s.freshAccessKey("", u.ID), s.freshAccessKey("", u.ID)
	expired.Expires, revoked.Expires = at(50), at(50)
	expired, revoked = s.addAccessKey(expired), s.addAccessKey(revoked)
	forever := s.freshAccessKey("", u.ID)
	forever.Expires = time.Time{}
	forever = s.addAccessKey(forever)
	s.must(func(ctx context.Context) error {
		for _, id := range []accesskey.ID{rotating.ID, expired.ID, revoked.ID} {
			if err := s.AccessKeys.SaveSecrets(ctx, id, accesskey.Secrets{Hash: "h", Former: "f", Overlap: at(60)}); err != nil {
				return err
			}
		}
		return s.AccessKeys.RevokeKey(ctx, revoked.ID, at(40), "somebody")
	})
	by := map[accesskey.State][]accesskey.ID{
		accesskey.Active: {active.ID, forever.ID}, accesskey.Rotating: {rotating.ID},
		accesskey.Expired: {expired.ID}, accesskey.Revoked: {revoked.ID},
	}
	for state, want := range by {
		s.accessKeys("which are "+string(state), accesskey.Filter{States: []accesskey.State{state}, At: at(50)}, want...)
		for _, id := range want {
			equal(s.t, "the state of one which is "+string(state), s.readAccessKey(id).State(at(50)), state)
		}
	}
	s.accessKeys("in no state", accesskey.Filter{States: []accesskey.State{}, At: at(50)})
	s.accessKeys("in two states", accesskey.Filter{States: []accesskey.State{accesskey.Expired, accesskey.Revoked}, At: at(50)}, expired.ID, revoked.ID)
	s.accessKeys("which rotate earlier", accesskey.Filter{States: []accesskey.State{accesskey.Rotating}, At: at(49)}, rotating.ID, expired.ID)
	s.accessKeys("which are active later", accesskey.Filter{States: []accesskey.State{accesskey.Active}, At: at(60)}, active.ID, rotating.ID, forever.ID)
}

func (s *sample) presented(prefix string) accesskey.Presented {
	s.t.Helper()
	p, err := s.AccessKeys.Presented(s.t.Context(), prefix)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func accessKeyPresented(s *sample) {
	w, u := s.place(), s.fresh()
	a, b := s.accessKey(w.ID, ""), s.accessKey("", u.ID)
	equalKeys(s.t, "a workspace's", s.presented(a.Prefix), accesskey.Presented{Key: a, Secrets: accesskey.Secrets{Hash: "hash of " + a.Prefix}})
	want := accesskey.Presented{Key: b, Secrets: accesskey.Secrets{Hash: "hash of " + b.Prefix}, UserName: u.Username, UserNum: u.Num}
	equalKeys(s.t, "a user's", s.presented(b.Prefix), want)
	u.Disabled = true
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveUser(ctx, u) })
	want.Disabled = true
	equalKeys(s.t, "that of a user who is disabled", s.presented(b.Prefix), want)
	s.must(func(ctx context.Context) error {
		if err := s.AccessKeys.RevokeKey(ctx, a.ID, at(7), "Zoë"); err != nil {
			return err
		}
		// What is not committed is seen inside.
		p, err := s.AccessKeys.Presented(ctx, a.Prefix)
		if !p.Disabled || p.Key.Revoked.IsZero() {
			s.t.Errorf("inside the unit it is %+v", p)
		}
		return err
	})
	if p := s.presented(a.Prefix); !p.Disabled || !p.Key.Revoked.Equal(at(7)) {
		s.t.Errorf("revoked, it is %+v", p)
	}
	for _, prefix := range []string{"", "bwk_nothing", strings.ToUpper(a.Prefix), a.Prefix + "0", a.Prefix[:8] + "%"} {
		p, err := s.AccessKeys.Presented(s.t.Context(), prefix)
		wants(s.t, "prefix "+prefix, err, workspace.ErrNotFound)
		equalKeys(s.t, "of nothing", p, accesskey.Presented{})
	}
}

func accessKeySecrets(s *sample) {
	u := s.fresh()
	k, other := s.accessKey("", u.ID), s.accessKey("", u.ID)
	saved := accesskey.Secrets{Hash: "h2", Former: "h1", Overlap: at(20), Retry: "r", RetryUntil: at(30), Sealed: "v1.x"}
	s.must(func(ctx context.Context) error { return s.AccessKeys.SaveSecrets(ctx, k.ID, saved) })
	k.Overlap = at(20)
	equalKeys(s.t, "the key", s.readAccessKey(k.ID), k)
	equalKeys(s.t, "the other", s.readAccessKey(other.ID), other)
	s.must(func(ctx context.Context) error {
		got, err := s.AccessKeys.Secrets(ctx, k.ID)
		equal(s.t, "the secrets", got, saved)
		return err
	})
	equal(s.t, "the secrets presented", s.presented(k.Prefix).Secrets, saved)
	s.must(func(ctx context.Context) error {
		return s.AccessKeys.SaveSecrets(ctx, k.ID, accesskey.Secrets{Hash: "h3"})
	})
	equal(s.t, "fewer secrets", s.presented(k.Prefix).Secrets, accesskey.Secrets{Hash: "h3"})
}

func accessKeyTouch(s *sample) {
	u := s.fresh()
	k := s.accessKey("", u.ID)
	sealed := accesskey.Secrets{Hash: "h", Retry: "r", RetryUntil: at(6), Sealed: "v1.x"}
	s.must(func(ctx context.Context) error { return s.AccessKeys.SaveSecrets(ctx, k.ID, sealed) })
	touch := func(n int) accesskey.Presented {
		s.must(func(ctx context.Context) error { return s.AccessKeys.TouchKey(ctx, k.ID, at(n)) })
		return s.presented(k.Prefix)
	}
	if p := touch(5); !p.Key.LastUsed.Equal(at(5)) || p.Secrets.Sealed == "" {
		s.t.Errorf("touched it is %+v", p)
	}
	before := s.Fingerprint(s.t)
	touch(5)
	touch(4)
	equal(s.t, "touched earlier it changed", s.Fingerprint(s.t) != before, false)
	if p := touch(6); !p.Key.LastUsed.Equal(at(6)) || p.Secrets.Sealed != "" {
		s.t.Errorf("touched when the retry is late it is %+v", p)
	}
	s.must(func(ctx context.Context) error { return s.AccessKeys.RevokeKey(ctx, k.ID, at(7), "x") })
	if p := touch(8); !p.Key.LastUsed.Equal(at(6)) {
		s.t.Errorf("touched after it was revoked it is %+v", p)
	}
	s.must(func(ctx context.Context) error { return s.AccessKeys.TouchKey(ctx, "nothing", at(8)) })
}

func accessKeyRevoke(s *sample) {
	w := s.place()
	k := s.accessKey(w.ID, "")
	s.must(func(ctx context.Context) error {
		return s.AccessKeys.SaveSecrets(ctx, k.ID, accesskey.Secrets{Hash: "h", Retry: "r", RetryUntil: at(6), Sealed: "v1.x"})
	})
	s.raises(func(ctx context.Context) error { return s.AccessKeys.RevokeKey(ctx, k.ID, at(5), "Zoë") }, rbac.Root)
	k.Revoked, k.RevokedBy = at(5), "Zoë"
	equalKeys(s.t, "revoked", s.readAccessKey(k.ID), k)
	equal(s.t, "what is sealed", s.presented(k.Prefix).Secrets.Sealed, "")
	f, err := s.Rules.Facts(s.t.Context(), k.Num, rbac.Root)
	if err != nil || !f.Subject.Disabled {
		s.t.Errorf("as a principal it is %+v, %v; want it disabled", f.Subject, err)
	}
	before := s.Fingerprint(s.t)
	s.must(func(ctx context.Context) error { return s.AccessKeys.RevokeKey(ctx, k.ID, at(9), "Ann") })
	equal(s.t, "revoked again it changed", s.Fingerprint(s.t) != before, false)
}

func accessKeyDelete(s *sample) {
	w, u := s.place(), s.fresh()
	k, other := s.accessKey(w.ID, ""), s.accessKey("", u.ID)
	g := s.group("g", w.ID)
	s.join(g.Num, k.Num)
	s.give(s.rule(w.Num, k.Num, workspace.RoleEditor, "key/"+string(k.ID)))
	s.give(s.rule(rbac.Root, k.Num, workspace.RoleViewer, ""))
	s.give(s.rule(w.Num, other.Num, workspace.RoleViewer, ""))
	s.raises(func(ctx context.Context) error { return s.AccessKeys.DeleteKey(ctx, k.ID) }, rbac.Root, w.Num)
	s.accessKeys("what is left", accesskey.Filter{}, other.ID)
	s.groups("groups of the deleted", workspace.GroupFilter{Member: k.Num})
	rules, err := s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Principals: []rbac.Principal{k.Num, other.Num}})
	if rule := one(s.t, rules, err); rule.Principal != other.Num {
		s.t.Errorf("the rule left is %+v", rule)
	}
	bare := s.accessKey(w.ID, "") // which was given nothing
	s.raises(func(ctx context.Context) error { return s.AccessKeys.DeleteKey(ctx, bare.ID) }, rbac.Root)
	if again := s.accessKey(w.ID, ""); again.Num <= k.Num {
		s.t.Errorf("number %d after %d was deleted", again.Num, k.Num)
	}
}

func accessKeyOwns(s *sample) {
	u := s.fresh()
	k := s.accessKey("", u.ID)
	s.Plant(s.t, []rbac.Place{{Node: 4711, Parent: rbac.Root, Class: workspace.ClassOffering, Workspace: rbac.Root, Owner: k.Num}}, nil)
	s.refused(accesskey.ErrOwns, func(ctx context.Context) error { return s.AccessKeys.DeleteKey(ctx, k.ID) })
}

func accessKeyDirectory(s *sample) {
	w, other := s.place(), s.place()
	o, foreign := s.offering(w.ID), s.offering(other.ID)
	ctx := s.t.Context()
	for what, c := range map[string]struct{ ask, want []rbac.Node }{
		"its own and one below": {[]rbac.Node{o.Num, foreign.Num, w.Num, rbac.Root, 4711}, []rbac.Node{w.Num, o.Num}},
		"none":                  {nil, []rbac.Node{}},
		"others":                {[]rbac.Node{other.Num, rbac.Root}, []rbac.Node{}},
	} {
		got, err := s.AccessKeys.NodesIn(ctx, w.ID, c.ask)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, what, got, c.want)
	}
	got, err := s.AccessKeys.NodesIn(ctx, "nowhere", []rbac.Node{w.Num, rbac.Root})
	equal(s.t, "in no workspace", got, []rbac.Node{})
	wants(s.t, "in no workspace", err, nil)
	list, err := s.AccessKeys.Workspaces(ctx, workspace.Filter{IDs: []workspace.ID{w.ID}})
	equal(s.t, "the workspace", one(s.t, list, err), w)
	users, err := s.AccessKeys.Users(ctx, workspace.UserFilter{IDs: []workspace.UserID{w.Supervisor}})
	equal(s.t, "the user", one(s.t, users, err).ID, w.Supervisor)
	s.must(func(ctx context.Context) error {
		locked, err := s.AccessKeys.LockWorkspace(ctx, w.ID)
		equal(s.t, "the workspace locked", locked, w)
		return err
	})
}

func accessKeyMissing(s *sample) {
	for what, do := range map[string]func(ctx context.Context) error{
		"Secrets": func(ctx context.Context) error { return second(s.AccessKeys.Secrets(ctx, "nothing")) },
		"SaveSecrets": func(ctx context.Context) error {
			return s.AccessKeys.SaveSecrets(ctx, "nothing", accesskey.Secrets{Hash: "h"})
		},
		"RevokeKey":     func(ctx context.Context) error { return s.AccessKeys.RevokeKey(ctx, "nothing", at(1), "") },
		"DeleteKey":     func(ctx context.Context) error { return s.AccessKeys.DeleteKey(ctx, "nothing") },
		"LockWorkspace": func(ctx context.Context) error { return second(s.AccessKeys.LockWorkspace(ctx, "nowhere")) },
		"AddKey for a workspace": func(ctx context.Context) error {
			return second(s.AccessKeys.AddKey(ctx, s.freshAccessKey("nowhere", ""), accesskey.Secrets{}))
		},
		"AddKey for a user": func(ctx context.Context) error {
			return second(s.AccessKeys.AddKey(ctx, s.freshAccessKey("", "nobody"), accesskey.Secrets{}))
		},
	} {
		s.t.Log(what)
		s.refused(workspace.ErrNotFound, do)
	}
}

func accessKeyNoUnit(s *sample) {
	u := s.fresh()
	k := s.accessKey("", u.ID)
	ctx := s.t.Context()
	for what, err := range map[string]error{
		"AddKey":      second(s.AccessKeys.AddKey(ctx, s.freshAccessKey("", u.ID), accesskey.Secrets{})),
		"Secrets":     second(s.AccessKeys.Secrets(ctx, k.ID)),
		"SaveSecrets": s.AccessKeys.SaveSecrets(ctx, k.ID, accesskey.Secrets{Hash: "h"}),
		"TouchKey":    s.AccessKeys.TouchKey(ctx, k.ID, at(1)),
		"RevokeKey":   s.AccessKeys.RevokeKey(ctx, k.ID, at(1), ""),
		"DeleteKey":   s.AccessKeys.DeleteKey(ctx, k.ID),
	} {
		wants(s.t, what+" outside a unit", err, s.NoUnit)
	}
	if _, err := s.AccessKeys.Keys(ctx, accesskey.Filter{Lock: true}); !errors.Is(err, s.NoUnit) {
		s.t.Errorf("locking outside a unit: %v", err)
	}
}

func accessKeySweep(s *sample) {
	w := s.place()
	k := s.freshAccessKey(w.ID, "")
	s.sweep(func(ctx context.Context) error {
		added, err := s.AccessKeys.AddKey(ctx, k, accesskey.Secrets{Hash: "h"})
		k.Num = added.Num
		return err
	})
	s.sweep(func(ctx context.Context) error {
		return s.AccessKeys.SaveSecrets(ctx, k.ID, accesskey.Secrets{Hash: "h2", Former: "h", Overlap: at(9)})
	})
	s.sweep(func(ctx context.Context) error { return s.AccessKeys.TouchKey(ctx, k.ID, at(3)) })
	s.sweep(func(ctx context.Context) error { return s.AccessKeys.RevokeKey(ctx, k.ID, at(4), "Zoë") })
	g := s.group("g", w.ID)
	s.join(g.Num, k.Num)
	s.give(s.rule(w.Num, k.Num, workspace.RoleEditor, "key/"+string(k.ID)))
	s.sweep(func(ctx context.Context) error { return s.AccessKeys.DeleteKey(ctx, k.ID) })
}

func (w *walk) anAccessKey(ctx context.Context) (accesskey.Key, error) {
	list, err := w.AccessKeys.Keys(ctx, accesskey.Filter{})
	return pick(w, list, err)
}

// prepareAccessKey gives a rule to a key that is to be deleted.
func (w *walk) prepareAccessKey(ctx context.Context) error {
	k, err := w.anAccessKey(ctx)
	n, none := w.aNode(ctx)
	if err := errors.Join(err, none); err != nil {
		return err
	}
	w.accessKey = k
	return second(w.Rules.AddRule(ctx, w.rule(n, k.Num, "role0", "some")))
}

func (w *walk) accessKeySteps() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"AccessKeys.AddKey": func(ctx context.Context) error {
			u, err := w.aUser(ctx)
			v, none := w.aWorkspace(ctx)
			if err := errors.Join(err, none); err != nil {
				return err
			}
			k := w.freshAccessKey(v.ID, "")
			if w.chance() {
				k = w.freshAccessKey("", u.ID)
			}
			return second(w.AccessKeys.AddKey(ctx, k, accesskey.Secrets{Hash: "h"}))
		},
		"AccessKeys.RevokeKey": func(ctx context.Context) error {
			k, err := w.anAccessKey(ctx)
			if err != nil {
				return err
			}
			return w.AccessKeys.RevokeKey(ctx, k.ID, at(1), "")
		},
		"AccessKeys.DeleteKey": func(ctx context.Context) error {
			return w.AccessKeys.DeleteKey(ctx, w.accessKey.ID)
		},
	}
}
