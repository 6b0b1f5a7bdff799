package resource

import "github.com/bailiwick-sdk/bailiwick/rbac"

// Conform and what follows are what the service does with settings.
func (c *Catalog) Conform(class Class, before, after Settings) (Settings, error) {
	return c.conform(class, before, after)
}

func (c *Catalog) Leads(class Class, s Settings, at func(rbac.Node) (string, bool)) error {
	return c.leads(class, s, at)
}

func References(class Class, s Settings) []Reference { return references(class, s) }

func Changed(class Class, before, after Settings) []rbac.Permission {
	return changed(class, before, after)
}

func Visible(class Class, s Settings, holds func(rbac.Permission) bool) Settings {
	return visible(class, s, holds)
}

func Without(class Class, s Settings, gone map[rbac.Node]bool) (Settings, bool) {
	return without(class, s, gone)
}

func Seal(sealer Sealer, id ID, class Class, s Settings) (Settings, error) {
	return (&Service{sealer: sealer}).seal(id, class, s)
}

func Unseal(sealer Sealer, id ID, class Class, s Settings) (Settings, error) {
	return (&Service{sealer: sealer}).unseal(id, class, s)
}

func CleanDescription(html string) (string, error)       { return cleanDescription(html) }
func CleanMeta(m map[string]any) (map[string]any, error) { return cleanMeta(m) }
func CleanName(name string) (string, error)              { return cleanName(name) }
func CheckKeyname(name string) error                     { return checkKeyname(name) }
func (a Attribute) Inner() []Attribute                   { return a.inner() }
