package ngw_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// agreements is how many trees are looked at on each database: what the variable
// says, or one.
func agreements(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BAILIWICK_AGREEMENTS")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		t.Fatalf("BAILIWICK_AGREEMENTS=%s: expected a positive number", text)
	}
	return n
}

// TestAgreement grows trees with rules that allow and deny, to groups too, of
// some classes, for what is below or not, that need what lies elsewhere, and
// changes them by the services. For everybody, every node and every permission
// the four must agree: rbac's Check, Effective and Filter, and what the lens
// lists and says is permitted.
func TestAgreement(t *testing.T) {
	t.Parallel()
	for i := range agreements(t) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			ngwtest.Each(t, func(w *ngwtest.World) {
				o := newOrchard(w, uint64(i))
				o.one(o.Member, o.whole()) // so that what is asked next was known before it changed
				for range 8 {
					o.change()
				}
				o.compare()
				if o.yes == 0 || o.no == 0 || o.changes == 0 {
					o.Errorf("%d times yes, %d times no, %d changes", o.yes, o.no, o.changes)
				}
			})
		})
	}
}

// An orchard is a world with a tree that is made by chance.
type orchard struct {
	*ngwtest.World

	rng     *rand.Rand
	people  []ngwtest.Person
	rulers  []rbac.Principal // whom rules are for
	crew    workspace.Group
	nodes   []rbac.Node // the root, the workspaces, and what lies in Survey
	made    []resource.Resource
	yes, no int
	changes int
}

func newOrchard(w *ngwtest.World, seed uint64) *orchard {
	w.Helper()
	o := &orchard{World: w, rng: rand.New(rand.NewPCG(seed, 14))}
	o.people = []ngwtest.Person{w.Guest, w.Outsider, w.Member, w.Viewer, w.Editor, w.Ada}
	var err error
	o.crew, err = w.Services.Workspaces.CreateGroup(w.Context(), ngwtest.Root(), workspace.Group{Workspace: w.Survey.ID, Name: "Crew"})
	o.OK(err)
	wide, err := w.Services.Workspaces.CreateGroup(w.Context(), ngwtest.Root(), workspace.Group{Name: "Wide"})
	o.OK(err)
	for _, p := range []ngwtest.Person{w.Member, w.Editor} {
		o.OK(w.Services.Workspaces.AddToGroup(w.Context(), ngwtest.Root(), o.crew.ID, p.ID))
	}
	for _, p := range []ngwtest.Person{w.Outsider, w.Viewer} {
		o.OK(w.Services.Workspaces.AddToGroup(w.Context(), ngwtest.Root(), wide.ID, p.ID))
	}
	o.rulers = []rbac.Principal{
		rbac.Everyone, rbac.Authenticated, rbac.Guest, rbac.Owner, o.crew.Num, wide.Num, w.Survey.Audience,
		w.Outsider.Num, w.Member.Num, w.Viewer.Num, w.Editor.Num, w.Admin.Num,
	}
	w.Open() // or a guest would never see anything
	o.nodes = []rbac.Node{rbac.Root, w.Survey.Num, w.Elsewhere.Num}
	for i := range 10 {
		o.plant(i)
	}
	// Most is to be readable, or little would be told of anything.
	_, err = w.Services.Resources.SetRules(w.Context(), ngwtest.Root(), w.Survey.Num, []rbac.Rule{
		{Effect: rbac.Allow, Principal: rbac.Everyone, Scope: resource.ScopeResource, Permission: "read", Propagate: true},
	})
	o.OK(err)
	for _, r := range o.made {
		if r.Class != "raster_style" {
			o.rule(r.Num)
			continue
		}
		// What lies in some layers is hidden from some, all of it.
		_, err := w.Services.Resources.SetRules(w.Context(), ngwtest.Root(), r.Num, []rbac.Rule{
			{Effect: rbac.Deny, Principal: o.crew.Num, Scope: resource.ScopeResource, Permission: "read"},
		})
		o.OK(err)
	}
	return o
}

func (o *orchard) numbers() []rbac.Node {
	var list []rbac.Node
	for _, r := range o.made {
		list = append(list, r.Num)
	}
	return list
}

func pick[T any](o *orchard, list []T) T { return list[o.rng.IntN(len(list))] }

// of returns the number of something of a class, 0 where there is none.
func (o *orchard) of(class string) rbac.Node {
	var some []rbac.Node
	for _, r := range o.made {
		if r.Class == class {
			some = append(some, r.Num)
		}
	}
	if len(some) == 0 {
		return 0
	}
	return pick(o, some)
}

// plant makes a resource somewhere.
func (o *orchard) plant(i int) {
	o.Helper()
	draft := resource.Draft{Class: resource.ResourceGroup, Parent: o.Survey.Num, DisplayName: fmt.Sprint("n", i), Owner: pick(o, []rbac.Principal{0, o.Ada.Num, o.Editor.Num})}
	if group := o.of(resource.ResourceGroup); group != 0 && o.rng.IntN(4) > 0 {
		draft.Parent = group
	}
	srs := object{"id": int64(3857)}
	switch (i + 2) % 8 { // some of each, what others refer to first
	case 0:
		draft.Class, draft.Settings = "vector_layer", resource.Settings{"vector_layer": {"srs": srs, "geometry_type": "POINT"}}
	case 1:
		draft.Class = "webmap"
	case 2:
		draft.Class, draft.Settings = "raster_layer", resource.Settings{"raster_layer": {"srs": srs, "xsize": int64(1), "ysize": int64(1), "band_count": int64(3)}}
	case 3:
		if layer := o.of("raster_layer"); layer != 0 {
			draft.Class, draft.Parent = "raster_style", layer
		}
	case 4:
		draft.Class = "postgis_connection"
		draft.Settings = resource.Settings{"postgis_connection": {"hostname": "h", "database": "d", "username": "u"}}
	case 5:
		if connection := o.of("postgis_connection"); connection != 0 {
			draft.Class = "postgis_layer"
			draft.Settings = resource.Settings{"postgis_layer": {
				"connection": object{"id": int64(connection)}, "schema": "s", "table": "t", "column_id": "id", "column_geom": "g",
				"srs": srs, "geometry_type": "POINT", "geometry_srid": int64(3857),
			}}
		}
	}
	r, err := o.Services.Resources.Create(o.Context(), ngwtest.Root(), draft)
	if err != nil {
		o.Fatalf("%+v: %v", draft, err)
	}
	o.made = append(o.made, r)
	o.nodes = append(o.nodes, r.Num)
}

// rule puts rules on a node, by chance. What makes no sense together, or would
// shut out who must not be, is left.
func (o *orchard) rule(n rbac.Node) {
	o.Helper()
	var rules []rbac.Rule
	for range o.rng.IntN(4) {
		r := rbac.Rule{Effect: rbac.Allow, Principal: pick(o, o.rulers), Propagate: o.rng.IntN(3) > 0}
		if o.rng.IntN(3) == 0 {
			r.Effect = rbac.Deny
		}
		scope := pick(o, o.Services.Resources.Catalog().Scopes())
		switch o.rng.IntN(5) {
		case 0:
			r.Scope = scope.Name
		case 1:
			r.Scope, r.Permission = scope.Name, pick(o, scope.Permissions).Name
		case 2, 3:
			r.Scope, r.Permission = resource.ScopeResource, "read"
		}
		if o.rng.IntN(4) == 0 {
			r.Class = pick(o, o.Services.Resources.Catalog().Classes()).Name
		}
		rules = append(rules, r)
	}
	_, err := o.Services.Resources.SetRules(o.Context(), ngwtest.Root(), n, rules)
	var invalid *workspace.InvalidError
	var lockout *resource.LockoutError
	switch {
	case errors.As(err, &invalid), errors.As(err, &lockout), errors.Is(err, rbac.ErrDenied):
	case err != nil:
		o.Fatalf("%v: %+v", err, rules)
	default:
		o.changes++
	}
}

// change changes something that decisions depend on.
func (o *orchard) change() {
	o.Helper()
	ctx := o.Context()
	r := pick(o, o.made)
	var err error
	switch o.rng.IntN(5) {
	case 0, 1:
		o.rule(r.Num)
		return
	case 2:
		_, err = o.Services.Resources.Move(ctx, ngwtest.Root(), r.Num, pick(o, append(o.numbers(), o.Survey.Num)))
	case 3:
		_, err = o.Services.Resources.Transfer(ctx, ngwtest.Root(), r.Num, pick(o, []rbac.Principal{o.Ada.Num, o.Editor.Num, o.Admin.Num}), false)
	case 4:
		err = o.Services.Workspaces.RemoveFromGroup(ctx, ngwtest.Root(), o.crew.ID, o.Member.ID)
	}
	if err == nil {
		o.changes++
	}
}

// whole is where each node lies now.
func (o *orchard) whole() map[rbac.Node]resource.Resource {
	o.Helper()
	root, err := o.Services.Resources.Resource(o.Context(), ngwtest.Root(), rbac.Root)
	o.OK(err)
	list, _, err := o.Services.Resources.Resources(o.Context(), ngwtest.Root(), resource.Filter{Tops: true})
	o.OK(err)
	all := map[rbac.Node]resource.Resource{rbac.Root: root}
	for _, r := range list {
		if r.Num == r.Top {
			r.Parent = rbac.Root // as the lens has it
		}
		all[r.Num] = r
	}
	if len(all) != len(o.nodes) {
		o.Fatalf("%d resources, want %d", len(all), len(o.nodes))
	}
	return all
}

// permissions are those that the lens tells of, of a class.
func (o *orchard) permissions(class string) []rbac.Permission {
	scopes := []string{resource.ScopeResource, resource.ScopeMetadata}
	if c, known := o.Services.Resources.Catalog().Class(class); known {
		scopes = append(scopes, c.Scopes...)
	}
	var list []rbac.Permission
	for _, scope := range o.Services.Resources.Catalog().Scopes() {
		for _, p := range scope.Permissions {
			if slices.Contains(scopes, scope.Name) {
				list = append(list, rbac.Of(scope.Name, p.Name))
			}
		}
	}
	return list
}

// compare asks everything of everybody.
func (o *orchard) compare() {
	o.Helper()
	all := o.whole()
	for _, who := range o.people {
		o.one(who, all)
	}
}

func (o *orchard) one(who ngwtest.Person, all map[rbac.Node]resource.Resource) {
	o.Helper()
	ctx, rules := o.Context(), o.Services.Rules
	p := who.Num
	if who.Username == "" {
		p = rbac.Guest
	}
	filters := map[rbac.Permission]rbac.Condition{}
	filter := func(perm rbac.Permission) rbac.Condition {
		if _, asked := filters[perm]; !asked {
			var err error
			filters[perm], err = rules.Filter(ctx, p, perm, o.Survey.Num, "", rbac.Latest())
			o.OK(err)
		}
		return filters[perm]
	}
	readable := map[rbac.Node]bool{}
	var nums, questions []any
	for _, n := range o.nodes {
		nums = append(nums, n)
		told := o.Call(who, http.MethodGet, ngwtest.Item(int64(n))+"/permission", nil)
		set, err := rules.Effective(ctx, p, n, rbac.Latest())
		o.OK(err)
		for _, perm := range o.permissions(all[n].Class) {
			may, err := rules.Check(ctx, p, n, perm, rbac.Latest())
			o.OK(err)
			if perm == resource.Read {
				readable[n] = may
			}
			if may {
				o.yes++
			} else {
				o.no++
			}
			said := may
			if told.Status == http.StatusOK {
				said, _ = told.At(string(perm)).(bool)
			}
			filtered := may
			if all[n].Top == o.Survey.Num {
				filtered = filter(perm).Contains(n)
			}
			if set.Has(perm) != may || filtered != may || said != may {
				o.Errorf("%s, %s on %s %d: Check %v, Effective %v, Filter %v, lens %v", who.Username, perm, all[n].Class, n,
					may, set.Has(perm), filtered, said)
			}
		}
		if want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[readable[n]]; told.Status != want {
			o.Errorf("%s asks what he may on %d: %d, want %d", who.Username, n, told.Status, want)
		}
		if whole := o.Call(who, http.MethodGet, ngwtest.Item(int64(n)), nil); whole.Status != told.Status {
			o.Errorf("%s reads %d: %d, want %d", who.Username, n, whole.Status, told.Status)
		}
	}
	o.lists(who, all, readable)
	for _, perm := range o.permissions("webmap") {
		questions = append(questions, []any{"resource.has_permission", string(perm)})
	}
	items := o.Call(who, http.MethodPost, "/api/component/resource/attr", object{"resources": nums, "attributes": questions}).Wants(http.StatusOK).At("items").([]any)
	count := 0
	for _, n := range o.nodes {
		if !readable[n] {
			continue
		}
		if ngwtest.Within(items, fmt.Sprint(count, ".0")) != float64(n) {
			o.Errorf("%s: attributes of %v, want %d", who.Username, ngwtest.Within(items, fmt.Sprint(count, ".0")), n)
		}
		for i, perm := range o.permissions("webmap") {
			got := ngwtest.Within(items, fmt.Sprintf("%d.1.%d.1", count, i))
			if all[n].Top == o.Survey.Num && got != filter(perm).Contains(n) {
				o.Errorf("%s, %s on %d: has_permission says %v", who.Username, perm, n, got)
			}
		}
		count++
	}
	if len(items) != count {
		o.Errorf("%s: attributes of %d, want %d", who.Username, len(items), count)
	}
}

// lists compares what the lens lists.
func (o *orchard) lists(who ngwtest.Person, all map[rbac.Node]resource.Resource, readable map[rbac.Node]bool) {
	o.Helper()
	within := map[rbac.Node][]int64{}
	var everything []int64
	for _, n := range o.nodes { // in ascending order
		if readable[n] {
			everything = append(everything, int64(n))
			if n != rbac.Root {
				within[all[n].Parent] = append(within[all[n].Parent], int64(n))
			}
		}
	}
	same := func(what string, got, want []int64) {
		o.Helper()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			o.Errorf("%s: %s: %v, want %v", who.Username, what, got, want)
		}
	}
	for _, n := range o.nodes {
		for _, path := range []string{fmt.Sprintf("/api/resource/?parent=%d", n), fmt.Sprintf("/resource/%d/child/", n)} {
			list := o.Call(who, http.MethodGet, path, nil)
			same(path, found(list, ""), within[n])
			for _, one := range list.List() {
				at := rbac.Node(ngwtest.Within(one, "resource.id").(float64))
				if got := ngwtest.Within(one, "resource.children"); got != (len(within[at]) > 0) {
					o.Errorf("%s: children of %d: %v, want %v", who.Username, at, got, within[at])
				}
			}
		}
	}
	a := o.Call(who, http.MethodGet, "/api/resource/search/?limit=1000", nil)
	same("search", found(a, "items"), everything)
	if got := a.At("total_count"); got != float64(len(everything)) {
		o.Errorf("%s: %v found, want %d", who.Username, got, len(everything))
	}
	same("search alone", found(o.Call(who, http.MethodGet, "/api/resource/search/", nil), ""), everything)
}
