package mail_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/workspace/mail"
)

// TestEveryLanguage wants a mail of every kind in each of the languages, with
// every value in it.
func TestEveryLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	for _, k := range mail.Kinds() {
		if got := w.Languages(k); !slices.Equal(got, []string{"en", "es", "fr", "ru"}) {
			t.Errorf("%s is written in %v", k, got)
		}
		subjects := map[string]bool{}
		for _, tag := range w.Languages(k) {
			e, err := w.Preview(t.Context(), "", k, tag)
			if err != nil || e.Language != tag || !strings.Contains(e.HTML, `lang="`+tag+`"`) {
				t.Errorf("%s.%s: %+v, %v", k, tag, e, err)
			}
			subjects[e.Subject] = true
			for key, shown := range map[string]string{
				"inviter": "Ada Lovelace", "invitee": "grace@example.org", "workspace": "Cartography", "role": "Editor",
				"link": "https://example.org/sample", "expires": "2026-01-31 12:00 UTC", "name": "Grace Hopper", "at": "2026-01-31 12:00 UTC",
			} {
				if !slices.Contains(mail.Keys(k), key) {
					continue
				}
				for part, text := range map[string]string{"text": e.Text, "html": e.HTML} {
					if !strings.Contains(text, shown) {
						t.Errorf("%s.%s: the %s lacks %s", k, tag, part, key)
					}
				}
			}
		}
		if len(subjects) != 4 {
			t.Errorf("the subjects of %s are %v", k, subjects)
		}
	}
}

// TestInvitation is J-65: who invites, who is invited, where to, the link as
// text, and at the end a hyperlink by its name in each language (J-68).
func TestInvitation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	for tag, name := range map[string]string{
		"fr": "Accepter l'invitation", "en": "Accept the invitation", "es": "Aceptar la invitación", "ru": "Принять приглашение",
	} {
		e, err := w.Preview(t.Context(), "", mail.Invitation, tag)
		w.must(err)
		link := `<a href="https://example.org/sample">` + name + `</a></p>` + "\n</body>"
		if !strings.Contains(e.HTML, link) || !strings.Contains(e.HTML, "<p>https://example.org/sample</p>") {
			t.Errorf("%s: html %s", tag, e.HTML)
		}
		lines := strings.Split(strings.TrimSpace(e.Text), "\n")
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, name) || !strings.HasSuffix(last, "https://example.org/sample") {
			t.Errorf("%s: the text ends in %q", tag, last)
		}
		if !slices.Contains(lines, "https://example.org/sample") {
			t.Errorf("%s: the link is not a line of its own", tag)
		}
	}
}

func TestClosest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	for tag, want := range map[string]string{
		"fr": "fr", "fr-CA": "fr", "FR_be": "fr", "es-419": "es", "ru-RU": "ru", "en-GB": "en", "de": "en", "": "en",
		"x": "en", "uk": "en", "zh-Hant": "en", "not a tag": "en",
	} {
		if e, err := w.Preview(t.Context(), "", mail.Invitation, tag); err != nil || e.Language != want {
			t.Errorf("%q is answered in %q, %v; want %s", tag, e.Language, err, want)
		}
	}
}

func own(language string) mail.Template {
	return mail.Template{
		Kind: mail.Invitation, Language: language, Subject: "Chez nous : {{.workspace}}",
		Text: "Venez : {{.link}}", HTML: `<p>Venez : <a href="{{.link}}">{{.link}}</a></p>`,
	}
}

func TestTemplatesOfAnOrganization(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorld(t, db)
		ours, theirs := w.organization("ours"), w.organization("theirs")
		subject := func(organization, tag string) string {
			t.Helper()
			e, err := w.Preview(t.Context(), organization, mail.Invitation, tag)
			w.must(err)
			return e.Subject
		}
		common, err := w.Templates(t.Context(), ours)
		w.must(err)
		put, err := w.PutTemplate(t.Context(), ours, own("FR"))
		if w.must(err); put.Language != "fr" || !put.Custom || !put.Updated.Equal(w.now()) {
			t.Errorf("put %+v", put)
		}
		w.must(second(w.PutTemplate(t.Context(), ours, own("de"))))
		for _, c := range []struct{ organization, tag, want string }{
			{ours, "fr-CA", "Chez nous : Cartography"},
			{ours, "de-AT", "Chez nous : Cartography"},
			{ours, "en", "Ada Lovelace invites you to Cartography"},
			{theirs, "fr", "Ada Lovelace vous invite à rejoindre Cartography"},
			{theirs, "de", "Ada Lovelace invites you to Cartography"},
			{"", "fr", "Ada Lovelace vous invite à rejoindre Cartography"},
		} {
			if got := subject(c.organization, c.tag); got != c.want {
				t.Errorf("%+v: %q", c, got)
			}
		}
		list, err := w.Templates(t.Context(), ours)
		if w.must(err); len(list) != len(common)+1 {
			t.Errorf("%d templates, want one more than %d", len(list), len(common))
		}
		custom := []string{}
		for _, t := range list {
			if t.Custom {
				custom = append(custom, string(t.Kind)+"."+t.Language)
			}
		}
		if !slices.Equal(custom, []string{"invitation.de", "invitation.fr"}) {
			t.Errorf("its own are %v", custom)
		}

		// A letter is worded as its organization would have it.
		m := invitation()
		m.Organization = ours
		w.enqueue(m)
		w.deliver(1)
		if got := w.sent[0].Subject; got != "Chez nous : Cartes" {
			t.Errorf("sent %q", got)
		}
		w.must(w.DeleteTemplate(t.Context(), ours, mail.Invitation, "FR"))
		if got := subject(ours, "fr"); got != "Ada Lovelace vous invite à rejoindre Cartography" {
			t.Errorf("after deleting it reads %q", got)
		}
		for _, err := range []error{
			w.DeleteTemplate(t.Context(), ours, mail.Invitation, "fr"), second(w.PutTemplate(t.Context(), "nobody", own("fr"))),
		} {
			if !errors.Is(err, mail.ErrNotFound) {
				t.Errorf("error %v, want ErrNotFound", err)
			}
		}
		w.invalid(second(w.Preview(t.Context(), ours, "other", "fr")), "kind")
	})
}

func second[T any](_ T, err error) error { return err }

// TestUnfit puts templates that must not be kept.
func TestUnfit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	o := w.organization("o")
	before := dbtest.Fingerprint(t, w.db)
	start := time.Now()
	for _, c := range []struct {
		field  string
		change func(*mail.Template)
	}{
		{"kind", func(t *mail.Template) { t.Kind = "other" }},
		{"language", func(t *mail.Template) { t.Language = "" }},
		{"language", func(t *mail.Template) { t.Language = "no such" }},
		{"language", func(t *mail.Template) { t.Language = "en-x-" + strings.Repeat("abcdefgh-", 5) + "a" }},
		{"subject", func(t *mail.Template) { t.Subject = " " }},
		{"subject", func(t *mail.Template) { t.Subject = "{{if not .link}}x{{end}}" }},
		{"subject", func(t *mail.Template) { t.Subject = strings.Repeat("x", 501) }},
		{"text", func(t *mail.Template) { t.Text = "" }},
		{"text", func(t *mail.Template) { t.Text = "without the link" }},
		{"html", func(t *mail.Template) { t.HTML = "<p>without the link</p>" }},
		{"text", func(t *mail.Template) { t.Text += "{{.lnik}}" }},
		{"text", func(t *mail.Template) { t.Text += "{{.link.host}}" }},
		{"text", func(t *mail.Template) { t.Text += "{{if not .link}}{{.lnik}}{{end}}" }},
		{"text", func(t *mail.Template) { t.Text += "{{.}}" }},
		{"text", func(t *mail.Template) { t.Text += "{{" }},
		{"text", func(t *mail.Template) { t.Text += "{{range 1000000000}}{{end}}" }},
		{"html", func(t *mail.Template) { t.HTML += "{{range 1000000000}}{{end}}" }},
		{"text", func(t *mail.Template) { t.Text += `{{printf "%100000000s" .link}}` }},
		{"text", func(t *mail.Template) { t.Text += `{{define "x"}}{{template "x"}}{{end}}{{template "x"}}` }},
		{"text", func(t *mail.Template) { t.Text += `{{template "text"}}` }},
		{"html", func(t *mail.Template) { t.HTML += `{{block "x" .}}{{end}}` }},
		{"text", func(t *mail.Template) { t.Text += "{{$x := .link}}{{$x}}" }},
		{"text", func(t *mail.Template) { t.Text += "{{with .link}}{{.}}{{end}}" }},
		{"html", func(t *mail.Template) { t.HTML += "<script>{{.link}}" }},
		{"html", func(t *mail.Template) { t.HTML += "{{if .link}}<script>{{end}}" }},
		{"html", func(t *mail.Template) { t.HTML += "{{.link | js}}" }},
		{"html", func(t *mail.Template) { t.HTML += strings.Repeat("x", 64<<10) }},
		{"html", func(t *mail.Template) {
			t.HTML += strings.Repeat("{{.link}}", 7000) + strings.Repeat(`{{date "x"}}`, 20) + "{{printf}}"
		}},
		{"text", func(t *mail.Template) { t.Text += strings.Repeat("(", 60000) }},
		{"text", func(t *mail.Template) { t.Text += "{{" + strings.Repeat("(", 60000) }},
	} {
		u := own("fr")
		c.change(&u)
		_, err := w.PutTemplate(t.Context(), o, u)
		if c.field == "text" && strings.HasSuffix(u.Text, "((") && !strings.Contains(u.Text, "{{(") {
			w.must(err) // parentheses are text
			w.must(w.DeleteTemplate(t.Context(), o, u.Kind, u.Language))
			continue
		}
		w.invalid(err, c.field)
		if err != nil && len(err.Error()) > 500 {
			t.Errorf("the error has %d bytes", len(err.Error()))
		}
	}
	if dbtest.Fingerprint(t, w.db) != before {
		t.Error("something was kept")
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("refusing took %v", took)
	}
}

// TestBounded puts a template that fits with sample values and grows too large
// with others: the mail is sent in the common words.
func TestBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	o := w.organization("o")
	u := own("fr")
	u.Text = strings.Repeat("{{.workspace}}", 4000) + "{{.link}}"
	w.must(second(w.PutTemplate(t.Context(), o, u)))
	m := invitation()
	m.Organization, m.Data["workspace"] = o, strings.Repeat("w", 2000)
	w.enqueue(m)
	w.deliver(1)
	if e := w.sent[0]; !strings.HasPrefix(e.Text, "Bonjour") || len(e.Text) > 10000 {
		t.Errorf("sent %d bytes: %.100s", len(e.Text), e.Text)
	}
	u.Text = "{{.link}}" + strings.Repeat("{{.link}}", 7000)
	u.HTML = u.Text
	w.must(second(w.PutTemplate(t.Context(), o, u)))
	u.Subject = strings.Repeat("{{.workspace}}", 35)
	w.must(second(w.PutTemplate(t.Context(), o, u)))
	if e, err := w.Preview(t.Context(), o, mail.Invitation, "fr"); err != nil || len(e.Subject) > 250 {
		t.Errorf("the subject has %d bytes, %v", len(e.Subject), err)
	}
	// An organization has a hundred at most.
	added := 1
	for a := 'a'; a <= 'z' && added < 100; a++ {
		for b := 'a'; b <= 'd' && added < 100; b++ {
			w.must(second(w.PutTemplate(t.Context(), o, own("en-x-"+string(a)+string(b)))))
			added++
		}
	}
	w.invalid(second(w.PutTemplate(t.Context(), o, own("it"))), "language")
	w.must(second(w.PutTemplate(t.Context(), o, own("fr"))))
}

func TestFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.New(t))
	german := fstest.MapFS{
		"README.md":            {Data: []byte("what this is")},
		"invitation.de.txt":    {Data: []byte("Subject: {{.inviter}} lädt ein\n\nHier: {{.link}}\n")},
		"invitation.de.html":   {Data: []byte(`<p><a href="{{.link}}">Einladung annehmen</a></p>`)},
		"invitation.fr.txt":    {Data: []byte("Subject: Venez\r\n\r\n{{.link}}\n")},
		"invitation.fr.html":   {Data: []byte(`<a href="{{.link}}">Venez</a>`)},
		"member_added.fr.txt":  {Data: []byte("Subject: Vous y êtes\n{{.link}}\n")},
		"member_added.fr.html": {Data: []byte(`<a href="{{.link}}">Venez</a>`)},
	}
	s := w.server(func(o *mail.Options) { o.Templates = german })
	for tag, want := range map[string]string{"de-CH": "Ada Lovelace lädt ein", "fr": "Venez", "en": "Ada Lovelace invites you to Cartography"} {
		if e, err := s.Preview(t.Context(), "", mail.Invitation, tag); err != nil || e.Subject != want {
			t.Errorf("%s: %q, %v", tag, e.Subject, err)
		}
	}
	if e, err := s.Preview(t.Context(), "", mail.PasswordReset, "de"); err != nil || e.Language != "en" {
		t.Errorf("a kind that there is no German for: %+v, %v", e, err)
	}
	for name, files := range map[string]fstest.MapFS{
		"no html":       {"invitation.de.txt": german["invitation.de.txt"]},
		"no text":       {"invitation.de.html": german["invitation.de.html"]},
		"no kind":       {"other.de.txt": german["invitation.de.txt"], "other.de.html": german["invitation.de.html"]},
		"no language":   {"invitation.txt": german["invitation.de.txt"], "invitation.html": german["invitation.de.html"]},
		"odd language":  {"invitation.DE.txt": german["invitation.de.txt"], "invitation.DE.html": german["invitation.de.html"]},
		"no subject":    {"invitation.de.txt": german["invitation.de.html"], "invitation.de.html": german["invitation.de.html"]},
		"does not fit":  {"invitation.de.txt": {Data: []byte("Subject: x\n{{.link}}{{.oops}}")}, "invitation.de.html": german["invitation.de.html"]},
		"without links": {"invitation.de.txt": {Data: []byte("Subject: x\n\nx")}, "invitation.de.html": german["invitation.de.html"]},
	} {
		if _, err := mail.New(w.db.Mail(), nil, &mail.Options{Templates: files}); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

// TestSweepTemplates makes every statement of what is composed fail in turn.
func TestSweepTemplates(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			fault := &dbtest.Fault{}
			w := newWorld(t, dbtest.OpenWith(t, kind.Make(t), &storage.Options{Connector: fault.Connector}))
			o := w.organization("o")
			for name, step := range map[string]func(ctx context.Context) error{
				"put": func(ctx context.Context) error { return second(w.PutTemplate(ctx, o, own("fr"))) },
				"letter": func(ctx context.Context) error {
					return w.db.Tx(ctx, func(ctx context.Context) error { return w.Enqueue(ctx, invitation()) })
				},
			} {
				before := dbtest.Fingerprint(t, w.db)
				for n := int64(1); ; n++ {
					fault.Set(n)
					err := step(t.Context())
					if fault.Clear() < n {
						w.must(err)
						break
					}
					if err == nil || dbtest.Fingerprint(t, w.db) != before {
						t.Fatalf("%s: statement %d failed: %v, and something was kept or nobody noticed", name, n, err)
					}
				}
			}
		})
	}
}
