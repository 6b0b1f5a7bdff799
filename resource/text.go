package resource

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
)

// What names, descriptions and metadata are bounded by.
const (
	maxName        = 255
	maxDescription = 64 << 10
	maxMeta        = 256
)

// cleanDescription returns HTML without what could do harm: scripts, handlers,
// frames, styles, links that are no addresses.
func cleanDescription(html string) (string, error) {
	if len(html) > maxDescription || !storable(html) {
		return "", invalid("description", "at most 64 KiB of UTF-8 without the character 0")
	}
	if !strings.ContainsAny(html, `<>&"'`) {
		return html, nil
	}
	clean := bluemonday.UGCPolicy().Sanitize(html)
	if len(clean) > maxDescription {
		return "", invalid("description", "at most 64 KiB of HTML")
	}
	return clean, nil
}

// cleanMeta returns a copy of the metadata: texts, numbers, true, false and null
// by name.
func cleanMeta(m map[string]any) (map[string]any, error) {
	if len(m) > maxMeta {
		return nil, invalid("meta", "at most %d items", maxMeta)
	}
	clean := make(map[string]any, len(m))
	for name, v := range m {
		if length := utf8.RuneCountInString(name); length == 0 || length > maxName || !storable(name) {
			return nil, invalid("meta", "names of 1 to %d characters", maxName)
		}
		value, ok := plain(v, 0)
		if text, is := value.(string); !ok || is && len(text) > maxText {
			return nil, invalid("meta."+name, "a text of at most 64 KiB, a number, true, false or null")
		}
		clean[name] = value
	}
	return clean, nil
}

// cleanName returns a display name without spaces around it.
func cleanName(name string) (string, error) {
	name = strings.TrimSpace(name)
	length := utf8.RuneCountInString(name)
	if length == 0 || length > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", invalid("display_name", "1 to %d characters, none of them a control character", maxName)
	}
	return name, nil
}

// checkKeyname checks a keyname; none is fine.
func checkKeyname(name string) error {
	for i, r := range []byte(name) {
		letter := r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '_'
		if !letter && (i == 0 || r != '.' && r != '-' && (r < '0' || r > '9')) || i >= maxName {
			return invalid("keyname", "a letter or _, and up to 254 letters, digits, and _ . -")
		}
	}
	return nil
}
