package archtest

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Rows returns the rows of the tables in a document of Markdown by what their
// first cell says, each with all its cells, without the marks of code around
// them. What the first cell says twice is in the list twice.
func Rows(doc string) [][]string {
	var rows [][]string
	for line := range strings.Lines(doc) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		cells[0] = strings.Trim(cells[0], "`")
		rows = append(rows, cells)
	}
	return rows
}

// Unheld says which ids the tables of a document have no row with a test for, or
// two rows, and which tests they name that are not there: "`transport/ngw TestX`"
// names a function of a package, "`transport/ngw TestX/J-01`" one of its subtests
// of a table. Where subtests is set, a row is held by a subtest that is called as
// its id.
func Unheld(tree fs.FS, doc string, ids []string, subtests bool) []string {
	var wrong []string
	named := regexp.MustCompile("`([a-z0-9/]+) (Test[A-Za-z0-9]+)(?:/([A-Z0-9-]+))?`")
	rows := map[string]bool{}
	for _, cells := range Rows(doc) {
		id := cells[0]
		held := false
		for _, test := range named.FindAllStringSubmatch(strings.Join(cells[1:], "|"), -1) {
			held = held || !subtests || test[3] == id
			if !tested(tree, test[1], test[2], test[3]) {
				wrong = append(wrong, id+": there is no "+strings.Trim(test[0], "`"))
			}
		}
		if slices.Contains(ids, id) {
			if rows[id] {
				wrong = append(wrong, id+": two rows")
			}
			rows[id] = true
			if !held {
				wrong = append(wrong, id+": no test of that name")
			}
		}
	}
	for _, id := range ids {
		if !rows[id] {
			wrong = append(wrong, id+": no row")
		}
	}
	return wrong
}

// tested reports whether a package has a test, and one below of that name.
func tested(tree fs.FS, dir, test, below string) bool {
	files, err := fs.Glob(tree, path.Join(dir, "*_test.go"))
	if err != nil {
		return false
	}
	function, subtest := false, below == ""
	for _, file := range files {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return false
		}
		function = function || strings.Contains(string(text), "\nfunc "+test+"(t *testing.T) {")
		subtest = subtest || strings.Contains(string(text), fmt.Sprintf("{%q, ", below))
	}
	return function && subtest
}
