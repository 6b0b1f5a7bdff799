package entrepot

import (
	"fmt"
	"net/netip"

	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
)

// keyRow is a key in a list.
type keyRow struct {
	Name string `json:"name"`
	Type string `json:"type"`
	ID   string `json:"_id"`
}

func keyRowOf(k apikey.Key) keyRow {
	return keyRow{Name: k.Name, Type: string(k.Type), ID: string(k.ID)}
}

// keyDetails is a key as its owner sees it.
type keyDetails struct {
	Name      string   `json:"name"`
	Type      string   `json:"type"`
	Whitelist []string `json:"whitelist"`
	Blacklist []string `json:"blacklist"`
	UserAgent string   `json:"user_agent,omitzero"`
	Referer   string   `json:"referer,omitzero"`
	TypeInfos keyInfos `json:"type_infos"`
	ID        string   `json:"_id"`
}

// keyInfos is the credential. On output the password is a digest.
type keyInfos struct {
	Hash     string            `json:"hash,omitzero"`
	Headers  map[string]string `json:"headers,omitzero"`
	Login    string            `json:"login,omitzero"`
	Password string            `json:"password,omitzero"`
}

func keyOf(k apikey.Key) keyDetails {
	return keyDetails{
		Name: k.Name, Type: string(k.Type), Whitelist: networkTexts(k.Whitelist), Blacklist: networkTexts(k.Blacklist),
		UserAgent: k.UserAgent, Referer: k.Referer, ID: string(k.ID),
		TypeInfos: keyInfos{Hash: k.Hash, Headers: k.Headers, Login: k.Login, Password: k.PasswordHash},
	}
}

func networkTexts(list []netip.Prefix) []string {
	texts := make([]string, 0, len(list))
	for _, p := range list {
		texts = append(texts, networkText(p))
	}
	return texts
}

// networks reads addresses and networks.
func networks(field string, texts []string) ([]netip.Prefix, error) {
	list := make([]netip.Prefix, 0, len(texts))
	for i, text := range texts {
		if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
			list = append(list, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, invalid(fmt.Sprintf("%s[%d]", field, i), "an IP address or a CIDR network")
		}
		list = append(list, network)
	}
	return list, nil
}

// newKey is a key to make.
type newKey struct {
	Name      string    `json:"name"`
	Type      string    `json:"type"`
	Whitelist []string  `json:"whitelist"`
	Blacklist []string  `json:"blacklist"`
	UserAgent *string   `json:"user_agent"`
	Referer   *string   `json:"referer"`
	TypeInfos *keyInfos `json:"type_infos"`
}

func (n newKey) key() (apikey.Key, apikey.Credential, error) {
	k := apikey.Key{Name: n.Name, Type: apikey.Type(n.Type)}
	set(&k.UserAgent, n.UserAgent)
	set(&k.Referer, n.Referer)
	types := []string{string(apikey.Hash), string(apikey.Header), string(apikey.Basic), string(apikey.OAuth2)}
	if err := oneOf("type", n.Type, types); err != nil {
		return k, apikey.Credential{}, err
	}
	var err error
	if k.Whitelist, err = networks("whitelist", n.Whitelist); err != nil {
		return k, apikey.Credential{}, err
	}
	if k.Blacklist, err = networks("blacklist", n.Blacklist); err != nil {
		return k, apikey.Credential{}, err
	}
	var infos keyInfos
	set(&infos, n.TypeInfos)
	for _, part := range []struct {
		field string
		given bool
		of    apikey.Type
	}{
		{"hash", infos.Hash != "", apikey.Hash},
		{"headers", infos.Headers != nil, apikey.Header},
		{"login", infos.Login != "", apikey.Basic},
		{"password", infos.Password != "", apikey.Basic},
	} {
		if part.given && part.of != k.Type {
			return k, apikey.Credential{}, invalid("type_infos."+part.field, notFor+n.Type)
		}
	}
	return k, apikey.Credential{
		Hash: infos.Hash, Headers: infos.Headers, Login: infos.Login, Password: infos.Password,
	}, nil
}

// keyPatch is what to change of a key; an empty user agent or referer takes the
// restriction away.
type keyPatch struct {
	Name      *string   `json:"name"`
	Whitelist *[]string `json:"whitelist"`
	Blacklist *[]string `json:"blacklist"`
	UserAgent *string   `json:"user_agent"`
	Referer   *string   `json:"referer"`
}

func (p keyPatch) apply(k *apikey.Key) error {
	set(&k.Name, p.Name)
	set(&k.UserAgent, p.UserAgent)
	set(&k.Referer, p.Referer)
	var err error
	if p.Whitelist != nil {
		if k.Whitelist, err = networks("whitelist", *p.Whitelist); err != nil {
			return err
		}
	}
	if p.Blacklist != nil {
		if k.Blacklist, err = networks("blacklist", *p.Blacklist); err != nil {
			return err
		}
	}
	return nil
}

// access is an offering that a key opens. Its permission is left out where the
// offering is open to everybody.
type access struct {
	Permission *held  `json:"permission,omitzero"`
	Offering   offer  `json:"offering"`
	ID         string `json:"_id"`
}

func accessOf(a apikey.Access) access {
	shown := access{Offering: offerOf(a.Offering), ID: string(a.ID)}
	if a.Permission != nil {
		through := heldOf(*a.Permission, false)
		through.Offerings = nil
		shown.Permission = &through
	}
	return shown
}

// newAccess is what a key is to open.
type newAccess struct {
	Permission *string  `json:"permission"`
	Offerings  []string `json:"offerings"`
}
