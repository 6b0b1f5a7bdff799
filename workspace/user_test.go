package workspace_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func TestUsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		var ada workspace.User
		w.leaves(func() {
			var err error
			ada, err = w.CreateUser(w.ctx(), w.admin, workspace.User{
				ID: "x", Num: 3, Username: "ada", Email: "ada@example.org", FirstName: " Ada ", LastCall: time.Now(), LastLogin: time.Now(),
			})
			w.must(err)
		}, "user.create")
		if ada.FirstName != "Ada" || ada.Language != "en" || !uid.Valid(string(ada.ID)) || !ada.LastCall.IsZero() || !ada.LastLogin.IsZero() || ada.Num == 3 {
			t.Errorf("made %+v", ada)
		}
		keys, documents, err := w.UserQuotas(w.ctx(), as(ada), ada.ID)
		w.must(err)
		if keys.Limit != 1000 || documents.Limit != 50_000_000 || keys.Slot != "keys" || documents.Slot != "documents" {
			t.Errorf("quotas %+v %+v", keys, documents)
		}
		me, err := w.Me(w.ctx(), as(ada))
		w.must(err)
		if me != ada {
			t.Errorf("me %+v, made %+v", me, ada)
		}
		limit := int64(5)
		w.leaves(func() {
			w.must(w.SetUserQuotas(w.ctx(), w.admin, ada.ID, &limit, nil))
			w.must(w.SetUserQuotas(w.ctx(), w.admin, ada.ID, &limit, nil))
			w.must(w.SetUserQuotas(w.ctx(), w.admin, ada.ID, nil, nil))
			wantErr(t, w.SetUserQuotas(w.ctx(), as(ada), ada.ID, &limit, nil), rbac.ErrDenied)
			negative := int64(-1)
			wantInvalid(t, w.SetUserQuotas(w.ctx(), w.admin, ada.ID, nil, &negative), "documents_quota")
			wantErr(t, w.SetUserQuotas(w.ctx(), w.admin, workspace.UserID(uid.New()), &limit, nil), workspace.ErrNotFound)
		}, "user.set_quotas")
		keys, _, err = w.UserQuotas(w.ctx(), w.admin, ada.ID)
		w.must(err)
		if keys.Limit != 5 {
			t.Errorf("keys %+v", keys)
		}
		_, err = w.Me(w.ctx(), workspace.Command("cli"))
		wantErr(t, err, workspace.ErrNotFound)
	})
}

func TestCreateUserRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ada := w.user("ada")
	good := workspace.User{Username: "new", Email: "new@example.org"}
	try := func(change func(u *workspace.User)) error {
		u := good
		change(&u)
		_, err := w.CreateUser(w.ctx(), w.admin, u)
		return err
	}
	before := dbtest.Fingerprint(t, w.db)
	for _, name := range []string{"", " a", "a ", "a:b", "a\x00", "a\n", strings.Repeat("a", 101), "\xff"} {
		wantInvalid(t, try(func(u *workspace.User) { u.Username = name }), "username")
	}
	for _, address := range []string{"", "a", "A <a@example.org>", "a@example.org ", "<a@example.org>", strings.Repeat("a", 250) + "@e.org"} {
		wantInvalid(t, try(func(u *workspace.User) { u.Email = address }), "email")
	}
	wantInvalid(t, try(func(u *workspace.User) { u.Language = "not a tag" }), "language")
	wantInvalid(t, try(func(u *workspace.User) { u.FirstName = strings.Repeat("a", 100) }), "first_name")
	wantInvalid(t, try(func(u *workspace.User) { u.LastName = "\x1b" }), "last_name")
	wantErr(t, try(func(u *workspace.User) { u.Username = "ADA" }), workspace.ErrTaken)
	wantErr(t, try(func(u *workspace.User) { u.Email = "ADA@example.org" }), workspace.ErrTaken)
	_, err := w.CreateUser(w.ctx(), ada, good)
	wantErr(t, err, rbac.ErrDenied)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root, err := w.Me(w.ctx(), w.admin)
	w.must(err)
	ada, adaActor := w.user("ada")
	bob, _ := w.user("bob")
	clerk, clerkActor := w.user("clerk")
	err = w.db.Tx(w.ctx(), func(ctx context.Context) error {
		_, err := w.rights.Grant(ctx, rbac.Rule{Node: rbac.Root, Effect: rbac.Allow, Principal: clerk.Num, Scope: "platform", Permission: "manage_users"})
		return err
	})
	w.must(err)
	update := func(actor workspace.Actor, id workspace.UserID, change func(u *workspace.User)) error {
		_, err := w.UpdateUser(w.ctx(), actor, id, func(u *workspace.User) error { change(u); return nil })
		return err
	}
	w.leaves(func() {
		w.must(update(adaActor, ada.ID, func(u *workspace.User) { u.FirstName, u.LastName, u.Language = "Ada", "L", "fr" }))
		w.must(update(adaActor, ada.ID, func(u *workspace.User) { u.FirstName = "Ada" }))
		w.must(update(clerkActor, ada.ID, func(u *workspace.User) { u.Technical = true }))
		w.must(update(clerkActor, ada.ID, func(u *workspace.User) { u.Technical = false }))
	}, "user.update", "user.update", "user.update")
	// He could have a new password sent to himself.
	wantErr(t, update(clerkActor, ada.ID, func(u *workspace.User) { u.Email = "clerk2@example.org" }), rbac.ErrDenied)
	wantErr(t, update(clerkActor, ada.ID, func(u *workspace.User) { u.Username = "clerk2" }), rbac.ErrDenied)
	before := dbtest.Fingerprint(t, w.db)
	for _, change := range []func(u *workspace.User){
		func(u *workspace.User) { u.Username = "x" }, func(u *workspace.User) { u.Email = "x@example.org" },
		func(u *workspace.User) { u.Administrator = true }, func(u *workspace.User) { u.Technical = true },
		func(u *workspace.User) { u.Disabled = true },
	} {
		wantErr(t, update(adaActor, ada.ID, change), rbac.ErrDenied)
		// Who manages users has no power over those who administer.
		wantErr(t, update(clerkActor, root.ID, change2(change, root)), rbac.ErrDenied)
	}
	wantErr(t, update(clerkActor, root.ID, func(u *workspace.User) { u.LastName = "x" }), rbac.ErrDenied)
	wantErr(t, update(clerkActor, clerk.ID, func(u *workspace.User) { u.Administrator = true }), rbac.ErrDenied)
	wantErr(t, update(adaActor, bob.ID, func(*workspace.User) {}), rbac.ErrDenied)
	wantErr(t, update(w.admin, root.ID, func(u *workspace.User) { u.Administrator = false }), workspace.ErrLastAdministrator)
	wantErr(t, update(w.admin, root.ID, func(u *workspace.User) { u.Disabled = true }), workspace.ErrLastAdministrator)
	wantInvalid(t, update(w.admin, ada.ID, func(u *workspace.User) { u.Num++ }), "num")
	wantErr(t, update(w.admin, ada.ID, func(u *workspace.User) { u.Username = "BOB" }), workspace.ErrTaken)
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("a refusal left something")
	}
	w.must(update(w.admin, ada.ID, func(u *workspace.User) { u.Administrator = true }))
	w.must(update(adaActor, root.ID, func(u *workspace.User) { u.Disabled = true }))
	for name, call := range map[string]func() error{
		"Me":      func() error { _, err := w.Me(w.ctx(), w.admin); return err },
		"Roles":   func() error { _, err := w.Roles(w.ctx(), w.admin); return err },
		"Catalog": func() error { _, _, err := w.Catalog(w.ctx(), w.admin, workspace.Filter{}); return err },
		"OrganizationCatalog": func() error {
			_, _, err := w.OrganizationCatalog(w.ctx(), w.admin, workspace.OrganizationFilter{})
			return err
		},
		"User":       func() error { _, err := w.User(w.ctx(), w.admin, root.ID); return err },
		"Touch":      func() error { return w.Touch(w.ctx(), w.admin) },
		"Users":      func() error { _, _, err := w.Users(w.ctx(), w.admin, workspace.UserFilter{}); return err },
		"UpdateUser": func() error { return update(w.admin, root.ID, func(u *workspace.User) { u.FirstName = "x" }) },
	} {
		if err := call(); err == nil {
			t.Errorf("%s serves a disabled user", name)
		}
	}
}

// change2 turns the change that would make somebody an administrator into the
// one that makes him none.
func change2(change func(u *workspace.User), was workspace.User) func(u *workspace.User) {
	return func(u *workspace.User) {
		change(u)
		if *u == was {
			u.Administrator = false
		}
	}
}

func TestTouch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, actor := w.user("ada")
	last := func() time.Time {
		u, err := w.User(w.ctx(), w.admin, ada.ID)
		w.must(err)
		return u.LastCall
	}
	w.leaves(func() {
		w.must(w.Touch(w.ctx(), actor))
		first := last()
		if first.IsZero() {
			t.Fatal("not noted")
		}
		w.clock.pass(59 * time.Second)
		w.must(w.Touch(w.ctx(), actor))
		if !last().Equal(first) {
			t.Error("noted twice in a minute")
		}
		w.clock.pass(time.Second)
		w.must(w.Touch(w.ctx(), actor))
		if !last().After(first) {
			t.Error("not noted a minute later")
		}
		w.must(w.Touch(w.ctx(), workspace.Command("cli")))
	})
}
