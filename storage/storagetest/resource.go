package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Resources tests [resource.Store].
func Resources(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"adding gives a node":       resourceAdd,
		"saving changes the rest":   resourceSave,
		"names are taken":           resourceTaken,
		"what is not there":         resourceMissing,
		"filters choose":            resourceFilters,
		"nodes and tops":            resourceNodes,
		"texts compare":             resourceTexts,
		"meta is searched":          resourceMeta,
		"locking keeps others out":  resourceLock,
		"a path leads down":         resourcePath,
		"moving takes all along":    resourceMove,
		"no circle is closed":       resourceCycle,
		"references are kept":       resourceReferences,
		"links decide":              resourceLinks,
		"what lies below":           resourceBelow,
		"referrers from elsewhere":  resourceReferrers,
		"deleting takes all along":  resourceDelete,
		"owners change":             resourceOwner,
		"who may be named":          resourceKnown,
		"who administers":           resourceAdministrators,
		"nodes have names":          resourceNames,
		"nothing outside a unit":    resourceNoUnit,
		"nothing is kept of a half": resourceSweep,
	})
}

// resource returns a resource in a node, with a name of its own.
func (s *sample) resource(in rbac.Node, class string) resource.Resource {
	s.t.Helper()
	return s.planted(resource.Resource{Parent: in, Class: class})
}

// planted returns a resource that is like one, with the names that it lacks.
func (s *sample) planted(r resource.Resource) resource.Resource {
	s.t.Helper()
	r.ID = resource.ID(uid.New())
	if r.DisplayName == "" {
		r.DisplayName = fmt.Sprintf("%s %d", r.Class, s.number())
	}
	if r.Created.IsZero() {
		r.Created, r.Updated = at(1), at(2)
	}
	s.must(func(ctx context.Context) (err error) {
		r, err = s.Resources.Add(ctx, r)
		return err
	})
	return r
}

// readResource returns a resource.
func (s *sample) readResource(n rbac.Node) resource.Resource {
	s.t.Helper()
	list, err := s.Resources.Resources(s.t.Context(), resource.Filter{Nums: []rbac.Node{n}})
	return one(s.t, list, err)
}

func (s *sample) save(r resource.Resource) {
	s.t.Helper()
	s.must(func(ctx context.Context) error { return s.Resources.Save(ctx, r) })
}

// occupied wants the refusal that a resource's name is another's.
func (s *sample) occupied(field, value string, by rbac.Node, fn func(ctx context.Context) error) {
	s.t.Helper()
	err := s.refusal(resource.ErrTaken, fn)
	taken, ok := errors.AsType[*resource.TakenError](err)
	if !ok || taken.Field != field || taken.Value != value || taken.By != by {
		s.t.Fatalf("error %v, want a TakenError of %s %q, that of %d", err, field, value, by)
	}
}

// deepValues are of every kind that settings and meta have.
func deepValues() map[string]any {
	return map[string]any{
		"text": "é\n\"", "empty": "", "integer": int64(1<<53 - 1), "negative": int64(-5), "float": 5.0, "half": 0.5, "large": 1e300,
		"flag": true, "no": false, "null": nil,
	}
}

func resourceAdd(s *sample) {
	w, u := s.place(), s.user("u")
	deep := deepValues()
	deep["list"] = []any{int64(1), 1.0, "x", []any{}, map[string]any{"a": nil}}
	deep["object"] = map[string]any{"in": map[string]any{}}
	r := resource.Resource{
		ID: resource.ID(uid.New()), Parent: w.Num, Class: "resource_group", Owner: u.Num, Keyname: "key", DisplayName: "Name",
		Description: "<b>é</b>", Meta: deepValues(), Settings: resource.Settings{"member": deep, "empty": {}},
		Created: at(1), Updated: at(2),
	}
	want := r
	want.Workspace, want.Top = w.ID, w.Num
	s.raises(func(ctx context.Context) (err error) {
		r, err = s.Resources.Add(ctx, r)
		return err
	}, w.Num)
	if want.Num = r.Num; r.Num == w.Num || r.Num == rbac.Root {
		s.t.Errorf("node %d is another's", r.Num)
	}
	equal(s.t, "added", r, want)
	equal(s.t, "read", s.readResource(r.Num), want)
	f, err := s.Rules.Facts(s.t.Context(), rbac.Guest, r.Num)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "its node", f.Places[r.Num], rbac.Place{Node: r.Num, Parent: w.Num, Class: "resource_group", Workspace: w.Num, Owner: u.Num})
	// Nothing is shared.
	read := s.readResource(r.Num)
	read.Meta["text"], read.Settings["member"]["text"] = "changed by the caller", "changed by the caller"
	equal(s.t, "read again", s.readResource(r.Num), want)
	// Nobody owns it, it has no keyname, and nothing besides.
	bare := s.resource(r.Num, "leaf")
	equal(s.t, "a bare one", s.readResource(bare.Num), resource.Resource{
		ID: bare.ID, Num: bare.Num, Workspace: w.ID, Top: w.Num, Parent: r.Num, Class: "leaf", DisplayName: bare.DisplayName,
		Created: at(1), Updated: at(2),
	})
	equal(s.t, "with something in it", s.readResource(r.Num).Children, true)
}

func resourceSave(s *sample) {
	w, u := s.place(), s.user("u")
	r := s.planted(resource.Resource{Parent: w.Num, Class: "leaf", Keyname: "key", Meta: deepValues(), Settings: resource.Settings{"a": {"b": "c"}}})
	saved := r
	saved.DisplayName, saved.Keyname, saved.Description, saved.Updated = "Other", "", "words", at(9)
	saved.Meta, saved.Settings = map[string]any{"other": int64(1)}, resource.Settings{"d": deepValues()}
	want := saved
	saved.ID, saved.Workspace, saved.Top, saved.Class, saved.Created = "x", "y", 7, "other", at(8) // which do not change
	before := s.revision(w.Num)
	s.save(saved)
	equal(s.t, "saved", s.readResource(r.Num), want)
	equal(s.t, "the revision", s.revision(w.Num), before) // no decision depends on that
	want.Owner = u.Num
	s.raises(func(ctx context.Context) error { return s.Resources.Save(ctx, want) }, w.Num)
	equal(s.t, "with an owner", s.readResource(r.Num), want)
	want.Owner, want.Meta, want.Settings = 0, nil, nil
	s.raises(func(ctx context.Context) error { return s.Resources.Save(ctx, want) }, w.Num)
	equal(s.t, "without", s.readResource(r.Num), want)
	s.noMeta(w, "other")
}

// noMeta wants no resource to be found by an item of the meta.
func (s *sample) noMeta(w workspace.Workspace, key string) {
	s.t.Helper()
	has := true
	n, err := s.Resources.CountResources(s.t.Context(), resource.Filter{
		Workspaces: []rbac.Node{w.Num}, Meta: []resource.MetaCondition{{Key: key, Has: &has}},
	})
	if err != nil || n != 0 {
		s.t.Errorf("%d have %s, %v", n, key, err)
	}
}

func resourceTaken(s *sample) {
	w, other := s.place(), s.place()
	a := s.planted(resource.Resource{Parent: w.Num, Class: "leaf", DisplayName: "Name", Keyname: "key"})
	b := s.resource(w.Num, "leaf")
	c := s.planted(resource.Resource{Parent: b.Num, Class: "leaf", DisplayName: "Name"})
	add := func(parent rbac.Node, name, key string) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.Resources.Add(ctx, resource.Resource{ID: resource.ID(uid.New()), Parent: parent, Class: "leaf", DisplayName: name, Keyname: key})
			return err
		}
	}
	s.occupied("display_name", "Name", a.Num, add(w.Num, "Name", ""))
	s.occupied("keyname", "key", a.Num, add(b.Num, "other", "key"))
	save := func(r resource.Resource, change func(r *resource.Resource)) func(ctx context.Context) error {
		change(&r)
		return func(ctx context.Context) error { return s.Resources.Save(ctx, r) }
	}
	s.occupied("display_name", "Name", a.Num, save(b, func(r *resource.Resource) { r.DisplayName = "Name" }))
	s.occupied("keyname", "key", a.Num, save(c, func(r *resource.Resource) { r.Keyname = "key" }))
	s.occupied("display_name", "Name", a.Num, save(c, func(r *resource.Resource) { r.Parent = w.Num }))
	// Elsewhere, and by case, they are others.
	s.must(add(w.Num, "name", "Key"))
	s.must(add(a.Num, "Name", ""))
	s.must(add(other.Num, "Name", "key"))
	s.must(save(a, func(*resource.Resource) {}))
}

func resourceMissing(s *sample) {
	w, other := s.place(), s.place()
	r := s.resource(w.Num, "leaf")
	organization := s.organization("o")
	o := s.offering(w.ID)
	for _, parent := range []rbac.Node{1 << 40, rbac.Root, organization.Num, o.Num} {
		s.refused(resource.ErrNotFound, func(ctx context.Context) error {
			_, err := s.Resources.Add(ctx, resource.Resource{ID: resource.ID(uid.New()), Parent: parent, Class: "leaf", DisplayName: "n"})
			return err
		})
		s.refused(resource.ErrNotFound, func(ctx context.Context) error {
			moved := r
			moved.Parent = parent
			return s.Resources.Save(ctx, moved)
		})
	}
	for what, do := range map[string]func(ctx context.Context) error{
		"an owner of a new one": func(ctx context.Context) error {
			_, err := s.Resources.Add(ctx, resource.Resource{ID: resource.ID(uid.New()), Parent: w.Num, Class: "leaf", DisplayName: "n", Owner: 1 << 40})
			return err
		},
		"an owner": func(ctx context.Context) error {
			owned := r
			owned.Owner = 1 << 40
			return s.Resources.Save(ctx, owned)
		},
		"what is saved": func(ctx context.Context) error { return s.Resources.Save(ctx, resource.Resource{Num: 1 << 40}) },
		"a workspace's node": func(ctx context.Context) error {
			return s.Resources.Save(ctx, resource.Resource{Num: w.Num, Parent: other.Num})
		},
		"what refers":     func(ctx context.Context) error { return s.Resources.SetReferences(ctx, 1<<40, nil) },
		"what is deleted": func(ctx context.Context) error { _, err := s.Resources.Delete(ctx, 1<<40); return err },
		"what is owned": func(ctx context.Context) error {
			return s.Resources.SetOwner(ctx, []rbac.Node{r.Num, 1 << 40}, w.Audience, at(9))
		},
		"a workspace owned": func(ctx context.Context) error {
			return s.Resources.SetOwner(ctx, []rbac.Node{w.Num}, w.Audience, at(9))
		},
		"a workspace":  func(ctx context.Context) error { _, err := s.Resources.Lock(ctx, 1<<40); return err },
		"no workspace": func(ctx context.Context) error { _, err := s.Resources.Lock(ctx, r.Num); return err },
	} {
		if err := s.refusal(resource.ErrNotFound, do); err == nil {
			s.t.Error(what)
		}
	}
}

// list wants a filter to choose some resources in their order, by name.
func (s *sample) list(what string, f resource.Filter, want ...string) {
	s.t.Helper()
	chooses(s.t, what, func(r resource.Resource) string { return r.DisplayName }, want,
		func(offset, limit int) ([]resource.Resource, error) {
			f.Offset, f.Limit = offset, limit
			return s.Resources.Resources(s.t.Context(), f)
		},
		func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Resources.CountResources(s.t.Context(), f)
		})
}

func resourceFilters(s *sample) {
	w, other, u := s.place(), s.place(), s.user("u")
	a := s.planted(resource.Resource{Parent: w.Num, Class: "resource_group", DisplayName: "a", Keyname: "ka", Owner: u.Num})
	b := s.planted(resource.Resource{Parent: a.Num, Class: "leaf", DisplayName: "b"})
	c := s.planted(resource.Resource{Parent: b.Num, Class: "leaf", DisplayName: "c", Keyname: "kc", Owner: w.Audience})
	d := s.planted(resource.Resource{Parent: w.Num, Class: "webmap", DisplayName: "d"})
	s.planted(resource.Resource{Parent: other.Num, Class: "leaf", DisplayName: "e", Keyname: "ka"})
	root, gone := rbac.Root, rbac.Node(1<<40)
	s.list("all", resource.Filter{}, "a", "b", "c", "d", "e")
	s.list("numbers", resource.Filter{Nums: []rbac.Node{d.Num, b.Num, gone}}, "b", "d")
	s.list("no numbers", resource.Filter{Nums: []rbac.Node{}})
	s.list("identifiers", resource.Filter{IDs: []resource.ID{c.ID, "x", "\x00", "\xff"}}, "c")
	s.list("workspaces", resource.Filter{Workspaces: []rbac.Node{w.Num}}, "a", "b", "c", "d")
	s.list("what is no workspace", resource.Filter{Workspaces: []rbac.Node{a.Num}})
	s.list("parents", resource.Filter{Parents: []rbac.Node{w.Num}}, "a", "d")
	s.list("some parents", resource.Filter{Parents: []rbac.Node{a.Num, b.Num}}, "b", "c")
	s.list("under", resource.Filter{Under: &b.Num}, "b", "c")
	s.list("under a workspace", resource.Filter{Under: &w.Num}, "a", "b", "c", "d")
	s.list("under the root", resource.Filter{Under: &root}, "a", "b", "c", "d", "e")
	s.list("under nothing", resource.Filter{Under: &gone})
	s.list("classes", resource.Filter{Classes: []string{"leaf", "webmap"}, Workspaces: []rbac.Node{w.Num}}, "b", "c", "d")
	s.list("owners", resource.Filter{Owners: []rbac.Principal{u.Num, w.Audience}}, "a", "c")
	s.list("an owner", resource.Filter{Owners: []rbac.Principal{u.Num}}, "a")
	s.list("nobody's", resource.Filter{Owners: []rbac.Principal{0}})
	s.list("keynames", resource.Filter{Keynames: []string{"ka"}}, "a", "e")
	s.list("no keyname", resource.Filter{Keynames: []string{""}})
	s.list("names", resource.Filter{DisplayNames: []string{"a", "B"}}, "a")
	s.list("conditions add up", resource.Filter{Under: &a.Num, Classes: []string{"leaf"}, Keynames: []string{"kc"}}, "c")
	s.list("nodes", resource.Filter{Nodes: &rbac.Condition{}})
	s.list("descending", resource.Filter{Under: &a.Num, Order: resource.Order{Descending: true}}, "c", "b", "a")
	for what, f := range map[string]resource.Filter{
		"an order that there is not": {Order: resource.Order{By: "description"}},
		"a mark of another order":    {Order: resource.Order{By: "created"}, After: &resource.Mark{Value: "x"}},
	} {
		_, err := s.Resources.Resources(s.t.Context(), f)
		wants(s.t, what, err, resource.ErrInvalid)
	}
}

// resourceNodes chooses workspaces as well, and by conditions on nodes.
func resourceNodes(s *sample) {
	w, u := s.place(), s.user("u")
	s.must(func(ctx context.Context) error {
		w.Description = "1 < 2 & more"
		return s.Workspaces.SaveWorkspace(ctx, w)
	})
	list, err := s.Resources.Resources(s.t.Context(), resource.Filter{Nums: []rbac.Node{w.Num}, Tops: true})
	equal(s.t, "a workspace", one(s.t, list, err), resource.Resource{
		Num: w.Num, ID: resource.ID(w.ID), Workspace: w.ID, Top: w.Num, Class: workspace.ClassWorkspace, Owner: s.placed(w.Num).Owner,
		DisplayName: w.Name, Description: "1 &lt; 2 &amp; more", Created: w.Created, Updated: w.Updated,
	})
	s.list("without tops", resource.Filter{Nums: []rbac.Node{w.Num}})
	var nums []rbac.Node
	want := []string{w.Name}
	for i := range 40 {
		r := s.planted(resource.Resource{Parent: w.Num, Class: "leaf", DisplayName: strconv.Itoa(i), Owner: u.Num})
		nums = append(nums, r.Num)
		want = append(want, r.DisplayName)
	}
	s.list("with tops", resource.Filter{Tops: true}, want...)
	s.list("tops under the root", resource.Filter{Tops: true, Parents: []rbac.Node{rbac.Root}}, w.Name)
	s.list("tops of a class", resource.Filter{Tops: true, Classes: []string{workspace.ClassWorkspace}}, w.Name)
	s.list("tops of an owner", resource.Filter{Tops: true, Owners: []rbac.Principal{s.placed(w.Num).Owner}}, w.Name)
	s.list("tops by name", resource.Filter{Tops: true, ILike: strings.ToUpper(w.Name)}, w.Name)
	list, err = s.Resources.Resources(s.t.Context(), resource.Filter{Nums: []rbac.Node{w.Num}, Tops: true})
	equal(s.t, "with something in it", one(s.t, list, err).Children, true)
	for _, step := range []int{1, 2, 3} { // few ranges, and many
		var some []rbac.Node
		wanted := []string{}
		for i := 0; i < len(nums); i += step {
			some = append(some, nums[i])
			wanted = append(wanted, strconv.Itoa(i))
		}
		condition := rbac.Only(some...)
		s.list(fmt.Sprintf("each %d. node", step), resource.Filter{Nodes: &condition}, wanted...)
	}
}

// placed returns what decisions know of a node.
func (s *sample) placed(n rbac.Node) rbac.Place {
	s.t.Helper()
	f, err := s.Rules.Facts(s.t.Context(), rbac.Guest, n)
	if err != nil {
		s.t.Fatal(err)
	}
	return f.Places[n]
}

// resourceTexts are found by case and regardless of it.
func resourceTexts(s *sample) {
	w := s.place()
	for _, name := range []string{"Straße", "STRASSE", "100%", "a_b", "a*b", "a?b", "a[b]c", `a\b`, "Ärger", "Жанна"} {
		s.planted(resource.Resource{Parent: w.Num, Class: "leaf", DisplayName: name})
	}
	for _, c := range []struct {
		like, ilike string
		want        []string
	}{
		{"Straße", "", []string{"Straße"}},
		{"strasse", "", nil},
		{"S%e", "", []string{"Straße"}},
		{"%a%e%", "", []string{"Straße"}},
		{"100_", "", []string{"100%"}},
		{"a_b", "", []string{"a_b", "a*b", "a?b", `a\b`}},
		{"a*b", "", []string{"a*b"}},
		{"a?b", "", []string{"a?b"}},
		{"a[b]c", "", []string{"a[b]c"}},
		{`a\b`, "", []string{`a\b`}},
		{"_rger", "", []string{"Ärger"}},
		{"\x00", "", nil},
		{"", "strasse", []string{"Straße", "STRASSE"}},
		{"", "STRA%", []string{"Straße", "STRASSE"}},
		{"", "ärg__", []string{"Ärger"}},
		{"", "ЖАННА", []string{"Жанна"}},
		{"", `A\B`, []string{`a\b`}},
		{"", "a[%", []string{"a[b]c"}},
		{"", "\xff", nil},
		{"%S%", "%s%", []string{"Straße", "STRASSE"}},
	} {
		s.list(fmt.Sprintf("like %q, ilike %q", c.like, c.ilike), resource.Filter{Like: c.like, ILike: c.ilike}, c.want...)
	}
}

// resourceMeta is found by what it has.
func resourceMeta(s *sample) {
	w := s.place()
	for name, meta := range map[string]map[string]any{
		"1 integer": {"k": int64(5)}, "2 float": {"k": 5.0}, "3 text": {"k": "5"}, "4 flag": {"k": true}, "5 null": {"k": nil},
		"6 half": {"k": 0.5}, "7 word": {"k": "Wörter, 100%"}, "8 other": {"l": "5"}, "9 none": nil,
	} {
		s.planted(resource.Resource{Parent: w.Num, Class: "leaf", DisplayName: name, Meta: meta})
	}
	yes, no := true, false
	all := []string{"1 integer", "2 float", "3 text", "4 flag", "5 null", "6 half", "7 word", "8 other", "9 none"}
	for what, c := range map[string]struct {
		is   resource.MetaCondition
		want []string
	}{
		"has":                 {resource.MetaCondition{Has: &yes}, all[:7]},
		"has not":             {resource.MetaCondition{Has: &no}, all[7:]},
		"an integer":          {resource.MetaCondition{Equals: int64(5)}, all[:2]},
		"a float":             {resource.MetaCondition{Equals: 5.0}, all[:2]},
		"a half":              {resource.MetaCondition{Equals: 0.5}, all[5:6]},
		"a text":              {resource.MetaCondition{Equals: "5"}, all[2:3]},
		"a flag":              {resource.MetaCondition{Equals: true}, all[3:4]},
		"another flag":        {resource.MetaCondition{Equals: false}, nil},
		"null":                {resource.MetaCondition{Null: true}, all[4:5]},
		"a pattern":           {resource.MetaCondition{Like: "W%"}, all[6:7]},
		"a pattern by case":   {resource.MetaCondition{Like: "w%"}, nil},
		"a folded pattern":    {resource.MetaCondition{ILike: "WÖRTER_ %"}, all[6:7]},
		"what is no text":     {resource.MetaCondition{Like: "%tru%"}, nil},
		"what nobody keeps":   {resource.MetaCondition{Equals: "\x00"}, nil},
		"of no kind":          {resource.MetaCondition{Equals: []any{}}, nil},
		"a key nobody has":    {resource.MetaCondition{Key: "\x00", Has: &yes}, nil},
		"a key that none has": {resource.MetaCondition{Key: "\xff", Has: &no}, all},
	} {
		if c.is.Key == "" {
			c.is.Key = "k"
		}
		s.list(what, resource.Filter{Meta: []resource.MetaCondition{c.is}, Order: resource.Order{By: "name"}}, c.want...)
	}
	s.list("two of them", resource.Filter{Order: resource.Order{By: "name"}, Meta: []resource.MetaCondition{
		{Key: "k", Has: &yes}, {Key: "k", Equals: "5"},
	}}, "3 text")
}

// resourceListing goes through resources in each order.
func resourceListing(s *sample) {
	w := s.place()
	people := []rbac.Principal{0, s.user("a").Num, s.user("b").Num}
	orders(s, shelf[resource.Resource]{
		sortable: resource.Filter{}.Sortable(), mark: resource.Resource.Mark, invalid: resource.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]resource.Resource, error) {
			return s.Resources.Resources(s.t.Context(), resource.Filter{Parents: []rbac.Node{w.Num}, Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Resources.CountResources(s.t.Context(), resource.Filter{Parents: []rbac.Node{w.Num}, Order: o, After: after})
		},
		add: func(i int) {
			s.planted(resource.Resource{
				Parent: w.Num, Class: []string{"leaf", "Leaf", "lake", "ära"}[i%4], DisplayName: nameOf(i) + "\u00a0" + strconv.Itoa(i),
				Owner: people[i%3], Created: at(i % 3), Updated: at(i % 5),
			})
		},
		remove: func(r resource.Resource) {
			s.must(func(ctx context.Context) error { _, err := s.Resources.Delete(ctx, r.Num); return err })
		},
	})
}
