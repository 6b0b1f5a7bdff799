package entrepot_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// TestFacilities makes, shows, changes and deletes the four global resources.
func TestFacilities(t *testing.T) {
	s := newSmall(t)
	for _, test := range []struct {
		path, body, shown, patch, changed string
	}{
		{
			"storages",
			`{"name": "Tuiles", "type": "POSTGRESQL", "labels": ["PERF"], "type_infos": {"host": "db.example.org",
				"port": 5432, "port_read_only": 5433, "database_name": "gpf"}}`,
			`{"name": "Tuiles", "type": "POSTGRESQL", "labels": ["PERF"], "type_infos": {"host": "db.example.org",
				"port": 5432, "port_read_only": 5433, "database_name": "gpf"}, "_id": "?"}`,
			`{"labels": []}`, `"labels":[]`,
		},
		{
			"endpoints",
			`{"name": "Métadonnées", "technical_name": "gpf-geonetwork", "type": "CSW", "open": false,
				"urls": [{"type": "CSW", "url": "https://data.example.org/csw"}], "force_metadata": false}`,
			`{"name": "Métadonnées", "technical_name": "gpf-geonetwork", "type": "METADATA", "open": false,
				"urls": [{"type": "METADATA", "url": "https://data.example.org/csw"}], "force_metadata": false, "_id": "?"}`,
			`{"metadata_fi": "x", "search_publish": true}`, `"search_publish":true`,
		},
		{
			"checks",
			`{"name": "Raster", "description": "Vérifie", "orchestrator_job_name": "raster",
				"default_uploads_check": ["RASTER"]}`,
			`{"name": "Raster", "description": "Vérifie", "orchestrator_job_name": "raster", "priority": "STANDARD",
				"default_uploads_check": ["RASTER"], "_id": "?"}`,
			`{"priority": "PREMIUM"}`, `"priority":"PREMIUM"`,
		},
		{
			"processings",
			`{"name": "Pyramide", "description": "Calcule", "orchestrator_job_name": "pyramide", "priority": "SANDBOX",
				"input_types": {"upload": ["RASTER"]}, "output_type": {"stored_data": "ROK4-PYRAMID-RASTER",
				"storage": ["S3"]}, "parameters": [{"name": "tms", "description": "TMS", "mandatory": true,
				"default_value": {"a": [1, null]}}], "required_checks": ["<check>"]}`,
			`{"name": "Pyramide", "description": "Calcule", "orchestrator_job_name": "pyramide", "priority": "SANDBOX",
				"input_types": {"upload": ["RASTER"]}, "output_type": {"stored_data": "ROK4-PYRAMID-RASTER",
				"storage": ["S3"]}, "parameters": [{"name": "tms", "description": "TMS", "mandatory": true,
				"default_value": {"a": [1, null]}}], "required_checks": [{"name": "Vérification standard",
				"description": "Vérifie tout", "_id": "?"}], "_id": "?"}`,
			`{"description": "Recalcule"}`, `"description":"Recalcule"`,
		},
	} {
		path := "/administrator/" + test.path
		made := s.call(s.administrator, http.MethodPost, path, test.body, http.StatusCreated)
		shown := strings.ReplaceAll(s.anonymous(made.text), s.path("<check>"), "?")
		s.same(shown, test.shown)
		this := path + "/" + id(s.value(made))
		if got := s.call(s.administrator, http.MethodGet, this, "", http.StatusOK); got.text != made.text {
			t.Errorf("%s shows %s, made %s", test.path, got.text, made.text)
		}
		changed := s.call(s.administrator, http.MethodPatch, this, test.patch, http.StatusOK)
		if !strings.Contains(changed.text, test.changed) {
			t.Errorf("%s: %s lacks %s", test.path, changed.text, test.changed)
		}
		same := s.call(s.administrator, http.MethodPatch, this, "", http.StatusOK)
		if same.text != changed.text {
			t.Errorf("%s: nothing changed it from %s to %s", test.path, changed.text, same.text)
		}
		for _, other := range []string{"storages", "endpoints", "checks", "processings"} {
			if other != test.path {
				s.call(s.administrator, http.MethodGet, "/administrator/"+other+"/"+id(s.value(made)), "", http.StatusNotFound)
				s.call(s.administrator, http.MethodDelete, "/administrator/"+other+"/"+id(s.value(made)), "", http.StatusNotFound)
			}
		}
		s.call(s.administrator, http.MethodDelete, this, "", http.StatusNoContent)
		s.call(s.administrator, http.MethodGet, this, "", http.StatusNotFound)
	}
	for _, used := range []string{"storages/<data>", "endpoints/<wfs>", "checks/<check>", "processings/<processing>"} {
		s.refused(s.administrator, http.MethodDelete, "/administrator/"+used, "", http.StatusConflict,
			"La ressource est encore utilisée")
	}
	for query, want := range map[string]string{
		"checks?default_upload_type=VECTOR": "1-1/1", "checks?default_upload_type=RASTER": "0-0/0",
		"endpoints?type=WFS": "1-1/1", "endpoints?type=CSW": "0-0/0", "endpoints?open=false": "0-0/0",
		"processings?sort=creation,desc": "1-1/1",
	} {
		a := s.call(s.administrator, http.MethodGet, "/administrator/"+query, "", http.StatusOK)
		if got := a.header.Get("Content-Range"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// TestFacilityRefusals wants nothing unknown, contradictory or secret in a
// facility.
func TestFacilityRefusals(t *testing.T) {
	s := newSmall(t)
	for body, sentence := range map[string]string{
		`{"name": "", "type": "S3", "type_infos": {"pot_name": "a"}}`:                                                             "Le champ name doit contenir de 1 à 99 caractères",
		`{"name": "a", "type": "TAPE", "type_infos": {}}`:                                                                         "Le champ type doit valoir l'une des valeurs suivantes : POSTGRESQL, S3, FILESYSTEM, OPENSEARCH, POSTGRESQL-ROUTING",
		`{"name": "a", "type": "S3"}`:                                                                                             "Le champ type_infos ne doit pas être vide",
		`{"name": "a", "type": "S3", "type_infos": {}}`:                                                                           "Le champ type_infos.pot_name ne doit pas être vide",
		`{"name": "a", "type": "S3", "type_infos": {"pot_name": "a", "host": "b"}}`:                                               "Le champ type_infos.host ne convient pas au type S3",
		`{"name": "a", "type": "POSTGRESQL", "type_infos": {"host": "a", "port": 1, "database_name": "b", "password": "secret"}}`: "Le champ type_infos.password est inconnu",
	} {
		s.refused(s.administrator, http.MethodPost, "/administrator/storages", body, http.StatusBadRequest, sentence)
	}
	endpoint := func(fields string) string {
		return `{"name": "a", "technical_name": "a", "type": "WFS", "open": true, "urls": []` + fields + `}`
	}
	for body, sentence := range map[string]string{
		`{"name": "a", "technical_name": "a b", "type": "WFS", "open": true, "urls": []}`:          "Le champ technical_name ne doit contenir que des caractères parmi A-Z a-z 0-9 _ - . (30 au plus pour une communauté)",
		`{"name": "a", "technical_name": "a", "type": "WFS", "urls": []}`:                          "Le champ open ne doit pas être vide",
		strings.Replace(endpoint(""), `"urls": []`, `"urls": [{"type":"FTP","url":"ftp://a"}]`, 1): "Le champ urls[0].type doit valoir l'une des valeurs suivantes : WMTS, TMS, WMS, WFS, DOWNLOAD, ITINERARY, ISOCURVE, ALTIMETRY, METADATA, SEARCH",
		endpoint(`, "metadata_fi": 1`): "Le champ metadata_fi doit être un texte",
	} {
		s.refused(s.administrator, http.MethodPost, "/administrator/endpoints", body, http.StatusBadRequest, sentence)
	}
	s.refused(s.administrator, http.MethodPost, "/administrator/endpoints",
		`{"name": "a", "technical_name": "gpf-geoserver-wfs", "type": "WFS", "open": true, "urls": []}`,
		http.StatusConflict, "La valeur « gpf-geoserver-wfs » du champ technical_name est déjà utilisée")
	for _, body := range []string{
		`{"name": "a", "description": "b", "orchestrator_job_name": "c"}`,
		`{"name": "a", "description": "b", "orchestrator_job_name": "c", "output_type": {}}`,
		`{"name": "a", "description": "b", "orchestrator_job_name": "c", "output_type": {"upload": "A", "stored_data": "B"}}`,
		`{"name": "a", "description": "b", "orchestrator_job_name": "c", "output_type": {"upload": "A"}, "required_checks": ["<wfs>"]}`,
		`{"name": "a", "description": "b", "orchestrator_job_name": "c", "output_type": {"upload": "A"}, "required_checks": ["<check>", "<check>"]}`,
		`{"name": "a", "description": "b", "orchestrator_job_name": "c", "output_type": {"upload": "A"}, "priority": "NOW"}`,
	} {
		s.call(s.administrator, http.MethodPost, "/administrator/processings", body, http.StatusBadRequest)
	}
}

// TestOrganizations makes an organization, puts a community into it, and looks
// at it as its administrator.
func TestOrganizations(t *testing.T) {
	s := newSmall(t)
	made := s.call(s.administrator, http.MethodPost, "/administrator/organizations", `{"name": "IGN", "siren": "180067019",
		"siret": "18006701900012", "tva_intracom": "FR80180067019", "economical_model": "PUBLIC", "uploads_quota": 1000}`,
		http.StatusCreated)
	s.same(s.anonymous(made.text), `{"name": "IGN", "siren": "180067019", "siret": "18006701900012",
		"tva_intracom": "FR80180067019", "economical_model": "PUBLIC", "uploads_quota": 1000, "_id": "?"}`)
	organization := id(s.value(made))
	s.refused(s.administrator, http.MethodPost, "/administrator/organizations", `{"name": "ign", "uploads_quota": 1}`,
		http.StatusConflict, "La valeur « ign » du champ name est déjà utilisée")
	s.call(s.administrator, http.MethodPost, "/administrator/organizations", `{"name": "autre"}`, http.StatusBadRequest)
	s.call(s.administrator, http.MethodPatch, "/administrator/organizations/"+organization, `{"siren": "12"}`, http.StatusBadRequest)

	moved := s.value(s.call(s.administrator, http.MethodPatch, "/administrator/communities/<c>",
		`{"organization": "`+organization+`"}`, http.StatusOK))
	if got := moved["organization"].(map[string]any); got["name"] != "IGN" || got["_id"] != organization {
		t.Errorf("%v", got)
	}
	s.refused(s.supervisor, http.MethodPatch, "/communities/<c>", `{"organization": ""}`, http.StatusBadRequest,
		"Le champ organization est inconnu")

	path := "/organizations/" + organization
	s.call(s.administrator, http.MethodPut, path+"/users/<sam>", "", http.StatusNoContent)
	for list, want := range map[string]string{
		"users": `[{"email": "sam@example.org", "_id": "<sam>", "last_name": "Lopper", "first_name": "Sam"}]`,
		"communities": `[{"name": "Communauté tutoriels", "technical_name": "tutoriels", "contact": "tutoriels@example.org",
			"datastore": {"active": true, "_id": "<d>"}, "public": true, "_id": "<c>"}]`,
		"offerings": `[{"type": "WFS", "status": "PUBLISHED", "layer_name": "couche", "open": false, "available": true,
			"_id": "<o>"}]`,
		"permissions": `[]`,
	} {
		s.same(s.call(s.stranger, http.MethodGet, path+"/"+list, "", http.StatusOK).text, want)
		s.call(s.member, http.MethodGet, path+"/"+list, "", http.StatusNotFound)
	}
	endpoints := s.call(s.stranger, http.MethodGet, path+"/endpoints?fields=use,quota,organization,community,datastore", "", http.StatusOK)
	row := `"quota": 10, "organization": "` + organization + `", "community": "<c>", "datastore": "<d>"`
	s.same(endpoints.text, `[{"use": 0, `+row+`}, {"use": 1, `+row+`}]`)
	s.call(s.stranger, http.MethodDelete, path+"/users/<sam>", "", http.StatusNoContent)
	s.call(s.stranger, http.MethodGet, path, "", http.StatusNotFound)
	s.refused(s.administrator, http.MethodDelete, "/administrator/organizations/"+organization, "", http.StatusConflict,
		"La ressource est encore utilisée")
}

// TestGathering pages through the lists of several communities laid end to end.
func TestGathering(t *testing.T) {
	s := newSmall(t)
	for _, name := range []string{"b", "c"} {
		f := s.world.facilities("-" + name)
		plan := f.plan(true)
		w := s.world.community(name, "", s.supervisor, &plan)
		for _, layer := range []string{"1", "2"} {
			s.offer(w.ID, f.wfs, name+layer, false)
		}
		s.move(w.ID)
	}
	s.move(s.community.ID)
	organizations, _, err := s.services.Workspaces.Organizations(t.Context(), root(), workspace.OrganizationFilter{})
	s.must(err)
	var seen []string
	for _, p := range []string{"1", "2", "3", "4"} {
		a := s.call(s.administrator, http.MethodGet,
			"/organizations/"+string(organizations[0].ID)+"/offerings?limit=2&page="+p, "", http.StatusOK)
		seen = append(seen, a.header.Get("Content-Range"))
		for _, layer := range []string{"couche", "b1", "b2", "c1", "c2"} {
			if strings.Contains(a.text, `"`+layer+`"`) {
				seen = append(seen, layer)
			}
		}
	}
	if got := strings.Join(seen, " "); got != "1-2/5 couche b1 3-4/5 b2 c1 5-5/5 c2 0-0/5" {
		t.Error(got)
	}
}

// move puts a community into the one organization there is.
func (s *small) move(c workspace.ID) {
	s.t.Helper()
	found, _, err := s.services.Workspaces.Organizations(s.t.Context(), root(), workspace.OrganizationFilter{})
	s.must(err)
	if len(found) == 0 {
		made, err := s.services.Workspaces.CreateOrganization(s.t.Context(), root(), workspace.Organization{Name: "O", UploadsQuota: 9})
		s.must(err)
		found = append(found, made)
	}
	_, err = s.services.Workspaces.Update(s.t.Context(), root(), c, func(w *workspace.Workspace) error {
		w.Organization = found[0].ID
		return nil
	})
	s.must(err)
}

// TestUsers looks at accounts as an administrator.
func TestUsers(t *testing.T) {
	s := newSmall(t)
	const at = "2026-05-04T10:00:00.123456Z"
	shown := s.call(s.administrator, http.MethodPatch, "/administrator/users/<sam>",
		`{"documents_quota": 0, "keys_quota": 5}`, http.StatusOK)
	s.same(shown.text, `{"email": "sam@example.org", "creation": "`+at+`", "last_login": "`+at+`", "documents_quota": 0,
		"documents_use": 0, "keys_quota": 5, "keys_use": 0, "technical": false, "administrator": false, "_id": "<sam>",
		"last_name": "Lopper", "first_name": "Sam"}`)
	s.refused(s.administrator, http.MethodPatch, "/administrator/users/<sam>", `{"keys_quota": -1}`, http.StatusBadRequest,
		"Le champ keys_quota doit être un nombre entier positif ou nul")
	s.call(s.administrator, http.MethodGet, "/administrator/users/"+nobody(), "", http.StatusNotFound)
	list := s.call(s.administrator, http.MethodGet, "/administrator/users?search=sam", "", http.StatusOK)
	if got := list.header.Get("Content-Range"); got != "1-1/1" {
		t.Errorf("%s: %s", got, list.text)
	}
}

// TestCommunities changes a community as its supervisor and as a member.
func TestCommunities(t *testing.T) {
	s := newSmall(t)
	const path = "/communities/<c>"
	changed := s.call(s.supervisor, http.MethodPatch, path, `{"name": "Autre", "description": "Longue", "contact": null,
		"public": false}`, http.StatusOK)
	want := `{"name": "Autre", "description": "Longue", "technical_name": "tutoriels", "contact": "tutoriels@example.org",
		"datastore": {"active": true, "_id": "<d>"}, "supervisor": {"email": "dave@example.org", "_id": "<dave>",
		"last_name": "Lopper", "first_name": "Dave"}, "public": false, "_id": "<c>"}`
	s.same(changed.text, want)
	s.same(s.call(s.member, http.MethodGet, path, "", http.StatusOK).text, want)
	s.join(s.community.ID, s.member, workspace.RoleCommunity)
	s.refused(s.member, http.MethodPatch, path, `{"supervisor": "<eve>"}`, http.StatusForbidden,
		"Seul le superviseur peut désigner son remplaçant")
	s.refused(s.supervisor, http.MethodPatch, path, `{"supervisor": "x"}`, http.StatusBadRequest,
		"Le champ supervisor doit désigner un utilisateur actif")
	s.refused(s.supervisor, http.MethodPatch, path, `{"name": ""}`, http.StatusBadRequest,
		"Le champ name doit contenir de 1 à 99 caractères")
	s.refused(s.administrator, http.MethodPost, "/administrator/communities",
		`{"name": "a", "technical_name": "TUTORIELS", "supervisor": "<eve>"}`, http.StatusConflict,
		"La valeur « TUTORIELS » du champ technical_name est déjà utilisée")
	s.refused(s.administrator, http.MethodPost, "/administrator/communities",
		`{"name": "a", "technical_name": "", "supervisor": "<eve>"}`, http.StatusBadRequest, "Le champ technical_name ne doit pas être vide")
	// What a body names and is not there is the body's mistake, not the path's.
	for _, organization := range []string{"x", nobody()} {
		s.refused(s.administrator, http.MethodPost, "/administrator/communities",
			`{"name": "a", "technical_name": "b", "supervisor": "<eve>", "organization": "`+organization+`"}`,
			http.StatusBadRequest, "Le champ organization doit désigner un organisme")
		s.refused(s.administrator, http.MethodPatch, "/administrator/communities/<c>",
			`{"organization": "`+organization+`"}`, http.StatusBadRequest, "Le champ organization doit désigner un organisme")
	}
	s.refused(s.administrator, http.MethodPost, "/administrator/datastores",
		`{"community": "`+nobody()+`", "endpoints": [], "storages": {"data": [], "uploads": {"quota": 1, "storage": "`+
			nobody()+`"}, "annexes": {"quota": 1, "storage": "`+nobody()+`"}}}`,
		http.StatusBadRequest, "Le champ community doit désigner une communauté")
	for query, want := range map[string]string{"communities": "0-0/0", "organizations": "0-0/0"} {
		a := s.call(s.stranger, http.MethodGet, "/catalogs/"+query, "", http.StatusOK)
		if got := a.header.Get("Content-Range"); got != want || a.text != "[]" {
			t.Errorf("%s: %s %s", query, got, a.text)
		}
	}
	s.call(s.supervisor, http.MethodPatch, path, `{"public": true}`, http.StatusOK)
	s.same(s.call(s.stranger, http.MethodGet, "/catalogs/communities?name=AUT%25", "", http.StatusOK).text, `[{"name": "Autre",
		"description": "Longue", "technical_name": "tutoriels", "contact": "tutoriels@example.org", "public": true, "_id": "<c>"}]`)
	s.call(s.member, http.MethodDelete, "/users/me"+path, "", http.StatusNoContent)
	s.call(s.member, http.MethodGet, path, "", http.StatusNotFound)
}
