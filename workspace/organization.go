package workspace

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// An Organization pays, and groups workspaces.
type Organization struct {
	ID OrganizationID
	// Num is the organization's node in the tree of authority.
	Num  rbac.Node
	Name string // unique regardless of case, 1 to 99 characters
	// Siren, Siret and VAT are the numbers under which French companies and
	// their establishments are registered and taxed.
	Siren         string
	Siret         string
	VAT           string
	EconomicModel string
	// What follows dRofus knows of an owner (spec/drofus.md §2.1), without saying
	// what is in it. The addresses have up to 1000 characters in several lines,
	// the note up to 4000, all else one line of up to 255.
	Address        string
	BillingAddress string
	Contact        string
	TechContact    string
	// Image is the address of a picture, of http or https or without a scheme.
	Image   string
	Network string
	Note    string
	// DatabasesQuota bounds, in bytes, what the real databases of its projects
	// take up together; [quota.NoLimit] for no bound. See [DatabasesPool].
	DatabasesQuota int64
	// UploadsQuota bounds, in bytes, what all its workspaces deliver together;
	// [quota.NoLimit] for no bound.
	UploadsQuota int64
	Created      time.Time
	Updated      time.Time
}

// An OrganizationFilter chooses organizations. Its zero value chooses all, in
// order of creation.
type OrganizationFilter struct {
	IDs []OrganizationID
	// Nums keeps organizations by number.
	Nums []rbac.Node
	// Nodes keeps organizations whose node satisfies the condition. With Paying,
	// it keeps those as well that pay for a workspace whose node satisfies that.
	Nodes  *rbac.Condition
	Paying *rbac.Condition
	// Name matches regardless of case; % stands for any text.
	Name    string
	Search  string // in the name, regardless of case
	Created Period
	Order   Order
	After   *Mark
	Newest  bool // turns the order of creation round
	Offset  int
	Limit   int // 0 for no bound
}

// CreateOrganization makes an organization. The ID, Num and times of what is
// given are ignored. It needs [ManageOrganizations].
func (s *Service) CreateOrganization(ctx context.Context, actor Actor, o Organization) (Organization, error) {
	if err := s.require(ctx, actor, rbac.Root, ManageOrganizations); err != nil {
		return Organization{}, err
	}
	if err := cleanOrganization(&o); err != nil {
		return Organization{}, err
	}
	var made Organization
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		o.ID, o.Num = OrganizationID(uid.New()), 0
		o.Created = s.clock()
		o.Updated = o.Created
		var err error
		if made, err = s.store.AddOrganization(ctx, o); err != nil {
			return err
		}
		if err := s.setUploads(ctx, Organization{UploadsQuota: quota.NoLimit}, made); err != nil {
			return err
		}
		return s.record(ctx, actor, made.event("organization.create"), changes{
			"uploads_quota": made.UploadsQuota, "databases_quota": made.DatabasesQuota,
		})
	})
	return made, err
}

func cleanOrganization(o *Organization) error {
	return first(
		line("name", &o.Name, 1, 99),
		digits("siren", o.Siren, 9),
		digits("siret", o.Siret, 14),
		line("vat", &o.VAT, 0, 30),
		line("economic_model", &o.EconomicModel, 0, 99),
		prose("address", o.Address, 1000),
		prose("billing_address", o.BillingAddress, 1000),
		line("contact", &o.Contact, 0, 255),
		line("tech_contact", &o.TechContact, 0, 255),
		picture("image", &o.Image),
		line("network", &o.Network, 0, 255),
		prose("note", o.Note, 4000),
		amount("databases_quota", o.DatabasesQuota),
		amount("uploads_quota", o.UploadsQuota),
	)
}

// differs notes what of an organization became something else.
func (o Organization) differs(before Organization) changes {
	set := changes{}
	note(set, "name", before.Name, o.Name)
	note(set, "siren", before.Siren, o.Siren)
	note(set, "siret", before.Siret, o.Siret)
	note(set, "vat", before.VAT, o.VAT)
	note(set, "economic_model", before.EconomicModel, o.EconomicModel)
	note(set, "address", before.Address, o.Address)
	note(set, "billing_address", before.BillingAddress, o.BillingAddress)
	note(set, "contact", before.Contact, o.Contact)
	note(set, "tech_contact", before.TechContact, o.TechContact)
	note(set, "image", before.Image, o.Image)
	note(set, "network", before.Network, o.Network)
	note(set, "note", before.Note, o.Note)
	note(set, "databases_quota", before.DatabasesQuota, o.DatabasesQuota)
	note(set, "uploads_quota", before.UploadsQuota, o.UploadsQuota)
	return set
}

// organization returns one, whoever asks.
func (s *Service) organization(ctx context.Context, id OrganizationID) (Organization, error) {
	return one(s.store.Organizations(ctx, OrganizationFilter{IDs: []OrganizationID{id}}))
}

// authorizeIn returns an organization to who holds a permission there.
func (s *Service) authorizeIn(ctx context.Context, actor Actor, id OrganizationID, perm rbac.Permission) (Organization, error) {
	if err := actor.Known(); err != nil {
		return Organization{}, err
	}
	o, err := s.organization(ctx, id)
	if err != nil {
		return Organization{}, err
	}
	return o, s.authorize(ctx, actor, o.Num, ReadOrganization, perm)
}

// UpdateOrganization changes all but ID, Num and times. It needs
// [UpdateOrganization]; changing a quota needs [Allocate]. A change of anything
// else is an InvalidError; one of nothing leaves no trace.
func (s *Service) UpdateOrganization(ctx context.Context, actor Actor, id OrganizationID, change func(*Organization) error) (Organization, error) {
	if _, err := s.authorizeIn(ctx, actor, id, UpdateOrganization); err != nil {
		return Organization{}, err
	}
	var changed Organization
	err := s.store.Tx(ctx, func(ctx context.Context) error {
		o, err := s.store.LockOrganization(ctx, id)
		if err != nil {
			return err
		}
		next := o
		if err := change(&next); err != nil {
			return err
		}
		err = first(
			cleanOrganization(&next), fixed("id", o.ID, next.ID), fixed("num", o.Num, next.Num),
			fixed("created", o.Created, next.Created), fixed("updated", o.Updated, next.Updated),
		)
		if err != nil {
			return err
		}
		set := next.differs(o)
		changed = next
		if len(set) == 0 {
			return nil
		}
		if next.UploadsQuota != o.UploadsQuota || next.DatabasesQuota != o.DatabasesQuota {
			if err := s.require(ctx, actor, rbac.Root, Allocate); err != nil {
				return err
			}
		}
		next.Updated = s.clock()
		changed = next
		if err := s.store.SaveOrganization(ctx, next); err != nil {
			return err
		}
		if err := s.setUploads(ctx, o, next); err != nil {
			return err
		}
		if err := s.setDatabases(ctx, next); err != nil {
			return err
		}
		return s.record(ctx, actor, next.event("organization.update"), set)
	})
	return changed, err
}

// DeleteOrganization deletes an organization without workspaces and databases,
// with its administrators' rules. It needs [ManageOrganizations], and returns
// ErrInUse while there are any.
func (s *Service) DeleteOrganization(ctx context.Context, actor Actor, id OrganizationID) error {
	if err := s.require(ctx, actor, rbac.Root, ManageOrganizations); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		o, err := s.store.LockOrganization(ctx, id)
		if err != nil {
			return err
		}
		n, err := s.store.CountWorkspaces(ctx, Filter{Organization: id})
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%w: the organization has %d workspaces", ErrInUse, n)
		}
		free := o
		free.UploadsQuota = quota.NoLimit
		if err := s.setUploads(ctx, o, free); err != nil {
			return err
		}
		if err := s.dropDatabases(ctx, id); err != nil {
			return err
		}
		if _, err := s.rights.Revoke(ctx, rbac.RuleFilter{Nodes: []rbac.Node{o.Num}}); err != nil {
			return err
		}
		if err := s.store.DeleteOrganization(ctx, id); err != nil {
			return err
		}
		gone := changes{}
		for field, value := range (Organization{UploadsQuota: -1, DatabasesQuota: -1}).differs(o) {
			gone[field] = was{value.(became).before} //nolint:forcetypeassert // differs makes no other
		}
		return s.record(ctx, actor, o.event("organization.delete"), gone)
	})
}

// Organization returns one. It needs [ReadOrganization].
func (s *Service) Organization(ctx context.Context, actor Actor, id OrganizationID) (Organization, error) {
	o, err := s.authorizeIn(ctx, actor, id, ReadOrganization)
	if err != nil {
		return Organization{}, err
	}
	return o, nil
}

// Organizations lists all organizations, and how many there are. It needs
// [Administer].
func (s *Service) Organizations(ctx context.Context, actor Actor, f OrganizationFilter) ([]Organization, int, error) {
	if err := s.require(ctx, actor, rbac.Root, Administer); err != nil {
		return nil, 0, err
	}
	return s.organizations(ctx, f)
}

func (s *Service) organizations(ctx context.Context, f OrganizationFilter) ([]Organization, int, error) {
	list, err := s.store.Organizations(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.CountOrganizations(ctx, f)
	return list, total, err
}

// OrganizationCatalog lists organizations by what everybody who is signed in
// may know: ID, Num and Name.
func (s *Service) OrganizationCatalog(ctx context.Context, actor Actor, f OrganizationFilter) ([]Organization, int, error) {
	if err := s.signedIn(ctx, actor); err != nil {
		return nil, 0, err
	}
	if err := shownIn(f.Order, f.Sortable(), "created"); err != nil {
		return nil, 0, err
	}
	f.Created = Period{}
	list, total, err := s.organizations(ctx, f)
	for i, o := range list {
		list[i] = Organization{ID: o.ID, Num: o.Num, Name: o.Name}
	}
	return list, total, err
}

// OrganizationWorkspaces lists the workspaces of an organization. It needs
// [ReadOrganization].
func (s *Service) OrganizationWorkspaces(ctx context.Context, actor Actor, id OrganizationID, f Filter) ([]Workspace, int, error) {
	if _, err := s.authorizeIn(ctx, actor, id, ReadOrganization); err != nil {
		return nil, 0, err
	}
	if err := shownIn(f.Order, f.Sortable(), "organization"); err != nil { // it is the same for all
		return nil, 0, err
	}
	f.Organization = id
	list, err := s.store.Workspaces(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	total, err := s.store.CountWorkspaces(ctx, f)
	return list, total, err
}

// originOrganization marks the rules of an organization's administrators.
const originOrganization = "organization"

func (o Organization) administration(p ...rbac.Principal) rbac.RuleFilter {
	return rbac.RuleFilter{Nodes: []rbac.Node{o.Num}, Principals: p, Origin: originOrganization}
}

// OrganizationUsers lists the administrators of an organization. It needs
// [ReadOrganization].
func (s *Service) OrganizationUsers(ctx context.Context, actor Actor, id OrganizationID, f UserFilter) ([]User, int, error) {
	o, err := s.authorizeIn(ctx, actor, id, ReadOrganization)
	if err != nil {
		return nil, 0, err
	}
	rules, err := s.rights.Rules(ctx, o.administration())
	if err != nil {
		return nil, 0, err
	}
	var nums []rbac.Principal
	for _, r := range rules {
		if len(f.Nums) == 0 || slices.Contains(f.Nums, r.Principal) {
			nums = append(nums, r.Principal)
		}
	}
	if len(nums) == 0 { // an empty list would choose everybody
		return nil, 0, nil
	}
	f.Nums = nums
	return s.people(ctx, f)
}

// AddOrganizationUser makes a user an administrator of an organization, who
// holds everything in it and in its workspaces. Doing so twice changes
// nothing. It needs [ManageOrganizationUsers] and everything that it gives.
func (s *Service) AddOrganizationUser(ctx context.Context, actor Actor, id OrganizationID, user UserID) error {
	return s.changeAdministration(ctx, actor, id, user, func(ctx context.Context, o Organization, u User) error {
		rules, err := s.rights.Rules(ctx, o.administration(u.Num))
		if err != nil || len(rules) > 0 {
			return err
		}
		given := rbac.Rule{
			Node: o.Num, Effect: rbac.Allow, Principal: u.Num, Role: RoleOrganizationAdministrator,
			Propagate: true, Origin: originOrganization,
		}
		if err := s.cover(ctx, actor, given); err != nil {
			return err
		}
		if _, err := s.rights.Grant(ctx, given); err != nil {
			return err
		}
		return s.record(ctx, actor, o.event("organization.add_user"), u.named())
	})
}

// RemoveOrganizationUser undoes [Service.AddOrganizationUser]. It returns
// ErrNotFound for who is none.
func (s *Service) RemoveOrganizationUser(ctx context.Context, actor Actor, id OrganizationID, user UserID) error {
	return s.changeAdministration(ctx, actor, id, user, func(ctx context.Context, o Organization, u User) error {
		n, err := s.rights.Revoke(ctx, o.administration(u.Num))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return s.record(ctx, actor, o.event("organization.remove_user"), u.named())
	})
}

// changeAdministration runs fn in a unit of work for who may name the
// administrators of an organization.
func (s *Service) changeAdministration(
	ctx context.Context, actor Actor, id OrganizationID, user UserID,
	fn func(ctx context.Context, o Organization, u User) error,
) error {
	if _, err := s.authorizeIn(ctx, actor, id, ManageOrganizationUsers); err != nil {
		return err
	}
	return s.store.Tx(ctx, func(ctx context.Context) error {
		o, err := s.store.LockOrganization(ctx, id)
		if err != nil {
			return err
		}
		// Whoever held the lock may have taken the right away.
		if err := s.authorize(ctx, actor, o.Num, ReadOrganization, ManageOrganizationUsers); err != nil {
			return err
		}
		u, err := s.user(ctx, user)
		if err != nil {
			return err
		}
		return fn(ctx, o, u)
	})
}
