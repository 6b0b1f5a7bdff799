package provision_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/storage/provision"
)

// TestHostileBackup restores what wants the provisioner's rights.
func TestHostileBackup(t *testing.T) {
	servers(t, func(t *testing.T, p *place, prefix string) {
		p.create(t, "one", "")
		p.in(t, "one", "CREATE TABLE a (n int)")
		attacker := q(prefix + "one")
		// Run by whoever restores, as an index, a default and a view's content need it.
		attack := `CREATE FUNCTION public.volatile_attack(n int) RETURNS int LANGUAGE plpgsql AS $f$
			DECLARE statement text;
			BEGIN
				FOREACH statement IN ARRAY ARRAY['RESET ROLE', 'SET SESSION AUTHORIZATION DEFAULT', 'SET ROLE postgres', 'SET ROLE clerk',
					'RESET ROLE; ALTER ROLE ` + attacker + ` SUPERUSER', 'ALTER ROLE ` + attacker + ` SUPERUSER CREATEROLE', 'RESET ROLE; CREATE ROLE evil_` + strings.TrimSuffix(prefix, "-") + `',
					'GRANT clerk TO ` + attacker + `', 'RESET ROLE; COPY (SELECT 1) TO PROGRAM ''touch /tmp/evil''', 'RESET ROLE; CREATE TABLE public.made_without_role (n int)'] LOOP
					BEGIN EXECUTE statement; EXCEPTION WHEN OTHERS THEN NULL; END;
				END LOOP;
				INSERT INTO public.seen VALUES (current_user || ' ' || session_user || ' ' || current_setting('is_superuser'));
				RETURN n;
			END $f$;
			CREATE OR REPLACE FUNCTION public.attack(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $f$ BEGIN RETURN public.volatile_attack(n); END $f$`
		evil := prefix + "evil-source"
		as(t, "postgres", "CREATE DATABASE "+q(evil))
		as(t, evil, "CREATE FUNCTION public.attack(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'", "CREATE TABLE public.seen (who text)", "CREATE TABLE public.a (n int, CHECK (public.attack(n) = n))", "INSERT INTO public.a VALUES (1)",
			"CREATE INDEX ON public.a (public.attack(n))", "CREATE MATERIALIZED VIEW public.m AS SELECT public.attack(1)", attack)
		archive := func(name string) []byte {
			out, err := exec.Command("pg_dump", "--format=custom", "--host="+socket(t), "--username=postgres", name).Output()
			if err != nil {
				t.Fatal(err)
			}
			return provision.Seal(true, out)
		}
		hostile := archive(evil)
		if err := p.Restore(t.Context(), "one", bytes.NewReader(hostile)); err != nil {
			t.Fatal(err)
		} else {
			role := prefix + "one"
			got := p.one(t, "one", "SELECT string_agg(DISTINCT who, ', ' ORDER BY who) FROM seen")
			if got != role+" "+role+"~run off, "+role+"~run "+role+"~run off" {
				t.Errorf("it ran as %s", got)
			}
			if got := p.one(t, "one", "SELECT count(*) FROM pg_class WHERE relowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user) AND relnamespace = 'public'::regnamespace"); got != "0" {
				t.Errorf("%s tables are not the role's", got)
			}
		}
		if got := asked(t, "postgres", `SELECT count(*) FROM pg_roles WHERE rolname LIKE 'evil%' OR rolsuper AND rolname <> 'postgres' OR starts_with(rolname, '`+prefix+`') AND (rolcreaterole OR rolbypassrls)`); got != "0" {
			t.Errorf("%s roles have what they should not", got)
		}
		if got := asked(t, "postgres", `SELECT count(*) FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = '`+prefix+`one')`); got != "0" {
			t.Errorf("the role is a member of %s", got)
		}
		// What only superusers may do is refused, and all stays as it was.
		before := p.state(t)
		for _, statement := range []string{
			"CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION public.e()",
			"CREATE EXTENSION file_fdw", "CREATE PUBLICATION p FOR ALL TABLES",
			"CREATE FUNCTION public.c() RETURNS int LANGUAGE c AS 'pageinspect', 'get_raw_page'",
		} {
			as(t, "postgres", "DROP DATABASE "+q(evil), "CREATE DATABASE "+q(evil))
			as(t, evil, statement)
			err := p.Restore(t.Context(), "one", bytes.NewReader(archive(evil)))
			if err == nil || !strings.Contains(err.Error(), "ermission denied") && !strings.Contains(err.Error(), "superuser") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		as(t, "postgres", "DROP DATABASE "+q(evil))
		if after := p.state(t); after+"\n" == before+"\n" {
			return
		}
		if a, b := strings.ReplaceAll(p.state(t), prefix+"evil-source", ""), before; !strings.Contains(b, strings.TrimSpace(strings.Split(a, "\n")[0])) {
			t.Errorf("from\n%s\nto\n%s", b, a)
		}
	})
}

// TestPolicies has rows in a backup that their owner must not see.
func TestPolicies(t *testing.T) {
	t.Parallel()
	p := newServer(t, "postgres")
	p.create(t, "one", "")
	p.in(t, "one", "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1), (2)", "ALTER TABLE a ENABLE ROW LEVEL SECURITY", "ALTER TABLE a FORCE ROW LEVEL SECURITY",
		"CREATE POLICY half ON a TO CURRENT_USER USING (n = 1)")
	if err := p.Restore(t.Context(), "one", bytes.NewReader(p.backup(t, "one"))); err != nil {
		t.Fatal(err)
	}
	if got := asked(t, strings.Fields(p.where)[2]+"one", "SELECT count(*) FROM public.a"); got != "2" {
		t.Errorf("%s rows", got)
	}
	if got := p.one(t, "one", "SELECT count(*) FROM a"); got != "1" {
		t.Errorf("%s rows for the owner", got)
	}
	p.dropAll(t)
}
