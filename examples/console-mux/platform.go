package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/storage/blob"
	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/smtp"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// Options are what the program is told.
type options struct{ listen, database, folder, password string }

// A platform is everything that the console shows, in a folder.
type platform struct {
	services *transport.Services
	listener net.Listener // where it can be reached
	ends     []func() error
}

// close ends it, last what came first.
func (p *platform) close() error {
	var all error
	for _, end := range slices.Backward(p.ends) {
		all = errors.Join(all, end())
	}
	return all
}

// open makes a platform, with a few people in it if there is nobody.
func open(ctx context.Context, o options) (p *platform, err error) {
	p = &platform{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	folder := o.folder
	if folder == "" {
		if folder, err = os.MkdirTemp("", "console"); err != nil {
			return p, err
		}
		p.ends = append(p.ends, func() error { return os.RemoveAll(folder) })
	}
	// First, since links in mails begin with where the program is.
	if p.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", cmp.Or(o.listen, "127.0.0.1:0")); err != nil {
		return p, err
	}
	p.ends = append(p.ends, func() error { _ = p.listener.Close(); return nil }) // serving has closed it already
	db, err := storage.Open(ctx, cmp.Or(o.database, "sqlite:"+filepath.Join(folder, "bailiwick.db")), nil)
	if err != nil {
		return p, err
	}
	p.ends = append(p.ends, db.Close)
	if _, err = db.Migrate(ctx, time.Now()); err != nil {
		return p, err
	}
	files, err := blob.Open(ctx, filepath.Join(folder, "files"))
	if err != nil {
		return p, err
	}
	p.ends = append(p.ends, files.Close)
	if p.services, err = assemble(db, files, folder, "http://"+p.listener.Addr().String()+"/tools"); err != nil {
		return p, err
	}
	ending, end := context.WithCancel(ctx)
	delivered := make(chan struct{})
	go func() { defer close(delivered); p.services.Mail.Run(ending, time.Second) }()
	p.ends = append(p.ends, func() error { end(); <-delivered; return nil })
	return p, populate(ctx, p.services, o.password)
}

// assemble puts the services together: those of the tree, of databases and of
// mails too, since the console has pages for all of them.
func assemble(db *storage.DB, files *blob.Bucket, folder, base string) (*transport.Services, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // a program that starts again keeps its own
	sealer, failed := apikey.NewSealer(secret)
	signer, unsigned := audit.NewSeal(secret)
	letters, unsent := mail.New(db.Mail(), smtp.NewFolder(filepath.Join(folder, "mail")), &mail.Options{Sealer: sealer})
	made, nowhere := provision.OpenFolder(filepath.Join(folder, "databases"), nil)
	classes := resource.Default()
	schema, unclear := resource.Schema(classes)
	if err := errors.Join(failed, unsigned, unsent, nowhere, unclear); err != nil {
		return nil, err
	}
	rules, quotas, trail := rbac.New(db.Rules(), schema, nil), quota.New(db.Quotas(), nil), db.Trail()
	keepers := map[string]resource.Keeper{}
	resources := resource.New(db.Resources(), classes, rules, quotas, trail, keepers, &resource.Options{Sealer: sealer})
	uploads := upload.New(db.Uploads(), files, nil)
	features := feature.New(db.Features(), uploads, resources, rules, quotas, trail, nil)
	keepers["vector_layer"] = features
	first := &passwords{}
	workspaces := workspace.New(db.Workspaces(), rules, quotas, trail, &workspace.Options{
		Signer: signer, Sealer: sealer, Mailer: letters, Contents: resources, Passwords: first,
		PublicURL: base, InvitationURL: "/admin/invitation#token={token}",
	})
	first.Service = signin.New(db.SignIn(), rules, trail, &signin.Options{
		Accounts: workspaces, Reach: workspaces, Mail: letters, ResetURL: base + "/password?token={token}",
	})
	offerings := offering.New(db.Offerings(), workspaces, rules, quotas, trail, nil)
	return &transport.Services{
		Workspaces: workspaces, Offerings: offerings, SignIn: first.Service, Quotas: quotas, Rules: rules,
		Resources: resources, Features: features, Uploads: uploads, Mail: letters, PublicURL: base, Tx: db.Tx,
		Keys:       apikey.New(db.Keys(), offerings, rules, quotas, trail, &apikey.Options{Sealer: sealer}),
		AccessKeys: accesskey.New(db.AccessKeys(), rules, quotas, trail, &accesskey.Options{Sealer: sealer, Coverer: rules}),
		Databases: database.New(db.Databases(), made, workspaces, rules, quotas, trail, &database.Options{
			Files: files,
		}),
		Trail:       audit.New(trail, &audit.Options{Signer: signer}),
		Idempotency: idempotency.New(db.Idempotency(), &idempotency.Options{Sealer: sealer}),
		// It is served on this machine alone, and without TLS.
		InsecureCookies: true,
	}, nil
}

// passwords are those of accounts that are made by accepting an invitation.
type passwords struct{ *signin.Service }

// Set sets the first password of an account.
func (p *passwords) Set(ctx context.Context, id workspace.UserID, password string) error {
	return p.SetPassword(ctx, workspace.Command("invitation"), id, password)
}

// populate makes an administrator and a workspace with three people.
func populate(ctx context.Context, s *transport.Services, password string) error {
	setup := workspace.Command("setup")
	_, n, err := s.Workspaces.Users(ctx, setup, workspace.UserFilter{Limit: 1})
	if err != nil || n > 0 {
		return err
	}
	people := map[string]workspace.User{}
	for _, name := range []string{"admin", "ada", "charles", "mary"} {
		u, err := s.Workspaces.CreateUser(ctx, setup, workspace.User{
			Username: name, Email: name + "@example.org", Language: "en", Administrator: name == "admin",
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := s.SignIn.SetPassword(ctx, setup, u.ID, password); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		people[name] = u
	}
	pays, err := s.Workspaces.CreateOrganization(ctx, setup, workspace.Organization{Name: "Society"})
	if err != nil {
		return err
	}
	w, err := s.Workspaces.Create(ctx, setup, workspace.Workspace{
		Organization: pays.ID, Name: "Engines", TechnicalName: "engines", Supervisor: people["ada"].ID,
	})
	if err != nil {
		return err
	}
	for name, role := range map[string]rbac.RoleName{"charles": workspace.RoleEditor, "mary": workspace.RoleViewer} {
		if _, err := s.Workspaces.PutMember(ctx, setup, w.ID, people[name].Num, []rbac.RoleName{role}); err != nil {
			return err
		}
	}
	return nil
}
