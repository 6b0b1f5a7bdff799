package offering_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

func TestPermit(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		first, second := w.offering("first", false), w.offering("second", false)
		end := w.now.Add(time.Hour)
		given, err := w.offerings.Permit(ctx, w.author, w.publisher.ID, offering.Grant{
			Users: []workspace.UserID{w.mallory.User, w.alice.User}, Licence: "Accès restreint", End: end, OnlyOAuth: true,
			Offerings: []offering.ID{second.ID, first.ID},
		})
		w.ok(err)
		if len(given) != 2 || given[0].User != w.mallory.User || given[1].ToUser.Num != w.alice.Principal ||
			given[0].ToCommunity != nil || given[0].Author.ID != w.publisher.ID || given[0].Num == 0 {
			w.Fatalf("given %+v", given)
		}
		if mail := given[0].ToUser.Email; mail != "" {
			w.Errorf("it tells the address %s", mail)
		}
		list, n, err := w.offerings.Permissions(ctx, w.author, w.publisher.ID, offering.PermissionFilter{})
		w.ok(err)
		if diff := cmp.Diff(given, list); diff != "" || n != 2 {
			w.Errorf("%d permissions, not those that were given:\n%s", n, diff)
		}
		if got := list[0].Offerings; got[0].ID != second.ID || got[1].ID != first.ID || !list[0].End.Equal(end) || !list[0].OnlyOAuth {
			w.Errorf("permission %+v", list[0])
		}
		for _, o := range []offering.Offering{first, second} {
			w.may(w.alice, o, true)
			w.may(w.mallory, o, true)
			w.may(w.bob, o, false)
		}
		w.now = end
		w.may(w.alice, first, false)
		club := w.grant(offering.Grant{Communities: []workspace.ID{w.club.ID}}, first)
		if club.ToCommunity.ID != w.club.ID || club.ToUser != nil {
			w.Errorf("given to %+v", club)
		}
		w.may(w.alice, first, true)
		w.may(w.bob, first, true)
		w.may(w.mallory, first, false)
		w.join(w.club, w.mallory)
		w.may(w.mallory, first, true)
	})
}

func TestPermitInvalid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Kinds()[0])
	o := w.offering("private", false)
	before := dbtest.Fingerprint(t, w.db)
	try := func(field string, change func(g *offering.Grant)) {
		w.Helper()
		g := offering.Grant{Users: []workspace.UserID{w.alice.User}, Licence: "x", Offerings: []offering.ID{o.ID}}
		change(&g)
		_, err := w.offerings.Permit(t.Context(), w.author, w.publisher.ID, g)
		w.invalid(err, field)
	}
	try("users", func(g *offering.Grant) { g.Users = nil })
	try("communities", func(g *offering.Grant) { g.Communities = []workspace.ID{w.club.ID} })
	try("users[1]", func(g *offering.Grant) { g.Users = append(g.Users, nothing) })
	try("users[1]", func(g *offering.Grant) { g.Users = append(g.Users, w.alice.User) })
	try("communities[0]", func(g *offering.Grant) { g.Users, g.Communities = nil, []workspace.ID{nothing} })
	try("communities[1]", func(g *offering.Grant) { g.Users, g.Communities = nil, []workspace.ID{w.club.ID, w.club.ID} })
	try("offerings", func(g *offering.Grant) { g.Offerings = nil })
	try("offerings[1]", func(g *offering.Grant) { g.Offerings = append(g.Offerings, nothing) })
	try("offerings[1]", func(g *offering.Grant) { g.Offerings = append(g.Offerings, o.ID) })
	try("licence", func(g *offering.Grant) { g.Licence = "" })
	try("licence", func(g *offering.Grant) { g.Licence = strings.Repeat("é", 256) })
	try("end_date", func(g *offering.Grant) { g.End = w.now })
	_, err := w.offerings.Permit(t.Context(), w.bob, w.club.ID, offering.Grant{
		Users: []workspace.UserID{w.bob.User}, Licence: "x", Offerings: []offering.ID{o.ID},
	})
	w.invalid(err, "offerings[0]") // another workspace's
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("something was kept")
	}
}

func TestUpdatePermission(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		first, second := w.offering("first", false), w.offering("second", false)
		p := w.permit(w.alice, w.now.Add(time.Hour), first)
		update := func(change func(p *offering.Permission)) (offering.Given, error) {
			return w.offerings.UpdatePermission(ctx, w.author, w.publisher.ID, p.ID, func(p *offering.Permission) error {
				change(p)
				return nil
			})
		}
		w.now = w.now.Add(time.Minute)
		got, err := update(func(p *offering.Permission) {
			p.Licence, p.End, p.Offerings = "autre", time.Time{}, []offering.Offering{{ID: second.ID}}
			p.User, p.Community, p.OnlyOAuth, p.ID, p.Workspace = w.bob.User, w.club.ID, true, "x", "y"
		})
		w.ok(err)
		want := p
		want.Licence, want.End, want.Offerings, want.Updated = "autre", time.Time{}, []offering.Offering{second}, w.now
		read, err := w.offerings.Permission(ctx, w.author, w.publisher.ID, p.ID)
		w.ok(err)
		if diff := cmp.Diff([]offering.Given{want, want}, []offering.Given{got, read}); diff != "" {
			w.Errorf("not licence, end and offerings alone:\n%s", diff)
		}
		w.may(w.alice, first, false)
		w.may(w.alice, second, true)
		w.now = w.now.AddDate(50, 0, 0)
		w.may(w.alice, second, true)

		_, err = update(func(p *offering.Permission) { p.End = w.now })
		w.invalid(err, "end_date")
		_, err = update(func(p *offering.Permission) { p.Offerings = nil })
		w.invalid(err, "offerings")
		_, err = update(func(p *offering.Permission) { p.Offerings = []offering.Offering{first, first} })
		w.invalid(err, "offerings[1]")
		_, err = update(func(p *offering.Permission) { p.Offerings = []offering.Offering{{ID: nothing}} })
		w.invalid(err, "offerings[0]")
		_, err = update(func(p *offering.Permission) { p.Licence = "" })
		w.invalid(err, "licence")

		// One that has ended may be changed, and stays ended.
		end := w.now.Add(time.Hour)
		_, err = update(func(p *offering.Permission) { p.End = end })
		w.ok(err)
		w.now = end
		_, err = update(func(p *offering.Permission) { p.Licence, p.Offerings = "again", []offering.Offering{first} })
		w.ok(err)
		w.may(w.alice, first, false)
		_, err = update(func(p *offering.Permission) { p.End = end.Add(time.Hour) })
		w.ok(err)
		w.may(w.alice, first, true)

		// Only in the workspace whose it is.
		_, err = w.offerings.UpdatePermission(ctx, w.bob, w.club.ID, p.ID, func(*offering.Permission) error { return nil })
		w.wants(err, offering.ErrNotFound)
		w.wants(w.offerings.Revoke(ctx, w.bob, w.club.ID, p.ID), offering.ErrNotFound)
		_, err = w.offerings.Permission(ctx, w.bob, w.club.ID, p.ID)
		w.wants(err, offering.ErrNotFound)
		w.ok(w.offerings.Revoke(ctx, w.author, w.publisher.ID, p.ID))
		w.may(w.alice, first, false)
		w.wants(w.offerings.Revoke(ctx, w.author, w.publisher.ID, p.ID), offering.ErrNotFound)
	})
}

func TestHeld(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o := w.offering("private", false)
		mine, ours := w.permit(w.alice, time.Time{}, o), w.grant(offering.Grant{Communities: []workspace.ID{w.club.ID}}, o)
		theirs := w.permit(w.bob, time.Time{}, o)
		held := func(who workspace.Actor, personal, community bool, want ...offering.PermissionID) {
			w.Helper()
			list, n, err := w.offerings.Held(ctx, who, personal, community, offering.PermissionFilter{
				User: theirs.User, Communities: []workspace.ID{w.club.ID}, // no way to ask for others'
			})
			w.ok(err)
			var got []offering.PermissionID
			for _, g := range list {
				got = append(got, g.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" || n != len(want) {
				w.Errorf("%s holds (%d):\n%s", who.Name, n, diff)
			}
		}
		held(w.alice, true, true, mine.ID, ours.ID)
		held(w.alice, true, false, mine.ID)
		held(w.alice, false, true, ours.ID)
		held(w.alice, false, false)
		held(w.mallory, true, true)
		held(w.mallory, false, true)
		got, err := w.offerings.HeldPermission(ctx, w.alice, ours.ID)
		w.ok(err)
		if diff := cmp.Diff(ours, got); diff != "" {
			w.Errorf("held:\n%s", diff)
		}
		_, err = w.offerings.HeldPermission(ctx, w.alice, theirs.ID)
		w.wants(err, offering.ErrNotFound)
		w.wants(w.offerings.Decline(ctx, w.alice, theirs.ID), offering.ErrNotFound)
		w.wants(w.offerings.Decline(ctx, w.alice, ours.ID), offering.ErrPersonal)
		w.ok(w.offerings.Decline(ctx, w.alice, mine.ID))
		w.wants(w.offerings.Decline(ctx, w.alice, mine.ID), offering.ErrNotFound)
		held(w.alice, true, true, ours.ID)
		w.ok(w.workspaces.Leave(ctx, w.alice, w.club.ID))
		held(w.alice, true, true)
	})
}

// Each change is in the trail of the workspace whose offerings they are.
func TestTrail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Kinds()[0])
	ctx := t.Context()
	before := len(w.trail())
	o := w.offering("private", false)
	p := w.permit(w.alice, time.Time{}, o)
	_, err := w.offerings.UpdatePermission(ctx, w.author, w.publisher.ID, p.ID, func(*offering.Permission) error { return nil })
	w.ok(err)
	w.ok(w.offerings.Decline(ctx, w.alice, p.ID))
	w.permit(w.alice, time.Time{}, o)
	_, err = w.offerings.Update(ctx, w.author, o.ID, func(*offering.Offering) error { return nil })
	w.ok(err)
	w.ok(w.offerings.Withdraw(ctx, w.author, o.ID))
	var actions []string
	for _, e := range w.trail()[before:] {
		actions = append(actions, e.Action)
		if e.Workspace != string(w.publisher.ID) || e.Object.ID == "" || !e.At.Equal(w.now) || e.Via != "basic" || e.Address == "" {
			t.Errorf("event %+v", e)
		}
	}
	want := []string{
		"offering.register", "permission.grant", "permission.update", "permission.decline",
		"permission.grant", "offering.update", "permission.revoke", "offering.withdraw",
	}
	if diff := cmp.Diff(want, actions); diff != "" {
		t.Errorf("actions:\n%s", diff)
	}
}

func TestWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var o offering.Offering
		w.sweep(func(ctx context.Context) (err error) {
			o, err = w.offerings.Register(ctx, w.author, offering.Offering{
				Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: "swept", Open: true,
			})
			return err
		})
		w.sweep(func(ctx context.Context) error {
			_, err := w.offerings.Update(ctx, w.author, o.ID, func(o *offering.Offering) error { o.Status = offering.Modifying; return nil })
			return err
		})
		var given []offering.Given
		w.sweep(func(ctx context.Context) (err error) {
			given, err = w.offerings.Permit(ctx, w.author, w.publisher.ID, offering.Grant{
				Users: []workspace.UserID{w.alice.User, w.bob.User}, Licence: "x", Offerings: []offering.ID{o.ID},
			})
			return err
		})
		w.sweep(func(ctx context.Context) error {
			_, err := w.offerings.UpdatePermission(ctx, w.author, w.publisher.ID, given[0].ID, func(p *offering.Permission) error {
				p.End = w.now.Add(time.Hour)
				return nil
			})
			return err
		})
		w.sweep(func(ctx context.Context) error { return w.offerings.Revoke(ctx, w.author, w.publisher.ID, given[0].ID) })
		w.sweep(func(ctx context.Context) error { return w.offerings.Decline(ctx, w.bob, given[1].ID) })
		w.permit(w.alice, time.Time{}, o)
		w.sweep(func(ctx context.Context) error {
			return w.offerings.Report(ctx, w.author, offering.Traffic{Offering: o.ID, Hits: 1})
		})
		w.sweep(func(ctx context.Context) error { return w.offerings.Withdraw(ctx, w.author, o.ID) })
	})
}
