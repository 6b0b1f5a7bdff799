package ngw

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

const (
	defaultEntries = 1000
	maxEntries     = 1_000_000
)

func auditRoutes() []route {
	return []route{
		at(get, "/api/component/audit/dbase", "audit.dbase", Policy{Who: PlatformAdministrator}, (*lens).journal),
	}
}

// entryFields are what can be asked for of an entry, and looked for.
func entryFields() []string {
	return []string{
		"request.method", "request.path", "request.remote_addr", "user.id", "user.keyname", "user.display_name",
		"response.status_code", "response.route_name", "context.model", "context.id",
	}
}

// flatOf returns an event of the trail as the fields of an entry. The trail is
// not one of requests: of what was refused it knows the route, of what was done
// the action, which stands in its place.
func flatOf(e audit.Event) map[string]any {
	flat := map[string]any{
		"request.method": nil, "request.path": nil, "request.remote_addr": nil, "user.id": e.Principal, "user.keyname": e.Actor,
		"user.display_name": e.Actor, "response.status_code": http.StatusOK, "response.route_name": e.Action,
		"context.model": nil, "context.id": nil,
	}
	if e.Address != "" {
		flat["request.remote_addr"] = e.Address
	}
	if e.Object.Kind == "route" {
		method, path, _ := strings.Cut(e.Object.ID, " ")
		flat["request.method"], flat["request.path"] = method, path
	} else if e.Object.Kind != "" {
		flat["context.model"], flat["context.id"] = contextOf(e)
	}
	if e.Outcome == audit.Refused {
		var detail struct {
			Status int `json:"status"`
		}
		flat["response.status_code"] = http.StatusForbidden
		if json.Unmarshal(e.Detail, &detail) == nil && detail.Status != 0 {
			flat["response.status_code"] = detail.Status
		}
	}
	return flat
}

// contextOf returns what an event is about: of a resource the class and the
// number, where the event tells them.
func contextOf(e audit.Event) (model string, id any) {
	model, id = e.Object.Kind, e.Object.ID
	if n, err := strconv.ParseInt(e.Object.ID, 10, 64); err == nil {
		id = n
	}
	if e.Object.Kind != "resource" {
		return model, id
	}
	for _, told := range []json.RawMessage{e.Before, e.Detail} {
		var of struct {
			Num   *int64 `json:"num"`
			Class string `json:"class"`
		}
		if json.Unmarshal(told, &of) != nil {
			continue
		}
		if of.Num != nil {
			id = *of.Num
		}
		if of.Class != "" {
			model = className(of.Class)
		}
	}
	return model, id
}

// nested returns an entry as NextGIS Web keeps it.
func nested(flat map[string]any) map[string]map[string]any {
	entry := map[string]map[string]any{}
	for name, value := range flat {
		if value == nil {
			continue
		}
		group, field, _ := strings.Cut(name, ".")
		if entry[group] == nil {
			entry[group] = map[string]any{}
		}
		entry[group][field] = value
	}
	return entry
}

// journal lists the trail, the oldest first.
func (l *lens) journal(c *call) (reply, error) {
	q, err := c.journalQuery()
	if err != nil {
		return reply{}, err
	}
	if c.workspace.ID == "" {
		if err := l.administer(c.Context(), c); err != nil {
			return reply{}, err
		}
	}
	// Who may is asked before the first byte, what goes wrong later is the log's.
	if c.workspace.ID != "" {
		_, _, err = l.Workspaces.Audit(c.Context(), c.actor, c.workspace.ID, audit.Filter{Limit: 1})
	}
	if err != nil {
		return reply{}, err
	}
	return reply{write: func(w http.ResponseWriter, r *http.Request) {
		media := "application/json"
		if q.format == formatCSV {
			media = "text/csv; charset=utf-8"
			w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
		}
		w.Header().Set("Content-Type", media)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if r.Method == http.MethodHead {
			return
		}
		out := &journalWriter{query: q, to: bufio.NewWriter(w)}
		_, err := l.Workspaces.ExportAudit(r.Context(), c.actor, c.workspace.ID, q.chosen, out)
		if errors.Is(err, errEnough) {
			err = out.Flush()
		}
		if err != nil {
			transport.NoteError(r.Context(), err)
			panic(http.ErrAbortHandler) // half a list must not look like a whole one
		}
	}}, nil
}

const (
	formatArray  = "array"
	formatObject = "object"
	formatCSV    = "csv"
)

// A journalQuery is what of the trail is wanted, and how.
type journalQuery struct {
	format string
	fields []string
	whole  bool // no fields were named
	filter map[string]any
	chosen audit.Filter
	limit  int
}

func (c *call) journalQuery() (journalQuery, error) {
	q := journalQuery{format: formatArray, fields: entryFields(), whole: true, limit: defaultEntries}
	if text := c.last("format"); text != "" {
		if !slices.Contains([]string{formatArray, formatObject, formatCSV}, text) {
			return q, queryError("format", "array, object or csv")
		}
		q.format = text
	}
	if text := c.last("fields"); text != "" {
		q.fields, q.whole = strings.Split(text, ","), false
		for _, name := range q.fields {
			if !slices.Contains(entryFields(), name) {
				return q, queryError("fields", "some of "+strings.Join(entryFields(), ", "))
			}
		}
	}
	if text := c.last("filter"); text != "" {
		if err := json.Unmarshal([]byte(text), &q.filter); err != nil {
			return q, queryError("filter", `a JSON object as {"user.keyname":"x"}`)
		}
		for name := range q.filter {
			if !slices.Contains(entryFields(), name) {
				return q, queryError("filter", "names out of "+strings.Join(entryFields(), ", "))
			}
		}
	}
	if text := c.last("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxEntries {
			return q, queryError("limit", fmt.Sprintf("a number from 1 to %d", maxEntries))
		}
		q.limit = n
	}
	return q, c.period(&q.chosen)
}

// period narrows a filter to what eq, gt, ge, lt and le leave.
func (c *call) period(f *audit.Filter) error {
	since := func(t time.Time) {
		if f.Since.IsZero() || t.After(f.Since) {
			f.Since = t
		}
	}
	until := func(t time.Time) {
		if f.Until.IsZero() || t.Before(f.Until) {
			f.Until = t
		}
	}
	for name, set := range map[string]func(t time.Time){
		"eq": func(t time.Time) { since(t); until(t.Add(time.Microsecond)) },
		"gt": func(t time.Time) { since(t.Add(time.Microsecond)) },
		"ge": since,
		"lt": until,
		"le": func(t time.Time) { until(t.Add(time.Microsecond)) },
	} {
		text := c.last(name)
		if text == "" {
			continue
		}
		t, err := instant(text)
		if err != nil {
			return queryError(name, "a time as 2006-01-02T15:04:05")
		}
		set(t)
	}
	return nil
}

// instant reads a time in ISO 8601, in UTC where it does not say.
func instant(text string) (time.Time, error) {
	var t time.Time
	var err error
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if t, err = time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return t, err
}

// errEnough ends a list at its limit.
var errEnough = errors.New("ngw: enough")

// A journalWriter writes the entries that a query chooses.
type journalWriter struct {
	query journalQuery
	to    *bufio.Writer
	table *csv.Writer
	n     int
}

// Write writes an entry, and errEnough once there are as many as were wanted.
func (j *journalWriter) Write(e audit.Event) error {
	flat := flatOf(e)
	for name, value := range j.query.filter {
		if fmt.Sprint(flat[name]) != text(value) {
			return nil
		}
	}
	if err := j.begin(); err != nil {
		return err
	}
	if err := j.entry(stampOf(e.At), flat); err != nil {
		return err
	}
	if j.n++; j.n >= j.query.limit {
		return errEnough
	}
	return nil
}

// text is a value of a filter as fields are compared.
func text(value any) string {
	if n, is := value.(float64); is {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func (j *journalWriter) begin() error {
	if j.query.format == formatCSV {
		if j.table != nil {
			return nil
		}
		j.table = csv.NewWriter(j.to)
		return j.table.Write(append([]string{"tstamp"}, j.query.fields...))
	}
	opening := ","
	if j.n == 0 {
		opening = "["
	}
	_, err := j.to.WriteString(opening)
	return err
}

func (j *journalWriter) entry(at string, flat map[string]any) error {
	values := make([]any, 0, len(j.query.fields))
	row := append(make([]string, 0, 1+len(j.query.fields)), at)
	object := map[string]any{"tstamp": at}
	for _, name := range j.query.fields {
		values = append(values, flat[name])
		row = append(row, cell(flat[name]))
		object[name] = flat[name]
	}
	var entry any = []any{at, values}
	switch j.query.format {
	case formatCSV:
		return j.table.Write(row)
	case formatObject:
		entry = object
		if j.query.whole {
			all := map[string]any{"tstamp": at}
			for group, fields := range nested(flat) {
				all[group] = fields
			}
			entry = all
		}
	}
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	_, err = j.to.Write(line)
	return err
}

// cell returns a value that no spreadsheet takes for a formula.
func cell(value any) string {
	if value == nil {
		return ""
	}
	text := fmt.Sprint(value)
	if strings.IndexAny(text, "=+-@\t\r") == 0 {
		return "'" + text
	}
	return text
}

// Flush ends the list.
func (j *journalWriter) Flush() error {
	if j.query.format == formatCSV {
		if err := j.begin(); err != nil {
			return err
		}
		j.table.Flush()
		if err := j.table.Error(); err != nil {
			return err
		}
		return j.to.Flush()
	}
	closing := "]"
	if j.n == 0 {
		closing = "[]"
	}
	if _, err := j.to.WriteString(closing); err != nil {
		return err
	}
	return j.to.Flush()
}
