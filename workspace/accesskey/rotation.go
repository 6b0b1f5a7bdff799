package accesskey

import (
	"context"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const (
	// maxOverlap bounds how long two secrets may be right.
	maxOverlap = 90 * 24 * time.Hour
	// retryTime is for how long a rotation can be tried again at least.
	retryTime = 10 * time.Minute
	// maxRetry bounds the name of a rotation.
	maxRetry = 255
)

// Rotate gives a key another secret, which it returns. The one before stays
// valid for the overlap, but never longer than the key; when Rotate asks for
// none it ends at once, with any that is still valid from before. It needs what
// making the key needs.
//
// With an idempotency token it is safe to try again: for the overlap, or ten
// minutes where that is longer, the same token returns the same secret and
// changes nothing, or ErrRotated where there is no [Options.Sealer]. Otherwise
// a key in rotation returns ErrRotating, and one that was revoked or has
// expired ErrEnded.
func (s *Service) Rotate(
	ctx context.Context, actor workspace.Actor, id ID, overlap time.Duration, idempotency string,
) (Key, string, error) {
	var rotated Key
	var secret string
	err := s.change(ctx, actor, id, false, func(ctx context.Context, w workspace.Workspace, k Key) error {
		if overlap < 0 || overlap > maxOverlap {
			return invalid("overlap", "0 to "+span(maxOverlap))
		}
		if len(idempotency) > maxRetry {
			return invalid("idempotency", "at most 255 bytes")
		}
		now := s.clock()
		state := k.State(now)
		if state == Revoked || state == Expired {
			return ErrEnded
		}
		kept, err := s.store.Secrets(ctx, id)
		if err != nil {
			return err
		}
		rotated = k
		if idempotency != "" && same(kept.Retry, named(id, idempotency)) && now.Before(kept.RetryUntil) {
			secret, err = s.again(k, kept)
			return err
		}
		if state == Rotating && overlap > 0 {
			return ErrRotating
		}
		var next Secrets
		if secret, next, err = s.renew(k, kept, overlap, idempotency, now); err != nil {
			return err
		}
		if err := s.store.SaveSecrets(ctx, id, next); err != nil {
			return err
		}
		rotated.Overlap = next.Overlap
		detail := map[string]any{}
		if !next.Overlap.IsZero() {
			detail["overlap"] = next.Overlap
		}
		return s.record(ctx, actor, "access_key.rotate", w, k, detail)
	})
	if err != nil {
		return Key{}, "", err
	}
	return rotated, secret, nil
}

// renew returns a new secret of a key, and what is kept of it beside what was
// kept before.
func (s *Service) renew(k Key, kept Secrets, overlap time.Duration, idempotency string, now time.Time) (string, Secrets, error) {
	secret, hash, err := newSecret(k.Prefix)
	if err != nil {
		return "", Secrets{}, err
	}
	next := Secrets{Hash: hash}
	if overlap > 0 {
		next.Former, next.Overlap = kept.Hash, k.until(now.Add(overlap))
	}
	if idempotency == "" {
		return secret, next, nil
	}
	next.Retry, next.RetryUntil = named(k.ID, idempotency), k.until(now.Add(max(overlap, retryTime)))
	if s.opts.Sealer != nil {
		next.Sealed, err = s.opts.Sealer.Seal([]byte(secret), sealed(k.ID, hash))
	}
	return secret, next, err
}

// until returns a moment, or when the key expires if that is before.
func (k Key) until(t time.Time) time.Time {
	if !k.Expires.IsZero() && k.Expires.Before(t) {
		return k.Expires
	}
	return t
}

// named is the digest of what names a rotation of a key.
func named(id ID, idempotency string) string { return digest(string(id) + "\x00" + idempotency) }

// sealed is the context that the secret of a rotation is sealed for: no other
// row, and no other rotation of this one.
func sealed(id ID, hash string) []byte { return []byte("accesskey/" + string(id) + "/" + hash) }

// again returns the secret that a rotation made.
func (s *Service) again(k Key, kept Secrets) (string, error) {
	if s.opts.Sealer == nil || kept.Sealed == "" {
		return "", ErrRotated
	}
	secret, err := s.opts.Sealer.Open(kept.Sealed, sealed(k.ID, kept.Hash))
	if err != nil { // by a server with another key
		return "", ErrRotated
	}
	return string(secret), nil
}
