package apiv1_test

import "testing"

// TestMailTemplates reads, puts, shows and deletes how mails read.
func TestMailTemplates(t *testing.T) {
	each(t, func(t *testing.T, s *small) {
		at := "/organizations/" + string(s.pays.ID) + "/mail-templates"
		list := s.call(s.admin, get, at+"?limit=200", "", 200).items(t)
		if len(list) < 4 || list[0]["custom"] != false {
			t.Errorf("%v", list)
		}
		one := s.call(s.admin, get, at+"/invitation.en", "", 200)
		body := `{"subject": "Come to {{.workspace}}", "text": "{{.link}}", "html": "<a href=\"{{.link}}\">come</a>"}`
		s.refused(s.admin, put, at+"/invitation.en", `{"subject": "S", "text": "no link", "html": "<p>none</p>"}`, 400, "invalid", "")
		s.refused(s.admin, put, at+"/invitation.!", body, 400, "invalid", "language")
		s.refused(s.admin, put, at+"/nothing.en", body, 404, "not_found", "")
		s.refused(s.admin, put, at+"/invitation", body, 404, "not_found", "")
		s.call(s.admin, put, at+"/invitation.en?dry_run=true", body, 200)
		put1 := s.call(s.admin, put, at+"/invitation.en", body, 200, "If-Match", one.header.Get("ETag"))
		if put1.value(t)["custom"] != true {
			t.Errorf("%s", put1.text)
		}
		s.refused(s.admin, put, at+"/invitation.en", body, 412, "precondition_failed", "", "If-Match", one.header.Get("ETag"))
		s.refused(s.admin, put, at+"/invitation.pt", body, 412, "precondition_failed", "", "If-Match", "*")
		seen := s.call(s.admin, get, at+"/invitation.en/preview", "", 200).value(t)
		if seen["subject"] != "Come to Cartography" {
			t.Errorf("%v", seen)
		}
		s.refused(s.admin, remove, at+"/invitation.en", "", 412, "precondition_failed", "", "If-Match", one.header.Get("ETag"))
		s.call(s.admin, remove, at+"/invitation.en", "", 204)
		s.refused(s.admin, remove, at+"/invitation.en", "", 404, "not_found", "")
		s.refused(s.boss, get, at, "", 404, "not_found", "")
	})
}
