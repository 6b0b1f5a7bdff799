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

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
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
		"workspace.ErrLastAdministrator": {workspace.ErrLastAdministrator, 409, "last_administrator"},

		"apikey.ErrNotFound":   {apikey.ErrNotFound, 404, "not_found"},
		"apikey.ErrRefused":    {apikey.ErrRefused, 401, "unauthenticated"},
		"offering.ErrNotFound": {offering.ErrNotFound, 404, "not_found"},
		"offering.ErrPersonal": {offering.ErrPersonal, 409, "not_personal"},
		"signin.ErrRefused":    {signin.ErrRefused, 401, "unauthenticated"},
		"signin.ErrBusy":       {signin.ErrBusy, 503, "busy"},

		"transport.ErrUnrecognised": {transport.ErrUnrecognised, 401, "unauthenticated"},
		"transport.ErrCredentials":  {transport.ErrCredentials, 401, "unauthenticated"},
		"transport.ErrPath":         {transport.ErrPath, 400, "bad_path"},
		"transport.ErrJSON":         {transport.ErrJSON, 400, "invalid"},
		"transport.JSONError":       {&transport.JSONError{Field: "a", Expected: "b"}, 400, "invalid"},

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
		"../rbac", "../quota", "../workspace", "../workspace/apikey", "../workspace/offering", "../workspace/signin",
		"../workspace/audit", "../storage", ".",
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
