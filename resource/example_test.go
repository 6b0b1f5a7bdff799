package resource_test

import (
	"fmt"
	"log"

	"github.com/bailiwick-sdk/bailiwick/resource"
)

// A host has a class of its own beside those of NextGIS Web: sensors, which lie
// in groups, have a number, and a key that only who may read connections sees.
func ExampleCatalog() {
	catalog, err := resource.NewCatalog(append(resource.Builtin(), resource.Class{
		Name: "sensor", Labels: resource.Labels{"en": "Sensor", "fr": "Capteur"},
		Scopes: []string{resource.ScopeConnection}, Parents: []string{resource.ResourceGroup},
		Members: []resource.Member{{Name: "sensor", Attributes: []resource.Attribute{
			{Name: "serial", Kind: resource.Text, Required: true, Pattern: `^[0-9]{6}$`},
			{Name: "key", Kind: resource.Secret, Nullable: true, Read: resource.ReadConnection, Write: resource.WriteConnection},
		}}},
	}))
	if err != nil {
		log.Fatal(err)
	}
	schema, err := resource.Schema(catalog) // for rbac.New, as the catalog is for New
	if err != nil {
		log.Fatal(err)
	}
	class, _ := catalog.Class("sensor")
	fmt.Println(class.Labels.In("fr"), class.Labels.In("ru"))
	fmt.Println(schema.Permissions(class.Name)[8:])
	// Output:
	// Capteur Sensor
	// [connection.read connection.write connection.connect]
}
