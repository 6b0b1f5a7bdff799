package entrepot

import (
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// offer is an offering as those see it who may use it.
type offer struct {
	Type      string      `json:"type"`
	Status    string      `json:"status"`
	LayerName string      `json:"layer_name"`
	Open      bool        `json:"open"`
	Available bool        `json:"available"`
	URLs      []quota.URL `json:"urls,omitzero"`
	ID        string      `json:"_id"`
}

func offerOf(o offering.Offering) offer {
	return offer{
		Type: o.Type, Status: string(o.Status), LayerName: o.LayerName, Open: o.Open, Available: o.Available,
		ID: string(o.ID),
	}
}

func offersOf(list []offering.Offering, urls bool) []offer {
	offers := make([]offer, 0, len(list))
	for _, o := range list {
		shown := offerOf(o)
		if urls {
			shown.URLs = append([]quota.URL{}, o.URLs...)
		}
		offers = append(offers, shown)
	}
	return offers
}

// held is a permission as its beneficiary sees it.
type held struct {
	Licence   string  `json:"licence"`
	EndDate   stamp   `json:"end_date,omitzero"`
	Offerings []offer `json:"offerings,omitzero"`
	OnlyOAuth bool    `json:"only_oauth"`
	ID        string  `json:"_id"`
}

func heldOf(p offering.Permission, urls bool) held {
	return held{
		Licence: p.Licence, EndDate: stamp{p.End}, Offerings: offersOf(p.Offerings, urls), OnlyOAuth: p.OnlyOAuth,
		ID: string(p.ID),
	}
}

// given is a permission as the datastore sees it that gave it.
type given struct {
	Licence     string  `json:"licence"`
	EndDate     stamp   `json:"end_date,omitzero"`
	Offerings   []offer `json:"offerings"`
	Author      *author `json:"datastore_author,omitzero"`
	Beneficiary any     `json:"beneficiary"`
	OnlyOAuth   bool    `json:"only_oauth"`
	ID          string  `json:"_id"`
}

// author, someone and somewhere have exactly these keys: another crashes the
// QGIS plugin (spec/entrepot.md §5).
type author struct {
	Name          string `json:"name"`
	TechnicalName string `json:"technical_name"`
	Active        bool   `json:"active"`
	ID            string `json:"_id"`
}

type someone struct {
	ID        string `json:"_id"`
	LastName  string `json:"last_name"`
	FirstName string `json:"first_name"`
}

type somewhere struct {
	Name          string `json:"name"`
	TechnicalName string `json:"technical_name"`
	Contact       string `json:"contact"`
	Public        bool   `json:"public"`
	ID            string `json:"_id"`
}

func givenOf(g offering.Given) given {
	shown := given{
		Licence: g.Licence, EndDate: stamp{g.End}, Offerings: offersOf(g.Offerings, false), OnlyOAuth: g.OnlyOAuth,
		ID: string(g.ID),
	}
	if g.Author.Datastore != "" {
		shown.Author = &author{
			Name: g.Author.Name, TechnicalName: g.Author.TechnicalName, Active: g.Author.Active,
			ID: string(g.Author.Datastore),
		}
	}
	switch {
	case g.ToUser != nil:
		shown.Beneficiary = someone{
			ID: string(g.ToUser.ID), LastName: g.ToUser.LastName, FirstName: g.ToUser.FirstName,
		}
	case g.ToCommunity != nil:
		w := g.ToCommunity
		shown.Beneficiary = somewhere{
			Name: w.Name, TechnicalName: w.TechnicalName, Contact: w.Contact, Public: w.Public, ID: string(w.ID),
		}
	}
	return shown
}

func givenList(list []offering.Given) []given {
	shown := make([]given, 0, len(list))
	for _, g := range list {
		shown = append(shown, givenOf(g))
	}
	return shown
}

// newPermission is a permission to give, once to each beneficiary.
type newPermission struct {
	Type        string   `json:"type"`
	Licence     string   `json:"licence"`
	EndDate     date     `json:"end_date"`
	Offerings   []string `json:"offerings"`
	Users       []string `json:"users"`
	Communities []string `json:"communities"`
	OnlyOAuth   bool     `json:"only_oauth"`
}

func (n newPermission) grant() (offering.Grant, error) {
	if err := n.EndDate.check("end_date"); err != nil {
		return offering.Grant{}, err
	}
	g := offering.Grant{
		Licence: n.Licence, End: n.EndDate.at, OnlyOAuth: n.OnlyOAuth,
		Offerings: convert[string, offering.ID](n.Offerings),
	}
	users, communities := n.Users, n.Communities
	switch n.Type {
	case "COMMUNITY":
		// The tutorial names communities under "users" (spec/entrepot.md §2).
		if len(communities) == 0 {
			users, communities = nil, users
		}
		if len(users) > 0 {
			return offering.Grant{}, invalid("users", notFor+"COMMUNITY")
		}
		if len(communities) == 0 {
			return offering.Grant{}, invalid("communities", expectedValue)
		}
	case "ACCOUNT", "":
		if len(communities) > 0 {
			return offering.Grant{}, invalid("communities", notFor+"ACCOUNT")
		}
		if len(users) == 0 {
			return offering.Grant{}, invalid("users", expectedValue)
		}
	default:
		return offering.Grant{}, oneOf("type", n.Type, []string{"ACCOUNT", "COMMUNITY"})
	}
	g.Users = convert[string, workspace.UserID](users)
	g.Communities = convert[string, workspace.ID](communities)
	return g, nil
}

// permissionPatch is what to change of a permission; a null end date takes it
// away.
type permissionPatch struct {
	EndDate   date      `json:"end_date"`
	Licence   *string   `json:"licence"`
	Offerings *[]string `json:"offerings"`
}

func (p permissionPatch) apply(to *offering.Permission) error {
	if err := p.EndDate.check("end_date"); err != nil {
		return err
	}
	if p.EndDate.given {
		to.End = p.EndDate.at
	}
	set(&to.Licence, p.Licence)
	if p.Offerings != nil {
		to.Offerings = make([]offering.Offering, 0, len(*p.Offerings))
		for _, id := range *p.Offerings {
			to.Offerings = append(to.Offerings, offering.Offering{ID: offering.ID(id)})
		}
	}
	return nil
}
