package audit

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Errors that the package returns.
var (
	// ErrNoSigner is returned for pruning where nobody can sign.
	ErrNoSigner = errors.New("audit: pruning needs the server's secret, to sign what is left")
	// ErrBroken is wrapped by [BrokenError].
	ErrBroken = errors.New("audit: the chain is broken")
)

// A BrokenError is the refusal to prune a chain that does not verify: what is
// wrong would be forgotten with it.
type BrokenError struct{ Report Report }

// Error tells the chain and what is wrong with it.
func (e *BrokenError) Error() string { return "audit: " + e.Report.String() }

// Unwrap makes errors.Is(err, ErrBroken) true.
func (e *BrokenError) Unwrap() error { return ErrBroken }

// A Checkpoint stands for the events of a chain that were forgotten.
type Checkpoint struct {
	Chain string
	// Seq and Hash are those of the last event that it stands for.
	Seq  int64
	Hash string
	// Removed is how many events were forgotten with it.
	Removed int64
	At      time.Time
	// Signature is the server's over all this.
	Signature string
}

// message is what is signed.
func (c Checkpoint) message() []byte {
	b := appendText(nil, "bailiwick audit checkpoint v1")
	b = appendText(appendText(b, c.Chain), c.Hash)
	for _, n := range []int64{c.Seq, c.Removed, c.At.UnixMicro()} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return b
}

// A Signer signs checkpoints and knows its own signatures again.
type Signer interface {
	Sign(message []byte) string
	Signed(message []byte, signature string) bool
}

// A Seal is a [Signer] by Ed25519 whose key is derived from the server's
// secret. It is safe for concurrent use.
type Seal struct{ key ed25519.PrivateKey }

// NewSeal derives a key from a secret of at least 32 random bytes, which the
// caller may overwrite afterwards. The same secret gives the same key.
func NewSeal(secret []byte) (*Seal, error) {
	if len(secret) < 32 {
		return nil, fmt.Errorf("audit: the secret of a seal has at least 32 bytes, not %d", len(secret))
	}
	seed, err := hkdf.Key(sha256.New, secret, nil, "bailiwick audit checkpoints v1", ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	return &Seal{key: ed25519.NewKeyFromSeed(seed)}, nil
}

// Sign returns a signature in hexadecimal.
func (s *Seal) Sign(message []byte) string { return hex.EncodeToString(ed25519.Sign(s.key, message)) }

// Signed reports whether a signature is one of its own.
func (s *Seal) Signed(message []byte, signature string) bool {
	public, ok := s.key.Public().(ed25519.PublicKey)
	raw, err := hex.DecodeString(signature)
	return ok && err == nil && len(raw) == ed25519.SignatureSize && ed25519.Verify(public, message, raw)
}

// Prune forgets the events of a chain that happened before a time, as long as
// no later one is in front of them, and leaves a signed checkpoint that the
// chain goes on from. The event that tells of it is by's actor's. It returns
// the checkpoint, a zero one when there was nothing to forget, a *BrokenError
// for a chain that does not verify, and ErrNoSigner.
func (s *Service) Prune(ctx context.Context, by Event, chain string, before time.Time) (Checkpoint, error) {
	if s.signer == nil {
		return Checkpoint{}, ErrNoSigner
	}
	// Read before anything is locked: it takes as long as the chain is.
	report, err := s.Verify(ctx, chain)
	if err != nil {
		return Checkpoint{}, err
	}
	if report.Fault != nil {
		return Checkpoint{}, &BrokenError{Report: report}
	}
	var left Checkpoint
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		left = Checkpoint{}
		last, err := s.store.Checkpoint(ctx, chain)
		if err != nil {
			return err
		}
		c := Checkpoint{Chain: chain, Seq: last.Seq, Hash: last.Hash, At: s.clock()}
		e, found, err := s.store.Prefix(ctx, chain, before)
		if err != nil {
			return err
		}
		if found {
			c.Seq, c.Hash = e.Seq, e.Hash
		}
		// Only what was read above is known to be sound.
		if c.Seq > report.Head.Seq {
			c.Seq, c.Hash = report.Head.Seq, report.Head.Hash
		}
		if c.Seq < last.Seq { // somebody else pruned meanwhile
			return nil
		}
		if c.Removed, err = s.removes(ctx, c, last, before); err != nil || c.Removed == 0 {
			return err
		}
		c.Signature = s.signer.Sign(c.message())
		gone, err := s.store.Forget(ctx, c, before)
		if err != nil {
			return err
		}
		if gone != c.Removed {
			return fmt.Errorf("audit: %d events went where %d were to go", gone, c.Removed)
		}
		left = c
		by.Action, by.Workspace, by.Object = "audit.prune", chain, Object{Kind: "audit", ID: chain}
		by.Detail, err = json.Marshal(map[string]any{"seq": c.Seq, "hash": c.Hash, "removed": c.Removed, "before": before.UTC()})
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		return s.append(ctx, by)
	})
	if err != nil {
		return Checkpoint{}, err
	}
	return left, nil
}

// removes returns how many events a checkpoint stands for that the one before
// does not.
func (s *Service) removes(ctx context.Context, c, last Checkpoint, before time.Time) (int64, error) {
	// Of before the chain there is no place to go by.
	f := Filter{Workspace: c.Chain, Platform: c.Chain == "", Unchained: true, Until: before}
	n, err := s.store.Count(ctx, f)
	return int64(n) + c.Seq - last.Seq, err
}

// Expire prunes every chain of what is older than [Options.Keep], and returns
// the checkpoints that were left. It does nothing where everything is kept.
func (s *Service) Expire(ctx context.Context, by Event) ([]Checkpoint, error) {
	if s.keep <= 0 {
		return nil, nil
	}
	chains, err := s.store.Chains(ctx)
	if err != nil {
		return nil, err
	}
	var left []Checkpoint
	var failed []error
	for _, chain := range chains {
		c, err := s.Prune(ctx, by, chain, s.clock().Add(-s.keep))
		switch {
		case err != nil: // the others are no worse for it
			failed = append(failed, err)
		case c.Removed > 0:
			left = append(left, c)
		}
	}
	return left, errors.Join(failed...)
}
