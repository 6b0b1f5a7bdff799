package drofus

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

//go:embed page
var pageFiles embed.FS

// Pages write views as HTML, with the same frame around each. They need no
// script and no other file, and their links are relative: all paths in views are
// those below the lens, without a slash in front, as of [pathTo].
type pages struct {
	name     string
	sections []link
	layouts  map[string]*template.Template
	style    template.CSS
	policy   string
}

// newPages takes the name of the site and what its menu leads to.
func newPages(name string, sections ...link) *pages {
	style, err := pageFiles.ReadFile("page/style.css")
	if err != nil {
		panic(fmt.Errorf("drofus: page: %w", err))
	}
	sum := sha256.Sum256(style)
	p := &pages{
		name: name, sections: sections, layouts: map[string]*template.Template{},
		style: template.CSS(style), //nolint:gosec // ours, and constant
		policy: fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			base64.StdEncoding.EncodeToString(sum[:])),
	}
	frame := template.Must(template.New("frame.html").Funcs(template.FuncMap{"pair": pairOf}).ParseFS(pageFiles, "page/frame.html"))
	for _, name := range []string{"list", "show", "form", "confirm", "error"} {
		p.layouts[name] = template.Must(template.Must(frame.Clone()).ParseFS(pageFiles, "page/"+name+".html"))
	}
	return p
}

// Words that pages have again and again, and where project users are.
const (
	wordName     = "Name"
	wordOwner    = "Owner"
	wordProject  = "Project"
	wordProjects = "Projects"
	wordUsername = "Username"

	membersPath = "project_users"
)

// A pair is something within a view, with the way back to the root.
type pair struct {
	Root string
	It   any
}

func pairOf(root string, it any) pair { return pair{Root: root, It: it} }

// tell says on a page what was done just before it was come to.
func tell(v view, done string) {
	text := map[string]string{
		toldSaved: "The changes were saved.", toldMade: "It was created.", toldGone: "It was deleted.",
		"kicked": "Sessions were ended.", "disabled": "Nobody can use it until it is enabled again.", "enabled": "It can be used again.",
	}[done]
	switch page := v.(type) {
	case *listPage:
		page.Told = cmp.Or(page.Told, text)
	case *showPage:
		page.Told = cmp.Or(page.Told, text)
	}
}

// A view is what a page shows.
type view interface {
	// Heading is what the page is about.
	Heading() string
	layout() string
}

// A sheet is a view with its frame.
type sheet struct {
	Root     string
	Name     string
	Title    string
	Who      string
	Style    template.CSS
	Sections []link
	View     view

	at string
}

// Current tells a section of the menu apart: "page" is the one that is shown,
// "true" the one that it belongs to.
func (s sheet) Current(section link) string {
	at, _ := cutFormat(s.at)
	switch {
	case at == section.Path:
		return "page"
	case strings.HasPrefix(s.at, section.Path+"/"):
		return "true"
	}
	return ""
}

// show answers with a view.
func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, v view) {
	tell(v, r.URL.Query().Get("told"))
	s := sheet{
		Root: wayUp(r), Name: p.name, Title: v.Heading(), Style: p.style, Sections: p.sections, View: v,
		at: strings.TrimPrefix(r.URL.Path, "/"),
	}
	if form, is := v.(*formPage); is && len(form.Wrong) > 0 {
		s.Title = "Error: " + s.Title
	}
	if actor := transport.Actor(r.Context()); actor.User != "" {
		s.Who = actor.Name
	}
	var text bytes.Buffer
	if err := p.layouts[v.layout()].Execute(&text, s); err != nil {
		panic(fmt.Errorf("drofus: page: %w", err))
	}
	h := w.Header()
	h.Set("Content-Language", "en")
	h.Set("Content-Security-Policy", p.policy)
	// Of a page that lets nothing be known browsers post forms without saying
	// where they come from, and sameSite would refuse them.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	send(w, asHTML, status, text.Bytes())
}

// wayUp is the way from a request's address to that of the lens, "./" or "../".
// Nobody in here knows where the lens is mounted.
func wayUp(r *http.Request) string {
	below := strings.Count(r.URL.EscapedPath(), "/") - 1
	if below <= 0 {
		return "./"
	}
	return strings.Repeat("../", below)
}

// seeOther sends a browser to a page after a form, 303.
func seeOther(w http.ResponseWriter, r *http.Request, to string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", wayUp(r)+to) // http.Redirect would take the root of the host for that of the lens
	w.WriteHeader(http.StatusSeeOther)
}

// located tells where a new object is by its whole address, as Rails does: clients
// ask for it as it stands. Where the lens is mounted shows in the address that was
// called, which StripPrefix leaves in RequestURI; where it does not, the way there
// has to do. public is what the server's address begins with, if that is known.
func located(w http.ResponseWriter, r *http.Request, public, to string) {
	at := wayUp(r) + to
	called, err := url.ParseRequestURI(r.RequestURI)
	if err == nil && r.Host != "" {
		if prefix, ok := strings.CutSuffix(called.EscapedPath(), r.URL.EscapedPath()); ok {
			at = schemeOf(r, public) + "://" + r.Host + prefix + "/" + to
		}
	}
	w.Header().Set("Location", at)
}

// schemeOf is how the caller reached us: a proxy in front may have ended TLS.
func schemeOf(r *http.Request, public string) string {
	if known, err := url.Parse(public); err == nil && known.Host == r.Host && known.Scheme != "" {
		return known.Scheme
	}
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// A link leads to a path.
type link struct{ Label, Path string }

// A button posts.
type button struct {
	Label, Path string
	// Method is "patch", "put" or "delete" where it is not to be a POST.
	Method string
	// Values go with it.
	Values []hidden
	// About tells it apart from others of the same label for who does not see
	// where it stands: "jo.smith".
	About string
	// Ask is the label of a second button, which has to be opened first.
	Ask string
	// Bad marks what cannot be undone, Main what the page is for.
	Bad, Main bool
}

type hidden struct{ Name, Value string }

// A grid has a row for each thing, which begins with what names it.
type grid struct {
	Caption string
	New     *link    // to make one more
	Columns []string // without that of the actions
	Rows    []row
	Empty   string // what to say when there are none
}

type row struct {
	Cells   []cell
	Actions []button
}

// A cell is a link if it has a path.
type cell struct{ Text, Path string }

// Acts reports whether there is an action in any row.
func (t grid) Acts() bool {
	return slices.ContainsFunc(t.Rows, func(r row) bool { return len(r.Actions) > 0 })
}

// A listPage shows many things.
type listPage struct {
	Title  string
	Told   string // what was done just now
	Search *search
	New    *link
	Table  grid
	Note   string // "50 of 120"
	More   []link // pages like this one

	Previous, Next *link
}

// A search is a form for what is listed.
type search struct {
	Parameter, Label, Value string // without a parameter, no text is searched for
	Filters                 []filter
	Days                    []filterDay
	Submit                  string // "Search" when empty
}

// A filter is a parameter that is 1 where it is on.
type filter struct {
	Parameter, Label string
	On               bool
}

// A filterDay is a parameter that is a date.
type filterDay struct{ Parameter, Label, Value string }

// A showPage shows one thing.
type showPage struct {
	Title   string
	Told    string
	Entries []entry
	Edit    *link
	Actions []button
	Tables  []grid
	Back    *link
}

// An entry is one of a thing's values.
type entry struct{ Label, Text, Path, Time string }

// entriesOf are the values of a record.
func entriesOf(r record) []entry {
	list := make([]entry, 0, len(r.fields))
	for _, f := range r.fields {
		e := entry{Label: humanised(f.name)}
		if f.name == "id" {
			e.Label = "ID"
		}
		switch {
		case f.kind == kindRecord || f.kind == kindList:
			continue
		case f.null:
		case f.kind == kindBoolean && f.text == "true":
			e.Text = "yes"
		case f.kind == kindBoolean:
			e.Text = "no"
		case f.kind == kindTime:
			e.Time = f.text
			e.Text = strings.NewReplacer("T", " ", "Z", " UTC").Replace(f.text)
		default:
			e.Text = f.text
		}
		list = append(list, e)
	}
	return list
}

// A confirmPage asks before something is done.
type confirmPage struct {
	Title, Text string
	Action      button
	Back        *link
}

// An errorPage says what went wrong.
type errorPage struct {
	Title, Text string
	List        []string
	Back        *link
}

// A formPage asks for values.
type formPage struct {
	Title  string
	Path   string // that the form is sent to
	Method string // "patch" where it is not to be a POST
	Get    bool   // it is a GET
	Groups []group
	Submit string // "Save" when empty
	Back   *link

	// Wrong is what [formPage.blame] found.
	Wrong []wrong
}

type group struct {
	Legend   string // may be empty
	Controls []control
}

// A control is one value of a form.
type control struct {
	Name  string // "project[owner_id]"
	Label string
	// Kind is that of an input of HTML, or "select" or "textarea"; "text" when
	// empty.
	Kind     string
	Value    string
	Checked  bool // for "checkbox"
	Options  []option
	Hint     string
	Required bool
	Limit    int    // of characters
	Fill     string // what browsers know it as: "email"

	Wrong []string
}

type option struct{ Value, Label string }

// wrong is a line of what is wrong with a form, and which control it is about.
type wrong struct{ ID, Text string }

// ID is the name as an identifier, as Rails has it: "project_owner_id".
func (c control) ID() string { return strings.ReplaceAll(c.field(), ".", "_") }

// Type is that of an input of HTML. A number is one of text: browsers throw away
// what is typed and is no number, and the form could not come back with it.
func (c control) Type() string {
	if c.Kind == "" || c.Kind == "number" {
		return "text"
	}
	return c.Kind
}

// field is the name as params call it: "project.owner_id".
func (c control) field() string {
	return strings.ReplaceAll(strings.ReplaceAll(c.Name, "[", "."), "]", "")
}

// Described are the identifiers of what describes the control.
func (c control) Described() string {
	var ids []string
	if c.Hint != "" {
		ids = append(ids, c.ID()+"_hint")
	}
	if len(c.Wrong) > 0 {
		ids = append(ids, c.ID()+"_wrong")
	}
	return strings.Join(ids, " ")
}

// fill puts what was typed back into the form, but for passwords.
func (p *formPage) fill(top *params) {
	for c := range p.controls() {
		inner, keys := top.tree, strings.Split(c.field(), ".")
		for ; len(keys) > 1; keys = keys[1:] {
			inner, _ = inner[keys[0]].(map[string]any)
		}
		typed, is := inner[keys[0]].(string)
		switch {
		case !is || c.Kind == "password" || c.Kind == "hidden":
		case c.Kind == "checkbox":
			c.Checked = typed == "1"
		default:
			c.Value = typed
		}
	}
}

// blame tells faults beside the controls that they are about.
func (p *formPage) blame(found *faults) {
	for _, known := range found.list {
		c := p.control(known.field)
		for _, message := range known.messages {
			line := wrong{Text: sentence(known.field, message)}
			if c != nil { // people know it by its label
				line = wrong{ID: c.ID(), Text: c.Label + " " + message}
				c.Wrong = append(c.Wrong, message)
			}
			p.Wrong = append(p.Wrong, line)
		}
	}
}

// control returns the one that a field of the faults is about: its name is that,
// or ends so behind the root.
func (p *formPage) control(field string) *control {
	var last *control
	for c := range p.controls() {
		switch name := c.field(); {
		case c.Kind == "hidden":
		case name == field:
			return c
		case last == nil && strings.HasSuffix(name, "."+field):
			last = c
		}
	}
	return last
}

func (p *formPage) controls() func(yield func(*control) bool) {
	return func(yield func(*control) bool) {
		for i := range p.Groups {
			for j := range p.Groups[i].Controls {
				if !yield(&p.Groups[i].Controls[j]) {
					return
				}
			}
		}
	}
}

// Heading is the title.
func (p *listPage) Heading() string { return p.Title }

// Heading is the title.
func (p *showPage) Heading() string { return p.Title }

// Heading is the title.
func (p *formPage) Heading() string { return p.Title }

// Heading is the title.
func (p *confirmPage) Heading() string { return p.Title }

// Heading is the title.
func (p *errorPage) Heading() string { return p.Title }

func (p *listPage) layout() string    { return "list" }
func (p *showPage) layout() string    { return "show" }
func (p *formPage) layout() string    { return "form" }
func (p *confirmPage) layout() string { return "confirm" }
func (p *errorPage) layout() string   { return "error" }
