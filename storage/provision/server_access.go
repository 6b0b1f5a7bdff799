package provision

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/bailiwick-sdk/bailiwick/workspace/database"
)

// Lock implements [database.Provisioner].
func (s *Server) Lock(ctx context.Context, name database.Name) error {
	c, _, err := s.beside(ctx, name, forState)
	if err != nil {
		return err
	}
	defer c.end(ctx)
	actual := c.real(name)
	// A backup that is under way may still be about to connect.
	grantees, err := c.strings(ctx, `SELECT coalesce(quote_ident(r.rolname), 'PUBLIC') FROM pg_database AS d
		CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS x LEFT JOIN pg_roles AS r ON r.oid = x.grantee
		WHERE d.datname = $1 AND x.privilege_type = 'CONNECT' AND x.grantee <> d.datdba
			AND r.rolname IS DISTINCT FROM d.datname || '`+helper+`'`, actual)
	if err != nil {
		return fmt.Errorf("provision: lock: %w", err)
	}
	if len(grantees) == 0 {
		return nil
	}
	err = c.again(ctx, func() error {
		return c.exec(ctx, "REVOKE CONNECT ON DATABASE "+quoted(actual)+" FROM "+strings.Join(grantees, ", "))
	})
	if err != nil {
		return fmt.Errorf("provision: lock: %w", err)
	}
	return nil
}

// Unlock implements [database.Provisioner].
func (s *Server) Unlock(ctx context.Context, name database.Name) error {
	c, f, err := s.beside(ctx, name, forState)
	if err != nil {
		return err
	}
	defer c.end(ctx)
	if !f.locked {
		return nil
	}
	err = c.again(ctx, func() error {
		return c.exec(ctx, "GRANT CONNECT ON DATABASE "+quoted(c.real(name))+" TO "+quoted(c.real(name)))
	})
	if err != nil {
		return fmt.Errorf("provision: unlock: %w", err)
	}
	return nil
}

// Access implements [database.Provisioner]. The server is never told the
// password, only what it recognizes it by.
func (s *Server) Access(ctx context.Context, name database.Name) (database.Access, error) {
	c, f, err := s.beside(ctx, name, forState)
	if err != nil {
		return database.Access{}, err
	}
	defer c.end(ctx)
	if f.locked {
		return database.Access{}, database.ErrLocked
	}
	role := c.real(name)
	password, verifier, err := newPassword()
	if err != nil {
		return database.Access{}, err
	}
	if err := c.exec(ctx, "ALTER ROLE "+quoted(role)+" PASSWORD "+literal(verifier)); err != nil {
		return database.Access{}, fmt.Errorf("provision: access: %w", err)
	}
	return database.Access{Address: s.address(role, password), Username: role, Password: password}, nil
}

// address returns the URL by which a role reaches its database.
func (s *Server) address(role, password string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, password), Path: "/" + role}
	query := url.Values{}
	for _, name := range []string{"sslmode", "sslrootcert"} {
		if s.query.Has(name) {
			query.Set(name, s.query.Get(name))
		}
	}
	port := strconv.Itoa(int(s.config.Port))
	switch {
	case s.options.Clients != "":
		u.Host = s.options.Clients
	case strings.HasPrefix(s.config.Host, "/"): // the folder of a socket
		query.Set("host", s.config.Host)
		query.Set("port", port)
	default:
		u.Host = net.JoinHostPort(s.config.Host, port)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// newPassword returns a password, and what SCRAM-SHA-256 keeps of it.
func newPassword() (password, verifier string, err error) {
	const iterations = 4096 // PostgreSQL's own; a random password needs no more
	secret, salt := make([]byte, 32), make([]byte, 16)
	_, _ = rand.Read(secret) // never fails
	_, _ = rand.Read(salt)
	password = base64.RawURLEncoding.EncodeToString(secret)
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", "", fmt.Errorf("provision: password: %w", err)
	}
	keyed := func(what string) []byte {
		mac := hmac.New(sha256.New, salted)
		mac.Write([]byte(what))
		return mac.Sum(nil)
	}
	stored := sha256.Sum256(keyed("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return password, fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, encode(salt), encode(stored[:]), encode(keyed("Server Key"))), nil
}
