package ngw

import (
	"golang.org/x/text/language"

	"github.com/bailiwick-sdk/bailiwick/resource"
)

func schemaRoutes() []route {
	return []route{
		at(get, "/api/component/resource/blueprint", "resource.blueprint", Policy{Who: Public}, (*lens).showBlueprint),
		at(get, "/resource/schema", "resource.schema", Policy{Who: Public}, (*lens).showSchema),
	}
}

// language returns the one that labels are wanted in: what the request asks
// for, else what the caller has chosen, else English.
func (l *lens) language(c *call) string {
	languages := []string{"en", "fr", "es", "ru"}
	tags := make([]language.Tag, 0, len(languages))
	for _, name := range languages {
		tags = append(tags, language.Make(name))
	}
	matcher := language.NewMatcher(tags)
	wanted, _, err := language.ParseAcceptLanguage(c.Header.Get("Accept-Language"))
	if err == nil && len(wanted) > 0 {
		if _, i, sure := matcher.Match(wanted...); sure > language.No {
			return languages[i]
		}
	}
	if c.guest() {
		return "en"
	}
	if me, err := l.Workspaces.Me(c.Context(), c.actor); err == nil {
		if _, i, sure := matcher.Match(language.Make(me.Language)); sure > language.No {
			return languages[i]
		}
	}
	return "en"
}

// labelled tells an identity with its label.
func labelled(name string, labels resource.Labels, in string) map[string]any {
	return map[string]any{"identity": name, "label": labels.In(in)}
}

// wireScopes tells all scopes with their permissions.
func (l *lens) wireScopes(in string) map[string]any {
	told := map[string]any{}
	for _, scope := range l.Resources.Catalog().Scopes() {
		permissions := map[string]any{}
		for _, p := range scope.Permissions {
			permissions[p.Name] = labelled(p.Name, p.Labels, in)
		}
		of := labelled(scope.Name, scope.Labels, in)
		of["permissions"] = permissions
		told[scope.Name] = of
	}
	return told
}

// base is what all resources have in common.
const base = "resource"

// showSchema tells what classes and permissions there are, as older clients want
// it.
func (l *lens) showSchema(c *call) (reply, error) {
	in := l.language(c)
	classes := map[string]any{}
	for _, class := range append(l.Resources.Catalog().Classes(), resource.Base()) {
		of := labelled(class.Name, class.Labels, in)
		of["scopes"] = scopesOf(class)
		classes[class.Name] = of
	}
	return ok(map[string]any{"resources": classes, "scopes": l.wireScopes(in)}), nil
}

// showBlueprint tells what classes, permissions and categories there are.
func (l *lens) showBlueprint(c *call) (reply, error) {
	in := l.language(c)
	classes := map[string]any{}
	for _, class := range append(l.Resources.Catalog().Classes(), resource.Base()) {
		of := labelled(class.Name, class.Labels, in)
		of["scopes"], of["interfaces"] = scopesOf(class), nonNil(class.Interfaces)
		of["base_classes"] = []string{base}
		if class.Name == base {
			of["base_classes"] = []string{}
		}
		of["category"], of["order"] = orNull(class.Category), class.Order
		classes[class.Name] = of
	}
	categories := map[string]any{}
	for i, category := range resource.Categories() {
		of := labelled(category.Name, category.Labels, in)
		of["order"] = i + 1
		categories[category.Name] = of
	}
	return ok(map[string]any{"resources": classes, "scopes": l.wireScopes(in), "categories": categories}), nil
}
