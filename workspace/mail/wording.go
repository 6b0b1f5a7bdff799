package mail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"golang.org/x/text/language"
)

//go:embed templates
var builtin embed.FS

const (
	// largest is how many bytes a template may have, and longestSubject its
	// subject.
	largest        = 64 << 10
	longestSubject = 500
	// widest is how many bytes a part of a mail may have, and widestSubject its
	// subject: what goes into a header must not be a body.
	widest        = 256 << 10
	widestSubject = 250
)

// A wording is a template that can be rendered. It is safe for concurrent use.
type wording struct {
	Template

	subject *template.Template
	text    *template.Template
	html    *htmltemplate.Template
}

// wordings returns the built-in templates, with those of a folder besides or in
// place of them.
func wordings(folder fs.FS) ([]wording, error) {
	inside, err := fs.Sub(builtin, "templates")
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	list, err := read(inside)
	if err != nil || folder == nil {
		return list, err
	}
	added, err := read(folder)
	if err != nil {
		return nil, err
	}
	for _, w := range list {
		if !slices.ContainsFunc(added, func(a wording) bool { return a.same(w.Template) }) {
			added = append(added, w)
		}
	}
	slices.SortFunc(added, func(a, b wording) int { return byKind(a.Template, b.Template) })
	return added, nil
}

// read compiles the templates of a folder.
func read(folder fs.FS) ([]wording, error) {
	files, err := fs.Glob(folder, "*.txt")
	if err != nil {
		return nil, fmt.Errorf("mail: templates: %w", err)
	}
	pages, err := fs.Glob(folder, "*.html")
	if err != nil {
		return nil, fmt.Errorf("mail: templates: %w", err)
	}
	for _, page := range pages {
		if twin := strings.TrimSuffix(page, ".html") + ".txt"; !slices.Contains(files, twin) {
			return nil, fmt.Errorf("mail: template %s: there is no %s beside it", page, twin)
		}
	}
	var list []wording
	for _, file := range files {
		w, err := readOne(folder, file)
		if err != nil {
			return nil, fmt.Errorf("mail: template %s: %w", file, err)
		}
		list = append(list, w)
	}
	return list, nil
}

func readOne(folder fs.FS, file string) (wording, error) {
	name := strings.TrimSuffix(path.Base(file), ".txt")
	kind, tag, _ := strings.Cut(name, ".")
	parsed, err := language.Parse(tag)
	if err != nil || parsed.String() != tag {
		return wording{}, errors.New("expected a name as invitation.fr.txt")
	}
	plain, err := fs.ReadFile(folder, file)
	if err != nil {
		return wording{}, err
	}
	page, err := fs.ReadFile(folder, name+".html")
	if err != nil {
		return wording{}, err
	}
	first, text, _ := strings.Cut(string(plain), "\n")
	subject, ok := strings.CutPrefix(first, "Subject: ")
	if !ok {
		return wording{}, errors.New(`expected "Subject: …" in the first line`)
	}
	return compile(Template{
		Kind: Kind(kind), Language: tag, Subject: strings.TrimSpace(subject), Text: strings.TrimLeft(text, "\r\n"), HTML: string(page),
	})
}

// compile parses a template and renders it, with sample values and with none.
func compile(t Template) (wording, error) {
	keys := Keys(t.Kind)
	if keys == nil {
		return wording{}, &InvalidError{Field: "kind", Expected: "one of " + kindNames()}
	}
	for _, part := range []struct {
		field, text string
		most        int
	}{{"subject", t.Subject, longestSubject}, {"text", t.Text, largest}, {"html", t.HTML, largest}} {
		if err := check(part.text, part.most, keys); err != nil {
			return wording{}, &InvalidError{Field: part.field, Expected: err.Error()}
		}
	}
	w := wording{Template: t}
	var err error
	if w.subject, err = plain(t.Subject); err != nil {
		return wording{}, &InvalidError{Field: "subject", Expected: "a template: " + err.Error()}
	}
	if w.text, err = plain(t.Text); err != nil {
		return wording{}, &InvalidError{Field: "text", Expected: "a template: " + err.Error()}
	}
	w.html, err = htmltemplate.New("html").Funcs(htmltemplate.FuncMap{"date": date}).Option("missingkey=error").Parse(t.HTML)
	if err != nil {
		return wording{}, &InvalidError{Field: "html", Expected: "a template: " + err.Error()}
	}
	empty := map[string]string{}
	for _, key := range keys {
		empty[key] = ""
	}
	if _, err := w.render(empty); err != nil {
		return wording{}, err
	}
	e, err := w.render(sample(t.Kind))
	if err != nil {
		return wording{}, err
	}
	if e.Subject == "" {
		return wording{}, &InvalidError{Field: "subject", Expected: "a text"}
	}
	for field, text := range map[string]string{"text": e.Text, "html": e.HTML} {
		if slices.Contains(keys, "link") && !strings.Contains(text, sampleLink) {
			return wording{}, &InvalidError{Field: field, Expected: "{{.link}} in it"}
		}
	}
	return w, nil
}

func plain(text string) (*template.Template, error) {
	return template.New("text").Funcs(template.FuncMap{"date": date}).Option("missingkey=error").Parse(text)
}

// date writes a time the same way in every language.
func date(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return t.UTC().Format("2006-01-02 15:04 MST")
}

// functions are what a template may call. What formats can be told to write a
// gigabyte, and what compares or indexes is of no use on texts.
func functions() map[string]any {
	return map[string]any{"date": true, "and": true, "or": true, "not": true, "eq": true, "ne": true}
}

// check refuses what is no template, and all of a template that could run for
// long or write much: there are no loops, and no template calls another.
func check(text string, most int, keys []string) error {
	if strings.TrimSpace(text) == "" || len(text) > most {
		return fmt.Errorf("a template of at most %d bytes", most)
	}
	trees, err := parse.Parse("template", text, "", "", functions())
	if err != nil {
		return fmt.Errorf("a template: %w", err)
	}
	if len(trees) > 1 {
		return errors.New("a template without others in it")
	}
	for _, tree := range trees {
		if err := allowed(tree.Root, keys); err != nil {
			return err
		}
	}
	return nil
}

func allowed(node parse.Node, keys []string) error {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		return each(n.Nodes, keys)
	case *parse.IfNode:
		if err := allowed(n.Pipe, keys); err != nil {
			return err
		}
		if err := allowed(n.List, keys); err != nil {
			return err
		}
		return allowed(n.ElseList, keys)
	case *parse.ActionNode:
		return allowed(n.Pipe, keys)
	case *parse.PipeNode:
		if len(n.Decl) > 0 {
			return errors.New("a template without variables")
		}
		for _, c := range n.Cmds {
			if err := each(c.Args, keys); err != nil {
				return err
			}
		}
		return nil
	case *parse.FieldNode:
		if len(n.Ident) != 1 || !slices.Contains(keys, n.Ident[0]) {
			return fmt.Errorf("of values only .%s", strings.Join(keys, ", ."))
		}
		return nil
	case *parse.TextNode, *parse.CommentNode, *parse.IdentifierNode, *parse.StringNode:
		return nil // functions that are unknown do not parse
	}
	return fmt.Errorf("a template without %s", oneLine(node.String(), 40))
}

func each(nodes []parse.Node, keys []string) error {
	for _, n := range nodes {
		if err := allowed(n, keys); err != nil {
			return err
		}
	}
	return nil
}

// render puts values into words.
func (w wording) render(data map[string]string) (Email, error) {
	var subject, text, html limited
	subject.most, text.most, html.most = widest, widest, widest
	for _, part := range []struct {
		field string
		err   error
	}{
		{"subject", w.subject.Execute(&subject, data)},
		{"text", w.text.Execute(&text, data)},
		{"html", w.html.Execute(&html, data)},
	} {
		if part.err != nil {
			return Email{}, &InvalidError{Field: part.field, Expected: "a template that renders: " + part.err.Error()}
		}
	}
	return Email{
		Subject: oneLine(subject.String(), widestSubject), Text: text.String(), HTML: html.String(), Language: w.Language,
	}, nil
}

// limited is a buffer that takes so much and no more.
type limited struct {
	bytes.Buffer

	most int
}

// Write fails where it would be too much, which ends the template.
func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.most {
		return 0, fmt.Errorf("it writes more than %d bytes", l.most)
	}
	return l.Buffer.Write(p)
}
