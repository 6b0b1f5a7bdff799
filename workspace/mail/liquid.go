package mail

import (
	"context"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/parser"
)

// What is here of Liquid is read, and its expressions are evaluated, by a library;
// what its tags do is done here (liquid_run.go), since the library's own tags can
// neither be counted nor stopped, read files, and panic at odd arguments.

const (
	// deepest is how many blocks of a template may be inside each other.
	deepest = 20
	// longestExpression is how many bytes may stand between two braces.
	longestExpression = 1000
)

// A program is a template of Liquid that can be run.
type program []step

// A step is a part of a program.
type step interface {
	run(r *run) error
}

type (
	textStep   string
	outputStep struct{ value expression }
	assignStep struct {
		name  string
		value expression
	}
	captureStep struct {
		name string
		body program
	}
	// A chooseStep runs the first branch whose condition holds.
	chooseStep []branch
	branch     struct {
		condition expression // nothing for one that always holds
		negated   bool
		body      program
	}
	// A caseStep runs the first branch that has the value among its own.
	caseStep struct {
		value    expression
		branches []caseBranch
	}
	caseBranch struct {
		values []expressions.Expression // nil for one that any value has
		cost   expression               // of comparing with them
		body   program
	}
	loopStep struct {
		name                string
		list, offset, limit expression
		reversed            bool
		body, otherwise     program
	}
	// A jumpStep ends a turn of a loop, or the loop.
	jumpStep struct{ err error }
)

// What jumps are until their loop catches them.
var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

// A syntaxError is what is wrong with a template, and where.
type syntaxError struct {
	line int
	text string
}

// Error tells both.
func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

// parseLiquid reads a template.
func parseLiquid(source string) (p program, err error) {
	line := 1
	defer func() {
		// The library panics at numbers that are too large, for one.
		if recover() != nil {
			p, err = nil, &syntaxError{line, "a syntax error"}
		}
	}()
	r := &reader{tokens: trim(parser.Scan(source, parser.SourceLoc{LineNo: 1}, nil)), line: &line}
	p, _, err = r.body(nil)
	return p, err
}

// trim does what {{- and -%} ask for.
func trim(tokens []parser.Token) []parser.Token {
	const space = " \t\r\n"
	for i, t := range tokens {
		switch {
		case t.Type == parser.TrimLeftTokenType && i > 0 && tokens[i-1].Type == parser.TextTokenType:
			tokens[i-1].Source = strings.TrimRight(tokens[i-1].Source, space)
		case t.Type == parser.TrimRightTokenType && i+1 < len(tokens) && tokens[i+1].Type == parser.TextTokenType:
			after := &tokens[i+1]
			kept := strings.TrimLeft(after.Source, space)
			after.SourceLoc.LineNo += strings.Count(after.Source[:len(after.Source)-len(kept)], "\n")
			after.Source = kept
		}
	}
	return tokens
}

// A reader makes a program of tokens.
type reader struct {
	tokens []parser.Token
	line   *int
	depth  int
	loops  int
}

func (r *reader) wrong(format string, args ...any) error {
	return &syntaxError{*r.line, fmt.Sprintf(format, args...)}
}

// next takes a token.
func (r *reader) next() (t parser.Token, ok bool) {
	if len(r.tokens) == 0 {
		return t, false
	}
	t, r.tokens = r.tokens[0], r.tokens[1:]
	if t.SourceLoc.LineNo > 0 {
		*r.line = t.SourceLoc.LineNo
	}
	return t, true
}

// body reads what is in a block, and returns the tag that ends it: one of those
// given, or none at the end of the template.
func (r *reader) body(ends []string) (p program, end parser.Token, err error) {
	if r.depth++; r.depth > deepest {
		return nil, end, r.wrong("more than %d blocks inside each other", deepest)
	}
	defer func() { r.depth-- }()
	first := *r.line
	for {
		t, ok := r.next()
		switch {
		case !ok && len(ends) > 0:
			return nil, end, &syntaxError{first, "a block without " + ends[len(ends)-1]}
		case !ok:
			return p, end, nil
		case t.Type == parser.TagTokenType && slices.Contains(ends, t.Name):
			return p, t, nil
		}
		s, err := r.step(t)
		if err != nil {
			return nil, end, err
		}
		if s != nil {
			p = append(p, s)
		}
	}
}

// step makes a step of a token, with what belongs to it, or none.
func (r *reader) step(t parser.Token) (step, error) {
	switch t.Type {
	case parser.TextTokenType:
		if before, _, found := strings.Cut(strings.ReplaceAll(t.Source, "{%", "{{"), "{{"); found {
			*r.line += strings.Count(before, "\n")
			return nil, r.wrong("a tag that does not end")
		}
		return textStep(t.Source), nil
	case parser.ObjTokenType:
		value, err := r.expression(t.Args)
		return outputStep{value}, err
	case parser.TagTokenType:
		return r.tag(t)
	case parser.TrimLeftTokenType, parser.TrimRightTokenType: // done
	}
	return nil, nil //nolint:nilnil // nothing is to be done
}

// name matches what a variable may be called.
var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func (r *reader) tag(t parser.Token) (step, error) {
	switch t.Name {
	case "if", "unless":
		return r.choose(t)
	case "case":
		return r.cases(t)
	case "for":
		return r.loop(t)
	case "assign":
		stmt, err := r.statement(expressions.AssignStatementSelector, t.Args)
		if err != nil {
			return nil, err
		}
		value := stmt.expression
		value.parsed = stmt.ValueFn
		return assignStep{stmt.Assignment.Variable, value}, nil
	case "capture":
		variable := strings.Trim(t.Args, `"'`)
		if !name.MatchString(variable) {
			return nil, r.wrong("capture needs the name of a variable")
		}
		body, _, err := r.body([]string{"endcapture"})
		return captureStep{variable, body}, err
	case "comment":
		_, err := r.raw("endcomment")
		return nil, err
	case "raw":
		return r.raw("endraw")
	case "break", "continue":
		if r.loops == 0 {
			return nil, r.wrong("%s outside a loop", t.Name)
		}
		if t.Name == "break" {
			return jumpStep{errBreak}, nil
		}
		return jumpStep{errContinue}, nil
	}
	switch t.Name {
	case "else", "elsif", "when", "endif", "endunless", "endcase", "endfor", "endcapture", "endcomment", "endraw":
		return nil, r.wrong("%s at a place where it means nothing", t.Name)
	}
	return nil, r.wrong("there is no tag %s", oneLine(t.Name, 40))
}

// raw takes everything up to a tag as it stands.
func (r *reader) raw(end string) (step, error) {
	first := *r.line
	var text strings.Builder
	for {
		t, ok := r.next()
		if !ok {
			return nil, &syntaxError{first, "a block without " + end}
		}
		if t.Type == parser.TagTokenType && t.Name == end {
			return textStep(text.String()), nil
		}
		text.WriteString(t.Source)
	}
}

func (r *reader) choose(t parser.Token) (step, error) {
	var s chooseStep
	end, last := "end"+t.Name, false
	b := branch{negated: t.Name == "unless"}
	var err error
	if b.condition, err = r.expression(t.Args); err != nil {
		return nil, err
	}
	for {
		ends := []string{"elsif", "else", end}
		if last {
			ends = []string{end}
		}
		var t parser.Token
		if b.body, t, err = r.body(ends); err != nil {
			return nil, err
		}
		s = append(s, b)
		b = branch{}
		switch t.Name {
		case end:
			return s, nil
		case "elsif":
			if b.condition, err = r.expression(t.Args); err != nil {
				return nil, err
			}
		default:
			last = true
		}
	}
}

func (r *reader) cases(t parser.Token) (step, error) {
	value, err := r.expression(t.Args)
	if err != nil {
		return nil, err
	}
	s := caseStep{value: value}
	// What stands before the first when is never shown.
	_, next, err := r.body([]string{"when", "else", "endcase"})
	for err == nil && next.Name != "endcase" {
		b := caseBranch{}
		ends := []string{"endcase"}
		if next.Name == "when" {
			ends = []string{"when", "else", "endcase"}
			stmt, err := r.statement(expressions.WhenStatementSelector, next.Args)
			if err != nil {
				return nil, err
			}
			b.values, b.cost = stmt.Exprs, stmt.expression
			b.cost.comparisons = len(b.values)
			b.cost.names = append(b.cost.names, value.names...)
		}
		b.body, next, err = r.body(ends)
		s.branches = append(s.branches, b)
	}
	return s, err
}

func (r *reader) loop(t parser.Token) (step, error) {
	stmt, err := r.statement(expressions.LoopStatementSelector, t.Args)
	if err != nil {
		return nil, err
	}
	l := stmt.Loop
	if l.Cols != nil {
		return nil, r.wrong("a loop has no columns")
	}
	s := loopStep{
		name: l.Variable, reversed: l.Reversed, list: stmt.expression, offset: stmt.expression, limit: stmt.expression,
	}
	s.list.parsed, s.offset.parsed, s.limit.parsed = l.Expr, l.Offset, l.Limit
	var end parser.Token
	r.loops++
	s.body, end, err = r.body([]string{"else", "endfor"})
	r.loops--
	if err == nil && end.Name == "else" {
		s.otherwise, _, err = r.body([]string{"endfor"})
	}
	return s, err
}

// An expression is what stands between two braces, and what it costs.
type expression struct {
	parsed      expressions.Expression
	length      int
	comparisons int
	// names are the variables that it may compare.
	names []string
}

type statement struct {
	*expressions.Statement
	expression
}

func (r *reader) expression(source string) (expression, error) {
	e, err := r.inspect(source)
	if err != nil {
		return expression{}, err
	}
	if e.parsed, err = expressions.Parse(source); err != nil {
		return expression{}, r.wrong("a syntax error in %q", oneLine(source, 80))
	}
	return e, nil
}

func (r *reader) statement(selector, source string) (statement, error) {
	e, err := r.inspect(source)
	if err != nil {
		return statement{}, err
	}
	s, err := expressions.ParseStatement(selector, source)
	if err != nil {
		return statement{}, r.wrong("a syntax error in %q", oneLine(source, 80))
	}
	return statement{s, e}, nil
}

// lexeme matches the parts of an expression: texts, numbers, names with what makes
// them a filter, a property or an argument, and signs.
var lexeme = regexp.MustCompile(`^(?:"[^"]*"|'[^']*'|-?[0-9]+(?:\.[0-9]+)?|([.|]?)\s*([A-Za-z_][A-Za-z0-9_-]*\??)(:?)|(==|!=|>=|<=|<|>)|\.\.|[][(),=:]|\s+)`)

// inspect looks at an expression before the library does: for ranges, which there are
// none of, filters that there are none of, what no expression has in it, and what
// it takes to evaluate it.
func (r *reader) inspect(source string) (expression, error) {
	e := expression{length: len(source)}
	if len(source) > longestExpression {
		return e, r.wrong("more than %d bytes between two braces", longestExpression)
	}
	for rest := source; rest != ""; {
		m := lexeme.FindStringSubmatch(rest)
		switch {
		case m == nil:
			return e, r.wrong("a syntax error in %q", oneLine(source, 80))
		case m[0] == "..":
			return e, r.wrong("there are no ranges")
		case m[4] != "" || m[2] == "contains" && m[1] == "":
			e.comparisons++
		case m[1] == "|":
			if _, ok := filters()[m[2]]; !ok {
				return e, r.wrong("there is no filter %s", oneLine(m[2], 40))
			}
		case m[2] != "" && m[1] == "" && m[3] == "":
			e.names = append(e.names, m[2])
		}
		rest = rest[len(m[0]):]
	}
	return e, nil
}

// renderLiquid runs a template with values. In one of HTML they are escaped.
func renderLiquid(ctx context.Context, source string, data map[string]any, markup bool) (string, error) {
	p, err := parseLiquid(source)
	if err != nil {
		return "", err
	}
	r := newRun(ctx, data, markup)
	err = r.start(p)
	return r.out.String(), err
}

// escaped returns a value as it is written into HTML.
func escaped(v any) string {
	if m, ok := v.(markup); ok {
		return m.html
	}
	return html.EscapeString(text(v))
}
