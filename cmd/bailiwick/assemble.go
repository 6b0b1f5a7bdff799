package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// assemble puts the services together over a database. This is all the wiring
// there is; a program that embeds Bailiwick does the same.
func assemble(db *storage.DB, sealer *apikey.Sealer, log zerolog.Logger, opts *rbac.Options) *transport.Services {
	trail := db.Trail()
	rules := rbac.New(db.Rules(), workspace.Schema(), opts)
	quotas := quota.New(db.Quotas(), nil)
	workspaces := workspace.New(db.Workspaces(), rules, quotas, trail, nil)
	offerings := offering.New(db.Offerings(), workspaces, rules, quotas, trail, nil)
	return &transport.Services{
		Workspaces: workspaces,
		Offerings:  offerings,
		Keys:       apikey.New(db.Keys(), offerings, rules, quotas, trail, &apikey.Options{Sealer: sealer}),
		SignIn:     signin.New(db.SignIn(), rules, trail, nil),
		Quotas:     quotas,
		Rules:      rules,
		Log:        log,
	}
}

// secretSize is the length of the key that credentials are sealed with.
const secretSize = 32

// openSealer reads the secret from a file, which it makes when there is none.
// Without a file nothing is sealed, and nothing can be read again.
func openSealer(file string) (*apikey.Sealer, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // no sealer is a choice, not an error
	}
	secret, err := os.ReadFile(file) //nolint:gosec // the operator named it
	if errors.Is(err, fs.ErrNotExist) {
		secret, err = makeSecret(file)
	}
	if err != nil {
		return nil, fmt.Errorf("secret file: %w", err)
	}
	if len(secret) != secretSize {
		return nil, fmt.Errorf("secret file %s: expected %d bytes, it has %d", file, secretSize, len(secret))
	}
	sealer, err := apikey.NewSealer(secret)
	if err != nil {
		return nil, fmt.Errorf("secret file %s: %w", file, err)
	}
	return sealer, nil
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
