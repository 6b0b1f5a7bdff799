package storagetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Parties tests [workspace.Parties].
func Parties(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"they are shown as they are": partiesShown,
		"filters choose":             partyFilters,
		"pages are in order":         partyOrders,
		"of no workspace are none":   partiesNowhere,
		"the tree has the same":      partiesOfTree,
	})
}

// crew is a workspace with everybody in it whom rules can name.
type crew struct {
	workspace.Workspace

	user, suspended             workspace.User
	own, joined, foreign        workspace.Group
	key                         rbac.Principal
	parties                     []workspace.Party
	stranger, outside, personal rbac.Principal
}

func (s *sample) crew() crew {
	s.t.Helper()
	c := crew{Workspace: s.place(), user: s.user("Ada"), suspended: s.user("Ewa")}
	elsewhere := s.place()
	c.own, c.joined, c.foreign = s.group("Bert", c.ID), s.group("dora", c.ID), s.group("Cléo", "")
	k := s.freshAccessKey(c.ID, "")
	k.Title = "fred_"
	c.key = s.addAccessKey(k).Num
	for _, p := range []rbac.Principal{c.user.Num, c.suspended.Num, c.joined.Num, c.foreign.Num} {
		s.put(workspace.Member{Workspace: c.ID, Principal: p, Created: at(1)})
		s.put(workspace.Member{Workspace: elsewhere.ID, Principal: p, Created: at(1)})
	}
	for _, p := range []rbac.Principal{c.suspended.Num, c.joined.Num} {
		s.give(s.rule(c.Num, p, "", "suspension"))
	}
	s.give(s.rule(elsewhere.Num, c.user.Num, "", "suspension"))
	s.give(s.rule(c.Num, c.user.Num, "x", "member"))
	c.stranger = s.user("stranger").Num
	c.outside = s.group("outside", elsewhere.ID).Num
	s.group("platform's", "")
	s.accessKey(elsewhere.ID, "")
	c.personal = s.accessKey("", c.user.ID).Num
	s.join(c.foreign.Num, c.stranger)

	person := func(u workspace.User, suspended bool) workspace.Party {
		return workspace.Party{
			Num: u.Num, Kind: rbac.User, Name: u.Name(), Username: u.Username, Email: u.Email, Member: true, Suspended: suspended,
		}
	}
	c.parties = append(c.Special(),
		person(c.user, false), person(c.suspended, true),
		workspace.Party{Num: c.own.Num, Kind: rbac.Group, Name: "Bert"},
		workspace.Party{Num: c.joined.Num, Kind: rbac.Group, Name: "dora", Member: true, Suspended: true},
		workspace.Party{Num: c.foreign.Num, Kind: rbac.Group, Name: "Cléo", Member: true},
		workspace.Party{Num: c.key, Kind: rbac.Key, Name: "fred_"},
	)
	slices.SortFunc(c.parties, func(a, b workspace.Party) int { return int(a.Num - b.Num) })
	return c
}

func partiesShown(s *sample) {
	c := s.crew()
	list, err := s.Workspaces.Parties(s.t.Context(), workspace.PartyFilter{
		Workspace: c.ID, Special: c.Special(), Order: paging.Order{By: "num"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "parties", list, c.parties)
}

func partyFilters(s *sample) {
	c := s.crew()
	kept := []rbac.Principal{c.user.Num, c.suspended.Num, c.own.Num, c.joined.Num, c.foreign.Num, c.key}
	members := c.Audience
	for _, q := range []struct {
		name string
		f    workspace.PartyFilter
		want []rbac.Principal
	}{
		{"all that are kept", workspace.PartyFilter{}, kept},
		{"all", workspace.PartyFilter{Special: c.Special()}, append(slices.Clone(kept), 1, 2, 3, 6, members)},
		{"users", workspace.PartyFilter{Special: c.Special(), Kinds: []rbac.Kind{rbac.User}}, kept[:2]},
		{"groups", workspace.PartyFilter{Special: c.Special(), Kinds: []rbac.Kind{rbac.Group}}, kept[2:5]},
		{"keys", workspace.PartyFilter{Special: c.Special(), Kinds: []rbac.Kind{rbac.Key}}, kept[5:]},
		{"special ones", workspace.PartyFilter{Special: c.Special(), Kinds: []rbac.Kind{rbac.System}}, []rbac.Principal{1, 2, 3, 6, members}},
		{"special ones that are not", workspace.PartyFilter{Kinds: []rbac.Kind{rbac.System}}, nil},
		{"two kinds", workspace.PartyFilter{Kinds: []rbac.Kind{rbac.User, rbac.Key}}, []rbac.Principal{kept[0], kept[1], kept[5]}},
		{"no kinds", workspace.PartyFilter{Special: c.Special(), Kinds: []rbac.Kind{}}, nil},
		{"numbers", workspace.PartyFilter{
			Special: c.Special(), Nums: []rbac.Principal{c.user.Num, c.own.Num, c.key, 2, members, c.stranger, c.outside, c.personal, 1 << 40},
		}, []rbac.Principal{c.user.Num, c.own.Num, c.key, 2, members}},
		{"no numbers", workspace.PartyFilter{Special: c.Special(), Nums: []rbac.Principal{}}, nil},
		{"a name", workspace.PartyFilter{Special: c.Special(), Search: "LÉ"}, []rbac.Principal{c.foreign.Num}},
		{"a special one's", workspace.PartyFilter{Special: c.Special(), Search: "UEST"}, []rbac.Principal{1}},
		{"an address", workspace.PartyFilter{Special: c.Special(), Search: strings.ToUpper(c.suspended.Email)}, []rbac.Principal{c.suspended.Num}},
		{"a title", workspace.PartyFilter{Special: c.Special(), Search: "D_"}, []rbac.Principal{c.key}},
		{"nothing", workspace.PartyFilter{Special: c.Special(), Search: "\x00"}, nil},
	} {
		slices.Sort(q.want)
		q.f.Workspace, q.f.Order = c.ID, paging.Order{By: "num"}
		chooses(s.t, q.name, func(p workspace.Party) rbac.Principal { return p.Num }, q.want,
			func(offset, limit int) ([]workspace.Party, error) {
				f := q.f
				if offset > 0 {
					f.After = &paging.Mark{Num: int64(append(slices.Clone(q.want), make([]rbac.Principal, 9)...)[offset-1])}
					if offset > len(q.want) || len(q.want) == 0 {
						return nil, nil
					}
				}
				f.Limit = limit
				return s.Workspaces.Parties(s.t.Context(), f)
			}, func(_, limit int) (int, error) {
				f := q.f
				f.Limit, f.After = limit, &paging.Mark{Num: 7}
				return s.Workspaces.CountParties(s.t.Context(), f)
			})
		bounded := q.f
		bounded.Limit, bounded.After, bounded.Order = 1, &paging.Mark{Value: "zz", Num: 7}, paging.Order{By: "name", Descending: true}
		nums, err := s.Workspaces.PartyNums(s.t.Context(), bounded)
		if err != nil {
			s.t.Fatal(err)
		}
		equal(s.t, q.name+": numbers", append([]rbac.Principal{}, nums...), append([]rbac.Principal{}, q.want...))
	}
}

func partyOrders(s *sample) {
	w, v := s.place(), s.place()
	in := func(o paging.Order, after *paging.Mark, limit int) workspace.PartyFilter {
		return workspace.PartyFilter{Workspace: w.ID, Special: w.Special(), Order: o, After: after, Limit: limit}
	}
	orders(s, shelf[workspace.Party]{
		sortable: workspace.PartyFilter{}.Sortable(), mark: workspace.Party.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]workspace.Party, error) {
			return s.Workspaces.Parties(s.t.Context(), in(o, after, limit))
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Workspaces.CountParties(s.t.Context(), in(o, after, 0))
		},
		add: func(i int) {
			switch i % 4 {
			case 0, 1:
				p := s.person(i).Num
				s.put(workspace.Member{Workspace: w.ID, Principal: p, Created: at(i)})
				s.put(workspace.Member{Workspace: v.ID, Principal: p, Created: at(i)})
			case 2:
				g := s.named(i, w.ID)
				if i%3 == 0 {
					s.put(workspace.Member{Workspace: w.ID, Principal: g.Num, Created: at(i)})
				}
			case 3:
				k := s.freshAccessKey(w.ID, "")
				k.Title = nameOf(i)
				s.addAccessKey(k)
			}
		},
		remove: func(p workspace.Party) {
			if p.Kind == rbac.User {
				s.must(func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, w.ID, p.Num) })
			}
		},
	})
}

func partiesNowhere(s *sample) {
	c := s.crew()
	f := workspace.PartyFilter{Special: c.Special()}
	list, err := s.Workspaces.Parties(s.t.Context(), f)
	if err != nil || len(list) != 0 {
		s.t.Errorf("Parties of no workspace = %v, %v", list, err)
	}
	if n, err := s.Workspaces.CountParties(s.t.Context(), f); err != nil || n != 0 {
		s.t.Errorf("CountParties of no workspace = %d, %v", n, err)
	}
	if nums, err := s.Workspaces.PartyNums(s.t.Context(), f); err != nil || len(nums) != 0 {
		s.t.Errorf("PartyNums of no workspace = %v, %v", nums, err)
	}
}

// partiesOfTree: the store of the tree tells the same of them.
func partiesOfTree(s *sample) {
	c := s.crew()
	f := workspace.PartyFilter{Workspace: c.ID, Nums: []rbac.Principal{c.user.Num, c.key, c.stranger, 2}, Special: c.Special(), Order: paging.Order{By: "num"}}
	want, err := s.Workspaces.Parties(s.t.Context(), f)
	if err != nil || len(want) != 3 {
		s.t.Fatal(want, err)
	}
	got, err := s.Resources.Parties(s.t.Context(), f)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "Parties", got, want)
	nums, err := s.Resources.PartyNums(s.t.Context(), f)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "PartyNums", nums, []rbac.Principal{2, c.user.Num, c.key})
	w, err := s.Resources.Workspace(s.t.Context(), c.Num)
	if err != nil {
		s.t.Fatal(err)
	}
	equal(s.t, "Workspace", w, c.Workspace)
	for _, n := range []rbac.Node{rbac.Root, s.organization("o").Num, 1 << 40} {
		if _, err := s.Resources.Workspace(s.t.Context(), n); !errors.Is(err, resource.ErrNotFound) {
			s.t.Errorf("Workspace(%d): %v, want %v", n, err, resource.ErrNotFound)
		}
	}
}
