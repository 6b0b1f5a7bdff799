package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// The shells ask the program itself what can come next, so that none of them
// has to be told when a command is added.
const (
	bashCompletion = `# Completion of bailiwick for bash: source <(bailiwick completion bash)
_bailiwick() {
  local IFS=$'\n'
  COMPREPLY=($(bailiwick complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _bailiwick bailiwick
`
	zshCompletion = `#compdef bailiwick
# Completion of bailiwick for zsh: source <(bailiwick completion zsh)
_bailiwick() {
  local -a found
  found=("${(@f)$(bailiwick complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
}
compdef _bailiwick bailiwick
`
	fishCompletion = `# Completion of bailiwick for fish: bailiwick completion fish | source
complete -c bailiwick -f -a '(bailiwick complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: ${enum}."`
}

// Run prints what the shell is to read when it starts.
func (c completionCommand) Run(s streams) error {
	text := map[string]string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}[c.Shell]
	_, err := io.WriteString(s.out, text)
	return err
}

type completeCommand struct {
	Words []string `arg:"" help:"The words so far, the last one unfinished." optional:"" passthrough:""`
}

// Run prints what the last word may become, a line each.
func (c completeCommand) Run(app *kong.Application, s streams) error {
	given := c.Words
	if len(given) > 0 && given[0] == "--" {
		given = given[1:]
	}
	if len(given) == 0 {
		given = []string{""}
	}
	for _, word := range completions(app.Node, given[:len(given)-1], given[len(given)-1]) {
		if _, err := fmt.Fprintln(s.out, word); err != nil {
			return err
		}
	}
	return nil
}

// completions returns what begins with a word and may stand behind others.
func completions(at *kong.Node, before []string, word string) []string {
	position := 0 // among the arguments of a command
	var open *kong.Flag
	for _, w := range before {
		switch {
		case open != nil:
			open = nil
		case strings.HasPrefix(w, "-") && w != "-":
			if flag := flagNamed(at, w); flag != nil && !flag.IsBool() && !strings.Contains(w, "=") {
				open = flag
			}
		default:
			if child := childNamed(at, w); child != nil {
				at = child
				position = 0
				continue
			}
			position++
		}
	}
	var list []string
	switch {
	case open != nil:
		list = choices(open.Value)
	case strings.HasPrefix(word, "-"):
		list = flagsOf(at)
	default:
		for _, child := range at.Children {
			if !child.Hidden {
				list = append(list, child.Name)
			}
		}
		if position < len(at.Positional) {
			list = append(list, choices(at.Positional[position])...)
		}
	}
	list = slices.DeleteFunc(list, func(one string) bool { return !strings.HasPrefix(one, word) })
	slices.Sort(list)
	return slices.Compact(list)
}

func choices(v *kong.Value) []string {
	if v.Enum == "" {
		return nil
	}
	return v.EnumSlice()
}

func childNamed(at *kong.Node, name string) *kong.Node {
	for _, child := range at.Children {
		if child.Name == name || slices.Contains(child.Aliases, name) {
			return child
		}
	}
	return nil
}

// flagNamed returns the flag of a command, or of those above, that a word is.
func flagNamed(at *kong.Node, word string) *kong.Flag {
	name, _, _ := strings.Cut(word, "=")
	for _, group := range at.AllFlags(false) {
		for _, flag := range group {
			if name == "--"+flag.Name || flag.Short != 0 && name == "-"+string(flag.Short) {
				return flag
			}
		}
	}
	return nil
}

func flagsOf(at *kong.Node) []string {
	var list []string
	for _, group := range at.AllFlags(true) {
		for _, flag := range group {
			list = append(list, "--"+flag.Name)
		}
	}
	return list
}
