package entrepot

import (
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// account is a user as he sees himself.
type account struct {
	Email     string `json:"email"`
	Creation  stamp  `json:"creation"`
	LastCall  stamp  `json:"last_call,omitzero"`
	LastLogin stamp  `json:"last_login,omitzero"`
	// Memberships is left out where an administrator looks at somebody else.
	Memberships    []membership `json:"communities_member,omitzero"`
	DocumentsQuota *int64       `json:"documents_quota,omitzero"`
	DocumentsUse   *int64       `json:"documents_use,omitzero"`
	KeysQuota      *int64       `json:"keys_quota,omitzero"`
	KeysUse        *int64       `json:"keys_use,omitzero"`
	Technical      bool         `json:"technical"`
	Administrator  bool         `json:"administrator"`
	ID             string       `json:"_id"`
	LastName       string       `json:"last_name"`
	FirstName      string       `json:"first_name"`
}

// membership and joined have exactly these keys: another crashes the QGIS
// plugin at login (spec/entrepot.md §5).
type membership struct {
	Rights    []string `json:"rights"`
	Community joined   `json:"community"`
}

type joined struct {
	Name          string `json:"name"`
	TechnicalName string `json:"technical_name"`
	Datastore     string `json:"datastore,omitzero"`
	Supervisor    string `json:"supervisor"`
	Public        bool   `json:"public"`
	ID            string `json:"_id"`
}

func accountOf(u workspace.User) account {
	return account{
		Email: u.Email, Creation: stamp{u.Created}, LastCall: stamp{u.LastCall}, LastLogin: stamp{u.LastLogin},
		Technical: u.Technical, Administrator: u.Administrator,
		ID: string(u.ID), LastName: u.LastName, FirstName: u.FirstName,
	}
}

// withQuotas adds what the user may have and has.
func (a account) withQuotas(keys, documents quota.Allocation) account {
	a.KeysQuota, a.KeysUse = new(keys.Limit), new(keys.Use+keys.Held)
	a.DocumentsQuota, a.DocumentsUse = new(documents.Limit), new(documents.Use+documents.Held)
	return a
}

// withMemberships adds the communities.
func (a account) withMemberships(list []workspace.Membership) account {
	a.Memberships = make([]membership, 0, len(list))
	for _, m := range list {
		w := m.Workspace
		a.Memberships = append(a.Memberships, membership{
			Rights: rightNames(m.Rights),
			Community: joined{
				Name: w.Name, TechnicalName: w.TechnicalName, Datastore: string(w.Datastore),
				Supervisor: string(w.Supervisor), Public: w.Public, ID: string(w.ID),
			},
		})
	}
	return a
}

// userPatch is what an administrator may change of a user.
type userPatch struct {
	DocumentsQuota *int64 `json:"documents_quota"`
	KeysQuota      *int64 `json:"keys_quota"`
}

// check refuses what no quota can be.
func (p userPatch) check() error {
	if p.DocumentsQuota != nil && *p.DocumentsQuota < 0 {
		return invalid("documents_quota", "at least 0")
	}
	if p.KeysQuota != nil && *p.KeysQuota < 0 {
		return invalid("keys_quota", "at least 0")
	}
	return nil
}
