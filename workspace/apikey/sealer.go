package apikey

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// A Sealer encrypts what must be shown again, with XChaCha20-Poly1305 under a
// key of the server's own. What it makes starts with a version. It is safe for
// concurrent use.
type Sealer struct{ aead cipher.AEAD }

// sealed is what text of the present version starts with.
const sealed = "v1."

// errSealed says no more, so that nobody can learn from it.
var errSealed = errors.New("apikey: not sealed under this key for this purpose")

// NewSealer makes a sealer of a key of 32 random bytes, which the caller may
// overwrite afterwards.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != chacha20poly1305.KeySize {
		return nil, fmt.Errorf("apikey: a sealer's key has %d bytes, not %d", chacha20poly1305.KeySize, len(key))
	}
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("apikey: %w", err)
	}
	return &Sealer{aead: aead}, nil
}

// Seal encrypts a text for a context, without which it cannot be opened, so
// that what was sealed for one key is worth nothing in the row of another. The
// result differs each time and is made of letters, digits, - _ and a dot.
func (s *Sealer) Seal(plaintext, context []byte) (string, error) {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plaintext)+s.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("apikey: seal: %w", err)
	}
	return sealed + base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plaintext, context)), nil
}

// Open decrypts what Seal made for the same context. It fails for anything
// else, also for another spelling of it, saying no more than that.
func (s *Sealer) Open(text string, context []byte) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, sealed)
	if !ok {
		return nil, errSealed
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(box) < s.aead.NonceSize() {
		return nil, errSealed
	}
	nonce, box := box[:s.aead.NonceSize()], box[s.aead.NonceSize():]
	plaintext, err := s.aead.Open(nil, nonce, box, context)
	if err != nil {
		return nil, errSealed
	}
	return plaintext, nil
}
