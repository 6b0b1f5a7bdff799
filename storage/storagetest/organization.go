package storagetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Organizations tests [workspace.Organizations].
func Organizations(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"filters choose":             organizationFilters,
		"adding gives a node":        organizationAdd,
		"names are taken":            organizationTaken,
		"saving stores a change":     organizationSave,
		"deleting deletes the node":  organizationDelete,
		"workspaces keep it in use":  organizationInUse,
		"nothing is kept of a half":  organizationSweep,
		"locking reads":              organizationLock,
		"locking keeps others away":  organizationLocked,
		"what is not there":          organizationMissing,
		"conditions of many ranges":  organizationRanges,
		"patterns are only of %":     organizationPatterns,
		"numbers are not used again": organizationNumbers,
	})
}

func (s *sample) organizations(what string, f workspace.OrganizationFilter, want ...string) {
	s.t.Helper()
	chooses(s.t, what, func(o workspace.Organization) string { return o.Name }, want,
		func(offset, limit int) ([]workspace.Organization, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.Organizations(s.t.Context(), f)
		}, func(offset, limit int) (int, error) {
			f.Offset, f.Limit = offset, limit
			return s.Workspaces.CountOrganizations(s.t.Context(), f)
		})
}

func organizationFilters(s *sample) {
	s.organizations("none yet", workspace.OrganizationFilter{})
	a, b, c := s.organization("Éclair"), s.organization("ECLIPSE"), s.organization("Straße")
	nodes := rbac.Only(a.Num, c.Num)
	nothing := rbac.Condition{}
	s.organizations("all", workspace.OrganizationFilter{}, a.Name, b.Name, c.Name)
	s.organizations("newest", workspace.OrganizationFilter{Newest: true}, c.Name, b.Name, a.Name)
	s.organizations("by id", workspace.OrganizationFilter{IDs: []workspace.OrganizationID{b.ID, a.ID}}, a.Name, b.Name)
	s.organizations("by no id", workspace.OrganizationFilter{IDs: []workspace.OrganizationID{}})
	s.organizations("by node", workspace.OrganizationFilter{Nodes: &nodes}, a.Name, c.Name)
	s.organizations("by no node", workspace.OrganizationFilter{Nodes: &nothing})
	s.organizations("by name, regardless of case", workspace.OrganizationFilter{Name: "éCLAIR"}, a.Name)
	s.organizations("by name, folded", workspace.OrganizationFilter{Name: "STRASSE"}, c.Name)
	s.organizations("by part of the name", workspace.OrganizationFilter{Search: "CL"}, a.Name, b.Name)
	s.organizations("by creation", workspace.OrganizationFilter{Created: workspace.Period{From: at(2)}})
	s.organizations("by pattern", workspace.OrganizationFilter{Name: "%cl%"}, a.Name, b.Name)
	s.organizations("by part of a name", workspace.OrganizationFilter{Name: "ecl"})
	s.organizations("by number", workspace.OrganizationFilter{Nums: []rbac.Node{c.Num, a.Num}}, a.Name, c.Name)
	s.organizations("by no number", workspace.OrganizationFilter{Nums: []rbac.Node{}})
	u := s.user("u").ID
	paid, free := s.workspace("paid", b.ID, u), s.workspace("free", "", u)
	both, other := rbac.Only(paid.Num, free.Num), rbac.Only(free.Num)
	s.organizations("by what they pay for", workspace.OrganizationFilter{Paying: &both}, b.Name)
	s.organizations("by what nobody pays for", workspace.OrganizationFilter{Paying: &other})
	s.organizations("by node or by what they pay for", workspace.OrganizationFilter{Nodes: &nodes, Paying: &both}, a.Name, b.Name, c.Name)
	s.organizations("by no node, or by what they pay for", workspace.OrganizationFilter{Nodes: &nothing, Paying: &both}, b.Name)
	s.organizations("either, and by name", workspace.OrganizationFilter{Nodes: &nodes, Paying: &both, Search: "ecl"}, b.Name)
	s.organizations("by all", workspace.OrganizationFilter{
		IDs: []workspace.OrganizationID{a.ID, b.ID}, Nums: []rbac.Node{a.Num, b.Num}, Nodes: &nodes, Paying: &other, Name: "%", Newest: true,
	}, a.Name)
}

func organizationPatterns(s *sample) {
	s.organization(`a_b\c`)
	s.organization("axb'c")
	s.organizations("underscore", workspace.OrganizationFilter{Name: `a_b%`}, `a_b\c`)
	s.organizations("backslash", workspace.OrganizationFilter{Name: `%\c`}, `a_b\c`)
	s.organizations("quote", workspace.OrganizationFilter{Name: `%'c`}, "axb'c")
	s.organizations("question mark", workspace.OrganizationFilter{Name: `?`})
}

func organizationRanges(s *sample) {
	o := s.organization("Far")
	var many []rbac.Node
	for n := range rbac.Node(5000) {
		many = append(many, 10+2*n)
	}
	without, with := rbac.Only(many...), rbac.Only(append(many, o.Num)...)
	s.organizations("5000 ranges without it", workspace.OrganizationFilter{Nodes: &without})
	s.organizations("5001 ranges with it", workspace.OrganizationFilter{Nodes: &with}, o.Name)
}

func organizationAdd(s *sample) {
	given := workspace.Organization{
		ID: workspace.OrganizationID(uid.New()), Num: 999, Name: "IGN", Siren: "1", Siret: "2", VAT: "3",
		EconomicModel: "4", Address: "5\n5", BillingAddress: "6", Contact: "7", TechContact: "8", Image: "9", Network: "10",
		Note: "11", DatabasesQuota: 12, UploadsQuota: quota.NoLimit, Created: at(1), Updated: at(2),
	}
	var added workspace.Organization
	s.raises(func(ctx context.Context) (err error) {
		added, err = s.Workspaces.AddOrganization(ctx, given)
		return err
	}, rbac.Root)
	if added.Num == given.Num || added.Num == rbac.Root {
		s.t.Errorf("Num %d was not given by the store", added.Num)
	}
	given.Num = added.Num
	equal(s.t, "what was added", added, given)
	list, err := s.Workspaces.Organizations(s.t.Context(), workspace.OrganizationFilter{})
	equal(s.t, "what is read", one(s.t, list, err), given)
	facts, err := s.Rules.Facts(s.t.Context(), rbac.Administrators, added.Num)
	if err != nil {
		s.t.Fatal(err)
	}
	place := facts.Places[added.Num]
	place.Links = nil
	equal(s.t, "its node", place, rbac.Place{Node: added.Num, Parent: rbac.Root, Class: workspace.ClassOrganization})
}

func organizationTaken(s *sample) {
	s.organization("Straße")
	other := s.organization("Other")
	s.taken("name", "STRASSE", func(ctx context.Context) error {
		_, err := s.Workspaces.AddOrganization(ctx, workspace.Organization{ID: workspace.OrganizationID(uid.New()), Name: "STRASSE"})
		return err
	})
	other.Name = "strasse"
	s.taken("name", "strasse", func(ctx context.Context) error { return s.Workspaces.SaveOrganization(ctx, other) })
}

func organizationSave(s *sample) {
	o, other := s.organization("Before"), s.organization("Other")
	o.Name, o.Siren, o.Siret, o.VAT, o.EconomicModel = "After", "5", "6", "7", "8"
	o.UploadsQuota, o.Updated = 9, at(9)
	o.Address, o.BillingAddress, o.Contact, o.TechContact = "A\nB", "C", "D", "E"
	o.Image, o.Network, o.Note, o.DatabasesQuota = "F", "G", "H", 10
	saved := o
	saved.Num, saved.Created = 4711, at(8) // neither changes
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveOrganization(ctx, saved) })
	list, err := s.Workspaces.Organizations(s.t.Context(), workspace.OrganizationFilter{})
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "what is read", list, []workspace.Organization{o, other})
	s.organizations("by the new name", workspace.OrganizationFilter{Name: "after"}, "After")
}

func organizationDelete(s *sample) {
	o, other := s.organization("Gone"), s.organization("Stays")
	admin := s.user("admin")
	s.give(s.rule(o.Num, admin.Num, workspace.RoleOrganizationAdministrator, ""))
	s.raises(func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) }, rbac.Root)
	s.organizations("what is left", workspace.OrganizationFilter{}, other.Name)
	s.refused(rbac.ErrNoNode, func(ctx context.Context) error {
		_, err := s.Rules.Facts(ctx, admin.Num, o.Num)
		return err
	})
	rules, err := s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Principals: []rbac.Principal{admin.Num}})
	if err != nil || len(rules) != 0 {
		s.t.Errorf("rules %v, %v; want none left", rules, err)
	}
}

func organizationInUse(s *sample) {
	o := s.organization("Used")
	w := s.workspace("w", o.ID, s.user("u").ID)
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
	w.Organization = ""
	s.must(func(ctx context.Context) error { return s.Workspaces.SaveWorkspace(ctx, w) })
	d := s.realDatabase("theirs", o.ID)
	s.refused(workspace.ErrInUse, func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
	s.must(func(ctx context.Context) error { return s.Databases.DeleteDatabase(ctx, d, database.Ready) })
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
}

func organizationLock(s *sample) {
	o := s.organization("Org")
	s.must(func(ctx context.Context) error {
		locked, err := s.Workspaces.LockOrganization(ctx, o.ID)
		equal(s.t, "what is locked", locked, o)
		return err
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		_, err := s.Workspaces.LockOrganization(ctx, "nowhere")
		return err
	})
}

func organizationLocked(s *sample) {
	o := s.organization("Org")
	const callers, rounds = 4, 5
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range rounds {
				err := s.Tx(s.t.Context(), func(ctx context.Context) error {
					locked, err := s.Workspaces.LockOrganization(ctx, o.ID)
					if err != nil {
						return err
					}
					time.Sleep(time.Millisecond) // time to be overtaken
					locked.EconomicModel += "+"
					return s.Workspaces.SaveOrganization(ctx, locked)
				})
				if err != nil {
					s.t.Error(err)
				}
			}
		})
	}
	all.Wait()
	list, err := s.Workspaces.Organizations(s.t.Context(), workspace.OrganizationFilter{})
	if got := len(one(s.t, list, err).EconomicModel) - len(o.EconomicModel); got != callers*rounds {
		s.t.Errorf("%d changes are left of %d", got, callers*rounds)
	}
}

func organizationMissing(s *sample) {
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.SaveOrganization(ctx, workspace.Organization{ID: "nowhere", Name: "x"})
	})
	s.refused(workspace.ErrNotFound, func(ctx context.Context) error {
		return s.Workspaces.DeleteOrganization(ctx, "nowhere")
	})
}

func organizationNumbers(s *sample) {
	o := s.organization("First")
	s.must(func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
	if again := s.organization("Second"); again.Num <= o.Num {
		s.t.Errorf("number %d after %d was deleted", again.Num, o.Num)
	}
}

func organizationSweep(s *sample) {
	o := workspace.Organization{ID: workspace.OrganizationID(uid.New()), Name: "Half"}
	s.sweep(func(ctx context.Context) error {
		_, err := s.Workspaces.AddOrganization(ctx, o)
		return err
	})
	s.sweep(func(ctx context.Context) error {
		o.Name = "Other"
		return s.Workspaces.SaveOrganization(ctx, o)
	})
	s.sweep(func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
}
