package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/go-json-experiment/json"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/oidc"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
)

// oidcPath is where people sign in at identity providers.
const oidcPath = "/oidc"

// oidcFlags are what signing in at identity providers needs.
type oidcFlags struct {
	OIDCConfig string `help:"The file with the identity providers, a list in JSON (docs/oidc.md)." name:"oidc-config" placeholder:"FILE"`
}

// identities has the services take the tokens of the identity providers that are
// configured, and returns how browsers sign in there. No provider is asked
// anything yet.
func (f oidcFlags) identities(services *transport.Services, sealer *apikey.Sealer, base string) (*oidc.Options, error) {
	if f.OIDCConfig == "" {
		return nil, nil //nolint:nilnil // no providers is a choice, not an error
	}
	if sealer == nil {
		return nil, errors.New("--oidc-config needs --secret-file: browsers hold sealed what a sign-in needs")
	}
	providers, err := readProviders(f.OIDCConfig)
	if err != nil {
		return nil, err
	}
	party, err := oidc.New(providers, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.OIDCConfig, err)
	}
	services.External = party.External(services.SignIn)
	for _, p := range providers {
		services.Providers = append(services.Providers, transport.Provider{
			Name: p.Name, Title: cmp.Or(p.Title, p.Name), Start: base + oidcPath + "/" + p.Name + "/start",
		})
	}
	return &oidc.Options{Party: party, URL: base + oidcPath, Sealer: sealer, SignIn: consolePath + "/signin"}, nil
}

// readProviders reads a file of providers. A word that nobody knows is more
// likely mistyped than meant for somebody else. No error shows what is in it.
func readProviders(file string) ([]oidc.Provider, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator named it
	if err != nil {
		return nil, fmt.Errorf("identity providers: %w", err)
	}
	var providers []oidc.Provider
	if err := json.UnmarshalRead(bytes.NewReader(text), &providers, json.RejectUnknownMembers(true)); err != nil {
		if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
			return nil, fmt.Errorf("%s: at %q: expected a list of providers, see docs/oidc.md", file, semantic.JSONPointer)
		}
		return nil, fmt.Errorf("%s: expected a list of providers in JSON, see docs/oidc.md", file)
	}
	return providers, nil
}
