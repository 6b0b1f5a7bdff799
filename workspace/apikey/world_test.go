package apikey_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/platformtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// A world is a platform that publishes, with keys.
type world struct {
	*platformtest.World

	keys *apikey.Service
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, kind, sealer(t, 1)))
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

func newWorld(t *testing.T, kind dbtest.Kind, s *apikey.Sealer) *world {
	t.Helper()
	w := &world{World: platformtest.New(t, kind)}
	w.keys = apikey.New(w.DB.Keys(), w.Offerings, w.Rights, w.Quotas, w.DB.Trail(), &apikey.Options{
		Now: func() time.Time { return w.Now() }, Sealer: s,
	})
	return w
}

func (w *world) key(who workspace.Actor, k apikey.Key, c apikey.Credential) apikey.Key {
	w.Helper()
	if k.Name == "" {
		k.Name = fmt.Sprintf("key %s %d", k.Type, w.Now().UnixNano())
	}
	made, err := w.keys.Create(w.Context(), who, k, c)
	w.OK(err)
	return made
}

func (w *world) open(who workspace.Actor, k apikey.Key, through offering.PermissionID, offerings ...offering.Offering) []apikey.Access {
	w.Helper()
	ids := make([]offering.ID, 0, len(offerings))
	for _, o := range offerings {
		ids = append(ids, o.ID)
	}
	opened, err := w.keys.Open(w.Context(), who, k.ID, through, ids)
	w.OK(err)
	return opened
}

// passes wants a call to pass.
func (w *world) passes(c apikey.Call, on offering.Offering, want apikey.Pass) {
	w.Helper()
	got, err := w.keys.Verify(w.Context(), c, on.ID)
	if err != nil || got != want {
		w.Errorf("Verify = %+v, %v; want %+v", got, err, want)
	}
}

// refused wants a call to be refused, saying nothing.
func (w *world) refused(c apikey.Call, on offering.Offering) {
	w.Helper()
	got, err := w.keys.Verify(w.Context(), c, on.ID)
	if err != apikey.ErrRefused || got != (apikey.Pass{}) { //nolint:errorlint // exactly that
		w.Errorf("Verify = %+v, %v; want ErrRefused and nothing else", got, err)
	}
}

func (w *world) keysUse(who workspace.Actor) int64 {
	w.Helper()
	keys, _, err := w.Workspaces.UserQuotas(w.Context(), w.Admin, who.User)
	w.OK(err)
	return keys.Use
}
