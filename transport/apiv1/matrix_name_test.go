package apiv1_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
)

// path fills in what the parts of a path name.
func (m *matrix) path(route apiv1.Route, p *persona, v [2]string) string {
	n := -1
	path := variable.ReplaceAllStringFunc(route.Path, func(part string) string {
		n++
		return m.named(route, p, strings.Trim(part, "{}"), v[min(n, 1)])
	})
	switch route.Operation {
	case "deleteFeatures":
		path += "?all=true"
	case "appendUpload":
		path += "?offset=2"
	}
	return path
}

func (m *matrix) named(route apiv1.Route, p *persona, part, which string) string {
	h, spare := p.home, m.spares[0]
	if which == foreign {
		h, spare = m.abroad, m.spares[1]
	}
	missing := which == absent
	switch {
	case part == "role":
		if missing {
			return "nothing"
		}
		return strings.ReplaceAll(string(spare.role), "/", "%2F")
	case part == "principal":
		switch {
		case missing:
			return "999999"
		case route.Operation == "putMember":
			return strconv.FormatInt(int64(m.recruit.Num), 10)
		case slices.Contains(ofFellows(), route.Operation):
			return strconv.FormatInt(int64(h.fellow.Num), 10)
		}
		return strconv.FormatInt(int64(h.victim.Num), 10)
	case slices.Contains([]string{"resource", "feature", "attachment"}, part):
		return h.tree.named(part, missing)
	case part == "database" || part == "backup":
		return h.stock.named(route, part, missing)
	case part == "class" && missing:
		return "nothing"
	case part == "class":
		return "vector_layer"
	case missing:
		return uid.New()
	case part == "rule" && strings.HasPrefix(route.Path, "/resources"):
		return string(h.tree.rule.ID)
	case part == "workspace":
		return string(h.ID)
	case part == "rule":
		return string(h.rule.ID)
	case slices.Contains([]string{"invitation", "template", "key", "session", "upload", "preference"}, part):
		return h.belonging(route, p, part, which)
	case part == "group":
		return string(h.group.ID)
	case part == "organization" && route.Policy.Who == apiv1.Platform:
		return string(spare.organization.ID)
	case part == "organization":
		return string(h.pays.ID)
	case part == "pool" && strings.HasPrefix(route.Path, "/users"):
		return string(m.keys)
	case part == "pool" && strings.HasPrefix(route.Path, "/workspaces"):
		return string(h.pool.ID)
	case part == "pool":
		return string(spare.pool.ID)
	case part == "user":
		return string(m.subject(route, p, h, which).ID)
	}
	m.t.Fatalf("%s: nothing for %s", route.Path, part)
	return ""
}

// ofFellows lists the operations that are about who owns something, or manages
// nothing above.
func ofFellows() []string {
	return []string{"suspendMember", "resumeMember", "listHoldings", "listHeirs", "transferHoldings"}
}

// subject is the user that an operation is about.
func (m *matrix) subject(route apiv1.Route, p *persona, h *place, which string) *someone {
	switch {
	case route.Operation == "addOrganizationAdministrator":
		return m.recruit
	case route.Operation == "addGroupUser":
		return &someone{h.SupervisedBy}
	case route.Operation == "enableUser", !strings.HasPrefix(route.Path, "/users"):
		return h.victim
	case route.Policy.Who == apiv1.Self && which == own && p.someone != nil:
		return p.someone
	}
	return h.victim
}
