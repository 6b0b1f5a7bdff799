// Package console is the web console: pages in a browser for who administers
// the platform, a workspace of it, or only himself.
//
// [Handler] gives the built pages, which the package embeds, and nothing else:
// what they show and do goes through the native API, as the person who is
// signed in. So the console decides nothing, and whoever reads it all has
// learned nothing about a platform.
//
// Its sources are in the folder web, an application of React; "make console"
// builds them into the folder dist. No Node is needed to build or run a program
// that mounts the console.
package console

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"
)

// Options are what a console can be told; the zero value works.
type Options struct {
	// API is where the native API is mounted, on the same host: a path, or one
	// that is relative to the console's root. "../api/v1/" when empty.
	API string
}

// Handler returns the console, written as if mounted at "/". A host mounts it
// where it likes, with http.StripPrefix.
//
// A GET of anything that is no file of the console's answers its one page, which
// finds out by itself what to show: addresses in the console can be kept and
// passed on. All links in the page are relative. It comes with a policy that
// lets it run no script and show no frame but its own, and none of its own in
// somebody else's page.
func Handler(opts *Options) http.Handler {
	api := ""
	if opts != nil {
		api = opts.API
	}
	p := newPage(cmp.Or(api, "../api/v1/"))
	// Paths are taken as they come: names in them may hold a slash.
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	for path, file := range files() {
		router.Path(path).Methods(http.MethodGet, http.MethodHead).Handler(file)
	}
	// One that a page of an earlier version asks for is not there: the page
	// would be taken for a script.
	router.PathPrefix(assets).Methods(http.MethodGet, http.MethodHead).HandlerFunc(nothing)
	router.PathPrefix("/").Methods(http.MethodGet, http.MethodHead).Handler(p)
	router.NotFoundHandler = http.HandlerFunc(outside)
	router.MethodNotAllowedHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed)
	})
	return router
}

// outside answers what is not below the console's root. Where a host mounts it
// without a slash at the end, the root itself comes without one, and links in
// the page would lead beside it.
func outside(w http.ResponseWriter, r *http.Request) {
	path, query, asked := strings.Cut(r.RequestURI, "?")
	name := path[strings.LastIndexByte(path, '/')+1:]
	if r.URL.Path != "" || name == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		nothing(w, r)
		return
	}
	to := "./" + name + "/" // a name may hold what looks like a scheme
	if asked {
		to += "?" + query
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusPermanentRedirect)
}

func nothing(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound) }

// refuse answers in a few words, which nothing keeps.
func refuse(w http.ResponseWriter, status int) {
	text := http.StatusText(status) + "\n"
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

// placeholder is where the built page wants to be told where it is.
const placeholder = "<!-- head -->"

// A page answers with the one page of the console.
type page struct {
	before, after string // what it is told
	api           string
}

func newPage(api string) page {
	text, err := dist.ReadFile("dist/index.html")
	if err != nil {
		panic(fmt.Errorf("console: %w", err)) // it is built in, and tests read it
	}
	before, after, _ := strings.Cut(string(text), placeholder)
	return page{before: before, after: after, api: html.EscapeString(api)}
}

// policy is what the page lets browsers do. Styles of components are written
// while it runs, in elements with the nonce. It says neither camera nor
// microphone, but all that browsers know: a script that got in would find little.
const (
	policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data: blob:; " +
		"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; " +
		"frame-src 'self'; frame-ancestors 'none'"
	permissions = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), encrypted-media=(), " +
		"fullscreen=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), magnetometer=(), " +
		"microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
)

// ServeHTTP answers with the page.
func (p page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	nonce := rand.Text() // 130 bits
	text := p.before + `<base href="` + wayUp(r) + `" />` +
		`<meta name="bailiwick-api" content="` + p.api + `" />` +
		`<meta property="csp-nonce" nonce="` + nonce + `" />` + p.after
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Content-Security-Policy", fmt.Sprintf(policy, nonce))
	h.Set("Permissions-Policy", permissions)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Addresses hold the tokens of invitations.
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// A nonce is good for one answer.
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(text)) //nolint:gosec // of the address it holds how deep it is, and no more
}

// wayUp is the way from a request's address to the console's root, "./" or
// "../". Nobody in here knows where that is. An escaped slash is part of a name,
// for browsers too.
func wayUp(r *http.Request) string {
	below := strings.Count(r.URL.EscapedPath(), "/") - 1
	if below <= 0 {
		return "./"
	}
	return strings.Repeat("../", below)
}
