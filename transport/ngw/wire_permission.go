package ngw

import (
	"fmt"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
)

// scopeRole is the scope under which a rule that names a role is told, with the
// role as the permission. NextGIS Web has no such rules; its clients show the
// words and send them back.
const scopeRole = "role"

// wireRule tells a rule. One that ends has "expires" besides what NextGIS Web
// has.
func wireRule(r rbac.Rule) map[string]any {
	told := map[string]any{
		"action": string(r.Effect), "principal": identified(r.Principal), "identity": r.Class,
		"scope": r.Scope, "permission": r.Permission, "propagate": r.Propagate,
	}
	if r.Role != "" {
		told["scope"], told["permission"] = scopeRole, string(r.Role)
	}
	if !r.Expires.IsZero() {
		told["expires"] = r.Expires.UTC().Format(stamp)
	}
	return told
}

// readRules reads a list of rules.
func readRules(value any) ([]rbac.Rule, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, bodyError("resource.permissions", "a list of rules")
	}
	rules := make([]rbac.Rule, 0, len(list))
	for i, item := range list {
		r, err := readRule(fmt.Sprintf("resource.permissions[%d]", i), item)
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func readRule(name string, value any) (rbac.Rule, error) {
	of, ok := value.(map[string]any)
	if !ok {
		return rbac.Rule{}, bodyError(name, "an object")
	}
	principal, err := pointed(name+".principal", of["principal"])
	if err != nil {
		return rbac.Rule{}, err
	}
	r := rbac.Rule{Principal: rbac.Principal(principal)}
	switch of["action"] {
	case "allow":
		r.Effect = rbac.Allow
	case "deny":
		r.Effect = rbac.Deny
	default:
		return r, bodyError(name+".action", "allow or deny")
	}
	for member, into := range map[string]*string{"identity": &r.Class, "scope": &r.Scope, "permission": &r.Permission} {
		value := of[member]
		if *into, ok = value.(string); !ok && value != nil {
			return r, bodyError(name+"."+member, "a text, empty for any")
		}
	}
	if r.Scope == scopeRole {
		r.Role, r.Scope, r.Permission = rbac.RoleName(r.Permission), "", ""
	}
	// NextGIS Web wants it said; what is not said is not given to what is below.
	if r.Propagate, ok = of["propagate"].(bool); !ok && of["propagate"] != nil {
		return r, bodyError(name+".propagate", "true or false")
	}
	if value, there := of["expires"]; there && value != nil {
		text, _ := value.(string)
		if r.Expires, err = time.ParseInLocation(stamp, text, time.UTC); err != nil {
			return r, bodyError(name+".expires", "a time such as 2024-05-06T07:08:09.123456")
		}
	}
	return r, nil
}

// holdings tells what of the permissions of a class somebody holds, by scope.
func (l *lens) holdings(class resource.Class, holds func(rbac.Permission) bool) map[string]map[string]bool {
	told := map[string]map[string]bool{}
	for _, scope := range l.scopes(class) {
		told[scope.Name] = map[string]bool{}
		for _, p := range scope.Permissions {
			told[scope.Name][p.Name] = holds(rbac.Of(scope.Name, p.Name))
		}
	}
	return told
}

// scopes returns the scopes of a class.
func (l *lens) scopes(class resource.Class) []resource.Scope {
	var list []resource.Scope
	all := l.Resources.Catalog().Scopes()
	for _, name := range scopesOf(class) {
		for _, scope := range all {
			if scope.Name == name {
				list = append(list, scope)
			}
		}
	}
	return list
}
