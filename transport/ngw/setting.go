package ngw

import (
	"maps"
	"slices"
	"strings"
)

// settings tells clients of a component how they are to show things.
func (l *lens) settings(c *call) (reply, error) {
	component := c.last("component")
	all := map[string]map[string]any{
		"pyramid": {
			"support_url": nil, "help_page_url": nil, "company_logo": map[string]any{"enabled": false}, "units": "metric",
			"degree_format": "dd", "measurement_srid": 4326, "lunkwill_enabled": false, "storage_enabled": true,
			"storage_limit": nil,
		},
		"resource":        {"resource_export": "data_read"},
		"auth":            {"local_auth": true},
		"audit":           {},
		"basemap":         {"basemaps": []any{}},
		"feature_layer":   {"identify": map[string]any{"attributes": true, "show_geometry_info": true}, "datatypes": datatypes(), "versioning": map[string]any{"default": false}},
		"file_upload":     {"max_size": l.uploadLimit, "chunk_size": 16 << 20},
		"render":          {},
		"spatial_ref_sys": {},
		"webmap":          {"units": "metric", "degree_format": "dd", "measurement_srid": 4326},
	}
	found, known := all[component]
	if !known {
		return reply{}, queryError("component", "one of "+strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	return ok(found), nil
}

func datatypes() []string {
	return []string{"INTEGER", "BIGINT", "REAL", "STRING", "DATE", "TIME", "DATETIME", "BOOLEAN", "JSON"}
}

// ownSettings tells how this server is set up. Whoever set it up did so where it
// was started, so that nothing of it is changed from here.
func (l *lens) ownSettings(c *call) (reply, error) {
	ctx := c.Context()
	wanted := c.last("pyramid")
	if wanted == "" && len(c.query) > 0 {
		return reply{}, queryError("pyramid", "all, or names with commas between them")
	}
	if wanted != "full_name" { // which is on every page
		if err := l.administer(ctx, c); err != nil {
			return reply{}, err
		}
	}
	name := "Bailiwick"
	if c.workspace.ID != "" {
		name = c.workspace.Name
	}
	all := map[string]any{
		"full_name": name, "allow_origin": slices.Clone(l.allowedOrigins), "home_path": nil, "units": "metric", "degree_format": "dd",
		"measurement_srid": 4326, "custom_css": "", "header_logo": nil, "metrics": map[string]any{}, "resource_export": "data_read",
	}
	if wanted == "" {
		return ok(map[string]any{}), nil
	}
	some := map[string]any{}
	for part := range strings.SplitSeq(wanted, ",") {
		if part == "all" {
			return ok(map[string]any{"pyramid": all}), nil
		}
		value, known := all[part]
		if !known {
			return reply{}, queryError("pyramid", "all, or some of "+strings.Join(slices.Sorted(maps.Keys(all)), ", "))
		}
		some[part] = value
	}
	return ok(map[string]any{"pyramid": some}), nil
}

func (l *lens) changeSettings(c *call) (reply, error) {
	if err := l.administer(c.Context(), c); err != nil {
		return reply{}, err
	}
	var form map[string]any
	if err := c.read(&form); err != nil {
		return reply{}, err
	}
	if len(form) == 0 {
		return empty(), nil
	}
	return reply{}, notConfigured("Settings are those that the server was started with, and can not be changed from here.")
}
