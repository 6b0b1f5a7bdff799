package workspace_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestProject(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		d, err := s.Create(s.ctx(), s.admin, workspace.Workspace{
			Name: "REST TEST", Organization: s.org.ID, Supervisor: s.boss.ID, CreatedBy: "x", UpdatedBy: "x",
			Project: workspace.Project{Number: " 01 ", Constructor: "dRofus AS", Type: 1, GrossArea: "01250.50", Status: "s"},
		})
		s.must(err)
		want := workspace.Project{Number: "01", Constructor: "dRofus AS", Type: 1, GrossArea: "1250.5", Status: "s"}
		if d.Project != want || d.CreatedBy != "root" || d.UpdatedBy != "root" || d.TechnicalName != "rest-test" {
			s.t.Errorf("made %+v", d.Workspace)
		}
		read, err := s.Workspace(s.ctx(), s.admin, d.ID)
		s.must(err)
		if read.Workspace != d.Workspace {
			s.t.Errorf("read %+v, made %+v", read.Workspace, d.Workspace)
		}
		update := func(actor workspace.Actor, id workspace.ID, change func(w *workspace.Workspace)) (workspace.Details, error) {
			return s.Update(s.ctx(), actor, id, func(w *workspace.Workspace) error { change(w); return nil })
		}
		s.clock.pass(time.Second)
		s.leaves(func() {
			changed, err := update(as(s.boss), d.ID, func(w *workspace.Workspace) { w.Project.Number, w.Project.Type = "1", 0 })
			s.must(err)
			if changed.Project.Number != "1" || changed.CreatedBy != "root" || changed.UpdatedBy != "boss" {
				s.t.Errorf("changed %+v", changed.Workspace)
			}
			_, err = update(as(s.boss), d.ID, func(w *workspace.Workspace) { w.Project.GrossArea = "1250.500" })
			s.must(err)
		}, "workspace.update")
		events, _, err := s.Audit(s.ctx(), s.admin, d.ID, audit.Filter{Newest: true, Limit: 1})
		s.must(err)
		if got := detail(s.t, events[0]); got["number"] != "1" || got["project_type"] != 0.0 || len(got) != 2 || !strings.Contains(string(events[0].Before), `"01"`) {
			s.t.Errorf("the trail tells %v, before %s", got, events[0].Before)
		}
		s.unchanged(func() {
			for field, change := range map[string]func(w *workspace.Workspace){
				"number":       func(w *workspace.Workspace) { w.Project.Number = strings.Repeat("1", 31) },
				"constructor":  func(w *workspace.Workspace) { w.Project.Constructor = "a\nb" },
				"project_type": func(w *workspace.Workspace) { w.Project.Type = -1 },
				"status":       func(w *workspace.Workspace) { w.Project.Status = strings.Repeat("a", 100) },
				"database":     func(w *workspace.Workspace) { w.Project.Database = "x" },
				"created_by":   func(w *workspace.Workspace) { w.CreatedBy = "x" },
				"updated_by":   func(w *workspace.Workspace) { w.UpdatedBy = "x" },
			} {
				_, err := update(s.admin, d.ID, change)
				wantInvalid(s.t, err, field)
			}
			for _, area := range []string{"-1", "1,5", "1e3", "1.23456", "1234567890123", ".5", "5.", "1.2.3", "+1", "NaN", "०", "."} {
				_, err := update(s.admin, d.ID, func(w *workspace.Workspace) { w.Project.GrossArea = area })
				wantInvalid(s.t, err, "gross_area")
			}
			// A project administrator edits no details.
			_, err := update(s.lead, s.in.ID, func(w *workspace.Workspace) { w.Project.Status = "x" })
			wantErr(s.t, err, rbac.ErrDenied)
		})
		for area, canonical := range map[string]string{
			"7": "7", strings.Repeat(" ", 2) + "8 ": "8", "0": "0", "000": "0", "0.50": "0.5", "00.0": "0", "999999999999.9999": "999999999999.9999", "": "", "10.00": "10",
		} {
			changed, err := update(s.admin, d.ID, func(w *workspace.Workspace) { w.Project.GrossArea = area })
			s.must(err)
			if changed.Project.GrossArea != canonical {
				s.t.Errorf("%q became %q", area, changed.Project.GrossArea)
			}
		}
		s.must(s.Deactivate(s.ctx(), workspace.Command("night watch"), d.ID))
		if read, err = s.Workspace(s.ctx(), s.admin, d.ID); err != nil || read.UpdatedBy != "night watch" {
			s.t.Errorf("deactivated by %q, %v", read.UpdatedBy, err)
		}
	})
}

func TestProjectDatabase(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		chief, owner := s.user("chief")
		s.must(s.AddOrganizationUser(s.ctx(), s.admin, s.org.ID, chief.ID))
		ours, theirs := s.realDatabase("ours", s.in), s.realDatabase("theirs", s.there)
		create := func(id workspace.DatabaseID) (workspace.Details, error) {
			return s.Create(s.ctx(), s.admin, workspace.Workspace{
				Name: "new", Organization: s.in.Organization, Supervisor: s.boss.ID, Project: workspace.Project{Database: id},
			})
		}
		s.unchanged(func() {
			for _, id := range []workspace.DatabaseID{theirs, "x"} {
				_, err := create(id)
				wantErr(s.t, err, workspace.ErrNotFound)
			}
		})
		made, err := create(ours)
		s.must(err)
		if made.Project.Database != ours || !made.Updated.Equal(made.Created) {
			s.t.Errorf("made %+v", made.Workspace)
		}
		set := func(actor workspace.Actor, in workspace.Workspace, id workspace.DatabaseID) error {
			return s.SetDatabase(s.ctx(), actor, in.ID, id)
		}
		s.leaves(func() {
			s.must(set(owner, s.other, ours))
			s.must(set(owner, s.other, ours))
		}, "workspace.set_database")
		s.unchanged(func() {
			wantErr(s.t, set(owner, s.other, theirs), workspace.ErrNotFound)
			wantErr(s.t, set(owner, s.other, "nowhere"), workspace.ErrNotFound)
			wantErr(s.t, set(s.lead, s.in, ""), rbac.ErrDenied)
			wantErr(s.t, set(as(s.boss), s.in, ""), rbac.ErrDenied)
			wantErr(s.t, set(owner, s.there, ""), workspace.ErrNotFound)
			// With its data in one owner's database a project does not go to another.
			_, err := s.Update(s.ctx(), s.admin, s.other.ID, func(w *workspace.Workspace) error { w.Organization = s.there.Organization; return nil })
			wantErr(s.t, err, workspace.ErrInUse)
		})
		list, n, err := s.Administered(s.ctx(), owner, workspace.Filter{Databases: []workspace.DatabaseID{ours}})
		s.must(err)
		if n != 3 || list[1].ID != s.other.ID || list[1].Project.Database != ours || list[1].UpdatedBy != "chief" {
			s.t.Errorf("in the database are %+v", list)
		}
		s.must(set(owner, s.other, ""))
		_, err = s.Update(s.ctx(), s.admin, s.other.ID, func(w *workspace.Workspace) error { w.Organization = s.there.Organization; return nil })
		s.must(err)
		// The catalogue tells neither where the data are nor who did what.
		_, err = s.Update(s.ctx(), s.admin, s.in.ID, func(w *workspace.Workspace) error { w.Public = true; return nil })
		s.must(err)
		shown, _, err := s.Catalog(s.ctx(), owner, workspace.Filter{Databases: []workspace.DatabaseID{theirs}})
		s.must(err)
		if len(shown) != 1 || shown[0].Project.Database != "" || shown[0].CreatedBy != "" || shown[0].UpdatedBy != "" {
			s.t.Errorf("the catalogue tells %+v", shown)
		}
	})
}

func TestDatabasesQuota(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		chief, owner := s.user("chief")
		o, err := s.CreateOrganization(s.ctx(), s.admin, workspace.Organization{Name: "O", DatabasesQuota: 100})
		s.must(err)
		s.must(s.AddOrganizationUser(s.ctx(), s.admin, o.ID, chief.ID))
		update := func(actor workspace.Actor, change func(o *workspace.Organization)) error {
			_, err := s.UpdateOrganization(s.ctx(), actor, o.ID, func(o *workspace.Organization) error { change(o); return nil })
			return err
		}
		limit := func() int64 {
			s.t.Helper()
			list, n, err := s.meter.Allocations(s.ctx(), quota.AllocationFilter{
				Holders: []quota.Holder{quota.Holder(o.ID)}, Pools: []quota.PoolID{workspace.DatabasesPool}, Slot: workspace.SlotDatabases,
			})
			s.must(err)
			if n == 0 {
				return -1
			}
			return list[0].Limit
		}
		wantErr(s.t, update(owner, func(o *workspace.Organization) { o.DatabasesQuota++ }), rbac.ErrDenied)
		s.must(update(s.admin, func(o *workspace.Organization) { o.DatabasesQuota = 200 }))
		if limit() != -1 {
			s.t.Errorf("a share of %d before there are databases", limit())
		}
		made, err := s.meter.Allocate(s.ctx(), quota.Allocation{
			Pool: workspace.DatabasesPool, Holder: quota.Holder(o.ID), Slot: workspace.SlotDatabases, Limit: 200,
		})
		s.must(err)
		for _, bound := range []int64{300, quota.NoLimit, 0} {
			s.must(update(s.admin, func(o *workspace.Organization) { o.DatabasesQuota = bound }))
			if limit() != bound {
				s.t.Errorf("a share of %d, want %d", limit(), bound)
			}
		}
		// What is used of it keeps the organization, and what there is of databases.
		s.must(update(s.admin, func(o *workspace.Organization) { o.DatabasesQuota = 10 }))
		s.must(s.meter.Consume(s.ctx(), made.ID, 1, quota.Reason{Kind: "database", Ref: "1"}))
		s.unchanged(func() { wantErr(s.t, s.DeleteOrganization(s.ctx(), s.admin, o.ID), workspace.ErrInUse) })
		s.must(s.meter.Release(s.ctx(), made.ID, 1, quota.Reason{Kind: "database", Ref: "1"}))
		in := s.workspace("here", s.boss, o.ID)
		id := s.realDatabase("real", in)
		s.must(s.SetDatabase(s.ctx(), s.admin, in.ID, ""))
		_, err = s.Update(s.ctx(), s.admin, in.ID, func(w *workspace.Workspace) error { w.Organization = ""; return nil })
		s.must(err)
		s.unchanged(func() { wantErr(s.t, s.DeleteOrganization(s.ctx(), s.admin, o.ID), workspace.ErrInUse) })
		s.must(s.db.Tx(s.ctx(), func(ctx context.Context) error { return s.db.Databases().DeleteDatabase(ctx, id, database.Ready) }))
		s.must(s.DeleteOrganization(s.ctx(), s.admin, o.ID))
		if limit() != -1 {
			s.t.Error("the organization is gone and its share is not")
		}
		wantErr(s.t, s.DeletePool(s.ctx(), s.admin, workspace.DatabasesPool), workspace.ErrInUse)
	})
}

func TestOwnerFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o, err := w.CreateOrganization(w.ctx(), w.admin, workspace.Organization{
		Name: "Test", Address: "1 Street\nCity", BillingAddress: "2 Street", Contact: " Ann ", TechContact: "Bob",
		Image: "https://example.org/logo.png", Network: "10.0.0.0/8", Note: "Two\nlines",
	})
	w.must(err)
	if o.Contact != "Ann" || o.Address != "1 Street\nCity" || o.DatabasesQuota != 0 {
		t.Errorf("made %+v", o)
	}
	w.leaves(func() {
		changed, err := w.UpdateOrganization(w.ctx(), w.admin, o.ID, func(o *workspace.Organization) error {
			o.Address, o.BillingAddress, o.Contact, o.TechContact = "a", "b", "c", "d"
			o.Image, o.Network, o.Note = "logo.png", "e", "f"
			return nil
		})
		w.must(err)
		if read, err := w.Organization(w.ctx(), w.admin, o.ID); err != nil || read != changed || read.Note != "f" {
			t.Errorf("read %+v, %v", read, err)
		}
	}, "organization.update")
	list, err := w.db.Trail().List(w.ctx(), audit.Filter{Newest: true, Limit: 1})
	w.must(err)
	if got := detail(t, list[0]); len(got) != 7 || got["billing_address"] != "b" {
		t.Errorf("the trail tells %v", got)
	}
	for field, change := range map[string]func(o *workspace.Organization){
		"address":         func(o *workspace.Organization) { o.Address = strings.Repeat("é", 1001) },
		"billing_address": func(o *workspace.Organization) { o.BillingAddress = "\x00" },
		"contact":         func(o *workspace.Organization) { o.Contact = "a\nb" },
		"tech_contact":    func(o *workspace.Organization) { o.TechContact = strings.Repeat("a", 256) },
		"network":         func(o *workspace.Organization) { o.Network = "\xff" },
		"note":            func(o *workspace.Organization) { o.Note = strings.Repeat("a", 4001) },
		"databases_quota": func(o *workspace.Organization) { o.DatabasesQuota = -1 },
	} {
		_, err := w.UpdateOrganization(w.ctx(), w.admin, o.ID, func(o *workspace.Organization) error { change(o); return nil })
		wantInvalid(t, err, field)
	}
	for _, image := range []string{"javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "java\tscript:x", "http://[", strings.Repeat("a", 256)} {
		_, err := w.UpdateOrganization(w.ctx(), w.admin, o.ID, func(o *workspace.Organization) error { o.Image = image; return nil })
		wantInvalid(t, err, "image")
	}
	w.must(w.DeleteOrganization(w.ctx(), w.admin, o.ID))
	list, err = w.db.Trail().List(w.ctx(), audit.Filter{Newest: true, Limit: 1})
	w.must(err)
	if before := string(list[0].Before); !strings.Contains(before, `"note":"f"`) || !strings.Contains(before, `"uploads_quota":0`) {
		t.Errorf("what there was is told as %s", before)
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"REST TEST": "rest-test", "Hôpital de l'Œuvre Ærø": "hopital-de-l-oeuvre-aero", "  --a__b--  ": "a__b", "東京": "workspace",
		"": "workspace", "../..": "workspace", "ẞtraße": "sstrasse", "Łódź ½": "lodz-1-2", strings.Repeat("ab ", 20): "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab",
		strings.Repeat("a", 29) + " b": strings.Repeat("a", 29),
	} {
		if got := workspace.Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestDerivedNames makes workspaces of one name, one after another and at once.
func TestDerivedNames(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		ada, _ := w.user("ada")
		name := strings.Repeat("Long ", 8)
		create := func(technical string) (workspace.Details, error) {
			return w.Create(w.ctx(), w.admin, workspace.Workspace{Name: name, TechnicalName: technical, Supervisor: ada.ID})
		}
		seen := map[string]bool{}
		for i := range 20 {
			d, err := create("")
			w.must(err)
			if seen[d.TechnicalName] || len(d.TechnicalName) > 30 || !strings.HasPrefix(d.TechnicalName, "long-long-") {
				t.Errorf("the %dth is called %q", i, d.TechnicalName)
			}
			if i > 0 && !strings.HasSuffix(d.TechnicalName, "-"+strconv.Itoa(i+1)) {
				t.Errorf("the %dth is called %q", i, d.TechnicalName)
			}
			seen[d.TechnicalName] = true
		}
		name = "At once"
		errs := race(func() error { _, err := create(""); return err }, func() error { _, err := create(""); return err },
			func() error { _, err := create(""); return err })
		w.must(errors.Join(errs...))
		for _, technical := range []string{"at-once", "at-once-2", "at-once-3"} {
			if n, err := w.db.Workspaces().CountWorkspaces(w.ctx(), workspace.Filter{TechnicalName: technical}); err != nil || n != 1 {
				t.Errorf("%d are called %s, %v", n, technical, err)
			}
		}
	})
}
