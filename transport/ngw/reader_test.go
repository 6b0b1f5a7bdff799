package ngw_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// calls are all routes of a layer's features with a body that is right, and
// whether they write.
func (m *meadow) calls(layer rbac.Node, fid, aid int64) map[string]bool {
	m.Helper()
	feature := fmt.Sprintf("/api/resource/%d/feature/", layer)
	one := fmt.Sprintf("%s%d", feature, fid)
	upload := fmt.Sprintf(`{"file_upload": {"id": %q}}`, m.uploaded(m.Ada, "mine"))
	calls := map[string]bool{}
	for _, path := range []string{
		feature, feature + "?limit=0", feature + "?fld_name=secret", one, one + "/extent", one + "/attachment/",
		fmt.Sprintf("%s/attachment/%d", one, aid), fmt.Sprintf("%s/attachment/%d/download", one, aid),
		fmt.Sprintf("%s/attachment/%d/image", one, aid), fmt.Sprintf("%s/attachment/%d/image?size=5x5", one, aid),
		fmt.Sprintf("/api/resource/%d/feature_count", layer), fmt.Sprintf("/api/resource/%d/feature_extent", layer), fmt.Sprintf("/api/resource/%d/extent", layer),
	} {
		calls["GET "+path] = false
	}
	for _, call := range []string{
		"POST " + feature + ` {"fields": {}}`, "PATCH " + feature + ` [{"fields": {}}]`, "PATCH " + feature + ` []`, "DELETE " + feature,
		"DELETE " + feature + fmt.Sprintf(` [{"id": %d}]`, fid), "PUT " + one + ` {"fields": {}}`, "DELETE " + one,
		"POST " + one + "/attachment/ " + upload, fmt.Sprintf(`PUT %s/attachment/%d {"name": "x"}`, one, aid), fmt.Sprintf("DELETE %s/attachment/%d", one, aid),
	} {
		calls[call] = true
	}
	return calls
}

// ask makes one of the calls.
func (m *meadow) ask(who ngwtest.Person, call string) ngwtest.Answer {
	m.Helper()
	method, rest, _ := strings.Cut(call, " ")
	path, body, _ := strings.Cut(rest, " ")
	if body == "" {
		return m.Serve(m.Request(who, method, path, nil))
	}
	return m.Serve(m.Request(who, method, path, body))
}

// TestReaders lets nobody see or change features of a layer that he may not read
// or write, on any route.
func TestReaders(t *testing.T) {
	eachMeadow(t, func(m *meadow) {
		aid := m.attach("ash", picture(m, "png", 3, 3), "")
		calls := m.calls(m.trees, m.ids["ash"], aid)
		before := m.everything()
		for call, writes := range calls {
			for _, who := range []ngwtest.Person{m.Guest, m.Neighbour} {
				f := m.ask(who, call).Refused(http.StatusForbidden, ".InsufficientPermissions")
				if strings.Contains(f.Message, "ash") || fmt.Sprint(f.Data["resource"]) != fmt.Sprintf("map[id:%d]", m.trees) {
					m.Errorf("%s: %v %s", call, f.Data, f.Message)
				}
			}
			if !writes {
				m.ask(m.Viewer, call).Wants(http.StatusOK)
				continue
			}
			f := m.ask(m.Viewer, call).Refused(http.StatusForbidden, ".InsufficientPermissions")
			if f.Data["scope"] != "data" || f.Data["permission"] != "write" {
				m.Errorf("%s: %v", call, f.Data)
			}
		}
		if after := m.everything(); after != before {
			m.Errorf("something has changed: %s", after)
		}
	})
}

// TestReadingData lets in who may read data, as the rules of today's NextGIS Web
// have it, which know of no structure.
func TestReadingData(t *testing.T) {
	eachMeadow(t, func(m *meadow) {
		m.Open()
		entry := func(scope string) object {
			return object{"action": "allow", "principal": object{"id": m.Outsider.Num}, "identity": "", "scope": scope, "permission": "read", "propagate": true}
		}
		change := func(scopes ...string) {
			m.Helper()
			list := []object{}
			for _, scope := range scopes {
				list = append(list, entry(scope))
			}
			m.Call(m.Ada, http.MethodPut, m.at(""), object{"resource": object{"permissions": list}}).Wants(http.StatusOK)
		}
		aid := m.attach("ash", picture(m, "png", 3, 3), "")
		calls := m.calls(m.trees, m.ids["ash"], aid)
		for _, scopes := range [][]string{{"resource", "data"}, {"resource"}, {"data"}, {"resource", "datastruct"}} {
			change(scopes...)
			reads := slices.Equal(scopes, []string{"resource", "data"})
			for call, writes := range calls {
				switch {
				case writes && reads: // who may not even read is refused in TestReaders
					m.ask(m.Outsider, call).Refused(http.StatusForbidden, ".InsufficientPermissions")
				case writes:
				case reads:
					m.ask(m.Outsider, call).Wants(http.StatusOK)
				default:
					m.ask(m.Outsider, call).Refused(http.StatusForbidden, ".InsufficientPermissions")
				}
			}
		}
	})
}

// TestFeaturePlace shows nothing of another workspace where one is shown alone,
// also to who may see both.
func TestFeaturePlace(t *testing.T) {
	smallMeadow(t, func(m *meadow) {
		upload := fmt.Sprintf(`{"file_upload": {"id": %q}}`, m.uploaded(m.Boss, "picture"))
		list := fmt.Sprintf("/api/resource/%d/feature/%d/attachment/", m.away, m.awayID)
		aid := read[struct{ ID int64 }](m.want(m.Boss, http.MethodPost, list, upload, http.StatusOK)).ID
		there := m.want(m.Boss, http.MethodGet, fmt.Sprintf("/api/resource/%d/feature/", m.away), "", http.StatusOK).Text
		for call := range m.calls(m.away, m.awayID, aid) {
			method, rest, _ := strings.Cut(call, " ")
			m.ask(m.Boss, method+" /w/survey"+rest).Refused(http.StatusNotFound, ".ResourceNotFound")
			if method == http.MethodGet && !strings.Contains(rest, "/image") {
				m.ask(m.Boss, method+" /w/elsewhere"+rest).Wants(http.StatusOK)
			}
		}
		if after := m.want(m.Boss, http.MethodGet, fmt.Sprintf("/api/resource/%d/feature/", m.away), "", http.StatusOK).Text; after != there {
			m.Errorf("something has changed: %s", after)
		}
		body := fmt.Sprintf(`{"srs": 3857, "geom": "POINT (0 0)", "layers": [%d, %d]}`, m.trees, m.away)
		a := m.want(m.Boss, http.MethodPost, "/w/survey/api/feature_layer/identify", body, http.StatusOK)
		if a.At(fmt.Sprint(m.away)+".error") != "Not found" || a.At(fmt.Sprint(m.trees)+".featureCount") != 1.0 {
			m.Errorf("identified: %s", a.Text)
		}
	})
}
