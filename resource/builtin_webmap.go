package resource

func webmapClasses() []Class {
	return []Class{
		{
			Name: "webmap", Labels: called("Web map", "Carte web", "Mapa web", "Веб-карта"),
			Scopes: []string{ScopeWebmap}, Parents: inGroup(), Category: CategoryMaps,
			Members: []Member{webmap(), basemaps()},
		},
		{
			Name: "basemap_layer", Labels: called("Basemap", "Fond de carte", "Mapa base", "Подложка"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryMaps,
			Members: []Member{member("basemap_layer", needing(ReadData, WriteData,
				nullable(address("url")),
				Attribute{Name: "qms", Kind: Text, Nullable: true},
				nullable(line("copyright_text")), nullable(address("copyright_url")),
				Attribute{Name: "z_min", Kind: Integer, Nullable: true, Min: 0, Max: 32},
				Attribute{Name: "z_max", Kind: Integer, Nullable: true, Min: 0, Max: 32},
			)...)},
			Check: func(_, after Settings) error {
				if values := after["basemap_layer"]; values["url"] == nil && values["qms"] == nil {
					return invalid("basemap_layer.url", "an address, where qms is null")
				}
				return nil
			},
		},
		{
			Name: "baselayers", Labels: called("Base layers", "Couches de base", "Capas base", "Базовые слои"),
			Parents: inGroup(), Category: CategoryMaps,
		},
	}
}

// webmap is a map: where it is, and the tree of its layers. What today's clients
// know besides what older ones do is not there until somebody sets it.
func webmap() Member {
	legend := Attribute{Name: "legend_symbols", Kind: Text, OneOf: []any{"expand", "collapse", "disable"}}
	layer := func(a Attribute) Attribute { a.When = "layer"; return a }
	group := func(a Attribute) Attribute { a.When = "group"; return a }
	items := Attribute{
		Name: "children", Kind: List, Default: []any{}, Recursive: "children", Of: []Attribute{
			{Name: "item_type", Kind: Text, Required: true, OneOf: []any{"group", "layer"}},
			required(line("display_name")),
			group(Attribute{Name: "group_expanded", Kind: Flag, Default: false}),
			group(Attribute{Name: "group_exclusive", Kind: Flag}),
			group(Attribute{Name: "children", Kind: List, Default: []any{}}),
			layer(Attribute{Name: "layer_style_id", Kind: Link, Required: true, Interfaces: []string{renderable}}),
			layer(Attribute{Name: "layer_enabled", Kind: Flag, Default: false}),
			layer(Attribute{Name: "layer_identifiable", Kind: Flag}),
			layer(Attribute{Name: "layer_transparency", Kind: Number, Nullable: true, Min: 0, Max: 100}),
			layer(Attribute{Name: "layer_opacity", Kind: Number, Min: 0, Max: 1}),
			layer(scale("layer_min_scale_denom")),
			layer(scale("layer_max_scale_denom")),
			layer(Attribute{Name: "layer_adapter", Kind: Text, Default: "image", OneOf: []any{"image", "tile", "mvt"}}),
			layer(Attribute{Name: "draw_order_position", Kind: Integer, Min: 0, Max: 1_000_000}),
			layer(legend),
		},
	}
	root := Attribute{
		Name: "root_item", Kind: Object, Default: map[string]any{"item_type": "root", "children": []any{}},
		Of: []Attribute{{Name: "item_type", Kind: Text, Required: true, OneOf: []any{"root"}}, items},
	}
	return member("webmap", append(extent(),
		constraint("extent_const_left", 360), constraint("extent_const_right", 360),
		constraint("extent_const_bottom", 90), constraint("extent_const_top", 90),
		Attribute{Name: "extent_constrained", Kind: Flag},
		to("bookmark_resource", Attribute{Nullable: true, Interfaces: []string{"IFeatureLayer"}}),
		Attribute{Name: "title", Kind: Text, Max: 255},
		Attribute{Name: "draw_order_enabled", Kind: Flag},
		Attribute{Name: "editable", Kind: Flag},
		Attribute{Name: "annotation_enabled", Kind: Flag},
		Attribute{Name: "annotation_default", Kind: Text, OneOf: []any{"no", "yes", "messages"}},
		legend,
		Attribute{Name: "measure_srs", Kind: Object, Of: []Attribute{{Name: "id", Kind: Integer, Required: true, OneOf: []any{3857, 4326}}}},
		Attribute{Name: "options", Kind: Object, Lenient: true},
		root,
	)...)
}

// constraint makes a side of the box that a map does not leave.
func constraint(name string, bound float64) Attribute {
	return Attribute{Name: name, Kind: Number, Min: -bound, Max: bound}
}

// basemaps are what a map is drawn on.
func basemaps() Member {
	return member("basemap_webmap",
		Attribute{Name: "basemaps", Kind: List, Default: []any{}, Max: 1000, Of: []Attribute{
			{Name: "resource_id", Kind: Link, Required: true, Classes: []string{"basemap_layer"}},
			required(line("display_name")),
			{Name: "enabled", Kind: Flag, Default: true},
			{Name: "opacity", Kind: Number, Nullable: true, Min: 0, Max: 1},
			{Name: "position", Kind: Integer, Min: 0, Max: 1_000_000},
		}},
		Attribute{Name: "background_color", Kind: Text, Pattern: `^[0-9a-f]{6}$`},
		Attribute{Name: "disable", Kind: Flag},
	)
}
