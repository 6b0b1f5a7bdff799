package transport_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// A hall is a house whose refusals are told to the trail, behind one lens that
// answers with what the test says.
type hall struct {
	*house

	t      *testing.T
	now    time.Time
	mu     sync.Mutex
	lens   http.Handler
	answer func(r *http.Request) error
}

func newHall(t *testing.T) *hall {
	t.Helper()
	a := &hall{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.now
	}
	a.house = newHouse(t, func(s *transport.Services) { s.Now = clock })
	a.Trail = audit.New(a.db.Trail(), &audit.Options{Now: clock})
	render := func(w http.ResponseWriter, r *http.Request, p transport.Problem) {
		transport.NoteProblem(r.Context(), p)
		render(w, r, p)
	}
	a.lens = a.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.answer(r); err != nil {
			render(w, r, transport.Refusal(transport.Actor(r.Context()), err))
			return
		}
		fine(w, r)
	}), render)
	return a
}

// call calls and returns what the trail was told of it.
func (a *hall) call(method, path string, err error, headers ...string) []audit.Event {
	a.t.Helper()
	if a.answer == nil || err != nil {
		a.answer = func(*http.Request) error { return err }
	}
	before := a.refused()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	a.lens.ServeHTTP(httptest.NewRecorder(), r)
	return a.refused()[len(before):]
}

func (a *hall) refused() []audit.Event {
	a.t.Helper()
	list, err := a.db.Trail().List(a.t.Context(), audit.Filter{Outcome: audit.Refused})
	if err != nil {
		a.t.Fatal(err)
	}
	return list
}

func (a *hall) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	a := newHall(t)
	ann := a.users["ann"]
	as := []string{"Authorization", basic("ann:" + secret)}
	denied := &rbac.DeniedError{Explanation: rbac.Explanation{Permission: workspace.ManageMembers, Cause: rbac.ByDefault}}
	id := workspace.ID(uid.New())

	told := a.call("DELETE", "/members/7?secret=canary", denied, as...)
	if len(told) != 1 {
		t.Fatalf("told is %+v", told)
	}
	e := told[0]
	if e.Action != "request.refuse" || e.Outcome != audit.Refused || e.Reason != "forbidden, workspace.manage_members, default" ||
		e.Principal != int64(ann.Num) || e.Actor != "ann" || e.Via != "basic" || e.Address != "192.0.2.1" || e.Workspace != "" ||
		e.Object != (audit.Object{Kind: "route", ID: "DELETE /members/7"}) || !e.At.Equal(a.now) || e.Seq == 0 ||
		string(e.Detail) != `{"cause":"default","code":"forbidden","permission":"workspace.manage_members","status":403}` {
		t.Errorf("told is %+v: %s", e, e.Detail)
	}
	// Once a minute, of each path and code.
	if told := a.call("DELETE", "/members/7", denied, as...); len(told) != 0 {
		t.Errorf("told again %+v", told)
	}
	if told := a.call("DELETE", "/members/8", denied, as...); len(told) != 1 {
		t.Errorf("of another path: %+v", told)
	}
	a.pass(time.Minute)
	if told := a.call("DELETE", "/members/7", denied, as...); len(told) != 1 {
		t.Errorf("a minute later: %+v", told)
	}
	for _, c := range []struct {
		method string
		err    error
		told   int
		reason string
	}{
		{"GET", denied, 0, ""},
		{"HEAD", denied, 0, ""},
		{"PUT", workspace.ErrSupervisor, 1, "supervisor"},
		{"POST", fmt.Errorf("x: %w", workspace.ErrLastAdministrator), 1, "last_administrator"},
		{"PATCH", workspace.ErrInactive, 1, "inactive"},
		{"POST", workspace.ErrTaken, 0, ""},
		{"POST", workspace.ErrNotFound, 0, ""},
		{"POST", workspace.ErrInvalid, 0, ""},
		{"POST", rbac.ErrStale, 0, ""},
	} {
		told := a.call(c.method, "/"+uid.New(), c.err, as...)
		if len(told) != c.told || c.told == 1 && told[0].Reason != c.reason {
			t.Errorf("%s %v: %+v", c.method, c.err, told)
		}
	}
	// A guest was only not told who he is.
	if told := a.call("POST", "/x", denied); len(told) != 0 {
		t.Errorf("of a guest: %+v", told)
	}
	// The lens knows more than the path says.
	a.answer = func(r *http.Request) error {
		transport.NoteRoute(r.Context(), "/workspaces/{workspace}/invitations/{token}")
		transport.NoteWorkspace(r.Context(), id)
		return denied
	}
	if told := a.call("POST", "/workspaces/x/invitations/canary", nil, as...); len(told) != 1 ||
		told[0].Workspace != string(id) || told[0].Object.ID != "POST /workspaces/{workspace}/invitations/{token}" {
		t.Errorf("told is %+v", told)
	}
}

func TestWrongCredentialsAreTold(t *testing.T) {
	t.Parallel()
	a := newHall(t)
	wrong := []string{"Authorization", basic("canary-name:canary-password")}
	if told := a.call("GET", "/a", nil, wrong...); len(told) != 0 {
		t.Errorf("of reading: %+v", told)
	}
	token := strings.Repeat("canary", 8)
	told := a.call("POST", "/invitations/"+token+"/accept", nil, wrong...)
	if len(told) != 1 {
		t.Fatalf("told is %+v", told)
	}
	e := told[0]
	if e.Principal != int64(rbac.Guest) || e.Actor != "guest" || e.Address != "192.0.2.1" || e.Reason != "unauthenticated" ||
		e.Object.ID != "POST /invitations/…/accept" || strings.Contains(fmt.Sprintf("%+v %s", e, e.Detail), "canary") {
		t.Errorf("told is %+v", e)
	}
	// Whoever knows nobody cannot fill the trail by trying paths.
	if told := a.call("POST", "/another", nil, wrong...); len(told) != 0 {
		t.Errorf("told again: %+v", told)
	}
}

// TestFloods wants of ever more strangers, and of ever more paths, so many to be
// told in a minute.
func TestFloods(t *testing.T) {
	t.Parallel()
	a := newHall(t)
	a.TrustProxy = true
	before := len(a.refused())
	for i := range 300 {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("2001:db8::%x", i))
		r.Header.Set("Authorization", "Bearer wrong")
		a.lens.ServeHTTP(httptest.NewRecorder(), r)
	}
	if n := len(a.refused()) - before; n != 100 {
		t.Errorf("of 300 strangers %d were told", n)
	}
	as := []string{"Authorization", basic("ann:" + secret)}
	if told := a.call("POST", "/x", rbac.ErrDenied, as...); len(told) != 1 {
		t.Error("strangers keep those who are known from being told")
	}
}

// TestChecksAreNotTold asks what one may do.
func TestChecksAreNotTold(t *testing.T) {
	t.Parallel()
	a := newHall(t)
	check := transport.CheckHandler(a.Services)
	r := httptest.NewRequest(http.MethodPost, "/check", strings.NewReader(`{"node":1,"permission":"x"}`))
	r.Header.Set("Authorization", "Bearer wrong")
	w := httptest.NewRecorder()
	if check.ServeHTTP(w, r); w.Code != http.StatusUnauthorized || len(a.refused()) != 0 {
		t.Errorf("%d, %+v", w.Code, a.refused())
	}
}

// TestRefusalThatCannotBeTold wants the answer all the same, and a line in the
// log.
func TestRefusalThatCannotBeTold(t *testing.T) {
	t.Parallel()
	a := newHall(t)
	a.answer = func(*http.Request) error { return rbac.ErrDenied }
	a.Host = func(*http.Request) (workspace.Actor, error) {
		return workspace.Actor{Principal: 70, Name: "zero\x00byte"}, nil
	}
	w := httptest.NewRecorder()
	a.lens.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusForbidden || !strings.Contains(a.log.String(), "refusal not recorded") {
		t.Errorf("%d, %s", w.Code, a.log)
	}
}
