package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bailiwick-sdk/bailiwick/transport"
	"github.com/bailiwick-sdk/bailiwick/workspace/apikey"
)

// config writes a file of providers.
func config(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "oidc.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const oneProvider = `[{"name": "corp", "title": "Corp", "issuer": "http://127.0.0.1:1/", "client_id": "c", "client_secret": "canary"}]`

// A provider that is away keeps the server from nothing.
func TestServeWithProviders(t *testing.T) {
	t.Parallel()
	p := serving(t, "sqlite:"+filepath.Join(t.TempDir(), "b.db"), "--oidc-config", config(t, oneProvider), "--public-url", "https://example.org/")
	if !strings.Contains(p.out.String(), "sign-in        https://example.org/oidc/\n") {
		t.Errorf("it does not say where:\n%s", p.out)
	}
	if status, body := p.call(t, http.MethodGet, "/oidc/", "", nil); status != http.StatusOK || !strings.Contains(body, `"title":"Corp"`) {
		t.Errorf("the list: %d %s", status, body)
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.address+"/oidc/corp/start?return=/console/account", nil)
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || to != "/console/signin?back=%2Fconsole%2Faccount&refused=away" {
		t.Errorf("the start: %d %s", answer.StatusCode, to)
	}
	status, body := p.call(t, http.MethodGet, "/api/v1/sign-in", "", nil)
	if want := `"providers":[{"name":"corp","title":"Corp","start":"https://example.org/oidc/corp/start"}]`; status != http.StatusOK || !strings.Contains(body, want) {
		t.Errorf("the ways to sign in: %d %s, want %s", status, body, want)
	}
	p.stop(t)
	if strings.Contains(p.log.String()+p.out.String()+body, "canary") {
		t.Error("the secret is told")
	}
}

func TestProviderFiles(t *testing.T) {
	t.Parallel()
	sealer, err := apikey.NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{`: "expected a list", `[{"name": "a", "name": "b"}]`: "in JSON", `[] []`: "in JSON", `{"canary": 1}`: "expected a list",
		`[{"name": "a", "secret": "canary"}]`:             `/0/secret`,
		`[{"name": "a", "scopes": "canary"}]`:             `/0/scopes`,
		`[{"name": "a"}]`:                                 "invalid issuer",
		strings.Replace(oneProvider, `"c"`, `""`, 1):      "invalid client_id",
		strings.Replace(oneProvider, `corp`, `Corp `, 1):  "invalid name",
		strings.Replace(oneProvider, `127.0.0.1`, `x`, 1): "invalid issuer",
	} {
		_, err := oidcFlags{OIDCConfig: config(t, text)}.identities(&transport.Services{}, sealer, "http://127.0.0.1:1")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	flags := oidcFlags{OIDCConfig: config(t, oneProvider)}
	if _, err := flags.identities(&transport.Services{}, nil, ""); err == nil || !strings.Contains(err.Error(), "--secret-file") {
		t.Errorf("without a secret: %v", err)
	}
	services := &transport.Services{}
	opts, err := flags.identities(services, sealer, "http://127.0.0.1:8080")
	if err != nil || opts.URL != "http://127.0.0.1:8080/oidc" || services.External == nil {
		t.Errorf("%+v, %v", opts, err)
	}
	if opts, err := (oidcFlags{}).identities(services, nil, ""); opts != nil || err != nil {
		t.Errorf("without providers: %+v, %v", opts, err)
	}
}
