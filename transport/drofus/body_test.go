package drofus

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

func posted(kind, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/projects", strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

func statusOf(err error) int {
	if err == nil {
		return 200
	}
	return transport.ProblemOf(err).Status
}

const (
	kindJSON = "application/json"
	kindXML  = "application/xml"
	kindForm = "application/x-www-form-urlencoded"
)

// TestBodies reads the same object in every way in which it can be written.
func TestBodies(t *testing.T) {
	t.Parallel()
	var parts bytes.Buffer
	m := multipart.NewWriter(&parts)
	for _, pair := range [][2]string{{"project[name]", "Håkon"}, {"project[owner_id]", "5"}, {"project[active]", "0"}, {"project[active]", "1"}} {
		if err := m.WriteField(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	m.Close()
	for _, c := range [][2]string{
		{kindJSON, `{"project":{"name":"Håkon","owner_id":5,"active":true}}`},
		{"application/json; charset=UTF-8", `{"project":{"name":"H\u00e5kon","owner_id":"5","active":"1"}}`},
		{kindJSON, `{"name":"Håkon","owner_id":" 5 ","active":1}`},
		{kindXML, `<project><name>Håkon</name><owner-id type="integer">5</owner-id><active type="boolean">true</active></project>`},
		{"text/xml; charset=utf-8", "\uFEFF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a --><project>\n <name><![CDATA[Håkon]]></name>\n <owner_id>5</owner_id><active>1</active>\n</project>\n"},
		{kindXML, `<hash><project><name>H&#229;kon</name><owner-id>5</owner-id><active>true</active></project><mail-type>6</mail-type></hash>`},
		{kindXML, `<hash><name>Håkon</name><owner-id>5</owner-id><active>true</active></hash>`},
		{kindForm, `project[name]=H%C3%A5kon&project[owner_id]=5&project[active]=0&project[active]=1&commit=Save`},
		{kindForm, `_method=post&name=H%C3%A5kon&owner_id=5&active=on`},
		{m.FormDataContentType(), parts.String()},
	} {
		in, err := readInput(posted(c[0], c[1]), "project")
		if err != nil {
			t.Errorf("%s: %v", c[1], err)
			continue
		}
		name, owner, active := in.text("name"), in.integer("owner_id"), in.flag("active")
		if name.or("") != "Håkon" || owner.or(0) != 5 || !active.or(false) || in.faults.err() != nil {
			t.Errorf("%s: %v %v %v %v", c[1], name, owner, active, in.faults.err())
		}
		if in.text("contact").sent() {
			t.Errorf("%s: a contact", c[1])
		}
	}
}

func TestBodiesRefused(t *testing.T) {
	t.Parallel()
	deepJSON := strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70)
	deepXML := strings.Repeat("<a>", 70) + strings.Repeat("</a>", 70)
	for _, c := range []struct {
		kind, body string
		status     int
	}{
		{kindJSON, ``, 400},
		{kindJSON, `{}`, 400},
		{kindJSON, `{"project":{}}`, 400},
		{kindJSON, `{"project":null}`, 400},
		{kindJSON, `{"project":"x"}`, 400},
		{kindJSON, `{"project":[{"name":"x"}]}`, 400},
		{kindJSON, `{"project":{"name":"x"}`, 400},
		{kindJSON, `{"project":{"name":"x"}} x`, 400},
		{kindJSON, `{"project":{"name":"x","name":"y"}}`, 400},
		{kindJSON, `[]`, 400},
		{kindJSON, `null`, 400},
		{kindJSON, `"x"`, 400},
		{kindJSON, "{\"name\":\"\xff\"}", 400},
		{kindJSON, `{"name":"\u0000"}`, 400},
		{kindJSON, deepJSON, 400},
		{kindJSON, `{"name":"` + strings.Repeat("x", maxBody) + `"}`, 413},
		{kindXML, ``, 400},
		{kindXML, `<project/>`, 400},
		{kindXML, `<project></project>`, 400},
		{kindXML, `<project><name>x</project>`, 400},
		{kindXML, `<project><name>x</name></project><project/>`, 400},
		{kindXML, `<project><name>x</name></project> x`, 400},
		{kindXML, `x<project><name>x</name></project>`, 400},
		{kindXML, `<project><name>x</name><name>y</name></project>`, 400},
		{kindXML, `<project><owner-id>1</owner-id><owner_id>2</owner_id></project>`, 400},
		{kindXML, `<project>x<name>x</name></project>`, 400},
		{kindXML, `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><project><name>&x;</name></project>`, 400},
		{kindXML, `<!DOCTYPE a [<!ENTITY x "y">]><project><name>x</name></project>`, 400},
		{kindXML, `<project><name>&x;</name></project>`, 400},
		{kindXML, `<project><name>&nbsp;</name></project>`, 400},
		{kindXML, `<?php x?><project><name>x</name></project>`, 400},
		{kindXML, `<project><name type="yaml">--- x</name></project>`, 400},
		{kindXML, `<project><name type="symbol">x</name></project>`, 400},
		{kindXML, `<project><name type="file">x</name></project>`, 400},
		{kindXML, `<project xmlns="urn:x"><name>x</name></project>`, 400},
		{kindXML, "<project><name>\x01</name></project>", 400},
		{kindXML, "<project><name>&#1;</name></project>", 400},
		{kindXML, "<project><name>\xff</name></project>", 400},
		{kindXML, `<?xml version="1.0" encoding="ISO-8859-1"?><project><name>x</name></project>`, 400},
		{kindXML, deepXML, 400},
		{kindXML, `<project><name>` + strings.Repeat("x", maxBody) + `</name></project>`, 413},
		{kindForm, ``, 400},
		{kindForm, `utf8=1`, 400},
		{kindForm, `project[name]=x&project=y`, 400},
		{kindForm, `project=y`, 400},
		{kindForm, `project[name=x`, 400},
		{kindForm, `project[name]x=x`, 400},
		{kindForm, `project][name]=x`, 400},
		{kindForm, `[name]=x`, 400},
		{kindForm, `project[][name]=x`, 400},
		{kindForm, `name=%ff`, 400},
		{kindForm, `name=%00`, 400},
		{kindForm, `name=%zz`, 400},
		{kindForm, `a` + strings.Repeat("[a]", 70) + `=x`, 400},
		{kindForm, `name=` + strings.Repeat("x", maxBody), 413},
		{"multipart/form-data", `x`, 400},
		{"multipart/form-data; boundary=x", `x`, 400},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\nc\r\n--x--\r\n", 400},
		{"", `{"project":{"name":"x"}}`, 415},
		{"text/plain", `{"project":{"name":"x"}}`, 415},
		{"application/octet-stream", `x`, 415},
		{"application/json; charset=iso-8859-1", `{"project":{"name":"x"}}`, 415},
		{";", `{"project":{"name":"x"}}`, 415},
	} {
		if _, err := readInput(posted(c.kind, c.body), "project"); statusOf(err) != c.status {
			t.Errorf("%s %.80s: %d %v", c.kind, c.body, statusOf(err), err)
		}
	}
}

func TestTree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, body string
		want       map[string]any
	}{
		{kindJSON, `{"a":[1,null,{"b":[]}],"c":1e400}`, map[string]any{"a": []any{number("1"), nil, map[string]any{"b": []any{}}}, "c": number("1e400")}},
		{kindForm, `a[b][c]=1&a[b][d]=2&e[]=3&e[]=4&f=`, map[string]any{
			"a": map[string]any{"b": map[string]any{"c": "1", "d": "2"}}, "e": []any{"3", "4"}, "f": "",
		}},
		{kindXML, `<a><b type="array"><c>1</c><c><d>2</d></c></b><e type="array"/><f nil="true" type="dateTime"/><g/><h type="integer"/><i> </i></a>`, map[string]any{
			"a": map[string]any{"b": []any{"1", map[string]any{"d": "2"}}, "e": []any{}, "f": nil, "g": "", "h": nil, "i": " "},
		}},
	} {
		got, err := readTree(posted(c.kind, c.body))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v %v", c.body, got, err)
		}
	}
}

// TestMembershipBody is the body of the seed with three names at the top.
func TestMembershipBody(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{kindJSON, `{"project_user":{"project_id":408,"room_rights":1},
 "user":{"username":"hakonhc","first_name":"Håkon","last_name":"Clausen","email":"hhc@drofus.com"},
 "mail_type":"6"}`},
		{kindXML, `<hash><project-user><project-id type="integer">408</project-id><room-rights type="integer">1</room-rights></project-user>
 <user><username>hakonhc</username><first-name>Håkon</first-name><last-name>Clausen</last-name><email>hhc@drofus.com</email></user>
 <mail-type>6</mail-type></hash>`},
		{kindForm, `project_user[project_id]=408&project_user[room_rights]=1&user[username]=hakonhc&user[first_name]=H%C3%A5kon&user[last_name]=Clausen&user[email]=hhc@drofus.com&mail_type=6`},
	} {
		in, err := readInput(posted(c[0], c[1]), "project_user")
		if err != nil {
			t.Fatal(err)
		}
		user := in.top.object("user")
		got := fmt.Sprint(
			in.integer("project_id").value, in.choice("room_rights", 1, 2, 3, 4).value, user.text("username").value,
			user.text("first_name").value, in.top.text("mail_type").value, in.names(), user.missing(), in.top.object("other").missing())
		if want := "408 1hakonhcHåkon6[project_id room_rights] false true"; got != want || in.faults.err() != nil {
			t.Errorf("%s: %s, want %s, %v", c[0], got, want, in.faults.err())
		}
		user.blame("email", saysInvalid)
		in.top.object("nobody").need("username")
		if got := in.faults.sentences(); !slices.Equal(got, []string{"User email is invalid", "Nobody username can't be blank"}) {
			t.Error(got)
		}
	}
}

func TestOverridden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, body string
		want       string
		status     int
	}{
		{kindForm, "_method=patch&project[name]=x", "PATCH", 200},
		{kindForm, "_method=PUT&project[name]=x", "PUT", 200},
		{kindForm, "_method=delete&project[name]=x", "DELETE", 200},
		{kindForm, "_method=get&project[name]=x", "POST", 200},
		{kindForm, "_method=trace&project[name]=x", "POST", 200},
		{kindForm, "_method[a]=delete&project[name]=x", "POST", 200},
		{kindForm, "project[name]=x", "POST", 200},
		{kindForm, "project[name=x", "", 400},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\ndelete\r\n--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--b--\r\n", "DELETE", 200},
		{kindJSON, `{"_method":"delete","name":"x"}`, "POST", 200},
		{kindXML, `<hash><name>x</name><_method>delete</_method></hash>`, "POST", 200},
	} {
		r, err := overridden(posted(c.kind, c.body))
		if statusOf(err) != c.status {
			t.Errorf("%s: %v", c.body, err)
		}
		if err != nil {
			continue
		}
		in, err := readInput(r, "project")
		if r.Method != c.want || err != nil || in.text("name").value != "x" {
			t.Errorf("%s: %s %v %v", c.body, r.Method, in, err)
		}
		if _, there := in.tree["_method"]; there {
			t.Errorf("%s: _method is a field", c.body)
		}
	}
	r, err := overridden(httptest.NewRequest(http.MethodGet, "/?_method=delete", nil))
	if err != nil || r.Method != http.MethodGet {
		t.Errorf("GET: %s %v", r.Method, err)
	}
	plain := posted(kindJSON, `{"name":"x"}`)
	plain.Header.Set("X-Http-Method-Override", "DELETE")
	if r, err := overridden(plain); err != nil || r.Method != http.MethodPost {
		t.Errorf("header: %s %v", r.Method, err)
	}
	// An action comes without a body.
	if r, err := overridden(posted("", "")); err != nil || r.Method != http.MethodPost {
		t.Errorf("no body: %v", err)
	}
}

func paramsOf(name string, value any) *params {
	return &params{tree: map[string]any{name: value}, faults: &faults{}}
}

func TestGetters(t *testing.T) {
	t.Parallel()
	day := time.Date(2018, 1, 31, 0, 0, 0, 0, time.UTC)
	moment := time.Date(2016, 11, 1, 9, 39, 14, 0, time.UTC)
	get := map[string]func(p *params) any{
		"text":    func(p *params) any { return p.text("x") },
		"integer": func(p *params) any { return p.integer("x") },
		"choice":  func(p *params) any { return p.choice("x", 1, 2, 3, 4) },
		"decimal": func(p *params) any { return p.decimal("x") },
		"flag":    func(p *params) any { return p.flag("x") },
		"day":     func(p *params) any { return p.day("x") },
		"moment":  func(p *params) any { return p.moment("x") },
		"object":  func(p *params) any { return p.object("x").tree },
	}
	yes, no := givenOf(true), givenOf(false)
	for _, c := range []struct {
		getter string
		value  any
		want   any
		fault  string
	}{
		{"text", "Håkon", givenOf("Håkon"), ""},
		{"text", "", givenOf(""), ""},
		{"text", " a\n\tb\r\n", givenOf(" a\n\tb\r\n"), ""},
		{"text", number("6"), givenOf("6"), ""},
		{"text", nil, given[string]{null: true}, ""},
		{"text", true, given[string]{}, saysInvalid},
		{"text", []any{}, given[string]{}, saysInvalid},
		{"text", map[string]any{}, given[string]{}, saysInvalid},
		{"text", "a\x01", given[string]{}, saysInvalid},
		{"text", "a\uFFFE", given[string]{}, saysInvalid},
		{"text", "\xff", given[string]{}, saysInvalid},
		{"integer", number("5"), givenOf(int64(5)), ""},
		{"integer", "5", givenOf(int64(5)), ""},
		{"integer", " -5 ", givenOf(int64(-5)), ""},
		{"integer", "", given[int64]{null: true}, ""},
		{"integer", nil, given[int64]{null: true}, ""},
		{"integer", "x", given[int64]{}, saysNotNumber},
		{"integer", "0x5", given[int64]{}, saysNotNumber},
		{"integer", "5_0", given[int64]{}, saysNotNumber},
		{"integer", "5.5", given[int64]{}, saysNotInteger},
		{"integer", number("1e2"), given[int64]{}, saysNotInteger},
		{"integer", number("9223372036854775808"), given[int64]{}, saysNotInteger},
		{"integer", true, given[int64]{}, saysNotNumber},
		{"integer", []any{}, given[int64]{}, saysNotNumber},
		{"choice", number("4"), givenOf(int64(4)), ""},
		{"choice", number("0"), given[int64]{}, saysNotIncluded},
		{"choice", "5", given[int64]{}, saysNotIncluded},
		{"choice", true, given[int64]{}, saysNotNumber},
		{"decimal", number("1234.50"), givenOf("1234.50"), ""},
		{"decimal", "12", givenOf("12"), ""},
		{"decimal", "Inf", given[string]{}, saysNotNumber},
		{"decimal", "1,5", given[string]{}, saysNotNumber},
		{"decimal", nil, given[string]{null: true}, ""},
		{"flag", true, yes, ""},
		{"flag", number("1"), yes, ""},
		{"flag", "1", yes, ""},
		{"flag", "TRUE", yes, ""},
		{"flag", "on", yes, ""},
		{"flag", false, no, ""},
		{"flag", number("0"), no, ""},
		{"flag", "0", no, ""},
		{"flag", "false", no, ""},
		{"flag", "", given[bool]{null: true}, ""},
		{"flag", nil, given[bool]{null: true}, ""},
		{"flag", "2", given[bool]{}, saysNotIncluded},
		{"flag", "maybe", given[bool]{}, saysNotIncluded},
		{"flag", map[string]any{}, given[bool]{}, saysNotIncluded},
		{"day", "2018-01-31", givenOf(day), ""},
		{"day", "2018-02-30", given[time.Time]{}, saysInvalid},
		{"day", "31.01.2018", given[time.Time]{}, saysInvalid},
		{"day", "0000-01-01", given[time.Time]{}, saysInvalid},
		{"moment", "2016-11-01T09:39:14Z", givenOf(moment), ""},
		{"moment", "2016-11-01T10:39:14+01:00", givenOf(moment), ""},
		{"moment", "2016-11-01T09:39:14", givenOf(moment), ""},
		{"moment", "2016-11-01 09:39:14 UTC", givenOf(moment), ""},
		{"moment", "2016-11-01 09:39:14", givenOf(moment), ""},
		{"moment", "yesterday", given[time.Time]{}, saysInvalid},
		{"object", map[string]any{"a": "b"}, map[string]any{"a": "b"}, ""},
		{"object", "x", map[string]any(nil), saysInvalid},
		{"object", nil, map[string]any(nil), ""},
	} {
		p := paramsOf("x", c.value)
		got := get[c.getter](p)
		var fault string
		if len(p.faults.list) > 0 {
			fault = p.faults.list[0].messages[0]
		}
		if !reflect.DeepEqual(got, c.want) || fault != c.fault {
			t.Errorf("%s of %#v: %v %q, want %v %q", c.getter, c.value, got, fault, c.want, c.fault)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	p := &params{faults: &faults{}, tree: map[string]any{"empty": " ", "null": nil, "zero": number("0"), "name": strings.Repeat("å", 99), "long": strings.Repeat("å", 100)}}
	p.need("missing", "empty", "null", "zero", "name")
	p.keep("absent", "zero")
	p.bound(99, "name", "long", "absent", "zero")
	want := []string{"Missing can't be blank", "Empty can't be blank", "Null can't be blank", "Long is too long (maximum is 99 characters)"}
	if got := p.faults.sentences(); !slices.Equal(got, want) {
		t.Error(got)
	}
	p.keep("empty")
	if got := p.faults.sentences(); len(got) != 4 {
		t.Errorf("told twice: %v", got)
	}
	q := queryParams(url.Values{"show_all": {"0", "1"}, "from_date": {"x"}})
	q.day("from_date")
	if !q.flag("show_all").or(false) || q.faults.err() == nil || q.text("q").sent() {
		t.Error(q)
	}
}

// TestFaultsAreAnError makes sure that the faults of a body are an error by themselves.
func TestFaultsAreAnError(t *testing.T) {
	t.Parallel()
	in, err := readInput(posted(kindJSON, `{"owner_id":"x"}`), "project")
	if err != nil {
		t.Fatal(err)
	}
	in.integer("owner_id")
	if found, is := errors.AsType[*faults](in.faults.err()); !is || found.sentences()[0] != "Owner is not a number" {
		t.Error(in.faults.err())
	}
}

// FuzzRoundTrip writes a record, reads it back, and wants the same.
func FuzzRoundTrip(f *testing.F) {
	for _, text := range []string{"Håkon", "Île-de-France", "🏗️", "a ]]> & <b> \"c\" 'd'", "\r\n\t ", "", " x ", "\x00\xff\uFFFE", "</name>", "--", "\u0085\u2028"} {
		f.Add(text, int64(5), true, int64(1477993154), "1.5")
	}
	f.Fuzz(func(t *testing.T, text string, n int64, yes bool, seconds int64, area string) {
		at := time.Unix(seconds%200_000_000_000, 0).UTC()
		if at.Year() < 1 || at.Year() > 9999 || at.IsZero() || !isDecimal(area) {
			t.Skip()
		}
		r := newRecord("project_user",
			textOf("first_name", text), intOf("project_id", n), boolOf("superuser", yes), timeOf("created_at", at), decimalOf("gross_area", area),
			nullOf("role", kindText), nullOf("user_role_id", kindInteger), listOf("rights", nil))
		for kind, body := range map[string][]byte{kindJSON: jsonRecord(r), kindXML: xmlRecord(r)} {
			in, err := readInput(posted(kind, string(body)), "project_user")
			if err != nil {
				if kind == kindJSON && strings.ContainsRune(text, 0) {
					continue // written, and refused where it comes in
				}
				t.Fatalf("%s: %v\n%s", kind, err, body)
			}
			want := text
			if kind == kindXML {
				want = strings.Map(func(c rune) rune {
					if writable(c) {
						return c
					}
					return '\uFFFD'
				}, text)
			}
			want = strings.ToValidUTF8(want, "\uFFFD")
			name := in.text("first_name")
			if strings.ContainsFunc(want, func(c rune) bool { return !writable(c) }) {
				in.faults.list = nil
			} else if name.value != want && strings.ToValidUTF8(text, "") == text {
				t.Errorf("%s: %q, want %q", kind, name.value, want)
			}
			same := in.integer("project_id").value == n && in.flag("superuser").value == yes && in.moment("created_at").value.Equal(at) &&
				in.decimal("gross_area").value == strings.TrimSpace(decimalOf("", area).text) &&
				in.text("role").null && in.integer("user_role_id").null
			if list, _ := in.get("rights"); !same || !reflect.DeepEqual(list, []any{}) || in.faults.err() != nil {
				t.Errorf("%s: %v\n%s", kind, in.faults.err(), body)
			}
		}
	})
}

// FuzzBody reads anything without falling over, and writes text again that it
// took for sound.
func FuzzBody(f *testing.F) {
	f.Add(kindJSON, `{"project":{"name":"x"}}`)
	f.Add(kindXML, `<project><name>x</name><a type="array"><b nil="true"/></a></project>`)
	f.Add(kindForm, `project[name]=x&a[b][]=c`)
	f.Add("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nc\r\n--b--\r\n")
	f.Fuzz(func(t *testing.T, kind, body string) {
		r, err := overridden(posted(kind, body))
		if err != nil {
			return
		}
		in, err := readInput(r, "project")
		if status := statusOf(err); err != nil && status != 400 && status != 413 && status != 415 {
			t.Fatalf("%d %v", status, err)
		}
		if err != nil {
			return
		}
		for _, name := range in.names() {
			text := in.text(name)
			if again, err := parseXML(xmlRecord(newRecord("a", textOf("b", text.value)))); text.here && (err != nil || !reflect.DeepEqual(again, map[string]any{"a": map[string]any{"b": text.value}})) {
				t.Errorf("%q: %v %v", text.value, again, err)
			}
		}
	})
}
