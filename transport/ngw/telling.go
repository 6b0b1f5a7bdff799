package ngw

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// kindResources is the kind of pools that count resources.
const kindResources quota.Kind = "resources"

// A teller tells errors to somebody.
type teller struct {
	// outer is what he knows a node by.
	outer func(rbac.Node) int64
	// upload is whether he sends a file.
	upload bool
	// classes are those of resources, nil where there are none.
	classes *resource.Catalog
}

// tell classifies by transport's table and finds the words.
func (t teller) tell(err error) problem {
	p := transport.ProblemOf(err)
	if f, ok := errors.AsType[*failure](err); ok {
		p.Status, p.Code = f.Status, "ngw"
		return problem{Problem: p, failure: *f}
	}
	f := t.failure(p)
	p.Status = f.Status
	if f.Title == "" {
		f.Title = titleOf(f.Status)
	}
	if f.Message == "" {
		f.Message = f.Title + "."
	}
	return problem{Problem: p, failure: f}
}

// failure finds the words for what has a meaning of its own here, and for the
// rest by its status.
func (t teller) failure(p transport.Problem) failure {
	if e, ok := errors.AsType[*quota.ExceededError](p.Err); ok {
		return t.exceeded(e)
	}
	if e, ok := errors.AsType[*rbac.DeniedError](p.Err); ok && p.Status == http.StatusForbidden {
		return t.denied(e.Explanation)
	}
	if e, ok := errors.AsType[*resource.HierarchyError](p.Err); ok {
		f := conflict(exHierarchy, fmt.Sprintf("Resource can not be a child of resource id = %d.", t.outer(e.Parent)))
		f.Data = map[string]any{"resource_id": t.outer(e.Parent), "cls": e.Class}
		return f
	}
	if e, ok := errors.AsType[*resource.TakenError](p.Err); ok {
		return t.taken(e)
	}
	if e, ok := errors.AsType[*resource.ReferredError](p.Err); ok {
		return t.referred(e)
	}
	if e, ok := errors.AsType[*resource.LockoutError](p.Err); ok {
		return conflict(exValidation, fmt.Sprintf("Unable to revoke '%s' permission for administrator id = %d on resource id = %d.",
			e.Permission, e.Principal, t.outer(e.Node)))
	}
	if e, ok := errors.AsType[*workspace.TakenError](p.Err); ok {
		f := conflict(exValidation, fmt.Sprintf("The value '%s' of '%s' is not unique.", e.Value, wireField(e.Field)))
		f.Data = map[string]any{"field": wireField(e.Field)}
		return f
	}
	if e, ok := errors.AsType[*workspace.BlockedError](p.Err); ok {
		return blocked(e)
	}
	if e, ok := errors.AsType[*transport.JSONError](p.Err); ok {
		return malformed(e)
	}
	for _, known := range known() {
		if errors.Is(p.Err, known.err) {
			return known.failure
		}
	}
	if p.Field != "" {
		var f *failure
		errors.As(bodyError(wireField(p.Field), p.Expected), &f)
		return *f
	}
	return byStatus(p)
}

func conflict(exception, message string) failure {
	f := invalid(message)
	f.Exception = exception
	return *f
}

// malformed tells a body apart that is no JSON from one that says something else
// than was expected.
func malformed(e *transport.JSONError) failure {
	if !e.Broken {
		var f *failure
		errors.As(bodyError(e.Field, e.Expected), &f)
		return *f
	}
	f := failure{
		Title: "Malformed JSON", Status: http.StatusBadRequest, Exception: exMalformed,
		Message: "The body is not valid JSON: expected " + e.Expected + ".",
	}
	if e.Field != "" {
		f.Message = fmt.Sprintf("The body is not valid JSON at '%s': expected %s.", e.Field, e.Expected)
	}
	return f
}

// denied names what is missing, where, and if something else must be there for
// it, that too.
func (t teller) denied(x rbac.Explanation) failure {
	if x.Cause == rbac.BySeal {
		return *forbidden("The workspace is deactivated.")
	}
	if x.Permission == "" {
		return *forbidden("Sign in to do this.")
	}
	f := failure{
		Title: "Insufficient permissions", Status: http.StatusForbidden, Exception: exPermissions, Contact: contactAdministrator,
		Message: fmt.Sprintf("Insufficient '%s' permission in scope '%s' on resource id = %d.",
			x.Permission.Name(), x.Permission.Scope(), t.outer(x.Node)),
		Data: map[string]any{
			"resource": map[string]any{"id": t.outer(x.Node)}, "permission": x.Permission.Name(), "scope": x.Permission.Scope(),
		},
	}
	switch x.Cause {
	case rbac.ByRequirement:
		if x.Missing == nil {
			break
		}
		f.Message += fmt.Sprintf(" It needs what is missing: missing %s on resource id = %d.", x.Missing.Needs, t.outer(x.At))
		f.Data["missing"] = map[string]any{
			"resource": map[string]any{"id": t.outer(x.At)}, "permission": x.Missing.Needs.Name(), "scope": x.Missing.Needs.Scope(),
		}
	case rbac.ByDeny:
		f.Message += " A rule denies it."
	case rbac.ByDisabling:
		f.Message, f.Status, f.Exception = "The account is disabled.", http.StatusUnauthorized, exDisabled
	}
	return f
}

// exceeded tells the limit that is in the way.
func (t teller) exceeded(e *quota.ExceededError) failure {
	available := max(0, e.Limit-e.Use)
	f := failure{Status: http.StatusPaymentRequired, Contact: contactAdministrator}
	switch e.Kind {
	case kindResources:
		f.Title, f.Exception = "Quota exceeded", exQuota
		f.Message = fmt.Sprintf("Not enough resource quota: %d required, but only %d available.", e.Asked, available)
		if e.Asked < 2 {
			f.Message = fmt.Sprintf("Maximum number of resources exceeded. The limit is %d.", e.Limit)
		}
		var class any
		if t.classes != nil { // the pool of a class is called by it
			if _, known := t.classes.Class(e.PoolName); known {
				class = e.PoolName
			}
		}
		f.Data = map[string]any{"cls": class, "required": e.Asked, "available": available}
	case quota.Storage, quota.Documents, quota.Uploads, quota.Databases:
		f.Title, f.Exception = "Storage limit exceeded", exStorage
		f.Message = fmt.Sprintf("Not enough storage space: %d bytes required, but only %d available.", e.Asked, available)
		f.Data = map[string]any{"storage_total": e.Use, "storage_limit": e.Limit, "storage_requested": e.Asked}
		if t.upload {
			f.Exception = exUploadStorage
		} else if available == 0 {
			f.Exception = exStorageFull
			f.Message = fmt.Sprintf("The storage limit of %d bytes is reached.", e.Limit)
			delete(f.Data, "storage_requested")
		}
	default:
		f.Title, f.Exception = "Quota exceeded", exQuota
		f.Message = fmt.Sprintf("The limit of %s is reached: %d required, but only %d of %d available.", e.Kind, e.Asked, available, e.Limit)
		f.Data = map[string]any{"cls": nil, "required": e.Asked, "available": available}
	}
	return f
}

// taken names who has a name already.
func (t teller) taken(e *resource.TakenError) failure {
	if e.Field != "display_name" {
		return conflict(exValidation, fmt.Sprintf("Resource %s is not unique.", e.Field))
	}
	if e.By == 0 { // made at the same moment
		return conflict(exDisplayName, "Resource display name is not unique in its group.")
	}
	f := conflict(exDisplayName, fmt.Sprintf("Resource display name is not unique: resource id = %d has it in the same group.", t.outer(e.By)))
	f.Data = map[string]any{"resource_id": t.outer(e.By)}
	return f
}

// referred lists what needs something.
func (t teller) referred(e *resource.ReferredError) failure {
	list := make([]any, 0, len(e.By))
	for _, ref := range e.By {
		list = append(list, map[string]any{"resource": map[string]any{"id": t.outer(ref.From)}, "name": ref.Name, "to": t.outer(ref.To)})
	}
	f := conflict(exValidation, "Something else refers to it.")
	if len(e.By) > 0 {
		f.Message = fmt.Sprintf("Resource id = %d is used by resource id = %d (%s), %d uses in all.",
			t.outer(e.By[0].To), t.outer(e.By[0].From), e.By[0].Name, len(e.By))
	}
	f.Data = map[string]any{"references": list}
	return f
}

// A knownError is an error with the words for it.
type knownError struct {
	err     error
	failure failure
}

// known are errors that carry nothing and mean something of their own here.
func known() []knownError {
	const unprocessable, missing = http.StatusUnprocessableEntity, http.StatusNotFound
	of := func(err error, status int, exception, title, message string) knownError {
		return knownError{err, failure{Title: title, Message: message, Status: status, Exception: exception}}
	}
	return []knownError{
		of(errNoRoute, missing, exHTTP, "Page not found", "There is nothing at this address."),
		of(resource.ErrCycle, unprocessable, exHierarchy, "Hierarchy error", "Resource can not be a parent himself."),
		of(resource.ErrRoot, unprocessable, exRootDelete, "Root resource", "Root resource could not be deleted, moved or renamed here."),
		of(resource.ErrElsewhere, unprocessable, exHierarchy, "Hierarchy error", "A resource can not leave its workspace."),
		of(resource.ErrNoClass, unprocessable, exValidation, "Validation error", "There is no such resource class."),
		of(resource.ErrInvalid, unprocessable, exValidation, "Validation error", "The resource is invalid."),
		of(resource.ErrNoSealer, http.StatusNotImplemented, exNotConfigured, "Not configured", "The server is not set up to keep passwords of connections."),
		of(resource.ErrNotFound, missing, exResourceNotFound, "Resource not found", "The resource does not exist."),
		of(rbac.ErrNoNode, missing, exResourceNotFound, "Resource not found", "The resource does not exist."),
		of(feature.ErrNoLayer, missing, exResourceNotFound, "Not a layer", "The resource is not a layer of features."),
		of(feature.ErrNotFound, missing, exFeatureNotFound, "Feature not found", "The feature does not exist."),
		of(feature.ErrNoAttachment, missing, exAttachmentNotFound, "Attachment not found", "The attachment does not exist."),
		of(feature.ErrNoImage, unprocessable, exValidation, "Validation error", "The attachment is not an image."),
		of(feature.ErrTooLarge, http.StatusRequestEntityTooLarge, exUploadLarge, "File too large", "The file is larger than is accepted."),
		of(upload.ErrNotFound, missing, exUploadNotFound, "Upload not found", "The uploaded file does not exist, or has expired."),
		of(upload.ErrTooLarge, http.StatusRequestEntityTooLarge, exUploadLarge, "File too large", "The file is larger than is accepted."),
		of(upload.ErrOffset, http.StatusConflict, exHTTP, "Wrong offset", "The piece does not begin where the last one ended."),
		of(upload.ErrIncomplete, unprocessable, exValidation, "Validation error", "The uploaded file is not complete."),
		of(upload.ErrBudget, http.StatusTooManyRequests, exHTTP, "Too many uploads", "Too much was uploaded from this address: wait a while, or sign in."),
		of(rbac.ErrNoPrincipal, missing, exUserNotFound, "Not found", "The user or group does not exist."),
		of(workspace.ErrNotFound, missing, exUserNotFound, "Not found", "It does not exist, or may not be seen."),
		of(workspace.ErrLastAdministrator, unprocessable, exAdministrator, "Administrator required", "There must be at least one enabled administrator."),
		of(workspace.ErrSupervisor, unprocessable, exValidation, "Validation error", "The supervisor of a workspace can only be replaced."),
		of(workspace.ErrHeir, unprocessable, exValidation, "Validation error", "Only members who are editors or more may own a resource."),
		of(signin.ErrRefused, http.StatusUnauthorized, exCredentials, "Invalid credentials", "Invalid login or password."),
	}
}

// byStatus tells the rest.
func byStatus(p transport.Problem) failure {
	f := failure{Status: p.Status, Title: titleOf(p.Status), Exception: exHTTP}
	switch {
	case p.Status == http.StatusUnauthorized:
		f.Exception, f.Message = exCredentials, "The credentials are not right, or have ended."
	case p.Status == http.StatusForbidden:
		f.Exception, f.Message, f.Contact = exForbidden, "This is not allowed.", contactAdministrator
		if errors.Is(p.Err, transport.ErrCrossOrigin) {
			f.Message = "The request comes from a page of another site, which is not among the allowed origins."
		}
	case p.Status == http.StatusRequestEntityTooLarge:
		f.Message = "The body is larger than is accepted."
	case p.Status == http.StatusTooManyRequests:
		f.Message = "Too many tries: wait a while before the next one."
	case p.Status == http.StatusServiceUnavailable:
		f.Exception, f.Message, f.Contact = exService, "The server can not answer at the moment: try again.", contactAdministrator
	case p.Status >= http.StatusInternalServerError:
		f.Exception, f.Message, f.Contact = exInternal, "Something went wrong on the server.", contactSupport
	case p.Code == "conflict" || p.Status == http.StatusConflict:
		f.Status, f.Exception, f.Message = http.StatusUnprocessableEntity, exValidation, "It contradicts the state of something else ("+p.Code+")."
		f.Title = titleOf(f.Status)
	case p.Code == "invalid":
		f.Status, f.Exception, f.Message = http.StatusUnprocessableEntity, exValidation, "A value is invalid."
		f.Title = titleOf(f.Status)
	}
	if f.Message == "" {
		f.Message = f.Title + "."
	}
	return f
}

func titleOf(status int) string {
	switch status {
	case http.StatusUnprocessableEntity:
		return "Validation error"
	case transport.StatusCanceled:
		return "The request was cancelled"
	}
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "Error"
}
