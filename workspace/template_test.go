package workspace_test

import (
	"context"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

func ownTemplate() mail.Template {
	return mail.Template{
		Kind: mail.Invitation, Language: "fr", Subject: "Chez nous", Text: "{{.link}}", HTML: `<a href="{{.link}}">{{.link}}</a>`,
	}
}

func TestMailTemplates(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := settle(t, db)
		o, other := w.organization("o", 100), w.organization("other", 100)
		ada, administrator := w.user("ada")
		w.must(w.AddOrganizationUser(w.ctx(), w.admin, o.ID, ada.ID))

		w.leaves(func() {
			put, err := w.PutMailTemplate(w.ctx(), administrator, o.ID, ownTemplate())
			if w.must(err); !put.Custom || put.Subject != "Chez nous" {
				t.Errorf("put %+v", put)
			}
		}, "organization.mail_template.put")
		list, err := w.MailTemplates(w.ctx(), administrator, o.ID)
		w.must(err)
		custom := 0
		for _, t := range list {
			if t.Custom {
				custom++
			}
		}
		if custom != 1 || len(list) != 16 {
			t.Errorf("%d of %d templates are its own", custom, len(list))
		}
		e, err := w.PreviewMail(w.ctx(), administrator, o.ID, mail.Invitation, "fr-CA")
		if w.must(err); e.Subject != "Chez nous" {
			t.Errorf("previewed %+v", e)
		}

		// He administers one organization and nothing of another.
		_, err = w.PutMailTemplate(w.ctx(), administrator, other.ID, ownTemplate())
		wantErr(t, err, workspace.ErrNotFound)
		_, err = w.PreviewMail(w.ctx(), administrator, other.ID, mail.Invitation, "fr")
		wantErr(t, err, workspace.ErrNotFound)
		// Who may see an organization may not change how its mails read.
		w.must(w.PutRole(w.ctx(), w.admin, rbac.Role{Name: "reader", Title: "R", Permissions: []rbac.Permission{workspace.ReadOrganization}}))
		bob, reader := w.user("bob")
		w.must(db.Tx(w.ctx(), func(ctx context.Context) error {
			_, err := w.rights.Grant(ctx, rbac.Rule{Node: o.Num, Effect: rbac.Allow, Principal: bob.Num, Role: "reader", Propagate: true})
			return err
		}))
		_, err = w.PutMailTemplate(w.ctx(), reader, o.ID, ownTemplate())
		wantErr(t, err, rbac.ErrDenied)
		wantErr(t, w.DeleteMailTemplate(w.ctx(), reader, o.ID, mail.Invitation, "fr"), rbac.ErrDenied)

		w.leaves(func() {
			odd := ownTemplate()
			odd.Text = "{{range 9}}{{end}}"
			_, err := w.PutMailTemplate(w.ctx(), administrator, o.ID, odd)
			wantInvalid(t, err, "text")
			_, err = w.PreviewMail(w.ctx(), administrator, o.ID, "other", "fr")
			wantInvalid(t, err, "kind")
			wantErr(t, w.DeleteMailTemplate(w.ctx(), administrator, o.ID, mail.PasswordReset, "fr"), workspace.ErrNotFound)
		})
		w.leaves(func() {
			w.must(w.DeleteMailTemplate(w.ctx(), administrator, o.ID, mail.Invitation, "fr"))
		}, "organization.mail_template.delete")
		// They go with their organization.
		_, err = w.PutMailTemplate(w.ctx(), w.admin, other.ID, ownTemplate())
		w.must(err)
		w.must(w.DeleteOrganization(w.ctx(), w.admin, other.ID))

		without := workspace.New(db.Workspaces(), w.rights, w.meter, db.Trail(), nil)
		_, err = without.MailTemplates(w.ctx(), administrator, o.ID)
		wantErr(t, err, workspace.ErrNoMailer)
		_, err = without.PutMailTemplate(w.ctx(), administrator, o.ID, ownTemplate())
		wantErr(t, err, workspace.ErrNoMailer)
		_, err = without.PreviewMail(w.ctx(), administrator, o.ID, mail.Invitation, "fr")
		wantErr(t, err, workspace.ErrNoMailer)
	})
}
