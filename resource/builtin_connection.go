package resource

func connectionClasses() []Class {
	username := Attribute{Name: "username", Kind: Text, Nullable: true, Max: 255}
	password := secret("password")
	return []Class{
		{
			Name: "postgis_connection", Labels: called("PostGIS connection", "Connexion PostGIS", "Conexión PostGIS", "Соединение PostGIS"),
			Scopes: []string{ScopeConnection}, Parents: inGroup(), Category: CategoryConnection,
			Members: []Member{member("postgis_connection", needing(ReadConnection, WriteConnection,
				required(line("hostname")),
				Attribute{Name: "port", Kind: Integer, Nullable: true, Min: 1, Max: 65535},
				required(line("database")), required(line("username")), password,
				Attribute{Name: "sslmode", Kind: Text, OneOf: []any{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
			)...)},
		},
		{
			Name: "wmsclient_connection", Labels: called("WMS connection", "Connexion WMS", "Conexión WMS", "Соединение WMS"),
			Scopes: []string{ScopeConnection}, Parents: inGroup(), Category: CategoryConnection,
			Members: []Member{member("wmsclient_connection", append(needing(ReadConnection, WriteConnection,
				required(address("url")),
				Attribute{Name: "version", Kind: Text, Default: "1.1.1", OneOf: []any{"1.1.1", "1.3.0"}},
				username, password,
			),
				// A command to look at the service, which those who may connect
				// give. The last one is kept.
				Attribute{Name: "capcache", Kind: Text, Nullable: true, OneOf: []any{"query", "clear"}, Read: Connect, Write: Connect},
			)...)},
		},
		{
			Name: "wfsclient_connection", Labels: called("WFS connection", "Connexion WFS", "Conexión WFS", "Соединение WFS"),
			Scopes: []string{ScopeConnection}, Parents: inGroup(), Category: CategoryConnection,
			Members: []Member{member("wfsclient_connection", needing(ReadConnection, WriteConnection,
				required(address("path")),
				Attribute{Name: "version", Kind: Text, Default: "2.0.0", OneOf: []any{"1.0.0", "1.1.0", "2.0.0", "2.0.2"}},
				username, password,
			)...)},
		},
		{
			Name: "tmsclient_connection", Labels: called("TMS connection", "Connexion TMS", "Conexión TMS", "Соединение TMS"),
			Scopes: []string{ScopeConnection}, Parents: inGroup(), Category: CategoryConnection,
			Members: []Member{member("tmsclient_connection", needing(ReadConnection, WriteConnection,
				Attribute{Name: "capmode", Kind: Text, Nullable: true, OneOf: []any{"nextgis_geoservices"}},
				nullable(address("url_template")),
				secret("apikey"),
				nullable(line("apikey_param")),
				Attribute{Name: "scheme", Kind: Text, Default: "xyz", OneOf: []any{"xyz", "tms"}},
				username, password,
				Attribute{Name: "insecure", Kind: Flag, Default: false},
			)...)},
			Check: func(_, after Settings) error {
				values := after["tmsclient_connection"]
				if values["url_template"] == nil && values["capmode"] == nil {
					return invalid("tmsclient_connection.url_template", "an address, where capmode is null")
				}
				return nil
			},
		},
		{
			Name: "raster_layer_storage", Labels: called("Raster layer storage", "Stockage de couches raster", "Almacén de capas ráster", "Хранилище растровых слоёв"),
			Scopes: []string{ScopeConnection}, Parents: inGroup(), Category: CategoryConnection,
			Members: []Member{member("raster_layer_storage", needing(ReadConnection, WriteConnection,
				nullable(address("endpoint")), required(line("bucket")),
				Attribute{Name: "prefix", Kind: Text, Nullable: true, Max: 1024},
				nullable(line("region")), nullable(line("access_key")), secret("secret_key"),
			)...)},
		},
	}
}

// secret makes a secret that need not be there.
func secret(name string) Attribute {
	return Attribute{Name: name, Kind: Secret, Nullable: true, Max: 4096}
}
