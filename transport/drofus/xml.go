package drofus

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	// xmlHash is how Rails names what has no name of its own.
	xmlHash = "hash"
	// maxDepth bounds how deep a body may nest, as it does in JSON.
	maxDepth = 64
)

// xmlRecord is a document with one object.
func xmlRecord(r record) []byte { return appendElement([]byte(xmlDeclaration), r.root, r.fields, 0) }

// xmlRecords is a document with a list, under a name in the plural.
func xmlRecords(plural string, list []record) []byte {
	return appendList([]byte(xmlDeclaration), plural, list, 0)
}

func appendElement(text []byte, name string, fields []field, depth int) []byte {
	name = dashed(name)
	text = append(indent(text, depth), '<')
	text = append(text, name...)
	if len(fields) == 0 {
		return append(text, "/>\n"...)
	}
	text = append(text, ">\n"...)
	for _, f := range fields {
		text = appendXMLField(text, f, depth+1)
	}
	return closed(indent(text, depth), name)
}

func appendList(text []byte, name string, list []record, depth int) []byte {
	name = dashed(name)
	text = append(indent(text, depth), '<')
	text = append(text, name...)
	text = append(text, ` type="array"`...)
	if len(list) == 0 {
		return append(text, "/>\n"...)
	}
	text = append(text, ">\n"...)
	for _, r := range list {
		text = appendElement(text, r.root, r.fields, depth+1)
	}
	return closed(indent(text, depth), name)
}

func appendXMLField(text []byte, f field, depth int) []byte {
	switch {
	case f.kind == kindRecord && !f.null:
		return appendElement(text, f.name, f.inner[0].fields, depth)
	case f.kind == kindList && !f.null:
		return appendList(text, f.name, f.inner, depth)
	}
	name := dashed(f.name)
	text = append(indent(text, depth), '<')
	text = append(text, name...)
	if typed := xmlType(f.kind); typed != "" {
		text = append(text, ` type="`...)
		text = append(text, typed...)
		text = append(text, '"')
	}
	if f.null {
		return append(text, " nil=\"true\"/>\n"...)
	}
	text = appendEscaped(append(text, '>'), f.text)
	return closed(text, name)
}

func xmlType(k kind) string {
	switch k {
	case kindInteger:
		return "integer"
	case kindDecimal:
		return "decimal"
	case kindBoolean:
		return "boolean"
	case kindTime:
		return "dateTime"
	case kindDate:
		return "date"
	case kindList:
		return "array"
	}
	return ""
}

func dashed(name string) string { return strings.ReplaceAll(name, "_", "-") }

func indent(text []byte, depth int) []byte {
	for range depth {
		text = append(text, "  "...)
	}
	return text
}

func closed(text []byte, name string) []byte {
	text = append(text, "</"...)
	text = append(text, name...)
	return append(text, ">\n"...)
}

// appendEscaped writes text so that it is read back as it is, but for
// characters that XML has no way to write: they become U+FFFD.
func appendEscaped(text []byte, value string) []byte {
	for _, c := range value { // ranging makes U+FFFD of what is no UTF-8
		switch {
		case c == '&':
			text = append(text, "&amp;"...)
		case c == '<':
			text = append(text, "&lt;"...)
		case c == '>':
			text = append(text, "&gt;"...)
		case c == '\r':
			text = append(text, "&#13;"...) // a bare one would be read as \n
		case writable(c):
			text = utf8.AppendRune(text, c)
		default:
			text = append(text, "\uFFFD"...)
		}
	}
	return text
}

// writable reports whether XML 1.0 can hold a character.
func writable(c rune) bool {
	switch {
	case c < ' ':
		return c == '\t' || c == '\n' || c == '\r'
	case c >= 0xD800 && c <= 0xDFFF, c == 0xFFFE, c == 0xFFFF:
		return false
	}
	return c <= utf8.MaxRune
}

// readXML reads a document: its root is the only name in the tree, or the tree
// itself where it is the <hash> by which Rails writes several.
func readXML(r *http.Request) (map[string]any, error) {
	body, err := readAll(r)
	if err != nil {
		return nil, err
	}
	tree, err := parseXML(body)
	if err != nil {
		return nil, malformed("XML")
	}
	return tree, nil
}

var errXML = errors.New("drofus: malformed XML")

// An element is one that is not closed yet.
type element struct {
	name string
	typ  string
	null bool
	text strings.Builder
	tree map[string]any
	list []any
}

func parseXML(body []byte) (map[string]any, error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\uFEFF"))))
	top := &element{tree: map[string]any{}}
	open := []*element{top}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e, err := opened(token)
			if err != nil || len(open) > maxDepth {
				return nil, errXML
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
			if err := open[len(open)-1].add(last); err != nil {
				return nil, err
			}
		case xml.CharData:
			last.text.Write(token)
		case xml.Directive:
			return nil, errXML // a document type could declare entities
		case xml.ProcInst:
			if token.Target != "xml" {
				return nil, errXML
			}
		}
	}
	if len(top.tree) != 1 || strings.TrimSpace(top.text.String()) != "" {
		return nil, errXML
	}
	if inner, several := top.tree[xmlHash].(map[string]any); several {
		return inner, nil
	}
	return top.tree, nil
}

// opened reads the attributes by which Rails tells what an element holds. A type
// is a hint to who knows nothing of the field; the getters of params do, and so
// it is only made sure that it is one of a value: others were the way in for
// those who had objects made of their choice.
func opened(start xml.StartElement) (*element, error) {
	if start.Name.Space != "" {
		return nil, errXML
	}
	e := &element{name: strings.ReplaceAll(start.Name.Local, "-", "_")}
	for _, a := range start.Attr {
		switch {
		case a.Name.Space != "":
		case a.Name.Local == "nil":
			e.null = a.Value == "true" || a.Value == "1"
		case a.Name.Local == "type":
			e.typ = strings.ToLower(a.Value)
		}
	}
	switch e.typ {
	case "", "string", "integer", "boolean", "decimal", "float", "datetime", "date", "array":
		return e, nil
	}
	return nil, errXML
}

// add takes in an element that has been closed.
func (e *element) add(inner *element) error {
	value, err := inner.value()
	if err != nil {
		return err
	}
	if e.typ == "array" {
		e.list = append(e.list, value)
		return nil
	}
	if e.tree == nil {
		e.tree = map[string]any{}
	}
	if _, twice := e.tree[inner.name]; twice {
		return errXML
	}
	e.tree[inner.name] = value
	return nil
}

func (e *element) value() (any, error) {
	text := e.text.String()
	parent := e.typ == "array" || e.tree != nil
	switch {
	case parent && strings.TrimSpace(text) != "":
		return nil, errXML
	case e.null:
		return nil, nil //nolint:nilnil // null is a value here
	case e.typ == "array":
		return append([]any{}, e.list...), nil
	case e.tree != nil:
		return e.tree, nil
	case e.typ != "" && e.typ != "string" && strings.TrimSpace(text) == "":
		return nil, nil //nolint:nilnil // as Rails reads an empty number
	}
	return text, nil
}
