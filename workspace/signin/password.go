package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// What new hashes are made with: 19 MiB, two passes, one lane.
const (
	memoryKiB  = 19 * 1024
	passes     = 2
	lanes      = 1
	saltBytes  = 16
	keyBytes   = 32
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

// hash returns the hash of a new password, when its turn has come.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	var d digest
	err := s.workers.run(ctx, nil, func() bool {
		d = newDigest()
		d.key = d.compute(s.derive, password, keyBytes)
		return true
	})
	if err != nil {
		return "", err
	}
	return d.String(), nil
}

// longestRest bounds how long a worker rests: a machine that was asleep in
// between is no reason for more.
const longestRest = time.Second

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
// already, and the context's error when the caller has gone. Before that it runs
// first, unless that is nil, for who may wait, and returns its error: no worker
// ever waits for the database, in which somebody may wait for a worker.
//
// After work that was not worth it, as fn reports, the worker rests for as long
// as that took, while its caller does not: a flood of wrong passwords gets half
// of what the workers can do, and who is signed in the rest.
func (w *workers) run(ctx context.Context, first func() error, fn func() bool) error {
	select {
	case w.places <- struct{}{}:
		defer func() { <-w.places }()
	default:
		return ErrBusy
	}
	if first != nil {
		if err := first(); err != nil {
			return err
		}
	}
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("signin: waiting: %w", ctx.Err())
	}
	rest := time.Duration(0)
	defer func() {
		if rest > 0 {
			time.AfterFunc(rest, func() { <-w.slots })
			return
		}
		<-w.slots
	}()
	if err := ctx.Err(); err != nil { // both were ready
		return fmt.Errorf("signin: waiting: %w", err)
	}
	begin := time.Now()
	if !fn() {
		rest = min(time.Since(begin), longestRest)
	}
	return nil
}
