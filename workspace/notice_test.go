package workspace_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

func ownNotice(organization string) mail.Notice {
	return mail.Notice{
		Organization: organization, Name: "Welcome", Occasion: mail.NewUser, Subject: "Welcome {{ user.name }}", Body: "Hello {{ user.name }}",
	}
}

func (w *world) addNotice(organization workspace.OrganizationID) mail.Notice {
	w.t.Helper()
	n, err := w.AddNotice(w.ctx(), w.admin, ownNotice(string(organization)))
	w.must(err)
	return n
}

// sees wants an actor to be shown these notices, all of them in full but those
// that he may only name.
func (w *world) sees(who string, actor workspace.Actor, f mail.NoticeFilter, named []int64, want ...int64) {
	w.t.Helper()
	list, total, err := w.Notices(w.ctx(), actor, f)
	w.must(err)
	var got []int64
	for _, n := range list {
		got = append(got, n.Num)
		less := n == mail.Notice{Num: n.Num, Name: n.Name, Occasion: n.Occasion}
		if less != slices.Contains(named, n.Num) || n.Name == "" || n.Occasion == "" {
			w.t.Errorf("%s is shown %+v", who, n)
		}
		one, err := w.Notice(w.ctx(), actor, n.Num)
		if err != nil || one != n {
			w.t.Errorf("%s is shown %+v, %v; want %+v", who, one, err, n)
		}
	}
	if !slices.Equal(got, want) || total != len(want) {
		w.t.Errorf("%s is shown %v of %d, want %v", who, got, total, want)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		o, p, q := w.organization("o", 100), w.organization("p", 100), w.organization("q", 100)
		ada, administrator := w.user("ada")
		w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, ada.ID))
		sup, supervisor := w.user("sup")
		here := w.workspace("here", sup, p.ID)
		loose := w.workspace("loose", sup, "")
		_, project := w.member(here, "bob", workspace.RoleProjectAdministrator)
		_, member := w.member(here, "mel", workspace.RoleViewer)
		_, outside := w.member(loose, "out", workspace.RoleProjectAdministrator)
		ours, theirs, others, alls := w.addNotice(o.ID).Num, w.addNotice(p.ID).Num, w.addNotice(q.ID).Num, w.addNotice("").Num

		everything := mail.NoticeFilter{}
		w.sees("the platform's administrator", w.admin, everything, nil, 1, 2, ours, theirs, others, alls)
		w.sees("an organization's", administrator, everything, nil, 1, 2, ours, alls)
		w.sees("a project's", project, everything, []int64{theirs}, 1, 2, theirs, alls)
		w.sees("a supervisor", supervisor, everything, []int64{theirs}, 1, 2, theirs, alls)
		w.sees("one of a project of no organization", outside, everything, nil, 1, 2, alls)
		w.sees("a member", member, everything, nil)
		_, err := w.Notice(w.ctx(), member, 1)
		wantErr(t, err, workspace.ErrNotFound)
		for _, actor := range []workspace.Actor{project, administrator} {
			_, err := w.Notice(w.ctx(), actor, others)
			wantErr(t, err, workspace.ErrNotFound)
		}
		ids := func(list ...workspace.Organization) (ids []string) {
			for _, o := range list {
				ids = append(ids, string(o.ID))
			}
			return ids
		}
		w.sees("of another's", administrator, mail.NoticeFilter{Organizations: ids(p, q)}, nil)
		w.sees("of hers and another's", administrator, mail.NoticeFilter{Organizations: ids(p, o)}, nil, ours)
		w.sees("of hers and everybody's", administrator, mail.NoticeFilter{Organizations: ids(o), Platform: true}, nil, 1, 2, ours, alls)
		w.sees("of his", project, mail.NoticeFilter{Organizations: ids(o, p)}, []int64{theirs}, theirs)
		w.sees("by number", administrator, mail.NoticeFilter{Nums: []int64{ours, theirs, 2}}, nil, 2, ours)

		// Who administers the platform, but not each organization, is shown the rest.
		w.must(w.PutRole(w.ctx(), w.admin, rbac.Role{Name: "overseer", Title: "O", Permissions: []rbac.Permission{workspace.Administer}}))
		eve, overseer := w.user("eve")
		w.must(db.Tx(w.ctx(), func(ctx context.Context) error {
			_, err := w.rights.Grant(ctx, rbac.Rule{Node: rbac.Root, Effect: rbac.Allow, Principal: eve.Num, Role: "overseer", Propagate: true})
			return err
		}))
		w.sees("an overseer", overseer, everything, nil, 1, 2, alls)
	})
}

func TestNoticeChanges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		o, p := w.organization("o", 100), w.organization("p", 100)
		ada, administrator := w.user("ada")
		w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, ada.ID))
		sup, _ := w.user("sup")
		_, project := w.member(w.workspace("here", sup, o.ID), "bob", workspace.RoleProjectAdministrator)
		w.must(w.PutRole(w.ctx(), w.admin, rbac.Role{Name: "reader", Title: "R", Permissions: []rbac.Permission{workspace.ReadOrganization}}))
		rea, reader := w.user("rea")
		w.must(db.Tx(w.ctx(), func(ctx context.Context) error {
			_, err := w.rights.Grant(ctx, rbac.Rule{Node: o.Num, Effect: rbac.Allow, Principal: rea.Num, Role: "reader", Propagate: true})
			return err
		}))
		rename := func(n *mail.Notice) error { n.Name, n.Body = "Renamed", "Bye"; return nil }

		var n mail.Notice
		w.leaves(func() {
			var err error
			n, err = w.AddNotice(w.ctx(), administrator, ownNotice(string(o.ID)))
			if w.must(err); n.Num < 11 || n.Organization != string(o.ID) {
				t.Errorf("added %+v", n)
			}
		}, "organization.notice.put")
		var alls mail.Notice
		w.leaves(func() { alls = w.addNotice("") }, "notice.put")
		w.leaves(func() {
			changed, err := w.UpdateNotice(w.ctx(), administrator, n.Num, rename)
			if w.must(err); changed.Name != "Renamed" || changed.Body != "Bye" || changed.Subject != n.Subject {
				t.Errorf("changed %+v", changed)
			}
		}, "organization.notice.put")
		e, err := w.PreviewNotice(w.ctx(), administrator, ownNotice(string(o.ID)), map[string]any{"user": map[string]any{"name": "Zoé"}})
		if w.must(err); e.Subject != "Welcome Zoé" || e.Text != "Hello Zoé" {
			t.Errorf("previewed %+v", e)
		}

		w.leaves(func() { // nothing
			_, err := w.UpdateNotice(w.ctx(), administrator, n.Num, rename)
			w.must(err)
			own := errors.New("own")
			_, err = w.UpdateNotice(w.ctx(), administrator, n.Num, func(*mail.Notice) error { return own })
			wantErr(t, err, own)
			for field, change := range map[string]func(*mail.Notice){
				"num": func(n *mail.Notice) { n.Num++ }, "organization": func(n *mail.Notice) { n.Organization = string(p.ID) },
				"builtin": func(n *mail.Notice) { n.Builtin = true }, "created": func(n *mail.Notice) { n.Created = n.Created.AddDate(1, 0, 0) },
				"body": func(n *mail.Notice) { n.Body = "{% include 'x' %}" }, "subject": func(n *mail.Notice) { n.Subject = "" },
				"name": func(n *mail.Notice) { n.Name = "" },
			} {
				_, err = w.UpdateNotice(w.ctx(), administrator, n.Num, func(n *mail.Notice) error { change(n); return nil })
				wantInvalid(t, err, field)
			}
			bad := ownNotice(string(o.ID))
			bad.Body = "a\n{{ x | y }}"
			_, err = w.AddNotice(w.ctx(), administrator, bad)
			if wantInvalid(t, err, "body"); !strings.Contains(err.Error(), "line 2") {
				t.Errorf("without the line: %v", err)
			}
			_, err = w.PreviewNotice(w.ctx(), administrator, bad, nil)
			wantInvalid(t, err, "body")

			// What is built in is nobody's to change.
			_, err = w.UpdateNotice(w.ctx(), w.admin, 1, rename)
			wantErr(t, err, mail.ErrBuiltin)
			_, err = w.UpdateNotice(w.ctx(), w.admin, 1, func(*mail.Notice) error { return nil })
			wantErr(t, err, mail.ErrBuiltin)
			wantErr(t, w.DeleteNotice(w.ctx(), w.admin, 2), mail.ErrBuiltin)
			for _, num := range []int64{1, alls.Num} {
				_, err = w.UpdateNotice(w.ctx(), administrator, num, rename)
				wantErr(t, err, rbac.ErrDenied)
				wantErr(t, w.DeleteNotice(w.ctx(), administrator, num), rbac.ErrDenied)
			}
			for _, organization := range []string{"", string(p.ID), "nobody"} {
				want := workspace.ErrNotFound
				if organization == "" {
					want = rbac.ErrDenied
				}
				_, err = w.AddNotice(w.ctx(), administrator, ownNotice(organization))
				wantErr(t, err, want)
				_, err = w.PreviewNotice(w.ctx(), administrator, ownNotice(organization), nil)
				wantErr(t, err, want)
			}
			// Who may see an organization may not change what it sends.
			_, err = w.AddNotice(w.ctx(), reader, ownNotice(string(o.ID)))
			wantErr(t, err, rbac.ErrDenied)
			_, err = w.PreviewNotice(w.ctx(), reader, ownNotice(string(o.ID)), nil)
			wantErr(t, err, rbac.ErrDenied)
			_, err = w.UpdateNotice(w.ctx(), reader, n.Num, rename)
			wantErr(t, err, rbac.ErrDenied)
			wantErr(t, w.DeleteNotice(w.ctx(), reader, n.Num), rbac.ErrDenied)
			w.sees("who may see it", reader, mail.NoticeFilter{}, nil)
			// He is shown its name, and that is all.
			_, err = w.UpdateNotice(w.ctx(), project, n.Num, rename)
			wantErr(t, err, workspace.ErrNotFound)
			wantErr(t, w.DeleteNotice(w.ctx(), project, n.Num), workspace.ErrNotFound)
			wantErr(t, w.DeleteNotice(w.ctx(), w.admin, alls.Num+1), workspace.ErrNotFound)
		})
		w.leaves(func() { w.must(w.DeleteNotice(w.ctx(), administrator, n.Num)) }, "organization.notice.delete")
		w.leaves(func() { w.must(w.DeleteNotice(w.ctx(), w.admin, alls.Num)) }, "notice.delete")
		wantErr(t, w.DeleteNotice(w.ctx(), administrator, n.Num), workspace.ErrNotFound)

		// They go with their organization.
		w.addNotice(p.ID)
		w.must(w.DeleteOrganization(w.ctx(), w.admin, p.ID))
		w.sees("the administrator", w.admin, mail.NoticeFilter{}, nil, 1, 2)

		without := workspace.New(db.Workspaces(), w.rights, w.meter, db.Trail(), nil)
		_, _, err = without.Notices(w.ctx(), administrator, mail.NoticeFilter{})
		wantErr(t, err, workspace.ErrNoMailer)
		_, err = without.AddNotice(w.ctx(), administrator, ownNotice(string(o.ID)))
		wantErr(t, err, workspace.ErrNoMailer)
		_, err = without.UpdateNotice(w.ctx(), administrator, n.Num, rename)
		wantErr(t, err, workspace.ErrNoMailer)
		_, err = without.PreviewNotice(w.ctx(), administrator, ownNotice(string(o.ID)), nil)
		wantErr(t, err, workspace.ErrNoMailer)
	})
}
