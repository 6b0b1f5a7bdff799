package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/rs/zerolog"
	"github.com/uptrace/bun/driver/sqliteshim"

	"github.com/bailiwick-sdk/bailiwick/internal/dbtest"
	"github.com/bailiwick-sdk/bailiwick/internal/pgtest"
	"github.com/bailiwick-sdk/bailiwick/quota"
	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
	"github.com/bailiwick-sdk/bailiwick/workspace/offering"
	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

const password = "analytical engine"

// A world is a platform of some size, with one user who calls.
type world struct {
	*transport.Services

	db        *storage.DB
	address   string
	count     *dbtest.Fault // counts statements, and lets all of them pass
	raw       *sql.DB       // the same database through the bare driver
	postgres  bool
	user      workspace.User
	workspace workspace.Details
	datastore workspace.Datastore
	share     quota.Allocation // of an endpoint, without limit
}

// query returns a statement with the placeholders of the database's driver.
func (w *world) query(text string) string {
	if !w.postgres {
		return text
	}
	for n := 1; strings.Contains(text, "?"); n++ {
		text = strings.Replace(text, "?", fmt.Sprintf("$%d", n), 1)
	}
	return text
}

// durable is a PostgreSQL that waits for the disk.
var durable = sync.OnceValues(func() (*pgtest.Cluster, error) { return pgtest.Start(true) })

// each runs a benchmark in a world on each kind of database.
func each(b *testing.B, run func(b *testing.B, w *world)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) {
		address := dbtest.SQLite(b)
		query := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}}
		raw, err := sql.Open(sqliteshim.ShimName, "file:"+strings.TrimPrefix(address, "sqlite:")+"?"+query.Encode())
		if err != nil {
			b.Fatal(err)
		}
		raw.SetMaxOpenConns(1)
		run(b, populate(b, address, raw, false))
	})
	b.Run("postgres", func(b *testing.B) {
		cluster, err := durable()
		if err != nil {
			b.Fatal(err)
		}
		address := dbtest.PostgresIn(b, cluster)
		config, err := pgx.ParseConfig(address)
		if err != nil {
			b.Fatal(err)
		}
		config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		run(b, populate(b, address, stdlib.OpenDB(*config), true))
	})
}

func populate(b *testing.B, address string, raw *sql.DB, postgres bool) *world {
	b.Helper()
	count := &dbtest.Fault{}
	db := dbtest.OpenWith(b, address, &storage.Options{Connector: count.Connector})
	b.Cleanup(func() {
		if err := raw.Close(); err != nil {
			b.Error(err)
		}
	})
	trail := db.Trail()
	rules := rbac.New(db.Rules(), workspace.Schema(), nil)
	quotas := quota.New(db.Quotas(), nil)
	workspaces := workspace.New(db.Workspaces(), rules, quotas, trail, nil)
	offerings := offering.New(db.Offerings(), workspaces, rules, quotas, trail, nil)
	w := &world{db: db, address: address, count: count, raw: raw, postgres: postgres, Services: &transport.Services{
		Workspaces: workspaces, Offerings: offerings, Quotas: quotas, Rules: rules, Log: zerolog.Nop(),
		Keys:   apikey.New(db.Keys(), offerings, rules, quotas, trail, nil),
		SignIn: signin.New(db.SignIn(), rules, trail, nil),
	}}
	// One unit: the world is not what is measured.
	if err := db.Tx(context.Background(), w.fill); err != nil {
		b.Fatal(err)
	}
	return w
}

// fill makes a hundred members of ten workspaces, one of which has a datastore
// of a usual size.
func (w *world) fill(ctx context.Context) error {
	actor := workspace.Command("benchmark")
	users := make([]workspace.User, 0, 100)
	for i := range cap(users) {
		name := fmt.Sprintf("user%d", i)
		user, err := w.Workspaces.CreateUser(ctx, actor, workspace.User{Username: name, Email: name + "@example.org", FirstName: "User", LastName: name})
		if err != nil {
			return err
		}
		users = append(users, user)
	}
	w.user = users[1]
	if err := w.SignIn.SetPassword(ctx, actor, w.user.ID, password); err != nil {
		return err
	}
	organization, err := w.Workspaces.CreateOrganization(ctx, actor, workspace.Organization{
		Name: "Organization", UploadsQuota: quota.NoLimit, DatabasesQuota: quota.NoLimit,
	})
	if err != nil {
		return err
	}
	for i := range 10 {
		made, err := w.Workspaces.Create(ctx, actor, workspace.Workspace{
			Organization: organization.ID, Name: fmt.Sprintf("Workspace %d", i), TechnicalName: fmt.Sprintf("w%d", i),
			Contact: "contact@example.org", Supervisor: users[0].ID,
		})
		if err != nil {
			return err
		}
		for _, user := range append(users[10*i:10*i+10:10*i+10], w.user) {
			if user.ID == users[0].ID {
				continue
			}
			if _, err := w.Workspaces.PutMember(ctx, actor, made.ID, user.Num, []rbac.RoleName{workspace.RoleUpload}); err != nil {
				return err
			}
		}
		w.workspace = made
	}
	return w.open(ctx, actor)
}

func (w *world) open(ctx context.Context, actor workspace.Actor) error {
	pool := func(kind quota.Kind, unit quota.Unit, sort, name string) (quota.PoolID, error) {
		made, err := w.Workspaces.CreatePool(ctx, actor, quota.Pool{Kind: kind, Unit: unit, Type: sort, Name: name, Capacity: quota.NoLimit})
		return made.ID, err
	}
	var plan workspace.Plan
	for i := range 4 {
		id, err := pool(quota.Storage, quota.Bytes, "S3", fmt.Sprintf("Storage %d", i))
		if err != nil {
			return err
		}
		portion := workspace.Portion{Pool: id, Limit: 10_000_000_000}
		plan.Data, plan.Uploads, plan.Annexes = append(plan.Data, portion), &portion, &portion
	}
	for i, sort := range []string{"WFS", "WMTS-TMS", "WMS-RASTER", "WMS-VECTOR", "DOWNLOAD", "METADATA"} {
		endpoint, err := pool(quota.Endpoint, quota.Count, sort, sort)
		if err != nil {
			return err
		}
		check, err := pool(quota.Check, quota.None, "", fmt.Sprintf("Check %d", i))
		if err != nil {
			return err
		}
		processing, err := pool(quota.Processing, quota.None, "", fmt.Sprintf("Processing %d", i))
		if err != nil {
			return err
		}
		plan.Endpoints = append(plan.Endpoints, workspace.Portion{Pool: endpoint, Limit: quota.NoLimit})
		plan.Checks, plan.Processings = append(plan.Checks, check), append(plan.Processings, processing)
	}
	active := true
	plan.Active = &active
	opened, err := w.Workspaces.OpenDatastore(ctx, actor, w.workspace.ID, plan)
	if err != nil {
		return err
	}
	if err := w.Workspaces.Activate(ctx, actor, w.workspace.ID); err != nil {
		return err
	}
	w.datastore = opened
	for _, share := range opened.Shares {
		if share.From.Kind == quota.Endpoint {
			w.share = share.Allocation
		}
	}
	return nil
}
