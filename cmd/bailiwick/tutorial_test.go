package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestTwoServers follows the tutorial for administrators of the API Entrepôt,
// each call at the other of two servers on one database: neither may know
// anything that the other does not.
func TestTwoServers(t *testing.T) {
	eachDatabase(t, func(t *testing.T, address string) {
		secret := filepath.Join(t.TempDir(), "secret")
		first := serving(t, address, "--secret-file", secret)
		second := serving(t, address, "--secret-file", secret)
		for _, name := range []string{"dave", "lea"} {
			told, err := exec.Command("bailiwick", "user", "create", name, "--database", address, "--password", "the word of "+name+" alone",
				"--email", name+"@example.org", "--first-name", name, "--last-name", "Lopper").CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, told)
			}
		}
		c := &conversation{servers: [2]*process{first, second}}
		const dave, lea = "dave:the word of dave alone", "lea:the word of lea alone"
		admin := "admin:" + first.password()
		id := func(body map[string]any) string { return fmt.Sprint(body["_id"]) }
		me := func(who string) map[string]any { return c.want(t, 200, http.MethodGet, "/users/me", who, nil) }
		membership := func(who string) map[string]any {
			list, _ := me(who)["communities_member"].([]any)
			if len(list) != 1 {
				t.Fatalf("%v is not in one community", list)
			}
			member, _ := list[0].(map[string]any)
			return member
		}

		// The facilities of the platform.
		storage := id(c.want(t, 201, http.MethodPost, "/administrator/storages", admin, map[string]any{
			"name": "Livraisons", "type": "S3", "labels": []string{"LIVRAISON"}, "type_infos": map[string]any{"pot_name": "livraisons"},
		}))
		endpoint := id(c.want(t, 201, http.MethodPost, "/administrator/endpoints", admin, map[string]any{
			"name": "Service WFS", "technical_name": "wfs", "type": "WFS", "open": true, "metadata_fi": "wfs",
			"urls": []any{map[string]any{"type": "WFS", "url": "https://data.example.org/wfs"}},
		}))
		check := id(c.want(t, 201, http.MethodPost, "/administrator/checks", admin, map[string]any{
			"name": "Vérification standard", "description": "Vérifie.", "orchestrator_job_name": "check",
		}))

		// A community, then its datastore, which an administrator activates.
		community := id(c.want(t, 201, http.MethodPost, "/administrator/communities", admin, map[string]any{
			"name": "Communauté des tutoriels", "technical_name": "tutoriels", "contact": "contact@example.org", "public": true, "supervisor": id(me(dave)),
		}))
		if in, _ := membership(dave)["community"].(map[string]any); in["_id"] != community || in["datastore"] != nil {
			t.Errorf("the supervisor sees %v, want %s without datastore", in, community)
		}
		share := map[string]any{"storage": storage, "quota": 10_000_000_000}
		plan := map[string]any{
			"community": community, "processings": []any{}, "checks": []any{check},
			"storages":  map[string]any{"data": []any{share}, "uploads": share, "annexes": share},
			"endpoints": []any{map[string]any{"endpoint": endpoint, "quota": 10}},
		}
		opened := c.want(t, 201, http.MethodPost, "/administrator/datastores", admin, plan)
		datastore := "/datastores/" + id(opened)
		if opened["active"] != false {
			t.Errorf("a new datastore is active: %v", opened)
		}
		c.want(t, 409, http.MethodPost, "/administrator/datastores", admin, plan)
		c.want(t, 403, http.MethodGet, datastore, dave, nil)
		c.want(t, 200, http.MethodPatch, "/administrator"+datastore, admin, map[string]any{"active": true})
		c.want(t, 200, http.MethodGet, datastore, dave, nil)

		// Members and their rights.
		c.want(t, 404, http.MethodGet, datastore, lea, nil)
		c.want(t, 204, http.MethodPut, "/communities/"+community+"/users/"+id(me(lea)), dave, map[string]any{"rights": []string{"UPLOAD", "BROADCAST"}})
		c.want(t, 200, http.MethodGet, datastore, lea, nil)
		if rights := fmt.Sprint(membership(lea)["rights"]); rights != "[UPLOAD BROADCAST]" {
			t.Errorf("rights %s, want [UPLOAD BROADCAST]", rights)
		}
		c.want(t, 403, http.MethodPatch, "/communities/"+community, lea, map[string]any{"description": "La mienne."})

		// A larger quota for uploads leaves everything else alone.
		c.want(t, 200, http.MethodPatch, "/administrator"+datastore, admin, map[string]any{
			"storages": map[string]any{"uploads": map[string]any{"storage": storage, "quota": 100_000_000_000}},
		})
		got := c.want(t, 200, http.MethodGet, datastore, lea, nil)
		storages, _ := got["storages"].(map[string]any)
		uploads, _ := storages["uploads"].(map[string]any)
		annexes, _ := storages["annexes"].(map[string]any)
		if fmt.Sprint(uploads["quota"], annexes["quota"]) != "1e+11 1e+10" {
			t.Errorf("quotas %v and %v", uploads["quota"], annexes["quota"])
		}

		// A key's text can be read again at the other server: they share the secret.
		key := c.want(t, 201, http.MethodPost, "/users/me/keys", lea, map[string]any{"name": "Ma clé", "type": "HASH", "type_infos": map[string]any{}})
		again := c.want(t, 200, http.MethodGet, "/users/me/keys/"+id(key), lea, nil)
		if fmt.Sprint(again["type_infos"]) != fmt.Sprint(key["type_infos"]) {
			t.Errorf("the key is %v there, %v here", again["type_infos"], key["type_infos"])
		}
		c.want(t, 409, http.MethodPost, "/users/me/keys", lea, map[string]any{"name": "ma CLÉ", "type": "HASH", "type_infos": map[string]any{}})

		// Another supervisor; the former one stays a member.
		c.want(t, 200, http.MethodPatch, "/administrator/communities/"+community, admin, map[string]any{"supervisor": id(me(lea))})
		c.want(t, 409, http.MethodDelete, "/communities/"+community+"/users/"+id(me(lea)), lea, nil)
		c.want(t, 204, http.MethodDelete, "/communities/"+community+"/users/"+id(me(dave)), lea, nil)
		c.want(t, 404, http.MethodGet, datastore, dave, nil)

		// Deactivating refuses every call at once, and deletes nothing.
		c.want(t, 200, http.MethodPatch, "/administrator"+datastore, admin, map[string]any{"active": false})
		c.want(t, 403, http.MethodGet, datastore, lea, nil)
		c.want(t, 403, http.MethodGet, datastore, lea, nil)
		me(lea)
		c.want(t, 200, http.MethodPatch, "/administrator"+datastore, admin, map[string]any{"active": true})
		c.want(t, 200, http.MethodGet, datastore, lea, nil)
		first.stop(t)
		second.stop(t)
	})
}

// A conversation talks to two servers in turns.
type conversation struct {
	servers [2]*process
	calls   int
}

func (c *conversation) want(t *testing.T, status int, method, path, who string, body any) map[string]any {
	t.Helper()
	c.calls++
	return c.servers[c.calls%2].want(t, status, method, "/entrepot/api"+path, who, body)
}
