package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/storage/provision"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// databasesFlags say where the real databases of projects are.
type databasesFlags struct {
	Databases string `help:"Where the real databases of projects are made: a folder of SQLite files, postgres://… for a PostgreSQL server, or none. Servers of one database share it. SQLite: the database's name and .databases; PostgreSQL: its server, if the user has CREATEDB and CREATEROLE." placeholder:"LOCATION"`

	DatabasePrefix string `default:"project-" help:"On a PostgreSQL server: what the names of these databases and of their roles begin with, at most 11 characters. Whatever else makes databases there needs another."`

	DatabaseClients string `help:"On a PostgreSQL server: where clients reach it, when not as this server does." placeholder:"HOST:PORT"`

	DatabaseTemplate []string `help:"A database that everybody who may make one may copy, by name. May be given more than once." placeholder:"NAME" sep:"none"`
}

// noDatabases is the location of none.
const noDatabases = "none"

// provisioner opens where databases are made, and says where that is. It returns
// nil where none are.
func (f databasesFlags) provisioner(ctx context.Context, of databaseFlag, log zerolog.Logger) (database.Provisioner, string, error) {
	const none = "No databases are made for projects (--databases)."
	location, chosen := f.Databases, true
	if location == "" {
		if location, chosen = of.Database, false; of.file() != "" {
			location = of.file() + ".databases"
		}
	}
	if location == noDatabases {
		return nil, none, nil
	}
	if !postgres(location) {
		folder, err := provision.OpenFolder(location, nil)
		if err != nil {
			return nil, "", fmt.Errorf("--databases %s: %w", location, err)
		}
		return folder, "Databases of projects are SQLite files in " + location + ".", nil
	}
	server, err := provision.Open(ctx, location, &provision.ServerOptions{Prefix: f.DatabasePrefix, Clients: f.DatabaseClients})
	switch {
	case err == nil:
		return server, "Databases of projects are made on PostgreSQL, where their names begin with " + f.DatabasePrefix + ".", nil
	case !chosen && errors.Is(err, provision.ErrOptions):
		log.Warn().Err(err).Msg("no databases are made for projects: --databases says where they may be, or none")
		return nil, none, nil
	}
	return nil, "", fmt.Errorf("--databases: %w", err) // without the address, which may hold a password
}

func postgres(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// templates returns the databases that may be copied.
func (f databasesFlags) templates() ([]database.Name, error) {
	var names []database.Name
	for _, text := range f.DatabaseTemplate {
		name, err := database.ParseName(text)
		if err != nil {
			return nil, fmt.Errorf("--database-template: %w", err)
		}
		names = append(names, name)
	}
	return names, nil
}

// tendEvery is how often databases are looked after.
const tendEvery = time.Minute

// tend goes on with what somebody has left half done with databases, and measures
// them, in the background, and returns what ends that.
func tend(ctx context.Context, services *transport.Services) (stop func()) {
	return every(ctx, tendEvery, func(ctx context.Context) {
		if err := services.Databases.Reconcile(ctx); err != nil && ctx.Err() == nil {
			services.Log.Error().Err(err).Msg("databases not reconciled")
		}
		if err := services.Databases.Measure(ctx); err != nil && ctx.Err() == nil {
			services.Log.Error().Err(err).Msg("databases not measured")
		}
	})
}
