package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// longest is how many lines a file may have.
const longest = 500

// shape judges a file's name, length and package.
func shape(f File) []Finding {
	var found []Finding
	if f.Lines > longest && !ast.IsGenerated(f.syntax) {
		found = append(found, f.finding(f.syntax.Package, "length", "%d lines, at most %d fit a noun", f.Lines, longest))
	}
	noun := strings.TrimSuffix(strings.TrimSuffix(path.Base(f.Path), ".go"), "_test")
	if slices.Contains([]string{"util", "utils", "common", "types", "models", "helpers", "helper", "misc"}, noun) {
		found = append(found, f.finding(f.syntax.Package, "name", "%q is not a noun of the domain", noun))
	}
	l := layerOf(f.Dir())
	domain := l == mechanism || l == policy
	inside := !strings.HasSuffix(f.syntax.Name.Name, "_test")
	if domain && f.Test() && inside && !strings.HasSuffix(f.Path, "export_test.go") {
		found = append(found, f.finding(f.syntax.Package, "outside", "tests of the domain are of package %s_test", f.syntax.Name.Name))
	}
	if l == storage && !f.Test() {
		found = append(found, clocks(f)...)
	}
	return append(found, unbuilt(f)...)
}

// clocks finds uses of the clock: the services own it, a store is told.
func clocks(f File) []Finding {
	var found []Finding
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Now" {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
				found = append(found, f.finding(s.Pos(), "clock", "storage is told the time and never asks"))
			}
		}
		return true
	})
	return found
}

// unbuilt finds bodies that were never written.
func unbuilt(f File) []Finding {
	var found []Finding
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		name, isName := call.Fun.(*ast.Ident)
		text, isText := call.Args[0].(*ast.BasicLit)
		if isName && isText && name.Name == "panic" && text.Value == `"unbuilt"` {
			found = append(found, f.finding(call.Pos(), "unbuilt", "the body is missing"))
		}
		return true
	})
	return found
}

// globals finds init functions and package-level variables. What stays the
// same may be one: errors, embedded files, assertions that a type satisfies an
// interface, and what says at the place why it is there.
func globals(f File) []Finding {
	if f.Test() {
		return nil
	}
	var found []Finding
	for _, decl := range f.syntax.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				found = append(found, f.finding(d.Pos(), "init", "nothing happens by being imported"))
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR || f.excused(d.Doc, d.Pos()) || embedded(d.Doc) {
				continue
			}
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					found = append(found, f.variables(v)...)
				}
			}
		}
	}
	return found
}

func (f File) variables(v *ast.ValueSpec) []Finding {
	if f.excused(v.Doc, v.Pos()) || f.excused(v.Comment, v.Pos()) || embedded(v.Doc) {
		return nil
	}
	var found []Finding
	for i, name := range v.Names {
		if name.Name == "_" || i < len(v.Values) && constant(v.Values[i]) {
			continue
		}
		found = append(found, f.finding(name.Pos(), "global", "%s is a package-level variable without a reason", name.Name))
	}
	return found
}

// constant reports whether an expression makes what nobody changes: an error,
// or a compiled pattern.
func constant(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && slices.Contains([]string{"errors.New", "fmt.Errorf", "regexp.MustCompile"}, x.Name+"."+s.Sel.Name)
}

func embedded(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	return slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// excused reports whether a comment, given or on the same line, has the
// linter's name and a reason.
func (f File) excused(doc *ast.CommentGroup, pos token.Pos) bool {
	line := f.fset.Position(pos).Line
	for _, group := range f.syntax.Comments {
		for _, c := range group.List {
			names, reason, _ := strings.Cut(c.Text, " // ")
			if !strings.HasPrefix(names, "//nolint:") || !strings.Contains(names, "gochecknoglobals") || strings.TrimSpace(reason) == "" {
				continue
			}
			if group == doc || f.fset.Position(c.Pos()).Line == line {
				return true
			}
		}
	}
	return false
}

// comments finds packages that do not say what they are.
func comments(tree *Tree) []Finding {
	told := map[string]bool{}
	first := map[string]File{}
	for _, f := range tree.Files {
		if f.Test() {
			continue
		}
		if _, seen := first[f.Dir()]; !seen {
			first[f.Dir()] = f
		}
		if f.syntax.Doc != nil && strings.TrimSpace(f.syntax.Doc.Text()) != "" {
			told[f.Dir()] = true
		}
	}
	var found []Finding
	for dir, f := range first {
		if !told[dir] {
			found = append(found, f.finding(f.syntax.Package, "comment", "package %s has no package comment", f.syntax.Name.Name))
		}
	}
	return found
}
