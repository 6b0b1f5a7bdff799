package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
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

// parts are what the services are made with besides a database.
type parts struct {
	keep    secrets
	letters *mail.Service
	base    string // what links begin with
	log     zerolog.Logger
	rules   *rbac.Options
	keys    accesskey.Options
	retain  time.Duration // how long the trail is kept, for ever when 0
	files   upload.Blobs  // nil where no files come or go

	databases database.Provisioner // nil where none are made
	backups   database.Files       // nil where none are kept
	templates []database.Name
}

// assemble puts the services together over a database. This is all the wiring
// there is; a program that embeds Bailiwick does the same.
func assemble(db *storage.DB, p parts) (*transport.Services, error) {
	trail := db.Trail()
	classes := resource.Default()
	schema, err := resource.Schema(classes)
	if err != nil {
		return nil, fmt.Errorf("classes of resources: %w", err)
	}
	rules := rbac.New(db.Rules(), schema, p.rules)
	quotas := quota.New(db.Quotas(), nil)
	tree := &resource.Options{}
	if p.keep.sealer != nil { // a nil one in an interface would be some
		tree.Sealer = p.keep.sealer
	}
	keepers := map[string]resource.Keeper{}
	resources := resource.New(db.Resources(), classes, rules, quotas, trail, keepers, tree)
	uploads := upload.New(db.Uploads(), p.files, nil)
	features := feature.New(db.Features(), uploads, resources, rules, quotas, trail, nil)
	keepers["vector_layer"] = features
	options, sign := &workspace.Options{
		Signer: p.keep.signer, PublicURL: p.base, Contents: resources,
		// What follows # reaches no server, so the token is in no log.
		InvitationURL: consolePath + "/invitation#token={token}",
	}, &signin.Options{}
	if p.letters != nil && p.keep.sealer != nil { // without a sealer no letter can be kept
		options.Mailer, sign.Mail, sign.ResetURL = p.letters, p.letters, p.base+"/password?token={token}"
	}
	if p.keep.sealer != nil {
		options.Sealer = p.keep.sealer
	}
	set := &passwords{}
	options.Passwords = set
	workspaces := workspace.New(db.Workspaces(), rules, quotas, trail, options)
	sign.Accounts, sign.Reach = workspaces, workspaces
	login := signin.New(db.SignIn(), rules, trail, sign)
	set.login = login
	offerings := offering.New(db.Offerings(), workspaces, rules, quotas, trail, nil)
	access, once := &p.keys, &idempotency.Options{}
	access.Coverer = rules
	if p.keep.sealer != nil {
		access.Sealer, once.Sealer = p.keep.sealer, p.keep.sealer
	}
	databases := database.New(db.Databases(), p.databases, workspaces, rules, quotas, trail, &database.Options{
		Files: p.backups, Templates: p.templates,
	})
	return &transport.Services{
		Workspaces: workspaces,
		Offerings:  offerings,
		Keys:       apikey.New(db.Keys(), offerings, rules, quotas, trail, &apikey.Options{Sealer: p.keep.sealer}),
		SignIn:     login,
		Quotas:     quotas,
		Rules:      rules,
		AccessKeys: accesskey.New(db.AccessKeys(), rules, quotas, trail, access),
		Trail:      audit.New(trail, &audit.Options{Signer: p.keep.signer, Keep: p.retain}),
		Mail:       p.letters,
		PublicURL:  p.base,
		Log:        p.log,
		Resources:  resources,
		Features:   features,
		Uploads:    uploads,
		Databases:  databases,

		Idempotency: idempotency.New(db.Idempotency(), once),
		Tx:          db.Tx,
	}, nil
}

// passwords are those of the accounts that are made by accepting an invitation.
type passwords struct{ login *signin.Service }

// Set sets the first password of an account, which nobody can ask for but the
// holder of the invitation.
func (p *passwords) Set(ctx context.Context, id workspace.UserID, password string) error {
	return p.login.SetPassword(ctx, workspace.Command("invitation"), id, password)
}

// secretSize is the length of the key that credentials are sealed with.
const secretSize = 32

// secrets are what is made of the server's secret: what credentials are sealed
// with, and what signs the checkpoints of the trail. Both are nil without one.
type secrets struct {
	sealer *apikey.Sealer
	signer audit.Signer
}

// openSecrets reads the secret from a file, which it makes when there is none.
// Without a file nothing is sealed, and nothing can be read again.
func openSecrets(file string) (secrets, error) {
	if file == "" {
		return secrets{}, nil
	}
	secret, err := os.ReadFile(file) //nolint:gosec // the operator named it
	if errors.Is(err, fs.ErrNotExist) {
		secret, err = makeSecret(file)
	}
	if err != nil {
		return secrets{}, fmt.Errorf("secret file: %w", err)
	}
	return secretsOf(file, secret)
}

func secretsOf(file string, secret []byte) (secrets, error) {
	if len(secret) != secretSize {
		return secrets{}, fmt.Errorf("secret file %s: expected %d bytes, it has %d", file, secretSize, len(secret))
	}
	sealer, err := apikey.NewSealer(secret)
	if err != nil {
		return secrets{}, fmt.Errorf("secret file %s: %w", file, err)
	}
	seal, err := audit.NewSeal(secret)
	if err != nil {
		return secrets{}, fmt.Errorf("secret file %s: %w", file, err)
	}
	return secrets{sealer: sealer, signer: seal}, nil
}

// makeSecret writes a new secret and returns it, or the one that another
// server, starting at the same moment, wrote first: the file appears whole
// under its name or not at all.
func makeSecret(file string) (secret []byte, err error) {
	secret = make([]byte, secretSize)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	draft, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // 0600
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(draft.Name())) }()
	_, written := draft.Write(secret)
	if err := errors.Join(written, draft.Sync(), draft.Close()); err != nil {
		return nil, err
	}
	err = os.Link(draft.Name(), file)
	if errors.Is(err, fs.ErrExist) {
		return os.ReadFile(file) //nolint:gosec // the operator named it
	}
	return secret, err
}
