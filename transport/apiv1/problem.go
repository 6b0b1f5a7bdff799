package apiv1

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// problem is an error as RFC 9457 has it, with what programs want to know.
type problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Code      string `json:"code"`
	Detail    string `json:"detail,omitzero"`
	Field     string `json:"field,omitzero"`
	Expected  string `json:"expected,omitzero"`
	RequestID string `json:"request_id,omitzero"`

	Permission rbac.Permission `json:"permission,omitzero"`
	Node       *rbac.Node      `json:"node,omitzero"`
	Cause      rbac.Cause      `json:"cause,omitzero"`

	Pool  string `json:"pool,omitzero"`
	Limit *int64 `json:"limit,omitzero"`
	Use   *int64 `json:"use,omitzero"`
	Asked *int64 `json:"asked,omitzero"`

	ID string `json:"id,omitzero"`

	Holdings map[string]int `json:"holdings,omitzero"`
	Heirs    []heir         `json:"heirs,omitzero"`
	Blockers []blocker      `json:"blockers,omitzero"`

	References []referenceWire `json:"references,omitzero"`
	Principal  rbac.Principal  `json:"principal,omitzero"`
	Index      *int            `json:"index,omitzero"`

	Ended signin.Ending `json:"ended,omitzero"`
}

// render answers with a problem.
func render(w http.ResponseWriter, r *http.Request, p transport.Problem) {
	transport.NoteProblem(r.Context(), p)
	if p.Status >= http.StatusInternalServerError && p.Err != nil {
		transport.NoteError(r.Context(), p.Err) // it is the log's, never the caller's
	}
	transport.NoteProblem(r.Context(), p)
	body, err := json.Marshal(problemOf(r, p))
	if err != nil {
		panic(err) // it is made of texts and numbers
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) //nolint:gosec // it is JSON, and says so
}

// problemOf puts a problem into words.
func problemOf(r *http.Request, p transport.Problem) problem {
	text := problem{
		Type: "urn:bailiwick:problem:" + p.Code, Title: title(p), Status: p.Status, Code: p.Code, Detail: detail(p),
		Field: p.Field, Expected: p.Expected, RequestID: transport.RequestID(r.Context()),
	}
	text.add(p)
	return text
}

// add tells what an error carries. Who has not signed in is told nothing but what
// ended the session that he came with.
func (text *problem) add(p transport.Problem) {
	if ended, is := errors.AsType[*signin.EndedError](p.Err); is {
		text.Ended = ended.Why
	}
	if p.Status >= http.StatusInternalServerError || p.Status == http.StatusUnauthorized {
		return
	}
	if one, is := errors.AsType[*feature.BatchError](p.Err); is {
		text.Index = &one.Index
	}
	if referred, is := errors.AsType[*resource.ReferredError](p.Err); is {
		text.References = all(referred.By, referenceOf)
		return
	}
	if locked, is := errors.AsType[*resource.LockoutError](p.Err); is {
		text.Principal, text.Node, text.Permission = locked.Principal, &locked.Node, locked.Permission
		return
	}
	if taken, is := errors.AsType[*resource.TakenError](p.Err); is {
		text.Node = &taken.By
		return
	}
	if denied, is := errors.AsType[*rbac.DeniedError](p.Err); is {
		x := denied.Explanation
		text.Permission, text.Node, text.Cause = x.Permission, &x.Node, x.Cause
		return
	}
	if full, is := errors.AsType[*quota.ExceededError](p.Err); is {
		text.Pool, text.Limit, text.Use, text.Asked = full.PoolName, limitOf(full.Limit), &full.Use, &full.Asked
		return
	}
	if owns, is := errors.AsType[*owningError](p.Err); is {
		text.Holdings, text.Heirs = owns.holdings, owns.heirs
		return
	}
	if blocked, is := errors.AsType[*workspace.BlockedError](p.Err); is {
		text.Blockers = all(blocked.Blockers, blockerOf)
		return
	}
	if invited, is := errors.AsType[*workspace.PendingError](p.Err); is {
		text.ID = string(invited.ID)
		return
	}
	if done, is := errors.AsType[*idempotency.DoneError](p.Err); is {
		text.ID = done.ID
	}
	if pending, is := errors.AsType[*workspace.PendingError](p.Err); is {
		text.ID = string(pending.ID)
	}
}

// title says the same of every problem with a code.
func title(p transport.Problem) string {
	titles := map[string]string{
		"unauthenticated": "Sign in", "forbidden": "Not permitted", "inactive": "The workspace is deactivated",
		"not_found": "Not found", "method_not_allowed": "The method is not allowed here", "bad_path": "The path is malformed",
		"invalid": "Malformed", "too_large": "The body is too large", "unsupported_media_type": "The body is not JSON",
		"taken": "Somebody else has it", "in_use": "It is in use", "conflict": "It contradicts what is there",
		"supervisor":         "The supervisor can only be replaced",
		"last_administrator": "The platform needs an administrator", "builtin": "It is built in",
		"settled": "It is settled", "not_personal": "It is not personal", "quota_exceeded": "A limit is reached",
		"precondition_failed":  "It has changed meanwhile",
		"idempotency_mismatch": "The key was used for another request",
		"already_done":         "It is done and cannot be answered again",
		"owns_resources":       "Something is owned that is to be disposed of first",
		"heir":                 "Only members who are editors or more may own something",
		"blocked":              "Something stands against it",
		"superior":             "The workspace is managed by him from above",
		"invited_already":      "There is an invitation already", "expired": "It has expired",
		"inviter_lost_power": "Who invited may no longer admit", "sign_in_first": "Sign in with the invited account",
		"no_link": "The link cannot be shown again", "no_mail": "No mails are written here",
		"key_ended": "The key has ended", "key_rotating": "The key is being replaced", "key_rotated": "The key was replaced",
		"too_many_tries": "Too many tries", "cross_origin": "The request comes from another site",
		"unknown_identity": "Nobody here is known by that account", "last_identity": "It is the last way to sign in",
		"broken_trail": "The trail is not as it was written",
		"no_layer":     "It holds no features", "no_class": "There is no such class", "no_image": "It is no image",
		"too_many_uploads": "Too much was uploaded", "cycle": "It would lie in itself", "elsewhere": "It stays in its workspace",
		"hierarchy": "It cannot lie there", "root": "A workspace is changed as such", "referred": "Something refers to it",
		"lockout": "An administrator would be locked out", "offset": "The file does not continue there",
		"incomplete": "A part of the file is missing", "no_sealer": "Nothing can be kept secret here",
		"locked": "The database is locked", "under_way": "Something else is being done with it",
		"no_backup": "It is no backup of such a database", "no_databases": "No databases are made here", "no_backups": "No backups are kept here",
	}
	if text := titles[p.Code]; text != "" {
		return text
	}
	if p.Status == http.StatusServiceUnavailable {
		return "Try again in a moment"
	}
	if text := http.StatusText(p.Status); text != "" {
		return text
	}
	return "The caller has gone"
}

// detail says what went wrong this time. Texts of errors are for the log: only
// what is meant for callers is told.
func detail(p transport.Problem) string {
	if p.Status >= http.StatusInternalServerError {
		return ""
	}
	switch p.Code {
	case "not_found":
		return "It does not exist, or is not for you to see."
	case "unauthenticated":
		if ended, is := errors.AsType[*signin.EndedError](p.Err); is {
			return ending(ended.Why)
		}
		return "You have not signed in, or the credentials are not right."
	}
	if denied, is := errors.AsType[*rbac.DeniedError](p.Err); is {
		return "You lack " + string(denied.Explanation.Permission) + "."
	}
	if taken, is := errors.AsType[*workspace.TakenError](p.Err); is {
		return taken.Field + " " + taken.Value + " is taken."
	}
	if taken, is := errors.AsType[*resource.TakenError](p.Err); is {
		return taken.Field + " " + taken.Value + " is taken."
	}
	if p.Field != "" {
		return p.Field + ": expected " + p.Expected + "."
	}
	for _, told := range []error{
		workspace.ErrInUse, workspace.ErrSupervisor, workspace.ErrOwns, workspace.ErrBlocked, workspace.ErrSuperior, quota.ErrInvalid, rbac.ErrInvalid,
		resource.ErrCycle, resource.ErrElsewhere, resource.ErrHierarchy, resource.ErrRoot, resource.ErrReferred, resource.ErrNoClass,
		feature.ErrNoLayer, feature.ErrTooLarge, upload.ErrTooLarge, upload.ErrOffset, upload.ErrIncomplete,
		database.ErrInUse, database.ErrLocked, database.ErrState, database.ErrBackup,
	} {
		if errors.Is(p.Err, told) {
			_, text, _ := strings.Cut(p.Err.Error(), ": ") // the package that says it
			return text
		}
	}
	if full, is := errors.AsType[*quota.ExceededError](p.Err); is {
		_, text, _ := strings.Cut(full.Error(), ": ")
		return text
	}
	if p.Expected != "" {
		return "Expected " + p.Expected + "."
	}
	return ""
}

// ending says what ended a session to who held it.
func ending(why signin.Ending) string {
	switch why {
	case signin.SignedOut:
		return "You have signed out, here or elsewhere."
	case signin.Kicked:
		return "Somebody who may has ended your session."
	case signin.PasswordChanged:
		return "Your password was changed."
	case signin.IdentityUnlinked:
		return "An identity of yours was unlinked."
	case signin.UserDisabled:
		return "Your account is disabled."
	case signin.Expired:
		return "Your session has expired."
	}
	return "Your session has ended."
}
