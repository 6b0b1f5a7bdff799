package drofus_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// A page is what a browser makes of one.
type page struct {
	root  *html.Node
	links []string
	forms []form
	title string
}

// A form is what is sent with it as it is shown.
type form struct {
	method, action string
	values         url.Values
	controls       []*html.Node
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// all returns the elements below one that are of some name.
func all(n *html.Node, names ...string) []*html.Node {
	var list []*html.Node
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && slices.Contains(names, c.Data) {
			list = append(list, c)
		}
	}
	return list
}

func one[T any](w *world, list []T, what string) T {
	w.Helper()
	if len(list) != 1 {
		w.Fatalf("%d of %s", len(list), what)
	}
	return list[0]
}

// page reads an answer as a browser does that asked for a path below the lens.
func (a *answer) parse(at string) page {
	a.Helper()
	root, err := html.Parse(bytes.NewReader(a.body))
	if err != nil {
		a.Fatal(err)
	}
	p := page{root: root}
	base, err := url.Parse(host + prefix + at)
	if err != nil {
		a.Fatal(err)
	}
	resolve := func(ref string) string {
		to, err := base.Parse(ref)
		if err != nil || to.Scheme+"://"+to.Host != host {
			a.Errorf("%s leads to %q", at, ref)
			return ""
		}
		to.Fragment = ""
		return strings.TrimPrefix(to.String(), host)
	}
	for _, n := range all(root, "title") {
		p.title = textOf(n)
	}
	for _, n := range all(root, "a") {
		if ref := attr(n, "href"); !strings.HasPrefix(ref, "#") {
			if strings.HasPrefix(ref, "/") || strings.Contains(ref, ":") {
				a.Errorf("%s: a link that is not relative: %s", at, ref)
			}
			p.links = append(p.links, resolve(ref))
		}
	}
	for _, n := range all(root, "form") {
		f := form{method: strings.ToUpper(attr(n, "method")), action: base.Path, values: url.Values{}}
		if has(n, "action") {
			f.action = resolve(attr(n, "action"))
		}
		for _, c := range all(n, "input", "select", "textarea") {
			name, kind := attr(c, "name"), attr(c, "type")
			if kind != "hidden" {
				f.controls = append(f.controls, c)
			}
			switch {
			case c.Data == "select":
				options := all(c, "option")
				i := slices.IndexFunc(options, func(o *html.Node) bool { return has(o, "selected") })
				if len(options) > 0 {
					f.values.Add(name, attr(options[max(i, 0)], "value"))
				}
			case c.Data == "textarea":
				f.values.Add(name, rawText(c)) // the line break that it begins with is none of it
			case kind == "checkbox" && !has(c, "checked"):
			default:
				f.values.Add(name, attr(c, "value"))
			}
		}
		p.forms = append(p.forms, f)
	}
	return p
}

func rawText(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		b.WriteString(c.Data)
	}
	return b.String()
}

// sound wants a page to be one that everybody can use.
func (a *answer) sound(at string) page {
	a.Helper()
	p := a.parse(at)
	if lang := attr(one(&world{T: a.T}, all(p.root, "html"), "html"), "lang"); lang != "en" {
		a.Errorf("%s: lang %q", at, lang)
	}
	if n := len(all(p.root, "h1")); n != 1 || len(all(p.root, "main")) != 1 || p.title == "" || strings.HasPrefix(p.title, "–") {
		a.Errorf("%s: %d headings, titled %q", at, n, p.title)
	}
	ids, labels := map[string]bool{}, map[string]string{}
	for n := range p.root.Descendants() {
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				a.Errorf("%s: two of id %s", at, id)
			}
			ids[id] = true
		}
		if n.Type == html.ElementNode && n.Data == "label" {
			labels[attr(n, "for")] = textOf(n)
		}
	}
	for n := range p.root.Descendants() {
		for _, name := range []string{"aria-describedby", "aria-labelledby"} {
			for _, id := range strings.Fields(attr(n, name)) {
				if !ids[id] {
					a.Errorf("%s: nothing is %s", at, id)
				}
			}
		}
		if within, is := strings.CutPrefix(attr(n, "href"), "#"); is && !ids[within] {
			a.Errorf("%s: nothing is at #%s", at, within)
		}
	}
	for _, f := range p.forms {
		for _, c := range f.controls {
			if labels[attr(c, "id")] == "" {
				a.Errorf("%s: %s has no label", at, attr(c, "name"))
			}
		}
	}
	for _, n := range all(p.root, "a", "button", "summary") {
		if textOf(n) == "" {
			a.Errorf("%s: nothing says what a %s does", at, n.Data)
		}
	}
	for _, n := range all(p.root, "th") {
		if attr(n, "scope") == "" || textOf(n) == "" {
			a.Errorf("%s: the heading %q is none of a row or column", at, textOf(n))
		}
	}
	return p
}

// A browser is somebody who looks at pages.
type browser struct {
	*world

	as *someone
}

func (b browser) get(path string) *answer {
	b.Helper()
	return b.do(request{path: path, as: b.as, accept: asks, header: map[string]string{"User-Agent": agent, "Sec-Fetch-Site": "same-origin", "Referer": host + prefix + "/"}})
}

// send sends a form, and follows to where that leads.
func (b browser) send(ctx context.Context, f form) (sent *answer, at string, then *answer) {
	b.Helper()
	post := httptest.NewRequestWithContext(ctx, http.MethodPost, f.action, strings.NewReader(f.values.Encode()))
	post.SetBasicAuth(b.as.Username, password)
	for name, value := range map[string]string{
		"Accept": asks, "User-Agent": agent, "Origin": host, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded",
	} {
		post.Header.Set(name, value)
	}
	got := httptest.NewRecorder()
	b.lens.ServeHTTP(got, post)
	sent = &answer{T: b.T, status: got.Code, header: got.Header(), body: got.Body.Bytes()}
	to := sent.header.Get("Location")
	if sent.status != http.StatusSeeOther {
		return sent, "", nil
	}
	at = b.resolve(f.action, to)
	follow := httptest.NewRequestWithContext(ctx, http.MethodGet, prefix+at, nil)
	follow.SetBasicAuth(b.as.Username, password)
	follow.Header.Set("Accept", asks)
	got = httptest.NewRecorder()
	b.lens.ServeHTTP(got, follow)
	return sent, at, &answer{T: b.T, status: got.Code, header: got.Header(), body: got.Body.Bytes()}
}

// resolve is where a reference leads from a path, below the lens.
func (b browser) resolve(from, ref string) string {
	b.Helper()
	base, err := url.Parse(host + from)
	b.must(err)
	to, err := base.Parse(ref)
	b.must(err)
	return strings.TrimPrefix(to.String(), host+prefix)
}

// crawl visits every page that there is a way to, and returns the forms on them.
func (b browser) crawl() (seen map[string]bool, forms map[string][]form) {
	b.Helper()
	seen, forms = map[string]bool{}, map[string][]form{}
	for next := []string{"/"}; len(next) > 0; next = next[1:] {
		at := next[0]
		if seen[at] {
			continue
		}
		seen[at] = true
		got := b.get(at)
		if got.status != http.StatusOK {
			b.Errorf("%s finds a way to %s: status %d", b.as.Username, at, got.status)
			continue
		}
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			continue // a backup
		}
		p := got.sound(at)
		for _, f := range p.forms {
			if f.method == http.MethodGet {
				p.links = append(p.links, f.action+"?"+f.values.Encode())
				continue
			}
			forms[at] = append(forms[at], f)
		}
		for _, to := range p.links {
			if to, within := strings.CutPrefix(to, prefix); within {
				next = append(next, to)
			} else {
				b.Errorf("%s leads out of the lens: %s", at, to)
			}
		}
		if len(seen) > 400 {
			b.Fatal("there is no end of pages")
		}
	}
	return seen, forms
}
