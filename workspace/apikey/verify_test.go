package apikey_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

func TestVerifyByType(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o, other := w.Offering("private", false), w.Offering("other", false)
		p := w.Permit(w.Alice, time.Time{}, o)
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
				apikey.Call{Bearer: w.Alice.User},
				[]apikey.Call{{Bearer: w.Bob.User}, {Bearer: w.Mallory.User}},
			},
		}
		for _, c := range cases {
			k := w.key(w.Alice, apikey.Key{Type: c.sort}, c.credential)
			w.refused(c.good, o) // nothing opened yet
			w.open(w.Alice, k, p.ID, o)
			want := apikey.Pass{Key: k.ID, User: w.Alice.User, Permission: p.ID}
			w.passes(c.good, o, want)
			w.passes(c.good, o, want) // as remembered
			w.refused(c.good, other)
			w.refused(c.good, offering.Offering{ID: "0190a0a0-0000-7000-8000-000000000000"})
			for _, bad := range c.bad {
				w.refused(bad, o)
			}
			w.OK(w.keys.Delete(w.Context(), w.Alice, k.ID))
			w.refused(c.good, o)
		}
	})
}

// The first credential that is set counts, and a host may give all headers.
func TestVerifyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite(), nil)
	o := w.Offering("private", false)
	p := w.Permit(w.Alice, time.Time{}, o)
	hash := w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
	basic := w.key(w.Alice, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: "cestmoi", Password: "secret"})
	few := w.key(w.Alice, apikey.Key{Name: "few", Type: apikey.Header}, apikey.Credential{Headers: map[string]string{"X-A": "aaaaaaaaaa"}})
	more := w.key(w.Alice, apikey.Key{Name: "more", Type: apikey.Header}, apikey.Credential{
		Headers: map[string]string{"X-A": "aaaaaaaaaa", "X-B": "bbbbbbbbbbbbb"},
	})
	for _, k := range []apikey.Key{hash, basic, few, more} {
		w.open(w.Alice, k, p.ID, o)
	}
	pass := func(k apikey.Key) apikey.Pass {
		return apikey.Pass{Key: k.ID, User: w.Alice.User, Permission: p.ID}
	}
	all := map[string]string{"X-A": "aaaaaaaaaa", "X-B": "bbbbbbbbbbbbb", "Accept": "*/*"}
	w.passes(apikey.Call{Hash: "masupercle", Headers: all, Login: "cestmoi", Password: "wrong"}, o, pass(hash))
	w.refused(apikey.Call{Hash: "wrongwrong", Headers: all}, o)
	w.passes(apikey.Call{Headers: all, Login: "cestmoi", Password: "wrong"}, o, pass(more))
	delete(all, "X-B")
	w.passes(apikey.Call{Headers: all}, o, pass(few))
	delete(all, "X-A")
	w.passes(apikey.Call{Headers: all, Login: "cestmoi", Password: "secret", Bearer: w.Bob.User}, o, pass(basic))
}

// A password that was right for one key is not remembered for another.
func TestVerifyRemembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite(), nil)
	free := w.Offering("free", true)
	a := w.key(w.Alice, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: "alice", Password: "secret-a"})
	w.key(w.Bob, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: "bob", Password: "secret-b"})
	for range 2 {
		w.passes(apikey.Call{Login: "alice", Password: "secret-a"}, free, apikey.Pass{Key: a.ID, User: w.Alice.User})
		w.refused(apikey.Call{Login: "bob", Password: "secret-a"}, free)
		w.refused(apikey.Call{Login: "alice", Password: "secret-b"}, free)
		w.refused(apikey.Call{Login: "alice", Password: strings.Repeat("x", 2000)}, free)
	}
	w.OK(w.keys.Delete(w.Context(), w.Alice, a.ID))
	again := w.key(w.Alice, apikey.Key{Type: apikey.Basic}, apikey.Credential{Login: "alice", Password: "secret-c"})
	w.refused(apikey.Call{Login: "alice", Password: "secret-a"}, free)
	w.passes(apikey.Call{Login: "alice", Password: "secret-c"}, free, apikey.Pass{Key: again.ID, User: w.Alice.User})
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	if pass, err := w.keys.Verify(ctx, apikey.Call{Login: "bob", Password: "secret-b"}, free.ID); err == nil || pass != (apikey.Pass{}) {
		w.Errorf("Verify = %+v, %v; want an error, for nobody waits", pass, err)
	}
}

func TestVerifyRestrictions(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o, free := w.Offering("private", false), w.Offering("free", true)
		p := w.Permit(w.Alice, time.Time{}, o)
		k := w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		w.open(w.Alice, k, p.ID, o)
		call := func(address, agent, referer string) apikey.Call {
			c := apikey.Call{Hash: "masupercle", UserAgent: agent, Referer: referer}
			if address != "" {
				c.Address = netip.MustParseAddr(address)
			}
			return c
		}
		set := func(white, black []netip.Prefix, agent, referer string) {
			w.Helper()
			_, err := w.keys.Update(w.Context(), w.Alice, k.ID, func(k *apikey.Key) error {
				k.Whitelist, k.Blacklist, k.UserAgent, k.Referer = white, black, agent, referer
				return nil
			})
			w.OK(err)
		}
		pass := apikey.Pass{Key: k.ID, User: w.Alice.User, Permission: p.ID}
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
		o := w.Offering("private", false)
		end := w.Now().Add(time.Hour)
		p := w.Permit(w.Alice, end, o)
		k := w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		w.open(w.Alice, k, p.ID, o)
		call, pass := apikey.Call{Hash: "masupercle"}, apikey.Pass{Key: k.ID, User: w.Alice.User, Permission: p.ID}
		begin := w.Now()
		w.SetNow(end.Add(-time.Microsecond))
		w.passes(call, o, pass)
		w.SetNow(end)
		w.refused(call, o)
		_, err := w.keys.Open(w.Context(), w.Alice, k.ID, p.ID, []offering.ID{o.ID})
		w.Invalid(err, "permission")

		move := func(end time.Time) {
			w.Helper()
			_, err := w.Offerings.UpdatePermission(w.Context(), w.Author, w.Publisher.ID, p.ID, func(p *offering.Permission) error {
				p.End = end
				return nil
			})
			w.OK(err)
		}
		move(end.Add(time.Hour)) // and the access with it
		w.passes(call, o, pass)
		w.SetNow(end.Add(time.Hour))
		w.refused(call, o)
		w.SetNow(begin)
		move(end.Add(-30 * time.Minute))
		w.passes(call, o, pass)
		w.SetNow(end.Add(-30 * time.Minute))
		w.refused(call, o)
		move(time.Time{})
		w.SetNow(end.AddDate(100, 0, 0))
		w.passes(call, o, pass)
	})
}

func TestVerifyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o, second := w.Offering("private", false), w.Offering("second", false)
		call := apikey.Call{Hash: "masupercle"}
		k := w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		pass := func(p offering.Given) apikey.Pass {
			return apikey.Pass{Key: k.ID, User: w.Alice.User, Permission: p.ID}
		}

		// A permission that is revoked, declined, or loses the offering.
		p := w.Permit(w.Alice, time.Time{}, o)
		w.open(w.Alice, k, p.ID, o)
		w.passes(call, o, pass(p))
		w.OK(w.Offerings.Revoke(ctx, w.Author, w.Publisher.ID, p.ID))
		w.refused(call, o)
		p = w.Permit(w.Alice, time.Time{}, o)
		w.refused(call, o) // the access is not that of the permission before
		w.open(w.Alice, k, p.ID, o)
		w.OK(w.Offerings.Decline(ctx, w.Alice, p.ID))
		w.refused(call, o)
		p = w.Permit(w.Alice, time.Time{}, o, second)
		w.open(w.Alice, k, p.ID, o, second)
		_, err := w.Offerings.UpdatePermission(ctx, w.Author, w.Publisher.ID, p.ID, func(p *offering.Permission) error {
			p.Offerings = p.Offerings[1:]
			return nil
		})
		w.OK(err)
		w.refused(call, o)
		w.passes(call, second, pass(p))

		// An access that is closed.
		list, n, err := w.keys.Accesses(ctx, w.Alice, k.ID, 0, 0)
		w.OK(err)
		if n != 1 || len(list) != 1 || list[0].Offering.ID != second.ID || list[0].Permission.ID != p.ID {
			w.Fatalf("accesses %+v (%d), want the one to the second offering", list, n)
		}
		w.OK(w.keys.Close(ctx, w.Alice, k.ID, list[0].ID))
		w.refused(call, second)

		// A member who leaves or is removed, directly or with his group.
		q := w.Grant(offering.Grant{Communities: []workspace.ID{w.Club.ID}}, o)
		w.open(w.Alice, k, q.ID, o)
		w.passes(call, o, pass(q))
		w.OK(w.Workspaces.RemoveMember(ctx, w.Admin, w.Club.ID, w.Alice.Principal))
		w.refused(call, o)
		w.Join(w.Club, w.Alice)
		w.passes(call, o, pass(q))
		w.OK(w.Workspaces.Leave(ctx, w.Alice, w.Club.ID))
		w.refused(call, o)
		g, err := w.Workspaces.CreateGroup(ctx, w.Admin, workspace.Group{Name: "friends"})
		w.OK(err)
		w.OK(w.Workspaces.AddToGroup(ctx, w.Admin, g.ID, w.Alice.User))
		_, err = w.Workspaces.PutMember(ctx, w.Admin, w.Club.ID, g.Num, nil)
		w.OK(err)
		w.passes(call, o, pass(q))
		w.OK(w.Workspaces.RemoveFromGroup(ctx, w.Admin, g.ID, w.Alice.User))
		w.refused(call, o)
		w.Join(w.Club, w.Alice)

		// A user who is disabled, a workspace that is deactivated.
		disable := func(off bool) {
			w.Helper()
			_, err := w.Workspaces.UpdateUser(ctx, w.Admin, w.Alice.User, func(u *workspace.User) error {
				u.Disabled = off
				return nil
			})
			w.OK(err)
		}
		disable(true)
		w.refused(call, o)
		if _, _, err := w.keys.Keys(ctx, w.Alice, apikey.Filter{}); err == nil {
			w.Error("a disabled user lists his keys")
		}
		disable(false)
		w.passes(call, o, pass(q))
		w.OK(w.Workspaces.Deactivate(ctx, w.Admin, w.Publisher.ID))
		w.refused(call, o)
		w.OK(w.Workspaces.Activate(ctx, w.Admin, w.Publisher.ID))
		w.passes(call, o, pass(q))

		// An offering that is withdrawn.
		w.OK(w.Offerings.Withdraw(ctx, w.Author, o.ID))
		w.refused(call, o)
		if _, n, err := w.keys.Accesses(ctx, w.Alice, k.ID, 0, 0); err != nil || n != 0 {
			w.Errorf("%d accesses are left, %v", n, err)
		}
	})
}

func TestVerifyOnlyOAuth(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o := w.Offering("private", false)
		hash := w.key(w.Alice, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		mine := w.key(w.Alice, apikey.Key{Type: apikey.OAuth2}, apikey.Credential{})
		only := w.Grant(offering.Grant{Users: []workspace.UserID{w.Alice.User}, OnlyOAuth: true}, o)
		_, err := w.keys.Open(ctx, w.Alice, hash.ID, only.ID, []offering.ID{o.ID})
		w.Invalid(err, "permission")
		w.open(w.Alice, mine, only.ID, o)
		w.passes(apikey.Call{Bearer: w.Alice.User}, o, apikey.Pass{Key: mine.ID, User: w.Alice.User, Permission: only.ID})
		w.refused(apikey.Call{Hash: "masupercle"}, o)

		// What the user holds for OAUTH2 alone does not hold up what his other
		// key had as a member.
		club := w.Grant(offering.Grant{Communities: []workspace.ID{w.Club.ID}}, o)
		w.open(w.Alice, hash, club.ID, o)
		w.passes(apikey.Call{Hash: "masupercle"}, o, apikey.Pass{Key: hash.ID, User: w.Alice.User, Permission: club.ID})
		w.OK(w.Workspaces.Leave(ctx, w.Alice, w.Club.ID))
		w.refused(apikey.Call{Hash: "masupercle"}, o)
		w.passes(apikey.Call{Bearer: w.Alice.User}, o, apikey.Pass{Key: mine.ID, User: w.Alice.User, Permission: only.ID})
	})
}

func TestVerifyOpen(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		free, private := w.Offering("free", true), w.Offering("private", false)
		k := w.key(w.Mallory, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
		w.passes(apikey.Call{}, free, apikey.Pass{})
		w.passes(apikey.Call{Headers: map[string]string{"Accept": "*/*"}}, free, apikey.Pass{})
		w.passes(apikey.Call{Bearer: w.Mallory.User}, free, apikey.Pass{}) // recognised, without a key
		w.passes(apikey.Call{Hash: "masupercle"}, free, apikey.Pass{Key: k.ID, User: w.Mallory.User})
		w.refused(apikey.Call{Hash: "wrongwrong"}, free)
		w.refused(apikey.Call{}, private)
		w.open(w.Mallory, k, "", free)
		w.passes(apikey.Call{Hash: "masupercle"}, free, apikey.Pass{Key: k.ID, User: w.Mallory.User})
		_, err := w.keys.Open(ctx, w.Mallory, k.ID, "", []offering.ID{free.ID})
		w.Taken(err, "offerings")
		w.OK(w.Workspaces.Deactivate(ctx, w.Admin, w.Publisher.ID))
		w.refused(apikey.Call{}, free)
		w.refused(apikey.Call{Hash: "masupercle"}, free)
	})
}

// A supervisor holds everything in his workspace; his keys open what he opened
// with them.
func TestVerifySupervisor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite(), nil)
	o := w.Offering("private", false)
	k := w.key(w.Author, apikey.Key{Type: apikey.Hash}, apikey.Credential{Hash: "masupercle"})
	w.refused(apikey.Call{Hash: "masupercle"}, o)
	p := w.Permit(w.Author, time.Time{}, o)
	w.open(w.Author, k, p.ID, o)
	w.passes(apikey.Call{Hash: "masupercle"}, o, apikey.Pass{Key: k.ID, User: w.Author.User, Permission: p.ID})
	w.OK(w.Offerings.Revoke(w.Context(), w.Author, w.Publisher.ID, p.ID))
	w.refused(apikey.Call{Hash: "masupercle"}, o)
}
