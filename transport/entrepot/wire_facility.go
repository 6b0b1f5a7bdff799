package entrepot

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"github.com/bailiwick-sdk/bailiwick/quota"
)

// settings are what the platform keeps of a pool without reading it, by the
// names of this API. Nothing in it is secret: type_infos says where a storage
// is, never how to get in.
type settings struct {
	TypeInfos        *typeInfos  `json:"type_infos,omitzero"`
	ForceMetadata    *bool       `json:"force_metadata,omitzero"`
	ForceAttribution *bool       `json:"force_attribution,omitzero"`
	SearchPublish    *bool       `json:"search_publish,omitzero"`
	MetadataID       *string     `json:"metadata_fi,omitzero"`
	JobName          string      `json:"orchestrator_job_name,omitzero"`
	Priority         string      `json:"priority,omitzero"`
	DefaultUploads   []string    `json:"default_uploads_check,omitzero"`
	InputTypes       *inputTypes `json:"input_types,omitzero"`
	OutputType       *outputType `json:"output_type,omitzero"`
	Parameters       []parameter `json:"parameters,omitzero"`
	RequiredChecks   []string    `json:"required_checks,omitzero"`
}

func settingsOf(p quota.Pool) (settings, error) {
	var s settings
	if len(p.Details) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(p.Details, &s); err != nil {
		return settings{}, fmt.Errorf("entrepot: details of pool %s: %w", p.ID, err)
	}
	return s, nil
}

// keep puts settings into a pool, beside what hosts keep there themselves.
func (s settings) keep(p *quota.Pool) error {
	all := map[string]json.RawMessage{}
	if len(p.Details) > 0 {
		if err := json.Unmarshal(p.Details, &all); err != nil {
			return fmt.Errorf("entrepot: details of pool %s: %w", p.ID, err)
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("entrepot: settings: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("entrepot: settings: %w", err)
	}
	p.Details, err = json.Marshal(all)
	if err != nil {
		return fmt.Errorf("entrepot: settings: %w", err)
	}
	return nil
}

type typeInfos struct {
	MountName    *string `json:"mount_name,omitzero"`
	PotName      *string `json:"pot_name,omitzero"`
	Host         *string `json:"host,omitzero"`
	Port         *int64  `json:"port,omitzero"`
	PortReadOnly *int64  `json:"port_read_only,omitzero"`
	DatabaseName *string `json:"database_name,omitzero"`
	Hosts        *[]host `json:"hosts,omitzero"`
}

type host struct {
	Host string `json:"host"`
	Port int64  `json:"port"`
}

type inputTypes struct {
	Upload     []string `json:"upload,omitzero"`
	StoredData []string `json:"stored_data,omitzero"`
}

type outputType struct {
	StoredData string   `json:"stored_data,omitzero"`
	Storage    []string `json:"storage,omitzero"`
	Upload     string   `json:"upload,omitzero"`
}

type parameter struct {
	Name         string          `json:"name"`
	Description  string          `json:"description"`
	Mandatory    bool            `json:"mandatory"`
	DefaultValue json.RawMessage `json:"default_value,omitzero"`
	Constraints  json.RawMessage `json:"constraints,omitzero"`
	StaticType   string          `json:"static_type,omitzero"`
}

func storageTypes() []string {
	return []string{"POSTGRESQL", "S3", "FILESYSTEM", "OPENSEARCH", "POSTGRESQL-ROUTING"}
}

func endpointTypes() []string {
	return []string{
		"WMS-VECTOR", "WFS", "WMTS-TMS", "WMS-RASTER", "DOWNLOAD", "METADATA", "ITINERARY-ISOCURVE", "ALTIMETRY",
		"SEARCH", "VECTOR-TMS",
	}
}

func urlTypes() []string {
	return []string{"WMTS", "TMS", "WMS", "WFS", "DOWNLOAD", "ITINERARY", "ISOCURVE", "ALTIMETRY", "METADATA", "SEARCH"}
}

func priorities() []string {
	return []string{"STANDARD", "PREMIUM", "SANDBOX", "STRONG", "EXTRACTION"}
}

// today translates types that were called otherwise in 2024.
func today(name string) string {
	switch name {
	case "CSW":
		return "METADATA"
	case "ALTI":
		return "ALTIMETRY"
	}
	return name
}

// check wants what is known of a storage of a type, and nothing else, so that
// nobody leaves a password there.
func (t *typeInfos) check(kind string) error {
	if t == nil {
		return invalid("type_infos", expectedValue)
	}
	database := kind == "POSTGRESQL" || kind == "POSTGRESQL-ROUTING"
	for _, part := range []struct {
		field          string
		given          bool
		wanted, needed bool
	}{
		{"mount_name", t.MountName != nil, kind == "FILESYSTEM", true},
		{"pot_name", t.PotName != nil, kind == "S3", true},
		{"host", t.Host != nil, database, true},
		{"port", t.Port != nil, database, true},
		{"port_read_only", t.PortReadOnly != nil, database, false},
		{"database_name", t.DatabaseName != nil, database, true},
		{"hosts", t.Hosts != nil, kind == "OPENSEARCH", true},
	} {
		switch {
		case part.given && !part.wanted:
			return invalid("type_infos."+part.field, notFor+kind)
		case !part.given && part.wanted && part.needed:
			return invalid("type_infos."+part.field, expectedValue)
		}
	}
	ports := []*int64{t.Port, t.PortReadOnly}
	if t.Hosts != nil {
		for _, h := range *t.Hosts {
			ports = append(ports, new(h.Port))
		}
	}
	for _, port := range ports {
		if port != nil && (*port < 1 || *port > 65535) {
			return invalid("type_infos.port", "a port from 1 to 65535")
		}
	}
	return nil
}

var word = regexp.MustCompile(`^[A-Z0-9_-]{1,50}$`)

// words wants names in capitals, each once. Which there are belongs to the data
// plane and changes with it.
func words(field string, list []string) error {
	for i, text := range list {
		if !word.MatchString(text) || slices.Contains(list[:i], text) {
			return invalid(fmt.Sprintf("%s[%d]", field, i), "a type in capitals, once")
		}
	}
	return nil
}

func (o *outputType) check() error {
	switch {
	case o == nil:
		return invalid("output_type", expectedValue)
	case (o.StoredData == "") == (o.Upload == ""):
		return invalid("output_type", "either stored_data with storage, or upload")
	case o.StoredData != "" && len(o.Storage) == 0:
		return invalid("output_type.storage", expectedValue)
	case o.Upload != "" && len(o.Storage) > 0:
		return invalid("output_type.storage", "nothing, with upload")
	}
	for i, s := range o.Storage {
		if err := oneOf(fmt.Sprintf("output_type.storage[%d]", i), s, storageTypes()); err != nil {
			return err
		}
	}
	if o.Upload != "" {
		return words("output_type.upload", []string{o.Upload})
	}
	return words("output_type.stored_data", []string{o.StoredData})
}

func checkParameters(list []parameter) error {
	for i, p := range list {
		if p.Name == "" {
			return invalid(fmt.Sprintf("parameters[%d].name", i), expectedValue)
		}
	}
	return nil
}

// checkURLs translates what addresses were called once, and wants web
// addresses.
func checkURLs(list []quota.URL) ([]quota.URL, error) {
	made := make([]quota.URL, 0, len(list))
	for i, u := range list {
		u.Type = today(u.Type)
		if err := oneOf(fmt.Sprintf("urls[%d].type", i), u.Type, urlTypes()); err != nil {
			return nil, err
		}
		parsed, err := url.Parse(u.URL)
		if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" || parsed.User != nil {
			return nil, invalid(fmt.Sprintf("urls[%d].url", i), "an address that begins with https:// or http://")
		}
		made = append(made, u)
	}
	return made, nil
}

// storage is a storage as members see it.
type storage struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Labels []string `json:"labels"`
	ID     string   `json:"_id"`
	// TypeInfos is for administrators alone.
	TypeInfos *typeInfos `json:"type_infos,omitzero"`
}

func storageOf(p quota.Pool) storage {
	return storage{Name: p.Name, Type: p.Type, Labels: append([]string{}, p.Labels...), ID: string(p.ID)}
}

// endpoint is an endpoint as everybody sees it.
type endpoint struct {
	Name             string      `json:"name"`
	TechnicalName    string      `json:"technical_name"`
	Type             string      `json:"type"`
	URLs             []quota.URL `json:"urls"`
	ForceMetadata    *bool       `json:"force_metadata,omitzero"`
	ForceAttribution *bool       `json:"force_attribution,omitzero"`
	SearchPublish    *bool       `json:"search_publish,omitzero"`
	ID               string      `json:"_id"`
	Open             bool        `json:"open"`
	MetadataID       *string     `json:"metadata_fi,omitzero"`
}

func endpointOf(p quota.Pool) (endpoint, error) {
	s, err := settingsOf(p)
	if err != nil {
		return endpoint{}, err
	}
	return endpoint{
		Name: p.Name, TechnicalName: p.TechnicalName, Type: p.Type, URLs: append([]quota.URL{}, p.URLs...),
		ForceMetadata: s.ForceMetadata, ForceAttribution: s.ForceAttribution, SearchPublish: s.SearchPublish,
		ID: string(p.ID), Open: p.Open, MetadataID: s.MetadataID,
	}, nil
}

// entitlement is a check or a processing in a list.
type entitlement struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	ID          string `json:"_id"`
}

func entitlementOf(p quota.Pool) entitlement {
	return entitlement{Name: p.Name, Description: p.Description, ID: string(p.ID)}
}

// check is a check as administrators see it.
type check struct {
	entitlement

	JobName        string   `json:"orchestrator_job_name"`
	Priority       string   `json:"priority,omitzero"`
	DefaultUploads []string `json:"default_uploads_check,omitzero"`
}

func checkOf(p quota.Pool) (check, error) {
	s, err := settingsOf(p)
	return check{entitlementOf(p), s.JobName, s.Priority, s.DefaultUploads}, err
}

// processing is a processing in detail.
type processing struct {
	entitlement

	JobName        string        `json:"orchestrator_job_name,omitzero"`
	Priority       string        `json:"priority,omitzero"`
	InputTypes     inputTypes    `json:"input_types"`
	OutputType     outputType    `json:"output_type"`
	Parameters     []parameter   `json:"parameters"`
	RequiredChecks []entitlement `json:"required_checks"`
}

// processingOf names those required checks that are among the given ones.
func processingOf(p quota.Pool, checks []quota.Pool) (processing, error) {
	s, err := settingsOf(p)
	if err != nil {
		return processing{}, err
	}
	shown := processing{
		entitlement: entitlementOf(p), JobName: s.JobName, Priority: s.Priority,
		Parameters: append([]parameter{}, s.Parameters...), RequiredChecks: []entitlement{},
	}
	set(&shown.InputTypes, s.InputTypes)
	set(&shown.OutputType, s.OutputType)
	for _, id := range s.RequiredChecks {
		for _, c := range checks {
			if string(c.ID) == id {
				shown.RequiredChecks = append(shown.RequiredChecks, entitlementOf(c))
			}
		}
	}
	return shown, nil
}
