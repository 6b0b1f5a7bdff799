package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A handover gives all that is in a database to a role: what another role owned
// there, what anybody else we may speak for owns, and what the other role had set
// for objects to come. What belongs to an extension stays as it is. The
// statements are made by the server, which quotes what things are called.
type handover struct {
	conn *pgx.Conn
	from string // the role of the template; empty where there is none
	to   string
}

func (h handover) run(ctx context.Context) error {
	return pgx.BeginFunc(ctx, h.conn, func(tx pgx.Tx) error { //nolint:wrapcheck // by the caller
		owned, err := texts(ctx, tx, owners, h.to)
		if err != nil {
			return err
		}
		if h.from != "" {
			// What there is no statement for, as for extensions. It owns nothing outside,
			// which would be given away with the rest.
			owned = append(owned, "REASSIGN OWNED BY "+quoted(h.from)+" TO "+quoted(h.to))
		}
		defaults, err := h.defaults(ctx, tx)
		if err != nil {
			return err
		}
		policies, err := texts(ctx, tx, policies, h.from, h.to)
		if err != nil {
			return err
		}
		for _, statement := range slices.Concat(owned, defaults, policies) {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err //nolint:wrapcheck // by the caller
			}
		}
		return nil
	})
}

func texts(ctx context.Context, tx pgx.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err //nolint:wrapcheck // by the caller
	}
	return pgx.CollectRows(rows, pgx.RowTo[string]) //nolint:wrapcheck // by the caller
}

// owners makes a statement for each object that is another's: schemas first, since
// who gets what is in one must have rights on it. What goes with another object
// (the row type of a table, the sequence of a column) is not given alone. Only
// superusers have languages, wrappers and event triggers.
const owners = `
WITH objects (rank, class, oid, owner) AS (
	SELECT 0, 'pg_namespace'::regclass, oid, nspowner FROM pg_namespace
		WHERE oid >= 16384 OR nspname = 'public'
	UNION ALL SELECT 1, 'pg_class'::regclass, oid, relowner FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
	UNION ALL SELECT 1, 'pg_type'::regclass, oid, typowner FROM pg_type AS t
		WHERE NOT EXISTS (SELECT 1 FROM pg_type AS e WHERE e.typarray = t.oid)
		AND (typrelid = 0 OR EXISTS (SELECT 1 FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
	UNION ALL SELECT 1, 'pg_proc'::regclass, oid, proowner FROM pg_proc
	UNION ALL SELECT 1, 'pg_operator'::regclass, oid, oprowner FROM pg_operator
	UNION ALL SELECT 1, 'pg_opclass'::regclass, oid, opcowner FROM pg_opclass
	UNION ALL SELECT 1, 'pg_opfamily'::regclass, oid, opfowner FROM pg_opfamily
	UNION ALL SELECT 1, 'pg_collation'::regclass, oid, collowner FROM pg_collation
	UNION ALL SELECT 1, 'pg_conversion'::regclass, oid, conowner FROM pg_conversion
	UNION ALL SELECT 1, 'pg_ts_dict'::regclass, oid, dictowner FROM pg_ts_dict
	UNION ALL SELECT 1, 'pg_ts_config'::regclass, oid, cfgowner FROM pg_ts_config
	UNION ALL SELECT 1, 'pg_statistic_ext'::regclass, oid, stxowner FROM pg_statistic_ext
	UNION ALL SELECT 1, 'pg_foreign_server'::regclass, oid, srvowner FROM pg_foreign_server
	UNION ALL SELECT 1, 'pg_publication'::regclass, oid, pubowner FROM pg_publication
	UNION ALL SELECT 1, 'pg_largeobject'::regclass, oid, lomowner FROM pg_largeobject_metadata
), them AS (
	SELECT rank, CASE i.type
			WHEN 'function' THEN 'ROUTINE' WHEN 'procedure' THEN 'ROUTINE' WHEN 'aggregate' THEN 'ROUTINE'
			WHEN 'statistics object' THEN 'STATISTICS' ELSE i.type END AS type, i.identity
	FROM objects AS o CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, 0) AS i
	WHERE (o.oid >= 16384 OR o.rank = 0 OR o.class = 'pg_largeobject'::regclass)
	AND pg_has_role(current_user, o.owner, 'USAGE')
	AND o.owner <> (SELECT oid FROM pg_roles WHERE rolname = $1)
	AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.classid = o.class AND d.objid = o.oid AND
		(d.deptype IN ('e', 'i') OR d.deptype = 'a' AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
			AND EXISTS (SELECT 1 FROM pg_class AS s WHERE s.oid = o.oid AND s.relkind = 'S' AND o.class = 'pg_class'::regclass)))
)
SELECT format('ALTER %s %s OWNER TO %I', type, identity, $1::text) FROM them ORDER BY rank, type, identity`

// policies makes a statement for each policy of rows that names the other role.
const policies = `
SELECT format('ALTER POLICY %I ON %I.%I TO %s', p.polname, n.nspname, c.relname,
	(SELECT string_agg(CASE WHEN r.oid IS NULL THEN 'PUBLIC' WHEN r.rolname = $1 THEN quote_ident($2) ELSE quote_ident(r.rolname) END, ', ')
		FROM unnest(p.polroles) AS u (oid) LEFT JOIN pg_roles AS r ON r.oid = u.oid))
FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE (SELECT oid FROM pg_roles WHERE rolname = $1) = ANY (p.polroles)`

// A defaultGrant is one line of what a role had set for objects to come.
type defaultGrant struct {
	Schema    string // of all, where empty
	Objects   string // TABLES, SEQUENCES, …
	Grantee   string // PUBLIC or quoted; empty for a list without lines
	Privilege string
	Grantable bool
}

// defaults makes the statements that give the role what the other had set, and
// that take it from the other, who would be kept from being deleted by it.
func (h handover) defaults(ctx context.Context, tx pgx.Tx) ([]string, error) {
	if h.from == "" {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT coalesce(quote_ident(n.nspname), ''), CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
				WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' ELSE d.defaclobjtype::text END,
			CASE WHEN x.grantee IS NULL THEN '' WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(g.rolname) END,
			coalesce(x.privilege_type, ''), coalesce(x.is_grantable, FALSE)
		FROM pg_default_acl AS d JOIN pg_roles AS r ON r.oid = d.defaclrole
		LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
		LEFT JOIN LATERAL aclexplode(d.defaclacl) AS x ON TRUE LEFT JOIN pg_roles AS g ON g.oid = x.grantee
		WHERE r.rolname = $1 ORDER BY 1, 2, 3, 4`, h.from)
	if err != nil {
		return nil, err //nolint:wrapcheck // by the caller
	}
	grants, err := pgx.CollectRows(rows, pgx.RowToStructByPos[defaultGrant])
	if err != nil {
		return nil, err //nolint:wrapcheck // by the caller
	}
	before, after := []string{}, []string{}
	for i, g := range grants {
		first := i == 0 || grants[i-1].Schema != g.Schema || grants[i-1].Objects != g.Objects
		if first && g.Schema == "" {
			// A list of all stands instead of what everybody begins with.
			before = append(before, h.altering(h.to, g.Schema, "REVOKE ALL ON "+g.Objects+" FROM PUBLIC, "+quoted(h.to)))
			after = append(after, h.altering(h.from, g.Schema, "GRANT ALL ON "+g.Objects+" TO "+quoted(h.from)))
			switch g.Objects {
			case "ROUTINES":
				after = append(after, h.altering(h.from, g.Schema, "GRANT EXECUTE ON ROUTINES TO PUBLIC"))
			case "TYPES":
				after = append(after, h.altering(h.from, g.Schema, "GRANT USAGE ON TYPES TO PUBLIC"))
			}
		}
		if g.Grantee == "" {
			continue
		}
		before = append(before, h.altering(h.from, g.Schema, "REVOKE ALL ON "+g.Objects+" FROM "+g.Grantee))
		to, option := g.Grantee, ""
		if to == quoted(h.from) || to == h.from {
			to = quoted(h.to)
		}
		if g.Grantable {
			option = " WITH GRANT OPTION"
		}
		after = append(after, h.altering(h.to, g.Schema, "GRANT "+g.Privilege+" ON "+g.Objects+" TO "+to+option))
	}
	return append(before, after...), nil
}

func (h handover) altering(role, schema, what string) string {
	in := ""
	if schema != "" {
		in = " IN SCHEMA " + schema
	}
	return strings.Join([]string{fmt.Sprintf("ALTER DEFAULT PRIVILEGES FOR ROLE %s%s", quoted(role), in), what}, " ")
}
