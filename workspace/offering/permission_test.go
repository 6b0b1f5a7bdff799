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
		first, second := w.Offering("first", false), w.Offering("second", false)
		end := w.Now().Add(time.Hour)
		given, err := w.Offerings.Permit(ctx, w.Author, w.Publisher.ID, offering.Grant{
			Users: []workspace.UserID{w.Mallory.User, w.Alice.User}, Licence: "Accès restreint", End: end, OnlyOAuth: true,
			Offerings: []offering.ID{second.ID, first.ID},
		})
		w.OK(err)
		if len(given) != 2 || given[0].User != w.Mallory.User || given[1].ToUser.Num != w.Alice.Principal ||
			given[0].ToCommunity != nil || given[0].Author.ID != w.Publisher.ID || given[0].Num == 0 {
			w.Fatalf("given %+v", given)
		}
		if mail := given[0].ToUser.Email; mail != "" {
			w.Errorf("it tells the address %s", mail)
		}
		list, n, err := w.Offerings.Permissions(ctx, w.Author, w.Publisher.ID, offering.PermissionFilter{})
		w.OK(err)
		if diff := cmp.Diff(given, list); diff != "" || n != 2 {
			w.Errorf("%d permissions, not those that were given:\n%s", n, diff)
		}
		if got := list[0].Offerings; got[0].ID != second.ID || got[1].ID != first.ID || !list[0].End.Equal(end) || !list[0].OnlyOAuth {
			w.Errorf("permission %+v", list[0])
		}
		for _, o := range []offering.Offering{first, second} {
			w.may(w.Alice, o, true)
			w.may(w.Mallory, o, true)
			w.may(w.Bob, o, false)
		}
		w.SetNow(end)
		w.may(w.Alice, first, false)
		club := w.Grant(offering.Grant{Communities: []workspace.ID{w.Club.ID}}, first)
		if club.ToCommunity.ID != w.Club.ID || club.ToUser != nil {
			w.Errorf("given to %+v", club)
		}
		w.may(w.Alice, first, true)
		w.may(w.Bob, first, true)
		w.may(w.Mallory, first, false)
		w.Join(w.Club, w.Mallory)
		w.may(w.Mallory, first, true)
	})
}

func TestPermitInvalid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	o := w.Offering("private", false)
	before := dbtest.Fingerprint(t, w.DB)
	try := func(field string, change func(g *offering.Grant)) {
		w.Helper()
		g := offering.Grant{Users: []workspace.UserID{w.Alice.User}, Licence: "x", Offerings: []offering.ID{o.ID}}
		change(&g)
		_, err := w.Offerings.Permit(t.Context(), w.Author, w.Publisher.ID, g)
		w.Invalid(err, field)
	}
	try("users", func(g *offering.Grant) { g.Users = nil })
	try("communities", func(g *offering.Grant) { g.Communities = []workspace.ID{w.Club.ID} })
	try("users[1]", func(g *offering.Grant) { g.Users = append(g.Users, nothing) })
	try("users[1]", func(g *offering.Grant) { g.Users = append(g.Users, w.Alice.User) })
	try("communities[0]", func(g *offering.Grant) { g.Users, g.Communities = nil, []workspace.ID{nothing} })
	try("communities[1]", func(g *offering.Grant) { g.Users, g.Communities = nil, []workspace.ID{w.Club.ID, w.Club.ID} })
	try("offerings", func(g *offering.Grant) { g.Offerings = nil })
	try("offerings[1]", func(g *offering.Grant) { g.Offerings = append(g.Offerings, nothing) })
	try("offerings[1]", func(g *offering.Grant) { g.Offerings = append(g.Offerings, o.ID) })
	try("licence", func(g *offering.Grant) { g.Licence = "" })
	try("licence", func(g *offering.Grant) { g.Licence = strings.Repeat("é", 256) })
	try("end_date", func(g *offering.Grant) { g.End = w.Now() })
	_, err := w.Offerings.Permit(t.Context(), w.Bob, w.Club.ID, offering.Grant{
		Users: []workspace.UserID{w.Bob.User}, Licence: "x", Offerings: []offering.ID{o.ID},
	})
	w.Invalid(err, "offerings[0]") // another workspace's
	if dbtest.Fingerprint(t, w.DB) != before {
		t.Error("something was kept")
	}
}

func TestUpdatePermission(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		first, second := w.Offering("first", false), w.Offering("second", false)
		p := w.Permit(w.Alice, w.Now().Add(time.Hour), first)
		update := func(change func(p *offering.Permission)) (offering.Given, error) {
			return w.Offerings.UpdatePermission(ctx, w.Author, w.Publisher.ID, p.ID, func(p *offering.Permission) error {
				change(p)
				return nil
			})
		}
		w.SetNow(w.Now().Add(time.Minute))
		got, err := update(func(p *offering.Permission) {
			p.Licence, p.End, p.Offerings = "autre", time.Time{}, []offering.Offering{{ID: second.ID}}
			p.User, p.Community, p.OnlyOAuth, p.ID, p.Workspace = w.Bob.User, w.Club.ID, true, "x", "y"
		})
		w.OK(err)
		want := p
		want.Licence, want.End, want.Offerings, want.Updated = "autre", time.Time{}, []offering.Offering{second}, w.Now()
		read, err := w.Offerings.Permission(ctx, w.Author, w.Publisher.ID, p.ID)
		w.OK(err)
		if diff := cmp.Diff([]offering.Given{want, want}, []offering.Given{got, read}); diff != "" {
			w.Errorf("not licence, end and offerings alone:\n%s", diff)
		}
		w.may(w.Alice, first, false)
		w.may(w.Alice, second, true)
		w.SetNow(w.Now().AddDate(50, 0, 0))
		w.may(w.Alice, second, true)

		_, err = update(func(p *offering.Permission) { p.End = w.Now() })
		w.Invalid(err, "end_date")
		_, err = update(func(p *offering.Permission) { p.Offerings = nil })
		w.Invalid(err, "offerings")
		_, err = update(func(p *offering.Permission) { p.Offerings = []offering.Offering{first, first} })
		w.Invalid(err, "offerings[1]")
		_, err = update(func(p *offering.Permission) { p.Offerings = []offering.Offering{{ID: nothing}} })
		w.Invalid(err, "offerings[0]")
		_, err = update(func(p *offering.Permission) { p.Licence = "" })
		w.Invalid(err, "licence")

		// One that has ended may be changed, and stays ended.
		end := w.Now().Add(time.Hour)
		_, err = update(func(p *offering.Permission) { p.End = end })
		w.OK(err)
		w.SetNow(end)
		_, err = update(func(p *offering.Permission) { p.Licence, p.Offerings = "again", []offering.Offering{first} })
		w.OK(err)
		w.may(w.Alice, first, false)
		_, err = update(func(p *offering.Permission) { p.End = end.Add(time.Hour) })
		w.OK(err)
		w.may(w.Alice, first, true)

		// Only in the workspace whose it is.
		_, err = w.Offerings.UpdatePermission(ctx, w.Bob, w.Club.ID, p.ID, func(*offering.Permission) error { return nil })
		w.Wants(err, offering.ErrNotFound)
		w.Wants(w.Offerings.Revoke(ctx, w.Bob, w.Club.ID, p.ID), offering.ErrNotFound)
		_, err = w.Offerings.Permission(ctx, w.Bob, w.Club.ID, p.ID)
		w.Wants(err, offering.ErrNotFound)
		w.OK(w.Offerings.Revoke(ctx, w.Author, w.Publisher.ID, p.ID))
		w.may(w.Alice, first, false)
		w.Wants(w.Offerings.Revoke(ctx, w.Author, w.Publisher.ID, p.ID), offering.ErrNotFound)
	})
}

func TestHeld(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o := w.Offering("private", false)
		mine, ours := w.Permit(w.Alice, time.Time{}, o), w.Grant(offering.Grant{Communities: []workspace.ID{w.Club.ID}}, o)
		theirs := w.Permit(w.Bob, time.Time{}, o)
		held := func(who workspace.Actor, personal, community bool, want ...offering.PermissionID) {
			w.Helper()
			list, n, err := w.Offerings.Held(ctx, who, personal, community, offering.PermissionFilter{
				User: theirs.User, Communities: []workspace.ID{w.Club.ID}, // no way to ask for others'
			})
			w.OK(err)
			var got []offering.PermissionID
			for _, g := range list {
				got = append(got, g.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" || n != len(want) {
				w.Errorf("%s holds (%d):\n%s", who.Name, n, diff)
			}
		}
		held(w.Alice, true, true, mine.ID, ours.ID)
		held(w.Alice, true, false, mine.ID)
		held(w.Alice, false, true, ours.ID)
		held(w.Alice, false, false)
		held(w.Mallory, true, true)
		held(w.Mallory, false, true)
		got, err := w.Offerings.HeldPermission(ctx, w.Alice, ours.ID)
		w.OK(err)
		if diff := cmp.Diff(ours, got); diff != "" {
			w.Errorf("held:\n%s", diff)
		}
		_, err = w.Offerings.HeldPermission(ctx, w.Alice, theirs.ID)
		w.Wants(err, offering.ErrNotFound)
		w.Wants(w.Offerings.Decline(ctx, w.Alice, theirs.ID), offering.ErrNotFound)
		w.Wants(w.Offerings.Decline(ctx, w.Alice, ours.ID), offering.ErrPersonal)
		w.OK(w.Offerings.Decline(ctx, w.Alice, mine.ID))
		w.Wants(w.Offerings.Decline(ctx, w.Alice, mine.ID), offering.ErrNotFound)
		held(w.Alice, true, true, ours.ID)
		w.OK(w.Workspaces.Leave(ctx, w.Alice, w.Club.ID))
		held(w.Alice, true, true)
	})
}

// Each change is in the trail of the workspace whose offerings they are.
func TestTrail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	ctx := t.Context()
	before := len(w.Trail())
	o := w.Offering("private", false)
	p := w.Permit(w.Alice, time.Time{}, o)
	_, err := w.Offerings.UpdatePermission(ctx, w.Author, w.Publisher.ID, p.ID, func(*offering.Permission) error { return nil })
	w.OK(err)
	w.OK(w.Offerings.Decline(ctx, w.Alice, p.ID))
	w.Permit(w.Alice, time.Time{}, o)
	_, err = w.Offerings.Update(ctx, w.Author, o.ID, func(*offering.Offering) error { return nil })
	w.OK(err)
	w.OK(w.Offerings.Withdraw(ctx, w.Author, o.ID))
	var actions []string
	for _, e := range w.Trail()[before:] {
		actions = append(actions, e.Action)
		if e.Workspace != string(w.Publisher.ID) || e.Object.ID == "" || !e.At.Equal(w.Now()) || e.Via != "basic" || e.Address == "" {
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
		w.Sweep(func(ctx context.Context) (err error) {
			o, err = w.Offerings.Register(ctx, w.Author, offering.Offering{
				Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: "swept", Open: true,
			})
			return err
		})
		w.Sweep(func(ctx context.Context) error {
			_, err := w.Offerings.Update(ctx, w.Author, o.ID, func(o *offering.Offering) error { o.Status = offering.Modifying; return nil })
			return err
		})
		var given []offering.Given
		w.Sweep(func(ctx context.Context) (err error) {
			given, err = w.Offerings.Permit(ctx, w.Author, w.Publisher.ID, offering.Grant{
				Users: []workspace.UserID{w.Alice.User, w.Bob.User}, Licence: "x", Offerings: []offering.ID{o.ID},
			})
			return err
		})
		w.Sweep(func(ctx context.Context) error {
			_, err := w.Offerings.UpdatePermission(ctx, w.Author, w.Publisher.ID, given[0].ID, func(p *offering.Permission) error {
				p.End = w.Now().Add(time.Hour)
				return nil
			})
			return err
		})
		w.Sweep(func(ctx context.Context) error { return w.Offerings.Revoke(ctx, w.Author, w.Publisher.ID, given[0].ID) })
		w.Sweep(func(ctx context.Context) error { return w.Offerings.Decline(ctx, w.Bob, given[1].ID) })
		w.Permit(w.Alice, time.Time{}, o)
		w.Sweep(func(ctx context.Context) error {
			return w.Offerings.Report(ctx, w.Author, offering.Traffic{Offering: o.ID, Hits: 1})
		})
		w.Sweep(func(ctx context.Context) error { return w.Offerings.Withdraw(ctx, w.Author, o.ID) })
	})
}
