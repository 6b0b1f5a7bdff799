package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/bailiwick-sdk/bailiwick/internal/paging"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// Orders tests in what order the stores list and where they continue.
func Orders(t *testing.T, open func(t *testing.T) *Backend) {
	t.Helper()
	together(t, open, map[string]func(s *sample){
		"organizations":        organizationOrders,
		"workspaces":           workspaceOrders,
		"users":                userOrders,
		"groups":               groupOrders,
		"members":              memberOrders,
		"rules":                ruleOrders,
		"pools":                poolOrders,
		"allocations":          allocationOrders,
		"texts compare folded": textOrder,
		"access keys":          accessKeyListing,
		"invitations":          invitationListing,
		"resources":            resourceListing,
	})
}

// A shelf is a list with ways to change it.
type shelf[T any] struct {
	sortable []string
	list     func(o paging.Order, after *paging.Mark, limit int) ([]T, error)
	count    func(o paging.Order, after *paging.Mark) (int, error)
	mark     func(row T, o paging.Order) paging.Mark
	// add adds a row and remove takes one away, unless it is nil.
	add    func(i int)
	remove func(row T)
	// unmarked lists have no marks in their own order.
	unmarked bool
	invalid  error
}

// names differ in case, accents, width and script, are equal, or empty.
func names() []string {
	return []string{
		"Éva", "eva", "EVA", "", "Straße", "STRASSE", "Ångström", "Жанна", "жанна", "Яна", "zoë", "Zoé", "a", "A", "Ａ",
		"ﬁ", "fi", "_", "%", "O'Neil", "\U0001F30D", "\uFFFD", "日本",
	}
}

func nameOf(i int) string { return names()[i*7%len(names())] }

// position is a mark as it compares.
type position struct {
	text   string
	number int64
	num    int64
}

func positionOf(by string, m paging.Mark) position {
	if number, err := strconv.ParseInt(m.Value, 10, 64); err == nil {
		return position{number: number, num: m.Num}
	}
	if !slices.Contains([]string{"kind", "type", "holder", "pool", "role", "effect", "inviter", "state", "class"}, by) {
		m.Value = cases.Fold().String(norm.NFKC.String(m.Value))
	}
	return position{text: m.Value, num: m.Num}
}

func (p position) compare(q position, o paging.Order) int {
	c := cmp.Or(cmp.Compare(p.text, q.text), cmp.Compare(p.number, q.number), cmp.Compare(p.num, q.num))
	if o.Descending {
		return -c
	}
	return c
}

// orders tests a list in each order there is.
func orders[T any](s *sample, sh shelf[T]) {
	s.t.Helper()
	for i := range 12 {
		sh.add(i)
	}
	next := 12
	random := rand.New(rand.NewPCG(1, uint64(len(sh.sortable))))
	for _, by := range append([]string{""}, sh.sortable...) {
		if by == "" && sh.unmarked {
			continue
		}
		for _, o := range []paging.Order{{By: by}, {By: by, Descending: true}} {
			for _, size := range []int{1, 2, 7} {
				more := 1 // what cannot be taken away must not become too much
				sh.walk(s, o, size, func() {
					rows := sh.rows(s, paging.Order{})
					if len(rows) > 9 && sh.remove != nil && random.IntN(2) == 0 {
						sh.remove(rows[random.IntN(len(rows))])
					}
					if len(rows) < 12 || more > 0 && next < 30 {
						sh.add(next)
						next, more = next+1, more-1
					}
				})
			}
		}
	}
	for _, o := range []paging.Order{{By: "nothing"}, {By: "num; --"}, {Descending: true, By: "Name"}} {
		_, err := sh.list(o, nil, 1)
		sh.refuses(s, err, "sort")
	}
	some := sh.rows(s, paging.Order{})[0]
	for _, by := range sh.sortable {
		o := paging.Order{By: by}
		if by == "num" {
			continue // has no value beside itself
		}
		strange := []string{"\x00", "\xff"}
		if _, err := strconv.ParseInt(sh.mark(some, o).Value, 10, 64); err == nil {
			strange = append(strange, "", "no number", "9223372036854775808")
		}
		for _, value := range strange {
			_, err := sh.list(o, &paging.Mark{Value: value}, 1)
			sh.refuses(s, err, "after")
		}
	}
}

func (sh shelf[T]) refuses(s *sample, err error, field string) {
	s.t.Helper()
	if !errors.Is(err, sh.invalid) {
		s.t.Errorf("error %v, want %v of %s", err, sh.invalid, field)
	}
	if invalid, ok := errors.AsType[*workspace.InvalidError](err); ok && invalid.Field != field {
		s.t.Errorf("error %v, want one of %s", err, field)
	}
}

func (sh shelf[T]) rows(s *sample, o paging.Order) []T {
	s.t.Helper()
	rows, err := sh.list(o, nil, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}

// walk goes through a list page by page, and wants every row once that is there
// all the time, none twice, and all in order.
func (sh shelf[T]) walk(s *sample, o paging.Order, size int, between func()) {
	s.t.Helper()
	what := fmt.Sprintf("%+v by %d", o, size)
	at := func(row T) position { return positionOf(o.By, sh.mark(row, o)) }
	nums := func() map[int64]bool {
		there := map[int64]bool{}
		rows := sh.rows(s, o)
		for i, row := range rows {
			there[at(row).num] = true
			if i > 0 && at(rows[i-1]).compare(at(row), o) >= 0 {
				s.t.Fatalf("%s: %+v comes before %+v", what, at(rows[i-1]), at(row))
			}
		}
		return there
	}
	stay := nums()
	seen := map[int64]bool{}
	var after *paging.Mark
	var last position
	for step := 0; ; step++ {
		page, err := sh.list(o, after, size)
		if err != nil || len(page) > size {
			s.t.Fatalf("%s: %d rows, %v", what, len(page), err)
		}
		if step == 1 {
			if n, err := sh.count(o, after); err != nil || n != len(sh.rows(s, paging.Order{})) {
				s.t.Fatalf("%s: count %d, %v; want all", what, n, err)
			}
		}
		for _, row := range page {
			if after != nil && last.compare(at(row), o) >= 0 {
				s.t.Fatalf("%s: %+v comes after %+v", what, at(row), last)
			}
			mark := sh.mark(row, o)
			after, last = &mark, at(row)
			seen[last.num] = true
		}
		if len(page) < size {
			break
		}
		if step < 4 {
			between()
		}
	}
	left := nums()
	for num := range stay {
		if left[num] && !seen[num] {
			s.t.Fatalf("%s: %d was there all the time and not seen", what, num)
		}
	}
}

func organizationOrders(s *sample) {
	f := workspace.OrganizationFilter{}
	orders(s, shelf[workspace.Organization]{
		sortable: f.Sortable(), mark: workspace.Organization.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]workspace.Organization, error) {
			return s.Workspaces.Organizations(s.t.Context(), workspace.OrganizationFilter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Workspaces.CountOrganizations(s.t.Context(), workspace.OrganizationFilter{Order: o, After: after})
		},
		add: func(i int) {
			o := workspace.Organization{
				ID: workspace.OrganizationID(uid.New()), Name: nameOf(i) + " " + strconv.Itoa(i), Created: at(i % 3),
			}
			s.must(func(ctx context.Context) error {
				_, err := s.Workspaces.AddOrganization(ctx, o)
				return err
			})
		},
		remove: func(o workspace.Organization) {
			s.must(func(ctx context.Context) error { return s.Workspaces.DeleteOrganization(ctx, o.ID) })
		},
	})
}

func workspaceOrders(s *sample) {
	u, payers := s.user("u"), []workspace.Organization{{}, s.organization("É"), s.organization("e"), s.organization("Ж")}
	f := workspace.Filter{}
	orders(s, shelf[workspace.Details]{
		sortable: f.Sortable(), mark: workspace.Details.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]workspace.Details, error) {
			list, err := s.Workspaces.Workspaces(s.t.Context(), workspace.Filter{Order: o, After: after, Limit: limit})
			var all []workspace.Details
			for _, w := range list {
				d := workspace.Details{Workspace: w}
				for _, payer := range payers[1:] {
					if payer.ID == w.Organization {
						d.PaidBy = &payer
					}
				}
				all = append(all, d)
			}
			return all, err
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Workspaces.CountWorkspaces(s.t.Context(), workspace.Filter{Order: o, After: after})
		},
		add: func(i int) {
			w := workspace.Workspace{
				ID: workspace.ID(uid.New()), Organization: payers[i%4].ID, Name: nameOf(i),
				TechnicalName: []string{"a", "B", "_", "Z"}[i%4] + strconv.Itoa(i), Active: i%3 > 0, Supervisor: u.ID, Created: at(i % 3),
			}
			s.must(func(ctx context.Context) error {
				_, err := s.Workspaces.AddWorkspace(ctx, w)
				return err
			})
		},
	})
}

// person returns a user whose names and times are equal to others'.
func (s *sample) person(i int) workspace.User {
	s.t.Helper()
	u := workspace.User{
		ID: workspace.UserID(uid.New()), Username: nameOf(i) + "." + strconv.Itoa(i), Email: nameOf(i+1) + strconv.Itoa(i) + "@example.org",
		FirstName: nameOf(i / 3), LastName: nameOf(i), Disabled: i%3 == 0, Created: at(i % 3),
	}
	if i%2 == 0 {
		u.LastCall, u.LastLogin = at(i%5), at(-i%4)
	}
	s.must(func(ctx context.Context) (err error) {
		u, err = s.Workspaces.AddUser(ctx, u)
		return err
	})
	return u
}

func userOrders(s *sample) {
	f := workspace.UserFilter{}
	orders(s, shelf[workspace.User]{
		sortable: f.Sortable(), mark: workspace.User.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]workspace.User, error) {
			return s.Workspaces.Users(s.t.Context(), workspace.UserFilter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Workspaces.CountUsers(s.t.Context(), workspace.UserFilter{Order: o, After: after})
		},
		add: func(i int) { s.person(i) },
	})
}

// named returns a group with the i-th name in a workspace of a name's own.
func (s *sample) named(i int, in workspace.ID) workspace.Group {
	s.t.Helper()
	g := workspace.Group{ID: workspace.GroupID(uid.New()), Workspace: in, Name: nameOf(i) + "\u00a0" + strconv.Itoa(i), Created: at(i % 3)}
	s.must(func(ctx context.Context) (err error) {
		g, err = s.Workspaces.AddGroup(ctx, g)
		return err
	})
	return g
}

func groupOrders(s *sample) {
	w := s.place()
	people := []workspace.User{s.user("a"), s.user("b"), s.user("c")}
	f := workspace.GroupFilter{}
	orders(s, shelf[workspace.Group]{
		sortable: f.Sortable(), mark: workspace.Group.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]workspace.Group, error) {
			return s.Workspaces.Groups(s.t.Context(), workspace.GroupFilter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Workspaces.CountGroups(s.t.Context(), workspace.GroupFilter{Order: o, After: after})
		},
		add: func(i int) {
			g := s.named(i, w.ID)
			for _, u := range people[:i%4] {
				s.join(g.Num, u.Num)
			}
			if got := s.readGroup(g.ID).Members; got != i%4 {
				s.t.Errorf("the group has %d members, want %d", got, i%4)
			}
		},
		remove: func(g workspace.Group) {
			s.must(func(ctx context.Context) error { return s.Workspaces.DeleteGroup(ctx, g.ID) })
		},
	})
}

func memberOrders(s *sample) {
	w, v := s.place(), s.place()
	in := func(o paging.Order, after *paging.Mark, limit int) workspace.MemberFilter {
		return workspace.MemberFilter{Workspace: w.ID, Order: o, After: after, Limit: limit}
	}
	orders(s, shelf[workspace.Member]{
		sortable: workspace.MemberFilter{}.Sortable(), mark: workspace.Member.Mark, invalid: workspace.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]workspace.Member, error) {
			return s.Workspaces.Members(s.t.Context(), in(o, after, limit))
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Workspaces.CountMembers(s.t.Context(), in(o, after, 0))
		},
		add: func(i int) {
			var p rbac.Principal
			if i%5 == 1 {
				p = s.named(i, w.ID).Num
			} else {
				p = s.person(i).Num
			}
			s.put(workspace.Member{Workspace: w.ID, Principal: p, Created: at(i % 3), Updated: at(i % 4)})
			s.put(workspace.Member{Workspace: v.ID, Principal: p, Created: at(i)})
			for _, role := range []rbac.RoleName{"b", "B", "é", "a", "_"}[:i%6] {
				s.give(s.rule(w.Num, p, role, "member"))
			}
		},
		remove: func(m workspace.Member) {
			s.must(func(ctx context.Context) error { return s.Workspaces.DeleteMember(ctx, w.ID, m.Principal) })
		},
	})
}

func ruleOrders(s *sample) {
	w := s.place()
	u := []workspace.User{s.user("a"), s.user("b")}
	orders(s, shelf[rbac.Rule]{
		sortable: rbac.RuleFilter{}.Sortable(), mark: rbac.Rule.Mark, invalid: rbac.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]rbac.Rule, error) {
			return s.Rules.Rules(s.t.Context(), rbac.RuleFilter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Rules.CountRules(s.t.Context(), rbac.RuleFilter{Order: o, After: after})
		},
		add: func(i int) {
			r := s.rule([]rbac.Node{w.Num, rbac.Root}[i%2], u[i%2].Num, rbac.RoleName(nameOf(i)), "")
			r.Created = at(i % 3)
			if i%3 == 0 {
				r.Effect, r.Expires = rbac.Deny, at(i%4)
			}
			s.give(r)
		},
		remove: func(r rbac.Rule) {
			s.must(func(ctx context.Context) error {
				_, err := s.Rules.DeleteRules(ctx, rbac.RuleFilter{IDs: []rbac.RuleID{r.ID}})
				return err
			})
		},
	})
}

func poolOrders(s *sample) {
	q := &quotas{Backend: s.Backend, t: s.t}
	orders(s, shelf[quota.Pool]{
		sortable: quota.PoolFilter{}.Sortable(), mark: quota.Pool.Mark, invalid: quota.ErrInvalid,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]quota.Pool, error) {
			return s.Quotas.Pools(s.t.Context(), quota.PoolFilter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Quotas.CountPools(s.t.Context(), quota.PoolFilter{Order: o, After: after})
		},
		add: func(i int) {
			p := freshPool(quota.Kind([]string{"b", "B", "é"}[i%3]), nameOf(i), int64(i%4)*1e15)
			p.Type, p.Created = nameOf(i/2), at(i%3)
			p = q.savePool(p)
			s.must(func(ctx context.Context) error {
				_, _, err := s.Quotas.AddPool(ctx, p.ID, int64(i%4), false)
				return err
			})
		},
		remove: func(p quota.Pool) {
			if p.Created.IsZero() {
				return // the platform's own
			}
			s.must(func(ctx context.Context) error { return s.Quotas.DeletePool(ctx, p.ID) })
		},
	})
}

func allocationOrders(s *sample) {
	q := &quotas{Backend: s.Backend, t: s.t}
	pools := []quota.Pool{q.savePool(freshPool(quota.Storage, "a", 1)), q.savePool(freshPool(quota.Storage, "b", 1))}
	orders(s, shelf[quota.Allocation]{
		sortable: quota.AllocationFilter{}.Sortable(), mark: quota.Allocation.Mark, invalid: quota.ErrInvalid, unmarked: true,
		list: func(o paging.Order, after *paging.Mark, limit int) ([]quota.Allocation, error) {
			return s.Quotas.Allocations(s.t.Context(), quota.AllocationFilter{Order: o, After: after, Limit: limit})
		},
		count: func(o paging.Order, after *paging.Mark) (int, error) {
			return s.Quotas.CountAllocations(s.t.Context(), quota.AllocationFilter{Order: o, After: after})
		},
		add: func(i int) {
			a := freshAllocation(pools[i%2].ID, quota.Holder([]string{"b", "B", "é", "a"}[i%4]), "", int64(i%3))
			a.Slot, a.Created = strconv.Itoa(i), at(i%3)
			a = q.saveAllocation(a)
			if i%3 == 0 {
				q.set(a.ID, int64(i%4), 0)
			}
		},
		remove: func(a quota.Allocation) {
			q.set(a.ID, 0, 0)
			s.must(func(ctx context.Context) error { return s.Quotas.DeleteAllocation(ctx, a.ID) })
		},
	})
	_, err := s.Quotas.Allocations(s.t.Context(), quota.AllocationFilter{After: &paging.Mark{}})
	if !errors.Is(err, quota.ErrInvalid) {
		s.t.Errorf("after a mark of no order: %v, want ErrInvalid", err)
	}
}

// textOrder: the order that is written out here is that of every backend.
func textOrder(s *sample) {
	w := s.place()
	for _, last := range []string{"жанна", "Zoé", "zoe", "Éva", "EVA", "", "eva", "Straße", "STRASSE", "_", "Яна"} {
		n := s.number()
		u := workspace.User{ID: workspace.UserID(uid.New()), Username: strconv.Itoa(n), Email: strconv.Itoa(n), LastName: last}
		s.must(func(ctx context.Context) (err error) {
			u, err = s.Workspaces.AddUser(ctx, u)
			return err
		})
		s.put(workspace.Member{Workspace: w.ID, Principal: u.Num})
	}
	want := []string{"", "_", "EVA", "eva", "Straße", "STRASSE", "zoe", "Zoé", "Éva", "жанна", "Яна"}
	members, err := s.Workspaces.Members(s.t.Context(), workspace.MemberFilter{Workspace: w.ID, Order: paging.Order{By: "name"}})
	var got []string
	for _, m := range members {
		got = append(got, m.Name)
	}
	equal(s.t, fmt.Sprintf("the order (%v)", err), got, want)
}
