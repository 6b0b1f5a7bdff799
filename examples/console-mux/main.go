// Program console-mux mounts the web console, and the native API that it speaks
// to, in a router of gorilla/mux at prefixes of the program's own. With -listen
// it serves them, otherwise it looks at them itself.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/transport/console"
)

// mount puts the console beside the API, where it looks for it unless it is told
// otherwise: at ../api/v1/. The page where passwords are reset is a host's too.
func mount(services *transport.Services) http.Handler {
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.PathPrefix("/tools/api/v1/").Handler(http.StripPrefix("/tools/api/v1", apiv1.Handler(services, nil)))
	router.PathPrefix("/tools/admin/").Handler(http.StripPrefix("/tools/admin", console.Handler(nil)))
	router.Path("/tools/password").Handler(transport.PasswordHandler(services))
	router.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "the program's own") })
	return router
}

// look asks for what a browser asks for first, and for who is signed in.
func look(ctx context.Context, host http.Handler, password string) {
	for _, path := range []string{"/hello", "/tools/admin/", "/tools/admin/workspaces/a/members", "/tools/api/v1/me"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		r.SetBasicAuth("admin", password)
		w := httptest.NewRecorder()
		host.ServeHTTP(w, r)
		_, base, _ := strings.Cut(w.Body.String(), `<base href="`)
		base, _, _ = strings.Cut(base, `"`)
		fmt.Printf("%s: %d %s %s\n", path, w.Code, w.Header().Get("Content-Type"), base)
	}
}

func run(ctx context.Context, o options) error {
	p, err := open(ctx, o)
	if err != nil {
		return err
	}
	host := mount(p.services) //nolint:contextcheck // each request brings its own
	if o.listen == "" {
		look(ctx, host, o.password)
		return p.close()
	}
	server := &http.Server{Handler: host, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	fmt.Printf("console http://%s/tools/admin/\n", p.listener.Addr())
	_ = server.Serve(p.listener) // until it is told to end
	return p.close()
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "", "serve at this `address`")
	flag.StringVar(&o.database, "database", "", "the `address` of the database, SQLite in the folder when empty")
	flag.StringVar(&o.folder, "folder", "", "the `folder` for everything else, a temporary one when empty")
	flag.StringVar(&o.password, "password", "analytical engine", "everybody's")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}
