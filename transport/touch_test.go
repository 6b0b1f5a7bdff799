package transport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/workspace"
)

// A call that succeeded is noted, one that failed is not, and where noting
// fails the answer is the same.
func TestTouch(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	rights := rbac.New(h.db.Rules(), workspace.Schema(), nil)
	h.Workspaces = workspace.New(h.db.Workspaces(), rights, quota.New(h.db.Quotas(), nil), h.db.Trail(), nil)
	last := func() time.Time {
		t.Helper()
		l, err := h.db.SignIn().Login(t.Context(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		return l.User.LastCall
	}
	auth := basic("ann:" + secret)
	handle(h.Services, get("/", "Authorization", auth), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	handle(h.Services, get("/"), fine)
	if !last().IsZero() {
		t.Error("a call that failed was noted")
	}
	ctx, cancel := context.WithCancel(t.Context())
	handle(h.Services, get("/", "Authorization", auth).WithContext(ctx), func(w http.ResponseWriter, r *http.Request) {
		fine(w, r)
		cancel() // the caller has gone, but the call succeeded
	})
	if last().IsZero() {
		t.Error("a call that succeeded was not noted")
	}
	h.Host = func(*http.Request) (workspace.Actor, error) {
		return workspace.Actor{Principal: 999, User: "nobody"}, nil
	}
	if w := handle(h.Services, get("/"), fine); w.Code != 200 || !strings.Contains(h.log.String(), "last call not noted") {
		t.Errorf("noting failed: %d, log %s", w.Code, h.log)
	}
}

// Of many calls one in a while is noted, and each that was not is tried again.
func TestTouchIsRemembered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h.Now = func() time.Time { return now }
	rights := rbac.New(h.db.Rules(), workspace.Schema(), nil)
	clock := now
	h.Workspaces = workspace.New(h.db.Workspaces(), rights, quota.New(h.db.Quotas(), nil), h.db.Trail(),
		&workspace.Options{Now: func() time.Time { return clock }})
	handler := h.Middleware(http.HandlerFunc(fine), render)
	call := func() time.Time {
		t.Helper()
		clock = clock.Add(time.Hour) // so that each look is noted
		handler.ServeHTTP(httptest.NewRecorder(), get("/", "Authorization", basic("ann:"+secret)))
		l, err := h.db.SignIn().Login(t.Context(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		return l.User.LastCall
	}
	first := call()
	now = now.Add(9 * time.Second)
	if again := call(); first.IsZero() || !again.Equal(first) {
		t.Errorf("noted at %v, and nine seconds later at %v", first, again)
	}
	now = now.Add(time.Second)
	if later := call(); !later.After(first) {
		t.Error("not noted ten seconds later")
	}
	now = now.Add(-time.Hour) // a clock that was set back
	if last := call(); !last.Equal(clock) {
		t.Error("not noted by a clock that was set back")
	}
}
