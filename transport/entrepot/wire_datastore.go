package entrepot

import (
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// datastore is a workspace's share of the platform's facilities.
type datastore struct {
	Creation       stamp           `json:"creation"`
	Community      ownCommunity    `json:"community"`
	Processings    []string        `json:"processings"`
	Name           string          `json:"name"`
	TechnicalName  string          `json:"technical_name"`
	Description    string          `json:"description,omitzero"`
	Endpoints      []endpointShare `json:"endpoints"`
	Storages       storages        `json:"storages"`
	MetadataPrefix string          `json:"metadata_file_identifier_prefix,omitzero"`
	LayerPrefix    string          `json:"configuration_layer_name_prefix,omitzero"`
	Sharings       bool            `json:"sharings"`
	Active         bool            `json:"active"`
	ID             string          `json:"_id"`
	Checks         []string        `json:"checks"`
}

type ownCommunity struct {
	Contact string `json:"contact"`
	Public  bool   `json:"public"`
	ID      string `json:"_id"`
}

type storages struct {
	Data    []storageShare `json:"data"`
	Uploads *storageShare  `json:"uploads,omitzero"`
	Annexes *storageShare  `json:"annexes,omitzero"`
}

type storageShare struct {
	Use     int64   `json:"use"`
	Quota   int64   `json:"quota"`
	Storage storage `json:"storage"`
}

type endpointShare struct {
	Use      int64    `json:"use"`
	Quota    int64    `json:"quota"`
	Endpoint endpoint `json:"endpoint"`
}

// use is what a share has less of: reservations count, since what they hold
// cannot be had.
func use(a quota.Allocation) int64 { return a.Use + a.Held }

func datastoreOf(d workspace.Datastore) (datastore, error) {
	shown := datastore{
		Creation:    stamp{d.Created},
		Community:   ownCommunity{Contact: d.In.Contact, Public: d.In.Public, ID: string(d.In.ID)},
		Processings: []string{}, Endpoints: []endpointShare{}, Checks: []string{},
		Name: d.In.Name, TechnicalName: d.In.TechnicalName, Description: d.In.Description,
		Storages:       storages{Data: []storageShare{}},
		MetadataPrefix: d.MetadataPrefix, LayerPrefix: d.LayerPrefix, Sharings: d.Sharings,
		Active: d.In.Active, ID: string(d.ID),
	}
	for _, s := range d.Shares {
		switch s.From.Kind {
		case quota.Storage:
			share := storageShare{Use: use(s.Allocation), Quota: s.Limit, Storage: storageOf(s.From)}
			switch s.Slot {
			case workspace.SlotData:
				shown.Storages.Data = append(shown.Storages.Data, share)
			case workspace.SlotUploads:
				shown.Storages.Uploads = &share
			case workspace.SlotAnnexes:
				shown.Storages.Annexes = &share
			}
		case quota.Endpoint:
			e, err := endpointOf(s.From)
			if err != nil {
				return datastore{}, err
			}
			shown.Endpoints = append(shown.Endpoints, endpointShare{Use: use(s.Allocation), Quota: s.Limit, Endpoint: e})
		case quota.Processing:
			shown.Processings = append(shown.Processings, string(s.From.ID))
		case quota.Check:
			shown.Checks = append(shown.Checks, string(s.From.ID))
		}
	}
	return shown, nil
}

// datastoreRow is a datastore in a list.
type datastoreRow struct {
	Creation      stamp        `json:"creation"`
	Update        stamp        `json:"update"`
	Community     ownCommunity `json:"community"`
	Name          string       `json:"name"`
	TechnicalName string       `json:"technical_name"`
	Active        bool         `json:"active"`
	ID            string       `json:"_id"`
}

func datastoreRowOf(d workspace.Datastore) datastoreRow {
	return datastoreRow{
		Creation: stamp{d.Created}, Update: stamp{d.Updated},
		Community: ownCommunity{Contact: d.In.Contact, Public: d.In.Public, ID: string(d.In.ID)},
		Name:      d.In.Name, TechnicalName: d.In.TechnicalName, Active: d.In.Active, ID: string(d.ID),
	}
}

// storagePortion and endpointPortion are shares as administrators hand them
// out.
type storagePortion struct {
	Quota   *int64 `json:"quota"`
	Storage string `json:"storage"`
}

type endpointPortion struct {
	Quota    *int64 `json:"quota"`
	Endpoint string `json:"endpoint"`
}

func portion(field, name string, pool string, limit *int64) (workspace.Portion, error) {
	switch {
	case pool == "":
		return workspace.Portion{}, invalid(field+"."+name, expectedValue)
	case limit == nil || *limit < 0:
		return workspace.Portion{}, invalid(field+".quota", "at least 0")
	}
	return workspace.Portion{Pool: quota.PoolID(pool), Limit: *limit}, nil
}

func (p *storagePortion) portion(field string) (*workspace.Portion, error) {
	if p == nil {
		return nil, nil //nolint:nilnil // nil leaves the share as it is
	}
	made, err := portion(field, "storage", p.Storage, p.Quota)
	return &made, err
}

// storagesPlan takes both spellings: the plural is today's, the singular that
// of early 2024 (spec/entrepot.md §2).
type storagesPlan struct {
	Data    *[]storagePortion `json:"data"`
	Uploads *storagePortion   `json:"uploads"`
	Upload  *storagePortion   `json:"upload"`
	Annexes *storagePortion   `json:"annexes"`
	Annexe  *storagePortion   `json:"annexe"`
}

// datastorePatch is what to change of a datastore; what is absent or null
// stays, a list replaces the list that was there.
type datastorePatch struct {
	Active         *bool              `json:"active"`
	Processings    *[]string          `json:"processings"`
	Storages       *storagesPlan      `json:"storages"`
	Endpoints      *[]endpointPortion `json:"endpoints"`
	MetadataPrefix *string            `json:"metadata_file_identifier_prefix"`
	LayerPrefix    *string            `json:"configuration_layer_name_prefix"`
	Sharings       *bool              `json:"sharings"`
	Checks         *[]string          `json:"checks"`
	Check          *[]string          `json:"check"`
}

// newDatastore is a datastore to make. A new one is inactive, whatever is said.
type newDatastore struct {
	Community      string             `json:"community"`
	Processings    *[]string          `json:"processings"`
	Storages       *storagesPlan      `json:"storages"`
	Endpoints      *[]endpointPortion `json:"endpoints"`
	MetadataPrefix *string            `json:"metadata_file_identifier_prefix"`
	LayerPrefix    *string            `json:"configuration_layer_name_prefix"`
	Sharings       *bool              `json:"sharings"`
	Checks         *[]string          `json:"checks"`
	Check          *[]string          `json:"check"`
}

func (n newDatastore) plan() (workspace.Plan, error) {
	if n.Community == "" {
		return workspace.Plan{}, invalid("community", expectedValue)
	}
	plan, err := datastorePatch{
		Processings: n.Processings, Storages: n.Storages, Endpoints: n.Endpoints,
		MetadataPrefix: n.MetadataPrefix, LayerPrefix: n.LayerPrefix, Sharings: n.Sharings,
		Checks: n.Checks, Check: n.Check,
	}.plan()
	if err != nil {
		return workspace.Plan{}, err
	}
	for _, required := range []struct {
		field string
		given bool
	}{
		{"storages.data", plan.Data != nil},
		{"storages.uploads", plan.Uploads != nil},
		{"storages.annexes", plan.Annexes != nil},
		{"endpoints", plan.Endpoints != nil},
	} {
		if !required.given {
			return workspace.Plan{}, invalid(required.field, expectedValue)
		}
	}
	return plan, nil
}

func (p datastorePatch) plan() (workspace.Plan, error) {
	plan := workspace.Plan{
		MetadataPrefix: p.MetadataPrefix, LayerPrefix: p.LayerPrefix, Sharings: p.Sharings, Active: p.Active,
	}
	if p.Storages != nil {
		if err := p.Storages.into(&plan); err != nil {
			return workspace.Plan{}, err
		}
	}
	if p.Endpoints != nil {
		plan.Endpoints = make([]workspace.Portion, 0, len(*p.Endpoints))
		for i, e := range *p.Endpoints {
			made, err := portion(fmt.Sprintf("endpoints[%d]", i), "endpoint", e.Endpoint, e.Quota)
			if err != nil {
				return workspace.Plan{}, err
			}
			plan.Endpoints = append(plan.Endpoints, made)
		}
	}
	if p.Processings != nil {
		plan.Processings = convert[string, quota.PoolID](*p.Processings)
	}
	checks, err := merge("check", p.Checks, p.Check)
	if err != nil {
		return workspace.Plan{}, err
	}
	if checks != nil {
		plan.Checks = convert[string, quota.PoolID](*checks)
	}
	return plan, nil
}

func (s *storagesPlan) into(plan *workspace.Plan) error {
	if s.Data != nil {
		plan.Data = make([]workspace.Portion, 0, len(*s.Data))
		for i, d := range *s.Data {
			made, err := d.portion(fmt.Sprintf("storages.data[%d]", i))
			if err != nil {
				return err
			}
			plan.Data = append(plan.Data, *made)
		}
	}
	uploads, err := merge("storages.upload", s.Uploads, s.Upload)
	if err != nil {
		return err
	}
	annexes, err := merge("storages.annexe", s.Annexes, s.Annexe)
	if err != nil {
		return err
	}
	if plan.Uploads, err = uploads.portion("storages.uploads"); err != nil {
		return err
	}
	plan.Annexes, err = annexes.portion("storages.annexes")
	return err
}
