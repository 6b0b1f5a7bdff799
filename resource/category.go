package resource

// The categories of the built-in classes.
const (
	CategoryLayers     = "layers_and_styles"
	CategoryMaps       = "maps_and_services"
	CategoryField      = "field_data_collection"
	CategoryConnection = "external_connections"
	CategoryMisc       = "miscellaneous"
)

// A Category is a heading under which lists of classes have some.
type Category struct {
	Name   string
	Labels Labels
	Order  int
}

// Categories returns the built-in categories in their order.
func Categories() []Category {
	return []Category{
		{CategoryLayers, called("Layers and styles", "Couches et styles", "Capas y estilos", "Слои и стили"), 20},
		{CategoryMaps, called("Maps and services", "Cartes et services", "Mapas y servicios", "Карты и сервисы"), 40},
		{CategoryField, called("Field data collection", "Collecte de terrain", "Recolección en campo", "Сбор данных в поле"), 60}, //nolint:misspell // French
		{CategoryConnection, called("External connections", "Connexions externes", "Conexiones externas", "Внешние соединения"), 80},
		{CategoryMisc, called("Miscellaneous", "Divers", "Varios", "Разное"), 100},
	}
}
