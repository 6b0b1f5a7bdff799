package entrepot

import "github.com/bailiwick-sdk/bailiwick/workspace"

func (l *lens) communityCatalog(c *call) (reply, error) {
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f := workspace.Filter{Newest: p.newest, Offset: p.offset, Limit: p.limit}
	if err := c.texts(map[string]*string{"name": &f.Name, "technical_name": &f.TechnicalName}); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.Catalog(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]community, 0, len(found))
	for _, d := range found {
		list = append(list, catalogued(d))
	}
	return listed(p, list, total)
}

func (l *lens) organizationCatalog(c *call) (reply, error) {
	p, err := c.page(true)
	if err != nil {
		return reply{}, err
	}
	f := workspace.OrganizationFilter{Newest: p.newest, Offset: p.offset, Limit: p.limit}
	if f.Name, err = c.text("name"); err != nil {
		return reply{}, err
	}
	found, total, err := l.Workspaces.OrganizationCatalog(c.Context(), c.actor, f)
	if err != nil {
		return reply{}, err
	}
	list := make([]reference, 0, len(found))
	for _, o := range found {
		list = append(list, reference{Name: o.Name, ID: string(o.ID)})
	}
	return listed(p, list, total)
}
