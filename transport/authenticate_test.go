package transport_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bailiwick-sdk/bailiwick/transport"
)

func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

func TestAuthorization(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ header, scheme, name, secret string }{
		{basic("ann:secret"), "basic", "ann", "secret"},
		{basic("ann:a:b::"), "basic", "ann", "a:b::"},
		{basic("Zoë:pässword"), "basic", "Zoë", "pässword"},
		{basic(":"), "basic", "", ""},
		{strings.Replace(basic("ann:x"), "Basic", "bAsIc", 1), "basic", "ann", "x"},
		{strings.Replace(basic("ann:x"), " ", "   ", 1), "basic", "ann", "x"},
		{"Bearer abc", "bearer", "", "abc"},
		{"bearer abc-_~+/=", "bearer", "", "abc-_~+/="},
	} {
		scheme, name, secret, err := transport.ParseAuthorization(c.header)
		if err != nil || scheme != c.scheme || name != c.name || secret != c.secret {
			t.Errorf("%q = %q, %q, %q, %v", c.header, scheme, name, secret, err)
		}
	}
	for _, header := range []string{
		"", " ", "Basic", "Basic ", "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer\tabc", "Digest abc", "abc", "Basic !!!",
		basic("ann"), basic("ann:\xff"), basic("a\x00n:x"), basic("ann:x\x00"), "Basic " + base64.RawURLEncoding.EncodeToString([]byte("ann:\u00ff\u00fe")),
		basic("a:" + strings.Repeat("x", 10_000)), "Negotiate " + strings.Repeat("A", 100),
	} {
		scheme, name, secret, err := transport.ParseAuthorization(header)
		if !errors.Is(err, transport.ErrCredentials) || scheme+name+secret != "" {
			t.Errorf("%.50q = %q, %q, %q, %v; want ErrCredentials", header, scheme, name, secret, err)
		}
		if p := transport.ProblemOf(err); p.Status != 401 {
			t.Errorf("%.50q is %d", header, p.Status)
		}
	}
}

func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{basic("a:b"), "Bearer x", "Basic", "basic  !", "", "Bearer a b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		scheme, name, secret, err := transport.ParseAuthorization(header)
		if err != nil {
			if !errors.Is(err, transport.ErrCredentials) || err.Error() != transport.ErrCredentials.Error() {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		switch scheme {
		case "basic":
			if !utf8.ValidString(name+secret) || strings.ContainsRune(name+secret, 0) || strings.Contains(name, ":") {
				t.Fatalf("%q gave %q, %q", header, name, secret)
			}
			again, n, s, err := transport.ParseAuthorization(basic(name + ":" + secret))
			if err == nil && (again != scheme || n != name || s != secret) {
				t.Fatalf("%q, %q came back as %q, %q", name, secret, n, s)
			}
		case "bearer":
			if secret == "" || name != "" || strings.ContainsAny(secret, " \t,") {
				t.Fatalf("%q gave %q, %q", header, name, secret)
			}
		default:
			t.Fatalf("%q gave scheme %q", header, scheme)
		}
	})
}
