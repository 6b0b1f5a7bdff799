package resource

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// What settings are bounded by where their attributes say nothing.
const (
	maxDepth = 32
	// maxNest is what no value reaches that conform let in: objects and lists
	// take turns on the way down.
	maxNest  = 4 * maxDepth
	maxText  = 1 << 16
	maxItems = 10_000
	maxAny   = 1 << 16
	// exact is the largest integer up to which float64 has all, as JSON does for
	// most who read it.
	exact = 1<<53 - 1
)

// integer returns a number of any type as an integer, if it is one.
func integer(v any) (int64, bool) {
	var n int64
	switch v := v.(type) {
	case int64:
		n = v
	case int:
		n = int64(v)
	case rbac.Node:
		n = int64(v)
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > exact {
			return 0, false
		}
		n = int64(v)
	case json.Number:
		var err error
		if n, err = strconv.ParseInt(string(v), 10, 64); err != nil {
			f, err := v.Float64()
			if err != nil {
				return 0, false
			}
			return integer(f)
		}
	default:
		return 0, false
	}
	return n, -exact <= n && n <= exact
}

// number returns a number of any type, if it is finite.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, !math.IsInf(v, 0) && !math.IsNaN(v)
	case json.Number:
		f, err := v.Float64()
		return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	}
	n, ok := integer(v)
	return float64(n), ok
}

// storable reports whether databases keep a text as it is.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// plain returns a value as JSON has it, sharing nothing with v: integers as
// int64 and other numbers as float64. It is false for what JSON has not, for
// texts that are not storable, and for what is deeper than depth.
func plain(v any, depth int) (any, bool) {
	switch v := v.(type) {
	case nil, bool:
		return v, true
	case string:
		return v, storable(v)
	case []any:
		if depth == 0 {
			return nil, false
		}
		list := make([]any, len(v))
		for i := range v {
			var ok bool
			if list[i], ok = plain(v[i], depth-1); !ok {
				return nil, false
			}
		}
		return list, true
	case map[string]any:
		if depth == 0 {
			return nil, false
		}
		object := make(map[string]any, len(v))
		for k := range v {
			var ok bool
			if object[k], ok = plain(v[k], depth-1); !ok || !storable(k) {
				return nil, false
			}
		}
		return object, true
	}
	if n, ok := integer(v); ok {
		return n, true
	}
	return number(v)
}

// size returns about how many bytes a plain value takes as JSON.
func size(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 2
	case []any:
		n := 2
		for _, item := range v {
			n += size(item) + 1
		}
		return n
	case map[string]any:
		n := 2
		for k, item := range v {
			n += len(k) + 4 + size(item)
		}
		return n
	}
	return 8
}

// clone copies a value of settings.
func clone(v any) any { return cloned(v, maxNest) }

// cloned is clone down to a depth.
func cloned(v any, depth int) any {
	if depth == 0 {
		return nil
	}
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = cloned(v[i], depth-1)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for k := range v {
			object[k] = cloned(v[k], depth-1)
		}
		return object
	}
	return v
}

// equal compares values of settings, numbers by what they are and not by type.
func equal(x, y any) bool {
	switch x := x.(type) {
	case []any:
		y, ok := y.([]any)
		return ok && slices.EqualFunc(x, y, equal)
	case map[string]any:
		y, ok := y.(map[string]any)
		return ok && maps.EqualFunc(x, y, equal)
	case nil, bool, string:
		return x == y
	}
	a, isNumber := number(x)
	b, also := number(y)
	return isNumber && also && a == b
}
