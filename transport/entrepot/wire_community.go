package entrepot

import (
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// community is a workspace as its members see it.
type community struct {
	Name          string         `json:"name"`
	Description   string         `json:"description,omitzero"`
	TechnicalName string         `json:"technical_name"`
	Contact       string         `json:"contact"`
	Organization  *reference     `json:"organization,omitzero"`
	Datastore     *datastoreLink `json:"datastore,omitzero"`
	// Supervisor is left out of what everybody may see.
	Supervisor *person `json:"supervisor,omitzero"`
	Public     bool    `json:"public"`
	ID         string  `json:"_id"`
}

type datastoreLink struct {
	Active bool   `json:"active"`
	ID     string `json:"_id"`
}

func communityOf(w workspace.Workspace) community {
	c := community{
		Name: w.Name, Description: w.Description, TechnicalName: w.TechnicalName, Contact: w.Contact,
		Public: w.Public, ID: string(w.ID),
	}
	if w.Datastore != "" {
		c.Datastore = &datastoreLink{Active: w.Active, ID: string(w.Datastore)}
	}
	return c
}

func communityDetails(d workspace.Details) community {
	c := communityOf(d.Workspace)
	c.Supervisor = new(personOf(d.SupervisedBy))
	if d.PaidBy != nil {
		c.Organization = &reference{Name: d.PaidBy.Name, ID: string(d.PaidBy.ID)}
	}
	return c
}

// catalogued is a community as everybody who is signed in may see it.
func catalogued(d workspace.Details) community {
	c := communityDetails(d)
	c.Supervisor, c.Datastore = nil, nil
	return c
}

// newCommunity is a community to make.
type newCommunity struct {
	Name          string  `json:"name"`
	TechnicalName string  `json:"technical_name"`
	Contact       *string `json:"contact"`
	Public        *bool   `json:"public"`
	Description   *string `json:"description"`
	Supervisor    string  `json:"supervisor"`
	Organization  *string `json:"organization"`
}

func (n newCommunity) workspace() (workspace.Workspace, error) {
	if n.Supervisor == "" {
		return workspace.Workspace{}, invalid("supervisor", expectedValue)
	}
	if n.TechnicalName == "" { // the domain would make one of the name
		return workspace.Workspace{}, invalid("technical_name", expectedValue)
	}
	w := workspace.Workspace{
		Name: n.Name, TechnicalName: n.TechnicalName, Supervisor: workspace.UserID(n.Supervisor),
	}
	set(&w.Contact, n.Contact)
	set(&w.Public, n.Public)
	set(&w.Description, n.Description)
	if n.Organization != nil {
		w.Organization = workspace.OrganizationID(*n.Organization)
	}
	return w, nil
}

// communityPatch is what to change of a community; what is absent or null
// stays.
type communityPatch struct {
	Name        *string `json:"name"`
	Description *string `json:"description"`
	Contact     *string `json:"contact"`
	Public      *bool   `json:"public"`
	Supervisor  *string `json:"supervisor"`
}

func (p communityPatch) apply(w *workspace.Workspace) {
	set(&w.Name, p.Name)
	set(&w.Description, p.Description)
	set(&w.Contact, p.Contact)
	set(&w.Public, p.Public)
	if p.Supervisor != nil {
		w.Supervisor = workspace.UserID(*p.Supervisor)
	}
}

// administeredPatch is what administrators may change besides. An empty
// organization takes the community out of its own.
type administeredPatch struct {
	Name         *string `json:"name"`
	Description  *string `json:"description"`
	Contact      *string `json:"contact"`
	Public       *bool   `json:"public"`
	Supervisor   *string `json:"supervisor"`
	Organization *string `json:"organization"`
}

func (p administeredPatch) apply(w *workspace.Workspace) {
	communityPatch{
		Name: p.Name, Description: p.Description, Contact: p.Contact, Public: p.Public, Supervisor: p.Supervisor,
	}.apply(w)
	if p.Organization != nil {
		w.Organization = workspace.OrganizationID(*p.Organization)
	}
}

func (p administeredPatch) payer() string {
	if p.Organization == nil {
		return ""
	}
	return *p.Organization
}

func (communityPatch) payer() string { return "" }

// memberOf is a user in a community.
type member struct {
	Rights   []string `json:"rights"`
	User     person   `json:"user"`
	Creation stamp    `json:"creation"`
	Update   stamp    `json:"update"`
}

func memberOf(m workspace.Member, u workspace.User) member {
	return member{
		Rights: rightNames(m.Rights), User: personOf(u), Creation: stamp{m.Created}, Update: stamp{m.Updated},
	}
}

// rightsBody is what a member is given.
type rightsBody struct {
	Rights []string `json:"rights"`
}
