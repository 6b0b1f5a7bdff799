package apikey

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

// The cost of argon2id: 19 MiB, twice over, on one processor.
const (
	argonMemory = 19 * 1024
	argonTime   = 2
	argonBytes  = 32
	saltBytes   = 16
)

// phc is how a verifier is written, as the PHC string format wants it.
const phc = "$argon2id$v=19$m=19456,t=2,p=1$"

// maxPassword bounds what is worth hashing.
const maxPassword = 1024

// maxRemembered bounds how many passwords that were right are remembered.
const maxRemembered = 4096

// passwords checks the passwords of BASIC keys. People choose them, so what is
// kept must cost a guesser as much as argon2id does; and every call to an
// offering carries one, which argon2id is far too slow for. So one that was
// right is remembered, in this process only: as a digest under a random key,
// made together with the verifier it was right for. Who it belongs to is read
// from the database each time all the same, so a key that was deleted or
// restricted is refused at once. Few are checked at a time, so that a flood of
// wrong ones leaves processors for the others.
type passwords struct {
	workers chan struct{}
	secret  [32]byte
	// nobody's is what is checked where there is nothing to check, so that an
	// unknown login costs what a wrong password does.
	nobodys string

	mu    sync.Mutex
	right map[[32]byte]struct{}
}

func newPasswords() *passwords {
	p := &passwords{
		workers: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		right:   map[[32]byte]struct{}{},
	}
	random(p.secret[:])
	salt := make([]byte, saltBytes+argonBytes)
	random(salt)
	p.nobodys = phcOf(salt[:saltBytes], salt[saltBytes:])
	return p
}

// random fills b. Without randomness no secret is one.
func random(b []byte) {
	if _, err := rand.Read(b); err != nil {
		panic("apikey: " + err.Error())
	}
}

func phcOf(salt, digest []byte) string {
	return phc + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(digest)
}

// hash makes the verifier of a new password.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	random(salt)
	digest, err := p.stretch(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return phcOf(salt, digest), nil
}

// stretch runs argon2id when there is a worker for it.
func (p *passwords) stretch(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case p.workers <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("apikey: waiting for a password to be checked: %w", ctx.Err())
	}
	defer func() { <-p.workers }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, 1, argonBytes), nil
}

// verify reports whether a password is the one that a verifier was made of.
func (p *passwords) verify(ctx context.Context, verifier, password string) (bool, error) {
	if len(password) > maxPassword {
		return false, nil
	}
	known := verifier != ""
	if !known {
		verifier = p.nobodys
	}
	mark := p.mark(verifier, password)
	p.mu.Lock()
	_, remembered := p.right[mark]
	p.mu.Unlock()
	if remembered {
		return true, nil
	}
	salt, want, ok := parsePHC(verifier)
	if !ok {
		return false, nil
	}
	got, err := p.stretch(ctx, password, salt)
	if err != nil {
		return false, err
	}
	if subtle.ConstantTimeCompare(got, want) != 1 || !known {
		return false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for old := range p.right {
		if len(p.right) < maxRemembered {
			break
		}
		delete(p.right, old)
	}
	p.right[mark] = struct{}{}
	return true, nil
}

func parsePHC(verifier string) (salt, digest []byte, ok bool) {
	rest, ok := strings.CutPrefix(verifier, phc)
	if !ok {
		return nil, nil, false
	}
	first, second, _ := strings.Cut(rest, "$")
	salt, err := base64.RawStdEncoding.DecodeString(first)
	if err != nil {
		return nil, nil, false
	}
	digest, err = base64.RawStdEncoding.DecodeString(second)
	return salt, digest, err == nil && len(digest) == argonBytes
}

// mark is what is remembered of a password.
func (p *passwords) mark(verifier, password string) [32]byte {
	mac := hmac.New(sha256.New, p.secret[:])
	mac.Write([]byte(verifier))
	mac.Write([]byte{0})
	mac.Write([]byte(password))
	return [32]byte(mac.Sum(nil))
}
