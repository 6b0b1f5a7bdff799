// The program provider is an identity provider on this machine, for browsers that
// tests drive: whoever comes with the password is known. It says where it is, and
// ends when what it reads does.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/bailiwick-sdk/bailiwick/internal/oidctest"
)

// client is how programs are known here. It is one of a kind that may be at any
// port of this machine.
const client = "bailiwick"

func main() {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	// By its name it is another site than what is at 127.0.0.1, as a real one is.
	issuer := "http://localhost:" + port
	handler := oidctest.Handler(issuer, oidctest.Anybody{}, client, storage.NativeClient(client, "http://127.0.0.1/oidc/city/callback"))
	fmt.Printf("issuer %s\n", issuer)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	log.Fatal(server.Serve(listener))
}
