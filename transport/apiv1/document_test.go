package apiv1_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
)

var update = flag.Bool("update", false, "write openapi.json and the client anew")

// operations calls fn for each operation of a document.
func operations(doc map[string]any, fn func(method, path string, op map[string]any)) {
	paths, _ := doc["paths"].(map[string]any)
	for path, item := range paths {
		methods, _ := item.(map[string]any)
		for method, op := range methods {
			fn(strings.ToUpper(method), path, op.(map[string]any))
		}
	}
}

// anything makes what may be of several types of any: the client has no type for
// it.
func anything(value any) {
	switch value := value.(type) {
	case []any:
		for _, part := range value {
			anything(part)
		}
	case map[string]any:
		types, _ := value["type"].([]any)
		if len(slices.DeleteFunc(slices.Clone(types), func(t any) bool { return t == "null" })) > 1 {
			delete(value, "type")
			delete(value, "additionalProperties")
		}
		for _, part := range value {
			anything(part)
		}
	}
}

// reduced is the document as the client is generated of it: with one kind of
// problem, whatever the status, one kind of body, and one type for a value. What
// is left out says nothing that the client would do otherwise.
func reduced(text []byte) ([]byte, error) {
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	operations(doc, func(_, _ string, op map[string]any) {
		responses, _ := op["responses"].(map[string]any)
		for status := range responses {
			if strings.HasPrefix(status, "4") {
				delete(responses, status)
			}
		}
		if body, is := op["requestBody"].(map[string]any); is {
			delete(body["content"].(map[string]any), "application/merge-patch+json")
		}
	})
	anything(doc)
	components := doc["components"].(map[string]any)
	components["responses"] = map[string]any{
		"Problem":     components["responses"].(map[string]any)["Problem"],
		"NotModified": components["responses"].(map[string]any)["NotModified"],
	}
	return json.MarshalIndent(doc, "", " ")
}

func TestReduced(t *testing.T) {
	t.Parallel()
	got, err := reduced([]byte(`{"openapi": "3.1.0", "paths": {"/x": {"patch": {
		"requestBody": {"content": {"application/json": {}, "application/merge-patch+json": {}}},
		"responses": {"200": {}, "304": {}, "404": {}, "412": {}, "default": {}}}}},
		"components": {"responses": {"Problem": {"description": "p"}, "NotModified": {}, "NotFound": {}}, "schemas": {
			"A": {"type": ["object", "string", "null"], "additionalProperties": true}, "B": {"type": ["string", "null"]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"openapi": "3.1.0", "paths": {"/x": {"patch": {"requestBody": {"content": {"application/json": {}}},
		"responses": {"200": {}, "304": {}, "default": {}}}}},
		"components": {"responses": {"Problem": {"description": "p"}, "NotModified": {}}, "schemas": {"A": {}, "B": {"type": ["string", "null"]}}}}`
	if compact(t, got) != compact(t, []byte(want)) {
		t.Errorf("%s", got)
	}
}

func compact(t *testing.T, text []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestGenerated makes openapi.json of openapi.yaml and the client of that, and
// compares with what is there. "make generate" writes them.
func TestGenerated(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	made, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "openapi.json", append(made, '\n'))

	dir := t.TempDir()
	small, err := reduced(made)
	if err != nil {
		t.Fatal(err)
	}
	in, out := filepath.Join(dir, "reduced.json"), filepath.Join(dir, "client.gen.go")
	if err := os.WriteFile(in, small, 0o600); err != nil {
		t.Fatal(err)
	}
	// The generator has the go.mod of the tools, so that nothing of it reaches
	// the SDK's.
	command := exec.CommandContext(t.Context(), "go", "tool", "-modfile", "../../go.tool.mod", "oapi-codegen",
		"-config", "client/generate.yaml", "-o", out, in)
	if told, err := command.CombinedOutput(); err != nil {
		t.Fatalf("oapi-codegen: %v\n%s", err, told)
	}
	code, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "client/client.gen.go", code)
}

func same(t *testing.T, file string, made []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, made, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	there, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(there, made) {
		t.Errorf("%s is not what it is made of: run make generate", file)
	}
}

// TestDocument holds the document to OpenAPI, and to what a reader wants.
func TestDocument(t *testing.T) {
	t.Parallel()
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Errorf("the document is not valid: %v", err)
	}
	var raw map[string]any
	if err := json.Unmarshal(apiv1.Document(), &raw); err != nil {
		t.Fatal(err)
	}
	if raw["openapi"] != "3.1.0" {
		t.Errorf("the document is OpenAPI %v", raw["openapi"])
	}
	told := map[string]string{}
	operations(raw, func(method, path string, op map[string]any) {
		told[method+" "+path], _ = op["operationId"].(string)
		if op["summary"] == "" || op["tags"] == nil {
			t.Errorf("%s %s has no summary or no tag", method, path)
		}
		responses, _ := op["responses"].(map[string]any)
		if responses["default"] == nil {
			t.Errorf("%s %s says nothing of problems", method, path)
		}
	})
	for _, r := range apiv1.Routes() {
		key := r.Method + " " + r.Path
		if told[key] != r.Operation {
			t.Errorf("%s is %q in the document and %q in the table", key, told[key], r.Operation)
		}
		delete(told, key)
	}
	for key := range told {
		t.Errorf("%s is in the document and nowhere else", key)
	}
	if doc.Components.Schemas["Code"] == nil {
		t.Fatal("the document has no codes")
	}
}

// TestCodes wants every code that transport classifies by in the document.
func TestCodes(t *testing.T) {
	t.Parallel()
	doc, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, code := range doc.Components.Schemas["Code"].Value.Enum {
		codes = append(codes, code.(string))
	}
	source, err := os.ReadFile("../problem.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(source)) {
		_, rest, is := strings.Cut(line, `, "`)
		if !is || !strings.Contains(line, "{") || !strings.Contains(line, "http.Status") {
			continue
		}
		code, _, _ := strings.Cut(rest, `"`)
		found++
		if !slices.Contains(codes, code) {
			t.Errorf("code %q is not in the document", code)
		}
	}
	if found < 20 {
		t.Errorf("only %d codes were found", found)
	}
}

// TestServed reads the document as a client does.
func TestServed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		a := w.call(nil, http.MethodGet, "/openapi.json", "", http.StatusOK)
		if a.text != string(apiv1.Document()) || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%v %.100s", a.header, a.text)
		}
	})
}
