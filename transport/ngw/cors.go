package ngw

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

// originAllowed reports whether pages of an origin may ask.
func (l *lens) originAllowed(origin string) bool {
	for _, pattern := range l.allowedOrigins {
		if pattern == origin || wildcard(pattern, origin) {
			return true
		}
	}
	return false
}

// wildcard reports whether an origin is one of a pattern "https://*.example.com",
// which stands for whatever is below example.com.
func wildcard(pattern, origin string) bool {
	scheme, domain, found := strings.Cut(pattern, "://*.")
	if !found || strings.Count(domain, ".") < 1 {
		return false
	}
	at, err := url.Parse(origin)
	if err != nil || at.Scheme != scheme || at.Path != "" || at.User != nil {
		return false
	}
	below, is := strings.CutSuffix(at.Host, "."+domain)
	return is && below != ""
}

// allowOrigin tells a browser that the page that asks may read the answer.
func (l *lens) allowOrigin(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if len(l.allowedOrigins) == 0 || !isAPI(r) {
		return
	}
	w.Header().Add("Vary", "Origin")
	if l.originAllowed(origin) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Expose-Headers", "Location, Upload-Offset, Upload-Length, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size")
	}
}

func isAPI(r *http.Request) bool { return strings.Contains(single(r.URL.Path), "/api/") }

// preflight answers the question of a browser whether a page may ask.
func (l *lens) preflight(w http.ResponseWriter, r *http.Request) bool {
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" || !isAPI(r) || !l.originAllowed(r.Header.Get("Origin")) {
		return false
	}
	allow := []string{"Authorization", "Accept", "Accept-Language", "Content-Language", "Content-Type", "Range", "X-Requested-With"}
	if isUpload(single(r.URL.Path)) {
		allow = append(allow, "Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata", "Upload-Defer-Length")
	}
	w.Header().Add("Vary", "Access-Control-Request-Method")
	w.Header().Set("Access-Control-Allow-Methods", method)
	w.Header().Set("Access-Control-Allow-Headers", strings.Join(allow, ", "))
	w.WriteHeader(http.StatusNoContent)
	return true
}

// The headers by which browsers tell where a request comes from, and what our
// own pages say to show that they are ours.
const (
	headerSite = "Sec-Fetch-Site"
	headerPage = "X-Requested-With"
	valuePage  = "bailiwick"
)

// vouched has a request with a session pass the guard against other sites' pages
// where it is none of theirs. NextGIS Web's clients know nothing of the header
// that our pages say so with:
//
//   - programs send the cookie back and none of the headers that every browser
//     adds to what a page has it send, and that no page can take away;
//   - a browser that says where a request comes from, and names this host or an
//     origin that is allowed, has said all there is to say.
func (l *lens) vouched(r *http.Request) *http.Request {
	origin := r.Header.Get("Origin")
	switch {
	case program(r.Header):
	case origin != "" && l.originAllowed(origin):
	case (origin != "" || r.Header.Get(headerSite) != "") && http.NewCrossOriginProtection().Check(r) == nil:
	default:
		return r
	}
	other := r.Clone(r.Context())
	other.Header.Set(headerPage, valuePage)
	if origin != "" && l.originAllowed(origin) {
		other.Header.Set(headerSite, "same-origin")
	}
	return other
}

// program reports whether no browser sent a request on behalf of a page.
func program(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "Sec-Fetch-") || name == "Origin" || name == "Referer" {
			return false
		}
	}
	return true
}

// foreign refuses what changes something and comes from another site's page. The
// body's media type is not looked at (spec/ngw.md §0, row 2), so a page could
// send one without asking first, and browsers add a password that they know.
func (c *call) foreign() error {
	if err := http.NewCrossOriginProtection().Check(c.Request); err != nil {
		return errors.Join(transport.ErrCrossOrigin, err)
	}
	return nil
}
