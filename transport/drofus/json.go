package drofus

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

// jsonRecord is an object wrapped in its root: {"owner":{…}}.
func jsonRecord(r record) []byte { return appendWrapped(nil, r) }

// jsonRecords is a list of wrapped objects.
func jsonRecords(list []record) []byte {
	text := []byte{'['}
	for i, r := range list {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendWrapped(text, r)
	}
	return append(text, ']')
}

// jsonBare is an object without its root, as Rails writes what is no model.
func jsonBare(r record) []byte { return appendObject(nil, r.fields) }

func appendWrapped(text []byte, r record) []byte {
	text = appendQuoted(append(text, '{'), r.root)
	text = appendObject(append(text, ':'), r.fields)
	return append(text, '}')
}

func appendObject(text []byte, fields []field) []byte {
	text = append(text, '{')
	for i, f := range fields {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendQuoted(text, f.name)
		text = appendValue(append(text, ':'), f)
	}
	return append(text, '}')
}

func appendValue(text []byte, f field) []byte {
	switch {
	case f.null:
		return append(text, "null"...)
	case f.kind == kindInteger, f.kind == kindBoolean:
		return append(text, f.text...)
	case f.kind == kindRecord:
		return appendObject(text, f.inner[0].fields)
	case f.kind == kindList:
		text = append(text, '[')
		for i, r := range f.inner {
			if i > 0 {
				text = append(text, ',')
			}
			text = appendObject(text, r.fields)
		}
		return append(text, ']')
	}
	return appendQuoted(text, f.text)
}

// appendQuoted leaves everything as it is that JSON lets be, so that names stay
// readable.
func appendQuoted(text []byte, value string) []byte {
	quoted, err := jsontext.AppendQuote(text, strings.ToValidUTF8(value, "\uFFFD"))
	if err != nil {
		panic(err) // valid UTF-8 can be quoted
	}
	return quoted
}

// A number is one of JSON, as it was written.
type number string

// readJSON reads an object with whatever is in it, as strictly as
// [transport.ReadJSON].
func readJSON(r *http.Request) (map[string]any, error) {
	var raw jsontext.Value
	if err := transport.ReadJSON(r, &raw); err != nil {
		return nil, err
	}
	// It has been read once: its depth is bounded, and no name is there twice.
	value, err := jsonValue(jsontext.NewDecoder(bytes.NewReader(raw)))
	if err != nil {
		return nil, malformed("JSON")
	}
	tree, ok := value.(map[string]any)
	if !ok {
		return nil, malformed("an object")
	}
	return tree, nil
}

// errEnd is the end of an object or a list.
var errEnd = errors.New("drofus: end")

func jsonValue(d *jsontext.Decoder) (any, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case jsontext.KindNull:
		return nil, nil //nolint:nilnil // null is a value here
	case jsontext.KindTrue, jsontext.KindFalse:
		return token.Bool(), nil
	case jsontext.KindString:
		return token.String(), nil
	case jsontext.KindNumber:
		return number(token.String()), nil
	case jsontext.KindBeginArray:
		list := []any{}
		for {
			item, err := jsonValue(d)
			if errors.Is(err, errEnd) {
				return list, nil
			}
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
	case jsontext.KindBeginObject:
		tree := map[string]any{}
		for {
			name, err := jsonValue(d)
			if errors.Is(err, errEnd) {
				return tree, nil
			}
			if err != nil {
				return nil, err
			}
			text, _ := name.(string)
			if tree[text], err = jsonValue(d); err != nil {
				return nil, err
			}
		}
	case jsontext.KindEndArray, jsontext.KindEndObject:
		return nil, errEnd
	}
	return nil, io.ErrUnexpectedEOF
}

// malformed is the refusal of a whole body, status 400.
func malformed(expected string) error {
	return &transport.JSONError{Expected: expected, Broken: true}
}
