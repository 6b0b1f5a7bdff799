package console_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
)

// tool runs a tool of npm's in the folder of the sources, and returns what it
// said. Where there is none the test fails: nothing is held by what is not run.
func tool(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	if _, err := os.Stat("web/node_modules/.installed"); err != nil {
		t.Fatalf("the console's tools are not installed, run `make deps`: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = "web", append(os.Environ(), env...)
	cmd.Env = append(cmd.Env, "NO_COLOR=1", "CI=1")
	told, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, told)
	}
	return string(told)
}

// watch has the test run again when one of the sources changes, which only other
// programs read.
func watch(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("web", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains([]string{"node_modules", "e2e-results"}, d.Name()) {
			return fs.SkipDir
		}
		if err == nil {
			_, err = os.Stat(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tree returns all files below a folder.
func tree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		at, err := filepath.Rel(dir, name)
		if err == nil {
			files[at], err = os.ReadFile(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestDist builds the console anew: what is embedded is what the sources say,
// byte for byte, but for what is compressed.
func TestDist(t *testing.T) {
	t.Parallel()
	watch(t)
	dir := t.TempDir()
	tool(t, nil, "npm", "run", "build", "--", "--outDir", dir, "--emptyOutDir")
	built, kept := tree(t, dir), tree(t, "dist")
	stale := len(built) == 0
	for name, text := range built {
		was, there := kept[name]
		// Nodes differ in how they compress; TestFiles wants that to be the same text.
		if !there || !bytes.Equal(was, text) && !strings.HasSuffix(name, ".br") {
			stale = true
			t.Logf("dist/%s is missing or another", name)
		}
	}
	for name := range kept {
		if _, there := built[name]; !there {
			stale = true
			t.Logf("dist/%s is not built any more", name)
		}
	}
	if stale {
		t.Error("dist is not what web says: run `make console`")
	}
}

// TestSources holds the sources to their types, to the style of the house and to
// their own tests. The types of the API are made anew first.
func TestSources(t *testing.T) {
	t.Parallel()
	watch(t)
	if _, err := os.Stat("../apiv1/openapi.json"); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{"generate", "check", "lint", "test"} {
		tool(t, nil, "npm", "run", script)
	}
}

// platforms are what browsers are pointed at: the command on both databases, and
// another program at prefixes of its own. What each needs is said by variables,
// as web/e2e/support/server.ts reads them.
func platforms() map[string]func(t *testing.T) []string {
	const provider = "internal/oidctest/provider"
	return map[string]func(t *testing.T) []string{
		"sqlite": func(t *testing.T) []string {
			t.Helper()
			return []string{"BAILIWICK_E2E_PROGRAM=" + built(t, "cmd/bailiwick"), "BAILIWICK_E2E_PROVIDER=" + built(t, provider)}
		},
		"postgres": func(t *testing.T) []string {
			t.Helper()
			cluster := pgtest.Shared(t)
			name, err := cluster.Create(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := cluster.Drop(context.Background(), name); err != nil {
					t.Error(err)
				}
			})
			return []string{
				"BAILIWICK_E2E_PROGRAM=" + built(t, "cmd/bailiwick"), "BAILIWICK_E2E_PROVIDER=" + built(t, provider),
				"BAILIWICK_E2E_DATABASE=" + cluster.Address(name),
			}
		},
		"host": func(t *testing.T) []string {
			t.Helper()
			const example = "examples/console-mux"
			return []string{"BAILIWICK_E2E_PROGRAM=" + built(t, example), "BAILIWICK_E2E_HOST=" + example}
		},
	}
}

// built builds a program of the module.
func built(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./"+dir)
	cmd.Dir = "../.."
	if told, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", dir, err, told)
	}
	return program
}

// chosen are the tests of every run: what JMap Cloud's administration asks of
// pages, every page once, and what the console as a whole holds to.
const chosen = `J-\d\d|\b(complaint|hostile|load|mount|table|tour)\.spec`

// TestBrowser has Chromium do what people do in the console. What is told twice,
// in English and in another language, is told once by the command on PostgreSQL,
// at /console/, and once by the program of somebody else on SQLite, at
// /tools/admin/; what is told once is told there.
//
// BAILIWICK_SPECS names specs, all of whose tests are run then, or is "all".
// BAILIWICK_BROWSER names the platforms where everything is to be told, as in
// "sqlite,postgres,host".
func TestBrowser(t *testing.T) {
	watch(t)
	known := platforms()
	for name, pattern := range parts(os.Getenv("BAILIWICK_BROWSER")) {
		if known[name] == nil {
			t.Fatalf("there is no platform %q", name)
		}
		t.Run(name, func(t *testing.T) {
			// Pictures and traces of what failed are left there.
			env := append(known[name](t), "BAILIWICK_E2E_RESULTS=e2e-results/"+name, "BAILIWICK_E2E_URL=")
			args := []string{"playwright", "test"}
			switch specs := os.Getenv("BAILIWICK_SPECS"); specs {
			case "":
				pattern = "^(?=.*(" + chosen + "))" + pattern
				env = append(env, "BAILIWICK_E2E_SHOTS=pages")
			case "all":
			default:
				args = append(args, strings.Fields(specs)...)
			}
			t.Log(tool(t, env, "npx", append(args, "--grep", pattern)...))
		})
	}
}

// parts are the platforms that are looked at, with what the names of the tests
// begin with.
func parts(said string) map[string]string {
	if said == "" {
		const english = `.*\b(en|English)\b`
		return map[string]string{"postgres": "(?=" + english + "|.*(the mount|at a provider))", "host": "(?!" + english + "|.*at a provider)"}
	}
	all := map[string]string{}
	for name := range strings.SplitSeq(said, ",") {
		all[name] = ""
	}
	return all
}
