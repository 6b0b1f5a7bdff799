package storage_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
)

// TestDumpOfHoles dumps a table whose first row has nothing where the second has
// something.
func TestDumpOfHoles(t *testing.T) {
	t.Parallel()
	for _, kind := range dbtest.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			address := kind.Make(t)
			driver, source := "pgx", address
			if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
				driver, source = sqliteshim.ShimName, "file:"+file
			}
			beside, err := sql.Open(driver, source)
			if err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{
				"CREATE TABLE holes (b TEXT, a BIGINT)", "INSERT INTO holes VALUES (NULL, 1)", "INSERT INTO holes VALUES ('x', NULL)",
			} {
				if _, err := beside.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			if err := beside.Close(); err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			dbtest.Dump(t, dbtest.Open(t, address), &text)
			if want := "holes a=\"1\" b=\"<nil>\"\nholes a=\"<nil>\" b=\"x\"\n"; !strings.Contains(text.String(), want) {
				t.Errorf("the dump has no %q", want)
			}
		})
	}
}
