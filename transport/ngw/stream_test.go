package ngw

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestStream tells an error that comes early as one, and breaks off an answer
// behind which one comes late: half a list is never taken for a whole one.
func TestStream(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	item := func(dst []byte) ([]byte, error) { return append(dst, `"x"`...), nil }
	large := func(dst []byte) ([]byte, error) {
		return append(dst, `"`+strings.Repeat("x", aheadOfFeatures)+`"`...), nil
	}
	type appender = func([]byte) ([]byte, error)
	for name, c := range map[string]struct {
		items []appender
		err   error
		body  string // what a client is answered, empty for an error that is told
		abort bool
	}{
		"nothing":             {nil, nil, "[]\n", false},
		"items":               {[]appender{item, item}, nil, `["x","x"]` + "\n", false},
		"an error at once":    {nil, broken, "", false},
		"an error early":      {[]appender{item, item}, broken, "", false},
		"an error late":       {[]appender{item, large, item}, broken, "", true},
		"an item that cannot": {[]appender{item, func([]byte) ([]byte, error) { return nil, broken }}, nil, "", false},
	} {
		rec := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		aborted := false
		err := func() (err error) {
			defer func() {
				if met := recover(); met != nil {
					aborted = met == http.ErrAbortHandler //nolint:errorlint // what is thrown is it itself
				}
			}()
			_, err = (&call{Request: r, w: rec}).stream(func(yield func(appended func([]byte) ([]byte, error)) error) error {
				for _, appended := range c.items {
					if err := yield(appended); err != nil {
						return err
					}
				}
				return c.err
			})
			return err
		}()
		switch {
		case aborted != c.abort:
			t.Errorf("%s: broken off %v: %v", name, aborted, err)
		case c.abort:
		case c.body == "" && (!errors.Is(err, broken) || rec.Body.Len() > 0):
			t.Errorf("%s: %v, and %d bytes", name, err, rec.Body.Len())
		case c.body != "" && (err != nil || !bytes.Equal(rec.Body.Bytes(), []byte(c.body)) || rec.Header().Get("Content-Type") != "application/json"):
			t.Errorf("%s: %v %q %v", name, err, rec.Body, rec.Header())
		}
	}
}
