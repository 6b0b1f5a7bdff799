package resource

import (
	"fmt"
	"slices"
)

// ResourceGroup is the class of what holds other resources and nothing else. A
// class that can lie in it can lie in a workspace itself.
const ResourceGroup = "resource_group"

// What many of the built-in classes can be used as.
const (
	boxed      = "IBboxLayer"
	renderable = "IRenderableStyle"
)

// Builtin returns the built-in classes: those of NextGIS Web that its clients
// meet. Their settings are as spec/ngw.md §2 and the examples of its seed have
// them, and their labels in Russian are those of NextGIS Web.
func Builtin() []Class {
	list := slices.Concat(
		groupClasses(), layerClasses(), clientClasses(), styleClasses(), connectionClasses(),
		serviceClasses(), webmapClasses(), tableClasses(),
	)
	for i := range list {
		if list[i].Order == 0 {
			list[i].Order = 10 * (i + 1)
		}
	}
	return list
}

// Base returns the class that every other one is one of: what all resources
// have. Nothing is made of it, and no catalog holds it.
func Base() Class {
	return Class{Name: "resource", Labels: called("Resource", "Ressource", "Recurso", "Ресурс")}
}

// Default returns the catalog of the built-in classes and scopes.
func Default() *Catalog {
	catalog, err := NewCatalog(Builtin())
	if err != nil {
		panic(fmt.Sprintf("resource: the built-in classes: %v", err)) // a test sees to it that there is no such error
	}
	return catalog
}

func groupClasses() []Class {
	return []Class{{
		Name: ResourceGroup, Labels: called("Resource group", "Groupe de ressources", "Grupo de recursos", "Группа ресурсов"),
		Parents: []string{ResourceGroup}, Category: CategoryMisc,
	}}
}

// inGroup is where most classes go.
func inGroup() []string { return []string{ResourceGroup} }
