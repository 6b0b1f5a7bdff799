package workspace

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// control reports whether a text holds a control character. With lines, those
// that break and indent are none.
func control(text string, lines bool) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && (!lines || r != '\n' && r != '\t')
	})
}

// line checks a text of one line and takes the space around it away.
func line(field string, text *string, least, most int) error {
	trimmed := strings.TrimSpace(*text)
	n := utf8.RuneCountInString(trimmed)
	if !utf8.ValidString(trimmed) || control(trimmed, false) || n < least || n > most {
		return &InvalidError{Field: field, Expected: fmt.Sprintf("one line of %d to %d characters", least, most)}
	}
	*text = trimmed
	return nil
}

// prose checks a text of several lines.
func prose(field, text string, most int) error {
	if !utf8.ValidString(text) || control(text, true) || utf8.RuneCountInString(text) > most {
		return &InvalidError{Field: field, Expected: fmt.Sprintf("a text of at most %d characters", most)}
	}
	return nil
}

// fieldTechnicalName is what errors, events and orders call it.
const fieldTechnicalName = "technical_name"

// technical checks a name that appears in addresses, where dots alone lead
// elsewhere.
func technical(name string) error {
	odd := strings.ContainsFunc(name, func(r rune) bool {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return false
		}
		return !strings.ContainsRune("_.-", r)
	})
	if odd || name == "" || len(name) > 30 || name == "." || name == ".." {
		return &InvalidError{Field: fieldTechnicalName, Expected: "1 to 30 of A-Z a-z 0-9 _ - . and not dots alone"}
	}
	return nil
}

// username checks a name to sign in with. HTTP's Basic ends it at a colon.
func username(name string) error {
	n := utf8.RuneCountInString(name)
	if !utf8.ValidString(name) || control(name, false) || n < 1 || n > 100 ||
		strings.TrimSpace(name) != name || strings.Contains(name, ":") {
		return &InvalidError{Field: "username", Expected: "1 to 100 characters, no colon, no space at the ends"}
	}
	return nil
}

// email checks a bare address.
func email(address string) error {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address || len(address) > 254 || control(address, false) {
		return &InvalidError{Field: "email", Expected: "an address as name@example.org"}
	}
	return nil
}

// tongue checks the tag of a language.
func tongue(tag *string) error {
	if *tag == "" {
		*tag = "en"
	}
	if _, err := language.Parse(*tag); err != nil || len(*tag) > 35 {
		return &InvalidError{Field: "language", Expected: `a BCP 47 tag as "fr"`}
	}
	return nil
}

// digits checks a registered number where there is one.
func digits(field, number string, n int) error {
	odd := strings.ContainsFunc(number, func(r rune) bool { return r < '0' || r > '9' })
	if number != "" && (odd || len(number) != n) {
		return &InvalidError{Field: field, Expected: fmt.Sprintf("%d digits", n)}
	}
	return nil
}

// picture checks the address of a picture, which pages show: nothing that a
// browser would run.
func picture(field string, text *string) error {
	if err := line(field, text, 0, 255); err != nil {
		return err
	}
	u, err := url.Parse(*text)
	if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return &InvalidError{Field: field, Expected: "an address of http or https"}
	}
	return nil
}

// area checks a decimal number where there is one, and writes it in one way:
// "1250.5" for "01250.50".
func area(field string, text *string) error {
	trimmed := strings.TrimSpace(*text)
	if trimmed == "" {
		*text = ""
		return nil
	}
	whole, rest, point := strings.Cut(trimmed, ".")
	whole, behind := strings.TrimLeft(whole, "0"), strings.TrimRight(rest, "0")
	odd := func(r rune) bool { return r < '0' || r > '9' }
	if strings.ContainsFunc(trimmed, func(r rune) bool { return odd(r) && r != '.' }) || strings.Contains(rest, ".") ||
		strings.HasPrefix(trimmed, ".") || point && rest == "" || len(whole) > 12 || len(behind) > 4 {
		return &InvalidError{Field: field, Expected: `a decimal number as "1250.5", of at most 12 digits before and 4 behind the point`}
	}
	*text = cmp.Or(whole, "0")
	if behind != "" {
		*text += "." + behind
	}
	return nil
}

// amount checks a limit.
func amount(field string, n int64) error {
	if n < 0 {
		return &InvalidError{Field: field, Expected: "at least 0"}
	}
	return nil
}

// first returns the first error there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// fixed refuses a change of what cannot be changed.
func fixed[T comparable](field string, before, after T) error {
	if before != after {
		return &InvalidError{Field: field, Expected: "what it was"}
	}
	return nil
}

// changes are what was set to what, by field. A value that is a became tells
// what it was as well, one that is a was only that.
type changes map[string]any

// became is a value that another took the place of.
type became struct{ before, after any }

// was is a value that went.
type was struct{ before any }

// note adds a field that changed.
func note[T comparable](c changes, field string, before, after T) {
	if before != after {
		c[field] = became{before, after}
	}
}

// went returns changes that took everything away that others set.
func (c changes) went() changes {
	gone := changes{}
	for field, value := range c {
		gone[field] = was{value}
	}
	return gone
}

// over returns changes that set what others had set before.
func (c changes) over(before changes) changes {
	next := changes{}
	for field, value := range c {
		next[field] = became{before[field], value}
	}
	return next
}

// told returns what the trail tells of changes: what is there now, and what was
// there before, as JSON objects; nothing for what was nothing.
func (c changes) told() (now, before []byte, err error) {
	is, had := map[string]any{}, map[string]any{}
	for field, value := range c {
		switch value := value.(type) {
		case became:
			is[field], had[field] = value.after, value.before
		case was:
			had[field] = value.before
		default:
			is[field] = value
		}
	}
	if now, err = json.Marshal(is); err != nil || len(had) == 0 {
		return now, nil, err //nolint:wrapcheck // by the caller
	}
	before, err = json.Marshal(had)
	return now, before, err //nolint:wrapcheck // by the caller
}
