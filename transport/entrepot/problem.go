package entrepot

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
)

// errGuest is the refusal of whoever has not said who he is, wherever he must.
var errGuest = fmt.Errorf("entrepot: sign in: %w", rbac.ErrDenied)

// problem is how this API tells an error: clients join the sentences, so it
// must be an array (spec/entrepot.md §1).
type problem struct {
	Error       string   `json:"error"`
	Description []string `json:"error_description"`
}

func render(w http.ResponseWriter, r *http.Request, p transport.Problem) {
	if p.Status >= http.StatusInternalServerError && p.Err != nil {
		transport.NoteError(r.Context(), p.Err) // it is the log's, never the caller's
	}
	transport.NoteProblem(r.Context(), p)
	transport.WriteJSON(w, p.Status, problem{Error: http.StatusText(p.Status), Description: []string{sentence(p)}})
}

// sentence says in French what went wrong.
func sentence(p transport.Problem) string {
	if p.Status >= http.StatusInternalServerError {
		return byStatus(p.Status)
	}
	if p.Status == http.StatusUnauthorized {
		return byStatus(p.Status)
	}
	if e, is := errors.AsType[*quota.ExceededError](p.Err); is {
		return exceeded(e)
	}
	if e, is := errors.AsType[*workspace.TakenError](p.Err); is {
		return fmt.Sprintf("La valeur « %s » du champ %s est déjà utilisée", e.Value, wireField(e.Field))
	}
	if e, is := errors.AsType[*rbac.DeniedError](p.Err); is {
		return denied(e.Explanation)
	}
	for _, known := range []struct {
		err  error
		text string
	}{
		{workspace.ErrSupervisor, "Le superviseur doit être un utilisateur actif et ne peut être que remplacé"},
		{workspace.ErrInactive, "L'entrepôt est désactivé"},
		{workspace.ErrLastAdministrator, "La plateforme doit garder au moins un administrateur"},
		{workspace.ErrInUse, "La ressource est encore utilisée"},
		{quota.ErrInUse, "La ressource est encore utilisée"},
		{quota.ErrConflict, "Le nom est déjà utilisé"},
		{offering.ErrPersonal, "Seule une permission personnelle peut être supprimée"},
	} {
		if errors.Is(p.Err, known.err) {
			return known.text
		}
	}
	if p.Field != "" {
		return malformed(p.Field, p.Expected)
	}
	return byStatus(p.Status)
}

func byStatus(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "La requête est mal formée"
	case http.StatusUnauthorized:
		return "Une authentification valide est nécessaire"
	case http.StatusForbidden:
		return "Droits insuffisants"
	case http.StatusNotFound:
		return "La ressource n'existe pas ou n'est pas accessible"
	case http.StatusMethodNotAllowed:
		return "La méthode n'est pas possible sur cette ressource"
	case http.StatusConflict:
		return "La requête contredit l'état de la ressource"
	case http.StatusRequestEntityTooLarge:
		return "Le corps de la requête est trop grand"
	case http.StatusUnsupportedMediaType:
		return "Le corps de la requête doit être en JSON"
	case http.StatusTooManyRequests:
		return "Trop de tentatives: réessayez plus tard"
	case http.StatusServiceUnavailable:
		return "Le service est momentanément indisponible"
	}
	if status >= http.StatusInternalServerError {
		return "Une erreur interne est survenue"
	}
	return "La requête est refusée"
}

// exceeded names what is full and how full it is, since users asked for
// nothing more often (spec/entrepot.md §8).
func exceeded(e *quota.ExceededError) string {
	what, unit := "« "+e.PoolName+" »", "unités"
	switch e.Kind {
	case quota.Endpoint:
		what, unit = "point d'accès "+e.PoolName, "offres"
	case quota.Storage:
		what, unit = "stockage "+e.PoolName, "octets"
	case quota.Keys:
		what, unit = "clés d'accès", "clés"
	case quota.Documents:
		what, unit = "documents", "octets"
	case quota.Seats:
		what, unit = "membres de la communauté", "places"
	case quota.Uploads:
		what, unit = "livraisons de l'organisme", "octets"
	case quota.Databases:
		what, unit = "bases de données de l'organisme", "octets"
	}
	return fmt.Sprintf("Quota dépassé : %s (%d/%d %s)", what, e.Use, e.Limit, unit)
}

// denied names the right that is missing.
func denied(x rbac.Explanation) string {
	if x.Cause == rbac.BySeal {
		return "L'entrepôt est désactivé"
	}
	for _, right := range []struct {
		name        rbac.RoleName
		permissions []rbac.Permission
	}{
		{workspace.RoleCommunity, []rbac.Permission{workspace.Update, workspace.ReadMembers, workspace.ManageMembers}},
		{workspace.RoleBroadcast, []rbac.Permission{workspace.Broadcast}},
		{workspace.RoleUpload, []rbac.Permission{workspace.Upload}},
		{workspace.RoleAnnex, []rbac.Permission{workspace.Annex}},
		{workspace.RoleProcessing, []rbac.Permission{workspace.Process}},
	} {
		if slices.Contains(right.permissions, x.Permission) {
			return fmt.Sprintf("Le droit %s sur la communauté est nécessaire", right.name)
		}
	}
	switch {
	case x.Permission == workspace.Transfer:
		return "Seul le superviseur peut désigner son remplaçant"
	case x.Node == rbac.Root:
		return "Le rôle d'administrateur de la plateforme est nécessaire"
	case x.Permission.Scope() == "organization", x.Permission == workspace.ManageWorkspaces:
		return "Le rôle d'administrateur de l'organisme est nécessaire"
	}
	return byStatus(http.StatusForbidden)
}

// wireField translates the few fields that the domain calls otherwise.
func wireField(field string) string {
	switch field {
	case "vat":
		return "tva_intracom"
	case "economic_model":
		return "economical_model"
	}
	return field
}

// malformed says what a field must be.
func malformed(field, expected string) string {
	field = dotted.ReplaceAllString(wireField(field), "[$1]$2")
	switch expected {
	case "a known field":
		return fmt.Sprintf("Le champ %s est inconnu", field)
	case "no name twice":
		return fmt.Sprintf("Le champ %s est donné deux fois", field)
	case expectedValue:
		return fmt.Sprintf("Le champ %s ne doit pas être vide", field)
	}
	if what := rule(field); what != "" {
		return fmt.Sprintf("Le champ %s %s", field, what)
	}
	switch expected {
	case expectedDate:
		return fmt.Sprintf("Le champ %s doit être une date ISO 8601", field)
	case "":
		return fmt.Sprintf("Le champ %s est incorrect", field)
	}
	if list, found := strings.CutPrefix(expected, "one of "); found {
		return fmt.Sprintf("Le champ %s doit valoir l'une des valeurs suivantes : %s", field, list)
	}
	if of, found := strings.CutPrefix(expected, notFor); found {
		return fmt.Sprintf("Le champ %s ne convient pas au type %s", field, of)
	}
	if what := kinds()[expected]; what != "" {
		return fmt.Sprintf("Le champ %s doit être %s", field, what)
	}
	return fmt.Sprintf("Le champ %s est incorrect (attendu : %s)", field, expected)
}

// kinds are the sorts of JSON that transport expects, in French.
func kinds() map[string]string {
	return map[string]string{
		"true or false":          "un booléen",
		"a number":               "un nombre",
		"an integer of 64 bits":  "un nombre entier",
		"text":                   "un texte",
		"an array":               "une liste",
		"an object":              "un objet",
		"text without NUL":       "un texte sans caractère NUL",
		"UTF-8 text without NUL": "un texte UTF-8 sans caractère NUL",
	}
}

// What the domain and the lens expect, as sentence and malformed know it.
const (
	expectedValue = "a value"
	expectedDate  = "a date as in ISO 8601"
	notFor        = "nothing, for "
)

// Positions in lists are written "a[0].b"; those of transport.JSONError, which
// are "a.0.b", are brought to that.
var (
	position = regexp.MustCompile(`\[\d+\]`)
	dotted   = regexp.MustCompile(`\.(\d+)(\.|$)`)
)

// rule says what a field must be, empty when there is nothing more to say than
// what the error tells. Positions in lists do not matter.
func rule(field string) string {
	rules := map[string]string{
		"name":              "doit contenir de 1 à 99 caractères",
		"technical_name":    "ne doit contenir que des caractères parmi A-Z a-z 0-9 _ - . (30 au plus pour une communauté)",
		"description":       "doit contenir au plus 4000 caractères",
		"contact":           "doit contenir au plus 255 caractères",
		"siren":             "doit contenir 9 chiffres",
		"siret":             "doit contenir 14 chiffres",
		"uploads_quota":     "doit être un nombre entier d'octets positif ou nul",
		"documents_quota":   "doit être un nombre entier d'octets positif ou nul",
		"keys_quota":        "doit être un nombre entier positif ou nul",
		"licence":           "doit contenir de 1 à 255 caractères",
		"rights":            "doit être une liste parmi ANNEX, UPLOAD, BROADCAST, PROCESSING, COMMUNITY",
		"page":              "doit être un nombre entier à partir de 1",
		"limit":             fmt.Sprintf("doit être un nombre entier de 1 à %d", maxPage),
		"sort":              "doit être un tri connu de cette liste : creation,asc ou creation,desc",
		"type_infos.hash":   "doit contenir de 8 à 255 caractères ASCII visibles et n'être utilisé que par une clé HASH",
		"whitelist[]":       "doit être une adresse IP ou un réseau CIDR",
		"blacklist[]":       "doit être une adresse IP ou un réseau CIDR",
		"users[]":           "doit désigner un utilisateur, une seule fois",
		"communities[]":     "doit désigner une communauté, une seule fois",
		"offerings[]":       "doit désigner une offre utilisable ici, une seule fois",
		"supervisor":        "doit désigner un utilisateur actif",
		"organization":      "doit désigner un organisme",
		"community":         "doit désigner une communauté",
		"check":             "contredit checks : une seule des deux écritures suffit",
		"storages.upload":   "contredit storages.uploads : une seule des deux écritures suffit",
		"storages.annexe":   "contredit storages.annexes : une seule des deux écritures suffit",
		"endpoints[].quota": "doit être un nombre entier d'offres positif ou nul",
	}
	field = position.ReplaceAllString(field, "[]")
	if what := rules[field]; what != "" {
		return what
	}
	switch {
	case strings.HasPrefix(field, "storages.") && strings.HasSuffix(field, ".quota"):
		return "doit être un nombre entier d'octets positif ou nul"
	case strings.HasPrefix(field, "storages.") && strings.HasSuffix(field, ".storage"):
		return "doit désigner un stockage, une seule fois"
	case field == "endpoints[].endpoint":
		return "doit désigner un point d'accès, une seule fois"
	case field == "processings[]":
		return "doit désigner un traitement, une seule fois"
	case field == "checks[]":
		return "doit désigner une vérification, une seule fois"
	}
	return ""
}
