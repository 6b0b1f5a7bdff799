package resource_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// may is the permission algorithm of NextGIS Web, written from spec/ngw.md §3.1
// to §3.3 and from nothing else: allow − mask − deny. It knows no roles and no
// supervisors, and takes classes, scopes and requirements from the tables below.
func may(f rbac.Facts, who rbac.Identity, n rbac.Node, p rbac.Permission) bool {
	target, exists := f.Places[n]
	if !exists || !slices.Contains(scopesOf(target.Class), p.Scope()) {
		return false
	}
	var allow, deny bool
	for at := target; ; at = f.Places[at.Parent] {
		for _, r := range f.Rules {
			matches := r.Node == at.Node && (r.Propagate || at.Node == n) && (r.Class == "" || r.Class == target.Class) &&
				concerns(r.Principal, who, target) && (r.Scope == "" && r.Permission == "" ||
				r.Scope == p.Scope() && (r.Permission == "" || r.Permission == p.Name()))
			allow, deny = allow || matches && r.Effect == rbac.Allow, deny || matches && r.Effect == rbac.Deny
		}
		if at.Node == rbac.Root {
			break
		}
	}
	if !allow || deny {
		return false
	}
	for _, r := range required(target.Class, p) {
		next, leads := n, true
		switch {
		case r.attr == "parent":
			next, leads = target.Parent, n != rbac.Root
		case r.attr != "":
			next, leads = target.Links[r.attr]
		}
		if leads && !may(f, who, next, r.needs) || !leads && !r.orNone {
			return false
		}
	}
	return true
}

// concerns says whom a rule is for: spec §3.1, and §7 for the owner.
func concerns(p rbac.Principal, who rbac.Identity, target rbac.Place) bool {
	guest := who.Principal == rbac.Guest
	switch p {
	case rbac.Everyone:
		return true
	case rbac.Authenticated:
		return !guest
	case rbac.Guest:
		return guest
	case rbac.Owner:
		return !guest && target.Owner == who.Principal
	}
	return !guest && (p == who.Principal || slices.Contains(who.Groups, p))
}

// scopesOf lists the scopes of the classes that the worlds are made of: spec
// §1.3 with those of the seed, and what DESIGN §1 says of a workspace.
func scopesOf(class string) []string {
	all := []string{"resource", "metadata"}
	switch class {
	case workspace.ClassWorkspace:
		return append(all, "workspace")
	case "vector_layer", "raster_layer", "postgis_layer", "wmsclient_layer", "tmsclient_layer":
		return append(all, "data", "datastruct")
	case "raster_style":
		return append(all, "data")
	case "postgis_connection", "wmsclient_connection", "tmsclient_connection", "raster_layer_storage":
		return append(all, "connection")
	case "wmsserver_service", "wfsserver_service":
		return append(all, "service")
	case "webmap":
		return append(all, "webmap")
	}
	return all
}

// need is a line of the table in spec §3.3.
type need struct {
	attr   string
	needs  rbac.Permission
	orNone bool
}

func required(class string, p rbac.Permission) []need {
	switch p {
	case "resource.read":
		switch class {
		case workspace.ClassPlatform:
			return nil
		case workspace.ClassWorkspace:
			return []need{{needs: "workspace.read"}}
		}
		return []need{{attr: "parent", needs: "resource.read", orNone: true}}
	case "resource.create", "resource.update", "resource.delete", "resource.manage_children", "resource.change_permissions",
		"metadata.read", "datastruct.read", "connection.read", "connection.connect", "service.connect",
		"webmap.display", "webmap.annotation_read", "webmap.annotation_write":
		return []need{{needs: "resource.read"}}
	case "data.read":
		list := []need{{needs: "resource.read"}}
		switch class {
		case "postgis_layer", "wmsclient_layer", "tmsclient_layer":
			list = append(list, need{attr: class + ".connection", needs: "connection.connect"})
		case "raster_layer":
			list = append(list, need{attr: "raster_layer.storage", needs: "connection.connect", orNone: true})
		}
		return list
	case "data.write":
		return []need{{needs: "data.read"}}
	case "metadata.write":
		return []need{{needs: "metadata.read"}}
	case "datastruct.write":
		return []need{{needs: "datastruct.read"}}
	case "connection.write":
		return []need{{needs: "connection.read"}}
	case "service.configure":
		return []need{{needs: "service.connect"}}
	case "webmap.annotation_manage":
		return []need{{needs: "webmap.annotation_write"}}
	}
	return nil
}

// asked are the permissions that the algorithm is asked about.
func asked(schema *rbac.Schema, class string) []rbac.Permission {
	return slices.DeleteFunc(schema.Permissions(class), func(p rbac.Permission) bool {
		switch p.Scope() { // of other lenses
		case "workspace", "datastore", "platform", "tenancy", "organization", "administration", "database":
			return true
		}
		return slices.Contains(workspace.Modules(), workspace.Module(p.Scope()))
	})
}

// A sample is a random tree of resources with rules on it.
type sample struct {
	rbac.Facts

	subjects []rbac.Identity
}

func pick[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// grow makes a platform with a workspace and some twenty resources, in which the
// guest, four users in three groups, and everybody has rules.
func grow(rng *rand.Rand) sample {
	f := sample{Facts: rbac.Facts{Places: map[rbac.Node]rbac.Place{}}}
	add := func(n, parent rbac.Node, class string) {
		p := rbac.Place{Node: n, Parent: parent, Class: class, Workspace: 1, Owner: pick[rbac.Principal](rng, 0, 21, 22, 23)}
		for attr, to := range map[string]string{
			"postgis_layer": "postgis_connection", "wmsclient_layer": "wmsclient_connection", "tmsclient_layer": "tmsclient_connection",
		} {
			if class != attr {
				continue
			}
			for other, there := range f.Places {
				if there.Class == to && (p.Links == nil || rng.IntN(2) == 0) {
					p.Links = map[string]rbac.Node{class + ".connection": other}
				}
			}
		}
		if class == "raster_layer" {
			for other, there := range f.Places {
				if there.Class == "raster_layer_storage" && rng.IntN(2) == 0 {
					p.Links = map[string]rbac.Node{"raster_layer.storage": other}
				}
			}
		}
		f.Places[n] = p
		f.Targets = append(f.Targets, n)
	}
	add(0, 0, workspace.ClassPlatform)
	add(1, 0, workspace.ClassWorkspace)
	// Nobody supervises: that stands outside the algorithm.
	for n, p := range f.Places {
		p.Owner = 0
		f.Places[n] = p
	}
	groups := []rbac.Node{1}
	for n := rbac.Node(2); n < 22; n++ {
		class := pick(rng, "resource_group", "resource_group", "vector_layer", "raster_layer", "postgis_layer", "wmsclient_layer",
			"tmsclient_layer", "raster_style", "postgis_connection", "wmsclient_connection", "tmsclient_connection",
			"raster_layer_storage", "wmsserver_service", "webmap")
		add(n, pick(rng, groups...), class)
		if class == "resource_group" {
			groups = append(groups, n)
		}
	}
	principals := []rbac.Principal{rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Owner, 11, 12, 13, 21, 22, 23, 24}
	rule := func(n rbac.Node, effect rbac.Effect, p rbac.Principal, scope, permission, class string, propagate bool) {
		f.Rules = append(f.Rules, rbac.Rule{
			Num: int64(len(f.Rules) + 1), Node: n, Effect: effect, Principal: p, Scope: scope, Permission: permission, Class: class, Propagate: propagate,
		})
	}
	// Most see the workspace, and some of them most of what is in it.
	rule(0, rbac.Allow, pick(rng, rbac.Everyone, rbac.Authenticated, 21), "workspace", "read", "", true)
	rule(pick[rbac.Node](rng, 0, 1), rbac.Allow, pick(rng, rbac.Everyone, rbac.Authenticated, 11), pick(rng, "", "resource"), "", "", true)
	for range 4 + rng.IntN(16) {
		n := pick(rng, f.Targets...)
		at := f.Places[n]
		scope := pick(rng, append(scopesOf(at.Class), "", "", "data", "connection", "nonsense")...)
		permission := pick(rng, "", "", "read", "read", "write", "connect", "update", "display", "manage_children", "annotation_write")
		class := pick(rng, "", "", "", at.Class, "vector_layer", "resource")
		effect := pick(rng, rbac.Allow, rbac.Allow, rbac.Allow, rbac.Deny)
		if effect == rbac.Deny && n < 2 && rng.IntN(4) > 0 {
			effect = rbac.Allow // or little is left
		}
		rule(n, effect, pick(rng, principals...), scope, permission, class, rng.IntN(3) > 0)
	}
	f.subjects = []rbac.Identity{{Principal: rbac.Guest, Kind: rbac.System}}
	for user := rbac.Principal(21); user <= 24; user++ {
		who := rbac.Identity{Principal: user, Kind: rbac.User}
		for group := rbac.Principal(11); group <= 13; group++ {
			if rng.IntN(2) == 0 {
				who.Groups = append(who.Groups, group)
			}
		}
		f.subjects = append(f.subjects, who)
	}
	return f
}

// concern returns the facts as they are gathered for a subject.
func (f sample) concern(who rbac.Identity) rbac.Facts {
	facts := f.Facts
	facts.Subject = who
	facts.Rules = slices.DeleteFunc(slices.Clone(f.Rules), func(r rbac.Rule) bool {
		switch r.Principal {
		case rbac.Guest, rbac.Everyone, rbac.Authenticated, rbac.Owner, who.Principal:
			return false
		}
		return !slices.Contains(who.Groups, r.Principal)
	})
	return facts
}

// decisions is how many are compared: what the variable says, or 200,000.
func decisions(t *testing.T) int {
	t.Helper()
	text := os.Getenv("BAILIWICK_DECISIONS")
	if text == "" {
		return 200_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		t.Fatalf("BAILIWICK_DECISIONS=%s: expected a positive number", text)
	}
	return n
}

// TestPermissionAlgorithm compares what the engine's meaning says with what the
// specification says, in worlds of NextGIS Web's classes.
func TestPermissionAlgorithm(t *testing.T) {
	t.Parallel()
	schema, err := resource.Schema(catalog(t))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 2026))
	now := time.Unix(1_700_000_000, 0)
	permissions := map[string][]rbac.Permission{}
	made, allowed, worlds := 0, 0, 0
	seen := map[string]bool{}
	for goal := decisions(t); made < goal; worlds++ {
		f := grow(rng)
		for _, who := range f.subjects {
			facts := f.concern(who)
			sets := schema.Evaluate(facts, now)
			for _, n := range f.Targets {
				class := f.Places[n].Class
				if permissions[class] == nil {
					permissions[class] = asked(schema, class)
				}
				for _, p := range permissions[class] {
					want := may(facts, who, n, p)
					if got := sets[n].Has(p); got != want {
						t.Fatalf("world %d: principal %d, %s on %s %d: %v, want %v in\n%+v", worlds, who.Principal, p, class, n, got, want, f)
					}
					made++
					if want {
						allowed++
						seen[fmt.Sprint(class, " ", p)] = true
					}
				}
			}
		}
	}
	t.Logf("%d decisions in %d worlds, %.0f %% allowed", made, worlds, 100*float64(allowed)/float64(made))
	// Answers that are nearly all alike would prove little.
	if share := float64(allowed) / float64(made); share < 0.1 || share > 0.6 {
		t.Errorf("%.0f %% of the answers allow, want 10 to 60", 100*share)
	}
	for class, list := range permissions {
		for _, p := range list {
			if !seen[fmt.Sprint(class, " ", p)] && made >= 100_000 {
				t.Errorf("%s on a %s was never allowed", p, class)
			}
		}
	}
}

// The tables above are the schema's: a class, a scope or a permission that they
// lack would not be compared.
func TestPermissionAlgorithmKnowsAll(t *testing.T) {
	t.Parallel()
	schema, err := resource.Schema(catalog(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range []string{"vector_layer", "raster_layer", "postgis_layer", "webmap", "wmsserver_service", "postgis_connection", "raster_style", "resource_group", "raster_layer_storage"} {
		list := asked(schema, class)
		if len(list) < 8 {
			t.Errorf("%s has %v", class, list)
		}
		for _, p := range list {
			if !slices.Contains(scopesOf(class), p.Scope()) {
				t.Errorf("%s of %s is in no table", p, class)
			}
		}
	}
}

func catalog(t *testing.T) *resource.Catalog {
	t.Helper()
	c, err := resource.NewCatalog(resource.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return c
}
