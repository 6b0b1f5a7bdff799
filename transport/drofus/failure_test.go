package drofus

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHumanised(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"name": "Name", "owner_id": "Owner", "room_rights": "Room rights", "user.first_name": "User first name",
		"no_web_admin_access": "No web admin access", "_id": "_id", "project_type_id": "Project type",
	} {
		if got := humanised(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
}

func someFaults() *faults {
	f := &faults{}
	f.add("name", saysBlank)
	f.add("owner_id", saysNotNumber)
	f.add("name", saysTooLong(99))
	f.add("name", saysBlank)
	f.add(onBase, "The project has members.")
	return f
}

func TestFaults(t *testing.T) {
	t.Parallel()
	f := someFaults()
	const inside = `{"name":["can't be blank","is too long (maximum is 99 characters)"],"owner_id":["is not a number"],"base":["The project has members."]}`
	if got := string(jsonFaults(f, false)); got != `{"errors":`+inside+`}` {
		t.Error(got)
	}
	if got := string(jsonFaults(f, true)); got != inside {
		t.Error(got)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<errors>
  <error>Name can't be blank</error>
  <error>Name is too long (maximum is 99 characters)</error>
  <error>Owner is not a number</error>
  <error>The project has members.</error>
</errors>
`
	if got := string(xmlFaults(f)); got != want {
		t.Error(got)
	}
	if found, is := errors.AsType[*faults](fmt.Errorf("x: %w", f.err())); !is || found != f {
		t.Error("not the error that it was")
	}
	if err := (&faults{}).err(); err != nil {
		t.Error(err)
	}
	if err := faulty("username", saysTaken); err.Error() != "drofus: Username has already been taken" {
		t.Error(err)
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	o := &renderer{pages: testPages()}
	const json, xml, html = "application/json; charset=utf-8", "application/xml; charset=utf-8", "text/html; charset=utf-8"
	hash := func(status int, text string) string {
		return fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hash>\n  <status type=\"integer\">%d</status>\n  <error>%s</error>\n</hash>\n", status, text)
	}
	for _, c := range []struct {
		format format
		status int
		want   int
		kind   string
		body   string
	}{
		{asJSON, 404, 404, json, `{"status":404,"error":"Not Found"}`},
		{asXML, 404, 404, xml, hash(404, "Not Found")},
		{asJSON, 400, 400, json, `{"status":400,"error":"Bad Request"}`},
		{asXML, 400, 400, xml, hash(400, "Bad Request")},
		{asJSON, 499, 499, json, `{"status":499,"error":"Error"}`},
		{asJSON, 401, 401, html, "HTTP Basic: Access denied.\n"},
		{asXML, 401, 401, html, "HTTP Basic: Access denied.\n"},
		{asHTML, 401, 401, html, "HTTP Basic: Access denied.\n"},
		{unknown, 401, 401, html, "HTTP Basic: Access denied.\n"},
		{unknown, 404, 406, "", ""},
		{asJSON, 406, 406, "", ""},
	} {
		w := httptest.NewRecorder()
		o.fail(w, request("GET", "/projects/1"), c.format, c.status)
		if w.Code != c.want || w.Header().Get("Content-Type") != c.kind || w.Body.String() != c.body {
			t.Errorf("%d in %d: %d %v %q", c.status, c.format, w.Code, w.Header(), w.Body)
		}
		if got := w.Header().Get("WWW-Authenticate"); (got == `Basic realm="Application"`) != (c.want == 401) {
			t.Errorf("%d: %q", c.want, got)
		}
	}
	w := httptest.NewRecorder()
	o.fail(w, request("GET", "/projects/1"), asHTML, 404)
	if text := w.Body.String(); w.Code != 404 || w.Header().Get("Content-Type") != html || !strings.Contains(text, "<h1>Not Found</h1>") {
		t.Errorf("%d %s", w.Code, text)
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format format
		bare   bool
		status int
		body   string
	}{
		{asJSON, false, 422, string(jsonFaults(someFaults(), false))},
		{asJSON, true, 422, string(jsonFaults(someFaults(), true))},
		{asXML, false, 422, string(xmlFaults(someFaults()))},
		{asXML, true, 422, string(xmlFaults(someFaults()))},
		{unknown, false, 406, ""},
	} {
		w := httptest.NewRecorder()
		(&renderer{pages: testPages(), bare: c.bare}).invalid(w, request("POST", "/projects"), c.format, someFaults(), nil)
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%v: %d %s", c, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	(&renderer{pages: testPages()}).invalid(w, request("POST", "/projects"), asHTML, someFaults(), nil)
	if w.Code != 422 || !strings.Contains(w.Body.String(), "<li>Owner is not a number</li>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
