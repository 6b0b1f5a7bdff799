package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// What new hashes are made with: 19 MiB, two passes, one lane.
const (
	memoryKiB  = 19 * 1024
	passes     = 2
	lanes      = 1
	saltBytes  = 16
	keyBytes   = 32
	minBytes   = 8
	maxBytes   = 1024
	maxMemory  = 1 << 20 // KiB; a hash that wants more was not made by us
	maxPasses  = 64
	maxLanes   = 64
	phcPrefix  = "$argon2id$"
	phcVersion = "v=19"
)

// errHash is what a hash that cannot be read gives.
var errHash = errors.New("signin: a stored hash is not argon2id in the PHC string format")

// A digest is a password's hash with what it was made with.
type digest struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// derive computes an argon2id key; it is argon2.IDKey but in tests that count.
type derive func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte

// newDigest returns a digest with a new salt and without key.
func newDigest() digest {
	d := digest{memory: memoryKiB, passes: passes, lanes: lanes, salt: make([]byte, saltBytes)}
	_, _ = rand.Read(d.salt) // never fails, see crypto/rand
	return d
}

// decoy returns a digest that no password fits, for checking against when
// there is no hash: it costs what any other does.
func decoy() digest {
	d := newDigest()
	d.key = make([]byte, keyBytes)
	_, _ = rand.Read(d.key)
	return d
}

func (d digest) compute(with derive, password string, size int) []byte {
	// The same letter typed on two systems may be one code point or two.
	text := norm.NFC.Bytes([]byte(password))
	return with(text, d.salt, d.passes, d.memory, d.lanes, uint32(size))
}

func (d digest) fits(with derive, password string) bool {
	return subtle.ConstantTimeCompare(d.compute(with, password, len(d.key)), d.key) == 1
}

// String returns the digest in the PHC string format.
func (d digest) String() string {
	text := base64.RawStdEncoding
	return fmt.Sprintf("%s%s$m=%d,t=%d,p=%d$%s$%s", phcPrefix, phcVersion,
		d.memory, d.passes, d.lanes, text.EncodeToString(d.salt), text.EncodeToString(d.key))
}

// parseDigest reads what String wrote, whatever its parameters.
func parseDigest(hash string) (digest, error) {
	rest, ok := strings.CutPrefix(hash, phcPrefix+phcVersion+"$")
	parts := strings.Split(rest, "$")
	if !ok || len(parts) != 3 {
		return digest{}, errHash
	}
	var d digest
	if _, err := fmt.Sscanf(parts[0], "m=%d,t=%d,p=%d", &d.memory, &d.passes, &d.lanes); err != nil {
		return digest{}, errHash
	}
	if parts[0] != fmt.Sprintf("m=%d,t=%d,p=%d", d.memory, d.passes, d.lanes) {
		return digest{}, errHash // something behind it
	}
	if d.memory > maxMemory || d.passes == 0 || d.passes > maxPasses || d.lanes == 0 || d.lanes > maxLanes {
		return digest{}, errHash
	}
	var err error
	if d.salt, err = base64.RawStdEncoding.DecodeString(parts[1]); err != nil || len(d.salt) < 8 {
		return digest{}, errHash
	}
	// A short key would let a wrong password in by chance.
	if d.key, err = base64.RawStdEncoding.DecodeString(parts[2]); err != nil || len(d.key) < 16 || len(d.key) > 128 {
		return digest{}, errHash
	}
	return d, nil
}

// acceptable reports whether something can be a password at all.
func acceptable(password string) bool {
	return len(password) >= minBytes && len(password) <= maxBytes && !strings.ContainsRune(password, 0)
}

// hash returns the hash of a new password, when its turn has come.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	var d digest
	err := s.workers.run(ctx, func() {
		d = newDigest()
		d.key = d.compute(s.derive, password, keyBytes)
	})
	if err != nil {
		return "", err
	}
	return d.String(), nil
}

// Workers bound how many passwords are computed at once and how many may wait
// for that.
type workers struct {
	places chan struct{} // taken by who computes or waits
	slots  chan struct{} // taken by who computes
}

func newWorkers(count, waiting int) *workers {
	return &workers{places: make(chan struct{}, count+waiting), slots: make(chan struct{}, count)}
}

// run runs fn when a worker is free. It returns ErrBusy when too many wait
// already, and the context's error when the caller has gone.
func (w *workers) run(ctx context.Context, fn func()) error {
	select {
	case w.places <- struct{}{}:
		defer func() { <-w.places }()
	default:
		return ErrBusy
	}
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return fmt.Errorf("signin: waiting: %w", ctx.Err())
	}
	if err := ctx.Err(); err != nil { // both were ready
		return fmt.Errorf("signin: waiting: %w", err)
	}
	fn()
	return nil
}
