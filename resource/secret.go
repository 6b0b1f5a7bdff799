package resource

import (
	"errors"
	"fmt"
	"maps"
)

// sealed is the name under which the store has a secret.
const sealed = "sealed"

// errUnsealed says that the store has a secret that is none.
var errUnsealed = errors.New("resource: a secret was not sealed")

// seal returns the settings as they are stored, each secret encrypted for this
// resource and this attribute. It returns ErrNoSealer where there is a secret
// and nothing to encrypt it.
func (s *Service) seal(id ID, class Class, settings Settings) (Settings, error) {
	return secrets(class, settings, func(name string, v any) (any, error) {
		text, ok := v.(string)
		if !ok {
			return nil, invalid(name, "a text")
		}
		if s.sealer == nil {
			return nil, ErrNoSealer
		}
		box, err := s.sealer.Seal([]byte(text), sealing(id, name))
		if err != nil {
			return nil, fmt.Errorf("resource: seal %s: %w", name, err)
		}
		return map[string]any{sealed: box}, nil
	})
}

// unseal is the reverse of seal. It fails for what was sealed for another
// resource or attribute.
func (s *Service) unseal(id ID, class Class, settings Settings) (Settings, error) {
	return secrets(class, settings, func(name string, v any) (any, error) {
		object, _ := v.(map[string]any)
		box, ok := object[sealed].(string)
		if !ok {
			return nil, fmt.Errorf("%w: %s of %s", errUnsealed, name, id)
		}
		if s.sealer == nil {
			return nil, ErrNoSealer
		}
		text, err := s.sealer.Open(box, sealing(id, name))
		if err != nil {
			return nil, fmt.Errorf("resource: unseal %s of %s: %w", name, id, err)
		}
		return string(text), nil
	})
}

// sealing is what a secret is bound to.
func sealing(id ID, name string) []byte { return []byte("resource\x00" + string(id) + "\x00" + name) }

// secrets copies settings with each secret replaced.
func secrets(class Class, settings Settings, replace func(name string, v any) (any, error)) (Settings, error) {
	if settings == nil {
		return nil, nil //nolint:nilnil // there are none
	}
	all := maps.Clone(settings)
	for name, values := range all {
		all[name], _ = clone(values).(map[string]any)
	}
	for _, m := range class.Members {
		if err := replaced(m.Name, m.Attributes, all[m.Name], maxDepth, replace); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// replaced replaces the secrets of an object.
func replaced(path string, list []Attribute, object map[string]any, depth int, replace func(string, any) (any, error)) error {
	if depth == 0 {
		return nil
	}
	for _, a := range list {
		v, name := object[a.Name], path+"."+a.Name
		if v == nil {
			continue
		}
		switch a.Kind {
		case Secret:
			text, err := replace(name, v)
			if err != nil {
				return err
			}
			object[a.Name] = text
		case Object:
			inner, _ := v.(map[string]any)
			if err := replaced(name, a.inner(), inner, depth-1, replace); err != nil {
				return err
			}
		case List:
			values, _ := v.([]any)
			for _, v := range values {
				inner, _ := v.(map[string]any)
				if err := replaced(name, a.inner(), inner, depth-1, replace); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
