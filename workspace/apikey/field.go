package apikey

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/internal/luapattern"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func invalid(field, expected string) error {
	return &workspace.InvalidError{Field: field, Expected: expected}
}

// line checks a text of one line without space at its ends.
func line(field, text string, most int) error {
	n := utf8.RuneCountInString(text)
	if n == 0 || n > most || !utf8.ValidString(text) || strings.TrimSpace(text) != text ||
		strings.ContainsFunc(text, unicode.IsControl) {
		return invalid(field, fmt.Sprintf("one line of 1 to %d characters, no space at the ends", most))
	}
	return nil
}

// visible reports whether a text is made of visible ASCII, least to most of it.
func visible(text string, least, most int) bool {
	return len(text) >= least && len(text) <= most &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// check checks a credential for a type. It never repeats what it was given.
func (c Credential) check(t Type) error {
	stray := ""
	switch {
	case c.Hash != "" && t != Hash:
		stray = "hash"
	case c.Headers != nil && t != Header:
		stray = "headers"
	case c.Login != "" && t != Basic:
		stray = "login"
	case c.Password != "" && t != Basic:
		stray = "password"
	}
	if stray != "" {
		return invalid("type_infos."+stray, "nothing, for a key of type "+string(t))
	}
	switch t {
	case Hash:
		if c.Hash != "" && !visible(c.Hash, 8, 255) {
			return invalid("type_infos.hash", "8 to 255 visible ASCII characters, or nothing to have it made")
		}
	case Header:
		return checkHeaders(c.Headers)
	case Basic:
		// HTTP's Basic ends the login at a colon.
		if err := line("type_infos.login", c.Login, 255); err != nil {
			return err
		}
		if strings.Contains(c.Login, ":") {
			return invalid("type_infos.login", "no colon")
		}
		if n := len(c.Password); n < 6 || n > maxPassword || strings.ContainsFunc(c.Password, unicode.IsControl) {
			return invalid("type_infos.password", "6 to 1024 bytes without control characters")
		}
	case OAuth2:
	default:
		return invalid("type", "HASH, HEADER, BASIC or OAUTH2")
	}
	return nil
}

// carrying are the names of headers that mean something else already: what
// carries other credentials, and what every call has.
const carrying = " authorization proxy-authorization cookie host connection transfer-encoding apikey x-key "

func checkHeaders(given map[string]string) error {
	if len(given) == 0 || len(given) > 10 {
		return invalid("type_infos.headers", "1 to 10 headers")
	}
	total := 0
	for name, value := range given {
		field := "type_infos.headers." + name
		lower := strings.ToLower(name)
		switch {
		case !token(name):
			return invalid("type_infos.headers", "names of headers, at most 255 characters each")
		case strings.Contains(carrying, " "+lower+" "), strings.HasPrefix(lower, "content-"):
			return invalid(field, "a header that means nothing else")
		case !visible(value, 1, 255):
			return invalid(field, "1 to 255 visible ASCII characters")
		}
		total += len(value)
	}
	if len(canonical(given)) != len(given) {
		return invalid("type_infos.headers", "names that differ regardless of case")
	}
	if total < 8 {
		return invalid("type_infos.headers", "values of at least 8 characters together")
	}
	return nil
}

// token reports whether a text can be the name of a header (RFC 9110 §5.6.2).
// A comma, which separates names in a verifier, cannot be in one.
func token(name string) bool {
	return name != "" && len(name) <= 255 && !strings.ContainsFunc(name, func(r rune) bool {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return false
		}
		return !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// clean checks name and restrictions of a key, and returns it with networks
// written in one way.
func (k Key) clean() (Key, error) {
	if err := line("name", k.Name, 99); err != nil {
		return k, err
	}
	if len(k.Whitelist) > 0 && len(k.Blacklist) > 0 {
		return k, invalid("blacklist", "none beside a whitelist")
	}
	var err error
	if k.Whitelist, err = networks("whitelist", k.Whitelist); err != nil {
		return k, err
	}
	if k.Blacklist, err = networks("blacklist", k.Blacklist); err != nil {
		return k, err
	}
	for _, p := range []struct{ field, text string }{{"user_agent", k.UserAgent}, {"referer", k.Referer}} {
		if _, ok := luapattern.Compile(p.text); !ok || !utf8.ValidString(p.text) || strings.ContainsFunc(p.text, unicode.IsControl) {
			return k, invalid(p.field, "a Lua pattern of at most 255 bytes, without %b and %1")
		}
	}
	return k, nil
}

func networks(field string, list []netip.Prefix) ([]netip.Prefix, error) {
	if len(list) > 255 {
		return nil, invalid(field, "at most 255 networks")
	}
	list = slices.Clone(list)
	for i, p := range list {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		if !p.IsValid() {
			return nil, invalid(fmt.Sprintf("%s[%d]", field, i), "an address or a network as 192.0.2.0/24")
		}
		list[i] = p.Masked()
	}
	return list, nil
}

// admits reports whether the restrictions of a key let a call pass. An address
// that is not known is in no whitelist, and may be in any blacklist.
func (k Key) admits(c Call) bool {
	from := c.Address.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(from) }
	switch {
	case len(k.Whitelist) > 0 && !slices.ContainsFunc(k.Whitelist, within):
		return false
	case len(k.Blacklist) > 0 && (!from.IsValid() || slices.ContainsFunc(k.Blacklist, within)):
		return false
	}
	return agrees(k.UserAgent, c.UserAgent) && agrees(k.Referer, c.Referer)
}

func agrees(wanted, text string) bool {
	if wanted == "" {
		return true
	}
	p, ok := luapattern.Compile(wanted)
	return ok && p.Matches(text)
}
