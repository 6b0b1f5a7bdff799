package apikey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// readable is what a sealer keeps of a credential.
type readable struct {
	Hash    string            `json:"hash,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}

// conceal checks the credential of a new key, puts what may be shown of it into
// the key, and returns what is kept of it.
func (s *Service) conceal(ctx context.Context, k *Key, c Credential) (Secrets, error) {
	if err := c.check(k.Type); err != nil {
		return Secrets{}, err
	}
	var secrets Secrets
	switch k.Type {
	case Hash:
		k.Hash = c.Hash
		if k.Hash == "" {
			k.Hash = rand.Text()
		}
		secrets.Lookup = digest(Hash, k.Hash)
	case Header:
		k.Headers = maps.Clone(c.Headers)
		h := canonical(c.Headers)
		secrets.Lookup = h.lookup(h.handle())
		secrets.Verifier = h.verifier(h.names())
	case Basic:
		k.Login = c.Login
		verifier, err := s.passwords.hash(ctx, c.Password)
		if err != nil {
			return Secrets{}, err
		}
		secrets.Lookup, secrets.Verifier = digest(Basic, c.Login), verifier
		k.PasswordHash = shownHash(verifier)
	case OAuth2:
	}
	return secrets, s.seal(*k, &secrets)
}

// seal keeps what of a credential can be read again.
func (s *Service) seal(k Key, secrets *Secrets) error {
	if s.sealer == nil || k.Hash == "" && len(k.Headers) == 0 {
		return nil
	}
	text, err := json.Marshal(readable{Hash: k.Hash, Headers: k.Headers})
	if err != nil {
		return fmt.Errorf("apikey: seal: %w", err)
	}
	secrets.Sealed, err = s.sealer.Seal(text, []byte(k.ID))
	return err
}

// reveal puts into a key what can be read of its credential. What was sealed
// under another key, or for another row, shows empty.
func (s *Service) reveal(k *Key, secrets Secrets) {
	if k.Type == Basic {
		k.PasswordHash = shownHash(secrets.Verifier)
	}
	if s.sealer == nil || secrets.Sealed == "" {
		return
	}
	text, err := s.sealer.Open(secrets.Sealed, []byte(k.ID))
	if err != nil {
		return
	}
	var r readable
	if json.Unmarshal(text, &r) == nil {
		k.Hash, k.Headers = r.Hash, r.Headers
	}
}

// shownHash is what is shown of a password: 40 hexadecimal digits that change
// with it. They are a digest of the verifier, salt and all, so that nobody who
// sees them can try passwords on them.
func shownHash(verifier string) string {
	sum := sha256.Sum256([]byte("password of a key\x00" + verifier))
	return hex.EncodeToString(sum[:20])
}

// digest is the digest of a text for one type, so that what is right for one
// is nothing for another. Texts of 128 random bits need no more; people who
// choose their own are told how short they may be.
func digest(t Type, text string) string {
	sum := sha256.Sum256([]byte(string(t) + "\x00" + text))
	return hex.EncodeToString(sum[:])
}

// headers are headers by name in lower case.
type headers map[string]string

// canonical returns headers regardless of how their names are written. Of two
// that differ in that alone, the first in order counts.
func canonical(given map[string]string) headers {
	h := make(headers, len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		lower := strings.ToLower(name)
		if _, twice := h[lower]; !twice {
			h[lower] = given[name]
		}
	}
	return h
}

func (h headers) names() []string { return slices.Sorted(maps.Keys(h)) }

// handle returns the header that a key is found by among all that a call
// carries: the one with the longest value, which is likely the secret one; of
// several, the first by name.
func (h headers) handle() string {
	names := h.names()
	return slices.MaxFunc(names, func(a, b string) int {
		if n := len(h[a]) - len(h[b]); n != 0 {
			return n
		}
		return strings.Compare(b, a)
	})
}

// lookup is the digest that a key with that handle is found by.
func (h headers) lookup(name string) string { return digest(Header, name+"\x00"+h[name]) }

// verifier is the digest of the headers of some names, and those names, since
// a call carries others besides. It is empty when one is missing.
func (h headers) verifier(names []string) string {
	var text strings.Builder
	for _, name := range names {
		value, ok := h[name]
		if !ok {
			return ""
		}
		text.WriteString(name + "\x00" + value + "\x00")
	}
	return strings.Join(names, ",") + " " + digest(Header, "all\x00"+text.String())
}

// match reports whether headers have all that a verifier is of, and how many
// those are.
func (h headers) match(verifier string) (int, bool) {
	list, _, _ := strings.Cut(verifier, " ")
	names := strings.Split(list, ",")
	return len(names), subtle.ConstantTimeCompare([]byte(h.verifier(names)), []byte(verifier)) == 1
}
