package archtest_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// unnamed returns which of the tests that a Makefile runs without the race
// detector are none of the tree's.
func unnamed(tree fs.FS) ([]string, error) {
	text, err := fs.ReadFile(tree, "Makefile")
	if err != nil {
		return nil, err //nolint:wrapcheck // shown as it is
	}
	_, list, found := strings.Cut(strings.ReplaceAll(string(text), "\\\n", ""), "\nSEQUENTIAL := ")
	list, _, ended := strings.Cut(list, "\n")
	if !found || !ended {
		return nil, fmt.Errorf("SEQUENTIAL: %w", fs.ErrNotExist)
	}
	var names []string
	sections := regexp.MustCompile(`(?m)^SECTIONS := \^TestContract\$\$/\./\^\(([A-Za-z|]+)\)\$\$$`).FindSubmatch(text)
	if sections == nil {
		return nil, fmt.Errorf("SECTIONS: %w", fs.ErrNotExist)
	}
	list += " " + strings.ReplaceAll(string(sections[1]), "|", " ")
	section := regexp.MustCompile(`(?m)^\t\t\{"(\w+)", \w+\},$`)
	contract, err := fs.ReadFile(tree, "storage/storagetest/storagetest.go")
	if err != nil {
		return nil, err //nolint:wrapcheck // shown as it is
	}
	for _, match := range section.FindAllSubmatch(contract, -1) {
		names = append(names, string(match[1]))
	}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`)
	err = fs.WalkDir(tree, ".", func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := fs.ReadFile(tree, file)
		for _, match := range function.FindAllSubmatch(source, -1) {
			names = append(names, string(match[1]))
		}
		return err //nolint:wrapcheck // shown as it is
	})
	var wrong []string
	for _, pattern := range strings.Fields(list) {
		if !regexp.MustCompile(`(?m)^(` + pattern + `)$`).MatchString(strings.Join(names, "\n")) {
			wrong = append(wrong, pattern)
		}
	}
	return wrong, err
}

// TestSequential wants what is run without the race detector to be there: a name
// of nothing is a test that was renamed, and runs with it again.
func TestSequential(t *testing.T) {
	t.Parallel()
	wrong, err := unnamed(os.DirFS("../.."))
	if err != nil || len(wrong) > 0 {
		t.Errorf("no tests are %v, %v", wrong, err)
	}
	tree := fstest.MapFS{
		"Makefile": {Data: []byte("X := 1\n\nSEQUENTIAL := TestA Test[a-z]*Sweep \\\n\tTestGone FuzzB\n" +
			"SECTIONS := ^TestContract$$/./^(Orders|Gone)$$\nY := 2\n")},
		"storage/storagetest/storagetest.go": {Data: []byte("package storagetest\n\n\t\t{\"Orders\", Orders},\n")},

		"a/b_test.go": {Data: []byte("package b\n\nfunc TestA(t *testing.T) {\n\nfunc TestmoveSweep(t *testing.T) {}\n\nfunc FuzzB(f *testing.F) {}\n")},
		"a/c.go":      {Data: []byte("package b\n\nfunc TestGone(t *testing.T) {}\n")},
	}
	if wrong, err := unnamed(tree); err != nil || strings.Join(wrong, " ") != "TestGone Gone" {
		t.Errorf("no tests are %v, %v; want TestGone and Gone", wrong, err)
	}
}
