package ngw

import (
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

const (
	keynameGuest          = "guest"
	keynameAdministrators = "administrators"
)

// briefUserWire is a user as everybody may see him who may see him at all.
type briefUserWire struct {
	ID            int64   `json:"id"`
	System        bool    `json:"system"`
	Keyname       string  `json:"keyname"`
	DisplayName   string  `json:"display_name"`
	Administrator bool    `json:"is_administrator"`
	Disabled      bool    `json:"disabled"`
	Password      bool    `json:"password"`
	LastActivity  *string `json:"last_activity"`
	OAuthSubject  *string `json:"oauth_subject"`
}

// userWire is a user.
type userWire struct {
	briefUserWire

	Superuser   bool     `json:"superuser"`
	Alink       *string  `json:"alink"`
	Description *string  `json:"description"`
	Language    *string  `json:"language"`
	OAuthTime   *string  `json:"oauth_tstamp"`
	MemberOf    []int64  `json:"member_of"`
	Permissions []string `json:"permissions"`
	// Email is ours: NextGIS Web knows no addresses.
	Email string `json:"email,omitempty"`
}

// userOf returns a user with the groups that he is in. Whether somebody has a
// password is his secret; that he may have one is what clients want to know.
func userOf(u workspace.User, groups []int64) userWire {
	w := userWire{
		briefUserWire: briefUserWire{
			ID: int64(u.Num), Keyname: u.Username, DisplayName: displayName(u), Administrator: u.Administrator,
			Disabled: u.Disabled, Password: true,
		},
		Language: filled(u.Language), Email: u.Email, MemberOf: []int64{}, Permissions: []string{},
	}
	if !u.LastCall.IsZero() {
		w.LastActivity = filled(stampOf(u.LastCall))
	}
	if u.Administrator {
		w.MemberOf = append(w.MemberOf, int64(rbac.Administrators))
		w.Permissions = append(w.Permissions, "auth.manage", "auth.view")
	}
	w.MemberOf = append(w.MemberOf, groups...)
	return w
}

// stampOf writes a time as NextGIS Web does: UTC without saying so.
func stampOf(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()/1000 == 0 {
		return t.Format("2006-01-02T15:04:05")
	}
	return t.Format("2006-01-02T15:04:05.000000")
}

// displayName returns what people call a user.
func displayName(u workspace.User) string {
	name := strings.TrimSpace(u.FirstName + " " + u.LastName)
	if name == "" {
		return u.Username
	}
	return name
}

// setDisplayName gives a user the names that one text is made of.
func setDisplayName(u *workspace.User, name string) {
	if name == displayName(*u) {
		return
	}
	u.FirstName, u.LastName, _ = strings.Cut(strings.TrimSpace(name), " ")
	u.LastName = strings.TrimSpace(u.LastName)
}

// systemUsers are the principals that rules name and nobody is.
func systemUsers() []userWire {
	one := func(p rbac.Principal, keyname, name string) userWire {
		return userWire{
			briefUserWire: briefUserWire{ID: int64(p), System: true, Keyname: keyname, DisplayName: name},
			MemberOf:      []int64{}, Permissions: []string{},
		}
	}
	return []userWire{
		one(rbac.Guest, keynameGuest, "Guest"), one(rbac.Everyone, "everyone", "Everyone"),
		one(rbac.Authenticated, "authenticated", "Authenticated"), one(rbac.Owner, "owner", "Owner"),
	}
}

// briefGroupWire is a group as everybody may see it who may see it at all.
type briefGroupWire struct {
	ID          int64  `json:"id"`
	System      bool   `json:"system"`
	Keyname     string `json:"keyname"`
	DisplayName string `json:"display_name"`
}

// groupWire is a group.
type groupWire struct {
	briefGroupWire

	Description *string  `json:"description"`
	Register    bool     `json:"register"`
	OAuth       bool     `json:"oauth_mapping"`
	Members     []int64  `json:"members"`
	Permissions []string `json:"permissions"`
}

func groupOf(g workspace.Group, members []int64) groupWire {
	if members == nil {
		members = []int64{}
	}
	return groupWire{
		briefGroupWire: briefGroupWire{ID: int64(g.Num), Keyname: groupKeyname(g), DisplayName: g.Name},
		Description:    filled(g.Description), Members: members, Permissions: []string{},
	}
}

// administrators is the group of the platform's administrators.
func administratorsOf(members []int64) groupWire {
	w := groupOf(workspace.Group{Num: rbac.Administrators, Name: "Administrators"}, members)
	w.System, w.Keyname = true, keynameAdministrators
	w.Permissions = []string{"auth.manage", "auth.view"}
	return w
}

// wireField returns what a field of the domain is called here.
func wireField(field string) string {
	switch field {
	case "username":
		return "keyname"
	case "name", "first_name", "last_name":
		return "display_name"
	}
	return field
}
