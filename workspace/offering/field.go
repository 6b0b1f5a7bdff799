package offering

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func invalid(field, expected string) error {
	return &workspace.InvalidError{Field: field, Expected: expected}
}

// at names an element of a list, as "offerings[1]".
func at(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// line checks a text of one line without space at its ends.
func line(field, text string, most int) error {
	n := utf8.RuneCountInString(text)
	if n == 0 || n > most || !utf8.ValidString(text) || strings.TrimSpace(text) != text ||
		strings.ContainsFunc(text, unicode.IsControl) {
		return invalid(field, fmt.Sprintf("one line of 1 to %d characters, no space at the ends", most))
	}
	return nil
}

// check checks what of an offering a caller can set.
func (o Offering) check() error {
	if err := line("layer_name", o.LayerName, 255); err != nil {
		return err
	}
	if !slices.Contains([]Status{Publishing, Modifying, Published, Unpublishing, Unstable}, o.Status) {
		return invalid("status", "PUBLISHING, MODIFYING, PUBLISHED, UNPUBLISHING or UNSTABLE")
	}
	for i, u := range o.URLs {
		if err := line(at("urls", i)+".type", u.Type, 99); err != nil {
			return err
		}
		parsed, err := url.Parse(u.URL)
		if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" || len(u.URL) > 2000 {
			return invalid(at("urls", i)+".url", "an address that begins with http:// or https://")
		}
	}
	return nil
}

// check checks what of a permission can be changed.
func (p Permission) check() error {
	if err := line("licence", p.Licence, 255); err != nil {
		return err
	}
	if len(p.Offerings) == 0 {
		return invalid("offerings", "at least one")
	}
	return nil
}

// check checks a grant but for what it names.
func (g Grant) check(now time.Time) error {
	switch {
	case len(g.Users) == 0 && len(g.Communities) == 0:
		return invalid("users", "at least one user, or one community")
	case len(g.Users) > 0 && len(g.Communities) > 0:
		return invalid("communities", "none beside users")
	}
	if (Permission{End: g.End}).Ended(now) {
		return invalid("end_date", "a date to come")
	}
	if i := twice(g.Users); i >= 0 {
		return again("users", i)
	}
	if i := twice(g.Communities); i >= 0 {
		return again("communities", i)
	}
	if i := twice(g.Offerings); i >= 0 {
		return again("offerings", i)
	}
	return nil
}

func again(field string, i int) error { return invalid(at(field, i), "one that was not named before") }

// twice returns where something is named for the second time, -1 for nowhere.
func twice[T comparable](list []T) int {
	seen := make(map[T]bool, len(list))
	for i, x := range list {
		if seen[x] {
			return i
		}
		seen[x] = true
	}
	return -1
}

// keyed puts what was found under its identifier.
func keyed[K comparable, V any](list []V, id func(V) K) map[K]V {
	m := make(map[K]V, len(list))
	for _, v := range list {
		m[id(v)] = v
	}
	return m
}
