package resource_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
)

func sealerOf(t *testing.T, key byte) resource.Sealer {
	t.Helper()
	s, err := apikey.NewSealer(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Seal is what stands between a password and whoever reads the database.
func TestSeal(t *testing.T) {
	const password = "correct horse battery staple"
	c := class(t, "tmsclient_connection")
	s := conform(t, "tmsclient_connection", nil, `{"tmsclient_connection":
		{"url_template": "https://tiles.example.org/{z}/{x}/{y}", "apikey": "`+password+`", "password": "`+password+`"}}`)
	box, err := resource.Seal(sealerOf(t, 1), "a", c, s)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(box)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), password) {
		t.Errorf("the password is in %s", text)
	}
	if s["tmsclient_connection"]["password"] != password {
		t.Error("sealing changed what it was given")
	}
	// As a store gives it back.
	var stored resource.Settings
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	open, err := resource.Unseal(sealerOf(t, 1), "a", c, stored)
	if err != nil || same(t, open, s) != "" {
		t.Errorf("unsealed: %v, %v", err, open)
	}

	refused := func(what string, sealer resource.Sealer, id resource.ID, s resource.Settings) {
		t.Helper()
		got, err := resource.Unseal(sealer, id, c, s)
		if err == nil {
			t.Errorf("%s can be opened: %v", what, got)
		} else if strings.Contains(err.Error(), password) {
			t.Errorf("%s tells the password: %v", what, err)
		}
	}
	refused("what belongs to another resource", sealerOf(t, 1), "b", stored)
	refused("what another key sealed", sealerOf(t, 2), "a", stored)
	values := stored["tmsclient_connection"]
	values["apikey"], values["password"] = values["password"], values["apikey"]
	refused("what belongs to another attribute", sealerOf(t, 1), "a", stored)
	refused("what was never sealed", sealerOf(t, 1), "a", s)

	for _, call := range []func(resource.Sealer, resource.ID, resource.Class, resource.Settings) (resource.Settings, error){
		resource.Seal, resource.Unseal,
	} {
		in := s
		if got, err := call(nil, "a", c, conform(t, "tmsclient_connection", nil, `{"tmsclient_connection": {"url_template": "https://example.org"}}`)); err != nil {
			t.Errorf("no secret needs no sealer: %v, %v", err, got)
		}
		if _, err := resource.Seal(nil, "a", c, in); !errors.Is(err, resource.ErrNoSealer) {
			t.Errorf("without a sealer: %v", err)
		}
	}
	if _, err := resource.Unseal(nil, "a", c, box); !errors.Is(err, resource.ErrNoSealer) {
		t.Errorf("without a sealer: %v", err)
	}
}

// Secrets in objects and in lists are found too, and stay with what they belong
// to when it moves in its list.
func TestSecretsInside(t *testing.T) {
	c := valid(
		resource.Attribute{Name: "login", Kind: resource.Object, Of: []resource.Attribute{{Name: "pin", Kind: resource.Secret}}},
		resource.Attribute{Name: "stations", Kind: resource.List, Default: []any{}, Of: []resource.Attribute{
			{Name: "id", Kind: resource.Integer, ReadOnly: true}, {Name: "pin", Kind: resource.Secret},
		}},
	)
	catalog, err := resource.NewCatalog(append(resource.Builtin(), c))
	if err != nil {
		t.Fatal(err)
	}
	c, _ = catalog.Class("sensor")
	s := parse(t, `{"sensor": {"login": {"pin": "0001"}, "stations": [{"id": 1, "pin": "0002"}, {"id": 2, "pin": "0003"}]}}`)
	box, err := resource.Seal(sealerOf(t, 1), "a", c, s)
	text, _ := json.Marshal(box) //nolint:errchkjson // it is looked at
	if err != nil || strings.Contains(string(text), `"000`) || strings.Count(string(text), `"sealed"`) != 3 {
		t.Errorf("%v: %s", err, text)
	}
	if open, err := resource.Unseal(sealerOf(t, 1), "a", c, box); err != nil || same(t, open, s) != "" {
		t.Errorf("unsealed: %v, %v", err, open)
	}
	moved, err := catalog.Conform(c, s, parse(t, `{"sensor": {"login": {}, "stations": [{"id": 2}, {"pin": "0004"}, {"id": 1}]}}`))
	want := `{"sensor": {"login": {"pin": "0001"}, "stations": [{"id": 2, "pin": "0003"}, {"pin": "0004"}, {"id": 1, "pin": "0002"}]}}`
	if err != nil || same(t, moved, parse(t, want)) != "" {
		t.Errorf("moved: %v, %v", err, moved)
	}
}

// TestSecretsAreSealed keeps passwords from everything that is in the database,
// the trail included, and from whoever may not read connections.
func TestSecretsAreSealed(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		r, to := w.connection(w.city.Num), w.branch(w.city.Num)
		secret := func(what string, texts ...string) {
			w.Helper()
			var all bytes.Buffer
			dbtest.Dump(w, w.db, &all)
			if !regexp.MustCompile(`password\W+sealed\W+\w`).Match(all.Bytes()) {
				w.Errorf("%s: no password is in the database", what)
			}
			for _, text := range texts {
				if strings.Contains(all.String(), text) {
					w.Errorf("%s: %s stands in the database", what, text)
				}
			}
		}
		secret("made", "s3cret")
		_, err := w.update(w.boss, r.Num, func(r *resource.Resource) { r.Settings["postgis_connection"]["password"] = "an0ther" })
		w.ok(err)
		_, err = w.update(w.boss, r.Num, rename("renamed"))
		w.ok(err)
		w.move(w.boss, r.Num, to, nil)
		secret("changed and moved", "s3cret", "an0ther")
		w.grant(w.city.Num, w.mallory.Principal, workspace.Read, false)
		w.grant(to, w.mallory.Principal, resource.Read, true)
		w.deny(r.Num, w.manager.Principal, resource.ReadConnection, false)
		for _, c := range []struct {
			who   workspace.Actor
			reads bool
		}{{w.root, true}, {w.boss, true}, {w.editor, true}, {w.manager, false}, {w.viewer, false}, {w.mallory, false}} {
			list, _, err := w.resources.Resources(w.Context(), c.who, resource.Filter{Nums: []rbac.Node{r.Num}})
			w.ok(err)
			path, err := w.resources.Path(w.Context(), c.who, r.Num)
			w.ok(err)
			for i, got := range []resource.Resource{w.get(c.who, r.Num), list[0], path[len(path)-1]} {
				values := got.Settings["postgis_connection"]
				if c.reads != (values["password"] == "an0ther") || c.reads != (values["hostname"] != nil) {
					w.Errorf("%s reads %v (%d)", c.who.Name, values, i)
				}
			}
		}
	})
}
