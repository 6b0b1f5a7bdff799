package storage

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Workspaces is the [workspace.Store] of a database.
type Workspaces struct{ db *DB }

var _ workspace.Store = (*Workspaces)(nil)

// Workspaces returns the store of organizations, workspaces, datastores,
// users, groups and members.
func (db *DB) Workspaces() *Workspaces { return &Workspaces{db: db} }

// Tx runs fn in a unit of work, as [DB.Tx] does.
func (w *Workspaces) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	return w.db.Tx(ctx, fn)
}

type organizationRow struct {
	bun.BaseModel `bun:"table:organizations,alias:o"`

	ID             workspace.OrganizationID `bun:"id,pk"`
	Num            rbac.Node                `bun:"num"`
	Name           string                   `bun:"name"`
	NameFold       string                   `bun:"name_fold"`
	Siren          string                   `bun:"siren"`
	Siret          string                   `bun:"siret"`
	VAT            string                   `bun:"vat"`
	EconomicModel  string                   `bun:"economic_model"`
	Address        string                   `bun:"address"`
	BillingAddress string                   `bun:"billing_address"`
	Contact        string                   `bun:"contact"`
	TechContact    string                   `bun:"tech_contact"`
	Image          string                   `bun:"image"`
	Network        string                   `bun:"network"`
	Note           string                   `bun:"note"`
	DatabasesQuota int64                    `bun:"databases_quota"`
	UploadsQuota   int64                    `bun:"uploads_quota"`
	Created        instant                  `bun:"created"`
	Updated        instant                  `bun:"updated"`
}

func organizationRowOf(o workspace.Organization) organizationRow {
	return organizationRow{
		ID: o.ID, Num: o.Num, Name: o.Name, NameFold: fold(o.Name),
		Siren: o.Siren, Siret: o.Siret, VAT: o.VAT, EconomicModel: o.EconomicModel,
		Address: o.Address, BillingAddress: o.BillingAddress, Contact: o.Contact, TechContact: o.TechContact,
		Image: o.Image, Network: o.Network, Note: o.Note,
		DatabasesQuota: o.DatabasesQuota, UploadsQuota: o.UploadsQuota, Created: instantOf(o.Created), Updated: instantOf(o.Updated),
	}
}

func (r organizationRow) organization() workspace.Organization {
	return workspace.Organization{
		ID: r.ID, Num: r.Num, Name: r.Name,
		Siren: r.Siren, Siret: r.Siret, VAT: r.VAT, EconomicModel: r.EconomicModel,
		Address: r.Address, BillingAddress: r.BillingAddress, Contact: r.Contact, TechContact: r.TechContact,
		Image: r.Image, Network: r.Network, Note: r.Note,
		DatabasesQuota: r.DatabasesQuota, UploadsQuota: r.UploadsQuota, Created: r.Created.time(), Updated: r.Updated.time(),
	}
}

// paying are the organizations that pay for workspaces.
const paying = "o.id IN (SELECT w.organization_id FROM workspaces AS w WHERE w.organization_id IS NOT NULL AND ?)"

func chooseOrganizations(q *bun.SelectQuery, f workspace.OrganizationFilter) *bun.SelectQuery {
	q = oneOf(q, "o.id", f.IDs)
	q = oneOf(q, "o.num", f.Nums)
	if f.Paying == nil {
		q = nodesIn(q, "organizations", "o.num", f.Nodes)
	} else {
		kept := either{{paying, onNodes{"workspaces", "w.num", *f.Paying}}}
		if f.Nodes != nil {
			kept = append(kept, alternative{"?", onNodes{"organizations", "o.num", *f.Nodes}})
		}
		q = q.Where("?", kept)
	}
	q = contains(q, f.Search, "o.name_fold")
	q = during(q, "o.created", f.Created)
	return like(q, "o.name_fold", f.Name)
}

func organizationListing() listing {
	return listing{key: organizationKey, names: workspace.OrganizationFilter{}.Sortable(), num: "o.num", invalid: invalidWorkspace}
}

func organizationKey(by string) key {
	switch by {
	case "":
		return key{"", numbers}
	case "name":
		return key{"o.name_fold", folded}
	case "created":
		return key{"o.created", numbers}
	}
	return key{}
}

// Organizations returns the organizations that a filter chooses.
func (w *Workspaces) Organizations(ctx context.Context, f workspace.OrganizationFilter) ([]workspace.Organization, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return nil, err
	}
	var rows []organizationRow
	q := chooseOrganizations(s.selects().Model(&rows), f)
	if q, err = w.db.order(q, organizationListing(), f.Order, f.Newest, f.After, f.Offset, f.Limit); err != nil {
		return nil, err
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("storage: organizations: %w", err)
	}
	list := make([]workspace.Organization, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.organization())
	}
	return list, nil
}

// CountOrganizations returns how many organizations a filter chooses, whatever
// its bounds.
func (w *Workspaces) CountOrganizations(ctx context.Context, f workspace.OrganizationFilter) (int, error) {
	s, err := w.db.reading(ctx)
	if err != nil {
		return 0, err
	}
	n, err := chooseOrganizations(s.selects().Model((*organizationRow)(nil)), f).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("storage: count organizations: %w", err)
	}
	return int(n), nil
}

// LockOrganization reads an organization and keeps everybody else from changing
// it until the unit of work ends.
func (w *Workspaces) LockOrganization(ctx context.Context, id workspace.OrganizationID) (workspace.Organization, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return workspace.Organization{}, err
	}
	if w.db.postgres() {
		if _, err := s.raw("SELECT num FROM organizations WHERE id = ? FOR UPDATE", id).Exec(ctx); err != nil {
			return workspace.Organization{}, fmt.Errorf("storage: lock organization %s: %w", id, err)
		}
	}
	list, err := w.Organizations(ctx, workspace.OrganizationFilter{IDs: []workspace.OrganizationID{id}})
	if err != nil {
		return workspace.Organization{}, err
	}
	if len(list) != 1 {
		return workspace.Organization{}, fmt.Errorf("%w: organization %s", workspace.ErrNotFound, id)
	}
	return list[0], nil
}

// AddOrganization stores a new organization with a node below the root.
func (w *Workspaces) AddOrganization(ctx context.Context, o workspace.Organization) (workspace.Organization, error) {
	s, err := w.db.writing(ctx)
	if err != nil {
		return workspace.Organization{}, err
	}
	node, err := s.addNode(ctx, nodeRow{Parent: rbac.Root, Class: workspace.ClassOrganization}, false)
	if err != nil {
		return workspace.Organization{}, err
	}
	row := organizationRowOf(o)
	row.Num = node.Num
	if _, err := s.inserts().Model(&row).Exec(ctx); err != nil {
		return workspace.Organization{}, organizationError(err, o)
	}
	return row.organization(), nil
}

// SaveOrganization stores a change of an organization.
func (w *Workspaces) SaveOrganization(ctx context.Context, o workspace.Organization) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	row := organizationRowOf(o)
	res, err := s.updates().Model(&row).ExcludeColumn("id", "num", "created").WherePK().Exec(ctx)
	if err != nil {
		return organizationError(err, o)
	}
	return found(res, "organization", o.ID)
}

func organizationError(err error, o workspace.Organization) error {
	if isUnique(err, "organizations", "name_fold") {
		return &workspace.TakenError{Field: "name", Value: o.Name}
	}
	return fmt.Errorf("storage: organization %s: %w", o.ID, err)
}

// DeleteOrganization deletes an organization, its node and the rules on that.
func (w *Workspaces) DeleteOrganization(ctx context.Context, id workspace.OrganizationID) error {
	s, err := w.db.writing(ctx)
	if err != nil {
		return err
	}
	num, err := s.organizationNode(ctx, id)
	if err != nil {
		return err
	}
	if n, err := s.selects().Table("nodes").Where("parent = ?", num).Count(ctx); err != nil {
		return fmt.Errorf("storage: delete organization %s: %w", id, err)
	} else if n > 0 {
		return fmt.Errorf("%w: organization %s by %d workspaces", workspace.ErrInUse, id, n)
	}
	if n, err := s.selects().Table("databases").Where("organization_id = ?", id).Count(ctx); err != nil {
		return fmt.Errorf("storage: delete organization %s: %w", id, err)
	} else if n > 0 {
		return fmt.Errorf("%w: organization %s by %d databases", workspace.ErrInUse, id, n)
	}
	_, err = s.raw("DELETE FROM organizations WHERE num = ?", num).Exec(ctx)
	if isForeign(err) { // something that came in between
		return fmt.Errorf("%w: organization %s by workspaces or databases: %w", workspace.ErrInUse, id, err)
	}
	if err != nil {
		return fmt.Errorf("storage: delete organization %s: %w", id, err)
	}
	return s.deleteNode(ctx, rbac.Root, num)
}

// organizationNode returns the node of an organization.
func (s session) organizationNode(ctx context.Context, id workspace.OrganizationID) (rbac.Node, error) {
	var num rbac.Node
	err := s.raw("SELECT num FROM organizations WHERE id = ?", id).Scan(ctx, &num)
	if none(err) {
		return 0, fmt.Errorf("%w: organization %s", workspace.ErrNotFound, id)
	}
	if err != nil {
		return 0, fmt.Errorf("storage: organization %s: %w", id, err)
	}
	return num, nil
}
