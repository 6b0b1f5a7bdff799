package transport

import (
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/workspace/signin"
)

// maxTokenRequest bounds the body of a request for a token.
const maxTokenRequest = 16 << 10

// The errors that RFC 6749 §5.2 names.
const (
	invalidRequest = "invalid_request"
	invalidGrant   = "invalid_grant"
	invalidClient  = "invalid_client"
)

// A tokenAnswer is what RFC 6749 §5.1 answers.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int64  `json:"expires_in"`
	TokenType   string `json:"token_type"`
}

// A tokenRefusal is what RFC 6749 §5.2 answers.
type tokenRefusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`

	status int
	// problem is what it was made of, if it was of one.
	problem Problem
}

// TokenHandler answers the token endpoint (RFC 6749): POST, form-encoded,
// grants "password" and "client_credentials".
//
// With "password", client_id is noted and neither it nor client_secret is
// checked: clients are not registered. With "client_credentials" the client is
// a service account (workspace.User.Technical) and the secret his password, in
// the form or as HTTP Basic, url-encoded first as §2.3.1 wants. The handler
// answers under every path and needs no middleware around it.
func TokenHandler(s *Services) http.Handler {
	return s.contain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			refuseToken(w, tokenRefusal{Error: invalidRequest, Description: "the method must be POST", status: http.StatusMethodNotAllowed})
			return
		}
		form, refusal := readTokenForm(r)
		if refusal != nil {
			refuseToken(w, *refusal)
			return
		}
		t, refusal := s.issue(r, form)
		if refusal != nil {
			refuseToken(w, *refusal)
			return
		}
		w.Header().Set("Pragma", "no-cache")
		WriteJSON(w, http.StatusOK, tokenAnswer{
			AccessToken: t.Secret, TokenType: "Bearer",
			ExpiresIn: int64(math.Round(t.Expires.Sub(s.now()).Seconds())),
		})
	}), func(w http.ResponseWriter, _ *http.Request, p Problem) {
		refuseToken(w, tokenProblem(p, invalidRequest))
	})
}

func refuseToken(w http.ResponseWriter, refusal tokenRefusal) {
	if refusal.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="bailiwick", charset="UTF-8"`)
	}
	w.Header().Set("Pragma", "no-cache")
	refusal.problem.retry(w)
	WriteJSON(w, refusal.status, refusal)
}

// A tokenForm is a request for a token.
type tokenForm struct {
	grant              string
	username, password string
	client, secret     string
}

func malformed(description string) *tokenRefusal {
	return &tokenRefusal{Error: invalidRequest, Description: description, status: http.StatusBadRequest}
}

// readTokenForm reads a request for a token. What is in the address counts for
// nothing: addresses end up in logs.
func readTokenForm(r *http.Request) (tokenForm, *tokenRefusal) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return tokenForm{}, malformed("the body must be application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxTokenRequest))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refusal := malformed("the body must have at most 16384 bytes")
		refusal.status = http.StatusRequestEntityTooLarge
		return tokenForm{}, refusal
	}
	if err != nil {
		return tokenForm{}, malformed("the body must be whole")
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return tokenForm{}, malformed("the body must be form-encoded")
	}
	for name, list := range values {
		if len(list) != 1 {
			return tokenForm{}, malformed("no parameter may be there twice")
		}
		if !utf8.ValidString(name) || !utf8.ValidString(list[0]) || strings.ContainsRune(list[0], 0) {
			return tokenForm{}, malformed("parameters must be UTF-8 without NUL")
		}
	}
	f := tokenForm{
		grant: values.Get("grant_type"), username: values.Get("username"), password: values.Get("password"),
		client: values.Get("client_id"), secret: values.Get("client_secret"),
	}
	return f, f.readHeader(r)
}

// readHeader takes the client from the header Authorization, if there is one.
func (f *tokenForm) readHeader(r *http.Request) *tokenRefusal {
	given, ok := r.Header["Authorization"]
	if !ok {
		return nil
	}
	refusal := &tokenRefusal{Error: invalidClient, Description: "the client must come as HTTP Basic", status: http.StatusUnauthorized}
	if len(given) != 1 {
		return refusal
	}
	c, err := parseAuthorization(given[0])
	if err != nil || c.scheme != schemeBasic {
		return refusal
	}
	if f.secret != "" {
		return malformed("the client must come in one way only")
	}
	f.client, f.secret = unescaped(c.name), unescaped(c.secret)
	return nil
}

// unescaped undoes the url-encoding of §2.3.1, which many clients leave out.
func unescaped(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil || !utf8.ValidString(plain) || strings.ContainsRune(plain, 0) {
		return text
	}
	return plain
}

// issue exchanges what was sent for a token.
func (s *Services) issue(r *http.Request, f tokenForm) (signin.Token, *tokenRefusal) {
	var t signin.Token
	var err error
	refused := tokenRefusal{Error: invalidGrant, Description: "the name or the password is not right", status: http.StatusBadRequest}
	switch f.grant {
	case "password":
		if f.username == "" || f.password == "" {
			return t, malformed("username and password are needed")
		}
		t, err = s.SignIn.Issue(r.Context(), f.username, f.password, f.client, s.address(r))
	case "client_credentials":
		if f.client == "" || f.secret == "" {
			return t, malformed("client_id and client_secret are needed")
		}
		refused = tokenRefusal{Error: invalidClient, Description: "the client or its secret is not right", status: http.StatusUnauthorized}
		t, err = s.SignIn.IssueTechnical(r.Context(), f.client, f.secret, s.address(r))
	case "":
		return t, malformed("grant_type is needed")
	default:
		return t, &tokenRefusal{
			Error: "unsupported_grant_type", Description: "grant_type must be password or client_credentials",
			status: http.StatusBadRequest,
		}
	}
	switch {
	case err == nil:
		return t, nil
	case errors.Is(err, signin.ErrRefused):
		return t, &refused
	}
	p := ProblemOf(err)
	if p.Status >= http.StatusInternalServerError {
		NoteError(r.Context(), err)
	}
	refusal := tokenProblem(p, invalidGrant)
	return t, &refusal
}

// tokenProblem tells a problem in the words of RFC 6749, and of its §4.1.2.1
// for what is the server's.
func tokenProblem(p Problem, code string) tokenRefusal {
	refusal := tokenRefusal{Error: code, Description: "the request cannot be used", status: p.Status, problem: p}
	switch {
	case p.Status == http.StatusTooManyRequests:
		refusal.Error, refusal.Description = "temporarily_unavailable", "too many tries: wait before the next one"
	case p.Status == http.StatusServiceUnavailable:
		refusal.Error, refusal.Description = "temporarily_unavailable", "try again in a moment"
	case p.Status >= http.StatusInternalServerError:
		refusal.Error, refusal.Description = "server_error", "something went wrong"
	}
	return refusal
}
