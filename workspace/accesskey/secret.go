package accesskey

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"
	"time"
)

// Expression is what a secret looks like, for those who look for leaked ones:
// a word that it matches is one if [Parse] says so.
const Expression = `bwk_[0-9A-Za-z]{12}[0-9A-Za-z]{43}[0-9A-Za-z]{6}`

// What a secret is made of: the mark, what finds its key, 256 random bits, and
// the CRC-32 of all that precedes.
const (
	mark       = "bwk_"
	prefixSize = len(mark) + 12
	secretSize = 43
	sumSize    = 6
	size       = prefixSize + secretSize + sumSize
)

// Marked reports whether a text begins like a secret. No word that anything
// else here hands out does.
func Marked(text string) bool { return strings.HasPrefix(text, mark) }

// Shaped reports whether a text matches [Expression] as a whole.
func Shaped(text string) bool {
	if len(text) != size || !Marked(text) {
		return false
	}
	for i := len(mark); i < size; i++ {
		b := text[i]
		if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') {
			return false
		}
	}
	return true
}

// Parse takes a secret apart into the prefix of its key and the part that is
// secret. It returns ErrRefused for what is malformed or has another check sum,
// and asks nobody.
func Parse(text string) (prefix, secret string, err error) {
	if !Shaped(text) || text[size-sumSize:] != sum(text[:size-sumSize]) {
		return "", "", ErrRefused
	}
	return text[:prefixSize], text[prefixSize : size-sumSize], nil
}

// base62 writes a number in the digits 0-9 a-z A-Z.
func base62(n *big.Int, digits int) string {
	text := n.Text(62)
	return strings.Repeat("0", digits-len(text)) + text
}

// sum is the check sum of what precedes it.
func sum(text string) string {
	return base62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(text)))), sumSize)
}

// newPrefix returns the beginning of a new key's secrets.
func newPrefix() (string, error) {
	bound := new(big.Int).Exp(big.NewInt(62), big.NewInt(int64(prefixSize-len(mark))), nil)
	n, err := rand.Int(rand.Reader, bound)
	if err != nil {
		return "", fmt.Errorf("accesskey: randomness: %w", err)
	}
	return mark + base62(n, prefixSize-len(mark)), nil
}

// newSecret returns a new secret of a key, as it is told, and its digest.
func newSecret(prefix string) (text, hash string, err error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 256))
	if err != nil {
		return "", "", fmt.Errorf("accesskey: randomness: %w", err)
	}
	secret := base62(n, secretSize)
	text = prefix + secret
	return text + sum(text), digest(secret), nil
}

// digest is what is kept of 256 random bits, which need no more.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// decoy stands for a digest where there is none, so that the comparison is
// made all the same. It is none of anything.
const decoy = "----------------------------------------------------------------"

func same(kept, digest string) bool {
	if kept == "" {
		kept = decoy
	}
	return subtle.ConstantTimeCompare([]byte(kept), []byte(digest)) == 1
}

// match reports whether a secret is one of these. It takes as long for the
// secrets of no key.
func (s Secrets) match(secret string, now time.Time) bool {
	presented := digest(secret)
	current, former := same(s.Hash, presented), same(s.Former, presented)
	return current || former && now.Before(s.Overlap)
}
