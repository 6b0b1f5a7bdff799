package entrepot

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxPage is the longest page that a client may ask for.
const maxPage = 1000

// parseQuery takes the query apart once, refusing what no filter could use.
func (c *call) parseQuery() error {
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
	}
	c.query = values
	return nil
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

// texts fills several parameters at once.
func (c *call) texts(into map[string]*string) error {
	for name, target := range into {
		value, err := c.text(name)
		if err != nil {
			return err
		}
		*target = value
	}
	return nil
}

// flag returns a boolean parameter, nil when it is not there.
func (c *call) flag(name string) (*bool, error) {
	text, err := c.text(name)
	if err != nil || text == "" {
		return nil, err
	}
	switch strings.ToLower(text) {
	case "true", "1":
		return new(true), nil
	case "false", "0":
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
func (c *call) instant(name string) (time.Time, error) {
	text, err := c.text(name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, err := parseTime(text)
	if err != nil {
		return time.Time{}, invalid(name, expectedDate)
	}
	return at, nil
}

// page is which part of a list is wanted, and how.
type page struct {
	offset int
	limit  int
	newest bool
	fields []string
}

// page reads page, limit, fields and sort. Where sorted, sort may be
// "creation"; elsewhere there is nothing to sort by.
func (c *call) page(sorted bool) (page, error) {
	limit, err := c.number("limit", c.pageSize, 1, maxPage)
	if err != nil {
		return page{}, err
	}
	number, err := c.number("page", 1, 1, math.MaxInt32)
	if err != nil {
		return page{}, err
	}
	p := page{offset: (number - 1) * limit, limit: limit}
	p.fields = splitList(c.query["fields"])
	sort, err := c.text("sort")
	if err != nil || sort == "" {
		return p, err
	}
	field, direction, _ := strings.Cut(sort, ",")
	switch {
	case !sorted:
		return page{}, invalid("sort", "nothing, since this list has one order")
	case field != "creation":
		return page{}, invalid("sort", "creation,asc or creation,desc")
	case strings.EqualFold(direction, "desc"):
		p.newest = true
	case direction != "" && !strings.EqualFold(direction, "asc"):
		return page{}, invalid("sort", "creation,asc or creation,desc")
	}
	return p, nil
}

// listed answers a page of a list of which there are total.
func listed[T any](p page, items []T, total int) (reply, error) {
	answer := reply{status: http.StatusOK, rang: contentRange(p.offset, len(items), total)}
	if len(p.fields) == 0 {
		// Never null: clients iterate over what they get.
		answer.body = append([]T{}, items...)
		return answer, nil
	}
	chosen := make([]map[string]json.RawMessage, 0, len(items))
	for _, item := range items {
		text, err := json.Marshal(item)
		if err != nil {
			return reply{}, fmt.Errorf("entrepot: fields: %w", err)
		}
		all := map[string]json.RawMessage{}
		if err := json.Unmarshal(text, &all); err != nil {
			return reply{}, fmt.Errorf("entrepot: fields: %w", err)
		}
		for name := range all {
			if name != "_id" && !slices.Contains(p.fields, name) {
				delete(all, name)
			}
		}
		chosen = append(chosen, all)
	}
	answer.body = chosen
	return answer, nil
}

// contentRange tells clients which part of how much they got. All of them read
// it, and some cannot live without (spec/entrepot.md §1).
func contentRange(offset, count, total int) string {
	if count == 0 {
		return fmt.Sprintf("0-0/%d", total)
	}
	return fmt.Sprintf("%d-%d/%d", offset+1, offset+count, total)
}

// cut takes a page out of a list that is all there.
func cut[T any](p page, all []T) (reply, error) {
	low := min(p.offset, len(all))
	high := min(low+p.limit, len(all))
	return listed(p, all[low:high], len(all))
}

// like reports whether text matches a pattern in which % stands for any text,
// regardless of case. An empty pattern matches everything.
func like(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(strings.ToLower(pattern), "%")
	rest, found := strings.CutPrefix(strings.ToLower(text), parts[0])
	if !found {
		return false
	}
	if len(parts) == 1 {
		return rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// splitList takes apart lists that were sent with commas, repeated, or both.
func splitList(lists []string) []string {
	var all []string
	for _, list := range lists {
		for text := range strings.SplitSeq(list, ",") {
			if text = strings.TrimSpace(text); text != "" {
				all = append(all, text)
			}
		}
	}
	return all
}
