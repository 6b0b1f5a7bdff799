package resource

import "strconv"

func serviceClasses() []Class {
	class := func(name string, labels Labels, member Member) Class {
		return Class{
			Name: name, Labels: labels, Scopes: []string{ScopeService}, Parents: inGroup(), Category: CategoryMaps,
			Members: []Member{member},
			Check:   func(_, after Settings) error { return checkKeynames(member, after) },
		}
	}
	limit := Attribute{Name: "maxfeatures", Kind: Integer, Nullable: true, Min: 1, Max: 1_000_000_000}
	return []Class{
		class("wmsserver_service", called("WMS service", "Service WMS", "Servicio WMS", "Сервис WMS"),
			member("wmsserver_service", published("layers", renderable, scale("min_scale_denom"), scale("max_scale_denom")))),
		class("wfsserver_service", called("WFS service", "Service WFS", "Servicio WFS", "Сервис WFS"),
			member("wfsserver_service", published("layers", "IFeatureLayer", limit))),
		class("ogcfserver_service", called("OGC API Features service", "Service OGC API Features", "Servicio OGC API Features", "Сервис OGC API Features"),
			member("ogcfserver_service", published("collections", "IFeatureLayer", limit))),
	}
}

// published makes the list of what a service shows.
func published(name, kind string, more ...Attribute) Attribute {
	return Attribute{
		Name: name, Kind: List, Default: []any{}, Max: 1000, Read: UseService, Write: ConfigureService,
		Of: append([]Attribute{
			{Name: "resource_id", Kind: Link, Required: true, Interfaces: []string{kind}},
			{Name: "keyname", Kind: Text, Required: true, Pattern: `^[A-Za-z_][A-Za-z0-9_.-]*$`, Min: 1, Max: 255},
			required(line("display_name")),
		}, more...),
	}
}

// scale makes the denominator of a scale.
func scale(name string) Attribute {
	return Attribute{Name: name, Kind: Number, Nullable: true, Min: 0, Max: 1e12}
}

// checkKeynames refuses layers of a service that are called the same.
func checkKeynames(m Member, after Settings) error {
	name := m.Attributes[0].Name
	list, _ := after[m.Name][name].([]any)
	seen := map[any]bool{}
	for i, v := range list {
		layer, _ := v.(map[string]any)
		if seen[layer["keyname"]] {
			return invalid(m.Name+"."+name+"["+strconv.Itoa(i)+"].keyname", "one that no other layer of the service has")
		}
		seen[layer["keyname"]] = true
	}
	return nil
}
