package entrepot_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// TestRefusalsAreTold wants what a member was refused in the chain of the
// workspace, by the pattern of the route, and nothing of what does not exist.
func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	w.services.Trail = audit.New(w.db.Trail(), &audit.Options{Now: w.services.Now})
	ada, bob := w.user("ada", false), w.user("bob", false)
	made, err := w.services.Workspaces.Create(t.Context(), root(), workspace.Workspace{
		Name: "here", TechnicalName: "here", Contact: "here@example.org", Supervisor: ada.ID,
	})
	w.must(err)
	_, err = w.services.Workspaces.PutMember(t.Context(), root(), made.ID, bob.Num, nil)
	w.must(err)
	call := func(who *someone, method, path string, status int) {
		t.Helper()
		r := httptest.NewRequest(method, prefix+path, strings.NewReader("{}"))
		r.Header.Set("Authorization", "Bearer "+who.token)
		r.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		if answer.Code != status {
			t.Errorf("%s %s: %d, want %d: %s", method, path, answer.Code, status, answer.Body)
		}
	}
	here := "/communities/" + string(made.ID)
	const nowhere = "/administrator/communities/01a20143-1dc1-7dd5-8cae-482728b4c807"
	call(bob, http.MethodPatch, here, 403)
	call(bob, http.MethodGet, here+"/users", 403)
	call(ada, http.MethodDelete, here+"/users/"+string(ada.ID), 409)
	call(bob, http.MethodPatch, nowhere, 403)
	call(bob, http.MethodPatch, strings.TrimPrefix(nowhere, "/administrator"), 404)
	events, err := w.db.Trail().List(t.Context(), audit.Filter{Outcome: audit.Refused})
	w.must(err)
	var got []string
	for _, e := range events {
		got = append(got, e.Actor+" "+e.Object.ID+" "+e.Reason+" in "+e.Workspace)
	}
	want := []string{
		"bob PATCH /communities/{community} forbidden, workspace.update, default in " + string(made.ID),
		"ada DELETE /communities/{community}/users/{user} supervisor in " + string(made.ID),
		"bob PATCH /administrator/communities/{community} forbidden, platform.administer, default in ",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
