// Package archtest reads the sources of the module and says where they leave
// the architecture: an import against the layers, a database driver outside
// storage, a global, an init, a domain test inside its package, a package
// without a comment, a file that grew too long.
//
// It judges what the parser sees, without types and without building, so that
// a tree that does not compile is judged as well. [Load] reads a tree, [Check]
// lists what is wrong with it.
package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A Tree is the parsed sources of a module.
type Tree struct {
	// Module is the module's path, which imports of its own start with.
	Module string
	Files  []File
}

// A File is one parsed source file.
type File struct {
	// Path is relative to the module, with slashes.
	Path  string
	Lines int

	syntax *ast.File
	fset   *token.FileSet
}

// Dir returns the folder of the file's package, "." for the module's own.
func (f File) Dir() string { return path.Dir(f.Path) }

// Test reports whether the file is part of tests only.
func (f File) Test() bool { return strings.HasSuffix(f.Path, "_test.go") }

// A Finding is one departure from the architecture.
type Finding struct {
	File string
	Line int
	Rule string // "arrow", "driver", "global", …
	Text string
}

// String tells the finding as compilers do.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Rule, f.Text)
}

// Load parses every Go file below the root of a module. Folders that the go
// tool does not look into are left out, among them modules of their own.
func Load(root fs.FS) (*Tree, error) {
	name, err := modulePath(root)
	if err != nil {
		return nil, err
	}
	tree := &Tree{Module: name}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (ignored(d.Name()) || module(root, name)):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		lines := strings.Count(string(text), "\n")
		tree.Files = append(tree.Files, File{Path: name, Lines: lines, syntax: syntax, fset: fset})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("archtest: %w", err)
	}
	return tree, nil
}

func ignored(folder string) bool {
	return folder == "testdata" || folder == "vendor" || strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_")
}

// module reports whether a folder is a module of its own.
func module(root fs.FS, folder string) bool {
	_, err := fs.Stat(root, path.Join(folder, "go.mod"))
	return err == nil
}

func modulePath(root fs.FS) (string, error) {
	text, err := fs.ReadFile(root, "go.mod")
	if err != nil {
		return "", fmt.Errorf("archtest: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.TrimSpace(name), nil
		}
	}
	return "", errors.New("archtest: go.mod names no module")
}

// Check returns everything in a tree that leaves the architecture, in order of
// file and line.
func Check(tree *Tree) []Finding {
	found := comments(tree)
	for _, file := range tree.Files {
		found = append(found, imports(tree.Module, file)...)
		found = append(found, globals(file)...)
		found = append(found, shape(file)...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return found
}

func (f File) finding(pos token.Pos, rule, format string, args ...any) Finding {
	return Finding{File: f.Path, Line: f.fset.Position(pos).Line, Rule: rule, Text: fmt.Sprintf(format, args...)}
}
