package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/bailiwick-sdk/bailiwick/rbac"
	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace"
	"github.com/bailiwick-sdk/bailiwick/workspace/accesskey"
)

type serveCommand struct {
	databaseFlag
	mailFlags
	oidcFlags
	fileFlags
	databasesFlags

	Listen string `default:"127.0.0.1:8080" help:"The address to listen on; port 0 takes a free one."`

	SecretFile string `help:"The file with the 32 bytes that credentials of keys are sealed with, made when missing. SQLite: the database's name and .key, PostgreSQL: none." placeholder:"FILE"`

	AdminPassword string `help:"The password of the administrator that the first start makes." placeholder:"PASSWORD"`

	Demo bool `help:"Fill the database with a demonstration, once. Its users have a known password: never on a server that others reach."`

	Exclusive bool `help:"Have the SQLite file to itself, which makes checks of permissions faster. The command line cannot be used beside such a server."`

	RulesMemory int64 `default:"256" help:"How many MiB of permissions to keep in memory, for workspaces that were asked about last."`

	KeyLife time.Duration `default:"8760h" help:"How long a key may live at most."`

	EndlessKeys bool `help:"Let keys be made that never expire."`

	AuditRetention time.Duration `help:"Forget what is older in the trail, with a signed checkpoint in its place: 26280h for three years. Everything is kept without." placeholder:"DURATION"`

	TrustProxy bool `help:"Take the caller's address from X-Forwarded-For. Only behind a proxy that sets it."`

	AllowOrigin []string `help:"An origin whose pages may use NextGIS Web's API from a browser, as https://maps.example.org. May be given more than once." placeholder:"ORIGIN" sep:"none"`

	LogFormat string `default:"console" enum:"console,json" help:"The log on the standard error: ${enum}."`
}

// patience is how long requests in flight may take when the server is told to
// stop.
const patience = 15 * time.Second

// follow looks for changes of permissions in the background, and returns what
// ends that.
func follow(ctx context.Context, services *transport.Services) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = services.Rules.Follow(ctx, followEvery) // ends with the context, and says no more than that
	}()
	return func() {
		cancel()
		<-ended
	}
}

// followEvery is how often changes of permissions are looked for at least.
const followEvery = time.Second

// Run serves until a signal, or the end of the context, tells it to stop.
func (c serveCommand) Run(ctx context.Context, s streams) (err error) {
	log := c.log(s)
	secret := c.SecretFile
	if secret == "" && c.file() != "" {
		secret = c.file() + ".key"
	}
	if c.AuditRetention > 0 && secret == "" {
		return errors.New("--audit-retention: checkpoints need --secret-file to be signed with")
	}
	templates, err := c.templates()
	if err != nil {
		return err
	}
	db, err := c.openWith(ctx, &storage.Options{Exclusive: c.Exclusive})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	applied, err := db.Migrate(ctx, time.Now())
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, name := range applied {
		log.Info().Str("migration", name).Msg("applied")
	}
	keep, err := openSecrets(secret)
	if err != nil {
		return err
	}
	// First, since links in mails begin with where the server is.
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = listener.Close() }() // also when something below fails
	base, err := c.reached(listener.Addr().String())
	if err != nil {
		return err
	}
	by, err := c.post(c.databaseFlag)
	if err != nil {
		return err
	}
	letters, err := outbox(db, keep.sealer, by, c.options(log))
	if err != nil {
		return err
	}
	files, err := c.keepFiles(ctx, c.file())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	provisioner, where, err := c.provisioner(ctx, c.databaseFlag, log)
	if err != nil {
		return err
	}
	services, err := assemble(db, parts{
		keep: keep, letters: letters, base: base, log: log, rules: &rbac.Options{Budget: c.RulesMemory << 20},
		keys: accesskey.Options{MaxLife: c.KeyLife, AllowNever: c.EndlessKeys}, retain: c.AuditRetention, files: files,
		databases: provisioner, backups: files, templates: templates,
	})
	if err != nil {
		return err
	}
	services.TrustProxy = c.TrustProxy
	password, err := firstAdministrator(ctx, db, services, c.AdminPassword)
	if err != nil {
		return err
	}
	if c.Demo {
		if err := demonstrate(ctx, db, services); err != nil {
			return err
		}
	}
	// Behind a proxy it is the proxy that browsers speak to, over TLS.
	services.InsecureCookies = loopback(listener.Addr()) && !c.TrustProxy
	identities, err := c.identities(services, keep.sealer, base)
	if err != nil {
		return err
	}
	defer follow(ctx, services)()
	defer deliver(ctx, services, keep.sealer != nil)()
	defer sweep(ctx, services)()
	defer tend(ctx, services)()
	if c.AuditRetention > 0 {
		defer retain(ctx, services)()
	}
	c.announceMail(s, by, keep.sealer != nil)
	fmt.Fprintf(s.out, "%s\n\n", where)
	c.announce(s, listener.Addr().String(), base, password)
	return serve(ctx, listener, routes(db, services, mounts{identities: identities, origins: c.AllowOrigin}), log) //nolint:contextcheck // each request brings its own
}

// loopback reports whether nobody but this machine can reach an address.
func loopback(address net.Addr) bool {
	at, ok := address.(*net.TCPAddr)
	return ok && at.IP.IsLoopback()
}

func (c serveCommand) log(s streams) zerolog.Logger {
	if c.LogFormat == "json" {
		return zerolog.New(s.err).With().Timestamp().Logger()
	}
	writer := zerolog.ConsoleWriter{Out: s.err, TimeFormat: time.DateTime, NoColor: os.Getenv("NO_COLOR") != "" || !terminal(s.err)}
	return zerolog.New(writer).With().Timestamp().Logger()
}

// terminal reports whether somebody looks at what is written.
func terminal(w any) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// adminName is the user that the first start makes.
const adminName = "admin"

// firstAdministrator makes one unless the platform has one, and returns the
// password that was made up for him, if one was. Two servers that start at once
// on an empty database make one: the second finds the name taken.
func firstAdministrator(ctx context.Context, db *storage.DB, services *transport.Services, password string) (string, error) {
	exists := func() (bool, error) {
		yes := true
		_, n, err := services.Workspaces.Users(ctx, operator(), workspace.UserFilter{Administrator: &yes, Limit: 1})
		if err != nil {
			return false, fmt.Errorf("look for an administrator: %w", err)
		}
		return n > 0, nil
	}
	if found, err := exists(); found || err != nil {
		return "", err
	}
	made := ""
	if password == "" {
		made = rand.Text()
		password = made
	}
	_, err := createUser(ctx, db, services, workspace.User{
		Username: adminName, Email: "admin@localhost", FirstName: "Platform", LastName: "Administrator",
		Language: "en", Administrator: true,
	}, password)
	if errors.Is(err, workspace.ErrTaken) {
		found, missing := exists()
		if found || missing != nil {
			return "", missing
		}
		return "", fmt.Errorf("nobody administers the platform and %w: bailiwick user create NAME --admin makes an administrator", err)
	}
	return made, err
}

// announce tells where everything is and how to sign in.
func (c serveCommand) announce(s streams, address, public, password string) {
	base := "http://" + address
	fmt.Fprintf(s.out, "Bailiwick %s on %s\n\n", version(), c.title())
	fmt.Fprintf(s.out, "  console        %s%s/ (pages for people: sign in there as is said below)\n", base, consolePath)
	fmt.Fprintf(s.out, "  native API     %s/api/v1/ (described by openapi.json there)\n", base)
	fmt.Fprintf(s.out, "  API Entrepôt   %s/entrepot/api/\n", base)
	fmt.Fprintf(s.out, "  NextGIS Web    %s/ngw/ (one workspace alone: %s/ngw/w/NAME/)\n", base, base)
	fmt.Fprintf(s.out, "  dRofus         %s/drofus/ (pages for people, and the admin REST API)\n", base)
	fmt.Fprintf(s.out, "  access tokens  %s/entrepot/token\n", base)
	fmt.Fprintf(s.out, "  permissions    %s/check\n", base)
	if c.OIDCConfig != "" {
		fmt.Fprintf(s.out, "  sign-in        %s/\n", public+oidcPath)
	}
	fmt.Fprintf(s.out, "  state          %s/healthz  %s/readyz\n\n", base, base)
	shown := "PASSWORD"
	switch {
	case password != "":
		shown = password
		fmt.Fprintf(s.out, "The administrator's name is %s, the password %s: it is not shown again.\n", adminName, password)
	case c.AdminPassword != "":
		fmt.Fprintf(s.out, "The administrator's name is %s, the password the one that was given when the database was made.\n", adminName)
	default:
		fmt.Fprintf(s.out, "The administrator's name is %s; bailiwick user password %s sets a new password.\n", adminName, adminName)
	}
	fmt.Fprintf(s.out, "Sign in at %s%s/, or with a program:\n\n  curl -u %s:%s %s/entrepot/api/users/me\n\n", base, consolePath, adminName, shown, base)
	if c.Demo {
		fmt.Fprintf(s.out, "The demonstration's users all have the password %s:\n\n", demoPassword)
		for _, p := range demoPeople() {
			fmt.Fprintf(s.out, "  %-12s %s\n", p.name, p.is)
		}
		fmt.Fprintf(s.out, "\n  curl -u %s:%s %s/entrepot/api/users/me\n\n", demoPeople()[0].name, demoPassword, base)
	}
}

// title names the database without what signs in to it.
func (c serveCommand) title() string {
	if file := c.file(); file != "" {
		return "SQLite, " + file
	}
	return "PostgreSQL"
}

// serve answers on a listener until a signal comes or ctx ends, then lets what
// is in flight finish. A second signal ends the program at once.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log zerolog.Logger) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{
		Handler:           usual().keep(handler),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       usual().read,
		WriteTimeout:      usual().write,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          stdlog.New(log.Level(zerolog.WarnLevel), "", 0),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stop() // from here on a signal does what it does to every program
	log.Info().Msg("stopping")
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(bound); err != nil {
		return errors.Join(fmt.Errorf("stop: requests took longer than %s: %w", patience, err), server.Close())
	}
	return nil
}
