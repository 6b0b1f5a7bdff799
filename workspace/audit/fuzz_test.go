package audit_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/workspace/audit"
)

// FuzzExport wants one row and one line of each event, whatever is in it, and
// no cell that a table calculator would calculate.
func FuzzExport(f *testing.F) {
	for _, seed := range []string{"", "ann", "=1+1", "-1", "\t=1", "a\r\nb", `"`, "\xff", "\u2028"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, name, reason string) {
		e := audit.Event{Action: "x", Actor: name, Object: audit.Object{Name: name}, Reason: reason, Detail: json.RawMessage(`{}`)}
		var table, lines bytes.Buffer
		for _, w := range []audit.Writer{audit.NewCSV(&table), audit.NewJSONLines(&lines)} {
			if err := w.Write(e); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := csv.NewReader(&table).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, cell := range rows[1] {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("%q is calculated", cell)
			}
		}
		line := strings.TrimSuffix(lines.String(), "\n")
		if strings.Contains(line, "\n") || !json.Valid([]byte(line)) {
			t.Errorf("%q is no line", line)
		}
	})
}
