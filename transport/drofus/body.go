package drofus

import (
	"context"
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

// maxBody bounds a body, where the middleware does not do so more narrowly.
const maxBody = 1 << 20

// The kinds of bodies that are read.
const (
	mediaForm      = "application/x-www-form-urlencoded"
	mediaMultipart = "multipart/form-data"
)

// An input is a body as it was read.
type input struct {
	// params are what is under the root: {"project": …}.
	*params

	// top is the whole of it, for what stands beside the root.
	top *params
}

// readInput reads a body of JSON, XML or a form, and what it has under a root,
// as "project". Where the root is missing everything is taken to be in it, as
// Rails' params wrapper does. The error is of status 400 for what is malformed or
// says nothing, of 413 for what is too large, and of 415 for other media types:
// Rails ignores those and answers 400, which does not tell what was wrong.
//
// What is wrong with single values is collected in the faults of the params.
func readInput(r *http.Request, root string) (*input, error) {
	tree, err := readTree(r)
	if err != nil {
		return nil, err
	}
	value, wrapped := tree[root]
	if !wrapped {
		value = unwrapped(tree)
	}
	inside, ok := value.(map[string]any)
	if !ok || len(inside) == 0 {
		return nil, &transport.JSONError{Field: root, Expected: "an object that is not empty"}
	}
	found := &faults{}
	return &input{
		params: &params{tree: inside, faults: found},
		top:    &params{tree: tree, faults: found},
	}, nil
}

// unwrapped is a tree without what belongs to the form that sent it.
func unwrapped(tree map[string]any) map[string]any {
	inside := maps.Clone(tree)
	for _, name := range []string{"_method", "authenticity_token", "commit", "utf8"} {
		delete(inside, name)
	}
	return inside
}

// readTree reads a body of whatever kind is known.
func readTree(r *http.Request) (map[string]any, error) {
	if form, ok := r.Context().Value(formKey{}).(map[string]any); ok {
		return form, nil // it had to be read before the route was known
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := params["charset"]; err != nil || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, transport.ErrMedia
	}
	if r.Body != nil {
		r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	}
	switch media {
	case "application/json", "text/x-json":
		return readJSON(r)
	case "application/xml", "text/xml":
		return readXML(r)
	case mediaForm:
		body, err := readAll(r)
		if err != nil {
			return nil, err
		}
		values, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, malformed("a form")
		}
		return formTree(values)
	case mediaMultipart:
		return readMultipart(r, params["boundary"])
	}
	return nil, transport.ErrMedia
}

func readAll(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		return body, nil
	}
	return nil, unreadable(err)
}

// unreadable is the refusal of a body that could not be read to its end.
func unreadable(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	return malformed("a whole body")
}

// readMultipart reads a form of several parts. None of them may be a file: there
// is nothing that would take one.
func readMultipart(r *http.Request, boundary string) (map[string]any, error) {
	if boundary == "" || r.Body == nil {
		return nil, malformed("a form")
	}
	values := url.Values{}
	parts := multipart.NewReader(r.Body, boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return formTree(values)
		}
		if err != nil {
			return nil, unreadable(err)
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, unreadable(err)
		}
		if part.FileName() != "" || part.FormName() == "" {
			return nil, malformed("a form without files")
		}
		values.Add(part.FormName(), string(text))
	}
}

// formTree makes objects of names with brackets: "owner[name]" is name in owner,
// and "ids[]" one of a list. Of a name that is there twice the last counts: that
// is how a form says that a box is not ticked.
func formTree(values url.Values) (map[string]any, error) {
	tree := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		keys, ok := bracketed(name)
		list := values[name]
		if !ok || !utf8.ValidString(name) {
			return nil, malformed("names as a[b]")
		}
		for _, value := range list {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				return nil, malformed("UTF-8 text without NUL")
			}
		}
		if !plant(tree, keys, list) {
			return nil, malformed("each name to be one thing")
		}
	}
	return tree, nil
}

// bracketed splits a name at its brackets. The last part is empty for a list.
func bracketed(name string) ([]string, bool) {
	first, rest, more := strings.Cut(name, "[")
	keys := []string{first}
	for more {
		var key, between string
		var closes bool
		if key, rest, closes = strings.Cut(rest, "]"); !closes {
			return nil, false
		}
		keys = append(keys, key)
		if between, rest, more = strings.Cut(rest, "["); between != "" {
			return nil, false
		}
		if more && key == "" || len(keys) > maxDepth {
			return nil, false
		}
	}
	return keys, first != "" && !strings.Contains(first, "]")
}

// plant puts values into a tree, and reports whether nothing else was there.
func plant(tree map[string]any, keys []string, list []string) bool {
	for len(keys) > 1 && keys[1] != "" {
		inner, ok := tree[keys[0]].(map[string]any)
		if _, taken := tree[keys[0]]; taken && !ok {
			return false
		}
		if !ok {
			inner = map[string]any{}
			tree[keys[0]] = inner
		}
		tree, keys = inner, keys[1:]
	}
	if _, taken := tree[keys[0]]; taken {
		return false
	}
	if len(keys) == 1 {
		tree[keys[0]] = list[len(list)-1]
		return true
	}
	items := make([]any, len(list))
	for i, item := range list {
		items[i] = item
	}
	tree[keys[0]] = items
	return true
}

type formKey struct{}

// overridden reads the form that a browser posted and makes a PATCH, PUT or
// DELETE of it where its field _method says so: HTML knows neither. It belongs
// before the router, and the guard against other sites' pages before it. Other
// bodies are not looked at. The error is one of [readInput].
func overridden(r *http.Request) (*http.Request, error) {
	if r.Method != http.MethodPost {
		return r, nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != mediaForm && media != mediaMultipart {
		return r, nil //nolint:nilerr // whoever reads the body refuses it
	}
	tree, err := readTree(r)
	if err != nil {
		return nil, err
	}
	r = r.WithContext(context.WithValue(r.Context(), formKey{}, tree))
	wanted, _ := tree["_method"].(string)
	switch method := strings.ToUpper(wanted); method {
	case http.MethodPatch, http.MethodPut, http.MethodDelete:
		r.Method = method // of a copy
	}
	return r, nil
}
