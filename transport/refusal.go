package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

const (
	refusalTime  = 5 * time.Second
	refusalEvery = time.Minute
	// maxRefusals bounds how many refusals the trail is told of in a minute, of
	// which no more than maxStrangers are of callers whom nobody knows.
	maxRefusals, maxStrangers = 1000, 100
	maxSegment                = 36 // a UUID; what is longer may be a secret
	maxRoute                  = 200
)

// A noted is what a lens noted of a call.
type noted struct {
	problem   Problem
	route     string
	workspace workspace.ID
}

func (c *call) noting(change func(*noted)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.noted)
}

func (c *call) all() noted {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.noted
}

// NoteProblem has the trail tell why a call was refused. A lens notes every
// problem that it renders; of those that are no refusal nothing is told.
func NoteProblem(ctx context.Context, p Problem) {
	if c := callOf(ctx); c != nil {
		c.noting(func(n *noted) { n.problem = p })
	}
}

// NoteRoute has the trail name a call by the pattern of its path, as
// "/communities/{community}": what stands in the path itself may be a secret.
func NoteRoute(ctx context.Context, pattern string) {
	if c := callOf(ctx); c != nil {
		c.noting(func(n *noted) { n.route = pattern })
	}
}

// NoteWorkspace has the trail tell a refusal in the chain of a workspace. A lens
// notes it when it knows that there is one, or that the answer will be 404
// otherwise: nobody is to begin chains of what does not exist.
func NoteWorkspace(ctx context.Context, id workspace.ID) {
	if c := callOf(ctx); c != nil {
		c.noting(func(n *noted) { n.workspace = id })
	}
}

// refusals remember what was told a moment ago: a flood of refusals is to fill
// neither the trail nor the memory.
type refusals struct {
	mu        sync.Mutex
	since     time.Time
	told      map[[3]string]bool
	strangers int
}

// first reports whether a refusal is to be told: once a minute of the same caller
// for the same path and code, and so many in all.
func (l *refusals) first(now time.Time, stranger bool, key [3]string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if passed := now.Sub(l.since); l.told == nil || passed >= refusalEvery || passed < 0 {
		l.since, l.told, l.strangers = now, map[[3]string]bool{}, 0
	}
	if l.told[key] || len(l.told) >= maxRefusals || stranger && l.strangers >= maxStrangers {
		return false
	}
	if stranger {
		l.strangers++
	}
	l.told[key] = true
	return true
}

// changing reports whether a method is meant to change something.
func changing(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}

// tellStranger tells the trail of a call with credentials that are not right:
// from where, and nothing of what they were.
func (s *Services) tellStranger(r *http.Request, err error, l *refusals) {
	p := ProblemOf(err)
	if l == nil || s.Trail == nil || p.Status != http.StatusUnauthorized || !changing(r.Method) {
		return
	}
	guest := workspace.Guest(s.address(r))
	if l.first(s.now(), true, [3]string{guest.Address, "", p.Code}) {
		s.tell(r, guest, noted{problem: p}, http.StatusUnauthorized)
	}
}

// tellRefusal tells the trail of a call that was refused for want of a right, or
// because nobody may do what it wanted.
func (s *Services) tellRefusal(r *http.Request, actor workspace.Actor, status int, l *refusals) {
	if l == nil || s.Trail == nil || actor.Principal == 0 || actor.Principal == rbac.Guest || !changing(r.Method) {
		return
	}
	n := callOf(r.Context()).all()
	if n.problem.Status != status {
		n.problem = Problem{Status: status} // of a lens that notes none
	}
	switch {
	case status == http.StatusForbidden:
	case status == http.StatusConflict && guarded(n.problem.Err):
	default:
		return
	}
	if n.problem.Code == "" {
		n.problem.Code = "forbidden"
	}
	who := actor.Name + "/" + actor.Credential
	if l.first(s.now(), false, [3]string{who, r.Method + asked(r), n.problem.Code}) {
		s.tell(r, actor, n, status)
	}
}

// guarded reports whether a conflict is the refusal to leave something without
// whom it needs.
func guarded(err error) bool {
	return errors.Is(err, workspace.ErrSupervisor) || errors.Is(err, workspace.ErrLastAdministrator)
}

// tell appends a refusal to the trail, in a unit of its own: that of what was
// refused is gone. The answer is given already, so an error is only the log's.
func (s *Services) tell(r *http.Request, actor workspace.Actor, n noted, status int) {
	reason := []string{n.problem.Code}
	detail := map[string]any{"status": status, "code": n.problem.Code}
	if denied, ok := errors.AsType[*rbac.DeniedError](n.problem.Err); ok {
		why := denied.Explanation
		if why.Permission != "" {
			reason = append(reason, string(why.Permission))
			detail["permission"] = why.Permission
		}
		if why.Cause != "" {
			reason = append(reason, string(why.Cause))
			detail["cause"] = why.Cause
		}
	}
	text, err := json.Marshal(detail)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), refusalTime)
		defer cancel()
		err = s.Trail.Record(ctx, actor.Signs(audit.Event{
			Action: "request.refuse", Workspace: string(n.workspace),
			Object:  audit.Object{Kind: "route", ID: short(r.Method, 16) + " " + n.path(r)},
			Outcome: audit.Refused, Reason: strings.Join(reason, ", "), Detail: text,
		}))
	}
	if err != nil {
		s.Log.Error().Str("id", RequestID(r.Context())).Err(err).Msg("refusal not recorded")
	}
}

// path names what was called: by its pattern, or by its path without what may be
// a secret.
func (n noted) path(r *http.Request) string {
	if n.route != "" {
		return short(n.route, maxRoute)
	}
	segments := strings.Split(r.URL.EscapedPath(), "/")
	for i, segment := range segments {
		odd := strings.ContainsFunc(segment, func(c rune) bool { return c > unicode.MaxASCII || !unicode.IsPrint(c) })
		if len(segment) > maxSegment || odd {
			segments[i] = "…"
		}
	}
	path := strings.Join(segments, "/")
	if len(path) > maxRoute {
		path = path[:strings.LastIndexByte(path[:maxRoute], '/')+1] + "…"
	}
	return path
}
