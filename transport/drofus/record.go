package drofus

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A kind is how a value is written: JSON quotes some, XML tells most by the
// attribute "type".
type kind int

const (
	kindText kind = iota
	kindInteger
	kindDecimal
	kindBoolean
	kindTime
	kindDate
	kindRecord
	kindList
)

// A field is a value with its name, as "created_at".
type field struct {
	name string
	kind kind
	null bool
	// text is the value as XML has it, unless the kind is one of records.
	text  string
	inner []record
}

// A record is an object as every format writes it. The root is its name in the
// singular, as "project_user".
type record struct {
	root   string
	fields []field
}

// newRecord returns a record with its fields in alphabetical order, as the
// samples have them (spec/drofus.md D-12).
func newRecord(root string, fields ...field) record {
	sorted := slices.Clone(fields)
	slices.SortStableFunc(sorted, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return record{root: root, fields: sorted}
}

func textOf(name, value string) field { return field{name: name, text: value} }

// textOrNull is for what the domain holds as "" where there is none.
func textOrNull(name, value string) field { return textOf(name, value).unless(value == "") }

func intOf[N ~int | ~int32 | ~int64](name string, value N) field {
	return field{name: name, kind: kindInteger, text: strconv.FormatInt(int64(value), 10)}
}

func boolOf(name string, value bool) field {
	return field{name: name, kind: kindBoolean, text: strconv.FormatBool(value)}
}

// decimalOf takes a number as text, so that no digit is lost, and writes it as
// Rails does: with a point, and in JSON as a string.
func decimalOf(name, value string) field {
	if value != "" && !strings.ContainsAny(value, ".eE") {
		value += ".0"
	}
	return field{name: name, kind: kindDecimal, text: value, null: value == ""}
}

// timeOf writes to the second, and the zero time as null.
func timeOf(name string, at time.Time) field {
	return field{name: name, kind: kindTime, text: at.UTC().Format(time.RFC3339), null: at.IsZero()}
}

// dateOf writes the day in UTC, and the zero time as null.
func dateOf(name string, at time.Time) field {
	return field{name: name, kind: kindDate, text: at.UTC().Format(time.DateOnly), null: at.IsZero()}
}

func nullOf(name string, k kind) field { return field{name: name, kind: k, null: true} }

// recordOf is an object within an object. Its own root is not written in JSON.
func recordOf(name string, inner record) field {
	return field{name: name, kind: kindRecord, inner: []record{inner}}
}

// listOf is a list within an object, as ?include= asks for. Rails does not wrap
// the items of such a list in JSON.
func listOf(name string, inner []record) field {
	return field{name: name, kind: kindList, inner: inner}
}

// unless returns the field, or null of the same kind where there is no value:
// intOf("owner_id", n).unless(n == 0).
func (f field) unless(absent bool) field {
	f.null = f.null || absent
	return f
}
