package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// longest is how many lines an example may have: more is not read.
const longest = 80

// TestExamples builds and runs every program of this folder and compares what
// it prints with the file output.txt beside it.
func TestExamples(t *testing.T) {
	t.Parallel()
	programs, err := filepath.Glob("*/main.go")
	if err != nil || len(programs) != 5 {
		t.Fatalf("found %v (%v), want 5 programs", programs, err)
	}
	bin := t.TempDir()
	for _, program := range programs {
		name := filepath.Dir(program)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := os.ReadFile(program)
			if err != nil {
				t.Fatal(err)
			}
			if n := bytes.Count(source, []byte("\n")); n > longest {
				t.Errorf("%s has %d lines, at most %d are read", program, n, longest)
			}
			want, err := os.ReadFile(filepath.Join(name, "output.txt"))
			if err != nil {
				t.Fatal(err)
			}
			build(t, "./"+name, filepath.Join(bin, name))
			if diff := cmp.Diff(string(want), output(t, filepath.Join(bin, name))); diff != "" {
				t.Errorf("printed something else than output.txt (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadme builds the program in the README and compares the lines that
// embed with those of the example that runs.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```go\n")
	block, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the README has no Go block")
	}
	example, err := os.ReadFile("entrepot-mux/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(example), "func platform(")
	platform, _, _ := strings.Cut(body, "\n}\n")
	if platform == "" || !strings.Contains(block, "func platform("+platform+"\n}\n") {
		t.Error("the README puts the services together in another way than examples/entrepot-mux")
	}
	// The build sees the block as a program of this module that is not on disk.
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("readme/main.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{here: file}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build(t, "./readme", filepath.Join(dir, "readme"), "-overlay", filepath.Join(dir, "overlay.json"))
}

func build(t *testing.T, pkg, to string, flags ...string) {
	t.Helper()
	args := append(append([]string{"build", "-o", to}, flags...), pkg)
	told, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, told)
	}
}

func output(t *testing.T, program string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	temp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), failure.String())
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left %v behind (%v)", left, err)
	}
	return out.String()
}
