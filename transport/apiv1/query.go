package apiv1

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// parseQuery takes the query apart once, refusing what no filter could use and
// what the operation has no use for: who mistypes a filter is not to take the
// whole list for what he asked for.
func (c *call) parseQuery(known []string) error {
	values, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return invalid("query", "a well-formed query string")
	}
	for name, list := range values {
		for _, text := range append(list, name) {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return invalid("query", "UTF-8 text without NUL")
			}
		}
		if !slices.Contains(known, name) {
			return invalid(name, unknownParameter(known))
		}
	}
	c.query = values
	return nil
}

func unknownParameter(known []string) string {
	if len(known) == 0 {
		return "no parameters"
	}
	return "one of the parameters " + strings.Join(known, ", ")
}

// text returns a parameter of the query, empty when it is not there.
func (c *call) text(name string) (string, error) {
	switch list := c.query[name]; len(list) {
	case 0:
		return "", nil
	case 1:
		return list[0], nil
	default:
		return "", invalid(name, "one value")
	}
}

// some returns a parameter that is a list with commas, nil when it is not there.
func (c *call) some(name string) ([]string, error) {
	text, err := c.text(name)
	if err != nil || text == "" {
		return nil, err
	}
	parts := strings.Split(text, ",")
	if slices.Contains(parts, "") {
		return nil, invalid(name, "names with commas between them")
	}
	return parts, nil
}

func (c *call) fields() ([]string, error) { return c.some("fields") }

// created returns when what is looked for was made.
func (c *call) created() (workspace.Period, error) {
	from, err := c.instant("created_from", false)
	if err != nil {
		return workspace.Period{}, err
	}
	before, err := c.instant("created_before", false)
	return workspace.Period{From: from, Before: before}, err
}

// expiring returns when what is looked for ends.
func (c *call) expiring() (workspace.Period, error) {
	from, err := c.instant("expires_from", false)
	if err != nil {
		return workspace.Period{}, err
	}
	before, err := c.instant("expires_before", false)
	return workspace.Period{From: from, Before: before}, err
}

// identifiers returns a list of identifiers, nil when it is not there. What
// cannot be one is nobody's.
func identifiers[ID ~string](c *call) ([]ID, error) {
	list, err := c.some("id")
	if err != nil || list == nil {
		return nil, err
	}
	return all(list, func(text string) ID { return ID(text) }), nil
}

// principals returns a list of numbers of users, groups and the like.
func (c *call) principals(name string) ([]rbac.Principal, error) {
	parts, err := c.some(name)
	var nums []rbac.Principal
	for _, part := range parts {
		num, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, invalid(name, "whole numbers with commas between them")
		}
		nums = append(nums, rbac.Principal(num))
	}
	return nums, err
}

// flag returns a boolean parameter, nil when it is not there.
func (c *call) flag(name string) (*bool, error) {
	text, err := c.text(name)
	if err != nil {
		return nil, err
	}
	switch text {
	case "":
		if c.query.Has(name) {
			break
		}
		return nil, nil //nolint:nilnil // it is not there
	case "true":
		return new(true), nil
	case "false":
		return new(false), nil
	}
	return nil, invalid(name, "true or false")
}

// number returns a whole number within bounds, or def when it is not there.
func (c *call) number(name string, def, low, high int) (int, error) {
	text, err := c.text(name)
	if err != nil || text == "" {
		return def, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, invalid(name, fmt.Sprintf("a whole number from %d to %d", low, high))
	}
	return n, nil
}

// instant returns a point in time, or the zero time when it is not there.
func (c *call) instant(name string, end bool) (time.Time, error) {
	text, err := c.text(name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	return parseTime(name, text, end)
}

// parseTime reads a time as in RFC 3339, or a day, which means its beginning in
// UTC or, where something ends with it, its end (spec/jmap.md JA-2).
func parseTime(field, text string, end bool) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		if at, err = time.Parse(time.DateOnly, text); err == nil && end {
			at = at.AddDate(0, 0, 1)
		}
	}
	// Years beyond these have no place in the databases, nor a reason.
	if err != nil || at.Year() < 1900 || at.Year() > 9999 {
		return time.Time{}, invalid(field, "a time as 2006-01-02T15:04:05Z, or a day as 2006-01-02")
	}
	return at.UTC().Truncate(time.Microsecond), nil
}

// among returns a parameter that is a list of values that are known.
func (c *call) among(name string, known ...string) ([]string, error) {
	list, err := c.some(name)
	if err != nil {
		return nil, err
	}
	for _, text := range list {
		if err := oneOf(name, text, known...); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// principalIn returns a parameter that is the number of a principal, 0 when it
// is not there.
func (c *call) principalIn(name string) (rbac.Principal, error) {
	text, err := c.text(name)
	if err != nil || text == "" {
		return 0, err
	}
	num, err := strconv.ParseInt(text, 10, 64)
	if err != nil || num <= 0 {
		return 0, invalid(name, "the number of a principal")
	}
	return rbac.Principal(num), nil
}
