package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bailiwick": main})
}

// databases returns both kinds of databases, each with the way to the address
// of one that is empty: not even migrated.
func databases() map[string]func(t *testing.T) string {
	return map[string]func(t *testing.T) string{
		"sqlite": func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "bailiwick.db") },
		"postgres": func(t *testing.T) string {
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
			return cluster.Address(name)
		},
	}
}

// eachDatabase runs a test on an empty database of each kind.
func eachDatabase(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			test(t, databases()[kind.Name](t))
		})
	}
}

// TestStatus wants a command line that is not understood to end otherwise than
// a command that failed.
func TestStatus(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"version":                  0,
		"--help":                   0,
		"migrate --database oops:": 1,
		"nonsense":                 2,
		"serve --log-format yaml":  2,
	} {
		nobody := streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard}
		if got := run(t.Context(), strings.Fields(line), nobody); got != want {
			t.Errorf("bailiwick %s ended with %d, want %d", line, got, want)
		}
	}
}

// TestScripts runs the command lines in testdata, on both databases.
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("found %v, %v", scripts, err)
	}
	for _, script := range scripts {
		t.Run(filepath.Base(script), func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, address string) {
				testscript.Run(t, testscript.Params{
					Files: []string{script},
					Setup: func(env *testscript.Env) error {
						env.Setenv("BAILIWICK_DATABASE", address)
						return nil
					},
				})
			})
		})
	}
}

// TestLook wants no database where nobody made one: a mistyped name is not
// answered with an empty list.
func TestLook(t *testing.T) {
	t.Parallel()
	address := databases()["sqlite"](t)
	var told strings.Builder
	s := streams{in: strings.NewReader(""), out: io.Discard, err: &told}
	if status := run(t.Context(), []string{"user", "list", "--database", address}, s); status != 1 {
		t.Errorf("it ended with %d: %s", status, &told)
	}
	if _, err := os.Stat(strings.TrimPrefix(address, "sqlite:")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there (%v)", err)
	}
}
