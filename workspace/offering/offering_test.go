package offering_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

const nothing = "0190a0a0-0000-7000-8000-000000000000"

func TestRegister(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		urls := []quota.URL{{Type: "WFS", URL: "https://example.org/wfs"}}
		o, err := w.offerings.Register(ctx, w.author, offering.Offering{
			ID: "ignored", Type: "ignored", Allocation: "ignored", Num: 99,
			Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: "limites", Open: true, Available: true, URLs: urls,
		})
		w.ok(err)
		want := o
		want.Workspace, want.Endpoint, want.Type, want.LayerName = w.publisher.ID, w.endpoint.ID, "WFS", "limites"
		want.Status, want.Open, want.Available, want.URLs, want.Created, want.Updated = offering.Published, true, true, urls, w.now, w.now
		list, n, err := w.offerings.Offerings(ctx, w.author, w.publisher.ID, offering.Filter{})
		w.ok(err)
		if diff := cmp.Diff([]offering.Offering{want}, list); diff != "" || n != 1 || o.ID == "ignored" || o.Num == 99 {
			w.Errorf("%d offerings, not the one that was registered:\n%s", n, diff)
		}
		w.may(workspace.Guest(""), o, true)
		private := w.offering("private", false)
		w.may(workspace.Guest(""), private, false)
		w.may(w.alice, private, false)
		if use := w.use(); use != 2 {
			w.Errorf("%d units used, want 2", use)
		}

		before := dbtest.Fingerprint(w, w.db)
		try := func(field string, change func(o *offering.Offering)) {
			w.Helper()
			o := offering.Offering{Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: "name"}
			change(&o)
			_, err := w.offerings.Register(ctx, w.author, o)
			w.invalid(err, field)
		}
		try("endpoint", func(o *offering.Offering) { o.Endpoint = nothing })
		try("layer_name", func(o *offering.Offering) { o.LayerName = "" })
		try("layer_name", func(o *offering.Offering) { o.LayerName = strings.Repeat("x", 256) })
		try("layer_name", func(o *offering.Offering) { o.LayerName = "a\x00" })
		try("status", func(o *offering.Offering) { o.Status = "OTHER" })
		try("urls[0].type", func(o *offering.Offering) { o.URLs = []quota.URL{{URL: "https://example.org"}} })
		try("urls[1].url", func(o *offering.Offering) {
			o.URLs = []quota.URL{{Type: "WFS", URL: "https://example.org"}, {Type: "WFS", URL: "javascript:alert(1)"}}
		})
		_, err = w.offerings.Register(ctx, w.author, offering.Offering{Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: "limites"})
		w.taken(err, "layer_name")
		_, err = w.offerings.Register(ctx, w.bob, offering.Offering{Workspace: w.club.ID, Endpoint: w.endpoint.ID, LayerName: "name"})
		w.invalid(err, "endpoint") // it has no datastore
		_, err = w.offerings.Register(ctx, w.mallory, offering.Offering{Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: "name"})
		w.wants(err, workspace.ErrNotFound)
		w.join(w.publisher, w.alice, workspace.RoleUpload)
		after := dbtest.Fingerprint(w, w.db)
		_, err = w.offerings.Register(ctx, w.alice, offering.Offering{Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: "name"})
		w.wants(err, rbac.ErrDenied)
		if before == after || dbtest.Fingerprint(w, w.db) != after {
			w.Error("something was kept")
		}
		w.join(w.publisher, w.alice, workspace.RoleBroadcast)
		_, err = w.offerings.Register(ctx, w.alice, offering.Offering{Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: "name"})
		w.ok(err)
	})
}

func TestRegisterQuota(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var last offering.Offering
		for _, name := range []string{"a", "b", "c", "d"} {
			last = w.offering(name, name == "a")
		}
		before := dbtest.Fingerprint(w, w.db)
		_, err := w.offerings.Register(w.Context(), w.author, offering.Offering{
			Workspace: w.publisher.ID, Endpoint: w.endpoint.ID, LayerName: "e", Open: true,
		})
		w.wants(err, quota.ErrExceeded)
		if dbtest.Fingerprint(w, w.db) != before {
			w.Error("something was kept of the fifth offering")
		}
		w.ok(w.offerings.Withdraw(w.Context(), w.author, last.ID))
		w.offering("e", true)
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o := w.offering("private", false)
		w.now = w.now.Add(time.Hour)
		urls := []quota.URL{{Type: "WFS", URL: "https://example.org/new"}}
		got, err := w.offerings.Update(ctx, w.author, o.ID, func(o *offering.Offering) error {
			o.Status, o.Available, o.URLs = offering.Unstable, false, urls
			o.ID, o.Open, o.LayerName, o.Workspace, o.Num = "x", true, "other", w.club.ID, 1
			return nil
		})
		w.ok(err)
		want := o
		want.Status, want.Available, want.URLs, want.Updated = offering.Unstable, false, urls, w.now
		list, _, err := w.offerings.Offerings(ctx, w.author, w.publisher.ID, offering.Filter{})
		w.ok(err)
		if diff := cmp.Diff([]offering.Offering{want, want}, append(list, got)); diff != "" {
			w.Errorf("not status, availability and addresses alone:\n%s", diff)
		}
		_, err = w.offerings.Update(ctx, w.author, o.ID, func(o *offering.Offering) error { o.Status = ""; return nil })
		w.invalid(err, "status")
		_, err = w.offerings.Update(ctx, w.author, o.ID, func(*offering.Offering) error { return context.Canceled })
		w.wants(err, context.Canceled)
		_, err = w.offerings.Update(ctx, w.author, nothing, func(*offering.Offering) error { return nil })
		w.wants(err, offering.ErrNotFound)
	})
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o, other := w.offering("private", false), w.offering("other", false)
		alone, both := w.permit(w.alice, time.Time{}, o), w.permit(w.alice, time.Time{}, other, o)
		w.ok(w.offerings.Withdraw(ctx, w.author, o.ID))
		w.wants(w.offerings.Withdraw(ctx, w.author, o.ID), offering.ErrNotFound)
		if use := w.use(); use != 1 {
			w.Errorf("%d units used, want 1", use)
		}
		list, n, err := w.offerings.Permissions(ctx, w.author, w.publisher.ID, offering.PermissionFilter{})
		w.ok(err)
		if n != 1 || list[0].ID != both.ID || len(list[0].Offerings) != 1 || list[0].Offerings[0].ID != other.ID {
			w.Errorf("permissions %+v, want the one for the other offering, and that alone", list)
		}
		rules, err := w.rights.Rules(ctx, rbac.RuleFilter{Principals: []rbac.Principal{w.alice.Principal}})
		w.ok(err)
		for _, r := range rules {
			if r.Node == o.Num || r.Origin == "permission/"+string(alone.ID) {
				w.Errorf("a rule is left: %+v", r)
			}
		}
		if _, err := w.rights.Check(ctx, w.alice.Principal, o.Num, workspace.UseOffering, rbac.Latest()); err == nil {
			w.Error("its node is left")
		}
		w.may(w.alice, other, true)
	})
}

// A deactivated workspace shows nothing, and nothing in it can be used.
func TestDeactivated(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o, free := w.offering("private", false), w.offering("free", true)
		p := w.permit(w.alice, time.Time{}, o)
		w.may(w.alice, o, true)
		w.ok(w.workspaces.Deactivate(ctx, w.admin, w.publisher.ID))
		w.may(w.alice, o, false)
		w.may(workspace.Guest(""), free, false)
		_, _, err := w.offerings.Offerings(ctx, w.author, w.publisher.ID, offering.Filter{})
		w.wants(err, rbac.ErrDenied)
		_, err = w.offerings.Permission(ctx, w.author, w.publisher.ID, p.ID)
		w.wants(err, rbac.ErrDenied)
		w.wants(w.offerings.Withdraw(ctx, w.author, o.ID), rbac.ErrDenied)
		w.wants(w.offerings.Revoke(ctx, w.author, w.publisher.ID, p.ID), rbac.ErrDenied)
		if list, n, err := w.offerings.Offerings(ctx, w.admin, w.publisher.ID, offering.Filter{}); err != nil || n != 2 || len(list) != 2 {
			w.Errorf("an administrator sees %d, %v; want both", n, err)
		}
		w.ok(w.workspaces.Activate(ctx, w.admin, w.publisher.ID))
		w.may(w.alice, o, true)
		w.may(workspace.Guest(""), free, true)
	})
}

// Strangers, guests and the zero actor are refused by every method, and change
// nothing.
func TestStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Kinds()[0])
	o := w.offering("private", false)
	p := w.permit(w.alice, time.Time{}, o)
	in := w.publisher.ID
	before := dbtest.Fingerprint(t, w.db)
	for _, who := range []workspace.Actor{w.mallory, workspace.Guest(""), {}} {
		ctx := t.Context()
		for name, try := range map[string]func() error{
			"Register": func() error {
				_, err := w.offerings.Register(ctx, who, offering.Offering{Workspace: in, Endpoint: w.endpoint.ID, LayerName: "x"})
				return err
			},
			"Update": func() error {
				_, err := w.offerings.Update(ctx, who, o.ID, func(*offering.Offering) error { return nil })
				return err
			},
			"Withdraw": func() error { return w.offerings.Withdraw(ctx, who, o.ID) },
			"Offerings": func() error {
				_, _, err := w.offerings.Offerings(ctx, who, in, offering.Filter{})
				return err
			},
			"Permit": func() error {
				_, err := w.offerings.Permit(ctx, who, in, offering.Grant{Users: []workspace.UserID{who.User}, Licence: "x", Offerings: []offering.ID{o.ID}})
				return err
			},
			"UpdatePermission": func() error {
				_, err := w.offerings.UpdatePermission(ctx, who, in, p.ID, func(*offering.Permission) error { return nil })
				return err
			},
			"Revoke": func() error { return w.offerings.Revoke(ctx, who, in, p.ID) },
			"Permission": func() error {
				_, err := w.offerings.Permission(ctx, who, in, p.ID)
				return err
			},
			"Permissions": func() error {
				_, _, err := w.offerings.Permissions(ctx, who, in, offering.PermissionFilter{})
				return err
			},
			"HeldPermission": func() error {
				_, err := w.offerings.HeldPermission(ctx, who, p.ID)
				return err
			},
			"Decline": func() error { return w.offerings.Decline(ctx, who, p.ID) },
			"Report":  func() error { return w.offerings.Report(ctx, who, offering.Traffic{Offering: o.ID, Hits: 1}) },
			"Traffic": func() error {
				_, err := w.offerings.Traffic(ctx, who, in, offering.TrafficFilter{})
				return err
			},
		} {
			if err := try(); err == nil {
				t.Errorf("%s lets %q pass", name, who.Name)
			}
		}
	}
	if _, _, err := w.offerings.Held(t.Context(), workspace.Guest(""), true, true, offering.PermissionFilter{}); err == nil {
		t.Error("Held lets a guest pass")
	}
	if _, err := w.offerings.MyTraffic(t.Context(), workspace.Guest(""), offering.TrafficFilter{}); err == nil {
		t.Error("MyTraffic lets a guest pass")
	}
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("something changed")
	}
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o, other := w.offering("private", false), w.offering("other", false)
		day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		report := func(at time.Time, t offering.Traffic) {
			w.Helper()
			t.At = at
			w.ok(w.offerings.Report(ctx, w.author, t))
		}
		key, p := nothing, offering.PermissionID("0190a0a0-0000-7000-8000-000000000001")
		paris := time.FixedZone("", 3600)
		report(day, offering.Traffic{Offering: o.ID, Key: key, Permission: p, User: w.alice.User, Hits: 2, Bytes: 1 << 40})
		report(day.Add(24*time.Hour-1), offering.Traffic{Offering: o.ID, Key: key, Permission: p, User: w.alice.User, Hits: 3, Workspace: w.club.ID})
		report(time.Date(2026, 3, 2, 0, 30, 0, 0, paris), offering.Traffic{Offering: other.ID, Hits: 4}) // the day before in UTC
		report(day.AddDate(0, 0, 2), offering.Traffic{Offering: other.ID, User: w.alice.User, Hits: 5, Bytes: 6})
		report(time.Time{}, offering.Traffic{Offering: other.ID, Hits: 7})

		at := func(n int, hits, bytes int64) offering.Day {
			return offering.Day{Day: day.AddDate(0, 0, n), Hits: hits, Bytes: bytes}
		}
		check := func(days []offering.Day, err error, want ...offering.Day) {
			w.Helper()
			w.ok(err)
			if diff := cmp.Diff(append([]offering.Day{}, want...), days); diff != "" {
				w.Errorf("days:\n%s", diff)
			}
		}
		ours := func(f offering.TrafficFilter, want ...offering.Day) {
			w.Helper()
			days, err := w.offerings.Traffic(ctx, w.author, w.publisher.ID, f)
			check(days, err, want...)
		}
		mine := func(f offering.TrafficFilter, want ...offering.Day) {
			w.Helper()
			days, err := w.offerings.MyTraffic(ctx, w.alice, f)
			check(days, err, want...)
		}
		ours(offering.TrafficFilter{}, at(0, 16, 1<<40), at(2, 5, 6))
		ours(offering.TrafficFilter{User: w.bob.User, Key: "x"}, at(0, 16, 1<<40), at(2, 5, 6))
		ours(offering.TrafficFilter{Permission: p}, at(0, 5, 1<<40))
		ours(offering.TrafficFilter{Endpoint: w.endpoint.ID, Since: day.Add(time.Hour), Until: day.Add(2 * time.Hour)}, at(0, 16, 1<<40))
		ours(offering.TrafficFilter{Since: day.AddDate(0, 0, 1)}, at(2, 5, 6))
		ours(offering.TrafficFilter{Until: day.AddDate(0, 0, 1)}, at(0, 16, 1<<40))
		ours(offering.TrafficFilter{Endpoint: nothing})
		mine(offering.TrafficFilter{}, at(0, 5, 1<<40), at(2, 5, 6))
		mine(offering.TrafficFilter{User: w.bob.User, Key: key}, at(0, 5, 1<<40))
		days, err := w.offerings.MyTraffic(ctx, w.bob, offering.TrafficFilter{User: w.alice.User})
		check(days, err)
		w.invalid(w.offerings.Report(ctx, w.author, offering.Traffic{Offering: o.ID, Hits: -1}), "hits")
		w.invalid(w.offerings.Report(ctx, w.author, offering.Traffic{Offering: o.ID, Bytes: -1}), "bytes")
		w.invalid(w.offerings.Report(ctx, w.author, offering.Traffic{Offering: o.ID, Bytes: 1<<53 + 1}), "bytes")
		w.invalid(w.offerings.Report(ctx, w.author, offering.Traffic{Offering: o.ID, Key: "x"}), "key")
		w.wants(w.offerings.Report(ctx, w.author, offering.Traffic{Offering: nothing}), offering.ErrNotFound)
	})
}
