package entrepot_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/entrepot"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// mounts are the ways in which hosts mount the lens.
func mounts() map[string]func(w *world) (http.Handler, string) {
	return map[string]func(w *world) (http.Handler, string){
		"gorilla": func(w *world) (http.Handler, string) { return w.handler, prefix },
		"nethttp": func(w *world) (http.Handler, string) {
			router := http.NewServeMux()
			router.Handle("/gpf/", http.StripPrefix("/gpf", entrepot.Handler(w.services, nil)))
			return router, "/gpf"
		},
	}
}

// TestTutorial makes a working space by the words of the tutorial
// (seeds/000), then asks who one is and what one has (seeds/001).
func TestTutorial(t *testing.T) {
	for name, mount := range mounts() {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, db *storage.DB) {
				w := newWorld(t, db)
				handler, base := mount(w)
				server := httptest.NewServer(handler)
				t.Cleanup(server.Close)
				(&tutorial{world: w, base: server.URL + base}).run()
			})
		})
	}
}

type tutorial struct {
	*world

	base string
}

// call is like curl.
func (u *tutorial) call(as *someone, method, path, body string, status int) (any, http.Header) {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), method, u.base+path, strings.NewReader(body))
	u.must(err)
	r.Header.Set("Authorization", "Bearer "+as.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	u.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	u.must(err)
	if answer.StatusCode != status {
		u.t.Fatalf("%s %s: status %d, want %d: %s", method, path, answer.StatusCode, status, text)
	}
	if status == http.StatusNoContent {
		return nil, answer.Header
	}
	if got := answer.Header.Get("Content-Type"); got != "application/json" {
		u.t.Errorf("%s %s: Content-Type %q", method, path, got)
	}
	var value any
	u.must(json.Unmarshal(text, &value))
	return value, answer.Header
}

func (u *tutorial) same(what string, got, want any) {
	u.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		u.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// parse reads JSON with names filled in.
func (u *tutorial) parse(text string, names map[string]string) any {
	u.t.Helper()
	for name, value := range names {
		text = strings.ReplaceAll(text, "<"+name+">", value)
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		u.t.Fatalf("%v: %s", err, text)
	}
	return value
}

func (u *tutorial) fill(text string, names map[string]string) string {
	u.t.Helper()
	filled, err := json.Marshal(u.parse(text, names))
	u.must(err)
	return string(filled)
}

func (u *tutorial) run() {
	administrator, dave := u.user("admin", true), u.user("dave", false)
	eve, stranger := u.user("eve", false), u.user("stranger", false)
	f := u.facilities("")
	names := map[string]string{
		"user": string(dave.ID), "eve": string(eve.ID),
		"postgresql": string(f.data.ID), "s3_upload": string(f.uploads.ID), "s3_annexe": string(f.annexes.ID),
		"wmsv": string(f.wms.ID), "wfs": string(f.wfs.ID), "vector-to-db": string(f.processing.ID),
		"standard": string(f.check.ID),
	}
	for path, n := range map[string]string{"storages": "1-3/3", "endpoints": "1-2/2", "checks": "1-1/1", "processings": "1-1/1"} {
		_, header := u.call(administrator, http.MethodGet, "/administrator/"+path, "", http.StatusOK)
		u.same(path, header.Get("Content-Range"), n)
	}

	made, _ := u.call(administrator, http.MethodPost, "/administrator/communities", u.fill(`{
		"name": "Communauté des tutoriels", "technical_name": "tutoriels", "contact": "contact@ign.fr",
		"public": true, "supervisor": "<user>"}`, names), http.StatusCreated)
	names["community"] = id(made)
	u.same("community", made, u.parse(`{
		"name": "Communauté des tutoriels", "technical_name": "tutoriels", "contact": "contact@ign.fr",
		"supervisor": {"email": "dave@example.org", "_id": "<user>", "last_name": "Lopper", "first_name": "Dave"},
		"public": true, "_id": "<community>"}`, names))

	// Without a datastore one is a member all the same.
	me, _ := u.call(dave, http.MethodGet, "/users/me", "", http.StatusOK)
	joined := me.(map[string]any)["communities_member"].([]any)[0].(map[string]any)["community"].(map[string]any)
	if _, found := joined["datastore"]; found {
		t := u.t
		t.Error("a community without datastore shows one")
	}

	made, _ = u.call(administrator, http.MethodPost, "/administrator/datastores", u.fill(`{
		"processings": ["<vector-to-db>"],
		"storages": {
			"data": [{"quota": 10000000000, "storage": "<postgresql>"}],
			"uploads": {"quota": 10000000000, "storage": "<s3_upload>"},
			"annexes": {"quota": 10000000000, "storage": "<s3_annexe>"}},
		"endpoints": [{"quota": 10, "endpoint": "<wmsv>"}, {"quota": 10, "endpoint": "<wfs>"}],
		"community": "<community>",
		"check": ["<standard>"]}`, names), http.StatusCreated)
	names["datastore"] = id(made)
	want := u.parse(`{
		"creation": "2026-05-04T10:00:00.123456Z",
		"community": {"contact": "contact@ign.fr", "public": true, "_id": "<community>"},
		"processings": ["<vector-to-db>"], "name": "Communauté des tutoriels", "technical_name": "tutoriels",
		"endpoints": [
			{"use": 0, "quota": 10, "endpoint": {
				"name": "Service de diffusion WMS Vecteur principal", "technical_name": "gpf-geoserver-wms-v",
				"type": "WMS-VECTOR", "urls": [{"type": "WMS", "url": "https://data.example.org/gpf-geoserver-wms-v"}],
				"_id": "<wmsv>", "open": true, "metadata_fi": "gpf-geoserver-wms-v"}},
			{"use": 0, "quota": 10, "endpoint": {
				"name": "Service de diffusion WFS principal", "technical_name": "gpf-geoserver-wfs",
				"type": "WFS", "urls": [{"type": "WFS", "url": "https://data.example.org/gpf-geoserver-wfs"}],
				"_id": "<wfs>", "open": true, "metadata_fi": "gpf-geoserver-wfs"}}],
		"storages": {
			"data": [{"use": 0, "quota": 10000000000, "storage": {
				"name": "Stockage PostgreSQL standard Partenaires", "type": "POSTGRESQL",
				"labels": ["PARTENAIRE", "VECTEUR"], "_id": "<postgresql>"}}],
			"uploads": {"use": 0, "quota": 10000000000, "storage": {
				"name": "Stockage OpenIO pour les livraisons", "type": "S3", "labels": ["LIVRAISON", "PERF"],
				"_id": "<s3_upload>"}},
			"annexes": {"use": 0, "quota": 10000000000, "storage": {
				"name": "Stockage OpenIO pour les annexes", "type": "S3", "labels": ["ANNEXE", "PERF"],
				"_id": "<s3_annexe>"}}},
		"sharings": false, "active": false, "_id": "<datastore>", "checks": ["<standard>"]}`, names)
	u.same("datastore", made, want)

	// Not active yet, it is seen to exist and nothing else, by its own people.
	datastore, community := "/datastores/"+names["datastore"], "/communities/"+names["community"]
	u.closed(dave, stranger, datastore, community)

	administered := "/administrator/datastores/" + names["datastore"]
	changed, _ := u.call(administrator, http.MethodPatch, administered, `{"active": true}`, http.StatusOK)
	want.(map[string]any)["active"] = true
	u.same("activation", changed, want)

	moved, _ := u.call(administrator, http.MethodPatch, "/administrator/communities/"+names["community"],
		u.fill(`{"supervisor": "<eve>"}`, names), http.StatusOK)
	u.same("supervisor", id(moved.(map[string]any)["supervisor"]), names["eve"])

	changed, _ = u.call(administrator, http.MethodPatch, administered, u.fill(`{"storages": {"uploads": {
		"quota": 100000000000, "storage": "<s3_upload>"}}}`, names), http.StatusOK)
	want.(map[string]any)["storages"].(map[string]any)["uploads"].(map[string]any)["quota"] = 100000000000.0
	u.same("quota", changed, want)

	u.whoAmI(names, dave, eve, stranger, want)

	// And closed again.
	u.call(administrator, http.MethodPatch, administered, `{"active": false}`, http.StatusOK)
	u.closed(eve, stranger, datastore, community)
}

// closed wants a deactivated datastore to refuse its own people, who may see
// that it exists, and to hide from others.
func (u *tutorial) closed(member, stranger *someone, datastore, community string) {
	u.t.Helper()
	refused, _ := u.call(member, http.MethodGet, datastore, "", http.StatusForbidden)
	u.same("refusal", refused.(map[string]any)["error_description"], []any{"L'entrepôt est désactivé"})
	u.call(member, http.MethodGet, "/users/me", "", http.StatusOK)
	shown, _ := u.call(member, http.MethodGet, community, "", http.StatusOK)
	u.same("active", shown.(map[string]any)["datastore"].(map[string]any)["active"], false)
	u.call(stranger, http.MethodGet, datastore, "", http.StatusNotFound)
	u.call(stranger, http.MethodGet, community, "", http.StatusNotFound)
}

func (u *tutorial) whoAmI(names map[string]string, former, supervisor, stranger *someone, datastore any) {
	u.t.Helper()
	u.join(workspace.ID(names["community"]), former, workspace.RoleUpload, workspace.RoleBroadcast)
	for who, rights := range map[*someone]string{
		supervisor: `["ANNEX", "UPLOAD", "BROADCAST", "PROCESSING", "COMMUNITY"]`,
		former:     `["UPLOAD", "BROADCAST"]`,
	} {
		me, _ := u.call(who, http.MethodGet, "/users/me", "", http.StatusOK)
		delete(me.(map[string]any), "last_call") // there is one after the first call
		u.same("users/me", me, u.parse(`{
			"email": "`+who.Email+`", "creation": "2026-05-04T10:00:00.123456Z",
			"last_login": "2026-05-04T10:00:00.123456Z",
			"communities_member": [{"rights": `+rights+`, "community": {
				"name": "Communauté des tutoriels", "technical_name": "tutoriels", "datastore": "<datastore>",
				"supervisor": "<eve>", "public": true, "_id": "<community>"}}],
			"documents_quota": 50000000, "documents_use": 0, "keys_quota": 1000, "keys_use": 0,
			"technical": false, "administrator": false, "_id": "`+string(who.ID)+`",
			"last_name": "Lopper", "first_name": "`+who.FirstName+`"}`, names))
		shown, _ := u.call(who, http.MethodGet, "/datastores/"+names["datastore"], "", http.StatusOK)
		u.same("datastore", shown, datastore)
	}
	u.call(stranger, http.MethodGet, "/datastores/"+names["datastore"], "", http.StatusNotFound)
	me, _ := u.call(stranger, http.MethodGet, "/users/me", "", http.StatusOK)
	u.same("a stranger's communities", me.(map[string]any)["communities_member"], []any{})
}

// id returns the _id of an object.
func id(object any) string {
	fields, _ := object.(map[string]any)
	text, _ := fields["_id"].(string)
	return text
}
