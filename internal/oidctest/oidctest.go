// Package oidctest is an identity provider for tests: one that others wrote and
// had certified, with a page of its own on which people sign in or turn back.
package oidctest

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Password is everybody's.
const Password = "there"

// prefix is what the subjects of those begin with whom [Anybody] knows.
const prefix = "id-"

// Users are those whom a provider knows, by their subjects.
type Users map[string]*storage.User

// ExampleClientID is no client here.
func (u Users) ExampleClientID() string { return "" }

// GetUserByID returns a user by his subject, and nil for who is not known.
func (u Users) GetUserByID(id string) *storage.User { return u[id] }

// GetUserByUsername returns a user by his name, and nil for who is not known.
func (u Users) GetUserByUsername(name string) *storage.User {
	for _, user := range u {
		if user.Username == name {
			return user
		}
	}
	return nil
}

// Anybody is a provider's users where whoever comes is known.
type Anybody struct{}

// ExampleClientID is no client here.
func (Anybody) ExampleClientID() string { return "" }

// GetUserByID returns whom a subject names.
func (Anybody) GetUserByID(id string) *storage.User {
	name, ok := strings.CutPrefix(id, prefix)
	if !ok {
		return nil
	}
	return &storage.User{
		ID: id, Username: name, Password: Password, FirstName: name, LastName: "There", Email: name + "@elsewhere.example", EmailVerified: true,
	}
}

// GetUserByUsername returns whom a name names.
func (a Anybody) GetUserByUsername(name string) *storage.User { return a.GetUserByID(prefix + name) }

// issuing is the storage of a provider, whose access tokens are signed.
type issuing struct{ *storage.Storage }

func (s issuing) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.Storage.GetClientByClientID(ctx, id)
	return signing{c}, err
}

type signing struct{ op.Client }

func (signing) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

// Handler is a provider at an address, with one client. Making one changes
// globals of the library that another reads: one runs at a time.
func Handler(issuer string, users storage.UserStore, id string, client *storage.Client) http.Handler {
	kept := issuing{storage.NewStorageWithClients(users, map[string]*storage.Client{id: client})}
	provider := exampleop.SetupServer(issuer, kept, slog.New(slog.DiscardHandler), false)
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		asked := html.EscapeString(r.FormValue("authRequestID"))
		_, _ = io.WriteString(w, strings.ReplaceAll(form, "{id}", asked))
	})
	mux.HandleFunc("POST /login/refusal", func(w http.ResponseWriter, r *http.Request) {
		asked, err := kept.AuthRequestByID(r.Context(), r.FormValue("id"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		back := url.Values{"error": {"access_denied"}, "state": {asked.GetState()}}
		http.Redirect(w, r, asked.GetRedirectURI()+"?"+back.Encode(), http.StatusFound) //nolint:gosec // the provider looked at it when it was asked
	})
	return mux
}

const form = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>The provider</title><link rel="icon" href="data:,"></head>
<body><main><h1>The provider</h1>
<form method="POST" action="/login/username"><input type="hidden" name="id" value="{id}">
<label>Username <input name="username"></label> <label>Password <input name="password" type="password"></label>
<button>Sign in</button></form>
<form method="POST" action="/login/refusal"><input type="hidden" name="id" value="{id}"><button>Turn back</button></form>
</main></body></html>
`
