package clients_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// password is one of letters, since the connector to come writes others as an
// address would have them, and no server knows them again.
const password = "horsebattery"

// member makes somebody with a role in the workspace who signs in with password.
func member(w *ngwtest.World, name string, role rbac.RoleName) {
	w.Helper()
	u, err := w.Services.Workspaces.CreateUser(w.Context(), ngwtest.Root(), workspace.User{
		Username: name, Email: name + "@example.org", FirstName: name, LastName: "Test",
	})
	w.OK(err)
	salt := []byte("salt-of-everybody")
	key := argon2.IDKey([]byte(password), salt, 1, 8, 1, 32) // cheap
	encode := base64.RawStdEncoding.EncodeToString
	hash := fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, encode(salt), encode(key))
	w.OK(w.DB.Tx(w.Context(), func(ctx context.Context) error {
		_, err := w.DB.SignIn().SetHash(ctx, u.ID, hash, time.Now())
		return err
	}))
	_, err = w.Services.Workspaces.PutMember(w.Context(), ngwtest.Root(), w.Survey.ID, u.Num, []rbac.RoleName{role})
	w.OK(err)
}

// hidden makes a layer in a workspace that only the neighbour sees, with a
// feature.
func hidden(w *ngwtest.World) rbac.Node {
	w.Helper()
	r, err := w.Services.Resources.Create(w.Context(), w.Neighbour.Actor(), resource.Draft{
		Class: "vector_layer", Parent: w.Elsewhere.Num, DisplayName: "Secrets",
		Settings: resource.Settings{"vector_layer": {"srs": map[string]any{"id": int64(3857)}, "geometry_type": "POINT", "fields": []any{}}},
	})
	w.OK(err)
	path := fmt.Sprintf("/api/resource/%d/feature/", r.Num)
	w.Ask(w.Neighbour, http.MethodPost, path, `{"geom": "POINT (1 1)"}`).Wants(http.StatusOK)
	return r.Num
}

// trees makes a layer with three trees, and returns it with the number of the
// first.
func trees(w *ngwtest.World) (layer rbac.Node, first int64) {
	w.Helper()
	layer = w.Layer("Trees", "POINT", 3857,
		ngwtest.Column{Keyname: "name", Type: feature.String, Label: true}, ngwtest.Column{Keyname: "height", Type: feature.Integer})
	answer := w.Ask(w.Ada, http.MethodPatch, fmt.Sprintf("/api/resource/%d/feature/?srs=4326", layer), `[
		{"geom": "POINT (10 50)", "fields": {"name": "ash & beech", "height": 1}},
		{"geom": "POINT (11 51)", "fields": {"name": "cedar", "height": 2}},
		{"geom": "POINT (12 52)", "fields": {"name": "larch", "height": 3}}]`)
	var made []struct {
		ID int64 `json:"id"`
	}
	answer.Wants(http.StatusOK).Into(&made)
	return layer, made[0].ID
}
