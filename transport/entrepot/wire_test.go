package entrepot_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// small is a world with one community, its supervisor and an administrator.
type small struct {
	*world

	administrator, supervisor, member, stranger *someone
	facilities                                  facilities
	community                                   workspace.Details
	offering                                    offering.Offering
}

func newSmall(t *testing.T) *small {
	t.Helper()
	w := newWorld(t, dbtest.New(t))
	s := &small{
		world: w, administrator: w.user("admin", true), supervisor: w.user("dave", false),
		member: w.user("eve", false), stranger: w.user("sam", false), facilities: w.facilities(""),
	}
	plan := s.facilities.plan(true)
	s.community = w.community("tutoriels", "", s.supervisor, &plan)
	s.join(s.community.ID, s.member)
	s.offering = s.offer(s.community.ID, s.facilities.wfs, "couche", false)
	return s
}

func (s *small) path(format string) string {
	for name, value := range map[string]string{
		"<c>": string(s.community.ID), "<d>": string(s.community.Datastore), "<o>": string(s.offering.ID),
		"<dave>": string(s.supervisor.ID), "<eve>": string(s.member.ID), "<sam>": string(s.stranger.ID),
		"<data>": string(s.facilities.data.ID), "<uploads>": string(s.facilities.uploads.ID),
		"<annexes>": string(s.facilities.annexes.ID), "<wfs>": string(s.facilities.wfs.ID),
		"<wms>": string(s.facilities.wms.ID), "<check>": string(s.facilities.check.ID),
		"<processing>": string(s.facilities.processing.ID),
	} {
		format = strings.ReplaceAll(format, name, value)
	}
	return format
}

// call asks and wants a status.
func (s *small) call(as *someone, method, path, body string, status int) answer {
	s.t.Helper()
	a := s.ask(as, method, s.path(path), s.path(body))
	if a.status != status {
		s.t.Fatalf("%s %s %s: status %d, want %d: %s", method, path, body, a.status, status, a.text)
	}
	return a
}

// refused asks and wants a sentence.
func (s *small) refused(as *someone, method, path, body string, status int, sentence string) {
	s.t.Helper()
	a := s.call(as, method, path, body, status)
	var problem struct {
		Error       string   `json:"error"`
		Description []string `json:"error_description"`
	}
	s.must(json.Unmarshal([]byte(a.text), &problem))
	if problem.Error != http.StatusText(status) || !slices.Equal(problem.Description, []string{sentence}) {
		s.t.Errorf("%s %s %s: %s, want %q", method, path, body, a.text, sentence)
	}
}

// same compares JSON.
func (s *small) same(got string, want string) {
	s.t.Helper()
	var g, w any
	s.must(json.Unmarshal([]byte(got), &g))
	if err := json.Unmarshal([]byte(s.path(want)), &w); err != nil {
		s.t.Fatalf("%v: %s", err, want)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		s.t.Errorf("-want +got:\n%s", diff)
	}
}

var anyID = regexp.MustCompile(`"_id":"[0-9a-f-]{36}"`)

// anonymous hides identifiers that the server chose.
func (s *small) anonymous(text string) string {
	for _, known := range []string{"<c>", "<d>", "<o>", "<dave>", "<eve>", "<sam>"} {
		text = strings.ReplaceAll(text, `"`+s.path(known)+`"`, `"`+known+`"`)
	}
	return s.path(anyID.ReplaceAllString(text, `"_id":"?"`))
}

// TestPermissions follows a permission through its life, in the shapes that
// the QGIS plugin and the SDK read (spec/entrepot.md §4.3, §5).
func TestPermissions(t *testing.T) {
	s := newSmall(t)
	path := "/datastores/<d>/permissions"
	made := s.call(s.supervisor, http.MethodPost, path, `{"type": "ACCOUNT", "licence": "Accès restreint",
		"end_date": "2027-06-23T16:00:00+02:00", "offerings": ["<o>"], "users": ["<eve>", "<sam>"], "only_oauth": false}`,
		http.StatusCreated)
	offers := `"offerings": [{"type": "WFS", "status": "PUBLISHED", "layer_name": "couche", "open": false,
		"available": true, "_id": "<o>"}]`
	from := `"datastore_author": {"name": "Communauté tutoriels", "technical_name": "tutoriels", "active": true, "_id": "<d>"}`
	one := func(id, first string) string {
		return `{"licence": "Accès restreint", "end_date": "2027-06-23T14:00:00.000000Z", ` + offers + `, ` + from + `,
			"beneficiary": {"_id": "` + id + `", "last_name": "Lopper", "first_name": "` + first + `"},
			"only_oauth": false, "_id": "?"}`
	}
	s.same(s.anonymous(made.text), `[`+one("<eve>", "Eve")+`,`+one("<sam>", "Sam")+`]`)

	var list []map[string]any
	s.must(json.Unmarshal([]byte(made.text), &list))
	this := path + "/" + id(list[0])
	for _, end := range []string{`"2027-12-31T20:00:00"`, `"2027-12-31T20:00:00Z"`, `"2027-12-31T20:00:00.000Z"`} {
		changed := s.value(s.call(s.supervisor, http.MethodPatch, this, `{"end_date": `+end+`}`, http.StatusOK))
		if changed["end_date"] != "2027-12-31T20:00:00.000000Z" || changed["licence"] != "Accès restreint" {
			t.Errorf("after %s: %v", end, changed)
		}
	}
	changed := s.value(s.call(s.supervisor, http.MethodPatch, this, `{"licence": "Autre"}`, http.StatusOK))
	if changed["end_date"] != "2027-12-31T20:00:00.000000Z" || changed["licence"] != "Autre" {
		t.Errorf("a key that is absent was touched: %v", changed)
	}
	changed = s.value(s.call(s.supervisor, http.MethodPatch, this, `{"end_date": null}`, http.StatusOK))
	if _, found := changed["end_date"]; found {
		t.Errorf("null did not take the end away: %v", changed)
	}
	s.refused(s.supervisor, http.MethodPatch, this, `{"end_date": "demain"}`, http.StatusBadRequest,
		"Le champ end_date doit être une date ISO 8601")
	s.refused(s.supervisor, http.MethodPatch, this, `{"only_oauth": true}`, http.StatusBadRequest,
		"Le champ only_oauth est inconnu")

	// Communities, in the words of the API and of the tutorial.
	for _, key := range []string{"communities", "users"} {
		made = s.call(s.supervisor, http.MethodPost, path, `{"type": "COMMUNITY", "licence": "L", "end_date": null,
			"offerings": ["<o>"], "`+key+`": ["<c>"]}`, http.StatusCreated)
		s.same(s.anonymous(made.text), `[{"licence": "L", `+offers+`, `+from+`, "beneficiary": {"_id": "<c>",
			"name": "Communauté tutoriels", "technical_name": "tutoriels", "contact": "tutoriels@example.org",
			"public": true}, "only_oauth": false, "_id": "?"}]`)
	}
	s.refused(s.supervisor, http.MethodPost, path, `{"type": "ACCOUNT", "licence": "L", "offerings": ["<o>"],
		"users": ["<eve>"], "communities": ["<c>"]}`, http.StatusBadRequest,
		"Le champ communities ne convient pas au type ACCOUNT")

	// Who was given one sees it, with addresses when he looks closer.
	held := s.call(s.stranger, http.MethodGet, "/users/me/permissions", "", http.StatusOK)
	s.same(s.anonymous(held.text), `[{"licence": "Accès restreint", "end_date": "2027-06-23T14:00:00.000000Z",
		`+offers+`, "only_oauth": false, "_id": "?"}]`)
	one2 := s.call(s.stranger, http.MethodGet, "/users/me/permissions/"+id(list[1]), "", http.StatusOK)
	urls := s.value(one2)["offerings"].([]any)[0].(map[string]any)["urls"]
	if diff := cmp.Diff([]any{map[string]any{"type": "WFS", "url": "https://data.example.org/couche"}}, urls); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string]string{
		"": "1-3/3", "?personal=true": "1-1/1", "?community=true": "1-2/2", "?personal=false": "1-2/2",
		"?personal=true&community=true": "1-3/3", "?license=AU%25": "1-1/1", "?licence=z": "0-0/0",
		"?layer_name=COU%25&type=WFS&only_oauth=false": "1-3/3",
	} {
		a := s.call(s.member, http.MethodGet, "/users/me/permissions"+query, "", http.StatusOK)
		if got := a.header.Get("Content-Range"); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	if a := s.call(s.supervisor, http.MethodDelete, this, "", http.StatusNoContent); a.text != "" {
		t.Errorf("body %q", a.text)
	}
	s.call(s.supervisor, http.MethodGet, this, "", http.StatusNotFound)
}

// TestKeys makes keys of all types and opens an offering with one
// (spec/entrepot.md §4.1).
func TestKeys(t *testing.T) {
	s := newSmall(t)
	const path = "/users/me/keys"
	made := s.call(s.member, http.MethodPost, path,
		`{"name": "Ma clé HASH", "type": "HASH", "type_infos": {"hash": "masupercle"}}`, http.StatusCreated)
	want := `{"name": "Ma clé HASH", "type": "HASH", "whitelist": [], "blacklist": [],
		"type_infos": {"hash": "masupercle"}, "_id": "?"}`
	s.same(s.anonymous(made.text), want)
	this := path + "/" + id(s.value(made))
	s.same(s.anonymous(s.call(s.member, http.MethodGet, this, "", http.StatusOK).text), want)
	s.same(s.anonymous(s.call(s.member, http.MethodGet, path, "", http.StatusOK).text),
		`[{"name": "Ma clé HASH", "type": "HASH", "_id": "?"}]`)

	generated := s.value(s.call(s.member, http.MethodPost, path,
		`{"name": "G", "type": "HASH", "type_infos": {}}`, http.StatusCreated))
	if hash := generated["type_infos"].(map[string]any)["hash"].(string); len(hash) < 16 {
		t.Errorf("generated %q", hash)
	}
	basic := s.value(s.call(s.member, http.MethodPost, path, `{"name": "B", "type": "BASIC", "user_agent": ".*QGIS.*",
		"whitelist": ["192.0.2.1", "10.0.0.0/8"], "type_infos": {"login": "cestmoi", "password": "correct horse battery"}}`,
		http.StatusCreated))
	infos := basic["type_infos"].(map[string]any)
	if !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(infos["password"].(string)) {
		t.Errorf("password shown as %v", infos["password"])
	}
	if diff := cmp.Diff([]any{"192.0.2.1", "10.0.0.0/8"}, basic["whitelist"]); diff != "" {
		t.Error(diff)
	}
	cleared := s.value(s.call(s.member, http.MethodPatch, path+"/"+id(basic), `{"user_agent": "", "whitelist": []}`, http.StatusOK))
	if _, found := cleared["user_agent"]; found || len(cleared["whitelist"].([]any)) != 0 {
		t.Errorf("not cleared: %v", cleared)
	}
	s.call(s.member, http.MethodPost, path, `{"name": "O", "type": "OAUTH2", "type_infos": {}}`, http.StatusCreated)
	s.call(s.member, http.MethodPost, path, `{"name": "O2", "type": "OAUTH2", "type_infos": {}}`, http.StatusConflict)
	s.refused(s.member, http.MethodPost, path, `{"name": "ma CLÉ hash", "type": "HASH", "type_infos": {}}`,
		http.StatusConflict, "La valeur « ma CLÉ hash » du champ name est déjà utilisée")
	s.refused(s.member, http.MethodPost, path, `{"name": "X", "type": "HASH", "type_infos": {"login": "moi"}}`,
		http.StatusBadRequest, "Le champ type_infos.login ne convient pas au type HASH")
	s.refused(s.member, http.MethodPost, path, `{"name": "X", "type": "HASH", "whitelist": ["ici"], "type_infos": {}}`,
		http.StatusBadRequest, "Le champ whitelist[0] doit être une adresse IP ou un réseau CIDR")

	s.permit(s.community.ID, s.offering.ID, s.member.ID)
	held := s.call(s.member, http.MethodGet, "/users/me/permissions", "", http.StatusOK)
	var permissions []map[string]any
	s.must(json.Unmarshal([]byte(held.text), &permissions))
	opened := s.call(s.member, http.MethodPost, this+"/accesses",
		`{"permission": "`+id(permissions[0])+`", "offerings": ["<o>"]}`, http.StatusNoContent)
	if opened.text != "" {
		t.Errorf("body %q, want none", opened.text)
	}
	accesses := s.call(s.member, http.MethodGet, this+"/accesses", "", http.StatusOK)
	s.same(s.anonymous(accesses.text), `[{"permission": {"licence": "Accès restreint", "only_oauth": false, "_id": "?"},
		"offering": {"type": "WFS", "status": "PUBLISHED", "layer_name": "couche", "open": false, "available": true,
		"_id": "<o>"}, "_id": "?"}]`)

	s.must(s.services.Workspaces.SetUserQuotas(t.Context(), root(), s.member.ID, new(int64(4)), nil))
	s.refused(s.member, http.MethodPost, path, `{"name": "Trop", "type": "HASH", "type_infos": {}}`,
		http.StatusBadRequest, "Quota dépassé : clés d'accès (4/4 clés)")
}

// TestMembers lists, changes and filters who belongs to a community.
func TestMembers(t *testing.T) {
	s := newSmall(t)
	const path = "/communities/<c>/users"
	at := `"creation": "2026-05-04T10:00:00.123456Z", "update": "2026-05-04T10:00:00.123456Z"`
	dave := `{"rights": ["ANNEX", "UPLOAD", "BROADCAST", "PROCESSING", "COMMUNITY"], "user": {"email": "dave@example.org",
		"_id": "<dave>", "last_name": "Lopper", "first_name": "Dave"}, ` + at + `}`
	eve := func(rights, update string) string {
		return `{"rights": [` + rights + `], "user": {"email": "eve@example.org", "_id": "<eve>", "last_name": "Lopper",
			"first_name": "Eve"}, "creation": "2026-05-04T10:00:00.123456Z", "update": "` + update + `"}`
	}
	s.same(s.call(s.supervisor, http.MethodGet, path, "", http.StatusOK).text,
		`[`+dave+`, `+eve("", "2026-05-04T10:00:00.123456Z")+`]`)

	s.clock.Add(time.Second.Microseconds())
	s.call(s.supervisor, http.MethodPut, path+"/<eve>", `{"rights": ["BROADCAST", "UPLOAD"]}`, http.StatusNoContent)
	s.same(s.call(s.supervisor, http.MethodGet, path, "", http.StatusOK).text,
		`[`+dave+`, `+eve(`"UPLOAD", "BROADCAST"`, "2026-05-04T10:00:01.123456Z")+`]`)
	for query, want := range map[string]string{
		"?rights=ANNEX": "1-1/1", "?rights=UPLOAD": "1-2/2", "?rights=UPLOAD,BROADCAST": "1-2/2",
		"?rights=UPLOAD&rights=COMMUNITY": "1-1/1", "?limit=1": "1-1/2", "?limit=1&page=2": "2-2/2", "?page=9": "0-0/2",
	} {
		a := s.call(s.supervisor, http.MethodGet, path+query, "", http.StatusOK)
		if got := a.header.Get("Content-Range"); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	s.call(s.supervisor, http.MethodPut, path+"/<sam>", `[]`, http.StatusNoContent)
	s.call(s.supervisor, http.MethodPut, path+"/<sam>", ``, http.StatusNoContent)
	s.refused(s.supervisor, http.MethodPut, path+"/<sam>", `{"rights": ["TOUT"]}`, http.StatusBadRequest,
		"Le champ rights doit être une liste parmi ANNEX, UPLOAD, BROADCAST, PROCESSING, COMMUNITY")
	s.refused(s.supervisor, http.MethodDelete, path+"/<dave>", "", http.StatusConflict,
		"Le superviseur doit être un utilisateur actif et ne peut être que remplacé")
	s.refused(s.member, http.MethodGet, path, "", http.StatusForbidden,
		"Le droit COMMUNITY sur la communauté est nécessaire")
	s.call(s.supervisor, http.MethodDelete, path+"/<sam>", `[]`, http.StatusNoContent)

	feed := s.value(s.call(s.supervisor, http.MethodGet, path+"/activity", "", http.StatusOK))
	entries := feed["entries"].([]any)
	if len(entries) < 4 || feed["title"] != "Événements des membres de la communauté Communauté tutoriels" {
		t.Errorf("%v", feed)
	}
	first := entries[0].(map[string]any)
	if first["title"] != "Membre retiré : sam" || first["author"].(map[string]any)["name"] != "dave" {
		t.Errorf("%v", first)
	}
	none := s.value(s.call(s.supervisor, http.MethodGet, path+"/activity?before=2020-01-01", "", http.StatusOK))
	if len(none["entries"].([]any)) != 0 {
		t.Errorf("%v", none)
	}
	public := s.call(nil, http.MethodGet, "/communities/tutoriels/activity", "", http.StatusOK)
	if strings.Contains(public.text, "author") || !strings.Contains(public.text, "couche") {
		t.Errorf("%s", public.text)
	}
}

// TestSpellings accepts what both generations of clients write, and refuses
// what contradicts itself (spec/entrepot.md §2).
func TestSpellings(t *testing.T) {
	s := newSmall(t)
	const path = "/administrator/datastores/<d>"
	for _, body := range []string{
		`{"storages": {"upload": {"quota": 5, "storage": "<uploads>"}}}`,
		`{"storages": {"uploads": {"quota": 5, "storage": "<uploads>"}}}`,
		`{"storages": {"annexe": {"quota": 5, "storage": "<annexes>"}}}`,
		`{"check": ["<check>"]}`, `{"checks": []}`, `{"check": ["<check>"], "checks": ["<check>"]}`,
		`{"processings": []}`, `{"endpoints": [{"quota": 3, "endpoint": "<wfs>"}]}`, `{}`, `[]`, ``,
		`{"metadata_file_identifier_prefix": "X", "configuration_layer_name_prefix": "Y", "sharings": true}`,
		`{"metadata_file_identifier_prefix": "", "configuration_layer_name_prefix": null}`,
	} {
		s.call(s.administrator, http.MethodPatch, path, body, http.StatusOK)
	}
	shown := s.value(s.call(s.administrator, http.MethodGet, path, "", http.StatusOK))
	if _, found := shown["metadata_file_identifier_prefix"]; found || shown["configuration_layer_name_prefix"] != "Y" {
		t.Errorf("%v", shown)
	}
	for body, sentence := range map[string]string{
		`{"check": ["<check>"], "checks": []}`: "Le champ check contredit checks : une seule des deux écritures suffit",
		`{"storages": {"upload": {"quota": 5, "storage": "<uploads>"}, "uploads": {"quota": 6, "storage": "<uploads>"}}}`: "Le champ storages.upload contredit storages.uploads : une seule des deux écritures suffit",
		`{"storages": {"uploads": {"quota": -1, "storage": "<uploads>"}}}`:                                                "Le champ storages.uploads.quota doit être un nombre entier d'octets positif ou nul",
		`{"storages": {"uploads": {"quota": 1.5, "storage": "<uploads>"}}}`:                                               "Le champ storages.uploads.quota doit être un nombre entier d'octets positif ou nul",
		`{"storages": {"data": [{"quota": 1, "storage": "<wfs>"}]}}`:                                                      "Le champ storages.data[0].storage doit désigner un stockage, une seule fois",
		`{"endpoints": [{"quota": "1", "endpoint": "<wfs>"}]}`:                                                            "Le champ endpoints[0].quota doit être un nombre entier d'offres positif ou nul",
		`{"processings": ["<check>"]}`:                                                                                    "Le champ processings[0] doit désigner un traitement, une seule fois",
		`{"actif": true}`:                                                                                                 "Le champ actif est inconnu",
		`{"active": true, "active": false}`:                                                                               "Le champ active est donné deux fois",
	} {
		s.refused(s.administrator, http.MethodPatch, path, body, http.StatusBadRequest, sentence)
	}
	s.refused(s.administrator, http.MethodPatch, path, `{"endpoints": []}`, http.StatusConflict,
		"La ressource est encore utilisée")
	s.refused(s.administrator, http.MethodDelete, path, ``, http.StatusConflict, "La ressource est encore utilisée")
	for _, body := range []string{
		`{}`, `{"community": "<c>", "endpoints": []}`,
		`{"community": "<c>", "storages": {"data": [], "uploads": {"quota": 1, "storage": "<uploads>"},
			"annexes": {"quota": 1, "storage": "<annexes>"}}}`,
	} {
		s.call(s.administrator, http.MethodPost, "/administrator/datastores", body, http.StatusBadRequest)
	}
	s.call(s.administrator, http.MethodPost, "/administrator/datastores", `{"community": "<c>", "endpoints": [],
		"storages": {"data": [], "uploads": {"quota": 1, "storage": "<uploads>"},
		"annexes": {"quota": 1, "storage": "<annexes>"}}}`, http.StatusConflict)
}

// TestExhaustion tells what is full, in words (spec/entrepot.md §7).
func TestExhaustion(t *testing.T) {
	s := newSmall(t)
	s.call(s.administrator, http.MethodPatch, "/administrator/datastores/<d>",
		`{"endpoints": [{"quota": 1, "endpoint": "<wfs>"}]}`, http.StatusOK)
	list := s.call(s.supervisor, http.MethodGet, "/datastores/<d>/endpoints?use_ratio=100&open=true&type=WFS&name=%25wfs%25", "", http.StatusOK)
	if got := list.header.Get("Content-Range"); got != "1-1/1" {
		t.Errorf("the full endpoint is not listed: %s", got)
	}
	_, err := s.services.Offerings.Register(t.Context(), root(), offering.Offering{
		Workspace: s.community.ID, Endpoint: s.facilities.wfs.ID, LayerName: "autre", Open: true, Available: true,
	})
	if err == nil {
		t.Fatal("the quota was exceeded")
	}
	// What is reserved cannot be had, so it shows as used.
	allocations, _, err := s.services.Quotas.Allocations(t.Context(), quota.AllocationFilter{
		Pools: []quota.PoolID{s.facilities.uploads.ID},
	})
	s.must(err)
	_, err = s.services.Quotas.Reserve(t.Context(), allocations[0].ID, 41, "k", time.Hour, quota.Reason{Kind: "upload", Ref: "u"})
	s.must(err)
	s.must(s.services.Quotas.Consume(t.Context(), allocations[0].ID, 1, quota.Reason{Kind: "upload", Ref: "v"}))
	shown := s.value(s.call(s.supervisor, http.MethodGet, "/datastores/<d>/storages", "", http.StatusOK))
	if use := shown["uploads"].(map[string]any)["use"]; use != 42.0 {
		t.Errorf("use %v", use)
	}
}

// TestStats sums up what hosts reported.
func TestStats(t *testing.T) {
	s := newSmall(t)
	for day, hits := range []int64{3, 4} {
		s.must(s.services.Offerings.Report(t.Context(), root(), offering.Traffic{
			At: time.Date(2026, 5, 1+day, 12, 0, 0, 0, time.UTC), Offering: s.offering.ID, Hits: hits, Bytes: 10 * hits,
		}))
	}
	const first, second, third = `"2026-05-01T00:00:00.000000Z"`, `"2026-05-02T00:00:00.000000Z"`, `"2026-05-03T00:00:00.000000Z"`
	for _, path := range []string{"/communities/<c>/stats", "/datastores/<d>/endpoints/<wfs>/stats"} {
		s.same(s.call(s.member, http.MethodGet, path, "", http.StatusOK).text, `{
			"total": {"begin_date": `+first+`, "end_date": `+third+`, "data_transfer": 70, "hits": 7},
			"details": [
				{"begin_date": `+first+`, "end_date": `+second+`, "data_transfer": 30, "hits": 3},
				{"begin_date": `+second+`, "end_date": `+third+`, "data_transfer": 40, "hits": 4}]}`)
	}
	s.same(s.call(s.member, http.MethodGet, "/datastores/<d>/endpoints/<wms>/stats?start=2026-05-01", "", http.StatusOK).text,
		`{"total": {"begin_date": `+first+`, "data_transfer": 0, "hits": 0}, "details": []}`)
	s.refused(s.member, http.MethodGet, "/communities/<c>/stats?start=hier", "", http.StatusBadRequest,
		"Le champ start doit être une date ISO 8601")
}
