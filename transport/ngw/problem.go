package ngw

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/transport"
)

// errNoRoute is returned for a path that is none.
var errNoRoute = errors.New("ngw: nothing is there")

// What NextGIS Web calls its errors (spec/ngw.md §4.1). Clients compare some of
// them letter by letter.
const (
	exResourceNotFound   = "nextgisweb.resource.exception.ResourceNotFound"
	exPermissions        = "nextgisweb.core.exception.InsufficientPermissions"
	exForbidden          = "nextgisweb.core.exception.ForbiddenError"
	exValidation         = "nextgisweb.core.exception.ValidationError"
	exHierarchy          = "nextgisweb.resource.exception.HierarchyError"
	exDisplayName        = "nextgisweb.resource.exception.DisplayNameNotUnique"
	exRootDelete         = "nextgisweb.resource.exception.ResourceRootDeleteError"
	exQuota              = "nextgisweb.resource.exception.QuotaExceeded"
	exStorageFull        = "nextgisweb.core.storage.StorageFull"
	exStorage            = "nextgisweb.core.storage.StorageInsufficient"
	exUploadStorage      = "nextgisweb.file_upload.exception.FileUploadStorageInsufficient"
	exUploadLarge        = "nextgisweb.file_upload.api.UploadedFileTooLarge"
	exUploadNotFound     = "nextgisweb.file_upload.exception.FileUploadNotFound"
	exFeatureNotFound    = "nextgisweb.feature_layer.exception.FeatureNotFound"
	exAttachmentNotFound = "nextgisweb.feature_attachment.exception.AttachmentNotFound"
	exMalformed          = "nextgisweb.pyramid.exception.MalformedJSONBody"
	exHTTP               = "nextgisweb.pyramid.exception.PyramidHTTPError"
	exCredentials        = "nextgisweb.auth.exception.InvalidCredentialsException" //nolint:gosec // a name
	exDisabled           = "nextgisweb.auth.exception.UserDisabledException"
	exAuthorization      = "nextgisweb.auth.exception.InvalidAuthorizationHeader"
	exUserNotFound       = "nextgisweb.auth.exception.PrincipalNotFound"
	exAdministrator      = "nextgisweb.auth.exception.AdministratorRequired"
	exNotConfigured      = "nextgisweb.core.exception.NotConfigured"
	exService            = "nextgisweb.core.exception.ExternalServiceError"
	exInternal           = "nextgisweb.core.exception.InternalServerError"
)

// Who can do something about an error.
const (
	contactAdministrator = "administrator"
	contactSupport       = "support"
)

// A failure is an error as NextGIS Web tells it (spec/ngw.md §4.1). Message is
// never empty: clients take an answer without one for a success. An action
// returns a *failure for what only this API knows.
type failure struct {
	Title     string         `json:"title"`
	Message   string         `json:"message"`
	Detail    string         `json:"detail,omitempty"`
	Contact   string         `json:"contact,omitempty"`
	Status    int            `json:"status_code"`
	Exception string         `json:"exception"`
	RequestID string         `json:"request_id"`
	Guru      string         `json:"guru_meditation"`
	Data      map[string]any `json:"data"`

	// cause is what it is told of, if that is an error of its own.
	cause error
}

// Error tells the message.
func (f *failure) Error() string { return "ngw: " + f.Message }

// Unwrap returns the cause.
func (f *failure) Unwrap() error { return f.cause }

// A problem is what an error is told as, before it is known for which request.
type problem struct {
	transport.Problem
	failure
}

// problemOf says how this API tells an error.
func problemOf(err error) problem {
	return teller{outer: func(n rbac.Node) int64 { return int64(n) }}.tell(err)
}

// problem says how an error is told to who sees the tree as the call does.
func (c *call) problem(err error) problem {
	p := teller{outer: c.outer, upload: c.upload, classes: c.classes}.tell(err)
	id, numbered := mux.Vars(c.Request)["id"]
	if n, bad := strconv.ParseInt(id, 10, 64); numbered && bad == nil && p.Exception == exResourceNotFound && p.Data == nil {
		p.failure = *noResource(n)
		if errors.Is(err, feature.ErrNoLayer) {
			p.Message = fmt.Sprintf("Resource with id = %d is not a layer of features.", n)
		}
	}
	return p
}

// noResource is the answer about a resource that is not there, by the number that
// the client knows it by.
func noResource(n int64) *failure {
	return &failure{
		Title: "Resource not found", Message: fmt.Sprintf("Resource with id = %d was not found.", n), Status: http.StatusNotFound,
		Exception: exResourceNotFound, Data: map[string]any{"resource_id": n}, cause: resource.ErrNotFound,
	}
}

// queryError is the refusal of a value of the query.
func queryError(name, expected string) error {
	message, location := "The query string is malformed: expected "+expected+".", []any{"query"}
	if name != "" {
		message = fmt.Sprintf("The value of '%s' in the query is invalid: expected %s.", name, expected)
		location = append(location, name)
	}
	f := invalid(message)
	f.Data = map[string]any{"location": location}
	return f
}

// bodyError is the refusal of a value in the body: "resource.display_name".
func bodyError(field, expected string) error {
	if field == "" {
		return invalid("The body is invalid: expected " + expected + ".")
	}
	f := invalid(fmt.Sprintf("The value of '%s' is invalid: expected %s.", field, expected))
	f.Data = map[string]any{"location": []any{"body", field}, "field": field}
	return f
}

// invalid is the refusal of what does not make sense.
func invalid(message string) *failure {
	return &failure{Title: "Validation error", Message: message, Status: http.StatusUnprocessableEntity, Exception: exValidation}
}

// forbidden is the refusal of what somebody may not, for another reason than a
// permission.
func forbidden(message string) *failure {
	return &failure{
		Title: "Forbidden", Message: message, Status: http.StatusForbidden, Exception: exForbidden, Contact: contactAdministrator,
	}
}

// notConfigured is the answer of what is not there at all.
func notConfigured(message string) *failure {
	return &failure{
		Title: "Not configured", Message: message, Status: http.StatusNotImplemented, Exception: exNotConfigured,
		Contact: contactAdministrator,
	}
}

// render answers with a problem.
func (l *lens) render(w http.ResponseWriter, r *http.Request, p problem) {
	if p.Problem.Status >= http.StatusInternalServerError && p.Err != nil {
		transport.NoteError(r.Context(), p.Err) // it is the log's, never the caller's
	}
	transport.NoteProblem(r.Context(), p.Problem)
	f := p.failure
	if f.RequestID = transport.RequestID(r.Context()); f.RequestID == "" {
		f.RequestID = uid.New()
	}
	f.Guru = f.RequestID // what to look for in the log
	if f.Data == nil {
		f.Data = map[string]any{}
	}
	h := w.Header()
	if f.Status == http.StatusUnauthorized {
		h["Www-Authenticate"] = nil // spec/ngw.md §0, row 10
	}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64(p.RetryAfter.Seconds())+1, 10))
	}
	transport.WriteJSON(w, f.Status, f)
}

// writeJSON answers with JSON of exactly the media type application/json
// (spec/ngw.md §0, row 3). Null is written out.
func writeJSON(w http.ResponseWriter, status int, body any) {
	transport.WriteJSON(w, status, body)
}
