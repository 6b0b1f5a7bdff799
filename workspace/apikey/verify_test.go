package apikey_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

func TestVerifyByType(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o, other := w.offering("private", false), w.offering("other", false)
		p := w.permit(w.alice, time.Time{}, o)
		cases := []struct {
			sort       apikey.Type
			credential apikey.Credential
			good       apikey.Call
			bad        []apikey.Call
		}{
			{
				apikey.Hash,
				apikey.Credential{Hash: "masupercle"},
				apikey.Call{Hash: "masupercle"},
				[]apikey.Call{{Hash: "masupercl"}, {Hash: "MASUPERCLE"}, {Login: "masupercle"}, {}},
			},
			{
				apikey.Header,
				apikey.Credential{Headers: map[string]string{"X-App": "qgis", "X-Token": "0123456789"}},
				apikey.Call{Headers: map[string]string{"x-token": "0123456789", "X-APP": "qgis", "Accept": "*/*"}},
				[]apikey.Call{
					{Headers: map[string]string{"X-Token": "0123456789"}},
					{Headers: map[string]string{"X-App": "qgis"}},
					{Headers: map[string]string{"X-App": "other", "X-Token": "0123456789"}},
					{Headers: map[string]string{"X-App": "0123456789", "X-Token": "qgis"}},
				},
			},
			{
				apikey.Basic,
				apikey.Credential{Login: "cestmoi", Password: "secret"},
				apikey.Call{Login: "cestmoi", Password: "secret", Headers: map[string]string{"Accept": "*/*"}},
				[]apikey.Call{
					{Login: "cestmoi", Password: "Secret"},
					{Login: "cestmoi"},
					{Login: "Cestmoi", Password: "secret"},
					{Login: "nobody", Password: "secret"},
				},
			},
			{
				apikey.OAuth2,
				apikey.Credential{},
				apikey.Call{Bearer: w.alice.User},
				[]apikey.Call{{Bearer: w.bob.User}, {Bearer: w.mallory.User}},
			},
		}
		for _, c := range cases {
			k := w.key(w.alice, apikey.Key{Type: c.sort}, c.credential)
			w.refused(c.good, o) // nothing opened yet
			w.open(w.alice, k, p.ID, o)
			want := apikey.Pass{Key: k.ID, User: w.alice.User, Permission: p.ID}
			w.passes(c.good, o, want)
			w.passes(c.good, o, want) // as remembered
			w.refused(c.good, other)
			w.refused(c.good, offering.Offering{ID: "0190a0a0-0000-7000-8000-000000000000"})
			for _, bad := range c.bad {
				w.refused(bad, o)
			}
			w.ok(w.keys.Delete(w.Context(), w.alice, k.ID))
			w.refused(c.good, o)
		}
	})
}

// The first credential that is set counts, and a host may give all headers.
func TestVerifyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindSQLite(), nil)
	o := w.offering("private", false)
	p := w.permit(w.alice, time.Time{}, o)
	hash := w.key(w.alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
	basic := w.key(w.alice, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: "cestmoi", Password: "secret"})
	few := w.key(w.alice, apikey.Key{Name: "few", Type: apikey.Header}, apikey.Credential{Headers: map[string]string{"X-A": "aaaaaaaaaa"}})
	more := w.key(w.alice, apikey.Key{Name: "more", Type: apikey.Header}, apikey.Credential{
		Headers: map[string]string{"X-A": "aaaaaaaaaa", "X-B": "bbbbbbbbbbbbb"},
	})
	for _, k := range []apikey.Key{hash, basic, few, more} {
		w.open(w.alice, k, p.ID, o)
	}
	pass := func(k apikey.Key) apikey.Pass {
		return apikey.Pass{Key: k.ID, User: w.alice.User, Permission: p.ID}
	}
	all := map[string]string{"X-A": "aaaaaaaaaa", "X-B": "bbbbbbbbbbbbb", "Accept": "*/*"}
	w.passes(apikey.Call{Hash: "masupercle", Headers: all, Login: "cestmoi", Password: "wrong"}, o, pass(hash))
	w.refused(apikey.Call{Hash: "wrongwrong", Headers: all}, o)
	w.passes(apikey.Call{Headers: all, Login: "cestmoi", Password: "wrong"}, o, pass(more))
	delete(all, "X-B")
	w.passes(apikey.Call{Headers: all}, o, pass(few))
	delete(all, "X-A")
	w.passes(apikey.Call{Headers: all, Login: "cestmoi", Password: "secret", Bearer: w.bob.User}, o, pass(basic))
}

// A password that was right for one key is not remembered for another.
func TestVerifyRemembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindSQLite(), nil)
	free := w.offering("free", true)
	a := w.key(w.alice, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: "alice", Password: "secret-a"})
	w.key(w.bob, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: "bob", Password: "secret-b"})
	for range 2 {
		w.passes(apikey.Call{Login: "alice", Password: "secret-a"}, free, apikey.Pass{Key: a.ID, User: w.alice.User})
		w.refused(apikey.Call{Login: "bob", Password: "secret-a"}, free)
		w.refused(apikey.Call{Login: "alice", Password: "secret-b"}, free)
		w.refused(apikey.Call{Login: "alice", Password: strings.Repeat("x", 2000)}, free)
	}
	w.ok(w.keys.Delete(w.Context(), w.alice, a.ID))
	again := w.key(w.alice, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: "alice", Password: "secret-c"})
	w.refused(apikey.Call{Login: "alice", Password: "secret-a"}, free)
	w.passes(apikey.Call{Login: "alice", Password: "secret-c"}, free, apikey.Pass{Key: again.ID, User: w.alice.User})
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	if pass, err := w.keys.Verify(ctx, apikey.Call{Login: "bob", Password: "secret-b"}, free.ID); err == nil || pass != (apikey.Pass{}) {
		w.Errorf("Verify = %+v, %v; want an error, for nobody waits", pass, err)
	}
}

func TestVerifyRestrictions(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o, free := w.offering("private", false), w.offering("free", true)
		p := w.permit(w.alice, time.Time{}, o)
		k := w.key(w.alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		w.open(w.alice, k, p.ID, o)
		call := func(address, agent, referer string) apikey.Call {
			c := apikey.Call{Hash: "masupercle", UserAgent: agent, Referer: referer}
			if address != "" {
				c.Address = netip.MustParseAddr(address)
			}
			return c
		}
		set := func(white, black []netip.Prefix, agent, referer string) {
			w.Helper()
			_, err := w.keys.Update(w.Context(), w.alice, k.ID, func(k *apikey.Key) error {
				k.Whitelist, k.Blacklist, k.UserAgent, k.Referer = white, black, agent, referer
				return nil
			})
			w.ok(err)
		}
		pass := apikey.Pass{Key: k.ID, User: w.alice.User, Permission: p.ID}
		nets := []netip.Prefix{netip.MustParsePrefix("192.0.2.77/24"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("::ffff:198.51.100.0/120")}

		set(nets, nil, "", "")
		w.passes(call("192.0.2.9", "", ""), o, pass)
		w.passes(call("::ffff:192.0.2.9", "", ""), o, pass)
		w.passes(call("2001:db8::1%eth0", "", ""), o, pass)
		w.passes(call("198.51.100.3", "", ""), o, pass)
		w.refused(call("192.0.3.9", "", ""), o)
		w.refused(call("", "", ""), o)
		w.refused(call("192.0.3.9", "", ""), free) // a key that may not be used there, open or not

		set(nil, nets, "", "")
		w.refused(call("192.0.2.9", "", ""), o)
		w.refused(call("", "", ""), o)
		w.passes(call("192.0.3.9", "", ""), o, pass)

		set(nil, nil, ".*QGIS.*", "^https://example%.org/")
		w.passes(call("", "Mozilla QGIS/33400", "https://example.org/map"), o, pass)
		w.refused(call("", "Mozilla qgis/33400", "https://example.org/map"), o)
		w.refused(call("", "Mozilla QGIS/33400", "https://exampleXorg/map"), o)
		w.refused(call("", "Mozilla QGIS/33400", "see https://example.org/"), o)
		w.refused(call("", "", ""), o)
		set(nil, nil, "", "")
		w.passes(call("", "", ""), o, pass)
	})
}

func TestVerifyEnds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o := w.offering("private", false)
		end := w.now.Add(time.Hour)
		p := w.permit(w.alice, end, o)
		k := w.key(w.alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		w.open(w.alice, k, p.ID, o)
		call, pass := apikey.Call{Hash: "masupercle"}, apikey.Pass{Key: k.ID, User: w.alice.User, Permission: p.ID}
		begin := w.now
		w.now = end.Add(-time.Microsecond)
		w.passes(call, o, pass)
		w.now = end
		w.refused(call, o)
		_, err := w.keys.Open(w.Context(), w.alice, k.ID, p.ID, []offering.ID{o.ID})
		w.invalid(err, "permission")

		move := func(end time.Time) {
			w.Helper()
			_, err := w.offerings.UpdatePermission(w.Context(), w.author, w.publisher.ID, p.ID, func(p *offering.Permission) error {
				p.End = end
				return nil
			})
			w.ok(err)
		}
		move(end.Add(time.Hour)) // and the access with it
		w.passes(call, o, pass)
		w.now = end.Add(time.Hour)
		w.refused(call, o)
		w.now = begin
		move(end.Add(-30 * time.Minute))
		w.passes(call, o, pass)
		w.now = end.Add(-30 * time.Minute)
		w.refused(call, o)
		move(time.Time{})
		w.now = end.AddDate(100, 0, 0)
		w.passes(call, o, pass)
	})
}

func TestVerifyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o, second := w.offering("private", false), w.offering("second", false)
		call := apikey.Call{Hash: "masupercle"}
		k := w.key(w.alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		pass := func(p offering.Given) apikey.Pass {
			return apikey.Pass{Key: k.ID, User: w.alice.User, Permission: p.ID}
		}

		// A permission that is revoked, declined, or loses the offering.
		p := w.permit(w.alice, time.Time{}, o)
		w.open(w.alice, k, p.ID, o)
		w.passes(call, o, pass(p))
		w.ok(w.offerings.Revoke(ctx, w.author, w.publisher.ID, p.ID))
		w.refused(call, o)
		p = w.permit(w.alice, time.Time{}, o)
		w.refused(call, o) // the access is not that of the permission before
		w.open(w.alice, k, p.ID, o)
		w.ok(w.offerings.Decline(ctx, w.alice, p.ID))
		w.refused(call, o)
		p = w.permit(w.alice, time.Time{}, o, second)
		w.open(w.alice, k, p.ID, o, second)
		_, err := w.offerings.UpdatePermission(ctx, w.author, w.publisher.ID, p.ID, func(p *offering.Permission) error {
			p.Offerings = p.Offerings[1:]
			return nil
		})
		w.ok(err)
		w.refused(call, o)
		w.passes(call, second, pass(p))

		// An access that is closed.
		list, n, err := w.keys.Accesses(ctx, w.alice, k.ID, 0, 0)
		w.ok(err)
		if n != 1 || len(list) != 1 || list[0].Offering.ID != second.ID || list[0].Permission.ID != p.ID {
			w.Fatalf("accesses %+v (%d), want the one to the second offering", list, n)
		}
		w.ok(w.keys.Close(ctx, w.alice, k.ID, list[0].ID))
		w.refused(call, second)

		// A member who leaves or is removed, directly or with his group.
		q := w.grant(offering.Grant{Communities: []workspace.ID{w.club.ID}}, o)
		w.open(w.alice, k, q.ID, o)
		w.passes(call, o, pass(q))
		w.ok(w.workspaces.RemoveMember(ctx, w.admin, w.club.ID, w.alice.Principal))
		w.refused(call, o)
		w.join(w.club, w.alice)
		w.passes(call, o, pass(q))
		w.ok(w.workspaces.Leave(ctx, w.alice, w.club.ID))
		w.refused(call, o)
		g, err := w.workspaces.CreateGroup(ctx, w.admin, workspace.Group{Name: "friends"})
		w.ok(err)
		w.ok(w.workspaces.AddToGroup(ctx, w.admin, g.ID, w.alice.User))
		_, err = w.workspaces.PutMember(ctx, w.admin, w.club.ID, g.Num, nil)
		w.ok(err)
		w.passes(call, o, pass(q))
		w.ok(w.workspaces.RemoveFromGroup(ctx, w.admin, g.ID, w.alice.User))
		w.refused(call, o)
		w.join(w.club, w.alice)

		// A user who is disabled, a workspace that is deactivated.
		disable := func(off bool) {
			w.Helper()
			_, err := w.workspaces.UpdateUser(ctx, w.admin, w.alice.User, func(u *workspace.User) error {
				u.Disabled = off
				return nil
			})
			w.ok(err)
		}
		disable(true)
		w.refused(call, o)
		if _, _, err := w.keys.Keys(ctx, w.alice, apikey.Filter{}); err == nil {
			w.Error("a disabled user lists his keys")
		}
		disable(false)
		w.passes(call, o, pass(q))
		w.ok(w.workspaces.Deactivate(ctx, w.admin, w.publisher.ID))
		w.refused(call, o)
		w.ok(w.workspaces.Activate(ctx, w.admin, w.publisher.ID))
		w.passes(call, o, pass(q))

		// An offering that is withdrawn.
		w.ok(w.offerings.Withdraw(ctx, w.author, o.ID))
		w.refused(call, o)
		if _, n, err := w.keys.Accesses(ctx, w.alice, k.ID, 0, 0); err != nil || n != 0 {
			w.Errorf("%d accesses are left, %v", n, err)
		}
	})
}

func TestVerifyOnlyOAuth(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o := w.offering("private", false)
		hash := w.key(w.alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		mine := w.key(w.alice, apikey.Key{Type: apikey.OAuth2}, apikey.Credential{})
		only := w.grant(offering.Grant{Users: []workspace.UserID{w.alice.User}, OnlyOAuth: true}, o)
		_, err := w.keys.Open(ctx, w.alice, hash.ID, only.ID, []offering.ID{o.ID})
		w.invalid(err, "permission")
		w.open(w.alice, mine, only.ID, o)
		w.passes(apikey.Call{Bearer: w.alice.User}, o, apikey.Pass{Key: mine.ID, User: w.alice.User, Permission: only.ID})
		w.refused(apikey.Call{Hash: "masupercle"}, o)

		// What the user holds for OAUTH2 alone does not hold up what his other
		// key had as a member.
		club := w.grant(offering.Grant{Communities: []workspace.ID{w.club.ID}}, o)
		w.open(w.alice, hash, club.ID, o)
		w.passes(apikey.Call{Hash: "masupercle"}, o, apikey.Pass{Key: hash.ID, User: w.alice.User, Permission: club.ID})
		w.ok(w.workspaces.Leave(ctx, w.alice, w.club.ID))
		w.refused(apikey.Call{Hash: "masupercle"}, o)
		w.passes(apikey.Call{Bearer: w.alice.User}, o, apikey.Pass{Key: mine.ID, User: w.alice.User, Permission: only.ID})
	})
}

func TestVerifyOpen(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		free, private := w.offering("free", true), w.offering("private", false)
		k := w.key(w.mallory, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		w.passes(apikey.Call{}, free, apikey.Pass{})
		w.passes(apikey.Call{Headers: map[string]string{"Accept": "*/*"}}, free, apikey.Pass{})
		w.passes(apikey.Call{Bearer: w.mallory.User}, free, apikey.Pass{}) // recognised, without a key
		w.passes(apikey.Call{Hash: "masupercle"}, free, apikey.Pass{Key: k.ID, User: w.mallory.User})
		w.refused(apikey.Call{Hash: "wrongwrong"}, free)
		w.refused(apikey.Call{}, private)
		w.open(w.mallory, k, "", free)
		w.passes(apikey.Call{Hash: "masupercle"}, free, apikey.Pass{Key: k.ID, User: w.mallory.User})
		_, err := w.keys.Open(ctx, w.mallory, k.ID, "", []offering.ID{free.ID})
		w.taken(err, "offerings")
		w.ok(w.workspaces.Deactivate(ctx, w.admin, w.publisher.ID))
		w.refused(apikey.Call{}, free)
		w.refused(apikey.Call{Hash: "masupercle"}, free)
	})
}

// A supervisor holds everything in his workspace; his keys open what he opened
// with them.
func TestVerifySupervisor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, kindSQLite(), nil)
	o := w.offering("private", false)
	k := w.key(w.author, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
	w.refused(apikey.Call{Hash: "masupercle"}, o)
	p := w.permit(w.author, time.Time{}, o)
	w.open(w.author, k, p.ID, o)
	w.passes(apikey.Call{Hash: "masupercle"}, o, apikey.Pass{Key: k.ID, User: w.author.User, Permission: p.ID})
	w.ok(w.offerings.Revoke(w.Context(), w.author, w.publisher.ID, p.ID))
	w.refused(apikey.Call{Hash: "masupercle"}, o)
}
