package archtest

import (
	"slices"
	"strconv"
	"strings"
)

// A layer is a set of packages that stand at one height.
type layer string

// The layers, from the bottom up. The ground is what is below all of them: identifiers, patterns, orders of lists.
const (
	ground    layer = "ground"
	mechanism layer = "mechanism"
	policy    layer = "policy"
	storage   layer = "storage"
	shared    layer = "transport"
	lens      layer = "lens"
	command   layer = "command"
	example   layer = "example"
	testing   layer = "testing"
	unknown   layer = ""
)

// layerOf places a package by its folder. A folder that fits nowhere has no
// layer, which is a finding of its own: whoever adds one says where it stands.
func layerOf(dir string) layer {
	switch {
	case dir == "internal/uid" || dir == "internal/luapattern" || dir == "internal/paging" || dir == "internal/flock":
		return ground
	case within(dir, "internal"):
		return testing
	case dir == "rbac" || dir == "quota" || dir == "workspace/audit" || dir == "workspace/mail":
		return mechanism
	case within(dir, "workspace") || within(dir, "resource"):
		return policy
	case within(dir, "storage"):
		return storage
	case dir == "transport":
		return shared
	case within(dir, "transport"):
		return lens
	case within(dir, "cmd"):
		return command
	case within(dir, "examples"):
		return example
	}
	return unknown
}

func within(dir, folder string) bool {
	return dir == folder || strings.HasPrefix(dir, folder+"/")
}

// below returns what a layer may import of ours. Lenses do not know each
// other; transport and storage never meet below the command.
func below(l layer) []layer {
	switch l {
	case mechanism:
		return []layer{ground}
	case policy:
		return []layer{policy, mechanism, ground}
	case storage:
		return []layer{storage, policy, mechanism, ground}
	case shared:
		return []layer{policy, mechanism, ground}
	case lens:
		return []layer{shared, policy, mechanism, ground}
	case command:
		return []layer{lens, shared, storage, policy, mechanism, ground}
	case example:
		// Examples are copied into programs that cannot import what is internal.
		return []layer{lens, shared, storage, policy, mechanism}
	case testing:
		return []layer{testing, lens, shared, storage, policy, mechanism, ground}
	case ground, unknown:
	}
	return nil
}

// allowed reports whether a file may import a package of ours. Tests assemble
// what they need from storage and the test helpers, and still do not look up:
// nothing below the lenses is tested through them.
func allowed(from, to string, test bool) bool {
	here, there := layerOf(from), layerOf(to)
	if from == to {
		return true
	}
	if slices.Contains(below(here), there) {
		return true
	}
	if !test {
		return false
	}
	// The client of a lens is tested through the lens.
	if here == lens && within(from, to) {
		return true
	}
	switch there {
	case storage, testing, policy, mechanism, ground:
		return true
	case shared, lens, command, example, unknown:
	}
	return false
}

// A guest is a dependency that only some packages may import.
type guest struct {
	rule     string
	prefixes []string
	homes    []string
	tests    bool // tests may import it anywhere
}

func guests() []guest {
	return []guest{
		{
			rule:     "driver",
			prefixes: []string{"github.com/uptrace/bun", "database/sql"},
			homes:    []string{"storage", "examples/join", "internal"},
			tests:    true,
		},
		{
			rule:     "driver",
			prefixes: []string{"github.com/jackc/pgx", "modernc.org", "github.com/mattn/go-sqlite3"},
			homes:    []string{"storage", "internal"},
			tests:    true,
		},
		{
			rule:     "http",
			prefixes: []string{"net/http", "github.com/gorilla/mux"},
			// Uploads are looked at with the table that browsers agreed on.
			homes: []string{"transport", "cmd", "examples", "internal", "resource/upload"},
			tests: true,
		},
		{
			rule:     "log",
			prefixes: []string{"github.com/rs/zerolog"},
			homes:    []string{"transport", "cmd", "internal"},
			tests:    true,
		},
		{
			rule:     "flags",
			prefixes: []string{"github.com/alecthomas/kong"},
			homes:    []string{"cmd"},
		},
		{
			rule:     "smtp",
			prefixes: []string{"github.com/wneessen/go-mail", "net/smtp"},
			homes:    []string{"transport/smtp"},
		},
		{
			// Its own tags read files and do not end: they are done in one place.
			rule:     "liquid",
			prefixes: []string{"github.com/osteele/liquid"},
			homes:    []string{"workspace/mail"},
		},
		{
			rule:     "testing",
			prefixes: []string{"testing"},
			homes:    []string{"internal", "storage/storagetest"},
			tests:    true,
		},
	}
}

// imports judges what a file imports.
func imports(module string, f File) []Finding {
	var found []Finding
	if layerOf(f.Dir()) == unknown {
		found = append(found, f.finding(f.syntax.Package, "layer", "folder %s has no place in the layers", f.Dir()))
	}
	for _, spec := range f.syntax.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser took it for a string
		}
		if to, ours := strings.CutPrefix(name, module+"/"); ours {
			if !allowed(f.Dir(), to, f.Test()) {
				found = append(found, f.finding(spec.Pos(), "arrow", "%s (%s) must not import %s (%s)", f.Dir(), layerOf(f.Dir()), to, layerOf(to)))
			}
			continue
		}
		for _, g := range guests() {
			if g.concerns(name) && !g.at(f) {
				found = append(found, f.finding(spec.Pos(), g.rule, "%s must not import %s; only %s may", f.Dir(), name, strings.Join(g.homes, ", ")))
			}
		}
	}
	return found
}

func (g guest) concerns(name string) bool {
	for _, prefix := range g.prefixes {
		if within(name, prefix) {
			return true
		}
	}
	return false
}

func (g guest) at(f File) bool {
	if g.tests && f.Test() {
		return true
	}
	for _, home := range g.homes {
		if within(f.Dir(), home) {
			return true
		}
	}
	return false
}
