package entrepot

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

func denial(p rbac.Permission, n rbac.Node, cause rbac.Cause) error {
	return &rbac.DeniedError{Explanation: rbac.Explanation{Permission: p, Node: n, Cause: cause}}
}

// TestSentences wants every refusal told in French, and nothing of what went
// wrong inside.
func TestSentences(t *testing.T) {
	full := func(kind quota.Kind, unit quota.Unit) error {
		return &quota.ExceededError{Kind: kind, Unit: unit, PoolName: "WFS", Limit: 10, Use: 10, Asked: 1}
	}
	for _, test := range []struct {
		err    error
		status int
		want   string
	}{
		{full(quota.Endpoint, quota.Count), 400, "Quota dépassé : point d'accès WFS (10/10 offres)"},
		{full(quota.Storage, quota.Bytes), 400, "Quota dépassé : stockage WFS (10/10 octets)"},
		{full(quota.Keys, quota.Count), 400, "Quota dépassé : clés d'accès (10/10 clés)"},
		{full(quota.Documents, quota.Bytes), 400, "Quota dépassé : documents (10/10 octets)"},
		{full(quota.Uploads, quota.Bytes), 400, "Quota dépassé : livraisons de l'organisme (10/10 octets)"},
		{full(quota.Databases, quota.Bytes), 400, "Quota dépassé : bases de données de l'organisme (10/10 octets)"},
		{full("other", quota.Count), 400, "Quota dépassé : « WFS » (10/10 unités)"},
		{denial(workspace.Update, 5, rbac.BySeal), 403, "L'entrepôt est désactivé"},
		{denial(workspace.ManageMembers, 5, rbac.ByDefault), 403, "Le droit COMMUNITY sur la communauté est nécessaire"},
		{denial(workspace.Broadcast, 5, rbac.ByDeny), 403, "Le droit BROADCAST sur la communauté est nécessaire"},
		{denial(workspace.Upload, 5, rbac.ByDeny), 403, "Le droit UPLOAD sur la communauté est nécessaire"},
		{denial(workspace.Annex, 5, rbac.ByDeny), 403, "Le droit ANNEX sur la communauté est nécessaire"},
		{denial(workspace.Process, 5, rbac.ByDeny), 403, "Le droit PROCESSING sur la communauté est nécessaire"},
		{denial(workspace.Transfer, 5, rbac.ByDefault), 403, "Seul le superviseur peut désigner son remplaçant"},
		{denial(workspace.Administer, rbac.Root, rbac.ByDefault), 403, "Le rôle d'administrateur de la plateforme est nécessaire"},
		{denial(workspace.ManageWorkspaces, 3, rbac.ByDefault), 403, "Le rôle d'administrateur de l'organisme est nécessaire"},
		{denial(workspace.UpdateOrganization, 3, rbac.ByDefault), 403, "Le rôle d'administrateur de l'organisme est nécessaire"},
		{rbac.ErrDenied, 403, "Droits insuffisants"},
		{workspace.ErrInactive, 403, "L'entrepôt est désactivé"},
		{workspace.ErrNotFound, 404, "La ressource n'existe pas ou n'est pas accessible"},
		{offering.ErrNotFound, 404, "La ressource n'existe pas ou n'est pas accessible"},
		{apikey.ErrNotFound, 404, "La ressource n'existe pas ou n'est pas accessible"},
		{quota.ErrNotFound, 404, "La ressource n'existe pas ou n'est pas accessible"},
		{signin.ErrRefused, 401, "Une authentification valide est nécessaire"},
		{signin.ErrBusy, 503, "Le service est momentanément indisponible"},
		{workspace.ErrInUse, 409, "La ressource est encore utilisée"},
		{quota.ErrInUse, 409, "La ressource est encore utilisée"},
		{quota.ErrConflict, 409, "Le nom est déjà utilisé"},
		{offering.ErrPersonal, 409, "Seule une permission personnelle peut être supprimée"},
		{workspace.ErrLastAdministrator, 409, "La plateforme doit garder au moins un administrateur"},
		{workspace.ErrSupervisor, 409, "Le superviseur doit être un utilisateur actif et ne peut être que remplacé"},
		{rbac.ErrRoleInUse, 409, "La requête contredit l'état de la ressource"},
		{&workspace.TakenError{Field: "vat", Value: "x"}, 409, "La valeur « x » du champ tva_intracom est déjà utilisée"},
		{&workspace.InvalidError{Field: "economic_model", Expected: "text"}, 400, "Le champ economical_model doit être un texte"},
		{&workspace.InvalidError{Field: "siret", Expected: "14 digits"}, 400, "Le champ siret doit contenir 14 chiffres"},
		{
			&transport.JSONError{Field: "storages.data.0.quota", Expected: "an integer of 64 bits"}, 400,
			"Le champ storages.data[0].quota doit être un nombre entier d'octets positif ou nul",
		},
		{&transport.JSONError{Field: "parameters.1.name", Expected: "text"}, 400, "Le champ parameters[1].name doit être un texte"},
		{&transport.JSONError{Expected: "JSON"}, 400, "La requête est mal formée"},
		{quota.ErrInvalid, 400, "La requête est mal formée"},
		{&http.MaxBytesError{Limit: 5}, 413, "Le corps de la requête est trop grand"},
		{fmt.Errorf("dial tcp 10.0.0.1: secret"), 500, "Une erreur interne est survenue"},
	} {
		w := httptest.NewRecorder()
		render(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil),
			transport.ProblemOf(fmt.Errorf("somewhere: %w", test.err)))
		want := fmt.Sprintf(`{"error":%q,"error_description":["%s"]}`, http.StatusText(test.status), test.want)
		if w.Code != test.status || w.Body.String() != want {
			t.Errorf("%v: %d %s, want %d %s", test.err, w.Code, w.Body, test.status, want)
		}
	}
}
