package drofus

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func request(method, target string, header ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestActs(t *testing.T) {
	t.Parallel()
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	basic := []string{"Authorization", "Basic YTpi"}
	for _, c := range []struct {
		name   string
		method string
		suffix format
		header []string
		want   bool
	}{
		{"curl", "GET", unsaid, append(basic, "Accept", "*/*", "User-Agent", "curl/8"), true},
		{"no Accept", "GET", unsaid, basic, true},
		{"JSON", "GET", unsaid, append(basic, "Accept", "application/json"), true},
		{"XML", "GET", unsaid, append(basic, "Accept", "text/xml"), true},
		{"PowerShell", "GET", unsaid, append(basic, "User-Agent", "Mozilla/5.0 (Windows NT; Windows NT 10.0; nb-NO) WindowsPowerShell/5.1.1"), true},
		{"a key", "GET", unsaid, []string{"X-Api-Key", "k"}, true},
		{"suffix over Accept", "GET", asJSON, append(basic, "Accept", browser), true},
		{"POST", "POST", unsaid, nil, true},
		{"POST of a browser", "POST", unsaid, append(basic, "Accept", browser, "Sec-Fetch-Site", "same-origin"), true},
		{"nobody", "GET", unsaid, []string{"Accept", "*/*"}, false},
		{"a browser's Accept", "GET", unsaid, append(basic, "Accept", browser), false},
		{"HTML", "GET", unsaid, append(basic, "Accept", "text/html"), false},
		{"XHTML", "GET", unsaid, append(basic, "Accept", "application/json, application/xhtml+xml;q=0.1"), false},
		{"HTML by its suffix", "GET", asHTML, append(basic, "Accept", browser), false},
		{"a cookie", "GET", asJSON, append(basic, "Cookie", "a=b"), false},
		{"an origin", "GET", asJSON, append(basic, "Origin", "null"), false},
		{"a referrer", "GET", asXML, append(basic, "Referer", "https://x.example/"), false},
		{"a fetch", "GET", asJSON, append(basic, "Sec-Fetch-Dest", "image"), false},
		{"a typed address", "GET", asJSON, append(basic, "Sec-Fetch-Site", "none"), false},
		{"an image over HTTP", "GET", unsaid, append(basic, "Accept", "image/avif,*/*", "User-Agent", "Mozilla/5.0 (X11) Firefox/140"), false},
		{"HEAD", "HEAD", unsaid, basic, false},
		{"PUT", "PUT", unsaid, basic, false},
	} {
		if got := acts(request(c.method, "/users/a/disable", c.header...), c.suffix); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestRefuseAction(t *testing.T) {
	t.Parallel()
	o := &renderer{pages: testPages()}
	page := &confirmPage{
		Title: "Disable jo.smith", Text: "They will be signed out.", Action: button{Label: "Disable", Path: pathTo("users", "jo.smith", "disable"), Main: true},
		Back: &link{"Back", "users/jo.smith"},
	}
	w := httptest.NewRecorder()
	o.refuseAction(w, request("GET", "/users/jo.smith/disable"), asHTML, page)
	if text := w.Body.String(); w.Code != 403 || !strings.Contains(text, `<form method="post" action="../../users/jo.smith/disable">`) || !strings.Contains(text, "<button>Disable</button>") {
		t.Errorf("%d %s", w.Code, text)
	}
	w = httptest.NewRecorder()
	o.refuseAction(w, request("GET", "/users/jo.smith/disable"), asJSON, page)
	if w.Code != 403 || w.Body.String() != `{"status":403,"error":"Forbidden"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	o.refuseAction(w, request("GET", "/users/jo.smith/disable"), asXML, page)
	if w.Code != 403 || !strings.Contains(w.Body.String(), `<status type="integer">403</status>`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSameSite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		method string
		header []string
		ok     bool
	}{
		{"a script", "POST", nil, true},
		{"our page", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://example.com"}, true},
		{"our page over HTTP", "POST", []string{"Origin", "http://example.com"}, true},
		{"our page in an old browser", "POST", []string{"Referer", "http://example.com/users"}, true},
		{"another site", "POST", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"a sister", "POST", []string{"Sec-Fetch-Site", "same-site"}, false},
		{"another origin", "PATCH", []string{"Origin", "http://evil.example"}, false},
		{"a hidden origin", "DELETE", []string{"Origin", "null"}, false},
		{"another site in an old browser", "POST", []string{"Referer", "http://evil.example/example.com"}, false},
		{"a broken referrer", "POST", []string{"Referer", ":"}, false},
		{"reading", "GET", []string{"Sec-Fetch-Site", "cross-site"}, true},
	} {
		if err := sameSite(request(c.method, "http://example.com/users", c.header...)); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
