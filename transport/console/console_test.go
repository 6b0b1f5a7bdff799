package console_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/gorilla/mux"
	"golang.org/x/net/html"

	"github.com/bailiwick-sdk/bailiwick/transport/console"
)

// ask makes a request of a handler.
func ask(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A document is what a browser makes of a page.
type document struct {
	root *html.Node
	base *url.URL
}

func read(t *testing.T, at, text string) document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	base, err := url.Parse("http://example.com" + at)
	if err != nil {
		t.Fatal(err)
	}
	d := document{root: root, base: base}
	if list := d.all("base"); len(list) == 1 {
		if d.base, err = base.Parse(attr(list[0], "href")); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d document) all(names ...string) []*html.Node {
	var list []*html.Node
	for n := range d.root.Descendants() {
		if n.Type == html.ElementNode && slices.Contains(names, n.Data) {
			list = append(list, n)
		}
	}
	return list
}

// meta returns the element of a name or a property.
func (d document) meta(name string) *html.Node {
	for _, n := range d.all("meta") {
		if attr(n, "name") == name || attr(n, "property") == name {
			return n
		}
	}
	return &html.Node{}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// mounted are the ways in which hosts mount the console at a prefix.
func mounted(prefix string, opts *console.Options) map[string]http.Handler {
	lens := http.StripPrefix(prefix, console.Handler(opts))
	encoded := mux.NewRouter().SkipClean(true).UseEncodedPath()
	encoded.PathPrefix(prefix + "/").Handler(lens)
	plain := mux.NewRouter()
	plain.PathPrefix(prefix + "/").Handler(lens)
	lax := mux.NewRouter() // without a slash at the end
	lax.PathPrefix(prefix).Handler(lens)
	std := http.NewServeMux()
	std.Handle(prefix+"/", lens)
	return map[string]http.Handler{"gorilla/mux": encoded, "gorilla/mux, decoded": plain, "gorilla/mux, no slash": lax, "net/http": std}
}

// TestMounted opens pages wherever the console is mounted: from each a browser
// finds the console's root, its files and the native API.
func TestMounted(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"/console", "/tools/admin"} {
		for name, host := range mounted(prefix, nil) {
			for _, below := range []string{
				"/", "/workspaces", "/workspaces/", "/workspaces/abc/members", "/roles/a%2Fb", "/roles/a%2Fb/edit", "/roles/%2F%2F", "/a%20b/c%3Fd/e%23f",
				"/invitation", "/x?y=/z/../w", "/é", "/a;b=c/d", "/assets", "/index.html", "/workspaces/assets/main.js", "/a%5Cb/c", "/%E2%82%AC", "/a:b/c:",
				"/" + strings.Repeat("a/", 40), "/%00/x", "/%ff/x", "/[x]/y", "/a%2fb",
			} {
				if strings.Contains(below, "[") && name != "net/http" {
					continue // what is not encoded as it should be is encoded anew by mux
				}
				w := ask(t, host, http.MethodGet, prefix+below)
				if w.Code == http.StatusMovedPermanently && strings.Contains(below, "%2F%2F") && strings.HasPrefix(name, "gorilla/mux, ") {
					continue // such a host cleans paths
				}
				if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
					t.Errorf("%s at %s%s: %d %v", name, prefix, below, w.Code, w.Header())
					continue
				}
				d := read(t, prefix+below, w.Body.String())
				if d.base.Path != prefix+"/" || d.base.RawQuery != "" || d.base.Host != "example.com" {
					t.Errorf("%s at %s%s: links begin at %s", name, prefix, below, d.base)
				}
				api, err := d.base.Parse(attr(d.meta("bailiwick-api"), "content"))
				if err != nil || api.Path != path.Dir(prefix)+"api/v1/" && api.Path != path.Dir(prefix)+"/api/v1/" {
					t.Errorf("%s at %s%s: the API is at %v, %v", name, prefix, below, api, err)
				}
			}
		}
	}
	w := ask(t, console.Handler(&console.Options{API: `/a"><script>`}), http.MethodGet, "/")
	if d := read(t, "/", w.Body.String()); attr(d.meta("bailiwick-api"), "content") != `/a"><script>` {
		t.Errorf("the API is not where it was said: %s", w.Body)
	}
}

// TestRoot asks for the root without its slash, which a host may let through.
func TestRoot(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"/console", "/tools/admin", "/a:b"} {
		host := mounted(prefix, nil)["gorilla/mux, no slash"]
		for _, query := range []string{"", "?x=1&y=//z"} {
			w := ask(t, host, http.MethodGet, prefix+query)
			to, err := url.Parse("http://example.com" + prefix)
			if err == nil {
				to, err = to.Parse(w.Header().Get("Location"))
			}
			if w.Code != http.StatusPermanentRedirect || err != nil || to.String() != "http://example.com"+prefix+"/"+query {
				t.Errorf("%s%s: %d to %v, %v", prefix, query, w.Code, to, err)
			}
		}
		if w := ask(t, host, http.MethodPost, prefix); w.Code == http.StatusPermanentRedirect {
			t.Errorf("POST %s: %d", prefix, w.Code)
		}
		if w := ask(t, host, http.MethodGet, prefix+"istration"); w.Code != http.StatusNotFound {
			t.Errorf("%sistration: %d", prefix, w.Code)
		}
	}
}

// TestPage holds the page to its policy: each answer has a nonce of its own that
// nothing keeps, and everything that the page needs is a file of this host.
func TestPage(t *testing.T) {
	t.Parallel()
	h, nonces := console.Handler(nil), map[string]bool{}
	policy := regexp.MustCompile(`^default-src 'none'; script-src 'self'; style-src 'self' 'nonce-([A-Z2-7]{26})'; img-src 'self' data: blob:; ` +
		`font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'$`)
	for _, at := range []string{"/", "/", "/workspaces/x", "/index.html"} {
		for _, header := range [][]string{nil, {"If-None-Match", "*"}, {"Accept-Encoding", "gzip"}, {"Range", "bytes=0-1"}} {
			w := ask(t, h, http.MethodGet, at, header...)
			got := policy.FindStringSubmatch(w.Header().Get("Content-Security-Policy"))
			if w.Code != http.StatusOK || got == nil || nonces[got[1]] {
				t.Fatalf("%s: %d, %v", at, w.Code, w.Header())
			}
			nonces[got[1]] = true
			d := read(t, at, w.Body.String())
			if attr(d.meta("csp-nonce"), "nonce") != got[1] || strings.Count(w.Body.String(), got[1]) != 1 {
				t.Errorf("the page has another nonce: %s", w.Body)
			}
			for name, want := range map[string]string{
				"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
				"Cross-Origin-Opener-Policy": "same-origin", "Content-Length": fmt.Sprint(w.Body.Len()), "ETag": "", "Last-Modified": "", "Content-Encoding": "",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %s %q, want %q", at, name, got, want)
				}
			}
			if p := w.Header().Get("Permissions-Policy"); !strings.Contains(p, "camera=()") || !strings.Contains(p, "geolocation=()") {
				t.Errorf("Permissions-Policy %q", p)
			}
		}
	}
	head := ask(t, h, http.MethodHead, "/x/y")
	if head.Code != http.StatusOK || !policy.MatchString(head.Header().Get("Content-Security-Policy")) {
		t.Errorf("HEAD: %d %v", head.Code, head.Header())
	}
}

// TestPageIsStrict looks for what the policy would forbid, and for links that
// lead elsewhere once the console is mounted.
func TestPageIsStrict(t *testing.T) {
	t.Parallel()
	built, err := os.ReadFile("dist/index.html")
	if err != nil {
		t.Fatal(err)
	}
	// What the page is told comes before whatever is to be found by it.
	if _, after, found := strings.Cut(string(built), "<head>"); !found || !strings.HasPrefix(strings.TrimSpace(after), "<!-- head -->") {
		t.Error("dist/index.html has no line <!-- head --> after <head>")
	}
	if bytes.Count(built, []byte("<!-- head -->")) != 1 {
		t.Error("dist/index.html has that line twice")
	}
	h := console.Handler(nil)
	d := read(t, "/a/b", ask(t, h, http.MethodGet, "/a/b").Body.String())
	first := d.all("head")[0].FirstChild
	for first != nil && first.Type != html.ElementNode {
		first = first.NextSibling
	}
	if first == nil || first.Data != "base" {
		t.Error("something comes before what the page is told")
	}
	for n := range d.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if (n.Data == "script" && attr(n, "src") == "") || n.Data == "style" {
			t.Errorf("<%s> is in the page", n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s> is in the page", n.Data, a.Key)
			}
			if n.Data == "base" || a.Key != "src" && a.Key != "href" {
				continue
			}
			if !strings.HasPrefix(a.Val, "./") {
				t.Errorf("<%s %s=%q> is not relative to the console", n.Data, a.Key, a.Val)
			}
			to, err := d.base.Parse(a.Val)
			if err != nil {
				t.Error(err)
				continue
			}
			if w := ask(t, h, http.MethodGet, to.Path); w.Code != http.StatusOK || strings.Contains(w.Header().Get("Content-Type"), "html") {
				t.Errorf("%s: %d %s", a.Val, w.Code, w.Header().Get("Content-Type"))
			}
		}
	}
}

// TestFirstLoad bounds what a browser needs before it shows anything.
func TestFirstLoad(t *testing.T) {
	t.Parallel()
	const most = 250_000
	h := console.Handler(nil)
	page := ask(t, h, http.MethodGet, "/")
	sum := len(squeezed(t, page.Body.Bytes()))
	var told []string
	for _, n := range read(t, "/", page.Body.String()).all("script", "link") {
		at := attr(n, "src")
		if at == "" && slices.Contains([]string{"modulepreload", "preload", "stylesheet"}, attr(n, "rel")) {
			at = attr(n, "href")
		}
		if at == "" {
			continue
		}
		w := ask(t, h, http.MethodGet, strings.TrimPrefix(at, "."), "Accept-Encoding", "gzip")
		sum += w.Body.Len()
		told = append(told, fmt.Sprintf("%s %d", at, w.Body.Len()))
	}
	t.Logf("%d bytes: %v", sum, told)
	if sum > most {
		t.Errorf("the first load is %d bytes, at most %d: %v", sum, most, told)
	}
}

func squeezed(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFiles asks for every built file, as it is and compressed.
func TestFiles(t *testing.T) {
	t.Parallel()
	h, files := console.Handler(nil), 0
	err := fs.WalkDir(os.DirFS("dist"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == "index.html" {
			return err
		}
		if strings.HasSuffix(name, ".br") {
			if w := ask(t, h, http.MethodGet, "/"+name); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", name, w.Code)
			}
			return nil
		}
		files++
		want, err := os.ReadFile("dist/" + name)
		if err != nil {
			return err
		}
		at := "/" + name
		plain, small := ask(t, h, http.MethodGet, at), ask(t, h, http.MethodGet, at, "Accept-Encoding", "gzip;q=0.8, identity;q=0.1")
		smaller := ask(t, h, http.MethodGet, at, "Accept-Encoding", "br;q=1.0, gzip;q=0.8, *;q=0.1")
		if plain.Code != http.StatusOK || !bytes.Equal(plain.Body.Bytes(), want) || plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", name, plain.Code, plain.Header())
		}
		kind := plain.Header().Get("Content-Type")
		wanted := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}[path.Ext(name)]
		if kind == "" || kind == "application/octet-stream" || strings.Contains(kind, "html") || kind != small.Header().Get("Content-Type") || wanted != "" && kind != wanted {
			t.Errorf("%s is sent as %s", name, kind)
		}
		// What gains nothing is sent as it is, and is compressed by none.
		if text := wanted != "" && len(want) >= 1000; text != (smaller.Header().Get("Content-Encoding") == "br") ||
			text && (small.Header().Get("Content-Encoding") != "gzip" || smaller.Body.Len() >= small.Body.Len() || small.Body.Len() >= len(want)) {
			t.Errorf("%s: %v, %v", name, small.Header(), smaller.Header())
		}
		tags := map[string]string{}
		for _, w := range []*httptest.ResponseRecorder{plain, small, smaller} {
			if !bytes.Equal(decoded(t, w), want) {
				t.Errorf("%s is something else as %q", name, w.Header().Get("Content-Encoding"))
			}
			tags[w.Header().Get("Content-Encoding")] = w.Header().Get("ETag")
		}
		if different := slices.Compact(slices.Sorted(maps.Values(tags))); len(different) != len(tags) {
			t.Errorf("%s: %v", name, tags)
		}
		cache := "no-cache"
		if strings.HasPrefix(name, "assets/") {
			cache = "public, max-age=31536000, immutable"
		}
		for _, w := range []*httptest.ResponseRecorder{plain, small, smaller} {
			header := w.Header()
			if header.Get("Vary") != "Accept-Encoding" || header.Get("Cache-Control") != cache || header.Get("X-Content-Type-Options") != "nosniff" ||
				header.Get("Content-Length") != fmt.Sprint(w.Body.Len()) || header.Get("Content-Security-Policy") != "" {
				t.Errorf("%s: %v", name, header)
			}
		}
		again := ask(t, h, http.MethodGet, at, "If-None-Match", `"x", W/`+plain.Header().Get("ETag"))
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != plain.Header().Get("ETag") {
			t.Errorf("%s again: %d %v", name, again.Code, again.Header())
		}
		// What is at hand compressed is not what is asked for.
		if other := ask(t, h, http.MethodGet, at, "If-None-Match", small.Header().Get("ETag")); small.Header().Get("Content-Encoding") == "gzip" && other.Code != http.StatusOK {
			t.Errorf("%s: %d", name, other.Code)
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}

// decoded is the text that an answer has, however it is encoded.
func decoded(t *testing.T, w *httptest.ResponseRecorder) []byte {
	t.Helper()
	var text io.Reader = bytes.NewReader(w.Body.Bytes())
	switch w.Header().Get("Content-Encoding") {
	case "br":
		text = brotli.NewReader(text)
	case "gzip":
		z, err := gzip.NewReader(text)
		if err != nil {
			t.Fatal(err)
		}
		text = z
	}
	all, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestHead has a server leave out bodies and nothing else.
func TestHead(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(console.Handler(nil))
	defer server.Close()
	for _, at := range []string{"/", "/icon.svg", "/assets/none.js"} {
		get, err := server.Client().Get(server.URL + at)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(get.Body)
		head, failed := server.Client().Head(server.URL + at)
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		left, err := io.ReadAll(head.Body)
		if err != nil || len(left) != 0 || len(body) == 0 || head.StatusCode != get.StatusCode || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: %d %v, %d bytes", at, head.StatusCode, head.Header, len(left))
		}
	}
}

// TestMissing wants 404 of files that are not there, whatever leads to them, and
// nothing to be kept of that; and nothing but reading.
func TestMissing(t *testing.T) {
	t.Parallel()
	for name, host := range mounted("/console", nil) {
		for _, at := range []string{
			"/assets/index-00000000.js", "/assets/", "/assets/x/y", "/assets/index.html", "/assets/../index.html", "/assets/..%2findex.html",
			"/assets/..%5cindex.html", "/assets/%00", "/assets/a%2Fb",
		} {
			if name != "gorilla/mux" && strings.Contains(at, "..") {
				continue // cleaned before it comes to us
			}
			w := ask(t, host, http.MethodGet, "/console"+at)
			if w.Code != http.StatusNotFound || w.Header().Get("Cache-Control") != "no-store" || strings.Contains(w.Body.String(), "<") {
				t.Errorf("%s: %s: %d %v", name, at, w.Code, w.Header())
			}
		}
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace, "BREW"} {
			for _, at := range []string{"/", "/workspaces", "/assets/x.js", "/icon.svg"} {
				w := ask(t, host, method, "/console"+at)
				if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
					t.Errorf("%s: %s %s: %d %v", name, method, at, w.Code, w.Header())
				}
			}
		}
	}
	for _, at := range []string{"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fconsole.go", "//example.org/x", "/.git/config", "/\\\\x"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		u, err := url.ParseRequestURI(at)
		if err != nil {
			t.Fatal(err)
		}
		r.URL, r.RequestURI = u, at
		w := httptest.NewRecorder()
		console.Handler(nil).ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `id="root"`) || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d %v", at, w.Code, w.Header())
		}
	}
}
