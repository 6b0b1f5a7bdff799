package transport_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

type body struct {
	Name  string    `json:"name"`
	Size  int64     `json:"size"`
	Small int8      `json:"small"`
	Open  bool      `json:"open"`
	Parts []part    `json:"parts"`
	When  time.Time `json:"when"`
	Any   any       `json:"any"`
}

type part struct {
	Label string `json:"label"`
}

func post(text string) *http.Request {
	return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
}

func TestReadJSON(t *testing.T) {
	t.Parallel()
	var b body
	err := transport.ReadJSON(post(" \r\n{\"name\":\"Zoë \\u0041 \\\\u0000\",\"size\":9223372036854775807,\"parts\":[{\"label\":\"x\"}],\"when\":\"2026-01-02T03:04:05Z\"}\t\n"), &b)
	if err != nil || b.Name != `Zoë A \u0000` || b.Size != math.MaxInt64 || len(b.Parts) != 1 || b.When.Year() != 2026 {
		t.Errorf("ReadJSON = %+v, %v", b, err)
	}
}

func TestReadJSONRefuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"any":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }
	for _, c := range []struct{ name, text, field, expected string }{
		{"empty", "", "", "JSON"},
		{"blank", " \n\t", "", "JSON"},
		{"null", "null", "", "a value other than null"},
		{"no JSON", "name=x", "", "JSON in valid UTF-8"},
		{"cut off", `{"name":"x"`, "", "JSON in valid UTF-8"},
		{"cut off inside", `{"name":"x`, "name", "JSON in valid UTF-8"},
		{"two values", `{}{}`, "", "nothing behind the value"},
		{"junk behind", `{} x`, "", "nothing behind the value"},
		{"comment", `{/**/}`, "", "JSON in valid UTF-8"},
		{"comma", `{"name":"x",}`, "", "JSON in valid UTF-8"},
		{"array", `[]`, "", "an object"},
		{"text", `"x"`, "", "an object"},
		{"twice", `{"name":"a","name":"b"}`, "name", "no name twice"},
		{"twice escaped", `{"name":"a","n\u0061me":"b"}`, "name", "no name twice"},
		{"twice inside", `{"any":{"a":{"b":1,"b":2}}}`, "any.a.b", "no name twice"},
		{"unknown", `{"nome":"a"}`, "nome", "a known field"},
		{"unknown inside", `{"parts":[{},{"x":1}]}`, "parts.1.x", "a known field"},
		{"other case", `{"Name":"a"}`, "Name", "a known field"},
		{"not UTF-8", "{\"name\":\"\xff\"}", "name", "JSON in valid UTF-8"},
		{"half a surrogate", `{"name":"\ud800"}`, "name", "JSON in valid UTF-8"},
		{"NUL", `{"name":"a\u0000b"}`, "name", "text without NUL"},
		{"NUL in a name", `{"a\u0000b":1}`, "a\x00b", "text without NUL"},
		{"NUL inside", `{"any":[{"a":"\u0000"}]}`, "any.0.a", "text without NUL"},
		{"raw NUL", "{\"name\":\"\x00\"}", "name", "JSON in valid UTF-8"},
		{"text for a number", `{"size":"1"}`, "size", "an integer of 64 bits"},
		{"fraction", `{"size":1.5}`, "size", "an integer of 64 bits"},
		{"exponent", `{"size":1e3}`, "size", "an integer of 64 bits"},
		{"too large", `{"size":9223372036854775808}`, "size", "an integer of 64 bits"},
		{"far too large", `{"size":1` + strings.Repeat("0", 5000) + `}`, "size", "an integer of 64 bits"},
		{"too large for its field", `{"small":128}`, "small", "an integer of 8 bits"},
		{"number for text", `{"name":1}`, "name", "text"},
		{"text for bool", `{"open":"true"}`, "open", "true or false"},
		{"object for a list", `{"parts":{}}`, "parts", "an array"},
		{"no time", `{"when":"yesterday"}`, "when", "a time as 2006-01-02T15:04:05Z"},
		{"too deep", deep(64), "", "at most 64 levels"},
		{"far too deep", deep(400_000), "", "at most 64 levels"},
	} {
		var b body
		err := transport.ReadJSON(post(c.text), &b)
		var malformed *transport.JSONError
		if !errors.As(err, &malformed) || malformed.Field != c.field || malformed.Expected != c.expected {
			t.Errorf("%s: ReadJSON = %v, want %q: %q", c.name, err, c.field, c.expected)
		}
		if p := transport.ProblemOf(err); p.Status != 400 {
			t.Errorf("%s: status %d", c.name, p.Status)
		}
	}
	if err := transport.ReadJSON(post(deep(63)), &body{}); err != nil {
		t.Errorf("64 levels: %v", err)
	}
}

func TestReadJSONIsAsLenientAsToldTo(t *testing.T) {
	t.Parallel()
	b := body{Name: "kept"}
	if err := transport.ReadOptionalJSON(post(" "), &b); err != nil || b.Name != "kept" {
		t.Errorf("ReadOptionalJSON = %+v, %v", b, err)
	}
	if err := transport.ReadOptionalJSON(post("{"), &b); err == nil {
		t.Error("ReadOptionalJSON took what is no JSON")
	}
	if err := transport.ReadJSONWith(post(`{"nome":[{"a":1}],"name":"x"}`), &b, transport.JSONOptions{AllowUnknown: true}); err != nil || b.Name != "x" {
		t.Errorf("AllowUnknown: %+v, %v", b, err)
	}
	if err := transport.ReadJSONWith(post(`{"nome":{"a":1,"a":2}}`), &b, transport.JSONOptions{AllowUnknown: true}); err == nil {
		t.Error("AllowUnknown took a name twice")
	}
	for _, text := range []string{"[]", " [ \n] "} {
		if err := transport.ReadJSONWith(post(text), &b, transport.JSONOptions{EmptyArrayIsEmpty: true}); err != nil {
			t.Errorf("EmptyArrayIsEmpty: %v", err)
		}
	}
	for _, text := range []string{"[{}]", "[1]", "[[]]", "[", "[]]"} {
		if err := transport.ReadJSONWith(post(text), &b, transport.JSONOptions{EmptyArrayIsEmpty: true}); err == nil {
			t.Errorf("EmptyArrayIsEmpty took %q", text)
		}
	}
}

// Names that the caller made up come back short.
func TestJSONErrorIsShort(t *testing.T) {
	t.Parallel()
	err := transport.ReadJSON(post(`{"`+strings.Repeat("é", 100_000)+`":1}`), &body{})
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("ReadJSON = an error of %d bytes", len(err.Error()))
	}
}

// endless is a body that goes on for a while.
type endless struct {
	left int
	unit string
	read int
}

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	b = b[:min(len(b), e.left)]
	n := 0
	for n < len(b) {
		n += copy(b[n:], e.unit[(e.read+n)%len(e.unit):])
	}
	e.read += n
	e.left -= n
	return n, nil
}

// Neither size nor shape of a body costs time or memory.
func TestReadJSONIsBounded(t *testing.T) { //nolint:paralleltest // measures memory
	const huge = 100 << 20
	quoted := `"` + strings.Repeat("x", 1<<20-20) + `"`
	for _, c := range []struct {
		name   string
		body   func() io.Reader
		status int
	}{
		{"100 MB of blanks", func() io.Reader { return &endless{left: huge, unit: " "} }, 413},
		{"100 MB of brackets", func() io.Reader { return &endless{left: huge, unit: "["} }, 413},
		{"100 MB of members", func() io.Reader { return &endless{left: huge, unit: `{"a":`} }, 413},
		{"a million brackets", func() io.Reader { return &endless{left: 1_000_000, unit: "["} }, 400},
		{"a million members", func() io.Reader { return &endless{left: 1_000_000, unit: `{"a":`} }, 400},
		{"one long number", func() io.Reader { return &endless{left: 1_000_000, unit: "9"} }, 400},
		{"one long text", func() io.Reader { return strings.NewReader(quoted) }, 400},
		{"one long exponent", func() io.Reader { return strings.NewReader(`{"size":1e` + strings.Repeat("9", 1_000_000) + `}`) }, 400},
		{"many names", func() io.Reader { return strings.NewReader("{" + names(70_000) + `"a0":1}`) }, 400},
		{"escapes", func() io.Reader { return strings.NewReader(`{"x` + strings.Repeat(`\u0041`, 170_000) + `":1}`) }, 400},
	} {
		var before, after runtime.MemStats
		var err error
		took, grown := time.Hour, uint64(math.MaxUint64)
		// Other programs may be busy: the best of three counts.
		for range 3 {
			r := httptest.NewRequest(http.MethodPost, "/", c.body())
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			err = transport.ReadJSON(r, &body{})
			took = min(took, time.Since(start))
			runtime.ReadMemStats(&after)
			grown = min(grown, after.TotalAlloc-before.TotalAlloc)
		}
		if p := transport.ProblemOf(orNothing(err)); p.Status != c.status {
			t.Errorf("%s: status %d (%.100v), want %d", c.name, p.Status, err, c.status)
		}
		if took > 2*time.Second && !raced { // it takes some 20 ms, and what grows with the square far longer
			t.Errorf("%s took %v, want 2 s at most", c.name, took)
		}
		if grown > 32<<20 {
			t.Errorf("%s allocated %d MiB, want 32 at most", c.name, grown>>20)
		}
	}
}

func orNothing(err error) error {
	if err == nil {
		return errors.New("nothing was wrong")
	}
	return err
}

func names(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"a` + string(rune('a'+i%26)) + strings.Repeat("b", i%3) + itoa(i) + `":0,`)
	}
	return b.String()
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + string(rune('0'+i%10))
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	transport.WriteJSON(w, http.StatusCreated, map[string]any{"z": "<b>&é", "a": []string(nil), "bad": "\xff"})
	if w.Code != http.StatusCreated || w.Body.String() != `{"a":[],"bad":"�","z":"<b>&é"}` {
		t.Errorf("WriteJSON wrote %d %s", w.Code, w.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Length": "33",
	} {
		if got := w.Result().Header[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	w = httptest.NewRecorder()
	transport.WriteJSON(w, http.StatusNoContent, nil)
	if w.Code != http.StatusNoContent || w.Body.Len() != 0 || w.Header().Get("Content-Type") != "" {
		t.Errorf("204 wrote %q, %v", w.Body, w.Header())
	}
	w = httptest.NewRecorder()
	func() {
		defer func() { _ = recover() }()
		transport.WriteJSON(w, http.StatusOK, make(chan int))
		t.Error("WriteJSON did not panic")
	}()
	if w.Body.Len() != 0 || w.Header().Get("Content-Length") != "" {
		t.Error("something was written before the panic")
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"name":"x","size":1}`, `{"any":[[{"a":null}]]}`, `{"a\u0000":1}`, "[]", "null", "{}{}", "{\"\xff\":1}", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var b body
		err := transport.ReadJSON(httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(text)), &b)
		if err != nil {
			if p := transport.ProblemOf(err); p.Status != 400 && p.Status != 413 {
				t.Fatalf("%v is %d", err, p.Status)
			}
			if len(err.Error()) > 400 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if strings.ContainsRune(b.Name, 0) {
			t.Fatalf("NUL got in: %q", b.Name)
		}
		// What was taken can be told, and taken again to the same end.
		w := httptest.NewRecorder()
		transport.WriteJSON(w, 200, b)
		var again body
		if err := transport.ReadJSON(httptest.NewRequest(http.MethodPost, "/", w.Body), &again); err != nil {
			t.Fatalf("%s came back as %v", text, err)
		}
		if again.Name != b.Name || again.Size != b.Size || !again.When.Equal(b.When) {
			t.Fatalf("%+v came back as %+v", b, again)
		}
	})
}
