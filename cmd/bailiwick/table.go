package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/oapi-codegen/nullable"
)

// outputFlags say how a result is printed.
type outputFlags struct {
	Output string `default:"table" enum:"table,json,id" env:"-" help:"How the result is printed: ${enum}. json is what the server answers." placeholder:"FORMAT" short:"o"`
}

// listFlags are shared by commands that list something.
type listFlags struct {
	outputFlags

	Limit int    `help:"List so many at most; all when missing."`
	Sort  string `help:"The order: a field, with a minus for the other way round, as in --sort=-created." placeholder:"FIELD"`
}

// searchFlag is shared by commands that list what can be searched.
type searchFlag struct {
	Query string `help:"Only those with this text in them, regardless of case." placeholder:"TEXT" short:"q"`
}

// changeFlags are shared by commands that change something.
type changeFlags struct {
	outputFlags

	DryRun bool `help:"Try it, print what it would be, and keep nothing of it."`
}

// tellf tells what was done, in the past tense: not on the standard output, which
// has the result alone.
func (f changeFlags) tellf(s streams, format string, words ...any) {
	text := clean(fmt.Sprintf(format, words...))
	if f.DryRun {
		text = "dry run, nothing is kept: " + text
	}
	fmt.Fprintln(s.err, text)
}

// dry returns the parameter of the operation.
func (f changeFlags) dry() *bool { return given(f.DryRun) }

// onceFlag is shared by commands that make something.
type onceFlag struct {
	IdempotencyKey string `help:"A text of one's own: repeating the command with it within a day does nothing a second time." placeholder:"TEXT"`
}

func (f onceFlag) once() *string { return given(f.IdempotencyKey) }

// The heads that many tables have.
const (
	headName      = "NAME"
	headPrincipal = "PRINCIPAL"
	headCreated   = "CREATED"
	headUpdated   = "UPDATED"
)

// A column is one of a table.
type column[T any] struct {
	head string
	cell func(T) string
}

// A view says how things of a kind are printed.
type view[T any] struct {
	id      func(T) string
	columns []column[T]
	more    []column[T] // what is only told of one that is looked at alone
}

// show prints one thing.
func show[T any](s streams, f outputFlags, v view[T], body []byte) error {
	if f.Output == "json" {
		return indented(s.out, body)
	}
	var one T
	if err := json.Unmarshal(body, &one); err != nil {
		return nonsense(err)
	}
	if f.Output == "id" {
		_, err := fmt.Fprintln(s.out, v.id(one))
		return err
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, c := range append(slices.Clip(v.columns), v.more...) {
		fmt.Fprintf(table, "%s\t%s\n", c.head, shown(c.cell(one)))
	}
	return table.Flush()
}

// indented prints JSON for people.
func indented(w io.Writer, body []byte) error {
	var text bytes.Buffer
	if err := json.Indent(&text, bytes.TrimSpace(body), "", "  "); err != nil {
		return nonsense(err)
	}
	_, err := fmt.Fprintln(w, &text)
	return err
}

func nonsense(err error) error { return fmt.Errorf("the server's answer makes no sense: %w", err) }

// largestPage is how many a page may have.
const largestPage = 200

// A pager asks for a page of a list.
type pager func(cursor *string, limit *int) ([]byte, error)

// pages calls each for all that is in a list, up to a number of them, 0 for all.
func pages(fetch pager, limit int, each func(json.RawMessage) error) error {
	if limit < 0 {
		return usageError("--limit: expected more than 0")
	}
	var cursor *string
	for n := 0; ; {
		size := largestPage
		if limit > 0 {
			size = min(size, limit-n)
		}
		body, err := fetch(cursor, &size)
		if err != nil {
			return err
		}
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"next"`
		}
		if err := json.Unmarshal(body, &page); err != nil {
			return nonsense(err)
		}
		for _, item := range page.Items {
			if err := each(item); err != nil {
				return err
			}
		}
		n += len(page.Items)
		if page.Next == "" || limit > 0 && n >= limit {
			return nil
		}
		cursor = &page.Next
	}
}

// list prints a list, page by page: JSON as an array that can be read while it
// is written, a table when all is known.
func list[T any](s streams, f listFlags, v view[T], fetch pager) error {
	switch f.Output {
	case "json":
		return listJSON(s.out, f.Limit, fetch)
	case "id":
		return pages(fetch, f.Limit, func(item json.RawMessage) error {
			var one T
			if err := json.Unmarshal(item, &one); err != nil {
				return nonsense(err)
			}
			_, err := fmt.Fprintln(s.out, v.id(one))
			return err
		})
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	v.header(table)
	err := pages(fetch, f.Limit, func(item json.RawMessage) error {
		var one T
		if err := json.Unmarshal(item, &one); err != nil {
			return nonsense(err)
		}
		v.row(table, one)
		return nil
	})
	if err != nil {
		return err
	}
	return table.Flush()
}

func (v view[T]) header(w io.Writer) {
	heads := make([]string, 0, len(v.columns))
	for _, c := range v.columns {
		heads = append(heads, c.head)
	}
	fmt.Fprintln(w, strings.Join(heads, "\t"))
}

func (v view[T]) row(w io.Writer, one T) {
	cells := make([]string, 0, len(v.columns))
	for _, c := range v.columns {
		cells = append(cells, shown(c.cell(one)))
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

func listJSON(w io.Writer, limit int, fetch pager) error {
	before := "[\n"
	err := pages(fetch, limit, func(item json.RawMessage) error {
		_, err := fmt.Fprintf(w, "%s%s", before, item)
		before = ",\n"
		return err
	})
	if err != nil {
		return err
	}
	if before == "[\n" {
		_, err = fmt.Fprintln(w, "[]")
		return err
	}
	_, err = fmt.Fprintln(w, "\n]")
	return err
}

// shown is a cell's text, "-" for none.
func shown(text string) string {
	if text = clean(text); text == "" {
		return "-"
	}
	return text
}

// clean takes out of a text what would move the cursor, colour the screen or
// break the table: names are what others chose.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}

// shownTime is a time in the zone of who reads it.
func shownTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04") //nolint:gosmopolitan // it is for who sits here
}

func shownTimeOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return shownTime(*t)
}

func number[N ~int | ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// bound is a limit, where null means that there is none.
func bound(n nullable.Nullable[int64]) string {
	limit, err := n.Get()
	if err != nil {
		return "unlimited"
	}
	return number(limit)
}

func words(list []string) string { return strings.Join(list, ", ") }

// value is what a pointer points to, zero for none.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
