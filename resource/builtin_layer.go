package resource

import "github.com/bailiwick-sdk/bailiwick/rbac"

// layerScopes are the scopes of what data is read from.
func layerScopes() []string { return []string{ScopeStructure, ScopeData} }

// connecting says that data is read through the connection that an attribute
// names.
func connecting(attribute string, orNone bool) []rbac.Requirement {
	return []rbac.Requirement{{Permission: ReadData, Needs: Connect, Relation: attribute, OrNone: orNone}}
}

func layerClasses() []Class {
	return []Class{
		{
			Name: "vector_layer", Labels: called("Vector layer", "Couche vectorielle", "Capa vectorial", "Векторный слой"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryLayers,
			Interfaces: []string{
				boxed, "IFeatureLayer", "IFieldEditableFeatureLayer", "IFilterableFeatureLayer",
				"IGeometryEditableFeatureLayer", "IWritableFeatureLayer",
			},
			Members: []Member{
				member("vector_layer",
					system(),
					Attribute{Name: "geometry_type", Kind: Text, Required: true, Fixed: true, OneOf: geometries()},
					// What the layer is made with. It is for the keeper, who makes
					// the fields of feature_layer of it.
					Attribute{Name: "fields", Kind: List, Of: field(), Max: 500, Write: WriteData},
				),
				features(),
			},
			Check: checkFeatures,
		},
		{
			Name: "raster_layer", Labels: called("Raster layer", "Couche raster", "Capa ráster", "Растровый слой"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryLayers, Interfaces: []string{boxed},
			Requires: connecting("raster_layer.storage", true),
			Members: []Member{member("raster_layer", append(
				needing(Read, WriteData, system(), pixels("xsize"), pixels("ysize"),
					Attribute{Name: "band_count", Kind: Integer, Nullable: true, Min: 1, Max: 1024}),
				needing(Read, WriteStructure, Attribute{
					Name: "storage", Kind: Object, Of: []Attribute{
						{Name: "id", Kind: Link, Required: true, Classes: []string{"raster_layer_storage"}},
					},
				})...,
			)...)},
		},
		{
			Name: "raster_mosaic", Labels: called("Raster mosaic", "Mosaïque raster", "Mosaico ráster", "Растровая мозаика"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryLayers, Interfaces: []string{boxed},
			Members: []Member{member("raster_mosaic", needing(Read, WriteData, system())...)},
		},
		{
			Name: "tileset", Labels: called("Tileset", "Jeu de tuiles", "Conjunto de teselas", "Набор тайлов"),
			Scopes: layerScopes(), Parents: inGroup(), Category: CategoryLayers, Interfaces: []string{boxed, renderable},
			Members: []Member{member("tileset", needing(Read, WriteData, system())...)},
		},
	}
}

// pixels makes the size of a raster in one direction.
func pixels(name string) Attribute {
	return Attribute{Name: name, Kind: Integer, Nullable: true, Min: 1, Max: 1 << 31}
}
