// Package drofus speaks dRofus's admin REST API (spec/drofus.md): owners are
// organizations, projects are workspaces with their real databases, project users
// are members whose rights are given by module.
//
// Every resource is there as HTML, XML and JSON, by the suffix of its address or
// by the header Accept, the suffix winning, and answers as a Rails application
// would: wrapped objects, keys in alphabetical order, 422 with messages by field.
// The pages are for people and need no script. [Handler] makes the lens; how each
// requirement is met, and by which test it is held, is in docs/drofus.md.
//
// The lens decides nothing: who reaches what is package workspace's business, and
// what becomes of databases that of workspace/database. Rights levels are turned
// round here and nowhere else: dRofus's 1 is the fullest and 4 nothing.
package drofus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Options are what a lens can be told; the zero value works.
type Options struct {
	// Name is what pages call the site, "Bailiwick" when empty.
	Name string
	// BareErrors tells what is wrong with a body in JSON by field alone, without
	// "errors" around it, as Rails' scaffolds do (spec/drofus.md DA-29).
	BareErrors bool
}

// Handler returns the lens, written as if mounted at "/". A host mounts it
// where it likes, with http.StripPrefix.
func Handler(s *transport.Services, opts *Options) http.Handler {
	if opts == nil {
		opts = &Options{}
	}
	name := opts.Name
	if name == "" {
		name = "Bailiwick"
	}
	l := &lens{Services: s, renderer: &renderer{bare: opts.BareErrors, pages: newPages(name,
		link{wordProjects, "projects"}, link{"Owners", "owners"}, link{"Users", "users"}, link{"Databases", "database"},
		link{"Project users", membersPath}, link{"E-mails", "emails"}, link{"Logins", "node/logins"},
	)}}
	// One flat router, since mux finds 404 reliably only there. Escaped slashes
	// stay: usernames may hold some.
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	public := mux.NewRouter().SkipClean(true).UseEncodedPath()
	for _, route := range table() {
		methods := []string{route.Method}
		if route.Method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		in := router
		if route.Policy == Public {
			in = public
		}
		in.Path(route.Path).Methods(methods...).Handler(l.serve(route))
		// Others have the suffix in their last segment. It has no comma: there is
		// somebody called new.one in /project_users/new.one,5.
		if !route.named() {
			in.Path(route.Path + "{suffix:\\.[^/.,]*}").Methods(methods...).Handler(l.serve(route))
		}
	}
	// A verb that a path does not have is no route either, as in Rails.
	nothing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.render(w, r, transport.Problem{Status: http.StatusNotFound, Code: "not_found"})
	})
	for _, r := range []*mux.Router{router, public} {
		r.NotFoundHandler, r.MethodNotAllowedHandler = nothing, nothing
	}
	known := s.Middleware(l.guarded(router), l.render)
	unknown := s.Unrecognised(l.guarded(public), l.render)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/password/") {
			unknown.ServeHTTP(w, r)
			return
		}
		known.ServeHTTP(w, r)
	})
}

type lens struct {
	*transport.Services
	*renderer
}

// unit does several things at once, as far as the host has a way to.
func (l *lens) unit(ctx context.Context, fn func(ctx context.Context) error) error {
	if l.Tx == nil {
		return fn(ctx)
	}
	return l.Tx(ctx, fn)
}

// guarded refuses the work of other sites' pages, and gives forms the method that
// they ask for.
func (l *lens) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := sameSite(r); err != nil {
			l.render(w, r, transport.ProblemOf(err))
			return
		}
		posted, err := overridden(r)
		if err != nil {
			l.render(w, r, transport.ProblemOf(err))
			return
		}
		next.ServeHTTP(w, posted)
	})
}

// render answers with a problem that no action has answered for.
func (l *lens) render(w http.ResponseWriter, r *http.Request, p transport.Problem) {
	_, suffix := cutFormat(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
	if suffix == unknown { // a dot in a name that is nobody's
		suffix = unsaid
	}
	l.tell(w, r, formatOf(suffix, r.Header), p)
}

// tell answers with a problem as a status.
func (l *lens) tell(w http.ResponseWriter, r *http.Request, f format, p transport.Problem) {
	transport.NoteProblem(r.Context(), p)
	if p.Status >= http.StatusInternalServerError && p.Err != nil {
		transport.NoteError(r.Context(), p.Err)
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((p.RetryAfter+time.Second-1)/time.Second), 10))
	}
	l.fail(w, r, f, p.Status)
}

// action answers one call.
type action func(l *lens, c *call) (reply, error)

// A reply is what an action answers when all went well: one of its parts.
type reply struct {
	// object is answered in JSON and XML, with status, and list with plural as its
	// name in XML. Without either there is no body: 204.
	object *record
	status int
	list   []record
	plural string
	// view is answered in HTML, and to is where a browser is sent in its place.
	view view
	to   string
	// told is what that page tells of what was done, see [tell].
	told string
	// location is where a new object is.
	location string
	// write, when it is set, writes the whole answer in every format.
	write func(w http.ResponseWriter)
}

// shown answers with an object, and a page of it.
func shown(r record, v view) reply { return reply{object: &r, status: http.StatusOK, view: v} }

// listed answers with a list, and a page of it.
func listed(plural string, list []record, v view) reply {
	return reply{plural: plural, list: list, view: v}
}

// changed answers with what something is now, and sends browsers to a page.
func changed(r record, to string) reply {
	return reply{object: &r, status: http.StatusOK, to: to, told: toldSaved}
}

// done is changed for what was no saving.
func done(told string, r record, to string) reply {
	a := changed(r, to)
	a.told = told
	return a
}

// What pages tell of what was done.
const (
	toldSaved = "saved"
	toldMade  = "made"
	toldGone  = "gone"
)

// made answers with what is new.
func made(r record, to string) reply {
	return reply{object: &r, status: http.StatusCreated, to: to, location: to, told: toldMade}
}

// gone answers with nothing, and sends browsers to a page.
func gone(to string) reply { return reply{to: to, told: toldGone} }

// paper answers with a page, whatever the format: it is nothing but that.
func paper(v view) reply { return reply{view: v} }

// A call is one request on its way through an action.
type call struct {
	*http.Request

	w      http.ResponseWriter
	actor  workspace.Actor
	suffix format
	// form is the page that what is wrong with a body is shown in.
	form *formPage
	// fields are the names that the domain's fields have here, where they differ.
	fields map[string]string
}

func (c *call) format() format { return formatOf(c.suffix, c.Header) }

// html reports whether a page is wanted.
func (c *call) html() bool { return c.format() == asHTML }

// segment returns a part of the path, unescaped.
func (c *call) segment(name string) (string, error) {
	text, err := url.PathUnescape(mux.Vars(c.Request)[name])
	if err != nil || text == "" {
		return "", workspace.ErrNotFound
	}
	return text, nil
}

// number returns a number out of the path, with or without suffix. What is none
// names nothing.
func (c *call) number(name string) (int64, error) {
	text, err := c.segment(name)
	if err != nil {
		return 0, err
	}
	text, suffix := cutFormat(text)
	if err := c.wants(suffix); err != nil {
		return 0, err
	}
	n, ok := readID(text)
	if !ok {
		return 0, workspace.ErrNotFound
	}
	return n, nil
}

// wants takes over the format that the suffix of a segment says. What is wanted in
// one that there is none of is not done either.
func (c *call) wants(suffix format) error {
	if suffix != unsaid {
		c.suffix = suffix
	}
	if c.format() == unknown {
		return errFormat
	}
	return nil
}

// read reads a body with a root.
func (c *call) read(root string) (*input, error) {
	in, err := readInput(c.Request, root)
	if err == nil && c.form != nil {
		c.form.fill(in.top)
	}
	return in, err
}

func (l *lens) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, w: w, actor: transport.Actor(r.Context())}
		transport.NoteRoute(r.Context(), route.Path)
		if suffix := mux.Vars(r)["suffix"]; suffix != "" {
			_, c.suffix = cutFormat(suffix)
			if c.suffix == unsaid { // a dot with nothing behind it
				c.suffix = unknown
			}
		}
		if route.file && c.suffix == unsaid && c.format() == unknown {
			c.suffix = asJSON // who wants nothing but the file is told so what is wrong
		}
		answer, err := l.answer(route, c)
		if err != nil {
			l.refuse(c, err) //nolint:contextcheck // a call has its own
			return
		}
		l.reply(c, answer)
	})
}

// guest is the refusal of who has not said who he is.
func guest() error {
	return &rbac.DeniedError{Explanation: rbac.Explanation{Principal: rbac.Guest, Node: rbac.Root, Cause: rbac.ByDefault}}
}

func (l *lens) answer(route route, c *call) (reply, error) {
	if route.Policy != Public && (c.actor.Principal == rbac.Guest || c.actor.Principal == 0) {
		return reply{}, guest() // before anything is looked up
	}
	if c.format() == unknown && !route.named() {
		return reply{}, errFormat
	}
	if route.page { // a form: it is there for people only
		if c.suffix != unsaid && c.suffix != asHTML || c.format() == unknown {
			return reply{}, errFormat
		}
	}
	return route.action(l, c)
}

// errFormat is what is asked for in a format that it is not to be had in.
var errFormat = errors.New("drofus: no such format")

// reply answers with what an action returned.
func (l *lens) reply(c *call, a reply) {
	f := c.format()
	switch {
	case a.write != nil:
		a.write(c.w)
	case f == unknown:
		notAcceptable(c.w)
	case f == asHTML && a.to != "":
		seeOther(c.w, c.Request, a.to+"?told="+a.told)
	case f == asHTML && a.view != nil, a.object == nil && a.plural == "" && a.view != nil:
		l.show(c.w, c.Request, http.StatusOK, a.view)
	case a.plural != "":
		answerRecords(c.w, f, a.plural, a.list)
	case a.object != nil:
		if a.location != "" {
			located(c.w, c.Request, l.PublicURL, a.location)
		}
		answerRecord(c.w, f, a.status, *a.object)
	default:
		c.w.Header().Set("Cache-Control", "no-store")
		c.w.WriteHeader(http.StatusNoContent)
	}
}

// refuse answers with what went wrong: with messages by field where that can be
// said, and with a status where it cannot.
func (l *lens) refuse(c *call, err error) {
	if errors.Is(err, errFormat) {
		notAcceptable(c.w)
		return
	}
	f := c.format()
	if confirm, ok := errors.AsType[*unconfirmed](err); ok {
		l.refuseAction(c.w, c.Request, f, &confirm.page)
		return
	}
	p := transport.Refusal(c.actor, err)
	found, ok := errors.AsType[*faults](err)
	if !ok {
		found = c.faultsOf(err, p)
	}
	if found == nil {
		l.tell(c.w, c.Request, f, p)
		return
	}
	p.Status = http.StatusUnprocessableEntity
	transport.NoteProblem(c.Context(), p)
	l.invalid(c.w, c.Request, f, found, c.form)
}

// faultsOf says in the words of Rails what the domain says of a value, or of what
// stands against a change; nil for what is no matter of values.
func (c *call) faultsOf(err error, p transport.Problem) *faults {
	found := &faults{}
	if taken, ok := errors.AsType[*workspace.TakenError](err); ok {
		found.add(c.field(taken.Field), saysTaken)
		return found
	}
	if invalid, ok := errors.AsType[*workspace.InvalidError](err); ok {
		found.add(c.field(invalid.Field), saysInvalid+" (expected "+invalid.Expected+")")
		return found
	}
	if exceeded, ok := errors.AsType[*quota.ExceededError](err); ok {
		found.add(onBase, fmt.Sprintf("There is no room: the %s of the owner are used up", exceeded.Kind))
		return found
	}
	if _, broken := errors.AsType[*transport.JSONError](err); broken {
		return nil
	}
	for _, known := range []struct {
		err            error
		field, message string
	}{
		{database.ErrExists, c.field("database.name"), saysTaken},
		{database.ErrName, c.field("database.name"), saysName},
		{database.ErrBackup, onBase, "This is no backup of a database of this kind"},
		{database.ErrInUse, onBase, "Projects use the database"},
		{database.ErrBusy, onBase, "Somebody else is at the database: try again in a moment"},
		{database.ErrState, onBase, "Something else is under way with the database: try again in a moment"},
		{database.ErrLocked, onBase, "The database is locked"},
		{workspace.ErrSupervisor, onBase, "Who supervises the project can only be replaced"},
		{workspace.ErrSuperior, onBase, "It would have no effect on who holds more than this project gives"},
		{workspace.ErrLastAdministrator, onBase, "There must be an administrator of the server"},
		{workspace.ErrOwns, onBase, "He owns something in the project"},
		{workspace.ErrBlocked, onBase, "Something stands against it"},
		{workspace.ErrInUse, onBase, "It is still in use"},
	} {
		if errors.Is(err, known.err) {
			found.add(known.field, known.message)
			return found
		}
	}
	if p.Status == http.StatusConflict {
		found.add(onBase, "It is in conflict with what there is")
		return found
	}
	return nil
}

// field returns what a field of the domain is called here.
func (c *call) field(name string) string {
	if here, ok := c.fields[name]; ok {
		return here
	}
	return name
}

// forbidden makes of an owner that was named in a body and is out of reach to who
// sees it what it is: something that he may not do.
func forbidden(actor workspace.Actor, err error) error {
	if errors.Is(err, workspace.ErrNotFound) {
		return &rbac.DeniedError{Explanation: rbac.Explanation{Principal: actor.Principal, Node: rbac.Root, Cause: rbac.ByDefault}}
	}
	return err
}

// unconfirmed is a GET that would change something, and was sent by a browser, or
// by nobody who said so.
type unconfirmed struct{ page confirmPage }

func (*unconfirmed) Error() string { return "drofus: not confirmed" }

// confirmed lets an action pass that is carried out, and refuses it with a page
// that offers it otherwise.
func (c *call) confirmed(page confirmPage) error {
	if acts(c.Request, c.suffix) {
		return nil
	}
	return &unconfirmed{page}
}
