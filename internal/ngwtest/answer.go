package ngwtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// An Object is one of JSON.
type Object = map[string]any

// An Answer is what a call was answered with.
type Answer struct {
	Status int
	Header http.Header
	Text   string

	world *World
	asked string
}

// Ask calls the lens over the network as somebody, as GDAL does: JSON is said to
// be a form.
func (w *World) Ask(who Person, method, path, body string, header ...string) Answer {
	w.Helper()
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	return w.Send(who, method, path, from, header...)
}

// Send is Ask with a body that is read as it is sent.
func (w *World) Send(who Person, method, path string, body io.Reader, header ...string) Answer {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, w.URL()+path, body)
	w.OK(err)
	who.sign(r, header)
	answer, err := http.DefaultClient.Do(r)
	w.OK(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	w.OK(err)
	return Answer{Status: answer.StatusCode, Header: answer.Header, Text: string(text), world: w, asked: method + " " + path}
}

func (p Person) sign(r *http.Request, header []string) {
	// As GDAL sends everything.
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if p.Username != "" {
		r.SetBasicAuth(p.Username, Password)
	}
}

// Request makes a request for [World.Serve]. The body is JSON of a value, or a
// text as it is, or nil for none.
func (w *World) Request(who Person, method, path string, body any, header ...string) *http.Request {
	w.Helper()
	var from io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		from = strings.NewReader(body)
	default:
		text, err := json.Marshal(body)
		w.OK(err)
		from = bytes.NewReader(text)
	}
	r := httptest.NewRequestWithContext(w.Context(), method, mount+path, from)
	who.sign(r, header)
	return r
}

// Serve has a request answered without a network between.
func (w *World) Serve(r *http.Request) Answer {
	w.Helper()
	rec := httptest.NewRecorder()
	w.Handler.ServeHTTP(rec, r)
	return Answer{
		Status: rec.Code, Header: rec.Header(), Text: rec.Body.String(), world: w,
		asked: r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), mount),
	}
}

// Call calls the lens as somebody without a network between, and wants what all
// clients do: JSON of exactly the media type application/json, and errors with
// all their parts.
func (w *World) Call(who Person, method, path string, body any, header ...string) Answer {
	w.Helper()
	a := w.Serve(w.Request(who, method, path, body, header...))
	if got := a.Header.Get("Content-Type"); got != "application/json" {
		w.Errorf("%s: Content-Type %q", a.asked, got)
	}
	if a.Status >= http.StatusBadRequest && method != http.MethodHead {
		a.Failure()
	}
	return a
}

// Wants ends the test unless the status is what is wanted.
func (a Answer) Wants(status int) Answer {
	a.world.Helper()
	if a.Status != status {
		a.world.Fatalf("%s: status %d, want %d: %s", a.asked, a.Status, status, a.Text)
	}
	return a
}

// Value returns the body.
func (a Answer) Value() any {
	a.world.Helper()
	var v any
	a.Into(&v)
	return v
}

// Into decodes the body.
func (a Answer) Into(v any) {
	a.world.Helper()
	if err := json.Unmarshal([]byte(a.Text), v); err != nil {
		a.world.Fatalf("%s: %v: %s", a.asked, err, a.Text)
	}
}

// List returns the body, which is a list.
func (a Answer) List() []any {
	a.world.Helper()
	list, ok := a.Value().([]any)
	if !ok {
		a.world.Fatalf("%s: no list: %s", a.asked, a.Text)
	}
	return list
}

// At returns what is in the body by a path of names: "resource.parent.id".
func (a Answer) At(path string) any {
	a.world.Helper()
	return Within(a.Value(), path)
}

// Within returns what is in a value by a path of names, nil where nothing is.
func Within(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch of := v.(type) {
		case map[string]any:
			v = of[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i < 0 || i >= len(of) {
				return nil
			}
			v = of[i]
		default:
			return nil
		}
	}
	return v
}

// Same wants the body to be some JSON.
func (a Answer) Same(want string) {
	a.world.Helper()
	var w any
	a.world.OK(json.Unmarshal([]byte(want), &w))
	got, err := json.Marshal(a.Value())
	a.world.OK(err)
	wanted, err := json.Marshal(w)
	a.world.OK(err)
	if !bytes.Equal(got, wanted) {
		a.world.Errorf("%s: got %s\nwant %s", a.asked, got, wanted)
	}
}

// A Failure is an error as it is told.
type Failure struct {
	Title     string `json:"title"`
	Message   string `json:"message"`
	Status    int    `json:"status_code"`
	Exception string `json:"exception"`
	RequestID string `json:"request_id"`
	Guru      string `json:"guru_meditation"`
	Data      Object `json:"data"`
}

// Failure returns an error, which has all that clients look for (spec/ngw.md §0,
// rows 3 and 4, §4.1).
func (a Answer) Failure() Failure {
	a.world.Helper()
	var f Failure
	if err := json.Unmarshal([]byte(a.Text), &f); err != nil {
		a.world.Fatalf("%s: the error is no JSON: %v: %s", a.asked, err, a.Text)
	}
	if f.Message == "" || f.Title == "" || f.Status != a.Status || !strings.HasPrefix(f.Exception, "nextgisweb.") ||
		f.RequestID == "" || f.Guru == "" || f.Data == nil {
		a.world.Errorf("%s: status %d: an error without all it needs: %s", a.asked, a.Status, a.Text)
	}
	if got := a.Header.Get("Content-Type"); got != "application/json" {
		a.world.Errorf("%s: Content-Type %q", a.asked, got)
	}
	if a.Header.Get("WWW-Authenticate") != "" {
		a.world.Errorf("%s: a challenge: %v", a.asked, a.Header)
	}
	return f
}

// Refused wants an error of a status and an exception, of which the end is
// enough.
func (a Answer) Refused(status int, exception string) Failure {
	a.world.Helper()
	f := a.Failure()
	if a.Status != status || !strings.HasSuffix(f.Exception, exception) {
		a.world.Errorf("%s: status %d %s, want %d %s: %s", a.asked, a.Status, f.Exception, status, exception, a.Text)
	}
	return f
}

// Contains wants everything that is in a value, as JSON, to be in another: all
// members of objects, and lists value by value, in which objects have no members
// besides.
func (w *World) Contains(path string, got, want any) {
	w.Helper()
	text, err := json.Marshal(want)
	w.OK(err)
	var plain any
	w.OK(json.Unmarshal(text, &plain))
	w.contains(path, got, plain)
}

func (w *World) contains(path string, got, want any) {
	w.Helper()
	switch want := want.(type) {
	case map[string]any:
		of, ok := got.(map[string]any)
		if !ok {
			w.Errorf("%s: %v, want an object", path, got)
			return
		}
		for name, value := range want {
			inner, there := of[name]
			if !there {
				w.Errorf("%s.%s is missing", path, name)
				continue
			}
			w.contains(path+"."+name, inner, value)
		}
	case []any:
		of, ok := got.([]any)
		if !ok || len(of) != len(want) {
			w.Errorf("%s: %v, want %v", path, got, want)
			return
		}
		for i, value := range want {
			at := fmt.Sprintf("%s[%d]", path, i)
			w.contains(at, of[i], value)
			if inner, ok := value.(map[string]any); ok && len(inner) != len(of[i].(map[string]any)) { //nolint:forcetypeassert // looked at above
				w.Errorf("%s: %v, want %v", at, of[i], value)
			}
		}
	default:
		if got != want {
			w.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
