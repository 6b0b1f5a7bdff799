package transport_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/resource"
	"github.com/bailiwick-sdk/bailiwick/resource/feature"
	"github.com/bailiwick-sdk/bailiwick/resource/upload"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
	"github.com/bailiwick-sdk/bailiwick/workspace/idempotency"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

type told struct {
	err    error
	status int
	code   string
}

// rows are how HTTP tells each exported error of the packages below.
func rows() map[string]told {
	return map[string]told{
		"rbac.ErrDenied":      {rbac.ErrDenied, 403, "forbidden"},
		"rbac.DeniedError":    {&rbac.DeniedError{}, 403, "forbidden"},
		"rbac.ErrNoNode":      {rbac.ErrNoNode, 404, "not_found"},
		"rbac.ErrNoPrincipal": {rbac.ErrNoPrincipal, 404, "not_found"},
		"rbac.ErrNoRole":      {rbac.ErrNoRole, 404, "not_found"},
		"rbac.ErrInvalid":     {rbac.ErrInvalid, 400, "invalid"},
		"rbac.ErrBuiltin":     {rbac.ErrBuiltin, 409, "builtin"},
		"rbac.ErrRoleInUse":   {rbac.ErrRoleInUse, 409, "in_use"},
		"rbac.ErrStale":       {rbac.ErrStale, 503, "stale"},
		"rbac.ErrSchema":      {rbac.ErrSchema, 500, "internal"},

		"quota.ErrNotFound":   {quota.ErrNotFound, 404, "not_found"},
		"quota.ErrInvalid":    {quota.ErrInvalid, 400, "invalid"},
		"quota.ErrExceeded":   {quota.ErrExceeded, 400, "quota_exceeded"},
		"quota.ExceededError": {&quota.ExceededError{}, 400, "quota_exceeded"},
		"quota.ErrInUse":      {quota.ErrInUse, 409, "in_use"},
		"quota.ErrConflict":   {quota.ErrConflict, 409, "conflict"},
		"quota.ErrSettled":    {quota.ErrSettled, 409, "settled"},
		"quota.ErrUnknown":    {quota.ErrUnknown, 503, "outcome_unknown"},

		"workspace.ErrNotFound":          {workspace.ErrNotFound, 404, "not_found"},
		"workspace.ErrInvalid":           {workspace.ErrInvalid, 400, "invalid"},
		"workspace.InvalidError":         {&workspace.InvalidError{Field: "name", Expected: "x"}, 400, "invalid"},
		"workspace.ErrTaken":             {workspace.ErrTaken, 409, "taken"},
		"workspace.TakenError":           {&workspace.TakenError{Field: "name"}, 409, "taken"},
		"workspace.ErrInUse":             {workspace.ErrInUse, 409, "in_use"},
		"workspace.ErrSupervisor":        {workspace.ErrSupervisor, 409, "supervisor"},
		"workspace.ErrInactive":          {workspace.ErrInactive, 403, "inactive"},
		"workspace.ErrHeir":              {workspace.ErrHeir, 409, "heir"},
		"workspace.ErrOwns":              {workspace.ErrOwns, 409, "owns_resources"},
		"workspace.OwnsError":            {&workspace.OwnsError{}, 409, "owns_resources"},
		"workspace.ErrBlocked":           {workspace.ErrBlocked, 409, "blocked"},
		"workspace.BlockedError":         {&workspace.BlockedError{}, 409, "blocked"},
		"workspace.ErrChanged":           {workspace.ErrChanged, 412, "precondition_failed"},
		"workspace.ErrSuperior":          {workspace.ErrSuperior, 409, "superior"},
		"workspace.ErrLastAdministrator": {workspace.ErrLastAdministrator, 409, "last_administrator"},
		"workspace.ErrPending":           {workspace.ErrPending, 409, "invited_already"},
		"workspace.PendingError":         {&workspace.PendingError{}, 409, "invited_already"},
		"workspace.ErrSettled":           {workspace.ErrSettled, 409, "settled"},
		"workspace.ErrExpired":           {workspace.ErrExpired, 410, "expired"},
		"workspace.ErrInviter":           {workspace.ErrInviter, 409, "inviter_lost_power"},
		"workspace.ErrSignIn":            {workspace.ErrSignIn, 401, "sign_in_first"},
		"workspace.ErrNoLink":            {workspace.ErrNoLink, 409, "no_link"},

		"accesskey.ErrRefused":  {accesskey.ErrRefused, 401, "unauthenticated"},
		"accesskey.ErrEnded":    {accesskey.ErrEnded, 409, "key_ended"},
		"accesskey.ErrRotating": {accesskey.ErrRotating, 409, "key_rotating"},
		"accesskey.ErrRotated":  {accesskey.ErrRotated, 409, "key_rotated"},
		"accesskey.ErrOwns":     {accesskey.ErrOwns, 409, "owns_resources"},

		"apikey.ErrNotFound":     {apikey.ErrNotFound, 404, "not_found"},
		"apikey.ErrRefused":      {apikey.ErrRefused, 401, "unauthenticated"},
		"offering.ErrNotFound":   {offering.ErrNotFound, 404, "not_found"},
		"offering.ErrPersonal":   {offering.ErrPersonal, 409, "not_personal"},
		"audit.ErrBroken":        {audit.ErrBroken, 409, "broken_trail"},
		"audit.BrokenError":      {&audit.BrokenError{}, 409, "broken_trail"},
		"audit.ErrNoSigner":      {audit.ErrNoSigner, 500, "internal"},
		"signin.ErrRefused":      {signin.ErrRefused, 401, "unauthenticated"},
		"signin.EndedError":      {&signin.EndedError{Why: signin.Kicked}, 401, "unauthenticated"},
		"signin.ErrBusy":         {signin.ErrBusy, 503, "busy"},
		"signin.ErrNoIdentity":   {signin.ErrNoIdentity, 401, "unknown_identity"},
		"signin.ErrLastIdentity": {signin.ErrLastIdentity, 409, "last_identity"},
		"signin.ErrThrottled":    {signin.ErrThrottled, 429, "too_many_tries"},
		"signin.ErrNoMail":       {signin.ErrNoMail, 503, "no_mail"},
		"signin.ThrottledError":  {&signin.ThrottledError{After: time.Minute}, 429, "too_many_tries"},

		"workspace.ErrNoMailer": {workspace.ErrNoMailer, 503, "no_mail"},
		"mail.ErrBuiltin":       {mail.ErrBuiltin, 409, "builtin"},
		"mail.ErrNoSealer":      {mail.ErrNoSealer, 503, "no_mail"},
		"mail.ErrNotFound":      {mail.ErrNotFound, 404, "not_found"},
		"mail.ErrInvalid":       {mail.ErrInvalid, 400, "invalid"},
		"mail.InvalidError":     {&mail.InvalidError{Field: "text", Expected: "x"}, 400, "invalid"},
		"mail.ErrRefused":       {mail.ErrRefused, 500, "internal"},

		"database.ErrName":          {database.ErrName, 400, "invalid"},
		"database.NameError":        {&database.NameError{}, 400, "invalid"},
		"database.BackupNameError":  {&database.BackupNameError{}, 400, "invalid"},
		"database.ErrNotFound":      {database.ErrNotFound, 404, "not_found"},
		"database.ErrBackup":        {database.ErrBackup, 400, "no_backup"},
		"database.ErrExists":        {database.ErrExists, 409, "taken"},
		"database.ErrInUse":         {database.ErrInUse, 409, "in_use"},
		"database.ErrLocked":        {database.ErrLocked, 409, "locked"},
		"database.ErrState":         {database.ErrState, 409, "under_way"},
		"database.ErrBusy":          {database.ErrBusy, 503, "busy"},
		"database.ErrNoProvisioner": {database.ErrNoProvisioner, 503, "no_databases"},
		"database.ErrNoFiles":       {database.ErrNoFiles, 503, "no_backups"},

		"transport.ErrUnrecognised": {transport.ErrUnrecognised, 401, "unauthenticated"},
		"transport.ErrCredentials":  {transport.ErrCredentials, 401, "unauthenticated"},
		"transport.ErrCrossOrigin":  {transport.ErrCrossOrigin, 403, "cross_origin"},
		"transport.ErrPath":         {transport.ErrPath, 400, "bad_path"},
		"transport.ErrPrecondition": {transport.ErrPrecondition, 412, "precondition_failed"},
		"transport.ErrMedia":        {transport.ErrMedia, 415, "unsupported_media_type"},
		"idempotency.ErrMismatch":   {idempotency.ErrMismatch, 422, "idempotency_mismatch"},
		"idempotency.ErrDone":       {idempotency.ErrDone, 409, "already_done"},
		"idempotency.DoneError":     {&idempotency.DoneError{ID: "x"}, 409, "already_done"},
		"transport.ErrJSON":         {transport.ErrJSON, 400, "invalid"},
		"transport.JSONError":       {&transport.JSONError{Field: "a", Expected: "b"}, 400, "invalid"},

		"resource.ErrNotFound":    {resource.ErrNotFound, 404, "not_found"},
		"resource.ErrInvalid":     {resource.ErrInvalid, 400, "invalid"},
		"resource.ErrCycle":       {resource.ErrCycle, 409, "cycle"},
		"resource.ErrElsewhere":   {resource.ErrElsewhere, 409, "elsewhere"},
		"resource.ErrHierarchy":   {resource.ErrHierarchy, 409, "hierarchy"},
		"resource.ErrRoot":        {resource.ErrRoot, 409, "root"},
		"resource.ErrReferred":    {resource.ErrReferred, 409, "referred"},
		"resource.ErrNoClass":     {resource.ErrNoClass, 400, "no_class"},
		"resource.ErrCatalog":     {resource.ErrCatalog, 500, "internal"},
		"resource.ErrNoSealer":    {resource.ErrNoSealer, 503, "no_sealer"},
		"resource.ErrLockout":     {resource.ErrLockout, 409, "lockout"},
		"resource.ErrTaken":       {resource.ErrTaken, 409, "taken"},
		"feature.ErrNoLayer":      {feature.ErrNoLayer, 404, "no_layer"},
		"feature.ErrNotFound":     {feature.ErrNotFound, 404, "not_found"},
		"feature.ErrNoAttachment": {feature.ErrNoAttachment, 404, "not_found"},
		"feature.ErrNoImage":      {feature.ErrNoImage, 400, "no_image"},
		"feature.ErrTooLarge":     {feature.ErrTooLarge, 413, "too_large"},
		"upload.ErrNotFound":      {upload.ErrNotFound, 404, "not_found"},
		"upload.ErrBudget":        {upload.ErrBudget, 429, "too_many_uploads"},
		"upload.ErrTooLarge":      {upload.ErrTooLarge, 413, "too_large"},
		"upload.ErrOffset":        {upload.ErrOffset, 409, "offset"},
		"upload.ErrIncomplete":    {upload.ErrIncomplete, 409, "incomplete"},
		"resource.HierarchyError": {&resource.HierarchyError{}, 409, "hierarchy"},
		"resource.ReferredError":  {&resource.ReferredError{By: []resource.Reference{{From: 1, Name: "a.b", To: 2}}}, 409, "referred"},
		"resource.LockoutError":   {&resource.LockoutError{}, 409, "lockout"},
		"resource.TakenError":     {&resource.TakenError{Field: "keyname"}, 409, "taken"},
		"feature.BatchError":      {&feature.BatchError{Err: feature.ErrNotFound}, 404, "not_found"},

		// Those of the database itself are our own mistakes, or the operator's.
		"storage.ErrNoUnit":      {storage.ErrNoUnit, 500, "internal"},
		"storage.ErrUnitEnded":   {storage.ErrUnitEnded, 500, "internal"},
		"storage.ErrUnitFailed":  {storage.ErrUnitFailed, 500, "internal"},
		"storage.ErrAddress":     {storage.ErrAddress, 500, "internal"},
		"storage.ErrOwned":       {storage.ErrOwned, 500, "internal"},
		"storage.ErrNewer":       {storage.ErrNewer, 500, "internal"},
		"storage.ErrChanged":     {storage.ErrChanged, 500, "internal"},
		"storage.ErrNotMigrated": {storage.ErrNotMigrated, 500, "internal"},
		"storage.UnavailableError": {
			fmt.Errorf("storage: %w", &storage.UnavailableError{Err: errors.New("no route")}), 503, "unavailable",
		},
	}
}

// exportedErrors lists the exported errors of a package, by its sources.
func exportedErrors(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", dir, err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range syntax.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range group.Specs {
				switch spec := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						if group.Tok == token.VAR && strings.HasPrefix(name.Name, "Err") {
							names = append(names, syntax.Name.Name+"."+name.Name)
						}
					}
				case *ast.TypeSpec:
					if spec.Name.IsExported() && strings.HasSuffix(spec.Name.Name, "Error") {
						names = append(names, syntax.Name.Name+"."+spec.Name.Name)
					}
				}
			}
		}
	}
	return names
}

func TestEveryErrorHasARow(t *testing.T) {
	t.Parallel()
	want := rows()
	seen := map[string]bool{}
	for _, dir := range []string{
		"../rbac", "../quota", "../workspace", "../workspace/accesskey", "../workspace/apikey", "../workspace/offering", "../workspace/signin",
		"../workspace/audit", "../workspace/database", "../workspace/idempotency", "../workspace/mail", "../resource", "../resource/feature", "../resource/upload",
		"../storage", ".",
	} {
		for _, name := range exportedErrors(t, dir) {
			seen[name] = true
			if _, ok := want[name]; !ok {
				t.Errorf("%s has no row: say in table() and here how HTTP tells it", name)
			}
		}
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("%s has a row and is no more", name)
		}
	}
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	for name, want := range rows() {
		for _, err := range []error{want.err, fmt.Errorf("outer: %w", want.err), errors.Join(errors.New("x"), want.err)} {
			p := transport.ProblemOf(err)
			if p.Status != want.status || p.Code != want.code || !errors.Is(p.Err, want.err) {
				t.Errorf("ProblemOf(%s) = %d %s, want %d %s", name, p.Status, p.Code, want.status, want.code)
			}
		}
	}
	for _, c := range []told{
		{errors.New("whatever"), 500, "internal"},
		{context.Canceled, transport.StatusCanceled, "canceled"},
		{context.DeadlineExceeded, 503, "timeout"},
		{&http.MaxBytesError{Limit: 1}, 413, "too_large"},
		{away(true), 503, "unavailable"},
		{away(false), 500, "internal"},
		{fmt.Errorf("storage: %w", away(true)), 503, "unavailable"},
		{&rbac.DeniedError{Explanation: rbac.Explanation{Cause: rbac.BySeal}}, 403, "inactive"},
		{&rbac.DeniedError{Explanation: rbac.Explanation{Cause: rbac.ByDeny}}, 403, "forbidden"},
	} {
		if p := transport.ProblemOf(c.err); p.Status != c.status || p.Code != c.code {
			t.Errorf("ProblemOf(%v) = %d %s, want %d %s", c.err, p.Status, p.Code, c.status, c.code)
		}
	}
}

type away bool

func (away) Error() string       { return "away" }
func (a away) Unavailable() bool { return bool(a) }

func TestProblemDetails(t *testing.T) {
	t.Parallel()
	p := transport.ProblemOf(fmt.Errorf("x: %w", &workspace.InvalidError{Field: "name", Expected: "1 to 99 characters"}))
	if p.Field != "name" || p.Expected != "1 to 99 characters" {
		t.Errorf("of an InvalidError: %+v", p)
	}
	p = transport.ProblemOf(&transport.JSONError{Field: "a.0", Expected: "text"})
	if p.Field != "a.0" || p.Expected != "text" {
		t.Errorf("of a JSONError: %+v", p)
	}
	p = transport.ProblemOf(fmt.Errorf("x: %w", &signin.ThrottledError{After: time.Minute}))
	if p.RetryAfter != time.Minute {
		t.Errorf("of a ThrottledError: %+v", p)
	}
	p = transport.ProblemOf(&workspace.TakenError{Field: "technical_name", Value: "x"})
	if p.Field != "technical_name" || p.Expected != "" {
		t.Errorf("of a TakenError: %+v", p)
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	denied := &rbac.DeniedError{}
	for _, c := range []struct {
		actor  workspace.Actor
		err    error
		status int
	}{
		{workspace.Guest(""), denied, 401},
		{workspace.Actor{}, denied, 401},
		{workspace.Actor{Principal: 70}, denied, 403},
		{workspace.Guest(""), workspace.ErrNotFound, 404},
		{workspace.Guest(""), workspace.ErrInvalid, 400},
	} {
		if p := transport.Refusal(c.actor, c.err); p.Status != c.status || (p.Status == 401) != (p.Code == "unauthenticated") {
			t.Errorf("Refusal(%d, %v) = %d %s, want %d", c.actor.Principal, c.err, p.Status, p.Code, c.status)
		}
	}
}
