package ngw_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/internal/ngwtest"
	"github.com/bailiwick-sdk/bailiwick/internal/uid"
	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// TestJournal lists what happened, the oldest first, to administrators.
func TestJournal(t *testing.T) {
	t.Parallel()
	ngwtest.EachWith(t, ngwtest.Options{Clock: noon(), Refusals: true}, func(w *ngwtest.World) {
		journal := func(query url.Values) ngwtest.Answer {
			t.Helper()
			return w.Serve(w.Request(w.Boss, http.MethodGet, "/api/component/audit/dbase?"+query.Encode(), nil)).Wants(http.StatusOK)
		}
		w.Pass(time.Hour)
		n := w.Plant(w.Editor, "resource_group", int64(w.Survey.Num), "made")
		w.Pass(time.Second)
		w.Call(w.Editor, http.MethodPut, ngwtest.Item(n), object{"resource": object{"display_name": "=renamed"}}).Wants(http.StatusOK)
		w.Call(w.Viewer, http.MethodDelete, ngwtest.Item(n), nil).Refused(http.StatusForbidden, "InsufficientPermissions")
		since := noon().Add(time.Hour).Format("2006-01-02T15:04:05.000000")

		a := journal(url.Values{"ge": {since}, "fields": {"user.keyname,context.model,context.id,response.status_code"}})
		list := a.List()
		if len(list) != 3 || a.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("%s", a.Text)
		}
		w.Contains("made", list[0], []any{since, []any{"editor", "resource_group", n, 200}})
		w.Contains("changed", list[1].([]any)[1], []any{"editor", "resource", n, 200})
		if got := ngwtest.Within(list[2], "1.3"); got != 403.0 || ngwtest.Within(list[2], "1.0") != "viewer" {
			t.Errorf("what was refused: %v", list[2])
		}
		whole := journal(url.Values{"ge": {since}, "format": {"object"}, "limit": {"1"}})
		if whole.At("0.user.keyname") != "editor" || whole.At("0.context.id") != float64(n) || whole.At("0.tstamp") != since || whole.At("1") != nil {
			t.Errorf("%s", whole.Text)
		}
		some := journal(url.Values{"ge": {since}, "format": {"object"}, "filter": {`{"user.keyname":"viewer","response.status_code":403}`}})
		if some.At("0.response\x00") != nil || len(some.List()) != 1 || some.At("0.request") == nil {
			t.Errorf("%s", some.Text)
		}
		table := journal(url.Values{"ge": {since}, "format": {"csv"}, "fields": {"user.keyname,context.id"}})
		rows, err := csv.NewReader(strings.NewReader(table.Text)).ReadAll()
		w.OK(err)
		if len(rows) != 4 || fmt.Sprint(rows[0]) != "[tstamp user.keyname context.id]" || rows[1][2] != fmt.Sprint(n) ||
			!strings.HasPrefix(table.Header.Get("Content-Type"), "text/csv") {
			t.Errorf("%v %v", rows, table.Header)
		}
		for name, want := range map[string]int{"eq": 1, "gt": 2, "lt": 0, "le": 1} {
			query := url.Values{name: {since}, "filter": {`{"context.id":` + fmt.Sprint(n) + `}`}}
			if name == "gt" {
				delete(query, "filter")
			}
			if got := len(journal(query).List()); got != want {
				t.Errorf("%s: %d, want %d", name, got, want)
			}
		}
		// Names come from people, and a spreadsheet runs what it takes for a formula.
		names := []string{"=1+1", "+1", "-1", "@a", "\ta", "\ra", "a=1"}
		w.Pass(time.Minute)
		later := w.Now()
		w.OK(w.DB.Tx(t.Context(), func(ctx context.Context) error {
			for _, name := range names {
				if err := w.DB.Trail().Append(ctx, audit.Event{ID: audit.EventID(uid.New()), At: later, Principal: 7, Actor: name, Action: "user.update", Outcome: audit.Allowed}); err != nil {
					return err
				}
			}
			return nil
		}))
		table = journal(url.Values{"ge": {later.UTC().Format("2006-01-02T15:04:05.000000")}, "format": {"csv"}, "fields": {"user.keyname"}})
		rows, err = csv.NewReader(strings.NewReader(table.Text)).ReadAll()
		w.OK(err)
		for i, name := range names {
			if want := "'" + name; i+1 >= len(rows) || rows[i+1][1] != want && (name != "a=1" || rows[i+1][1] != name) {
				t.Errorf("%q is %q in a table", name, rows)
			}
		}
		journal(url.Values{"ge": {"2030-01-01"}}).Same(`[]`)
		for _, bad := range []string{"format=xml", "fields=magic", "filter=x", `filter={"magic":1}`, "limit=0", "limit=1000001", "limit=x", "ge=yesterday"} {
			w.Call(w.Boss, http.MethodGet, "/api/component/audit/dbase?"+strings.ReplaceAll(bad, `"`, "%22"), nil).Refused(http.StatusUnprocessableEntity, "ValidationError")
		}
		for _, who := range []ngwtest.Person{w.Guest, w.Viewer, w.Ada} {
			w.Call(who, http.MethodGet, "/api/component/audit/dbase", nil).Refused(http.StatusForbidden, "PyramidHTTPError")
		}
		// A workspace alone has a journal of its own, for who may read that.
		own := w.Serve(w.Request(w.Admin, http.MethodGet, "/w/survey/api/component/audit/dbase?ge="+since, nil)).Wants(http.StatusOK)
		if len(own.List()) < 2 || strings.Contains(own.Text, "outsider") {
			t.Errorf("%s", own.Text)
		}
		w.Call(w.Viewer, http.MethodGet, "/w/survey/api/component/audit/dbase", nil).Wants(http.StatusForbidden)
	})
}
