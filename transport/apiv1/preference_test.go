package apiv1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

// TestPreferences keeps what somebody wants kept of pages, for him alone.
func TestPreferences(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		const all, size = "/me/preferences", "/me/preferences/size"
		none := s.call(s.member, get, all, "", 200)
		if none.text != `{"preferences":{}}` {
			t.Errorf("%s", none.text)
		}
		put := s.call(s.member, put, size, `{"value": [50,  {"b": null, "a": "é"}]}`, 200)
		if put.text != `{"name":"size","value":[50,{"a":"é","b":null}],"updated":"2026-05-04T10:00:00.123456Z"}` {
			t.Errorf("%s", put.text)
		}
		s.call(s.member, "PUT", "/me/preferences/a.b-c_d", `{"value": null}`, 200)
		now := s.call(s.member, get, all, "", 200)
		if now.text != `{"preferences":{"a.b-c_d":null,"size":[50,{"a":"é","b":null}]}}` {
			t.Errorf("%s", now.text)
		}
		s.call(s.member, get, all, "", 304, "If-None-Match", now.header.Get("ETag"))
		s.call(s.member, get, all, "", 200, "If-None-Match", none.header.Get("ETag"))
		if others := s.call(s.boss, get, all, "", 200); others.text != none.text {
			t.Errorf("somebody else's: %s", others.text)
		}
		// Tried, nothing is kept; and who was slower finds out when he asks to.
		s.call(s.member, "PUT", size+"?dry_run=true", `{"value": 1}`, 200)
		s.call(s.member, remove, size+"?dry_run=true", "", 200)
		s.refused(s.member, "PUT", size, `{"value": 1}`, 412, "precondition_failed", "", "If-Match", `"x"`)
		s.refused(s.member, "PUT", "/me/preferences/new", `{"value": 1}`, 412, "precondition_failed", "", "If-Match", "*")
		s.refused(s.member, remove, size, "", 412, "precondition_failed", "", "If-Match", `"x"`)
		if same := s.call(s.member, get, all, "", 200); same.text != now.text {
			t.Errorf("%s", same.text)
		}
		s.call(s.member, "PUT", size, `{"value": 1}`, 200, "If-Match", put.header.Get("ETag"))
		s.refused(s.member, remove, size, "", 412, "precondition_failed", "", "If-Match", put.header.Get("ETag"))
		s.call(s.member, remove, size, "", 204)
		s.refused(s.member, remove, size, "", 404, "not_found", "")

		for body, field := range map[string]string{
			`{}`: "value", `{"value": 1, "name": "x"}`: "name", `{"value": {"a": 1, "a": 2}}`: "", ``: "", `{"value": x}`: "", `[]`: "",
			`{"value": "` + strings.Repeat("x", 8<<10) + `"}`: "value",
		} {
			s.refused(s.member, "PUT", size, body, 400, "invalid", field)
		}
		for _, name := range []string{"A", "-a", "a%2Fb", "%C3%A9", strings.Repeat("a", 65)} {
			s.refused(s.member, "PUT", "/me/preferences/"+name, `{"value": 1}`, 400, "invalid", "preference")
			s.refused(s.member, remove, "/me/preferences/"+name, "", 404, "not_found", "")
		}
		for i := range 99 {
			s.call(s.member, "PUT", fmt.Sprint("/me/preferences/p", i), `{"value": 1}`, 200)
		}
		s.refused(s.member, "PUT", size, `{"value": 1}`, 400, "invalid", "preference")

		s.refused(nil, get, all, "", 401, "unauthenticated", "")
		_, secret, err := s.services.AccessKeys.Create(t.Context(), s.actor(s.member), accesskey.Key{Title: "mine", Expires: s.soon()})
		s.must(err)
		for method, path := range map[string]string{get: all, "PUT": size, remove: "/me/preferences/p0"} {
			body := ""
			if method == "PUT" {
				body = `{"value": 1}`
			}
			s.refused(nil, method, path, body, 404, "not_found", "", "Api-Key", secret)
		}
	})
}
