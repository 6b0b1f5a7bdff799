package accesskey_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		o, other := w.Offering("one", false), w.Offering("two", false)
		publisher := func(k accesskey.Key) made {
			w.Helper()
			k.Workspace = w.Publisher.ID
			return w.key(w.Author, k)
		}
		k := publisher(accesskey.Key{Scopes: []string{"datastore.upload", "datastore.upload"}})
		if diff := cmp.Diff([]string{"datastore.upload"}, k.Scopes); diff != "" {
			w.Error(diff)
		}
		w.holds(k.Num, w.Publisher.Num, workspace.Upload, workspace.ReadDatastore, workspace.Read)
		k = publisher(accesskey.Key{Scopes: []string{"datastore"}})
		w.holds(k.Num, w.Publisher.Num, workspace.Upload, workspace.Annex, workspace.Broadcast, workspace.Process, workspace.ReadDatastore, workspace.Read)
		// Of a scope no more than the role holds.
		k = publisher(accesskey.Key{Scopes: []string{"workspace"}})
		w.holds(k.Num, w.Publisher.Num, workspace.Read, workspace.ReadActivity)
		k = publisher(accesskey.Key{Scopes: []string{"datastore"}, Role: workspace.RoleViewer})
		w.holds(k.Num, w.Publisher.Num, workspace.ReadDatastore, workspace.Read)
		k = publisher(accesskey.Key{Nodes: []rbac.Node{o.Num}})
		w.holds(k.Num, w.Publisher.Num)

		personal := w.key(w.Author, accesskey.Key{Nodes: []rbac.Node{o.Num}})
		w.holds(personal.Num, o.Num, workspace.UseOffering)
		w.holds(personal.Num, other.Num)
		w.holds(personal.Num, w.Publisher.Num)
		personal = w.key(w.Author, accesskey.Key{Scopes: []string{"offering"}})
		w.holds(personal.Num, other.Num, workspace.UseOffering)
		w.holds(personal.Num, w.Publisher.Num)
		personal = w.key(w.Author, accesskey.Key{Scopes: []string{"workspace.manage_keys"}, Nodes: []rbac.Node{w.Publisher.Num, w.Publisher.Num}})
		w.holds(personal.Num, w.Publisher.Num, workspace.ManageKeys, workspace.Read)
		for expected, k := range map[string]accesskey.Key{
			"scopes[0]": {Scopes: []string{"workspace.update"}},
			"scopes[1]": {Scopes: []string{"datastore", "platform"}},
			"nodes[0]":  {Nodes: []rbac.Node{w.Club.Num}},
			"nodes[1]":  {Nodes: []rbac.Node{o.Num, rbac.Root}},
		} {
			k.Workspace, k.Role, k.Title, k.Expires = w.Publisher.ID, workspace.RoleEditor, "x", w.Now().Add(day)
			_, _, err := w.keys.Create(w.Context(), w.Author, k)
			w.Invalid(err, expected)
		}
		for expected, k := range map[string]accesskey.Key{
			"scopes[0]": {Scopes: []string{"nothing"}},
			"nodes[0]":  {Nodes: []rbac.Node{4711}},
			"nodes[1]":  {Nodes: []rbac.Node{o.Num, w.Club.Num}},
		} {
			k.Title, k.Expires = "x", w.Now().Add(day)
			_, _, err := w.keys.Create(w.Context(), w.Author, k)
			w.Invalid(err, expected)
		}
	})
}

func TestInvalidKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.OnSQLite())
	before := dbtest.Fingerprint(t, w.DB)
	long := make([]string, 65)
	nodes := make([]rbac.Node, 51)
	networks := make([]netip.Prefix, 256)
	hosts := make([]string, 51)
	for i := range 256 {
		networks[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i)}), 24)
		if i < len(long) {
			long[i] = fmt.Sprint(i)
		}
		if i < len(nodes) {
			nodes[i], hosts[i] = rbac.Node(i), fmt.Sprintf("https://h%d.example.org", i)
		}
	}
	for i, c := range []struct {
		field  string
		change func(k *accesskey.Key)
	}{
		{"title", func(k *accesskey.Key) { k.Title = "" }},
		{"title", func(k *accesskey.Key) { k.Title = " x" }},
		{"title", func(k *accesskey.Key) { k.Title = "a\nb" }},
		{"title", func(k *accesskey.Key) { k.Title = "\xff" }},
		{"title", func(k *accesskey.Key) { k.Title = strings.Repeat("é", 100) }},
		{"role", func(k *accesskey.Key) { k.Role = "" }},
		{"role", func(k *accesskey.Key) { k.Role = workspace.RoleAdministrator }},
		{"role", func(k *accesskey.Key) { k.Role = workspace.RoleUpload }},
		{"role", func(k *accesskey.Key) { k.Role = "editor" }},
		{"role", func(k *accesskey.Key) { k.Workspace = "" }},
		{"expires", func(k *accesskey.Key) { k.Expires = time.Time{} }},
		{"expires", func(k *accesskey.Key) { k.Expires = w.Now() }},
		{"expires", func(k *accesskey.Key) { k.Expires = w.Now().Add(365*day + time.Microsecond) }},
		{"networks", func(k *accesskey.Key) { k.Networks = networks }},
		{"networks[1]", func(k *accesskey.Key) { k.Networks = []netip.Prefix{networks[0], {}} }},
		{"origins", func(k *accesskey.Key) { k.Origins = hosts }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"*"} }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"*.org"} }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"example.org"} }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"null"} }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"ftp://example.org"} }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"https://example.org/"} }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"https://a@example.org"} }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"https://*.example.org"} }},
		{"origins[0]", func(k *accesskey.Key) { k.Origins = []string{"https://example.org:"} }},
		{"origins[1]", func(k *accesskey.Key) { k.Origins = []string{"https://example.org", "https://"} }},
		{"scopes", func(k *accesskey.Key) { k.Scopes = long }},
		{"nodes", func(k *accesskey.Key) { k.Nodes = nodes }},
	} {
		k := accesskey.Key{Workspace: w.Club.ID, Title: "x", Role: workspace.RoleEditor, Expires: w.Now().Add(day)}
		c.change(&k)
		if _, _, err := w.keys.Create(t.Context(), w.Bob, k); err == nil {
			t.Errorf("%d: %s was accepted", i, c.field)
		} else {
			w.Invalid(err, c.field)
		}
	}
	if dbtest.Fingerprint(t, w.DB) != before {
		t.Error("refused, and something was kept")
	}
	// The longest life, and none at all where the policy allows it.
	w.key(w.Bob, accesskey.Key{Workspace: w.Club.ID, Expires: w.Now().Add(365 * day)})
	lenient := w.service(accesskey.Options{AllowNever: true, MaxLife: day, Domain: "keys.example.org"})
	k, _, err := lenient.Create(t.Context(), w.Bob, accesskey.Key{Workspace: w.Club.ID, Title: "x", Role: workspace.RoleViewer})
	if w.OK(err); !k.Expires.IsZero() || !strings.HasSuffix(k.Address, "@keys.example.org") {
		t.Errorf("made %+v", k)
	}
	_, _, err = lenient.Create(t.Context(), w.Bob, accesskey.Key{Workspace: w.Club.ID, Title: "x", Role: workspace.RoleViewer, Expires: w.Now().Add(2 * day)})
	w.Invalid(err, "expires")
}
