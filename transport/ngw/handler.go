package ngw

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Options are what a lens can be told; the zero value works.
type Options struct {
	// Root is the technical name of the workspace that is to be shown as a
	// NextGIS Web of its own; the whole platform when empty.
	Root string
	// UploadLimit bounds the body of an upload in bytes, 1 GiB when 0.
	UploadLimit int64
	// AllowOrigin are the origins whose pages may use the lens from a browser:
	// "https://maps.example.com", or "https://*.example.com" for whatever is below.
	AllowOrigin []string
}

// Handler returns the lens, written as if mounted at "/". A host mounts it
// where it likes, with http.StripPrefix.
func Handler(s *transport.Services, opts *Options) http.Handler {
	if opts == nil {
		opts = &Options{}
	}
	l := &lens{Services: s, root: opts.Root, uploadLimit: opts.UploadLimit, allowedOrigins: slices.Clone(opts.AllowOrigin)}
	l.started = l.now()
	if l.uploadLimit == 0 {
		l.uploadLimit = 1 << 30
	}
	// One flat router, since mux finds 404 and 405 reliably only there.
	router := mux.NewRouter().SkipClean(true)
	for _, route := range table() {
		methods := []string{route.Method}
		if route.Method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		paths := []string{route.Path}
		if l.root == "" {
			paths = append(paths, "/w/{technical_name}"+route.Path)
		}
		for _, path := range paths {
			router.Path(path).Methods(methods...).Handler(l.serve(route))
		}
	}
	return l.mounted(router)
}

// now tells the time.
func (l *lens) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

// lens is what all calls share.
type lens struct {
	*transport.Services

	root           string
	uploadLimit    int64
	allowedOrigins []string
	started        time.Time
}

// action answers one call.
type action func(l *lens, c *call) (reply, error)

// reply is what an action answers when all went well.
type reply struct {
	status int
	body   any // JSON, nil for null
	// write, when it is set, writes the whole answer in place of body.
	write func(w http.ResponseWriter, r *http.Request)
	// header is added to the answer.
	header http.Header
}

func ok(body any) reply      { return reply{status: http.StatusOK, body: body} }
func created(body any) reply { return reply{status: http.StatusCreated, body: body} }

// empty is the answer {}: clients take no body at all for an error (spec/ngw.md
// §0, row 5).
func empty() reply { return ok(struct{}{}) }

// call is one request on its way through an action.
type call struct {
	*http.Request

	w     http.ResponseWriter
	actor workspace.Actor
	// top is the node that the client knows as resource 0: the platform's root,
	// or that of a workspace.
	top rbac.Node
	// workspace is the one that is shown alone, zero for the platform.
	workspace workspace.Workspace
	query     url.Values
	// upload is whether a file is sent.
	upload bool
	// classes are those of resources.
	classes *resource.Catalog
}

// guest reports whether who calls has not said who he is.
func (c *call) guest() bool { return c.actor.Principal == rbac.Guest || c.actor.Principal == 0 }

// errSignIn is what a guest is answered by what is for whoever is somebody.
func errSignIn() error {
	return &failure{
		Title: "Unauthorized", Message: "Sign in first.", Status: http.StatusUnauthorized, Exception: exCredentials,
	}
}

// node returns the node of a number out of the path.
func (c *call) node(name string) (rbac.Node, error) {
	n, err := strconv.ParseInt(mux.Vars(c.Request)[name], 10, 64)
	if err != nil || n < 0 {
		return 0, errNoRoute
	}
	return c.inner(n), nil
}

// inner returns the node that a client knows by a number.
func (c *call) inner(n int64) rbac.Node {
	if n == 0 {
		return c.top
	}
	return rbac.Node(n)
}

// outer returns the number that a client knows a node by. What lies above what
// he is shown is 0 as well.
func (c *call) outer(n rbac.Node) int64 {
	if n == c.top {
		return 0
	}
	return int64(n)
}

// boolean reads a flag of the query: true, false, yes or no, in any case.
func (c *call) boolean(name string, otherwise bool) (bool, error) {
	switch strings.ToLower(c.last(name)) {
	case "":
		return otherwise, nil
	case "true", "yes":
		return true, nil
	case "false", "no":
		return false, nil
	}
	return false, queryError(name, "true, false, yes or no")
}

// last returns a value of the query, of several the last.
func (c *call) last(name string) string {
	values := c.query[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// numbers reads a list of numbers of the query: "1,2".
func (c *call) numbers(name string) ([]int64, error) {
	text := c.last(name)
	if text == "" {
		return nil, nil
	}
	var list []int64
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil {
			return nil, queryError(name, "whole numbers with commas between them")
		}
		list = append(list, n)
	}
	return list, nil
}

// read decodes a body of JSON, whatever its media type says (spec/ngw.md §0, row
// 2). Members that nobody knows are left alone.
func (c *call) read(into any) error {
	return transport.ReadJSONWith(c.Request, into, transport.JSONOptions{AllowUnknown: true})
}

func (l *lens) serve(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, w: w, actor: transport.Actor(r.Context()), upload: isUpload(route.Path)}
		transport.NoteRoute(r.Context(), route.Path)
		if l.Resources != nil {
			c.classes = l.Resources.Catalog()
		}
		answer, err := l.answer(r.Context(), route, c)
		if err != nil {
			l.render(w, r, c.problem(err))
			return
		}
		maps.Copy(w.Header(), answer.header)
		if answer.write != nil {
			answer.write(w, r)
			return
		}
		writeJSON(w, answer.status, answer.body)
	})
}

func (l *lens) answer(ctx context.Context, route route, c *call) (reply, error) {
	query, err := url.ParseQuery(c.URL.RawQuery)
	if err != nil {
		return reply{}, queryError("", "a query string")
	}
	c.query = query
	if err := c.foreign(); err != nil {
		return reply{}, err
	}
	if err := l.enter(ctx, c); err != nil {
		return reply{}, err
	}
	if c.guest() {
		if route.Policy.Who == SignedIn {
			return reply{}, errSignIn()
		}
		if !c.upload && c.Body != nil {
			c.Body = http.MaxBytesReader(c.w, c.Body, guestLimit)
		}
	}
	return route.action(l, c)
}
