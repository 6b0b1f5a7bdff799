package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/bailiwick-sdk/bailiwick/rbac"
)

// maxChecks bounds how many questions one call asks.
const maxChecks = 1000

// A checkProblem is how the handler tells a problem.
type checkProblem struct {
	Code     string `json:"code"`
	Field    string `json:"field,omitempty"`
	Expected string `json:"expected,omitempty"`
}

// CheckHandler answers what whoever is calling may do. It is a lens of its own,
// for programs that ask over HTTP what others ask [rbac.Engine.Check].
//
// A POST of {"node": 12, "permission": "data.read"} is answered with
// {"allowed": true}, and one of {"checks": [{"node": …, "permission": …}, …]},
// up to 1000 of them, with {"allowed": [true, false, …]} in their order. The
// answers are of the present moment, unless "within" says how old they may be
// ("5s", see [rbac.Within]) or "at_least" which moment they have to have seen
// ({"workspace": …, "revision": …, "above": …}, see [rbac.AtLeast]).
//
// Nobody can ask about somebody else, and no answer tells whether a node is
// there: one that does not exist is answered with false, as one is that the
// caller may do nothing on. That a workspace has not come to the moment of
// "at_least", status 503, is told only to who may do something in it; others are
// answered as of the present, which is what they would be told anyway.
//
// Whatever else is malformed is refused with the name of the field:
// {"code": "invalid", "field": "checks.3.node", "expected": "…"}. The handler
// answers under every path and brings the middleware with it.
func CheckHandler(s *Services) http.Handler {
	// A question that is answered with no is no attempt at anything.
	return s.middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			renderCheck(w, r, Problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed"})
			return
		}
		allowed, single, err := s.check(r)
		if err != nil {
			p := Refusal(Actor(r.Context()), err)
			if p.Status >= http.StatusInternalServerError {
				NoteError(r.Context(), err)
			}
			renderCheck(w, r, p)
			return
		}
		writeText(w, http.StatusOK, checkAnswer(allowed, single))
	}), renderCheck, nil)
}

// Check is [CheckHandler] for a lens that has the middleware around it already
// and renders problems itself: it returns the JSON of the answer.
func (s *Services) Check(r *http.Request) ([]byte, error) {
	allowed, single, err := s.check(r)
	if err != nil {
		return nil, err
	}
	return checkAnswer(allowed, single), nil
}

func renderCheck(w http.ResponseWriter, _ *http.Request, p Problem) {
	WriteJSON(w, p.Status, checkProblem{Code: p.Code, Field: p.Field, Expected: p.Expected})
}

// check answers a call; single tells that it asked one question, outside of a
// list.
func (s *Services) check(r *http.Request) (allowed []bool, single bool, err error) {
	body, err := readBody(r)
	if err != nil {
		return nil, false, err
	}
	asked, ok := quickCheck(string(body))
	if !ok {
		if asked, err = strictCheck(body); err != nil {
			return nil, false, err
		}
	}
	allowed, err = s.answer(r, asked)
	return allowed, asked.single, err
}

// answer asks the engine.
func (s *Services) answer(r *http.Request, asked checkCall) ([]bool, error) {
	who := Actor(r.Context()).Principal
	allowed := make([]bool, 0, len(asked.questions))
	for len(allowed) < len(asked.questions) {
		some, err := s.Rules.CheckMany(r.Context(), who, asked.questions[len(allowed):], asked.fresh)
		switch allowed = append(allowed, some...); {
		case err == nil:
		case asked.token != (rbac.Token{}) && s.foreign(r.Context(), who, asked.token, err):
			asked.fresh, asked.token = rbac.Latest(), rbac.Token{}
		case errors.Is(err, rbac.ErrNoNode):
			allowed = append(allowed, false)
		default:
			return nil, fmt.Errorf("transport: check: %w", err)
		}
	}
	return allowed, nil
}

// foreign reports whether an error would tell somebody about the workspace of a
// token, in which he may do nothing: that it is not there, or how often it
// changed.
func (s *Services) foreign(ctx context.Context, who rbac.Principal, t rbac.Token, err error) bool {
	stale := errors.Is(err, rbac.ErrStale)
	if !stale && !errors.Is(err, rbac.ErrNoNode) {
		return false
	}
	set, missing := s.Rules.Effective(ctx, who, t.Workspace, rbac.Latest())
	return errors.Is(missing, rbac.ErrNoNode) || stale && missing == nil && set.Len() == 0
}

func checkAnswer(allowed []bool, single bool) []byte {
	text := make([]byte, 0, 16+6*len(allowed))
	text = append(text, `{"allowed":`...)
	if single {
		return append(strconv.AppendBool(text, allowed[0]), '}')
	}
	text = append(text, '[')
	for i, a := range allowed {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendBool(text, a)
	}
	return append(text, "]}"...)
}

// A checkCall is what a call asks.
type checkCall struct {
	questions []rbac.Question
	single    bool
	fresh     rbac.Consistency
	// token is what fresh is made of, where that is a moment.
	token rbac.Token
}

// The JSON of a call.
type (
	checkWire struct {
		checkOne

		Checks  []checkOne   `json:"checks"`
		Within  *string      `json:"within"`
		AtLeast *checkMoment `json:"at_least"`
	}
	checkOne struct {
		Node       *rbac.Node       `json:"node"`
		Permission *rbac.Permission `json:"permission"`
	}
	checkMoment struct {
		Workspace *rbac.Node `json:"workspace"`
		Revision  *int64     `json:"revision"`
		Above     *int64     `json:"above"`
	}
)

// strictCheck reads a call as all JSON is read.
func strictCheck(body []byte) (c checkCall, err error) {
	var wire checkWire
	if err := readJSON(body, &wire, JSONOptions{}); err != nil {
		return c, err
	}
	one := wire.Node != nil || wire.Permission != nil
	switch {
	case one && wire.Checks != nil:
		return c, &JSONError{Field: "checks", Expected: "either checks, or node and permission"}
	case !one && wire.Checks == nil:
		return c, &JSONError{Field: "checks", Expected: "checks, or node and permission"}
	case one:
		wire.Checks, c.single = []checkOne{wire.checkOne}, true
	case len(wire.Checks) == 0 || len(wire.Checks) > maxChecks:
		return c, &JSONError{Field: "checks", Expected: tooMany()}
	}
	for i, q := range wire.Checks {
		field := ""
		if !c.single {
			field = "checks." + strconv.Itoa(i) + "."
		}
		switch {
		case q.Node == nil:
			return c, &JSONError{Field: field + "node", Expected: "the number of a node"}
		case q.Permission == nil:
			return c, &JSONError{Field: field + "permission", Expected: "the name of a permission"}
		}
		c.questions = append(c.questions, rbac.Question{Node: *q.Node, Permission: *q.Permission})
	}
	switch {
	case wire.Within != nil && wire.AtLeast != nil:
		return c, &JSONError{Field: "at_least", Expected: "either within or at_least"}
	case wire.Within != nil:
		return c, c.within(*wire.Within)
	case wire.AtLeast != nil:
		return c, c.atLeast(*wire.AtLeast)
	}
	return c, nil
}

func tooMany() string { return fmt.Sprintf("1 to %d of them", maxChecks) }

func (c *checkCall) within(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return &JSONError{Field: "within", Expected: `a duration as "1.5s", not negative`}
	}
	c.fresh = rbac.Within(d)
	return nil
}

func (c *checkCall) atLeast(m checkMoment) error {
	for _, part := range []struct {
		name    string
		missing bool
	}{{"workspace", m.Workspace == nil}, {"revision", m.Revision == nil}, {"above", m.Above == nil}} {
		if part.missing {
			return &JSONError{Field: "at_least." + part.name, Expected: "an integer of 64 bits"}
		}
	}
	c.token = rbac.Token{Workspace: *m.Workspace, Revision: *m.Revision, Above: *m.Above}
	c.fresh = rbac.AtLeast(c.token)
	return nil
}

// quickCheck reads a call as programs write it: plain text, integers, each name
// once. That is most of them, and there can be a thousand questions in one. Of
// whatever else it says that it cannot, and [strictCheck] does.
func quickCheck(text string) (c checkCall, ok bool) {
	p := &plain{text: text}
	var one rbac.Question
	var node, permission, checks, within bool
	for more := p.open('{'); more; more = p.next('}') {
		switch name := p.name(); {
		case name == "node" && !node:
			one.Node, node = rbac.Node(p.integer()), true
		case name == "permission" && !permission:
			one.Permission, permission = rbac.Permission(p.quoted()), true
		case name == "checks" && !checks:
			c.questions, checks = p.questions(), true
		case name == "within" && !within:
			within = true
			p.failed = p.failed || c.within(p.quoted()) != nil
		default:
			return c, false
		}
	}
	if p.space(); p.failed || p.at != len(text) || node != permission || node == checks {
		return c, false
	}
	if c.single = node; node {
		c.questions = []rbac.Question{one}
	}
	return c, len(c.questions) > 0 && len(c.questions) <= maxChecks
}

// A plain reads the part of JSON that has nothing difficult in it. Once it met
// something else, it has failed, and what it returns means nothing.
type plain struct {
	text   string
	at     int
	failed bool
}

func (p *plain) space() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\n' || p.text[p.at] == '\t' || p.text[p.at] == '\r') {
		p.at++
	}
}

// take reports whether a byte comes next, and goes behind it.
func (p *plain) take(b byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

// open begins an object or a list that is not empty.
func (p *plain) open(b byte) bool {
	p.failed = p.failed || !p.take(b)
	return !p.failed
}

// next reports whether more follows before the end of an object or a list.
func (p *plain) next(end byte) bool {
	switch {
	case p.failed, p.take(end):
		return false
	case p.take(','):
		return true
	}
	p.failed = true
	return false
}

// quoted reads text without anything that stands for something else.
func (p *plain) quoted() string {
	if !p.take('"') {
		p.failed = true
		return ""
	}
	from := p.at
	for ; p.at < len(p.text); p.at++ {
		switch b := p.text[p.at]; {
		case b == '"':
			p.at++
			return p.text[from : p.at-1]
		case b < ' ' || b > '~' || b == '\\':
			p.failed = true
			return ""
		}
	}
	p.failed = true
	return ""
}

func (p *plain) name() string {
	name := p.quoted()
	p.failed = p.failed || !p.take(':')
	return name
}

// integer reads digits, few enough that they fit.
func (p *plain) integer() (n int64) {
	p.space()
	from := p.at
	for ; p.at < len(p.text) && p.text[p.at]-'0' <= 9; p.at++ {
		n = 10*n + int64(p.text[p.at]-'0')
	}
	digits := p.at - from
	if digits == 0 || digits > 18 || digits > 1 && p.text[from] == '0' {
		p.failed = true
	}
	return n
}

func (p *plain) questions() []rbac.Question {
	// Each takes 30 bytes and more.
	list := make([]rbac.Question, 0, min(maxChecks, len(p.text)/30+1))
	for more := p.open('['); more; more = p.next(']') {
		q := rbac.Question{}
		var node, permission bool
		for inside := p.open('{'); inside; inside = p.next('}') {
			switch name := p.name(); {
			case name == "node" && !node:
				q.Node, node = rbac.Node(p.integer()), true
			case name == "permission" && !permission:
				q.Permission, permission = rbac.Permission(p.quoted()), true
			default:
				p.failed = true
			}
		}
		if p.failed = p.failed || !node || !permission || len(list) == maxChecks; p.failed {
			return nil
		}
		list = append(list, q)
	}
	return list
}
