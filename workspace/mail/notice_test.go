package mail_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

func (w *world) add(organization, name string) mail.Notice {
	w.t.Helper()
	n := notice("Hello {{ user.name }}", "Hello {{ user.name }}")
	n.Organization, n.Name = organization, name
	added, err := w.AddNotice(w.t.Context(), n)
	w.must(err)
	return added
}

func TestNoticeLife(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		o := w.organization("o")
		n := w.add(o, "  Ours ")
		if n.Num < 11 || n.Name != "Ours" || n.Builtin || !n.Created.Equal(w.now()) || !n.Updated.Equal(w.now()) {
			t.Errorf("added %+v", n)
		}
		got, err := w.Notice(t.Context(), n.Num)
		if err != nil || got != n {
			t.Errorf("read %+v, %v; want %+v", got, err, n)
		}
		w.pass(time.Hour)
		changed := n
		changed.Name, changed.Occasion, changed.Subject, changed.Body = "Theirs", mail.Reminder, "s", "a\r\nb"
		changed.Organization, changed.Builtin, changed.Created = "", true, time.Time{} // none changes
		saved, err := w.SaveNotice(t.Context(), changed)
		want := n
		want.Name, want.Occasion, want.Subject, want.Body, want.Updated = "Theirs", mail.Reminder, "s", "a\nb", w.now()
		if err != nil || saved != want {
			t.Errorf("saved %+v, %v; want %+v", saved, err, want)
		}
		if got, err := w.Notice(t.Context(), n.Num); err != nil || got != want {
			t.Errorf("read %+v, %v; want %+v", got, err, want)
		}
		w.must(w.DeleteNotice(t.Context(), n.Num))
		for what, err := range map[string]error{
			"delete": w.DeleteNotice(t.Context(), n.Num), "delete 3": w.DeleteNotice(t.Context(), 3),
			"read": second(w.Notice(t.Context(), n.Num)), "read 0": second(w.Notice(t.Context(), 0)),
			"save": second(w.SaveNotice(t.Context(), want)), "save 9": second(w.SaveNotice(t.Context(), mail.Notice{Num: 9})),
			"add": second(w.AddNotice(t.Context(), mail.Notice{Organization: "nobody", Name: "n", Occasion: mail.NewUser, Subject: "s", Body: "b"})),
		} {
			if !errors.Is(err, mail.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, num := range []int64{1, 2} {
			builtin, err := w.Notice(t.Context(), num)
			if err != nil || !builtin.Builtin || builtin.Num != num {
				t.Errorf("%d: %+v, %v", num, builtin, err)
			}
			if _, err := w.SaveNotice(t.Context(), builtin); !errors.Is(err, mail.ErrBuiltin) {
				t.Errorf("saving %d: %v", num, err)
			}
			if err := w.DeleteNotice(t.Context(), num); !errors.Is(err, mail.ErrBuiltin) {
				t.Errorf("deleting %d: %v", num, err)
			}
		}
		if next := w.add("", "next"); next.Num <= n.Num {
			t.Errorf("%d came again after %d", next.Num, n.Num)
		}
	})
}

func TestNoticesAreListed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		o, p := w.organization("o"), w.organization("p")
		a, b, c, d := w.add(o, "a REMIND").Num, w.add(p, "b").Num, w.add("", "c Érinnerung").Num, w.add(o, "d").Num
		for what, test := range map[string]struct {
			f     mail.NoticeFilter
			total int
			want  []int64
		}{
			"all":             {mail.NoticeFilter{}, 6, []int64{1, 2, a, b, c, d}},
			"all, platform":   {mail.NoticeFilter{Platform: true}, 6, []int64{1, 2, a, b, c, d}},
			"one's":           {mail.NoticeFilter{Organizations: []string{o}}, 2, []int64{a, d}},
			"one's and all's": {mail.NoticeFilter{Organizations: []string{o}, Platform: true}, 5, []int64{1, 2, a, c, d}},
			"all's":           {mail.NoticeFilter{Organizations: []string{}, Platform: true}, 3, []int64{1, 2, c}},
			"nobody's":        {mail.NoticeFilter{Organizations: []string{}}, 0, nil},
			"by number":       {mail.NoticeFilter{Nums: []int64{2, d, 99}}, 2, []int64{2, d}},
			"by no number":    {mail.NoticeFilter{Nums: []int64{}}, 0, nil},
			"by name":         {mail.NoticeFilter{Search: "remind"}, 2, []int64{2, a}},
			"by folded name":  {mail.NoticeFilter{Search: "érINN"}, 1, []int64{c}},
			"by a pattern":    {mail.NoticeFilter{Search: "%"}, 0, nil},
			"first":           {mail.NoticeFilter{Limit: 1}, 6, []int64{1}},
			"first two":       {mail.NoticeFilter{Limit: 2}, 6, []int64{1, 2}},
			"over the edge":   {mail.NoticeFilter{Offset: 1, Limit: 2}, 6, []int64{2, a}},
			"after the edge":  {mail.NoticeFilter{Offset: 3, Limit: 2}, 6, []int64{b, c}},
			"the rest":        {mail.NoticeFilter{Offset: 4}, 6, []int64{c, d}},
			"nothing left":    {mail.NoticeFilter{Offset: 9, Limit: 2}, 6, nil},
		} {
			list, total, err := w.Notices(t.Context(), test.f)
			var got []int64
			for _, n := range list {
				got = append(got, n.Num)
			}
			if err != nil || total != test.total || !slices.Equal(got, test.want) {
				t.Errorf("%s: %v of %d, %v; want %v of %d", what, got, total, err, test.want, test.total)
			}
		}
	})
}

func TestNoticeRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	o := w.organization("o")
	kept := w.add(o, "kept")
	before := dbtest.Fingerprint(t, w.db)
	for _, test := range []struct {
		field  string
		change func(n *mail.Notice)
	}{
		{"name", func(n *mail.Notice) { n.Name = " " }},
		{"name", func(n *mail.Notice) { n.Name = "a\nb" }},
		{"name", func(n *mail.Notice) { n.Name = "a\u202eb" }},
		{"name", func(n *mail.Notice) { n.Name = strings.Repeat("é", 100) }},
		{"occasion", func(n *mail.Notice) { n.Occasion = "" }},
		{"occasion", func(n *mail.Notice) { n.Occasion = "other" }},
		{"subject", func(n *mail.Notice) { n.Subject = "" }},
		{"subject", func(n *mail.Notice) { n.Subject = "a\nBcc: eve@example.org" }},
		{"subject", func(n *mail.Notice) { n.Subject = strings.Repeat("x", 501) }},
		{"subject", func(n *mail.Notice) { n.Subject = "{{ nothing }}" }},
		{"subject", func(n *mail.Notice) { n.Subject = "{{ a | b }}" }},
		{"body", func(n *mail.Notice) { n.Body = " \n" }},
		{"body", func(n *mail.Notice) { n.Body = "a\x00b" }},
		{"body", func(n *mail.Notice) { n.Body = "a\xffb" }},
		{"body", func(n *mail.Notice) { n.Body = strings.Repeat("x", 64<<10+1) }},
		{"body", func(n *mail.Notice) { n.Body = "{% if %}" }},
		// Only with values, or only without, does it go wrong.
		{"body", func(n *mail.Notice) {
			n.Body = "{% if project_list %}{% assign x = '1234567890' %}" + strings.Repeat("{% assign x = x | append: x %}", 20) + "{% endif %}"
		}},
		{"body", func(n *mail.Notice) {
			n.Body = "{% unless project_list %}{% assign x = '1234567890' %}" + strings.Repeat("{% assign x = x | append: x %}", 20) + "{% endunless %}"
		}},
	} {
		n := kept
		test.change(&n)
		_, err := w.AddNotice(t.Context(), n)
		w.invalid(err, test.field)
		_, err = w.SaveNotice(t.Context(), n)
		w.invalid(err, test.field)
	}
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("something was kept")
	}
	_, err := w.AddNotice(t.Context(), notice("s", "a\n{% foo %}"))
	if err == nil || !strings.Contains(err.Error(), "line 2: there is no tag foo") {
		t.Errorf("without the line: %v", err)
	}
}

func TestNoticesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	o := w.organization("o")
	for _, whose := range []string{o, ""} {
		for i := range 100 {
			w.add(whose, fmt.Sprint(i))
		}
		n := notice("s", "b")
		n.Organization = whose
		_, err := w.AddNotice(t.Context(), n)
		w.invalid(err, "organization")
	}
	w.add(w.organization("p"), "others may")
}

// TestBuiltinNotices shows how they read, with everything and with nothing.
func TestBuiltinNotices(t *testing.T) {
	t.Parallel()
	w := previewer(t)
	n := builtin(t, w)
	e, err := w.PreviewNotice(t.Context(), n[0], nil)
	if want := `Hello Grace Hopper,

Ada Lovelace (Analytical Engines) gave you access to Cartography, a project of Ordnance.

Maps of everything

An account was made for you.

Your username is grace.

Your password is correct horse battery staple. Choose another one when you first sign in.

The server is maps.example.org.

The database is cartography on maps.example.org.

Your projects:
- Cartography
- Surveys
`; err != nil || e.Text != want || e.Subject != "Your access to Cartography" {
		t.Errorf("%v\n%s\n%s", err, e.Subject, e.Text)
	}
	if !strings.Contains(e.HTML, "<p>Your projects:<br>\n- Cartography<br>\n- Surveys</p>") || !strings.Contains(e.HTML, `<html lang="en">`) {
		t.Errorf("%s", e.HTML)
	}
	if e.From != "Bailiwick <bailiwick@localhost>" || e.To != "grace@example.org" || e.MessageID == "" || e.Language != "en" {
		t.Errorf("%+v", e)
	}
	e, err = w.PreviewNotice(t.Context(), n[0], map[string]any{"pw": "", "different_owner": true})
	if want := "Hello,\n\nyou were given access. It belongs to another organization than your account does.\n"; err != nil || e.Text != want || e.Subject != "Your account" {
		t.Errorf("%v\n%s\n%s", err, e.Subject, e.Text)
	}
	e, err = w.PreviewNotice(t.Context(), n[1], nil)
	if want := `Hello Grace Hopper,

this is a reminder of your account on maps.example.org.

Your username is grace.

Your new password is correct horse battery staple. Choose another one when you next sign in.

Your projects:
- Cartography
- Surveys

Ada Lovelace
Analytical Engines
`; err != nil || e.Text != want || e.Subject != "Your account on maps.example.org" {
		t.Errorf("%v\n%s\n%s", err, e.Subject, e.Text)
	}
	e, err = w.PreviewNotice(t.Context(), n[1], map[string]any{})
	if want := "Hello,\n\nthis is a reminder of your account.\n"; err != nil || e.Text != want || e.Subject != "Your account" {
		t.Errorf("%v\n%s\n%s", err, e.Subject, e.Text)
	}
}

func builtin(t *testing.T, w *world) []mail.Notice {
	t.Helper()
	s := newWorld(t, dbtest.New(t))
	list, _, err := s.Notices(t.Context(), mail.NoticeFilter{})
	if w.must(err); len(list) != 2 {
		t.Fatalf("%d are built in", len(list))
	}
	return list
}

// TestNoticeParts makes each part of a mail of the other.
func TestNoticeParts(t *testing.T) {
	t.Parallel()
	w := previewer(t)
	evil := map[string]any{"user": map[string]any{"name": `"><script>alert(1)</script>`, "email": "a@example.org\r\nBcc: eve@example.org\x00\u202e"}}
	e, err := w.PreviewNotice(t.Context(), notice("Hi {{ user.email }}", "Hello {{ user.name }},\nsee https://example.org/a?b=1&c=2. <b>\n\n\n\nBye"), evil)
	if w.must(err); e.Subject != "Hi a@example.org Bcc: eve@example.org" {
		t.Errorf("subject %q", e.Subject)
	}
	if want := "<p>Hello &#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;,<br>\nsee " +
		`<a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>. &lt;b&gt;</p>` + "\n<p>Bye</p>\n"; !strings.Contains(e.HTML, want) {
		t.Errorf("%s", e.HTML)
	}
	e, err = w.PreviewNotice(t.Context(), notice("{{ user.name }}", `
<html><head><title>no</title><style>p{}</style></head><body><h1>Hello
 {{ user.name }}</h1><p>a<br>b &amp; c<script>no</script></p><ul><li>one<li><b>t</b>wo</ul>
<a href="https://example.org/x?a=1&amp;b=2">Sign in</a> or <a href="https://example.org">https://example.org</a>
<a href="javascript:alert(1)">no</a></a><table><tr><td>1</td><td>2</td></tr></table></body></html>`), evil)
	if want := "Hello \"><script>alert(1)</script>\n\na\nb & c\n\n- one\n- two\n\nSign in (https://example.org/x?a=1&b=2) or https://example.org no\n\n1 2\n"; err != nil || e.Text != want {
		t.Errorf("%v\n%q\n%q", err, e.Text, want)
	}
	if strings.Contains(e.HTML, "<script>alert") || !strings.Contains(e.HTML, "<h1>Hello\n &#34;&gt;&lt;script&gt;") {
		t.Errorf("%s", e.HTML)
	}
	if e.Subject != `"><script>alert(1)</script>` {
		t.Errorf("subject %q", e.Subject)
	}
}

// TestNoticeValues gives what is no value.
func TestNoticeValues(t *testing.T) {
	t.Parallel()
	w := previewer(t)
	deep := map[string]any{}
	for inner := range 9 {
		deep = map[string]any{"a": deep, "b": inner}
	}
	for what, data := range map[string]map[string]any{
		"a time": {"x": time.Now()}, "a struct in a list": {"x": []any{struct{}{}}}, "too deep": deep,
		"too much": {"x": strings.Repeat("x", 257<<10)}, "a channel": {"x": make(chan int)},
	} {
		_, err := w.PreviewNotice(t.Context(), notice("s", "b"), data)
		if w.invalid(err, "data"); err == nil {
			t.Error(what)
		}
	}
	// A part knows nothing of what another set.
	e, err := w.PreviewNotice(t.Context(), notice("{% assign x = '2' %}{{ x }}", "{{ x }}"), map[string]any{"x": "1"})
	if w.must(err); e.Subject != "2" || e.Text != "1" {
		t.Errorf("%+v", e)
	}
	// A template leaves what it is given as it was.
	data := map[string]any{"list": []any{"b", "a"}, "x": "1"}
	_, err = w.PreviewNotice(t.Context(), notice("s", "{% assign x = '2' %}{% assign list = list | sort %}{% assign y = 1 %}"), data)
	if w.must(err); len(data) != 2 || data["x"] != "1" || !slices.Equal(data["list"].([]any), []any{"b", "a"}) {
		t.Errorf("%v", data)
	}
}

func (w *world) notify(num int64, data map[string]any) error {
	return w.db.Tx(w.t.Context(), func(ctx context.Context) error {
		return w.EnqueueNotice(ctx, num, "grace@example.org", "fr-CA", data)
	})
}

func TestNoticeIsSent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		n := w.add(w.organization("o"), "Ours")
		data := map[string]any{"user": map[string]any{"name": "Grace"}, "pw": secret}
		n.Body = "Hello {{ user.name }}, {{ pw }}"
		_, err := w.SaveNotice(t.Context(), n)
		w.must(err)
		w.must(w.notify(n.Num, data))
		if l := w.letter(); l.Kind != mail.KindNotice || l.Organization != n.Organization || l.To != "grace@example.org" || l.Language != "fr-CA" || l.State != mail.Waiting {
			t.Errorf("%+v", l)
		}
		if strings.Contains(w.dump(), secret) {
			t.Error("the database holds what the letter says")
		}
		// What becomes of it does not matter to a letter that is written.
		w.must(w.DeleteNotice(t.Context(), n.Num))
		w.answer = func(_ context.Context, e mail.Email) error { return fmt.Errorf("451 no: %s", e.Text) }
		w.deliver(0)
		if l := w.letter(); !strings.HasPrefix(l.Reason, "451 no: …") || strings.Contains(l.Reason, secret) {
			t.Errorf("the reason is %q", l.Reason)
		}
		w.answer = func(context.Context, mail.Email) error { return errors.New("451 no: " + secret) }
		w.pass(time.Hour)
		w.deliver(0)
		if l := w.letter(); l.Reason != "451 no: …" {
			t.Errorf("the reason is %q", l.Reason)
		}
		w.answer = nil
		w.pass(3 * time.Hour)
		w.deliver(1)
		e := w.sent[0]
		if e.Subject != "Hello Grace" || e.Text != "Hello Grace, "+secret || !strings.Contains(e.HTML, "<p>Hello Grace, "+secret+"</p>") ||
			e.To != "grace@example.org" || e.From != "Maps <maps@example.org>" || e.Language != "fr-CA" || e.MessageID == "" {
			t.Errorf("%+v", e)
		}
	})
}

func TestNoticeIsNotQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	n := notice("s", "{% for a in l %}{% for b in l %}{% for c in l %}{{ a }}{% endfor %}{% endfor %}{% endfor %}")
	n, err := w.AddNotice(t.Context(), n)
	w.must(err)
	w.invalid(w.notify(n.Num, map[string]any{"l": make([]string, 100)}), "body")
	w.invalid(w.notify(n.Num, map[string]any{"l": t}), "data")
	for _, num := range []int64{-1, 0, 3, 10, n.Num + 1} {
		if err := w.notify(num, nil); !errors.Is(err, mail.ErrNotFound) {
			t.Errorf("%d: %v", num, err)
		}
	}
	if err := w.EnqueueNotice(t.Context(), 1, "grace@example.org", "en", nil); !errors.Is(err, storage.ErrNoUnit) {
		t.Errorf("outside a unit of work: %v", err)
	}
	w.must(w.db.Tx(t.Context(), func(ctx context.Context) error {
		for _, to := range []string{"", "grace", "Grace <grace@example.org>", "a@example.org\nBcc: b@example.org"} {
			w.invalid(w.EnqueueNotice(ctx, 1, to, "en", nil), "to")
		}
		// Nor as what is put into words later.
		w.invalid(w.Enqueue(ctx, mail.Message{Kind: mail.KindNotice, To: "grace@example.org", Data: map[string]string{"text": "x"}}), "kind")
		return nil
	}))
	if _, err := w.PutTemplate(t.Context(), w.organization("p"), mail.Template{Kind: mail.KindNotice, Language: "en"}); err == nil {
		t.Error("there is a template of it")
	}
	bare := w.server(func(o *mail.Options) { o.Sealer = nil })
	if err := bare.EnqueueNotice(t.Context(), 1, "grace@example.org", "en", nil); !errors.Is(err, mail.ErrNoSealer) {
		t.Errorf("without a sealer: %v", err)
	}
	if list, _, err := w.Letters(t.Context(), mail.LetterFilter{}); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
