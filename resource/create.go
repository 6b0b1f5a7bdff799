package resource

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A Draft is what a resource is to be made of.
type Draft struct {
	Class       string
	Parent      rbac.Node
	DisplayName string
	Keyname     string
	Description string
	Meta        map[string]any
	Settings    Settings
	// Owner is who is to own it, who makes it when 0: the key of a workspace
	// itself, the user that a personal key acts for. Naming somebody else needs
	// what [Service.Transfer] needs.
	Owner rbac.Principal
	// Rules are to be on it from the beginning: see [Service.SetRules].
	Rules []rbac.Rule
}

// Create makes a resource. It needs [ManageChildren] on the parent and, on the
// resource as it will be, [Create] and [Update], [WriteMetadata] for a
// description or Meta, what each attribute needs to be written, and [Read] on
// what it refers to. A refusal of what it lacks on the resource names the
// parent, from which that would have come.
//
// It returns ErrNotFound for the parent, ErrNoClass, a [HierarchyError], a
// [TakenError] and *[quota.ExceededError] where the workspace may have no more
// of the class, or of resources in all.
func (s *Service) Create(ctx context.Context, actor workspace.Actor, d Draft) (Resource, error) {
	parent, err := s.find(ctx, d.Parent)
	if err != nil {
		return Resource{}, err
	}
	// Asked here too, so that who lacks it locks nothing.
	if err := s.require(ctx, actor, d.Parent, ManageChildren); err != nil {
		return Resource{}, err
	}
	r, class, err := s.drafted(actor, d)
	if err != nil {
		return Resource{}, err
	}
	if err := hangs(class, parent); err != nil {
		return Resource{}, err
	}
	var made Resource
	err = s.store.Tx(ctx, func(ctx context.Context) error {
		parent, w, err := s.locked(ctx, d.Parent)
		if err != nil {
			return err
		}
		if err := s.require(ctx, actor, d.Parent, ManageChildren); err != nil {
			return err
		}
		if err := s.charge(ctx, w, class.Name); err != nil {
			return err
		}
		r := r
		r.Workspace, r.Top = w.ID, parent.Top
		if made, err = s.place(ctx, actor, class, d, r); err != nil {
			return err
		}
		after := map[string]any{
			"num": int64(made.Num), "class": made.Class, "parent": int64(made.Parent), "display_name": made.DisplayName,
			"owner": int64(made.Owner),
		}
		if made.Keyname != "" {
			after["keyname"] = made.Keyname
		}
		return s.record(ctx, actor, w, "resource.create", made, nil, after)
	})
	if err != nil {
		return Resource{}, err
	}
	return s.Resource(ctx, actor, made.Num)
}

// drafted returns a resource of a draft, its settings as they are read.
func (s *Service) drafted(actor workspace.Actor, d Draft) (Resource, Class, error) {
	class, ok := s.catalog.Class(d.Class)
	if !ok {
		return Resource{}, class, fmt.Errorf("%w: %q", ErrNoClass, d.Class)
	}
	now := s.clock()
	r := Resource{
		ID: ID(uid.New()), Parent: d.Parent, Class: class.Name, Owner: creator(actor),
		DisplayName: d.DisplayName, Keyname: d.Keyname, Description: d.Description, Meta: d.Meta, Created: now, Updated: now,
	}
	r, err := cleaned(r)
	if err != nil {
		return r, class, err
	}
	r.Settings, err = s.catalog.conform(class, nil, d.Settings)
	return r, class, err
}

// cleaned returns a resource with names, description and meta as they are kept.
func cleaned(r Resource) (Resource, error) {
	var err error
	if r.DisplayName, err = cleanName(r.DisplayName); err != nil {
		return r, err
	}
	if err := checkKeyname(r.Keyname); err != nil {
		return r, err
	}
	if r.Description, err = cleanDescription(r.Description); err != nil {
		return r, err
	}
	r.Meta, err = cleanMeta(r.Meta)
	return r, err
}

// hangs refuses a class that cannot lie in a resource.
func hangs(class Class, parent Resource) error {
	in := parent.Class
	if in == workspace.ClassWorkspace {
		in = ResourceGroup
	}
	if !slices.Contains(class.Parents, in) {
		return &HierarchyError{Class: class.Name, Parent: parent.Num, In: parent.Class}
	}
	return nil
}

// place stores a new resource and makes sure that its maker may have it there.
// Rules are asked in the order in which parts come to be (spec/ngw.md §3.6):
// first there is its place, then an owner and rules of its own, and these say
// whether it may have names, a description and settings.
func (s *Service) place(ctx context.Context, actor workspace.Actor, class Class, d Draft, r Resource) (Resource, error) {
	stored := r
	var err error
	if stored.Settings, err = s.seal(r.ID, class, r.Settings); err != nil {
		return Resource{}, err
	}
	if stored, err = s.store.Add(ctx, stored); err != nil {
		return Resource{}, err
	}
	r.Num, r.Top, r.Workspace = stored.Num, stored.Top, stored.Workspace
	if err := s.require(ctx, actor, r.Num, Create); err != nil {
		return Resource{}, elsewhere(err, r.Num, r.Parent)
	}
	if d.Owner != 0 && d.Owner != r.Owner {
		if _, err := s.Transfer(ctx, actor, r.Num, d.Owner, false); err != nil {
			return Resource{}, elsewhere(err, r.Num, r.Parent)
		}
		r.Owner = d.Owner
	}
	if len(d.Rules) > 0 {
		if _, err := s.SetRules(ctx, actor, r.Num, d.Rules); err != nil {
			return Resource{}, elsewhere(err, r.Num, r.Parent)
		}
	}
	perms := append([]rbac.Permission{Update}, changed(class, nil, r.Settings)...)
	if r.Description != "" || len(r.Meta) > 0 {
		perms = append(perms, WriteMetadata)
	}
	if err := s.require(ctx, actor, r.Num, perms...); err != nil {
		return Resource{}, elsewhere(err, r.Num, r.Parent)
	}
	if err := s.reach(ctx, actor, class, nil, r); err != nil {
		return Resource{}, err
	}
	if keeper := s.keepers[class.Name]; keeper != nil {
		before := copied(r.Settings)
		if err := keeper.Create(ctx, &r); err != nil {
			return Resource{}, err
		}
		if !reflect.DeepEqual(before, r.Settings) {
			return r, s.write(ctx, class, r)
		}
	}
	return r, s.refer(ctx, class, r)
}

// elsewhere makes a refusal on a resource that will not come to be one on its
// parent.
func elsewhere(err error, n, parent rbac.Node) error {
	denied, ok := errors.AsType[*rbac.DeniedError](err)
	if !ok || denied.Explanation.Node != n {
		return err
	}
	x := denied.Explanation
	x.Node = parent
	if x.At == n {
		x.At = parent
	}
	return &rbac.DeniedError{Explanation: x}
}

// reach makes sure that what a resource refers to is there and is what the
// attributes want, and that the actor sees what it did not refer to before.
func (s *Service) reach(ctx context.Context, actor workspace.Actor, class Class, before Settings, r Resource) error {
	refs := references(class, r.Settings)
	if len(refs) == 0 {
		return nil
	}
	nums := make([]rbac.Node, 0, len(refs))
	for _, ref := range refs {
		nums = append(nums, ref.To)
	}
	targets, err := s.store.Resources(ctx, Filter{Nums: nums, Workspaces: []rbac.Node{r.Top}})
	if err != nil {
		return err
	}
	classes := make(map[rbac.Node]string, len(targets))
	for _, target := range targets {
		classes[target.Num] = target.Class
	}
	err = s.catalog.leads(class, r.Settings, func(n rbac.Node) (string, bool) {
		name, ok := classes[n]
		return name, ok
	})
	if err != nil {
		return err
	}
	old := map[rbac.Node]bool{}
	for _, ref := range references(class, before) {
		old[ref.To] = true
	}
	for _, ref := range refs {
		if old[ref.To] {
			continue
		}
		if err := s.require(ctx, actor, ref.To, Read); err != nil {
			return err
		}
	}
	return nil
}

// copied returns settings that share nothing with what they are copied of.
func copied(s Settings) Settings {
	if s == nil {
		return nil
	}
	made := make(Settings, len(s))
	for member, values := range s {
		made[member], _ = clone(values).(map[string]any)
	}
	return made
}
