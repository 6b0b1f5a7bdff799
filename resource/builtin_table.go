package resource

func tableClasses() []Class {
	files := Attribute{Name: "files", Kind: List, ReadOnly: true, Default: []any{}, Of: []Attribute{
		required(line("name")),
		{Name: "size", Kind: Integer, Nullable: true, Min: 0, Max: exact},
		nullable(line("mime_type")),
	}}
	return []Class{
		{
			Name: "lookup_table", Labels: called("Lookup table", "Table de correspondance", "Tabla de consulta", "Справочник"),
			Parents: inGroup(), Category: CategoryMisc,
			Members: []Member{member("lookup_table",
				Attribute{Name: "items", Kind: Object, Lenient: true, Default: map[string]any{}},
				Attribute{Name: "sort", Kind: Text, Default: "KEY_ASC", OneOf: []any{"KEY_ASC", "KEY_DESC", "VALUE_ASC", "VALUE_DESC", "CUSTOM"}},
				Attribute{Name: "order", Kind: List, Items: Text},
			)},
			Check: checkLookup,
		},
		{
			Name: "file_bucket", Labels: called("File bucket", "Ensemble de fichiers", "Conjunto de archivos", "Набор файлов"),
			Scopes: []string{ScopeData}, Parents: inGroup(), Category: CategoryMisc,
			Members: []Member{member("file_bucket", needing(ReadData, WriteData, files)...)},
		},
		{
			Name: "svg_marker_library", Labels: called("SVG marker library", "Bibliothèque de marqueurs SVG", "Biblioteca de marcadores SVG", "Библиотека SVG-маркеров"),
			Parents: inGroup(), Category: CategoryMisc,
			Members: []Member{member("svg_marker_library", needing(Read, Update, files)...)},
		},
		{
			Name: "formbuilder_form", Labels: called("Form", "Formulaire", "Formulario", "Форма"),
			Parents: []string{"vector_layer", "postgis_layer"}, Category: CategoryField,
			Members: []Member{member("formbuilder_form", Attribute{Name: "value", Kind: Any, Nullable: true})},
		},
	}
}

// checkLookup refuses values that are no texts, and an order of other keys.
func checkLookup(_, after Settings) error {
	values := after["lookup_table"]
	items, _ := values["items"].(map[string]any)
	if len(items) > maxItems {
		return invalid("lookup_table.items", "at most %d", maxItems)
	}
	for key, v := range items {
		if _, ok := v.(string); !ok {
			return invalid("lookup_table.items."+key, "a text")
		}
	}
	order, ordered := values["order"].([]any)
	if !ordered {
		return nil
	}
	seen := map[any]bool{}
	for _, key := range order {
		if _, ok := items[key.(string)]; !ok || seen[key] {
			return invalid("lookup_table.order", "each key of items once")
		}
		seen[key] = true
	}
	if len(seen) != len(items) {
		return invalid("lookup_table.order", "each key of items once")
	}
	return nil
}
