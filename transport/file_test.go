package transport_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

// TestSendFile wants a file to be told of as what no browser runs.
func TestSendFile(t *testing.T) {
	t.Parallel()
	const page = "<script>alert(1)</script>"
	for _, c := range []struct {
		file              transport.File
		kind, disposition string
	}{
		{transport.File{Name: "a.html", MediaType: "text/html"}, "application/octet-stream", "attachment; filename=a.html"},
		{transport.File{MediaType: "image/svg+xml", Inline: true}, "application/octet-stream", "inline"},
		{transport.File{MediaType: "no type", Inline: true}, "application/octet-stream", "inline"},
		{transport.File{Name: "a.txt", MediaType: "text/plain; charset=utf-8", Inline: true}, "text/plain", "inline; filename=a.txt"},
		{transport.File{Name: "été.png", MediaType: "image/png"}, "image/png", "attachment; filename*=utf-8''%C3%A9t%C3%A9.png"},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			c.file.Size = int64(len(page))
			w := httptest.NewRecorder()
			transport.SendFile(w, httptest.NewRequest(method, "/", nil), c.file, strings.NewReader(page))
			want := map[string]string{
				"Content-Type": c.kind, "Content-Disposition": c.disposition, "Content-Length": "25", "X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-cache",
			}
			for name, value := range want {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s of %+v: %s: %q, want %q", method, c.file, name, got, value)
				}
			}
			if got := w.Body.String(); (got == page) != (method == http.MethodGet) || w.Code != http.StatusOK {
				t.Errorf("%s of %+v: %d %q", method, c.file, w.Code, got)
			}
		}
	}
}

// TestSendFileOfAnotherSize wants an answer to be broken off that is not what it
// said it would be.
func TestSendFileOfAnotherSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{3, 5} {
		func() {
			defer func() {
				if met := recover(); met != http.ErrAbortHandler { //nolint:errorlint // what is thrown is it itself
					t.Errorf("a file of 4 bytes, told to have %d: %v, want it broken off", size, met)
				}
			}()
			transport.SendFile(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), transport.File{Size: size}, strings.NewReader("four"))
		}()
	}
}
