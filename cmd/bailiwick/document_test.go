package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// parsing takes command lines apart and runs none.
func parsing(t *testing.T) *kong.Kong {
	t.Helper()
	parser, err := newParser(streams{in: strings.NewReader(""), out: io.Discard, err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return parser
}

// TestDocument wants every command in docs/cli.md with an example, and every
// example there to be understood.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("`[^`\n]*?(bailiwick [a-z][^`\n]*)`")
	word := regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
	n := 0
	for _, found := range example.FindAllStringSubmatch(string(text), -1) {
		line, _, _ := strings.Cut(found[1], " && ")
		var args []string
		for _, w := range word.FindAllString(line, -1)[1:] {
			args = append(args, strings.Trim(w, `'"`))
		}
		if _, err := parsing(t).Parse(args); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		n++
	}
	if n < 40 {
		t.Errorf("found %d examples", n)
	}
	for _, leaf := range parsing(t).Model.Leaves(true) {
		first, second := strings.Fields(leaf.Path())[0], leaf.Name
		if first == second {
			if !strings.Contains(string(text), "`"+first) && !strings.Contains(string(text), "bailiwick "+first) {
				t.Errorf("%s is not in it", first)
			}
			continue
		}
		row := regexp.MustCompile("`" + first + " ([^|\n]*`)?" + second + "`")
		if !row.Match(text) {
			t.Errorf("%s %s is not in it", first, second)
		}
	}
}
