package clients_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// node runs a script with a task, and returns what it saw.
func node(w *ngwtest.World, script string, task map[string]any) saw {
	w.Helper()
	if _, err := os.Stat("node_modules/@nextgis/ngw-connector"); err != nil {
		w.Fatalf("the clients are not installed, run `make deps`: %v", err)
	}
	text, err := json.Marshal(task)
	w.OK(err)
	var out, warnings bytes.Buffer
	cmd := exec.CommandContext(w.Context(), "node", script, string(text))
	cmd.Stdout, cmd.Stderr = &out, &warnings
	if err := cmd.Run(); err != nil {
		w.Fatalf("%s: %v\n%s", script, err, warnings.String())
	}
	var seen map[string]any
	if err := json.Unmarshal(out.Bytes(), &seen); err != nil {
		w.Fatalf("%s: %v\n%s", script, err, out.String())
	}
	return saw{T: w.T, seen: seen}
}

// saw is what a script saw.
type saw struct {
	*testing.T

	seen map[string]any
}

// at returns what is behind a path: "item.resource.cls".
func (s saw) at(path string) any {
	var value any = s.seen
	for name := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[name]
	}
	return value
}

// want compares what is behind a path with JSON.
func (s saw) want(path, want string) {
	s.Helper()
	var value any
	if err := json.Unmarshal([]byte(want), &value); err != nil {
		s.Fatalf("%s: %v", want, err)
	}
	if got, wanted := text(s.at(path)), text(value); got != wanted {
		s.Errorf("%s: %s\nwant %s", path, got, wanted)
	}
}

// refused makes sure that a call was answered with an error that says something.
func (s saw) refused(path string, words ...string) {
	s.Helper()
	message, _ := s.at(path + ".error").(string)
	if message == "" {
		s.Errorf("%s: not refused: %s", path, text(s.at(path)))
	}
	for _, word := range words {
		if !strings.Contains(message, word) {
			s.Errorf("%s: %q does not tell %q", path, message, word)
		}
	}
}

// text is a value as JSON, with members in order.
func text(value any) string {
	made, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(made)
}
