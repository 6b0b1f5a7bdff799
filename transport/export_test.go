package transport

// ParseAuthorization reads a header Authorization.
func ParseAuthorization(header string) (scheme, name, secret string, err error) {
	c, err := parseAuthorization(header)
	return c.scheme, c.name, c.secret, err
}
