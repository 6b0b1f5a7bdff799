package main

import (
	"context"
	"fmt"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// demoTowns is the keyname of the layer of the demonstration.
const demoTowns = "villes"

// makeTree puts into the workspace of the tutorials a folder with a layer of
// towns, a style of it and a map that shows it.
func (d *demo) makeTree(ctx context.Context) error {
	home, err := d.tutorials(ctx)
	if err != nil {
		return err
	}
	dave := d.people["dave.lopper"]
	actor := workspace.Actor{Principal: dave.Num, User: dave.ID, Name: dave.Username, Via: d.actor.Via}
	folder, err := d.Resources.Create(ctx, actor, resource.Draft{
		Class: "resource_group", Parent: home.Num, DisplayName: "Premiers pas", Description: "Une couche, son style et une carte.",
	})
	if err != nil {
		return err
	}
	layer, err := d.makeTowns(ctx, actor, folder.Num)
	if err != nil {
		return err
	}
	style, err := d.Resources.Create(ctx, actor, resource.Draft{Class: "qgis_vector_style", Parent: layer, DisplayName: "Points"})
	if err != nil {
		return err
	}
	_, err = d.Resources.Create(ctx, actor, resource.Draft{
		Class: "webmap", Parent: folder.Num, DisplayName: "Carte des villes",
		Settings: resource.Settings{"webmap": {
			"extent_left": -5.2, "extent_bottom": 41.3, "extent_right": 9.6, "extent_top": 51.1,
			"root_item": map[string]any{"item_type": "root", "children": []any{map[string]any{
				"item_type": "layer", "display_name": "Villes", "layer_style_id": int64(style.Num), "layer_enabled": true,
			}}},
		}},
	})
	return err
}

// makeTowns makes the layer.
func (d *demo) makeTowns(ctx context.Context, actor workspace.Actor, folder rbac.Node) (rbac.Node, error) {
	column := func(keyname, name string, kind feature.FieldType, label bool) map[string]any {
		return map[string]any{"keyname": keyname, "display_name": name, "datatype": string(kind), "label_field": label}
	}
	layer, err := d.Resources.Create(ctx, actor, resource.Draft{
		Class: "vector_layer", Parent: folder, DisplayName: "Villes", Keyname: demoTowns,
		Settings: resource.Settings{"vector_layer": {
			"srs": map[string]any{"id": 4326}, "geometry_type": "POINT",
			"fields": []any{column("nom", "Nom", feature.String, true), column("population", "Population", feature.Integer, false)},
		}},
	})
	if err != nil {
		return 0, err
	}
	var drafts []feature.Draft
	for _, town := range []struct {
		name       string
		population int
		wkt        string
	}{
		{"Paris", 2_133_111, "POINT (2.3522 48.8566)"},
		{"Marseille", 873_076, "POINT (5.3698 43.2965)"},
		{"Lyon", 522_250, "POINT (4.8357 45.7640)"},
		{"Toulouse", 504_078, "POINT (1.4442 43.6047)"},
		{"Nantes", 323_204, "POINT (-1.5536 47.2184)"},
	} {
		at, err := geom.UnmarshalWKT(town.wkt)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", town.name, err)
		}
		drafts = append(drafts, feature.Draft{
			SetGeometry: true, Geometry: &at, Fields: map[string]any{"nom": town.name, "population": float64(town.population)},
		})
	}
	_, err = d.Features.Put(ctx, actor, layer.Num, drafts)
	return layer.Num, err
}
