package transport

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxDepth bounds how deep a body may nest.
	maxDepth = 64
	// maxField bounds what of a caller's own names comes back in an error.
	maxField = 200
	// maxAhead bounds what memory is made ready for a body that is announced.
	maxAhead = 64 << 10
)

// ErrJSON is wrapped by [JSONError].
var ErrJSON = errors.New("transport: malformed JSON")

// A JSONError names the field of a body that was malformed, as "a.0.b", and
// what was expected there. The field is empty where the whole body is meant.
type JSONError struct {
	Field    string
	Expected string
	// Broken is whether the body was no sound JSON at all, rather than JSON of
	// another shape than was expected.
	Broken bool
}

// Error tells the field and what was expected.
func (e *JSONError) Error() string {
	if e.Field == "" {
		return "transport: malformed body: expected " + e.Expected
	}
	return fmt.Sprintf("transport: malformed %s: expected %s", e.Field, e.Expected)
}

// Unwrap makes errors.Is(err, ErrJSON) true.
func (e *JSONError) Unwrap() error { return ErrJSON }

// JSONOptions say where a lens is more lenient than [ReadJSON].
type JSONOptions struct {
	// AllowUnknown ignores members that the value has no field for.
	AllowUnknown bool
	// AllowEmpty leaves the value as it is when there is no body.
	AllowEmpty bool
	// EmptyArrayIsEmpty reads [] as {}: what PHP makes of an empty object.
	EmptyArrayIsEmpty bool
}

// ReadJSON decodes a request's body strictly: of bounded size and depth, valid
// UTF-8 without NUL, one value other than null, no name twice, names exactly as
// the fields have them, none unknown, numbers that fit their fields, nothing
// behind. The error is a [*JSONError], or of status 413 for a body over the
// limit.
func ReadJSON(r *http.Request, into any) error { return ReadJSONWith(r, into, JSONOptions{}) }

// ReadOptionalJSON is like [ReadJSON] and leaves the value as it is when there
// is no body.
func ReadOptionalJSON(r *http.Request, into any) error {
	return ReadJSONWith(r, into, JSONOptions{AllowEmpty: true})
}

// ReadJSONWith is like [ReadJSON], more lenient where the options say so.
func ReadJSONWith(r *http.Request, into any, opts JSONOptions) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	return readJSON(body, into, opts)
}

// readJSON decodes a whole body.
func readJSON(body []byte, into any, opts JSONOptions) error {
	body = bytes.Trim(body, " \t\r\n")
	if len(body) == 0 {
		if opts.AllowEmpty {
			return nil
		}
		return &JSONError{Expected: "JSON", Broken: true}
	}
	if err := scan(body); err != nil {
		return err
	}
	if opts.EmptyArrayIsEmpty && emptyArray(body) {
		body = []byte("{}")
	}
	if string(body) == "null" {
		return &JSONError{Expected: "a value other than null"}
	}
	if err := json.Unmarshal(body, into, json.RejectUnknownMembers(!opts.AllowUnknown)); err != nil {
		return jsonError(err)
	}
	return nil
}

// readBody reads a body as far as the limit.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	limit := int64(defaultBodyLimit)
	if c := callOf(r.Context()); c != nil {
		limit = c.limit
	}
	var body bytes.Buffer
	if n := r.ContentLength; n > 0 && n <= maxAhead {
		body.Grow(int(n) + bytes.MinRead) // and no more, as a rule
	}
	_, err := body.ReadFrom(http.MaxBytesReader(nil, r.Body, limit))
	if err == nil {
		return body.Bytes(), nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fmt.Errorf("transport: body: %w", err)
	}
	return nil, &JSONError{Expected: "a whole body", Broken: true}
}

func emptyArray(body []byte) bool {
	return body[0] == '[' && body[len(body)-1] == ']' && len(bytes.Trim(body[1:len(body)-1], " \t\r\n")) == 0
}

// scan makes sure, before anything is built of it, that a body is one value of
// bounded depth without NUL.
func scan(body []byte) error {
	// The decoder holds every nested name back to tell a second one, so depth
	// is bounded while it reads.
	d := jsontext.NewDecoder(bytes.NewBuffer(body))
	nul := bytes.Contains(body, []byte(`\u0000`))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return jsonError(err)
		}
		if nul && token.Kind() == jsontext.KindString && strings.ContainsRune(token.String(), 0) {
			return &JSONError{Field: fieldOf(d.StackPointer()), Expected: "text without NUL", Broken: true}
		}
		switch depth := d.StackDepth(); {
		case depth > maxDepth:
			return &JSONError{Expected: fmt.Sprintf("at most %d levels", maxDepth), Broken: true}
		case depth == 0:
			if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
				return &JSONError{Expected: "nothing behind the value", Broken: true}
			}
			return nil
		}
	}
}

// jsonError says what was expected, never what was there: that may be a
// secret.
func jsonError(err error) error {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		e := &JSONError{Field: fieldOf(syntax.JSONPointer), Expected: "JSON in valid UTF-8", Broken: true}
		if errors.Is(err, jsontext.ErrDuplicateName) {
			e.Expected = "no name twice"
		}
		return e
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		e := &JSONError{Field: fieldOf(semantic.JSONPointer), Expected: expected(semantic.GoType)}
		if errors.Is(err, json.ErrUnknownName) {
			e.Expected = "a known field"
		}
		return e
	}
	return &JSONError{Expected: "JSON", Broken: true}
}

// fieldOf returns a JSON pointer with dots.
func fieldOf(p jsontext.Pointer) string {
	var parts []string
	for part := range p.Tokens() {
		parts = append(parts, part)
	}
	return short(strings.ToValidUTF8(strings.Join(parts, "."), "\uFFFD"), maxField)
}

// expected says which JSON a type is read from.
func expected(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == nil:
		return "another value"
	case t == reflect.TypeFor[time.Time]():
		return "a time as 2006-01-02T15:04:05Z"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "text of another form"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("an integer of %d bits", t.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprintf("an integer of %d bits, not negative", t.Bits())
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "text"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "another value"
}

// WriteJSON answers with a JSON body and exactly "application/json". Nil
// slices are [], nil maps {}; omitempty leaves out "", [], {} and null, and
// omitzero numbers, false and the zero time as well. It panics, before
// anything is answered, for a value that JSON cannot tell.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	if status == http.StatusNoContent || status == http.StatusNotModified {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		return
	}
	text, err := json.Marshal(body, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(fmt.Errorf("transport: write JSON: %w", err))
	}
	writeText(w, status, text)
}

// writeText answers with JSON that is written out already.
func writeText(w http.ResponseWriter, status int, text []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) //nolint:gosec // JSON, and nosniff; whoever has gone cannot be told
}
