package apiv1_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// row is somebody who may something on a resource.
type row struct {
	Principal struct {
		Num       rbac.Principal `json:"num"`
		Kind      string         `json:"kind"`
		Name      string         `json:"name"`
		Username  string         `json:"username"`
		Email     string         `json:"email"`
		Member    bool           `json:"member"`
		Suspended *bool          `json:"suspended"`
	} `json:"principal"`
	Permissions   []string `json:"permissions"`
	Supervisor    bool     `json:"supervisor"`
	Administrator bool     `json:"administrator"`
}

// access reads who may what on a node.
func (w *wood) access(as *someone, n rbac.Node, query string) []row {
	w.t.Helper()
	var list struct {
		Items []row `json:"items"`
		Total int   `json:"total"`
	}
	a := w.call(as, get, num(n)+"/access?limit=200"+query, "", 200)
	w.must(json.Unmarshal([]byte(a.text), &list))
	if list.Total != len(list.Items) {
		w.t.Errorf("%d rows of %d", len(list.Items), list.Total)
	}
	return list.Items
}

// caller is somebody who asks, with what says who he is.
type caller struct {
	num     rbac.Principal
	as      *someone
	headers []string
}

// checks asks as somebody which of some permissions he has.
func (w *wood) checks(as caller, n rbac.Node, perms []string) []string {
	w.t.Helper()
	var asked []string
	for _, perm := range perms {
		asked = append(asked, fmt.Sprintf(`{"node": %d, "permission": %q}`, n, perm))
	}
	var told struct {
		Allowed []bool `json:"allowed"`
	}
	a := w.call(as.as, post, "/check", `{"checks": [`+strings.Join(asked, ",")+`]}`, 200, as.headers...)
	w.must(json.Unmarshal([]byte(a.text), &told))
	if len(told.Allowed) != len(perms) {
		w.t.Fatalf("%s", a.text)
	}
	var has []string
	for i, yes := range told.Allowed {
		if yes {
			has = append(has, perms[i])
		}
	}
	return has
}

// TestAccess lists who may what, under rules at random, and wants each of them to
// be answered so when he asks, and whoever saw the list to be told why.
func TestAccess(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		random := rand.New(rand.NewPCG(3, 5))
		outsider := w.user("outsider", false)
		callers := []caller{{num: rbac.Guest}, {num: outsider.Num, as: outsider}}
		for _, u := range []*someone{w.admin, w.boss, w.member, w.editor, w.viewer} {
			callers = append(callers, caller{num: u.Num, as: u})
		}
		k, secret, err := w.services.AccessKeys.Create(t.Context(), root(), accesskey.Key{
			Workspace: w.here.ID, Title: "robot", Role: workspace.RoleViewer, Expires: w.services.Now().AddDate(0, 1, 0),
		})
		w.must(err)
		callers = append(callers, caller{num: k.Num, headers: []string{"Authorization", "Bearer " + secret}})
		nodes := []rbac.Node{w.here.Num, w.tree.folder.Num, w.tree.layer.Num}
		perms := map[rbac.Node][]string{}
		for _, n := range nodes {
			perms[n] = w.access(w.boss, n, "&q=boss")[0].Permissions // the supervisor's
		}
		for range 4 {
			for range 4 {
				who, on := callers[random.IntN(len(callers))].num, nodes[random.IntN(3)]
				perm := perms[on][random.IntN(len(perms[on]))]
				scope, name, _ := strings.Cut(perm, ".")
				rule := fmt.Sprintf(`{"effect": %q, "principal": %d, "scope": %q, "permission": %q}`, []string{"allow", "deny"}[random.IntN(2)], who, scope, name)
				if got := w.ask(t.Context(), sent{as: w.admin, method: post, path: num(on) + "/rules", body: rule}); got.status != 201 && got.status != 409 && got.status != 400 && got.status != 200 {
					t.Fatalf("%s: %s", rule, got.text)
				}
			}
			for _, n := range nodes {
				listed := map[rbac.Principal][]string{}
				for _, r := range w.access(w.admin, n, "") {
					listed[r.Principal.Num] = r.Permissions
				}
				known := w.checks(callers[1], n, perms[n])
				for _, c := range callers {
					has, said := w.checks(c, n, perms[n]), slices.Clone(listed[c.num])
					slices.Sort(has)
					slices.Sort(said)
					if c.as == outsider && said == nil && slices.Equal(has, known) {
						continue // as whoever has said who he is
					}
					if !slices.Equal(has, said) {
						t.Errorf("%d on %d is listed with %v, and has %v", c.num, n, said, has)
					}
				}
				for _, as := range []*someone{w.boss, w.viewer, w.editor} {
					w.explained(as, n, perms[n])
				}
			}
		}
	})
}

// explained wants whoever is shown a list to be told why of everybody on it.
func (w *wood) explained(as *someone, n rbac.Node, perms []string) {
	w.t.Helper()
	if w.ask(w.t.Context(), sent{as: as, method: get, path: num(n) + "/access"}).status != 200 {
		return
	}
	for _, r := range w.access(as, n, "") {
		who := r.Principal.Num
		if who == rbac.Everyone {
			who = rbac.Guest
		}
		for _, perm := range perms {
			has := slices.Contains(r.Permissions, perm)
			if !has && r.Principal.Num == rbac.Everyone {
				continue
			}
			told := w.call(as, post, "/explain", fmt.Sprintf(`{"node": %d, "permission": %q, "principal": %d}`, n, perm, who), 200)
			if told.value(w.t)["allowed"] != has {
				w.t.Errorf("%s asks about %+v: %s on %d: %s", as.Username, r, perm, n, told.text)
			}
		}
	}
}

// TestAccessShown reads rows as they are shown, and asks for parts.
func TestAccessShown(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		at := w.at("/access")
		boss := w.access(w.boss, w.tree.layer.Num, "&q=boss")
		if len(boss) != 1 || !boss[0].Supervisor || boss[0].Administrator || !boss[0].Principal.Member || *boss[0].Principal.Suspended ||
			boss[0].Principal.Kind != "user" || boss[0].Principal.Name != "Lopper boss" || boss[0].Principal.Username != "boss" ||
			boss[0].Principal.Email != "boss@example.org" || len(boss[0].Permissions) != 12 {
			t.Errorf("%+v", boss)
		}
		admin := w.access(w.boss, w.tree.layer.Num, "&kind=user")[0]
		if admin.Principal.Num != w.admin.Num || !admin.Administrator || admin.Supervisor || admin.Principal.Name != "" || admin.Principal.Suspended != nil {
			t.Errorf("%+v", admin)
		}
		for query, want := range map[string]int{
			"": 4, "?permission=data.write": 3, "?permission=nothing": 0, "?kind=special": 0, "?kind=user,key": 4, "?q=VIEWER": 1, "?q=nobody": 0,
		} {
			if got := len(w.call(w.boss, get, at+query, "", 200).items(t)); got != want {
				t.Errorf("%s: %d rows, want %d", query, got, want)
			}
		}
		w.call(w.boss, post, w.at("/rules"), `{"effect": "allow", "principal": 1, "scope": "resource", "permission": "read"}`, 201)
		w.call(w.boss, post, num(w.tree.folder.Num)+"/rules", `{"effect": "allow", "principal": 1, "scope": "resource", "permission": "read"}`, 201)
		w.call(w.boss, post, num(w.here.Num)+"/rules", `{"effect": "allow", "principal": 1, "role": "Viewer"}`, 201)
		guest := w.access(w.viewer, w.tree.layer.Num, "&kind=special")
		if len(guest) != 1 || guest[0].Principal.Kind != "special" || guest[0].Principal.Name != "guest" || guest[0].Principal.Member {
			t.Errorf("%+v", guest)
		}
		if some := w.call(w.boss, get, at+"?fields=principal,supervisor&limit=1", "", 200); len(some.items(t)[0]) != 2 || some.value(t)["next"] == nil {
			t.Errorf("%s", some.text)
		}
		w.refused(w.boss, get, at+"?kind=group", "", 400, "invalid", "kind")
		w.refused(w.boss, get, at+"?sort=name", "", 400, "invalid", "sort")
		w.refused(w.member, get, at, "", 404, "not_found", "")
	})
}

// TestExplainedNames wants the places of an explanation to be called what they
// are, where the caller may see them.
func TestExplainedNames(t *testing.T) {
	woods(t, func(t *testing.T, w *wood) {
		named := func(as *someone, who rbac.Principal) string {
			t.Helper()
			var x struct {
				Path []struct {
					Node rbac.Node `json:"node"`
					Name string    `json:"name"`
				} `json:"path"`
			}
			told := w.call(as, post, "/explain", fmt.Sprintf(`{"node": %d, "permission": "data.write", "principal": %d}`, w.tree.layer.Num, who), 200)
			w.must(json.Unmarshal([]byte(told.text), &x))
			var names []string
			for _, s := range x.Path {
				names = append(names, s.Name)
			}
			return strings.Join(names, "/")
		}
		inside := w.here.Name + "/" + w.tree.layer.DisplayName
		for _, c := range []struct {
			name string
			as   *someone
			who  rbac.Principal
			want string
		}{
			{"the platform's administrator", w.admin, w.viewer.Num, "/Payer/" + inside},
			{"the supervisor", w.boss, w.viewer.Num, "//" + inside},
			{"a viewer about himself", w.viewer, w.viewer.Num, "//" + inside},
			{"who may see the workspace alone", w.member, w.member.Num, "//" + w.here.Name + "/"},
		} {
			if got := named(c.as, c.who); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		// So are those of the reasons in it.
		w.call(w.boss, post, w.at("/rules"), fmt.Sprintf(`{"effect": "allow", "principal": %d, "scope": "data", "permission": "write"}`, w.member.Num), 201)
		why := w.call(w.boss, post, "/explain", fmt.Sprintf(`{"node": %d, "permission": "data.write", "principal": %d}`, w.tree.layer.Num, w.member.Num), 200)
		reasons, _ := why.field(t, "why.path").([]any)
		if len(reasons) == 0 || reasons[len(reasons)-1].(map[string]any)["name"] != w.tree.layer.DisplayName {
			t.Errorf("%s", why.text)
		}
	})
}
