package resource

// vectorParents and rasterParents are what styles of features and of rasters lie
// in.
func vectorParents() []string { return []string{"vector_layer", "postgis_layer", "wfsclient_layer"} }
func rasterParents() []string { return []string{"raster_layer", "raster_mosaic"} }

func styleClasses() []Class {
	format := Attribute{Name: "format", Kind: Text, Default: "default", OneOf: []any{"default", "sld", "qml_file"}}
	sld := Attribute{Name: "sld", Kind: Any, Nullable: true}
	return []Class{
		{
			Name: "raster_style", Labels: called("Raster style", "Style raster", "Estilo ráster", "Растровый стиль"),
			Scopes: []string{ScopeData}, Parents: rasterParents(), Category: CategoryLayers,
			Interfaces: []string{renderable},
		},
		{
			Name: "vector_style", Labels: called("Vector style", "Style vectoriel", "Estilo vectorial", "Векторный стиль"),
			Scopes: []string{ScopeData}, Parents: vectorParents(), Category: CategoryLayers,
			Interfaces: []string{renderable},
		},
		{
			Name: "mapserver_style", Labels: called("MapServer style", "Style MapServer", "Estilo MapServer", "Стиль MapServer"),
			Scopes: []string{ScopeData}, Parents: vectorParents(), Category: CategoryLayers,
			Interfaces: []string{"ILegendableStyle", renderable},
			Members: []Member{member("mapserver_style", needing(ReadData, WriteData,
				Attribute{Name: "xml", Kind: Text, Nullable: true},
			)...)},
		},
		{
			Name: "qgis_vector_style", Labels: called("QGIS vector style", "Style vectoriel QGIS", "Estilo vectorial QGIS", "Векторный стиль QGIS"),
			Scopes: []string{ScopeData}, Parents: vectorParents(), Category: CategoryLayers,
			Interfaces: []string{"ILegendableStyle", renderable},
			Members: []Member{member("qgis_vector_style", needing(ReadData, WriteData,
				format, sld,
				to("svg_marker_library", Attribute{Nullable: true, Classes: []string{"svg_marker_library"}}),
			)...)},
		},
		{
			Name: "qgis_raster_style", Labels: called("QGIS raster style", "Style raster QGIS", "Estilo ráster QGIS", "Растровый стиль QGIS"),
			Scopes: []string{ScopeData}, Parents: rasterParents(), Category: CategoryLayers,
			Interfaces: []string{"ILegendableStyle", renderable},
			Members:    []Member{member("qgis_raster_style", needing(ReadData, WriteData, format, sld)...)},
		},
	}
}
