package mail

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/values"
)

const (
	// longestRun is how many steps a template may take. A step is a part that is
	// run, 64 bytes that are written, or 64 that are made or compared: some hundred
	// nanoseconds, so that all take less than a second.
	longestRun = 200_000
	// stepSize is how many bytes are a step.
	stepSize = 64
)

// errCostly ends templates that take too many steps.
var errCostly = fmt.Errorf("it takes more than %d steps", longestRun)

// A run is a template that is being rendered.
type run struct {
	ctx       context.Context //nolint:containedctx // filters are called by the library, which passes none
	variables map[string]any
	values    expressions.Context
	markup    bool
	out       *limited
	steps     int
	// failed is why it ended, whatever the library made of that.
	failed error
}

// A markup is HTML, and not escaped again.
type markup struct{ html string }

func newRun(ctx context.Context, data map[string]any, html bool) *run {
	r := &run{ctx: ctx, variables: maps.Clone(data), markup: html, out: &limited{most: widest}}
	cfg := expressions.NewConfig()
	for name, f := range filters() {
		cfg.AddFilter(name, func(in any, args ...any) (any, error) { return r.filter(name, f, in, args) })
	}
	r.values = expressions.NewContext(r.variables, cfg)
	return r
}

// start runs a program to its end.
func (r *run) start(p program) (err error) {
	defer func() {
		// Where the library meets values that it did not think of, it panics.
		if caught := recover(); caught != nil {
			err = errors.New("a value in it is used as what it is not")
		}
		if r.failed != nil {
			err = r.failed
		}
	}()
	return r.all(p)
}

func (r *run) all(p program) error {
	for _, s := range p {
		if err := r.spend(1); err != nil {
			return err
		}
		if err := s.run(r); err != nil {
			return err
		}
	}
	return nil
}

// fail ends the run.
func (r *run) fail(err error) error {
	if r.failed == nil {
		r.failed = err
	}
	return r.failed
}

// spend counts steps.
func (r *run) spend(n int) error {
	if r.failed != nil {
		return r.failed
	}
	before := r.steps
	if r.steps += n; r.steps > longestRun {
		return r.fail(errCostly)
	}
	if before>>10 != r.steps>>10 && r.ctx.Err() != nil {
		return r.fail(r.ctx.Err())
	}
	return nil
}

// write writes.
func (r *run) write(text string) error {
	if err := r.spend(len(text) / stepSize); err != nil {
		return err
	}
	if _, err := r.out.Write([]byte(text)); err != nil {
		return r.fail(err)
	}
	return nil
}

// evaluate returns the value of an expression.
func (r *run) evaluate(e expression) (any, error) {
	if err := r.pay(e); err != nil {
		return nil, err
	}
	v, err := e.parsed.Evaluate(r.values)
	if r.failed != nil {
		return nil, r.failed
	}
	return v, err
}

// pay counts what an expression costs, apart from its filters.
func (r *run) pay(e expression) error {
	cost := e.length
	if e.comparisons > 0 {
		// What is compared is a variable, or in one, or was made by a filter.
		for _, name := range e.names {
			cost += e.comparisons * size(r.variables[name])
		}
	}
	return r.spend(cost / stepSize)
}

// size returns about how many bytes a value takes.
func size(v any) int {
	n := 16
	switch v := v.(type) {
	case string:
		n += len(v)
	case markup:
		n += len(v.html)
	case []any:
		for _, item := range v {
			n += size(item)
		}
	case map[string]any:
		for key, item := range v {
			n += len(key) + size(item)
		}
	}
	return n
}

// keep bounds a value that was made.
func (r *run) keep(v any) (any, error) {
	n := size(v)
	if n > widest {
		return nil, r.fail(errWide)
	}
	return v, r.spend(n / stepSize)
}

// errWide ends templates that make values that are too long.
var errWide = fmt.Errorf("a value in it has more than %d bytes", widest)

func (t textStep) run(r *run) error { return r.write(string(t)) }

func (o outputStep) run(r *run) error {
	v, err := r.evaluate(o.value)
	if err != nil {
		return err
	}
	if r.markup {
		return r.write(escaped(v))
	}
	return r.write(text(v))
}

func (a assignStep) run(r *run) error {
	v, err := r.evaluate(a.value)
	if err != nil {
		return err
	}
	r.variables[a.name] = v
	return nil
}

func (c captureStep) run(r *run) error {
	outside := r.out
	r.out = &limited{most: widest}
	err := r.all(c.body)
	inside := r.out.String()
	r.out = outside
	if err != nil {
		return err
	}
	if r.markup {
		r.variables[c.name] = markup{inside}
		return nil
	}
	r.variables[c.name] = inside
	return nil
}

func (s chooseStep) run(r *run) error {
	for _, b := range s {
		holds := true
		if b.condition.parsed != nil {
			v, err := r.evaluate(b.condition)
			if err != nil {
				return err
			}
			holds = (v != nil && v != false) != b.negated
		}
		if holds {
			return r.all(b.body)
		}
	}
	return nil
}

func (s caseStep) run(r *run) error {
	v, err := r.evaluate(s.value)
	if err != nil {
		return err
	}
	for _, b := range s.branches {
		if b.values == nil {
			return r.all(b.body)
		}
		if err := r.pay(b.cost); err != nil {
			return err
		}
		for _, e := range b.values {
			other, err := r.evaluate(expression{parsed: e})
			if err != nil {
				return err
			}
			if values.Equal(v, other) {
				return r.all(b.body)
			}
		}
	}
	return nil
}

func (s loopStep) run(r *run) error {
	list, err := s.items(r)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return r.all(s.otherwise)
	}
	defer func(item, loop any) { r.variables[s.name], r.variables["forloop"] = item, loop }(r.variables[s.name], r.variables["forloop"])
	for i, item := range list {
		if err := r.spend(1); err != nil {
			return err
		}
		r.variables[s.name] = item
		r.variables["forloop"] = map[string]any{
			"first": i == 0, "last": i == len(list)-1, "index": i + 1, "index0": i,
			"rindex": len(list) - i, "rindex0": len(list) - i - 1, "length": len(list),
		}
		err := r.all(s.body)
		if errors.Is(err, errBreak) {
			return nil
		}
		if err != nil && !errors.Is(err, errContinue) {
			return err
		}
	}
	return nil
}

// items returns what a loop goes over.
func (s loopStep) items(r *run) ([]any, error) {
	v, err := r.evaluate(s.list)
	if err != nil {
		return nil, err
	}
	list, _ := v.([]any)
	offset, err := s.bound(r, s.offset, 0)
	if err != nil {
		return nil, err
	}
	limit, err := s.bound(r, s.limit, len(list))
	if err != nil {
		return nil, err
	}
	list = list[min(offset, len(list)):]
	list = list[:min(limit, len(list))]
	if s.reversed {
		return reversed(list), r.spend(len(list) * 16 / stepSize)
	}
	return list, nil
}

// bound returns a number that a loop was given.
func (s loopStep) bound(r *run, e expression, otherwise int) (int, error) {
	if e.parsed == nil {
		return otherwise, nil
	}
	v, err := r.evaluate(e)
	if n, ok := v.(int); ok {
		return max(n, 0), err
	}
	return otherwise, err
}

func (j jumpStep) run(*run) error { return j.err }

// text returns a value as it is written: nothing for what is nothing or a map, and
// for a list its items one after the other.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case markup:
		return v.html
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var b strings.Builder
		for _, item := range v {
			b.WriteString(text(item))
		}
		return b.String()
	}
	return ""
}
