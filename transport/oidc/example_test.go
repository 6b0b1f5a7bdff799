package oidc_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/transport/oidc"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
)

// A server offers two identity providers, and asks neither of them anything
// before somebody comes.
func Example() {
	party, err := oidc.New([]oidc.Provider{
		{Name: "corp", Title: "Corporate account", Issuer: "https://login.example.org/realms/corp", ClientID: "bailiwick"},
		{Name: "partners", Issuer: "https://id.partner.example", ClientID: "bailiwick", Audiences: []string{"https://maps.example.org"}},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	sealer, err := apikey.NewSealer([]byte("a secret of exactly 32 bytes ..."))
	if err != nil {
		log.Fatal(err)
	}
	services := &transport.Services{} // with SignIn, in a program
	services.External = party.External(services.SignIn)
	handler := oidc.Handler(services, &oidc.Options{Party: party, URL: "https://maps.example.org/oidc", Sealer: sealer})

	answer := httptest.NewRecorder()
	http.StripPrefix("/oidc", handler).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/oidc/", nil))
	fmt.Println(strings.ReplaceAll(answer.Body.String(), "},{", "},\n{"))
	// Output:
	// {"providers":[{"name":"corp","title":"Corporate account","start":"corp/start"},
	// {"name":"partners","title":"partners","start":"partners/start"}]}
}
