package apiv1

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

func resourceRoutes() []route {
	search := post("/resources/search", "searchResources", signedIn(), (*lens).searchResources)
	search.question = true
	read := holder(resource.Read)
	return treeOnly(
		get("/resources", "listResources", signedIn(), (*lens).resources),
		// What is made may hold passwords, which whoever made it may read.
		secretive(post("/resources", "createResource", holder(resource.ManageChildren), (*lens).createResource)),
		search,
		post("/resources/delete", "deleteResources", holder(resource.Delete), (*lens).deleteResources),
		get("/resources/{resource}", "getResource", read, (*lens).resource),
		patch("/resources/{resource}", "updateResource", holder(resource.Update), (*lens).updateResource),
		remove("/resources/{resource}", "deleteResource", holder(resource.Delete), (*lens).deleteResource),
		get("/resources/{resource}/path", "getResourcePath", read, (*lens).resourcePath),
		get("/resources/{resource}/volume", "getResourceVolume", read, (*lens).resourceVolume),
		alone(post("/resources/{resource}/move", "moveResource", holder(resource.ManageChildren), (*lens).moveResource)),
		post("/resources/{resource}/transfer", "transferResource", holder(resource.ChangePermissions), (*lens).transferResource),
	)
}

// treeOnly leaves routes to hosts that have a tree. What somebody may not see of
// it he does not find, as all else: the tree itself tells whoever asks that there
// is something of that number.
func treeOnly(routes ...route) []route {
	for i, r := range routes {
		routes[i].action = func(l *lens, c *call) (reply, error) {
			answer, err := r.action(l, c)
			if err != nil {
				return reply{}, l.unseen(c, err)
			}
			return answer, nil
		}
	}
	return where(func(l *lens) bool { return l.Resources != nil }, routes...)
}

// unseen makes a refusal on a node that the caller may not see one of what is
// not there. Where he could see it but for the workspace being deactivated, that
// is told.
func (l *lens) unseen(c *call, err error) error {
	denied, is := errors.AsType[*rbac.DeniedError](err)
	if !is {
		return err
	}
	_, hidden := l.Resources.Resource(c.Context(), c.actor, denied.Explanation.Node)
	why, is := errors.AsType[*rbac.DeniedError](hidden)
	switch {
	case !is && !errors.Is(hidden, resource.ErrNotFound):
		return err
	case is && why.Explanation.Cause == rbac.BySeal:
		return err
	}
	return workspace.ErrNotFound
}

// resourceWire is a node of the tree in a workspace.
type resourceWire struct {
	ID          resource.ID       `json:"id"`
	Num         rbac.Node         `json:"num"`
	Workspace   workspace.ID      `json:"workspace"`
	Top         rbac.Node         `json:"top"`
	Parent      rbac.Node         `json:"parent"`
	Class       string            `json:"class"`
	Owner       rbac.Principal    `json:"owner,omitzero"`
	Keyname     string            `json:"keyname,omitzero"`
	DisplayName string            `json:"display_name"`
	Description string            `json:"description"`
	Meta        map[string]any    `json:"meta"`
	Settings    resource.Settings `json:"settings"`
	Children    bool              `json:"children"`
	Created     time.Time         `json:"created"`
	Updated     time.Time         `json:"updated"`
}

func (resourceWire) readings() []string { return []string{"children"} }

func resourceOf(r resource.Resource) resourceWire {
	return resourceWire{
		ID: r.ID, Num: r.Num, Workspace: r.Workspace, Top: r.Top, Parent: r.Parent, Class: r.Class, Owner: r.Owner, Keyname: r.Keyname,
		DisplayName: r.DisplayName, Description: r.Description, Meta: r.Meta, Settings: r.Settings, Children: r.Children,
		Created: r.Created, Updated: r.Updated,
	}
}

// node returns the number of the node that the path names. What cannot be one
// names nothing, and neither does that of the platform.
func (c *call) node() (rbac.Node, error) {
	n, err := c.serial("resource")
	return rbac.Node(n), err
}

// serial returns a number out of the path.
func (c *call) serial(name string) (int64, error) {
	text := mux.Vars(c.Request)[name]
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != text {
		return 0, workspace.ErrNotFound
	}
	return n, nil
}

// nodes returns a parameter that is a list of numbers of nodes.
func (c *call) nodes(name string) ([]rbac.Node, error) {
	nums, err := c.principals(name)
	if len(nums) == 0 {
		return nil, err
	}
	return all(nums, func(p rbac.Principal) rbac.Node { return rbac.Node(p) }), err
}

// resourcePage reads which part of a list of resources is wanted. How many there
// are is told once: counting them takes time.
func (c *call) resourcePage() (page, resource.Filter, error) {
	p, err := c.page(byCreationFirst(resource.Filter{}.Sortable())...)
	return p, resource.Filter{Order: p.order, After: p.after, Limit: p.more(), Uncounted: p.after != nil}, err
}

func (c *call) resourceFilter() (page, resource.Filter, error) {
	p, f, err := c.resourcePage()
	if err != nil {
		return p, f, err
	}
	if f.Parents, err = c.nodes("parent"); err != nil {
		return p, f, err
	}
	under, err := c.nodes("under")
	switch {
	case err != nil:
		return p, f, err
	case len(under) > 1:
		return p, f, invalid("under", "the number of one node")
	case len(under) == 1:
		f.Under = &under[0]
	}
	if f.Owners, err = c.principals("owner"); err != nil {
		return p, f, err
	}
	if f.Classes, err = c.some("class"); err != nil {
		return p, f, err
	}
	if f.Keynames, err = c.some("keyname"); err != nil {
		return p, f, err
	}
	name, err := c.text("display_name")
	if err != nil {
		return p, f, err
	}
	if name != "" {
		f.DisplayNames = []string{name}
	}
	q, err := c.text("q")
	if q != "" {
		f.ILike = "%" + q + "%"
	}
	return p, f, err
}

func (l *lens) resources(c *call) (reply, error) {
	p, f, err := c.resourceFilter()
	if err != nil {
		return reply{}, err
	}
	return l.resourceList(c, p, f)
}

func (l *lens) resourceList(c *call, p page, f resource.Filter) (reply, error) {
	found, total, err := l.Resources.Resources(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, renamed(err, func(field string) string {
			if field == "ilike" && c.query.Has("q") {
				return "q"
			}
			return field
		})
	}
	shown, next := trim(p, found, placed[resource.Resource](p))
	answer := list[resourceWire]{Items: all(shown, resourceOf), Next: next}
	if !f.Uncounted {
		answer.Total = &total
	}
	return ok(answer), nil
}

// renamed names the field of a refusal as the JSON has it.
func renamed(err error, name func(field string) string) error {
	if bad, is := errors.AsType[*workspace.InvalidError](err); is {
		return &workspace.InvalidError{Field: name(bad.Field), Expected: bad.Expected}
	}
	return err
}

// resourceSearch is what resources are looked for with.
type resourceSearch struct {
	Parent      []rbac.Node      `json:"parent"`
	Under       *rbac.Node       `json:"under"`
	Class       []string         `json:"class"`
	Owner       []rbac.Principal `json:"owner"`
	Keyname     []string         `json:"keyname"`
	DisplayName []string         `json:"display_name"`
	Like        string           `json:"like"`
	ILike       string           `json:"ilike"`
	Meta        []metaCondition  `json:"meta"`
}

type metaCondition struct {
	Key    string `json:"key"`
	Has    *bool  `json:"has"`
	Equals any    `json:"equals"`
	Null   bool   `json:"null"`
	Like   string `json:"like"`
	ILike  string `json:"ilike"`
}

func (l *lens) searchResources(c *call) (reply, error) {
	var body resourceSearch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	p, f, err := c.resourcePage()
	if err != nil {
		return reply{}, err
	}
	f.Parents, f.Under, f.Classes, f.Owners = body.Parent, body.Under, body.Class, body.Owner
	f.Keynames, f.DisplayNames, f.Like, f.ILike = body.Keyname, body.DisplayName, body.Like, body.ILike
	for _, m := range body.Meta {
		f.Meta = append(f.Meta, resource.MetaCondition{
			Key: m.Key, Has: m.Has, Equals: m.Equals, Null: m.Null, Like: m.Like, ILike: m.ILike,
		})
	}
	return l.resourceList(c, p, f)
}

func (l *lens) resource(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	r, err := l.Resources.Resource(c.Context(), c.actor, n)
	if err != nil {
		return reply{}, err
	}
	return shown(resourceOf(r)), nil
}

func (l *lens) resourcePath(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	found, err := l.Resources.Path(c.Context(), c.actor, n)
	if err != nil {
		return reply{}, err
	}
	return ok(list[resourceWire]{Items: all(found, resourceOf)}), nil
}

// volumeWire is how much something takes.
type volumeWire struct {
	Bytes int64 `json:"bytes"`
}

func (l *lens) resourceVolume(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	below, err := c.flag("below")
	if err != nil {
		return reply{}, err
	}
	bytes, err := l.Resources.Volume(c.Context(), c.actor, n, below != nil && *below)
	if err != nil {
		return reply{}, err
	}
	return ok(volumeWire{bytes}), nil
}

// resourceNew is what a resource is made of.
type resourceNew struct {
	Parent      *rbac.Node        `json:"parent"`
	Class       string            `json:"class"`
	DisplayName string            `json:"display_name"`
	Keyname     string            `json:"keyname"`
	Description string            `json:"description"`
	Meta        map[string]any    `json:"meta"`
	Settings    resource.Settings `json:"settings"`
	Owner       rbac.Principal    `json:"owner"`
	Rules       []resourceRule    `json:"rules"`
}

func (l *lens) createResource(c *call) (reply, error) {
	var body resourceNew
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if body.Parent == nil {
		return reply{}, invalid("parent", "the number of a resource or a workspace")
	}
	d := resource.Draft{
		Class: body.Class, Parent: *body.Parent, DisplayName: body.DisplayName, Keyname: body.Keyname,
		Description: body.Description, Meta: body.Meta, Settings: body.Settings, Owner: body.Owner,
	}
	var err error
	if d.Rules, err = rulesIn(body.Rules); err != nil {
		return reply{}, err
	}
	made, err := l.Resources.Create(c.Context(), c.actor, d)
	if err != nil {
		return reply{}, renamed(err, resourceField)
	}
	answer := created(resourceOf(made), "resources/", strconv.FormatInt(int64(made.Num), 10))
	return answer, nil
}

// resourceField is what a field of a resource is called in the JSON.
func resourceField(field string) string {
	if rest, is := strings.CutPrefix(field, "permissions"); is {
		return "rules" + rest
	}
	member, _, nested := strings.Cut(field, ".")
	if nested && member != "meta" {
		return "settings." + field
	}
	return field
}

// resourcePatch is a change of a resource.
type resourcePatch struct {
	DisplayName opt[string]                              `json:"display_name"`
	Keyname     opt[string]                              `json:"keyname"`
	Description opt[string]                              `json:"description"`
	Meta        opt[map[string]any]                      `json:"meta"`
	Settings    opt[map[string]opt[map[string]opt[any]]] `json:"settings"`
}

// check refuses to empty what consists of parts: each of them is emptied.
func (p resourcePatch) check() error {
	if p.Settings.null {
		return invalid("settings", "an object")
	}
	for member, attributes := range p.Settings.value {
		if attributes.null {
			return invalid("settings."+member, "an object")
		}
	}
	return nil
}

func (p resourcePatch) apply(r *resource.Resource) {
	p.DisplayName.set(&r.DisplayName)
	p.Keyname.set(&r.Keyname)
	p.Description.set(&r.Description)
	switch {
	case p.Meta.null:
		r.Meta = map[string]any{}
	case p.Meta.given:
		r.Meta, _ = merged(r.Meta, p.Meta.value).(map[string]any)
	}
	for member, attributes := range p.Settings.value {
		if r.Settings == nil {
			r.Settings = resource.Settings{}
		}
		if r.Settings[member] == nil {
			r.Settings[member] = map[string]any{}
		}
		for name, value := range attributes.value {
			if value.null {
				r.Settings[member][name] = nil // what that does is for the class to say
				continue
			}
			r.Settings[member][name] = merged(r.Settings[member][name], value.value)
		}
	}
}

// merged is what a merge patch makes of a value (RFC 7396).
func merged(was, patch any) any {
	changes, is := patch.(map[string]any)
	if !is {
		return patch
	}
	old, _ := was.(map[string]any)
	made := maps.Clone(old)
	if made == nil {
		made = map[string]any{}
	}
	for name, value := range changes {
		if value == nil {
			delete(made, name)
			continue
		}
		made[name] = merged(made[name], value)
	}
	return made
}

func (l *lens) updateResource(c *call) (reply, error) {
	n, err := c.node()
	if err != nil {
		return reply{}, err
	}
	var body resourcePatch
	if err := c.read(&body); err != nil {
		return reply{}, err
	}
	if err := body.check(); err != nil {
		return reply{}, err
	}
	changed, err := l.Resources.Update(c.Context(), c.actor, n, func(r *resource.Resource) error {
		if err := c.current(resourceOf(*r)); err != nil {
			return err
		}
		body.apply(r)
		return nil
	})
	if err != nil {
		return reply{}, renamed(err, resourceField)
	}
	return shown(resourceOf(changed)), nil
}

// heldResource changes something about a resource only if check finds it so, and
// with nobody able to change the tree that it is in meanwhile.
func (l *lens) heldResource(
	c *call, n rbac.Node, check func(ctx context.Context, r resource.Resource) error, change func(ctx context.Context) error,
) error {
	r, err := l.Resources.Resource(c.Context(), c.actor, n)
	if err != nil {
		return err
	}
	return l.Workspaces.Hold(c.Context(), c.actor, r.Workspace, func(ctx context.Context) error {
		// It may have changed before it was held.
		r, err := l.Resources.Resource(ctx, c.actor, n)
		if err != nil {
			return err
		}
		if err := check(ctx, r); err != nil {
			return err
		}
		return change(ctx)
	})
}
