package feature

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// maxText bounds one text, in bytes.
const maxText = 1 << 20

// FieldTypes returns all there are.
func FieldTypes() []FieldType {
	return []FieldType{Integer, BigInt, Real, String, Date, Time, DateTime, Boolean, JSON}
}

// expected tells what the values of a type are.
func (t FieldType) expected() string {
	switch t {
	case Integer:
		return "an integer of 32 bits"
	case BigInt:
		return "an integer of 64 bits"
	case Real:
		return "a finite number"
	case String:
		return "a text of at most 1 MiB"
	case Date:
		return "a date as 2006-01-02"
	case Time:
		return "a time as 15:04:05"
	case DateTime:
		return "a date and time as 2006-01-02T15:04:05"
	case Boolean:
		return "true or false"
	default:
		return "JSON of at most 1 MiB"
	}
}

// invalid returns the refusal of a value of the field.
func (f Field) invalid(expected string) error {
	return &workspace.InvalidError{Field: f.Keyname, Expected: expected}
}

// kept returns a value as it is kept: see [Choice].
func (f Field) kept(value any) (any, error) {
	var kept any
	ok := false
	switch f.Type {
	case Integer, BigInt:
		var n int64
		n, ok = integer(value)
		ok = ok && (f.Type == BigInt || (n >= math.MinInt32 && n <= math.MaxInt32))
		kept = n
	case Real:
		kept, ok = number(value)
	case String:
		var text string
		text, ok = value.(string)
		ok = ok && storable(text)
		kept = text
	case Boolean:
		kept, ok = value.(bool)
	case JSON:
		kept, ok = document(value)
	case Date, Time, DateTime:
		var m Moment
		if m, ok = value.(Moment); ok {
			ok = m.valid(f.Type)
		} else if text, is := value.(string); is {
			m, ok = parseMoment(f.Type, text)
		}
		if ok {
			kept = m.number(f.Type)
		}
	}
	if !ok {
		return nil, f.invalid(f.Type.expected())
	}
	return kept, nil
}

// read returns a value as it is given, see [FieldType].
func (f Field) read(value any) any {
	switch v := value.(type) {
	case int64:
		if f.Type == Date || f.Type == Time || f.Type == DateTime {
			return momentOf(f.Type, v)
		}
	case string:
		if f.Type == JSON {
			return json.RawMessage(v)
		}
	}
	return value
}

func storable(text string) bool {
	return len(text) <= maxText && utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// integer reads a whole number, also from a text, which is how those that are
// too large for JavaScript travel.
func integer(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case float64:
		return whole(v)
	case json.Number:
		return integer(v.String())
	case string:
		n, err := strconv.ParseInt(v, 10, 64)
		if err == nil {
			return n, true
		}
		x, err := strconv.ParseFloat(v, 64)
		if err != nil || strings.ContainsAny(v, "xX_") {
			return 0, false
		}
		// What is no integer by its digits is one only where nothing is lost.
		if n, ok := whole(x); ok && x >= -1<<53 && x <= 1<<53 {
			return n, true
		}
	}
	return 0, false
}

func whole(x float64) (int64, bool) {
	if x != math.Trunc(x) || x < -1<<63 || x >= 1<<63 {
		return 0, false
	}
	return int64(x), true
}

func number(value any) (float64, bool) {
	var x float64
	switch v := value.(type) {
	case float64:
		x = v
	case int64:
		x = float64(v)
	case int:
		x = float64(v)
	case json.Number:
		return number(v.String())
	case string:
		parsed, err := strconv.ParseFloat(v, 64)
		if err != nil || strings.ContainsAny(v, "xX_") {
			return 0, false
		}
		x = parsed
	default:
		return 0, false
	}
	return x + 0, !math.IsNaN(x) && !math.IsInf(x, 0)
}

// document returns JSON as it is kept. A number in it keeps its digits.
func document(value any) (string, bool) {
	raw, ok := value.(json.RawMessage)
	if !ok {
		made, err := json.Marshal(value)
		if err != nil {
			return "", false
		}
		raw = made
	}
	// JSON writes what no text may have as an escape, and PostgreSQL keeps that.
	return string(raw), json.Valid(raw) && storable(string(raw))
}
