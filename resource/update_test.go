package resource_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func (w *world) update(who workspace.Actor, n rbac.Node, change func(r *resource.Resource)) (resource.Resource, error) {
	w.Helper()
	return w.resources.Update(w.Context(), who, n, func(r *resource.Resource) error {
		change(r)
		return nil
	})
}

// get returns a resource that somebody must be able to see.
func (w *world) get(who workspace.Actor, n rbac.Node) resource.Resource {
	w.Helper()
	r, err := w.resources.Resource(w.Context(), who, n)
	w.ok(err)
	return r
}

// rename returns a change of the name.
func rename(name string) func(*resource.Resource) {
	return func(r *resource.Resource) { r.DisplayName = name }
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		want := w.make(w.editor, resource.Draft{
			Class: "lookup_table", Parent: w.city.Num, DisplayName: "Roads", Keyname: "roads", Description: "old",
			Meta: map[string]any{"a": int64(1)}, Settings: resource.Settings{"lookup_table": {"items": map[string]any{"k": "v"}}},
		})
		since := len(w.trail())
		want.Updated = w.pass(time.Hour)
		want.DisplayName, want.Keyname, want.Description = "Streets", "streets", "<b>new</b>"
		want.Meta = map[string]any{"b": "c"}
		want.Settings["lookup_table"]["items"] = map[string]any{"k": "w"}
		got, err := w.update(w.editor, want.Num, func(r *resource.Resource) {
			r.DisplayName, r.Keyname, r.Description = " Streets ", "streets", "<b onclick='x()'>new</b>"
			r.Meta = map[string]any{"b": "c"}
			r.Settings["lookup_table"]["items"] = map[string]any{"k": "w"}
		})
		w.ok(err)
		if diff := compare(want, got); diff != "" {
			w.Errorf("updated (-want +got):\n%s", diff)
		}
		if diff := compare(want, w.get(w.viewer, want.Num)); diff != "" {
			w.Errorf("read (-want +got):\n%s", diff)
		}
		events := w.trail()[since:]
		if len(events) != 1 || events[0].Action != "resource.update" || events[0].Object.Name != "Streets" {
			w.Fatalf("trail %+v", events)
		}
		var before, after map[string]any
		w.ok(errors.Join(json.Unmarshal(events[0].Before, &before), json.Unmarshal(events[0].Detail, &after)))
		num := float64(want.Num)
		if diff := compare(map[string]any{"num": num, "display_name": "Roads", "keyname": "roads"}, before); diff != "" {
			w.Errorf("before (-want +got):\n%s", diff)
		}
		if diff := compare(map[string]any{
			"num": num, "display_name": "Streets", "keyname": "streets", "changed": []any{"description", "meta", "lookup_table.items"},
		}, after); diff != "" {
			w.Errorf("after (-want +got):\n%s", diff)
		}
		// What is no change leaves no trace.
		w.pass(time.Hour)
		w.untouched(func() {
			got, err := w.update(w.viewer, want.Num, rename("Streets"))
			w.ok(err)
			if diff := compare(want, got); diff != "" {
				w.Errorf("unchanged (-want +got):\n%s", diff)
			}
		})
	})
}

func TestUpdateRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.branch(w.city.Num)
		refused := func(want error, n rbac.Node, change func(r *resource.Resource)) error {
			w.Helper()
			return w.unchanged(want, func() error {
				_, err := w.update(w.root, n, change)
				return err
			})
		}
		for field, change := range map[string]func(r *resource.Resource){
			"id":            func(r *resource.Resource) { r.ID = "x" },
			"num":           func(r *resource.Resource) { r.Num++ },
			"workspace":     func(r *resource.Resource) { r.Workspace = w.club.ID },
			"parent":        func(r *resource.Resource) { r.Parent = w.club.Num },
			"class":         func(r *resource.Resource) { r.Class = "leaf" },
			"owner":         func(r *resource.Resource) { r.Owner = w.editor.Principal },
			"children":      func(r *resource.Resource) { r.Children = true },
			"created":       func(r *resource.Resource) { r.Created = r.Created.Add(1) },
			"updated":       func(r *resource.Resource) { r.Updated = r.Updated.Add(1) },
			"display_name":  rename("\x00"),
			"keyname":       func(r *resource.Resource) { r.Keyname = "é" },
			"description":   func(r *resource.Resource) { r.Description = strings.Repeat("x", 64<<10+1) },
			"meta":          func(r *resource.Resource) { r.Meta = map[string]any{"": 1} },
			"webmap":        func(r *resource.Resource) { r.Settings = resource.Settings{"webmap": {}} },
			"meta.unlikely": func(r *resource.Resource) { r.Meta = map[string]any{"unlikely": []any{}} },
		} {
			w.invalid(refused(workspace.ErrInvalid, n, change), field)
		}
		refused(resource.ErrNotFound, 1<<40, rename("new"))
		refused(resource.ErrRoot, w.city.Num, rename("new"))
		refused(resource.ErrRoot, rbac.Root, rename("new"))
		own := errors.New("no")
		w.unchanged(own, func() error {
			_, err := w.resources.Update(w.Context(), w.root, n, func(*resource.Resource) error { return own })
			return err
		})
		leaf := w.leaf(n)
		w.keeper.fails = own
		refused(nil, leaf, func(*resource.Resource) {}) // of what does not change no keeper is told
	})
}

// TestUpdateNeeds goes through what a change needs, on the resource itself.
func TestUpdateNeeds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		n := w.connection(w.city.Num).Num
		refused := func(perm rbac.Permission, change func(r *resource.Resource)) {
			w.Helper()
			w.denied(w.unchanged(rbac.ErrDenied, func() error {
				_, err := w.update(w.member, n, change)
				return err
			}), n, perm)
		}
		named := func(r *resource.Resource) { r.Keyname = "key" }
		described := func(r *resource.Resource) { r.Description = "new" }
		noted := func(r *resource.Resource) { r.Meta = map[string]any{"a": "b"} }
		hosted := func(r *resource.Resource) {
			r.Settings = resource.Settings{"postgis_connection": {"hostname": "other.example.org"}}
		}
		for _, change := range []func(*resource.Resource){func(*resource.Resource) {}, named} {
			refused(resource.Read, change)
		}
		w.grant(n, w.member.Principal, resource.Read, false)
		refused(resource.Update, rename("new"))
		refused(resource.Update, named)
		refused(resource.WriteMetadata, described)
		refused(resource.WriteMetadata, noted)
		refused(resource.WriteConnection, hosted)
		for _, perm := range []rbac.Permission{resource.Update, resource.WriteMetadata, resource.WriteConnection} {
			w.grant(n, w.member.Principal, perm, false)
		}
		// Writing needs the reading of the same.
		refused(resource.WriteMetadata, described)
		refused(resource.WriteConnection, hosted)
		w.grant(n, w.member.Principal, resource.ReadMetadata, false)
		w.grant(n, w.member.Principal, resource.ReadConnection, false)
		for _, change := range []func(*resource.Resource){rename("new"), named, described, noted, hosted} {
			_, err := w.update(w.member, n, change)
			w.ok(err)
		}
	})
}

// TestUpdateKeepsUnseen changes the name of what one does not see all of.
func TestUpdateKeepsUnseen(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		r := w.connection(w.city.Num)
		r, err := w.update(w.boss, r.Num, func(r *resource.Resource) { r.Description, r.Meta = "words", map[string]any{"a": 1.5} })
		w.ok(err)
		w.deny(r.Num, w.editor.Principal, resource.ReadConnection, false)
		w.deny(r.Num, w.editor.Principal, resource.ReadMetadata, false)
		seen, err := w.update(w.editor, r.Num, func(seen *resource.Resource) {
			if seen.Description != "" || seen.Meta != nil || len(seen.Settings["postgis_connection"]) != 0 {
				w.Errorf("the editor is shown %+v", seen)
			}
			seen.DisplayName = "new"
		})
		w.ok(err)
		if seen.DisplayName != "new" || seen.Description != "" || len(seen.Settings["postgis_connection"]) != 0 {
			w.Errorf("the editor sees %+v", seen)
		}
		r.DisplayName, r.Updated = "new", seen.Updated
		if diff := compare(r, w.get(w.boss, r.Num)); diff != "" {
			w.Errorf("what is there (-want +got):\n%s", diff)
		}
		// A password that comes back as it was shown is the same.
		_, err = w.update(w.boss, r.Num, func(r *resource.Resource) {
			delete(r.Settings["postgis_connection"], "password")
			r.Settings["postgis_connection"]["hostname"] = "other.example.org"
		})
		w.ok(err)
		values := w.get(w.boss, r.Num).Settings["postgis_connection"]
		if values["password"] != "s3cret&word" || values["hostname"] != "other.example.org" {
			w.Errorf("settings %v", values)
		}
	})
}

// TestNames are unique among siblings, and keynames in a workspace.
func TestNames(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.group(w.city.Num, "a"), w.group(w.city.Num, "b")
		_, err := w.update(w.boss, a.Num, func(r *resource.Resource) { r.Keyname = "key" })
		w.ok(err)
		taken := func(n rbac.Node, field string, by rbac.Node, change func(*resource.Resource)) {
			w.Helper()
			w.taken(w.unchanged(resource.ErrTaken, func() error {
				_, err := w.update(w.boss, n, change)
				return err
			}), field, by)
		}
		key := func(r *resource.Resource) { r.Keyname = "key" }
		taken(b.Num, "display_name", a.Num, rename("a"))
		taken(b.Num, "display_name", a.Num, rename(" a\t"))
		taken(b.Num, "keyname", a.Num, key)
		taken(w.group(a.Num, "b").Num, "keyname", a.Num, key) // wherever it lies
		for _, change := range []func(*resource.Resource){
			rename("A"), rename("b"), func(r *resource.Resource) { r.Keyname = "Key" }, func(r *resource.Resource) { r.Keyname = "" },
		} {
			_, err := w.update(w.boss, b.Num, change)
			w.ok(err)
		}
		w.lists(w.boss, resource.Filter{Keynames: []string{"key"}}, "a")
		elsewhere := w.make(w.admin, draft(w.club.Num, "a"))
		_, err = w.update(w.admin, elsewhere.Num, key)
		w.ok(err)
	})
}

// TestNamesAtOnce has two servers give the same name at the same moment: one of
// them is told that it is taken.
func TestNamesAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		servers := []*resource.Service{w.resources, w.another()}
		for _, d := range []resource.Draft{draft(w.city.Num, "a"), draft(w.city.Num, "b")} {
			made := at(2, func(i int) error {
				d := d
				if d.DisplayName == "b" {
					d.DisplayName, d.Keyname = []string{"b", "c"}[i], "key"
				}
				_, err := servers[i].Create(context.WithoutCancel(w.Context()), w.boss, d)
				return err
			})
			if (made[0] == nil) == (made[1] == nil) {
				w.Errorf("both end with %v", made)
			}
			w.wants(errors.Join(made...), resource.ErrTaken)
		}
	})
}

// at does some things at the same moment.
func at(n int, do func(i int) error) []error {
	errs := make([]error, n)
	ready, done := make(chan struct{}), make(chan struct{})
	for i := range n {
		go func() {
			<-ready
			errs[i] = do(i)
			done <- struct{}{}
		}()
	}
	close(ready)
	for range n {
		<-done
	}
	return errs
}

// TestUpdateReferences wants the reading of what a resource comes to refer to,
// and not of what it did before.
func TestUpdateReferences(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.leaf(w.city.Num), w.leaf(w.city.Num)
		n := w.grow("needer", w.city.Num, map[string]any{"must": int64(a)})
		elsewhere := w.leaf(w.club.Num)
		refer := func(name string, v any) func(*resource.Resource) {
			return func(r *resource.Resource) { r.Settings["needer"][name] = v }
		}
		w.deny(a, w.editor.Principal, resource.Read, false)
		w.deny(b, w.editor.Principal, resource.Read, false)
		_, err := w.update(w.editor, n, refer("word", "secret"))
		w.ok(err)
		w.denied(w.unchanged(rbac.ErrDenied, func() error {
			_, err := w.update(w.editor, n, refer("some", []any{int64(b)}))
			return err
		}), b, resource.Read)
		for _, to := range []rbac.Node{elsewhere, w.city.Num, 1 << 40} {
			w.invalid(w.unchanged(workspace.ErrInvalid, func() error {
				_, err := w.update(w.boss, n, refer("may", int64(to)))
				return err
			}), "needer.may")
		}
		_, err = w.update(w.boss, n, refer("some", []any{int64(b), int64(a), int64(b)}))
		w.ok(err)
		refs, err := w.db.Resources().Referrers(w.Context(), []rbac.Node{a, b})
		w.ok(err)
		if diff := compare([]resource.Reference{
			{From: n, Name: "needer.must", To: a}, {From: n, Name: "needer.some", To: a}, {From: n, Name: "needer.some", To: b},
		}, refs); diff != "" {
			w.Errorf("references (-want +got):\n%s", diff)
		}
	})
}

func TestUpdateSweep(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.leaf(w.city.Num)
		n := w.grow("wisher", w.city.Num, nil)
		w.sweep(func(ctx context.Context) error {
			return w.db.Tx(ctx, func(ctx context.Context) error {
				_, err := w.resources.Update(ctx, w.boss, n, func(r *resource.Resource) error {
					r.DisplayName, r.Keyname, r.Meta = "new", "new", map[string]any{"a": "b"}
					r.Settings["wisher"]["some"], r.Settings["wisher"]["word"] = []any{int64(a)}, "secret"
					return nil
				})
				return err
			})
		})
	})
}
