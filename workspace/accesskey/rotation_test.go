package accesskey_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

func TestRotate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		k := w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Expires: w.Now().Add(10 * day)})
		rotated, second, err := w.keys.Rotate(ctx, w.Bob, k.ID, time.Hour, "")
		w.OK(err)
		if rotated.State(w.Now()) != accesskey.Rotating || !rotated.Overlap.Equal(w.Now().Add(time.Hour)) || rotated.Prefix != k.Prefix || second == k.secret {
			w.Errorf("rotated %+v", rotated)
		}
		if got, err := w.keys.Key(ctx, w.Bob, k.ID); err != nil || !got.Overlap.Equal(rotated.Overlap) || !got.Expires.Equal(k.Expires) {
			w.Errorf("read %+v, %v", got, err)
		}
		if w.actor(k.secret) != w.actor(second) {
			w.Error("the two secrets are not of one key")
		}
		// There are never three.
		_, _, err = w.keys.Rotate(ctx, w.Bob, k.ID, time.Hour, "")
		w.Wants(err, accesskey.ErrRotating)
		w.SetNow(w.Now().Add(time.Hour - time.Microsecond))
		w.actor(k.secret)
		w.SetNow(w.Now().Add(time.Microsecond))
		w.refused("the secret before, when the overlap has ended", k.secret, somewhere())
		w.actor(second)
		// What leaked ends at once, with everything before.
		_, third, err := w.keys.Rotate(ctx, w.Bob, k.ID, time.Hour, "")
		w.OK(err)
		_, fourth, err := w.keys.Rotate(ctx, w.Bob, k.ID, 0, "")
		w.OK(err)
		w.refused("the third", third, somewhere())
		w.refused("the second", second, somewhere())
		w.refused("the first", k.secret, somewhere())
		w.actor(fourth)
		// The overlap does not outlive the key.
		w.SetNow(k.Expires.Add(-time.Hour))
		rotated, fifth, err := w.keys.Rotate(ctx, w.Bob, k.ID, day, "")
		if w.OK(err); !rotated.Overlap.Equal(k.Expires) {
			w.Errorf("the overlap ends %s, the key %s", rotated.Overlap, k.Expires)
		}
		w.SetNow(k.Expires.Add(-time.Microsecond))
		w.actor(fourth)
		w.actor(fifth)
		w.SetNow(k.Expires)
		w.refused("the fourth, expired", fourth, somewhere())
		w.refused("the fifth, expired", fifth, somewhere())
		_, _, err = w.keys.Rotate(ctx, w.Bob, k.ID, day, "")
		w.Wants(err, accesskey.ErrEnded)
		w.OK(w.keys.Revoke(ctx, w.Bob, k.ID)) // for the lists

		other := w.ofClub()
		for _, overlap := range []time.Duration{-1, 91 * day} {
			_, _, err = w.keys.Rotate(ctx, w.Bob, other.ID, overlap, "")
			w.Invalid(err, "overlap")
		}
		_, _, err = w.keys.Rotate(ctx, w.Bob, other.ID, 0, string(make([]byte, 256)))
		w.Invalid(err, "idempotency")
		w.OK(w.keys.Revoke(ctx, w.Bob, other.ID))
		_, _, err = w.keys.Rotate(ctx, w.Bob, other.ID, 0, "")
		w.Wants(err, accesskey.ErrEnded)
	})
}

// Whoever did not hear the answer asks again and is told the same.
func TestRotateAgain(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.Context()
		k, other := w.ofClub(), w.ofClub()
		rotate := func(s *accesskey.Service, id accesskey.ID, overlap time.Duration, token string) (string, error) {
			_, secret, err := s.Rotate(ctx, w.Bob, id, overlap, token)
			return secret, err
		}
		second, err := rotate(w.keys, k.ID, time.Hour, "once")
		w.OK(err)
		before := dbtest.Fingerprint(w, w.DB)
		again, err := rotate(w.keys, k.ID, time.Hour, "once")
		if w.OK(err); again != second {
			w.Error("another secret came of the same rotation")
		}
		if dbtest.Fingerprint(w, w.DB) != before {
			w.Error("a retry changed something")
		}
		w.actor(k.secret) // still in use, and not hurt by retries
		_, err = rotate(w.keys, k.ID, time.Hour, "twice")
		w.Wants(err, accesskey.ErrRotating)
		_, err = rotate(w.keys, k.ID, time.Hour, "")
		w.Wants(err, accesskey.ErrRotating)
		// A token is one key's.
		third, err := rotate(w.keys, other.ID, time.Hour, "once")
		if w.OK(err); third == second {
			w.Error("one secret for two keys")
		}
		// A server that cannot tell it says that it was done.
		for _, s := range []*accesskey.Service{w.service(accesskey.Options{}), w.service(accesskey.Options{Sealer: sealer(w, 2)})} {
			_, err := rotate(s, k.ID, time.Hour, "once")
			w.Wants(err, accesskey.ErrRotated)
		}
		// Later the token means another rotation, and what was sealed is gone
		// with the next use.
		w.SetNow(w.Now().Add(time.Hour))
		w.actor(second)
		if p, err := w.DB.AccessKeys().Presented(ctx, k.Prefix); err != nil || p.Secrets.Sealed != "" {
			w.Errorf("sealed is %q, %v", p.Secrets.Sealed, err)
		}
		fourth, err := rotate(w.keys, k.ID, 0, "once")
		if w.OK(err); fourth == second {
			w.Error("the retry was too late and got the same")
		}
		w.refused("the second", second, somewhere())
		// Without overlap there is time for a retry all the same.
		w.SetNow(w.Now().Add(9 * time.Minute))
		again, err = rotate(w.keys, k.ID, 0, "once")
		if w.OK(err); again != fourth {
			w.Error("a retry nine minutes later got another")
		}
		w.OK(w.keys.Revoke(ctx, w.Bob, k.ID))
		_, err = rotate(w.keys, k.ID, 0, "once")
		w.Wants(err, accesskey.ErrEnded)
	})
}

// Of many rotations at once one is done; with one token all are told the same.
func TestRotateAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		k := w.ofClub()
		all := func(token func(i int) string) (secrets map[string]int, refused int) {
			secrets = map[string]int{}
			var mu sync.Mutex
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					_, secret, err := w.keys.Rotate(w.Context(), w.Bob, k.ID, time.Hour, token(i))
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						secrets[secret]++
					case errors.Is(err, accesskey.ErrRotating):
						refused++
					default:
						w.Errorf("rotation %d: %v", i, err)
					}
				})
			}
			wg.Wait()
			return secrets, refused
		}
		secrets, refused := all(func(int) string { return "the same" })
		if len(secrets) != 1 || refused != 0 {
			w.Errorf("%d secrets and %d refusals for one token", len(secrets), refused)
		}
		w.SetNow(w.Now().Add(time.Hour))
		secrets, refused = all(func(i int) string { return string(rune('a' + i)) })
		if len(secrets) != 1 || refused != 7 {
			w.Errorf("%d secrets and %d refusals for eight tokens", len(secrets), refused)
		}
		for secret := range secrets {
			w.actor(secret)
		}
	})
}

// Whoever came with a key a moment before it was revoked can do nothing more.
func TestRevokeInFlight(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		k := w.ofClub()
		actor := w.actor(k.secret)
		if _, err := w.Workspaces.Workspace(w.Context(), actor, w.Club.ID); err != nil {
			w.Error(err)
		}
		w.OK(w.keys.Revoke(w.Context(), w.Bob, k.ID))
		w.refused("revoked", k.secret, somewhere())
		if _, err := w.Workspaces.Workspace(w.Context(), actor, w.Club.ID); !errors.Is(err, workspace.ErrNotFound) {
			w.Errorf("the actor who was let in before sees the workspace: %v", err)
		}
		got, err := w.keys.Key(w.Context(), w.Bob, k.ID)
		if w.OK(err); got.State(w.Now()) != accesskey.Revoked || got.RevokedBy != "bob" || !got.Revoked.Equal(w.Now()) {
			w.Errorf("revoked it is %+v", got)
		}
	})
}
