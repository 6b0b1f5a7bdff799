package accesskey

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// How much of each a key may have.
const (
	maxScopes   = 64
	maxNodes    = 50
	maxNetworks = 255
	maxOrigins  = 50
)

func invalid(field, expected string) error {
	return &workspace.InvalidError{Field: field, Expected: expected}
}

func at(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// clean checks what is asked of a new key, but for what its rules are made of,
// and returns it written in one way.
func (s *Service) clean(k Key, now time.Time) (Key, error) {
	n := utf8.RuneCountInString(k.Title)
	if n == 0 || n > 99 || !utf8.ValidString(k.Title) || strings.TrimSpace(k.Title) != k.Title || strings.ContainsFunc(k.Title, unicode.IsControl) {
		return k, invalid("title", "one line of 1 to 99 characters, no space at the ends")
	}
	switch {
	case k.Workspace == "" && k.Role != "":
		return k, invalid("role", "none for a personal key")
	case k.Workspace != "" && k.Role != workspace.RoleEditor && k.Role != workspace.RoleViewer:
		return k, invalid("role", "Editor or Viewer")
	}
	k.Expires = k.Expires.UTC().Truncate(time.Microsecond)
	if err := s.life(k.Expires, now); err != nil {
		return k, err
	}
	var err error
	if k.Networks, err = networks(k.Networks); err != nil {
		return k, err
	}
	if k.Origins, err = origins(k.Origins); err != nil {
		return k, err
	}
	if k.Scopes, err = distinct("scopes", k.Scopes, maxScopes); err != nil {
		return k, err
	}
	k.Nodes, err = distinct("nodes", k.Nodes, maxNodes)
	return k, err
}

// life checks when a key is to expire.
func (s *Service) life(expires, now time.Time) error {
	if expires.IsZero() && s.opts.AllowNever {
		return nil
	}
	if !expires.After(now) || expires.Sub(now) > s.opts.MaxLife {
		expected := fmt.Sprintf("a moment to come, at most %s from now", span(s.opts.MaxLife))
		if s.opts.AllowNever {
			expected += ", or never"
		}
		return invalid("expires", expected)
	}
	return nil
}

// span tells a duration in days where it is some.
func span(d time.Duration) string {
	if days := d / (24 * time.Hour); d > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d days", days)
	}
	return d.String()
}

// distinct returns a list of its own without what is in it twice, and nil for
// an empty one.
func distinct[T ~string | ~int64](field string, list []T, most int) ([]T, error) {
	var kept []T
	for _, v := range list {
		if !slices.Contains(kept, v) {
			kept = append(kept, v)
		}
	}
	if len(kept) > most {
		return nil, invalid(field, fmt.Sprintf("at most %d", most))
	}
	return kept, nil
}

func networks(list []netip.Prefix) ([]netip.Prefix, error) {
	if len(list) > maxNetworks {
		return nil, invalid("networks", fmt.Sprintf("at most %d", maxNetworks))
	}
	var kept []netip.Prefix
	for i, p := range list {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		if !p.IsValid() {
			return nil, invalid(at("networks", i), "an address or a network as 192.0.2.0/24")
		}
		if p = p.Masked(); !slices.Contains(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept, nil
}

// below is how an origin begins that stands for every host below.
const below = "*."

func origins(list []string) ([]string, error) {
	kept := make([]string, 0, len(list))
	for i, text := range list {
		origin, ok := originOf(text)
		if !ok {
			return nil, invalid(at("origins", i), "an origin as https://example.org, or *.example.org")
		}
		kept = append(kept, origin)
	}
	return distinct("origins", kept, maxOrigins)
}

// originOf returns an origin as browsers write it.
func originOf(text string) (string, bool) {
	text = strings.ToLower(text)
	if host, wide := strings.CutPrefix(text, below); wide {
		return text, domain(host) && strings.Contains(host, ".")
	}
	scheme, host, port, ok := parts(text)
	if !ok {
		return "", false
	}
	origin := scheme + "://" + host
	// Browsers leave out the port that the scheme has anyway.
	if port != "" && (scheme != "https" || port != "443") && (scheme != "http" || port != "80") {
		origin += ":" + port
	}
	return origin, true
}

// parts takes an origin apart.
func parts(text string) (scheme, host, port string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || len(text) > 255 || u.Scheme != "https" && u.Scheme != "http" {
		return "", "", "", false
	}
	// An origin is those three and nothing else.
	if u.Scheme+"://"+u.Host != text || strings.HasSuffix(u.Host, ":") {
		return "", "", "", false
	}
	host = u.Hostname()
	if address, err := netip.ParseAddr(host); err == nil && address.Is6() && address.Zone() == "" {
		return u.Scheme, "[" + host + "]", u.Port(), true
	}
	return u.Scheme, host, u.Port(), domain(host)
}

// domain reports whether a text can be the name of a host, in the ASCII form
// that browsers send.
func domain(text string) bool {
	if text == "" || len(text) > 253 {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		odd := strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		})
		if label == "" || len(label) > 63 || odd {
			return false
		}
	}
	return true
}

// texts returns nodes for the trail, which programs in JavaScript read.
func texts(nodes []rbac.Node) []string {
	list := make([]string, 0, len(nodes))
	for _, n := range nodes {
		list = append(list, strconv.FormatInt(int64(n), 10))
	}
	return list
}
