package apiv1

import (
	_ "embed"
	"path"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// document is the OpenAPI document, made of openapi.yaml.
//
//go:embed openapi.json
var document []byte

// Document returns the OpenAPI 3.1 document of the lens, as JSON.
func Document() []byte { return append([]byte{}, document...) }

// parameter is one of a query, a path or a header, or where it is told of.
type parameter struct {
	Ref  string `json:"$ref"`
	Name string `json:"name"`
	In   string `json:"in"`
}

// parameters returns what the document has for the query of each operation, by
// operationId.
func parameters() map[string][]string {
	var doc struct {
		Paths map[string]map[string]struct {
			Operation  string      `json:"operationId"`
			Parameters []parameter `json:"parameters"`
		} `json:"paths"`
		Components struct {
			Parameters map[string]parameter `json:"parameters"`
		} `json:"components"`
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		panic(err) // it is built in, and tests read it
	}
	known := map[string][]string{}
	for _, methods := range doc.Paths {
		for _, operation := range methods {
			var names []string
			for _, p := range operation.Parameters {
				if p.Ref != "" {
					p = doc.Components.Parameters[path.Base(p.Ref)]
				}
				if p.In == "query" {
					names = append(names, p.Name)
				}
			}
			slices.Sort(names)
			known[operation.Operation] = names
		}
	}
	return known
}

func documentRoutes() []route {
	return []route{get("/openapi.json", "getDocument", public(), (*lens).document)}
}

func (l *lens) document(*call) (reply, error) { return ok(jsontext.Value(document)), nil }
