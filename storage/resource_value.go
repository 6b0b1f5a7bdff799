package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// encodeValues returns values as the JSON that a text column keeps, in which a
// float64 has a point or an exponent and an int64 has neither.
func encodeValues(values map[string]any) (string, error) {
	if len(values) == 0 {
		return "{}", nil
	}
	return encode(pointed(values))
}

// pointed returns a value with floats as they are written. Settings are of a
// class, which says how deep they go.
func pointed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		made := make(map[string]any, len(v))
		for name, value := range v {
			made[name] = pointed(value)
		}
		return made
	case []any:
		made := make([]any, len(v))
		for i, value := range v {
			made[i] = pointed(value)
		}
		return made
	case float64:
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") && !math.IsInf(v, 0) && !math.IsNaN(v) {
			text += ".0"
		}
		return json.Number(text)
	}
	return v
}

// decodeValues reads what encodeValues wrote.
func decodeValues(text string) (map[string]any, error) {
	var values map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("storage: decode: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("storage: decode: something follows %.20q", text)
	}
	for name, value := range values {
		values[name] = numbered(value)
	}
	return values, nil
}

// numbered makes the numbers in a value what they were.
func numbered(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = numbered(value)
		}
	case []any:
		for i, value := range v {
			v[i] = numbered(value)
		}
	case json.Number:
		if !bytes.ContainsAny([]byte(v), ".eE") {
			if n, err := v.Int64(); err == nil {
				return n
			}
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

type metaRow struct {
	bun.BaseModel `bun:"table:resource_meta,alias:m"`

	Workspace workspace.ID `bun:"workspace_id"`
	Node      rbac.Node    `bun:"node"`
	Name      string       `bun:"name"`
	Kind      string       `bun:"kind"`
	Value     string       `bun:"value"`
	Fold      string       `bun:"value_fold"`
}

// setMeta stores what the meta of a resource can be searched by.
func (s session) setMeta(ctx context.Context, r resourceRow, meta map[string]any) error {
	_, err := s.raw("DELETE FROM resource_meta WHERE workspace_id = ? AND node = ?", r.Workspace, r.Num).Exec(ctx)
	if err != nil {
		return fmt.Errorf("storage: meta of %d: %w", r.Num, err)
	}
	rows := make([]metaRow, 0, len(meta))
	for name, v := range meta {
		kind, value := metaValue(v)
		if kind == "" {
			return fmt.Errorf("storage: meta of %d: %q is a %T", r.Num, name, v) //nolint:err113 // a programmer's mistake
		}
		rows = append(rows, metaRow{Workspace: r.Workspace, Node: r.Num, Name: name, Kind: kind, Value: value, Fold: fold(value)})
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := s.inserts().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("storage: meta of %d: %w", r.Num, err)
	}
	return nil
}

// metaValue returns what kind a value of the meta is, and the value as it is
// compared: equal numbers are written alike.
func metaValue(v any) (kind, value string) {
	switch v := v.(type) {
	case nil:
		return "null", ""
	case bool:
		return "flag", strconv.FormatBool(v)
	case int64:
		return "integer", strconv.FormatInt(v, 10)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<63 {
			return "number", strconv.FormatInt(int64(v), 10)
		}
		return "number", strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return "text", v
	}
	return "", ""
}
