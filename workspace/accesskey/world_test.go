package accesskey_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/platformtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
)

// A world is a platform whose club has an administrator, Bob, who supervises
// it, and Alice, who is a member without roles.
type world struct {
	*platformtest.World

	keys *accesskey.Service
}

const day = 24 * time.Hour

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, kind))
		})
	}
}

func sealer(t testing.TB, seed byte) *apikey.Sealer {
	t.Helper()
	key := make([]byte, 32)
	key[0] = seed
	s, err := apikey.NewSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newWorld(t *testing.T, kind dbtest.Kind) *world {
	t.Helper()
	w := &world{World: platformtest.New(t, kind)}
	w.keys = w.service(accesskey.Options{Sealer: sealer(t, 1)})
	return w
}

// service returns another service on the same database.
func (w *world) service(opts accesskey.Options) *accesskey.Service {
	opts.Now = w.Now
	return accesskey.New(w.DB.AccessKeys(), w.Rights, w.Quotas, w.DB.Trail(), &opts)
}

// made is a key with its secret.
type made struct {
	accesskey.Key

	secret string
}

func (w *world) key(who workspace.Actor, k accesskey.Key) made {
	w.Helper()
	if k.Title == "" {
		k.Title = "ETL"
	}
	if k.Workspace != "" && k.Role == "" {
		k.Role = workspace.RoleEditor
	}
	if k.Expires.IsZero() {
		k.Expires = w.Now().Add(30 * day)
	}
	got, secret, err := w.keys.Create(w.Context(), who, k)
	w.OK(err)
	return made{got, secret}
}

// ofClub returns a key of the club.
func (w *world) ofClub() made {
	w.Helper()
	return w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID})
}

// somewhere is where requests come from.
func somewhere() accesskey.Origin { return accesskey.Origin{Address: netip.MustParseAddr("192.0.2.7")} }

func (w *world) actor(secret string) workspace.Actor {
	w.Helper()
	got, err := w.keys.Authenticate(w.Context(), secret, somewhere())
	w.OK(err)
	return got
}

// refused wants a secret to be refused, saying nothing.
func (w *world) refused(what, secret string, from accesskey.Origin) {
	w.Helper()
	got, err := w.keys.Authenticate(w.Context(), secret, from)
	if err != accesskey.ErrRefused || got != (workspace.Actor{}) { //nolint:errorlint // exactly that
		w.Errorf("%s: %+v, %v; want ErrRefused and nothing else", what, got, err)
	}
}

func (w *world) denied(what string, err error) {
	w.Helper()
	if denied, ok := errors.AsType[*rbac.DeniedError](err); !ok || denied == nil {
		w.Errorf("%s: %v, want a DeniedError", what, err)
	}
}

// holds wants a principal to hold some permissions on a node and no more.
func (w *world) holds(p rbac.Principal, n rbac.Node, want ...rbac.Permission) {
	w.Helper()
	set, err := w.Rights.Effective(w.Context(), p, n, rbac.Latest())
	w.OK(err)
	for _, perm := range want {
		if !set.Has(perm) {
			w.Errorf("on node %d %s is missing from %v", n, perm, set.List())
		}
	}
	if set.Len() != len(want) {
		w.Errorf("on node %d it holds %v, want %v", n, set.List(), want)
	}
}

func (w *world) use(who workspace.Actor) int64 {
	w.Helper()
	keys, _, err := w.Workspaces.UserQuotas(w.Context(), w.Admin, who.User)
	w.OK(err)
	return keys.Use
}
