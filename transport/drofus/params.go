package drofus

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// params are an object as a client sent it, in whatever format. Its getters
// take a value as leniently as Rails does, and note in the faults what is wrong
// with it.
type params struct {
	tree   map[string]any
	prefix string // of the fields in the faults, as "user."
	faults *faults
}

// A given is a value of an object, told apart from null and from one that was
// not sent. It is neither here nor null where a fault was noted.
type given[T any] struct {
	value T
	here  bool // and not null
	null  bool
}

// or returns the value, or something else where there is none.
func (g given[T]) or(otherwise T) T {
	if g.here {
		return g.value
	}
	return otherwise
}

// sent reports whether the name was there at all, with null or another value.
func (g given[T]) sent() bool { return g.here || g.null }

func givenOf[T any](value T) given[T] { return given[T]{value: value, here: true} }

// names are those of the values that were sent, sorted.
func (p *params) names() []string { return slices.Sorted(maps.Keys(p.tree)) }

// missing reports whether there is no such object.
func (p *params) missing() bool { return p.tree == nil }

// blame notes what is wrong with a value.
func (p *params) blame(name, message string) { p.faults.add(p.prefix+name, message) }

// get returns a value as it was sent.
func (p *params) get(name string) (value any, sent bool) {
	value, sent = p.tree[name]
	return value, sent
}

// object returns an object inside, a missing one for null. The faults name its
// fields as "user.email".
func (p *params) object(name string) *params {
	inner := &params{prefix: p.prefix + name + ".", faults: p.faults}
	switch value, _ := p.get(name); value := value.(type) {
	case nil:
	case map[string]any:
		inner.tree = value
	default:
		p.blame(name, saysInvalid)
	}
	return inner
}

// scalar returns a value as text, and faults what is none. Rails takes spaces
// around a number, and no characters at all for null.
func (p *params) scalar(name, message string) given[string] {
	value, sent := p.get(name)
	switch value := value.(type) {
	case nil:
		return given[string]{null: sent}
	case string:
		if value = strings.TrimSpace(value); value != "" {
			return givenOf(value)
		}
		return given[string]{null: true}
	case number:
		return givenOf(string(value))
	}
	p.blame(name, message)
	return given[string]{}
}

// text returns text as it was sent. A number is text as well: some clients send
// ids so.
func (p *params) text(name string) given[string] {
	value, sent := p.get(name)
	switch value := value.(type) {
	case nil:
		return given[string]{null: sent}
	case number:
		return givenOf(string(value))
	case string:
		// What XML could not hold must not come in by JSON.
		if utf8.ValidString(value) && !strings.ContainsFunc(value, func(c rune) bool { return !writable(c) }) {
			return givenOf(value)
		}
	}
	p.blame(name, saysInvalid)
	return given[string]{}
}

// integer returns 5 for 5 and "5". It takes no boolean: of a level of rights,
// true would be the fullest.
func (p *params) integer(name string) given[int64] {
	text := p.scalar(name, saysNotNumber)
	if !text.here {
		return given[int64]{null: text.null}
	}
	n, err := strconv.ParseInt(text.value, 10, 64)
	if err == nil {
		return givenOf(n)
	}
	if isDecimal(text.value) {
		p.blame(name, saysNotInteger)
	} else {
		p.blame(name, saysNotNumber)
	}
	return given[int64]{}
}

// choice returns an integer of a list.
func (p *params) choice(name string, list ...int64) given[int64] {
	n := p.integer(name)
	if n.here && !slices.Contains(list, n.value) {
		p.blame(name, saysNotIncluded)
		return given[int64]{}
	}
	return n
}

// decimal returns a number as text, with all its digits.
func (p *params) decimal(name string) given[string] {
	text := p.scalar(name, saysNotNumber)
	if text.here && !isDecimal(text.value) {
		p.blame(name, saysNotNumber)
		return given[string]{}
	}
	return text
}

// isDecimal reports whether text is a number of decimal digits.
func isDecimal(text string) bool {
	if strings.Trim(text, "0123456789+-.eE") != "" || len(text) > 64 {
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// flag returns whether something is so: true, 1, "1", "true", "t", "on".
func (p *params) flag(name string) given[bool] {
	if value, is := p.tree[name].(bool); is {
		return givenOf(value)
	}
	text := p.scalar(name, saysNotIncluded)
	if !text.here {
		return given[bool]{null: text.null}
	}
	switch strings.ToLower(text.value) {
	case "1", "true", "t", "on", "yes":
		return givenOf(true)
	case "0", "false", "f", "off", "no":
		return givenOf(false)
	}
	p.blame(name, saysNotIncluded)
	return given[bool]{}
}

// day returns a date, as 2018-01-31, in UTC.
func (p *params) day(name string) given[time.Time] { return p.at(name, time.DateOnly) }

// moment returns a point in time in UTC.
func (p *params) moment(name string) given[time.Time] {
	return p.at(name, time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05 UTC", time.DateTime)
}

func (p *params) at(name string, layouts ...string) given[time.Time] {
	text := p.scalar(name, saysInvalid)
	if !text.here {
		return given[time.Time]{null: text.null}
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text.value); err == nil && at.Year() > 0 {
			return givenOf(at.UTC())
		}
	}
	p.blame(name, saysInvalid)
	return given[time.Time]{}
}

// need faults those of some fields that were not sent, or without a value.
func (p *params) need(names ...string) {
	for _, name := range names {
		value, _ := p.get(name)
		if text, is := value.(string); value == nil || is && strings.TrimSpace(text) == "" {
			p.blame(name, saysBlank)
		}
	}
}

// keep faults those of some fields that were sent without a value, which a
// change must not do.
func (p *params) keep(names ...string) {
	for _, name := range names {
		if _, sent := p.get(name); sent {
			p.need(name)
		}
	}
}

// bound faults text that is longer than so many characters.
func (p *params) bound(limit int, names ...string) {
	for _, name := range names {
		value, _ := p.get(name)
		if text, is := value.(string); is && utf8.RuneCountInString(text) > limit {
			p.blame(name, saysTooLong(limit))
		}
	}
}

// queryParams are the parameters of a query, for the same getters. Of one that
// is there twice the last counts, as in Rails.
func queryParams(query map[string][]string) *params {
	tree := map[string]any{}
	for name, list := range query {
		tree[name] = list[len(list)-1]
	}
	return &params{tree: tree, faults: &faults{}}
}
