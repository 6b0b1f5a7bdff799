package entrepot_test

import (
	"net/http"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// home is a workspace with everything in it that a path can name.
type home struct {
	workspace.Details

	closed     bool
	facilities facilities
	supervisor *someone
	victim     *someone // a member without rights
	offering   offering.Offering
	permission offering.PermissionID
}

// spare is what administrators' routes can do away with.
type spare struct {
	community    workspace.Details
	organization workspace.OrganizationID
	facilities   facilities
}

// matrix is a world with everybody in it.
type matrix struct {
	*world

	personas []*persona
	abroad   *home             // where nobody is at home
	private  workspace.Details // in no catalogue
	bare     workspace.Details // without datastore
	spares   [2]spare
	public   offering.Offering // what everybody was permitted
	open     offering.Offering // what nobody needs a permission for

	foreigner *someone // supervises abroad
	recruit   *someone // belongs nowhere
	deputy    *someone // administers the organization as well

	// belongings are what is a user's own, by the part of a path.
	belongings map[workspace.UserID]map[string]string
}

func newMatrix(t *testing.T, db *storage.DB) *matrix {
	t.Helper()
	m := &matrix{world: newWorld(t, db), belongings: map[workspace.UserID]map[string]string{}}
	m.foreigner, m.recruit, m.deputy = m.user("foreigner", false), m.user("recruit", false), m.user("deputy", false)
	pays, paysAbroad := m.organization("Payeur"), m.organization("Autre payeur")
	m.administer(pays, m.deputy)
	m.administer(paysAbroad, m.foreigner)

	at := m.home("ouverte", pays, m.user("superviseure", false))
	m.abroad = m.home("ailleurs", paysAbroad, m.foreigner)
	shut := m.home("fermee", pays, m.user("enfermee", false))
	m.public = m.abroad.offering
	m.open = m.offer(m.abroad.ID, m.abroad.facilities.wms, "libre", true)
	m.private = m.community("secrete", "", m.foreigner, nil)
	_, err := m.services.Workspaces.Update(t.Context(), root(), m.private.ID, func(w *workspace.Workspace) error {
		w.Public = false
		return nil
	})
	m.must(err)
	m.bare = m.community("nue", "", m.foreigner, nil)
	for i, name := range []string{"rechange1", "rechange2"} {
		f := m.facilities("-" + name)
		plan := m.facilities("-utilise-" + name).plan(true)
		m.spares[i] = spare{m.community(name, "", m.foreigner, &plan), m.organization(name), f}
	}

	m.people(at, shut)
	for _, p := range m.personas {
		if p.someone != nil {
			m.equip(p.someone)
		}
	}
	m.equip(m.foreigner)
	m.leaveOut(at)
	m.must(m.services.Workspaces.Deactivate(t.Context(), root(), shut.ID))
	shut.closed = true
	// Whoever called this minute leaves no trace by calling again.
	for _, p := range m.personas {
		if p.someone != nil && !p.refused {
			m.want(m.ask(p.someone, http.MethodGet, "/users/me", ""), http.StatusOK)
		}
	}
	return m
}

// people makes the personas.
func (m *matrix) people(at, shut *home) {
	m.t.Helper()
	rights := func(names ...rbac.RoleName) []string {
		var list []string
		for _, n := range names {
			list = append(list, string(n))
		}
		return list
	}
	add := func(p *persona) {
		if p.home == nil {
			p.home = at
		}
		m.personas = append(m.personas, p)
	}
	add(&persona{name: "anonymous"})
	add(&persona{name: "stranger", someone: m.user("stranger", false)})
	plain := m.user("plain", false)
	m.join(at.ID, plain)
	add(&persona{name: "member without rights", someone: plain, inside: true})
	for _, right := range workspace.Rights() {
		u := m.user("has-"+string(right), false)
		m.join(at.ID, u, right)
		add(&persona{name: "member with " + string(right), someone: u, inside: true, rights: rights(right)})
	}
	add(&persona{name: "supervisor", someone: at.supervisor, inside: true, supervisor: true})
	chief := m.user("chief", false)
	m.administer(at.Organization, chief)
	add(&persona{name: "organization administrator", someone: chief, organization: true, above: true})
	administrator := m.user("administrator", true)
	add(&persona{name: "platform administrator", someone: administrator, platform: true, above: true})
	for _, name := range []string{"disabled", "removed"} {
		u := m.user(name, false)
		m.join(at.ID, u, workspace.Rights()...)
		add(&persona{name: name, someone: u, refused: name == "disabled"})
	}
	add(&persona{name: "supervisor of a closed one", someone: shut.supervisor, home: shut, inside: true, supervisor: true})
	locked := m.user("locked", false)
	m.join(shut.ID, locked, workspace.Rights()...)
	add(&persona{name: "member of a closed one", someone: locked, home: shut, inside: true, rights: rights(workspace.Rights()...)})
	add(&persona{name: "organization administrator of a closed one", someone: chief, home: shut, organization: true, above: true})
	add(&persona{name: "platform administrator at a closed one", someone: administrator, home: shut, platform: true, above: true})
}

// leaveOut turns two members out who had every right.
func (m *matrix) leaveOut(at *home) {
	m.t.Helper()
	for _, p := range m.personas {
		switch p.name {
		case "disabled":
			_, err := m.services.Workspaces.UpdateUser(m.t.Context(), root(), p.ID, func(u *workspace.User) error {
				u.Disabled = true
				return nil
			})
			m.must(err)
		case "removed":
			m.must(m.services.Workspaces.RemoveMember(m.t.Context(), root(), at.ID, p.Num))
		}
	}
}

func (m *matrix) organization(name string) workspace.OrganizationID {
	m.t.Helper()
	o, err := m.services.Workspaces.CreateOrganization(m.t.Context(), root(), workspace.Organization{
		Name: name, UploadsQuota: 1 << 40,
	})
	m.must(err)
	return o.ID
}

func (m *matrix) administer(o workspace.OrganizationID, u *someone) {
	m.t.Helper()
	m.must(m.services.Workspaces.AddOrganizationUser(m.t.Context(), root(), o, u.ID))
}

func (m *matrix) home(name string, pays workspace.OrganizationID, supervisor *someone) *home {
	m.t.Helper()
	h := &home{facilities: m.facilities("-" + name), supervisor: supervisor, victim: m.user("victim-"+name, false)}
	plan := h.facilities.plan(true)
	h.Details = m.community(name, pays, supervisor, &plan)
	m.join(h.ID, h.victim)
	h.offering = m.offer(h.ID, h.facilities.wfs, name, false)
	h.permission = m.permit(h.ID, h.offering.ID, m.deputy.ID)[0].ID
	return h
}

// equip gives a user what "users/me" has: a permission, a key and an access.
func (m *matrix) equip(u *someone) {
	m.t.Helper()
	if m.belongings[u.ID] != nil {
		return
	}
	ctx := m.t.Context()
	permission := m.permit(m.abroad.ID, m.public.ID, u.ID)[0]
	key, err := m.services.Keys.Create(ctx, u.actor(), apikey.Key{Name: "clé", Type: apikey.Hash}, apikey.Credential{})
	m.must(err)
	opened, err := m.services.Keys.Open(ctx, u.actor(), key.ID, "", []offering.ID{m.open.ID})
	m.must(err)
	m.belongings[u.ID] = map[string]string{
		"permission": string(permission.ID), "key": string(key.ID), "access": string(opened[0].ID),
	}
}
