package quota

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how many characters a name may have.
const maxText = 255

// invalid says of a field what was expected of it.
func invalid(field, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrInvalid, field, fmt.Sprintf(format, args...))
}

// checkName wants a line of 1 to 255 characters.
func checkName(field, s string) error {
	if s == "" {
		return invalid(field, "a name of 1 to %d characters expected", maxText)
	}
	return checkLine(field, s)
}

// checkLine wants at most 255 characters and no control characters among them.
func checkLine(field, s string) error {
	if err := checkText(field, s); err != nil {
		return err
	}
	if utf8.RuneCountInString(s) > maxText {
		return invalid(field, "at most %d characters expected", maxText)
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return invalid(field, "no control characters expected")
	}
	return nil
}

// checkText wants what both databases can keep.
func checkText(field, s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return invalid(field, "UTF-8 without NUL expected")
	}
	return nil
}

// checkTexts does the same for many.
func checkTexts[T ~string](field string, texts ...T) error {
	for _, text := range texts {
		if err := checkText(field, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// checkTechnicalName wants nothing, or 1 to 100 of the characters that are
// safe in an address.
func checkTechnicalName(s string) error {
	const (
		most     = 100
		alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
	)
	if len(s) > most || strings.Trim(s, alphabet) != "" {
		return invalid("technical name", "1 to %d of the characters A-Z, a-z, 0-9, _, . and - expected", most)
	}
	return nil
}

// checkObject wants a JSON object, or nothing.
func checkObject(field string, raw json.RawMessage) error {
	if len(raw) == 0 {
		return nil
	}
	if !json.Valid(raw) || !utf8.Valid(raw) || !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return invalid(field, "a JSON object expected")
	}
	return nil
}

// checkAmount wants at least 1.
func checkAmount(n int64) error {
	if n < 1 {
		return invalid("amount", "at least 1 expected, not %d", n)
	}
	return nil
}

// checkLimit wants at least 0.
func checkLimit(field string, n int64) error {
	if n < 0 {
		return invalid(field, "at least 0 expected, not %d", n)
	}
	return nil
}

func (w Reason) check() error {
	if err := checkLine("reason kind", w.Kind); err != nil {
		return err
	}
	return checkLine("reason reference", w.Ref)
}
