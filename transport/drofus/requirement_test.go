package drofus_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/archtest"
	"github.com/bailiwick-sdk/bailiwick/transport/drofus"
)

// A claim is what docs/drofus.md says of a requirement, by its id.
type claim struct {
	id   string
	test func(w *world)
}

// holds tests claims one after the other in a world.
func (w *world) holds(claims []claim) {
	outer := w.T
	defer func() { w.T = outer }()
	for _, c := range claims {
		outer.Run(c.id, func(t *testing.T) {
			w.T = t
			c.test(w)
		})
	}
}

// requirements are the ids of spec/drofus.md: those of the seed, the readings of
// what is ambiguous, and those that docs/drofus.md gives to the lines of §2.2 (F)
// and §2.3 (R), which have none.
func requirements() []string {
	var ids []string
	for _, span := range []struct {
		prefix      string
		first, last int
		pattern     string
	}{
		{"D-", 1, 12, "%02d"}, {"D-", 20, 44, "%02d"}, {"D-", 50, 54, "%02d"}, {"DA-", 1, 29, "%d"}, {"F-", 1, 13, "%02d"}, {"R-", 1, 22, "%02d"},
	} {
		for n := span.first; n <= span.last; n++ {
			ids = append(ids, span.prefix+fmt.Sprintf(span.pattern, n))
		}
	}
	return ids
}

// policies are how docs/drofus.md calls them.
func policies() map[drofus.Policy]string {
	return map[drofus.Policy]string{
		drofus.Public: "everybody", drofus.Scoped: "signed in, within reach", drofus.ProjectAdministrator: "project administrator",
		drofus.OwnerAdministrator: "owner administrator", drofus.ServerAdministrator: "server administrator",
	}
}

// TestDocument holds docs/drofus.md to the requirements, to the routes that there
// are and their policies, and to the tests.
func TestDocument(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("../..")
	text, err := fs.ReadFile(tree, "docs/drofus.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	for _, wrong := range archtest.Unheld(tree, doc, requirements(), true) {
		t.Error(wrong)
	}
	routes := map[string]string{}
	for _, r := range drofus.Routes() {
		routes[r.Method+" "+r.Path] = policies()[r.Policy]
	}
	rows := map[string]bool{}
	id, route := regexp.MustCompile(`^(D|DA|F|R)-[0-9]`), regexp.MustCompile(`^[A-Z]+ /`)
	for _, cells := range archtest.Rows(doc) {
		want, known := routes[cells[0]]
		switch {
		case id.MatchString(cells[0]) && !slices.Contains(requirements(), cells[0]):
			t.Errorf("%s: there is no such requirement", cells[0])
		case id.MatchString(cells[0]):
			heldThere(t, tree, cells)
		case !known && route.MatchString(cells[0]):
			t.Errorf("%s: there is no such route", cells[0])
		case known && rows[cells[0]]:
			t.Errorf("%s: two rows", cells[0])
		case known && (len(cells) != 3 || cells[1] != want):
			t.Errorf("%s: it is for %q, want %q", cells[0], strings.Join(cells[1:], "|"), want)
		}
		rows[cells[0]] = true
	}
	for name := range routes {
		if !rows[name] {
			t.Errorf("%s: no row", name)
		}
	}
}

// heldThere wants a test that a row names to have the subtest itself.
func heldThere(t *testing.T, tree fs.FS, cells []string) {
	t.Helper()
	for _, test := range regexp.MustCompile("`transport/drofus (Test[A-Za-z0-9]+)/([A-Z0-9-]+)`").FindAllStringSubmatch(strings.Join(cells, "|"), -1) {
		if !strings.Contains(body(t, tree, test[1]), fmt.Sprintf("{%q, ", test[2])) {
			t.Errorf("%s: %s has no subtest %s", cells[0], test[1], test[2])
		}
	}
}

// body returns the source of a test of this package.
func body(t *testing.T, tree fs.FS, test string) string {
	t.Helper()
	files, err := fs.Glob(tree, path.Join("transport/drofus", "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			t.Fatal(err)
		}
		if _, after, found := strings.Cut(string(text), "\nfunc "+test+"(t *testing.T) {"); found {
			source, _, _ := strings.Cut(after, "\n}\n")
			return source
		}
	}
	return ""
}
