package mail

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A filter is a function of Liquid. Each makes at most a few times as much as it is
// given, or says before what it would be.
type filter struct {
	least, most int // arguments
	do          func(r *run, in any, args []any) (any, error)
}

// filters returns the filters that there are.
func filters() map[string]filter {
	plain := func(do func(s string) string) filter {
		return filter{do: func(_ *run, in any, _ []any) (any, error) { return do(text(in)), nil }}
	}
	return map[string]filter{
		"append":     {1, 1, func(r *run, in any, args []any) (any, error) { return r.join("", text(in), text(args[0])) }},
		"prepend":    {1, 1, func(r *run, in any, args []any) (any, error) { return r.join("", text(args[0]), text(in)) }},
		"capitalize": plain(capitalize),
		"default":    {1, 1, func(_ *run, in any, args []any) (any, error) { return or(in, args[0]), nil }},
		"downcase":   plain(strings.ToLower),
		"escape":     {0, 0, func(r *run, in any, _ []any) (any, error) { return r.escape(html.EscapeString(text(in))), nil }},
		"escape_once": {0, 0, func(r *run, in any, _ []any) (any, error) {
			return r.escape(html.EscapeString(html.UnescapeString(text(in)))), nil
		}},
		"first":         {0, 0, func(_ *run, in any, _ []any) (any, error) { return at(in, 0), nil }},
		"join":          {0, 1, func(r *run, in any, args []any) (any, error) { return r.joinList(in, args) }},
		"last":          {0, 0, func(_ *run, in any, _ []any) (any, error) { return at(in, -1), nil }},
		"lstrip":        plain(func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }),
		"minus":         {1, 1, func(_ *run, in any, args []any) (any, error) { return add(in, args[0], -1), nil }},
		"newline_to_br": {0, 0, func(r *run, in any, _ []any) (any, error) { return r.newlines(in), nil }},
		"plus":          {1, 1, func(_ *run, in any, args []any) (any, error) { return add(in, args[0], 1), nil }},
		"remove":        {1, 1, func(r *run, in any, args []any) (any, error) { return r.replace(text(in), text(args[0]), "") }},
		"replace": {2, 2, func(r *run, in any, args []any) (any, error) {
			return r.replace(text(in), text(args[0]), text(args[1]))
		}},
		"reverse":        {0, 0, func(_ *run, in any, _ []any) (any, error) { return reversed(listOf(in)), nil }},
		"rstrip":         plain(func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }),
		"size":           {0, 0, func(_ *run, in any, _ []any) (any, error) { return length(in), nil }},
		"slice":          {1, 2, func(_ *run, in any, args []any) (any, error) { return slice(in, args), nil }},
		"sort":           {0, 0, func(_ *run, in any, _ []any) (any, error) { return sorted(listOf(in)), nil }},
		"split":          {1, 1, func(r *run, in any, args []any) (any, error) { return r.split(text(in), text(args[0])) }},
		"strip":          plain(strings.TrimSpace),
		"strip_html":     plain(func(s string) string { return tags.ReplaceAllString(s, "") }),
		"strip_newlines": plain(func(s string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(s) }),
		"truncate":       {0, 2, func(_ *run, in any, args []any) (any, error) { return truncate(text(in), args), nil }},
		"truncatewords":  {0, 2, func(_ *run, in any, args []any) (any, error) { return truncateWords(text(in), args), nil }},
		"uniq":           {0, 0, func(_ *run, in any, _ []any) (any, error) { return unique(listOf(in)), nil }},
		"upcase":         plain(strings.ToUpper),
		"url_encode":     plain(url.QueryEscape),
	}
}

// filter applies a filter, and counts what it is given and what it makes.
func (r *run) filter(name string, f filter, in any, args []any) (any, error) {
	if len(args) < f.least || len(args) > f.most {
		return nil, r.fail(fmt.Errorf("the filter %s with %d arguments", name, len(args)))
	}
	for _, v := range append([]any{in}, args...) {
		if err := r.spend(1 + size(v)/stepSize); err != nil {
			return nil, err
		}
	}
	out, err := f.do(r, in, args)
	if err != nil {
		return nil, err
	}
	return r.keep(out)
}

var tags = regexp.MustCompile(`<[^>]*>`)

// join puts texts together unless that is too long.
func (r *run) join(between string, parts ...string) (any, error) {
	n := len(between) * max(len(parts)-1, 0)
	for _, p := range parts {
		n += len(p)
	}
	if n > widest {
		return nil, r.fail(errWide)
	}
	return strings.Join(parts, between), nil
}

func (r *run) joinList(in any, args []any) (any, error) {
	between := " "
	if len(args) == 1 {
		between = text(args[0])
	}
	list := listOf(in)
	parts := make([]string, 0, len(list))
	for _, item := range list {
		parts = append(parts, text(item))
	}
	return r.join(between, parts...)
}

// replace replaces unless what comes of it is too long.
func (r *run) replace(s, before, after string) (any, error) {
	if n := strings.Count(s, before); len(s)+n*(len(after)-len(before)) > widest {
		return nil, r.fail(errWide)
	}
	return strings.ReplaceAll(s, before, after), nil
}

// split splits unless there are too many parts: each takes more than its text.
func (r *run) split(s, between string) (any, error) {
	if s == "" {
		return []any{}, nil
	}
	if n := strings.Count(s, between); n > widest/32 {
		return nil, r.fail(errWide)
	}
	parts := strings.Split(s, between)
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	list := make([]any, 0, len(parts))
	for _, p := range parts {
		list = append(list, p)
	}
	return list, nil
}

// escape returns what was escaped: in HTML it is not to be escaped again.
func (r *run) escape(s string) any {
	if r.markup {
		return markup{s}
	}
	return s
}

func (r *run) newlines(in any) any {
	if r.markup {
		return markup{strings.ReplaceAll(escaped(in), "\n", "<br />\n")}
	}
	return strings.ReplaceAll(text(in), "\n", "<br />\n")
}

// or returns a value, or another for what is nothing or empty.
func or(v, otherwise any) any {
	if v == nil || v == false || v == "" {
		return otherwise
	}
	if list, ok := v.([]any); ok && len(list) == 0 {
		return otherwise
	}
	return v
}

// listOf returns a value as a list: what is none is one of itself.
func listOf(v any) []any {
	if v == nil {
		return nil
	}
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func at(v any, i int) any {
	list := listOf(v)
	switch {
	case len(list) == 0:
		return nil
	case i < 0:
		return list[len(list)-1]
	}
	return list[i]
}

func reversed(list []any) []any {
	next := slices.Clone(list)
	slices.Reverse(next)
	return next
}

// sorted sorts by what is written of the items.
func sorted(list []any) []any {
	next := slices.Clone(list)
	slices.SortStableFunc(next, func(a, b any) int { return strings.Compare(text(a), text(b)) })
	return next
}

func unique(list []any) []any {
	seen := map[string]bool{}
	next := []any{}
	for _, item := range list {
		if key := text(item); !seen[key] {
			seen[key] = true
			next = append(next, item)
		}
	}
	return next
}

func length(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return utf8.RuneCountInString(text(v))
}

func capitalize(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 || first == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(first)) + s[n:]
}

// add adds numbers. What is no number is 0.
func add(a, b any, sign int) any {
	x, whole := number(a)
	y, both := number(b)
	if sum := x + float64(sign)*y; !whole || !both || sum != float64(int(sum)) {
		return sum
	}
	return int(x + float64(sign)*y)
}

func number(v any) (n float64, whole bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, false
	}
	var i int
	if _, err := fmt.Sscanf(text(v), "%d", &i); err != nil {
		return 0, true
	}
	return float64(i), true
}

// integer returns an argument that is a number, bounded so that nothing overflows.
func integer(args []any, i, otherwise int) int {
	if i >= len(args) {
		return otherwise
	}
	n, _ := number(args[i])
	return int(max(-widest, min(widest, n)))
}

// slice returns a part of a text, in characters, or of a list.
func slice(in any, args []any) any {
	from, n := integer(args, 0, 0), integer(args, 1, 1)
	cut := func(length int) (int, int) {
		if from < 0 {
			from += length
		}
		if from < 0 || from > length || n < 0 {
			return 0, 0
		}
		return from, min(from+n, length)
	}
	if list, ok := in.([]any); ok {
		a, b := cut(len(list))
		return list[a:b]
	}
	runes := []rune(text(in))
	a, b := cut(len(runes))
	return string(runes[a:b])
}

// ending is what stands for what was left out.
func ending(args []any) string {
	if len(args) > 1 {
		return text(args[1])
	}
	return "..."
}

// truncate returns at most so many characters, those that stand for the rest
// included.
func truncate(s string, args []any) string {
	most, end := integer(args, 0, 50), ending(args)
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:max(0, most-utf8.RuneCountInString(end))]) + end
}

func truncateWords(s string, args []any) string {
	most, words := max(1, integer(args, 0, 15)), strings.Fields(s)
	if len(words) <= most {
		return s
	}
	return strings.Join(words[:most], " ") + ending(args)
}
