package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

type loginCommand struct {
	Server   string `help:"The server, as https://maps.example.org. The one of the last login when missing." placeholder:"URL"`
	Name     string `arg:""                                                                                  help:"The user's name; asked for when missing." optional:""`
	Password string `help:"The password; - reads it from the standard input. Asked for when missing."        placeholder:"PASSWORD"`
}

// Run exchanges the password for an access token, and keeps that.
func (c loginCommand) Run(ctx context.Context, s streams) error {
	kept, err := readAccount()
	if err != nil {
		return err
	}
	address := kept.Server
	if c.Server != "" {
		if address, err = serverAddress(c.Server); err != nil {
			return err
		}
	}
	if address == "" {
		return usageError("--server: which one?")
	}
	if inTheOpen(address) {
		fmt.Fprintln(s.err, "warning: without https, others on the way can read the password")
	}
	name, password := c.Name, c.Password
	if name == "" {
		if name, err = s.ask("Name: "); err != nil {
			return err
		}
	}
	switch password {
	case "":
		password, err = s.askSecret("Password: ")
	case "-":
		password, err = readLine(s.in)
	}
	if err != nil {
		return err
	}
	signed, err := exchange(ctx, address, name, password)
	if err != nil {
		return err
	}
	if err := signed.keep(); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "signed in to %s as %s until %s\n", address, name, shownTime(signed.Expires))
	return nil
}

// inTheOpen reports whether what is sent to an address can be read on the way.
func inTheOpen(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "https" || u.Hostname() == "localhost" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsLoopback()
}

// exchange gets an access token for a name and a password.
func exchange(ctx context.Context, address, name, password string) (account, error) {
	form := url.Values{"grant_type": {"password"}, "client_id": {"bailiwick"}, "username": {name}, "password": {password}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/entrepot/token", strings.NewReader(form.Encode()))
	if err != nil {
		return account{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w, err := caller().Do(r)
	if err != nil {
		return account{}, unreached(err)
	}
	defer w.Body.Close()
	var told struct {
		Token       string `json:"access_token"`
		Life        int64  `json:"expires_in"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	err = json.NewDecoder(http.MaxBytesReader(nil, w.Body, 1<<20)).Decode(&told)
	switch {
	case err != nil || told.Token == "" && told.Error == "":
		return account{}, fmt.Errorf("%s answers %d, and not as Bailiwick does", address, w.StatusCode)
	case told.Error == "invalid_grant" && w.StatusCode == http.StatusBadRequest:
		return account{}, refusedError(told.Description)
	case told.Token == "":
		if after := w.Header.Get("Retry-After"); after != "" {
			return account{}, fmt.Errorf("%s: try again after %s seconds", told.Description, after)
		}
		return account{}, fmt.Errorf("%s (%d %s)", told.Description, w.StatusCode, told.Error)
	}
	return account{Server: address, Token: told.Token, Expires: time.Now().Add(time.Duration(told.Life) * time.Second).UTC().Truncate(time.Second)}, nil
}

type logoutCommand struct{}

// Run forgets the token.
func (logoutCommand) Run(s streams) error {
	there, err := forget()
	switch {
	case err != nil:
		return err
	case there:
		fmt.Fprintln(s.err, "signed out")
	default:
		fmt.Fprintln(s.err, "nobody was signed in")
	}
	return nil
}

type whoamiCommand struct {
	remoteFlags
	outputFlags
}

// Run prints who the server takes the caller for.
func (c whoamiCommand) Run(ctx context.Context, s streams) error {
	api, err := c.dial(s)
	if err != nil {
		return err
	}
	body, err := said(api.GetMeWithResponse(ctx, &client.GetMeParams{}))
	if err != nil {
		return err
	}
	return show(s, c.outputFlags, userView(), body)
}
