package database_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

func TestCreate(t *testing.T) {
	each(t, func(w *world) {
		var d database.Database
		w.leaves(func() { d = w.database("akl-test") }, "database.create")
		if d.Num == 0 || d.Organization != w.owner.ID || d.State != database.Ready || d.Size == 0 || d.Counted != d.Size ||
			!d.Measured.Equal(w.Now()) || d.CreatedBy != "manager" || !d.Created.Equal(w.Now()) || d.Locked {
			w.Errorf("made is %+v", d)
		}
		read, err := w.dbs.Database(w.Context(), w.manager, "akl-test")
		w.OK(err)
		if read != d {
			w.Errorf("read is %+v, want %+v", read, d)
		}
		w.consistent()
		w.fill("akl-test", 100)
		copied, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "copy", Template: "akl-test"})
		w.OK(err)
		if n := w.rooms("copy"); n != 100 || copied.Template != "akl-test" || copied.Size <= d.Size {
			w.Errorf("the copy has %d rooms and is %+v", n, copied)
		}
		if found, err := w.dbs.Find(w.Context(), w.manager, []workspace.DatabaseID{d.ID, copied.ID, "x"}); err != nil || len(found) != 2 || found[d.ID] != d {
			w.Errorf("found %+v, %v", found, err)
		}
		stats, err := w.dbs.Stats(w.Context(), w.manager, "copy")
		if err != nil || stats.Size != copied.Size || stats.Sessions != 0 {
			w.Errorf("stats %+v, %v", stats, err)
		}
		w.consistent()
	})
}

// What is refused leaves nothing, and nothing was asked for.
func TestCreateRefused(t *testing.T) {
	each(t, func(w *world) {
		w.database("there")
		w.OK(w.real.Provisioner.Create(w.Context(), "stray", ""))
		_, err := w.dbs.Create(w.Context(), w.foreign, w.rival.ID, database.Draft{Name: "theirs"})
		w.OK(err)
		before := w.used(w.owner)
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Create" {
				w.Error("something was made")
			}
			return nil
		})
		create := func(name, template database.Name) error {
			_, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: name, Template: template})
			return err
		}
		for _, name := range hostile() {
			w.Wants(create(database.Name(name), ""), database.ErrName)
			w.Invalid(create("fine", database.Name(name)), "template")
		}
		w.Wants(create("there", ""), database.ErrExists)
		w.Wants(create("stray", ""), database.ErrExists)
		w.Wants(create("theirs", ""), database.ErrExists)
		w.Invalid(create("fine", "nowhere"), "template")
		w.Invalid(create("fine", "theirs"), "template") // which he must not know to exist
		w.Invalid(create("fine", "stray"), "template")
		_, err = w.dbs.Create(w.Context(), w.manager, w.rival.ID, database.Draft{Name: "fine"})
		w.Wants(err, workspace.ErrNotFound)
		_, err = w.dbs.Create(w.Context(), w.manager, "nowhere", database.Draft{Name: "fine"})
		w.Wants(err, workspace.ErrNotFound)
		without := database.New(w.DB.Databases(), nil, w.Workspaces, w.Rights, w.Quotas, w.DB.Trail(), nil)
		_, err = without.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "fine"})
		w.Wants(err, database.ErrNoProvisioner)
		w.real.fail(nil)
		if len(w.rows()) != 2 || w.used(w.owner) != before {
			w.Errorf("left are %+v", w.rows())
		}
		w.OK(w.real.Provisioner.Drop(w.Context(), "stray"))
		w.consistent()
	})
}

// hostile are what is no name, and must reach nobody.
func hostile() []string {
	return []string{
		"../x", "..", ".", "/etc/passwd", "a/b", "a\\b", "a\x00b", "a'b", `a"b`, "a;b", "a b", "a\nb", "a\n", " a", "A", "É", "-a", "_a", "1a",
		"a.sqlite", "a--\u00a0", strings.Repeat("a", 49), "\xff", "a%2e%2e", "${HOME}", "$(id)", "`id`",
	}
}

// A template that everybody may copy is told to everybody.
func TestTemplates(t *testing.T) {
	each(t, func(w *world) {
		w.OK(w.real.Provisioner.Create(w.Context(), "dev-template", ""))
		w.fill("dev-template", 10)
		w.dbs = w.service(&database.Options{Templates: []database.Name{"dev-template"}})
		for _, who := range []workspace.Actor{w.manager, w.Mallory} {
			list, err := w.dbs.Templates(w.Context(), who)
			if err != nil || len(list) != 1 || list[0] != "dev-template" {
				w.Errorf("templates %v, %v", list, err)
			}
		}
		_, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "copy", Template: "dev-template"})
		w.OK(err)
		if n := w.rooms("copy"); n != 10 {
			w.Errorf("%d rooms", n)
		}
		w.OK(w.real.Provisioner.Drop(w.Context(), "dev-template"))
		_, err = w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "again", Template: "dev-template"})
		w.Invalid(err, "template")
		w.consistent()
	})
}

// A copy has all that its template holds: whoever makes one may back that up.
func TestTemplateOfAProject(t *testing.T) {
	each(t, func(w *world) {
		w.database("theirs")
		one, two := w.project("one", "theirs"), w.project("two", "theirs")
		// He manages another organization, and is a member here.
		for what, c := range map[string]struct {
			perms []workspace.Workspace
			also  []workspace.Workspace
			want  string
		}{
			"sees none":          {nil, nil, "hidden"},
			"may see":            {nil, []workspace.Workspace{one}, "denied"},
			"may back up one":    {[]workspace.Workspace{one}, nil, "denied"},
			"may back up all":    {[]workspace.Workspace{one, two}, nil, ""},
			"sees one, backs up": {[]workspace.Workspace{two}, []workspace.Workspace{one}, "denied"},
		} {
			name := strings.Map(func(r rune) rune {
				if r < 'a' || r > 'z' {
					return '-'
				}
				return r
			}, what)
			actor := w.member(name, c.perms, workspace.ReadDatabase, workspace.BackUpDatabase)
			for _, p := range c.also {
				w.Join(p, actor)
				w.give(actor, p, workspace.ReadDatabase)
			}
			w.OK(w.Workspaces.AddOrganizationUser(w.Context(), w.Admin, w.rival.ID, actor.User))
			_, err := w.dbs.Create(w.Context(), actor, w.rival.ID, database.Draft{Name: database.Name("copy-" + name), Template: "theirs"})
			switch c.want {
			case "hidden":
				w.Invalid(err, "template")
			case "denied":
				w.denied(what, err)
			default:
				if err != nil {
					w.Errorf("%s: %v", what, err)
				}
			}
		}
		w.consistent()
	})
}

// A template keeps its name while it is copied.
func TestTemplateHeld(t *testing.T) {
	each(t, func(w *world) {
		w.database("a")
		other := w.service(nil)
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Create" {
				_, err := other.Rename(w.Context(), w.manager, "a", "b")
				w.Wants(err, database.ErrBusy)
				w.Wants(other.Delete(w.Context(), w.manager, "a"), database.ErrBusy)
			}
			return nil
		})
		_, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "copy", Template: "a"})
		w.OK(err)
		w.real.fail(nil)
		_, err = other.Rename(w.Context(), w.manager, "a", "b")
		w.OK(err)
		w.consistent()
	})
}

// An organization that has no room for a template gets nothing.
func TestCreateExceeds(t *testing.T) {
	each(t, func(w *world) {
		// The first time, there is no share yet.
		w.limit(1)
		_, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "first"})
		w.Wants(err, quota.ErrExceeded)
		w.limit(10_000_000)
		d := w.database("small")
		w.fill("small", 2000)
		w.OK(w.dbs.Measure(w.Context()))
		large := w.rows()[0].Size
		w.limit(large + d.Size + 10)
		for _, c := range []struct {
			draft database.Draft
			fits  bool
		}{
			{database.Draft{Name: "copy", Template: "small"}, false},
			{database.Draft{Name: "empty"}, true},
			{database.Draft{Name: "second"}, false},
		} {
			w.real.fail(func(method string, name database.Name) error {
				if method == "Create" && name == "copy" {
					w.Error("it was copied, and how large it is was known")
				}
				return nil
			})
			_, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, c.draft)
			exceeded, ok := errors.AsType[*quota.ExceededError](err)
			if c.fits {
				w.OK(err)
				continue
			}
			if !ok || exceeded.Holder != quota.Holder(w.owner.ID) || exceeded.Kind != quota.Databases {
				w.Errorf("%+v: %v, want an ExceededError", c.draft, err)
			}
		}
		w.real.fail(nil)
		if len(w.rows()) != 2 {
			w.Errorf("there are %+v", w.rows())
		}
		w.consistent()
	})
}

// Whatever fails, what there was is taken back at once, also where the caller has
// gone.
func TestCreateUndone(t *testing.T) {
	each(t, func(w *world) {
		broken := errors.New("broken")
		create := func(ctx context.Context) error {
			_, err := w.dbs.Create(ctx, w.manager, w.owner.ID, database.Draft{Name: "new"})
			return err
		}
		w.leaves(func() {
			for _, method := range []string{"Create", "Stats"} {
				made := false
				w.real.fail(func(asked string, _ database.Name) error {
					if asked == method && (method == "Create" || made) {
						return broken
					}
					made = made || asked == "Create"
					return nil
				})
				w.Wants(create(w.Context()), broken)
				w.real.fail(nil)
				w.consistent()
			}
			// Somebody makes one by hand at that moment, which is not ours.
			w.real.fail(func(asked string, name database.Name) error {
				if asked == "Create" {
					return w.real.Provisioner.Create(w.Context(), name, "")
				}
				return nil
			})
			w.Wants(create(w.Context()), database.ErrExists)
			w.real.fail(nil)
			if there := w.there(); len(there) != 1 || len(w.rows()) != 0 || w.used(w.owner) != 0 {
				w.Errorf("there are %v, known %v", there, w.rows())
			}
			w.OK(w.real.Provisioner.Drop(w.Context(), "new"))
			for _, step := range []string{"announced", "created"} {
				ctx, cancel := context.WithCancel(w.Context())
				w.dbs.AtStep(func(name string) {
					if name == step {
						cancel()
					}
				})
				w.Wants(create(ctx), context.Canceled)
				w.consistent()
			}
			w.dbs.AtStep(func(string) {})
		})
		w.OK(create(w.Context()))
		w.consistent()
	})
}

// What cannot be taken back at once is later.
func TestCreateUndoneLater(t *testing.T) {
	each(t, func(w *world) {
		broken := errors.New("broken")
		w.real.fail(func(method string, _ database.Name) error {
			if method == "Drop" || method == "Create" && len(w.there()) > 0 {
				return broken
			}
			return nil
		})
		w.dbs.AtStep(func(name string) {
			if name == "created" {
				w.limit(1)
			}
		})
		_, err := w.dbs.Create(w.Context(), w.manager, w.owner.ID, database.Draft{Name: "new"})
		w.Wants(err, quota.ErrExceeded)
		w.Wants(err, broken)
		w.Wants(w.dbs.Reconcile(w.Context()), broken)
		if list, n, err := w.dbs.Databases(w.Context(), w.manager, database.Filter{}); err != nil || n != 0 || len(list) != 0 {
			w.Errorf("shown are %v, %d, %v", list, n, err)
		}
		w.real.fail(nil)
		w.OK(w.dbs.Reconcile(w.Context()))
		w.consistent()
		if len(w.rows()) != 0 {
			w.Errorf("there are %v", w.rows())
		}
	})
}
