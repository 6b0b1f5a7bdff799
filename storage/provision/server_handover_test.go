package provision_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// nasty are what things may be called.
var nasty = []string{
	`x"; DROP TABLE victims; --`, `x'; DROP TABLE victims; --`, `$$; DROP TABLE victims; $$`, "line\nend", `back\slash`, "ünïcödé", `%s %I %L`, `a""b`, "UPPER", "select",
}

func q(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// TestTemplateIsGiven has all of a copy be its role's: what the template's role
// owned, what a superuser did, what was set for objects to come, and policies;
// with names that want to be statements.
func TestTemplateIsGiven(t *testing.T) {
	servers(t, func(t *testing.T, p *place, prefix string) {
		p.create(t, "template", "")
		p.create(t, "third", "")
		role := q(prefix + "template")
		statements := []string{"CREATE TABLE victims (n int)", "CREATE FUNCTION count_all() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'"}
		for _, name := range nasty {
			n := q(name)
			statements = append(statements,
				"CREATE SCHEMA "+n, "CREATE TABLE "+n+"."+n+" ("+n+" int PRIMARY KEY, s serial)", "CREATE SEQUENCE "+n+"."+q(name+"s"),
				"CREATE VIEW "+n+"."+q(name+"v")+" AS SELECT s FROM "+n+"."+n, "CREATE MATERIALIZED VIEW "+n+"."+q(name+"m")+" AS SELECT 1 AS c",
				"CREATE TYPE "+n+"."+q(name+"t")+" AS (a int)", "CREATE TYPE "+n+"."+q(name+"e")+" AS ENUM ('a')", "CREATE DOMAIN "+n+"."+q(name+"d")+" AS int",
				"CREATE TYPE "+n+"."+q(name+"r")+" AS RANGE (subtype = int4)",
				"CREATE FUNCTION "+n+"."+n+"("+n+"."+q(name+"t")+") RETURNS int LANGUAGE sql AS 'SELECT 1'",
				"CREATE PROCEDURE "+n+"."+q(name+"p")+"() LANGUAGE sql AS ''",
				"CREATE AGGREGATE "+n+"."+q(name+"a")+"(int) (sfunc = int4pl, stype = int)", "CREATE AGGREGATE "+n+"."+q(name+"z")+"(*) (sfunc = int8inc, stype = bigint, initcond = '0')",
				"CREATE OPERATOR "+n+".## (leftarg = int, rightarg = int, function = int4pl)",
				"CREATE COLLATION "+n+"."+n+` FROM "C"`, "CREATE STATISTICS "+n+"."+n+" ON "+n+", s FROM "+n+"."+n,
				"CREATE TEXT SEARCH DICTIONARY "+n+"."+n+" (template = simple)", "CREATE TEXT SEARCH CONFIGURATION "+n+"."+n+" (copy = simple)",
				"CREATE PUBLICATION "+q(prefix+name), "ALTER DEFAULT PRIVILEGES IN SCHEMA "+n+" GRANT SELECT ON TABLES TO PUBLIC",
				"ALTER TABLE "+n+"."+n+" ENABLE ROW LEVEL SECURITY", "CREATE POLICY "+n+" ON "+n+"."+n+" TO CURRENT_USER USING (true)",
			)
		}
		statements = append(statements,
			"ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC", "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM PUBLIC",
			"ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO "+q(prefix+"third")+" WITH GRANT OPTION", "SELECT lo_create(77)", "CREATE EXTENSION hstore",
		)
		p.in(t, "template", statements...)
		_ = role
		superusers := strings.HasSuffix(t.Name(), "postgres")
		if superusers {
			as(t, prefix+"template", "CREATE SCHEMA made_by_root", "CREATE TABLE made_by_root.t (n serial PRIMARY KEY)", "CREATE TABLE public.root (n int)",
				"CREATE FUNCTION public.root() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA locked_away AUTHORIZATION clerk",
				"CREATE TABLE locked_away.t (n int)", "SELECT lo_create(78)", "CREATE EXTENSION pageinspect")
		}
		defaults := `SELECT string_agg(concat_ws(' ', n.nspname, d.defaclobjtype, (SELECT string_agg(replace(x::text, r.rolname, 'ROLE'), ' '
				ORDER BY replace(x::text, r.rolname, 'ROLE')) FROM unnest(d.defaclacl) AS x)), E'\n' ORDER BY n.nspname, d.defaclobjtype)
			FROM pg_default_acl AS d JOIN pg_roles AS r ON r.oid = d.defaclrole LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace WHERE r.rolname = '`
		before, acl := asked(t, prefix+"template", defaults+prefix+"template'"), p.state(t)
		if !strings.Contains(before, "ROLE") {
			t.Fatal(before)
		}
		p.create(t, "copy", "template")
		if after := asked(t, prefix+"copy", defaults+prefix+"copy'"); after != before {
			t.Errorf("for objects to come\n%s\nwas\n%s", after, before)
		}
		if got := asked(t, prefix+"template", defaults+prefix+"template'"); got != before {
			t.Errorf("the template's became\n%s", got)
		}
		if got := strings.Join(strings.Split(p.state(t), "\n"), "\n"); !strings.Contains(got, strings.Split(acl, "\n")[0]) {
			t.Errorf("the template's own became\n%s\nfrom\n%s", got, acl)
		}
		if got := asked(t, prefix+"copy", `SELECT string_agg(pg_describe_object(classid, objid, 0), ', ') FROM pg_shdepend
			WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = '`+prefix+`template')`); got != "" {
			t.Errorf("still of the template's role: %s", got)
		}
		// All that is not the system's or an extension's is the role's.
		if got := asked(t, prefix+"copy", `SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class AS c WHERE oid >= 16384
			AND relowner <> (SELECT oid FROM pg_roles WHERE rolname = '`+prefix+`copy') AND relnamespace <> 'pg_toast'::regnamespace
			AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = c.oid AND deptype = 'e')`); got != "" {
			t.Errorf("another's: %s", got)
		}
		if got := asked(t, prefix+"copy", `SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p WHERE oid >= 16384
			AND proowner <> (SELECT oid FROM pg_roles WHERE rolname = '`+prefix+`copy') AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype IN ('e', 'i'))`); got != "" {
			t.Errorf("another's: %s", got)
		}
		if got := asked(t, prefix+"copy", `SELECT string_agg(nspname, ', ') FROM pg_namespace WHERE (oid >= 16384 OR nspname = 'public')
			AND nspname NOT LIKE 'pg_%' AND nspowner <> (SELECT oid FROM pg_roles WHERE rolname = '`+prefix+`copy')`); got != "" {
			t.Errorf("another's schemas: %s", got)
		}
		if got := p.one(t, "copy", `SELECT count(*) FROM pg_policy WHERE (SELECT oid FROM pg_roles WHERE rolname = current_user) = ANY (polroles)`); got != fmt.Sprint(len(nasty)) {
			t.Errorf("%s policies are for the role", got)
		}
		p.in(t, "copy", "SELECT n FROM victims", "CREATE TABLE victims2 (n int)")
		if superusers {
			p.in(t, "copy", "DROP SCHEMA made_by_root CASCADE", "DROP TABLE root", "DROP FUNCTION root()", "SELECT lo_unlink(78)", "DROP SCHEMA locked_away CASCADE")
		}
		for _, name := range nasty {
			p.in(t, "copy", "DROP SCHEMA "+q(name)+" CASCADE")
		}
		p.in(t, "copy", "SELECT lo_unlink(77)", "DROP EXTENSION hstore", "DROP SCHEMA public CASCADE")
		if err := p.Drop(t.Context(), "template"); err != nil {
			t.Error(err)
		}
	})
}

// TestTemplateInUse waits for the sessions of a template, and not for ever.
func TestTemplateInUse(t *testing.T) {
	servers(t, func(t *testing.T, p *place, prefix string) {
		const patience = 300 * time.Millisecond // the server itself waits for five seconds
		s, err := provision.Open(t.Context(), strings.Fields(p.where)[1], &provision.ServerOptions{Prefix: prefix, Patience: patience})
		if err != nil {
			t.Fatal(err)
		}
		p.create(t, "template", "")
		db := p.session(t, "template")
		run(t, db, "CREATE TABLE a (n int)")
		start := time.Now()
		want(t, "while it is used", s.Create(t.Context(), "one", "template"), database.ErrBusy)
		if took := time.Since(start); took < patience/2 || took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		if got := p.names(t); got != "[template]" {
			t.Error(got)
		}
		run(t, db, "INSERT INTO a VALUES (1)")
		time.AfterFunc(time.Second, func() { db.Close() })
		p.create(t, "one", "template")
	})
}
