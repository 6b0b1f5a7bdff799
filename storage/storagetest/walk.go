package storagetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// A walk changes a platform at random, through every method of the stores that
// changes something a decision can depend on.
type walk struct {
	*sample

	rand *rand.Rand
	// What prepare made for the steps that take along what is kept elsewhere.
	member     workspace.Member
	group      workspace.Group
	key        apikey.Key
	accessKey  accesskey.Key
	offering   offering.Offering
	permission offering.Permission
	access     apikey.Access
	land       []rbac.Node // what lies in workspaces and is not published
	owned      rbac.Node
	owner      rbac.Principal
}

// errNone is what a step ends with that finds nothing to change.
var errNone = errors.New("there is nothing to change")

// pick returns one of a list at random.
func pick[T any](w *walk, list []T, err error) (T, error) {
	var none T
	if err != nil || len(list) == 0 {
		return none, errors.Join(err, errNone)
	}
	return list[w.rand.IntN(len(list))], nil
}

func (w *walk) anOrganization(ctx context.Context) (workspace.Organization, error) {
	list, err := w.Workspaces.Organizations(ctx, workspace.OrganizationFilter{})
	return pick(w, list, err)
}

func (w *walk) aWorkspace(ctx context.Context) (workspace.Workspace, error) {
	list, err := w.Workspaces.Workspaces(ctx, workspace.Filter{})
	return pick(w, list, err)
}

func (w *walk) aUser(ctx context.Context) (workspace.User, error) {
	list, err := w.Workspaces.Users(ctx, workspace.UserFilter{})
	return pick(w, list, err)
}

func (w *walk) aGroup(ctx context.Context) (workspace.Group, error) {
	list, err := w.Workspaces.Groups(ctx, workspace.GroupFilter{})
	return pick(w, list, err)
}

// somebody returns a user, a group, or a key.
func (w *walk) somebody(ctx context.Context) (rbac.Principal, error) {
	users, err := w.aUser(ctx)
	list := []rbac.Principal{users.Num}
	if group, none := w.aGroup(ctx); none == nil {
		list = append(list, group.Num)
	}
	if key, none := w.aKey(ctx); none == nil {
		list = append(list, key.Num)
	}
	return pick(w, list, err)
}

func (w *walk) aKey(ctx context.Context) (apikey.Key, error) {
	list, _, err := w.Keys.Keys(ctx, apikey.Filter{})
	return pick(w, list, err)
}

func (w *walk) anOffering(ctx context.Context) (offering.Offering, error) {
	list, err := w.Offerings.Offerings(ctx, offering.Filter{})
	return pick(w, list, err)
}

func (w *walk) aPermission(ctx context.Context) (offering.Permission, error) {
	list, err := w.Offerings.Permissions(ctx, offering.PermissionFilter{})
	return pick(w, list, err)
}

// aNode returns a node of any sort.
func (w *walk) aNode(ctx context.Context) (rbac.Node, error) {
	list := []rbac.Node{rbac.Root}
	if o, none := w.anOrganization(ctx); none == nil {
		list = append(list, o.Num)
	}
	if o, none := w.anOffering(ctx); none == nil {
		list = append(list, o.Num)
	}
	in, err := w.aWorkspace(ctx)
	return pick(w, append(list, in.Num), err)
}

func (w *walk) chance() bool { return w.rand.IntN(2) == 0 }

// steps are what a walk does, by the method that it is for. One that finds
// nothing to change, or is refused, changes nothing.
func (w *walk) steps() map[string]func(ctx context.Context) error {
	steps := map[string]func(ctx context.Context) error{}
	maps.Copy(steps, w.ruleSteps())
	maps.Copy(steps, w.workspaceSteps())
	maps.Copy(steps, w.peopleSteps())
	maps.Copy(steps, w.offeringSteps())
	maps.Copy(steps, w.estateSteps())
	maps.Copy(steps, w.departureSteps())
	maps.Copy(steps, w.accessKeySteps())
	maps.Copy(steps, w.resourceSteps())
	return steps
}

func (w *walk) ruleSteps() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Rules.AddRule": func(ctx context.Context) error {
			p, err := w.somebody(ctx)
			n, none := w.aNode(ctx)
			if err := errors.Join(err, none); err != nil {
				return err
			}
			r := w.rule(n, p, rbac.RoleName(fmt.Sprintf("role%d", w.rand.IntN(3))), []string{"", memberOrigin, "some"}[w.rand.IntN(3)])
			_, err = w.Rules.AddRule(ctx, r)
			return err
		},
		"Rules.DeleteRules": func(ctx context.Context) error {
			p, err := w.somebody(ctx)
			n, none := w.aNode(ctx)
			f := rbac.RuleFilter{Principals: []rbac.Principal{p}}
			if w.chance() {
				f = rbac.RuleFilter{Nodes: []rbac.Node{n}, Limit: 2}
			}
			if err := errors.Join(err, none); err != nil {
				return err
			}
			_, err = w.Rules.DeleteRules(ctx, f)
			return err
		},
		"Rules.PutRole": func(ctx context.Context) error {
			return w.Rules.PutRole(ctx, rbac.Role{Name: rbac.RoleName(fmt.Sprintf("role%d", w.rand.IntN(5))), Title: uid.New()})
		},
		"Rules.DeleteRole": func(ctx context.Context) error {
			return w.Rules.DeleteRole(ctx, rbac.RoleName(fmt.Sprintf("role%d", w.rand.IntN(5))))
		},
	}
}

func (w *walk) workspaceSteps() map[string]func(ctx context.Context) error {
	// spot gives a workspace an organization, a supervisor and a seal.
	spot := func(ctx context.Context, v *workspace.Workspace) error {
		u, err := w.aUser(ctx)
		v.Supervisor, v.Active, v.Organization = u.ID, w.chance(), ""
		if o, none := w.anOrganization(ctx); none == nil && w.chance() {
			v.Organization = o.ID
		}
		return err
	}
	return map[string]func(ctx context.Context) error{
		"Workspaces.AddOrganization": func(ctx context.Context) error {
			_, err := w.Workspaces.AddOrganization(ctx, workspace.Organization{ID: workspace.OrganizationID(uid.New()), Name: uid.New()})
			return err
		},
		"Workspaces.DeleteOrganization": func(ctx context.Context) error {
			o, err := w.anOrganization(ctx)
			if err != nil {
				return err
			}
			return w.Workspaces.DeleteOrganization(ctx, o.ID)
		},
		"Workspaces.AddWorkspace": func(ctx context.Context) error {
			v := workspace.Workspace{ID: workspace.ID(uid.New()), Name: "n", TechnicalName: uid.New(), Contact: "x@example.org"}
			if err := spot(ctx, &v); err != nil {
				return err
			}
			_, err := w.Workspaces.AddWorkspace(ctx, v)
			return err
		},
		"Workspaces.SaveWorkspace": func(ctx context.Context) error {
			v, err := w.aWorkspace(ctx)
			if err == nil {
				err = spot(ctx, &v)
			}
			if err != nil {
				return err
			}
			return w.Workspaces.SaveWorkspace(ctx, v)
		},
		"Workspaces.PutMember": func(ctx context.Context) error {
			v, err := w.aWorkspace(ctx)
			p, none := w.somebody(ctx)
			if err := errors.Join(err, none); err != nil {
				return err
			}
			return w.Workspaces.PutMember(ctx, workspace.Member{Workspace: v.ID, Principal: p, Created: at(1), Updated: at(1)})
		},
		"Workspaces.DeleteMember": func(ctx context.Context) error {
			return w.Workspaces.DeleteMember(ctx, w.member.Workspace, w.member.Principal)
		},
	}
}

func (w *walk) nodeOf(ctx context.Context, id workspace.ID) rbac.Node {
	list, err := w.Workspaces.Workspaces(ctx, workspace.Filter{IDs: []workspace.ID{id}})
	if err != nil || len(list) != 1 {
		w.t.Errorf("workspace %s: %v, %v", id, list, err)
		return rbac.Root
	}
	return list[0].Num
}

func (w *walk) peopleSteps() map[string]func(ctx context.Context) error {
	// both are a group and somebody who is or is not in it.
	both := func(ctx context.Context, do func(ctx context.Context, group, member rbac.Principal) (bool, error)) error {
		g, err := w.aGroup(ctx)
		p, none := w.somebody(ctx)
		if err := errors.Join(err, none); err != nil {
			return err
		}
		group := g.Num
		if w.rand.IntN(4) == 0 {
			group = rbac.Administrators
		}
		_, err = do(ctx, group, p)
		return err
	}
	return map[string]func(ctx context.Context) error{
		"Workspaces.AddUser": func(ctx context.Context) error {
			id := uid.New()
			_, err := w.Workspaces.AddUser(ctx, workspace.User{
				ID: workspace.UserID(id), Username: id, Email: id + "@example.org", Disabled: w.chance(), Administrator: w.chance(),
			})
			return err
		},
		"Workspaces.SaveUser": func(ctx context.Context) error {
			u, err := w.aUser(ctx)
			if err != nil {
				return err
			}
			u.Disabled, u.Administrator = w.chance(), w.chance()
			return w.Workspaces.SaveUser(ctx, u)
		},
		"Workspaces.AddGroup": func(ctx context.Context) error {
			g := workspace.Group{ID: workspace.GroupID(uid.New()), Name: uid.New()}
			if v, none := w.aWorkspace(ctx); none == nil && w.chance() {
				g.Workspace = v.ID
			}
			_, err := w.Workspaces.AddGroup(ctx, g)
			return err
		},
		"Workspaces.DeleteGroup": func(ctx context.Context) error {
			return w.Workspaces.DeleteGroup(ctx, w.group.ID)
		},
		"Workspaces.Join": func(ctx context.Context) error { return both(ctx, w.Workspaces.Join) },
		"Workspaces.Part": func(ctx context.Context) error { return both(ctx, w.Workspaces.Part) },
		"Keys.AddKey": func(ctx context.Context) error {
			u, err := w.aUser(ctx)
			if err != nil {
				return err
			}
			k, secrets := w.freshKey(u.ID, apikey.Hash)
			_, err = w.Keys.AddKey(ctx, k, secrets)
			return err
		},
		"Keys.DeleteKey": func(ctx context.Context) error {
			return w.Keys.DeleteKey(ctx, w.key.ID)
		},
	}
}

func (w *walk) offeringSteps() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Offerings.AddOffering": func(ctx context.Context) error {
			o, err := w.anOffering(ctx)
			if err != nil {
				return err
			}
			o.ID, o.LayerName = offering.ID(uid.New()), uid.New()
			_, err = w.Offerings.AddOffering(ctx, o)
			return err
		},
		"Offerings.DeleteOffering": func(ctx context.Context) error {
			if n, err := w.Offerings.CountOfferings(ctx, offering.Filter{}); err != nil || n < 2 {
				return errors.Join(err, errNone)
			}
			return w.Offerings.DeleteOffering(ctx, w.offering.ID)
		},
		"Offerings.AddPermission": func(ctx context.Context) error {
			o, err := w.anOffering(ctx)
			u, none := w.aUser(ctx)
			if err := errors.Join(err, none); err != nil {
				return err
			}
			return w.Offerings.AddPermission(ctx, offering.Permission{
				ID: offering.PermissionID(uid.New()), Workspace: o.Workspace, User: u.ID, Licence: "l", Offerings: []offering.Offering{o},
			})
		},
		"Offerings.SavePermission": func(ctx context.Context) error {
			p := w.permission
			p.End = at(w.rand.IntN(1000))
			if w.chance() {
				p.Offerings = nil
			}
			return w.Offerings.SavePermission(ctx, p)
		},
		"Offerings.DeletePermission": func(ctx context.Context) error {
			return w.Offerings.DeletePermission(ctx, w.permission.ID)
		},
		"Keys.AddAccess": func(ctx context.Context) error {
			o, err := w.anOffering(ctx)
			if err != nil {
				return err
			}
			_, err = w.join(ctx, nil, o)
			return err
		},
		"Keys.DeleteAccess": func(ctx context.Context) error {
			return w.Keys.DeleteAccess(ctx, w.access.Key, w.access.ID)
		},
	}
}

// join joins a key to an offering, through a permission if there is one.
func (w *walk) join(ctx context.Context, p *offering.Permission, o offering.Offering) (apikey.Access, error) {
	k, err := w.aKey(ctx)
	if err != nil {
		return apikey.Access{}, err
	}
	a := apikey.Access{ID: apikey.AccessID(uid.New()), Key: k.ID, Permission: p, Offering: o, Created: at(3)}
	if err := w.Keys.AddAccess(ctx, a); err != nil {
		return a, err
	}
	_, err = w.Rules.AddRule(ctx, w.rule(o.Num, k.Num, "", "access/"+string(a.ID)))
	return a, err
}

// prepare makes what a step is to take along, in a unit of its own: what comes
// and goes in one leaves a line for coming.
func (w *walk) prepare(ctx context.Context, step string) (err error) {
	switch step {
	case "Workspaces.DeleteGroup", "Keys.DeleteKey":
		group, none := w.aGroup(ctx)
		key, noKey := w.aKey(ctx)
		n, err := w.aNode(ctx)
		if err := errors.Join(none, noKey, err); err != nil {
			return err
		}
		w.group, w.key = group, key
		_, err = w.Rules.AddRule(ctx, w.rule(n, group.Num, "role0", "some"))
		_, again := w.Rules.AddRule(ctx, w.rule(n, key.Num, "role0", "some"))
		return errors.Join(err, again)
	case "Workspaces.Reown":
		return w.own(ctx)
	case "AccessKeys.DeleteKey":
		return w.prepareAccessKey(ctx)
	case "Workspaces.DeleteMember":
		list, err := w.Workspaces.Members(ctx, workspace.MemberFilter{})
		if w.member, err = pick(w, list, err); err != nil {
			return err
		}
		_, err = w.Rules.AddRule(ctx, w.rule(w.nodeOf(ctx, w.member.Workspace), w.member.Principal, "role0", memberOrigin))
		return err
	case "Offerings.DeleteOffering", "Keys.DeleteAccess":
		if w.offering, err = w.anOffering(ctx); err != nil {
			return err
		}
		w.access, err = w.join(ctx, nil, w.offering)
		return err
	case "Offerings.SavePermission", "Offerings.DeletePermission":
		w.permission, err = w.aPermission(ctx)
		if err == nil && len(w.permission.Offerings) > 0 {
			_, err = w.join(ctx, &w.permission, w.permission.Offerings[0])
		}
		return err
	}
	return nil
}

// feedKnowsAll finds methods of stores that change something and are neither
// walked nor known to concern no decision.
func feedKnowsAll(s *sample) {
	steps := (&walk{sample: s}).steps()
	for name, store := range s.stores() {
		if !slices.Contains([]string{"Rules", "Workspaces", "Offerings", "Keys", "AccessKeys", "Resources"}, name) {
			continue // they have no tables that decide
		}
		kind := reflect.TypeOf(store)
		for m := range kind.Methods() {
			method := name + "." + m.Name
			if !slices.Contains(reads(), m.Name) && steps[method] == nil && !slices.Contains(undecided(), method) {
				s.t.Errorf("no walk goes through %s", method)
			}
		}
	}
}

// feedFollows walks, and wants what is followed by deltas alone to be what a
// fresh load is, after every step.
func feedFollows(s *sample) {
	w := &walk{sample: s, rand: rand.New(rand.NewPCG(1, 3))}
	s.offering(s.place().ID)
	followed := w.settled()
	s.offering(s.place().ID)
	w.compare("the beginning", followed, false)
	steps := w.steps()
	names := slices.Sorted(maps.Keys(steps))
	done := map[string]int{}
	for round := range 14 {
		w.rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for i := 0; i < len(names); {
			some := min(len(names)-i, 1+w.rand.IntN(2))
			for _, name := range names[i : i+some] {
				// Refusals are as good: there is nothing that the step could do.
				_ = s.Tx(s.t.Context(), func(ctx context.Context) error { return w.prepare(ctx, name) })
			}
			w.compare(fmt.Sprintf("round %d, preparing %v", round, names[i:i+some]), followed, false)
			err := s.Tx(s.t.Context(), func(ctx context.Context) error {
				for _, name := range names[i : i+some] {
					if err := steps[name](ctx); err != nil {
						return fmt.Errorf("%s: %w", name, err)
					}
				}
				if w.rand.IntN(5) == 0 {
					return errOwn
				}
				return nil
			})
			what := fmt.Sprintf("round %d, %v, %v", round, names[i:i+some], err)
			for _, name := range names[i : i+some] {
				if err == nil {
					done[name]++
				}
			}
			w.compare(what, followed, err != nil)
			if s.t.Failed() {
				return
			}
			i += some
		}
	}
	for _, name := range names {
		if done[name] == 0 {
			s.t.Errorf("no step of %s was ever kept", name)
		}
	}
}

// compare follows the deltas of a step, and wants none after one that was not
// kept.
func (w *walk) compare(what string, followed map[rbac.Node]rbac.State, refused bool) {
	w.t.Helper()
	list, err := w.Workspaces.Workspaces(w.t.Context(), workspace.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, v := range list {
		if _, known := followed[v.Num]; !known { // from when there was none
			followed[v.Num] = rbac.State{At: rbac.Token{Workspace: v.Num}}
		}
	}
	deltas := w.since(slices.Collect(maps.Values(followed))...)
	if refused && len(deltas) > 0 {
		w.t.Errorf("%s: %+v of what was not kept", what, deltas)
	}
	for n, d := range deltas {
		followed[n] = w.follow(followed[n], d)
	}
	for n, state := range followed {
		if w.gone(n, state) {
			delete(followed, n)
			continue
		}
		w.sameState(fmt.Sprintf("%s: what is followed of %d", what, n), state, w.load(n))
	}
}
