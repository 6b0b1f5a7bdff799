package resource

// clientClasses are the layers whose data is elsewhere. What is read of where is
// part of their structure.
func clientClasses() []Class {
	through := func(class string) Attribute {
		return to("connection", Attribute{Required: true, Classes: []string{class}})
	}
	return []Class{
		{
			Name: "postgis_layer", Labels: called("PostGIS layer", "Couche PostGIS", "Capa PostGIS", "Слой PostGIS"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryLayers,
			Interfaces: []string{boxed, "IFeatureLayer", "IFilterableFeatureLayer", "IWritableFeatureLayer"},
			Requires:   connecting("postgis_layer.connection", false),
			Members: []Member{
				member("postgis_layer", needing(ReadStructure, WriteStructure,
					through("postgis_connection"), system(),
					Attribute{Name: "schema", Kind: Text, Default: "public", Min: 1, Max: 63},
					Attribute{Name: "table", Kind: Text, Required: true, Min: 1, Max: 63},
					Attribute{Name: "column_id", Kind: Text, Required: true, Min: 1, Max: 63},
					Attribute{Name: "column_geom", Kind: Text, Required: true, Min: 1, Max: 63},
					Attribute{Name: "geometry_type", Kind: Text, Nullable: true, OneOf: geometries()},
					Attribute{Name: "geometry_srid", Kind: Integer, Nullable: true, Min: 1, Max: 998_999},
				)...),
				features(),
			},
			Check: checkFeatures,
		},
		{
			Name: "wmsclient_layer", Labels: called("WMS layer", "Couche WMS", "Capa WMS", "Cлой WMS"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryLayers, Interfaces: []string{renderable},
			Requires: connecting("wmsclient_layer.connection", false),
			Members: []Member{member("wmsclient_layer", needing(ReadStructure, WriteStructure,
				through("wmsclient_connection"), system(),
				Attribute{Name: "wmslayers", Kind: Text, Required: true, Min: 1, Max: 4096},
				required(line("imgformat")),
				Attribute{Name: "vendor_params", Kind: Object, Lenient: true, Default: map[string]any{}},
			)...)},
		},
		{
			Name: "wfsclient_layer", Labels: called("WFS layer", "Couche WFS", "Capa WFS", "Слой WFS"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryLayers,
			Interfaces: []string{boxed, "IFeatureLayer", "IFilterableFeatureLayer", "IWritableFeatureLayer"},
			Requires:   connecting("wfsclient_layer.connection", false),
			Members: []Member{
				member("wfsclient_layer", needing(ReadStructure, WriteStructure,
					through("wfsclient_connection"), system(),
					required(line("layer_name")), required(line("column_geom")),
					Attribute{Name: "geometry_type", Kind: Text, Nullable: true, OneOf: geometries()},
					Attribute{Name: "geometry_srid", Kind: Integer, Nullable: true, Min: 1, Max: 998_999},
				)...),
				features(),
			},
			Check: checkFeatures,
		},
		{
			Name: "tmsclient_layer", Labels: called("TMS layer", "Couche TMS", "Capa TMS", "Слой TMS"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryLayers, Interfaces: []string{boxed, renderable},
			Requires: connecting("tmsclient_layer.connection", false),
			Members: []Member{member("tmsclient_layer", needing(ReadStructure, WriteStructure, append([]Attribute{
				through("tmsclient_connection"), system(), nullable(line("layer_name")),
				{Name: "tilesize", Kind: Integer, Default: 256, Min: 16, Max: 4096},
				zoom("minzoom", 0), zoom("maxzoom", 14),
			}, extent()...)...)...)},
			Check: func(_, after Settings) error {
				least, _ := number(after["tmsclient_layer"]["minzoom"])
				most, _ := number(after["tmsclient_layer"]["maxzoom"])
				if least > most {
					return invalid("tmsclient_layer.minzoom", "no more than maxzoom")
				}
				return nil
			},
		},
	}
}

// zoom makes a level of zoom.
func zoom(name string, otherwise int) Attribute {
	return Attribute{Name: name, Kind: Integer, Default: otherwise, Min: 0, Max: 32}
}
