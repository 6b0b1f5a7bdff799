package mail_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

func notice(subject, body string) mail.Notice {
	return mail.Notice{Name: "A notice", Occasion: mail.NewUser, Subject: subject, Body: body}
}

// previewer is a world without a database, which previews need none of.
func previewer(t *testing.T) *world {
	t.Helper()
	s, err := mail.New(nil, nil, nil)
	w := &world{t: t, Service: s}
	w.must(err)
	return w
}

// values are what templates of these tests are given.
func values() map[string]any {
	return map[string]any{
		"user": map[string]any{"name": "Zoé <zoe&co>", "email": "zoe@example.org", "none": ""},
		"list": []string{"b", "a", "c", "a"}, "n": 3, "half": 0.5, "yes": true, "no": false, "empty": []string{},
		"lines": "one\r\ntwo\nthree", "deep": map[string]any{"a": []any{map[string]any{"b": "c"}, int64(7)}},
	}
}

// rendered returns the text and the HTML that a body comes to.
func rendered(t *testing.T, s *mail.Service, body string, data map[string]any) (string, error) {
	t.Helper()
	e, err := s.PreviewNotice(t.Context(), notice("Subject", body), data)
	if strings.HasPrefix(body, "<") {
		return e.HTML, err
	}
	return e.Text, err
}

// TestLiquid renders what the documentation of Liquid shows, and what is ours.
func TestLiquid(t *testing.T) {
	t.Parallel()
	w := previewer(t)
	long := strings.Repeat("x", 60)
	for body, want := range map[string]string{
		"plain":                          "plain",
		"{{ user.name }}":                "Zoé <zoe&co>",
		`{{ user["email"] }}`:            "zoe@example.org",
		"{{ deep.a[0].b }}{{deep.a[1]}}": "c7",
		"[{{ nothing }}{{ nothing.at.all }}{{ user.none }}]": "[]",
		"[{{ user }}]":                 "[]",
		"{{ list }}":                   "baca",
		"{{ n }} {{ half }} {{ yes }}": "3 0.5 true",
		"{{ lines }}":                  "one\ntwo\nthree",
		"a {{- n -}} b":                "a3b",
		"a\n{%- if yes -%}\n b \n{%- endif -%}\nc": "abc",

		"{% if yes %}1{% else %}2{% endif %}":                               "1",
		"{% if no %}1{% elsif n == 3 %}2{% else %}3{% endif %}":             "2",
		"{% if no %}1{% elsif n > 3 %}2{% else %}3{% endif %}":              "3",
		"{% if user.none %}1{% endif %}{% if empty %}2{% endif %}":          "2",
		"{% unless no %}1{% else %}2{% endunless %}":                        "1",
		"{% unless yes %}1{% elsif n == 3 %}2{% endunless %}":               "2",
		"{% if yes and no or yes %}1{% endif %}":                            "1",
		`{% if user.email contains "zoe" and n >= 3 %}1{% endif %}`:         "1",
		"{% case n %}{% when 1, 2 %}a{% when 3 %}b{% else %}c{% endcase %}": "b",
		"{% case n %}ignored{% when 1, 2 %}a{% else %}c{% endcase %}":       "c",
		"{% case n %}{% when 1 %}a{% endcase %}.":                           ".",

		"{% for x in list %}{{ x }}{{ forloop.index }}{% unless forloop.last %},{% endunless %}{% endfor %}":                                                 "b1,a2,c3,a4",
		"{% for x in list reversed limit:2 offset:1 %}{{ x }}{% endfor %}":                                                                                   "ca",
		"{% for x in list limit:n %}{{ x }}{% endfor %}":                                                                                                     "bac",
		"{% for x in empty %}{{ x }}{% else %}none{% endfor %}":                                                                                              "none",
		"{% for x in nothing %}{{ x }}{% else %}none{% endfor %}":                                                                                            "none",
		"{% for x in list %}{% if x == 'c' %}{% break %}{% endif %}{{ x }}{% endfor %}.":                                                                     "ba.",
		"{% for x in list %}{% if x == 'a' %}{% continue %}{% endif %}{{ x }}{% endfor %}":                                                                   "bc",
		"{% for x in list %}{% for x in list limit:1 %}{{ x }}{{ forloop.length }}{% endfor %}{{ x }}{{ forloop.rindex0 }} {% endfor %}{{ x }}{{ forloop }}": "b1b3 b1a2 b1c1 b1a0 ",
		"{% assign x = user.name | upcase %}{{ x }}":                                                                                                         "ZOÉ <ZOE&CO>",
		"{% capture x %}{{ n }}-{{ n }}{% endcapture %}{{ x }}{{ x.size }}":                                                                                  "3-33",
		"a{% comment %}{{ b }}{% if %}{% endcomment %}c":                                                                                                     "ac",
		"{% raw %}{{ b }}{% if %}{% endraw %}":                                                                                                               "{{ b }}{% if %}",

		`{{ "a" | append: "b" | prepend: "c" }}`:                                                                                      "cab",
		`{{ "élan" | capitalize }}{{ "É" | downcase }}`:                                                                               "Élané",
		`{{ user.none | default: "x" }}{{ empty | default: "y" }}{{ no | default: "z" }}{{ n | default: 1 }}`:                         "xyz3",
		`{{ user.name | escape }} {{ "&lt;" | escape_once }}`:                                                                         "Zoé &lt;zoe&amp;co&gt; &lt;",
		`{{ list | first }}{{ list | last }}{{ list.first }}{{ list.size }}{{ list | size }}{{ "é" | size }}`:                         "bab441",
		`{{ list | join: ", " }}|{{ list | join }}|{{ n | join }}`:                                                                    "b, a, c, a|b a c a|3",
		`{{ " a " | lstrip }}|{{ " a " | rstrip }}|{{ " a " | strip }}|`:                                                              "a | a|a|",
		`{{ n | plus: 2 }} {{ n | minus: 5 }} {{ "4" | plus: "1" }} {{ n | plus: half }}`:                                             "5 -2 5 3.5",
		`{{ lines | newline_to_br | strip_newlines }}`:                                                                                "one<br />two<br />three",
		`{{ "a-b-c" | replace: "-", "+" }}{{ "a-b-c" | remove: "-" }}`:                                                                "a+b+cabc",
		`{{ list | reverse | join }}|{{ list | sort | join }}|{{ list | uniq | join }}`:                                               "a c a b|a a b c|b a c",
		`{{ "héllo" | slice: 1 }}{{ "héllo" | slice: 1, 2 }}{{ "héllo" | slice: -2, 9 }}{{ "h" | slice: 7 }}{{ list | slice: 1, 2 }}`: "éélloac",
		`{{ "a,b,c" | split: "," | last }}`:                                                                                           "c",
		`{{ "<b>x</b>" | strip_html }}`:                                                                                               "x",
		`{{ "` + long + `" | truncate }}`:                                                                                             long[:47] + "...",
		`{{ "Ground control" | truncate: 9 }}|{{ "Ground control" | truncate: 8, "" }}|{{ "abc" | truncate: 1, "....." }}`:            "Ground...|Ground c|.....",
		`{{ "a b  c d" | truncatewords: 2 }}|{{ "a b" | truncatewords }}`:                                                             "a b...|a b",
		`{{ "a b&" | url_encode }}`:                                                                                                   "a+b%26",

		"<p>{{ user.name }}</p>":                                          "<p>Zoé &lt;zoe&amp;co&gt;</p>",
		"<p>{{ user.name | escape }}</p>":                                 "<p>Zoé &lt;zoe&amp;co&gt;</p>",
		"<p>{{ user.name | escape | upcase }}</p>":                        "<p>ZOÉ &amp;LT;ZOE&amp;AMP;CO&amp;GT;</p>",
		"<p>{{ lines | newline_to_br }}":                                  "<p>one<br />\ntwo<br />\nthree",
		"<p>{{ user.name | newline_to_br }}":                              "<p>Zoé &lt;zoe&amp;co&gt;",
		"<p>{% capture x %}<b>{{ user.name }}</b>{% endcapture %}{{ x }}": "<p><b>Zoé &lt;zoe&amp;co&gt;</b>",
		"<p>{% assign x = user.name | append: '<i>' %}{{ x }}{{ list }}":  "<p>Zoé &lt;zoe&amp;co&gt;&lt;i&gt;baca",
	} {
		if got, err := rendered(t, w.Service, body, values()); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", body, got, err, want)
		}
	}
}

// TestLiquidRefused wants what is no template refused, with the line.
func TestLiquidRefused(t *testing.T) {
	t.Parallel()
	w := previewer(t)
	for body, want := range map[string]string{
		"a\n{{ user.name":                                       "line 2: a tag that does not end",
		"a\n\n{% if yes":                                        "line 3: a tag that does not end",
		"a{{ }}":                                                "line 1: a syntax error",
		"a\n{{ a b }}":                                          "line 2: a syntax error",
		"a\n{{ a | }}":                                          "line 2: a syntax error",
		"a\n{{ 'a }}":                                           "line 2: a syntax error",
		"a\n{{ %assign x = 1 }}":                                "line 2: a syntax error",
		"a\n{{ 99999999999999999999 }}":                         "line 2: a syntax error",
		"a\n{{ a | system: 'ls' }}":                             "line 2: there is no filter system",
		"{% assign x = a | inspect %}":                          "line 1: there is no filter inspect",
		"{% for x in a | map: 'b' %}{% endfor %}":               "line 1: there is no filter map",
		"{{ a | append }}":                                      "the filter append with 0 arguments",
		"{{ a | upcase: 1 }}":                                   "the filter upcase with 1 arguments",
		"a\n\n\n{% if yes %}b":                                  "line 4: a block without endif",
		"{% for x in list %}\n{% else %}\n":                     "a block without endfor",
		"\n{% comment %}":                                       "line 2: a block without endcomment",
		"\n{% raw %}":                                           "line 2: a block without endraw",
		"\n{% endif %}":                                         "line 2: endif at a place",
		"{% if yes %}{% endfor %}":                              "endfor at a place",
		"{% if yes %}{% else %}{% else %}{% endif %}":           "else at a place",
		"{% if yes %}{% when 1 %}{% endif %}":                   "when at a place",
		"{% case n %}{% else %}{% when 1 %}{% endcase %}":       "when at a place",
		"{% if %}{% endif %}":                                   "a syntax error",
		"{% for x %}{% endfor %}":                               "a syntax error",
		"{% for x in list cols:2 %}{% endfor %}":                "no columns",
		"{% assign x %}":                                        "a syntax error",
		"{% capture 1 %}{% endcapture %}":                       "capture needs the name",
		"{% break %}":                                           "break outside a loop",
		"{% for x in empty %}{% else %}{% break %}{% endfor %}": "break outside a loop",
		"{% if yes %}{% continue %}{% endif %}":                 "continue outside a loop",

		// What reads files, or what there is no end of.
		"\n{% include '/etc/passwd' %}":                                        "line 2: there is no tag include",
		"{% render 'x' %}":                                                     "there is no tag render",
		"{% layout 'x' %}":                                                     "there is no tag layout",
		"{% tablerow x in list %}{% endtablerow %}":                            "there is no tag tablerow",
		"{% for x in list %}{% cycle 'a' %}{% endfor %}":                       "there is no tag cycle",
		"{% for i in (1..100000000) %}{% endfor %}":                            "there are no ranges",
		"{% for i in (1 .. n) %}{% endfor %}":                                  "there are no ranges",
		"{{ (1..1000000000) | join }}":                                         "there are no ranges",
		"{% assign x = (1..9) %}":                                              "there are no ranges",
		"{{ " + strings.Repeat("a.", 600) + "a }}":                             "bytes between two braces",
		strings.Repeat("{% if yes %}", 25) + strings.Repeat("{% endif %}", 25): "blocks inside each other",
	} {
		_, err := rendered(t, w.Service, body, values())
		w.invalid(err, "body")
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", body, err, want)
		}
	}
	_, err := w.PreviewNotice(t.Context(), notice("{{ a | b }}", "x"), nil)
	w.invalid(err, "subject")
}

// hostile are templates that would take all time or memory if they could, by what
// they do, each with why it ends.
func hostile() map[string][2]string {
	const steps, wide, writes, open = "it takes more than 200000 steps", "a value in it has more than 262144 bytes",
		"it writes more than 262144 bytes", "a tag that does not end"
	double := "{% assign x = 'xxxxxxxxxxxxxxxx' %}"
	again := func(n int, tag string) string { return strings.Repeat("{% assign x = x | "+tag+" %}", n) }
	inner := "{% assign l = 'a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a' | split: ',' %}"
	in := func(list string, n int, body string) string {
		return inner + strings.Repeat("{% for i in "+list+" %}", n) + body + strings.Repeat("{% endfor %}", n)
	}
	nested := func(n int, body string) string { return in("l", n, body) }
	return map[string][2]string{
		"text that doubles":        {double + again(40, "append: x") + "{{ x }}", wide},
		"text in front":            {double + again(40, "prepend: x"), wide},
		"captures that double":     {double + strings.Repeat("{% capture x %}{{ x }}{{ x }}{% endcapture %}", 40), writes},
		"replacing with more":      {double + again(9, "replace: 'x', x"), wide},
		"replacing nothing":        {double + again(9, "replace: '', x"), wide},
		"joining with more":        {double + again(8, "append: x") + "{% assign y = x | split: '' %}" + again(5, "append: x") + "{% assign y = y | join: x %}", wide},
		"splitting into much":      {double + again(13, "append: x") + "{% assign y = x | split: '' %}", wide},
		"escaping what is long":    {"{% assign x = '<<<<<<<<<<<<<<<<' %}" + again(13, "append: x") + again(1, "escape"), wide},
		"escapes of escapes":       {"{% assign x = '<<<<<<<<' %}" + again(2000, "escape"), steps},
		"encoding again":           {"{% assign x = '%%%%%%%%' %}" + again(1900, "url_encode"), steps},
		"breaks of breaks":         {"{% assign x = '\n\n\n\n\n\n\n\n' %}" + again(1500, "newline_to_br"), steps},
		"loops in loops":           {nested(10, ""), steps},
		"loops that write":         {nested(10, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), writes},
		"loops that write nothing": {nested(10, "{{ nothing }}"), steps},
		"loops that compare":       {nested(10, "{% if l == l %}{% endif %}"), steps},
		"loops that look":          {nested(10, "{% if l contains 'b' %}{% endif %}"), steps},
		"loops that choose":        {nested(10, "{% case l %}{% when l, l, l, l %}{% endcase %}"), steps},
		"loops that sort":          {nested(10, "{% assign z = l | sort | uniq | reverse %}"), steps},
		"loops that go back":       {nested(10, "{% for z in l reversed %}{% break %}{% endfor %}"), steps},
		"loops over what is long":  {in("many", 2, "{% if many == many and nothing == many or many contains 'b' %}{% endif %}"), steps},
		"loops over what grows":    {double + nested(8, "{% assign x = x | append: x %}{% if x == x %}{% endif %}"), wide},
		"many long values":         {double + again(12, "append: x") + nested(4, "{% assign y = x | upcase %}"), steps},
		"deep conditions":          {"{% if " + strings.Repeat("(", 400) + "yes" + strings.Repeat(")", 400) + " %}{% endif %}" + nested(9, ""), steps},
		"many names":               {nested(8, "{% if a == l or b == l or c == l or d == l or e == l %}{% endif %}"), steps},
		"beginnings of tags":       {strings.Repeat("{%", 30<<10), open},
		"beginnings of values":     {strings.Repeat("{{", 30<<10), open},
		"names without an end":     {strings.Repeat("{% if a", 9000), open},
		"ends without a tag":       {strings.Repeat("{% a %", 10000) + "}", "there is no tag a"},
		"spaces in a tag":          {"{% if" + strings.Repeat(" ", 60<<10) + "%", open},
		"quotes":                   {strings.Repeat("\"'", 20<<10) + nested(1, strings.Repeat("\"'", 2<<10)), "comes to at most"},
	}
}

// TestLiquidHostile wants templates that would not end to end soon, and to say why.
// Nothing else is done meanwhile: what they take is measured.
func TestLiquidHostile(t *testing.T) {
	w := previewer(t)
	data := values()
	data["many"] = slices.Repeat([]string{"a"}, 10_000)
	for name, test := range hostile() {
		for _, begin := range []string{"", "<p>"} {
			if begin != "" && name == "quotes" { // is HTML as it stands
				continue
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			started := time.Now()
			_, err := rendered(t, w.Service, begin+test[0], data)
			took := time.Since(started)
			runtime.ReadMemStats(&after)
			w.invalid(err, "body")
			if err != nil && !strings.Contains(err.Error(), test[1]) {
				t.Errorf("%s: %v, want %q", name, err, test[1])
			}
			if made := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 10*time.Second || made > 200 {
				t.Errorf("%s took %v and %d MB", name, took, made)
			} else {
				t.Logf("%s took %v and %d MB", name, took, made)
			}
		}
	}
	// Whoever waits no longer is not waited for.
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, body := range []string{hostile()["loops in loops"][0], "{% for i in many %}{{ i }}{% endfor %}"} {
		if _, err := w.PreviewNotice(gone, notice("s", body), data); !errors.Is(err, context.Canceled) {
			t.Errorf("after the end: %v", err)
		}
	}
}

// TestLiquidTakesMuch wants what is long but harmless to render.
func TestLiquidTakesMuch(t *testing.T) {
	t.Parallel()
	w := previewer(t)
	data := values()
	var names []string
	for i := range 3000 {
		names = append(names, fmt.Sprintf("Project number %d", i))
	}
	data["project_list"] = names
	body := "{% for p in project_list %}- {{ p | upcase | escape }}{% if p == user.name %} (yours){% endif %}\n{% endfor %}{{ project_list | sort | join: ', ' }}"
	if got, err := rendered(t, w.Service, body, data); err != nil || strings.Count(got, "\n") != 3000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	wide := strings.Repeat("x", 40<<10)
	if got, err := rendered(t, w.Service, wide+"{{ user.email }}", data); err != nil || len(got) != len(wide)+15 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// FuzzLiquid renders anything, and wants an answer soon that is bounded.
func FuzzLiquid(f *testing.F) {
	s, err := mail.New(nil, nil, nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, test := range hostile() {
		f.Add("s", test[0])
	}
	f.Add("{{ user.name }}", "<p>{% for x in list limit:n reversed %}{{ x | slice: -1, 9 | truncate: 3, '' }}{% else %}{% endfor %}")
	f.Add("a\nb", "{%- case n -%}{%- when 1, 'a' -%}{%- else -%}{{ deep.a[0][\"b\"] | default: half | plus: 1.5 }}{%- endcase -%}")
	f.Add("x", "{% raw %}{{ {% endraw %}{% comment %}{% endcomment %}{% capture y %}{{ lines | newline_to_br }}{% endcapture %}{{ y | strip_html }}")
	f.Fuzz(func(t *testing.T, subject, body string) {
		started := time.Now()
		e, err := s.PreviewNotice(t.Context(), notice(subject, body), values())
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("%v", took)
		}
		if err != nil {
			if !errors.Is(err, mail.ErrInvalid) {
				t.Errorf("%v", err)
			}
			return
		}
		if len(e.Text) > 512<<10 || len(e.HTML) > 512<<10 || len(e.Subject) > 250 || strings.ContainsAny(e.Subject, "\r\n\x00") {
			t.Errorf("%d, %d, %q", len(e.Text), len(e.HTML), e.Subject)
		}
	})
}
