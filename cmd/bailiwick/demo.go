package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// demoPassword is everybody's in the demonstration.
const demoPassword = "demo-of-a-bailiwick" //nolint:gosec // everybody is told

// demoTutorials is the technical name of the workspace by which the
// demonstration is recognised.
const demoTutorials = "tutoriels"

// A demoPerson is somebody of the demonstration, with what he shows.
type demoPerson struct {
	name, first, last string
	is                string
	roles             []rbac.RoleName // in the workspace of the tutorials
	member            bool
	technical         bool
}

func demoPeople() []demoPerson {
	return []demoPerson{
		{name: "dave.lopper", first: "Dave", last: "Lopper", is: "supervises three workspaces"},
		{name: "claire", first: "Claire", last: "Communauté", is: "member, right COMMUNITY", member: true, roles: []rbac.RoleName{workspace.RoleCommunity}},
		{name: "ulysse", first: "Ulysse", last: "Livraison", is: "member, right UPLOAD", member: true, roles: []rbac.RoleName{workspace.RoleUpload}},
		{name: "paula", first: "Paula", last: "Traitement", is: "member, right PROCESSING", member: true, roles: []rbac.RoleName{workspace.RoleProcessing}},
		{name: "bruno", first: "Bruno", last: "Diffusion", is: "member, right BROADCAST", member: true, roles: []rbac.RoleName{workspace.RoleBroadcast}},
		{name: "anna", first: "Anna", last: "Annexe", is: "member, right ANNEX", member: true, roles: []rbac.RoleName{workspace.RoleAnnex}},
		{name: "agathe", first: "Agathe", last: "Gérante", is: "member, role Administrator", member: true, roles: []rbac.RoleName{workspace.RoleAdministrator}},
		{name: "emile", first: "Émile", last: "Éditeur", is: "member, role Editor", member: true, roles: []rbac.RoleName{workspace.RoleEditor}},
		{name: "lea", first: "Léa", last: "Lectrice", is: "member without rights", member: true},
		{name: "gilles", first: "Gilles", last: "Groupe", is: "member, with the rights of the group of producers", member: true},
		{name: "odile", first: "Odile", last: "Organisation", is: "administers the organization"},
		{name: "robot", first: "Robot", last: "Moissonneur", is: "service account, right UPLOAD", member: true, technical: true, roles: []rbac.RoleName{workspace.RoleUpload}},
		{name: "victor", first: "Victor", last: "Visiteur", is: "member of nothing, may use one private layer"},
	}
}

// demo is the demonstration while it is being made. Everything is done through
// the services, as an administrator would.
type demo struct {
	*transport.Services

	actor        workspace.Actor
	pools        map[string]quota.Pool // by name
	people       map[string]workspace.User
	organization workspace.Organization
}

// demonstrate fills the database with the demonstration unless it is there. It
// is one unit of work: of two servers that start at once, one makes it.
func demonstrate(ctx context.Context, db *storage.DB, services *transport.Services) error {
	err := db.Tx(ctx, func(ctx context.Context) error {
		d := &demo{Services: services, actor: workspace.Command("demonstration"), pools: map[string]quota.Pool{}, people: map[string]workspace.User{}}
		_, there, err := d.Workspaces.Workspaces(ctx, d.actor, workspace.Filter{TechnicalName: demoTutorials})
		if err != nil || there > 0 {
			return err
		}
		for _, step := range []func(context.Context) error{d.makePools, d.makePeople, d.makeTutorials, d.makeGroups, d.makeOfferings, d.makeOthers, d.makeTree} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, workspace.ErrTaken) {
		return fmt.Errorf("demonstration: %w", err)
	}
	return nil
}

func (d *demo) makePools(ctx context.Context) error {
	for _, p := range demoPools() {
		made, err := d.Workspaces.CreatePool(ctx, d.actor, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		d.pools[p.Name] = made
	}
	return nil
}

func (d *demo) makePeople(ctx context.Context) error {
	for _, p := range demoPeople() {
		user, err := d.Workspaces.CreateUser(ctx, d.actor, workspace.User{
			Username: p.name, Email: p.name + "@example.org", FirstName: p.first, LastName: p.last,
			Language: "fr", Technical: p.technical,
		})
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := d.SignIn.SetPassword(ctx, d.actor, user.ID, demoPassword); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		d.people[p.name] = user
	}
	organization, err := d.Workspaces.CreateOrganization(ctx, d.actor, workspace.Organization{
		Name: "Institut de démonstration", Siren: "123456789", Siret: "12345678900011", UploadsQuota: 200_000_000_000,
		DatabasesQuota: 10_000_000_000,
	})
	if err != nil {
		return err
	}
	d.organization = organization
	return d.Workspaces.AddOrganizationUser(ctx, d.actor, organization.ID, d.people["odile"].ID)
}

// workspace makes a workspace of Dave Lopper's.
func (d *demo) workspace(ctx context.Context, technicalName, name, description string, public bool) (workspace.Details, error) {
	return d.Workspaces.Create(ctx, d.actor, workspace.Workspace{
		Organization: d.organization.ID, TechnicalName: technicalName, Name: name, Description: description,
		Contact: "contact@example.org", Public: public, Supervisor: d.people["dave.lopper"].ID,
	})
}

// tutorials returns the workspace of the tutorials.
func (d *demo) tutorials(ctx context.Context) (workspace.Details, error) {
	list, _, err := d.Workspaces.Workspaces(ctx, d.actor, workspace.Filter{TechnicalName: demoTutorials})
	if err != nil || len(list) != 1 {
		return workspace.Details{}, errors.Join(err, workspace.ErrNotFound)
	}
	return list[0], nil
}

func (d *demo) makeTutorials(ctx context.Context) error {
	made, err := d.workspace(ctx, demoTutorials, "Communauté des tutoriels", "Un espace de travail complet, avec son entrepôt.", true)
	if err != nil {
		return err
	}
	for _, p := range demoPeople() {
		if !p.member {
			continue
		}
		if _, err := d.Workspaces.PutMember(ctx, d.actor, made.ID, d.people[p.name].Num, p.roles); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if _, err := d.Workspaces.OpenDatastore(ctx, d.actor, made.ID, d.plan()); err != nil {
		return err
	}
	return d.Workspaces.Activate(ctx, d.actor, made.ID)
}

// plan is what a datastore of the demonstration is given.
func (d *demo) plan() workspace.Plan {
	const gigabyte = 1_000_000_000
	portion := func(name string, limit int64) workspace.Portion {
		return workspace.Portion{Pool: d.pools[name].ID, Limit: limit}
	}
	uploads := portion("Stockage OpenIO pour les livraisons", 10*gigabyte)
	annexes := portion("Stockage OpenIO pour les annexes", 10*gigabyte)
	plan := workspace.Plan{
		Data: []workspace.Portion{
			portion("Stockage OpenIO performant pour les données pyramides", 10*gigabyte), //nolint:misspell // French
			portion("Stockage OpenIO performant pour les données archives", 10*gigabyte),
			portion("Stockage PostgreSQL standard", 10*gigabyte),
		},
		Uploads: &uploads,
		Annexes: &annexes,
	}
	for _, p := range demoPools() {
		switch p.Kind {
		case quota.Endpoint:
			plan.Endpoints = append(plan.Endpoints, portion(p.Name, 10))
		case quota.Processing:
			plan.Processings = append(plan.Processings, d.pools[p.Name].ID)
		case quota.Check:
			plan.Checks = append(plan.Checks, d.pools[p.Name].ID)
		}
	}
	return plan
}

func (d *demo) makeGroups(ctx context.Context) error {
	tutorials, err := d.tutorials(ctx)
	if err != nil {
		return err
	}
	producers, err := d.Workspaces.CreateGroup(ctx, d.actor, workspace.Group{
		Workspace: tutorials.ID, Name: "Producteurs", Description: "Livrent et diffusent ensemble.",
	})
	if err != nil {
		return err
	}
	if err := d.Workspaces.AddToGroup(ctx, d.actor, producers.ID, d.people["gilles"].ID); err != nil {
		return err
	}
	roles := []rbac.RoleName{workspace.RoleUpload, workspace.RoleProcessing, workspace.RoleBroadcast}
	_, err = d.Workspaces.PutMember(ctx, d.actor, tutorials.ID, producers.Num, roles)
	return err
}

func (d *demo) makeOfferings(ctx context.Context) error {
	tutorials, err := d.tutorials(ctx)
	if err != nil {
		return err
	}
	var private []offering.ID
	for _, o := range []struct {
		layer, endpoint string
		open            bool
	}{
		{"tutoriels_communes", "Service de diffusion WFS principal", true},
		{"tutoriels_plan", "Service de diffusion WMTS/TMS principal", true},
		{"tutoriels_parcelles", "Service de diffusion WFS privé", false},
		{"tutoriels_ortho", "Service de diffusion WMS Raster privé", false},
	} {
		made, err := d.Offerings.Register(ctx, d.actor, offering.Offering{
			Workspace: tutorials.ID, Endpoint: d.pools[o.endpoint].ID, LayerName: o.layer, Open: o.open, Available: true,
			URLs: d.pools[o.endpoint].URLs,
		})
		if err != nil {
			return fmt.Errorf("%s: %w", o.layer, err)
		}
		if !o.open {
			private = append(private, made.ID)
		}
	}
	for _, g := range []offering.Grant{
		{Users: []workspace.UserID{d.people["victor"].ID}, Licence: "Accès restreint", Offerings: private[:1], End: time.Now().AddDate(1, 0, 0)},
		{Communities: []workspace.ID{tutorials.ID}, Licence: "Usage interne", Offerings: private},
	} {
		if _, err := d.Offerings.Permit(ctx, d.actor, tutorials.ID, g); err != nil {
			return fmt.Errorf("%s: %w", g.Licence, err)
		}
	}
	return nil
}

// makeOthers makes a workspace that has no datastore, and one that is closed.
func (d *demo) makeOthers(ctx context.Context) error {
	if _, err := d.workspace(ctx, "atelier", "Atelier", "Un espace de travail sans entrepôt.", false); err != nil {
		return err
	}
	closed, err := d.workspace(ctx, "archives", "Archives", "Un espace de travail désactivé.", false)
	if err != nil {
		return err
	}
	if _, err := d.Workspaces.OpenDatastore(ctx, d.actor, closed.ID, d.plan()); err != nil {
		return err
	}
	return d.Workspaces.Deactivate(ctx, d.actor, closed.ID)
}
