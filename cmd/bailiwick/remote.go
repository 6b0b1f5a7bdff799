package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bailiwick-sdk/bailiwick/transport/apiv1/client"
)

// remoteFlags say which server a command talks to, and as whom.
type remoteFlags struct {
	Server string `help:"The server, as https://maps.example.org. The one of bailiwick login when missing."                                                  placeholder:"URL"`
	Token  string `help:"An access token or a key; - reads it from the standard input. Others can see what is on a command line: the environment is better." placeholder:"TOKEN"`
}

// nativeAPI is where a server has the native API.
const nativeAPI = "/api/v1/"

// A remote is a server that a command talks to.
type remote struct {
	*client.ClientWithResponses

	address string // without a slash at the end
}

// dial prepares to talk to the server that is named, or that somebody signed in
// to. What he got there is sent nowhere else.
func (f remoteFlags) dial(s streams) (*remote, error) { return f.dialFor(s, longest) }

// dialLong is like dial for what may take as long as it needs.
func (f remoteFlags) dialLong(s streams) (*remote, error) { return f.dialFor(s, 0) }

// longest is how long an answer may take; an export may be long.
const longest = 10 * time.Minute

func (f remoteFlags) dialFor(s streams, longest time.Duration) (*remote, error) {
	kept, err := readAccount()
	if err != nil && (f.Server == "" || f.Token == "") {
		return nil, err
	}
	address := kept.Server
	if f.Server != "" {
		if address, err = serverAddress(f.Server); err != nil {
			return nil, err
		}
	}
	if address == "" {
		return nil, usageError("--server: which one?")
	}
	token := f.Token
	switch {
	case token == "-":
		if token, err = readLine(s.in); err != nil {
			return nil, fmt.Errorf("read the token: %w", err)
		}
	case token == "" && kept.Server == address:
		token = kept.Token
	}
	return connect(address, token, longest)
}

// connect returns the server at an address, for who has a token; for a guest
// with none. No answer takes longer than longest, if that is not 0.
func connect(address, token string, longest time.Duration) (*remote, error) {
	patient := caller()
	patient.Timeout = longest
	opts := []client.ClientOption{
		client.WithHTTPClient(patient),
		client.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("User-Agent", "bailiwick/"+version())
			return nil
		}),
	}
	if token != "" {
		opts = append(opts, client.WithRequestEditorFn(client.Bearer(token)))
	}
	api, err := client.NewClientWithResponses(address+nativeAPI, opts...)
	if err != nil {
		return nil, err
	}
	return &remote{ClientWithResponses: api, address: address}, nil
}

// caller makes requests, and follows nobody to another server.
func caller() *http.Client {
	return &http.Client{
		Timeout:       longest,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// serverAddress returns the address of a server as it is kept and compared.
func serverAddress(text string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", usageError("--server: expected an address as https://maps.example.org")
	}
	u.Host = strings.ToLower(u.Host)
	return strings.TrimSuffix(strings.TrimRight(u.String(), "/"), strings.TrimRight(nativeAPI, "/")), nil
}

// readLine reads one line without what ends it.
func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// A response is what the client returns of every operation.
type response interface {
	GetBody() []byte
	StatusCode() int
	GetApplicationProblemJSONDefault() *client.Problem
}

// said returns the body of an answer, and an error for one that is none or that
// refuses.
func said(a response, err error) ([]byte, error) {
	if err != nil {
		return nil, unreached(err)
	}
	if problem := a.GetApplicationProblemJSONDefault(); problem != nil {
		err := client.Refused(problem)
		if problem.Status == http.StatusUnauthorized {
			return nil, fmt.Errorf("%w: bailiwick login signs in, or BAILIWICK_TOKEN does", err)
		}
		return nil, err
	}
	switch status := a.StatusCode(); {
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return nil, fmt.Errorf("the server answers that it is elsewhere (%d): name the address where it is", status)
	case status >= http.StatusBadRequest:
		return nil, fmt.Errorf("the server answers %d %s, and not as Bailiwick does", status, http.StatusText(status))
	}
	return a.GetBody(), nil
}

// unreached is why there was no answer, without the long address.
func unreached(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("the server cannot be reached: %w", failed.Err)
	}
	return fmt.Errorf("the server's answer makes no sense: %w", err)
}

// given returns a pointer to a value that is not zero.
func given[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
