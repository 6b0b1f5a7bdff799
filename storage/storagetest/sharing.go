package storagetest

import (
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// A sharing is two organizations, two databases of the first and one of the
// second, and four workspaces: two use the first database, one the second, one
// none.
type sharing struct {
	o, p  workspace.Organization
	list  []database.Database
	users []workspace.Workspace
}

func (s *sample) sharing() sharing {
	s.t.Helper()
	made := sharing{o: s.organization("O"), p: s.organization("P")}
	made.list = []database.Database{s.database(made.o.ID, "a"), s.database(made.o.ID, "b"), s.database(made.p.ID, "c")}
	ada := s.user("ada").ID
	for i, d := range []int{0, 0, 1, -1} {
		w := s.workspace(fmt.Sprintf("w%d", i), made.o.ID, ada)
		if d >= 0 {
			s.keepsIn(w, made.list[d])
		}
		made.users = append(made.users, w)
	}
	return made
}

// A sight is what somebody sees of a sharing, in one project or in all.
type sight struct {
	what      string
	sees      database.Visibility
	some, all []database.Name
}

func (m sharing) sights() []sight {
	o, p, w := m.o, m.p, m.users
	return []sight{
		{"nothing", database.Visibility{}, nil, nil},
		{"an organization", database.Visibility{Organizations: rbac.Only(o.Num)}, []database.Name{"a", "b"}, []database.Name{"a", "b"}},
		{"another", database.Visibility{Organizations: rbac.Only(p.Num)}, []database.Name{"c"}, []database.Name{"c"}},
		{"one project of two", database.Visibility{Workspaces: rbac.Only(w[0].Num)}, []database.Name{"a"}, nil},
		{"both projects", database.Visibility{Workspaces: rbac.Only(w[0].Num, w[1].Num)}, []database.Name{"a"}, []database.Name{"a"}},
		{"the only project", database.Visibility{Workspaces: rbac.Only(w[2].Num)}, []database.Name{"b"}, []database.Name{"b"}},
		{"a project without one", database.Visibility{Workspaces: rbac.Only(w[3].Num)}, nil, nil},
		{
			"all",
			database.Visibility{Organizations: rbac.Only(p.Num), Workspaces: rbac.Only(w[1].Num, w[2].Num)},
			[]database.Name{"a", "b", "c"},
			[]database.Name{"b", "c"},
		},
		{"by the other's node", database.Visibility{Organizations: rbac.Only(w[0].Num), Workspaces: rbac.Only(o.Num)}, nil, nil},
	}
}

func databaseVisible(s *sample) {
	made := s.sharing()
	for _, c := range made.sights() {
		s.databases(c.what, database.Filter{Visible: &c.sees}, c.some...)
		c.sees.All = true
		s.databases(c.what+", in all projects", database.Filter{Visible: &c.sees}, c.all...)
	}
	sees := database.Visibility{Workspaces: rbac.Only(made.users[0].Num)}
	s.databases("and the other conditions", database.Filter{Visible: &sees, IDs: []workspace.DatabaseID{made.list[1].ID, made.list[2].ID}})
}

func databaseRanges(s *sample) {
	made := s.sharing()
	o, users := made.o, made.users
	var many []rbac.Node
	for n := range rbac.Node(5000) {
		many = append(many, 10_000+2*n)
	}
	for _, all := range []bool{false, true} {
		none := database.Visibility{Organizations: rbac.Only(many...), Workspaces: rbac.Only(many...), All: all}
		s.databases("5000 ranges without it", database.Filter{Visible: &none})
		one := none
		one.Workspaces = rbac.Only(append(many, users[2].Num)...)
		s.databases("5001 ranges with a project", database.Filter{Visible: &one}, "b")
		one = none
		one.Organizations = rbac.Only(append(many, o.Num)...)
		s.databases("5001 ranges with an organization", database.Filter{Visible: &one}, "a", "b")
	}
}
