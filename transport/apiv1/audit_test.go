package apiv1_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// TestAudit reads, exports and verifies the trail.
func TestAudit(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.manage()
		s.call(s.member, patch, s.at(""), `{"description": "=1+1"}`, 200)
		listed := s.call(s.member, get, s.at("/audit?action=workspace.update&outcome=allowed&q=MEMBER&object_kind=workspace&sort=-created"), "", 200)
		items := listed.items(t)
		if len(items) != 1 || items[0]["via"] != "test" || items[0]["before"].(map[string]any)["description"] != "" || items[0]["seq"] == nil {
			t.Fatalf("%s", listed.text)
		}
		for query, field := range map[string]string{
			"outcome=maybe": "outcome", "principal=x": "principal", "since=x": "since", "until=x": "until", "action=a,,b": "action",
		} {
			s.refused(s.member, get, s.at("/audit?"+query), "", 400, "invalid", field)
			s.refused(s.member, get, s.at("/audit/export?"+query), "", 400, "invalid", field)
		}
		if none := s.call(s.member, get, s.at(fmt.Sprintf("/audit?principal=%d", s.boss.Num)), "", 200).items(t); len(none) != 0 {
			t.Errorf("%v", none)
		}
		all := s.call(s.admin, get, "/audit?limit=200", "", 200).items(t)
		inside := s.call(s.admin, get, "/audit?workspace="+string(s.here.ID), "", 200).items(t)
		outside := s.call(s.admin, get, "/audit?platform=true", "", 200).items(t)
		if len(inside) == 0 || len(outside) == 0 || len(inside)+len(outside) != len(all) {
			t.Errorf("%d here, %d on the platform, %d in all", len(inside), len(outside), len(all))
		}

		first := s.call(s.member, get, s.at("/audit?limit=2"), "", 200)
		second := s.call(s.member, get, s.at("/audit?limit=2&cursor="+first.field(t, "next").(string)), "", 200)
		if total := first.value(t)["total"]; total != float64(len(inside)) || second.value(t)["total"] != nil || len(second.items(t)) != 2 {
			t.Errorf("the first page is of %v, want %d, the second: %s", total, len(inside), second.text)
		}

		lines := s.call(s.admin, get, "/audit/export", "", 200)
		if kind := lines.header.Get("Content-Type"); kind != "application/jsonl" || strings.Count(lines.text, "\n") != len(all) {
			t.Errorf("%s of %d lines, want %d", kind, strings.Count(lines.text, "\n"), len(all))
		}
		for line := range strings.Lines(lines.text) {
			if !json.Valid([]byte(line)) {
				t.Errorf("no JSON: %s", line)
			}
		}
		table := s.call(s.member, get, s.at("/audit/export?format=csv"), "", 200)
		rows, err := csv.NewReader(bytes.NewReader([]byte(table.text))).ReadAll()
		if err != nil || len(rows) != len(inside)+1 || rows[0][0] != "num" || !strings.HasPrefix(table.header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%d rows, %v, %v", len(rows), err, table.header)
		}
		empty := s.call(s.member, get, s.at("/audit/export?action=nothing"), "", 200)
		if empty.text != "" || empty.header.Get("Content-Type") != "application/jsonl" {
			t.Errorf("%q %v", empty.text, empty.header)
		}
		refused := s.refused(s.boss, get, "/audit/export", "", 403, "forbidden", "")
		if refused.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v", refused.header)
		}
		s.refused(s.member, get, s.at("/audit/export?format=xml"), "", 400, "invalid", "format")

		report := s.call(s.member, get, s.at("/audit/verify"), "", 200).value(t)
		if report["sound"] != true || report["checked"] != float64(len(inside)) || report["chain"] != string(s.here.ID) {
			t.Errorf("%v", report)
		}
		if platform := s.call(s.admin, get, "/audit/verify", "", 200).value(t); platform["sound"] != true || platform["checked"] != float64(len(outside)) {
			t.Errorf("%v", platform)
		}
	})
}

// TestRefusalsAreTold has the trail name what was refused by its pattern.
func TestRefusalsAreTold(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		s.services.Trail = audit.New(s.db.Trail(), nil)
		s.refused(s.member, post, s.at("/invitations"), `{"email": "x@example.org"}`, 403, "forbidden", "")
		told := s.call(s.admin, get, s.at("/audit?outcome=refused"), "", 200).items(t)
		if len(told) != 1 || told[0]["object"].(map[string]any)["id"] != "POST /workspaces/{workspace}/invitations" ||
			!strings.HasPrefix(told[0]["reason"].(string), "forbidden, workspace.manage_members") {
			t.Errorf("%v", told)
		}
	})
}
