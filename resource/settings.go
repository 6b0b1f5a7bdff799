package resource

import (
	"maps"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// conform checks the settings of a resource and returns them as they are kept,
// sharing nothing with what came in: defaults filled in, integers as int64, and
// what is Required, Fixed or ReadOnly or a Secret and was not repeated as it was
// before. Before is nil for a new resource. It returns a *workspace.InvalidError that names the
// attribute.
func (c *Catalog) conform(class Class, before, after Settings) (Settings, error) {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if slices.ContainsFunc(class.Members, func(m Member) bool { return m.Name == name }) {
			continue
		}
		names := make([]string, 0, 2+len(class.Members))
		names = append(names, "resource", "resmeta")
		for _, m := range class.Members {
			names = append(names, m.Name)
		}
		return nil, invalid(name, "nothing of that name in a %s, but %s", class.Name, strings.Join(names, ", "))
	}
	settings := make(Settings, len(class.Members))
	for _, m := range class.Members {
		values, err := c.attributes(m.Name, m.Attributes, false, before[m.Name], after[m.Name], maxDepth)
		if err != nil {
			return nil, err
		}
		settings[m.Name] = values
	}
	if class.Check != nil {
		if err := class.Check(before, settings); err != nil {
			return nil, err
		}
	}
	return settings, nil
}

// changed returns the permissions that writing a difference needs, each once. An
// attribute that was not there counts as what it is when nobody says anything,
// which is all of them for a new resource. What is ReadOnly needs none, since
// nobody writes it.
func changed(class Class, before, after Settings) []rbac.Permission {
	var needed []rbac.Permission
	for _, m := range class.Members {
		for _, a := range m.Attributes {
			was, had := before[m.Name][a.Name]
			if !had {
				was = a.Default
			}
			if a.ReadOnly || equal(was, after[m.Name][a.Name]) {
				continue
			}
			permission := a.Write
			if permission == "" {
				permission = Update
			}
			if !slices.Contains(needed, permission) {
				needed = append(needed, permission)
			}
		}
	}
	return needed
}

// visible returns the settings without the attributes that may not be read.
func visible(class Class, s Settings, holds func(rbac.Permission) bool) Settings {
	seen := Settings{}
	for _, m := range class.Members {
		values, ok := s[m.Name]
		if !ok {
			continue
		}
		kept := map[string]any{}
		for _, a := range m.Attributes {
			permission := a.Read
			if permission == "" {
				permission = Read
			}
			if value, ok := values[a.Name]; ok && holds(permission) {
				kept[a.Name] = clone(value)
			}
		}
		if len(kept) > 0 || len(values) == 0 {
			seen[m.Name] = kept
		}
	}
	return seen
}
