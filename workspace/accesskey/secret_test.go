package accesskey_test

import (
	"errors"
	"hash/crc32"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// known is a secret that was made by hand: its check sum is the CRC-32 (IEEE)
// of the 59 characters before it, in base62 with the digits 0-9 a-z A-Z.
const known = "bwk_0123456789ab" + "00000000000000000000000000000000000000000ZZ"

func checked(text string) string {
	sum := new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(text)))).Text(62)
	return text + strings.Repeat("0", 6-len(sum)) + sum
}

func TestParse(t *testing.T) {
	t.Parallel()
	whole := regexp.MustCompile("^" + accesskey.Expression + "$")
	good := checked(known)
	prefix, secret, err := accesskey.Parse(good)
	if err != nil || prefix != "bwk_0123456789ab" || secret != known[16:] || !whole.MatchString(good) {
		t.Fatalf("%s is %q, %q, %v", good, prefix, secret, err)
	}
	if len(good) != 65 || !accesskey.Shaped(good) || !accesskey.Marked(good) {
		t.Errorf("%s is not what it looks like", good)
	}
	bad := []string{
		"", "bwk_", known, good[1:], good[:64], good + "0", " " + good, good + "\n", "BWK_" + good[4:], "bwk-" + good[4:],
		checked("bwk_0123456789a-" + known[16:]), checked("bwk_0123456789é" + known[16:]), checked("bwk" + known[3:58]), checked(known + "0"),
	}
	// Whatever single character was mistyped, and whichever two next to each
	// other were swapped, shows.
	for i := 4; i < len(good); i++ {
		other := byte('0')
		if good[i] == other {
			other = '1'
		}
		bad = append(bad, good[:i]+string(other)+good[i+1:])
		if i+1 < len(good) && good[i] != good[i+1] {
			bad = append(bad, good[:i]+string(good[i+1])+string(good[i])+good[i+2:])
		}
	}
	for _, text := range bad {
		if prefix, secret, err := accesskey.Parse(text); !errors.Is(err, accesskey.ErrRefused) || prefix+secret != "" {
			t.Errorf("%q is %q, %q, %v; want ErrRefused", text, prefix, secret, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	whole := regexp.MustCompile("^(?:" + accesskey.Expression + ")$")
	for _, seed := range []string{"", known, checked(known), checked(known)[:64] + "x", "bwk_" + strings.Repeat("z", 61)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if shaped := whole.MatchString(text) && !strings.HasSuffix(text, "\n"); shaped != accesskey.Shaped(text) {
			t.Fatalf("%q matches: %t, Shaped says %t", text, shaped, !shaped)
		}
		prefix, secret, err := accesskey.Parse(text)
		if err != nil {
			if err != accesskey.ErrRefused || prefix+secret != "" { //nolint:errorlint // exactly that
				t.Fatalf("%q gave %q, %q, %v", text, prefix, secret, err)
			}
			return
		}
		if checked(prefix+secret) != text {
			t.Fatalf("%q came apart as %q, %q", text, prefix, secret)
		}
	})
}

// A store that nobody may ask.
type nobody struct{ accesskey.Store }

// What is malformed is refused without a question to the store, which would
// panic here.
func TestMalformedAsksNobody(t *testing.T) {
	t.Parallel()
	s := accesskey.New(nobody{}, nil, nil, nil, nil)
	good := checked(known)
	for _, text := range []string{"", "bwk_", good[:64] + "0", known, strings.ToUpper(good), "bwk_" + strings.Repeat("a", 61)} {
		if _, err := s.Authenticate(t.Context(), text, accesskey.Origin{}); !errors.Is(err, accesskey.ErrRefused) {
			t.Errorf("%q: %v, want ErrRefused", text, err)
		}
	}
}

// An unknown key costs as many statements as a wrong secret.
func TestUnknownCostsAsMuch(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		k := w.ofClub()
		unknown := checked("bwk_" + strings.Repeat("0", 12) + strings.Repeat("a", 43))
		wrong := checked(k.Prefix + strings.Repeat("a", 43))
		w.refused("prepared now", unknown, somewhere())
		cost := func(what, secret string) int64 {
			w.Fault.Set(1 << 40)
			w.refused(what, secret, somewhere())
			return w.Fault.Clear()
		}
		a, b, c := cost("unknown", unknown), cost("wrong", wrong), cost("malformed", wrong[:64]+"!")
		if a != b || a == 0 || c != 0 {
			w.Errorf("%d statements for an unknown key, %d for a wrong secret, %d for a malformed one", a, b, c)
		}
	})
}

// Secrets are random: of many no two share a part, and each part takes every
// digit.
func TestSecretsAreRandom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	seen := map[string]bool{}
	digits := map[rune]bool{}
	k := w.ofClub()
	for range 60 {
		_, secret, err := w.keys.Rotate(w.Context(), w.Bob, k.ID, 0, "")
		w.OK(err)
		prefix, part, err := accesskey.Parse(secret)
		w.OK(err)
		if prefix != k.Prefix || seen[part] {
			w.Errorf("%s came again, or is not of the key", secret)
		}
		seen[part] = true
		for _, r := range part {
			digits[r] = true
		}
	}
	if len(digits) != 62 {
		w.Errorf("%d digits were used", len(digits))
	}
	if other := w.ofClub(); other.Prefix == k.Prefix {
		w.Error("two keys begin alike")
	}
}
