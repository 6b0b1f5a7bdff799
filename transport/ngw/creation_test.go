package ngw_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
)

// TestCreation takes manage_children where a resource is to lie, and on it what
// its parts take, as it inherits that (spec/ngw.md §3.6).
func TestCreation(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		folder := w.Plant(w.Ada, "resource_group", top, "folder")
		connection := object{"postgis_connection": object{"hostname": "h", "database": "d", "username": "u"}}
		post := func(who ngwtest.Person, class string, members object) ngwtest.Answer {
			body := object{"resource": object{"cls": class, "parent": object{"id": folder}, "display_name": "new"}}
			for name, member := range members {
				if of, ok := member.(object); ok && name == "resource" {
					for attribute, value := range of {
						body["resource"].(object)[attribute] = value
					}
					continue
				}
				body[name] = member
			}
			return w.Call(who, http.MethodPost, "/api/resource/", body)
		}
		may := func(permissions string, propagate bool) (entries []any) {
			for _, permission := range strings.Fields(permissions) {
				scope, name, _ := strings.Cut(permission, ".")
				entries = append(entries, entry("allow", w.Member.Num, "", scope, name, propagate))
			}
			return entries
		}
		for _, step := range []struct {
			permissions string
			propagate   bool
			class       string
			members     object
			lacks       string
		}{
			{"resource.read", true, "resource_group", nil, "'manage_children' permission in scope 'resource'"},
			{"resource.read resource.manage_children", true, "resource_group", nil, "'create' permission in scope 'resource'"},
			{"resource.read resource.manage_children resource.create", true, "resource_group", nil, "'update' permission in scope 'resource'"},
			{"resource.read resource.manage_children resource.create resource.update", false, "resource_group", nil, "'create' permission in scope 'resource'"},
			{"resource.read resource.manage_children resource.create resource.update", true, "resource_group", nil, ""},
			{"resource.read resource.manage_children resource.create resource.update", true, "postgis_connection", connection, "'write' permission in scope 'connection'"},
			{
				"resource.read resource.manage_children resource.create resource.update connection.read connection.write", true,
				"postgis_connection", connection, "",
			},
			{
				"resource.read resource.manage_children resource.create resource.update", true, "resource_group",
				object{"resource": object{"description": "words"}},
				"'write' permission in scope 'metadata'",
			},
			{
				"resource.read resource.manage_children resource.create resource.update", true, "resource_group",
				object{"resource": object{"permissions": []any{entry("allow", w.Member.Num, "", "resource", "read", true)}}},
				"'change_permissions' permission in scope 'resource'",
			},
		} {
			rule(w, folder, may(step.permissions, step.propagate)...)
			before := dbtest.Fingerprint(t, w.DB)
			a := post(w.Member, step.class, step.members)
			if step.lacks == "" {
				n := int64(a.Wants(http.StatusCreated).At("id").(float64))
				if got := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n), nil).At("resource.owner_user.id"); got != float64(w.Member.Num) {
					t.Errorf("owned by %v", got)
				}
				w.Call(w.Ada, http.MethodDelete, ngwtest.Item(n), nil).Wants(http.StatusOK)
				continue
			}
			// It names the parent, since what is not made has no number.
			f := a.Refused(http.StatusForbidden, "nextgisweb.core.exception.InsufficientPermissions")
			if want := fmt.Sprintf("Insufficient %s on resource id = %d.", step.lacks, folder); !strings.HasPrefix(f.Message, want) {
				t.Errorf("%s: %q, want %q", step.permissions, f.Message, want)
			}
			if dbtest.Fingerprint(t, w.DB) != before {
				t.Error("a refusal made something")
			}
		}
		post(w.Guest, "resource_group", nil).Refused(http.StatusForbidden, "InsufficientPermissions")
	})
}

// TestCreationRefusals refuses what makes no sense, with what was expected.
func TestCreationRefusals(t *testing.T) {
	one(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		w.Plant(w.Ada, "resource_group", top, "taken", object{"resource": object{"keyname": "key"}})
		layer := w.Plant(w.Ada, "raster_layer", top, "raster", object{"raster_layer": object{"srs": object{"id": 3857}, "xsize": 1, "ysize": 1, "band_count": 3}})
		before := dbtest.Fingerprint(t, w.DB)
		at := func(parent any, more object) object {
			of := object{"cls": "resource_group", "parent": parent, "display_name": "new"}
			for name, value := range more {
				of[name] = value
			}
			return object{"resource": of}
		}
		here := object{"id": top}
		for what, c := range map[string]struct {
			body      any
			status    int
			exception string
			words     string
		}{
			"no class":            {object{"resource": object{"parent": here, "display_name": "x"}}, 422, "ValidationError", "resource.cls"},
			"no parent":           {object{"resource": object{"cls": "webmap", "display_name": "x"}}, 422, "ValidationError", "resource.parent"},
			"no name":             {object{"resource": object{"cls": "webmap", "parent": here}}, 422, "ValidationError", "resource.display_name"},
			"an empty name":       {at(here, object{"display_name": " "}), 422, "ValidationError", "display_name"},
			"null for a parent":   {at(nil, nil), 422, "ValidationError", "resource.parent"},
			"a number":            {at(5, nil), 422, "ValidationError", "resource.parent"},
			"a negative number":   {at(object{"id": -1}, nil), 422, "ValidationError", "resource.parent"},
			"no such class":       {at(here, object{"cls": "spaceship"}), 422, "ValidationError", "class"},
			"the base of classes": {at(here, object{"cls": "resource"}), 422, "ValidationError", "class"},
			"a workspace":         {at(here, object{"cls": "workspace"}), 422, "ValidationError", "class"},
			"no such parent":      {at(object{"id": 999999}, nil), 404, "ResourceNotFound", "999999"},
			"in a layer":          {at(object{"id": layer}, nil), 422, "HierarchyError", fmt.Sprintf("Resource can not be a child of resource id = %d.", layer)},
			"a style in a group":  {at(here, object{"cls": "raster_style"}), 422, "HierarchyError", "can not be a child"},
			"a name twice":        {at(here, object{"display_name": "taken"}), 422, "DisplayNameNotUnique", "not unique"},
			"a keyname twice":     {at(here, object{"keyname": "key"}), 422, "ValidationError", "Resource keyname is not unique."},
			"a bad keyname":       {at(here, object{"keyname": "no spaces"}), 422, "ValidationError", "keyname"},
			"a keyname of 5":      {at(here, object{"keyname": 5}), 422, "ValidationError", "resource.keyname"},
			"no object":           {object{"resource": []any{}}, 422, "ValidationError", "resource"},
			"a list":              {[]any{}, 422, "ValidationError", ""},
			"no JSON":             {`{"resource":`, 400, "MalformedJSONBody", "JSON"},
			"another's member": {
				object{"resource": object{"cls": "resource_group", "parent": here, "display_name": "x"}, "webmap": object{}}, 422, "ValidationError", "webmap",
			},
			"a bad extent": {object{
				"resource": object{"cls": "webmap", "parent": here, "display_name": "x"}, "webmap": object{"extent_left": "west"},
			}, 422, "ValidationError", "webmap.extent_left"},
			"metadata that are none": {object{
				"resource": object{"cls": "webmap", "parent": here, "display_name": "x"}, "resmeta": object{"items": []any{}},
			}, 422, "ValidationError", "resmeta.items"},
		} {
			f := w.Call(w.Ada, http.MethodPost, "/api/resource/", c.body).Refused(c.status, "."+c.exception)
			if !strings.Contains(f.Message, c.words) {
				t.Errorf("%s: %q, want %q in it", what, f.Message, c.words)
			}
		}
		if dbtest.Fingerprint(t, w.DB) != before {
			t.Error("a refusal made something")
		}
		// What no class knows is left alone: clients are of all ages.
		n := w.Plant(w.Ada, "resource_group", top, "fine", object{"nobody_knows": object{"it": 1}, "social": object{}, "resource": object{"future": true}})
		w.Call(w.Ada, http.MethodPut, ngwtest.Item(n), object{"resource": object{"cls": "webmap"}}).Refused(http.StatusUnprocessableEntity, "ValidationError")
		w.Call(w.Ada, http.MethodPut, ngwtest.Item(n), object{"resource": object{"cls": "resource_group", "id": 1, "children": true, "scopes": []any{}}}).Wants(http.StatusOK)
	})
}

// TestMove takes create where a resource goes, and manage_children there and
// where it was; not update (spec/ngw.md §3.6).
func TestMove(t *testing.T) {
	each(t, func(w *ngwtest.World) {
		top := int64(w.Survey.Num)
		from, to := w.Plant(w.Ada, "resource_group", top, "from"), w.Plant(w.Ada, "resource_group", top, "to")
		n := w.Plant(w.Ada, "resource_group", from, "n")
		below := w.Plant(w.Ada, "resource_group", n, "below")
		move := func(who ngwtest.Person, n, parent int64) ngwtest.Answer {
			return w.Call(who, http.MethodPut, ngwtest.Item(n), object{"resource": object{"parent": object{"id": parent}}})
		}
		reads := func(permission string) any { return entry("allow", w.Member.Num, "", "resource", permission, true) }
		refused := func(words string, at int64) {
			t.Helper()
			f := move(w.Member, n, to).Refused(http.StatusForbidden, "InsufficientPermissions")
			if want := fmt.Sprintf("Insufficient '%s' permission in scope 'resource' on resource id = %d", words, at); !strings.HasPrefix(f.Message, want) {
				t.Errorf("%q, want %q", f.Message, want)
			}
		}
		rule(w, from, reads("read"))
		rule(w, to, reads("read"), reads("create"), reads("manage_children"))
		refused("manage_children", from)
		rule(w, from, reads("read"), reads("manage_children"))
		rule(w, to, reads("read"), reads("create"))
		refused("manage_children", to)
		rule(w, to, reads("read"), reads("manage_children"))
		f := move(w.Member, n, to).Refused(http.StatusForbidden, "InsufficientPermissions")
		if !strings.Contains(f.Message, "'create'") {
			t.Errorf("%q", f.Message)
		}
		rule(w, to, reads("read"), reads("manage_children"), reads("create"))
		move(w.Member, n, to).Wants(http.StatusOK).Same(`{}`)
		if got := w.Call(w.Ada, http.MethodGet, ngwtest.Item(n), nil).At("resource.parent.id"); got != float64(to) {
			t.Errorf("it lies in %v", got)
		}
		move(w.Member, n, to).Wants(http.StatusOK) // where it is already

		w.Call(w.Boss, http.MethodGet, current, nil).Wants(http.StatusOK) // when somebody called last is kept
		before := dbtest.Fingerprint(t, w.DB)
		for _, parent := range []int64{n, below} {
			if f := move(w.Ada, n, parent).Refused(http.StatusUnprocessableEntity, "HierarchyError"); f.Message != "Resource can not be a parent himself." {
				t.Errorf("%q", f.Message)
			}
		}
		move(w.Ada, n, 0).Refused(http.StatusUnprocessableEntity, "HierarchyError")
		if f := move(w.Ada, n, 999999).Refused(http.StatusNotFound, "ResourceNotFound"); !strings.Contains(f.Message, "999999") {
			t.Errorf("%q", f.Message)
		}
		foreign := int64(w.Elsewhere.Num)
		w.Call(w.Boss, http.MethodPut, "/w/survey"+ngwtest.Item(n), object{"resource": object{"parent": object{"id": foreign}}}).
			Refused(http.StatusNotFound, "ResourceNotFound")
		move(w.Boss, n, int64(w.Elsewhere.Num)).Refused(http.StatusUnprocessableEntity, "HierarchyError")
		move(w.Boss, top, from).Refused(http.StatusUnprocessableEntity, "ResourceRootDeleteError")
		move(w.Boss, top, 0).Wants(http.StatusOK) // as it is told
		if dbtest.Fingerprint(t, w.DB) != before {
			t.Error("a refusal changed something")
		}
		w.Plant(w.Ada, "resource_group", from, "n")
		move(w.Ada, n, from).Refused(http.StatusUnprocessableEntity, "DisplayNameNotUnique")
		w.Call(w.Ada, http.MethodPut, ngwtest.Item(n), object{"resource": object{"parent": nil}}).Refused(http.StatusUnprocessableEntity, "ValidationError")
	})
}
