// Package workload makes the world that Bailiwick's speed is measured on, in
// memory and from a seed: a platform with one organization and one workspace, a
// tree of resources below it, users in groups, and a rule on some of the nodes.
// The same seed and options make the same world, the same questions and the same
// reader, whoever asks and wherever.
//
// [New] makes it. [World.Top] and [World.Space] are what an engine loads,
// [World.Facts] is what a store would read for one question, and
// [World.Questions] are questions with their answers, half of them yes. The
// answers come from [World.Allowed], which shares no code with package rbac.
// Nothing of it needs a database.
package workload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// The nodes above the resources, which are numbered from 3 on, level by level.
const (
	Platform     = rbac.Root
	Organization = rbac.Node(1)
	Workspace    = rbac.Node(2)
)

// The permissions that questions ask for. [Read] is what the resource scope is
// mostly about, and what a reader reads.
const (
	Read      rbac.Permission = "resource.read"
	Update    rbac.Permission = "resource.update"
	DataRead  rbac.Permission = "data.read"
	DataWrite rbac.Permission = "data.write"
)

// Supervisor owns the workspace. He is no user that questions ask about: he may
// do everything. The users are numbered from the next on, then the groups.
const Supervisor rbac.Principal = 100

// Options say how large a world is. The zero value is the world of the design:
// 111,111 nodes from the workspace down.
type Options struct {
	// Depth is how many levels there are from the workspace to the leaves, both
	// counted, 6 when zero; 7 makes 1,111,111 nodes.
	Depth int
	// Fanout is how many children a node has that is no leaf, 10 when zero.
	Fanout int
	// Users and Groups are how many there are, 1,000 and 100 when zero. A user is
	// in one group.
	Users, Groups int
	// RuleShare is how much of the nodes carry a rule, 0.05 when zero. A tenth of
	// the rules deny, to somebody to whom something above is allowed if there is
	// such a rule.
	RuleShare float64
	// NGW adds what NextGIS Web has and not every engine can express: nothing
	// is readable below what is not (a requirement on the parent), half of the
	// denies do not propagate, and everybody may read the workspace, by a rule
	// that does not propagate either, and all folders, but no layers, below
	// every other of its children, so that something is.
	NGW bool
	// Reads is how many nodes the reader can read, 148 when zero, as nearly as
	// somebody does.
	Reads int
}

func (o *Options) filled() Options {
	var f Options
	if o != nil {
		f = *o
	}
	orElse := func(value *int, usual int) {
		if *value == 0 {
			*value = usual
		}
	}
	orElse(&f.Depth, 6)
	orElse(&f.Fanout, 10)
	orElse(&f.Users, 1000)
	orElse(&f.Groups, 100)
	orElse(&f.Reads, 148)
	if f.RuleShare == 0 {
		f.RuleShare = 0.05
	}
	return f
}

// A World is a platform with all its nodes, principals and rules. It does not
// change once made and may be shared; so may its slices, which nobody may write
// to.
type World struct {
	// Options are those it was made with, filled in.
	Options Options
	// Users and Groups are ascending. A user is in the group that
	// [World.Group] says.
	Users, Groups []rbac.Principal
	// Top is the state of the root, with all principals, Space that of the
	// workspace. Both are of revision 1.
	Top, Space rbac.State

	schema *rbac.Schema
	// rules are those of Space by node.
	rules  map[rbac.Node][]rbac.Rule
	reader func() rbac.Principal
}

// New makes the world of a seed; nil options are the zero value. It panics when
// the options make no sense, for example with fewer users than one.
func New(seed uint64, opts *Options) *World {
	o := opts.filled()
	if o.Depth < 2 || o.Fanout < 1 || o.Users < 1 || o.Groups < 1 || o.RuleShare < 0 || o.RuleShare > 1 {
		panic(fmt.Sprintf("workload: no world has options %+v", o))
	}
	w := &World{Options: o, schema: newSchema(o.NGW), rules: map[rbac.Node][]rbac.Rule{}}
	w.reader = sync.OnceValue(w.findReader)
	w.people()
	w.tree()
	w.give(rand.New(rand.NewPCG(seed, 1))) //nolint:gosec // to be the same again, not to be secret
	return w
}

// newSchema returns the vocabulary: the nodes above workspaces have a class of
// their own each, which ordinary users can do nothing on.
func newSchema(ngw bool) *rbac.Schema {
	resource := rbac.Scope{Name: "resource", Permissions: []string{
		"read", "create", "update", "delete", "manage_children", "change_permissions",
	}}
	data := rbac.Scope{Name: "data", Permissions: []string{"read", "write"}}
	inWorkspace := make([]rbac.Requirement, 0, len(resource.Permissions))
	for _, name := range resource.Permissions[1:] {
		inWorkspace = append(inWorkspace, rbac.Requirement{Permission: rbac.Of("resource", name), Needs: Read})
	}
	inResource := slices.Clone(inWorkspace)
	if ngw {
		inResource = append(inResource, rbac.Requirement{Permission: Read, Needs: Read, Relation: rbac.Parent})
	}
	inLayer := append(slices.Clone(inResource),
		rbac.Requirement{Permission: DataRead, Needs: Read},
		rbac.Requirement{Permission: DataWrite, Needs: DataRead},
	)
	s, err := rbac.NewSchema([]rbac.Class{
		{Name: "platform", Scopes: []rbac.Scope{{Name: "platform", Permissions: []string{"administer"}}}},
		{Name: "organization", Scopes: []rbac.Scope{{Name: "organization", Permissions: []string{"read", "update"}}}},
		{Name: "workspace", Scopes: []rbac.Scope{resource}, Requires: inWorkspace, Sovereign: true, Open: []rbac.Permission{Read}},
		{Name: "folder", Scopes: []rbac.Scope{resource}, Requires: inResource, Open: []rbac.Permission{Read}},
		{Name: "layer", Scopes: []rbac.Scope{resource, data}, Requires: inLayer, Open: []rbac.Permission{Read}},
	}, nil)
	if err != nil {
		panic(err) // it is the same every time
	}
	return s
}

// Schema returns the schema that the world is to be judged by.
func (w *World) Schema() *rbac.Schema { return w.schema }

// people numbers the principals as a database would and puts users in groups.
func (w *World) people() {
	next := Supervisor
	number := func() rbac.Principal {
		next++
		return next
	}
	for range w.Options.Users {
		w.Users = append(w.Users, number())
	}
	for range w.Options.Groups {
		w.Groups = append(w.Groups, number())
	}
	w.Top.At = rbac.Token{Workspace: rbac.Root, Revision: 1, Above: 1}
	for _, p := range []rbac.Principal{rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Administrators, rbac.Owner} {
		kind := rbac.System
		if p == rbac.Administrators {
			kind = rbac.Group
		}
		w.Top.Profiles = append(w.Top.Profiles, rbac.Profile{Principal: p, Kind: kind})
	}
	w.Top.Profiles = append(w.Top.Profiles, rbac.Profile{Principal: Supervisor, Kind: rbac.User})
	for _, user := range w.Users {
		w.Top.Profiles = append(w.Top.Profiles, rbac.Profile{Principal: user, Kind: rbac.User, Groups: []rbac.Principal{w.Group(user)}})
	}
	for _, group := range w.Groups {
		w.Top.Profiles = append(w.Top.Profiles, rbac.Profile{Principal: group, Kind: rbac.Group})
	}
}

// Group returns the group that a user is in, 0 when he is no user that
// questions ask about.
func (w *World) Group(user rbac.Principal) rbac.Principal {
	i := int(user - Supervisor - 1)
	if i < 0 || i >= len(w.Users) {
		return 0
	}
	return w.Groups[i%len(w.Groups)]
}

// Members returns the users who are in a group.
func (w *World) Members(group rbac.Principal) []rbac.Principal {
	var members []rbac.Principal
	for i := int(group - w.Groups[0]); i >= 0 && i < len(w.Users); i += len(w.Groups) {
		members = append(members, w.Users[i])
	}
	return members
}

// tree makes the nodes, level by level: parents come before their children and
// have smaller numbers.
func (w *World) tree() {
	w.Top.Places = []rbac.Place{
		{Node: Platform, Parent: Platform, Class: "platform"},
		{Node: Organization, Parent: Platform, Class: "organization"},
	}
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	size, inner, level := 1, 0, 1
	for range w.Options.Depth - 1 {
		inner = size
		level *= w.Options.Fanout
		size += level
	}
	// What every database starts with; nobody here is an administrator.
	w.Top.Rules = []rbac.Rule{{
		ID: "00000000-0000-7000-8000-000000000001", Num: 1, Node: Platform, Effect: rbac.Allow,
		Principal: rbac.Administrators, Propagate: true, Origin: "builtin", Created: created,
	}}
	w.Space.At = rbac.Token{Workspace: Workspace, Revision: 1, Above: 1}
	w.Space.Places = make([]rbac.Place, size)
	w.Space.Places[0] = rbac.Place{
		Node: Workspace, Parent: Organization, Class: "workspace", Owner: Supervisor, Workspace: Workspace,
	}
	for i := 1; i < size; i++ {
		class := "folder"
		if i >= inner {
			class = "layer"
		}
		w.Space.Places[i] = rbac.Place{
			Node: Workspace + rbac.Node(i), Parent: Workspace + rbac.Node((i-1)/w.Options.Fanout), Class: class, Workspace: Workspace,
		}
	}
}

// place returns what is known of a node, false when there is none.
func (w *World) place(n rbac.Node) (rbac.Place, bool) {
	switch i := int(n - Workspace); {
	case n < 0 || i >= len(w.Space.Places):
		return rbac.Place{}, false
	case i < 0:
		return w.Top.Places[n], true
	default:
		return w.Space.Places[i], true
	}
}

// Children returns the nodes right below a node of the workspace, ascending.
func (w *World) Children(n rbac.Node) []rbac.Node {
	first := int(n-Workspace)*w.Options.Fanout + 1
	if n < Workspace || first >= len(w.Space.Places) {
		return nil
	}
	children := make([]rbac.Node, w.Options.Fanout)
	for i := range children {
		children[i] = Workspace + rbac.Node(first+i)
	}
	return children
}

// give puts a propagating rule on each of some nodes, chosen uniformly: half to a
// user and half to a group, a tenth of them a deny, most about reading.
func (w *World) give(random *rand.Rand) {
	nodes := random.Perm(len(w.Space.Places))
	nodes = nodes[:int(w.Options.RuleShare*float64(len(nodes))+0.5)]
	rules := make([]rbac.Rule, len(nodes))
	allows := map[rbac.Node]rbac.Principal{}
	for i, n := range nodes {
		r := rbac.Rule{Node: Workspace + rbac.Node(n), Effect: rbac.Allow, Scope: "resource", Permission: "read", Propagate: true}
		switch random.IntN(20) {
		case 0, 1: // all of the scope
			r.Permission = ""
		case 2, 3: // everything
			r.Scope, r.Permission = "", ""
		case 4:
			r.Scope, r.Permission = "data", ""
		}
		if random.IntN(10) == 0 {
			r.Effect = rbac.Deny
		} else {
			r.Principal = w.somebody(random)
			allows[r.Node] = r.Principal
		}
		rules[i] = r
	}
	for _, r := range rules {
		if r.Effect == rbac.Deny {
			r.Principal = w.denied(random, r.Node, allows)
			r.Propagate = !w.Options.NGW || random.IntN(2) == 0
		}
		w.add(r)
	}
	if w.Options.NGW {
		see := rbac.Rule{Node: Workspace, Effect: rbac.Allow, Principal: rbac.Authenticated, Scope: "resource", Permission: "read"}
		w.add(see) // the workspace itself, and nothing below
		see.Class, see.Propagate = "folder", true
		for i, n := range w.Children(Workspace) {
			if i%2 == 0 {
				see.Node = n
				w.add(see)
			}
		}
	}
}

func (w *World) somebody(random *rand.Rand) rbac.Principal {
	if random.IntN(2) == 0 {
		return w.Users[random.IntN(len(w.Users))]
	}
	return w.Groups[random.IntN(len(w.Groups))]
}

// denied chooses to whom something is denied on a node: somebody to whom
// something is allowed above it, where there is such a rule, since a deny to
// anybody else would hardly ever decide.
func (w *World) denied(random *rand.Rand, n rbac.Node, allows map[rbac.Node]rbac.Principal) rbac.Principal {
	somebody := w.somebody(random)
	var above []rbac.Principal
	for n != Workspace {
		n = w.parent(n)
		if p := allows[n]; p != 0 {
			above = append(above, p)
		}
	}
	if len(above) == 0 {
		return somebody
	}
	p := above[random.IntN(len(above))]
	switch group := w.Group(p); {
	case group == 0 && somebody < w.Groups[0]: // a user of the group
		if members := w.Members(p); len(members) > 0 {
			return members[random.IntN(len(members))]
		}
	case group != 0 && somebody >= w.Groups[0]: // the group of the user
		return group
	}
	return p
}

func (w *World) add(r rbac.Rule) {
	r.Num = int64(len(w.Top.Rules) + len(w.Space.Rules) + 1)
	r.ID = rbac.RuleID(fmt.Sprintf("00000000-0000-7000-8000-%012x", r.Num))
	r.Origin = "workload"
	r.Created = w.Top.Rules[0].Created
	w.Space.Rules = append(w.Space.Rules, r)
	w.rules[r.Node] = append(w.rules[r.Node], r)
}

// Identity returns what an engine knows of a user, or of the supervisor.
func (w *World) Identity(user rbac.Principal) rbac.Identity {
	who := rbac.Identity{Principal: user, Kind: rbac.User}
	if group := w.Group(user); group != 0 {
		who.Groups = []rbac.Principal{group}
	}
	return who
}

// Facts returns what a store would read to decide about a user on some nodes:
// they, their ancestors, and the rules on those that can concern him.
func (w *World) Facts(user rbac.Principal, targets ...rbac.Node) rbac.Facts {
	f := rbac.Facts{Subject: w.Identity(user), Places: map[rbac.Node]rbac.Place{}, Targets: slices.Clone(targets)}
	slices.Sort(f.Targets)
	f.Targets = slices.Compact(f.Targets)
	for _, n := range f.Targets {
		for place, ok := w.place(n); ok; place, ok = w.place(place.Parent) {
			if _, seen := f.Places[place.Node]; seen {
				break
			}
			f.Places[place.Node] = place
			for _, r := range w.rules[place.Node] {
				if w.concerns(r, user) {
					f.Rules = append(f.Rules, r)
				}
			}
		}
	}
	return f
}
