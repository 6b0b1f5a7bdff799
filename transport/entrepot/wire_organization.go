package entrepot

import (
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// organization is an organization as its administrators see it.
type organization struct {
	Name          string `json:"name"`
	Siren         string `json:"siren,omitzero"`
	Siret         string `json:"siret,omitzero"`
	VAT           string `json:"tva_intracom,omitzero"`
	EconomicModel string `json:"economical_model,omitzero"`
	UploadsQuota  int64  `json:"uploads_quota"`
	ID            string `json:"_id"`
}

func organizationOf(o workspace.Organization) organization {
	return organization{
		Name: o.Name, Siren: o.Siren, Siret: o.Siret, VAT: o.VAT, EconomicModel: o.EconomicModel,
		UploadsQuota: o.UploadsQuota, ID: string(o.ID),
	}
}

// organizationBody is an organization to make, or what to change of one. What
// is absent or null stays.
type organizationBody struct {
	Name          *string `json:"name"`
	Siren         *string `json:"siren"`
	Siret         *string `json:"siret"`
	VAT           *string `json:"tva_intracom"`
	EconomicModel *string `json:"economical_model"`
	UploadsQuota  *int64  `json:"uploads_quota"`
}

func (b organizationBody) apply(o *workspace.Organization) error {
	set(&o.Name, b.Name)
	set(&o.Siren, b.Siren)
	set(&o.Siret, b.Siret)
	set(&o.VAT, b.VAT)
	set(&o.EconomicModel, b.EconomicModel)
	set(&o.UploadsQuota, b.UploadsQuota)
	return nil
}

// endpointRow is what a community of an organization was given of an endpoint.
type endpointRow struct {
	Use          int64    `json:"use"`
	Quota        int64    `json:"quota"`
	Endpoint     endpoint `json:"endpoint"`
	Organization string   `json:"organization"`
	Community    string   `json:"community"`
	Datastore    string   `json:"datastore"`
}
