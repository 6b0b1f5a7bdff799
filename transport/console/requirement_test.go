package console_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// seen are the requirements of JMap Cloud's administration that a person sees:
// not that a key owns what it makes, nor that no rule of it is left.
func seen() []string {
	var ids []string
	for _, span := range [][2]int{{1, 3}, {10, 16}, {20, 33}, {40, 47}, {50, 51}, {60, 68}} {
		for n := span[0]; n <= span[1]; n++ {
			if n != 27 && n != 31 {
				ids = append(ids, fmt.Sprintf("J-%02d", n))
			}
		}
	}
	return ids
}

// unlived tells which requirements a document has no row for, or no spec that
// has a test of that name.
func unlived(doc string, ids []string, spec func(name string) string) []string {
	row := regexp.MustCompile("(?m)^\\| (J-\\d\\d) \\|[^|]*\\| `(e2e/[a-z-]+\\.spec\\.ts)`(.*)\\|$")
	held := map[string]bool{}
	var wrong []string
	for _, m := range row.FindAllStringSubmatch(doc, -1) {
		id, name := m[1], m[2]
		if held[id] {
			wrong = append(wrong, id+": two rows")
		}
		held[id] = true
		title := regexp.MustCompile("test\\(\\s*[\"`][^\"`]*\\b" + id + "\\b")
		if !title.MatchString(spec(name)) {
			wrong = append(wrong, fmt.Sprintf("%s: no test of that name in %s", id, name))
		}
	}
	for _, id := range ids {
		if !held[id] {
			wrong = append(wrong, id+": no row")
		}
	}
	return wrong
}

// TestRequirements holds docs/console.md to what JMap Cloud's administration
// asks of pages, and to the specs.
func TestRequirements(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/console.md")
	if err != nil {
		t.Fatal(err)
	}
	spec := func(name string) string {
		text, err := os.ReadFile(filepath.Join("web", name))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	for _, wrong := range unlived(string(doc), seen(), spec) {
		t.Error(wrong)
	}
}

// TestUnlived plants each fault.
func TestUnlived(t *testing.T) {
	t.Parallel()
	spec := func(string) string { return "test(\"J-13 a column's menu sorts\", async () => {});" }
	for doc, want := range map[string]string{
		"| J-13 | x | `e2e/table.spec.ts` |\n": "",
		"":                                     "J-13: no row",
		"| J-13 | x | `e2e/table.spec.ts` |\n| J-13 | x | `e2e/table.spec.ts` |\n":     "J-13: two rows",
		"| J-13 | x | `e2e/table.spec.ts` |\n| J-14 | menus | `e2e/table.spec.ts` |\n": "J-14: no test of that name in e2e/table.spec.ts",
	} {
		if got := strings.Join(unlived(doc, []string{"J-13"}, spec), "; "); got != want {
			t.Errorf("%q: %q, want %q", doc, got, want)
		}
	}
}
