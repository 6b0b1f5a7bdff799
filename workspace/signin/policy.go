package signin

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// common are the passwords that everybody tries first.
//
//go:embed common.txt
var common string

const (
	defaultLength = 15
	leastLength   = 8
	// leastPieces is how many pieces, each a widely known password, a name, a
	// sequence, or a character that is none of these, a password has at least.
	leastPieces = 4
	// A known password of fewer characters, or a name, says nothing where it
	// comes in another word; a run of fewer is none.
	leastKnown = 4
	leastName  = 3
	leastRun   = 3
	longest    = 40
)

// A policy is what new passwords are held to: NIST SP 800-63B-4, section
// 3.1.1.2. It wants no kind of character, since that makes people write
// "Password1!"; it wants length, and refuses what would be tried first.
type policy struct {
	least int
	words []string
	known func() map[string]bool
	rows  []string
}

func newPolicy(least int, words []string) policy {
	if least == 0 {
		least = defaultLength
	}
	return policy{
		least: max(least, leastLength),
		words: append([]string{"bailiwick"}, words...),
		known: sync.OnceValue(func() map[string]bool {
			known := map[string]bool{}
			for line := range strings.Lines(common) {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					known[line] = true
				}
			}
			return known
		}),
		// Neighbours on a keyboard, English, French and German, and downwards.
		rows: []string{
			"`1234567890-=", "01", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "azertyuiop^$", "qsdfghjklmù", "wxcvbn,;:!",
			"qwertzuiopü", "yxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю",
			"1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "!@#$%^&*()_+",
		},
	}
}

// possible reports whether something can be a password at all. Those that were
// set when fewer characters were enough go on working.
func possible(password string) bool {
	return len(password) >= leastLength && len(password) <= maxBytes && !strings.ContainsRune(password, 0)
}

// check returns an error that says what is expected of a user's new password,
// and does not repeat it.
func (p policy) check(password string, u workspace.User) error {
	invalid := func(expected string) error { return &workspace.InvalidError{Field: "password", Expected: expected} }
	text := norm.NFC.String(password)
	switch {
	case len(password) > maxBytes || strings.ContainsRune(password, 0) || !utf8.ValidString(password):
		return invalid(fmt.Sprintf("at most %d bytes of UTF-8 without NUL", maxBytes))
	case utf8.RuneCountInString(text) < p.least:
		return invalid(fmt.Sprintf("at least %d characters", p.least))
	case p.guessable(fold(text), p.names(u)):
		return invalid("something that is not widely known, repeated, a sequence, or made of such and of names")
	}
	return nil
}

// names are the words that belong to a user and to the service.
func (p policy) names(u workspace.User) map[string]bool {
	names := map[string]bool{}
	local, domain, _ := strings.Cut(u.Email, "@")
	host, _, _ := strings.Cut(domain, ".")
	texts := append([]string{u.Username, u.FirstName, u.LastName, u.FirstName + u.LastName, u.Email, local, domain, host}, p.words...)
	for _, text := range texts {
		folded := fold(text)
		for _, word := range append(strings.FieldsFunc(folded, separates), folded, strings.Join(strings.FieldsFunc(folded, separates), "")) {
			if utf8.RuneCountInString(word) >= leastName {
				names[word] = true
			}
		}
	}
	return names
}

func separates(r rune) bool { return strings.ContainsRune(" .-_+'’,", r) }

// guessable reports whether a folded password is one that a guesser comes to
// soon.
func (p policy) guessable(text string, names map[string]bool) bool {
	if p.known()[strings.Join(strings.FieldsFunc(text, separates), "")] || repeats([]rune(text)) {
		return true
	}
	return p.pieces([]rune(text), names) < leastPieces
}

// repeats reports whether a text is a shorter one again and again.
func repeats(text []rune) bool {
	// The borders of Knuth, Morris and Pratt: the longest beginning that is an
	// end as well tells the shortest period.
	border := make([]int, len(text)+1)
	border[0] = -1
	for i, k := 0, -1; i < len(text); i++ {
		for k >= 0 && text[k] != text[i] {
			k = border[k]
		}
		k++
		border[i+1] = k
	}
	return 2*(len(text)-border[len(text)]) <= len(text)
}

// pieces returns how few pieces a text falls into.
func (p policy) pieces(text []rune, names map[string]bool) int {
	texts := spellings(text)
	fewest := make([]int, len(text)+1)
	run := 0 // how many steps before here can be foreseen
	for end := 1; end <= len(text); end++ {
		last := text[end-1]
		fewest[end] = fewest[end-1]
		if !separates(last) {
			fewest[end]++
		}
		if run++; end == 1 || !p.follows(text[end-2], last) {
			run = 1
		}
		if run >= leastRun {
			fewest[end] = min(fewest[end], fewest[end-run]+1)
		}
		for begin := max(0, end-longest); begin <= end-leastName; begin++ {
			if fewest[begin]+1 < fewest[end] && p.word(texts, begin, end, names) {
				fewest[end] = fewest[begin] + 1
			}
		}
	}
	return fewest[len(text)]
}

// spellings returns a text as it is, and with the letters that digits and signs
// in it look like, one of which looks like two.
func spellings(text []rune) [3][]rune {
	like := func(one rune) []rune {
		plain := make([]rune, len(text))
		for i, r := range text {
			if at := strings.IndexRune("@40351$7!", r); at >= 0 {
				r = []rune{'a', 'a', 'o', 'e', 's', one, 's', 't', 'i'}[at]
			}
			plain[i] = r
		}
		return plain
	}
	return [3][]rune{text, like('l'), like('i')}
}

// follows reports whether one character is what a guesser expects after
// another: itself, its neighbour in the alphabet or on a keyboard.
func (p policy) follows(a, b rune) bool {
	if d := a - b; d >= -1 && d <= 1 {
		return true
	}
	for _, row := range p.rows {
		there, back := string([]rune{a, b}), string([]rune{b, a})
		if strings.Contains(row, there) || strings.Contains(row, back) {
			return true
		}
	}
	return false
}

// word reports whether a part of a text is a name or a known password, however
// it is spelt.
func (p policy) word(texts [3][]rune, begin, end int, names map[string]bool) bool {
	for _, text := range texts {
		word := string(text[begin:end])
		if names[word] || end-begin >= leastKnown && p.known()[word] {
			return true
		}
	}
	return false
}

// fold returns a text as comparisons regardless of case see it.
func fold(text string) string { return cases.Fold().String(norm.NFKC.String(text)) }
