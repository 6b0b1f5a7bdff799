package entrepot_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport/entrepot"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// TestCarriers calls every route with each credential by each of its carriers:
// how a credential comes changes nothing about what it may.
func TestCarriers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		m := newMatrix(t, db)
		// Made here, since only this test has keys and sessions.
		s, ctx := m.services, t.Context()
		s.AccessKeys = accesskey.New(db.AccessKeys(), s.Rules, s.Quotas, db.Trail(), &accesskey.Options{Now: s.Now, Coverer: s.Rules})
		var like, admin *persona
		for _, p := range m.personas {
			switch p.name {
			case "supervisor":
				like = p
			case "platform administrator":
				admin = p
			}
		}
		expires := s.Now().Add(24 * time.Hour)
		_, robot, err := s.AccessKeys.Create(ctx, root(), accesskey.Key{
			Workspace: like.home.ID, Title: "robot", Role: workspace.RoleEditor, Expires: expires,
		})
		m.must(err)
		_, mine, err := s.AccessKeys.Create(ctx, admin.actor(), accesskey.Key{Title: "mine", Expires: expires})
		m.must(err)
		session, err := s.SignIn.StartFor(ctx, like.ID, "oidc", "browser", "")
		m.must(err)
		basic := func(name, secret string) string {
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+secret))
		}
		key := func(secret string) []http.Header {
			return []http.Header{
				{"Authorization": {"Bearer " + secret}},
				{"Api-Key": {secret}},
				{"X-Api-Key": {secret}},
				{"Authorization": {basic("anything", secret)}},
				{"Authorization": {basic(secret, "")}},
			}
		}
		cookie := "__Host-bailiwick=" + session.Secret
		credentials := []struct {
			name    string
			like    *persona
			headers []http.Header
		}{
			{"workspace key", like, key(robot)},
			{"personal key", admin, key(mine)},
			{"user", like, []http.Header{
				{"Authorization": {"Bearer " + like.token}},
				{"Authorization": {basic(like.Username, password)}},
				{"Cookie": {cookie}, "X-Requested-With": {"bailiwick"}},
			}},
		}
		for _, route := range entrepot.Routes() {
			variants := []variant{{own, own}}
			if strings.Contains(route.Path, "{") {
				variants = append(variants, variant{foreign, foreign}, variant{missing, missing})
			}
			for _, c := range credentials {
				for _, v := range variants {
					want := ""
					for i, h := range c.headers {
						got := m.carried(route, c.like, v, h)
						if i == 0 {
							want = got
						}
						if got != want {
							t.Errorf("%s %s (%s) with a %s: %s by carrier %d, %s by the first", route.Method, route.Path, v.first, c.name, got, i, want)
						}
					}
				}
			}
			if route.Policy.Who != entrepot.Public {
				two := http.Header{"Authorization": {basic(like.Username, password)}, "Api-Key": {robot}}
				if got := m.carried(route, like, variant{own, own}, two); !strings.HasPrefix(got, "401") {
					t.Errorf("%s %s with two: %s", route.Method, route.Path, got)
				}
			}
			if route.Method != http.MethodGet {
				alone := http.Header{"Cookie": {cookie}}
				if got := m.carried(route, like, variant{own, own}, alone); !strings.HasPrefix(got, "403") {
					t.Errorf("%s %s with the cookie alone: %s", route.Method, route.Path, got)
				}
			}
		}
	})
}

// carried calls a route with headers, in a unit of work that is undone, and
// returns the status and what the problem says.
func (m *matrix) carried(route entrepot.Route, p *persona, v variant, h http.Header) string {
	m.t.Helper()
	body := ""
	if write := bodies()[route.Method+" "+route.Path]; write != nil {
		body = write(m, p, v)
	}
	outcome := ""
	err := m.db.Tx(m.t.Context(), func(ctx context.Context) error {
		r := httptest.NewRequestWithContext(ctx, route.Method, prefix+m.path(route, p, v), strings.NewReader(body))
		r.Header = h.Clone()
		r.Header.Set("Content-Type", "application/json")
		got := m.serve(r)
		outcome = fmt.Sprint(got.status)
		var problem struct {
			Error       string   `json:"error"`
			Description []string `json:"error_description"`
		}
		if got.status > 299 && json.Unmarshal([]byte(got.text), &problem) == nil {
			outcome += fmt.Sprint(" ", problem.Error, problem.Description)
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		m.t.Errorf("%s %s: %v", route.Method, route.Path, err)
	}
	return outcome
}
