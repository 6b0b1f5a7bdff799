package drofus

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

// acts reports whether a request for an action, as /users/x/disable, is to be
// carried out: a POST is, and a GET only if a script sent it (spec/drofus.md
// DA-11). Browsers add a password that they know to whatever another site's page
// has them fetch, so what has any mark of a browser is shown a form instead. A
// HEAD never acts.
//
// The suffix is that of the address. One of .json or .xml excuses an Accept that
// asks for HTML, and nothing else.
func acts(r *http.Request, suffix format) bool {
	switch r.Method {
	case http.MethodPost:
		return true
	case http.MethodGet:
	default:
		return false
	}
	// No browser adds a header of a key on its own.
	named := r.Header.Get("Authorization") + r.Header.Get("Api-Key") + r.Header.Get("X-Api-Key")
	if named == "" || fromBrowser(r.Header) {
		return false
	}
	return suffix == asJSON || suffix == asXML || !wantsHTML(mediaRanges(r.Header))
}

// fromBrowser reports whether a request has a mark of a browser. Over plain
// HTTP none sends Sec-Fetch-*, and a page can hold Origin and Referer back, but
// it cannot change how the browser calls itself.
func fromBrowser(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "Sec-") {
			return true
		}
		switch name {
		case "Cookie", "Origin", "Referer":
			return true
		}
	}
	agent := h.Get("User-Agent")
	// PowerShell calls itself a browser, and is none.
	return strings.HasPrefix(agent, "Mozilla/") && !strings.Contains(agent, "PowerShell/")
}

// refuseAction answers a GET that does not act, 403: people get a form that
// does.
func (o *renderer) refuseAction(w http.ResponseWriter, r *http.Request, f format, page *confirmPage) {
	if f != asHTML || r.Method == http.MethodHead {
		o.fail(w, r, f, http.StatusForbidden)
		return
	}
	o.show(w, r, http.StatusForbidden, page)
}

// sameSite refuses what changes something and may be the work of another site's
// page, with [transport.ErrCrossOrigin]. Pages are let in by the password that
// the browser keeps, and browsers send it with whatever form: they have to say
// where that comes from. Scripts say nothing of the kind and are let pass.
func sameSite(r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return transport.ErrCrossOrigin
	}
	// Old browsers say it by Referer alone.
	referer := r.Header.Get("Referer")
	if referer == "" || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return nil
	}
	if from, err := url.Parse(referer); err != nil || from.Host != r.Host {
		return transport.ErrCrossOrigin
	}
	return nil
}
