package archtest_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/bailiwick-sdk/bailiwick/internal/archtest"
)

// TestModule holds the module itself to the architecture.
func TestModule(t *testing.T) {
	t.Parallel()
	tree, err := archtest.Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	// A walk that found little would find little wrong.
	dirs := map[string]bool{}
	for _, f := range tree.Files {
		dirs[f.Dir()] = true
	}
	for _, want := range []string{"rbac", "quota", "workspace", "workspace/accesskey", "workspace/apikey", "storage", "transport", "transport/entrepot", "cmd/bailiwick", "examples/join"} {
		if !dirs[want] {
			t.Errorf("nothing was read in %s, only in %v", want, slices.Sorted(maps.Keys(dirs)))
		}
	}
	for _, finding := range archtest.Check(tree) {
		t.Error(finding)
	}
}

// TestFindings plants each fault in a small tree and wants exactly it.
func TestFindings(t *testing.T) {
	t.Parallel()
	const doc = "// Package p is here.\n"
	long := doc + "package p\n" + strings.Repeat("\n", 500)
	for _, c := range []struct {
		name, file, text string
		want             string // rule, empty for none
	}{
		{"policy uses mechanism", "workspace/a.go", doc + `package p; import _ "m/rbac"`, ""},
		{"mechanism uses policy", "rbac/a.go", doc + `package p; import _ "m/workspace"`, "arrow"},
		{"mechanism uses mechanism", "rbac/a.go", doc + `package p; import _ "m/quota"`, "arrow"},
		{"mechanism uses uid", "quota/a.go", doc + `package p; import _ "m/internal/uid"`, ""},
		{"audit is mechanism", "workspace/audit/a.go", doc + `package p; import _ "m/workspace"`, "arrow"},
		{"policy uses storage", "workspace/a.go", doc + `package p; import _ "m/storage"`, "arrow"},
		{"transport uses storage", "transport/a.go", doc + `package p; import _ "m/storage"`, "arrow"},
		{"lens uses storage", "transport/ngw/a.go", doc + `package p; import _ "m/storage"`, "arrow"},
		{"lens uses lens", "transport/ngw/a.go", doc + `package p; import _ "m/transport/entrepot"`, "arrow"},
		{"client of a lens uses the lens", "transport/ngw/client/a.go", doc + `package p; import _ "m/transport/ngw"`, "arrow"},
		{"test of a lens's client uses the lens", "transport/ngw/client/a_test.go", `package p_test; import _ "m/transport/ngw"`, ""},
		{"test of a lens's client uses another lens", "transport/ngw/client/a_test.go", `package p_test; import _ "m/transport/entrepot"`, "arrow"},
		{"lens uses transport", "transport/ngw/a.go", doc + `package p; import _ "m/transport"`, ""},
		{"transport uses lens", "transport/a.go", doc + `package p; import _ "m/transport/ngw"`, "arrow"},
		{"storage uses transport", "storage/a.go", doc + `package p; import _ "m/transport"`, "arrow"},
		{"storage test uses transport", "storage/a_test.go", `package p_test; import _ "m/transport"`, "arrow"},
		{"transport test uses storage", "transport/a_test.go", `package p_test; import _ "m/storage"`, ""},
		{"example uses internal", "examples/a/a.go", doc + `package p; import _ "m/internal/dbtest"`, "arrow"},
		{"command uses helpers of tests", "cmd/a/a.go", doc + `package p; import _ "m/internal/dbtest"`, "arrow"},
		{"command meets all", "cmd/a/a.go", doc + `package p; import (_ "m/storage"; _ "m/transport/ngw")`, ""},
		{"nobody imports a command", "transport/a.go", doc + `package p; import _ "m/cmd/a"`, "arrow"},
		{"a folder nobody placed", "util/a.go", doc + `package p`, "layer"},
		{"bun in policy", "workspace/a.go", doc + `package p; import _ "github.com/uptrace/bun"`, "driver"},
		{"bun in the command", "cmd/a/a.go", doc + `package p; import _ "github.com/uptrace/bun/dialect"`, "driver"},
		{"bun in storage", "storage/a.go", doc + `package p; import _ "github.com/uptrace/bun"`, ""},
		{"bun in the example that joins", "examples/join/a.go", doc + `package p; import _ "github.com/uptrace/bun"`, ""},
		{"bun in another example", "examples/other/a.go", doc + `package p; import _ "github.com/uptrace/bun"`, "driver"},
		{"a package that starts alike", "workspace/a.go", doc + `package p; import _ "github.com/uptrace/bunny"`, ""},
		{"mail is mechanism", "workspace/mail/a.go", doc + `package p; import _ "m/workspace"`, "arrow"},
		{"policy uses mail", "workspace/a.go", doc + `package p; import _ "m/workspace/mail"`, ""},
		{"SMTP in the command", "cmd/a/a.go", doc + `package p; import _ "github.com/wneessen/go-mail"`, "smtp"},
		{"Liquid in a lens", "transport/a/a.go", doc + `package p; import _ "github.com/osteele/liquid/parser"`, "liquid"},
		{"Liquid in its home", "workspace/mail/a.go", doc + `package p; import _ "github.com/osteele/liquid/expressions"`, ""},
		{"SMTP in its home", "transport/smtp/a.go", doc + `package p; import _ "github.com/wneessen/go-mail"`, ""},
		{"HTTP in policy", "workspace/a.go", doc + `package p; import _ "net/http"`, "http"},
		{"log in storage", "storage/a.go", doc + `package p; import _ "github.com/rs/zerolog"`, "log"},
		{"testing in what ships", "quota/a.go", doc + `package p; import _ "testing"`, "testing"},
		{"init", "quota/a.go", doc + `package p; func init() {}`, "init"},
		{"a method called init", "quota/a.go", doc + `package p; type T int; func (T) init() {}`, ""},
		{"global", "quota/a.go", doc + `package p; var cache = map[string]int{}`, "global"},
		{"error", "quota/a.go", doc + `package p; import "errors"; var ErrX = errors.New("x")`, ""},
		{"pattern", "quota/a.go", doc + `package p; import "regexp"; var word = regexp.MustCompile("x")`, ""},
		{"made by a call", "quota/a.go", doc + `package p; import "time"; var x = time.Unix(0, 0)`, "global"},
		{"assertion", "quota/a.go", doc + `package p; var _ error = nil`, ""},
		{"excused global", "quota/a.go", doc + "package p\nvar cache = 1 //nolint:gochecknoglobals // one a process", ""},
		{"excused without reason", "quota/a.go", doc + "package p\nvar cache = 1 //nolint:gochecknoglobals", "global"},
		{"embedded file", "quota/a.go", doc + "package p\nimport \"embed\"\n//go:embed x\nvar files embed.FS", ""},
		{"global in a test", "quota/a_test.go", `package p_test; var cache = 1`, ""},
		{"domain test inside", "rbac/a_test.go", `package rbac`, "outside"},
		{"what a test is shown", "rbac/export_test.go", `package rbac`, ""},
		{"lens test inside", "transport/a_test.go", `package transport`, ""},
		{"clock in storage", "storage/a.go", doc + `package p; import "time"; func f() { _ = time.Now() }`, "clock"},
		{"clock in a service", "quota/a.go", doc + `package p; import "time"; func f() { _ = time.Now() }`, ""},
		{"no package comment", "quota/a.go", `package p`, "comment"},
		{"long file", "quota/a.go", long, "length"},
		{"long generated file", "quota/a.go", "// Code generated by x DO NOT EDIT.\n\n" + long, ""},
		{"long file that speaks of being generated", "quota/a.go", long + "// Code generated by x DO NOT EDIT.\n", "length"},
		{"file without a noun", "quota/helpers.go", doc + `package p`, "name"},
		{"missing body", "quota/a.go", doc + `package p; func F() { panic("unbuilt") }`, "unbuilt"},
		{"another module", "nested/a.go", `package p; func init() {}`, ""},
		{"what the go tool leaves out", "testdata/a.go", `package p; func init() {}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tree, err := archtest.Load(fstest.MapFS{
				"go.mod":        {Data: []byte("module m\n\ngo 1.26\n")},
				"nested/go.mod": {Data: []byte("module n\n\ngo 1.26\n")},
				c.file:          {Data: []byte(c.text)},
			})
			if err != nil {
				t.Fatal(err)
			}
			found := archtest.Check(tree)
			if c.want == "" && len(found) == 0 {
				return
			}
			if len(found) != 1 || found[0].Rule != c.want {
				t.Errorf("found %v, want one finding of rule %q", found, c.want)
			}
		})
	}
}
