package archtest_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bailiwick-sdk/bailiwick/internal/archtest"
)

// jmapIDs are the requirements and readings of spec/jmap.md, which a clone does
// not have beside it.
func jmapIDs() []string {
	var ids []string
	for _, span := range [][2]int{{1, 3}, {10, 16}, {20, 33}, {40, 47}, {50, 51}, {60, 68}} {
		for n := span[0]; n <= span[1]; n++ {
			ids = append(ids, fmt.Sprintf("J-%02d", n))
		}
	}
	for n := 1; n <= 19; n++ {
		ids = append(ids, fmt.Sprintf("JA-%d", n))
	}
	return ids
}

// TestJMapDocument holds docs/jmap.md to the spec's ids and to the tests.
func TestJMapDocument(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("../..")
	doc, err := fs.ReadFile(tree, "docs/jmap.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range archtest.Unheld(tree, string(doc), jmapIDs(), true) {
		t.Error(wrong)
	}
	if n := strings.Count(string(doc), "\n| J"); n != len(jmapIDs()) {
		t.Errorf("%d rows, want %d", n, len(jmapIDs()))
	}
}

// TestUnheld plants each fault.
func TestUnheld(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{"a/b_test.go": {Data: []byte("package b\n\nfunc TestX(t *testing.T) {\n\t{\"J-01\", nil}\n}\n")}}
	for doc, want := range map[string]string{
		"| J-01 | x | `a TestX/J-01` |\n":             "",
		"":                                            "J-01: no row",
		"| J-01 | x | `a TestX` |\n":                  "J-01: no test of that name",
		"| J-01 | x | `a TestY/J-01` |\n":             "J-01: there is no a TestY/J-01",
		"| J-01 | x | `c TestX/J-01` |\n":             "J-01: there is no c TestX/J-01",
		"| J-01 | x | `a TestX/J-01` | `a TestZ` |\n": "J-01: there is no a TestZ",
		"| J-01 | `a TestX/J-01` |\n| J-01 | `a TestX/J-01` |\n": "J-01: two rows",
		"| J-01 | `a TestX/J-01` |\n| more | `a TestX/J-02` |\n": "more: there is no a TestX/J-02",
	} {
		if got := strings.Join(archtest.Unheld(tree, doc, []string{"J-01"}, true), "; "); got != want {
			t.Errorf("%q: %q, want %q", doc, got, want)
		}
	}
}
