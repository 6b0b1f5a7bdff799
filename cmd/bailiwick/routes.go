package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/apiv1"
	"github.com/bailiwick-sdk/bailiwick/transport/console"
	"github.com/bailiwick-sdk/bailiwick/transport/drofus"
	"github.com/bailiwick-sdk/bailiwick/transport/entrepot"
	"github.com/bailiwick-sdk/bailiwick/transport/ngw"
	"github.com/bailiwick-sdk/bailiwick/transport/oidc"
)

// consolePath is where the web console is.
const consolePath = "/console"

// index is what the server's address answers to who does not ask for a page.
const index = `Bailiwick

/console/        the web console: everything, for people with a browser
/api/v1/         the native API; /api/v1/openapi.json describes it
/entrepot/api/   the API Entrepôt of Géoplateforme
/ngw/            the API of NextGIS Web; /ngw/w/NAME/ shows one workspace alone
/drofus/         the admin REST API of dRofus, and its pages
/entrepot/token  access tokens: POST grant_type=password, username, password
/password        for who has forgotten it
/invitation      where the links of invitations led before the console
/oidc/           signing in at identity providers, where some are configured
/check           whether the caller may: POST {"node": 12, "permission": "workspace.read"}
/healthz         200 while the process answers
/readyz          200 while the database answers and is up to date
`

// mounts are what the lenses are told.
type mounts struct {
	identities *oidc.Options
	origins    []string // whose pages may use NextGIS Web's API
}

// routes mounts the lenses. Paths are taken as they come: a router that
// redirects what it finds unclean would break clients that write "api//users".
func routes(db *storage.DB, services *transport.Services, m mounts) http.Handler {
	const api, native, web, admin = "/entrepot/api", "/api/v1", "/ngw", "/drofus"
	// Escaped slashes stay, since names of roles may hold some.
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.PathPrefix(native + "/").Handler(http.StripPrefix(native, apiv1.Handler(services, nil)))
	router.PathPrefix(api + "/").Handler(http.StripPrefix(api, entrepot.Handler(services, nil)))
	router.PathPrefix(web + "/").Handler(http.StripPrefix(web, ngw.Handler(services, &ngw.Options{AllowOrigin: m.origins})))
	router.PathPrefix(admin + "/").Handler(http.StripPrefix(admin, drofus.Handler(services, nil)))
	router.PathPrefix(consolePath + "/").Handler(http.StripPrefix(consolePath, console.Handler(nil)))
	for _, typed := range []string{admin, consolePath} { // people type it
		router.Path(typed).Handler(http.RedirectHandler(typed+"/", http.StatusPermanentRedirect))
	}
	router.Path("/entrepot/token").Handler(transport.TokenHandler(services))
	router.Path("/password").Handler(transport.PasswordHandler(services))
	router.Path("/invitation").Handler(transport.InvitationHandler(services, nil))
	router.PathPrefix(oidcPath + "/").Handler(http.StripPrefix(oidcPath, oidc.Handler(services, m.identities)))
	router.Path("/check").Handler(transport.CheckHandler(services))
	router.Path("/healthz").Methods(http.MethodGet, http.MethodHead).HandlerFunc(answer(http.StatusOK, "ok\n"))
	router.Path("/readyz").Methods(http.MethodGet, http.MethodHead).HandlerFunc(ready(db, services))
	router.Path("/").Methods(http.MethodGet, http.MethodHead).HandlerFunc(front)
	router.NotFoundHandler = answer(http.StatusNotFound, "nothing is here\n")
	router.MethodNotAllowedHandler = answer(http.StatusMethodNotAllowed, "GET is\n")
	return router
}

// front answers at the server's address: browsers are sent to the console, and
// who asks with a program is told what there is.
func front(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, consolePath+"/", http.StatusSeeOther)
		return
	}
	answer(http.StatusOK, index)(w, r)
}

func answer(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD")
		}
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// ready tells a load balancer whether requests make sense. What is wrong is
// for the log: whoever asks has not said who he is.
func ready(db *storage.DB, services *transport.Services) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		err := db.Ping(ctx)
		if err == nil {
			err = db.Migrated(ctx)
		}
		if err != nil {
			services.Log.Warn().Err(err).Msg("not ready")
			answer(http.StatusServiceUnavailable, "not ready\n")(w, r)
			return
		}
		answer(http.StatusOK, "ready\n")(w, r)
	}
}
