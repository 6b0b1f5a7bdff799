package apiv1_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// TestPrincipals lists whom rules can name, and who certain numbers are.
func TestPrincipals(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		ctx, at := t.Context(), s.at("/principals")
		var err error
		joined, err := s.services.Workspaces.CreateGroup(ctx, root(), workspace.Group{Name: "Joined"})
		s.must(err)
		_, err = s.services.Workspaces.PutMember(ctx, root(), s.here.ID, joined.Num, []rbac.RoleName{workspace.RoleViewer})
		s.must(err)
		_, err = s.services.Workspaces.Suspend(ctx, root(), s.here.ID, s.member.Num)
		s.must(err)
		soon := s.services.Now().AddDate(0, 1, 0)
		key, secret, err := s.services.AccessKeys.Create(ctx, root(), accesskey.Key{
			Workspace: s.here.ID, Title: "Robot", Role: workspace.RoleViewer, Expires: soon,
		})
		s.must(err)
		other := s.user("other", false)
		mine, _, err := s.services.AccessKeys.Create(ctx, s.people["boss"], accesskey.Key{Title: "Mine", User: s.boss.ID, Expires: soon})
		s.must(err)
		shown := func(as *someone, query string, headers ...string) string {
			t.Helper()
			var list []string
			for _, item := range s.call(as, get, at+query, "", 200, headers...).items(t) {
				list = append(list, fmt.Sprint(item["kind"], " ", item["name"]))
			}
			return strings.Join(list, ", ")
		}
		all := "special authenticated, special everyone, group group, special guest, group Joined, user Lopper boss, user Lopper member, special members, special owner, key Robot"
		nums := []string{"2", "6", "999999"}
		for _, p := range []rbac.Principal{s.boss.Num, joined.Num, key.Num, mine.Num, other.Num, s.admin.Num, s.here.Audience, rbac.Administrators} {
			nums = append(nums, fmt.Sprint(p))
		}
		for query, want := range map[string]string{
			"": all, "?kind=user": "user Lopper boss, user Lopper member", "?kind=group,key": "group group, group Joined, key Robot",
			"?kind=special&q=E": "special authenticated, special everyone, special guest, special members, special owner",
			"?q=RO":             "group group, key Robot", "?q=member@": "user Lopper member", "?q=nobody": "",
			"?num=" + strings.Join(nums, ","): "special everyone, group Joined, user Lopper boss, special members, special owner, key Robot",
			"?num=" + nums[1] + "&kind=user":  "",
		} {
			if got := shown(s.boss, query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		s.call(s.boss, get, at+"?limit=3", "", 200)
		if a := s.call(s.boss, get, at+"?limit=3&sort=-name", "", 200); a.value(t)["total"] != float64(10) || len(a.items(t)) != 3 || a.items(t)[0]["name"] != "Robot" {
			t.Errorf("%s", a.text)
		}
		for query, want := range map[string]string{
			"?q=member@": fmt.Sprintf(`{"num":%d,"kind":"user","name":"Lopper member","username":"member","email":"member@example.org","member":true,"suspended":true}`, s.member.Num),
			"?num=2":     `{"num":2,"kind":"special","name":"everyone","member":false}`,
			"?q=joined":  fmt.Sprintf(`{"num":%d,"kind":"group","name":"Joined","member":true,"suspended":false}`, joined.Num),
			"?kind=key":  fmt.Sprintf(`{"num":%d,"kind":"key","name":"Robot","member":false}`, key.Num),
		} {
			if got := s.call(s.boss, get, at+query, "", 200).text; got != `{"items":[`+want+`],"total":1}` {
				t.Errorf("%s: %s", query, got)
			}
		}

		// Who sees members and no keys, a person and a key.
		clerk := s.user("clerk", false)
		s.join(s.here.ID, clerk)
		for _, p := range []rbac.Principal{clerk.Num, key.Num} {
			for _, perm := range []string{"read_members", "manage_keys"}[:1+slices.Index([]rbac.Principal{clerk.Num, key.Num}, p)] {
				rule := rbac.Rule{Node: s.here.Num, Effect: rbac.Allow, Principal: p, Scope: "workspace", Permission: perm}
				_, err := s.services.Workspaces.AddRule(ctx, root(), s.here.ID, rule)
				s.must(err)
			}
		}
		without := strings.Replace(all, ", user Lopper member", ", user Lopper clerk, user Lopper member", 1)
		without = strings.TrimSuffix(without, ", key Robot")
		for name, got := range map[string]string{
			"a person": shown(clerk, ""), "a key": shown(nil, "", "Authorization", "Bearer "+secret),
		} {
			if got != without {
				t.Errorf("%s: %s, want %s", name, got, without)
			}
		}
		if got := shown(clerk, "?kind=key") + shown(clerk, "?num="+fmt.Sprint(key.Num)) + shown(clerk, "?q=robot"); got != "" {
			t.Errorf("who lists no keys is shown %s", got)
		}
		for query, field := range map[string]string{
			"?kind=system": "kind", "?kind=": "", "?num=x": "num", "?sort=kind": "sort", "?principal=1": "principal",
		} {
			if field == "" {
				continue
			}
			s.refused(s.boss, get, at+query, "", 400, "invalid", field)
		}
		s.refused(other, get, at, "", 404, "not_found", "")

		// A key's reasons are for who lists it.
		asks := fmt.Sprintf(`{"node": %d, "permission": "workspace.read", "principal": %d}`, s.here.Num, key.Num)
		s.call(s.boss, post, "/explain", asks, 200)
		s.refused(clerk, post, "/explain", asks, 403, "forbidden", "")
		s.refused(other, post, "/explain", asks, 404, "not_found", "")
	})
}
