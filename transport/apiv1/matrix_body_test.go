package apiv1_test

import (
	"fmt"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// body is a request that can succeed.
func (m *matrix) body(route apiv1.Route, p *persona, v [2]string) string {
	h := p.home
	if v[0] == foreign {
		h = m.abroad
	}
	switch route.Operation {
	case "addRule":
		return fmt.Sprintf(`{"node": %d, "effect": "allow", "principal": %d, "role": "Viewer"}`, h.Num, h.fellow.Num)
	case "transferHoldings":
		return fmt.Sprintf(`{"to": %d}`, h.SupervisedBy.Num)
	case "departMember", "departUser", "departWorkspace":
		return "{}"
	case "updateMe", "updateUser":
		return `{"first_name": "Changed"}`
	case "putMyPreference":
		return `{"value": {"columns": ["name"]}}`
	case "createOrganization":
		return `{"name": "New", "uploads_quota": null}`
	case "updateOrganization":
		return `{"siren": "123456789"}`
	case "createWorkspace":
		return fmt.Sprintf(`{"name": "New", "technical_name": "new", "supervisor": %q}`, m.recruit.ID)
	case "updateWorkspace":
		return `{"description": "Changed"}`
	case "putMember":
		return `{"roles": ["Viewer"]}`
	case "createGroup", "createPlatformGroup":
		return `{"name": "New"}`
	case "updateGroup":
		return `{"name": "Changed", "description": null}`
	case "createUser":
		return `{"username": "new", "email": "new@example.org"}`
	case "putRole":
		return `{"title": "Changed", "permissions": ["workspace.update"]}`
	case "createPool":
		return `{"kind": "check", "unit": "none", "name": "New", "urls": [{"type": "a", "url": "b"}], "details": {"a": 1}}`
	case "updatePool":
		return `{"labels": ["a"], "capacity": 5, "description": null}`
	case "putUserAllocation", "putAllocation", "putSeats":
		return `{"limit": 7}`
	case "createInvitation":
		return `{"email": "new@example.org", "roles": ["Viewer"], "language": "fr", "expires": "2026-06-01"}`
	case "createInvitations":
		return `{"invitations": [{"email": "new@example.org"}, {"kind": "open", "max_uses": 2}]}`
	case "updateInvitation":
		return `{"language": "de"}`
	case "offerInvitation", "declineInvitation":
		return fmt.Sprintf(`{"token": %q}`, m.abroad.personal)
	case "acceptInvitation":
		return fmt.Sprintf(`{"token": %q, "email": "guest@example.org", "password": %q}`, m.abroad.open, password)
	case "createKey":
		return `{"title": "new", "role": "Viewer", "expires": "2026-12-31", "networks": ["192.0.2.1"]}`
	case "createMyKey":
		return `{"title": "new", "expires": "2026-12-31"}`
	case "signIn":
		return fmt.Sprintf(`{"username": "recruit", "password": %q}`, password)
	case "changePassword":
		return fmt.Sprintf(`{"old_password": %q, "password": %q}`, password, password+"!")
	case "setPassword":
		return fmt.Sprintf(`{"password": %q}`, password)
	case "requestPasswordReset":
		return `{"name": "recruit"}`
	case "resetPassword":
		return fmt.Sprintf(`{"token": %q, "password": %q}`, m.reset, password+"!")
	case "putMailTemplate":
		return `{"subject": "S", "text": "{{.link}} again", "html": "<a href=\"{{.link}}\">again</a>"}`
	case "createResource":
		return fmt.Sprintf(`{"parent": %d, "class": "resource_group", "display_name": "New"}`, h.Num)
	case "searchResources", "searchFeatures", "beginUpload":
		return "{}"
	case "deleteResources":
		return fmt.Sprintf(`{"nodes": [%d]}`, h.tree.folder.Num)
	case "updateResource":
		return `{"display_name": "Changed"}`
	case "moveResource":
		return fmt.Sprintf(`{"parent": %d}`, h.tree.folder.Num)
	case "transferResource":
		return fmt.Sprintf(`{"to": %d}`, h.SupervisedBy.Num)
	case "putResourceRules":
		return `{"rules": []}`
	case "addResourceRule":
		return fmt.Sprintf(`{"effect": "allow", "principal": %d, "scope": "resource", "permission": "read"}`, h.fellow.Num)
	case "putResourceLimit":
		return `{"limit": 7}`
	case "createFeature", "updateFeature":
		return `{"geometry": "POINT (1 2)", "properties": {"name": "Changed"}}`
	case "changeFeatures":
		return `{"features": [{"properties": {"name": "New"}}]}`
	case "addAttachment":
		return fmt.Sprintf(`{"upload": %q}`, h.tree.upload)
	case "updateAttachment":
		return `{"description": "Changed"}`
	case "appendUpload":
		return "cd"
	case "createDatabase":
		return fmt.Sprintf(`{"organization": %q, "name": "new", "template": %q}`, p.home.pays.ID, p.home.stock.loose)
	case "renameDatabase":
		return `{"name": "renamed"}`
	case "restoreDatabase":
		return m.dump
	case "createProject":
		return fmt.Sprintf(`{"name": "New", "supervisor": %q, "project": {"number": "01", "type": 3}}`, m.recruit.ID)
	case "putWorkspaceDatabase":
		return fmt.Sprintf(`{"database": %q}`, h.stock.loose)
	case "check":
		return `{"node": 0, "permission": "platform.administer"}`
	case "explain":
		return fmt.Sprintf(`{"node": 0, "permission": %q}`, workspace.Administer)
	}
	return ""
}
