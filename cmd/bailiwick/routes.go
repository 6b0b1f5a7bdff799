package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"github.com/bailiwick-sdk/bailiwick/storage"
	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/entrepot"
)

// index is what a person who opens the server's address sees.
const index = `Bailiwick

/entrepot/api/   the API Entrepôt of Géoplateforme
/entrepot/token  access tokens: POST grant_type=password, username, password
/check           whether the caller may: POST {"node": 12, "permission": "workspace.read"}
/healthz         200 while the process answers
/readyz          200 while the database answers and is up to date
`

// routes mounts the lenses. Paths are taken as they come: a router that
// redirects what it finds unclean would break clients that write "api//users".
func routes(db *storage.DB, services *transport.Services) http.Handler {
	const api = "/entrepot/api"
	router := mux.NewRouter().SkipClean(true)
	router.PathPrefix(api + "/").Handler(http.StripPrefix(api, entrepot.Handler(services, nil)))
	router.Path("/entrepot/token").Handler(transport.TokenHandler(services))
	router.Path("/check").Handler(transport.CheckHandler(services))
	router.Path("/healthz").Methods(http.MethodGet, http.MethodHead).HandlerFunc(answer(http.StatusOK, "ok\n"))
	router.Path("/readyz").Methods(http.MethodGet, http.MethodHead).HandlerFunc(ready(db, services))
	router.Path("/").Methods(http.MethodGet, http.MethodHead).HandlerFunc(answer(http.StatusOK, index))
	router.NotFoundHandler = answer(http.StatusNotFound, "nothing is here\n")
	router.MethodNotAllowedHandler = answer(http.StatusMethodNotAllowed, "GET is\n")
	return router
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
