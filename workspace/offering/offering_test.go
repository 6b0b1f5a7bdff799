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
		o, err := w.Offerings.Register(ctx, w.Author, offering.Offering{
			ID: "ignored", Type: "ignored", Allocation: "ignored", Num: 99,
			Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: "limites", Open: true, Available: true, URLs: urls,
		})
		w.OK(err)
		want := o
		want.Workspace, want.Endpoint, want.Type, want.LayerName = w.Publisher.ID, w.Endpoint.ID, "WFS", "limites"
		want.Status, want.Open, want.Available, want.URLs, want.Created, want.Updated = offering.Published, true, true, urls, w.Now(), w.Now()
		list, n, err := w.Offerings.Offerings(ctx, w.Author, w.Publisher.ID, offering.Filter{})
		w.OK(err)
		if diff := cmp.Diff([]offering.Offering{want}, list); diff != "" || n != 1 || o.ID == "ignored" || o.Num == 99 {
			w.Errorf("%d offerings, not the one that was registered:\n%s", n, diff)
		}
		w.may(workspace.Guest(""), o, true)
		private := w.Offering("private", false)
		w.may(workspace.Guest(""), private, false)
		w.may(w.Alice, private, false)
		if use := w.use(); use != 2 {
			w.Errorf("%d units used, want 2", use)
		}

		before := dbtest.Fingerprint(w, w.DB)
		try := func(field string, change func(o *offering.Offering)) {
			w.Helper()
			o := offering.Offering{Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: "name"}
			change(&o)
			_, err := w.Offerings.Register(ctx, w.Author, o)
			w.Invalid(err, field)
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
		_, err = w.Offerings.Register(ctx, w.Author, offering.Offering{Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: "limites"})
		w.Taken(err, "layer_name")
		_, err = w.Offerings.Register(ctx, w.Bob, offering.Offering{Workspace: w.Club.ID, Endpoint: w.Endpoint.ID, LayerName: "name"})
		w.Invalid(err, "endpoint") // it has no datastore
		_, err = w.Offerings.Register(ctx, w.Mallory, offering.Offering{Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: "name"})
		w.Wants(err, workspace.ErrNotFound)
		w.Join(w.Publisher, w.Alice, workspace.RoleUpload)
		after := dbtest.Fingerprint(w, w.DB)
		_, err = w.Offerings.Register(ctx, w.Alice, offering.Offering{Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: "name"})
		w.Wants(err, rbac.ErrDenied)
		if before == after || dbtest.Fingerprint(w, w.DB) != after {
			w.Error("something was kept")
		}
		w.Join(w.Publisher, w.Alice, workspace.RoleBroadcast)
		_, err = w.Offerings.Register(ctx, w.Alice, offering.Offering{Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: "name"})
		w.OK(err)
	})
}

func TestRegisterQuota(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var last offering.Offering
		for _, name := range []string{"a", "b", "c", "d"} {
			last = w.Offering(name, name == "a")
		}
		before := dbtest.Fingerprint(w, w.DB)
		_, err := w.Offerings.Register(w.Context(), w.Author, offering.Offering{
			Workspace: w.Publisher.ID, Endpoint: w.Endpoint.ID, LayerName: "e", Open: true,
		})
		w.Wants(err, quota.ErrExceeded)
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Error("something was kept of the fifth offering")
		}
		w.OK(w.Offerings.Withdraw(w.Context(), w.Author, last.ID))
		w.Offering("e", true)
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o := w.Offering("private", false)
		w.SetNow(w.Now().Add(time.Hour))
		urls := []quota.URL{{Type: "WFS", URL: "https://example.org/new"}}
		got, err := w.Offerings.Update(ctx, w.Author, o.ID, func(o *offering.Offering) error {
			o.Status, o.Available, o.URLs = offering.Unstable, false, urls
			o.ID, o.Open, o.LayerName, o.Workspace, o.Num = "x", true, "other", w.Club.ID, 1
			return nil
		})
		w.OK(err)
		want := o
		want.Status, want.Available, want.URLs, want.Updated = offering.Unstable, false, urls, w.Now()
		list, _, err := w.Offerings.Offerings(ctx, w.Author, w.Publisher.ID, offering.Filter{})
		w.OK(err)
		if diff := cmp.Diff([]offering.Offering{want, want}, append(list, got)); diff != "" {
			w.Errorf("not status, availability and addresses alone:\n%s", diff)
		}
		_, err = w.Offerings.Update(ctx, w.Author, o.ID, func(o *offering.Offering) error { o.Status = ""; return nil })
		w.Invalid(err, "status")
		_, err = w.Offerings.Update(ctx, w.Author, o.ID, func(*offering.Offering) error { return context.Canceled })
		w.Wants(err, context.Canceled)
		_, err = w.Offerings.Update(ctx, w.Author, nothing, func(*offering.Offering) error { return nil })
		w.Wants(err, offering.ErrNotFound)
	})
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o, other := w.Offering("private", false), w.Offering("other", false)
		alone, both := w.Permit(w.Alice, time.Time{}, o), w.Permit(w.Alice, time.Time{}, other, o)
		w.OK(w.Offerings.Withdraw(ctx, w.Author, o.ID))
		w.Wants(w.Offerings.Withdraw(ctx, w.Author, o.ID), offering.ErrNotFound)
		if use := w.use(); use != 1 {
			w.Errorf("%d units used, want 1", use)
		}
		list, n, err := w.Offerings.Permissions(ctx, w.Author, w.Publisher.ID, offering.PermissionFilter{})
		w.OK(err)
		if n != 1 || list[0].ID != both.ID || len(list[0].Offerings) != 1 || list[0].Offerings[0].ID != other.ID {
			w.Errorf("permissions %+v, want the one for the other offering, and that alone", list)
		}
		rules, err := w.Rights.Rules(ctx, rbac.RuleFilter{Principals: []rbac.Principal{w.Alice.Principal}})
		w.OK(err)
		for _, r := range rules {
			if r.Node == o.Num || r.Origin == "permission/"+string(alone.ID) {
				w.Errorf("a rule is left: %+v", r)
			}
		}
		if _, err := w.Rights.Check(ctx, w.Alice.Principal, o.Num, workspace.UseOffering, rbac.Latest()); err == nil {
			w.Error("its node is left")
		}
		w.may(w.Alice, other, true)
	})
}

// A deactivated workspace shows nothing, and nothing in it can be used.
func TestDeactivated(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o, free := w.Offering("private", false), w.Offering("free", true)
		p := w.Permit(w.Alice, time.Time{}, o)
		w.may(w.Alice, o, true)
		w.OK(w.Workspaces.Deactivate(ctx, w.Admin, w.Publisher.ID))
		w.may(w.Alice, o, false)
		w.may(workspace.Guest(""), free, false)
		_, _, err := w.Offerings.Offerings(ctx, w.Author, w.Publisher.ID, offering.Filter{})
		w.Wants(err, rbac.ErrDenied)
		_, err = w.Offerings.Permission(ctx, w.Author, w.Publisher.ID, p.ID)
		w.Wants(err, rbac.ErrDenied)
		w.Wants(w.Offerings.Withdraw(ctx, w.Author, o.ID), rbac.ErrDenied)
		w.Wants(w.Offerings.Revoke(ctx, w.Author, w.Publisher.ID, p.ID), rbac.ErrDenied)
		if list, n, err := w.Offerings.Offerings(ctx, w.Admin, w.Publisher.ID, offering.Filter{}); err != nil || n != 2 || len(list) != 2 {
			w.Errorf("an administrator sees %d, %v; want both", n, err)
		}
		w.OK(w.Workspaces.Activate(ctx, w.Admin, w.Publisher.ID))
		w.may(w.Alice, o, true)
		w.may(workspace.Guest(""), free, true)
	})
}

// Strangers, guests and the zero actor are refused by every method, and change
// nothing.
func TestStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	o := w.Offering("private", false)
	p := w.Permit(w.Alice, time.Time{}, o)
	in := w.Publisher.ID
	before := dbtest.Fingerprint(t, w.DB)
	for _, who := range []workspace.Actor{w.Mallory, workspace.Guest(""), {}} {
		ctx := t.Context()
		for name, try := range map[string]func() error{
			"Register": func() error {
				_, err := w.Offerings.Register(ctx, who, offering.Offering{Workspace: in, Endpoint: w.Endpoint.ID, LayerName: "x"})
				return err
			},
			"Update": func() error {
				_, err := w.Offerings.Update(ctx, who, o.ID, func(*offering.Offering) error { return nil })
				return err
			},
			"Withdraw": func() error { return w.Offerings.Withdraw(ctx, who, o.ID) },
			"Offerings": func() error {
				_, _, err := w.Offerings.Offerings(ctx, who, in, offering.Filter{})
				return err
			},
			"Permit": func() error {
				_, err := w.Offerings.Permit(ctx, who, in, offering.Grant{Users: []workspace.UserID{who.User}, Licence: "x", Offerings: []offering.ID{o.ID}})
				return err
			},
			"UpdatePermission": func() error {
				_, err := w.Offerings.UpdatePermission(ctx, who, in, p.ID, func(*offering.Permission) error { return nil })
				return err
			},
			"Revoke": func() error { return w.Offerings.Revoke(ctx, who, in, p.ID) },
			"Permission": func() error {
				_, err := w.Offerings.Permission(ctx, who, in, p.ID)
				return err
			},
			"Permissions": func() error {
				_, _, err := w.Offerings.Permissions(ctx, who, in, offering.PermissionFilter{})
				return err
			},
			"HeldPermission": func() error {
				_, err := w.Offerings.HeldPermission(ctx, who, p.ID)
				return err
			},
			"Decline": func() error { return w.Offerings.Decline(ctx, who, p.ID) },
			"Report":  func() error { return w.Offerings.Report(ctx, who, offering.Traffic{Offering: o.ID, Hits: 1}) },
			"Traffic": func() error {
				_, err := w.Offerings.Traffic(ctx, who, in, offering.TrafficFilter{})
				return err
			},
		} {
			if err := try(); err == nil {
				t.Errorf("%s lets %q pass", name, who.Name)
			}
		}
	}
	if _, _, err := w.Offerings.Held(t.Context(), workspace.Guest(""), true, true, offering.PermissionFilter{}); err == nil {
		t.Error("Held lets a guest pass")
	}
	if _, err := w.Offerings.MyTraffic(t.Context(), workspace.Guest(""), offering.TrafficFilter{}); err == nil {
		t.Error("MyTraffic lets a guest pass")
	}
	if dbtest.Fingerprint(t, w.DB) != before {
		t.Error("something changed")
	}
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		o, other := w.Offering("private", false), w.Offering("other", false)
		day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		report := func(at time.Time, t offering.Traffic) {
			w.Helper()
			t.At = at
			w.OK(w.Offerings.Report(ctx, w.Author, t))
		}
		key, p := nothing, offering.PermissionID("0190a0a0-0000-7000-8000-000000000001")
		paris := time.FixedZone("", 3600)
		report(day, offering.Traffic{Offering: o.ID, Key: key, Permission: p, User: w.Alice.User, Hits: 2, Bytes: 1 << 40})
		report(day.Add(24*time.Hour-1), offering.Traffic{Offering: o.ID, Key: key, Permission: p, User: w.Alice.User, Hits: 3, Workspace: w.Club.ID})
		report(time.Date(2026, 3, 2, 0, 30, 0, 0, paris), offering.Traffic{Offering: other.ID, Hits: 4}) // the day before in UTC
		report(day.AddDate(0, 0, 2), offering.Traffic{Offering: other.ID, User: w.Alice.User, Hits: 5, Bytes: 6})
		report(time.Time{}, offering.Traffic{Offering: other.ID, Hits: 7})

		at := func(n int, hits, bytes int64) offering.Day {
			return offering.Day{Day: day.AddDate(0, 0, n), Hits: hits, Bytes: bytes}
		}
		check := func(days []offering.Day, err error, want ...offering.Day) {
			w.Helper()
			w.OK(err)
			if diff := cmp.Diff(append([]offering.Day{}, want...), days); diff != "" {
				w.Errorf("days:\n%s", diff)
			}
		}
		ours := func(f offering.TrafficFilter, want ...offering.Day) {
			w.Helper()
			days, err := w.Offerings.Traffic(ctx, w.Author, w.Publisher.ID, f)
			check(days, err, want...)
		}
		mine := func(f offering.TrafficFilter, want ...offering.Day) {
			w.Helper()
			days, err := w.Offerings.MyTraffic(ctx, w.Alice, f)
			check(days, err, want...)
		}
		ours(offering.TrafficFilter{}, at(0, 16, 1<<40), at(2, 5, 6))
		ours(offering.TrafficFilter{User: w.Bob.User, Key: "x"}, at(0, 16, 1<<40), at(2, 5, 6))
		ours(offering.TrafficFilter{Permission: p}, at(0, 5, 1<<40))
		ours(offering.TrafficFilter{Endpoint: w.Endpoint.ID, Since: day.Add(time.Hour), Until: day.Add(2 * time.Hour)}, at(0, 16, 1<<40))
		ours(offering.TrafficFilter{Since: day.AddDate(0, 0, 1)}, at(2, 5, 6))
		ours(offering.TrafficFilter{Until: day.AddDate(0, 0, 1)}, at(0, 16, 1<<40))
		ours(offering.TrafficFilter{Endpoint: nothing})
		mine(offering.TrafficFilter{}, at(0, 5, 1<<40), at(2, 5, 6))
		mine(offering.TrafficFilter{User: w.Bob.User, Key: key}, at(0, 5, 1<<40))
		days, err := w.Offerings.MyTraffic(ctx, w.Bob, offering.TrafficFilter{User: w.Alice.User})
		check(days, err)
		w.Invalid(w.Offerings.Report(ctx, w.Author, offering.Traffic{Offering: o.ID, Hits: -1}), "hits")
		w.Invalid(w.Offerings.Report(ctx, w.Author, offering.Traffic{Offering: o.ID, Bytes: -1}), "bytes")
		w.Invalid(w.Offerings.Report(ctx, w.Author, offering.Traffic{Offering: o.ID, Bytes: 1<<53 + 1}), "bytes")
		w.Invalid(w.Offerings.Report(ctx, w.Author, offering.Traffic{Offering: o.ID, Key: "x"}), "key")
		w.Wants(w.Offerings.Report(ctx, w.Author, offering.Traffic{Offering: nothing}), offering.ErrNotFound)
	})
}
