package rbac

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
)

// A SimulationFilter chooses what [Engine.Simulate] compares. Its zero value
// chooses the nodes above workspaces and all principals.
type SimulationFilter struct {
	// Under chooses the nodes at or below a node, in its workspace.
	Under Node
	// Principals chooses some, all when nil.
	Principals []Principal
	// Limit bounds the differences, 0 for no bound.
	Limit int
}

// A Difference is what changes would give to a principal on a node, and take
// from him there.
type Difference struct {
	Principal    Principal
	Node         Node
	Given, Taken []Permission
}

// A Simulation is what changes would do.
type Simulation struct {
	// Differences are in ascending order of nodes, then of principals.
	Differences []Difference
	// More is set when there are more of them than were asked for.
	More bool
	// Unknown are nodes, in ascending order, for which the answer depends on
	// nodes of another workspace, so that it was not compared for somebody.
	Unknown []Node
}

// Simulate tells what changes, done one after another, would give and take, and
// does nothing. It returns ErrNoNode when the node that it is to look under does
// not exist, and ErrInvalid, naming the change, for one that makes no sense
// there: of a node that is not in its workspace, of nobody, below itself.
func (e *Engine) Simulate(ctx context.Context, changes []Change, f SimulationFilter, c Consistency) (Simulation, error) {
	if f.Limit < 0 {
		return Simulation{}, fmt.Errorf("%w: limit: %d, expected no negative number", ErrInvalid, f.Limit)
	}
	before, under, err := e.behold(ctx, f.Under, c)
	if err != nil {
		return Simulation{}, err
	}
	return before.simulate(under, changes, f, e.now().UnixMicro())
}

// simulate compares a view with what it would be after changes.
func (v *view) simulate(under int32, changes []Change, f SimulationFilter, now int64) (Simulation, error) {
	before := v
	var places []int32
	for at := range before.ground.inOrder(-1) {
		if before.ground.within(at, under) {
			before.ground.list(at) // so that what does not change is shared
			places = append(places, at)
		}
	}
	after := &view{summit: before.summit, ground: before.ground, revision: before.revision}
	for i, change := range changes {
		if err := after.suppose(change, now); err != nil {
			return Simulation{}, fmt.Errorf("%w: changes[%d]: %w", ErrInvalid, i, err)
		}
	}
	principals := f.Principals
	if principals == nil {
		for p := range Principal(before.summit.directory.last) {
			if before.summit.directory.profile(p) != nil {
				principals = append(principals, p)
			}
		}
	}
	principals = slices.Clone(principals)
	slices.Sort(principals)
	return compare(before, after, places, slices.Compact(principals), f.Limit), nil
}

// compare tells how two moments differ on some places.
func compare(before, after *view, places []int32, principals []Principal, limit int) Simulation {
	var s Simulation
	same := before.summit.directory == after.summit.directory
	for _, at := range places {
		n := before.ground.nums.at(at)
		there := after.ground.find(n)
		if same && there == at && !before.ground.moot(at) && before.ground.list(at) == after.ground.list(there) {
			continue
		}
		unknown := false
		for _, p := range principals {
			was, sure := before.everything(p, before.ground, at)
			is, also := after.everything(p, after.ground, there)
			if !sure || !also {
				unknown = true
				continue
			}
			if was.mask == is.mask {
				continue
			}
			if limit > 0 && len(s.Differences) == limit {
				s.More = true
				return s
			}
			both := Set{class: was.class}
			if both.class == nil {
				both.class = is.class
			}
			given, taken := both, both
			given.mask, taken.mask = is.mask&^was.mask, was.mask&^is.mask
			s.Differences = append(s.Differences, Difference{Principal: p, Node: n, Given: given.List(), Taken: taken.List()})
		}
		if unknown {
			s.Unknown = append(s.Unknown, n)
		}
	}
	return s
}

// moot reports whether links may have a say in anything on a place.
func (g *ground) moot(at int32) bool {
	l := g.list(at)
	return l.class != nil && bits.OnesCount64(l.free) < len(l.class.permissions)
}

// everything is effective for a principal by number, and for places that are
// not there.
func (v *view) everything(p Principal, g *ground, at int32) (set Set, sure bool) {
	who := v.summit.directory.subject(p)
	if who == nil || at < 0 {
		return Set{}, true
	}
	set, a := v.effective(who, g, at)
	return set, a != unsure
}

// suppose makes a view that nobody else sees one after a change.
func (v *view) suppose(c Change, now int64) error {
	above, here := &Delta{Workspace: Root}, &Delta{Workspace: v.ground.workspace}
	delta := here
	if v.ground.workspace == Root {
		delta = above
	}
	var err error
	switch c.Kind {
	case ChangeGrant:
		err = v.supposeRule(c.Rule, delta)
	case ChangeRevoke:
		if at, known := v.ground.ruleAt.find(c.Rule.Num); !known || !v.ground.ruledBy(at, c.Rule.Num) {
			return fmt.Errorf("rule: %d, expected one of the workspace", c.Rule.Num) //nolint:err113 // wrapped
		}
		delta.GoneRules = []int64{c.Rule.Num}
	case ChangeJoin, ChangePart, ChangeDisable, ChangeEnable:
		err = v.supposeProfile(c, above)
	case ChangeMove, ChangeDelete, ChangeOwn, ChangeSeal, ChangeUnseal:
		err = v.supposePlace(c, delta)
	default:
		err = fmt.Errorf("kind: %q, expected one of those that there are", c.Kind) //nolint:err113 // wrapped
	}
	if err != nil {
		return err
	}
	workspace := v.ground.workspace
	above.To = v.summit.revision
	v.summit = v.summit.after(above, now)
	if workspace == Root {
		v.ground = v.summit.ground
		return nil
	}
	v.ground = v.ground.over(v.summit.ground, v.summit.namings).after(here, now)
	return nil
}

func (v *view) supposeRule(r Rule, d *Delta) error {
	switch {
	case r.Effect != Allow && r.Effect != Deny:
		return fmt.Errorf("rule.effect: %q, expected allow or deny", r.Effect) //nolint:err113 // wrapped
	case v.ground.find(r.Node) < 0:
		return fmt.Errorf("rule.node: %d, expected one of the workspace", r.Node) //nolint:err113 // wrapped
	case v.summit.directory.profile(r.Principal) == nil:
		return fmt.Errorf("rule.principal: %d, expected one that exists", r.Principal) //nolint:err113 // wrapped
	}
	// A number that no rule has.
	r.Num = supposed
	for {
		if _, known := v.ground.ruleAt.find(r.Num); !known {
			break
		}
		r.Num++
	}
	d.Rules = []Rule{r}
	return nil
}

// supposed is where the numbers of rules begin that are not.
const supposed = 1 << 62

// ruledBy reports whether a rule is on a place.
func (g *ground) ruledBy(at int32, num int64) bool {
	return slices.ContainsFunc(g.rules.at(at), func(d *directive) bool { return d.num == num })
}

func (v *view) supposeProfile(c Change, d *Delta) error {
	was := v.summit.directory.profile(c.Principal)
	if was == nil {
		return fmt.Errorf("principal: %d, expected one that exists", c.Principal) //nolint:err113 // wrapped
	}
	p := *was
	switch c.Kind {
	case ChangeJoin, ChangePart:
		if group := v.summit.directory.profile(c.Group); group == nil || group.Kind != Group {
			return fmt.Errorf("group: %d, expected a group", c.Group) //nolint:err113 // wrapped
		}
		p.Groups = slices.DeleteFunc(slices.Clone(p.Groups), func(g Principal) bool { return g == c.Group })
		if c.Kind == ChangeJoin {
			p.Groups = append(p.Groups, c.Group)
			slices.Sort(p.Groups)
		}
	default:
		p.Disabled = c.Kind == ChangeDisable
	}
	d.Profiles = []Profile{p}
	return nil
}

func (v *view) supposePlace(c Change, d *Delta) error {
	g := v.ground
	at := g.find(c.Node)
	if at < 0 {
		return fmt.Errorf("node: %d, expected one of the workspace", c.Node) //nolint:err113 // wrapped
	}
	p := g.placeAt(at)
	switch c.Kind {
	case ChangeMove:
		to := g.find(c.Parent)
		if to < 0 && (g.from == nil || g.from.find(c.Parent) < 0 || c.Node != g.workspace) {
			return fmt.Errorf("parent: %d, expected one of the workspace", c.Parent) //nolint:err113 // wrapped
		}
		if to >= 0 && g.within(to, at) {
			return fmt.Errorf("parent: %d, expected one that is not below the node", c.Parent) //nolint:err113 // wrapped
		}
		p.Parent = c.Parent
	case ChangeDelete:
		for below := range g.inOrder(-1) {
			if g.within(below, at) {
				d.GonePlaces = append(d.GonePlaces, g.nums.at(below))
			}
		}
		return nil
	case ChangeOwn:
		p.Owner = c.Principal
	default:
		p.Sealed = c.Kind == ChangeSeal
	}
	d.Places = []Place{p}
	return nil
}

// placeAt returns what is known of a place.
func (g *ground) placeAt(at int32) Place {
	c := g.classes.at(at)
	p := Place{Node: g.nums.at(at), Workspace: g.workspace, Owner: g.owners.at(at), Sealed: c&sealedFlag != 0}
	if c &= classBits; c > 0 {
		p.Class = g.schema.list[c-1].Name
	} else {
		p.Class = g.aliens[at]
	}
	if parent := g.parents.at(at); parent >= 0 {
		p.Parent = g.nums.at(parent)
	} else if i := slices.IndexFunc(g.tops, func(t top) bool { return t.at == at }); i >= 0 {
		p.Parent = g.tops[i].above
	}
	for _, l := range g.links.at(at) {
		if p.Links == nil {
			p.Links = map[string]Node{}
		}
		p.Links[l.relation] = l.target
	}
	return p
}
