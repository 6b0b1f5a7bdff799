package mail

import (
	"context"
	"errors"
	"fmt"
	"html"
	"maps"
	"regexp"
	"strings"

	nethtml "golang.org/x/net/html"
)

// What the built-in notices say.
const (
	newUserSubject = "{% if project_user.project.name %}Your access to {{ project_user.project.name }}{% else %}Your account{% endif %}"

	newUserBody = `Hello{% if project_user.name %} {{ project_user.name }}{% endif %},

{% if current_user.name %}{{ current_user.name }}{% if current_user.firm %} ({{ current_user.firm }}){% endif %} gave you access{% else %}you were given access{% endif %}
{%- if project_user.project.name %} to {{ project_user.project.name }}{% endif %}
{%- if project_user.project.owner %}, a project of {{ project_user.project.owner }}{% endif %}.
{%- if different_owner %} It belongs to another organization than your account does.{% endif %}
{%- if project_user.project.description %}

{{ project_user.project.description }}
{%- endif %}
{%- if new_user %}

An account was made for you.
{%- endif %}
{%- if project_user.username %}

Your username is {{ project_user.username }}.
{%- endif %}
{%- if pw %}

Your password is {{ pw }}. Choose another one when you first sign in.
{%- endif %}
{%- if server %}

The server is {{ server }}.
{%- endif %}
{%- if project_user.project.database.name %}

The database is {{ project_user.project.database.name }}{% if project_user.project.database.server %} on {{ project_user.project.database.server }}{% endif %}.
{%- endif %}
{%- if project_list %}

Your projects:
{%- for name in project_list %}
- {{ name }}
{%- endfor %}
{%- endif %}
`

	reminderSubject = "Your account{% if server %} on {{ server }}{% endif %}"

	reminderBody = `Hello{% if user.name %} {{ user.name }}{% endif %},

this is a reminder of your account{% if server %} on {{ server }}{% endif %}.
{%- if user.username %}

Your username is {{ user.username }}.
{%- endif %}
{%- if pw %}

Your new password is {{ pw }}. Choose another one when you next sign in.
{%- endif %}
{%- if project_list %}

Your projects:
{%- for name in project_list %}
- {{ name }}
{%- endfor %}
{%- endif %}
{%- if current_user.name %}

{{ current_user.name }}
{%- if current_user.firm %}
{{ current_user.firm }}
{%- endif %}
{%- endif %}
`
)

// Sample returns values to show a notice of an occasion with: all that there are.
func Sample(o Occasion) map[string]any {
	person := map[string]any{
		"name": "Grace Hopper", "email": sampleAddress, "first_name": "Grace", "last_name": "Hopper", "username": "grace",
	}
	data := map[string]any{
		"server": "maps.example.org", "pw": "correct horse battery staple",
		"current_user": map[string]any{"name": "Ada Lovelace", "firm": "Analytical Engines"},
		"project_list": []string{"Cartography", "Surveys"},
	}
	data["user"] = maps.Clone(person) // in both, as what is sent has it
	if o == Reminder {
		return data
	}
	person["project"] = map[string]any{
		"name": "Cartography", "description": "Maps of everything", "owner": "Ordnance",
		"database": map[string]any{"name": "cartography", "server": "maps.example.org"},
	}
	data["project_user"], data["new_user"], data["different_owner"] = person, true, false
	return data
}

// word puts a notice into words.
func (n Notice) word(ctx context.Context, tag string, data map[string]any) (Email, error) {
	variables, err := variablesOf(data)
	if err != nil {
		return Email{}, err
	}
	part := func(field, source string, markup bool) (string, error) {
		text, err := renderLiquid(ctx, source, variables, markup)
		if err != nil && ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil {
			return "", &InvalidError{Field: field, Expected: "a Liquid template that renders: " + err.Error()}
		}
		return text, nil
	}
	subject, err := part("subject", n.Subject, false)
	if err != nil {
		return Email{}, err
	}
	page := strings.HasPrefix(strings.TrimSpace(n.Body), "<")
	body, err := part("body", n.Body, page)
	if err != nil {
		return Email{}, err
	}
	e := Email{Subject: oneLine(subject, widestSubject), Text: body, HTML: body, Language: tag}
	if page {
		e.Text = textOf(body)
	} else {
		e.HTML = pageOf(e.Subject, tag, body)
	}
	if len(e.Text) > 2*widest || len(e.HTML) > 2*widest {
		return Email{}, &InvalidError{Field: "body", Expected: fmt.Sprintf("one that comes to at most %d bytes", 2*widest)}
	}
	return e, nil
}

// variablesOf returns values as Liquid sees them, copied. What is empty is left out,
// so that {% if pw %} asks what it seems to.
func variablesOf(data map[string]any) (map[string]any, error) {
	v, err := variable(data, 0)
	if err == nil && size(v) > widest {
		err = fmt.Errorf("at most %d bytes", widest)
	}
	if err != nil {
		return nil, &InvalidError{Field: "data", Expected: err.Error()}
	}
	variables, _ := v.(map[string]any)
	return variables, nil
}

// deepestData is how deep values may be inside each other.
const deepestData = 8

func variable(v any, depth int) (any, error) {
	if depth > deepestData {
		return nil, fmt.Errorf("values at most %d deep", deepestData)
	}
	switch v := v.(type) {
	case nil, bool, int, float64:
		return v, nil
	case int64:
		return int(v), nil
	case string:
		if v = tidy(v); v == "" {
			return nil, nil //nolint:nilnil // nothing is a value of Liquid
		}
		return v, nil
	case []string:
		list := make([]any, 0, len(v))
		for _, item := range v {
			list = append(list, tidy(item))
		}
		return list, nil
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			next, err := variable(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, next)
		}
		return list, nil
	case map[string]any:
		next := map[string]any{}
		for key, item := range v {
			value, err := variable(item, depth+1)
			if err != nil {
				return nil, err
			}
			if value != nil {
				next[key] = value
			}
		}
		return next, nil
	}
	return nil, errors.New("texts, numbers, true, false, lists and maps")
}

// tidy returns a value without what hides or spoils text. It may have several lines.
func tidy(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if breaks(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, text)
}

// links matches what is made a link of where a text is made into HTML.
var links = regexp.MustCompile(`https?://[^\s<>"']*[^\s<>"'.,;:!?)]`)

// pageOf returns a text as HTML that looks as that of the other mails.
func pageOf(subject, tag, text string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<!DOCTYPE html>
<html lang="%s">
<head><meta charset="utf-8"><title>%s</title></head>
<body style="font-family: sans-serif; line-height: 1.5; color: #1a1a1a; max-width: 40em">
`, html.EscapeString(tag), html.EscapeString(subject))
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph = strings.Trim(paragraph, "\n"); strings.TrimSpace(paragraph) == "" {
			continue
		}
		b.WriteString("<p>")
		at := 0
		for _, m := range links.FindAllStringIndex(paragraph, -1) {
			link := html.EscapeString(paragraph[m[0]:m[1]])
			b.WriteString(lines(paragraph[at:m[0]]) + `<a href="` + link + `">` + link + "</a>")
			at = m[1]
		}
		b.WriteString(lines(paragraph[at:]) + "</p>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}

// lines returns a text as HTML that keeps its lines.
func lines(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\n") }

// textOf returns what a page says, with where its links lead.
func textOf(page string) string {
	var (
		t     plainText
		z     = nethtml.NewTokenizer(strings.NewReader(page))
		links []string
	)
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			return t.String()
		}
		token := z.Token()
		switch kind {
		case nethtml.TextToken:
			t.write(token.Data)
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			t.open(token.Data)
			if token.Data == "a" && kind == nethtml.StartTagToken {
				links = append(links, target(token))
			}
		case nethtml.EndTagToken:
			if n := len(links) - 1; token.Data == "a" && n >= 0 {
				t.lead(links[n])
				links = links[:n]
			}
			t.close(token.Data)
		case nethtml.ErrorToken, nethtml.CommentToken, nethtml.DoctypeToken:
		}
	}
}

// target returns where a link leads, if that is somewhere to go from a text.
func target(t nethtml.Token) string {
	for _, a := range t.Attr {
		if a.Key == "href" && (strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "https://")) {
			return a.Val
		}
	}
	return ""
}

// A plainText is made of the text of a page.
type plainText struct {
	b strings.Builder
	// breaks are how many ends of lines are due before the next text, and space
	// whether a space is.
	breaks int
	space  bool
	hidden string // the element that is not shown
	begun  bool
}

func (t *plainText) write(text string) {
	if t.hidden != "" {
		return
	}
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\f", r) }) {
		if i > 0 || strings.ContainsAny(text[:1], " \t\r\n\f") {
			t.space = true
		}
		t.put(word)
	}
	if text != "" && strings.ContainsAny(text[len(text)-1:], " \t\r\n\f") {
		t.space = true
	}
}

// put writes a word, after the ends of lines or the space that are due.
func (t *plainText) put(word string) {
	switch {
	case t.begun && t.breaks > 0:
		t.b.WriteString(strings.Repeat("\n", t.breaks))
	case t.begun && t.space:
		t.b.WriteByte(' ')
	}
	t.b.WriteString(word)
	t.begun, t.breaks, t.space = true, 0, false
}

func (t *plainText) open(element string) {
	switch element {
	case "script", "style", "title":
		if t.hidden == "" {
			t.hidden = element
		}
	case "br":
		t.breaks = min(t.breaks+1, 2)
	case "li":
		t.breaks = max(t.breaks, 1)
		if t.hidden == "" {
			t.put("-")
			t.space = true
		}
	case "td", "th":
		t.space = true
	default:
		t.apart(element)
	}
}

func (t *plainText) close(element string) {
	if element == t.hidden {
		t.hidden = ""
	}
	t.apart(element)
}

// apart notes which elements stand on lines of their own.
func (t *plainText) apart(element string) {
	switch element {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "hr":
		t.breaks = 2
	case "div", "tr", "section", "header", "footer", "article":
		t.breaks = max(t.breaks, 1)
	}
}

// lead writes where a link leads, unless the text says so.
func (t *plainText) lead(link string) {
	if link != "" && t.hidden == "" && !strings.HasSuffix(t.b.String(), link) {
		t.space = true
		t.put("(" + link + ")")
	}
}

// String returns the text, which ends with its last line.
func (t *plainText) String() string {
	if t.b.Len() == 0 {
		return ""
	}
	return t.b.String() + "\n"
}
