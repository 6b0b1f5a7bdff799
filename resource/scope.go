package resource

// Scopes returns the built-in scopes, in the order in which lists show them.
// Their labels in Russian are those of NextGIS Web.
func Scopes() []Scope {
	read := PermissionLabel{Name: "read", Labels: called("Read", "Lecture", "Lectura", "Чтение")}
	write := PermissionLabel{Name: "write", Labels: called("Write", "Écriture", "Escritura", "Запись")}
	return []Scope{
		{
			Name: ScopeResource, Labels: called("Resource", "Ressource", "Recurso", "Ресурс"),
			Permissions: []PermissionLabel{
				read,
				{Name: "create", Labels: called("Create", "Création", "Creación", "Создание")},
				{Name: "update", Labels: called("Update", "Modification", "Modificación", "Изменение")},
				{Name: "delete", Labels: called("Delete", "Suppression", "Eliminación", "Удаление")},
				{Name: "manage_children", Labels: called("Manage subresources",
					"Gestion des sous-ressources", "Gestión de subrecursos", "Управление дочерними ресурсами")},
				{Name: "change_permissions", Labels: called("Manage permissions",
					"Gestion des permissions", "Gestión de permisos", "Управление правами доступа")},
			},
		},
		{
			Name: ScopeMetadata, Labels: called("Metadata", "Métadonnées", "Metadatos", "Метаданные"),
			Permissions: []PermissionLabel{read, write},
		},
		{
			Name: ScopeStructure, Labels: called("Data structure",
				"Structure des données", "Estructura de datos", "Структура данных"),
			Permissions: []PermissionLabel{read, write},
		},
		{
			Name: ScopeData, Labels: called("Data", "Données", "Datos", "Данные"),
			Permissions: []PermissionLabel{read, write},
		},
		{
			Name: ScopeConnection, Labels: called("Connection", "Connexion", "Conexión", "Соединение"),
			Permissions: []PermissionLabel{
				{Name: "read", Labels: called("Read connection parameters",
					"Lecture des paramètres de connexion", "Lectura de los parámetros de conexión", "Чтение параметров соединения")},
				{Name: "write", Labels: called("Write connection parameters",
					"Écriture des paramètres de connexion", "Escritura de los parámetros de conexión", "Запись параметров соединения")},
				{Name: "connect", Labels: called("Use connection",
					"Utilisation de la connexion", "Uso de la conexión", "Использование соединения")},
			},
		},
		{
			Name: ScopeService, Labels: called("Service", "Service", "Servicio", "Сервис"),
			Permissions: []PermissionLabel{
				{Name: "connect", Labels: called("Connect", "Connexion", "Conexión", "Подключение")},
				{Name: "configure", Labels: called("Configure", "Configuration", "Configuración", "Настройка")},
			},
		},
		{
			Name: ScopeWebmap, Labels: called("Web map", "Carte web", "Mapa web", "Веб-карта"),
			Permissions: []PermissionLabel{
				{Name: "display", Labels: called("Display", "Affichage", "Visualización", "Просмотр")},
				{Name: "annotation_read", Labels: called("View annotations",
					"Lecture des annotations", "Lectura de anotaciones", "Просмотр аннотаций")},
				{Name: "annotation_write", Labels: called("Draw annotations",
					"Dessin des annotations", "Dibujo de anotaciones", "Рисование аннотаций")},
				{Name: "annotation_manage", Labels: called("Manage annotations",
					"Gestion des annotations", "Gestión de anotaciones", "Управление аннотациями")},
			},
		},
	}
}

// called returns labels in the languages that the platform speaks.
func called(en, fr, es, ru string) Labels {
	return Labels{"en": en, "fr": fr, "es": es, "ru": ru}
}
