package workspace

import (
	"cmp"
	"context"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// Details are a workspace with whom it names.
type Details struct {
	Workspace

	// SupervisedBy leaves out when he last came and whether he administers the
	// platform.
	SupervisedBy User
	// PaidBy is nil for a workspace without organization. Belonging to a
	// workspace tells of its organization no more than ID, Num and Name.
	PaidBy *Organization
}

// details adds whom workspaces name.
func (s *Service) details(ctx context.Context, list ...Workspace) ([]Details, error) {
	supervisors := make([]UserID, 0, len(list))
	var payers []OrganizationID
	for _, w := range list {
		supervisors = append(supervisors, w.Supervisor)
		if w.Organization != "" {
			payers = append(payers, w.Organization)
		}
	}
	people := map[UserID]User{}
	if len(supervisors) > 0 { // an empty list would choose everybody
		users, err := s.store.Users(ctx, UserFilter{IDs: distinct(supervisors)})
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			people[u.ID] = u.shown()
		}
	}
	paying := map[OrganizationID]Organization{}
	if len(payers) > 0 {
		organizations, err := s.store.Organizations(ctx, OrganizationFilter{IDs: distinct(payers)})
		if err != nil {
			return nil, err
		}
		for _, o := range organizations {
			paying[o.ID] = Organization{ID: o.ID, Num: o.Num, Name: o.Name}
		}
	}
	all := make([]Details, 0, len(list))
	for _, w := range list {
		d := Details{Workspace: w, SupervisedBy: people[w.Supervisor]}
		if o, ok := paying[w.Organization]; ok {
			d.PaidBy = &o
		}
		all = append(all, d)
	}
	return all, nil
}

// distinct returns every value once, sorted.
func distinct[T cmp.Ordered](list []T) []T {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// Workspace returns one. It needs [Read].
func (s *Service) Workspace(ctx context.Context, actor Actor, id ID) (Details, error) {
	w, err := s.find(ctx, actor, id, s.on(actor, Read))
	if err != nil {
		return Details{}, err
	}
	return one(s.details(ctx, w))
}

// Workspaces lists all workspaces, and how many there are. It needs
// [Administer].
func (s *Service) Workspaces(ctx context.Context, actor Actor, f Filter) ([]Details, int, error) {
	if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
		return nil, 0, err
	}
	return s.list(ctx, f)
}

func (s *Service) list(ctx context.Context, f Filter) ([]Details, int, error) {
	found, err := s.store.Workspaces(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.CountWorkspaces(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.details(ctx, found...)
	return list, total, err
}

// Catalog lists the public workspaces, and how many there are, for everybody
// who is signed in. Of supervisors it tells ID, Num and names; who made and changed
// a workspace it leaves out, and where its data are. Asking for those that somebody
// else is a member of or supervises needs [Administer].
func (s *Service) Catalog(ctx context.Context, actor Actor, f Filter) ([]Details, int, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return nil, 0, err
	}
	for _, p := range []rbac.Principal{f.Member, f.Supervisor} {
		if p == 0 || p == actor.Principal {
			continue
		}
		if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
			return nil, 0, err
		}
	}
	public := true
	f.Public, f.Databases = &public, nil // what is not shown is not answered either
	list, total, err := s.list(ctx, f)
	for i, d := range list {
		u := d.SupervisedBy
		list[i].SupervisedBy = User{ID: u.ID, Num: u.Num, FirstName: u.FirstName, LastName: u.LastName}
		list[i].CreatedBy, list[i].UpdatedBy, list[i].Project.Database = "", "", ""
	}
	return list, total, err
}
